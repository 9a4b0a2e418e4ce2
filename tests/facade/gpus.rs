//! GPUs that are paid for and do not work, and those that come later.

use crate::bench::{Bench, tokio_sleep};
use domain::spec::Spec;
use domain::view::{DeploymentState, NoticeAction, Row};
use serde_json::{Value, json};

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
    tokio_sleep(600).await;
    assert_eq!(happened(&bench, &id, "activity_gpu_passed").len(), 2);
}
