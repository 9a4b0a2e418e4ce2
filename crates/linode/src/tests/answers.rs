//! What an answer other than the wanted one means.

use super::scripted::{Stage, body, line, told};
use crate::Origin;
use domain::{AccountId, ClusterId};
use engine::ports::Cloud as _;
use expect_test::{Expect, expect};
use std::time::Duration;

async fn check(reply: &str, means: Expect) {
    let stage = Stage::new(&[reply]);
    let answer = stage.cloud.delete_cluster(ClusterId(7)).await;
    means.assert_eq(&told(&answer));
    assert_eq!(stage.sent.lock().unwrap().len(), 1, "a write is sent once");
}

#[tokio::test]
async fn statuses_and_words_become_kinds() {
    check("200 {}", expect![["()"]]).await;
    check("204 ", expect![["()"]]).await;
    check(
        r#"401 {"errors": [{"reason": "Invalid Token"}]}"#,
        expect![[r#"Unauthorized delete the cluster [401] said "Invalid Token" refusal"#]],
    )
    .await;
    check(
        r#"403 {"errors": [{"reason": "Unauthorized"}]}"#,
        expect![[r#"Unauthorized delete the cluster [403] said "Unauthorized" refusal"#]],
    )
    .await;
    check(
        r#"404 {"errors": [{"reason": "Not found"}]}"#,
        expect![[r#"NotFound delete the cluster [404] said "Not found" refusal"#]],
    )
    .await;
    check(
        r#"400 {"errors": [{"reason": "Linode busy."}]}"#,
        expect![[r#"Conflict delete the cluster [400] said "Linode busy." refusal"#]],
    )
    .await;
    check(
        r#"400 {"errors": [{"reason": "This cluster has a cannot_delete lock"}]}"#,
        expect![[r#"Conflict delete the cluster [400] said "This cluster has a cannot_delete lock" refusal"#]],
    )
    .await;
    check(
        r#"400 {"errors": [{"reason": "Block Storage is unknown here", "field": "region"}]}"#,
        expect![[r#"Invalid delete the cluster [400] said "region: Block Storage is unknown here" refusal"#]],
    )
    .await;
    check(
        r#"400 {"errors": [{"reason": "Account Limit reached. Please open a support ticket."}]}"#,
        expect![[r#"Quota delete the cluster [400] said "Account Limit reached. Please open a support ticket." refusal"#]],
    )
    .await;
    check(
        r#"400 {"errors": [{"reason": "There is no availability for the selected plan in the selected region"}]}"#,
        expect![[r#"NoCapacity delete the cluster [400] said "There is no availability for the selected plan in the selected region" refusal"#]],
    )
    .await;
    check(
        r#"400 {"errors": [{"field": "node_pools.count", "reason": "Must be 1-100"}, {"reason": "and more"}]}"#,
        expect![[r#"Invalid delete the cluster [400] said "node_pools.count: Must be 1-100; and more" refusal"#]],
    )
    .await;
    check(
        r#"429 Retry-After: 12 | {"errors": [{"reason": "Too many requests"}]}"#,
        expect![[
            r#"RateLimited delete the cluster [429] said "Too many requests" wait 12s refusal"#
        ]],
    )
    .await;
    check(
        "429 X-RateLimit-Reset: 1795428042 | <html>slow down</html>",
        expect!["RateLimited delete the cluster [429] wait 42s"],
    )
    .await;
    check(
        r#"503 Retry-After: 27 | {"errors": [{"reason": "Please try again later."}]}"#,
        expect![[
            r#"Unavailable delete the cluster [503] said "Please try again later." wait 27s"#
        ]],
    )
    .await;
    check(
        "503 X-Maintenance-Mode: 1 | down",
        expect!["Unavailable delete the cluster [503] maintenance"],
    )
    .await;
    check(
        "503 Retry-After: Mon, 23 Nov 2026 10:01:30 GMT | down",
        expect!["Unavailable delete the cluster [503] wait 90s"],
    )
    .await;
    check(
        "503 Retry-After: soon | down",
        expect!["Unavailable delete the cluster [503]"],
    )
    .await;
    check(
        "408 {\"errors\": [{\"reason\": \"Please try again\"}]}",
        expect![[r#"Unknown delete the cluster [408] said "Please try again""#]],
    )
    .await;
    check(
        "500 {\"errors\": [{\"reason\": \"Internal Server Error\"}]}",
        expect![[r#"Unknown delete the cluster [500] said "Internal Server Error""#]],
    )
    .await;
    check(
        "502 <html>bad gateway</html>",
        expect!["Unknown delete the cluster [502]"],
    )
    .await;
}

#[tokio::test]
async fn a_page_that_is_not_linodes_says_nothing_about_linode() {
    check(
        "200 <html>sign in to the hotel's network</html>",
        expect!["Unknown delete the cluster [200] (expected value at line 1 column 1)"],
    )
    .await;
    check(
        "404 <html>no such page</html>",
        expect!["Unknown delete the cluster [404]"],
    )
    .await;
    check(
        "400 <html>nginx</html>",
        expect!["Unknown delete the cluster [400]"],
    )
    .await;
    check(
        "302 Location: https://hotel.example | moved",
        expect!["Unknown delete the cluster [302]"],
    )
    .await;
}

#[tokio::test]
async fn a_write_whose_connection_failed_is_unknown_unless_it_was_never_sent() {
    check(
        "!refused",
        expect!["Unavailable delete the cluster never sent refusal (connection refused)"],
    )
    .await;
    check(
        "!reset",
        expect!["Unknown delete the cluster (connection reset)"],
    )
    .await;
    check(
        "!timeout",
        expect!["Unknown delete the cluster (timed out)"],
    )
    .await;
}

#[tokio::test]
async fn a_read_is_repeated_once_when_the_connection_dropped() {
    let gone = r#"404 {"errors": [{"reason": "Not found"}]}"#;
    let cases: [(&[&str], usize); 4] = [
        (&["!reset", gone], 2),
        (&["!reset", "!reset", gone], 2),
        (&["!refused", gone], 1),
        (&["!timeout", gone], 1),
    ];
    for (script, requests) in cases {
        let stage = Stage::new(script);
        let _ = stage.cloud.cluster(ClusterId(7)).await;
        assert_eq!(stage.sent.lock().unwrap().len(), requests, "{script:?}");
    }
}

#[tokio::test]
async fn an_answer_of_another_account_is_never_absence() {
    let absent = r#"404 X-Customer-UUID: BBBB | {"errors": [{"reason": "Not found"}]}"#;
    let made = "200 X-Customer-UUID: BBBB | {}";
    let own = "200 X-Customer-UUID: aaaa | {}";
    for (reply, means) in [
        (
            absent,
            expect![
                "Unauthorized delete the cluster [404] (the reply is of the account `BBBB`, not of `AAAA`)"
            ],
        ),
        (
            made,
            expect![
                "Unauthorized delete the cluster [200] (the reply is of the account `BBBB`, not of `AAAA`)"
            ],
        ),
        (own, expect![["()"]]),
    ] {
        let stage = Stage::new(&[reply]);
        stage.cloud.expect_account(&AccountId("AAAA".to_owned()));
        means.assert_eq(&told(&stage.cloud.delete_cluster(ClusterId(7)).await));
    }
}

#[tokio::test]
async fn a_body_of_more_than_eight_megabytes_is_not_read() {
    let stage = Stage::with(Origin::Linode, |_| {
        Ok(http::Response::new(body(vec![b' '; 8 * 1024 * 1024 + 1])))
    });
    let answer = stage.cloud.cluster(ClusterId(7)).await;
    expect!["Unknown read the cluster [200] (the body is too large)"].assert_eq(&told(&answer));
    assert_eq!(stage.sent.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn what_the_other_side_says_is_cut_to_a_sane_length() {
    let reason = "x".repeat(100_000);
    let entry = format!("{{\"reason\": \"{reason}\"}}");
    let entries = vec![entry; 50].join(",");
    let stage = Stage::new(&[&format!("400 {{\"errors\": [{entries}]}}")]);
    let failure = stage.cloud.delete_cluster(ClusterId(7)).await.unwrap_err();
    assert_eq!(failure.said.len(), 20);
    assert!(failure.said.iter().all(|(_, reason)| reason.len() == 1000));
}

#[tokio::test]
async fn no_failure_shows_the_token() {
    for reply in [
        "!reset",
        "500 oops",
        "200 {\"id\": 0123456789abcdef}",
        "401 {}",
    ] {
        let stage = Stage::new(&[reply]);
        let failure = stage.cloud.delete_cluster(ClusterId(7)).await.unwrap_err();
        assert!(!format!("{failure:?}").contains("CANARY"), "{failure:?}");
        let sent = stage.sent.lock().unwrap();
        assert!(
            !format!("{:?}", sent[0]).contains("CANARY"),
            "the header is sensitive"
        );
    }
}

#[tokio::test]
async fn a_kubeconfig_that_cannot_be_read_is_not_quoted() {
    for reply in [
        r#"200 {"kubeconfig": 17, "x": "CANARY"}"#,
        r#"200 {"kubeconfig": "CANARY*"}"#,
        r#"200 {"kubeconfig": ""}"#,
    ] {
        let stage = Stage::new(&[reply]);
        let failure = stage.cloud.kubeconfig(ClusterId(7)).await.unwrap_err();
        assert!(!format!("{failure:?}").contains("CANARY"), "{failure:?}");
    }
}

#[tokio::test]
async fn a_bucket_that_wants_to_be_left_alone_is_not_asked_and_others_are() {
    let empty = r#"200 {"data": [], "page": 1, "pages": 1, "results": 0}"#;
    let slow = r#"429 Retry-After: 12 | {"errors": [{"reason": "Too many requests"}]}"#;
    let stage = Stage::new(&[slow, empty, slow]);
    let first = stage.cloud.clusters().await.unwrap_err();
    let again = stage.cloud.clusters().await.unwrap_err();
    assert_eq!(
        (first.never_sent, again.never_sent, again.retry_after),
        (false, true, Some(Duration::from_secs(12)))
    );
    stage.cloud.volumes().await.unwrap();
    // Everything that is no collection is one bucket.
    stage.cloud.cluster(ClusterId(7)).await.unwrap_err();
    let other = stage.cloud.delete_cluster(ClusterId(8)).await.unwrap_err();
    assert_eq!(
        line(&other),
        "RateLimited delete the cluster wait 12s never sent refusal"
    );
    expect![[r#"
        GET https://api.linode.com/v4/lke/clusters?page=1&page_size=500
        GET https://api.linode.com/v4/volumes?page=1&page_size=500
        GET https://api.linode.com/v4/lke/clusters/7
    "#]]
    .assert_eq(&stage.transcript());
}
