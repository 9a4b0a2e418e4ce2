//! What a deploy takes beyond what the cloud takes: on the demo cloud in memory, in virtual time, for
//! many seeds; and on one demo cloud on loopback at its real speed, beside `linode-cli` in a shell
//! loop that makes the same.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, starts programs and measures real time"
)]

mod beside;
mod virtually;

use anyhow::{Context as _, Result};
use http::Request;
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};
use sim::{ClientAddr, Twin};
use tower::ServiceExt as _;

/// Any text is a token of the demo's own account.
const TOKEN: &str = "a-token-of-the-demo-cloud";

/// Asks the Linode API of a demo cloud past everybody.
async fn read(twin: &Twin, token: &str, path: &str) -> Result<Value> {
    let request = Request::get(path).header("authorization", format!("Bearer {token}"));
    let reply = twin.service().oneshot(request.body(bytes::Bytes::new())?);
    let reply = reply.await.map_err(|error| anyhow::anyhow!(error))?;
    let body = reply.into_body().collect().await;
    let body = body.map_err(|error| anyhow::anyhow!(error))?;
    Ok(serde_json::from_slice(&body.to_bytes())?)
}

/// Asks the Kubernetes of a cluster past everybody.
async fn kubernetes(twin: &Twin, account: &str, cluster: u64, path: &str) -> Result<bytes::Bytes> {
    let config = format!("/v4/lke/clusters/{cluster}/kubeconfig");
    let config = read(twin, account, &config).await?;
    let config = config["kubeconfig"].as_str().context("a kubeconfig")?;
    let standard = &base64::engine::general_purpose::STANDARD;
    let config = String::from_utf8(base64::Engine::decode(standard, config)?)?;
    let token = config.split("token: ").nth(1).context("a token")?;
    let token = token.lines().next().unwrap_or_default().trim();
    let request = Request::get(path).header("authorization", format!("Bearer {token}"));
    let service = twin.kube_service(cluster, ClientAddr::default().0);
    let reply = service.oneshot(request.body(bytes::Bytes::new())?);
    let reply = reply.await.map_err(|error| anyhow::anyhow!(error))?;
    let body = reply.into_body().collect().await;
    Ok(body.map_err(|error| anyhow::anyhow!(error))?.to_bytes())
}

/// When the last node of a cluster joined Kubernetes, as Kubernetes tells it: to the second, rounded
/// down, so that what comes after it is never told too short.
async fn joined(twin: &Twin, account: &str, cluster: u64) -> Result<Timestamp> {
    let nodes = kubernetes(twin, account, cluster, "/api/v1/nodes").await?;
    let nodes: Value = serde_json::from_slice(&nodes)?;
    let nodes = nodes["items"].as_array().into_iter().flatten();
    let born = nodes.filter_map(|node| node["metadata"]["creationTimestamp"].as_str());
    let last = born.filter_map(|text| text.parse().ok()).max();
    last.context("a node")
}

/// How many milliseconds the GPU's test ran: its Job is gone, and a watch from the beginning tells
/// how it was.
async fn tested(twin: &Twin, account: &str, cluster: u64) -> Result<i64> {
    let path =
        "/apis/batch/v1/namespaces/kube-system/jobs?watch=1&resourceVersion=1&timeoutSeconds=1";
    let events = kubernetes(twin, account, cluster, path).await?;
    let mut ran = None;
    for line in std::str::from_utf8(&events)?.lines() {
        let event: Value = serde_json::from_str(line)?;
        let status = &event["object"]["status"];
        let time = |text: &Value| {
            text.as_str()
                .and_then(|text| text.parse::<Timestamp>().ok())
        };
        let ended = &status["conditions"][0]["lastTransitionTime"];
        if let (Some(begun), Some(ended)) = (time(&status["startTime"]), time(ended)) {
            ran = Some(ended.duration_since(begun).as_millis());
        }
    }
    Ok(i64::try_from(ran.context("a test of the GPU")?)?)
}

/// One deploy, in milliseconds: from the acceptance to its end, and how much of it the GPU node and
/// what it ran needed.
#[derive(Clone, Copy, Debug)]
struct Took {
    whole: i64,
    node: i64,
    test: i64,
}

impl Took {
    fn over_ms(self) -> i64 {
        self.whole - self.node - self.test
    }

    /// In thousandths of what the cloud needed.
    fn over_permille(self) -> i64 {
        self.over_ms() * 1000 / (self.node + self.test).max(1)
    }
}

fn percent(permille: i64) -> f64 {
    permille as f64 / 10.0
}

/// The value below which a share of the sorted ones lies.
fn at(sorted: &[i64], share: f64) -> i64 {
    let last = sorted.len().saturating_sub(1);
    sorted
        .get((last as f64 * share).round() as usize)
        .copied()
        .unwrap_or_default()
}

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().collect();
    let is_json = words.iter().any(|word| word == "--json");
    let seeds = words.iter().find_map(|word| word.parse().ok());
    let virtually = virtually::measure(seeds.unwrap_or(200))?;
    if !is_json {
        virtually.print();
    }
    let beside = beside::measure()?;
    if is_json {
        let beside: Vec<Value> = beside.iter().map(beside::Row::json).collect();
        println!("{}", json!({"deploy": virtually.json(), "beside": beside}));
    } else {
        for row in beside {
            row.print();
        }
    }
    Ok(())
}
