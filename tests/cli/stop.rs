//! The stop time on the command line: moved, refused, and fired by a process that only watches.

use anyhow::{Result, ensure};
use quaylight_tests::programs::{Demo, cli, told};
use serde_json::Value;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

async fn said(home: &Path, demo: &Demo, args: &[&str]) -> Result<Output> {
    let mut command = cli(home);
    command.args(["--cloud", &demo.url, "--json", "--yes"]);
    Ok(command.args(args).output().await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_stop_time_fires_while_only_watch_runs() -> Result<()> {
    let home = tempfile::tempdir()?;
    let home = home.path();
    let demo = Demo::serve(home, &["--speed", "60", "--seed", "3"]).await?;
    let applied = said(home, &demo, &["apply"]).await?;
    ensure!(applied.status.success(), "{}", told(&applied));
    let document: Value = serde_json::from_slice(&applied.stdout)?;
    let label = document["label"].as_str().unwrap_or_default().to_owned();

    let none = said(home, &demo, &["stop", &label, "--more", "1h"]).await?;
    ensure!(none.status.code() == Some(2), "{}", told(&none));
    let both = said(home, &demo, &["stop", &label, "--never", "--in", "4h"]).await?;
    ensure!(both.status.code() == Some(2), "{}", told(&both));
    let never = said(home, &demo, &["stop", &label, "--never"]).await?;
    let never: Value = serde_json::from_slice(&never.stdout)?;
    ensure!(never["stops"].is_null() && never["deployment"].is_string());
    let soon = said(home, &demo, &["stop", &label, "--in", "5m"]).await?;
    ensure!(soon.status.success(), "{}", told(&soon));
    let soon: Value = serde_json::from_slice(&soon.stdout)?;
    ensure!(soon["stops"].is_string(), "{soon}");
    let shown = said(home, &demo, &["show", &label]).await?;
    let shown: Value = serde_json::from_slice(&shown.stdout)?;
    let notice = &shown["deployment"]["notice"]["what"]["code"];
    ensure!(notice == "stop_within_minutes", "{notice}");

    // Nobody is there but a process that looks.
    let mut watch = cli(home);
    watch.args(["--cloud", &demo.url, "watch"]);
    let watch = watch.spawn()?;
    for _ in 0..300 {
        if demo.alive().await?.is_empty() {
            drop(watch);
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    anyhow::bail!("after a minute there is still {:?}", demo.alive().await?)
}
