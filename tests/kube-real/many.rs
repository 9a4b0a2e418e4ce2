//! The first full view of a large cluster: 1,000 nodes with 10,000 pods on the real server.

use crate::server::Server;
use domain::inside::rooms;
use reqwest::{Certificate, Client};
use serde_json::{Value, json};
use std::time::Instant;

const NODES: usize = 1_000;
const PODS: usize = 10_000;
const AT_ONCE: usize = 24;

/// Prints how long nodes and pods take to be read and joined, and what memory that takes.
pub(crate) async fn look(server: &Server) {
    let nodes: Vec<Value> = (0..NODES).map(node).collect();
    let pods: Vec<Value> = (0..PODS).map(pod).collect();
    fill(server, "nodes", &nodes).await;
    fill(server, "namespaces/default/pods", &pods).await;
    let before = memory("VmRSS");
    let begun = Instant::now();
    let (nodes, pods) = tokio::join!(server.kube.nodes_inside(), server.kube.pods());
    let (nodes, pods) = (nodes.expect("nodes"), pods.expect("pods"));
    let told = rooms(&nodes, &pods);
    let took = begun.elapsed();
    let ours = |one: &&str| one.starts_with("many-");
    let (found, held) = (
        told.keys().copied().filter(|one| ours(one)).count(),
        pods.len(),
    );
    assert_eq!(found, NODES);
    assert!(held >= PODS, "{held} pods");
    println!(
        "{found} nodes and {held} pods: {} ms to the first full view, {} MB at most over {} MB",
        took.as_millis(),
        memory("VmHWM").saturating_sub(before),
        before
    );
}

fn node(nth: usize) -> Value {
    let gives = json!({"cpu": "16", "memory": "64Gi", "nvidia.com/gpu": "1", "pods": "110"});
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {
            "name": format!("many-{nth}"), "annotations": {"kwok.x-k8s.io/node": "fake"},
        },
        "status": {"capacity": gives, "allocatable": gives},
    })
}

fn pod(nth: usize) -> Value {
    let asks = json!({"cpu": "100m", "memory": "64Mi"});
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("many-{nth}")},
        "spec": {
            "nodeName": format!("many-{}", nth % NODES),
            "tolerations": [{"operator": "Exists"}],
            "containers": [{
                "name": "one", "image": "registry.example/one:1", "resources": {"requests": asks},
            }],
        },
    })
}

/// kubectl makes fifty objects a second at most.
async fn fill(server: &Server, path: &str, objects: &[Value]) {
    let said = |what: &str| {
        let lines = server.kubeconfig_text();
        let line = lines
            .lines()
            .find_map(|line| line.trim().strip_prefix(what).map(str::to_owned));
        line.expect("a kubeconfig").trim().to_owned()
    };
    let authority = server.authority();
    let client = Client::builder()
        .add_root_certificate(Certificate::from_pem(&authority).expect("a certificate"))
        .build()
        .expect("a client");
    let (url, token) = (format!("{}/api/v1/{path}", said("server:")), said("token:"));
    for some in objects.chunks(AT_ONCE) {
        let each = some.iter().map(|object| {
            let post = client.post(&url).bearer_auth(&token);
            post.header("content-type", "application/json")
                .body(object.to_string())
                .send()
        });
        for done in futures::future::join_all(each).await {
            let reply = done.expect("an answer");
            let status = reply.status().as_u16();
            // A reply that is not read is a stream that the server sees reset.
            reply.bytes().await.expect("a whole answer");
            assert!(matches!(status, 201 | 409), "{path}: {status}");
        }
    }
}

/// A line of this process's status, in MB.
fn memory(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    let words = line.and_then(|line| line.split_whitespace().nth(1));
    words
        .and_then(|kb| kb.parse::<u64>().ok())
        .unwrap_or_default()
        / 1024
}
