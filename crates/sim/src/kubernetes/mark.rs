//! The token with which a paged list goes on.

use base64::Engine as _;

/// Where a paged list goes on: the version it began at, and the last key that was given.
pub(super) struct Mark {
    pub version: u64,
    pub namespace: String,
    pub name: String,
}

impl Mark {
    pub(super) fn write(&self) -> String {
        let text = format!("{}/{}/{}", self.version, self.namespace, self.name);
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
    }

    pub(super) fn read(token: &str) -> Option<Self> {
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(token)
            .ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let mut words = text.splitn(3, '/');
        let version = words.next()?.parse().ok()?;
        let (namespace, name) = (words.next()?.to_owned(), words.next()?.to_owned());
        Some(Self {
            version,
            namespace,
            name,
        })
    }
}
