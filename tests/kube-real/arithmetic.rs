//! Whether what a node's row calls free is what the scheduler still gives away, no more and no less.

use crate::server::Server;
use domain::inside::{Amounts, rooms};
use quaylight_tests::memory::mix;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// A stream of numbers that follows from a seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(1);
        mix(self.0) % end
    }
}

const HOME: &str = "sets";

fn node(seed: u64, draw: &mut Draw) -> Value {
    let name = format!("set-{seed}");
    let gives = json!({
        "cpu": format!("{}m", 2000 + 500 * draw.below(20)),
        "memory": format!("{}Mi", 4000 + draw.below(60_000)),
        "nvidia.com/gpu": (1 + draw.below(4)).to_string(),
        "pods": "110",
    });
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {
            "name": name, "labels": {"set": name},
            "annotations": {"kwok.x-k8s.io/node": "fake"},
        },
        "status": {
            "capacity": gives, "allocatable": gives,
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
        },
    })
}

fn asks(draw: &mut Draw) -> Value {
    let mut asks = json!({});
    if draw.below(4) > 0 {
        asks["cpu"] = json!(format!("{}m", 1 + draw.below(2500)));
    }
    if draw.below(4) > 0 {
        let units = ["Mi", "M"];
        let unit = units[usize::from(draw.below(2) == 1)];
        asks["memory"] = json!(format!("{}{unit}", 1 + draw.below(6000)));
    }
    if draw.below(3) == 0 {
        asks["nvidia.com/gpu"] = json!((1 + draw.below(2)).to_string());
    }
    asks
}

fn pod(name: &str, set: &str, containers: &[Value], starts: &[(Value, bool)]) -> Value {
    let container = |nth: usize, asks: &Value| {
        let mut resources = json!({"requests": asks});
        if let Some(gpus) = asks.get("nvidia.com/gpu") {
            // They cannot be lent out twice.
            resources["limits"] = json!({"nvidia.com/gpu": gpus});
        }
        json!({"name": format!("c{nth}"), "image": "registry.example/c:1", "resources": resources})
    };
    let first: Vec<Value> = starts
        .iter()
        .enumerate()
        .map(|(nth, (asks, stays))| {
            let mut one = container(100 + nth, asks);
            if *stays {
                one["restartPolicy"] = json!("Always");
            }
            one
        })
        .collect();
    let all: Vec<Value> = containers
        .iter()
        .enumerate()
        .map(|(nth, asks)| container(nth, asks))
        .collect();
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": HOME},
        "spec": {
            "nodeSelector": {"set": set}, "containers": all, "initContainers": first,
            "tolerations": [{"operator": "Exists"}],
        },
    })
}

fn drawn(seed: u64, draw: &mut Draw) -> Vec<Value> {
    let set = format!("set-{seed}");
    (0..2 + draw.below(6))
        .map(|nth| {
            let containers: Vec<Value> = (0..=draw.below(2)).map(|_| asks(draw)).collect();
            let starts: Vec<(Value, bool)> = (0..draw.below(3))
                .map(|_| (asks(draw), draw.below(2) == 1))
                .collect();
            pod(&format!("{set}-{nth}"), &set, &containers, &starts)
        })
        .collect()
}

/// Asks the scheduler for exactly what is called free on each node, then for the least bit more of
/// each thing.
pub(crate) async fn check(server: &Server, sets: u64) {
    let home = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": HOME}});
    server.put(&["create"], &home).await.expect("a namespace");
    let (mut nodes, mut pods) = (Vec::new(), Vec::new());
    for seed in 0..sets {
        let mut draw = Draw(mix(seed));
        nodes.push(node(seed, &mut draw));
        pods.extend(drawn(seed, &mut draw));
    }
    let drawn = pods.len();
    create(server, nodes).await;
    create(server, pods).await;
    let first = settled(server).await;
    let inside = server.kube.nodes_inside().await.expect("nodes");
    let listed = server.kube.pods().await.expect("pods");
    let told = rooms(&inside, &listed);
    let mut exact = Vec::new();
    let mut more = Vec::new();
    for seed in 0..sets {
        let set = format!("set-{seed}");
        let Amounts {
            cpu_milli,
            memory,
            gpus,
        } = told[set.as_str()].free;
        let free = json!({
            "cpu": format!("{cpu_milli}m"), "memory": memory.to_string(),
            "nvidia.com/gpu": gpus.to_string(),
        });
        exact.push(pod(&format!("exact-{seed}"), &set, &[free], &[]));
        for (what, least) in [("cpu", "1m"), ("memory", "1"), ("nvidia.com/gpu", "1")] {
            let name = format!("more-{seed}-{}", what.replace(['.', '/'], "-"));
            more.push(pod(&name, &set, &[json!({what: least})], &[]));
        }
    }
    create(server, exact).await;
    settled(server).await;
    create(server, more).await;
    let last = settled(server).await;
    for seed in 0..sets {
        assert_eq!(
            last[&format!("exact-{seed}")],
            None,
            "set {seed}: all that is free"
        );
        for what in ["cpu", "memory", "nvidia-com-gpu"] {
            let why = last[&format!("more-{seed}-{what}")]
                .as_deref()
                .unwrap_or_default();
            let lack = format!(
                "Insufficient {}",
                what.replace("nvidia-com-gpu", "nvidia.com/gpu")
            );
            assert!(why.contains(&lack), "set {seed}, more {what}: {why}");
        }
    }
    let waiting = first.values().filter(|why| why.is_some()).count();
    assert!(waiting > 0 && waiting < drawn, "{waiting} of {drawn} wait");
    println!(
        "{sets} sets, {drawn} pods, {waiting} of them find no room: free is what the scheduler gives"
    );
    for gone in [&["namespace", HOME][..], &["node", "-l", "set"]] {
        let words = [&["delete", "--wait=false"], gone].concat();
        server.kubectl(&words).await.expect("to be deleted");
    }
}

async fn create(server: &Server, objects: Vec<Value>) {
    for some in objects.chunks(100) {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": some});
        server.put(&["create"], &list).await.expect("to be created");
    }
}

/// When the scheduler has spoken of every pod: what it said of those that wait.
async fn settled(server: &Server) -> BTreeMap<String, Option<String>> {
    for _ in 0..300 {
        let all = server.json(&["get", "pod", "-n", HOME]).await;
        let all = all["items"].as_array().cloned().unwrap_or_default();
        let said: Option<BTreeMap<String, Option<String>>> = all.iter().map(verdict).collect();
        if let Some(said) = said {
            return said;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("the scheduler has not spoken of every pod");
}

fn verdict(pod: &Value) -> Option<(String, Option<String>)> {
    let name = pod["metadata"]["name"].as_str()?.to_owned();
    if pod["spec"]["nodeName"].is_string() {
        return Some((name, None));
    }
    let all = pod["status"]["conditions"].as_array()?;
    let waits = all.iter().find(|one| one["type"] == "PodScheduled")?;
    Some((name, Some(waits["message"].as_str()?.to_owned())))
}
