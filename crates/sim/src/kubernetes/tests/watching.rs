//! Watches: initial state, changes, bookmarks, 410, the end.

use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::{cluster, minute, names, ok, request};
use crate::ReplyBody;
use crate::kubernetes::Cluster;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

async fn watch(cluster: &Cluster, query: &str) -> ReplyBody {
    let line = format!("GET {MAPS}?watch=true&{query}");
    let reply = cluster
        .handle(request(cluster, &line, &Value::Null), minute(1))
        .await;
    assert_eq!(reply.status(), 200);
    reply.into_body()
}

/// The next event as `ADDED a`, with the HTTP code for an error; `end` at the end.
async fn next(stream: &mut ReplyBody) -> String {
    let Some(frame) = stream.frame().await else {
        return "end".to_owned();
    };
    let event: Value = serde_json::from_slice(&frame.unwrap().into_data().unwrap()).unwrap();
    let object = &event["object"];
    let about = match object["metadata"]["name"].as_str() {
        Some(name) => name.to_owned(),
        None if object["kind"] == "Status" => object["code"].to_string(),
        None => object["metadata"]["annotations"]
            .as_object()
            .map_or("", |_| "initial")
            .to_owned(),
    };
    format!("{} {about}", event["type"].as_str().unwrap())
        .trim_end()
        .to_owned()
}

async fn put(cluster: &Cluster, name: &str, tier: &str) {
    let map = json!({"metadata": {"name": name, "labels": {"tier": tier}}});
    ok(cluster, &format!("POST {MAPS}"), map).await;
}

async fn relabel(cluster: &Cluster, name: &str, tier: &str) {
    let patch = json!({"metadata": {"labels": {"tier": tier}}});
    ok(cluster, &format!("PATCH {MAPS}/{name}"), patch).await;
}

#[tokio::test(start_paused = true)]
async fn a_watch_without_a_version_begins_with_what_is_there() {
    let cluster = cluster();
    put(&cluster, "a", "x").await;
    let mut stream = watch(&cluster, "").await;
    assert_eq!(next(&mut stream).await, "ADDED a");
    put(&cluster, "b", "x").await;
    relabel(&cluster, "a", "y").await;
    ok(&cluster, &format!("DELETE {MAPS}/a"), Value::Null).await;
    for expected in ["ADDED b", "MODIFIED a", "DELETED a"] {
        assert_eq!(next(&mut stream).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_streamed_list_says_where_the_initial_state_ends() {
    let cluster = cluster();
    put(&cluster, "a", "x").await;
    let query = "sendInitialEvents=true&allowWatchBookmarks=true&\
                 resourceVersionMatch=NotOlderThan&timeoutSeconds=90";
    let mut stream = watch(&cluster, query).await;
    for expected in ["ADDED a", "BOOKMARK initial", "BOOKMARK", "end"] {
        assert_eq!(next(&mut stream).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_goes_on_from_a_version_and_gets_410_once_it_is_compacted() {
    let cluster = cluster();
    put(&cluster, "a", "x").await;
    let list = ok(&cluster, &format!("GET {MAPS}"), Value::Null).await;
    assert_eq!(names(&list), ["a"]);
    let version = list["metadata"]["resourceVersion"]
        .as_str()
        .unwrap()
        .to_owned();
    put(&cluster, "b", "x").await;
    let query = format!("resourceVersion={version}");
    assert_eq!(next(&mut watch(&cluster, &query).await).await, "ADDED b");
    cluster.with(|inner| inner.store.compact());
    let mut stream = watch(&cluster, &query).await;
    assert_eq!(next(&mut stream).await, "ERROR 410");
    assert_eq!(next(&mut stream).await, "end");
    let again = Cluster::load(cluster.save()).unwrap();
    assert_eq!(next(&mut watch(&again, &query).await).await, "ERROR 410");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_no_longer_selected_is_deleted_to_the_watcher() {
    let cluster = cluster();
    put(&cluster, "a", "front").await;
    put(&cluster, "b", "back").await;
    let mut stream = watch(&cluster, "labelSelector=tier%3Dfront").await;
    relabel(&cluster, "a", "back").await;
    relabel(&cluster, "b", "front").await;
    for expected in ["ADDED a", "DELETED a", "ADDED b"] {
        assert_eq!(next(&mut stream).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_ends_with_its_time_and_with_its_cluster() {
    let cluster = cluster();
    let mut timed = watch(&cluster, "timeoutSeconds=5").await;
    assert_eq!(next(&mut timed).await, "end");
    let mut open = watch(&cluster, "").await;
    cluster.close();
    assert_eq!(next(&mut open).await, "end");
}

#[tokio::test(start_paused = true)]
async fn a_watch_of_metadata_leaves_the_rest_out() {
    let cluster = cluster();
    let line = format!("GET {MAPS}?watch=true");
    let mut request = request(&cluster, &line, &Value::Null);
    let accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    request
        .headers_mut()
        .insert("accept", accept.parse().unwrap());
    ok(
        &cluster,
        &format!("POST {MAPS}"),
        json!({"metadata": {"name": "a"}, "data": {"n": "1"}}),
    )
    .await;
    let mut stream = cluster.handle(request, minute(1)).await.into_body();
    let frame = stream.frame().await.unwrap().unwrap().into_data().unwrap();
    let event: Value = serde_json::from_slice(&frame).unwrap();
    assert_eq!(event["object"]["kind"], "PartialObjectMetadata");
    assert_eq!(event["object"].get("data"), None);
}
