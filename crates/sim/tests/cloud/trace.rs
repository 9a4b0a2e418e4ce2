//! The same seed gives the same trace: a hash over all exchanges of a whole life under faults, in
//! memory and on loopback.

use base64::Engine as _;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use quaylight_sim::{Options, Served, Twin, serve};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tower::ServiceExt as _;

use crate::support::reference;

/// Where the cloud is asked.
enum Way {
    Memory(Twin),
    Loopback(Served),
}

/// A client that hashes whatever comes back: status, headers and body.
struct Tracer {
    way: Way,
    hash: u64,
    exchanges: usize,
    clusters: Vec<u64>,
}

fn options(seed: u64) -> Options {
    Options {
        seed,
        start: "2026-11-23T10:00:00Z".parse().ok(),
        paused: true,
        ..Options::default()
    }
}

impl Tracer {
    fn new(way: Way) -> Self {
        Self {
            way,
            hash: 0xcbf2_9ce4_8422_2325,
            exchanges: 0,
            clusters: Vec::new(),
        }
    }

    fn add(&mut self, text: &str) {
        for byte in text.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    async fn ask(&mut self, method: &str, path: &str, body: Value) -> Value {
        let body = if body.is_null() {
            Bytes::new()
        } else {
            Bytes::from(body.to_string())
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1")
            .header("authorization", "Bearer t");
        let said = match &self.way {
            Way::Memory(twin) => in_memory(twin, request.body(body).expect("a request")).await,
            Way::Loopback(served) => {
                on_loopback(served, request.body(Full::new(body)).expect("a request")).await
            }
        };
        self.exchanges += 1;
        let Some((status, headers, text)) = said else {
            self.add("the connection ended");
            return Value::Null;
        };
        let value: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        self.add(&format!("{status} {headers} {}", without_ports(&text)));
        value
    }
}

type Said = Option<(u16, String, String)>;

/// Headers that the twin sets; what an HTTP server adds by itself is not the twin's.
fn told(headers: &http::HeaderMap) -> String {
    let own = headers.iter().filter(|(name, _)| {
        let name = name.as_str();
        !matches!(name, "date" | "content-length" | "connection")
    });
    let mut lines: Vec<String> = own
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    lines.sort();
    lines.join(";")
}

async fn in_memory(twin: &Twin, request: Request<Bytes>) -> Said {
    let reply = twin.service().oneshot(request).await.ok()?;
    let (status, headers) = (reply.status().as_u16(), told(reply.headers()));
    let body = reply.into_body().collect().await.ok()?.to_bytes();
    Some((status, headers, String::from_utf8_lossy(&body).into_owned()))
}

async fn on_loopback(served: &Served, request: Request<Full<Bytes>>) -> Said {
    let stream = TcpStream::connect(("127.0.0.1", served.port()))
        .await
        .ok()?;
    let shaken = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = shaken.ok()?;
    let running = tokio::spawn(connection);
    let reply = sender.send_request(request).await.ok()?;
    let (status, headers) = (reply.status().as_u16(), told(reply.headers()));
    let body = reply.into_body().collect().await.ok()?.to_bytes();
    running.abort();
    Some((status, headers, String::from_utf8_lossy(&body).into_owned()))
}

/// The text with `PORT` for the port of a cluster's API, which the system gives on loopback; a
/// kubeconfig is opened for that.
fn without_ports(text: &str) -> String {
    let mut text = text.to_owned();
    if let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(&text)
        && let Some(Value::String(config)) = fields.get("kubeconfig")
    {
        let plain = base64::engine::general_purpose::STANDARD.decode(config);
        text = String::from_utf8(plain.expect("base64")).expect("text");
    }
    let mut out = String::new();
    let mut parts = text.split("127.0.0.1:");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        out.push_str("127.0.0.1:PORT");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
}

/// A whole life in demo time that only steps: made under faults, looked at, changed, deleted.
async fn life(mut tracer: Tracer) -> (u64, usize) {
    let rules = json!({"seed": 9, "rules": [
        {"kind": "internal", "rate_ppm": 50_000}, {"kind": "reset_after", "rate_ppm": 20_000},
        {"kind": "missing_row", "rate_ppm": 30_000}, {"kind": "list_lag", "rate_ppm": 50_000},
        {"kind": "edit_tags", "rate_ppm": 10_000}, {"kind": "rate_limited_date", "rate_ppm": 10_000},
        {"kind": "truncated", "rate_ppm": 10_000},
    ]});
    tracer.ask("PUT", "/_demo/faults", rules).await;
    for nth in 0..3 {
        let mut wanted = reference();
        wanted["label"] = json!(format!("life-{nth}"));
        let made = tracer.ask("POST", "/v4/lke/clusters", wanted).await;
        tracer.clusters.extend(made["id"].as_u64());
    }
    let lists = [
        "/v4/lke/clusters",
        "/v4/linode/instances",
        "/v4/networking/firewalls",
        "/v4/nodebalancers",
        "/v4/volumes",
        "/v4/account/events",
        "/v4beta/regions/availability?page=3",
        "/v4/linode/types",
    ];
    for step in 0..60 {
        tracer
            .ask("POST", "/_demo/clock", json!({"step_ms": 4321}))
            .await;
        for path in lists {
            tracer.ask("GET", path, Value::Null).await;
        }
        for id in tracer.clusters.clone() {
            let cluster = format!("/v4/lke/clusters/{id}");
            for tail in ["pools", "kubeconfig", "api-endpoints", "control_plane_acl"] {
                tracer
                    .ask("GET", &format!("{cluster}/{tail}"), Value::Null)
                    .await;
            }
            if step == 40 {
                tracer.ask("DELETE", &cluster, Value::Null).await;
            }
        }
    }
    tracer.ask("GET", "/_demo/ledger", Value::Null).await;
    tracer.ask("GET", "/_demo/faults", Value::Null).await;
    (tracer.hash, tracer.exchanges)
}

async fn in_memory_life(seed: u64) -> (u64, usize) {
    life(Tracer::new(Way::Memory(
        Twin::new(options(seed)).expect("a cloud"),
    )))
    .await
}

#[tokio::test]
async fn the_same_seed_is_the_same_trace_in_memory_and_on_loopback() {
    let memory = in_memory_life(21).await;
    let served = serve(Twin::new(options(21)).expect("a cloud"), None).await;
    let loopback = life(Tracer::new(Way::Loopback(served.expect("a port")))).await;
    #[expect(
        clippy::print_stdout,
        reason = "a figure for who runs this with --nocapture"
    )]
    {
        println!(
            "trace of {} exchanges: {:016x} in memory, {:016x} on loopback",
            memory.1, memory.0, loopback.0
        );
    }
    assert!(memory.1 > 1000, "{} exchanges", memory.1);
    assert_eq!(memory, loopback);
    assert_ne!(memory.0, in_memory_life(22).await.0);
}
