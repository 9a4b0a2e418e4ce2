//! A GPU that is paid for and does not work: found, said, recycled, and its successor proven.

use anyhow::{Result, ensure};
use quaylight_tests::embedded::demo;
use quaylight_tests::job::{new_cluster, shots};
use quaylight_tests::programs::ask;
use quaylight_tests::window::{Album, Window};
use serde_json::{Value, json};

/// How many of a thousand GPU nodes that are made from now on come broken.
async fn broken(url: &str, permille: u32) -> Result<()> {
    let switches = json!({ "broken_gpus_permille": permille });
    ask(url, "PUT", "/_demo/switches", Some(switches))
        .await
        .map(drop)
}

/// The GPU machines that cost.
async fn gpu_machines(url: &str) -> Result<Vec<Value>> {
    let ledger = ask(url, "GET", "/_demo/ledger", None).await?;
    let alive = ledger["alive"].as_array().cloned().unwrap_or_default();
    let gpu = |row: &Value| row["kind"] == "linode" && row["rate_micro_usd_hour"] == 520_000;
    Ok(alive.into_iter().filter(gpu).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_gpu_is_found_recycled_from_the_window_and_its_successor_is_proven() -> Result<()>
{
    let home = tempfile::tempdir()?;
    let mut window = Window::open(home.path(), Album::new(shots("recycle"))?).await?;
    window.find("new-cluster").await?;
    let url = demo(home.path())?;
    broken(&url, 1000).await?;
    new_cluster(&mut window).await?;
    window.click("review").await?;
    window.click("deploy").await?;
    window
        .wait_attribute("deployment-state", "data-state", "failed")
        .await?;
    let notice = window
        .wait_text("notice", "Failed to initialize NVML")
        .await?;
    window.say(format!("notice: {}", notice.replace('\n', " · ")));
    let before = gpu_machines(&url).await?;
    window.shot("broken").await?;

    broken(&url, 0).await?;
    window.click("recycle").await?;
    let said = window.wait_text("recycle-dialog", "$0.52/h").await?;
    ensure!(said.contains("No pod holds a GPU there"), "{said}");
    window.say(format!("recycle: {}", said.replace('\n', " · ")));
    window.shot("recycle").await?;
    window.click("confirm-recycle").await?;
    window
        .wait_attribute("deployment-state", "data-state", "running")
        .await?;
    window.wait_text("firewall-badge", "2 of 2").await?;
    let happened = window.wait_text("activity", "CUDA test passed").await?;
    window.say(format!("activity: {}", happened.replace('\n', " · ")));
    window.click("as-table").await?;
    window.shot("proven").await?;
    let after = gpu_machines(&url).await?;
    ensure!(
        after.len() == 1 && after != before,
        "{before:?} became {after:?}"
    );
    window.close().await?.save()
}
