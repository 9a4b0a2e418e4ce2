//! Invoices, tags, the history of a firewall, and events that are seen.

use expect_test::expect;
use serde_json::{Value, json};

use crate::support::{User, cloud, made_token, reference};

/// To the end of November and a day more.
const EIGHT_DAYS: u64 = 8 * 24 * 3600;

#[tokio::test(start_paused = true)]
async fn a_month_that_is_over_has_an_invoice_that_adds_up() {
    let mut user = User::new(&cloud(1), "t");
    user.ask("POST", "/v4/lke/clusters", reference()).await;
    assert_eq!(user.get("/v4/account/invoices").await.body["results"], 0);
    user.wait(EIGHT_DAYS).await;
    let invoices = user.get("/v4/account/invoices").await.body;
    let invoice = invoices["data"][0].clone();
    user.write(&invoice.to_string());
    let path = format!("/v4/account/invoices/{}", invoice["id"]);
    assert_eq!(user.get(&path).await.body, invoice);
    let items = user.get(&format!("{path}/items")).await.body;
    for item in items["data"].as_array().expect("rows") {
        user.write(&item.to_string());
    }
    let sum = |items: &Value| -> f64 {
        let rows = items["data"].as_array().into_iter().flatten();
        rows.filter_map(|item| item["total"].as_f64()).sum()
    };
    assert!((sum(&items) - invoice["total"].as_f64().expect("money")).abs() < 1e-6);
    let account = user.get("/v4/account").await.body;
    let ledger = user.get("/_demo/ledger").await.body;
    let both = sum(&items) + account["balance_uninvoiced"].as_f64().expect("money");
    let spend = ledger["spend_micro_usd"].as_f64().expect("a sum") / 1e6;
    assert!((both - spend).abs() < 1e-6, "{both} {spend}");
    user.note("GET", "/v4/account/invoices/1/items", Value::Null)
        .await;
    let other = made_token(&user, &json!({"account": "other"}));
    let mut eve = User::new(&user.twin, &other);
    assert_eq!(eve.get(&path).await.status, 404);
    expect![[r#"
        10:00:00 {"id":12888323,"date":"2026-12-01T00:00:00","label":"Invoice #12888323","subtotal":117.572,"tax":0.0,"total":117.572,"tax_summary":[],"billing_source":"linode"}
        10:00:00 {"label":"LKE High Availability - ada-lke-gpu-kubeflow (601157)","type":"hourly","from":"2026-11-23T10:00:00","to":"2026-11-30T23:59:59","quantity":182,"unit_price":"0.09","amount":16.38,"tax":0.0,"total":16.38,"region":"us-ord"}
        10:00:00 {"label":"Linode - lke601157-863321-90cc6dfd0000 (94907874)","type":"hourly","from":"2026-11-23T10:00:01","to":"2026-11-30T23:59:59","quantity":182,"unit_price":"0.52","amount":94.64,"tax":0.0,"total":94.64,"region":"us-ord"}
        10:00:00 {"label":"Linode - lke601157-863318-1bd580720000 (94907876)","type":"hourly","from":"2026-11-23T10:00:06","to":"2026-11-30T23:59:59","quantity":182,"unit_price":"0.036","amount":6.552,"tax":0.0,"total":6.552,"region":"us-ord"}
        10:00:00 GET /v4/account/invoices/1/items: 404 {"errors":[{"reason":"Not found"}]}
    "#]].assert_eq(&user.transcript());
}

#[tokio::test(start_paused = true)]
async fn a_month_at_its_cap_is_one_unit_of_the_monthly_price() {
    let mut user = User::new(&cloud(1), "t");
    let wanted = json!({"label": "data", "region": "br-gru", "size": 10});
    user.ask("POST", "/v4/volumes", wanted).await;
    user.wait(EIGHT_DAYS + 31 * 24 * 3600).await;
    let invoices = user.get("/v4/account/invoices").await.body;
    for invoice in invoices["data"].as_array().expect("rows") {
        let path = format!("/v4/account/invoices/{}/items", invoice["id"]);
        let item = user.get(&path).await.body["data"][0].clone();
        user.write(&item.to_string());
    }
    expect![[r#"
        10:00:00 {"label":"Storage Volume - data (15926171)","type":"hourly","from":"2026-11-23T10:00:00","to":"2026-11-30T23:59:59","quantity":182,"unit_price":"0.0021","amount":0.3822,"tax":0.0,"total":0.3822,"region":"br-gru"}
        10:00:00 {"label":"Storage Volume - data (15926171)","type":"hourly","from":"2026-12-01T00:00:00","to":"2026-12-31T23:59:59","quantity":1,"unit_price":"1.4","amount":1.4,"tax":0.0,"total":1.4,"region":"br-gru"}
    "#]].assert_eq(&user.transcript());
}

#[tokio::test(start_paused = true)]
async fn tags_are_known_by_what_bears_them() {
    let mut user = User::new(&cloud(1), "t");
    user.ask("POST", "/v4/lke/clusters", reference()).await;
    let wanted = json!({"label": "data", "region": "us-ord", "tags": ["two words", "shared"]});
    user.ask("POST", "/v4/volumes", wanted).await;
    let wanted = json!({"label": "door", "region": "us-ord", "tags": ["shared"]});
    user.ask("POST", "/v4/nodebalancers", wanted).await;
    user.note("GET", "/v4/tags", Value::Null).await;
    for tag in ["shared", "two%20words"] {
        let found = user.get(&format!("/v4/tags/{tag}")).await.body;
        let rows = found["data"].as_array().expect("rows");
        let row = |row: &Value| format!("{} {}", row["type"], row["data"]["label"]);
        user.write(&rows.iter().map(row).collect::<Vec<_>>().join(", "));
    }
    user.note("GET", "/v4/tags/kubeflow", Value::Null).await;
    let narrow = made_token(&user, &json!({"restricted": true}));
    let mut guest = User::new(&user.twin, &narrow);
    guest.note("GET", "/v4/tags", Value::Null).await;
    guest.note("GET", "/v4/tags/shared", Value::Null).await;
    expect![[r#"
        10:00:00 GET /v4/tags: 200 {"data":[{"label":"shared"},{"label":"two words"}],"page":1,"pages":1,"results":2}
        10:00:00 "nodebalancer" "door", "volume" "data"
        10:00:00 "volume" "data"
        10:00:00 GET /v4/tags/kubeflow: 404 {"errors":[{"reason":"Not found"}]}
        10:00:00 GET /v4/tags: 403 {"errors":[{"reason":"Unauthorized"}]}
        10:00:00 GET /v4/tags/shared: 403 {"errors":[{"reason":"Unauthorized"}]}
    "#]].assert_eq(&(user.transcript() + &guest.transcript()));
}

#[tokio::test(start_paused = true)]
async fn what_bears_a_tag_comes_in_pages_and_without_regard_to_case() {
    let mut user = User::new(&cloud(1), "t");
    for nth in 0..30 {
        let tag = if nth % 2 == 0 { "Shared" } else { "shared" };
        let wanted = json!({"label": format!("data-{nth}"), "region": "us-ord", "tags": [tag]});
        user.ask("POST", "/v4/volumes", wanted).await;
    }
    user.note("GET", "/v4/tags", Value::Null).await;
    for query in ["page_size=25", "page_size=25&page=2", "page_size=25&page=3"] {
        let page = user.get(&format!("/v4/tags/shared?{query}")).await;
        let rows = page.body["data"].as_array().map(Vec::len);
        let (pages, results) = (&page.body["pages"], &page.body["results"]);
        user.write(&format!(
            "{} {rows:?} of {results} on {pages} pages",
            page.status
        ));
    }
    expect![[r#"
        10:00:00 GET /v4/tags: 200 {"data":[{"label":"Shared"}],"page":1,"pages":1,"results":1}
        10:00:00 200 Some(25) of 30 on 2 pages
        10:00:00 200 Some(5) of 30 on 2 pages
        10:00:00 404 None of null on null pages
    "#]]
    .assert_eq(&user.transcript());
}

#[tokio::test(start_paused = true)]
async fn a_firewall_remembers_every_version_of_its_rules() {
    let mut user = User::new(&cloud(1), "t");
    let rules = |policy: &str| {
        json!({
            "inbound": [], "inbound_policy": policy, "outbound": [], "outbound_policy": "ACCEPT",
        })
    };
    let wanted = json!({"label": "wall", "rules": rules("DROP")});
    let made = user.ask("POST", "/v4/networking/firewalls", wanted).await;
    let path = format!("/v4/networking/firewalls/{}", made.body["id"]);
    user.wait(60).await;
    user.ask("PUT", &format!("{path}/rules"), rules("ACCEPT"))
        .await;
    let now = user.get(&path).await.body;
    let history = user.get(&format!("{path}/history")).await.body;
    for row in history["data"].as_array().expect("rows") {
        let (rules, updated) = (&row["rules"], &row["updated"]);
        user.write(&format!(
            "version {} {} until {updated}",
            rules["version"], rules["inbound_policy"]
        ));
    }
    assert_eq!(history["data"][0], now);
    for version in [1, 2, 3] {
        let said = user.get(&format!("{path}/history/rules/{version}")).await;
        user.write(&format!("{} {}", said.status, said.body["rules"]));
    }
    expect![[r#"
        10:01:00 version 2 "ACCEPT" until "2026-11-23T10:01:00"
        10:01:00 version 1 "DROP" until "2026-11-23T10:01:00"
        10:01:00 200 {"inbound":[],"inbound_policy":"DROP","outbound":[],"outbound_policy":"ACCEPT","version":1,"fingerprint":"820e4e89"}
        10:01:00 200 {"inbound":[],"inbound_policy":"ACCEPT","outbound":[],"outbound_policy":"ACCEPT","version":2,"fingerprint":"ad610299"}
        10:01:00 404 null
    "#]].assert_eq(&user.transcript());
}

#[tokio::test(start_paused = true)]
async fn an_event_that_was_seen_says_so() {
    let mut user = User::new(&cloud(1), "t");
    user.ask("POST", "/v4/lke/clusters", reference()).await;
    let event = user.get("/v4/account/events").await.body["data"][0].clone();
    user.write(&format!("{} {}", event["seen"], event["read"]));
    let path = format!("/v4/account/events/{}", event["id"]);
    user.note("POST", &format!("{path}/seen"), Value::Null)
        .await;
    let event = user.get(&path).await.body;
    user.write(&format!("{} {}", event["seen"], event["read"]));
    // Its other name was taken away in 2025.
    user.note("POST", &format!("{path}/read"), Value::Null)
        .await;
    user.note("POST", "/v4/account/events/1/seen", Value::Null)
        .await;
    expect![[r#"
        10:00:00 false false
        10:00:00 POST /v4/account/events/1586007775/seen: 200 {}
        10:00:00 true true
        10:00:00 POST /v4/account/events/1586007775/read: 404 {"errors":[{"reason":"Not found"}]}
        10:00:00 POST /v4/account/events/1/seen: 404 {"errors":[{"reason":"Not found"}]}
    "#]]
    .assert_eq(&user.transcript());
}
