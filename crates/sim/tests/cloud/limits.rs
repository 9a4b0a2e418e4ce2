//! An account's limits: one more than it may have is refused.

use expect_test::expect;
use serde_json::{Value, json};

use crate::support::{User, cloud, kube_token, made_token, post_kube, reference};

#[tokio::test(start_paused = true)]
async fn one_more_than_the_account_may_have_is_refused() {
    let mut user = User::new(&cloud(1), "t");
    let limits = json!({"default": {
        "linodes": 3, "clusters": 2, "nodebalancers": 1, "volumes": 1, "firewalls": 1,
    }});
    user.note("PUT", "/_demo/limits", limits).await;
    let rules = json!({
        "inbound": [], "inbound_policy": "DROP", "outbound": [], "outbound_policy": "ACCEPT",
    });
    for (path, wanted) in [
        ("/v4/volumes", json!({"region": "us-ord"})),
        ("/v4/nodebalancers", json!({"region": "us-ord"})),
        ("/v4/networking/firewalls", json!({"rules": rules})),
        ("/v4/lke/clusters", reference()),
    ] {
        for label in ["first", "second"] {
            let mut wanted = wanted.clone();
            wanted["label"] = json!(label);
            let said = user.ask("POST", path, wanted).await;
            let text = if said.status == 200 { "" } else { &said.text };
            user.write(&format!("{path} {label}: {} {text}", said.status));
        }
    }
    let cluster = user.get("/v4/lke/clusters").await.body["data"][0]["id"].clone();
    let path = format!("/v4/lke/clusters/{cluster}/pools");
    let pool = user.get(&path).await.body["data"][0]["id"].clone();
    // Two of three Linodes are there: a pool of one is the last.
    let one = json!({"type": "g6-standard-1", "count": 1});
    let two = json!({"type": "g6-standard-1", "count": 2});
    user.note("POST", &path, two).await;
    assert_eq!(user.ask("POST", &path, one.clone()).await.status, 200);
    user.note("POST", &path, one).await;
    let more = json!({"count": 2});
    user.note("PUT", &format!("{path}/{pool}"), more.clone())
        .await;
    let small = json!({
        "label": "small", "region": "us-ord", "k8s_version": "1.34",
        "node_pools": [{"type": "g6-standard-1", "count": 1}],
    });
    user.note("POST", "/v4/lke/clusters", small.clone()).await;
    let small_again = small.clone();
    assert_eq!(user.get("/v4/lke/clusters").await.body["results"], 1);

    let other = made_token(&user, &json!({"account": "other"}));
    let mut other = User::new(&user.twin, &other);
    let said = other.ask("POST", "/v4/lke/clusters", small).await;
    assert_eq!(said.status, 200, "another account has limits of its own");
    let one = json!({"default": {"clusters": 1}});
    user.note("PUT", "/_demo/limits", one).await;
    user.note("POST", "/v4/lke/clusters", small_again).await;
    user.note("PUT", "/_demo/limits", json!({})).await;
    let said = user.ask("PUT", &format!("{path}/{pool}"), more).await;
    assert_eq!(said.body["count"], 2);
    user.note("PUT", "/_demo/limits", json!({"default": {"moons": 1}}))
        .await;
    user.note("GET", "/_demo/limits", Value::Null).await;
    expect![[r#"
        10:00:00 PUT /_demo/limits: 200 {"default":{"linodes":3,"clusters":2,"nodebalancers":1,"volumes":1,"firewalls":1}}
        10:00:00 /v4/volumes first: 200 
        10:00:00 /v4/volumes second: 400 {"errors":[{"reason":"Account Limit reached. Please open a support ticket."}]}
        10:00:00 /v4/nodebalancers first: 200 
        10:00:00 /v4/nodebalancers second: 400 {"errors":[{"reason":"Account Limit reached. Please open a support ticket."}]}
        10:00:00 /v4/networking/firewalls first: 200 
        10:00:00 /v4/networking/firewalls second: 400 {"errors":[{"reason":"Account Limit reached. Please open a support ticket."}]}
        10:00:00 /v4/lke/clusters first: 200 
        10:00:00 /v4/lke/clusters second: 400 {"errors":[{"reason":"Account Limit reached. Please open a support ticket."}]}
        10:00:00 POST /v4/lke/clusters/601157/pools: 400 {"errors":[{"reason":"Account Limit reached. Please open a support ticket."}]}
        10:00:00 POST /v4/lke/clusters/601157/pools: 400 {"errors":[{"reason":"Account Limit reached. Please open a support ticket."}]}
        10:00:00 PUT /v4/lke/clusters/601157/pools/863318: 400 {"errors":[{"reason":"Account Limit reached. Please open a support ticket."}]}
        10:00:00 POST /v4/lke/clusters: 400 {"errors":[{"reason":"Account Limit reached. Please open a support ticket."}]}
        10:00:00 PUT /_demo/limits: 200 {"default":{"clusters":1}}
        10:00:00 POST /v4/lke/clusters: 400 {"errors":[{"reason":"Account Limit reached. Please open a support ticket."}]}
        10:00:00 PUT /_demo/limits: 200 {}
        10:00:00 PUT /_demo/limits: 400 {"errors":[{"reason":"unknown field `moons`, expected one of `linodes`, `clusters`, `nodebalancers`, `volumes`, `firewalls`"}]}
        10:00:00 GET /_demo/limits: 200 {}
    "#]].assert_eq(&user.transcript());
}

#[tokio::test(start_paused = true)]
async fn a_cluster_waits_until_the_account_may_have_one_more_volume() {
    let mut user = User::new(&cloud(1), "t");
    let mut wanted = reference();
    wanted["control_plane"] = Value::Null;
    let made = user.ask("POST", "/v4/lke/clusters", wanted).await.body;
    let id = made["id"].as_u64().expect("an id");
    user.wait(180).await;
    user.ask("PUT", "/_demo/limits", json!({"default": {"volumes": 0}}))
        .await;
    let token = kube_token(&mut user, id).await;
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "12Gi"}}},
    });
    let path = "/api/v1/namespaces/default/persistentvolumeclaims";
    assert_eq!(post_kube(&user, id, path, &token, &claim).await, 201);
    user.wait(300).await;
    assert_eq!(user.get("/v4/volumes").await.body["results"], 0);
    user.ask("PUT", "/_demo/limits", json!({})).await;
    user.wait(70).await;
    assert_eq!(user.get("/v4/volumes").await.body["results"], 1);
}
