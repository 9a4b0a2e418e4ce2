//! The own address as others see it. Asking is telling somebody, so nothing here asks by itself:
//! the engine calls it only after the user said so.

use crate::clock::get;
use crate::{Error, Transport, files};
use async_trait::async_trait;
use engine::ports::{Address, Answer, Failure, Kind};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Answers the asker's address as plain text and nothing else.
const PUBLIC: &str = "https://api.ipify.org";
/// Longer answers hold no address.
const TEXT_BYTES_MAX: usize = 100;

/// Who is told that this computer asks, by name.
const SERVICES: [&str; 1] = ["api.ipify.org"];
/// Where the user's "always" is kept, in the home folder.
const FILE: &str = "address.json";

/// The computer's public address.
pub struct PublicAddress {
    source: Source,
    kept: Option<PathBuf>,
}

/// What the user said of asking.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Said {
    always: bool,
}

enum Source {
    Public(reqwest::Client),
    Demo(Transport, String),
}

impl PublicAddress {
    /// Asks a public server, once per call, over https.
    pub fn live() -> Result<Self, Error> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .timeout(Duration::from_secs(20))
            .build()
            .map_err(|cause| Error::Client { cause })?;
        Ok(Self {
            source: Source::Public(client),
            kept: None,
        })
    }

    /// The same, with the user's "always" kept in a home folder.
    #[must_use]
    pub fn remembering(mut self, home: &Path) -> Self {
        self.kept = Some(home.join(FILE));
        self
    }

    /// Asks the demo cloud at `http://127.0.0.1:PORT` (`/_demo/me`), which plays the public view.
    pub fn demo(transport: Transport, origin: &str) -> Self {
        Self {
            source: Source::Demo(transport, origin.trim_end_matches('/').to_owned()),
            kept: None,
        }
    }
}

#[derive(Deserialize)]
struct Me {
    address: IpAddr,
}

#[async_trait]
impl Address for PublicAddress {
    async fn known(&self) -> Option<IpNet> {
        match &self.source {
            Source::Public(_) if !self.always() => None,
            Source::Public(_) | Source::Demo(..) => self.mine().await.ok(),
        }
    }

    fn services(&self) -> Vec<String> {
        match &self.source {
            Source::Public(_) => SERVICES.map(ToOwned::to_owned).to_vec(),
            Source::Demo(..) => Vec::new(),
        }
    }

    /// What cannot be read is "no".
    fn always(&self) -> bool {
        let text = self.kept.as_ref().and_then(|path| std::fs::read(path).ok());
        let said = text.and_then(|text| serde_json::from_slice::<Said>(&text).ok());
        said.unwrap_or_default().always
    }

    fn set_always(&self, always: bool) -> std::io::Result<()> {
        let Some(path) = &self.kept else {
            return Ok(());
        };
        let text = serde_json::to_vec(&Said { always })?;
        files::write_whole(path, &text).map_err(|(_, _, cause)| cause)
    }

    async fn mine(&self) -> Answer<IpNet> {
        let operation = "read the own address";
        match &self.source {
            Source::Demo(transport, origin) => {
                let me: Me = get(transport, &format!("{origin}/_demo/me"), operation).await?;
                Ok(IpNet::from(me.address))
            }
            Source::Public(client) => {
                let failed = |kind, cause: reqwest::Error| {
                    let mut failure = Failure::new(kind, operation);
                    failure.cause = Some(Box::new(cause));
                    failure
                };
                let reply = client.get(PUBLIC).send().await;
                let mut reply = reply.map_err(|why| failed(Kind::Unavailable, why))?;
                let mut text = Vec::new();
                let chunk = |why| failed(Kind::Unknown, why);
                while let Some(bytes) = reply.chunk().await.map_err(chunk)? {
                    text.extend_from_slice(&bytes);
                    if text.len() > TEXT_BYTES_MAX {
                        break;
                    }
                }
                let status = reply.status();
                read(&text).filter(|_| status.is_success()).ok_or_else(|| {
                    let mut failure = Failure::new(Kind::Unknown, operation);
                    failure.status = Some(status.as_u16());
                    failure
                })
            }
        }
    }
}

/// One address and nothing else.
fn read(text: &[u8]) -> Option<IpNet> {
    let text = std::str::from_utf8(text).ok()?.trim();
    text.parse::<IpAddr>().map(IpNet::from).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http_body_util::{BodyExt as _, Full};

    #[tokio::test]
    async fn a_demo_cloud_says_how_it_sees_us() {
        let service = tower::service_fn(|request: http::Request<Bytes>| async move {
            assert_eq!(request.uri(), "http://127.0.0.1:1/_demo/me");
            let body = Full::new(Bytes::from(r#"{"address": "203.0.113.7"}"#));
            let body = body.map_err(|never| match never {}).boxed_unsync();
            Ok::<_, crate::BoxError>(http::Response::new(body))
        });
        let address = PublicAddress::demo(Transport::new(service), "http://127.0.0.1:1");
        assert_eq!(address.mine().await.unwrap().to_string(), "203.0.113.7/32");
    }

    #[test]
    fn always_is_kept_in_the_home_and_is_no_until_it_is_said() {
        let home = tempfile::tempdir().unwrap();
        let live = || PublicAddress::live().unwrap().remembering(home.path());
        assert!(!live().always());
        live().set_always(true).unwrap();
        assert!(live().always());
        assert_eq!(live().services(), ["api.ipify.org"]);
        std::fs::write(home.path().join(FILE), "not JSON").unwrap();
        assert!(!live().always());
        live().set_always(false).unwrap();
        assert!(!live().always());
    }

    #[test]
    fn only_an_address_is_an_address() {
        assert_eq!(
            read(b"2001:db8::7\n").unwrap().to_string(),
            "2001:db8::7/128"
        );
        for text in [
            "",
            "<html>",
            "203.0.113.7/8",
            "203.0.113.7 203.0.113.8",
            "\u{200b}1.2.3.4",
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text:?}");
        }
    }
}
