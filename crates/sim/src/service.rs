//! The twin as [`tower::Service`]s: one for the Linode API and `/_demo`, one per Kubernetes.

use std::borrow::Cow;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::StreamExt as _;
use futures::future::BoxFuture;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody};
use tower::Service;

use crate::clock::Clock;
use crate::faults::Broken;
use crate::linode::Sent;
use crate::twin::Twin;
use crate::{BoxError, ReplyBody};

/// Request extension: the address from which the client seems to ask, 127.0.0.1 when absent. Its
/// public address is found at `/_demo/clients`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddr(pub IpAddr);

impl Default for ClientAddr {
    fn default() -> Self {
        Self(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }
}

/// The Linode API and `/_demo`, in memory. Only path and query of a request's URI matter. An error
/// is a connection that ended without a reply.
#[derive(Clone, Debug)]
pub struct CloudService {
    pub(crate) twin: Twin,
}

impl Service<Request<Bytes>> for CloudService {
    type Response = Response<ReplyBody>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let twin = self.twin.clone();
        Box::pin(async move { twin.answer(request).await })
    }
}

/// One cluster's Kubernetes API, in memory, as a client at some address reaches it. An error is a
/// connection that was refused: by the access list, or because nothing listens there.
#[derive(Clone, Debug)]
pub struct KubeService {
    pub(crate) twin: Twin,
    pub(crate) cluster: Option<u64>,
    pub(crate) client: IpAddr,
}

impl Service<Request<Bytes>> for KubeService {
    type Response = Response<ReplyBody>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let Self {
            twin,
            cluster,
            client,
        } = self.clone();
        Box::pin(async move { twin.answer_kube(cluster, client, request).await })
    }
}

/// A reply as HTTP knows it. A body that comes in two halves, or breaks off, names its whole length
/// all the same.
pub(crate) fn response(sent: Sent, clock: &Clock) -> Result<Response<ReplyBody>, BoxError> {
    let mut reply = Response::builder().status(sent.status);
    if let Some(headers) = reply.headers_mut() {
        *headers = sent.usual.headers(sent.status);
        for (name, value) in sent.headers {
            let value = match value {
                Cow::Borrowed(text) => HeaderValue::from_static(text),
                Cow::Owned(text) => HeaderValue::try_from(text)?,
            };
            headers.append(HeaderName::from_static(name), value);
        }
    }
    let length = sent.body.len();
    let mut first = sent.body;
    if sent.whole >= length && sent.rest_ms == 0 {
        let body = Full::new(first).map_err(|never: Infallible| match never {});
        return Ok(reply.body(body.boxed_unsync())?);
    }
    let rest = first.split_off(sent.whole.min(length / 2));
    let (clock, cut, wait_ms) = (clock.clone(), sent.whole < length, sent.rest_ms);
    let late = async move {
        clock.sleep_ms(wait_ms).await;
        if cut {
            Err(reset())
        } else {
            Ok(Frame::data(rest))
        }
    };
    let frames = futures::stream::once(std::future::ready(Ok(Frame::data(first))));
    let frames = frames.chain(futures::stream::once(late));
    let reply = reply.header("content-length", length);
    Ok(reply.body(StreamBody::new(frames).boxed_unsync())?)
}

/// The connection ended without a reply.
pub(crate) fn reset() -> BoxError {
    std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()
}

/// Nothing listens, or the access list does not let in.
pub(crate) fn refused() -> BoxError {
    std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into()
}

impl From<Broken> for BoxError {
    fn from(broken: Broken) -> Self {
        std::io::Error::new(broken.kind, broken.why).into()
    }
}
