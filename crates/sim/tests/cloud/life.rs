//! The life of a cluster, from POST to an empty ledger, on a virtual clock.

use crate::support::{LOCAL, User, cloud, kube_token, post_kube, reference};
use bytes::Bytes;
use expect_test::expect;
use http::Request;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::Service as _;

fn nodes(pools: &Value) -> String {
    let rows = pools["data"].as_array().cloned().unwrap_or_default();
    let line = |pool: &Value| {
        let node = &pool["nodes"][0];
        format!(
            "{} {} {} {}",
            pool["type"], node["id"], node["instance_id"], node["status"]
        )
    };
    rows.iter().map(line).collect::<Vec<_>>().join(" | ")
}

fn alive(ledger: &Value) -> String {
    let rows = ledger["alive"].as_array().cloned().unwrap_or_default();
    let row = |row: &Value| {
        format!(
            "{} {} @{}",
            row["kind"], row["label"], row["rate_micro_usd_hour"]
        )
    };
    let rows: Vec<String> = rows.iter().map(row).collect();
    format!("{} spent {}", rows.join(", "), ledger["spend_micro_usd"])
}

/// What Kubernetes says, or why it cannot be reached.
async fn kube(user: &User, cluster: u64, path: &str, token: &str) -> (u16, Value) {
    let request = Request::get(path).header("authorization", format!("Bearer {token}"));
    let request = request.body(Bytes::new()).expect("a request");
    match user.twin.kube_service(cluster, LOCAL).call(request).await {
        Ok(reply) => {
            let status = reply.status().as_u16();
            let body = reply
                .into_body()
                .collect()
                .await
                .expect("a whole body")
                .to_bytes();
            (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
        }
        Err(_) => (0, Value::Null),
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_comes_to_be_and_leaves_nothing() {
    let mut user = User::new(&cloud(7), "t");
    let made = user.note("POST", "/v4/lke/clusters", reference()).await;
    let id = made.body["id"].as_u64().expect("an id");
    let cluster = format!("/v4/lke/clusters/{id}");

    let config = user
        .note("GET", &format!("{cluster}/kubeconfig"), Value::Null)
        .await;
    user.write(&format!(
        "retry-after {:?}",
        config.headers.get("retry-after")
    ));
    user.note("GET", &format!("{cluster}/api-endpoints"), Value::Null)
        .await;
    user.note("GET", &format!("{cluster}/control_plane_acl"), Value::Null)
        .await;
    let pools = user.get(&format!("{cluster}/pools")).await;
    user.write(&nodes(&pools.body));

    user.wait(10).await;
    user.note("GET", &format!("{cluster}/control_plane_acl"), Value::Null)
        .await;
    let pools = user.get(&format!("{cluster}/pools")).await.body;
    user.write(&nodes(&pools));
    let rules = json!({
        "label": "ada-lke-gpu-kubeflow", "tags": ["kubeflow"],
        "rules": {
            "inbound": [], "inbound_policy": "DROP", "outbound": null, "outbound_policy": "ACCEPT",
        },
    });
    let firewall = user
        .note("POST", "/v4/networking/firewalls", rules)
        .await
        .body;
    let devices = format!("/v4/networking/firewalls/{}/devices", firewall["id"]);
    for pool in pools["data"].as_array().expect("pools") {
        let device = json!({"type": "linode", "id": pool["nodes"][0]["instance_id"]});
        user.note("POST", &devices, device).await;
    }
    let again = json!({"type": "linode", "id": pools["data"][0]["nodes"][0]["instance_id"]});
    user.note("POST", &devices, again).await;

    user.wait(70).await;
    let config = user.get(&format!("{cluster}/kubeconfig")).await;
    user.write(&format!("kubeconfig {}", config.status));
    user.note("GET", &format!("{cluster}/api-endpoints"), Value::Null)
        .await;
    user.wait(100).await;
    let pools = user.get(&format!("{cluster}/pools")).await;
    user.write(&nodes(&pools.body));
    let linodes = user.get("/v4/linode/instances").await.body;
    for one in linodes["data"].as_array().expect("linodes") {
        user.write(&format!(
            "{} {} {}",
            one["label"], one["status"], one["lke_cluster_id"]
        ));
    }
    let ledger = user.get("/_demo/ledger").await.body;
    user.write(&alive(&ledger));

    user.note("DELETE", &cluster, Value::Null).await;
    user.wait(4).await;
    user.note("GET", &cluster, Value::Null).await;
    let left = user.get("/v4/linode/instances").await.body["results"].clone();
    user.write(&format!("{left} linodes are going"));
    user.wait(60).await;
    let left = user.get("/v4/linode/instances").await.body["results"].clone();
    user.write(&format!("{left} linodes left"));
    user.note("GET", &devices, Value::Null).await;
    user.note("DELETE", devices.trim_end_matches("/devices"), Value::Null)
        .await;
    let ledger = user.get("/_demo/ledger").await.body;
    user.write(&format!("alive: {}", alive(&ledger)));
    expect![[r#"
        10:00:00 POST /v4/lke/clusters: 200 {"id":605332,"status":"ready","created":"2026-11-23T10:00:00","updated":"2026-11-23T10:00:00","label":"ada-lke-gpu-kubeflow","region":"us-ord","k8s_version":"1.34","tier":"standard","control_plane":{"high_availability":true},"apl_enabled":false,"tags":["kubeflow","gpu"],"locks":[]}
        10:00:00 GET /v4/lke/clusters/605332/kubeconfig: 503 {"errors":[{"reason":"Cluster kubeconfig is not yet available. Please try again later."}]}
        10:00:00 retry-after Some("43")
        10:00:00 GET /v4/lke/clusters/605332/api-endpoints: 503 {"errors":[{"reason":"Cluster API Endpoints are not yet available. Please try again later."}]}
        10:00:00 GET /v4/lke/clusters/605332/control_plane_acl: 200 {"acl":{"enabled":true,"revision-id":"ef98c8a4e2a6d61e2c45f03b12d27c9a","addresses":{"ipv4":["203.0.113.7/32"],"ipv6":[]}}}
        10:00:00 "g6-standard-2" "856879-f121337d0000" null "not_ready" | "g2-gpu-rtx4000a1-s" "856883-e6fa7a8d0000" null "not_ready"
        10:00:10 GET /v4/lke/clusters/605332/control_plane_acl: 200 {"acl":{"enabled":true,"revision-id":"r1","addresses":{"ipv4":["203.0.113.7/32"],"ipv6":[]}}}
        10:00:10 "g6-standard-2" "856879-f121337d0000" 94901265 "not_ready" | "g2-gpu-rtx4000a1-s" "856883-e6fa7a8d0000" 94901270 "not_ready"
        10:00:10 POST /v4/networking/firewalls: 200 {"id":9618816,"label":"ada-lke-gpu-kubeflow","created":"2026-11-23T10:00:10","updated":"2026-11-23T10:00:10","status":"enabled","rules":{"inbound":[],"inbound_policy":"DROP","outbound":null,"outbound_policy":"ACCEPT","version":1,"fingerprint":"92135334"},"tags":["kubeflow"],"entities":[]}
        10:00:10 POST /v4/networking/firewalls/9618816/devices: 200 {"id":11911026,"created":"2026-11-23T10:00:10","updated":"2026-11-23T10:00:10","entity":{"id":94901265,"type":"linode","label":"lke605332-856879-f121337d0000","url":"/v4/linode/instances/94901265","parent_entity":null}}
        10:00:10 POST /v4/networking/firewalls/9618816/devices: 200 {"id":11911031,"created":"2026-11-23T10:00:10","updated":"2026-11-23T10:00:10","entity":{"id":94901270,"type":"linode","label":"lke605332-856883-e6fa7a8d0000","url":"/v4/linode/instances/94901270","parent_entity":null}}
        10:00:10 POST /v4/networking/firewalls/9618816/devices: 400 {"errors":[{"reason":"linode 94901265 already has an enabled firewall: ada-lke-gpu-kubeflow. A service may have only one","field":"id"}]}
        10:01:20 kubeconfig 200
        10:01:20 GET /v4/lke/clusters/605332/api-endpoints: 200 {"data":[{"endpoint":"https://127.0.0.1:6443"}],"page":1,"pages":1,"results":1}
        10:03:00 "g6-standard-2" "856879-f121337d0000" 94901265 "ready" | "g2-gpu-rtx4000a1-s" "856883-e6fa7a8d0000" 94901270 "ready"
        10:03:00 "lke605332-856879-f121337d0000" "running" 605332
        10:03:00 "lke605332-856883-e6fa7a8d0000" "running" 605332
        10:03:00 "cluster" "ada-lke-gpu-kubeflow" @0, "control_plane" "ada-lke-gpu-kubeflow" @90000, "linode" "lke605332-856879-f121337d0000" @36000, "linode" "lke605332-856883-e6fa7a8d0000" @520000, "firewall" "ada-lke-gpu-kubeflow" @0 spent 646000
        10:03:00 DELETE /v4/lke/clusters/605332: 200 {}
        10:03:04 GET /v4/lke/clusters/605332: 404 {"errors":[{"reason":"Not found"}]}
        10:03:04 2 linodes are going
        10:04:04 0 linodes left
        10:04:04 GET /v4/networking/firewalls/9618816/devices: 200 {"data":[],"page":1,"pages":1,"results":0}
        10:04:04 DELETE /v4/networking/firewalls/9618816: 200 {}
        10:04:04 alive:  spent 646000
    "#]].assert_eq(&user.transcript());
}

#[tokio::test(start_paused = true)]
async fn kubernetes_answers_behind_the_access_list() {
    let mut user = User::new(&cloud(3), "t");
    let made = user.ask("POST", "/v4/lke/clusters", reference()).await;
    let id = made.body["id"].as_u64().expect("an id");
    assert_eq!(
        kube(&user, id, "/api/v1/nodes", "?").await.0,
        0,
        "nothing listens yet"
    );
    user.wait(200).await;
    let token = kube_token(&mut user, id).await;
    let (status, list) = kube(&user, id, "/api/v1/nodes", &token).await;
    assert_eq!(
        (status, list["items"].as_array().map(Vec::len)),
        (200, Some(2))
    );
    assert_eq!(kube(&user, id, "/api/v1/nodes", "wrong").await.0, 401);

    user.twin.demo(
        "PUT",
        "/_demo/clients",
        &json!({"127.0.0.1": "198.51.100.9"}),
    );
    assert_eq!(
        kube(&user, id, "/api/v1/nodes", &token).await.0,
        0,
        "roamed off the list"
    );
    let acl = json!({"acl": {"enabled": true, "addresses": {"ipv4": ["198.51.100.0/24"]}}});
    user.ask(
        "PUT",
        &format!("/v4/lke/clusters/{id}/control_plane_acl"),
        acl,
    )
    .await;
    assert_eq!(
        kube(&user, id, "/api/v1/nodes", &token).await.0,
        0,
        "not enforced yet"
    );
    user.wait(15).await;
    assert_eq!(kube(&user, id, "/api/v1/nodes", &token).await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn nodebalancers_and_volumes_outlive_their_cluster() {
    let mut user = User::new(&cloud(5), "t");
    let made = user.ask("POST", "/v4/lke/clusters", reference()).await;
    let id = made.body["id"].as_u64().expect("an id");
    user.wait(200).await;
    let config = user.get(&format!("/v4/lke/clusters/{id}/kubeconfig")).await;
    let text = config.body["kubeconfig"].as_str().expect("a kubeconfig");
    let text = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text);
    let text = String::from_utf8(text.expect("base64")).expect("text");
    let token = text
        .split("token: ")
        .nth(1)
        .and_then(|rest| rest.split('\n').next());
    let token = token.expect("a token").trim().to_owned();

    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    });
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "12Gi"}}},
    });
    let space = "/api/v1/namespaces/default";
    let services = format!("{space}/services");
    let claims = format!("{space}/persistentvolumeclaims");
    assert_eq!(post_kube(&user, id, &services, &token, &service).await, 201);
    assert_eq!(post_kube(&user, id, &claims, &token, &claim).await, 201);
    user.wait(30).await;
    let (_, service) = kube(&user, id, &format!("{services}/web"), &token).await;
    let balancers = user.get("/v4/nodebalancers").await.body;
    let balancer = &balancers["data"][0];
    assert_eq!(
        service["status"]["loadBalancer"]["ingress"][0]["ip"],
        balancer["ipv4"]
    );
    assert_eq!(balancer["lke_cluster"]["id"], json!(id));
    let (_, volumes) = kube(&user, id, "/api/v1/persistentvolumes", &token).await;
    let volume = user.get("/v4/volumes").await.body["data"][0].clone();
    let handle = format!(
        "{}-{}",
        volume["id"],
        volume["label"].as_str().expect("a label")
    );
    assert_eq!(
        volumes["items"][0]["spec"]["csi"]["volumeHandle"],
        json!(handle)
    );

    user.ask("DELETE", &format!("/v4/lke/clusters/{id}"), Value::Null)
        .await;
    user.wait(120).await;
    let ledger = user.get("/_demo/ledger").await.body;
    user.write(&alive(&ledger));
    for (list, one) in [("nodebalancers", balancer), ("volumes", &volume)] {
        user.note("DELETE", &format!("/v4/{list}/{}", one["id"]), Value::Null)
            .await;
    }
    let ledger = user.get("/_demo/ledger").await.body;
    user.write(&alive(&ledger));
    expect![[r#"
        10:05:50 "volume" "pvc-0bbb4ac73d014584" @1800, "nodebalancer" "lke606553-1d8eebd46cdb" @15000 spent 662800
        10:05:50 DELETE /v4/nodebalancers/1780891: 200 {}
        10:05:50 DELETE /v4/volumes/15922973: 200 {}
        10:05:50  spent 662800
    "#]].assert_eq(&user.transcript());
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_trace() {
    async fn trace(seed: u64) -> String {
        let mut user = User::new(&cloud(seed), "t");
        let made = user.note("POST", "/v4/lke/clusters", reference()).await;
        let cluster = format!("/v4/lke/clusters/{}", made.body["id"]);
        for _ in 0..20 {
            user.wait(9).await;
            user.note("GET", &format!("{cluster}/pools"), Value::Null)
                .await;
            user.note("GET", &format!("{cluster}/kubeconfig"), Value::Null)
                .await;
            user.note("GET", "/v4/account/events", Value::Null).await;
        }
        user.transcript()
    }
    let first = trace(11).await;
    assert_eq!(first, trace(11).await);
    assert_ne!(first, trace(12).await);
}

#[tokio::test(start_paused = true)]
async fn a_node_can_be_recycled_and_a_pool_shrunk_and_grown() {
    let mut user = User::new(&cloud(2), "t");
    let mut wanted = reference();
    wanted["node_pools"][0]["count"] = json!(3);
    let made = user.ask("POST", "/v4/lke/clusters", wanted).await;
    let cluster = format!("/v4/lke/clusters/{}", made.body["id"]);
    user.wait(200).await;
    let pools = user.get(&format!("{cluster}/pools")).await.body;
    let pool = format!("{cluster}/pools/{}", pools["data"][0]["id"]);
    let node = pools["data"][0]["nodes"][0]["id"]
        .as_str()
        .expect("a node")
        .to_owned();
    let short = |pool: &Value| {
        let nodes = pool["nodes"].as_array().cloned().unwrap_or_default();
        let ready = nodes
            .iter()
            .filter(|node| node["status"] == "ready")
            .count();
        let scaler = &pool["autoscaler"];
        format!(
            "count {} ready {ready}/{} {scaler}",
            pool["count"],
            nodes.len()
        )
    };
    user.ask(
        "POST",
        &format!("{cluster}/nodes/{node}/recycle"),
        json!({}),
    )
    .await;
    let after = user.get(&pool).await.body;
    user.write(&format!("recycled: {}", short(&after)));
    user.wait(120).await;
    user.ask(
        "DELETE",
        &format!(
            "{cluster}/nodes/{}",
            after["nodes"][0]["id"].as_str().expect("a node")
        ),
        Value::Null,
    )
    .await;
    let after = user.get(&pool).await.body;
    user.write(&format!("one node deleted: {}", short(&after)));
    let said = user.ask("PUT", &pool, json!({"count": 1})).await;
    user.write(&format!("shrunk: {}", short(&said.body)));
    let said = user
        .ask(
            "PUT",
            &pool,
            json!({"autoscaler": {"enabled": true, "min": 1, "max": 5}}),
        )
        .await;
    user.write(&format!("autoscaled: {}", short(&said.body)));
    user.note(
        "PUT",
        &pool,
        json!({"autoscaler": {"enabled": true, "min": 1}}),
    )
    .await;
    user.note("PUT", &pool, json!({"count": 101})).await;
    let said = user.ask("PUT", &pool, json!({"count": 2})).await;
    user.write(&format!("grown: {}", short(&said.body)));
    user.wait(120).await;
    let linodes = user.get("/v4/linode/instances").await.body["results"].clone();
    user.write(&format!("{linodes} linodes"));
    expect![[r#"
        10:03:20 recycled: count 3 ready 2/3 {"enabled":false,"min":3,"max":3}
        10:05:20 one node deleted: count 2 ready 2/2 {"enabled":false,"min":3,"max":3}
        10:05:20 shrunk: count 1 ready 1/1 {"enabled":false,"min":1,"max":1}
        10:05:20 autoscaled: count 1 ready 1/1 {"enabled":true,"min":1,"max":5}
        10:05:20 PUT /v4/lke/clusters/608604/pools/863068: 400 {"errors":[{"reason":"min and max need each other","field":"autoscaler"}]}
        10:05:20 PUT /v4/lke/clusters/608604/pools/863068: 400 {"errors":[{"reason":"Must be 1-100","field":"count"}]}
        10:05:20 grown: count 2 ready 1/2 {"enabled":true,"min":1,"max":5}
        10:07:20 3 linodes
    "#]].assert_eq(&user.transcript());
}
