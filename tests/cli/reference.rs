//! The reference deployment, from apply to a ledger without rows.

use anyhow::{Context, Result, ensure};
use quaylight_tests::programs::{Demo, cli, told};
use serde_json::Value;
use tokio::process::Command;

fn json(output: &std::process::Output) -> Result<Value> {
    serde_json::from_slice(&output.stdout).with_context(|| told(output))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_cluster_is_made_used_and_leaves_an_empty_ledger() -> Result<()> {
    let home = tempfile::tempdir()?;
    let demo = Demo::serve(home.path(), &["--speed", "40", "--seed", "7"]).await?;
    let cloud = ["--cloud", demo.url.as_str(), "--json", "--yes"];

    let applied = cli(home.path()).args(cloud).arg("apply").output().await?;
    ensure!(applied.status.code() == Some(0), "{}", told(&applied));
    let done = json(&applied)?;
    println!("calls from accept to ready: {}", done["calls"]);
    let others = done["calls"]["others"].as_u64().context("calls")?;
    ensure!(
        others <= 25,
        "at most 25 calls besides polls and catalog, not {others}"
    );
    let label = done["label"].as_str().context("label")?.to_owned();

    let alive = demo.alive().await?;
    let count = |kind: &str| alive.iter().filter(|row| row["kind"] == kind).count();
    let kinds = [
        "cluster",
        "control_plane",
        "linode",
        "firewall",
        "nodebalancer",
        "volume",
    ];
    ensure!(kinds.map(count) == [1, 1, 2, 1, 0, 0], "{alive:?}");

    let file = home.path().join("kubeconfig.yaml");
    let saved = cli(home.path())
        .args(cloud)
        .args(["kubeconfig", &label, "--out"])
        .arg(&file)
        .output()
        .await?;
    ensure!(saved.status.success(), "{}", told(&saved));
    let kubectl = std::env::var_os("QUAYLIGHT_KUBECTL").unwrap_or_else(|| "kubectl".into());
    let nodes = Command::new(kubectl)
        .arg("--kubeconfig")
        .arg(&file)
        .args(["get", "nodes"])
        .output()
        .await?;
    ensure!(
        String::from_utf8_lossy(&nodes.stdout)
            .matches(" Ready ")
            .count()
            == 2,
        "{}",
        told(&nodes)
    );

    let shown = cli(home.path())
        .args(cloud)
        .args(["show", &label])
        .output()
        .await?;
    let shown = json(&shown)?;
    let firewall = &shown["deployment"]["picture"]["firewall"];
    ensure!(
        firewall["covered"] == 2 && firewall["nodes"] == 2,
        "{firewall}"
    );
    ensure!(shown["spend"]["rate"] == 646_000, "{}", shown["spend"]);

    let again = cli(home.path()).args(cloud).arg("apply").output().await?;
    ensure!(again.status.code() == Some(0), "{}", told(&again));
    ensure!(json(&again)?["no_changes"] == true, "{}", told(&again));
    ensure!(
        demo.alive().await?.len() == alive.len(),
        "applying again made something"
    );

    let gone = cli(home.path())
        .args(cloud)
        .args(["teardown", &label])
        .output()
        .await?;
    ensure!(gone.status.code() == Some(0), "{}", told(&gone));
    ensure!(demo.alive().await?.is_empty(), "{:?}", demo.alive().await?);
    let receipt = json(&gone)?;
    ensure!(
        receipt["receipt"]["sweeps"]
            .as_array()
            .is_some_and(|all| all.len() >= 2),
        "{receipt}"
    );
    Ok(())
}
