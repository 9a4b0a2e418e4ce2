//! Faults of a cluster's own API, by the path `/kubernetes/…`.

use bytes::Bytes;
use http::{Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};

use super::kinds::Act;
use super::{Broken, Strike};
use crate::store::World;
use crate::{BoxError, ReplyBody};

/// What becomes of one request to a cluster's API.
pub(crate) enum Way {
    /// It is answered as it should be.
    Honest,
    /// It is answered, but PersistentVolumes name no volume.
    WithoutHandle,
    /// The connection ends.
    Broken(Broken),
    /// It is answered by this alone.
    Refused(u16, &'static str),
}

impl World {
    /// The way of a request to a cluster's API.
    pub(crate) fn strike_kube(&mut self, method: &str, path: &str) -> Way {
        let strikes = self.faults.strikes(method, &format!("/kubernetes{path}"));
        for strike in strikes {
            if let Some(way) = way(strike, path) {
                self.faults.count(strike);
                return way;
            }
        }
        Way::Honest
    }
}

/// Where a strike leads; `None`: it is no strike of this layer.
fn way(strike: Strike, path: &str) -> Option<Way> {
    let broken = |kind, why| Some(Way::Broken(Broken { kind, why }));
    match strike.act {
        Act::Kube(status, reason) => Some(Way::Refused(status, reason)),
        Act::WithoutHandle => path
            .ends_with("/persistentvolumes")
            .then_some(Way::WithoutHandle),
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

/// A `Status` that says no more than its reason.
pub(crate) fn refused(status: u16, reason: &str) -> Result<Response<ReplyBody>, BoxError> {
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": reason, "reason": reason, "code": status,
    });
    Ok(Response::builder()
        .status(StatusCode::from_u16(status)?)
        .header(header::CONTENT_TYPE, "application/json")
        .body(whole(&body))?)
}

/// The same list, whose volumes have no handle.
pub(crate) async fn without_handle(
    reply: Response<ReplyBody>,
) -> Result<Response<ReplyBody>, BoxError> {
    let (mut head, body) = reply.into_parts();
    let mut list: Value = serde_json::from_slice(&body.collect().await?.to_bytes())?;
    for one in list["items"].as_array_mut().into_iter().flatten() {
        if let Some(csi) = one.pointer_mut("/spec/csi").and_then(Value::as_object_mut) {
            csi.insert("volumeHandle".to_owned(), json!(""));
        }
    }
    head.headers.remove(header::CONTENT_LENGTH);
    Ok(Response::from_parts(head, whole(&list)))
}

fn whole(body: &Value) -> ReplyBody {
    let body = Full::new(Bytes::from(body.to_string()));
    body.map_err(|never| match never {}).boxed_unsync()
}
