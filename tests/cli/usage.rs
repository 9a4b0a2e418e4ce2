//! How GPUs are used, on the command line: read at once, and idle by what a process that watches saw.

use anyhow::{Result, bail, ensure};
use quaylight_tests::programs::{Demo, ask, cli, told};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// What `show` prints of the GPU node.
async fn shown(home: &Path, demo: &Demo, label: &str, json: bool) -> Result<String> {
    let mut command = cli(home);
    command.args(["--cloud", &demo.url]);
    if json {
        command.arg("--json");
    }
    let said = command.args(["show", label]).output().await?;
    ensure!(said.status.success(), "{}", told(&said));
    Ok(String::from_utf8(said.stdout)?)
}

async fn node(home: &Path, demo: &Demo, label: &str) -> Result<String> {
    let all = shown(home, demo, label, false).await?;
    let line = all.lines().find(|line| line.contains("  Gpu  "));
    Ok(line.unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gpu_is_shown_with_its_use_and_idle_with_its_cost_after_a_while() -> Result<()> {
    let home = tempfile::tempdir()?;
    let home = home.path();
    let demo = Demo::serve(home, &["--speed", "60", "--seed", "3"]).await?;
    let applied = cli(home)
        .args(["--cloud", &demo.url, "--json", "--yes", "apply"])
        .output()
        .await?;
    ensure!(applied.status.success(), "{}", told(&applied));
    let document: Value = serde_json::from_slice(&applied.stdout)?;
    let label = document["label"].as_str().unwrap_or_default().to_owned();
    let line = node(home, &demo, &label).await?;
    let bare = "firewall yes  GPU 0%  memory 3 of 20475 MiB  36 °C";
    ensure!(line.ends_with(bare), "{line}");

    let faster = serde_json::json!({"speed": 120});
    ask(&demo.url, "POST", "/_demo/clock", Some(faster)).await?;
    let mut watch = cli(home);
    watch.args(["--cloud", &demo.url, "watch"]);
    let watch = watch.spawn()?;
    for tried in 0.. {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let line = node(home, &demo, &label).await?;
        if line.contains("  idle for ") {
            let (before, idle) = line.split_once("  idle for ").unwrap_or_default();
            ensure!(before.ends_with(bare), "{line}");
            let (minutes, cost) = idle.split_once(" min = $0.").unwrap_or_default();
            // A GPU hour is $0.52.
            let (minutes, cost): (u32, u32) = (minutes.parse()?, cost.parse()?);
            ensure!(
                minutes >= 15 && (minutes * 52 / 60).abs_diff(cost) <= 1,
                "{line}"
            );
            break;
        }
        if tried > 120 {
            bail!("after {tried} looks: {line}");
        }
    }
    drop(watch);
    let document: Value = serde_json::from_str(&shown(home, &demo, &label, true).await?)?;
    let usage = &document["deployment"]["totals"]["usage"];
    ensure!(usage["gpus"] == 1 && usage["percent"] == 0, "{usage}");
    ensure!(usage["idle"]["gpus"] == 1, "{usage}");
    Ok(())
}
