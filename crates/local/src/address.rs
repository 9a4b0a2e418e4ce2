//! The own addresses as others see them. Asking is telling somebody, so nothing here asks by itself:
//! the engine calls it only after the user said so.

use crate::clock::get;
use crate::{Error, Transport, files};
use async_trait::async_trait;
use engine::ports::{Address, Answer, Failure, Kind};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Each answers the asker's address as plain text and nothing else: one over IPv4, one over IPv6.
const SERVICES: [&str; 2] = ["api.ipify.org", "api6.ipify.org"];
/// How long each is waited for. A network that swallows IPv6 does not say so.
const PATIENCE: [Duration; 2] = [Duration::from_secs(20), Duration::from_secs(5)];
/// Longer answers hold no address.
const TEXT_BYTES_MAX: usize = 100;
/// Where what the user said and what this computer had are kept, in the home folder.
const FILE: &str = "address.json";

/// The computer's public addresses.
pub struct PublicAddress {
    source: Source,
    /// One writer at a time.
    kept: Option<Mutex<PathBuf>>,
}

/// What the user said of asking, and what was answered.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Kept {
    always: bool,
    #[serde(default)]
    had: Vec<IpNet>,
}

enum Source {
    Public(reqwest::Client),
    Demo(Transport, String),
}

impl PublicAddress {
    /// Asks public servers, each once per call, over https.
    pub fn live() -> Result<Self, Error> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .build()
            .map_err(|cause| Error::Client { cause })?;
        Ok(Self {
            source: Source::Public(client),
            kept: None,
        })
    }

    /// The same, with the user's "always" and the addresses of before kept in a home folder.
    #[must_use]
    pub fn remembering(mut self, home: &Path) -> Self {
        self.kept = Some(Mutex::new(home.join(FILE)));
        self
    }

    /// Asks the demo cloud at `http://127.0.0.1:PORT` (`/_demo/me`), which plays the public view.
    pub fn demo(transport: Transport, origin: &str) -> Self {
        Self {
            source: Source::Demo(transport, origin.trim_end_matches('/').to_owned()),
            kept: None,
        }
    }

    /// What cannot be read was never said.
    fn kept(&self) -> Kept {
        let Some(path) = &self.kept else {
            return Kept::default();
        };
        read_kept(&path.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(&self, change: impl FnOnce(&mut Kept)) -> std::io::Result<()> {
        let Some(path) = &self.kept else {
            return Ok(());
        };
        let path = path.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept = read_kept(&path);
        change(&mut kept);
        files::write_whole(&path, &serde_json::to_vec(&kept)?).map_err(|(_, _, cause)| cause)
    }
}

fn read_kept(path: &Path) -> Kept {
    let text = std::fs::read(path).ok();
    let kept = text.and_then(|text| serde_json::from_slice(&text).ok());
    kept.unwrap_or_default()
}

#[derive(Deserialize)]
struct Me {
    addresses: Vec<IpAddr>,
}

#[async_trait]
impl Address for PublicAddress {
    async fn known(&self) -> Vec<IpNet> {
        match &self.source {
            Source::Public(_) if !self.always() => Vec::new(),
            Source::Public(_) | Source::Demo(..) => self.mine().await.unwrap_or_default(),
        }
    }

    fn services(&self) -> Vec<String> {
        match &self.source {
            Source::Public(_) => SERVICES.map(ToOwned::to_owned).to_vec(),
            Source::Demo(..) => Vec::new(),
        }
    }

    fn always(&self) -> bool {
        self.kept().always
    }

    fn set_always(&self, always: bool) -> std::io::Result<()> {
        self.change(|kept| kept.always = always)
    }

    fn had(&self) -> Vec<IpNet> {
        self.kept().had
    }

    fn keep(&self, had: &[IpNet]) -> std::io::Result<()> {
        self.change(|kept| kept.had = had.to_vec())
    }

    async fn mine(&self) -> Answer<Vec<IpNet>> {
        match &self.source {
            Source::Demo(transport, origin) => {
                let me: Me = get(transport, &format!("{origin}/_demo/me"), OPERATION).await?;
                Ok(me.addresses.into_iter().map(IpNet::from).collect())
            }
            Source::Public(client) => {
                let [four, six] = [0, 1].map(|at| ask(client, SERVICES[at], PATIENCE[at]));
                let (four, six) = tokio::join!(four, six);
                both(four, six)
            }
        }
    }
}

const OPERATION: &str = "read the own address";

/// One of each family, IPv4 first. That this computer has one of them only is no failure.
fn both(four: Answer<IpNet>, six: Answer<IpNet>) -> Answer<Vec<IpNet>> {
    match (four, six) {
        (Ok(four), Ok(six)) if four == six => Ok(vec![four]),
        (Ok(four), Ok(six)) => Ok(vec![four, six]),
        (Ok(one), Err(_)) | (Err(_), Ok(one)) => Ok(vec![one]),
        (Err(failure), Err(_)) => Err(failure),
    }
}

async fn ask(client: &reqwest::Client, service: &str, patience: Duration) -> Answer<IpNet> {
    let failed = |kind, cause: reqwest::Error| {
        let mut failure = Failure::new(kind, OPERATION);
        failure.cause = Some(Box::new(cause));
        failure
    };
    let request = client.get(format!("https://{service}")).timeout(patience);
    let reply = request.send().await;
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
        let mut failure = Failure::new(Kind::Unknown, OPERATION);
        failure.status = Some(status.as_u16());
        failure
    })
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
            let body = Full::new(Bytes::from(
                r#"{"addresses": ["203.0.113.7", "2001:db8::7"]}"#,
            ));
            let body = body.map_err(|never| match never {}).boxed_unsync();
            Ok::<_, crate::BoxError>(http::Response::new(body))
        });
        let address = PublicAddress::demo(Transport::new(service), "http://127.0.0.1:1");
        let mine = address.mine().await.unwrap();
        let both = ["203.0.113.7/32", "2001:db8::7/128"].map(|one| one.parse().unwrap());
        assert_eq!(mine, both);
    }

    #[test]
    fn a_computer_with_one_family_has_one_address() {
        let net = |text: &str| text.parse::<IpNet>().unwrap();
        let (four, six) = (net("203.0.113.7/32"), net("2001:db8::7/128"));
        let away = || Failure::new(Kind::Unavailable, OPERATION);
        assert_eq!(both(Ok(four), Ok(six)).unwrap(), [four, six]);
        assert_eq!(both(Ok(four), Err(away())).unwrap(), [four]);
        assert_eq!(both(Err(away()), Ok(six)).unwrap(), [six]);
        // Some networks answer both names over one family.
        assert_eq!(both(Ok(four), Ok(four)).unwrap(), [four]);
        assert!(both(Err(away()), Err(away())).is_err());
    }

    #[test]
    fn always_is_kept_in_the_home_and_is_no_until_it_is_said() {
        let home = tempfile::tempdir().unwrap();
        let live = || PublicAddress::live().unwrap().remembering(home.path());
        assert!(!live().always());
        live().set_always(true).unwrap();
        assert!(live().always());
        assert_eq!(live().services(), ["api.ipify.org", "api6.ipify.org"]);
        std::fs::write(home.path().join(FILE), "not JSON").unwrap();
        assert!(!live().always());
        live().set_always(true).unwrap();
        let had: Vec<IpNet> = vec!["203.0.113.7/32".parse().unwrap()];
        live().keep(&had).unwrap();
        assert!(live().always(), "one does not undo the other");
        live().set_always(false).unwrap();
        assert_eq!((live().always(), live().had()), (false, had));
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
