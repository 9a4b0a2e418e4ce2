//! Who may do what. The kubeconfig's own token may do everything, as LKE's does; a service account's
//! token may do what roles grant it, and asks for them anew with every request.

use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Inner;
use super::issued::Account;
use super::kinds::{self, known};
use super::peek::{list, text};
use super::query::Query;
use super::seeds::put;
use super::status::Refusal;
use super::store::Key;

/// The group of roles and their bindings.
const GROUP: &str = "rbac.authorization.k8s.io";

/// What is asked for.
struct Asked<'a> {
    verb: &'static str,
    group: &'a str,
    /// With its subresource: `pods/log`.
    resource: String,
    namespace: &'a str,
    name: &'a str,
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

    fn fits(&self, rule: &Value) -> bool {
        let has = |field: &str, wanted: &str| {
            list(rule, field)
                .iter()
                .any(|one| one == wanted || one == "*")
        };
        let names = list(rule, "/resourceNames");
        has("/verbs", self.verb)
            && has("/apiGroups", self.group)
            && has("/resources", &self.resource)
            && (names.is_empty() || names.iter().any(|one| one == self.name))
    }

    /// In Kubernetes' own words.
    fn refusal(&self, user: &str) -> Refusal {
        let resource = self.resource.split('/').next().unwrap_or_default();
        let kind = known(self.group, resource);
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
        let mut details = json!({"kind": kind.resource});
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

/// Refuses what no role grants to a service account.
pub(super) fn check(
    inner: &Inner,
    account: &Account,
    method: &Method,
    path: &[&str],
    query: &Query,
) -> Result<(), Refusal> {
    let Some(asked) = Asked::of(method, path, query) else {
        return Ok(());
    };
    let granted = |resource: &str, namespace: Option<&str>| {
        let kind = known(GROUP, resource);
        let mut bindings = inner.store.list(kind, namespace);
        bindings.any(|(key, binding)| {
            is_of(binding, account, &key.namespace)
                && rules(inner, binding, &key.namespace)
                    .iter()
                    .any(|rule| asked.fits(rule))
        })
    };
    let in_it = || !asked.namespace.is_empty() && granted("rolebindings", Some(asked.namespace));
    if granted("clusterrolebindings", None) || in_it() {
        return Ok(());
    }
    Err(asked.refusal(&account.user()))
}

/// Whether a binding names this service account, or a group that it is in.
fn is_of(binding: &Value, account: &Account, home: &str) -> bool {
    let groups = [
        "system:authenticated".to_owned(),
        "system:serviceaccounts".to_owned(),
        format!("system:serviceaccounts:{}", account.namespace),
    ];
    list(binding, "/subjects").iter().any(|subject| {
        let name = text(subject, "/name");
        match text(subject, "/kind") {
            "ServiceAccount" => {
                let namespace = match text(subject, "/namespace") {
                    "" => home,
                    namespace => namespace,
                };
                (namespace, name) == (account.namespace.as_str(), account.name.as_str())
            }
            "User" => name == account.user(),
            "Group" => groups.iter().any(|group| group == name),
            _ => false,
        }
    })
}

fn rules(inner: &Inner, binding: &Value, home: &str) -> Vec<Value> {
    let name = text(binding, "/roleRef/name");
    let key = match text(binding, "/roleRef/kind") {
        "ClusterRole" => Key::new(known(GROUP, "clusterroles"), "", name),
        _ => Key::new(known(GROUP, "roles"), home, name),
    };
    let role = inner.store.get(&key);
    role.map_or_else(Vec::new, |role| list(role, "/rules").to_vec())
}

/// The roles of which every cluster has these two: all, and `view` with what it reads. Secrets,
/// nodes, volumes and roles are not among that.
pub(super) fn plant(inner: &mut Inner, now: Timestamp) {
    let reads = json!(["get", "list", "watch"]);
    let view = [
        (
            "",
            &[
                "bindings",
                "configmaps",
                "endpoints",
                "events",
                "limitranges",
                "namespaces",
                "namespaces/status",
                "persistentvolumeclaims",
                "persistentvolumeclaims/status",
                "pods",
                "pods/log",
                "pods/status",
                "resourcequotas",
                "resourcequotas/status",
                "serviceaccounts",
                "services",
                "services/status",
            ][..],
        ),
        (
            "apps",
            &[
                "controllerrevisions",
                "daemonsets",
                "daemonsets/status",
                "deployments",
                "deployments/scale",
                "deployments/status",
                "replicasets",
                "replicasets/scale",
                "replicasets/status",
                "statefulsets",
                "statefulsets/scale",
                "statefulsets/status",
            ],
        ),
        (
            "batch",
            &["cronjobs", "cronjobs/status", "jobs", "jobs/status"],
        ),
        ("discovery.k8s.io", &["endpointslices"]),
        (
            "networking.k8s.io",
            &["ingresses", "ingresses/status", "networkpolicies"],
        ),
        (
            "policy",
            &["poddisruptionbudgets", "poddisruptionbudgets/status"],
        ),
    ];
    let view: Vec<Value> = view
        .into_iter()
        .map(|(group, all)| json!({"apiGroups": [group], "resources": all, "verbs": reads}))
        .collect();
    let all = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
    for (name, rules) in [("cluster-admin", all), ("view", json!(view))] {
        let role = json!({
            "metadata": {
                "name": name, "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
            },
            "rules": rules,
        });
        put(inner, GROUP, "clusterroles", "", role, now);
    }
}
