//! What a cluster tells of itself in events.

use expect_test::expect;
use serde_json::{Value, json};

use super::life::{Life, image, workload};

const EVENTS: &str = "/api/v1/namespaces/default/events";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

/// Who tells what of whom how often, without the letters that are drawn.
async fn told(life: &Life, about: &str) -> String {
    let mut lines = String::new();
    for event in life.list(EVENTS).await {
        let of = &event["involvedObject"];
        let kind = of["kind"].as_str().unwrap_or_default();
        if !about.contains(kind) {
            continue;
        }
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let message = word(&event["message"]);
        let message: Vec<&str> = message
            .split(' ')
            .map(|one| {
                if one.starts_with("web-") {
                    "web-…"
                } else {
                    one
                }
            })
            .map(|one| {
                if one.starts_with("default/web-") {
                    "default/web-…"
                } else {
                    one
                }
            })
            .collect();
        let (reason, from) = (word(&event["reason"]), word(&event["source"]["component"]));
        let part = word(&of["fieldPath"]);
        lines.extend([format!(
            "{kind} {reason} {from} {part} {}: {}\n",
            event["count"],
            message.join(" ")
        )]);
    }
    lines
}

#[tokio::test]
async fn the_life_of_a_pod_is_told_in_its_order_and_for_an_hour() {
    let mut life = Life::new();
    let web = workload("web", &json!({"replicas": 1}));
    life.ok(&format!("POST {DEPLOYMENTS}"), web).await;
    life.after(30);
    life.patch(
        &format!("{DEPLOYMENTS}/web"),
        json!({"spec": {"replicas": 0}}),
    )
    .await;
    let all = "Node Pod ReplicaSet Deployment";
    expect![[r#"
        Node Starting kubelet  1: Starting kubelet.
        Node RegisteredNode node-controller  1: Node one event: Registered Node one in Controller
        Node NodeReady kubelet  1: Node one status is now: NodeReady
        Pod Scheduled default-scheduler  1: Successfully assigned default/web-… to one
        Pod Pulling kubelet spec.containers{app} 1: Pulling image "nginx:1"
        Pod Pulled kubelet spec.containers{app} 1: Successfully pulled image "nginx:1"
        Pod Created kubelet spec.containers{app} 1: Created container: app
        Pod Started kubelet spec.containers{app} 1: Started container app
        Pod Killing kubelet spec.containers{app} 1: Stopping container app
        ReplicaSet SuccessfulCreate replicaset-controller  1: Created pod: web-…
        ReplicaSet SuccessfulDelete replicaset-controller  1: Deleted pod: web-…
        Deployment ScalingReplicaSet deployment-controller  1: Scaled up replica set web-… from 0 to 1
        Deployment ScalingReplicaSet deployment-controller  1: Scaled down replica set web-… from 1 to 0
    "#]].assert_eq(&told(&life, all).await);
    // From now on each is written as it happens.
    life.patch(
        &format!("{DEPLOYMENTS}/web"),
        json!({"spec": {"replicas": 1}}),
    )
    .await;
    let now = told(&life, "ReplicaSet").await;
    assert_eq!(now.lines().count(), 3, "{now}");
    life.after(3_590);
    assert_ne!(told(&life, "Deployment").await, "");
    life.after(20);
    expect![[r#"
        Pod Pulled kubelet spec.containers{app} 1: Successfully pulled image "nginx:1"
        Pod Created kubelet spec.containers{app} 1: Created container: app
        Pod Started kubelet spec.containers{app} 1: Started container app
    "#]]
    .assert_eq(&told(&life, all).await);
}

#[tokio::test]
async fn the_same_words_count_up_and_too_many_alike_are_told_as_one() {
    let mut life = Life::new();
    let web = workload("web", &json!({"replicas": 2}));
    life.ok(&format!("POST {DEPLOYMENTS}"), web).await;
    life.after(30);
    for nth in 0..8 {
        life.patch(
            &format!("{DEPLOYMENTS}/web"),
            image(&format!("nginx:{nth}")),
        )
        .await;
        life.after(60);
    }
    let said = told(&life, "Deployment").await;
    let mut counts: Vec<&str> = said.lines().collect();
    counts.sort_unstable();
    expect![[r#"
        Deployment ScalingReplicaSet deployment-controller  1: Scaled down replica set web-… from 1 to 0
        Deployment ScalingReplicaSet deployment-controller  1: Scaled down replica set web-… from 2 to 1
        Deployment ScalingReplicaSet deployment-controller  1: Scaled up replica set web-… from 0 to 1
        Deployment ScalingReplicaSet deployment-controller  1: Scaled up replica set web-… from 0 to 1
        Deployment ScalingReplicaSet deployment-controller  1: Scaled up replica set web-… from 0 to 1
        Deployment ScalingReplicaSet deployment-controller  1: Scaled up replica set web-… from 0 to 2
        Deployment ScalingReplicaSet deployment-controller  1: Scaled up replica set web-… from 1 to 2
        Deployment ScalingReplicaSet deployment-controller  1: Scaled up replica set web-… from 1 to 2
        Deployment ScalingReplicaSet deployment-controller  21: (combined from similar events): Scaled down replica set web-… from 1 to 0
        Deployment ScalingReplicaSet deployment-controller  2: Scaled down replica set web-… from 1 to 0
        Deployment ScalingReplicaSet deployment-controller  2: Scaled down replica set web-… from 2 to 1
    "#]].assert_eq(&(counts.join("\n") + "\n"));
}

#[tokio::test]
async fn a_saved_cluster_has_told_what_it_had_to_tell() {
    let mut life = Life::new();
    let web = workload("web", &json!({"replicas": 1}));
    life.ok(&format!("POST {DEPLOYMENTS}"), web).await;
    life.after(30);
    let saved = life.cluster.save();
    life.cluster = super::super::Cluster::load(saved).unwrap();
    let said = told(&life, "Deployment ReplicaSet").await;
    expect![[r#"
        ReplicaSet SuccessfulCreate replicaset-controller  1: Created pod: web-…
        Deployment ScalingReplicaSet deployment-controller  1: Scaled up replica set web-… from 0 to 1
    "#]].assert_eq(&said);
}
