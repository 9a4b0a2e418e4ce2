//! What stands behind the ports of a pod.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::DuplexStream;

use super::BUFFER;
use crate::kubernetes::peek::text;
use crate::kubernetes::proxy::open;

/// A pod by where it listens and what it says.
pub(super) struct Pod {
    name: String,
    ports: Vec<u16>,
}

impl Pod {
    pub(super) fn of(object: &Value) -> Self {
        let space = text(object, "/metadata/namespace");
        Self {
            name: format!("{space}/{}", text(object, "/metadata/name")),
            ports: open(object)
                .filter_map(|port| u16::try_from(port).ok())
                .collect(),
        }
    }

    /// A connection to one of its ports, or what a kubelet says where nobody listens.
    pub(super) fn connect(&self, port: u16) -> Result<DuplexStream, String> {
        if !self.ports.contains(&port) {
            return Err(format!(
                "error forwarding port {port} to pod {}: failed to connect to localhost:{port} \
                 inside namespace, IPv4: dial tcp4 127.0.0.1:{port}: connect: connection refused",
                self.name
            ));
        }
        let (near, far) = tokio::io::duplex(BUFFER);
        let said = format!("pod {} answers at port {port}\n", self.name);
        tokio::spawn(async move {
            let service = service_fn(move |_: Request<Incoming>| {
                let mut reply = Response::new(Full::new(Bytes::from(said.clone())));
                let plain = HeaderValue::from_static("text/plain; charset=utf-8");
                reply.headers_mut().insert(header::CONTENT_TYPE, plain);
                std::future::ready(Ok::<_, Infallible>(reply))
            });
            let server = http1::Builder::new().serve_connection(TokioIo::new(far), service);
            drop(server.await);
        });
        Ok(near)
    }
}
