//! The menu of faults: every kind fires in one cloud that has something for each to change, and says
//! how often.

use crate::support::{User, cloud, reference};
use expect_test::expect;
use serde_json::{Value, json};

/// A running reference cluster with a volume, a NodeBalancer, a firewall and its cover.
async fn furnished() -> User {
    let mut user = User::new(&cloud(4), "menu");
    let made = user.ask("POST", "/v4/lke/clusters", reference()).await.body;
    user.wait(200).await;
    let linodes = user.get("/v4/linode/instances").await.body;
    let everyone = json!({"ipv4": ["0.0.0.0/0"]});
    let rule =
        json!({"action": "ACCEPT", "protocol": "ALL", "label": "all", "addresses": everyone});
    let wall = json!({
        "label": "wall", "devices": {"linodes": [linodes["data"][0]["id"]]},
        "rules": {"inbound": [rule], "outbound": [], "inbound_policy": "DROP",
                  "outbound_policy": "ACCEPT"},
    });
    let said = user.ask("POST", "/v4/networking/firewalls", wall).await;
    assert_eq!(said.status, 200, "{}", said.text);
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}},
    });
    let path = "/api/v1/namespaces/default/persistentvolumeclaims";
    let said = user.kube(&made["id"], "POST", path, claim).await;
    assert_eq!(said.status, 201, "{}", said.text);
    user.wait(60).await;
    user
}

/// What one kind does to one call that it can change something in; the call goes out twice, so that
/// a stale read has a reply to give.
async fn struck(kind: &str) -> String {
    let mut user = furnished().await;
    let rule = json!({"kind": kind});
    let said = user
        .ask("PUT", "/_demo/faults", json!({"seed": 2, "rules": [rule]}))
        .await;
    assert_eq!(said.status, 200, "{}", said.text);
    let more = json!({"label": "more", "region": "us-ord", "size": 10, "tags": ["theirs"]});
    let cluster = json!({
        "label": "other", "region": "us-ord", "k8s_version": "1.34", "tags": ["ours"],
        "node_pools": [{"type": "g6-standard-2", "count": 2}],
    });
    let said = match kind {
        "late_commit" | "label_rewritten" | "tags_stripped" | "quota" | "duplicate_label" => {
            user.ask("POST", "/v4/volumes", more).await
        }
        "capacity_short" => user.ask("POST", "/v4/lke/clusters", cluster).await,
        "node_never_ready" => {
            user.ask("POST", "/v4/lke/clusters", cluster).await;
            user.get("/v4/profile").await;
            user.wait(300).await;
            let clusters = user.get("/v4/lke/clusters").await.body;
            let id = &clusters["data"][1]["id"];
            user.get(&format!("/v4/lke/clusters/{id}/pools")).await
        }
        "node_dies" | "null_instance" | "unknown_enum" => {
            let clusters = user.get("/v4/lke/clusters").await.body;
            let id = &clusters["data"][0]["id"];
            user.get(&format!("/v4/lke/clusters/{id}/pools")).await
        }
        "filter_ignored" => user.filter(r#"{"label":"none"}"#).get("/v4/volumes").await,
        "shifted_page" | "duplicate_id" => user.get("/v4/linode/instances").await,
        "stale_read" => {
            user.get("/v4/volumes").await;
            user.ask("POST", "/v4/volumes", more).await;
            user.get("/v4/volumes").await
        }
        "stuck_volume" => {
            let volumes = user.get("/v4/volumes").await.body;
            let path = format!("/v4/volumes/{}", volumes["data"][0]["id"]);
            user.ask("DELETE", &path, Value::Null).await
        }
        "lingering_delete" | "lock" => {
            let before = user.get("/v4/lke/clusters").await.body;
            let path = format!("/v4/lke/clusters/{}", before["data"][0]["id"]);
            let said = user.ask("DELETE", &path, Value::Null).await;
            user.wait(100).await;
            let after = user.get("/v4/lke/clusters").await.body;
            assert_eq!(after["results"], json!(1), "{kind}: it is still there");
            said
        }
        "lingering_linode" => {
            let clusters = user.get("/v4/lke/clusters").await.body;
            let path = format!("/v4/lke/clusters/{}", clusters["data"][0]["id"]);
            user.ask("DELETE", &path, Value::Null).await;
            user.wait(100).await;
            user.get("/v4/linode/instances").await
        }
        "late_balancer" => {
            user.get("/v4/profile").await;
            user.get("/v4/nodebalancers").await
        }
        "edit_rules" | "edit_cover" => {
            user.get("/v4/profile").await;
            let walls = user.get("/v4/networking/firewalls").await.body;
            let path = format!("/v4/networking/firewalls/{}", walls["data"][0]["id"]);
            let tail = if kind == "edit_rules" {
                "rules"
            } else {
                "devices"
            };
            user.get(&format!("{path}/{tail}")).await
        }
        "price_change" => {
            user.get("/v4/profile").await;
            user.get("/v4/lke/types").await
        }
        "version_retired" => {
            user.get("/v4/profile").await;
            user.get("/v4/lke/versions").await
        }
        "watch_expired" => {
            let clusters = user.get("/v4/lke/clusters").await.body;
            let path = "/api/v1/persistentvolumes?watch=true";
            let id = clusters["data"][0]["id"].clone();
            user.kube(&id, "GET", path, Value::Null).await
        }
        "certificate_rotated"
        | "huge_list"
        | "volume_without_handle"
        | "kube_down"
        | "kube_forbidden"
        | "kube_unauthorized"
        | "kube_expired" => {
            let clusters = user.get("/v4/lke/clusters").await.body;
            let path = "/api/v1/persistentvolumes";
            let id = clusters["data"][0]["id"].clone();
            user.kube(&id, "GET", path, Value::Null).await
        }
        _ => user.get("/v4/lke/clusters").await,
    };
    let fired = user.get("/_demo/faults").await.body["fired"][kind].clone();
    let text: String = said.text.chars().take(150).collect();
    format!("{kind}: {} {text}", said.status)
        .trim_end()
        .to_owned()
        + &format!(" [{fired}]")
}

#[tokio::test(start_paused = true)]
async fn every_kind_fires_and_is_counted() {
    let mut user = User::new(&cloud(4), "menu");
    let menu = user.get("/_demo/faults").await.body["kinds"].clone();
    let kinds = menu.as_array().expect("the menu");
    assert!(kinds.len() >= 60, "{} kinds", kinds.len());
    let mut lines = Vec::new();
    for kind in kinds {
        let (name, layer) = (&kind["kind"], &kind["layer"]);
        let line = struck(name.as_str().expect("a name")).await;
        assert!(!line.ends_with("[0]"), "never fired: {line}");
        lines.push(format!("{} {line}", layer.as_str().expect("a layer")));
    }
    expect![[r#"
        transport dns: 0 connection ended [1]
        transport refused: 0 connection ended [1]
        transport tls_expired: 0 connection ended [1]
        transport tls_self_signed: 0 connection ended [1]
        transport tls_wrong_host: 0 connection ended [1]
        transport ipv6_blackhole: 0 connection ended [1]
        transport reset: 0 connection ended [1]
        transport reset_mid: 0 connection ended within the reply [1]
        transport reset_after: 0 connection ended [1]
        transport truncated: 0 connection ended within the reply [1]
        transport stall: 0 connection ended [1]
        transport stall_after: 0 connection ended [1]
        transport slow: 200 {"data":[{"id":603798,"status":"ready","created":"2026-11-23T10:00:00","updated":"2026-11-23T10:00:00","label":"ada-lke-gpu-kubeflow","region":"us-ord [1]
        transport slow_body: 200 {"data":[{"id":603798,"status":"ready","created":"2026-11-23T10:00:00","updated":"2026-11-23T10:00:00","label":"ada-lke-gpu-kubeflow","region":"us-ord [1]
        transport goaway: 0 connection ended [1]
        transport goaway_after: 0 connection ended [1]
        transport captive_portal: 200 <!doctype html><title>Welcome</title><p>Please sign in to this network. [1]
        transport proxy_page: 502 <html><head><title>502 Bad Gateway</title></head><body>proxy</body></html> [1]
        transport proxy_page_after: 502 <html><head><title>502 Bad Gateway</title></head><body>proxy</body></html> [1]
        transport nginx_page: 400 <html><head><title>400 Bad Request</title></head><body>nginx</body></html> [1]
        account other_account: 200 {"data":[],"page":1,"pages":1,"results":0} [1]
        account restricted_user: 200 {"data":[],"page":1,"pages":1,"results":0} [1]
        account missing_scope: 401 {"errors":[{"reason":"Your OAuth token is not authorized to use this endpoint."}]} [1]
        status busy: 400 {"errors":[{"reason":"Linode busy."}]} [1]
        status quota: 400 {"errors":[{"reason":"Account Limit reached. Please open a support ticket."}]} [1]
        status duplicate_label: 400 {"errors":[{"reason":"Label must be unique","field":"label"}]} [1]
        status bad_region: 400 {"errors":[{"reason":"region is not valid","field":"region"}]} [1]
        status unauthorized: 401 {"errors":[{"reason":"Invalid Token"}]} [1]
        status forbidden: 403 {"errors":[{"reason":"Unauthorized"}]} [1]
        status not_found: 404 {"errors":[{"reason":"Not found"}]} [1]
        status timeout: 408 {"errors":[{"reason":"Request timed out."}]} [1]
        status timeout_after: 408 {"errors":[{"reason":"Request timed out."}]} [1]
        status conflict: 409 {"errors":[{"reason":"Conflict"}]} [1]
        status rate_limited: 429 {"errors":[{"reason":"Too many requests"}]} [1]
        status rate_limited_zero: 429 {"errors":[{"reason":"Too many requests"}]} [1]
        status rate_limited_long: 429 {"errors":[{"reason":"Too many requests"}]} [1]
        status rate_limited_date: 429 {"errors":[{"reason":"Too many requests"}]} [1]
        status rate_limited_bare: 429 {"errors":[{"reason":"Too many requests"}]} [1]
        status internal: 500 {"errors":[{"reason":"Internal Server Error"}]} [1]
        status internal_after: 500 {"errors":[{"reason":"Internal Server Error"}]} [1]
        status bad_gateway: 502 {"errors":[{"reason":"Bad Gateway"}]} [1]
        status unavailable: 503 {"errors":[{"reason":"Service unavailable."}]} [1]
        status maintenance: 503 {"errors":[{"reason":"Currently in maintenance mode."}]} [1]
        semantics late_commit: 0 connection ended [1]
        semantics list_lag: 200 {"data":[{"id":603798,"status":"ready","created":"2026-11-23T10:00:00","updated":"2026-11-23T10:00:00","label":"ada-lke-gpu-kubeflow","region":"us-ord [1]
        semantics stale_read: 200 {"data":[{"id":15921449,"status":"active","label":"pvc-8029fc8b945c4489","created":"2026-11-23T10:03:25","updated":"2026-11-23T10:03:25","filesystem_p [1]
        semantics missing_row: 200 {"data":[],"page":1,"pages":1,"results":1} [1]
        semantics missing_page: 200 {"data":[],"page":1,"pages":1,"results":1} [1]
        semantics shifted_page: 200 {"data":[{"id":94903413,"label":"lke603798-857956-8090858c0000","group":"","status":"running","created":"2026-11-23T10:00:03","updated":"2026-11-23T10 [1]
        semantics doubled_row: 200 {"data":[{"id":603798,"status":"ready","created":"2026-11-23T10:00:00","updated":"2026-11-23T10:00:00","label":"ada-lke-gpu-kubeflow","region":"us-ord [1]
        semantics duplicate_id: 200 {"data":[{"id":94903413,"label":"lke603798-857956-8090858c0000","group":"","status":"running","created":"2026-11-23T10:00:03","updated":"2026-11-23T10 [1]
        semantics unknown_enum: 200 {"data":[{"id":857953,"type":"g6-standard-2","label":"","count":1,"nodes":[{"id":"857953-edcedea20000","instance_id":94903415,"status":"unheard_of"}], [2]
        semantics missing_field: 200 {"data":[{"id":603798,"status":"ready","created":"2026-11-23T10:00:00","updated":"2026-11-23T10:00:00","label":"ada-lke-gpu-kubeflow","region":"us-ord [1]
        semantics extra_field: 200 {"data":[{"id":603798,"status":"ready","created":"2026-11-23T10:00:00","updated":"2026-11-23T10:00:00","label":"ada-lke-gpu-kubeflow","region":"us-ord [1]
        semantics wrong_type: 200 {"data":[{"id":603798,"status":"ready","created":"2026-11-23T10:00:00","updated":"2026-11-23T10:00:00","label":"ada-lke-gpu-kubeflow","region":"us-ord [1]
        semantics null_instance: 200 {"data":[{"id":857953,"type":"g6-standard-2","label":"","count":1,"nodes":[{"id":"857953-edcedea20000","instance_id":null,"status":"ready"}],"disks":[ [1]
        semantics filter_ignored: 200 {"data":[{"id":15921449,"status":"active","label":"pvc-8029fc8b945c4489","created":"2026-11-23T10:03:25","updated":"2026-11-23T10:03:25","filesystem_p [1]
        semantics label_rewritten: 200 {"id":15921453,"status":"creating","label":"morex1","created":"2026-11-23T10:04:20","updated":"2026-11-23T10:04:20","filesystem_path":"/dev/disk/by-id [1]
        semantics tags_stripped: 200 {"id":15921453,"status":"creating","label":"more","created":"2026-11-23T10:04:20","updated":"2026-11-23T10:04:20","filesystem_path":"/dev/disk/by-id/s [1]
        cloud capacity_short: 200 {"id":603803,"status":"ready","created":"2026-11-23T10:04:20","updated":"2026-11-23T10:04:20","label":"other","region":"us-ord","k8s_version":"1.34"," [1]
        cloud node_dies: 200 {"data":[{"id":857953,"type":"g6-standard-2","label":"","count":1,"nodes":[{"id":"857953-edcedea20000","instance_id":94903415,"status":"not_ready"}]," [2]
        cloud node_never_ready: 200 {"data":[{"id":857960,"type":"g6-standard-2","label":"","count":2,"nodes":[{"id":"857960-14bd3e170000","instance_id":94903422,"status":"not_ready"},{" [1]
        cloud late_balancer: 200 {"data":[{"id":1774348,"label":"lke603798-a5d16a86db21","region":"us-ord","type":"common","hostname":"198-19-146-29.ip.linodeusercontent.com","ipv4":" [2]
        cloud stuck_volume: 400 {"errors":[{"reason":"Unable to delete a volume that is attached. Detach it first"}]} [1]
        cloud lingering_delete: 200 {} [1]
        cloud lingering_linode: 200 {"data":[{"id":94903413,"label":"lke603798-857956-8090858c0000","group":"","status":"deleting","created":"2026-11-23T10:00:03","updated":"2026-11-23T1 [2]
        cloud lock: 400 {"errors":[{"reason":"lkecluster 603798 has a cannot_delete lock. Remove the lock first"}]} [1]
        cloud edit_tags: 200 {"data":[{"id":603798,"status":"ready","created":"2026-11-23T10:00:00","updated":"2026-11-23T10:00:00","label":"ada-lke-gpu-kubeflow","region":"us-ord [1]
        cloud edit_label: 200 {"data":[{"id":603798,"status":"ready","created":"2026-11-23T10:00:00","updated":"2026-11-23T10:00:00","label":"ada-lke-gpu-kubeflow-y","region":"us-o [1]
        cloud edit_count: 200 {"data":[{"id":603798,"status":"ready","created":"2026-11-23T10:00:00","updated":"2026-11-23T10:00:00","label":"ada-lke-gpu-kubeflow","region":"us-ord [1]
        cloud edit_rules: 200 {"inbound":[],"inbound_policy":"DROP","outbound":[],"outbound_policy":"ACCEPT","version":4,"fingerprint":"820e4e89"} [1]
        cloud edit_cover: 200 {"data":[],"page":1,"pages":1,"results":0} [1]
        cloud price_change: 200 {"data":[{"id":"lke-sa","label":"LKE Standard Availability","price":{"hourly":0.0,"monthly":0.0},"region_prices":[],"transfer":0},{"id":"lke-ha","labe [1]
        cloud version_retired: 200 {"data":[{"id":"1.36"}],"page":1,"pages":1,"results":1} [2]
        kubernetes kube_down: 503 {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"ServiceUnavailable","reason":"ServiceUnavailable","code":503} [1]
        kubernetes kube_forbidden: 403 {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Forbidden","reason":"Forbidden","code":403} [1]
        kubernetes kube_unauthorized: 401 {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401} [1]
        kubernetes kube_expired: 410 {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Expired","reason":"Expired","code":410} [1]
        kubernetes watch_expired: 200 {"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Expired","reason":"Expired","code":410}} [1]
        kubernetes certificate_rotated: 0 connection ended [1]
        kubernetes volume_without_handle: 200 {"kind":"PersistentVolumeList","apiVersion":"v1","metadata":{"resourceVersion":"42"},"items":[{"metadata":{"name":"pvc-8029fc8b-945c-4489-bfab-1747ea0 [1]
        kubernetes huge_list: 200 {"kind":"PersistentVolumeList","apiVersion":"v1","metadata":{"resourceVersion":"42"},"items":[{"metadata":{"name":"pvc-8029fc8b-945c-4489-bfab-1747ea0 [1]
    "#]].assert_eq(&(lines.join("\n") + "\n"));
}
