//! What a firewall does to the nodes behind it: a wrong preset is seen.

use crate::support::{User, cloud, reference};
use expect_test::expect;
use serde_json::{Value, json};

const PRIVATE: &str = "192.168.128.0/17";

fn rule(label: &str, protocol: &str, ports: &str, net: &str) -> Value {
    let mut rule = json!({
        "action": "ACCEPT", "label": label, "protocol": protocol, "addresses": {"ipv4": [net]},
    });
    if !ports.is_empty() {
        rule["ports"] = json!(ports);
    }
    rule
}

/// The rules that LKE's own parts need, merged.
fn needed() -> Vec<Value> {
    vec![
        rule("lke-tcp", "TCP", "53, 179, 5473, 10250, 10256", PRIVATE),
        rule("lke-udp", "UDP", "53, 51820", PRIVATE),
        rule("lke-ipencap", "IPENCAP", "", PRIVATE),
        rule("node-ports-tcp", "TCP", "30000-32767", "192.168.255.0/24"),
        rule("node-ports-udp", "UDP", "30000-32767", "192.168.255.0/24"),
    ]
}

/// A running cluster behind a firewall with these rules, on all of its nodes.
async fn behind(inbound: Vec<Value>, switches: Value) -> (User, Value) {
    let mut user = User::new(&cloud(8), "t");
    user.ask("PUT", "/_demo/switches", switches).await;
    let made = user.ask("POST", "/v4/lke/clusters", reference()).await.body;
    user.wait(200).await;
    let linodes = user.get("/v4/linode/instances").await.body;
    let ids: Vec<&Value> = linodes["data"].as_array().expect("rows").iter().collect();
    let ids: Vec<Value> = ids.iter().map(|one| one["id"].clone()).collect();
    let wall = json!({
        "label": "wall", "devices": {"linodes": ids},
        "rules": {"inbound": inbound, "outbound": [], "inbound_policy": "DROP",
                  "outbound_policy": "ACCEPT"},
    });
    let said = user.ask("POST", "/v4/networking/firewalls", wall).await;
    assert_eq!(said.status, 200, "{}", said.text);
    (user, made["id"].clone())
}

/// What the first node still has, and what the cluster says to whoever needs it.
async fn seen(user: &mut User, cluster: &Value) -> String {
    let reach = user.get("/_demo/reach").await.body;
    let hook = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "guard"},
        "webhooks": [{
            "name": "guard.example.com", "failurePolicy": "Fail",
            "rules": [{"operations": ["CREATE"], "apiGroups": [""], "resources": ["configmaps"]}],
        }],
    });
    let path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
    let put = user.kube(cluster, "POST", path, hook).await;
    assert_eq!(put.status, 201, "{}", put.text);
    let pods = user.kube(
        cluster,
        "GET",
        "/api/v1/namespaces/kube-system/pods",
        Value::Null,
    );
    let pods = pods.await.body;
    let of_node = |pod: &&Value| pod["spec"]["nodeName"].is_string();
    let pod = pods["items"].as_array().expect("pods").iter().find(of_node);
    let pod = pod.expect("a pod on a node")["metadata"]["name"].clone();
    let pod = pod.as_str().expect("a name");
    let path = format!("/api/v1/namespaces/kube-system/pods/{pod}/log");
    let logs = user.kube(cluster, "GET", &path, Value::Null).await;
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}});
    let path = "/api/v1/namespaces/default/configmaps";
    let made = user.kube(cluster, "POST", path, map).await;
    let said = |status: u16, body: &Value| format!("{status} {}", body["message"]);
    format!(
        "{}\nlogs {}\nwebhook {}\n",
        reach[0]["reach"],
        said(logs.status, &logs.body),
        said(made.status, &made.body),
    )
}

#[tokio::test(start_paused = true)]
async fn the_rules_that_lke_needs_let_everything_through() {
    let (mut user, cluster) = behind(needed(), json!({})).await;
    expect![[r#"
        {"kubelet":true,"webhooks":true,"node_ports":true,"dns":true,"pods":true}
        logs 200 null
        webhook 201 null
    "#]]
    .assert_eq(&seen(&mut user, &cluster).await);
}

#[tokio::test(start_paused = true)]
async fn a_firewall_for_people_alone_cuts_the_nodes_off() {
    let only_web = vec![rule("web", "TCP", "80, 443", "203.0.113.7/32")];
    let (mut user, cluster) = behind(only_web, json!({})).await;
    expect![[r#"
        {"kubelet":false,"webhooks":false,"node_ports":false,"dns":false,"pods":false}
        logs 500 "Get \"https://192.168.155.61:10250/\": dial tcp 192.168.155.61:10250: i/o timeout"
        webhook 500 "failed calling webhook \"guard.example.com\": failed to call webhook: context deadline exceeded"
    "#]].assert_eq(&seen(&mut user, &cluster).await);
}

#[tokio::test(start_paused = true)]
async fn a_webhook_takes_the_way_that_the_switch_names() {
    let by_node = json!({"webhook_path": "node"});
    let (mut user, cluster) = behind(needed(), by_node.clone()).await;
    expect![[r#"
        {"kubelet":true,"webhooks":false,"node_ports":true,"dns":true,"pods":true}
        logs 200 null
        webhook 500 "failed calling webhook \"guard.example.com\": failed to call webhook: context deadline exceeded"
    "#]].assert_eq(&seen(&mut user, &cluster).await);
    let mut open = needed();
    open.push(rule("webhooks", "TCP", "9443", PRIVATE));
    let (mut user, cluster) = behind(open, by_node).await;
    expect![[r#"
        {"kubelet":true,"webhooks":true,"node_ports":true,"dns":true,"pods":true}
        logs 200 null
        webhook 201 null
    "#]]
    .assert_eq(&seen(&mut user, &cluster).await);
}

#[tokio::test(start_paused = true)]
async fn rules_devices_and_status_take_effect_at_once() {
    let (mut user, _) = behind(needed(), json!({})).await;
    let lost = |reach: &Value| {
        let nodes = reach.as_array().expect("nodes").iter();
        nodes
            .filter(|node| node["reach"]["kubelet"] == false)
            .count()
    };
    let walls = user.get("/v4/networking/firewalls").await.body;
    let wall = format!("/v4/networking/firewalls/{}", walls["data"][0]["id"]);
    let none = json!({"inbound": [], "outbound": [], "inbound_policy": "DROP", "outbound_policy": "ACCEPT"});
    let mut counts = Vec::new();
    user.ask("PUT", &format!("{wall}/rules"), none).await;
    counts.push(lost(&user.get("/_demo/reach").await.body));
    user.ask("PUT", &wall, json!({"status": "disabled"})).await;
    counts.push(lost(&user.get("/_demo/reach").await.body));
    user.ask("PUT", &wall, json!({"status": "enabled"})).await;
    let devices = user.get(&format!("{wall}/devices")).await.body;
    let one = format!("{wall}/devices/{}", devices["data"][0]["id"]);
    user.ask("DELETE", &one, Value::Null).await;
    counts.push(lost(&user.get("/_demo/reach").await.body));
    user.ask("DELETE", &wall, Value::Null).await;
    counts.push(lost(&user.get("/_demo/reach").await.body));
    assert_eq!(counts, [2, 0, 1, 0]);
}
