//! Faults do what they say and are counted.

use crate::support::{User, cloud, reference};
use expect_test::expect;
use serde_json::{Value, json};

async fn with(rule: Value) -> User {
    let mut user = User::new(&cloud(1), "t");
    let said = user
        .ask("PUT", "/_demo/faults", json!({"seed": 1, "rules": [rule]}))
        .await;
    assert_eq!(said.status, 200, "{}", said.text);
    user
}

async fn clusters(user: &mut User) -> Value {
    user.get("/v4/lke/clusters").await.body["results"].clone()
}

async fn fired(user: &mut User) -> Value {
    user.get("/_demo/faults").await.body["fired"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_post_fails_in_many_ways_with_or_without_effect() {
    let mut lines = Vec::new();
    for (kind, effect) in [
        ("reset", Value::Null),
        ("reset", json!("after")),
        ("reset_after", Value::Null),
        ("truncated", Value::Null),
        ("busy", Value::Null),
        ("unauthorized", Value::Null),
        ("timeout", Value::Null),
        ("timeout_after", Value::Null),
        ("rate_limited", json!({"seconds": 7})),
        ("internal", Value::Null),
        ("internal", json!({"applied": true})),
        ("unavailable", Value::Null),
        ("maintenance", Value::Null),
        ("captive_portal", Value::Null),
    ] {
        let rule = json!({
            "kind": kind, "method": "POST", "path": "/v4/lke/clusters", "effect": effect,
            "at_call": 1,
        });
        let mut user = with(rule).await;
        let said = user.ask("POST", "/v4/lke/clusters", reference()).await;
        let made = clusters(&mut user).await;
        let text = said.text.get(..60).unwrap_or(&said.text);
        let extra: Vec<String> = ["retry-after", "x-maintenance-mode"]
            .into_iter()
            .filter_map(|name| Some(format!("{name} {}", said.headers.get(name)?.to_str().ok()?)))
            .collect();
        let fired = fired(&mut user).await;
        let (status, extra) = (said.status, extra.join(" "));
        lines.push(format!("{fired} {status} {text} {extra} made {made}"));
        let second = user.ask("POST", "/v4/lke/clusters", {
            let mut wanted = reference();
            wanted["label"] = json!("second");
            wanted
        });
        assert_eq!(second.await.status, 200, "only the first call fails");
    }
    expect![[r#"
        {"reset":1} 0 connection ended  made 0
        {"reset":1} 0 connection ended  made 1
        {"reset_after":1} 0 connection ended  made 1
        {"truncated":1} 0 connection ended within the reply  made 1
        {"busy":1} 400 {"errors":[{"reason":"Linode busy."}]}  made 0
        {"unauthorized":1} 401 {"errors":[{"reason":"Invalid Token"}]}  made 0
        {"timeout":1} 408 {"errors":[{"reason":"Request timed out."}]}  made 0
        {"timeout_after":1} 408 {"errors":[{"reason":"Request timed out."}]}  made 1
        {"rate_limited":1} 429 {"errors":[{"reason":"Too many requests"}]} retry-after 7 made 0
        {"internal":1} 500 {"errors":[{"reason":"Internal Server Error"}]}  made 0
        {"internal":1} 500 {"errors":[{"reason":"Internal Server Error"}]}  made 1
        {"unavailable":1} 503 {"errors":[{"reason":"Service unavailable."}]}  made 0
        {"maintenance":1} 503 {"errors":[{"reason":"Currently in maintenance mode."}]} x-maintenance-mode active made 0
        {"captive_portal":1} 200 <!doctype html><title>Welcome</title><p>Please sign in to th  made 0
    "#]].assert_eq(&(lines.join("\n") + "\n"));
}

#[tokio::test(start_paused = true)]
async fn a_late_commit_takes_effect_when_nobody_looks() {
    let mut user = with(json!({
        "kind": "late_commit", "method": "POST", "effect": {"seconds": 40}, "at_call": 1,
    }))
    .await;
    assert_eq!(
        user.ask("POST", "/v4/lke/clusters", reference())
            .await
            .status,
        0
    );
    assert_eq!(clusters(&mut user).await, json!(0));
    user.wait(39).await;
    assert_eq!(clusters(&mut user).await, json!(0));
    user.wait(1).await;
    assert_eq!(clusters(&mut user).await, json!(1));
    assert_eq!(fired(&mut user).await, json!({"late_commit": 1}));
}

#[tokio::test(start_paused = true)]
async fn a_list_lags_or_ignores_its_filter() {
    let mut user =
        with(json!({"kind": "list_lag", "path": "/lke/**", "effect": {"seconds": 30}})).await;
    user.ask("POST", "/v4/lke/clusters", reference()).await;
    assert_eq!(clusters(&mut user).await, json!(0));
    user.wait(30).await;
    assert_eq!(clusters(&mut user).await, json!(1));

    let mut user = with(json!({"kind": "filter_ignored", "path": "/lke/clusters"})).await;
    user.ask("POST", "/v4/lke/clusters", reference()).await;
    let said = user
        .filter(r#"{"tags":"none"}"#)
        .get("/v4/lke/clusters")
        .await;
    assert_eq!(said.body["results"], json!(1));
}

#[tokio::test(start_paused = true)]
async fn with_short_capacity_some_nodes_never_come() {
    let mut user = with(json!({
        "kind": "capacity_short", "method": "POST", "path": "/lke/clusters", "effect": {"have": 1},
    }))
    .await;
    let made = user.ask("POST", "/v4/lke/clusters", reference()).await.body;
    user.wait(600).await;
    let pools = user
        .get(&format!("/v4/lke/clusters/{}/pools", made["id"]))
        .await
        .body;
    let node = |pool: usize| pools["data"][pool]["nodes"][0].clone();
    assert_eq!(node(0)["status"], json!("ready"));
    assert_eq!(
        (&node(1)["status"], &node(1)["instance_id"]),
        (&json!("not_ready"), &Value::Null)
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_reply_takes_demo_time() {
    let mut user = with(json!({"kind": "slow", "effect": {"seconds": 25}})).await;
    let before = user.twin.clock().now();
    assert_eq!(user.get("/v4/regions").await.status, 200);
    let took = user.twin.clock().now().duration_since(before).as_secs();
    assert_eq!(took, 25);
}

#[tokio::test(start_paused = true)]
async fn a_rate_fires_about_as_often_as_it_says_and_alike_for_a_seed() {
    async fn run() -> Value {
        let mut user = with(json!({"kind": "internal", "rate_ppm": 100_000})).await;
        for _ in 0..1000 {
            user.get("/v4/linode/types/g6-standard-2").await;
        }
        fired(&mut user).await["internal"].clone()
    }
    let first = run().await;
    assert!(
        (60..140).contains(&first.as_u64().expect("a count")),
        "{first}"
    );
    assert_eq!(first, run().await);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_kind_is_refused_with_the_known_ones() {
    let mut user = User::new(&cloud(1), "t");
    let said = user
        .ask(
            "PUT",
            "/_demo/faults",
            json!({"rules": [{"kind": "gremlin"}]}),
        )
        .await;
    assert_eq!(said.status, 400);
    assert!(said.text.contains("late_commit"), "{}", said.text);
}

#[tokio::test(start_paused = true)]
async fn calls_are_counted_by_method_and_path() {
    let mut user = User::new(&cloud(1), "t");
    let made = user.ask("POST", "/v4/lke/clusters", reference()).await.body;
    for _ in 0..3 {
        user.get(&format!("/v4/lke/clusters/{}", made["id"])).await;
    }
    user.get("/v4beta/nothing").await;
    let calls = user.get("/_demo/calls").await;
    expect![[
        r#"{"GET /v4/lke/clusters/{id}":3,"GET /v4beta(unknown)":1,"POST /v4/lke/clusters":1}"#
    ]]
    .assert_eq(&calls.text);
}
