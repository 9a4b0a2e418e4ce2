//! DaemonSets and their revisions.

use expect_test::expect;
use serde_json::{Value, json};

use super::life::{Life, image, workload};

const APPS: &str = "/apis/apps/v1/namespaces/default";
const PODS: &str = "/api/v1/namespaces/default/pods";

async fn make(life: &Life, resource: &str, name: &str, spec: Value) {
    life.ok(&format!("POST {APPS}/{resource}"), workload(name, &spec))
        .await;
}

/// The numbers of the revisions and their images.
async fn revisions(life: &Life) -> String {
    let mut lines = Vec::new();
    for one in life.list(&format!("{APPS}/controllerrevisions")).await {
        let image = &one["data"]["spec"]["template"]["spec"]["containers"][0]["image"];
        lines.push(format!(
            "{} {}",
            one["revision"],
            image.as_str().unwrap_or_default()
        ));
    }
    lines.sort();
    lines.join(", ") + "\n"
}

#[tokio::test]
async fn a_daemon_set_remembers_its_templates_and_goes_back() {
    let mut life = Life::new();
    make(&life, "daemonsets", "agent", json!({})).await;
    let set = format!("{APPS}/daemonsets/agent");
    life.patch(&set, image("nginx:2")).await;
    let mut told = revisions(&life).await;
    life.patch(&set, image("nginx:1")).await;
    told += &revisions(&life).await;
    let before = life.list(PODS).await;
    let name = before[0]["metadata"]["name"].as_str().unwrap();
    life.ok(&format!("DELETE {PODS}/{name}"), Value::Null).await;
    let after = life.list(PODS).await;
    assert_eq!(after.len(), 1, "another comes in its place");
    assert_ne!(after[0]["metadata"]["name"], before[0]["metadata"]["name"]);
    let ready = async |life: &Life| life.get(&set).await["status"]["numberReady"].clone();
    assert_eq!(ready(&life).await, 0);
    life.after(30);
    assert_eq!(ready(&life).await, 1);
    life.ok(&format!("DELETE {set}"), json!({})).await;
    told += &revisions(&life).await;
    expect![[r#"
        1 nginx:1, 2 nginx:2
        2 nginx:2, 3 nginx:1

    "#]]
    .assert_eq(&told);
}

#[tokio::test]
async fn what_comes_with_every_node_is_counted_and_comes_again() {
    let mut life = Life::new();
    let home = "/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dkube-proxy";
    let name = async |life: &Life| {
        let pods = life.list(home).await;
        assert_eq!(pods.len(), 1);
        pods[0]["metadata"]["name"].as_str().unwrap().to_owned()
    };
    let before = name(&life).await;
    let path = format!("DELETE /api/v1/namespaces/kube-system/pods/{before}");
    life.ok(&path, Value::Null).await;
    assert_ne!(name(&life).await, before);
    let set = "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy";
    assert_eq!(life.get(set).await["status"]["numberReady"], 0);
    life.after(30);
    assert_eq!(life.get(set).await["status"]["numberReady"], 1);
}
