//! What Linode's SDKs for Python and Go find in a demo cloud, beside what the cloud holds.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::cloud::Cloud;
use crate::told::Told;

fn here(name: &str) -> PathBuf {
    quaylight_tests::root().join("tests/clients").join(name)
}

/// Everything of one field, of what is at `path`.
async fn field(cloud: &Cloud, path: &str, filter: Value, name: &str) -> Result<Vec<Value>> {
    let filter = filter.to_string();
    let rows = cloud.all(path, Some(&filter)).await?;
    Ok(rows.iter().map(|row| row[name].clone()).collect())
}

/// Both made a cluster, a firewall and more, and took all of it away.
async fn nothing_is_left(cloud: &Cloud) -> Result<()> {
    let ledger = cloud.demo("GET", "ledger", Value::Null).await?;
    ensure!(ledger["alive"] == json!([]), "{}", ledger["alive"]);
    let dead = ledger["dead"].as_array().context("what was")?.len();
    ensure!(dead >= 4, "only {dead} things were ever made");
    Ok(())
}

/// The SDK for Python, by the Python that has it.
pub(crate) async fn python(program: &Path) -> Result<usize> {
    let cloud = Cloud::new().await?;
    let told = Told::of(program, Some(&here("sdk.py")), &cloud).await?;
    let user = cloud.one("/v4/profile").await?;
    told.says("profile", &json!({"username": user["username"]}))?;
    let types = "/v4/linode/types";
    let gpu = json!({"gpus": {"+gte": 1}, "vcpus": {"+lt": 16}});
    let most = json!({"gpus": {"+gt": 0}, "+order_by": "vcpus", "+order": "desc"});
    told.says(
        "types",
        &json!({
            "gpu": field(&cloud, types, gpu, "id").await?,
            "vcpus": field(&cloud, types, most, "vcpus").await?,
            "either": [
                "g6-dedicated-50", "g6-dedicated-56", "g6-dedicated-64", "g6-nanode-1",
                "g7-premium-50", "g7-premium-56", "g7-premium-64",
            ],
        }),
    )?;
    let everywhere = "/v4/regions/availability";
    let all = cloud.all(everywhere, None).await?;
    ensure!(all.len() > 200, "several pages of a hundred");
    let plan = json!({"plan": "g2-gpu-rtx4000a1-s", "available": true});
    told.says(
        "availability",
        &json!({
            "rows": all.len(), "distinct": all.len(), "last": all[all.len() - 1]["region"],
            "gpu": field(&cloud, everywhere, plan, "region").await?,
        }),
    )?;
    told.says("pages", &json!({"rows": all.len()}))?;
    let own = cloud.all("/v4/regions/us-ord/availability", None).await?;
    told.says("region", &json!({"id": "us-ord", "types": own.len()}))?;
    told.says(
        "cluster",
        &json!({"label": "by-sdk", "acl": ["203.0.113.7/32"]}),
    )?;
    told.says(
        "kubeconfig",
        &json!({"begins": "CmFw", "asked": 2, "endpoints": 1}),
    )?;
    told.says(
        "pool",
        &json!({"count": 2, "max": 4, "nodes": ["ready", "ready"]}),
    )?;
    told.says("recycled", &json!({"other": true}))?;
    let firewall = told.one("firewall")?;
    ensure!(firewall["entity"] == firewall["node"], "{firewall}");
    ensure!(firewall["found"] == json!([firewall["id"]]), "{firewall}");
    told.says(
        "volumes",
        &json!({
            "labels": ["volume-0", "volume-2"], "wrong": [400, ["Cannot filter on size"]],
        }),
    )?;
    let again: Vec<_> = told.all("again").collect();
    ensure!(again.len() == 3, "{again:?}");
    ensure!(
        again
            .iter()
            .all(|one| one["fired"] == 1 && one["same"] == true),
        "{again:?}"
    );
    let made = json!({"action": "volume_create"});
    let events = field(&cloud, "/v4/account/events", made, "id").await?;
    ensure!(events.len() == 3, "{events:?}");
    told.says("events", &json!({"created": events}))?;
    told.says(
        "gone",
        &json!({"refused": [404, ["Not found"]], "left": []}),
    )?;
    nothing_is_left(&cloud).await?;
    Ok(told.len())
}

/// Builds the program around the SDK for Go; `None` where there is no Go.
pub(crate) async fn build_go() -> Option<Result<PathBuf>> {
    let version = Command::new("go").arg("version").output().await;
    if !version.is_ok_and(|output| output.status.success()) {
        return None;
    }
    Some(build().await)
}

async fn build() -> Result<PathBuf> {
    let name = format!("linodego{}", std::env::consts::EXE_SUFFIX);
    let folder = quaylight_tests::root().join("target/tools");
    std::fs::create_dir_all(&folder)?;
    let program = folder.join(name);
    for words in [&["vet", "./..."][..], &["build", "-o"]] {
        let mut go = Command::new("go");
        go.current_dir(here("go")).args(words);
        if words[0] == "build" {
            go.arg(&program);
        }
        let output = go.output().await?;
        let told = quaylight_tests::programs::told(&output);
        ensure!(output.status.success(), "go {}: {told}", words[0]);
    }
    Ok(program)
}

/// The SDK for Go, in the built program.
pub(crate) async fn go(program: &Path) -> Result<usize> {
    let cloud = Cloud::new().await?;
    let told = Told::of(program, None, &cloud).await?;
    let user = cloud.one("/v4/profile").await?;
    told.says("profile", &json!({"username": user["username"]}))?;
    let all = cloud.all("/v4/regions/availability", None).await?.len();
    told.says("availability", &json!({"rows": all, "by25": all}))?;
    let small = json!([400, "[page_size] Must be 25-500"]);
    told.says("pages of ten", &json!({"refused": small}))?;
    let types = "/v4/linode/types";
    let gpu = json!({
        "class": "gpu", "vcpus": {"+lt": 16}, "+order_by": "vcpus", "+order": "desc",
    });
    let all = cloud.all(types, None).await?.len();
    told.says(
        "types",
        &json!({"gpu": field(&cloud, types, gpu, "id").await?, "all": all, "ordered": all}),
    )?;
    let wrong = json!([400, "[X-Filter] Cannot filter on foo"]);
    told.says("unfilterable", &json!({"refused": wrong}))?;
    told.says("cluster", &json!({"label": "by-go", "tier": "standard"}))?;
    let config = told.one("kubeconfig")?;
    ensure!(config["begins"] == "CmFw", "{config}");
    ensure!(
        config["asked"].as_u64() > Some(1),
        "it had to ask again: {config}"
    );
    told.says(
        "pool",
        &json!({"max": 4, "status": "ready", "taint": "a.com/b", "label": "web"}),
    )?;
    let firewall = told.one("firewall")?;
    ensure!(firewall["entity"] == firewall["node"], "{firewall}");
    told.says(
        "firewall",
        &json!({"status": "running", "event": "finished"}),
    )?;
    let again: Vec<_> = told.all("again").collect();
    ensure!(again.len() == 6, "{again:?}");
    for one in again {
        let refused = match one["kind"].as_str() {
            Some("maintenance") => json!([503, "Currently in maintenance mode."]),
            _ => Value::Null,
        };
        ensure!(one["fired"] == 1 && one["refused"] == refused, "{one}");
    }
    told.says("gone", &json!({"refused": [404, "Not found"]}))?;
    nothing_is_left(&cloud).await?;
    Ok(told.len())
}
