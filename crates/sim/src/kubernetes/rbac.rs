//! Who may do what. The kubeconfig's own token may do everything, as LKE's does; everybody else may do
//! what roles grant, and they are asked anew with every request.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::Inner;
use super::issued::{Caller, Subject};
use super::kinds::{self, known};
use super::peek::{list, text};
use super::query::Query;
use super::status::Refusal;
use super::store::Key;

/// The group of roles and their bindings.
pub(super) const GROUP: &str = "rbac.authorization.k8s.io";

/// What is asked for.
pub(super) struct Asked<'a> {
    pub verb: &'a str,
    pub group: &'a str,
    /// With its subresource: `pods/log`.
    pub resource: String,
    /// Empty: in all of them, or in none.
    pub namespace: &'a str,
    /// Empty: no one of them.
    pub name: &'a str,
}

impl<'a> Asked<'a> {
    /// `None`: the path is about no resource.
    fn of(method: &Method, path: &[&'a str], query: &Query) -> Option<Self> {
        let (group, version, rest) = match path {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let (namespace, rest) = match rest {
            // A namespace itself, and its subresources, are asked for within it.
            ["namespaces", name] | ["namespaces", name, "status" | "finalize"] => (*name, rest),
            ["namespaces", namespace, rest @ ..] => (*namespace, rest),
            rest => ("", rest),
        };
        let (resource, name, sub) = match rest {
            [resource] => (*resource, "", None),
            [resource, name] => (*resource, *name, None),
            [resource, name, sub, ..] => (*resource, *name, Some(sub)),
            [] => return None,
        };
        // What there is not is a 404 for everybody.
        kinds::find(group, version, resource)?;
        let verb = match (method.as_str(), name.is_empty()) {
            ("GET" | "HEAD", true) if query.is_set("watch") => "watch",
            ("GET" | "HEAD", true) => "list",
            ("GET" | "HEAD", false) => "get",
            ("PUT", _) => "update",
            ("PATCH", _) => "patch",
            ("DELETE", true) => "deletecollection",
            ("DELETE", false) => "delete",
            (_, _) => "create",
        };
        Some(Self {
            verb,
            group,
            resource: sub.map_or_else(|| resource.to_owned(), |sub| format!("{resource}/{sub}")),
            namespace,
            name,
        })
    }

    /// Whether a role's rule grants it.
    fn fits(&self, rule: &Value) -> bool {
        let names = list(rule, "/resourceNames");
        let (_, sub) = self.resource.split_once('/').unwrap_or_default();
        let of_any = |one: &Value| {
            let any = one.as_str().and_then(|one| one.strip_prefix("*/"));
            any.is_some_and(|any| any == sub)
        };
        has(rule, "/verbs", self.verb)
            && has(rule, "/apiGroups", self.group)
            && (has(rule, "/resources", &self.resource)
                || list(rule, "/resources").iter().any(of_any))
            && (names.is_empty() || names.iter().any(|one| one == self.name))
    }

    /// In Kubernetes' own words.
    fn refusal(&self, user: &str) -> Refusal {
        let kind = self.resource.split('/').next().unwrap_or_default();
        let mut qualified = self.resource.clone();
        if !self.group.is_empty() {
            qualified = format!("{qualified}.{}", self.group);
        }
        let named = if self.name.is_empty() {
            String::new()
        } else {
            format!(" \"{}\"", self.name)
        };
        let place = if self.namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace \"{}\"", self.namespace)
        };
        let message = format!(
            "{qualified}{named} is forbidden: User \"{user}\" cannot {} resource \"{}\" in API group \
             \"{}\" {place}",
            self.verb, self.resource, self.group
        );
        let mut details = json!({"kind": kind});
        if !self.name.is_empty() {
            details["name"] = json!(self.name);
        }
        if !self.group.is_empty() {
            details["group"] = json!(self.group);
        }
        Refusal {
            code: StatusCode::FORBIDDEN,
            reason: "Forbidden",
            message,
            details: Some(details),
        }
    }
}

fn has(rule: &Value, field: &str, wanted: &str) -> bool {
    let mut all = list(rule, field).iter();
    all.any(|one| one == wanted || one == "*")
}

/// Refuses a request that nobody grants.
pub(super) fn check(
    inner: &Inner,
    caller: &Caller,
    method: &Method,
    path: &[&str],
    query: &Query,
) -> Result<(), Refusal> {
    match (caller, Asked::of(method, path, query)) {
        (Caller::Other(subject), Some(asked)) => require(inner, subject, &asked),
        (Caller::Admin, _) | (_, None) => Ok(()),
    }
}

/// Refuses what no role grants.
pub(super) fn require(inner: &Inner, subject: &Subject, asked: &Asked<'_>) -> Result<(), Refusal> {
    if may(inner, subject, asked) {
        return Ok(());
    }
    Err(asked.refusal(&subject.user))
}

/// Whether somebody may do what is asked for.
pub(super) fn may(inner: &Inner, subject: &Subject, asked: &Asked<'_>) -> bool {
    subject.is_master() || rules(inner, subject, asked.namespace).any(|rule| asked.fits(rule))
}

/// Whether somebody may ask for what is no resource: `/version`.
pub(super) fn may_read(inner: &Inner, subject: &Subject, (verb, path): (&str, &str)) -> bool {
    let is_of = |one: &Value| {
        one.as_str().is_some_and(|one| match one.strip_suffix('*') {
            Some(head) => path.starts_with(head),
            None => one == path,
        })
    };
    let fits = |rule: &Value| {
        has(rule, "/verbs", verb) && list(rule, "/nonResourceURLs").iter().any(is_of)
    };
    subject.is_master() || rules(inner, subject, "").any(fits)
}

/// The rules of all roles that somebody has everywhere, and of those in one namespace.
pub(super) fn rules<'a>(
    inner: &'a Inner,
    subject: &'a Subject,
    namespace: &'a str,
) -> impl Iterator<Item = &'a Value> {
    let everywhere = inner.store.list(known(GROUP, "clusterrolebindings"), None);
    let in_it = inner
        .store
        .list(known(GROUP, "rolebindings"), Some(namespace));
    // No binding has an empty namespace.
    let bindings = everywhere.chain(in_it.filter(move |_| !namespace.is_empty()));
    bindings
        .filter(move |(key, binding)| is_of(binding, subject, &key.namespace))
        .flat_map(move |(key, binding)| of_role(inner, binding, &key.namespace))
}

/// Whether a binding names somebody, or a group of theirs.
fn is_of(binding: &Value, subject: &Subject, home: &str) -> bool {
    list(binding, "/subjects").iter().any(|one| {
        let name = text(one, "/name");
        match text(one, "/kind") {
            "ServiceAccount" => {
                let namespace = match text(one, "/namespace") {
                    "" => home,
                    namespace => namespace,
                };
                subject.account() == Some((namespace, name))
            }
            "User" => name == subject.user,
            "Group" => subject.groups.iter().any(|group| group == name),
            _ => false,
        }
    })
}

fn of_role<'a>(inner: &'a Inner, binding: &Value, home: &str) -> &'a [Value] {
    let name = text(binding, "/roleRef/name");
    let key = match text(binding, "/roleRef/kind") {
        "ClusterRole" => Key::new(known(GROUP, "clusterroles"), "", name),
        _ => Key::new(known(GROUP, "roles"), home, name),
    };
    let role = inner.store.get(&key);
    role.map_or(&[], |role| list(role, "/rules"))
}
