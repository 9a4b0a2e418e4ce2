//! GPUs that are paid for and do not work, and those that come later.

use crate::bench::{Bench, tokio_sleep};
use crate::faulty::Faulty;
use domain::plan::PoolRole;
use domain::spec::Spec;
use domain::view::{DeploymentState, NodeState, NoticeAction, Row};
use engine::facade::{For, Recycled};
use local::FileJournals;
use serde_json::{Value, json};
use std::sync::Arc;

/// What happened, by the codes of its lines, newest last.
fn happened(bench: &Bench, id: &domain::DeploymentId, prefix: &str) -> Vec<String> {
    let rows = bench.engine.rows(id).into_iter();
    let lines = rows.filter_map(|(_, row)| {
        let Row::Activity(line) = row else {
            return None;
        };
        Some(line.text.code)
    });
    lines.filter(|code| code.starts_with(prefix)).collect()
}

/// Each GPU node's state, and whether its GPUs were seen to compute.
fn states(bench: &Bench, id: &domain::DeploymentId) -> Vec<(NodeState, Option<bool>)> {
    let rows = bench.engine.rows(id).into_iter();
    let nodes = rows.filter_map(|(_, row)| {
        let Row::Node(node) = row else { return None };
        let gpu = node.role == PoolRole::Gpu;
        gpu.then(|| (node.state, node.proof.map(|proof| proof.passed)))
    });
    nodes.collect()
}

fn switch(bench: &Bench, broken_permille: u32) {
    let switches = json!({"broken_gpus_permille": broken_permille});
    let (status, said) = bench.twin.demo("PUT", "/_demo/switches", &switches);
    assert_eq!(status, 200, "{said}");
}

async fn gpu_pool(bench: &Bench) -> (u64, Value) {
    let clusters = bench.somebody("GET", "/v4/lke/clusters").await;
    let cluster = clusters["data"][0]["id"].as_u64().unwrap();
    let pools = format!("/v4/lke/clusters/{cluster}/pools");
    let pools = bench.somebody("GET", &pools).await;
    let mut pools = pools["data"].as_array().unwrap().iter();
    let gpu = |one: &&Value| one["type"].as_str().unwrap().starts_with("g2-gpu");
    (cluster, pools.find(gpu).unwrap().clone())
}

#[tokio::test(start_paused = true)]
async fn a_broken_gpu_is_found_by_the_deploy_and_its_successor_is_tested_again() {
    let bench = Bench::new().await;
    switch(&bench, 1000);
    let id = bench.deploy(Bench::spec()).await;
    assert_eq!(bench.state(), DeploymentState::Failed);
    let rows = bench.engine.rows(&id);
    let Some((_, Row::Deployment(row))) = rows.first() else {
        panic!("{rows:?}")
    };
    let notice = row.notice.clone();
    let notice = serde_json::to_value(notice.unwrap()).unwrap();
    assert_eq!(notice["what"]["code"], "failed_gpu_test", "{notice}");
    let said = notice["what"]["params"].to_string();
    assert!(said.contains("Failed to initialize NVML"), "{said}");
    assert_eq!(
        happened(&bench, &id, "activity_gpu"),
        ["activity_gpu_failed"]
    );
    let broken = [(NodeState::Broken, Some(false))];
    assert_eq!(states(&bench, &id), broken);

    switch(&bench, 0);
    let (cluster, pool) = gpu_pool(&bench).await;
    let node = pool["nodes"][0]["id"].as_str().unwrap();
    let recycle = format!("/v4/lke/clusters/{cluster}/nodes/{node}/recycle");
    bench.somebody("POST", &recycle).await;
    bench.engine.act(&id, NoticeAction::Continue).await.unwrap();
    bench.engine.wait(&id).await;
    assert_eq!(bench.state(), DeploymentState::Running);
    let both = ["activity_gpu_failed", "activity_gpu_passed"];
    let mut told = happened(&bench, &id, "activity_gpu");
    told.sort();
    assert_eq!(told, both);
}

#[tokio::test(start_paused = true)]
async fn a_gpu_node_that_the_autoscaler_brings_is_tested_when_it_comes() {
    let bench = Bench::new().await;
    let spec = Spec {
        gpu_max: 3,
        ..Bench::spec()
    };
    let id = bench.deploy(spec).await;
    bench.engine.keep_watch();
    let (_, pool) = gpu_pool(&bench).await;
    let wanted = json!({"pool": pool["id"], "nodes": 2});
    let (status, said) = bench.twin.demo("POST", "/_demo/autoscale", &wanted);
    assert_eq!(status, 200, "{said}");
    let mut seen = Vec::new();
    for _ in 0..120 {
        tokio_sleep(5).await;
        seen.extend(states(&bench, &id));
    }
    assert_eq!(happened(&bench, &id, "activity_gpu_passed").len(), 2);
    // A GPU node is called ready only once its GPUs were seen to compute.
    let unproven = |(state, passed): &&(NodeState, Option<bool>)| {
        *state == NodeState::Ready && *passed != Some(true)
    };
    assert_eq!(seen.iter().find(unproven), None);
    assert!(seen.contains(&(NodeState::Untested, None)), "{seen:?}");
    let ready = [(NodeState::Ready, Some(true)); 2];
    assert_eq!(states(&bench, &id), ready);
}

#[tokio::test(start_paused = true)]
async fn a_gpu_is_given_to_as_many_pods_as_was_accepted_and_to_others_when_that_changes() {
    let bench = Bench::new().await;
    let spec = |slices| Spec {
        gpu_slices: slices,
        ..Bench::spec()
    };
    let free = |bench: &Bench, id: &domain::DeploymentId| -> Vec<u64> {
        let rows = bench.engine.rows(id).into_iter();
        let rooms = rows.filter_map(|(_, row)| {
            let Row::Node(node) = row else { return None };
            let gpu = node.role == PoolRole::Gpu;
            node.inside.filter(|_| gpu)?.room
        });
        rooms.map(|room| room.gpus.free).collect()
    };
    let id = bench.deploy(spec(Some(4))).await;
    assert_eq!(bench.state(), DeploymentState::Running);
    bench.engine.observe_once(&id).await;
    assert_eq!(free(&bench, &id), [4]);
    for (slices, wanted) in [(Some(2), 2), (None, 1)] {
        let review = bench.engine.review(spec(slices), For::Apply).await.unwrap();
        let plan = review.plan.expect("a plan");
        bench.engine.accept(&plan, false).await.unwrap();
        bench.engine.wait(&id).await;
        assert_eq!(bench.state(), DeploymentState::Running);
        bench.engine.observe_once(&id).await;
        assert_eq!(free(&bench, &id), [wanted]);
    }
    assert_eq!(happened(&bench, &id, "activity_gpu_passed").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_autoscaler_counts_what_a_gpu_is_given_to() {
    let bench = Bench::new().await;
    let spec = Spec {
        gpu_slices: Some(4),
        gpu_max: 5,
        ..Bench::spec()
    };
    bench.deploy(spec).await;
    let (cluster, _) = gpu_pool(&bench).await;
    for nth in 0..6 {
        begin(&bench, cluster, &format!("notebook-{nth}")).await;
    }
    tokio_sleep(600).await;
    assert_eq!(gpu_nodes(&bench).await.len(), 2, "four pods on each");
}

/// A Job that takes a GPU and does not end.
async fn begin(bench: &Bench, cluster: u64, name: &str) {
    let job = json!({
        "metadata": {"name": name},
        "spec": {"template": {"spec": {
            "restartPolicy": "Never",
            "tolerations": [{"operator": "Exists"}],
            "containers": [{
                "name": "train", "image": "pytorch", "command": ["sleep", "infinity"],
                "resources": {"limits": {"nvidia.com/gpu": 1}},
            }],
        }}},
    });
    let jobs = "/apis/batch/v1/namespaces/default/jobs";
    bench.kube(cluster, jobs, &job).await;
}

/// The short names of the GPU pool's nodes.
async fn gpu_nodes(bench: &Bench) -> Vec<String> {
    let (_, pool) = gpu_pool(bench).await;
    let nodes = pool["nodes"].as_array().unwrap().iter();
    nodes
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

/// What recycling is said to mean.
async fn means(bench: &Bench, id: &domain::DeploymentId, what: &Recycled) -> Vec<String> {
    let review = bench.engine.review_recycle(id, what).await.unwrap();
    review.lines.into_iter().map(|line| line.code).collect()
}

#[tokio::test(start_paused = true)]
async fn a_broken_gpu_that_stops_a_deploy_is_recycled_and_the_deploy_goes_on_to_its_proof() {
    let bench = Bench::new().await;
    switch(&bench, 1000);
    let id = bench.deploy(Bench::spec()).await;
    assert_eq!(bench.state(), DeploymentState::Failed);
    switch(&bench, 0);
    let before = gpu_nodes(&bench).await;
    let what = Recycled::Node(before[0].clone());
    let said = means(&bench, &id, &what).await;
    let known = [
        "recycle_hour",
        "recycle_no_jobs",
        "recycle_pods",
        "recycle_data",
        "recycle_proof",
    ];
    assert_eq!(said, known);
    bench.engine.recycle(&id, &what).await.unwrap();
    bench.engine.wait(&id).await;
    assert_eq!(bench.state(), DeploymentState::Running);
    let after = gpu_nodes(&bench).await;
    assert_eq!(after.len(), 1);
    assert_ne!(after, before);
    assert_eq!(happened(&bench, &id, "activity_gpu_passed").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_node_of_what_stands_is_recycled_by_a_run_that_says_what_it_ends_and_tests_what_comes() {
    let bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    let (cluster, _) = gpu_pool(&bench).await;
    begin(&bench, cluster, "train").await;
    tokio_sleep(60).await;
    let before = gpu_nodes(&bench).await;
    let short = domain::screen::activity::short_node(&before[0]).to_owned();
    let what = Recycled::Node(short);
    let review = bench.engine.review_recycle(&id, &what).await.unwrap();
    let jobs = review.lines.iter().find(|line| line.code == "recycle_jobs");
    let jobs = serde_json::to_string(jobs.unwrap()).unwrap();
    assert!(jobs.contains("default/train-"), "{jobs}");
    bench.engine.recycle(&id, &what).await.unwrap();
    bench.engine.wait(&id).await;
    assert_eq!(bench.state(), DeploymentState::Running);
    let after = gpu_nodes(&bench).await;
    assert!(!after.contains(&before[0]), "{after:?}");
    assert_eq!(happened(&bench, &id, "activity_gpu_passed").len(), 2);
    // What was recycled is not there to be recycled again, and nothing is sent.
    let again = bench
        .engine
        .recycle(&id, &Recycled::Node(before[0].clone()))
        .await;
    assert_eq!(again.unwrap_err().code, "node_missing");
    assert_eq!(gpu_nodes(&bench).await, after);
}

#[tokio::test(start_paused = true)]
async fn the_only_system_node_takes_dns_with_it_and_one_of_two_does_not() {
    let bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    let only = Recycled::Pool(PoolRole::System);
    let known = [
        "recycle_hour",
        "recycle_pods",
        "recycle_dns",
        "recycle_data",
    ];
    assert_eq!(means(&bench, &id, &only).await, known);
    let clusters = bench.somebody("GET", "/v4/lke/clusters").await;
    let pools = format!("/v4/lke/clusters/{}/pools", clusters["data"][0]["id"]);
    let all = bench.somebody("GET", &pools).await;
    let system = |one: &&Value| one["type"].as_str().unwrap().starts_with("g6-");
    let pool = all["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(system)
        .unwrap()
        .clone();
    let path = format!("{pools}/{}", pool["id"]);
    bench
        .somebody_says("PUT", &path, &json!({"count": 2}))
        .await;
    tokio_sleep(300).await;
    assert_eq!(
        means(&bench, &id, &only).await,
        ["recycle_hour", "recycle_pods", "recycle_data"]
    );
    bench.engine.recycle(&id, &only).await.unwrap();
    bench.engine.wait(&id).await;
    assert_eq!(bench.state(), DeploymentState::Running);
    let now = bench.somebody("GET", &path).await;
    let ids = |pool: &Value| -> Vec<String> {
        let nodes = pool["nodes"].as_array().unwrap().iter();
        nodes.map(|one| one["id"].to_string()).collect()
    };
    let (old, new) = (ids(&pool), ids(&now));
    assert_eq!(new.len(), 2);
    assert!(!new.contains(&old[0]), "{old:?} {new:?}");
}

/// Nothing is sent to Linode before the journal holds, on the disk, which node is to go.
#[tokio::test(start_paused = true)]
async fn a_disk_that_fails_while_a_broken_node_is_recycled_never_hides_what_was_sent() {
    let mut bench = Bench::new().await;
    let (disk, home) = (Faulty::default(), bench.home().to_owned());
    let on = Arc::new(disk.clone());
    bench
        .restart_with(|ports| ports.journals = Arc::new(FileJournals::on(on, home, "test")))
        .await;
    switch(&bench, 1000);
    let id = bench.deploy(Bench::spec()).await;
    assert_eq!(bench.state(), DeploymentState::Failed);
    switch(&bench, 0);
    let before = gpu_nodes(&bench).await;
    let what = Recycled::Node(before[0].clone());
    let mut refused = 0;
    for calls in 1.. {
        disk.fail_after(calls);
        let begun = bench.engine.recycle(&id, &what).await;
        disk.mend();
        let Err(problem) = begun else { break };
        assert_eq!(problem.code, "disk_failed");
        tokio_sleep(60).await;
        assert_eq!(gpu_nodes(&bench).await, before, "after {calls} calls");
        refused += 1;
    }
    assert!(refused > 4, "the disk failed {refused} times only");
    bench.engine.wait(&id).await;
    assert_eq!(bench.state(), DeploymentState::Running);
    assert_ne!(gpu_nodes(&bench).await, before);
    assert_eq!(
        happened(&bench, &id, "activity_recycling").first(),
        Some(&"activity_recycling".to_owned())
    );
}
