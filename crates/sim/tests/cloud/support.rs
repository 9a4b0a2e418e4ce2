//! A client of the demo cloud in memory that writes down what was said.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt as _;
use quaylight_sim::{Options, Twin};
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// One user of a demo cloud, with a transcript.
pub(crate) struct User {
    /// The cloud.
    pub(crate) twin: Twin,
    token: String,
    filter: Option<String>,
    transcript: String,
}

/// What came back.
pub(crate) struct Said {
    /// 0 when the connection ended without a reply.
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: http::HeaderMap,
    /// Null when it is not JSON.
    pub(crate) body: Value,
    /// As it came.
    pub(crate) text: String,
}

/// A cloud of this seed that begins on 2026-11-23 at 10:00 UTC.
pub(crate) fn cloud(seed: u64) -> Twin {
    let start = Some("2026-11-23T10:00:00Z".parse().expect("a time"));
    Twin::new(Options {
        seed,
        start,
        ..Options::default()
    })
    .expect("a new cloud")
}

/// The reference cluster: a GPU pool, a system pool, high availability and an access list.
pub(crate) fn reference() -> Value {
    json!({
        "label": "ada-lke-gpu-kubeflow", "region": "us-ord", "k8s_version": "1.34",
        "tags": ["kubeflow", "gpu"],
        "control_plane": {
            "high_availability": true,
            "acl": {"enabled": true, "addresses": {"ipv4": ["203.0.113.7/32"]}, "revision-id": "r1"},
        },
        "node_pools": [
            {"type": "g6-standard-2", "count": 1},
            {
                "type": "g2-gpu-rtx4000a1-s", "count": 1,
                "labels": {"nvidia.com/gpu.present": "true"},
                "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}],
            },
        ],
    })
}

/// A token as `/_demo/tokens` makes it.
pub(crate) fn made_token(user: &User, wanted: &Value) -> String {
    let (_, made) = user.twin.demo("POST", "/_demo/tokens", wanted);
    made["token"].as_str().expect("a token").to_owned()
}

impl User {
    /// Someone with this token.
    pub(crate) fn new(twin: &Twin, token: &str) -> Self {
        Self {
            twin: twin.clone(),
            token: token.to_owned(),
            filter: None,
            transcript: String::new(),
        }
    }

    /// The next call bears this X-Filter.
    pub(crate) fn filter(&mut self, filter: &str) -> &mut Self {
        self.filter = Some(filter.to_owned());
        self
    }

    /// Asks.
    pub(crate) async fn ask(&mut self, method: &str, path: &str, body: Value) -> Said {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let mut request = Request::builder().method(method).uri(path);
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        if let Some(filter) = self.filter.take() {
            request = request.header("x-filter", filter);
        }
        let request = request.body(Bytes::from(body)).expect("a request");
        said(self.twin.service().oneshot(request).await).await
    }

    /// Asks a cluster's own API with the token of its kubeconfig.
    pub(crate) async fn kube(
        &mut self,
        cluster: &Value,
        method: &str,
        path: &str,
        body: Value,
    ) -> Said {
        let cluster = cluster.as_u64().expect("an id");
        let token = kube_token(self, cluster).await;
        let request = Request::builder().method(method).uri(path);
        let request = request.header("authorization", format!("Bearer {token}"));
        let body = if body.is_null() {
            Bytes::new()
        } else {
            Bytes::from(body.to_string())
        };
        let request = request.body(body).expect("a request");
        let sent = self.twin.kube_service(cluster, LOCAL).oneshot(request);
        said(sent.await).await
    }

    /// Asks without a body.
    pub(crate) async fn get(&mut self, path: &str) -> Said {
        self.ask("GET", path, Value::Null).await
    }

    /// Asks, and writes down the status and the reply.
    pub(crate) async fn note(&mut self, method: &str, path: &str, body: Value) -> Said {
        let said = self.ask(method, path, body).await;
        self.write(&format!("{method} {path}: {} {}", said.status, said.text));
        said
    }

    /// Writes a line, with the demo's time.
    pub(crate) fn write(&mut self, line: &str) {
        let now = self.twin.clock().now().strftime("%H:%M:%S").to_string();
        writeln!(self.transcript, "{now} {line}").expect("writing to memory");
    }

    /// Lets demo time pass.
    pub(crate) async fn wait(&mut self, seconds: u64) {
        self.twin.clock().sleep_ms(seconds * 1000).await;
    }

    /// The transcript so far, and begins a new one.
    pub(crate) fn transcript(&mut self) -> String {
        std::mem::take(&mut self.transcript)
    }
}

/// What came back, read to its end.
async fn said<B, E>(answer: Result<http::Response<B>, E>) -> Said
where
    B: http_body::Body,
{
    let nothing = |text: &str| Said {
        status: 0,
        headers: http::HeaderMap::new(),
        body: Value::Null,
        text: text.to_owned(),
    };
    let Ok(reply) = answer else {
        return nothing("connection ended");
    };
    let (head, body) = reply.into_parts();
    let Ok(body) = body.collect().await else {
        return nothing("connection ended within the reply");
    };
    let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    Said {
        status: head.status.as_u16(),
        headers: head.headers,
        body: serde_json::from_str(&text).unwrap_or(Value::Null),
        text,
    }
}

/// From where the clients of these tests ask.
pub(crate) const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The token in a cluster's kubeconfig.
pub(crate) async fn kube_token(user: &mut User, id: u64) -> String {
    let config = user.get(&format!("/v4/lke/clusters/{id}/kubeconfig")).await;
    let text = config.body["kubeconfig"].as_str().expect("a kubeconfig");
    let text = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text);
    let text = String::from_utf8(text.expect("base64")).expect("text");
    let token = text
        .split("token: ")
        .nth(1)
        .and_then(|rest| rest.split('\n').next());
    token.expect("a token").trim().to_owned()
}

/// Makes something in a cluster: the status.
pub(crate) async fn post_kube(
    user: &User,
    cluster: u64,
    path: &str,
    token: &str,
    body: &Value,
) -> u16 {
    let request = Request::post(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Bytes::from(body.to_string()))
        .expect("a request");
    let reply = user
        .twin
        .kube_service(cluster, LOCAL)
        .oneshot(request)
        .await;
    reply.map_or(0, |reply| reply.status().as_u16())
}
