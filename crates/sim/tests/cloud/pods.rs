//! The autoscaler as pods drive it: those that wait bring nodes, and nodes without any go.

use crate::support::{User, cloud, reference};
use expect_test::expect;
use serde_json::{Value, json};

const JOBS: &str = "/apis/batch/v1/namespaces/default/jobs";

struct Cluster {
    user: User,
    id: Value,
    gpu_pool: String,
}

impl Cluster {
    /// The reference cluster, its GPU pool between `min` and `max`, with the device plugin.
    async fn running(min: u32, max: u32) -> Self {
        let mut user = User::new(&cloud(6), "t");
        let made = user.ask("POST", "/v4/lke/clusters", reference()).await.body;
        user.wait(200).await;
        let pools = format!("/v4/lke/clusters/{}/pools", made["id"]);
        let pool = user.get(&pools).await.body["data"][1]["id"].clone();
        let mut out = Self {
            user,
            id: made["id"].clone(),
            gpu_pool: format!("{pools}/{pool}"),
        };
        out.bounds(min, max).await;
        let plugin = json!({
            "metadata": {"name": "plugin"},
            "spec": {"template": {"spec": {
                "nodeSelector": {"nvidia.com/gpu.present": "true"},
                "tolerations": [{"operator": "Exists"}],
                "containers": [{"name": "plugin", "image": "nvidia/k8s-device-plugin:v0.20.0"}],
            }}},
        });
        let sets = "/apis/apps/v1/namespaces/kube-system/daemonsets";
        out.kube("POST", sets, plugin).await;
        out
    }

    async fn bounds(&mut self, min: u32, max: u32) {
        let wanted = json!({"autoscaler": {"enabled": true, "min": min, "max": max}});
        let said = self.user.ask("PUT", &self.gpu_pool.clone(), wanted).await;
        assert_eq!(said.status, 200, "{}", said.text);
    }

    async fn kube(&mut self, method: &str, path: &str, body: Value) -> Value {
        let said = self.user.kube(&self.id.clone(), method, path, body).await;
        assert!(said.status < 300, "{method} {path}: {}", said.text);
        said.body
    }

    /// A job that takes so many cards for so many seconds.
    async fn train(&mut self, name: &str, cards: u32, seconds: u32) {
        let job = json!({
            "metadata": {"name": name},
            "spec": {"template": {"spec": {
                "restartPolicy": "Never",
                "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
                "containers": [{
                    "name": "train", "image": "pytorch", "command": ["sleep", seconds.to_string()],
                    "resources": {"limits": {"nvidia.com/gpu": cards}},
                }],
            }}},
        });
        self.kube("POST", JOBS, job).await;
    }

    /// After so many seconds: the pool's count, its nodes, the pods' phases.
    async fn after(&mut self, seconds: u64) -> String {
        self.user.wait(seconds).await;
        let pool = self.user.get(&self.gpu_pool.clone()).await.body;
        let nodes = pool["nodes"].as_array().expect("nodes").len();
        let pods = self
            .kube("GET", "/api/v1/namespaces/default/pods", Value::Null)
            .await;
        let pods = pods["items"].as_array().expect("pods").iter();
        let phases: Vec<&str> = pods
            .filter_map(|pod| pod["status"]["phase"].as_str())
            .collect();
        format!(
            "count {}, {nodes} nodes: {}",
            pool["count"],
            phases.join(" ")
        )
    }
}

#[tokio::test(start_paused = true)]
async fn pods_that_wait_for_cards_bring_nodes_and_idle_nodes_go_after_ten_minutes() {
    let mut one = Cluster::running(1, 3).await;
    for name in ["a", "b", "c", "d"] {
        one.train(name, 1, 900).await;
    }
    let mut lines = vec![one.after(5).await];
    lines.push(one.after(60).await);
    lines.push(one.after(240).await);
    lines.push(one.after(800).await);
    lines.push(one.after(300).await);
    lines.push(one.after(900).await);
    // They are kept for an hour.
    let events = one
        .kube("GET", "/api/v1/namespaces/default/events", Value::Null)
        .await;
    lines.push(one.after(1800).await);
    expect![[r#"
        count 1, 1 nodes: Pending Pending Pending Pending
        count 3, 3 nodes: Running Pending Pending Pending
        count 3, 3 nodes: Running Running Running Pending
        count 3, 3 nodes: Succeeded Succeeded Succeeded Running
        count 3, 3 nodes: Succeeded Succeeded Succeeded Running
        count 1, 1 nodes: Succeeded Succeeded
        count 1, 1 nodes: Succeeded Succeeded
    "#]]
    .assert_eq(&(lines.join("\n") + "\n"));
    let mut told: Vec<String> = events["items"]
        .as_array()
        .expect("events")
        .iter()
        .filter(|one| {
            let from = one["source"]["component"].as_str();
            one["type"] == "Warning" || from == Some("cluster-autoscaler")
        })
        .map(|one| format!("{} {}\n", one["reason"], one["message"]))
        .collect();
    told.sort();
    told.dedup();
    expect![[r#"
        "FailedScheduling" "0/2 nodes are available: 2 Insufficient nvidia.com/gpu. no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling."
        "FailedScheduling" "0/3 nodes are available: 3 Insufficient nvidia.com/gpu. no new claims to deallocate, preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling."
        "FailedScheduling" "0/3 nodes are available: 3 Insufficient nvidia.com/gpu. no new claims to deallocate, preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod."
        "FailedScheduling" "0/4 nodes are available: 4 Insufficient nvidia.com/gpu. no new claims to deallocate, preemption: 0/4 nodes are available: 1 Preemption is not helpful for scheduling, 3 No preemption victims found for incoming pod."
        "FailedScheduling" "0/4 nodes are available: 4 Insufficient nvidia.com/gpu. no new claims to deallocate, preemption: 0/4 nodes are available: 2 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling."
        "NotTriggerScaleUp" "pod didn't trigger scale-up: no pool with room would take it"
        "TriggeredScaleUp" "pod triggered scale-up: [{pool 861519 +2}]"
    "#]].assert_eq(&told.concat());
}

#[tokio::test(start_paused = true)]
async fn what_no_node_of_a_pool_could_hold_brings_none() {
    let mut one = Cluster::running(1, 3).await;
    one.train("wide", 2, 10).await;
    assert_eq!(one.after(1800).await, "count 1, 1 nodes: Pending");
}

#[tokio::test(start_paused = true)]
async fn a_wider_bound_lets_in_who_waits_and_a_narrower_one_keeps_nodes() {
    let mut one = Cluster::running(1, 1).await;
    one.train("a", 1, 600).await;
    one.train("b", 1, 600).await;
    assert_eq!(one.after(900).await, "count 1, 1 nodes: Succeeded Running");
    one.train("c", 1, 600).await;
    one.bounds(1, 2).await;
    assert_eq!(
        one.after(300).await,
        "count 2, 2 nodes: Succeeded Running Running"
    );
    one.bounds(2, 2).await;
    assert_eq!(
        one.after(3600).await,
        "count 2, 2 nodes: Succeeded Succeeded Succeeded"
    );
    one.bounds(1, 2).await;
    assert_eq!(
        one.after(700).await,
        "count 1, 1 nodes: Succeeded Succeeded",
        "what had ended there goes with its node"
    );
}
