//! The TLS listener on loopback: the address that a demo kubeconfig names.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::api::{self, BODY_BYTES_MAX};
use super::forward::Forward;
use super::status::Refusal;
use super::{Cluster, Secrets};
use crate::{BoxError, ReplyBody};

/// How long a client may take to say hello.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Who stands before a cluster's API.
pub(crate) trait Gate: Send + Sync {
    /// Whether a client's address may connect now (the access list).
    fn admits(&self, client: IpAddr) -> bool;

    /// Answers a request; an error ends the connection.
    fn answer(
        &self,
        client: IpAddr,
        request: Request<Bytes>,
    ) -> BoxFuture<'static, Result<Response<ReplyBody>, BoxError>>;
}

/// A running listener; dropping it closes the port and every connection.
pub(crate) struct Listener {
    port: u16,
    task: JoinHandle<()>,
}

impl Listener {
    /// The port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Listens on 127.0.0.1, on `port` or on a free one. The gate is asked for each connection and again
/// for each request on it: who is refused is hung up on, as LKE's gateway does.
pub(crate) async fn listen(
    cluster: &Cluster,
    port: Option<u16>,
    gate: Arc<dyn Gate>,
) -> io::Result<Listener> {
    let mut tls = Certified::new(cluster)?;
    let cluster = cluster.clone();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(0))).await?;
    let port = listener.local_addr()?.port();
    let task = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        // What was forwarded to a pod ends with the listener, too.
        let (_open, open) = watch::channel(());
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) if gate.admits(peer.ip()) => {
                        let client = (Arc::clone(&gate), peer.ip(), open.clone());
                        if let Err(error) = tls.refresh(&cluster) {
                            tracing::error!(%error, "renew the certificate of a demo cluster");
                        }
                        connections.spawn(serve(tls.acceptor.clone(), stream, client));
                    }
                    Ok(_) => {}
                    Err(error) => {
                        // Out of file handles, mostly: give the others time to finish.
                        tracing::warn!(%error, "accept a connection to a demo cluster");
                        pause().await;
                    }
                },
                Some(_) = connections.join_next() => {}
            }
        }
    });
    Ok(Listener { port, task })
}

#[expect(
    clippy::disallowed_methods,
    reason = "waiting for the system, in real time"
)]
async fn pause() {
    tokio::time::sleep(Duration::from_millis(100)).await;
}

/// The cluster's certificate as it is now, ready for a handshake.
struct Certified {
    cert_pem: String,
    acceptor: TlsAcceptor,
}

impl Certified {
    fn new(cluster: &Cluster) -> io::Result<Self> {
        let inner = cluster.lock();
        Ok(Self {
            cert_pem: inner.secrets.server().cert_pem.clone(),
            acceptor: TlsAcceptor::from(Arc::new(tls(&inner.secrets)?)),
        })
    }

    /// After a rotation the next connection meets the new one.
    fn refresh(&mut self, cluster: &Cluster) -> io::Result<()> {
        if cluster.lock().secrets.server().cert_pem != self.cert_pem {
            *self = Self::new(cluster)?;
        }
        Ok(())
    }
}

fn tls(secrets: &Secrets) -> io::Result<ServerConfig> {
    let wrong = |error: &dyn std::fmt::Display| {
        io::Error::new(io::ErrorKind::InvalidData, error.to_string())
    };
    let server = secrets.server();
    let certificate =
        CertificateDer::from_pem_slice(server.cert_pem.as_bytes()).map_err(|e| wrong(&e))?;
    let key = PrivateKeyDer::from_pem_slice(server.key_pem.as_bytes()).map_err(|e| wrong(&e))?;
    let mut config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|e| wrong(&e))?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .map_err(|e| wrong(&e))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The gate, who stands before it, and for how long it is there.
type Client = (Arc<dyn Gate>, IpAddr, watch::Receiver<()>);

async fn serve(tls: TlsAcceptor, stream: TcpStream, client: Client) {
    let shaken = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await;
    let Ok(Ok(stream)) = shaken else { return };
    let service = service_fn(move |request| answer(client.clone(), request));
    let server = auto::Builder::new(TokioExecutor::new());
    let served = server.serve_connection_with_upgrades(TokioIo::new(stream), service);
    if let Err(error) = served.await {
        tracing::debug!(%error, "serve a demo cluster");
    }
}

async fn answer(
    (gate, address, open): Client,
    mut request: Request<Incoming>,
) -> Result<Response<ReplyBody>, BoxError> {
    let upgrade = request.headers().contains_key(header::UPGRADE);
    let upgrade = upgrade.then(|| hyper::upgrade::on(&mut request));
    let (head, body) = request.into_parts();
    let body: Bytes = match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            let refusal = Refusal::too_large();
            return Ok(api::reply(refusal.code, &refusal.body()));
        }
        Err(error) => return Err(error),
    };
    let mut reply = gate
        .answer(address, Request::from_parts(head, body))
        .await?;
    if let (Some(upgrade), Some(forward)) = (upgrade, reply.extensions_mut().remove::<Forward>()) {
        tokio::spawn(forward.carry(upgrade, open));
    }
    Ok(reply)
}
