//! Port-forward: a connection that is no longer HTTP, through to a pod. kube-rs speaks WebSocket's
//! channels; kubectl speaks SPDY, since 1.31 within a WebSocket. Behind each port that a pod names
//! stands a small HTTP server that says which pod it is.

mod channels;
mod pod;
mod spdy;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Message, Role};

use super::kinds::known;
use super::peek::text;
use super::status::Refusal;
use super::store::Key;
use super::{Cluster, reached};
use crate::ReplyBody;
use pod::Pod;

/// One port a frame, two channels each: data and what went wrong.
const CHANNELS: &str = "v4.channel.k8s.io";
/// SPDY within a WebSocket.
const TUNNEL: &str = "SPDY/3.1+portforward.k8s.io";
const SPDY: &str = "SPDY/3.1";
/// What is spoken over SPDY.
const STREAMS: &str = "portforward.k8s.io";
/// What is held of a stream that is not read.
const BUFFER: usize = 64 * 1024;

/// How the two sides agreed to go on.
#[derive(Clone, Copy, Debug)]
enum Way {
    Channels,
    Tunnel,
    Spdy,
}

/// A connection to a pod that was agreed upon; it travels with the reply to who has the socket.
#[derive(Clone)]
pub(super) struct Forward {
    cluster: Cluster,
    key: Key,
    uid: String,
    pod: Arc<Pod>,
    ports: Vec<u16>,
    way: Way,
}

/// Agrees to forward, or says why not.
pub(super) fn agree(
    cluster: &Cluster,
    request: &Request<Bytes>,
    namespace: &str,
    name: &str,
) -> Result<Response<ReplyBody>, Refusal> {
    let told = |name: &str| {
        let value = request.headers().get(name);
        value
            .and_then(|one| one.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let offered = told("sec-websocket-protocol");
    let offers = |wanted: &str| offered.split(',').any(|one| one.trim() == wanted);
    let upgrade = told("upgrade").to_ascii_lowercase();
    let way = match (request.method(), upgrade.as_str()) {
        (&Method::GET, "websocket") if offers(TUNNEL) => Way::Tunnel,
        (&Method::GET, "websocket") if offers(CHANNELS) => Way::Channels,
        (&Method::POST, "spdy/3.1") if told("x-stream-protocol-version").contains(STREAMS) => {
            Way::Spdy
        }
        (&Method::GET | &Method::POST, _) => {
            return Err(Refusal::bad_request("Upgrade request required"));
        }
        _ => return Err(Refusal::method_not_allowed()),
    };
    let ports = ports(request.uri().query().unwrap_or_default());
    if ports.is_empty() && matches!(way, Way::Channels) {
        return Err(Refusal::bad_request("you must specify at least 1 port"));
    }
    let inner = cluster.lock();
    let kind = known("", "pods");
    let key = Key::new(kind, namespace, name);
    let object = inner.store.get(&key);
    let object = object.ok_or_else(|| Refusal::not_found(kind, name))?;
    let phase = text(object, "/status/phase");
    if phase != "Running" {
        return Err(Refusal::bad_request(format!(
            "unable to forward port because pod is not running. Current status={phase}"
        )));
    }
    reached::through(&inner, text(object, "/spec/nodeName"))?;
    let forward = Forward {
        cluster: cluster.clone(),
        uid: text(object, "/metadata/uid").to_owned(),
        pod: Arc::new(Pod::of(object)),
        key,
        ports,
        way,
    };
    let body = Empty::new().map_err(|never: std::convert::Infallible| match never {});
    let mut reply = Response::new(body.boxed_unsync());
    *reply.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = reply.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    let (to, protocol, is) = match way {
        Way::Channels => ("websocket", "sec-websocket-protocol", CHANNELS),
        Way::Tunnel => ("websocket", "sec-websocket-protocol", TUNNEL),
        Way::Spdy => (SPDY, "x-stream-protocol-version", STREAMS),
    };
    headers.insert(header::UPGRADE, HeaderValue::from_static(to));
    headers.insert(protocol, HeaderValue::from_static(is));
    if to == "websocket" {
        let key = derive_accept_key(told("sec-websocket-key").as_bytes());
        let key = HeaderValue::from_str(&key)
            .map_err(|_| Refusal::bad_request("the WebSocket's key is not readable"))?;
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, key);
    }
    reply.extensions_mut().insert(forward);
    Ok(reply)
}

/// Every `ports=` of a query, each with one or more.
fn ports(query: &str) -> Vec<u16> {
    let parts = query
        .split('&')
        .filter_map(|one| one.strip_prefix("ports="));
    let decoded = parts.map(|one| super::percent_decoded(one, true));
    let all: Vec<String> = decoded.collect();
    let each = all.iter().flat_map(|one| one.split(','));
    each.filter_map(|one| one.parse().ok()).collect()
}

impl Forward {
    /// Carries the connection until one side ends it, the pod is gone, or nobody listens any more.
    pub(super) async fn carry(self, upgrade: OnUpgrade, mut open: watch::Receiver<()>) {
        let Ok(upgraded) = upgrade.await else { return };
        let io = TokioIo::new(upgraded);
        let pod = Arc::clone(&self.pod);
        let carried = async {
            match self.way {
                Way::Channels => {
                    let socket = WebSocketStream::from_raw_socket(io, Role::Server, None).await;
                    channels::carry(socket, &self.ports, &pod).await;
                }
                Way::Tunnel => {
                    let socket = WebSocketStream::from_raw_socket(io, Role::Server, None).await;
                    let (near, far) = tokio::io::duplex(BUFFER);
                    tokio::join!(spdy::carry(near, &pod), tunnel(socket, far));
                }
                Way::Spdy => spdy::carry(io, &pod).await,
            }
        };
        tokio::select! {
            () = carried => {}
            () = self.gone() => {}
            _ = open.changed() => {}
        }
    }

    /// Resolves when the pod is not there any more.
    async fn gone(&self) {
        let mut newest = self.cluster.shared.newest.subscribe();
        loop {
            let there = {
                let inner = self.cluster.lock();
                let object = inner.store.get(&self.key);
                object.is_some_and(|one| text(one, "/metadata/uid") == self.uid)
            };
            if !there || self.cluster.is_closed() || newest.changed().await.is_err() {
                return;
            }
        }
    }
}

/// The bytes of a stream as messages of a WebSocket, both ways.
async fn tunnel<S>(socket: WebSocketStream<S>, far: DuplexStream)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    use futures::{SinkExt as _, StreamExt as _};
    let (mut sink, mut messages) = socket.split();
    let (mut read, mut write) = tokio::io::split(far);
    let inbound = async {
        while let Some(Ok(message)) = messages.next().await {
            match message {
                Message::Binary(bytes) if write.write_all(&bytes).await.is_ok() => {}
                Message::Ping(_) | Message::Pong(_) => {}
                Message::Binary(_) | Message::Text(_) | Message::Close(_) | Message::Frame(_) => {
                    break;
                }
            }
        }
        drop(write.shutdown().await);
    };
    let outbound = async {
        let mut buffer = vec![0; BUFFER / 2];
        while let Ok(length @ 1..) = read.read(&mut buffer).await {
            let bytes = Bytes::copy_from_slice(&buffer[..length]);
            if sink.send(Message::Binary(bytes)).await.is_err() {
                return;
            }
        }
        drop(sink.send(Message::Close(None)).await);
    };
    tokio::join!(inbound, outbound);
}
