//! Load balancers guarded: the list on the Service, the firewall that Linode's controller makes of it,
//! read back, and gone with the deployment.

use crate::bench::{Bench, tokio_sleep};
use domain::DeploymentId;
use domain::inventory::ServiceName;
use domain::spec::Spec;
use domain::view::{DeploymentState, ReachPath, Row};
use serde_json::{Value, json};

const ACL: &str = "service.beta.kubernetes.io/linode-loadbalancer-firewall-acl";
const SERVICES: &str = "/api/v1/namespaces/default/services";

fn web() -> ServiceName {
    "default/web".parse().unwrap()
}

/// A deployment with a Service of type LoadBalancer.
async fn published(spec: Spec) -> (Bench, DeploymentId, u64) {
    let bench = Bench::new().await;
    let id = bench.deploy(spec).await;
    let clusters = bench.somebody("GET", "/v4/lke/clusters").await;
    let cluster = clusters["data"][0]["id"].as_u64().unwrap();
    let service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "web", "namespace": "default",
                     "annotations": {"example.com/mine": "stays"}},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    });
    bench.kube(cluster, SERVICES, &service).await;
    (bench, id, cluster)
}

/// The last path, which is the load balancer's: `state code service`.
fn balancer(bench: &Bench, id: &DeploymentId) -> String {
    let rows = bench.engine.rows(id).into_iter();
    let mut found = rows.filter_map(|(_, row)| match row {
        Row::Deployment(row) => Some(row.reach?.paths),
        Row::App(_) | Row::Node(_) | Row::Step(_) | Row::Spend(_) | Row::Activity(_) => None,
    });
    let paths: Vec<ReachPath> = found.next().unwrap();
    let last = paths.last().unwrap();
    let service = last.service.as_deref().unwrap_or("–");
    format!("{:?} {} {service}", last.state, last.what.code)
}

async fn guarded(bench: &Bench, id: &DeploymentId) -> DeploymentState {
    bench.engine.guard_balancer(id, &web()).await.unwrap();
    bench.engine.wait(id).await;
    bench.engine.observe_once(id).await;
    bench.state()
}

/// The firewall before the NodeBalancer: its id and whom it lets in.
async fn wall(bench: &Bench) -> Option<(Value, Value)> {
    let walls = bench.somebody("GET", "/v4/networking/firewalls").await;
    let walls = walls["data"].as_array().unwrap().iter();
    let mut of_it = walls.filter(|one| one["entities"][0]["type"] == "nodebalancer");
    let wall = of_it.next()?;
    let addresses = wall["rules"]["inbound"][0]["addresses"].clone();
    Some((wall["id"].clone(), addresses))
}

#[tokio::test(start_paused = true)]
async fn one_click_guards_a_load_balancer_and_a_teardown_takes_its_firewall_along() {
    let (bench, id, cluster) = published(Bench::spec()).await;
    bench.engine.observe_once(&id).await;
    assert_eq!(balancer(&bench, &id), "Unknown reach_balancer_waits –");
    tokio_sleep(60).await;
    bench.engine.observe_once(&id).await;
    assert_eq!(
        balancer(&bench, &id),
        "Open reach_balancer_open default/web"
    );

    assert_eq!(guarded(&bench, &id).await, DeploymentState::Running);
    assert_eq!(balancer(&bench, &id), "Guarded reach_balancer_guarded –");
    let (_, addresses) = wall(&bench).await.unwrap();
    assert_eq!(addresses, json!({"ipv4": ["203.0.113.7/32"]}));
    let service = bench.kube_get(cluster, &format!("{SERVICES}/web")).await;
    let annotations = &service["metadata"]["annotations"];
    assert_eq!(annotations["example.com/mine"], "stays");
    let list = r#"{"allowList":{"ipv4":["203.0.113.7/32"]}}"#;
    assert_eq!(annotations[ACL], list);
    // What is shown is what is read: somebody opens the firewall.
    let (firewall, _) = wall(&bench).await.unwrap();
    let open = json!({"inbound": [], "inbound_policy": "ACCEPT", "outbound_policy": "ACCEPT"});
    let path = format!("/v4/networking/firewalls/{firewall}/rules");
    bench.somebody_says("PUT", &path, &open).await;
    bench.engine.observe_once(&id).await;
    assert_eq!(
        balancer(&bench, &id),
        "Open reach_balancer_lets_all_in default/web"
    );

    bench.engine.tear_down(&id, "ada", &[]).await.unwrap();
    bench.engine.wait(&id).await;
    assert_eq!((bench.state(), bench.alive()), (DeploymentState::Gone, 0));
}

#[tokio::test(start_paused = true)]
async fn a_list_that_only_lost_an_address_is_narrowed_although_the_controller_leaves_it() {
    let nets = |all: &[&str]| Some(all.iter().map(|one| one.parse().unwrap()).collect());
    let wide = Spec {
        ui_access: nets(&["203.0.113.7/32", "198.51.100.0/24"]),
        ..Bench::spec()
    };
    let (bench, id, _) = published(wide.clone()).await;
    tokio_sleep(60).await;
    assert_eq!(guarded(&bench, &id).await, DeploymentState::Running);
    let both = json!({"ipv4": ["203.0.113.7/32", "198.51.100.0/24"]});
    assert_eq!(wall(&bench).await.unwrap().1, both);
    let less = Spec {
        ui_access: nets(&["203.0.113.7/32"]),
        ..wide
    };
    let review = bench
        .engine
        .review(less, engine::facade::For::Apply)
        .await
        .unwrap();
    bench
        .engine
        .accept(&review.plan.unwrap(), false)
        .await
        .unwrap();
    bench.engine.wait(&id).await;
    assert_eq!(guarded(&bench, &id).await, DeploymentState::Running);
    let one = json!({"ipv4": ["203.0.113.7/32"]});
    assert_eq!(wall(&bench).await.unwrap().1, one);
}

#[tokio::test(start_paused = true)]
async fn what_would_guard_nothing_is_refused_before_anything_is_written() {
    let (bench, id, _) = published(Bench::spec()).await;
    let strange: ServiceName = "default/other".parse().unwrap();
    let refused = bench
        .engine
        .guard_balancer(&id, &strange)
        .await
        .unwrap_err();
    assert_eq!(refused.code, "guard_no_service");
    for (list, code) in [
        (vec![], "guard_no_list"),
        (vec!["0.0.0.0/0"], "guard_everyone"),
    ] {
        let spec = Spec {
            ui_access: Some(list.iter().map(|one| one.parse().unwrap()).collect()),
            ..Bench::spec()
        };
        let (bench, id, _) = published(spec).await;
        let refused = bench.engine.guard_balancer(&id, &web()).await.unwrap_err();
        assert_eq!(refused.code, code);
        assert!(wall(&bench).await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_teardown_without_kubernetes_leaves_no_firewall_of_a_load_balancer() {
    let (bench, id, _) = published(Bench::spec()).await;
    tokio_sleep(60).await;
    assert_eq!(guarded(&bench, &id).await, DeploymentState::Running);
    // A person's own firewall of another name stays whatever happens.
    let own = json!({
        "label": "mine", "rules": {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"},
    });
    let own = bench
        .somebody_says("POST", "/v4/networking/firewalls", &own)
        .await;
    let rule = json!({"rules": [{"kind": "kube_down", "path": "/kubernetes/**"}]});
    bench.twin.demo("PUT", "/_demo/faults", &rule);
    bench.engine.tear_down(&id, "ada", &[]).await.unwrap();
    bench.engine.wait(&id).await;
    assert_eq!(bench.state(), DeploymentState::Gone);
    let walls = bench.somebody("GET", "/v4/networking/firewalls").await;
    let left: Vec<&Value> = walls["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["id"])
        .collect();
    assert_eq!(left, [&own["id"]]);
}
