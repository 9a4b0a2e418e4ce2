//! The autoscaler's Linode side: a count that moves by itself, within the bounds.

use crate::support::{User, cloud, reference};
use expect_test::expect;
use serde_json::{Value, json};

/// A running cluster; the path of its GPU pool, and the pool's id.
async fn running() -> (User, String, u64) {
    let mut user = User::new(&cloud(6), "t");
    let made = user.ask("POST", "/v4/lke/clusters", reference()).await.body;
    user.wait(200).await;
    let pools = format!("/v4/lke/clusters/{}/pools", made["id"]);
    let all = user.get(&pools).await.body;
    let pool = all["data"][1]["id"].as_u64().expect("an id");
    (user, format!("{pools}/{pool}"), pool)
}

async fn bounds(user: &mut User, path: &str, enabled: bool, min: u32, max: u32) {
    let wanted = json!({"autoscaler": {"enabled": enabled, "min": min, "max": max}});
    let said = user.ask("PUT", path, wanted).await;
    assert_eq!(said.status, 200, "{}", said.text);
}

async fn need(user: &mut User, pool: u64, nodes: u32) {
    let wanted = json!({"pool": pool, "nodes": nodes});
    let said = user.ask("POST", "/_demo/autoscale", wanted).await;
    assert_eq!(said.status, 200, "{}", said.text);
}

/// Count, and nodes that are ready, after so many seconds.
async fn after(user: &mut User, path: &str, seconds: u64) -> String {
    user.wait(seconds).await;
    let pool = user.get(path).await.body;
    let nodes = pool["nodes"].as_array().expect("nodes");
    let ready = nodes
        .iter()
        .filter(|node| node["status"] == "ready")
        .count();
    format!("count {}, {ready} of {} ready", pool["count"], nodes.len())
}

#[tokio::test(start_paused = true)]
async fn the_count_follows_the_need_within_the_bounds() {
    let (mut user, path, pool) = running().await;
    bounds(&mut user, &path, true, 1, 4).await;
    need(&mut user, pool, 7).await;
    let mut lines = vec![after(&mut user, &path, 5).await];
    lines.push(after(&mut user, &path, 40).await);
    lines.push(after(&mut user, &path, 200).await);
    need(&mut user, pool, 0).await;
    lines.push(after(&mut user, &path, 500).await);
    lines.push(after(&mut user, &path, 200).await);
    lines.push(after(&mut user, &path, 3000).await);
    expect![[r#"
        count 1, 1 of 1 ready
        count 4, 1 of 4 ready
        count 4, 4 of 4 ready
        count 4, 4 of 4 ready
        count 3, 3 of 3 ready
        count 1, 1 of 1 ready
    "#]]
    .assert_eq(&(lines.join("\n") + "\n"));
}

#[tokio::test(start_paused = true)]
async fn it_lifts_no_pool_to_its_least_and_lowers_none_to_its_most() {
    let (mut user, path, pool) = running().await;
    bounds(&mut user, &path, true, 3, 5).await;
    assert_eq!(after(&mut user, &path, 3600).await, "count 1, 1 of 1 ready");
    need(&mut user, pool, 1).await;
    assert_eq!(after(&mut user, &path, 3600).await, "count 1, 1 of 1 ready");
    user.ask("PUT", &path, json!({"count": 4})).await;
    bounds(&mut user, &path, true, 1, 2).await;
    need(&mut user, pool, 9).await;
    assert_eq!(after(&mut user, &path, 3600).await, "count 4, 4 of 4 ready");
}

#[tokio::test(start_paused = true)]
async fn an_autoscaler_that_is_off_moves_nothing_and_one_that_comes_on_looks_at_once() {
    let (mut user, path, pool) = running().await;
    need(&mut user, pool, 3).await;
    assert_eq!(after(&mut user, &path, 3600).await, "count 1, 1 of 1 ready");
    bounds(&mut user, &path, true, 1, 5).await;
    assert_eq!(after(&mut user, &path, 300).await, "count 3, 3 of 3 ready");
    let said = user
        .ask("POST", "/_demo/autoscale", json!({"pool": 1, "nodes": 1}))
        .await;
    assert_eq!(said.status, 404);
}

#[tokio::test(start_paused = true)]
async fn an_account_s_limit_stops_it_with_the_event_of_a_failed_node() {
    let (mut user, path, pool) = running().await;
    let (status, _) = user
        .twin
        .demo("PUT", "/_demo/limits", &json!({"default": {"linodes": 2}}));
    assert_eq!(status, 200);
    bounds(&mut user, &path, true, 1, 5).await;
    need(&mut user, pool, 3).await;
    assert_eq!(after(&mut user, &path, 600).await, "count 1, 1 of 1 ready");
    let filter = r#"{"action": "lke_node_create"}"#;
    let events = user.filter(filter).get("/v4/account/events").await.body;
    assert_ne!(events["results"], Value::from(0), "{events}");
}

#[tokio::test(start_paused = true)]
async fn every_node_that_goes_has_its_event_and_says_by_whom() {
    let (mut user, path, pool) = running().await;
    user.ask("PUT", &path, json!({"count": 4})).await;
    user.wait(200).await;
    user.ask("PUT", &path, json!({"count": 2})).await;
    bounds(&mut user, &path, true, 1, 4).await;
    need(&mut user, pool, 1).await;
    user.wait(700).await;
    let mut lines = Vec::new();
    for action in ["lke_node_delete", "linode_delete"] {
        let filter = json!({"action": action, "+order_by": "id", "+order": "asc"}).to_string();
        let events = user.filter(&filter).get("/v4/account/events").await.body;
        for row in events["data"].as_array().expect("rows") {
            let (by, status) = (&row["username"], &row["status"]);
            let kind = &row["entity"]["type"];
            lines.push(format!("{action} {kind} by {by} {status}"));
        }
    }
    expect![[r#"
        lke_node_delete "lkecluster" by "demo-1f13bd" "notification"
        lke_node_delete "lkecluster" by "demo-1f13bd" "notification"
        lke_node_delete "lkecluster" by "Linode" "notification"
        linode_delete "linode" by "Linode" "finished"
        linode_delete "linode" by "Linode" "finished"
        linode_delete "linode" by "Linode" "finished"
    "#]]
    .assert_eq(&(lines.join("\n") + "\n"));
}
