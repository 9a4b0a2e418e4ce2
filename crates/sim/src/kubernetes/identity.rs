//! The cluster's CA, its server certificate for loopback, and the admin's token.
//!
//! All of it is drawn from the seed, so that the same demo cloud gives the same kubeconfig again.
//! It protects nothing but a demo on this computer.

use std::fmt;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls_pki_types::PrivatePkcs8KeyDer;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::store::scramble;

/// What a cluster's kubeconfig and listener are made of; saved with the cluster.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "Saved", into = "Saved")]
pub(crate) struct Secrets {
    /// The CA's certificate, made when somebody wants it.
    ca_pem: OnceLock<String>,
    /// The admin's bearer token, in the form of a service account's.
    token: String,
    /// Tokens of kubeconfigs with a CA that is no longer this one.
    pub outdated: Vec<String>,
    /// What the certificates and keys follow from, where they were not read from a file.
    draw: u64,
    /// Made when a listener or a file wants it: most clusters of a campaign have neither.
    server: OnceLock<Server>,
}

/// Of the server for 127.0.0.1 and localhost.
#[derive(Clone)]
pub(crate) struct Server {
    /// Its certificate.
    pub cert_pem: String,
    /// Its key, PKCS #8.
    pub key_pem: String,
}

/// As it stands in the state's file.
#[derive(Serialize, Deserialize)]
struct Saved {
    ca_pem: String,
    cert_pem: String,
    key_pem: String,
    token: String,
    #[serde(default)]
    outdated: Vec<String>,
}

impl From<Saved> for Secrets {
    fn from(saved: Saved) -> Self {
        let Saved {
            cert_pem, key_pem, ..
        } = saved;
        Self {
            ca_pem: OnceLock::from(saved.ca_pem),
            token: saved.token,
            outdated: saved.outdated,
            draw: 0,
            server: OnceLock::from(Server { cert_pem, key_pem }),
        }
    }
}

impl From<Secrets> for Saved {
    fn from(secrets: Secrets) -> Self {
        let Server { cert_pem, key_pem } = secrets.server().clone();
        Self {
            ca_pem: secrets.ca_pem().to_owned(),
            cert_pem,
            key_pem,
            token: secrets.token,
            outdated: secrets.outdated,
        }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secrets(***)")
    }
}

impl Secrets {
    /// The secrets of a cluster.
    pub(super) fn new(id: u64, seed: u64) -> Self {
        Self::drawn(scramble(seed ^ scramble(id)))
    }

    fn drawn(draw: u64) -> Self {
        Self {
            ca_pem: OnceLock::new(),
            token: token(draw),
            outdated: Vec::new(),
            draw,
            server: OnceLock::new(),
        }
    }

    fn ca_pem(&self) -> &str {
        self.ca_pem.get_or_init(|| {
            let (ca, key) = authority(self.draw).expect(ACCEPTED);
            ca.self_signed(&key).expect(ACCEPTED).pem()
        })
    }

    /// The server's certificate and key.
    pub(super) fn server(&self) -> &Server {
        self.server
            .get_or_init(|| server(self.draw).expect(ACCEPTED))
    }

    /// A new token in place of the old; `salt` must be new each time.
    pub(super) fn rotate(&mut self, salt: &str) {
        self.token = token(salted(salt));
    }

    /// A new CA, certificate and token in place of the old; `salt` must be new each time.
    pub(super) fn renew(&mut self, salt: &str) {
        let fresh = Self::drawn(salted(salt));
        let old = std::mem::replace(self, fresh);
        self.outdated = old.outdated;
        self.outdated.push(old.token);
    }

    /// Whether this is the admin's token.
    pub(super) fn is_token(&self, shown: &str) -> bool {
        self.token == shown
    }

    /// The kubeconfig in the recorded form, with the leading blank line.
    pub(super) fn kubeconfig(&self, id: u64, server_url: &str) -> String {
        let (ca, token) = (STANDARD.encode(self.ca_pem()), &self.token);
        format!(
            "
apiVersion: v1
kind: Config
preferences: {{}}

clusters:
- cluster:
    certificate-authority-data: {ca}
    server: {server_url}
  name: lke{id}

users:
- name: lke{id}-admin
  user:
    as-user-extra: {{}}
    token: {token}

contexts:
- context:
    cluster: lke{id}
    namespace: default
    user: lke{id}-admin
  name: lke{id}-ctx

current-context: lke{id}-ctx
"
        )
    }
}

fn salted(salt: &str) -> u64 {
    salt.bytes()
        .fold(0, |sum, byte| scramble(sum ^ u64::from(byte)))
}

/// Bytes that follow from `draw`.
fn stream(draw: u64, length: usize) -> Vec<u8> {
    (0..)
        .flat_map(|nth: u64| scramble(draw ^ scramble(nth)).to_be_bytes())
        .take(length)
        .collect()
}

/// A token of a service account, in the form in which they are bound to an end.
pub(super) fn service_account_token(
    namespace: &str,
    name: &str,
    expires: Timestamp,
    salt: &str,
) -> String {
    let claims = json!({
        "iss": "https://kubernetes.default.svc.cluster.local", "exp": expires.as_second(),
        "kubernetes.io": {"namespace": namespace, "serviceaccount": {"name": name}},
        "sub": format!("system:serviceaccount:{namespace}:{name}"),
    });
    signed(salted(salt), &claims)
}

fn token(draw: u64) -> String {
    let claims = json!({
        "iss": "kubernetes/serviceaccount",
        "kubernetes.io/serviceaccount/namespace": "kube-system",
        "kubernetes.io/serviceaccount/secret.name": "lke-admin-token-demo0",
        "kubernetes.io/serviceaccount/service-account.name": "lke-admin",
        "sub": "system:serviceaccount:kube-system:lke-admin",
    });
    signed(draw, &claims)
}

fn signed(draw: u64, claims: &Value) -> String {
    let part = |text: String| URL_SAFE_NO_PAD.encode(text);
    let head = json!({"alg": "RS256", "kid": URL_SAFE_NO_PAD.encode(stream(draw ^ 1, 32))});
    let signature = URL_SAFE_NO_PAD.encode(stream(draw ^ 2, 256));
    format!(
        "{}.{}.{signature}",
        part(head.to_string()),
        part(claims.to_string())
    )
}

/// An Ed25519 key from 32 bytes: its PKCS #8 form is a fixed head before them (RFC 8410).
fn key(draw: u64) -> Result<KeyPair, rcgen::Error> {
    const HEAD: [u8; 16] = [
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    let der = PrivatePkcs8KeyDer::from([&HEAD[..], &stream(draw, 32)].concat());
    KeyPair::from_pkcs8_der_and_sign_algo(&der, &rcgen::PKCS_ED25519)
}

/// Why making certificates cannot fail.
const ACCEPTED: &str = "fixed certificate parameters are accepted by rcgen";

fn authority(draw: u64) -> Result<(CertificateParams, KeyPair), rcgen::Error> {
    let mut ca = CertificateParams::new(vec!["kubernetes".to_owned()])?;
    ca.distinguished_name.push(DnType::CommonName, "kubernetes");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::CrlSign,
    ];
    (ca.not_before, ca.not_after) = (date_time_ymd(2024, 1, 1), date_time_ymd(2044, 1, 1));
    Ok((ca, key(draw ^ 3)?))
}

fn server(draw: u64) -> Result<Server, rcgen::Error> {
    let (ca, ca_key) = authority(draw)?;
    let key = key(draw ^ 4)?;
    let names = ["localhost", "127.0.0.1", "::1", "kubernetes.default.svc"];
    let mut server = CertificateParams::new(names.map(str::to_owned).to_vec())?;
    server
        .distinguished_name
        .push(DnType::CommonName, "kube-apiserver");
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    (server.not_before, server.not_after) = (ca.not_before, ca.not_after);
    let issuer = Issuer::from_params(&ca, &ca_key);
    Ok(Server {
        cert_pem: server.signed_by(&key, &issuer)?.pem(),
        key_pem: key.serialize_pem(),
    })
}
