//! Tokens of service accounts, as `TokenRequest` gives them out: each has an end, and none outlives its
//! account.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::api::{reply, shown_token};
use super::identity::service_account_token;
use super::kinds::{Kind, known, row};
use super::peek::{number, text};
use super::rbac::{self, Asked};
use super::status::Refusal;
use super::store::Key;
use super::{Cluster, Inner};
use crate::ReplyBody;

/// Kubernetes refuses less.
const SECONDS_MIN: i64 = 600;
/// What is given when nothing is asked for.
const SECONDS: i64 = 3600;

/// What asks for a token. It is a subresource, and so in no table.
static REQUEST: Kind = row(
    "authentication.k8s.io",
    "tokenrequests",
    "TokenRequest",
    &[],
);

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
    /// Who may do what roles grant.
    Other(Subject),
}

impl Caller {
    /// Under which name, and in which groups.
    pub(super) fn subject(&self) -> Subject {
        match self {
            Self::Admin => Subject::of("system:serviceaccount:kube-system:lke-admin"),
            Self::Other(subject) => subject.clone(),
        }
    }
}

/// Somebody, as roles know them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    pub user: String,
    pub groups: Vec<String>,
}

impl Subject {
    /// A user, or a service account by its user's name, in the groups that come with that.
    pub(super) fn of(user: &str) -> Self {
        let mut out = Self {
            user: user.to_owned(),
            groups: Vec::new(),
        };
        if let Some((namespace, _)) = out.account() {
            let of_it = format!("system:serviceaccounts:{namespace}");
            out.groups = vec!["system:serviceaccounts".to_owned(), of_it];
        }
        out.groups.push("system:authenticated".to_owned());
        out
    }

    /// The namespace and name of a service account.
    pub(super) fn account(&self) -> Option<(&str, &str)> {
        let rest = self.user.strip_prefix("system:serviceaccount:")?;
        rest.split_once(':')
    }

    /// Whether it may do everything, whatever roles say.
    pub(super) fn is_master(&self) -> bool {
        self.groups.iter().any(|group| group == "system:masters")
    }
}

/// Who sends this request: whose token it shows (an ended one is nobody's), or for whom they speak.
pub(super) fn caller(
    cluster: &Cluster,
    request: &Request<Bytes>,
    now: Timestamp,
) -> Result<Caller, Refusal> {
    let shown = shown_token(request).ok_or_else(Refusal::unauthorized)?;
    let caller = of_token(cluster, shown, now).ok_or_else(Refusal::unauthorized)?;
    match request.headers().get("impersonate-user") {
        Some(_) => impersonated(cluster, request, &caller),
        None => Ok(caller),
    }
}

/// Whose token it is.
pub(super) fn of_token(cluster: &Cluster, shown: &str, now: Timestamp) -> Option<Caller> {
    if cluster.unread().secrets.is_token(shown) {
        return Some(Caller::Admin);
    }
    let inner = cluster.lock();
    let valid = |one: &&Issued| {
        let key = Key::core("serviceaccounts", &one.account.namespace, &one.account.name);
        let account = inner.store.get(&key);
        one.token == shown
            && now < one.expires
            && account.is_some_and(|account| text(account, "/metadata/uid") == one.uid)
    };
    let found = inner.issued.iter().find(valid)?;
    Some(Caller::Other(Subject::of(&found.account.user())))
}

/// For whom the caller speaks, who must be allowed to.
fn impersonated(
    cluster: &Cluster,
    request: &Request<Bytes>,
    caller: &Caller,
) -> Result<Caller, Refusal> {
    let all = |name| {
        request
            .headers()
            .get_all(name)
            .iter()
            .filter_map(|one| one.to_str().ok())
    };
    let user = all("impersonate-user").next().unwrap_or_default();
    let mut out = Subject::of(user);
    let groups: Vec<&str> = all("impersonate-group").collect();
    if let Caller::Other(subject) = caller {
        let speaks = |resource: &str, namespace, name| {
            let asked = Asked {
                verb: "impersonate",
                group: "",
                resource: resource.to_owned(),
                namespace,
                name,
            };
            rbac::require(&cluster.lock(), subject, &asked)
        };
        match out.account() {
            Some((namespace, name)) => speaks("serviceaccounts", namespace, name)?,
            None => speaks("users", "", user)?,
        }
        for group in &groups {
            speaks("groups", "", group)?;
        }
    }
    if !groups.is_empty() {
        let named = groups.into_iter().map(str::to_owned);
        out.groups = named.chain(["system:authenticated".to_owned()]).collect();
    }
    Ok(Caller::Other(out))
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
            return Err(Refusal::invalid(
                &REQUEST,
                "",
                "spec.expirationSeconds",
                &why,
            ));
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
