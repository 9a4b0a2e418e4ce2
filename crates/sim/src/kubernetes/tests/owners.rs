//! Server-side apply: whose field is whose.

use serde_json::{Value, json};

use super::{cluster, minute, ok, request};
use crate::kubernetes::Cluster;
use http_body_util::BodyExt as _;

const MAP: &str = "/api/v1/namespaces/default/configmaps/a";

/// Applies, and tells the refusal or what the map holds then.
async fn apply(cluster: &Cluster, who: &str, data: Value) -> String {
    let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": data});
    let mut request = request(cluster, &format!("PATCH {MAP}?{who}"), &body);
    let apply = "application/apply-patch+yaml".parse().unwrap();
    request.headers_mut().insert("content-type", apply);
    let reply = cluster.handle(request, minute(1)).await;
    let code = reply.status().as_u16();
    let bytes = reply.into_body().collect().await.unwrap().to_bytes();
    let reply: Value = serde_json::from_slice(&bytes).unwrap();
    match reply.get("data") {
        Some(data) => format!("{code} {data}"),
        None if code < 300 => format!("{code}"),
        None => format!("{code} {}", reply["message"].as_str().unwrap()),
    }
}

async fn owners(cluster: &Cluster) -> Vec<String> {
    let map = ok(cluster, &format!("GET {MAP}"), Value::Null).await;
    let entries = map["metadata"]["managedFields"].as_array().unwrap().iter();
    let told = |one: &Value| {
        let (manager, how) = (&one["manager"], &one["operation"]);
        format!("{manager} {how} {}", one["fieldsV1"])
    };
    entries.map(told).collect()
}

#[tokio::test]
async fn a_field_of_somebody_else_is_changed_by_force_alone() {
    let cluster = cluster();
    let mut told = vec![
        apply(&cluster, "", json!({"x": "1"})).await,
        apply(&cluster, "fieldManager=one", json!({"x": "1", "y": "1"})).await,
        apply(&cluster, "fieldManager=two", json!({"x": "1", "z": "1"})).await,
        apply(&cluster, "fieldManager=two", json!({"x": "2", "y": "2"})).await,
        apply(&cluster, "fieldManager=two&force=true", json!({"x": "2"})).await,
    ];
    told.extend(owners(&cluster).await);
    expect_test::expect![[r#"
        422 PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch
        201 {"x":"1","y":"1"}
        200 {"x":"1","y":"1","z":"1"}
        409 Apply failed with 2 conflicts: conflicts with "one":
        - .data.x
        - .data.y
        200 {"x":"2","y":"1"}
        "one" "Apply" {"f:data":{"f:y":{}}}
        "two" "Apply" {"f:data":{"f:x":{}}}
    "#]].assert_eq(&(told.join("\n") + "\n"));
}

#[tokio::test]
async fn what_its_owner_no_longer_says_is_taken_away() {
    let cluster = cluster();
    apply(&cluster, "fieldManager=one", json!({"x": "1", "y": "1"})).await;
    apply(&cluster, "fieldManager=two", json!({"y": "1"})).await;
    let mut told = vec![apply(&cluster, "fieldManager=one", json!({"w": "1"})).await];
    told.extend(owners(&cluster).await);
    let before = ok(&cluster, &format!("GET {MAP}"), Value::Null).await;
    told.push(apply(&cluster, "fieldManager=one", json!({"w": "1"})).await);
    let after = ok(&cluster, &format!("GET {MAP}"), Value::Null).await;
    assert_eq!(before, after);
    expect_test::expect![[r#"
        200 {"y":"1","w":"1"}
        "two" "Apply" {"f:data":{"f:y":{}}}
        "one" "Apply" {"f:data":{"f:w":{}}}
        200 {"y":"1","w":"1"}
    "#]]
    .assert_eq(&(told.join("\n") + "\n"));
}

#[tokio::test]
async fn what_an_edit_changes_is_the_editor_s() {
    let cluster = cluster();
    apply(&cluster, "fieldManager=one", json!({"x": "1", "y": "1"})).await;
    let edit = json!({"data": {"x": "9"}});
    ok(&cluster, &format!("PATCH {MAP}?fieldManager=edit"), edit).await;
    let mut told = owners(&cluster).await;
    told.push(apply(&cluster, "fieldManager=one", json!({"x": "1", "y": "1"})).await);
    told.push(apply(&cluster, "fieldManager=one&force=1", json!({"x": "1"})).await);
    told.extend(owners(&cluster).await);
    expect_test::expect![[r#"
        "one" "Apply" {"f:data":{"f:y":{}}}
        "edit" "Update" {"f:data":{"f:x":{}}}
        409 Apply failed with 1 conflict: conflict with "edit" using v1: .data.x
        200 {"x":"1"}
        "one" "Apply" {"f:data":{"f:x":{}}}
    "#]]
    .assert_eq(&(told.join("\n") + "\n"));
}

#[tokio::test]
async fn entries_of_a_keyed_list_have_owners_of_their_own() {
    let cluster = cluster();
    let path = "/apis/apps/v1/namespaces/default/deployments/web";
    let set = async |who: &str, containers: Value| {
        let body = json!({"spec": {
            "replicas": 0, "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers},
            },
        }});
        let mut request = request(&cluster, &format!("PATCH {path}?{who}"), &body);
        let apply = "application/apply-patch+yaml".parse().unwrap();
        request.headers_mut().insert("content-type", apply);
        assert!(
            cluster
                .handle(request, minute(1))
                .await
                .status()
                .is_success()
        );
        let seen = ok(&cluster, &format!("GET {path}"), Value::Null).await;
        let containers = seen["spec"]["template"]["spec"]["containers"].as_array();
        let all = containers.into_iter().flatten();
        let all = all.map(|one| json!({"name": one["name"], "image": one["image"]}));
        all.collect::<Value>().to_string()
    };
    let one = json!({"name": "one", "image": "a:1"});
    let two = json!({"name": "two", "image": "b:1"});
    let told = [
        set("fieldManager=a", json!([one, two])).await,
        set("fieldManager=b", json!([{"name": "three", "image": "c:1"}])).await,
        set("fieldManager=a", json!([two])).await,
    ];
    expect_test::expect![[r#"
        [{"name":"one","image":"a:1"},{"name":"two","image":"b:1"}]
        [{"name":"one","image":"a:1"},{"name":"two","image":"b:1"},{"name":"three","image":"c:1"}]
        [{"name":"two","image":"b:1"},{"name":"three","image":"c:1"}]
    "#]]
    .assert_eq(&(told.join("\n") + "\n"));
}
