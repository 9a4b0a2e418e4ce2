//! A listing is complete or it fails.

use super::scripted::{Stage, told};
use domain::FirewallId;
use engine::ports::Cloud as _;
use expect_test::{Expect, expect};

const ONE: &str = r#"{"id": 1, "label": "a", "region": "us-ord", "k8s_version": "1.34", "created": "2018-01-02T03:04:05"}"#;
const TWO: &str = r#"{"id": 2, "label": "b", "region": "us-ord", "k8s_version": "1.34", "created": "2018-01-02T03:04:05"}"#;

fn page(rows: &[&str], page: u32, pages: u32, results: usize) -> String {
    let rows = rows.join(", ");
    format!(r#"200 {{"data": [{rows}], "page": {page}, "pages": {pages}, "results": {results}}}"#)
}

async fn check(pages: &[String], means: Expect) {
    let script: Vec<&str> = pages.iter().map(String::as_str).collect();
    let stage = Stage::new(&script);
    let answer = stage.cloud.clusters().await;
    let ids = answer.map(|all| all.iter().map(|one| one.id.0).collect::<Vec<_>>());
    means.assert_eq(&format!("{}{}\n", stage.transcript(), told(&ids)));
}

#[tokio::test]
async fn every_page_is_read() {
    check(
        &[page(&[ONE], 1, 2, 2), page(&[TWO], 2, 2, 2)],
        expect![[r#"
        GET https://api.linode.com/v4/lke/clusters?page=1&page_size=500
        GET https://api.linode.com/v4/lke/clusters?page=2&page_size=500
        [1, 2]
    "#]],
    )
    .await;
    check(
        &[page(&[], 1, 1, 0)],
        expect![[r#"
        GET https://api.linode.com/v4/lke/clusters?page=1&page_size=500
        []
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_listing_that_does_not_add_up_is_unknown() {
    check(
        &[page(&[ONE], 1, 1, 2)],
        expect![[r#"
        GET https://api.linode.com/v4/lke/clusters?page=1&page_size=500
        Unknown list clusters [200] (incomplete listing: 1 rows came, 2 were announced)
    "#]],
    )
    .await;
    check(
        &[page(&[ONE], 1, 2, 2), page(&[ONE], 2, 2, 2)],
        expect![[r#"
        GET https://api.linode.com/v4/lke/clusters?page=1&page_size=500
        GET https://api.linode.com/v4/lke/clusters?page=2&page_size=500
        Unknown list clusters [200] (incomplete listing: a row came twice)
    "#]],
    )
    .await;
    check(
        &[page(&[ONE], 1, 2, 2), page(&[TWO], 2, 2, 3)],
        expect![[r#"
        GET https://api.linode.com/v4/lke/clusters?page=1&page_size=500
        GET https://api.linode.com/v4/lke/clusters?page=2&page_size=500
        Unknown list clusters [200] (incomplete listing: it changed from page to page)
    "#]],
    )
    .await;
    check(
        &[page(&[ONE], 1, 2, 2), page(&[ONE], 1, 2, 2)],
        expect![[r#"
        GET https://api.linode.com/v4/lke/clusters?page=1&page_size=500
        GET https://api.linode.com/v4/lke/clusters?page=2&page_size=500
        Unknown list clusters [200] (incomplete listing: page 1 came for page 2)
    "#]],
    )
    .await;
    check(
        &[page(&[ONE], 1, 4_000_000, 2)],
        expect![[r#"
        GET https://api.linode.com/v4/lke/clusters?page=1&page_size=500
        Unknown list clusters [200] (incomplete listing: 4000000 pages are announced)
    "#]],
    )
    .await;
    check(&["200 [1, 2]".to_owned()], expect![[r#"
        GET https://api.linode.com/v4/lke/clusters?page=1&page_size=500
        Unknown list clusters [200] (invalid type: integer `1`, expected a sequence at line 1 column 2)
    "#]]).await;
}

#[tokio::test]
async fn one_row_that_cannot_be_read_fails_the_whole_listing() {
    let odd = ONE.replace("\"id\": 1", "\"id\": \"one\"");
    check(
        &[page(&[&odd, TWO], 1, 1, 2)],
        expect![[r#"
        GET https://api.linode.com/v4/lke/clusters?page=1&page_size=500
        Unknown list clusters [200] (invalid type: string "one", expected u64 at line 1 column 22)
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_firewall_without_entities_is_asked_for_its_devices() {
    let stage = Stage::new(&[
        r#"200 {"data": [{"id": 5, "label": "f", "tags": ["x"], "created": "2018-01-02T03:04:05"}], "page": 1, "pages": 1, "results": 1}"#,
        r#"200 {"data": [
            {"id": 1, "entity": {"id": 70, "type": "linode"}},
            {"id": 2, "entity": {"id": 3, "type": "interface", "parent_entity": {"id": 71, "type": "linode"}}},
            {"id": 3, "entity": {"id": 72, "type": "nodebalancer", "parent_entity": null}}
        ], "page": 1, "pages": 1, "results": 3}"#,
    ]);
    let firewalls = stage.cloud.firewalls().await.unwrap();
    assert_eq!(firewalls[0].id, FirewallId(5));
    let behind: Vec<u64> = firewalls[0].instances.iter().map(|id| id.0).collect();
    assert_eq!(behind, [70, 71]);
}
