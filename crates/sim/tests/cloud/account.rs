//! Tokens, scopes, accounts, and what is refused.

use crate::support::{User, cloud, made_token as token, reference};
use expect_test::expect;
use serde_json::{Value, json};

#[tokio::test(start_paused = true)]
async fn a_token_reaches_as_far_as_its_scopes() {
    let twin = cloud(1);
    let mut anyone = User::new(&twin, "whatever");
    let said = anyone.get("/v4/profile").await;
    assert_eq!(said.headers["x-oauth-scopes"], "*");
    assert_eq!(said.body["restricted"], json!(false));
    assert_eq!(anyone.get("/v4/profile/grants").await.status, 204);
    let uuid = said.headers["x-customer-uuid"].clone();
    assert_eq!(
        anyone.get("/v4/account").await.body["euuid"],
        json!(uuid.to_str().expect("text"))
    );

    let mut nobody = User::new(&twin, "");
    nobody.note("GET", "/v4/lke/clusters", Value::Null).await;
    assert_eq!(nobody.get("/v4/regions").await.status, 200);
    let read_only = token(&anyone, &json!({"scopes": "lke:read_only linodes:*"}));
    let mut reader = User::new(&twin, &read_only);
    assert_eq!(reader.get("/v4/lke/clusters").await.status, 200);
    assert_eq!(reader.get("/v4/linode/instances").await.status, 200);
    reader.note("POST", "/v4/lke/clusters", reference()).await;
    reader.note("GET", "/v4/volumes", Value::Null).await;
    let old = token(&anyone, &json!({"expires": "2026-11-23T10:00:30Z"}));
    let mut old = User::new(&twin, &old);
    assert_eq!(old.get("/v4/profile").await.status, 200);
    old.wait(31).await;
    old.note("GET", "/v4/profile", Value::Null).await;
    expect![[r#"
        10:00:00 GET /v4/lke/clusters: 401 {"errors":[{"reason":"Invalid Token"}]}
        10:00:00 POST /v4/lke/clusters: 401 {"errors":[{"reason":"Your OAuth token is not authorized to use this endpoint."}]}
        10:00:00 GET /v4/volumes: 401 {"errors":[{"reason":"Your OAuth token is not authorized to use this endpoint."}]}
        10:00:31 GET /v4/profile: 401 {"errors":[{"reason":"Invalid Token"}]}
    "#]].assert_eq(&(nobody.transcript() + &reader.transcript() + &old.transcript()));
}

#[tokio::test(start_paused = true)]
async fn tokens_are_listed_by_their_beginning_and_with_their_end() {
    let twin = cloud(1);
    let mut anyone = User::new(&twin, "0123456789abcdef-and-more");
    anyone.note("GET", "/v4/profile/tokens", Value::Null).await;
    let wanted = json!({"user": "ada", "label": "laptop", "expires": "2026-11-23T10:01:00Z"});
    let short = token(&anyone, &wanted);
    let long = token(
        &anyone,
        &json!({"user": "ada", "scopes": "account:read_only"}),
    );
    token(&anyone, &json!({"user": "ada", "account": "other"}));
    let mut ada = User::new(&twin, &long);
    let both = ada.get("/v4/profile/tokens").await.body;
    assert_eq!(both["data"][0]["token"], json!(short[..16]));
    assert_eq!(both["data"][1]["token"], json!(long[..16]));
    let second = format!("/v4/profile/tokens/{}", both["data"][1]["id"]);
    assert_eq!(ada.get(&second).await.body, both["data"][1]);
    assert_eq!(anyone.get(&second).await.status, 404);
    ada.filter(r#"{"label":"laptop"}"#)
        .note("GET", "/v4/profile/tokens", Value::Null)
        .await;
    ada.wait(60).await;
    // What has ended is no longer active.
    assert_eq!(
        ada.get("/v4/profile/tokens").await.body["results"],
        json!(1)
    );
    let mut reader = User::new(&twin, &token(&ada, &json!({"scopes": "lke:read_only"})));
    reader.note("GET", "/v4/profile/tokens", Value::Null).await;
    expect![[r#"
        10:00:00 GET /v4/profile/tokens: 200 {"data":[{"id":6413273,"label":"demo","token":"0123456789abcdef","scopes":"*","created":"2018-01-02T03:04:05","expiry":null}],"page":1,"pages":1,"results":1}
        10:00:00 GET /v4/profile/tokens: 200 {"data":[{"id":10006068,"label":"laptop","token":"3c640a82398fef21","scopes":"*","created":"2026-11-23T10:00:00","expiry":"2026-11-23T10:01:00"}],"page":1,"pages":1,"results":1}
        10:01:00 GET /v4/profile/tokens: 401 {"errors":[{"reason":"Your OAuth token is not authorized to use this endpoint."}]}
    "#]].assert_eq(&(anyone.transcript() + &ada.transcript() + &reader.transcript()));
}

#[tokio::test(start_paused = true)]
async fn the_token_of_a_demo_ends_when_the_switch_says() {
    let mut user = User::new(&cloud(1), "a-token-of-the-demo");
    let end = json!({"token_expires": "2026-11-23T10:00:30Z"});
    assert_eq!(user.ask("PUT", "/_demo/switches", end).await.status, 200);
    let listed = user.get("/v4/profile/tokens").await.body;
    assert_eq!(listed["data"][0]["expiry"], json!("2026-11-23T10:00:30"));
    user.wait(29).await;
    assert_eq!(user.get("/v4/profile").await.status, 200);
    user.wait(1).await;
    assert_eq!(user.get("/v4/profile").await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn what_is_another_accounts_is_not_found() {
    let twin = cloud(1);
    let mut owner = User::new(&twin, "mine");
    let made = owner
        .ask("POST", "/v4/lke/clusters", reference())
        .await
        .body;
    let path = format!("/v4/lke/clusters/{}", made["id"]);
    let foreign = token(&owner, &json!({"account": "other", "user": "eve"}));
    let mut eve = User::new(&twin, &foreign);
    assert_eq!(eve.get("/v4/lke/clusters").await.body["results"], json!(0));
    for (method, path) in [
        ("GET", path.clone()),
        ("DELETE", path.clone()),
        ("PUT", path.clone()),
        ("GET", format!("{path}/pools")),
        ("GET", format!("{path}/kubeconfig")),
    ] {
        assert_eq!(
            eve.ask(method, &path, Value::Null).await.status,
            404,
            "{method} {path}"
        );
    }
    let second = User::new(&twin, "a second token of the same account")
        .get(&path)
        .await;
    assert_eq!(second.status, 200);
    let own = owner.get("/v4/profile").await.headers["x-customer-uuid"].clone();
    assert_ne!(own, eve.get("/v4/profile").await.headers["x-customer-uuid"]);
}

#[tokio::test(start_paused = true)]
async fn a_restricted_user_sees_what_was_granted() {
    let twin = cloud(1);
    let mut owner = User::new(&twin, "mine");
    let made = owner
        .ask("POST", "/v4/lke/clusters", reference())
        .await
        .body;
    owner.wait(10).await;
    let linodes = owner.get("/v4/linode/instances").await.body;
    let one = linodes["data"][0]["id"].clone();
    let grants = json!({
        "linode": [{"id": one, "label": "", "permissions": "read_only"}],
        "lkecluster": [{"id": made["id"], "label": "", "permissions": "read_only"}],
    });
    let narrow = token(&owner, &json!({"restricted": true, "grants": grants}));
    let mut guest = User::new(&twin, &narrow);
    assert_eq!(
        guest.get("/v4/linode/instances").await.body["results"],
        json!(1)
    );
    assert_eq!(
        guest.get("/v4/profile").await.body["restricted"],
        json!(true)
    );
    assert_eq!(
        guest.get("/v4/profile/grants").await.body["linode"][0]["id"],
        one
    );
    guest
        .note(
            "DELETE",
            &format!("/v4/lke/clusters/{}", made["id"]),
            Value::Null,
        )
        .await;
    guest.note("POST", "/v4/lke/clusters", reference()).await;
    expect![[r#"
        10:00:10 DELETE /v4/lke/clusters/601157: 403 {"errors":[{"reason":"Unauthorized"}]}
        10:00:10 POST /v4/lke/clusters: 403 {"errors":[{"reason":"Unauthorized"}]}
    "#]]
    .assert_eq(&guest.transcript());
}

#[tokio::test(start_paused = true)]
async fn a_wrong_cluster_is_refused_with_its_field() {
    let mut user = User::new(&cloud(1), "t");
    let with = |change: &dyn Fn(&mut Value)| {
        let mut wanted = reference();
        change(&mut wanted);
        wanted
    };
    user.ask(
        "POST",
        "/v4/lke/clusters",
        with(&|all| all["label"] = json!("taken")),
    )
    .await;
    for wanted in [
        with(&|all| all["label"] = json!("taken")),
        with(&|all| all["label"] = json!("a-label-of-thirty-three-characters")),
        with(&|all| all["region"] = json!("atlantis")),
        with(&|all| all["region"] = json!("gb-lon")),
        with(&|all| all["k8s_version"] = json!("1.29")),
        with(&|all| all["node_pools"] = json!([])),
        with(&|all| all["node_pools"][0]["count"] = json!(0)),
        with(&|all| all["node_pools"][1]["type"] = json!("g1-gpu-rtx6000-1")),
        with(&|all| all["control_plane"]["acl"]["addresses"]["ipv4"] = json!(["everywhere"])),
    ] {
        user.note("POST", "/v4/lke/clusters", wanted).await;
    }
    expect![[r#"
        10:00:00 POST /v4/lke/clusters: 400 {"errors":[{"reason":"Label must be unique","field":"label"}]}
        10:00:00 POST /v4/lke/clusters: 400 {"errors":[{"reason":"Length must be 1-32 characters","field":"label"}]}
        10:00:00 POST /v4/lke/clusters: 400 {"errors":[{"reason":"region is not valid","field":"region"}]}
        10:00:00 POST /v4/lke/clusters: 400 {"errors":[{"reason":"g2-gpu-rtx4000a1-s is not available in gb-lon","field":"type"}]}
        10:00:00 POST /v4/lke/clusters: 400 {"errors":[{"reason":"k8s_version is not valid","field":"k8s_version"}]}
        10:00:00 POST /v4/lke/clusters: 400 {"errors":[{"reason":"node_pools is required","field":"node_pools"}]}
        10:00:00 POST /v4/lke/clusters: 400 {"errors":[{"reason":"Must be 1-100","field":"count"}]}
        10:00:00 POST /v4/lke/clusters: 400 {"errors":[{"reason":"g1-gpu-rtx6000-1 is not available for LKE node pools","field":"type"}]}
        10:00:00 POST /v4/lke/clusters: 400 {"errors":[{"reason":"Must be a list of valid addresses or ranges","field":"acl.addresses.ipv4"}]}
    "#]].assert_eq(&user.transcript());
}

#[tokio::test(start_paused = true)]
async fn availability_has_more_pages_than_one_and_filters() {
    let mut user = User::new(&cloud(1), "t");
    let first = user.get("/v4/regions/availability").await.body;
    assert_eq!(
        (first["data"].as_array().map(Vec::len), &first["pages"]),
        (Some(100), &json!(8))
    );
    let last = user
        .get("/v4/regions/availability?page=8&page_size=100")
        .await
        .body;
    assert_eq!(last["data"].as_array().map(Vec::len), Some(82));
    let plan = r#"{"plan":"g2-gpu-rtx4000a1-s","available":true}"#;
    let found = user
        .filter(plan)
        .get("/v4beta/regions/availability")
        .await
        .body;
    let regions: Vec<&str> = found["data"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|row| row["region"].as_str())
        .collect();
    assert_eq!(
        regions,
        ["in-bom-2", "de-fra-2", "us-ord", "fr-par", "us-sea"]
    );
    user.filter(r#"{"lke_cluster":1}"#)
        .note("GET", "/v4/linode/instances", Value::Null)
        .await;
    let gpus = user
        .filter(r#"{"class":"gpu","gpus":{"+gte":4}}"#)
        .get("/v4/linode/types")
        .await;
    assert_eq!(gpus.body["results"], json!(3));
    expect![[r#"
        10:00:00 GET /v4/linode/instances: 400 {"errors":[{"reason":"Cannot filter on lke_cluster","field":"X-Filter"}]}
    "#]].assert_eq(&user.transcript());
}

#[tokio::test(start_paused = true)]
async fn a_type_that_is_sold_out_is_listed_as_such_and_refused() {
    let mut user = User::new(&cloud(1), "t");
    for (plan, region) in [
        ("g2-gpu-rtx4000a1-s", "us-ord"),
        ("g2-gpu-rtx4000a1-s", "jp-osa"),
        ("g2-gpu-rtx4000a4-m", "sg-sin-2"),
        ("g3-gpu-rtxpro6000-blackwell-1", "us-ord"),
        ("g3-gpu-rtxpro6000-blackwell-1", "us-sea"),
    ] {
        let filter = json!({"plan": plan, "region": region}).to_string();
        let path = "/v4/regions/availability";
        let row = user.filter(&filter).get(path).await.body["data"][0].clone();
        let wanted = json!({
            "label": format!("{region}-{}", plan.len()), "region": region, "k8s_version": "1.35",
            "node_pools": [{"type": plan, "count": 1}],
        });
        let said = user.ask("POST", "/v4/lke/clusters", wanted).await;
        let reason = &said.body["errors"][0]["reason"];
        user.write(&format!("{row} {} {reason}", said.status));
    }
    expect![[r#"
        10:00:00 {"region":"us-ord","plan":"g2-gpu-rtx4000a1-s","available":true} 200 null
        10:00:00 {"region":"jp-osa","plan":"g2-gpu-rtx4000a1-s","available":false} 400 "g2-gpu-rtx4000a1-s is not available in jp-osa"
        10:00:00 {"region":"sg-sin-2","plan":"g2-gpu-rtx4000a4-m","available":false} 400 "g2-gpu-rtx4000a4-m is not available in sg-sin-2"
        10:00:00 {"region":"us-ord","plan":"g3-gpu-rtxpro6000-blackwell-1","available":true} 200 null
        10:00:00 {"region":"us-sea","plan":"g3-gpu-rtxpro6000-blackwell-1","available":false} 400 "g3-gpu-rtxpro6000-blackwell-1 is not available in us-sea"
    "#]].assert_eq(&user.transcript());
}

#[tokio::test(start_paused = true)]
async fn a_version_goes_up_by_one_and_high_availability_never_goes_off() {
    let mut user = User::new(&cloud(1), "t");
    let made = user.ask("POST", "/v4/lke/clusters", reference()).await.body;
    let path = format!("/v4/lke/clusters/{}", made["id"]);
    let off = json!({"control_plane": {"high_availability": false}});
    user.note("PUT", &path, off).await;
    user.note("PUT", &path, json!({"k8s_version": "1.36"}))
        .await;
    let up = user
        .ask(
            "PUT",
            &path,
            json!({"k8s_version": "1.35", "tags": ["other"]}),
        )
        .await;
    assert_eq!(
        (&up.body["k8s_version"], &up.body["tags"]),
        (&json!("1.35"), &json!(["other"]))
    );
    user.note("PUT", &path, json!({"k8s_version": "1.34"}))
        .await;
    expect![[r#"
        10:00:00 PUT /v4/lke/clusters/601157: 400 {"errors":[{"reason":"High availability cannot be disabled","field":"control_plane.high_availability"}]}
        10:00:00 PUT /v4/lke/clusters/601157: 400 {"errors":[{"reason":"k8s_version may only go from 1.34 to the next minor version","field":"k8s_version"}]}
        10:00:00 PUT /v4/lke/clusters/601157: 400 {"errors":[{"reason":"k8s_version may only go from 1.35 to the next minor version","field":"k8s_version"}]}
    "#]].assert_eq(&user.transcript());
}

#[tokio::test(start_paused = true)]
async fn a_collection_takes_200_calls_a_minute() {
    let mut user = User::new(&cloud(1), "t");
    for _ in 0..200 {
        assert_eq!(user.get("/v4/lke/clusters").await.status, 200);
    }
    let over = user.note("GET", "/v4/lke/clusters", Value::Null).await;
    assert_eq!(over.headers["x-ratelimit-limit"], "200");
    assert_eq!(over.headers["retry-after"], "60");
    assert_eq!(
        user.get("/v4/lke/clusters/1").await.status,
        404,
        "another bucket"
    );
    user.wait(60).await;
    assert_eq!(user.get("/v4/lke/clusters").await.status, 200);
    expect![[r#"
        10:00:00 GET /v4/lke/clusters: 429 {"errors":[{"reason":"Too many requests"}]}
    "#]]
    .assert_eq(&user.transcript());
}

#[tokio::test(start_paused = true)]
async fn a_volume_must_be_detached_before_it_goes() {
    let mut user = User::new(&cloud(1), "t");
    user.ask("POST", "/v4/lke/clusters", reference()).await;
    user.wait(10).await;
    let linode = user.get("/v4/linode/instances").await.body["data"][0]["id"].clone();
    let wanted = json!({"label": "data", "region": "us-ord", "size": 10});
    let volume = user.ask("POST", "/v4/volumes", wanted).await.body;
    let path = format!("/v4/volumes/{}", volume["id"]);
    user.ask(
        "POST",
        &format!("{path}/attach"),
        json!({"linode_id": linode}),
    )
    .await;
    assert_eq!(user.get(&path).await.body["linode_id"], linode);
    user.note("DELETE", &path, Value::Null).await;
    user.note("POST", &format!("{path}/detach"), Value::Null)
        .await;
    user.note("DELETE", &path, Value::Null).await;
    expect![[r#"
        10:00:10 DELETE /v4/volumes/15926171: 400 {"errors":[{"reason":"Unable to delete a volume that is attached. Detach it first"}]}
        10:00:10 POST /v4/volumes/15926171/detach: 200 {}
        10:00:10 DELETE /v4/volumes/15926171: 200 {}
    "#]].assert_eq(&user.transcript());
}
