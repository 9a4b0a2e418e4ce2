//! Where requests may go: to Linode, or to a demo cloud on this computer. There is no third place.

use crate::Error;
use std::fmt;
use std::str::FromStr;

/// The one origin that requests and the token go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `https://api.linode.com`.
    Linode,
    /// A demo cloud: `http://127.0.0.1:PORT`. For a twin in memory any port will do.
    Loopback(u16),
}

impl Origin {
    /// Linode's host.
    pub(crate) const LINODE_HOST: &'static str = "api.linode.com";

    /// `linode` or `http://127.0.0.1:PORT`; every other host is refused.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refused = || Error::Origin {
            given: text.chars().take(100).collect(),
        };
        if text == "linode" {
            return Ok(Self::Linode);
        }
        let port = text
            .strip_prefix("http://127.0.0.1:")
            .map(|rest| rest.strip_suffix('/').unwrap_or(rest))
            .filter(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
            .ok_or_else(refused)?;
        match port.parse() {
            Ok(0) | Err(_) => Err(refused()),
            Ok(port) => Ok(Self::Loopback(port)),
        }
    }

    /// Whether a request to this address stays within the origin.
    pub(crate) fn holds(self, uri: &http::Uri) -> bool {
        let plain = uri.authority().is_some_and(|a| !a.as_str().contains('@'));
        let parts = (uri.scheme_str(), uri.host(), uri.port_u16());
        plain
            && match self {
                Self::Linode => {
                    let (scheme, host, port) = parts;
                    scheme == Some("https")
                        && host == Some(Self::LINODE_HOST)
                        && matches!(port, None | Some(443))
                }
                Self::Loopback(own) => parts == (Some("http"), Some("127.0.0.1"), Some(own)),
            }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Linode => write!(f, "https://{}", Self::LINODE_HOST),
            Self::Loopback(port) => write!(f, "http://127.0.0.1:{port}"),
        }
    }
}

impl FromStr for Origin {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}
