//! What an engine really sends to a screen of clusters while their pods come and go: recorded on the
//! demo cloud in memory, in virtual time. Five clusters are recorded and shown twenty times each, as
//! a hundred at once would take longer to record than to measure.

use anyhow::{Context as _, Result, ensure};
use domain::spec::Spec;
use domain::view::{Delta, DeploymentState, Row, Snapshot};
use engine::facade::{Engine, For};
use engine::protocol::PROTOCOL;
use http::Request;
use http_body_util::BodyExt as _;
use quaylight_tests::memory::{Computer, mix};
use serde_json::{Value, json};
use sim::{ClientAddr, Options, Twin};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::broadcast::error::TryRecvError;
use tower::ServiceExt as _;

/// Clusters, and all nodes.
pub(crate) const CLUSTERS: usize = 100;
pub(crate) const NODES: usize = 1_000;
/// So many are recorded, and each is shown as many times under other names as makes all.
const RECORDED: usize = 5;
/// Of each cluster; one node more has none.
const GPU_NODES: u32 = 9;
/// Any text is a token of the demo's own account.
const TOKEN: &str = "demo-token";

/// All rows at the beginning, and what differed at each look of the engine after it.
pub(crate) struct Recording {
    /// The rows.
    pub(crate) snapshot: Snapshot,
    /// The differences.
    pub(crate) changes: Vec<Delta>,
}

/// Records so many differences.
pub(crate) async fn record(changes: usize) -> Result<Recording> {
    let twin = Twin::new(Options {
        seed: 7,
        start: Some("2026-11-23T10:00:00Z".parse()?),
        ..Options::default()
    })?;
    let mut limits = twin.demo("GET", "/_demo/limits", &Value::Null).1;
    for limit in limits.as_object_mut().context("limits")?.values_mut() {
        *limit = json!(100_000);
    }
    twin.demo("PUT", "/_demo/limits", &limits);
    let engine = Computer::default().start(&twin, &PROTOCOL).await;
    for nth in 0..RECORDED {
        deploy(&engine, nth).await?;
    }
    engine.keep_watch();
    let mut fleet = Vec::new();
    let clusters = linode(&twin, "/v4/lke/clusters").await?;
    for cluster in clusters["data"].as_array().context("clusters")? {
        let id = cluster["id"].as_u64().context("an id")?;
        fleet.push((id, kubernetes_token(&twin, id).await?));
    }
    ensure!(fleet.len() == RECORDED, "{} clusters", fleet.len());
    churn(&twin, &fleet, 0).await?;
    twin.clock().sleep_ms(120_000).await;
    let (snapshot, mut deltas) = engine.subscribe();
    let mut recorded = Vec::new();
    for round in 1.. {
        churn(&twin, &fleet, round).await?;
        twin.clock().sleep_ms(20_000).await;
        loop {
            match deltas.try_recv() {
                Ok(delta) => recorded.push(delta),
                Err(TryRecvError::Empty) => break,
                Err(why) => anyhow::bail!("the recording has a gap: {why}"),
            }
        }
        if recorded.len() * CLUSTERS / RECORDED >= changes {
            break;
        }
    }
    multiplied(&snapshot, &recorded, changes)
}

/// The same under other names, until there are as many clusters as are wanted.
fn multiplied(snapshot: &Snapshot, recorded: &[Delta], changes: usize) -> Result<Recording> {
    let ids = snapshot.view.keys();
    let ids = ids.filter_map(|key| key.strip_prefix("deployment/"));
    let ids: Vec<&str> = ids.collect();
    let named = |text: &str, copy: usize| {
        let mut text = text.to_owned();
        for id in &ids {
            // A ULID's last two digits are of its drawn part.
            text = text.replace(id, &format!("{}{copy:02}", &id[..id.len() - 2]));
        }
        for nth in 0..RECORDED {
            let name = copy * RECORDED + nth;
            text = text.replace(&format!("team-{nth:02}"), &format!("team_{name:02}"));
        }
        text.replace("team_", "team-")
    };
    let copies = CLUSTERS / RECORDED;
    let mut all = Snapshot {
        seq: snapshot.seq,
        view: BTreeMap::new(),
    };
    let text = serde_json::to_string(snapshot)?;
    for copy in 0..copies {
        let copied: Snapshot = serde_json::from_str(&named(&text, copy))?;
        all.view.extend(copied.view);
    }
    let nodes = all.view.values();
    let nodes = nodes.filter(|row| matches!(row, Row::Node(_))).count();
    ensure!(nodes == NODES, "{nodes} nodes");
    let mut spread = Vec::new();
    for delta in recorded {
        let text = serde_json::to_string(delta)?;
        for copy in 0..copies {
            spread.push(serde_json::from_str(&named(&text, copy))?);
        }
    }
    spread.truncate(changes);
    Ok(Recording {
        snapshot: all,
        changes: spread,
    })
}

async fn deploy(engine: &Arc<Engine>, nth: usize) -> Result<()> {
    let mine = Some(vec!["203.0.113.7/32".parse()?]);
    let spec = Spec {
        gpu_count: GPU_NODES,
        gpu_min: GPU_NODES,
        gpu_max: GPU_NODES + 1,
        kubectl_access: mine.clone(),
        ui_access: mine,
        ..Spec::for_user(&format!("team-{nth:02}"))
    };
    let review = engine.review(spec, For::New).await;
    let review = review.map_err(|why| anyhow::anyhow!("{why:?}"))?;
    let plan = review
        .plan
        .with_context(|| format!("{:?}", review.diagnostics))?;
    let id = engine.accept(&plan, false).await;
    let id = id.map_err(|why| anyhow::anyhow!("{why:?}"))?;
    engine.wait(&id).await;
    let all = engine.list();
    let one = all
        .iter()
        .find(|one| one.id == id)
        .context("a deployment")?;
    ensure!(one.state == DeploymentState::Running, "{:?}", one.state);
    Ok(())
}

/// Work comes: some jobs on some clusters, each for some minutes. It ends by itself.
async fn churn(twin: &Twin, fleet: &[(u64, String)], round: u64) -> Result<()> {
    for (cluster, token) in fleet {
        let drawn = mix(round ^ (cluster << 20));
        for nth in 0..drawn % 4 {
            let name = format!("train-{round}-{nth}");
            let seconds = 60 + mix(drawn ^ nth) % 600;
            let body = job(&name, seconds).to_string().into();
            let request = Request::post("/apis/batch/v1/namespaces/default/jobs")
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", "application/json")
                .body(body)?;
            let service = twin.kube_service(*cluster, ClientAddr::default().0);
            let reply = service.oneshot(request).await;
            let reply = reply.map_err(|error| anyhow::anyhow!(error))?;
            ensure!(reply.status().is_success(), "a job: {}", reply.status());
        }
    }
    Ok(())
}

fn job(name: &str, seconds: u64) -> Value {
    json!({
        "metadata": {"name": name},
        "spec": {"template": {"spec": {
            "restartPolicy": "Never",
            "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
            "containers": [{
                "name": "train", "image": "pytorch", "command": ["sleep", seconds.to_string()],
                "resources": {
                    "limits": {"nvidia.com/gpu": 1},
                    "requests": {"cpu": "1", "memory": "2Gi"},
                },
            }],
        }}},
    })
}

async fn linode(twin: &Twin, path: &str) -> Result<Value> {
    let request = Request::get(path).header("authorization", format!("Bearer {TOKEN}"));
    let reply = twin.service().oneshot(request.body(bytes::Bytes::new())?);
    let reply = reply.await.map_err(|error| anyhow::anyhow!(error))?;
    let body = reply.into_body().collect().await;
    let body = body.map_err(|error| anyhow::anyhow!(error))?;
    Ok(serde_json::from_slice(&body.to_bytes())?)
}

async fn kubernetes_token(twin: &Twin, cluster: u64) -> Result<String> {
    let config = linode(twin, &format!("/v4/lke/clusters/{cluster}/kubeconfig")).await?;
    let config = config["kubeconfig"].as_str().context("a kubeconfig")?;
    let standard = &base64::engine::general_purpose::STANDARD;
    let config = String::from_utf8(base64::Engine::decode(standard, config)?)?;
    let token = config.split("token: ").nth(1).context("a token")?;
    Ok(token.lines().next().unwrap_or_default().trim().to_owned())
}
