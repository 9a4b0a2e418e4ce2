//! Who we are to the cloud.

use super::scripted::{Stage, told};
use crate::Origin;
use domain::{AccountId, CloudId};
use engine::ports::Cloud as _;
use expect_test::expect;

const PROFILE: &str = r#"{"username": "ada", "restricted": false, "email": "a@b.example"}"#;
const TOKENS: &str = r#"200 {"data": [
    {"token": "ffff456789abcdef", "expiry": "2030-01-01T00:00:00"},
    {"token": "0123456789abcdef", "expiry": "2027-02-03T04:05:06"}
], "page": 1, "pages": 1, "results": 2}"#;

#[tokio::test]
async fn scopes_and_account_come_from_the_headers() {
    let profile = format!(
        "200 X-OAuth-Scopes: lke:read_write linodes:read_only | X-Customer-UUID: AAAA | {PROFILE}"
    );
    let stage = Stage::new(&[&profile, TOKENS, &profile]);
    let account = stage.cloud.account().await.unwrap();
    expect![[r#"
        Account {
            id: AccountId(
                "AAAA",
            ),
            user: "ada",
            restricted: false,
            scopes: [
                "lke:read_write",
                "linodes:read_only",
            ],
            token_expires: Some(
                2027-02-03T04:05:06Z,
            ),
        }
    "#]]
    .assert_eq(&format!("{account:#?}\n"));
    expect![[r#"["firewall:read_write", "nodebalancers:read_write", "volumes:read_write"]"#]]
        .assert_eq(&format!("{:?}", account.missing_scopes()));
    stage.cloud.account().await.unwrap();
    expect![[r#"
        GET https://api.linode.com/v4/profile
        GET https://api.linode.com/v4/profile/tokens?page=1&page_size=500
        GET https://api.linode.com/v4/profile
    "#]]
    .assert_eq(&stage.transcript());
    expect!["Calls { catalog: 0, polls: 0, others: 3 }"]
        .assert_eq(&format!("{:?}", stage.cloud.calls()));
}

#[tokio::test]
async fn without_the_header_the_account_names_itself_and_must_be_the_expected_one() {
    let profile = format!("200 X-OAuth-Scopes: * | {PROFILE}");
    let denied = r#"401 {"errors": [{"reason": "Your OAuth token is not authorized to use this endpoint."}]}"#;
    let script = [
        profile.as_str(),
        r#"200 {"euuid": "8151FBB7-C6D6"}"#,
        denied,
    ];
    let account = Stage::new(&script).cloud.account().await.unwrap();
    assert_eq!(account.id, AccountId("8151FBB7-C6D6".to_owned()));
    assert_eq!(
        (account.token_expires, account.missing_scopes()),
        (None, Vec::new())
    );

    let stage = Stage::new(&script);
    stage.cloud.expect_account(&AccountId("AAAA".to_owned()));
    expect![
        "Unauthorized read the account (the reply is of the account `8151FBB7-C6D6`, not of `AAAA`)"
    ]
    .assert_eq(&told(&stage.cloud.account().await));
}

#[tokio::test]
async fn a_demo_cloud_tells_its_own_id() {
    let stage = Stage::at(Origin::Loopback(4711), &[r#"200 {"cloud": "demo-00ff"}"#]);
    assert_eq!(stage.cloud.id().0, "demo-4711");
    let id = stage.cloud.demo_id().await.unwrap();
    assert_eq!(stage.transcript(), "GET http://127.0.0.1:4711/_demo/id\n");
    assert_eq!(stage.cloud.named(id).id().0, "demo-00ff");
    let live = Stage::new(&[]).cloud.named(CloudId("demo-1".to_owned()));
    assert_eq!(live.id().0, "linode");
}
