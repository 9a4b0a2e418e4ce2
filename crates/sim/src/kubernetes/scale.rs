//! The subresource by which the count of a Deployment, ReplicaSet or StatefulSet is read and set.

use std::sync::Arc;

use http::{Method, Request, Response, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::api::{body, reply, text_header};
use super::kinds::Kind;
use super::owners::Writer;
use super::patch::{self, Style};
use super::peek::{map, number};
use super::status::Refusal;
use super::store::Key;
use super::write::{self, Part};
use super::{Cluster, Inner};
use crate::ReplyBody;

/// Whether objects of this kind are counted.
pub(super) fn has(kind: &Kind) -> bool {
    kind.group == "apps"
        && matches!(
            kind.resource,
            "deployments" | "replicasets" | "statefulsets"
        )
}

/// The count of an object, in the form of its own that every client knows.
fn of(object: &Value) -> Value {
    let metadata = [
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "creationTimestamp",
    ];
    let metadata = metadata.map(|field| (field.to_owned(), object["metadata"][field].clone()));
    let labels = object["spec"]["selector"]["matchLabels"].as_object();
    let words = labels.into_iter().flatten();
    let words: Vec<String> = words
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
        .collect();
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": Value::Object(metadata.into_iter().collect()),
        "spec": {"replicas": number(object, "/spec/replicas")},
        "status": {
            "replicas": number(object, "/status/replicas"), "selector": words.join(","),
        },
    })
}

/// GET, PUT or PATCH.
pub(super) fn act(
    cluster: &Cluster,
    request: &Request<bytes::Bytes>,
    key: &Key,
    writer: Writer<'_>,
    dry: bool,
    now: Timestamp,
) -> Result<Response<ReplyBody>, Refusal> {
    let found = |inner: &Inner| -> Result<Arc<Value>, Refusal> {
        let found = inner.store.get(key).cloned();
        found.ok_or_else(|| Refusal::not_found(key.kind(), &key.name))
    };
    if request.method() == Method::GET {
        return Ok(reply(StatusCode::OK, &of(&*found(&cluster.lock())?)));
    }
    let style = Style::of(text_header(request, &header::CONTENT_TYPE));
    let style = (request.method() == Method::PATCH)
        .then_some(style)
        .transpose()?;
    let sent = body(request)?;
    let done = cluster.with(|inner| {
        let mut object = Value::clone(&*found(inner)?);
        let wanted = match style {
            Some(style) => patch::apply(style, &of(&object), &sent)?,
            None => sent,
        };
        let count = wanted
            .pointer("/spec/replicas")
            .cloned()
            .unwrap_or_else(|| json!(0));
        map(&mut object, "spec").insert("replicas".to_owned(), count);
        write::update(inner, key, object, writer, Part::Main, dry, now)
    })?;
    Ok(reply(StatusCode::OK, &of(&done)))
}
