//! From YAML to the few values that are carried over.

use super::{Refusal, atoms};
use secrecy::SecretString;
use serde_json::{Map, Value};
use std::fmt::Write as _;
use zeroize::Zeroizing;

const BYTES_MAX: usize = 256 * 1024;
/// More than what a kubeconfig has around its atoms.
const WORDS_BYTES: usize = 1024;

/// What makes a program run, a file be read, TLS be weaker, or a request be somebody else's.
const FORBIDDEN_IN_USER: [&str; 11] = [
    "exec",
    "auth-provider",
    "tokenFile",
    "client-certificate",
    "client-key",
    "username",
    "password",
    "as",
    "as-uid",
    "as-groups",
    "as-user-extra",
];
const FORBIDDEN_IN_CLUSTER: [&str; 4] = [
    "certificate-authority",
    "insecure-skip-tls-verify",
    "proxy-url",
    "tls-server-name",
];

/// A kubeconfig by its atoms, each checked but for the server.
pub(super) struct Parsed {
    pub(super) server: String,
    cluster: String,
    user: String,
    context: String,
    namespace: Option<String>,
    authority: String,
    credential: Credential,
}

enum Credential {
    Token(Zeroizing<String>),
    Certificate {
        certificate: String,
        key: Zeroizing<String>,
    },
}

pub(super) fn parse(raw: &str) -> Result<Parsed, Refusal> {
    if raw.len() > BYTES_MAX {
        return Err(Refusal::TooLarge);
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 2_000,
            max_nodes: 1_000,
            max_depth: 16,
            max_aliases: 0,
            max_anchors: 0,
            max_documents: 1,
            flow_nesting_limit: 16,
        },
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::Error,
        merge_keys: serde_saphyr::options::MergeKeyPolicy::Error,
        strict_booleans: true,
    };
    // The library's error quotes the text, which holds secrets.
    let value = serde_saphyr::from_str_with_options::<Value>(raw, options);
    let value = value.map_err(|_| Refusal::Unreadable)?;
    let config = value.as_object().ok_or(Refusal::Unreadable)?;
    for (key, wanted) in [("apiVersion", "v1"), ("kind", "Config")] {
        if config.get(key).and_then(Value::as_str) != Some(wanted) {
            return Err(Refusal::Kind);
        }
    }
    let (cluster, in_cluster) = only(config, "clusters", "cluster")?;
    let (user, in_user) = only(config, "users", "user")?;
    let (context, in_context) = only(config, "contexts", "context")?;
    refuse(in_cluster, &FORBIDDEN_IN_CLUSTER)?;
    refuse(in_user, &FORBIDDEN_IN_USER)?;
    let points = text(in_context, "cluster")? == cluster && text(in_context, "user")? == user;
    if !points || text(config, "current-context")? != context {
        return Err(Refusal::Context);
    }
    let namespace = maybe(in_context, "namespace")?;
    if namespace.is_some_and(|one| !atoms::is_namespace(one)) {
        return Err(Refusal::Name("namespace"));
    }
    let authority = text(in_cluster, "certificate-authority-data")?;
    Ok(Parsed {
        server: text(in_cluster, "server")?.to_owned(),
        cluster: cluster.to_owned(),
        user: user.to_owned(),
        context: context.to_owned(),
        namespace: namespace.map(str::to_owned),
        authority: atoms::certificates(authority)
            .ok_or(Refusal::Pem("certificate-authority-data"))?,
        credential: credential(in_user)?,
    })
}

/// The one entry of a list: its checked name and what is in it.
fn only<'a>(
    config: &'a Map<String, Value>,
    list: &'static str,
    inner: &'static str,
) -> Result<(&'a str, &'a Map<String, Value>), Refusal> {
    let entries = config
        .get(list)
        .and_then(Value::as_array)
        .map(Vec::as_slice);
    let Some([entry]) = entries else {
        return Err(Refusal::NotOne(list));
    };
    let entry = entry.as_object().ok_or(Refusal::NotOne(list))?;
    let name = entry
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !atoms::is_name(name) {
        return Err(Refusal::Name(list));
    }
    let inside = entry
        .get(inner)
        .and_then(Value::as_object)
        .ok_or(Refusal::NoText(inner))?;
    Ok((name, inside))
}

/// Refuses forbidden keys that say something. Linode always sends an empty `as-user-extra`.
fn refuse(inside: &Map<String, Value>, keys: &[&'static str]) -> Result<(), Refusal> {
    let says_nothing = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) | Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
    };
    let found = keys
        .iter()
        .find(|key| inside.get(**key).is_some_and(|one| !says_nothing(one)));
    found.map_or(Ok(()), |key| Err(Refusal::Forbidden(key)))
}

fn maybe<'a>(
    inside: &'a Map<String, Value>,
    key: &'static str,
) -> Result<Option<&'a str>, Refusal> {
    match inside.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or(Refusal::NoText(key)),
    }
}

fn text<'a>(inside: &'a Map<String, Value>, key: &'static str) -> Result<&'a str, Refusal> {
    maybe(inside, key)?.ok_or(Refusal::NoText(key))
}

fn credential(user: &Map<String, Value>) -> Result<Credential, Refusal> {
    let (certificate, key) = ("client-certificate-data", "client-key-data");
    match (
        maybe(user, "token")?,
        maybe(user, certificate)?,
        maybe(user, key)?,
    ) {
        (Some(token), None, None) if atoms::is_token(token) => {
            Ok(Credential::Token(Zeroizing::new(token.to_owned())))
        }
        (Some(_), None, None) => Err(Refusal::Token),
        (None, Some(own), Some(secret)) => Ok(Credential::Certificate {
            certificate: atoms::certificates(own).ok_or(Refusal::Pem(certificate))?,
            key: atoms::private_key(secret)
                .map(Zeroizing::new)
                .ok_or(Refusal::Pem(key))?,
        }),
        _ => Err(Refusal::Credential),
    }
}

/// Whether clouds give such a name.
pub(super) fn is_name(name: &str) -> bool {
    atoms::is_name(name)
}

/// A clean kubeconfig's server, and its cluster, context and user as they stand under another name.
pub(super) fn bodies(clean: &str, name: &str) -> Option<(String, [Value; 3])> {
    let parsed = parse(clean).ok()?;
    let text = |value: &str| Value::String(value.to_owned());
    let map = |pairs: Vec<(&str, Value)>| {
        Value::Object(
            pairs
                .into_iter()
                .map(|(key, one)| (key.to_owned(), one))
                .collect(),
        )
    };
    let cluster = map(vec![
        ("server", text(&parsed.server)),
        ("certificate-authority-data", text(&parsed.authority)),
    ]);
    let mut context = vec![("cluster", text(name)), ("user", text(name))];
    context.extend(
        parsed
            .namespace
            .as_deref()
            .map(|one| ("namespace", text(one))),
    );
    let user = match &parsed.credential {
        Credential::Token(token) => map(vec![("token", text(token))]),
        Credential::Certificate { certificate, key } => map(vec![
            ("client-certificate-data", text(certificate)),
            ("client-key-data", text(key)),
        ]),
    };
    Some((parsed.server, [cluster, map(context), user]))
}

impl Parsed {
    /// A new kubeconfig. Every atom is of characters that need no escape within double quotes.
    pub(super) fn write(&self, server: &str) -> Result<SecretString, Refusal> {
        let Self {
            cluster,
            user,
            context,
            authority,
            ..
        } = self;
        let secret = match &self.credential {
            Credential::Token(token) => token.len(),
            Credential::Certificate { certificate, key } => certificate.len() + key.len(),
        };
        // Room for all of it: a text that grows leaves copies of its secrets behind.
        let names = 2 * cluster.len() + 2 * user.len() + 2 * context.len();
        let namespace = self.namespace.as_ref().map_or(0, String::len);
        let atoms = names + namespace + server.len() + authority.len() + secret;
        let mut text = Zeroizing::new(String::with_capacity(atoms + WORDS_BYTES));
        let wrote = write!(
            text,
            "apiVersion: v1\nkind: Config\nclusters:\n- name: \"{cluster}\"\n  cluster:\n    \
             server: \"{server}\"\n    certificate-authority-data: \"{authority}\"\nusers:\n- \
             name: \"{user}\"\n  user:\n"
        )
        .and_then(|()| match &self.credential {
            Credential::Token(token) => writeln!(text, "    token: \"{}\"", **token),
            Credential::Certificate { certificate, key } => writeln!(
                text,
                "    client-certificate-data: \"{certificate}\"\n    client-key-data: \"{}\"",
                **key
            ),
        })
        .and_then(|()| {
            write!(
                text,
                "contexts:\n- name: \"{context}\"\n  context:\n    cluster: \"{cluster}\"\n    \
                 user: \"{user}\"\n"
            )
        })
        .and_then(|()| match &self.namespace {
            Some(namespace) => writeln!(text, "    namespace: \"{namespace}\""),
            None => Ok(()),
        })
        .and_then(|()| writeln!(text, "current-context: \"{context}\""));
        wrote.map_err(|_| Refusal::Unreadable)?;
        debug_assert!(text.len() <= atoms + WORDS_BYTES, "the text had to grow");
        Ok(SecretString::from(text.as_str()))
    }
}
