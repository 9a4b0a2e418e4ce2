//! The demo cloud on loopback, over plain HTTP/1.1: for the cli, official clients and kubectl.

use std::io;
use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::inner::Background;
use crate::service::ClientAddr;
use crate::twin::Twin;
use crate::{BoxError, ReplyBody};

/// Largest request body.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// A demo cloud that is being served. Dropping it closes the port, every connection and every
/// cluster's listener, and saves the state.
#[derive(Debug)]
pub struct Served {
    port: u16,
    twin: Twin,
    task: JoinHandle<()>,
    _background: Background,
}

impl Served {
    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
        self.twin.stop_listening();
    }
}

/// Serves `twin` on 127.0.0.1: on `port`, else on the port that its state names, else on a free one.
/// From now on clusters get TLS listeners of their own. Call inside a tokio runtime.
pub async fn serve(twin: Twin, port: Option<u16>) -> io::Result<Served> {
    let bind = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let listener = match (port, twin.last_port()) {
        (Some(port), _) => bind(port).await?,
        (None, Some(last)) => match bind(last).await {
            Ok(listener) => listener,
            Err(_) => bind(0).await?,
        },
        (None, None) => bind(0).await?,
    };
    let port = listener.local_addr()?.port();
    twin.start_listening(port).await;
    let background = twin.background();
    let task = tokio::spawn(accept(twin.clone(), listener));
    Ok(Served {
        port,
        twin,
        task,
        _background: background,
    })
}

async fn accept(twin: Twin, listener: TcpListener) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(connection(twin.clone(), stream, peer.ip()));
                }
                Err(error) => {
                    // Out of file handles, mostly: give the others time to finish.
                    tracing::warn!(%error, "accept a connection to the demo cloud");
                    crate::clock::real_wait(50).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(twin: Twin, stream: TcpStream, client: IpAddr) {
    let service = service_fn(move |request| answer(twin.clone(), client, request));
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if let Err(error) = served.await {
        // A fault that ends the connection comes here too.
        tracing::debug!(%error, "a connection to the demo cloud ended");
    }
}

async fn answer(
    twin: Twin,
    client: IpAddr,
    request: Request<Incoming>,
) -> Result<Response<ReplyBody>, BoxError> {
    let (head, body) = request.into_parts();
    let body: Bytes = Limited::new(body, BODY_BYTES_MAX)
        .collect()
        .await?
        .to_bytes();
    let mut request = Request::from_parts(head, body);
    request.extensions_mut().insert(ClientAddr(client));
    twin.answer(request).await
}
