//! What a change of a pool, a cluster or a firewall reaches beside the thing itself.

use expect_test::expect;
use serde_json::{Value, json};

use crate::support::{User, cloud, reference};

/// The GPU node's own labels that a person may set, and its taints.
async fn painted(user: &mut User, cluster: &Value) -> String {
    let path = "/api/v1/nodes?labelSelector=node.kubernetes.io/instance-type=g2-gpu-rtx4000a1-s";
    let node = user.kube(cluster, "GET", path, Value::Null).await.body["items"][0].clone();
    let labels = node["metadata"]["labels"].as_object().expect("labels");
    let set = |name: &&String| !name.contains("kubernetes.io") && !name.contains("linode.com");
    let labels: Vec<_> = labels.keys().filter(set).collect();
    format!("{labels:?} {}", node["spec"]["taints"])
}

#[tokio::test(start_paused = true)]
async fn labels_and_taints_of_a_pool_reach_its_running_nodes() {
    let mut user = User::new(&cloud(7), "t");
    let made = user.ask("POST", "/v4/lke/clusters", reference()).await.body;
    user.wait(200).await;
    let pools = format!("/v4/lke/clusters/{}/pools", made["id"]);
    let pool = user.get(&pools).await.body["data"][1]["id"].clone();
    let pool = format!("{pools}/{pool}");
    let mut lines = vec![painted(&mut user, &made["id"]).await];
    let taint = json!([{"key": "example.com/own", "value": "x", "effect": "NoExecute"}]);
    for change in [
        json!({"labels": {"tier": "gpu"}}),
        json!({"taints": taint}),
        json!({"tags": ["neither"]}),
        json!({"labels": {}, "taints": []}),
    ] {
        let said = user.ask("PUT", &pool, change).await;
        assert_eq!(said.status, 200, "{}", said.text);
        lines.push(painted(&mut user, &made["id"]).await);
    }
    expect![[r#"
        ["nvidia.com/gpu.present"] [{"key":"nvidia.com/gpu","value":"present","effect":"NoSchedule"}]
        ["tier"] [{"key":"nvidia.com/gpu","value":"present","effect":"NoSchedule"}]
        ["tier"] [{"key":"example.com/own","value":"x","effect":"NoExecute"}]
        ["tier"] [{"key":"example.com/own","value":"x","effect":"NoExecute"}]
        [] null
    "#]].assert_eq(&(lines.join("\n") + "\n"));
}

#[tokio::test(start_paused = true)]
async fn tags_come_down_to_the_linodes_on_the_enterprise_tier_only() {
    let mut user = User::new(&cloud(1), "t");
    let large = json!({
        "label": "large", "region": "us-lax", "k8s_version": "v1.31.8+lke1", "tier": "enterprise",
        "tags": ["whole", "both"],
        "node_pools": [{"type": "g6-standard-2", "count": 1, "tags": ["both", "pool"]}],
    });
    let said = user.ask("POST", "/v4beta/lke/clusters", large).await;
    assert_eq!(said.status, 200, "{}", said.text);
    user.ask("POST", "/v4/lke/clusters", reference()).await;
    user.wait(30).await;
    let linodes = user.get("/v4/linode/instances").await.body;
    let mut lines: Vec<String> = linodes["data"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            format!(
                "{} {}",
                row["lke_cluster_id"] == said.body["id"],
                row["tags"]
            )
        })
        .collect();
    lines.sort();
    expect![[r#"
        false []
        false []
        true ["whole","both","pool"]
    "#]]
    .assert_eq(&(lines.join("\n") + "\n"));
}

#[tokio::test(start_paused = true)]
async fn no_second_firewall_of_a_linode_is_switched_on() {
    let mut user = User::new(&cloud(1), "t");
    user.ask("POST", "/v4/lke/clusters", reference()).await;
    user.wait(100).await;
    let linode = user.get("/v4/linode/instances").await.body["data"][0]["id"].clone();
    let firewalls = "/v4/networking/firewalls";
    let wall = |label: &str| {
        json!({"label": label, "devices": {"linodes": [linode]}, "rules": {
            "inbound": [], "inbound_policy": "DROP", "outbound": [], "outbound_policy": "ACCEPT",
        }})
    };
    let first = user.ask("POST", firewalls, wall("first")).await.body;
    let first = format!("{firewalls}/{}", first["id"]);
    user.ask("PUT", &first, json!({"status": "disabled"})).await;
    user.ask("POST", firewalls, wall("second")).await;
    let on = json!({"status": "enabled"});
    user.note("PUT", &first, on.clone()).await;
    let second = user.get(firewalls).await.body["data"][1]["id"].clone();
    let off = json!({"status": "disabled"});
    user.ask("PUT", &format!("{firewalls}/{second}"), off).await;
    let said = user.ask("PUT", &first, on).await;
    assert_eq!(
        (said.status, &said.body["status"]),
        (200, &json!("enabled"))
    );
    expect![[r#"
        10:01:40 PUT /v4/networking/firewalls/9621808: 400 {"errors":[{"reason":"linode 94907874 already has an enabled firewall: second. A service may have only one","field":"id"}]}
    "#]].assert_eq(&user.transcript());
}
