//! What comes by itself is guarded: a node that the autoscaler adds, and, with one click, a load
//! balancer that was open to the world; and a namespace is shut off.

use anyhow::{Context, Result, ensure};
use quaylight_tests::embedded::{apply, demo, gpu_pool, linode};
use quaylight_tests::job::{deploy, new_cluster, shots};
use quaylight_tests::programs::kubectl;
use quaylight_tests::window::{Album, Window};
use serde_json::Value;

/// Two pods that want a GPU each, where there is one.
const TWO_GPUS: &str = r"
apiVersion: apps/v1
kind: Deployment
metadata: {name: train}
spec:
  replicas: 2
  selector: {matchLabels: {app: train}}
  template:
    metadata: {labels: {app: train}}
    spec:
      tolerations: [{key: nvidia.com/gpu, operator: Exists}]
      containers:
      - {name: train, image: train, resources: {limits: {nvidia.com/gpu: 1}}}
";

const WEB: &str = r"
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, ports: [{port: 80}]}
";

/// The firewalls, as Linode tells them, before one kind of thing.
async fn walls(demo: &str, kind: &str) -> Result<Vec<Value>> {
    let all = linode(demo, "/v4/networking/firewalls").await?;
    let all = all["data"].as_array().cloned().unwrap_or_default();
    let before = |wall: &Value| {
        let mut entities = wall["entities"].as_array().into_iter().flatten();
        entities.any(|one| one["type"] == kind)
    };
    Ok(all.into_iter().filter(before).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_the_autoscaler_gets_its_badge_and_an_open_load_balancer_is_guarded() -> Result<()>
{
    let home = tempfile::tempdir()?;
    let home = home.path();
    let mut window = Window::open(home, Album::new(shots("guard"))?).await?;
    window.find("new-cluster").await?;
    new_cluster(&mut window).await?;
    deploy(&mut window).await?;
    let url = demo(home)?;
    let keeper = window.text("firewall-passes").await?;
    ensure!(keeper.starts_with("Kept by Quaylight"), "{keeper}");

    apply(home, TWO_GPUS).await?;
    window.wait_text("firewall-badge", "3 of 3").await?;
    let nodes = gpu_pool(&url).await?["nodes"].clone();
    let nodes = nodes.as_array().context("nodes")?;
    ensure!(nodes.len() == 2, "{nodes:?}");
    let second = nodes[1]["id"].as_str().context("a node's id")?;
    window.click(&format!("part-node-{second}")).await?;
    let said = window.wait_text("details", "Firewall on after").await?;
    window.say(format!("the new node: {}", said.replace('\n', " · ")));
    window.shot("new-node").await?;
    let attached = walls(&url, "linode").await?;
    let [wall] = &attached[..] else {
        anyhow::bail!("one firewall before the nodes, not {attached:?}");
    };
    let machine = &nodes[1]["instance_id"];
    let mut machines = wall["entities"].as_array().into_iter().flatten();
    ensure!(machines.any(|one| one["id"] == *machine), "{wall}");

    apply(home, WEB).await?;
    window.click("as-reach").await?;
    let open = window.wait_text("reach-open", "Load balancers").await?;
    window.say(format!("open: {}", open.replace('\n', " ")));
    window.shot("open").await?;
    ensure!(walls(&url, "nodebalancer").await?.is_empty());
    window.click("reach-guard").await?;
    let said = window.wait_text("said", "default/web").await?;
    window.say(format!("guarded: {}", said.replace('\n', " ")));
    let paths = window.wait_text("reach-paths", "203.0.113.7/32").await?;
    ensure!(!paths.contains("open to the world"), "{paths}");
    window.wait_gone("reach-open").await?;
    window.shot("guarded").await?;
    let before = walls(&url, "nodebalancer").await?;
    let only = &before.first().context("a firewall")?["rules"]["inbound"][0]["addresses"];
    ensure!(
        only["ipv4"] == serde_json::json!(["203.0.113.7/32"]),
        "{only}"
    );

    window.click("commands").await?;
    window.click("command-namespaces").await?;
    window.wait_text("namespaces-list", "stays open").await?;
    window.click("namespace-default").await?;
    window.wait_text("said", "default is shut off").await?;
    window.shot("namespaces").await?;
    let asked = kubectl(home, &home.join("kubeconfig.yaml"))
        .args(["get", "networkpolicy", "-o", "name"])
        .output()
        .await?;
    let listed = String::from_utf8_lossy(&asked.stdout).into_owned();
    ensure!(listed.contains("quaylight-default-deny"), "{listed}");
    window.click("namespaces-done").await?;
    window.close().await?.save()
}
