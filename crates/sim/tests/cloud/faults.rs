//! Faults do what they say and are counted.

use crate::support::{User, cloud, kube_token, post_kube, reference};
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
        ("nginx_page", Value::Null),
    ] {
        let rule = json!({
            "kind": kind, "method": "POST", "path": "/v4/lke/clusters", "effect": effect,
            "at_call": 1,
        });
        let mut user = with(rule).await;
        let said = user.ask("POST", "/v4/lke/clusters", reference()).await;
        let made = clusters(&mut user).await;
        let text = said.text.get(..60).unwrap_or(&said.text);
        let extra: Vec<String> = ["retry-after", "x-maintenance-mode", "server"]
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
        {"nginx_page":1} 400 <html><head><title>400 Bad Request</title></head><body>nginx server nginx made 0
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

/// What a lasting rule does from its second call on, to reads and writes, and after its removal.
async fn lasting(kind: &str, effect: Value) -> String {
    let rule = json!({"kind": kind, "path": "/volumes", "from_call": 2, "effect": effect});
    let mut user = with(rule).await;
    for nth in 1..=3 {
        user.get("/v4/volumes").await;
        let wanted = json!({"label": format!("volume-{nth}"), "region": "us-ord"});
        let said = user.ask("POST", "/v4/volumes", wanted).await;
        let error = &said.body["errors"][0]["reason"];
        let scopes = said.headers.get("x-oauth-scopes");
        let scopes = scopes.map_or("-", |scopes| scopes.to_str().expect("text"));
        user.write(&format!("{} {error} {scopes}", said.status));
    }
    let fired = fired(&mut user).await;
    user.ask("PUT", "/_demo/faults", json!({"rules": []})).await;
    let left = user.get("/v4/volumes").await.body["results"].clone();
    let ledger = user.get("/_demo/ledger").await.body;
    let accounts: Vec<String> = ledger["alive"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["account"].as_str().expect("an account").to_owned())
        .collect();
    format!(
        "{}{fired} own {left}, made for {accounts:?}\n",
        user.transcript()
    )
}

#[tokio::test(start_paused = true)]
async fn who_asks_may_be_another_one_from_some_call_on() {
    let mut lines = lasting("other_account", Value::Null).await;
    lines += &lasting("restricted_user", Value::Null).await;
    lines += &lasting("missing_scope", json!({"scope": "volumes:read_write"})).await;
    lines += &lasting("missing_scope", json!({"scope": "events"})).await;
    lines += &lasting("unauthorized", Value::Null).await;
    expect![[r#"
        10:00:00 200 null *
        10:00:00 200 null *
        10:00:00 200 null *
        {"other_account":5} own 0, made for ["not-default", "not-default", "not-default"]
        10:00:00 403 "Unauthorized" *
        10:00:00 403 "Unauthorized" *
        10:00:00 403 "Unauthorized" *
        {"restricted_user":5} own 0, made for []
        10:00:00 401 "Your OAuth token is not authorized to use this endpoint." account:read_write databases:read_write domains:read_write events:read_write firewall:read_write images:read_write ips:read_write linodes:read_write lke:read_write longview:read_write nodebalancers:read_write object_storage:read_write stackscripts:read_write vpc:read_write
        10:00:00 401 "Your OAuth token is not authorized to use this endpoint." account:read_write databases:read_write domains:read_write events:read_write firewall:read_write images:read_write ips:read_write linodes:read_write lke:read_write longview:read_write nodebalancers:read_write object_storage:read_write stackscripts:read_write vpc:read_write
        10:00:00 401 "Your OAuth token is not authorized to use this endpoint." account:read_write databases:read_write domains:read_write events:read_write firewall:read_write images:read_write ips:read_write linodes:read_write lke:read_write longview:read_write nodebalancers:read_write object_storage:read_write stackscripts:read_write vpc:read_write
        {"missing_scope":5} own 0, made for []
        10:00:00 200 null account:read_write databases:read_write domains:read_write firewall:read_write images:read_write ips:read_write linodes:read_write lke:read_write longview:read_write nodebalancers:read_write object_storage:read_write stackscripts:read_write volumes:read_write vpc:read_write
        10:00:00 200 null account:read_write databases:read_write domains:read_write firewall:read_write images:read_write ips:read_write linodes:read_write lke:read_write longview:read_write nodebalancers:read_write object_storage:read_write stackscripts:read_write volumes:read_write vpc:read_write
        10:00:00 200 null account:read_write databases:read_write domains:read_write firewall:read_write images:read_write ips:read_write linodes:read_write lke:read_write longview:read_write nodebalancers:read_write object_storage:read_write stackscripts:read_write volumes:read_write vpc:read_write
        {"missing_scope":5} own 3, made for ["default", "default", "default"]
        10:00:00 401 "Invalid Token" -
        10:00:00 401 "Invalid Token" -
        10:00:00 401 "Invalid Token" -
        {"unauthorized":5} own 0, made for []
    "#]].assert_eq(&lines);
    let unknown = json!({"rules": [{"kind": "missing_scope", "effect": {"scope": "moon"}}]});
    let mut user = User::new(&cloud(1), "t");
    let said = user.ask("PUT", "/_demo/faults", unknown).await;
    assert_eq!(said.status, 400, "{}", said.text);
}

#[tokio::test(start_paused = true)]
async fn of_a_passing_mix_up_no_write_lands_in_another_account() {
    let mut user = with(json!({"kind": "other_account", "rate_ppm": 1_000_000})).await;
    user.ask("POST", "/v4/lke/clusters", reference()).await;
    assert_eq!(clusters(&mut user).await, json!(0));
    assert_eq!(fired(&mut user).await, json!({"other_account": 1}));
    user.ask("PUT", "/_demo/faults", json!({"rules": []})).await;
    assert_eq!(clusters(&mut user).await, json!(1));
}

#[tokio::test(start_paused = true)]
async fn no_older_kubeconfig_is_trusted_after_a_rotation() {
    let rule = json!({"kind": "certificate_rotated", "path": "/kubernetes/**", "at_call": 2});
    let mut user = with(rule).await;
    let made = user.ask("POST", "/v4/lke/clusters", reference()).await.body;
    let id = made["id"].as_u64().expect("an id");
    user.wait(200).await;
    let old = kube_token(&mut user, id).await;
    let path = "/api/v1/namespaces";
    let space = |name: &str| json!({"metadata": {"name": name}});
    let mut said = Vec::new();
    for name in ["one", "two", "three"] {
        said.push(post_kube(&user, id, path, &old, &space(name)).await);
    }
    let new = kube_token(&mut user, id).await;
    said.push(post_kube(&user, id, path, &new, &space("four")).await);
    assert_eq!(said, [201, 0, 0, 201]);
}

#[tokio::test(start_paused = true)]
async fn a_huge_list_is_more_than_eight_megabytes_or_as_long_as_wanted() {
    for (effect, bytes) in [(Value::Null, 8 << 20), (json!({"have": 3}), 5_000)] {
        let mut user = with(json!({"kind": "huge_list", "effect": effect})).await;
        let made = user.ask("POST", "/v4/lke/clusters", reference()).await.body;
        user.wait(200).await;
        let path = "/api/v1/persistentvolumes";
        let said = user.kube(&made["id"], "GET", path, Value::Null).await;
        let long = said.text.len();
        assert!((bytes..2 * bytes).contains(&long), "{long} bytes");
    }
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
