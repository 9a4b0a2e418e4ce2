//! Watches: the state first when it is asked for, then every change, one JSON event a line.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode, header};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Sleep;

use super::Cluster;
use super::accept::Shape;
use super::kinds::Kind;
use super::query::Query;
use super::select::Selector;
use super::status::Refusal;
use super::store::Change;
use crate::{BoxError, ReplyBody};

/// How long a watch lasts when the client does not say; the real server draws 30 to 60 minutes.
const LENGTH_DEFAULT: Duration = Duration::from_mins(30);
/// How often a quiet watch tells its version, when bookmarks are allowed.
const BOOKMARK_EVERY: Duration = Duration::from_mins(1);

/// One client's watch.
struct Watch {
    cluster: Cluster,
    kind: &'static Kind,
    namespace: Option<String>,
    selector: Selector,
    shape: Shape,
    /// For the ages in tables.
    now: Timestamp,
    /// The newest version that the client has seen.
    seen: u64,
    bookmarks: bool,
    ready: VecDeque<Bytes>,
    /// No more events follow those that are ready.
    ended: bool,
    newest: tokio::sync::watch::Receiver<u64>,
    end: Pin<Box<Sleep>>,
}

/// Begins a watch and answers with its stream.
pub(super) fn start(
    cluster: &Cluster,
    kind: &'static Kind,
    namespace: Option<String>,
    query: &Query,
    shape: Shape,
    now: Timestamp,
) -> Result<Response<ReplyBody>, Refusal> {
    let selector = Selector::of(kind, query)?;
    let length = query
        .get("timeoutSeconds")
        .parse()
        .ok()
        .map_or(LENGTH_DEFAULT, Duration::from_secs);
    let mut watch = Watch {
        cluster: cluster.clone(),
        kind,
        namespace,
        selector,
        shape,
        now,
        seen: 0,
        bookmarks: query.is_set("allowWatchBookmarks"),
        ready: VecDeque::new(),
        ended: false,
        newest: cluster.shared.newest.subscribe(),
        end: Box::pin(rest(length)),
    };
    let from = query.get("resourceVersion");
    let initial = query.is_set("sendInitialEvents");
    if initial || matches!(from, "" | "0") {
        watch.send_state(initial);
    } else {
        let wrong = || Refusal::bad_request(format!("invalid resource version: {from}"));
        watch.seen = from.parse().map_err(|_| wrong())?;
        watch.send_changes();
    }
    let stream = futures::stream::unfold(watch, |mut watch| async move {
        let line = watch.next().await?;
        Some((Ok::<_, BoxError>(Frame::data(line)), watch))
    });
    let mut out = Response::new(BodyExt::boxed_unsync(StreamBody::new(stream)));
    *out.status_mut() = StatusCode::OK;
    let json = header::HeaderValue::from_static("application/json");
    out.headers_mut().insert(header::CONTENT_TYPE, json);
    Ok(out)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a watch's length is a socket timeout, in real time"
)]
fn rest(length: Duration) -> Sleep {
    tokio::time::sleep(length)
}

impl Watch {
    /// The next line; none at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                return Some(line);
            }
            if self.ended || self.cluster.is_closed() {
                return None;
            }
            tokio::select! {
                biased;
                news = self.newest.changed() => {
                    news.ok()?;
                    self.send_changes();
                }
                () = &mut self.end => self.ended = true,
                () = rest(BOOKMARK_EVERY), if self.bookmarks => self.send_bookmark(false),
            }
        }
    }

    fn send_state(&mut self, bookmark: bool) {
        let cluster = self.cluster.clone();
        let inner = cluster.lock();
        self.seen = inner.store.version();
        let all = inner.store.list(self.kind, self.namespace.as_deref());
        let selected = all.filter(|(_, object)| self.selector.matches(object));
        for object in selected
            .map(|(_, object)| Arc::clone(object))
            .collect::<Vec<_>>()
        {
            self.send("ADDED", &object);
        }
        if bookmark {
            self.send_bookmark(true);
        }
    }

    fn send_changes(&mut self) {
        let cluster = self.cluster.clone();
        let inner = cluster.lock();
        let Some(changes) = inner.store.changes_after(self.seen) else {
            let expired = Refusal::expired(self.seen, inner.store.oldest());
            self.line("ERROR", &expired.body());
            self.ended = true;
            return;
        };
        for change in changes {
            self.seen = change.version;
            let here = self.kind.is(change.key.group, change.key.resource)
                && self
                    .namespace
                    .as_ref()
                    .is_none_or(|wanted| *wanted == change.key.namespace);
            if here {
                self.send_change(change);
            }
        }
    }

    fn send_change(&mut self, change: &Change) {
        let selected = |object: &Option<_>| {
            object
                .as_ref()
                .is_some_and(|object: &Arc<Value>| self.selector.matches(object))
        };
        match (
            selected(&change.before),
            selected(&change.after),
            &change.before,
            &change.after,
        ) {
            (false, true, _, Some(after)) => self.send("ADDED", after),
            (true, true, _, Some(after)) => self.send("MODIFIED", after),
            (true, false, Some(before), _) => {
                let mut last = Value::clone(before);
                last["metadata"]["resourceVersion"] = json!(change.version.to_string());
                self.send("DELETED", &last);
            }
            _ => {}
        }
    }

    fn send(&mut self, event: &str, object: &Value) {
        let shaped = self.shape.object(self.kind, object, self.now);
        self.line(event, &shaped);
    }

    /// Tells the version; `complete` marks the end of the initial state.
    fn send_bookmark(&mut self, complete: bool) {
        let mut metadata =
            json!({"resourceVersion": self.seen.to_string(), "creationTimestamp": null});
        if complete {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let mark = json!({
            "kind": self.kind.name, "apiVersion": self.kind.api_version(), "metadata": metadata,
        });
        self.line("BOOKMARK", &mark);
    }

    fn line(&mut self, event: &str, object: &Value) {
        let line = json!({"type": event, "object": object});
        self.ready.push_back(Bytes::from(format!("{line}\n")));
    }
}
