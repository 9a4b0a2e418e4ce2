//! Faults of a cluster's own API, by the path `/kubernetes/…`.

use std::ops::Range;
use std::sync::LazyLock;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody};
use serde_json::{Value, json};

use super::kinds::Act;
use super::{Broken, Strike};
use crate::kubernetes::Cluster;
use crate::store::World;
use crate::{BoxError, ReplyBody};

/// What becomes of one request to a cluster's API.
pub(crate) enum Way {
    /// It is answered as it should be.
    Honest,
    /// It is answered, and then that is changed.
    Bent(Bent),
    /// The connection ends.
    Broken(Broken),
    /// It is answered by this alone.
    Refused(u16, &'static str),
    /// The watch begins and ends with an error.
    WatchExpired,
}

/// How an honest list is changed.
#[derive(Clone, Copy)]
pub(crate) enum Bent {
    /// PersistentVolumes name no volume.
    WithoutHandle,
    /// So many rows are added.
    Huge(u32),
}

/// So many rows, of some two thousand bytes each, are more than anybody should read at once.
const ROWS: u32 = 5000;

const UNTRUSTED: Broken = Broken {
    kind: std::io::ErrorKind::ConnectionAborted,
    why: "the certificate is signed by an unknown authority",
};

impl World {
    /// The way of a request to a cluster's API.
    pub(crate) fn strike_kube(&mut self, kube: &Cluster, request: &Request<Bytes>) -> Way {
        let path = request.uri().path();
        let strikes = self
            .faults
            .strikes(request.method().as_str(), &format!("/kubernetes{path}"));
        for strike in strikes {
            if let Some(way) = way(strike, kube, request) {
                self.faults.count(strike);
                return way;
            }
        }
        // Who bears a token of an older kubeconfig has its authority too.
        if kube.is_outdated(request) {
            return Way::Broken(UNTRUSTED);
        }
        Way::Honest
    }
}

/// Where a strike leads; `None`: it is no strike of this layer.
fn way(strike: Strike, kube: &Cluster, request: &Request<Bytes>) -> Option<Way> {
    let broken = |kind, why| Some(Way::Broken(Broken { kind, why }));
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or(""));
    let watches = query
        .split('&')
        .any(|one| matches!(one, "watch=true" | "watch=1"));
    match strike.act {
        Act::Kube(status, reason) => Some(Way::Refused(status, reason)),
        Act::WithoutHandle => path
            .ends_with("/persistentvolumes")
            .then_some(Way::Bent(Bent::WithoutHandle)),
        Act::HugeList => {
            let rows = if strike.have == 0 { ROWS } else { strike.have };
            let reads = request.method() == http::Method::GET && !watches;
            reads.then_some(Way::Bent(Bent::Huge(rows)))
        }
        Act::WatchExpired => watches.then_some(Way::WatchExpired),
        Act::CertificateRotated => {
            kube.rotate_certificate();
            Some(Way::Broken(UNTRUSTED))
        }
        Act::NeverSent(why) => broken(std::io::ErrorKind::ConnectionRefused, why),
        Act::Lost(kind, why) => broken(kind, why),
        Act::Headless
        | Act::Truncate
        | Act::SlowBody
        | Act::Slow
        | Act::Html(..)
        | Act::OtherAccount
        | Act::Restricted
        | Act::MissingScope
        | Act::Refuse(..)
        | Act::Maintenance
        | Act::RateLimited(_)
        | Act::LateCommit
        | Act::ListLag
        | Act::StaleRead
        | Act::Bend(_)
        | Act::Twist(_)
        | Act::CapacityShort
        | Act::Meddle(_) => None,
    }
}

impl Way {
    /// The reply that no cluster is asked for.
    pub(crate) fn reply(&self) -> Option<Result<Response<ReplyBody>, BoxError>> {
        match self {
            Self::Honest | Self::Bent(_) => None,
            Self::Broken(broken) => Some(Err((*broken).into())),
            Self::Refused(status, reason) => Some(answer(*status, &refusal(*status, reason))),
            Self::WatchExpired => {
                let error = json!({"type": "ERROR", "object": refusal(410, "Expired")});
                Some(answer(200, &error))
            }
        }
    }

    /// What becomes of an honest reply.
    pub(crate) async fn bent(
        self,
        reply: Response<ReplyBody>,
    ) -> Result<Response<ReplyBody>, BoxError> {
        match self {
            Self::Bent(how) => how.applied(reply).await,
            Self::Honest | Self::Broken(_) | Self::Refused(..) | Self::WatchExpired => Ok(reply),
        }
    }
}

/// A `Status` that says no more than its reason.
fn refusal(status: u16, reason: &str) -> Value {
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": reason, "reason": reason, "code": status,
    })
}

fn answer(status: u16, body: &Value) -> Result<Response<ReplyBody>, BoxError> {
    Ok(Response::builder()
        .status(StatusCode::from_u16(status)?)
        .header(header::CONTENT_TYPE, "application/json")
        .body(whole(body))?)
}

impl Bent {
    /// The same list, changed.
    async fn applied(self, reply: Response<ReplyBody>) -> Result<Response<ReplyBody>, BoxError> {
        let (mut head, body) = reply.into_parts();
        let body = body.collect().await?.to_bytes();
        head.headers.remove(header::CONTENT_LENGTH);
        let body = match self {
            Self::WithoutHandle => {
                let mut list: Value = serde_json::from_slice(&body)?;
                let items = list.get_mut("items").and_then(Value::as_array_mut);
                for csi in items.into_iter().flatten() {
                    let csi = csi.pointer_mut("/spec/csi").and_then(Value::as_object_mut);
                    if let Some(csi) = csi {
                        csi.insert("volumeHandle".to_owned(), json!(""));
                    }
                }
                whole(&list)
            }
            Self::Huge(rows) => grown(&body, rows).unwrap_or_else(|| plain(body)),
        };
        Ok(Response::from_parts(head, body))
    }
}

/// So many rows are one piece of a grown list.
const PIECE_ROWS: u32 = 250;

/// The list with so many rows more; `None`: it is no list. Pieces are made once and never copied:
/// ten megabytes cost more than a whole life.
fn grown(list: &Bytes, rows: u32) -> Option<ReplyBody> {
    static PIECES: LazyLock<Vec<Bytes>> = LazyLock::new(|| {
        let pieces = 0..ROWS / PIECE_ROWS;
        let piece = |nth| piece(nth * PIECE_ROWS..(nth + 1) * PIECE_ROWS);
        pieces.map(piece).collect()
    });
    let text = std::str::from_utf8(list).ok()?.trim_end();
    let head = text.strip_suffix("]}")?;
    let mut pieces = vec![list.slice(..head.len())];
    let made = (rows / PIECE_ROWS).min(ROWS / PIECE_ROWS);
    if made > 0 {
        pieces.extend(PIECES.iter().take(made as usize).cloned());
    }
    pieces.push(piece(made * PIECE_ROWS..rows));
    if head.ends_with('[')
        && let Some(first) = pieces.get_mut(1).filter(|first| !first.is_empty())
    {
        // No row is before it.
        *first = first.slice(1..);
    }
    pieces.push(Bytes::from_static(b"]}"));
    let frames = pieces.into_iter().map(|piece| Ok(Frame::data(piece)));
    Some(StreamBody::new(futures::stream::iter(frames)).boxed_unsync())
}

/// Rows with a comma before each.
fn piece(rows: Range<u32>) -> Bytes {
    let texts: Vec<String> = rows.map(|nth| filler(nth).to_string()).collect();
    if texts.is_empty() {
        return Bytes::new();
    }
    Bytes::from(format!(",{}", texts.join(",")))
}

/// A row that is nobody's and of no use, of some two thousand bytes.
fn filler(nth: u32) -> Value {
    json!({
        "metadata": {
            "name": format!("filler-{nth}"), "uid": format!("00000000-0000-4000-8000-{nth:012x}"),
            "creationTimestamp": "2026-01-01T00:00:00Z", "resourceVersion": "1",
            "annotations": {"example.com/filler": "x".repeat(1900)},
        },
        "spec": {},
    })
}

fn whole(body: &Value) -> ReplyBody {
    plain(Bytes::from(body.to_string()))
}

fn plain(body: Bytes) -> ReplyBody {
    let body = Full::new(body);
    body.map_err(|never| match never {}).boxed_unsync()
}
