//! A Service of the cluster, opened from the window through a private tunnel, fetched, and closed; and
//! a node deleted and a pool recycled after the window said what that means.

use anyhow::{Context, Result, bail, ensure};
use quaylight_tests::embedded::{apply, demo, gpu_pool};
use quaylight_tests::job::{deploy, new_cluster, shots};
use quaylight_tests::programs::{ask, kubectl, told};
use quaylight_tests::window::{Album, Window};
use serde_json::json;
use std::path::Path;

const WEB: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: nginx, ports: [{name: http, containerPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
"#;

/// A Deployment and a Service.
async fn serve_web(home: &Path) -> Result<()> {
    apply(home, WEB).await?;
    let ready = kubectl(home, &home.join("kubeconfig.yaml"))
        .args(["rollout", "status", "deployment/web", "--timeout=60s"])
        .output()
        .await?;
    ensure!(ready.status.success(), "{}", told(&ready));
    Ok(())
}

/// What a browser would get.
async fn fetch(url: &str) -> Result<String> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let reply = reqwest::get(url).await?.error_for_status()?;
    Ok(String::from_utf8(reply.bytes().await?.to_vec())?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_opened_from_the_window_fetched_and_closed() -> Result<()> {
    let home = tempfile::tempdir()?;
    // No browser of this computer comes up.
    let quiet = [("BROWSER", "/bin/true")];
    let album = Album::new(shots("services"))?;
    let mut window = Window::open_with(home.path(), album, &quiet).await?;
    window.find("new-cluster").await?;
    new_cluster(&mut window).await?;
    deploy(&mut window).await?;
    serve_web(home.path()).await?;

    window.click("part-browser").await?;
    window.click("details-services").await?;
    window.wait_text("services-list", "default/web:80").await?;
    window.shot("can-be-opened").await?;
    window.click("open-default/web:80").await?;
    let url = window
        .wait_text("opened-default/web:80", "http://localhost:")
        .await?;
    let said = fetch(&url.replace("localhost", "127.0.0.1")).await?;
    ensure!(said.starts_with("pod default/web-"), "{said}");
    window.say(format!("{url} says: {}", said.trim()));
    window.shot("opened").await?;
    window.click("close-default/web:80").await?;
    window.wait_gone("services-opened").await?;
    let closed = fetch(&url.replace("localhost", "127.0.0.1")).await;
    ensure!(closed.is_err(), "it still answers: {closed:?}");
    window.click("services-not").await?;

    delete_a_node(&mut window, &demo(home.path())?).await?;
    window.click("part-pool-system").await?;
    window.click("recycle").await?;
    let said = window.wait_text("recycle-dialog", "DNS").await?;
    window.say(format!("recycle the pool: {}", said.replace('\n', " · ")));
    window.shot("recycle-the-pool").await?;
    window.click("recycle-not").await?;
    window.close().await?.save()
}

/// A second GPU node comes, and goes again by a click.
async fn delete_a_node(window: &mut Window, demo: &str) -> Result<()> {
    let pool = gpu_pool(demo).await?;
    let wanted = json!({ "pool": pool["id"], "nodes": 2 });
    ask(demo, "POST", "/_demo/autoscale", Some(wanted)).await?;
    window.wait_text("firewall-badge", "3 of 3").await?;
    let nodes = gpu_pool(demo).await?["nodes"].clone();
    let nodes = nodes.as_array().cloned().unwrap_or_default();
    let [_, second] = &nodes[..] else {
        bail!("two nodes, not {nodes:?}");
    };
    let second = second["id"].as_str().context("a node's id")?;
    window.click(&format!("part-node-{second}")).await?;
    window.click("delete").await?;
    let said = window.wait_text("delete-dialog", "$0.52/h").await?;
    window.say(format!("delete: {}", said.replace('\n', " · ")));
    window.shot("delete").await?;
    window.click("confirm-delete").await?;
    window.wait_text("firewall-badge", "2 of 2").await?;
    window
        .wait_attribute("deployment-state", "data-state", "running")
        .await?;
    window.shot("deleted").await?;
    let left = gpu_pool(demo).await?["nodes"].clone();
    let left = left.as_array().cloned().unwrap_or_default();
    ensure!(
        left.len() == 1 && left[0]["id"] != second,
        "{left:?} are left"
    );
    Ok(())
}
