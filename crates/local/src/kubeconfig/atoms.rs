//! What may stand in a kubeconfig of ours, atom by atom.

use super::ServerRule;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Uri;
use zeroize::Zeroizing;

/// The server as it is written out again, when the cloud may have it.
pub(super) fn server(text: &str, endpoints: &[String], cloud: ServerRule) -> Option<String> {
    let (host, port) = https(text)?;
    let may_be = match cloud {
        ServerRule::Linode => host.strip_suffix(".linodelke.net").is_some_and(|own| {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            own.split('.')
                .all(|part| !part.is_empty() && part.bytes().all(plain))
        }),
        ServerRule::Loopback => {
            let listed = |one: &String| https(one) == Some(("127.0.0.1".to_owned(), port));
            host == "127.0.0.1" && endpoints.iter().any(listed)
        }
    };
    may_be.then(|| format!("https://{host}:{port}"))
}

/// Host and port of a bare https address: no user, no path, no query.
fn https(text: &str) -> Option<(String, u16)> {
    let uri: Uri = text.parse().ok()?;
    let authority = uri.authority()?;
    let bare = uri.scheme_str() == Some("https")
        && matches!(uri.path(), "" | "/")
        && uri.query().is_none()
        && !text.contains(['#', '@', '\\'])
        && text.is_ascii();
    let port = match authority.port() {
        Some(port) => port.as_str().parse().ok()?,
        None => 443,
    };
    let written = authority.as_str();
    // `host:` and `host:00443` are odd ways to write an address; nobody sends them in good faith.
    let plain = written == authority.host() || written == format!("{}:{port}", authority.host());
    (bare && plain && port != 0).then(|| (authority.host().to_owned(), port))
}

/// A name of a cluster, a user or a context, as clouds give them.
pub(super) fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'@' | b':');
    (1..=128).contains(&text.len()) && text.bytes().all(plain)
}

/// A Kubernetes namespace.
pub(super) fn is_namespace(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(plain)
}

/// A bearer token: RFC 6750's characters.
pub(super) fn is_token(text: &str) -> bool {
    let plain = |b: u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
    };
    (1..=16 * 1024).contains(&text.len()) && text.bytes().all(plain)
}

/// One or more certificates in PEM in base64, written anew; nothing else may be among them.
pub(super) fn certificates(base64: &str) -> Option<String> {
    let pem = pem(base64)?;
    let blocks = blocks(&pem)?;
    (!blocks.is_empty() && blocks.iter().all(|label| *label == "CERTIFICATE"))
        .then(|| STANDARD.encode(pem.as_bytes()))
}

/// Exactly one private key in PEM in base64, written anew.
pub(super) fn private_key(base64: &str) -> Option<String> {
    let pem = pem(base64)?;
    matches!(
        blocks(&pem)?.as_slice(),
        ["PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY"]
    )
    .then(|| STANDARD.encode(pem.as_bytes()))
}

fn pem(base64: &str) -> Option<Zeroizing<String>> {
    let compact: Zeroizing<String> = Zeroizing::new(base64.split_ascii_whitespace().collect());
    let bytes = STANDARD.decode(compact.as_bytes()).ok()?;
    String::from_utf8(bytes).ok().map(Zeroizing::new)
}

/// The labels of the PEM blocks; `None` when anything else stands there, or a body is no base64.
fn blocks(pem: &str) -> Option<Vec<&str>> {
    let mut labels = Vec::new();
    let mut lines = pem.lines().map(str::trim_end);
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let label = line.strip_prefix("-----BEGIN ")?.strip_suffix("-----")?;
        let end = format!("-----END {label}-----");
        let mut body = Zeroizing::new(String::new());
        loop {
            let line = lines.next()?;
            if line == end {
                break;
            }
            body.push_str(line);
        }
        let der = STANDARD.decode(body.as_bytes()).ok()?;
        if der.is_empty() {
            return None;
        }
        labels.push(label);
    }
    Some(labels)
}
