//! All objects of a kind at once, listed in pieces.

use http::{Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Cluster;
use super::accept::Shape;
use super::api::{Target, whole};
use super::mark::Mark;
use super::query::Query;
use super::select::Selector;
use super::status::Refusal;
use super::store::Key;
use crate::ReplyBody;

/// Lists what is selected.
pub(super) fn list(
    cluster: &Cluster,
    target: &Target,
    query: &Query,
    shape: Shape,
    now: Timestamp,
) -> Result<Response<ReplyBody>, Refusal> {
    let selector = Selector::of(target.kind, query)?;
    let limit: usize = query.get("limit").parse().unwrap_or_default();
    let inner = cluster.lock();
    let mark = match query.get("continue") {
        "" => None,
        token => {
            let wrong = || Refusal::bad_request("continue key is not valid");
            let mark = Mark::read(token).ok_or_else(wrong)?;
            if mark.version < inner.store.oldest() {
                return Err(Refusal::expired(mark.version, inner.store.oldest()));
            }
            Some(mark)
        }
    };
    let version = mark
        .as_ref()
        .map_or(inner.store.version(), |mark| mark.version);
    let after = |key: &Key| {
        mark.as_ref().is_none_or(|mark| {
            (key.namespace.as_str(), key.name.as_str())
                > (mark.namespace.as_str(), mark.name.as_str())
        })
    };
    let found = inner.store.list(target.kind, target.namespace.as_deref());
    let mut rows: Vec<(&Key, &Value)> = found
        .filter(|(key, object)| after(key) && selector.matches(object))
        .map(|(key, object)| (key, object.as_ref()))
        .collect();
    let mut about = json!({"resourceVersion": version.to_string()});
    if limit > 0 && rows.len() > limit {
        about["remainingItemCount"] = json!(rows.len() - limit);
        rows.truncate(limit);
        if let Some((last, _)) = rows.last() {
            let (namespace, name) = (last.namespace.clone(), last.name.clone());
            about["continue"] = json!(
                Mark {
                    version,
                    namespace,
                    name
                }
                .write()
            );
        }
    }
    let objects: Vec<&Value> = rows.into_iter().map(|(_, object)| object).collect();
    let text = shape.list(target.kind, &objects, &about, now);
    Ok(whole(StatusCode::OK, "application/json", text))
}
