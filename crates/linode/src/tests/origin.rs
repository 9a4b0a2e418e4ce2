//! A request goes to the origin and to nowhere else.

use super::scripted::{Stage, StillClock, TOKEN, told};
use crate::{LinodeCloud, Origin, Transport, live_transport, loopback_transport};
use domain::ClusterId;
use engine::ports::Cloud as _;
use expect_test::expect;
use secrecy::SecretString;
use std::fmt::Write as _;
use std::sync::Arc;

#[test]
fn only_linode_and_loopback_are_origins() {
    let tried = [
        "linode",
        "http://127.0.0.1:8080",
        "http://127.0.0.1:8080/",
        "https://api.linode.com",
        "http://localhost:8080",
        "http://127.0.0.1",
        "http://127.0.0.1:0",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:+80",
        "http://127.0.0.1:80@evil.example",
        "http://127.0.0.1:80/v4",
        "https://127.0.0.1:80",
        "http://127.0.0.2:80",
        "http://[::1]:80",
        "",
    ];
    let mut told = String::new();
    for text in tried {
        match Origin::parse(text) {
            Ok(origin) => writeln!(told, "{text} -> {origin}").unwrap(),
            Err(_) => writeln!(told, "{text} refused").unwrap(),
        }
    }
    expect![[r#"
        linode -> https://api.linode.com
        http://127.0.0.1:8080 -> http://127.0.0.1:8080
        http://127.0.0.1:8080/ -> http://127.0.0.1:8080
        https://api.linode.com refused
        http://localhost:8080 refused
        http://127.0.0.1 refused
        http://127.0.0.1:0 refused
        http://127.0.0.1:99999 refused
        http://127.0.0.1:+80 refused
        http://127.0.0.1:80@evil.example refused
        http://127.0.0.1:80/v4 refused
        https://127.0.0.1:80 refused
        http://127.0.0.2:80 refused
        http://[::1]:80 refused
         refused
    "#]]
    .assert_eq(&told);
}

#[tokio::test]
async fn the_token_is_a_sensitive_header_of_requests_to_the_origin() {
    for (origin, host) in [
        (Origin::Linode, "https://api.linode.com/"),
        (Origin::Loopback(4711), "http://127.0.0.1:4711/"),
    ] {
        let stage = Stage::at(origin, &["200 {}"]);
        stage.cloud.delete_cluster(ClusterId(7)).await.unwrap();
        let sent = stage.sent.lock().unwrap();
        assert!(sent[0].uri().to_string().starts_with(host));
        let header = &sent[0].headers()["authorization"];
        assert!(header.is_sensitive());
        assert_eq!(header.to_str().unwrap(), format!("Bearer {TOKEN}"));
        assert_eq!(
            sent[0].headers().len(),
            3,
            "accept, user-agent and the token"
        );
    }
}

#[tokio::test]
async fn a_token_with_a_line_break_is_never_sent() {
    let token = SecretString::from("abc\r\nX-Evil: 1");
    let transport = Transport::new(tower::service_fn(|_| async {
        panic!("nothing may be sent")
    }));
    let cloud = LinodeCloud::new(transport, Origin::Linode, token, Arc::new(StillClock));
    expect!["Unauthorized delete the cluster never sent refusal (the token holds characters that no token has)"].assert_eq(&told(&cloud.delete_cluster(ClusterId(7)).await));
}

/// Origin and transport must agree, so that a live token never reaches a local process, nor a
/// demo's request Linode.
#[tokio::test]
async fn a_transport_of_the_other_kind_sends_nothing() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = |transport: Transport, origin| async move {
        let token = SecretString::from(TOKEN);
        let cloud = LinodeCloud::new(transport, origin, token, Arc::new(StillClock));
        told(&cloud.delete_cluster(ClusterId(7)).await)
    };
    let live = asked(live_transport().unwrap(), Origin::Loopback(port)).await;
    expect!["Unavailable delete the cluster never sent refusal (send a request to another host than https://api.linode.com)"].assert_eq(&live);
    let local = asked(loopback_transport().unwrap(), Origin::Linode).await;
    expect!["Unavailable delete the cluster never sent refusal (send a request to another host than http://127.0.0.1)"].assert_eq(&local);
    let nobody = listener.accept();
    assert!(
        nobody.is_err(),
        "the loopback port was connected: {nobody:?}"
    );
}
