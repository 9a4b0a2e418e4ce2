//! The real transport against sockets on this computer.

use super::scripted::{StillClock, TOKEN, line};
use crate::{LinodeCloud, Origin, loopback_transport};
use domain::ClusterId;
use engine::ports::Cloud as _;
use secrecy::SecretString;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

fn cloud(port: u16) -> LinodeCloud {
    let token = SecretString::from(TOKEN);
    let origin = Origin::Loopback(port);
    LinodeCloud::new(
        loopback_transport().unwrap(),
        origin,
        token,
        Arc::new(StillClock),
    )
}

/// A server that answers each connection with the next text and closes it; tells what it read.
fn serve(answers: &'static [&'static str]) -> (u16, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = std::thread::spawn(move || {
        let mut heard = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut buffer = [0; 4096];
            let length = stream.read(&mut buffer).unwrap();
            heard.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
            stream.write_all(answer.as_bytes()).unwrap();
        }
        heard
    });
    (port, served)
}

#[tokio::test]
async fn nobody_listening_means_never_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let failure = cloud(port).delete_cluster(ClusterId(7)).await.unwrap_err();
    assert!(
        failure.never_sent && failure.is_refusal(),
        "{}",
        line(&failure)
    );
}

#[tokio::test]
async fn a_connection_that_closes_without_an_answer_is_unknown() {
    let (port, served) = serve(&[""]);
    let failure = cloud(port).delete_cluster(ClusterId(7)).await.unwrap_err();
    assert!(
        !failure.never_sent && !failure.is_refusal(),
        "{}",
        line(&failure)
    );
    assert_eq!(served.join().unwrap().len(), 1, "a write is sent once");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (port, served) = serve(&[
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
    ]);
    let failure = cloud(port).delete_cluster(ClusterId(7)).await.unwrap_err();
    assert_eq!(failure.status, Some(302));
    let heard = served.join().unwrap();
    assert!(
        heard[0].starts_with("DELETE /v4/lke/clusters/7 HTTP/1.1\r\n"),
        "{heard:?}"
    );
}

#[tokio::test]
async fn a_body_that_breaks_off_is_read_again() {
    let (port, served) = serve(&[
        "HTTP/1.1 404 Not Found\r\ncontent-length: 900\r\n\r\n{\"errors\"",
        "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"id\": 7,",
        "HTTP/1.1 404 Not Found\r\ncontent-length: 36\r\n\r\n{\"errors\":[{\"reason\":\"Not found\"}]}  ",
    ]);
    let cloud = cloud(port);
    let broken = cloud.cluster(ClusterId(7)).await.unwrap_err();
    assert_eq!(
        broken.kind,
        engine::ports::Kind::Unknown,
        "{}",
        line(&broken)
    );
    let gone = cloud.cluster(ClusterId(7)).await.unwrap_err();
    assert_eq!(gone.kind, engine::ports::Kind::NotFound, "{}", line(&gone));
    assert_eq!(served.join().unwrap().len(), 3);
}
