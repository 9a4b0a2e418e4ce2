//! DELETE of one object or of many, and the eviction of a pod, which budgets can refuse.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::api::{body, reply};
use super::kinds::{Kind, known};
use super::peek::list;
use super::query::Query;
use super::select::Selector;
use super::status::{self, Refusal};
use super::store::Key;
use super::write::{self, Deletion};
use super::{Cluster, budgets};
use crate::ReplyBody;

/// A deletion's options, in its body or its query.
fn options(request: &Request<Bytes>, query: &Query) -> Result<Value, Refusal> {
    let mut options = if request.body().is_empty() {
        json!({})
    } else {
        body(request)?
    };
    let policy = query.get("propagationPolicy");
    if !policy.is_empty() && options.is_object() {
        options["propagationPolicy"] = json!(policy);
    }
    Ok(options)
}

/// Whether the options of a deletion say that nothing is to happen.
fn is_dry(options: &Value) -> bool {
    !list(options, "/dryRun").is_empty()
}

/// Deletes an object.
pub(super) fn one(
    cluster: &Cluster,
    request: &Request<Bytes>,
    key: &Key,
    query: &Query,
    dry: bool,
    now: Timestamp,
) -> Result<Deletion, Refusal> {
    let options = options(request, query)?;
    let dry = dry || is_dry(&options);
    cluster.with(|inner| write::delete(inner, key, &options, dry, now))
}

/// Deletes every object of a kind that is selected.
pub(super) fn all(
    cluster: &Cluster,
    request: &Request<Bytes>,
    (kind, namespace): (&Kind, Option<&str>),
    query: &Query,
    dry: bool,
    now: Timestamp,
) -> Result<Response<ReplyBody>, Refusal> {
    let selector = Selector::of(kind, query)?;
    let options = options(request, query)?;
    let dry = dry || is_dry(&options);
    cluster.with(|inner| -> Result<(), Refusal> {
        let all = inner.store.list(kind, namespace);
        let selected = all.filter(|(_, one)| selector.matches(one));
        let keys: Vec<Key> = selected.map(|(key, _)| key.clone()).collect();
        for key in keys {
            // One may have gone with another.
            if inner.store.get(&key).is_some() {
                write::delete(inner, &key, &options, dry, now)?;
            }
        }
        Ok(())
    })?;
    let done = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"});
    Ok(reply(StatusCode::OK, &done))
}

/// Deletes a pod unless a budget needs it.
pub(super) fn evict(
    cluster: &Cluster,
    request: &Request<Bytes>,
    (namespace, name): (&str, &str),
    dry: bool,
    now: Timestamp,
) -> Result<Response<ReplyBody>, Refusal> {
    let options = body(request)?["deleteOptions"].take();
    let dry = dry || is_dry(&options);
    let key = Key::new(known("", "pods"), namespace, name);
    cluster.with(|inner| {
        if let Some(pod) = inner.store.get(&key) {
            budgets::check(inner, &key, pod)?;
        }
        write::delete(inner, &key, &options, dry, now)
    })?;
    Ok(reply(StatusCode::CREATED, &status::evicted()))
}
