//! The seam to the network: one service type, which is reqwest live, and the twin in memory.
//! Deliberately absent: redirects, retries, cookies, and any host but the origin's.

use crate::{Error, Origin};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use std::time::Duration;
use tower::util::BoxCloneSyncService;

/// Any error of a transport or of a streaming body.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a reply.
pub type ReplyBody = http_body_util::combinators::UnsyncBoxBody<Bytes, BoxError>;

/// An HTTP request in, a reply out. Whatever has this shape can stand behind the client: the
/// network, or a twin in memory.
pub type Transport = BoxCloneSyncService<http::Request<Bytes>, http::Response<ReplyBody>, BoxError>;

/// A request that was stopped on this computer, because it would have left the origin.
#[derive(Debug, thiserror::Error)]
#[error("send a request to another host than {0}")]
struct Elsewhere(&'static str);

/// https to Linode and to nowhere else; the system's certificates, no redirects, no retries.
/// A connection must stand in 10 s, silence may last 60 s, an answer must be whole in 120 s.
pub fn live_transport() -> Result<Transport, Error> {
    let client = client_builder().https_only(true).build();
    let client = client.map_err(|cause| Error::Client { cause })?;
    Ok(guarded(client, |uri| {
        if Origin::Linode.holds(uri) {
            Ok(())
        } else {
            Err(Elsewhere("https://api.linode.com"))
        }
    }))
}

/// Plain http to 127.0.0.1 and to nowhere else; no proxy is asked.
pub fn loopback_transport() -> Result<Transport, Error> {
    let client = client_builder().no_proxy().http1_only().build();
    let client = client.map_err(|cause| Error::Client { cause })?;
    Ok(guarded(client, |uri| {
        let port = uri.port_u16().unwrap_or(80);
        if Origin::Loopback(port).holds(uri) {
            Ok(())
        } else {
            Err(Elsewhere("http://127.0.0.1"))
        }
    }))
}

fn client_builder() -> reqwest::ClientBuilder {
    // One provider for the whole process; when another part was first, its choice is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(Duration::from_mins(1))
        .timeout(Duration::from_mins(2))
}

fn guarded(
    client: reqwest::Client,
    may_leave: fn(&http::Uri) -> Result<(), Elsewhere>,
) -> Transport {
    BoxCloneSyncService::new(tower::service_fn(move |request: http::Request<Bytes>| {
        let client = client.clone();
        async move {
            may_leave(request.uri())?;
            let request = reqwest::Request::try_from(request)?;
            let reply = client.execute(request).await?;
            let reply = http::Response::<reqwest::Body>::from(reply);
            Ok(reply.map(|body| body.map_err(BoxError::from).boxed_unsync()))
        }
    }))
}

/// Each error of a chain, the outermost first.
fn chain<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |one| one.source())
}

/// Whether the request certainly never left this computer: no name, no connection, no TLS, or
/// stopped before.
pub(crate) fn never_sent(error: &BoxError) -> bool {
    chain(error.as_ref()).any(|one| {
        let http = one.downcast_ref::<reqwest::Error>();
        let io = one.downcast_ref::<std::io::Error>();
        one.is::<Elsewhere>()
            || http.is_some_and(|e| e.is_connect() || e.is_dns() || e.is_builder())
            || io.is_some_and(|e| e.kind() == std::io::ErrorKind::ConnectionRefused)
    })
}

/// Whether the other side was silent for too long; such a read is not repeated at once.
pub(crate) fn timed_out(error: &BoxError) -> bool {
    chain(error.as_ref()).any(|one| {
        let http = one.downcast_ref::<reqwest::Error>();
        let io = one.downcast_ref::<std::io::Error>();
        http.is_some_and(reqwest::Error::is_timeout)
            || io.is_some_and(|e| e.kind() == std::io::ErrorKind::TimedOut)
    })
}
