//! Nodes that are deleted: what it spares and breaks is said first, and a pool keeps one.

use crate::bench::{Bench, tokio_sleep};
use domain::DeploymentId;
use domain::plan::PoolRole;
use domain::spec::{Spec, SystemPool};
use domain::view::DeploymentState;
use engine::facade::Recycled;
use serde_json::{Value, json};

/// A pool of the only cluster.
async fn pool(bench: &Bench, kind: &str) -> Value {
    let clusters = bench.somebody("GET", "/v4/lke/clusters").await;
    let pools = format!("/v4/lke/clusters/{}/pools", clusters["data"][0]["id"]);
    let pools = bench.somebody("GET", &pools).await;
    let mut pools = pools["data"].as_array().unwrap().iter();
    let of_kind = |one: &&Value| one["type"].as_str().unwrap().starts_with(kind);
    pools.find(of_kind).unwrap().clone()
}

fn nodes(pool: &Value) -> Vec<String> {
    let nodes = pool["nodes"].as_array().unwrap().iter();
    nodes
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

/// What deleting it is said to mean, or why it is refused.
async fn means(bench: &Bench, id: &DeploymentId, node: &str) -> Vec<String> {
    match bench.engine.review_delete_node(id, node).await {
        Ok(review) => review.lines.into_iter().map(|line| line.code).collect(),
        Err(problem) => vec![problem.code],
    }
}

#[tokio::test(start_paused = true)]
async fn a_gpu_node_of_two_is_deleted_with_its_machine_and_the_bounds_stay() {
    let bench = Bench::new().await;
    let spec = Spec {
        gpu_max: 3,
        ..Bench::spec()
    };
    let id = bench.deploy(spec).await;
    let only = nodes(&pool(&bench, "g2-gpu").await);
    assert_eq!(means(&bench, &id, &only[0]).await, ["last_node"]);
    let refused = bench.engine.delete_node(&id, &only[0]).await;
    assert_eq!(refused.unwrap_err().code, "last_node");

    let wanted = json!({"pool": pool(&bench, "g2-gpu").await["id"], "nodes": 2});
    bench.twin.demo("POST", "/_demo/autoscale", &wanted);
    tokio_sleep(600).await;
    let before = pool(&bench, "g2-gpu").await;
    let (first, machines) = (nodes(&before)[0].clone(), bench.alive());
    let known = [
        "drop_rate",
        "recycle_no_jobs",
        "recycle_pods",
        "recycle_data",
        "drop_scaled",
    ];
    assert_eq!(means(&bench, &id, &first).await, known);
    let deletes = bench.calls("DELETE");
    bench.engine.delete_node(&id, &first).await.unwrap();
    bench.engine.wait(&id).await;
    assert_eq!(bench.state(), DeploymentState::Running);
    let after = pool(&bench, "g2-gpu").await;
    assert_eq!(nodes(&after), [nodes(&before)[1].clone()]);
    assert_eq!(after["autoscaler"], before["autoscaler"]);
    assert_eq!(bench.calls("DELETE"), deletes + 1);
    tokio_sleep(600).await;
    assert_eq!(bench.alive(), machines - 1);
    let again = bench.engine.delete_node(&id, &first).await;
    assert_eq!(again.unwrap_err().code, "node_missing");
}

#[tokio::test(start_paused = true)]
async fn a_system_pool_that_lost_a_node_is_wanted_smaller_and_dns_is_named() {
    let bench = Bench::new().await;
    let mut spec = Bench::spec();
    let two = spec.system_pool.map(|pool| SystemPool { count: 2, ..pool });
    spec.system_pool = two;
    let id = bench.deploy(spec).await;
    let both = nodes(&pool(&bench, "g6-").await);
    let known = ["drop_rate", "recycle_pods", "recycle_data", "drop_wanted"];
    assert_eq!(means(&bench, &id, &both[0]).await, known);
    bench.engine.delete_node(&id, &both[0]).await.unwrap();
    bench.engine.wait(&id).await;
    assert_eq!(nodes(&pool(&bench, "g6-").await), [both[1].clone()]);
    assert_eq!(means(&bench, &id, &both[1]).await, ["last_node"]);
    // A later run waits for the one that is wanted now, not for two.
    let only = Recycled::Pool(PoolRole::System);
    bench.engine.recycle(&id, &only).await.unwrap();
    bench.engine.wait(&id).await;
    assert_eq!(bench.state(), DeploymentState::Running);
    let fresh = nodes(&pool(&bench, "g6-").await);
    assert!(fresh.len() == 1 && fresh[0] != both[1], "{fresh:?}");
}
