//! A GPU that does nothing: seen so in its tile and details, and called idle with what that has cost;
//! and busy as soon as somebody uses it.

use anyhow::{Context, Result, ensure};
use quaylight_tests::job::{deploy, new_cluster, shots};
use quaylight_tests::programs::{ask, cli, kubectl, told};
use quaylight_tests::window::{Album, Window};
use serde_json::json;
use std::path::Path;

/// The embedded demo cloud of the window with this home.
fn demo(home: &Path) -> Result<String> {
    let file = home.join(".local/share/dev.quaylight.desktop/demo/seat.port");
    let port = std::fs::read_to_string(file).context("the port of the embedded demo cloud")?;
    Ok(format!("http://127.0.0.1:{}", port.trim()))
}

/// The GPU node, by its part of the picture.
async fn gpu_node(url: &str) -> Result<String> {
    let clusters = ask(url, "GET", "/v4/lke/clusters", None).await?;
    let pools = format!("/v4/lke/clusters/{}/pools", clusters["data"][0]["id"]);
    let pools = ask(url, "GET", &pools, None).await?;
    let mut pools = pools["data"].as_array().into_iter().flatten();
    let gpus = pools.find(|one| {
        one["type"]
            .as_str()
            .is_some_and(|of| of.starts_with("g2-gpu"))
    });
    let node = gpus.and_then(|one| one["nodes"][0]["id"].as_str());
    Ok(format!("part-node-{}", node.context("a GPU node")?))
}

/// From now on the GPUs of the node compute for so many percent of the time.
async fn use_gpus(home: &Path, percent: u32) -> Result<()> {
    let data = home.join(".local/share/dev.quaylight.desktop");
    let kubeconfig = home.join("kubeconfig.yaml");
    let saved = cli(&data)
        .args(["kubeconfig", "ada-lke-gpu-kubeflow", "--out"])
        .arg(&kubeconfig)
        .output()
        .await?;
    ensure!(saved.status.success(), "{}", told(&saved));
    let said = kubectl(home, &kubeconfig)
        .args(["annotate", "node", "-l", "nvidia.com/gpu.present=true"])
        .arg(format!("demo.quaylight/gpu-percent={percent}"))
        .output()
        .await?;
    ensure!(said.status.success(), "{}", told(&said));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gpu_that_does_nothing_is_called_idle_with_its_cost_until_somebody_uses_it() -> Result<()>
{
    let home = tempfile::tempdir()?;
    let mut window = Window::open(home.path(), Album::new(shots("usage"))?).await?;
    window.find("new-cluster").await?;
    new_cluster(&mut window).await?;
    deploy(&mut window).await?;
    let tile = window.wait_text("tile-use", "0%").await?;
    ensure!(tile == "0%", "{tile}");
    let url = demo(home.path())?;
    let faster = json!({ "speed": 60 });
    ask(&url, "POST", "/_demo/clock", Some(faster)).await?;
    let idle = window.wait_text("idle", "1 of 1 GPUs idle for ").await?;
    let said = idle.trim_start_matches("1 of 1 GPUs idle for ");
    let (minutes, cost) = said.split_once(" min = $0.").context("what it cost")?;
    let (minutes, cost): (u32, u32) = (minutes.parse()?, cost.trim().parse()?);
    // A quarter of an hour at $0.52 an hour, or more where the machine was late; in whole cents.
    let (least, most) = (minutes * 52 / 60, (minutes + 1) * 52 / 60 + 1);
    ensure!(minutes >= 15 && (least..=most).contains(&cost), "{idle}");
    window.say(format!("under the rate: {idle}"));
    window.shot("idle").await?;
    window.click(&gpu_node(&url).await?).await?;
    let details = window.wait_text("details", "Idle since").await?;
    for part in ["0 GB of 20 GB", "36 °C", " min = $0."] {
        ensure!(details.contains(part), "{part}: {details}");
    }
    window.find("use-day").await?;
    window.shot("idle-in-the-details").await?;
    window.click("close-details").await?;
    use_gpus(home.path(), 61).await?;
    window.wait_text("tile-use", "61%").await?;
    window.wait_gone("idle").await?;
    window.shot("used").await?;
    window.close().await?.save()
}
