//! The demo cloud on loopback, over real sockets, and its state over restarts. These tests run in
//! real time, at a high speed.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use expect_test::expect;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use quaylight_sim::{Options, Served, Twin, serve};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tower::ServiceExt as _;

use crate::support::{LOCAL, User, reference};

/// One request on a connection of its own; `None` when it ended without a reply.
async fn ask(port: u16, method: &str, path: &str, body: &Value) -> Option<(u16, Value)> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .ok()?;
    let running = tokio::spawn(connection);
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "127.0.0.1")
        .header("authorization", "Bearer t")
        .body(Full::new(Bytes::from(body)))
        .expect("a request");
    let reply: Response<_> = sender.send_request(request).await.ok()?;
    let status = reply.status().as_u16();
    let text = reply.into_body().collect().await.ok()?.to_bytes();
    running.abort();
    Some((status, serde_json::from_slice(&text).unwrap_or(Value::Null)))
}

#[expect(
    clippy::disallowed_methods,
    reason = "sockets and files take real time"
)]
async fn rest(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

async fn get(served: &Served, path: &str) -> Value {
    ask(served.port(), "GET", path, &Value::Null)
        .await
        .expect("a reply")
        .1
}

/// The kubeconfig, as soon as there is one.
async fn kubeconfig(served: &Served, cluster: &Value) -> String {
    let path = format!("/v4/lke/clusters/{cluster}/kubeconfig");
    for _ in 0..400 {
        if let Some(text) = get(served, &path).await["kubeconfig"].as_str() {
            return text.to_owned();
        }
        rest(10).await;
    }
    panic!("no kubeconfig came");
}

async fn start(state: &Path) -> (Twin, Served) {
    let options = Options {
        seed: 5,
        speed: 100.0,
        state: Some(state.to_owned()),
        ..Options::default()
    };
    let twin = Twin::new(options).expect("a cloud");
    let served = serve(twin.clone(), None).await.expect("a free port");
    (twin, served)
}

#[tokio::test]
async fn it_speaks_http_on_loopback_and_a_reset_closes_the_connection() {
    let twin = Twin::new(Options {
        seed: 1,
        ..Options::default()
    })
    .expect("a cloud");
    assert_eq!(twin.listening(), None);
    let served = serve(twin.clone(), None).await.expect("a free port");
    assert_eq!(twin.listening(), Some(served.port()));
    assert_eq!(get(&served, "/_demo/id").await["cloud"], json!(twin.id()));
    expect![[r#"{"addresses":["203.0.113.7"]}"#]]
        .assert_eq(&get(&served, "/_demo/me").await.to_string());
    let rules = json!({"rules": [
        {"kind": "reset_after", "method": "POST", "at_call": 1},
        {"kind": "truncated", "method": "GET", "path": "/profile"},
    ]});
    ask(served.port(), "PUT", "/_demo/faults", &rules)
        .await
        .expect("a reply");
    let made = ask(served.port(), "POST", "/v4/lke/clusters", &reference()).await;
    assert_eq!(made, None);
    assert_eq!(get(&served, "/v4/lke/clusters").await["results"], json!(1));
    assert_eq!(
        ask(served.port(), "GET", "/v4/profile", &Value::Null).await,
        None
    );
    let port = served.port();
    drop(served);
    rest(50).await;
    assert_eq!(
        ask(port, "GET", "/_demo/id", &Value::Null).await,
        None,
        "stopped when dropped"
    );
    assert_eq!(twin.listening(), None);
}

#[tokio::test]
async fn the_demo_survives_a_restart_with_ports_and_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    let (twin, served) = start(&file).await;
    let made = ask(served.port(), "POST", "/v4/lke/clusters", &reference()).await;
    let id = made.expect("a reply").1["id"].clone();
    let config = kubeconfig(&served, &id).await;
    let endpoints = get(&served, &format!("/v4/lke/clusters/{id}/api-endpoints")).await;
    let (cloud, port, now) = (twin.id(), served.port(), twin.clock().now());
    let kube_port = endpoints["data"][0]["endpoint"]
        .as_str()
        .and_then(|url| url.rsplit_once(':'));
    let kube_port: u16 = kube_port.expect("a port").1.parse().expect("a number");
    assert!(TcpStream::connect(("127.0.0.1", kube_port)).await.is_ok());

    // What a kill would leave: the file as it is a moment after the last call.
    rest(250).await;
    let killed = folder.path().join("killed.json");
    std::fs::copy(&file, &killed).expect("a copy");
    drop(served);
    drop(twin);
    rest(50).await;

    for left in [&file, &killed] {
        let (twin, served) = start(left).await;
        assert_eq!(
            (twin.id(), served.port()),
            (cloud.clone(), port),
            "{}",
            left.display()
        );
        assert!(twin.clock().now() > now);
        assert_eq!(kubeconfig(&served, &id).await, config);
        let again = get(&served, &format!("/v4/lke/clusters/{id}/api-endpoints")).await;
        assert_eq!(again, endpoints);
        let ledger = get(&served, "/_demo/ledger").await;
        assert_eq!(ledger["alive"].as_array().map(Vec::len), Some(4));
        drop(served);
        drop(twin);
        rest(50).await;
    }
}

#[tokio::test]
async fn a_broken_state_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    std::fs::write(&file, "{\"version\": 1, ").expect("a file");
    let options = Options {
        state: Some(file.clone()),
        ..Options::default()
    };
    assert!(Twin::new(options).is_err());
    assert_eq!(
        std::fs::read_to_string(&file).expect("still there"),
        "{\"version\": 1, "
    );
}

/// The port and the CA that a kubeconfig names.
fn port_and_ca(config: &str) -> (u16, CertificateDer<'static>) {
    let decode = |text: &str| STANDARD.decode(text).expect("base64");
    let text = String::from_utf8(decode(config)).expect("text");
    let field = |name: &str| {
        let rest = text.split(name).nth(1).expect("the field");
        rest.split('\n').next().expect("a line").trim()
    };
    let port = field("server: https://127.0.0.1:").parse();
    let ca = decode(field("certificate-authority-data: "));
    let ca = CertificateDer::from_pem_slice(&ca).expect("a certificate");
    (port.expect("a port"), ca)
}

/// Whether who trusts only this CA gets to the cluster.
async fn trusts((port, ca): &(u16, CertificateDer<'static>)) -> bool {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(ca.clone()).expect("a root");
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(("127.0.0.1", *port))
        .await
        .expect("open");
    let name = "127.0.0.1".try_into().expect("an address");
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    connector.connect(name, stream).await.is_ok()
}

#[tokio::test]
async fn a_rotated_certificate_is_that_of_the_next_connection() {
    let folder = tempfile::tempdir().expect("a folder");
    let (twin, served) = start(&folder.path().join("state.json")).await;
    let made = ask(served.port(), "POST", "/v4/lke/clusters", &reference()).await;
    let id = made.expect("a reply").1["id"].clone();
    let before = port_and_ca(&kubeconfig(&served, &id).await);
    assert!(trusts(&before).await);
    let rule = json!({"rules": [{"kind": "certificate_rotated", "at_call": 1}]});
    ask(served.port(), "PUT", "/_demo/faults", &rule).await;
    let request = Request::get("/version").body(Bytes::new());
    let kube = twin.kube_service(id.as_u64().expect("an id"), LOCAL);
    let struck = kube.oneshot(request.expect("a request")).await;
    assert!(struck.is_err());
    let after = port_and_ca(&kubeconfig(&served, &id).await);
    assert_eq!(before.0, after.0, "the port stays");
    assert_eq!((trusts(&before).await, trusts(&after).await), (false, true));
}

#[tokio::test]
async fn no_token_is_in_the_state() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    let (twin, served) = start(&file).await;
    let (_, made) = twin.demo("POST", "/_demo/tokens", &json!({"scopes": "*"}));
    let token = made["token"].as_str().expect("a token").to_owned();
    // A live one that came here by mistake: not even its beginning, though it is told to who asks.
    let mut astray = User::new(&twin, "0123456789abcdef-of-somebody");
    let listed = astray.get("/v4/profile/tokens").await.text;
    astray.ask("POST", "/v4/lke/clusters", reference()).await;
    assert!(listed.contains("0123456789abcdef"), "{listed}");
    drop((served, astray));
    drop(twin);
    rest(50).await;
    let text = std::fs::read_to_string(&file).expect("a state");
    assert!(text.contains("\"scopes\"") && !text.contains(&token));
    assert!(text.contains("ada-lke-gpu-kubeflow") && !text.contains("0123456789abcdef"));
}
