//! Tokens of service accounts, as `TokenRequest` gives them out: each has an end, and none outlives its
//! account.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::api::{reply, shown_token};
use super::identity::service_account_token;
use super::kinds::known;
use super::peek::{number, text};
use super::status::Refusal;
use super::store::Key;
use super::{Cluster, Inner};
use crate::ReplyBody;

/// Kubernetes refuses less.
const SECONDS_MIN: i64 = 600;
/// What is given when nothing is asked for.
const SECONDS: i64 = 3600;

/// A service account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Account {
    pub namespace: String,
    pub name: String,
}

impl Account {
    pub(super) fn user(&self) -> String {
        format!("system:serviceaccount:{}:{}", self.namespace, self.name)
    }
}

/// A token that was given out.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Issued {
    token: String,
    account: Account,
    /// One made anew under the same name is another.
    uid: String,
    expires: Timestamp,
}

/// Who asks.
pub(super) enum Caller {
    /// Who has the kubeconfig's own token.
    Admin,
    /// A service account.
    Account(Account),
}

/// Who shows this request's token; an ended one is nobody's.
pub(super) fn caller(
    cluster: &Cluster,
    request: &Request<Bytes>,
    now: Timestamp,
) -> Result<Caller, Refusal> {
    let shown = shown_token(request).ok_or_else(Refusal::unauthorized)?;
    if cluster.unread().secrets.is_token(shown) {
        return Ok(Caller::Admin);
    }
    let inner = cluster.lock();
    let valid = |one: &&Issued| {
        let key = Key::core("serviceaccounts", &one.account.namespace, &one.account.name);
        let account = inner.store.get(&key);
        one.token == shown
            && now < one.expires
            && account.is_some_and(|account| text(account, "/metadata/uid") == one.uid)
    };
    let found = inner.issued.iter().find(valid);
    let account = found.map(|one| Caller::Account(one.account.clone()));
    account.ok_or_else(Refusal::unauthorized)
}

/// Answers a `TokenRequest`.
pub(super) fn request(
    inner: &mut Inner,
    (namespace, name): (&str, &str),
    wanted: &Value,
    now: Timestamp,
) -> Result<Response<ReplyBody>, Refusal> {
    let kind = known("", "serviceaccounts");
    let account = inner.store.get(&Key::new(kind, namespace, name)).cloned();
    let account = account.ok_or_else(|| Refusal::not_found(kind, name))?;
    let seconds = match number(wanted, "/spec/expirationSeconds") {
        0 => SECONDS,
        seconds if seconds < SECONDS_MIN => {
            let why = format!(
                "Invalid value: {seconds}: may not specify a duration less than 10 minutes"
            );
            return Err(Refusal::invalid(kind, name, "spec.expirationSeconds", &why));
        }
        seconds => seconds,
    };
    let expires = now + SignedDuration::from_secs(seconds);
    let uid = text(&account, "/metadata/uid").to_owned();
    let salt = inner.store.fresh_uid();
    let token = service_account_token(namespace, name, expires, &salt);
    inner.issued.retain(|one| now < one.expires);
    inner.issued.push(Issued {
        token: token.clone(),
        account: Account {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        },
        uid,
        expires,
    });
    let body = json!({
        "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"name": name, "namespace": namespace, "creationTimestamp": now.to_string()},
        "spec": {
            "audiences": ["https://kubernetes.default.svc.cluster.local"],
            "expirationSeconds": seconds, "boundObjectRef": null,
        },
        "status": {"token": token, "expirationTimestamp": whole_second(expires)},
    });
    Ok(reply(StatusCode::CREATED, &body))
}

fn whole_second(at: Timestamp) -> String {
    let whole = Timestamp::from_second(at.as_second()).unwrap_or(at);
    whole.to_string()
}
