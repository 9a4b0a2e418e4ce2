//! What nobody could find out about the real API, each in both positions of its switch.

use std::fmt::Write as _;

use expect_test::expect;
use serde_json::{Value, json};

use crate::support::{User, cloud, reference};

/// A user of a cloud with these switches.
async fn with(switches: Value) -> User {
    let mut user = User::new(&cloud(1), "t");
    let said = user.ask("PUT", "/_demo/switches", switches).await;
    assert_eq!(said.status, 200, "{}", said.text);
    user
}

fn small(change: &dyn Fn(&mut Value)) -> Value {
    let mut wanted = json!({
        "label": "small", "region": "us-ord", "k8s_version": "1.34",
        "node_pools": [{"type": "g6-standard-1", "count": 1}],
    });
    change(&mut wanted);
    wanted
}

fn errors(said: &Value) -> String {
    let rows = said["errors"].as_array().cloned().unwrap_or_default();
    let row = |row: &Value| format!("{}: {}", row["field"], row["reason"]).replace('"', "");
    rows.iter().map(row).collect::<Vec<_>>().join(" | ")
}

#[tokio::test(start_paused = true)]
async fn the_unrecorded_texts_have_two_spellings() {
    let mut lines = String::new();
    for texts in ["ours", "other"] {
        let mut user = with(json!({"texts": texts})).await;
        user.ask("POST", "/v4/lke/clusters", small(&|_| ())).await;
        let rules = json!({
            "inbound": [], "inbound_policy": "DROP", "outbound": [], "outbound_policy": "ACCEPT",
        });
        let wall = json!({"label": "small", "rules": rules});
        user.ask("POST", "/v4/networking/firewalls", wall.clone())
            .await;
        for (path, wanted) in [
            ("/v4/lke/clusters", small(&|_| ())),
            ("/v4/networking/firewalls", wall),
            (
                "/v4/lke/clusters",
                small(&|all| {
                    all["label"] = json!("other");
                    all["k8s_version"] = json!("1.29");
                    all["region"] = json!("atlantis");
                }),
            ),
        ] {
            let said = user.ask("POST", path, wanted).await;
            assert_eq!(said.status, 400, "{}", said.text);
            writeln!(lines, "{texts}: {}", errors(&said.body)).expect("writing to memory");
        }
    }
    expect![[r#"
        ours: label: Label must be unique
        ours: label: Label must be unique
        ours: region: region is not valid | k8s_version: k8s_version is not valid
        other: label: An object with this label already exists
        other: label: An object with this label already exists
        other: region: Invalid region | k8s_version: Kubernetes version not supported
    "#]]
    .assert_eq(&lines);
}

#[tokio::test(start_paused = true)]
async fn labels_are_unique_or_not() {
    for (unique, second) in [(true, 400), (false, 200)] {
        let mut user = with(json!({"unique_labels": unique})).await;
        for status in [200, second] {
            let said = user.ask("POST", "/v4/lke/clusters", small(&|_| ())).await;
            assert_eq!(said.status, status, "{unique}");
        }
        let third = small(&|all| all["label"] = json!("third"));
        let third = user.ask("POST", "/v4/lke/clusters", third).await.body;
        let path = format!("/v4/lke/clusters/{}", third["id"]);
        let renamed = user.ask("PUT", &path, json!({"label": "small"})).await;
        assert_eq!(renamed.status, second, "{unique}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_count_outside_of_the_autoscaler_is_accepted_or_not() {
    let outside = json!({"enabled": true, "min": 2, "max": 3});
    for (refused, status) in [(false, 200), (true, 400)] {
        let mut user = with(json!({"count_outside_autoscaler_refused": refused})).await;
        let wanted = small(&|all| all["node_pools"][0]["autoscaler"] = outside.clone());
        let said = user.ask("POST", "/v4/lke/clusters", wanted).await;
        assert_eq!(said.status, status, "{}", said.text);
        let made = user.ask("POST", "/v4/lke/clusters", reference()).await;
        let path = format!("/v4/lke/clusters/{}/pools", made.body["id"]);
        let pool = user.get(&path).await.body["data"][0]["id"].clone();
        let path = format!("{path}/{pool}");
        let said = user.ask("PUT", &path, json!({"autoscaler": outside})).await;
        assert_eq!(said.status, status, "{}", said.text);
        if status == 200 {
            assert_eq!(
                said.body["count"], 1,
                "it is not scaled to meet the minimum"
            );
        }
        // A switched-off autoscaler minds nothing.
        let off = json!({"autoscaler": {"enabled": false, "min": 2, "max": 3}});
        assert_eq!(user.ask("PUT", &path, off).await.status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn a_minimum_of_zero_is_accepted_or_not() {
    let zero = json!({"enabled": true, "min": 0, "max": 3});
    for (accepted, status) in [(false, 400), (true, 200)] {
        let mut user = with(json!({"autoscaler_min_zero": accepted})).await;
        let wanted = small(&|all| all["node_pools"][0]["autoscaler"] = zero.clone());
        let said = user.ask("POST", "/v4/lke/clusters", wanted).await;
        assert_eq!(said.status, status, "{}", said.text);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_has_a_pool_or_not() {
    for (accepted, status) in [(false, 400), (true, 200)] {
        let mut user = with(json!({"cluster_without_pools": accepted})).await;
        let wanted = small(&|all| all["node_pools"] = json!([]));
        let said = user.ask("POST", "/v4/lke/clusters", wanted).await;
        assert_eq!(said.status, status, "{}", said.text);
        let other = small(&|all| all["label"] = json!("other"));
        let made = user.ask("POST", "/v4/lke/clusters", other).await.body;
        let path = format!("/v4/lke/clusters/{}/pools", made["id"]);
        let pool = user.get(&path).await.body["data"][0]["id"].clone();
        let said = user
            .ask("DELETE", &format!("{path}/{pool}"), Value::Null)
            .await;
        assert_eq!(said.status, status, "the last pool: {}", said.text);
    }
}

#[tokio::test(start_paused = true)]
async fn a_fresh_kubeconfig_takes_a_while_or_not() {
    for seconds in [0, 45] {
        let switches = json!({"kubeconfig_rotation_seconds": seconds, "latency_permille": 0});
        let mut user = with(switches).await;
        let made = user.ask("POST", "/v4/lke/clusters", reference()).await.body;
        let path = format!("/v4/lke/clusters/{}/kubeconfig", made["id"]);
        let before = user.get(&path).await.body;
        user.ask("DELETE", &path, Value::Null).await;
        if seconds > 0 {
            user.wait(seconds - 1).await;
            assert_eq!(user.get(&path).await.status, 503);
            user.wait(1).await;
        }
        let after = user.get(&path).await;
        assert_eq!(after.status, 200, "after {seconds} s");
        assert_ne!(after.body, before);
    }
}

#[tokio::test(start_paused = true)]
async fn a_default_firewall_guards_new_nodes_or_not() {
    for (guards, firewalls) in [(false, 0), (true, 1)] {
        let mut user = with(json!({"default_firewall_on_nodes": guards})).await;
        user.ask("POST", "/v4/lke/clusters", reference()).await;
        user.wait(10).await;
        let linode = user.get("/v4/linode/instances").await.body["data"][0]["id"].clone();
        let path = format!("/v4/linode/instances/{linode}/firewalls");
        assert_eq!(user.get(&path).await.body["results"], firewalls);
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_lags_or_not() {
    for seconds in [0, 30] {
        let mut user = with(json!({"list_lag_seconds": seconds})).await;
        let made = user.ask("POST", "/v4/lke/clusters", small(&|_| ())).await;
        let path = format!("/v4/lke/clusters/{}", made.body["id"]);
        assert_eq!(user.get(&path).await.status, 200, "by its id at once");
        let wall = json!({"label": "wall", "rules": {
            "inbound": [], "inbound_policy": "DROP", "outbound": [], "outbound_policy": "ACCEPT",
        }});
        user.ask("POST", "/v4/networking/firewalls", wall).await;
        for list in ["volumes", "nodebalancers"] {
            let wanted = json!({"label": "one", "region": "us-ord"});
            user.ask("POST", &format!("/v4/{list}"), wanted).await;
        }
        let lists = [
            "/v4/lke/clusters".to_owned(),
            format!("{path}/pools"),
            "/v4/networking/firewalls".to_owned(),
            "/v4/volumes".to_owned(),
            "/v4/nodebalancers".to_owned(),
            "/v4/account/events?page_size=500".to_owned(),
        ];
        for list in &lists {
            let rows = user.get(list).await.body["results"].as_u64();
            assert_eq!(rows > Some(0), seconds == 0, "{list} at once");
        }
        user.wait(seconds).await;
        for list in &lists {
            let rows = user.get(list).await.body["results"].as_u64();
            assert!(rows > Some(0), "{list} after {seconds} s");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_delete_while_provisioning_works_or_sticks() {
    for (sticks, status) in [(false, 404), (true, 200)] {
        let mut user = with(json!({"delete_while_provisioning_sticks": sticks})).await;
        let made = user.ask("POST", "/v4/lke/clusters", small(&|_| ())).await;
        let path = format!("/v4/lke/clusters/{}", made.body["id"]);
        let said = user.ask("DELETE", &path, Value::Null).await;
        assert_eq!((said.status, said.text.as_str()), (200, "{}"));
        user.wait(10).await;
        assert_eq!(user.get(&path).await.status, status, "{sticks}");
        user.wait(90).await;
        // Once it is there, the same delete works.
        user.ask("DELETE", &path, Value::Null).await;
        user.wait(10).await;
        assert_eq!(user.get(&path).await.status, 404);
    }
}

#[tokio::test(start_paused = true)]
async fn nodes_are_named_after_the_label_of_their_pool_or_not() {
    let mut lines = String::new();
    for labelled in [false, true] {
        let mut user = with(json!({"labelled_node_names": labelled})).await;
        let wanted = small(&|all| all["node_pools"][0]["label"] = json!("workers"));
        let made = user.ask("POST", "/v4/lke/clusters", wanted).await.body;
        user.wait(200).await;
        let linode = user.get("/v4/linode/instances").await.body["data"][0]["label"].clone();
        let nodes = user
            .kube(&made["id"], "GET", "/api/v1/nodes", Value::Null)
            .await;
        let node = nodes.body["items"][0]["metadata"]["name"].clone();
        assert_eq!(linode, node);
        let pools = format!("/v4/lke/clusters/{}/pools", made["id"]);
        let id = user.get(&pools).await.body["data"][0]["nodes"][0]["id"].clone();
        let path = format!(
            "/v4/lke/clusters/{}/nodes/{}",
            made["id"],
            id.as_str().expect("an id")
        );
        user.ask("DELETE", &path, Value::Null).await;
        let nodes = user
            .kube(&made["id"], "GET", "/api/v1/nodes", Value::Null)
            .await;
        writeln!(
            lines,
            "{labelled}: {id} {node}, then {}",
            nodes.body["items"]
        )
        .expect("memory");
    }
    expect![[r#"
        false: "863318-1bd580720000" "lke601157-863318-1bd580720000", then []
        true: "863318-1bd580720000" "601157-workers-1bd58072", then []
    "#]]
    .assert_eq(&lines);
}
