//! Kubeconfigs are rebuilt, never passed on: a kubeconfig can name programs to run, files to read
//! and servers to trust. What Linode sends is parsed under limits, and a new one is written from
//! atoms that are each known to be harmless: one https server that the cloud may have, PEM
//! certificates, a token or a client certificate, one context. What would change who is spoken to
//! or what is run is refused; everything else unknown is simply not carried over.

mod atoms;
mod own;
mod parse;

pub use own::UserKubeconfig;

use crate::Error;
use crate::files::{apart, write_whole};
use engine::ports::{CleanKubeconfig, Failure, Kind};
use secrecy::{ExposeSecret as _, SecretString};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Which servers a cloud's kubeconfig may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerRule {
    /// https, a host that ends in `.linodelke.net`.
    Linode,
    /// https on 127.0.0.1, a port that the cloud's `/api-endpoints` lists.
    Loopback,
}

/// Why a kubeconfig was not rebuilt. Nothing of its content is quoted, keys apart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More than 256 KB.
    #[error("take a kubeconfig of more than 256 KB")]
    TooLarge,
    /// No YAML mapping, more than one document, doubled keys, aliases, or too deep.
    #[error("read it as one plain YAML document")]
    Unreadable,
    /// Not `kind: Config`, `apiVersion: v1`.
    #[error("take it for a kubeconfig")]
    Kind,
    /// Not exactly one of `clusters`, `users` or `contexts`.
    #[error("choose one of `{0}`")]
    NotOne(&'static str),
    /// A value that is missing or no text.
    #[error("find text at `{0}`")]
    NoText(&'static str),
    /// A key that runs programs, reads files, weakens TLS, or acts for somebody else.
    #[error("carry over `{0}`")]
    Forbidden(&'static str),
    /// A name with characters or a length that no cloud gives.
    #[error("use the name at `{0}`")]
    Name(&'static str),
    /// The context names another cluster or user, or is not the current one.
    #[error("follow the context to its cluster and user")]
    Context,
    /// A server that this cloud cannot have.
    #[error("trust its server")]
    Server,
    /// Not PEM in base64.
    #[error("read the PEM at `{0}`")]
    Pem(&'static str),
    /// A token with characters that no header carries.
    #[error("use its token")]
    Token,
    /// Neither a token nor a client certificate with its key, or both.
    #[error("find exactly one credential")]
    Credential,
}

/// A clean kubeconfig from a raw one. `endpoints` are the URLs that the cloud lists for the
/// cluster; they decide the port on loopback.
pub fn rebuild(
    raw: &SecretString,
    endpoints: &[String],
    cloud: ServerRule,
) -> Result<SecretString, Refusal> {
    let parsed = parse::parse(raw.expose_secret())?;
    let server = atoms::server(&parsed.server, endpoints, cloud).ok_or(Refusal::Server)?;
    parsed.write(&server)
}

/// A kubeconfig as it came, the URLs that were listed with it, and what was made of it.
type Last = Option<(SecretString, Vec<String>, SecretString)>;

/// [`rebuild`] for the engine's port. The last one is kept: mostly the same one comes again.
pub fn cleaner(cloud: ServerRule) -> CleanKubeconfig {
    let last: Mutex<Last> = Mutex::default();
    Arc::new(move |raw, endpoints| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((before, listed, clean)) = &*last
            && before.expose_secret() == raw.expose_secret()
            && listed == endpoints
        {
            return Ok(clean.clone());
        }
        let clean = rebuild(raw, endpoints, cloud).map_err(|refusal| {
            let mut failure = Failure::new(Kind::Invalid, "rebuild the kubeconfig");
            failure.said = vec![(String::new(), refusal.to_string())];
            failure.cause = Some(Box::new(refusal));
            failure
        })?;
        *last = Some((raw.clone(), endpoints.to_vec(), clean.clone()));
        Ok(clean)
    })
}

/// Writes a kubeconfig where the user said: a new file, 0600, whole, in place of the old one; a
/// link of that name is replaced, not followed. On Windows the folder's own access list counts.
pub async fn save(path: &Path, content: &SecretString) -> Result<(), Error> {
    let (path, content) = (path.to_owned(), content.clone());
    apart(move || Ok(write_whole(&path, content.expose_secret().as_bytes())?)).await
}

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod tests;
