//! What is locked stays, and so does what would take it along.

use expect_test::expect;
use serde_json::{Value, json};
use tower::Service as _;

use crate::support::{LOCAL, User, cloud, kube_token, made_token, post_kube, reference};

async fn lock(user: &mut User, kind: &str, id: &Value) -> Value {
    let wanted = json!({"entity_type": kind, "entity_id": id, "lock_type": "cannot_delete"});
    let said = user.ask("POST", "/v4beta/locks", wanted).await;
    assert_eq!(said.status, 200, "{}", said.text);
    said.body
}

#[tokio::test(start_paused = true)]
async fn a_lock_is_made_listed_shown_and_taken_away() {
    let mut user = User::new(&cloud(1), "t");
    let wanted = json!({"label": "data", "region": "us-ord"});
    let volume = user.ask("POST", "/v4/volumes", wanted).await.body["id"].clone();
    let body = json!({"entity_type": "volume", "entity_id": volume, "lock_type": "cannot_delete"});
    user.note("POST", "/v4/locks", body.clone()).await;
    let made = user.note("POST", "/v4beta/locks", body.clone()).await.body;
    user.note("POST", "/v4beta/locks", body.clone()).await;
    user.note("GET", "/v4beta/locks", Value::Null).await;
    let path = format!("/v4beta/locks/{}", made["id"]);
    user.note("GET", &path, Value::Null).await;
    let locks = user.get(&format!("/v4/volumes/{volume}")).await.body["locks"].clone();
    user.write(&format!("shown {locks}"));
    for (field, value) in [
        ("entity_type", json!("domain")),
        ("entity_id", json!("one")),
        ("entity_id", json!(1)),
        ("lock_type", json!("cannot_rebuild")),
    ] {
        let mut wrong = body.clone();
        wrong[field] = value;
        user.note("POST", "/v4beta/locks", wrong).await;
    }
    let reader = made_token(&user, &json!({"scopes": "volumes:read_only"}));
    let mut reader = User::new(&user.twin, &reader);
    reader.note("DELETE", &path, Value::Null).await;
    user.note("DELETE", &path, Value::Null).await;
    user.note("GET", &path, Value::Null).await;
    expect![[r#"
        10:00:00 POST /v4/locks: 404 {"errors":[{"reason":"Not found"}]}
        10:00:00 POST /v4beta/locks: 200 {"id":4604,"lock_type":"cannot_delete","entity":{"id":15926171,"type":"volume","label":"data","url":"/v4/volumes/15926171"}}
        10:00:00 POST /v4beta/locks: 400 {"errors":[{"reason":"volume 15926171 already has a lock","field":"entity_id"}]}
        10:00:00 GET /v4beta/locks: 200 {"data":[{"id":4604,"lock_type":"cannot_delete","entity":{"id":15926171,"type":"volume","label":"data","url":"/v4/volumes/15926171"}}],"page":1,"pages":1,"results":1}
        10:00:00 GET /v4beta/locks/4604: 200 {"id":4604,"lock_type":"cannot_delete","entity":{"id":15926171,"type":"volume","label":"data","url":"/v4/volumes/15926171"}}
        10:00:00 shown ["cannot_delete"]
        10:00:00 POST /v4beta/locks: 400 {"errors":[{"reason":"Must be one of: linode, nodebalancer, volume, lkecluster, lkenodepool","field":"entity_type"}]}
        10:00:00 POST /v4beta/locks: 400 {"errors":[{"reason":"entity_id must be an integer","field":"entity_id"}]}
        10:00:00 POST /v4beta/locks: 404 {"errors":[{"reason":"Not found"}]}
        10:00:00 POST /v4beta/locks: 400 {"errors":[{"reason":"Must be one of: cannot_delete","field":"lock_type"}]}
        10:00:00 DELETE /v4beta/locks/4604: 200 {}
        10:00:00 GET /v4beta/locks/4604: 404 {"errors":[{"reason":"Not found"}]}
        10:00:00 DELETE /v4beta/locks/4604: 401 {"errors":[{"reason":"Your OAuth token is not authorized to use this endpoint."}]}
    "#]].assert_eq(&(user.transcript() + &reader.transcript()));
}

#[tokio::test(start_paused = true)]
async fn a_clusters_own_controllers_heed_a_lock_too() {
    let mut user = User::new(&cloud(1), "t");
    let cluster = user.ask("POST", "/v4/lke/clusters", reference()).await;
    let id = cluster.body["id"].as_u64().expect("an id");
    user.wait(180).await;
    let token = kube_token(&mut user, id).await;
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    });
    let path = "/api/v1/namespaces/default/services";
    assert_eq!(post_kube(&user, id, path, &token, &service).await, 201);
    user.wait(30).await;
    let door = user.get("/v4/nodebalancers").await.body["data"][0]["id"].clone();
    let lock = lock(&mut user, "nodebalancer", &door).await;
    let request = http::Request::delete(format!("{path}/web"))
        .header("authorization", format!("Bearer {token}"))
        .body(bytes::Bytes::new())
        .expect("a request");
    let reply = user.twin.kube_service(id, LOCAL).call(request).await;
    assert_eq!(reply.expect("a reply").status(), 200);
    user.wait(300).await;
    let results = "/v4/nodebalancers";
    assert_eq!(user.get(results).await.body["results"], 1, "locked");
    let lock = format!("/v4beta/locks/{}", lock["id"]);
    user.ask("DELETE", &lock, Value::Null).await;
    user.wait(70).await;
    assert_eq!(user.get(results).await.body["results"], 0);
}

#[tokio::test(start_paused = true)]
async fn a_lock_blocks_every_delete() {
    let mut user = User::new(&cloud(1), "t");
    let cluster = user.ask("POST", "/v4/lke/clusters", reference()).await;
    let cluster = cluster.body["id"].clone();
    user.wait(10).await;
    let path = format!("/v4/lke/clusters/{cluster}");
    let pool = user.get(&format!("{path}/pools")).await.body["data"][0].clone();
    let (node, linode) = (&pool["nodes"][0]["id"], &pool["nodes"][0]["instance_id"]);
    let volume = json!({"label": "data", "region": "us-ord"});
    let volume = user.ask("POST", "/v4/volumes", volume).await.body["id"].clone();
    let door = json!({"label": "door", "region": "us-ord"});
    let door = user.ask("POST", "/v4/nodebalancers", door).await.body["id"].clone();
    let pool_path = format!("{path}/pools/{}", pool["id"]);
    let node_path = format!("{path}/nodes/{}", node.as_str().expect("an id"));
    let linode_path = format!("/v4/linode/instances/{linode}");
    let volume_path = format!("/v4/volumes/{volume}");
    let door_path = format!("/v4/nodebalancers/{door}");
    let all: [(&str, &Value, &str, Vec<&str>); 5] = [
        ("lkecluster", &cluster, &path, vec![&path]),
        (
            "lkenodepool",
            &pool["id"],
            &pool_path,
            vec![&pool_path, &path],
        ),
        (
            "linode",
            linode,
            &linode_path,
            vec![&linode_path, &node_path, &pool_path, &path],
        ),
        ("volume", &volume, &volume_path, vec![&volume_path]),
        ("nodebalancer", &door, &door_path, vec![&door_path]),
    ];
    for (kind, id, own, blocked) in all {
        let lock = lock(&mut user, kind, id).await;
        assert_eq!(user.get(own).await.body["locks"], json!(["cannot_delete"]));
        user.write(kind);
        for path in blocked {
            user.note("DELETE", path, Value::Null).await;
        }
        let lock = format!("/v4beta/locks/{}", lock["id"]);
        assert_eq!(user.ask("DELETE", &lock, Value::Null).await.status, 200);
        assert_eq!(user.get(own).await.body["locks"], json!([]));
    }
    assert_eq!(
        user.ask("DELETE", &node_path, Value::Null).await.status,
        200
    );
    assert_eq!(user.ask("DELETE", &path, Value::Null).await.status, 200);
    expect![[r#"
        10:00:10 lkecluster
        10:00:10 DELETE /v4/lke/clusters/601157: 400 {"errors":[{"reason":"lkecluster 601157 has a cannot_delete lock. Remove the lock first"}]}
        10:00:10 lkenodepool
        10:00:10 DELETE /v4/lke/clusters/601157/pools/863318: 400 {"errors":[{"reason":"lkenodepool 863318 has a cannot_delete lock. Remove the lock first"}]}
        10:00:10 DELETE /v4/lke/clusters/601157: 400 {"errors":[{"reason":"lkenodepool 863318 has a cannot_delete lock. Remove the lock first"}]}
        10:00:10 linode
        10:00:10 DELETE /v4/linode/instances/94907876: 400 {"errors":[{"reason":"linode 94907876 has a cannot_delete lock. Remove the lock first"}]}
        10:00:10 DELETE /v4/lke/clusters/601157/nodes/863318-1bd580720000: 400 {"errors":[{"reason":"linode 94907876 has a cannot_delete lock. Remove the lock first"}]}
        10:00:10 DELETE /v4/lke/clusters/601157/pools/863318: 400 {"errors":[{"reason":"linode 94907876 has a cannot_delete lock. Remove the lock first"}]}
        10:00:10 DELETE /v4/lke/clusters/601157: 400 {"errors":[{"reason":"linode 94907876 has a cannot_delete lock. Remove the lock first"}]}
        10:00:10 volume
        10:00:10 DELETE /v4/volumes/15926171: 400 {"errors":[{"reason":"volume 15926171 has a cannot_delete lock. Remove the lock first"}]}
        10:00:10 nodebalancer
        10:00:10 DELETE /v4/nodebalancers/1777479: 400 {"errors":[{"reason":"nodebalancer 1777479 has a cannot_delete lock. Remove the lock first"}]}
    "#]].assert_eq(&user.transcript());
}
