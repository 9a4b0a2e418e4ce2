//! The demo cloud inside the window, and what somebody else does there.

use crate::programs::{cli, kubectl, told};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::Path;

/// Where the window with this home keeps what is its own.
pub fn data(home: &Path) -> std::path::PathBuf {
    home.join(".local/share/dev.quaylight.desktop")
}

/// The demo cloud of the window with this home.
pub fn demo(home: &Path) -> Result<String> {
    let file = data(home).join("demo/seat.port");
    let port = std::fs::read_to_string(file).context("the port of the embedded demo cloud")?;
    Ok(format!("http://127.0.0.1:{}", port.trim()))
}

/// What Linode answers somebody else.
pub async fn linode(demo: &str, path: &str) -> Result<Value> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let request = reqwest::Client::new().get(format!("{demo}{path}"));
    let reply = request.bearer_auth("somebody-else").send().await?;
    Ok(serde_json::from_slice(
        &reply.error_for_status()?.bytes().await?,
    )?)
}

/// The GPU pool of the only cluster, as Linode tells it.
pub async fn gpu_pool(demo: &str) -> Result<Value> {
    let clusters = linode(demo, "/v4/lke/clusters").await?;
    let pools = format!("/v4/lke/clusters/{}/pools", clusters["data"][0]["id"]);
    let pools = linode(demo, &pools).await?;
    let mut pools = pools["data"].as_array().into_iter().flatten();
    let gpu = pools.find(|pool| pool["type"] == "g2-gpu-rtx4000a1-s");
    Ok(gpu.context("a GPU pool")?.clone())
}

/// Objects for the deployment of the window, by the real kubectl with the app's kubeconfig.
pub async fn apply(home: &Path, manifest: &str) -> Result<()> {
    let kubeconfig = home.join("kubeconfig.yaml");
    if !kubeconfig.exists() {
        let args = ["kubeconfig", "ada-lke-gpu-kubeflow", "--out"];
        let saved = cli(&data(home)).args(args).arg(&kubeconfig).output();
        let saved = saved.await?;
        ensure!(saved.status.success(), "{}", told(&saved));
    }
    let file = home.join("objects.yaml");
    std::fs::write(&file, manifest)?;
    let args = ["apply", "-f"];
    let applied = kubectl(home, &kubeconfig).args(args).arg(&file).output();
    let applied = applied.await?;
    ensure!(applied.status.success(), "{}", told(&applied));
    Ok(())
}
