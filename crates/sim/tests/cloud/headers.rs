//! What stands beside a reply: scopes, account, version, and how many calls are left.

use expect_test::expect;
use serde_json::{Value, json};

use crate::support::{Said, User, cloud, made_token};

/// The headers that clients read.
const READ: &[&str] = &[
    "x-accepted-oauth-scopes",
    "x-oauth-scopes",
    "x-customer-uuid",
    "x-spec-version",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "retry-after",
];

fn line(said: &Said) -> String {
    let header = |name: &&str| {
        let text = said.headers.get(*name)?.to_str().expect("text");
        let text = if *name == "x-customer-uuid" {
            "…"
        } else {
            text
        };
        Some(format!("{} {text}", name.trim_start_matches("x-")))
    };
    let all: Vec<String> = READ.iter().filter_map(header).collect();
    format!("{}, {}", said.status, all.join(", "))
}

fn number(said: &Said, name: &str) -> u64 {
    let text = said.headers[name].to_str().expect("text");
    text.parse().expect("a number")
}

#[tokio::test(start_paused = true)]
async fn every_reply_says_who_asked_and_what_is_left() {
    let mut user = User::new(&cloud(1), "t");
    let narrow = made_token(&user, &json!({"scopes": "lke:read_only"}));
    let old = made_token(&user, &json!({"expires": "2026-11-23T10:00:00Z"}));
    let (mut narrow, mut old) = (User::new(&user.twin, &narrow), User::new(&user.twin, &old));
    let mut nobody = User::new(&user.twin, "");
    let said = [
        user.get("/v4/lke/clusters").await,
        user.get("/v4/lke/clusters/1").await,
        user.ask("POST", "/v4/lke/clusters", json!({})).await,
        user.ask("POST", "/v4/volumes", json!({})).await,
        user.get("/v4/profile/grants").await,
        user.get("/v4/nothing").await,
        narrow.ask("POST", "/v4/lke/clusters", json!({})).await,
        old.get("/v4/lke/clusters").await,
        nobody.get("/v4/lke/clusters").await,
        nobody.get("/v4/regions").await,
    ];
    for said in &said {
        user.write(&line(said));
    }
    expect![[r#"
        10:00:00 200, accepted-oauth-scopes lke:read_only, oauth-scopes *, customer-uuid …, spec-version 4.229.1, ratelimit-limit 200, ratelimit-remaining 199, ratelimit-reset 1795428060
        10:00:00 404, accepted-oauth-scopes lke:read_only, oauth-scopes *, customer-uuid …, spec-version 4.229.1, ratelimit-limit 1600, ratelimit-remaining 1599, ratelimit-reset 1795428060
        10:00:00 400, accepted-oauth-scopes lke:read_write, oauth-scopes *, customer-uuid …, spec-version 4.229.1, ratelimit-limit 1600, ratelimit-remaining 1598, ratelimit-reset 1795428060
        10:00:00 400, accepted-oauth-scopes volumes:read_write, oauth-scopes *, customer-uuid …, spec-version 4.229.1, ratelimit-limit 100, ratelimit-remaining 99, ratelimit-reset 1795428060
        10:00:00 204, accepted-oauth-scopes *, oauth-scopes *, customer-uuid …, spec-version 4.229.1, ratelimit-limit 1600, ratelimit-remaining 1597, ratelimit-reset 1795428060
        10:00:00 404, accepted-oauth-scopes *, oauth-scopes *, customer-uuid …, spec-version 4.229.1
        10:00:00 401, accepted-oauth-scopes lke:read_write, oauth-scopes lke:read_only, customer-uuid …, spec-version 4.229.1, ratelimit-limit 1600, ratelimit-remaining 1599, ratelimit-reset 1795428060
        10:00:00 401, accepted-oauth-scopes lke:read_only, spec-version 4.229.1
        10:00:00 401, accepted-oauth-scopes lke:read_only, spec-version 4.229.1, ratelimit-limit 200, ratelimit-remaining 199, ratelimit-reset 1795428060
        10:00:00 200, accepted-oauth-scopes *, spec-version 4.229.1, ratelimit-limit 200, ratelimit-remaining 199, ratelimit-reset 1795428060
    "#]].assert_eq(&user.transcript());
}

#[tokio::test(start_paused = true)]
async fn each_bucket_ends_where_the_documents_say() {
    let mut user = User::new(&cloud(1), "t");
    user.wait(20).await;
    let buckets = [
        ("GET", "/v4/lke/clusters", 200),
        ("GET", "/v4/volumes", 200),
        ("GET", "/v4/account", 1600),
        ("POST", "/v4/volumes", 100),
    ];
    for (method, path, calls) in buckets {
        for left in (0..calls).rev() {
            let said = user.ask(method, path, Value::Null).await;
            assert_ne!(said.status, 429, "{method} {path} with {left} left");
            assert_eq!(number(&said, "x-ratelimit-remaining"), left);
            assert_eq!(number(&said, "x-ratelimit-limit"), calls);
        }
        let over = user.ask(method, path, Value::Null).await;
        assert_eq!(over.status, 429, "{method} {path}");
        let now = u64::try_from(user.twin.clock().now().as_second()).expect("after 1970");
        let wait = number(&over, "retry-after");
        assert_eq!(now + wait, number(&over, "x-ratelimit-reset"));
        assert_eq!(wait, 40, "until the minute is over");
    }
    let mut other = User::new(&user.twin, "another token");
    assert_eq!(other.get("/v4/lke/clusters").await.status, 200);
    user.wait(40).await;
    for (method, path, calls) in buckets {
        let said = user.ask(method, path, Value::Null).await;
        assert_eq!(number(&said, "x-ratelimit-remaining"), calls - 1);
    }
}
