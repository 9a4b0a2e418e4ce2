//! The Kubernetes half through its own API: in memory, and over TLS with the real kubectl.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod jobs;
mod keepers;
mod kubectl;
mod life;
mod measured;
mod objects;
mod owners;
mod placed;
mod proxied;
mod reviews;
mod rollouts;
mod told;
mod volumes;
mod watching;

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Cluster, NodeSeed};

/// Minutes after the demo began.
fn minute(nth: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + 60 * nth).unwrap()
}

fn cluster() -> Cluster {
    Cluster::new(584_692, "1.34", minute(0), 7)
}

fn gpu_node(name: &str, instance_id: u64) -> NodeSeed {
    NodeSeed {
        name: name.to_owned(),
        pool_id: 855_491,
        instance_id,
        instance_type: "g2-gpu-rtx4000a1-s".to_owned(),
        region: "us-ord".to_owned(),
        labels: BTreeMap::from([("nvidia.com/gpu.present".to_owned(), "true".to_owned())]),
        taints: vec![json!({"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"})],
        vcpus: 4,
        memory_mb: 16_384,
        broken: false,
        hidden: false,
        gpus: 1,
        private_ip: "192.168.150.10".to_owned(),
        public_ip: "203.0.113.20".to_owned(),
        version: "1.34".to_owned(),
    }
}

/// The admin's token, as a client reads it from the kubeconfig.
fn token(cluster: &Cluster) -> String {
    let kubeconfig = cluster.kubeconfig("https://127.0.0.1:6443");
    let (_, rest) = kubeconfig.split_once("token: ").unwrap();
    rest.lines().next().unwrap().to_owned()
}

fn request(cluster: &Cluster, line: &str, body: &Value) -> Request<Bytes> {
    let (method, path) = line.split_once(' ').unwrap();
    let content_type = if method == "PATCH" {
        "application/merge-patch+json"
    } else {
        "application/json"
    };
    let body = if body.is_null() {
        Bytes::new()
    } else {
        Bytes::from(body.to_string())
    };
    Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {}", token(cluster)))
        .header("content-type", content_type)
        .body(body)
        .unwrap()
}

/// Sends `GET /path` and the like; gives back the status and the JSON of the answer.
async fn send(cluster: &Cluster, line: &str, body: Value) -> (u16, Value) {
    send_at(cluster, line, body, minute(1)).await
}

/// The same at a time.
async fn send_at(cluster: &Cluster, line: &str, body: Value, now: Timestamp) -> (u16, Value) {
    let reply = cluster.handle(request(cluster, line, &body), now).await;
    let status = reply.status().as_u16();
    let body = reply.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

/// The answer to a request that must succeed.
async fn ok(cluster: &Cluster, line: &str, body: Value) -> Value {
    let (status, answer) = send(cluster, line, body).await;
    assert!(status < 300, "{line}: {status} {answer}");
    answer
}

/// A refusal as `404 NotFound: message`.
async fn refusal(cluster: &Cluster, line: &str, body: Value) -> String {
    let (status, answer) = send(cluster, line, body).await;
    assert_eq!(answer["status"], "Failure", "{line}: {status} {answer}");
    let word = |field: &str| answer[field].as_str().unwrap_or_default().to_owned();
    format!("{status} {}: {}", word("reason"), word("message"))
}

/// The names in a list.
fn names(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().unwrap();
    items
        .iter()
        .map(|one| one["metadata"]["name"].as_str().unwrap())
        .collect()
}
