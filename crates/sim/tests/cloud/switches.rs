//! What is not known of the real API can be played both ways; the clock and the rest of `/_demo`.

use expect_test::expect;
use serde_json::{Value, json};

use crate::support::{User, cloud, reference};

async fn with(switches: Value) -> User {
    let mut user = User::new(&cloud(1), "t");
    let said = user.ask("PUT", "/_demo/switches", switches).await;
    assert_eq!(said.status, 200, "{}", said.text);
    user
}

async fn results(user: &mut User, path: &str) -> Value {
    user.get(path).await.body["results"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_cloud_without_latency_is_ready_at_once() {
    let mut user = with(json!({"latency_permille": 0})).await;
    let made = user.ask("POST", "/v4/lke/clusters", reference()).await.body;
    let path = format!("/v4/lke/clusters/{}", made["id"]);
    assert_eq!(user.get(&format!("{path}/kubeconfig")).await.status, 200);
    let pools = user.get(&format!("{path}/pools")).await.body;
    assert_eq!(pools["data"][1]["nodes"][0]["status"], json!("ready"));
    user.ask("DELETE", &path, Value::Null).await;
    assert_eq!(results(&mut user, "/v4/linode/instances").await, json!(0));
}

#[tokio::test(start_paused = true)]
async fn a_default_firewall_may_guard_new_nodes_first() {
    let mut user = with(json!({"default_firewall_on_nodes": true})).await;
    user.ask("POST", "/v4/lke/clusters", reference()).await;
    user.wait(10).await;
    let linode = user.get("/v4/linode/instances").await.body["data"][0]["id"].clone();
    let path = format!("/v4/linode/instances/{linode}/firewalls");
    let guards = user.get(&path).await.body;
    assert_eq!(guards["data"][0]["label"], json!("account-default"));
    assert_eq!(guards["data"][0]["entities"][0]["id"], linode);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_kubeconfig_is_away_for_a_while_and_comes_back_with_another_token() {
    let mut user = with(json!({"kubeconfig_rotation_seconds": 30})).await;
    let made = user.ask("POST", "/v4/lke/clusters", reference()).await.body;
    let path = format!("/v4/lke/clusters/{}/kubeconfig", made["id"]);
    user.wait(80).await;
    let first = user.get(&path).await;
    assert_eq!(user.ask("DELETE", &path, Value::Null).await.status, 200);
    assert_eq!(user.get(&path).await.status, 503);
    user.wait(30).await;
    let second = user.get(&path).await;
    assert_eq!(second.status, 200);
    assert_ne!(first.body, second.body);
}

#[tokio::test(start_paused = true)]
async fn hidden_gpu_prices_are_zero_and_others_are_not() {
    let mut user = with(json!({"gpu_prices_hidden": true})).await;
    let mut price = async |id: &str| {
        let kind = user.get(&format!("/v4/linode/types/{id}")).await.body;
        kind["price"].to_string()
    };
    let prices = format!(
        "{} {}",
        price("g2-gpu-rtx4000a1-s").await,
        price("g6-standard-2").await
    );
    expect![[r#"{"hourly":0.0,"monthly":0.0} {"hourly":0.036,"monthly":24.0}"#]].assert_eq(&prices);
}

#[tokio::test(start_paused = true)]
async fn the_clock_is_read_turned_and_stepped() {
    let mut user = User::new(&cloud(1), "t");
    user.note("GET", "/_demo/clock", Value::Null).await;
    user.ask("POST", "/_demo/clock", json!({"speed": 10, "paused": true}))
        .await;
    user.note("POST", "/_demo/clock", json!({"step_ms": 90_000}))
        .await;
    user.note("POST", "/_demo/clock", json!({"speed": 0})).await;
    user.note("POST", "/_demo/clock", json!({"sped": 1})).await;
    user.note("PUT", "/_demo/switches", json!({"magic": true}))
        .await;
    user.note("GET", "/_demo/nothing", Value::Null).await;
    expect![[r#"
        10:00:00 GET /_demo/clock: 200 {"now":"2026-11-23T10:00:00Z","speed":1.0,"paused":false}
        10:01:30 POST /_demo/clock: 200 {"now":"2026-11-23T10:01:30Z","speed":10.0,"paused":true}
        10:01:30 POST /_demo/clock: 400 {"errors":[{"reason":"speed must be greater than 0"}]}
        10:01:30 POST /_demo/clock: 400 {"errors":[{"reason":"unknown field `sped`, expected one of `speed`, `paused`, `step_ms`"}]}
        10:01:30 PUT /_demo/switches: 400 {"errors":[{"reason":"unknown field `magic`, expected one of `unique_labels`, `texts`, `delete_while_provisioning_sticks`, `delete_leaves_children`, `list_lag_seconds`, `billing`, `count_outside_autoscaler_refused`, `autoscaler_min_zero`, `cluster_without_pools`, `kubeconfig_rotation_seconds`, `kubeconfig_retry_after_seconds`, `labelled_node_names`, `webhook_path`, `kubernetes_over_ipv6`, `metrics_server`, `default_firewall_on_nodes`, `gpu_prices_hidden`, `broken_gpus_permille`, `gpus_hidden_from_pods`, `token_expires`, `rate_limits`, `latency_permille`, `reply_ms`"}]}
        10:01:30 GET /_demo/nothing: 404 {"errors":[{"reason":"Not found"}]}
    "#]].assert_eq(&user.transcript());
}

#[tokio::test(start_paused = true)]
async fn an_access_list_that_is_switched_off_forgets_its_addresses() {
    let mut user = User::new(&cloud(1), "t");
    let mut wanted = reference();
    wanted["control_plane"] = Value::Null;
    let made = user.ask("POST", "/v4/lke/clusters", wanted).await.body;
    let path = format!("/v4/lke/clusters/{}/control_plane_acl", made["id"]);
    user.note("GET", &path, Value::Null).await;
    let list = json!({"acl": {
        "enabled": true, "revision-id": "mine",
        "addresses": {"ipv4": ["10.0.0.2/32"], "ipv6": ["2001:db8::1"]},
    }});
    user.note("PUT", &path, list).await;
    user.wait(10).await;
    user.note("GET", &path, Value::Null).await;
    user.note("DELETE", &path, Value::Null).await;
    user.note("GET", &path, Value::Null).await;
    expect![[r#"
        10:00:00 GET /v4/lke/clusters/601157/control_plane_acl: 404 {"errors":[{"reason":"Not found"}]}
        10:00:00 PUT /v4/lke/clusters/601157/control_plane_acl: 200 {"acl":{"enabled":true,"revision-id":"mine","addresses":{"ipv4":["10.0.0.2/32"],"ipv6":["2001:db8::1/128"]}}}
        10:00:10 GET /v4/lke/clusters/601157/control_plane_acl: 200 {"acl":{"enabled":true,"revision-id":"mine","addresses":{"ipv4":["10.0.0.2/32"],"ipv6":["2001:db8::1/128"]}}}
        10:00:10 DELETE /v4/lke/clusters/601157/control_plane_acl: 200 {}
        10:00:10 GET /v4/lke/clusters/601157/control_plane_acl: 200 {"acl":{"enabled":false,"addresses":{"ipv4":[],"ipv6":[]}}}
    "#]].assert_eq(&user.transcript());
}

#[tokio::test(start_paused = true)]
async fn a_wrong_firewall_is_refused_with_its_field() {
    let mut user = User::new(&cloud(1), "t");
    let rule = |change: &dyn Fn(&mut Value)| {
        let mut rule = json!({
            "action": "ACCEPT", "protocol": "TCP", "ports": "10250,10256", "label": "kubelet",
            "addresses": {"ipv4": ["192.168.128.0/17"]},
        });
        change(&mut rule);
        json!({
            "label": "wall", "rules": {
                "inbound": [rule], "inbound_policy": "DROP", "outbound_policy": "ACCEPT",
            },
        })
    };
    let mut many = rule(&|_| ());
    let one = many["rules"]["inbound"][0].clone();
    many["rules"]["inbound"] = json!(vec![one; 26]);
    let mut label = rule(&|_| ());
    label["label"] = json!("two--hyphens");
    for wanted in [
        rule(&|rule| rule["protocol"] = json!("GRE")),
        rule(&|rule| rule["ports"] = json!("0-70000")),
        rule(&|rule| rule["protocol"] = json!("ICMP")),
        rule(&|rule| rule["addresses"]["ipv4"] = json!(["192.168.128.1"])),
        rule(&|rule| rule["addresses"] = json!({"ipv4": []})),
        rule(&|rule| rule["label"] = json!("ab")),
        many,
        label,
        rule(&|_| ()),
        rule(&|_| ()),
    ] {
        let said = user.ask("POST", "/v4/networking/firewalls", wanted).await;
        let text = said.text.get(..110).unwrap_or(&said.text);
        user.write(&format!("{} {text}", said.status));
    }
    expect![[r#"
        10:00:00 400 {"errors":[{"reason":"Must be one of: TCP, UDP, ICMP, IPENCAP","field":"rules.inbound[0].protocol"}]}
        10:00:00 400 {"errors":[{"reason":"Ports must be 1-65535","field":"rules.inbound[0].ports"}]}
        10:00:00 400 {"errors":[{"reason":"Ports are not allowed for protocol ICMP","field":"rules.inbound[0].ports"}]}
        10:00:00 400 {"errors":[{"reason":"Must be a valid address with a prefix length","field":"rules.inbound[0].addresses.ipv4"}
        10:00:00 400 {"errors":[{"reason":"Must contain at least one address","field":"rules.inbound[0].addresses.ipv4"}]}
        10:00:00 400 {"errors":[{"reason":"Length must be 3-32 characters","field":"rules.inbound[0].label"}]}
        10:00:00 400 {"errors":[{"reason":"Maximum number of rules is 25","field":"rules"}]}
        10:00:00 400 {"errors":[{"reason":"Label must begin with a letter, end with a letter or digit and hold only letters, digits
        10:00:00 200 {"id":9621808,"label":"wall","created":"2026-11-23T10:00:00","updated":"2026-11-23T10:00:00","status":"enabled
        10:00:00 400 {"errors":[{"reason":"Label must be unique","field":"label"}]}
    "#]].assert_eq(&user.transcript());
}

#[tokio::test(start_paused = true)]
async fn what_a_kubeconfig_is_waited_for_can_be_set() {
    let mut user = User::new(&cloud(1), "t");
    let made = user.ask("POST", "/v4/lke/clusters", reference()).await.body;
    let path = format!("/v4/lke/clusters/{}/kubeconfig", made["id"]);
    let mut waits = Vec::new();
    for seconds in [Value::Null, json!(1)] {
        let switches = json!({"kubeconfig_retry_after_seconds": seconds});
        user.ask("PUT", "/_demo/switches", switches).await;
        let said = user.get(&path).await;
        waits.push(
            said.headers["retry-after"]
                .to_str()
                .expect("text")
                .to_owned(),
        );
    }
    expect![[r#"["23", "1"]"#]].assert_eq(&format!("{waits:?}"));
}

#[tokio::test(start_paused = true)]
async fn a_cluster_may_come_with_a_metrics_server() {
    for installed in [false, true] {
        let mut user = with(json!({"latency_permille": 0, "metrics_server": installed})).await;
        let made = user.ask("POST", "/v4/lke/clusters", reference()).await.body;
        let path = "/apis/metrics.k8s.io";
        let found = user.kube(&made["id"], "GET", path, Value::Null).await;
        assert_eq!(found.status, if installed { 200 } else { 404 });
    }
}
