//! Objects: verbs, selectors, finalizers, refusals.

use serde_json::{Value, json};

use super::{cluster, gpu_node, minute, names, ok, refusal, request, send};
use crate::kubernetes::Cluster;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

async fn put_maps(cluster: &Cluster) {
    for (name, tier) in [("a", "front"), ("b", "back"), ("c", "back")] {
        let map =
            json!({"metadata": {"name": name, "labels": {"tier": tier}}, "data": {"n": name}});
        ok(cluster, &format!("POST {MAPS}"), map).await;
    }
}

#[tokio::test]
async fn a_wrong_or_missing_token_is_unauthorized_and_health_is_for_everyone() {
    let cluster = cluster();
    for shown in ["", "Bearer wrong", "Basic abc"] {
        let mut request = request(&cluster, "GET /api/v1/nodes", &Value::Null);
        request
            .headers_mut()
            .insert("authorization", shown.parse().unwrap());
        assert_eq!(cluster.handle(request, minute(1)).await.status(), 401);
    }
    let mut request = request(&cluster, "GET /readyz", &Value::Null);
    request.headers_mut().remove("authorization");
    assert_eq!(cluster.handle(request, minute(1)).await.status(), 200);
}

#[tokio::test]
async fn refusals_name_their_reason() {
    let cluster = cluster();
    put_maps(&cluster).await;
    let stale = json!({"metadata": {"name": "a", "resourceVersion": "1"}});
    let mut lines = Vec::new();
    for (line, body) in [
        ("GET /api/v1/nodes/x", Value::Null),
        (
            "GET /apis/apps/v1/namespaces/default/deployments/x",
            Value::Null,
        ),
        ("GET /api/v1/gremlins", Value::Null),
        ("GET /apis/metrics.k8s.io/v1beta1/nodes", Value::Null),
        (
            "POST /api/v1/namespaces/default/configmaps",
            json!({"metadata": {"name": "a"}}),
        ),
        (
            "POST /api/v1/namespaces/default/configmaps",
            json!({"metadata": {"name": "A_"}}),
        ),
        (
            "POST /api/v1/namespaces/nowhere/configmaps",
            json!({"metadata": {"name": "a"}}),
        ),
        (
            "POST /api/v1/namespaces/default/configmaps",
            json!({"kind": "Secret", "metadata": {"name": "s"}}),
        ),
        ("POST /api/v1/namespaces/default/configmaps", json!([])),
        ("PUT /api/v1/namespaces/default/configmaps/a", stale),
        (
            "DELETE /api/v1/namespaces/default/configmaps/a",
            json!({"preconditions": {"uid": "other"}}),
        ),
        (
            "POST /api/v1/namespaces/default/services",
            json!({"metadata": {"name": "s"}}),
        ),
        (
            "GET /api/v1/namespaces/default/configmaps?labelSelector=a%20b",
            Value::Null,
        ),
        ("GET /openapi/v1", Value::Null),
    ] {
        lines.push(refusal(&cluster, line, body).await);
    }
    expect_test::expect![[r#"
        404 NotFound: nodes "x" not found
        404 NotFound: deployments.apps "x" not found
        404 NotFound: the server could not find the requested resource
        404 NotFound: the server could not find the requested resource
        409 AlreadyExists: configmaps "a" already exists
        422 Invalid: ConfigMap "A_" is invalid: metadata.name: Invalid value: "A_": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        404 NotFound: namespaces "nowhere" not found
        400 BadRequest: the object provided is unrecognized (must be of type ConfigMap):  Secret
        400 BadRequest: the body of the request is not an object
        409 Conflict: Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again
        409 Conflict: Operation cannot be fulfilled on configmaps "a": the uid in the precondition does not match
        422 Invalid: Service "s" is invalid: spec.ports: Required value
        400 BadRequest: unable to parse requirement: a b
        404 NotFound: the server could not find the requested resource
    "#]].assert_eq(&(lines.join("\n") + "\n"));
}

#[tokio::test]
async fn selectors_select() {
    let cluster = cluster();
    put_maps(&cluster).await;
    for (query, expected) in [
        ("", &["a", "b", "c"][..]),
        ("labelSelector=tier%3Dback", &["b", "c"]),
        ("labelSelector=tier!=back", &["a"]),
        ("labelSelector=tier+in+(front,+side)", &["a"]),
        ("labelSelector=tier+notin+(front),tier", &["b", "c"]),
        ("labelSelector=!tier", &[]),
        ("fieldSelector=metadata.name%3Db", &["b"]),
        (
            "fieldSelector=metadata.name!=b,metadata.namespace=default",
            &["a", "c"],
        ),
    ] {
        let list = ok(&cluster, &format!("GET {MAPS}?{query}"), Value::Null).await;
        assert_eq!(names(&list), expected, "{query}");
    }
}

#[tokio::test]
async fn a_list_can_be_read_in_pages_until_its_version_is_compacted() {
    let cluster = cluster();
    put_maps(&cluster).await;
    let first = ok(&cluster, &format!("GET {MAPS}?limit=2"), Value::Null).await;
    assert_eq!(names(&first), ["a", "b"]);
    let next = first["metadata"]["continue"].as_str().unwrap();
    let rest = format!("GET {MAPS}?limit=2&continue={next}");
    let second = ok(&cluster, &rest, Value::Null).await;
    assert_eq!(names(&second), ["c"]);
    assert_eq!(second["metadata"].get("continue"), None);
    ok(&cluster, &format!("DELETE {MAPS}/a"), Value::Null).await;
    cluster.with(|inner| inner.store.compact());
    assert_eq!(send(&cluster, &rest, Value::Null).await.0, 410);
}

#[tokio::test]
async fn a_finalizer_keeps_an_object_until_it_is_taken_off() {
    let cluster = cluster();
    let map = json!({"metadata": {"name": "a", "finalizers": ["example.com/hold"]}});
    ok(&cluster, &format!("POST {MAPS}"), map).await;
    let leaving = ok(&cluster, &format!("DELETE {MAPS}/a"), Value::Null).await;
    assert!(
        leaving["metadata"]["deletionTimestamp"].is_string(),
        "{leaving}"
    );
    let freed = json!({"metadata": {"finalizers": null}});
    ok(&cluster, &format!("PATCH {MAPS}/a"), freed).await;
    assert_eq!(
        send(&cluster, &format!("GET {MAPS}/a"), Value::Null)
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn a_status_is_changed_only_through_its_subresource_and_a_spec_never() {
    let cluster = cluster();
    let path = "/apis/apps/v1/namespaces/default/statefulsets";
    let made =
        json!({"metadata": {"name": "proof"}, "spec": {"replicas": 0}, "status": {"replicas": 9}});
    let made = ok(&cluster, &format!("POST {path}"), made).await;
    assert_eq!(
        (made.get("status"), &made["metadata"]["generation"]),
        (None, &json!(1))
    );
    let both = json!({"spec": {"replicas": 3}, "status": {"readyReplicas": 1}});
    let by_status = ok(
        &cluster,
        &format!("PATCH {path}/proof/status"),
        both.clone(),
    )
    .await;
    assert_eq!(by_status["spec"]["replicas"], 0);
    assert_eq!(by_status["status"]["readyReplicas"], 1);
    let by_main = ok(&cluster, &format!("PATCH {path}/proof"), both).await;
    assert_eq!(by_main["spec"]["replicas"], 3);
    assert_eq!(by_main["metadata"]["generation"], 2);
}

#[tokio::test]
async fn a_write_that_changes_nothing_makes_no_new_version() {
    let cluster = cluster();
    put_maps(&cluster).await;
    let before = ok(&cluster, &format!("GET {MAPS}/a"), Value::Null).await;
    let same = ok(
        &cluster,
        &format!("PATCH {MAPS}/a"),
        json!({"data": {"n": "a"}}),
    )
    .await;
    assert_eq!(before, same);
}

#[tokio::test]
async fn deleting_a_namespace_takes_its_objects_along() {
    let cluster = cluster();
    ok(
        &cluster,
        "POST /api/v1/namespaces",
        json!({"metadata": {"name": "ml"}}),
    )
    .await;
    let held = json!({"metadata": {"name": "held", "finalizers": ["example.com/hold"]}});
    ok(&cluster, "POST /api/v1/namespaces/ml/configmaps", held).await;
    let plain = json!({"metadata": {"name": "plain"}});
    ok(
        &cluster,
        "POST /api/v1/namespaces/ml/secrets",
        plain.clone(),
    )
    .await;
    let leaving = ok(&cluster, "DELETE /api/v1/namespaces/ml", Value::Null).await;
    assert_eq!(leaving["status"]["phase"], "Terminating");
    let secrets = ok(&cluster, "GET /api/v1/namespaces/ml/secrets", Value::Null).await;
    assert_eq!(names(&secrets), [""; 0]);
    let refused = refusal(&cluster, "POST /api/v1/namespaces/ml/secrets", plain).await;
    assert!(refused.starts_with("403 Forbidden"), "{refused}");
    let freed = json!({"metadata": {"finalizers": null}});
    ok(
        &cluster,
        "PATCH /api/v1/namespaces/ml/configmaps/held",
        freed,
    )
    .await;
    assert_eq!(
        send(&cluster, "GET /api/v1/namespaces/ml", Value::Null)
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn gpus_are_visible_only_with_a_device_plugin() {
    let cluster = cluster();
    cluster.add_node(gpu_node("lke1-2-aa", 11), minute(0));
    let count = async || {
        let node = ok(&cluster, "GET /api/v1/nodes/lke1-2-aa", Value::Null).await;
        node["status"]["allocatable"].get("nvidia.com/gpu").cloned()
    };
    assert_eq!(count().await, None);
    let image = "nvcr.io/nvidia/k8s-device-plugin:v0.20.0";
    let mut plugin = json!({
        "metadata": {"name": "plugin"},
        "spec": {"template": {"spec": {
            "runtimeClassName": "nvidia", "containers": [{"name": "plugin", "image": image}],
        }}},
    });
    let path = "/apis/apps/v1/namespaces/kube-system/daemonsets";
    let class = json!({"metadata": {"name": "nvidia"}, "handler": "nvidia"});
    // Without its runtime class, or kept away by the node's taint, it does not run there.
    ok(&cluster, &format!("POST {path}"), plugin.clone()).await;
    ok(&cluster, "POST /apis/node.k8s.io/v1/runtimeclasses", class).await;
    assert_eq!(count().await, None);
    plugin["spec"]["template"]["spec"]["tolerations"] = json!([{"operator": "Exists"}]);
    ok(&cluster, &format!("PUT {path}/plugin"), plugin).await;
    assert_eq!(count().await, Some(json!("1")));
    ok(
        &cluster,
        "DELETE /apis/node.k8s.io/v1/runtimeclasses/nvidia",
        Value::Null,
    )
    .await;
    assert_eq!(count().await, None);
    let class = json!({"metadata": {"name": "nvidia"}, "handler": "nvidia"});
    ok(&cluster, "POST /apis/node.k8s.io/v1/runtimeclasses", class).await;
    assert_eq!(count().await, Some(json!("1")));
    ok(&cluster, &format!("DELETE {path}/plugin"), Value::Null).await;
    assert_eq!(count().await, None);
}

#[tokio::test]
async fn a_node_goes_with_its_pods_and_a_closed_cluster_answers_nothing() {
    let cluster = cluster();
    cluster.add_node(gpu_node("lke1-2-aa", 11), minute(0));
    let pods = "GET /api/v1/pods?fieldSelector=spec.nodeName%3Dlke1-2-aa";
    assert_eq!(names(&ok(&cluster, pods, Value::Null).await).len(), 3);
    cluster.remove_node("lke1-2-aa", minute(2));
    assert_eq!(names(&ok(&cluster, pods, Value::Null).await).len(), 0);
    cluster.close();
    assert_eq!(
        send(&cluster, "GET /api/v1/nodes", Value::Null).await.0,
        503
    );
}

#[tokio::test]
async fn the_same_seed_gives_the_same_cluster() {
    let both = [cluster(), cluster()];
    assert_eq!(both[0].save(), both[1].save());
    let other = Cluster::new(584_692, "1.34", minute(0), 8);
    assert_ne!(both[0].save()["secrets"], other.save()["secrets"]);
}

#[tokio::test]
async fn a_json_patch_applies_step_by_step_or_not_at_all() {
    let cluster = cluster();
    put_maps(&cluster).await;
    let patch = |body: Value| {
        let mut request = request(&cluster, &format!("PATCH {MAPS}/a"), &body);
        let json = "application/json-patch+json".parse().unwrap();
        request.headers_mut().insert("content-type", json);
        request
    };
    let good = json!([
        {"op": "test", "path": "/data/n", "value": "a"},
        {"op": "add", "path": "/metadata/annotations", "value": {}},
        {"op": "add", "path": "/metadata/annotations/example.com~1x", "value": "1"},
    ]);
    assert_eq!(cluster.handle(patch(good), minute(1)).await.status(), 200);
    let bad = json!([
        {"op": "remove", "path": "/data"},
        {"op": "test", "path": "/metadata/name", "value": "z"},
    ]);
    assert_eq!(cluster.handle(patch(bad), minute(1)).await.status(), 422);
    let after = ok(&cluster, &format!("GET {MAPS}/a"), Value::Null).await;
    assert_eq!(after["data"], json!({"n": "a"}));
    assert_eq!(
        after["metadata"]["annotations"],
        json!({"example.com/x": "1"})
    );
}
