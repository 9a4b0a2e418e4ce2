//! The main job, with a picture of every step: what a newcomer does on the first day.

use crate::window::{Album, Window};
use anyhow::{Context, Result, ensure};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;

/// Where the pictures of an end-to-end test stay.
pub fn shots(name: &str) -> PathBuf {
    std::env::var_os("QUAYLIGHT_SHOTS")
        .map_or_else(|| crate::root().join("target/e2e"), PathBuf::from)
        .join(name)
}

/// From the first start to the receipt; pictures, kubeconfig and transcript go to `folder`.
pub async fn newcomer(folder: PathBuf) -> Result<()> {
    let home = tempfile::tempdir()?;
    let mut album = Album::new(folder.clone())?;
    album.say("The demo cloud lives inside the window's process and ends with it.");
    let mut window = Window::open(home.path(), album).await?;

    window.find("cloud-badge").await?;
    ensure!(
        window
            .text("cloud-badge")
            .await?
            .contains("nothing is charged")
    );
    window.shot("first-start").await?;
    window.click("account-open").await?;
    window.click("theme-dark").await?;
    window.shot("settings-dark").await?;

    new_cluster(&mut window).await?;
    deploy(&mut window).await?;
    let kubeconfig = folder.join("kubeconfig.yaml");
    save_kubeconfig(&mut window, &kubeconfig).await?;
    let file = ["--kubeconfig".into(), kubeconfig.clone().into_os_string()];
    let nodes = kubectl_nodes(home.path(), &file).await?;
    ensure!(
        nodes.matches(" Ready ").count() == 2,
        "two nodes are Ready:\n{nodes}"
    );
    for line in nodes.lines() {
        window.say(format!("kubectl: {line}"));
    }
    let own = add_to_kubectl(&mut window, home.path()).await?;
    tear_down(&mut window).await?;
    ensure!(!own.exists(), "the context went with the teardown");

    window.say("The window is closed here; the demo cloud and its server ended with it.");
    let album = window.close().await?;
    album.save()
}

/// The form with its defaults, the dashed picture, the quote.
pub async fn new_cluster(window: &mut Window) -> Result<()> {
    window.click("new-cluster").await?;
    window.write("field-prefix", "ada").await?;
    window.click("use-my-address").await?;
    let start = window.wait_text("quote-from-start", "$0.65/h").await?;
    let most = window.wait_text("quote-at-most", "$2.73/h").await?;
    let month = window.wait_text("quote-month", "434").await?;
    window.say(format!("quote: {start} · {most} · {month}").replace('\n', " "));
    window.shot("new-cluster").await
}

/// Review, Deploy, every step, "firewall on every node".
pub async fn deploy(window: &mut Window) -> Result<()> {
    window.click("review").await?;
    let items = window.text("review-items").await?;
    for thing in ["cluster", "GPU", "irewall"] {
        ensure!(items.contains(thing), "the review names {thing}: {items}");
    }
    window.shot("review").await?;
    window.click("deploy").await?;
    window
        .wait_attribute("deployment-state", "data-state", "building")
        .await?;
    window.find("timeline").await?;
    window.shot("building").await?;
    window
        .wait_attribute("step-2", "data-state", "done")
        .await?;
    window.shot("building-cluster-made").await?;
    window
        .wait_attribute("deployment-state", "data-state", "running")
        .await?;
    window.wait_text("firewall-badge", "2 of 2").await?;
    let rate = window.wait_text("rate", "0.65").await?;
    window.say(format!("running at {rate}").replace('\n', " "));
    window.shot("running").await?;
    Ok(())
}

/// The native dialog, worked with the keyboard as a person would.
async fn save_kubeconfig(window: &mut Window, to: &Path) -> Result<()> {
    drop(std::fs::remove_file(to));
    window.click("save-kubeconfig").await?;
    let dialog = dialog_window(window.app_pid()?).await?;
    tokio::time::sleep(Duration::from_millis(700)).await;
    xdotool(&["windowfocus", "--sync", &dialog]).await.ok();
    xdotool(&["key", "--clearmodifiers", "ctrl+a"]).await?;
    xdotool(&[
        "type",
        "--clearmodifiers",
        "--delay",
        "5",
        &to.display().to_string(),
    ])
    .await?;
    xdotool(&["key", "--clearmodifiers", "Return"]).await?;
    for _ in 0..150 {
        if to.exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mode = to
        .metadata()
        .context("the kubeconfig was saved")?
        .permissions()
        .mode()
        & 0o777;
    ensure!(mode == 0o600, "the kubeconfig has mode {mode:o}");
    window.say("kubeconfig saved through the native dialog, mode 600");
    window.shot("kubeconfig-saved").await
}

/// The native dialog's X window.
async fn dialog_window(app: u32) -> Result<String> {
    for _ in 0..100 {
        let found = Command::new("xdotool")
            .args([
                "search",
                "--onlyvisible",
                "--all",
                "--pid",
                &app.to_string(),
                "--name",
                "",
            ])
            .output()
            .await?;
        let ids = String::from_utf8_lossy(&found.stdout).into_owned();
        for id in ids.lines() {
            let name = Command::new("xdotool")
                .args(["getwindowname", id])
                .output()
                .await?;
            let name = String::from_utf8_lossy(&name.stdout).trim().to_owned();
            if !name.is_empty() && name != "Quaylight" && name != "quaylight" {
                return Ok(id.to_owned());
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("no save dialog came up")
}

async fn xdotool(args: &[&str]) -> Result<()> {
    let done = Command::new("xdotool").args(args).status().await?;
    ensure!(done.success(), "xdotool {args:?}");
    Ok(())
}

/// The file that kubectl reads: the difference is shown, the real kubectl uses what was added.
async fn add_to_kubectl(window: &mut Window, home: &Path) -> Result<PathBuf> {
    let own = home.join(".kube/config");
    window.click("kubeconfig-more").await?;
    window.find("kubeconfig-more-merge").await?;
    window.shot("kubeconfig-menu").await?;
    window.click("kubeconfig-more-merge").await?;
    window.wait_text("merge-lines", "token: •••").await?;
    window.shot("merge-preview").await?;
    ensure!(!own.exists(), "nothing is written before it was confirmed");
    window.click("confirm-merge").await?;
    let said = window.wait_text("said", "kubectl --context").await?;
    window.say(format!("merged: {}", said.replace('\n', " ")));
    let mode = own.metadata()?.permissions().mode() & 0o777;
    ensure!(mode == 0o600, "kubectl's file has mode {mode:o}");
    let context = ["--context".into(), "ada-lke-gpu-kubeflow".into()];
    let nodes = kubectl_nodes(home, &context).await?;
    ensure!(nodes.matches(" Ready ").count() == 2, "{nodes}");
    Ok(own)
}

/// What the real kubectl sees.
async fn kubectl_nodes(home: &Path, how: &[std::ffi::OsString]) -> Result<String> {
    let program = std::env::var_os("QUAYLIGHT_KUBECTL").unwrap_or_else(|| "kubectl".into());
    let output = Command::new(program)
        .env("HOME", home)
        .env_remove("KUBECONFIG")
        .args(how)
        .args(["get", "nodes"])
        .output()
        .await
        .context("start kubectl")?;
    ensure!(
        output.status.success(),
        "{}",
        crate::programs::told(&output)
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Type the name, see the inventory, confirm, read the receipt.
pub async fn tear_down(window: &mut Window) -> Result<()> {
    window.click("tear-down").await?;
    window.write("confirm-name", "ad").await?;
    let early = window.find("confirm-tear-down").await?;
    ensure!(!early.is_enabled().await?, "half a name must not confirm");
    window.write("confirm-name", "ada").await?;
    window.shot("teardown-inventory").await?;
    window.click("confirm-tear-down").await?;
    window
        .wait_attribute("deployment-state", "data-state", "leaving")
        .await?;
    window.shot("leaving").await?;
    window
        .wait_attribute("deployment-state", "data-state", "gone")
        .await?;
    window.find("receipt").await?;
    window.find("sweep-1").await?;
    window.find("sweep-2").await?;
    let receipt = window.text("receipt").await?;
    for line in receipt.lines().filter(|line| !line.trim().is_empty()) {
        window.say(format!("receipt: {line}"));
    }
    window.shot("receipt").await?;
    window.click("account-open").await?;
    window.click("theme-light").await?;
    window.shot("settings-light").await
}
