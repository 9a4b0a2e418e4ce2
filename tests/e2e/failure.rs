//! A step that fails: what happened, what exists, what it costs, and the way out.

use anyhow::{Result, ensure};
use quaylight_tests::embedded::demo;
use quaylight_tests::job::{new_cluster, shots};
use quaylight_tests::programs::ask;
use quaylight_tests::window::{Album, Window};
use serde_json::{Value, json};
use std::path::Path;

/// The first POST of a GPU pool is refused: the account has reached a limit.
async fn no_more_machines(url: &str) -> Result<()> {
    let rule = json!({
        "kind": "quota",
        "method": "POST",
        "path": "/v4/lke/clusters/*/pools",
        "at_call": 1,
        "effect": "before",
    });
    let set = json!({ "seed": 1, "rules": [rule] });
    ask(url, "PUT", "/_demo/faults", Some(set)).await.map(drop)
}

async fn alive(url: &str) -> Result<Vec<Value>> {
    let ledger = ask(url, "GET", "/_demo/ledger", None).await?;
    Ok(ledger["alive"].as_array().cloned().unwrap_or_default())
}

async fn failed_deploy(home: &Path, album: Album) -> Result<(Window, String)> {
    let mut window = Window::open(home, album).await?;
    window.find("new-cluster").await?;
    new_cluster(&mut window).await?;
    let url = demo(home)?;
    no_more_machines(&url).await?;
    window.click("review").await?;
    window.click("deploy").await?;
    window
        .wait_attribute("deployment-state", "data-state", "failed")
        .await?;
    let notice = window.wait_text("notice", "/h").await?;
    window.say(format!("notice: {}", notice.replace('\n', " · ")));
    window.shot("failed").await?;
    Ok((window, url))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_pool_says_what_exists_and_goes_on_when_told() -> Result<()> {
    let home = tempfile::tempdir()?;
    let (mut window, url) = failed_deploy(home.path(), Album::new(shots("failure"))?).await?;
    window.click("notice-continue").await?;
    window
        .wait_attribute("deployment-state", "data-state", "running")
        .await?;
    window.wait_text("firewall-badge", "2 of 2").await?;
    window.shot("running-after-all").await?;
    let clusters = alive(&url)
        .await?
        .iter()
        .filter(|row| row["kind"] == "cluster")
        .count();
    ensure!(clusters == 1, "{clusters} clusters");
    window.close().await?.save()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_pool_is_rolled_back_to_an_empty_account() -> Result<()> {
    let home = tempfile::tempdir()?;
    let (mut window, url) = failed_deploy(home.path(), Album::new(shots("roll-back"))?).await?;
    window.click("notice-roll_back").await?;
    window
        .wait_attribute("deployment-state", "data-state", "gone")
        .await?;
    window.shot("rolled-back").await?;
    let left = alive(&url).await?;
    ensure!(left.is_empty(), "{left:?}");
    window.close().await?.save()
}
