//! The controller inside of the cluster: it is handed the nodes, guards new ones while no app is
//! open, and gives them back; nothing of it outlives a teardown.

use crate::bench::{Bench, tokio_sleep};
use domain::DeploymentId;
use domain::spec::{FirewallRule, Protocol};
use domain::view::{DeploymentState, Keeper, ReachView, Row};
use engine::facade::AccessDone;
use serde_json::{Value, json};

const WALLS: &str = "/apis/networking.linode.com/alpha1v1/namespaces/kube-system/cloudfirewalls";
const DEPLOYMENT: &str =
    "/apis/apps/v1/namespaces/kube-system/deployments/cloud-firewall-controller";

struct Stage {
    bench: Bench,
    id: DeploymentId,
    cluster: u64,
}

impl Stage {
    async fn new() -> Self {
        let bench = Bench::new().await;
        let id = bench.deploy(Bench::spec()).await;
        let clusters = bench.somebody("GET", "/v4/lke/clusters").await;
        let cluster = clusters["data"][0]["id"].as_u64().unwrap();
        Self { bench, id, cluster }
    }

    async fn switch(&self, on: bool) -> DeploymentState {
        let engine = &self.bench.engine;
        let done = engine.set_controller(&self.id, on).await.unwrap();
        assert_eq!(done, AccessDone::Run);
        engine.wait(&self.id).await;
        engine.observe_once(&self.id).await;
        self.bench.state()
    }

    fn reach(&self) -> ReachView {
        let rows = self.bench.engine.rows(&self.id).into_iter();
        let mut found = rows.filter_map(|(_, row)| match row {
            Row::Deployment(row) => row.reach,
            Row::App(_) | Row::Node(_) | Row::Step(_) | Row::Spend(_) | Row::Activity(_) => None,
        });
        found.next().unwrap()
    }

    /// The sentence for nodes that are guarded, by its code.
    fn said(&self) -> Option<String> {
        let paths = self.reach().paths.into_iter();
        let mut codes = paths.map(|path| path.what.code);
        codes.find(|code| code.starts_with("reach_nodes_covered"))
    }

    /// Each firewall with the number of things behind it.
    async fn walls(&self) -> Vec<(String, usize)> {
        let walls = self.bench.somebody("GET", "/v4/networking/firewalls").await;
        let walls = walls["data"].as_array().unwrap().iter();
        let row = |one: &Value| {
            let behind = one["entities"].as_array().unwrap().len();
            (one["label"].as_str().unwrap().to_owned(), behind)
        };
        walls.map(row).collect()
    }

    fn own(&self) -> String {
        format!("lke-{}", self.cluster)
    }
}

#[tokio::test(start_paused = true)]
async fn nodes_are_handed_over_a_new_one_is_guarded_while_no_app_is_open_and_all_come_back() {
    let mut stage = Stage::new().await;
    assert_eq!(stage.said().as_deref(), Some("reach_nodes_covered"));
    assert_eq!(stage.switch(true).await, DeploymentState::Running);
    let ours = "ada-lke-gpu-kubeflow".to_owned();
    assert_eq!(stage.walls().await, [(ours.clone(), 0), (stage.own(), 2)]);
    let reach = stage.reach();
    assert_eq!(reach.keeper, Keeper::Controller);
    assert_eq!((reach.coverage.covered, reach.coverage.nodes), (2, 2));
    assert_eq!(stage.said().as_deref(), Some("reach_nodes_covered_inside"));
    let worst = reach.coverage.open_worst_ms.unwrap();
    println!("with the hand-over a node stood open for {worst} ms at worst");
    assert!(worst < 10_000, "{worst}");
    // Its rules are ours and nobody's besides.
    let resource = stage
        .bench
        .kube_get(stage.cluster, &format!("{WALLS}/primary"))
        .await;
    assert_eq!(resource["spec"]["defaultRules"], false);

    stage.bench.crash().await;
    let pools = format!("/v4/lke/clusters/{}/pools", stage.cluster);
    let listed = stage.bench.somebody("GET", &pools).await;
    let all = listed["data"].as_array().unwrap().iter();
    let gpu = all
        .clone()
        .find(|pool| pool["autoscaler"]["enabled"] == true);
    let wanted = json!({"pool": gpu.unwrap()["id"], "nodes": 3});
    stage.bench.twin.demo("POST", "/_demo/autoscale", &wanted);
    tokio_sleep(400).await;
    let walls = stage.walls().await;
    assert!(walls.contains(&(stage.own(), 4)), "{walls:?}");

    stage.bench.restart().await;
    stage.bench.engine.observe_once(&stage.id).await;
    let reach = stage.reach();
    assert_eq!((reach.coverage.covered, reach.coverage.nodes), (4, 4));
    assert_eq!(stage.switch(false).await, DeploymentState::Running);
    assert_eq!(stage.walls().await, [(ours, 4)]);
    assert_eq!(stage.reach().keeper, Keeper::App);
    assert_eq!(stage.said().as_deref(), Some("reach_nodes_covered"));
    tokio_sleep(3600).await;
    assert_eq!(stage.walls().await.len(), 1, "nothing makes another one");
}

#[tokio::test(start_paused = true)]
async fn a_teardown_with_the_controller_on_ends_at_a_proven_zero() {
    let stage = Stage::new().await;
    stage.switch(true).await;
    let (id, engine) = (&stage.id, &stage.bench.engine);
    engine.tear_down(id, "ada", &[]).await.unwrap();
    engine.wait(id).await;
    assert_eq!(stage.bench.state(), DeploymentState::Gone);
    assert_eq!(stage.bench.alive(), 0);
}

/// Ways in which somebody ends the controller while it guards.
async fn somebody_ends_it(stage: &Stage, deletes: bool) {
    let (bench, cluster) = (&stage.bench, stage.cluster);
    if deletes {
        bench.kube_delete(cluster, DEPLOYMENT).await;
    } else {
        let mut deployment = bench.kube_get(cluster, DEPLOYMENT).await;
        deployment["spec"]["replicas"] = json!(0);
        bench.kube_put(cluster, DEPLOYMENT, &deployment).await;
    }
    tokio_sleep(120).await;
    // Its resource is there, and nobody is left to work it off.
    let left = bench.kube_get(cluster, &format!("{WALLS}/primary")).await;
    assert!(left["metadata"]["finalizers"][0].is_string(), "{left}");
}

#[tokio::test(start_paused = true)]
async fn a_controller_that_somebody_deleted_or_stopped_is_switched_off_and_leaves_nothing() {
    for deletes in [true, false] {
        let stage = Stage::new().await;
        stage.switch(true).await;
        tokio_sleep(60).await;
        somebody_ends_it(&stage, deletes).await;
        assert_eq!(stage.switch(false).await, DeploymentState::Running);
        let ours = ("ada-lke-gpu-kubeflow".to_owned(), 2);
        assert_eq!(stage.walls().await, [ours], "{deletes}");
        let left = stage.bench.kube_get(stage.cluster, WALLS).await;
        assert_eq!(left["items"], json!([]), "{deletes}");
        assert_eq!(stage.reach().keeper, Keeper::App);
        let worst = stage.reach().coverage.open_worst_ms.unwrap();
        println!("taken back from nobody, a node stood open for {worst} ms at worst");
        assert!(worst < 10_000, "{worst}");

        // Nothing that was left is in the way of another one.
        assert_eq!(stage.switch(true).await, DeploymentState::Running);
        assert_eq!(stage.reach().keeper, Keeper::Controller);
        assert!(stage.walls().await.contains(&(stage.own(), 2)));
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_somebody_stopped_is_started_by_switching_it_on() {
    let stage = Stage::new().await;
    stage.switch(true).await;
    let mut stopped = stage.bench.kube_get(stage.cluster, DEPLOYMENT).await;
    stage.switch(false).await;
    stopped["spec"]["replicas"] = json!(0);
    for server_made in [
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "managedFields",
    ] {
        stopped["metadata"][server_made].take();
    }
    let (all, _) = DEPLOYMENT.rsplit_once('/').unwrap();
    stage.bench.kube(stage.cluster, all, &stopped).await;
    tokio_sleep(60).await;
    assert_eq!(stage.switch(true).await, DeploymentState::Running);
    assert_eq!(stage.reach().keeper, Keeper::Controller);
    assert!(stage.walls().await.contains(&(stage.own(), 2)));
}

#[tokio::test(start_paused = true)]
async fn a_teardown_ends_at_a_proven_zero_whatever_became_of_the_controller() {
    for (deletes, switches) in [(true, false), (true, true), (false, false)] {
        let stage = Stage::new().await;
        stage.switch(true).await;
        tokio_sleep(60).await;
        somebody_ends_it(&stage, deletes).await;
        if switches {
            stage.switch(false).await;
        }
        let (id, engine) = (&stage.id, &stage.bench.engine);
        engine.tear_down(id, "ada", &[]).await.unwrap();
        engine.wait(id).await;
        assert_eq!(stage.bench.state(), DeploymentState::Gone, "{deletes}");
        assert_eq!(stage.bench.alive(), 0, "{deletes}");
    }
}

#[tokio::test(start_paused = true)]
async fn rules_go_to_the_resource_only_and_what_somebody_takes_out_goes_back() {
    let stage = Stage::new().await;
    stage.switch(true).await;
    let spec = domain::spec::Spec {
        ui_access: Some(vec!["198.51.100.0/24".parse().unwrap()]),
        ..Bench::spec()
    };
    let bench = &stage.bench;
    let review = bench
        .engine
        .review(spec, engine::facade::For::Apply)
        .await
        .unwrap();
    bench
        .engine
        .accept(&review.plan.unwrap(), false)
        .await
        .unwrap();
    bench.engine.wait(&stage.id).await;
    let walls = bench.somebody("GET", "/v4/networking/firewalls").await;
    let walls = walls["data"].as_array().unwrap();
    let web = |wall: &Value| {
        let rules = wall["rules"]["inbound"].as_array().unwrap().iter();
        let mut found = rules.filter(|rule| rule["label"] == domain::preset::WEB_UI);
        found.next().unwrap()["addresses"]["ipv4"][0].clone()
    };
    assert_eq!(web(&walls[0]), "203.0.113.7/32");
    assert_eq!(web(&walls[1]), "198.51.100.0/24");

    let devices = format!("/v4/networking/firewalls/{}/devices", walls[1]["id"]);
    let listed = bench.somebody("GET", &devices).await;
    let device = format!("{devices}/{}", listed["data"][0]["id"]);
    bench.somebody("DELETE", &device).await;
    assert!(stage.walls().await.contains(&(stage.own(), 1)));
    bench.engine.observe_once(&stage.id).await;
    assert!(stage.walls().await.contains(&(stage.own(), 2)));
    let reach = stage.reach();
    assert_eq!((reach.coverage.covered, reach.coverage.nodes), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn what_a_controller_does_not_take_is_given_back_at_once() {
    let stage = Stage::new().await;
    // Somebody's firewall bears the label that the controller must have.
    let other = json!({
        "label": stage.own(), "rules": {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"},
    });
    let made = stage
        .bench
        .somebody_says("POST", "/v4/networking/firewalls", &other)
        .await;
    assert_eq!(stage.switch(true).await, DeploymentState::Failed);
    let walls = stage.walls().await;
    assert!(
        walls.contains(&("ada-lke-gpu-kubeflow".to_owned(), 2)),
        "{walls:?}"
    );
    assert_eq!(stage.reach().keeper, Keeper::Change);
    let worst = stage.reach().coverage.open_worst_ms.unwrap();
    assert!(worst < 60_000, "{worst}");

    // It is theirs: nothing of ours deletes it, and without it the run goes on.
    let path = format!("/v4/networking/firewalls/{}", made["id"]);
    stage.bench.somebody("DELETE", &path).await;
    let engine = &stage.bench.engine;
    let go_on = domain::view::NoticeAction::Continue;
    engine.act(&stage.id, go_on).await.unwrap();
    stage.bench.engine.wait(&stage.id).await;
    stage.bench.engine.observe_once(&stage.id).await;
    assert_eq!(stage.reach().keeper, Keeper::Controller);
    assert_eq!(stage.bench.state(), DeploymentState::Running);
    assert!(stage.bench.kube_get(stage.cluster, DEPLOYMENT).await["spec"].is_object());
}

#[tokio::test(start_paused = true)]
async fn an_own_rule_that_is_added_meanwhile_goes_to_its_resource() {
    let stage = Stage::new().await;
    assert_eq!(stage.switch(true).await, DeploymentState::Running);
    let engine = &stage.bench.engine;
    let rule = FirewallRule {
        label: "ssh".to_owned(),
        protocol: Protocol::Tcp,
        ports: Some("22".to_owned()),
        sources: vec!["198.51.100.7/32".parse().unwrap()],
    };
    let review = engine.review_rules(&stage.id, Some(vec![rule])).await;
    let plan = review.unwrap().plan.unwrap();
    engine.accept(&plan, false).await.unwrap();
    engine.wait(&stage.id).await;
    assert_eq!(stage.bench.state(), DeploymentState::Running);
    let path = format!("{WALLS}/primary");
    let resource = stage.bench.kube_get(stage.cluster, &path).await;
    let inbound = resource["spec"]["ruleset"]["inbound"].as_array().unwrap();
    let ssh = inbound.iter().find(|one| one["label"] == "ssh");
    assert_eq!(
        ssh.map(|one| &one["ports"]),
        Some(&json!("22")),
        "{inbound:?}"
    );
}
