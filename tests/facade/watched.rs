//! A change inside Kubernetes is on the screen before the next look, and asks nothing of Linode.

use crate::bench::{Bench, tokio_sleep};
use domain::DeploymentId;
use domain::view::{DeploymentRow, Row};
use engine::ports::Ports;
use kubernetes::KubeRs;
use serde_json::{Value, json};
use sim::{ClientAddr, Twin};
use std::sync::{Arc, Mutex};
use tower::ServiceExt as _;

const PODS: &str = "/api/v1/namespaces/default/pods";

fn row(bench: &Bench, id: &DeploymentId) -> DeploymentRow {
    let row = bench
        .engine
        .rows(id)
        .into_iter()
        .find_map(|(_, row)| match row {
            Row::Deployment(row) => Some(*row),
            Row::App(_) | Row::Node(_) | Row::Step(_) | Row::Spend(_) | Row::Activity(_) => None,
        });
    row.expect("a row")
}

fn pods(bench: &Bench, id: &DeploymentId) -> u64 {
    let totals = row(bench, id).totals.expect("what all nodes hold");
    totals.room.expect("what Kubernetes told").pods.asked
}

fn pod(name: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {"containers": [{"name": "one", "image": "nginx"}]}})
}

/// What stands and was looked at in two rounds, and its cluster.
async fn standing(mut bench: Bench, change: impl FnOnce(&mut Ports)) -> (Bench, DeploymentId, u64) {
    let id = bench.deploy(Bench::spec()).await;
    tokio_sleep(30).await;
    bench.restart_with(change).await;
    let clusters = bench.somebody("GET", "/v4/lke/clusters").await;
    bench.engine.keep_watch();
    tokio_sleep(90).await;
    (
        bench,
        id,
        clusters["data"][0]["id"].as_u64().expect("an id"),
    )
}

/// Whether it becomes so within two seconds.
async fn soon(is: impl Fn() -> bool) -> bool {
    for _ in 0..2 {
        if is() {
            return true;
        }
        tokio_sleep(1).await;
    }
    is()
}

#[tokio::test(start_paused = true)]
async fn a_change_inside_is_shown_at_once_and_asks_linode_nothing() {
    let (bench, id, cluster) = standing(Bench::new().await, |_| ()).await;
    let before = pods(&bench, &id);
    let asked = bench.calls("");
    for nth in 1..=3 {
        bench.kube(cluster, PODS, &pod(&format!("p{nth}"))).await;
        assert!(soon(|| pods(&bench, &id) == before + nth).await, "{nth}");
    }
    // Each of somebody's own requests read a kubeconfig.
    assert_eq!(bench.calls("") - asked, 3);
    bench.kube_delete(cluster, &format!("{PODS}/p1")).await;
    assert!(soon(|| pods(&bench, &id) == before + 2).await);
    let at = row(&bench, &id).checked;
    tokio_sleep(60).await;
    assert!(row(&bench, &id).checked > at, "looks go on");
    assert_eq!(pods(&bench, &id), before + 2);
}

#[tokio::test(start_paused = true)]
async fn credentials_that_were_made_anew_are_taken_up_and_watched_with() {
    let (bench, id, cluster) = standing(Bench::new().await, |_| ()).await;
    let path = format!("/v4/lke/clusters/{cluster}/kubeconfig");
    let before = pods(&bench, &id);
    bench.somebody("DELETE", &path).await;
    tokio_sleep(130).await;
    assert_eq!(row(&bench, &id).partial, None);
    bench.kube(cluster, PODS, &pod("late")).await;
    assert!(soon(|| pods(&bench, &id) == before + 1).await);
}

#[tokio::test(start_paused = true)]
async fn a_kubernetes_that_ends_its_watches_is_unknown_and_then_right() {
    let (bench, id, cluster) = standing(Bench::new().await, |_| ()).await;
    let before = pods(&bench, &id);
    let down = json!({"rules": [{"kind": "kube_down", "path": "/kubernetes/**"}]});
    bench.twin.demo("PUT", "/_demo/faults", &down);
    tokio_sleep(25).await;
    let partial = row(&bench, &id).partial.map(|text| text.code);
    assert_eq!(partial.as_deref(), Some("partial_kubernetes"));
    bench
        .twin
        .demo("PUT", "/_demo/faults", &json!({"rules": []}));
    bench.kube(cluster, PODS, &pod("meanwhile")).await;
    tokio_sleep(70).await;
    assert_eq!(row(&bench, &id).partial, None);
    assert_eq!(pods(&bench, &id), before + 1);
    bench.kube(cluster, PODS, &pod("after")).await;
    assert!(soon(|| pods(&bench, &id) == before + 2).await);
}

/// What was asked of a cluster.
type Asked = Arc<Mutex<Vec<String>>>;

/// The way to a cluster, written down.
fn noted(twin: &Twin, asked: &Asked) -> KubeRs {
    let (twin, asked) = (twin.clone(), Arc::clone(asked));
    let client = ClientAddr::default().0;
    KubeRs::over(move |server: &http::Uri| {
        let asked = Arc::clone(&asked);
        let service = twin.kube_service_at(server.port_u16().unwrap_or_default(), client);
        service.map_request(move |request: http::Request<bytes::Bytes>| {
            asked.lock().unwrap().push(request.uri().to_string());
            request
        })
    })
}

/// The same of what stands.
async fn standing_noted() -> (Bench, DeploymentId, u64, Asked) {
    let asked = Asked::default();
    let bench = Bench::new().await;
    let kube = noted(&bench.twin, &asked);
    let (bench, id, cluster) = standing(bench, |ports| ports.kube = Arc::new(kube)).await;
    (bench, id, cluster, asked)
}

#[tokio::test(start_paused = true)]
async fn nothing_is_watched_after_the_engine() {
    let (bench, id, cluster, asked) = standing_noted().await;
    bench.kube(cluster, PODS, &pod("one")).await;
    tokio_sleep(2).await;
    let count = || asked.lock().unwrap().len();
    let before = count();
    tokio_sleep(60).await;
    let a_minute = count() - before;
    // Six watches, and one look.
    assert!((8..=16).contains(&a_minute), "{a_minute}");
    assert!(pods(&bench, &id) > 0);
    drop(bench.engine);
    tokio_sleep(1).await;
    let before = count();
    tokio_sleep(600).await;
    assert_eq!(count(), before);
}

#[tokio::test(start_paused = true)]
async fn after_a_sleep_everything_is_listed() {
    let (bench, _, _, asked) = standing_noted().await;
    let lists = || {
        let asked = asked.lock().unwrap();
        let of_pods = |one: &&String| one.contains("/pods?") && one.contains("limit=250");
        asked.iter().filter(of_pods).count()
    };
    tokio_sleep(120).await;
    assert_eq!(lists(), 1, "looks go on and list nothing");
    let turn = json!({"step_ms": 3_600_000});
    assert_eq!(bench.twin.demo("POST", "/_demo/clock", &turn).0, 200);
    tokio_sleep(65).await;
    assert_eq!(lists(), 2);
}
