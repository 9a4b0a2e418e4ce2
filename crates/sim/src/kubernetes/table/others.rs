//! The columns of what is neither a node, a pod nor what makes pods.

use jiff::Timestamp;
use serde_json::Value;

use super::super::age::age;
use super::super::kinds::Kind;
use super::super::peek::{at, list, number, text};
use super::{Cells, Column, name, or_none, pairs};

const COUNTED: &[Column] = &[("Name", false), ("Data", false), ("Age", false)];
const SECRET: &[Column] = &[
    ("Name", false),
    ("Type", false),
    ("Data", false),
    ("Age", false),
];
const ACCOUNT: &[Column] = &[("Name", false), ("Secrets", false), ("Age", false)];
const CREATED: &[Column] = &[("Name", false), ("Created At", false)];
const BINDING: &[Column] = &[
    ("Name", false),
    ("Role", false),
    ("Age", false),
    ("Users", true),
    ("Groups", true),
    ("ServiceAccounts", true),
];
const LEASE: &[Column] = &[("Name", false), ("Holder", false), ("Age", false)];
const POLICY: &[Column] = &[("Name", false), ("Pod-Selector", false), ("Age", false)];
const RUNTIME: &[Column] = &[("Name", false), ("Handler", false), ("Age", false)];
const BUDGET: &[Column] = &[
    ("Name", false),
    ("Min Available", false),
    ("Max Unavailable", false),
    ("Allowed Disruptions", false),
    ("Age", false),
];
const QUOTA: &[Column] = &[
    ("Name", false),
    ("Request", false),
    ("Limit", false),
    ("Age", false),
];
const INGRESS: &[Column] = &[
    ("Name", false),
    ("Class", false),
    ("Hosts", false),
    ("Address", false),
    ("Ports", false),
    ("Age", false),
];
const INGRESS_CLASS: &[Column] = &[
    ("Name", false),
    ("Controller", false),
    ("Parameters", false),
    ("Age", false),
];
const PRIORITY: &[Column] = &[
    ("Name", false),
    ("Value", false),
    ("Global-Default", false),
    ("Age", false),
    ("PreemptionPolicy", false),
];
const WEBHOOKS: &[Column] = &[("Name", false), ("Webhooks", false), ("Age", false)];
const API: &[Column] = &[
    ("Name", false),
    ("Service", false),
    ("Available", false),
    ("Age", false),
];
const ENDPOINTS: &[Column] = &[("Name", false), ("Endpoints", false), ("Age", false)];
const SLICE: &[Column] = &[
    ("Name", false),
    ("AddressType", false),
    ("Ports", false),
    ("Endpoints", false),
    ("Age", false),
];

/// The columns of a kind, if it is one of these.
pub(super) fn find(kind: &Kind) -> Option<(&'static [Column], Cells)> {
    Some(match (kind.group, kind.resource) {
        ("", "configmaps") => (COUNTED, config),
        ("", "secrets") => (SECRET, secret),
        ("", "serviceaccounts") => (ACCOUNT, account),
        ("", "endpoints") => (ENDPOINTS, endpoints),
        ("discovery.k8s.io", "endpointslices") => (SLICE, slice),
        ("", "resourcequotas") => (QUOTA, quota),
        ("", "limitranges")
        | ("rbac.authorization.k8s.io", "roles" | "clusterroles")
        | ("apiextensions.k8s.io", "customresourcedefinitions") => (CREATED, created),
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => (BINDING, binding),
        ("coordination.k8s.io", "leases") => (LEASE, |object, now| {
            one(object, text(object, "/spec/holderIdentity"), now)
        }),
        ("networking.k8s.io", "networkpolicies") => (POLICY, |object, now| {
            let chosen = pairs(object, "/spec/podSelector/matchLabels").join(",");
            one(object, &or_none(&chosen), now)
        }),
        ("networking.k8s.io", "ingresses") => (INGRESS, ingress),
        ("networking.k8s.io", "ingressclasses") => (INGRESS_CLASS, |object, now| {
            let controller = text(object, "/spec/controller").to_owned();
            vec![name(object), controller, or_none(""), age(object, now)]
        }),
        ("node.k8s.io", "runtimeclasses") => (RUNTIME, |object, now| {
            one(object, text(object, "/handler"), now)
        }),
        ("policy", "poddisruptionbudgets") => (BUDGET, budget),
        ("scheduling.k8s.io", "priorityclasses") => (PRIORITY, priority),
        ("admissionregistration.k8s.io", _) => (WEBHOOKS, |object, now| {
            let count = list(object, "/webhooks").len().to_string();
            one(object, &count, now)
        }),
        ("apiregistration.k8s.io", "apiservices") => (API, api),
        _ => return None,
    })
}

/// A row with one thing to say.
fn one(object: &Value, said: &str, now: Timestamp) -> Vec<String> {
    vec![name(object), said.to_owned(), age(object, now)]
}

fn held(object: &Value, fields: &[&str]) -> usize {
    let maps = fields
        .iter()
        .filter_map(|field| object.get(field)?.as_object());
    maps.map(serde_json::Map::len).sum()
}

fn config(object: &Value, now: Timestamp) -> Vec<String> {
    one(
        object,
        &held(object, &["data", "binaryData"]).to_string(),
        now,
    )
}

fn secret(object: &Value, now: Timestamp) -> Vec<String> {
    let (of, count) = (text(object, "/type").to_owned(), held(object, &["data"]));
    vec![name(object), of, count.to_string(), age(object, now)]
}

fn account(object: &Value, now: Timestamp) -> Vec<String> {
    one(object, &list(object, "/secrets").len().to_string(), now)
}

fn created(object: &Value, _: Timestamp) -> Vec<String> {
    vec![
        name(object),
        text(object, "/metadata/creationTimestamp").to_owned(),
    ]
}

fn endpoints(object: &Value, now: Timestamp) -> Vec<String> {
    let mut all = Vec::new();
    for subset in list(object, "/subsets") {
        for address in list(subset, "/addresses") {
            let ports = list(subset, "/ports").iter();
            all.extend(ports.map(|port| format!("{}:{}", text(address, "/ip"), port["port"])));
        }
    }
    one(object, &or_none(&all.join(",")), now)
}

fn slice(object: &Value, now: Timestamp) -> Vec<String> {
    let ports = list(object, "/ports").iter();
    let ports: Vec<String> = ports.map(|one| one["port"].to_string()).collect();
    let each = list(object, "/endpoints").iter();
    let each: Vec<&str> = each.map(|one| text(one, "/addresses/0")).collect();
    let unset = |all: String| {
        if all.is_empty() {
            "<unset>".to_owned()
        } else {
            all
        }
    };
    vec![
        name(object),
        text(object, "/addressType").to_owned(),
        unset(ports.join(",")),
        unset(each.join(",")),
        age(object, now),
    ]
}

fn binding(object: &Value, now: Timestamp) -> Vec<String> {
    let role = format!(
        "{}/{}",
        text(object, "/roleRef/kind"),
        text(object, "/roleRef/name")
    );
    let named = |kind: &str| {
        let all = list(object, "/subjects").iter();
        let all = all.filter(|one| text(one, "/kind") == kind);
        let all = all.map(|one| match text(one, "/namespace") {
            "" => text(one, "/name").to_owned(),
            namespace => format!("{namespace}/{}", text(one, "/name")),
        });
        all.collect::<Vec<_>>().join(", ")
    };
    let (users, groups) = (named("User"), named("Group"));
    vec![
        name(object),
        role,
        age(object, now),
        users,
        groups,
        named("ServiceAccount"),
    ]
}

/// A number or a share of all.
fn amount(object: &Value, pointer: &str) -> String {
    match at(object, pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => {
            "N/A".to_owned()
        }
    }
}

fn budget(object: &Value, now: Timestamp) -> Vec<String> {
    vec![
        name(object),
        amount(object, "/spec/minAvailable"),
        amount(object, "/spec/maxUnavailable"),
        number(object, "/status/disruptionsAllowed").to_string(),
        age(object, now),
    ]
}

fn quota(object: &Value, now: Timestamp) -> Vec<String> {
    let hard = at(object, "/status/hard").or_else(|| at(object, "/spec/hard"));
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    for (resource, most) in hard.and_then(Value::as_object).into_iter().flatten() {
        let used = at(object, "/status/used").and_then(|all| all.get(resource));
        let used = used.and_then(Value::as_str).unwrap_or("0");
        let row = format!("{resource}: {used}/{}", most.as_str().unwrap_or_default());
        if resource.starts_with("limits") {
            limits.push(row);
        } else {
            requests.push(row);
        }
    }
    vec![
        name(object),
        requests.join(", "),
        limits.join(", "),
        age(object, now),
    ]
}

fn ingress(object: &Value, now: Timestamp) -> Vec<String> {
    let hosts = list(object, "/spec/rules")
        .iter()
        .map(|one| text(one, "/host"));
    let hosts: Vec<&str> = hosts.filter(|host| !host.is_empty()).collect();
    let hosts = if hosts.is_empty() {
        "*".to_owned()
    } else {
        hosts.join(",")
    };
    let addresses = list(object, "/status/loadBalancer/ingress").iter();
    let addresses: Vec<&str> = addresses.map(|one| text(one, "/ip")).collect();
    let secure = !list(object, "/spec/tls").is_empty();
    vec![
        name(object),
        or_none(text(object, "/spec/ingressClassName")),
        hosts,
        addresses.join(","),
        if secure { "80, 443" } else { "80" }.to_owned(),
        age(object, now),
    ]
}

fn priority(object: &Value, now: Timestamp) -> Vec<String> {
    let everybody = object.get("globalDefault") == Some(&Value::Bool(true));
    vec![
        name(object),
        number(object, "/value").to_string(),
        everybody.to_string(),
        age(object, now),
        match text(object, "/preemptionPolicy") {
            "" => "PreemptLowerPriority",
            policy => policy,
        }
        .to_owned(),
    ]
}

fn api(object: &Value, now: Timestamp) -> Vec<String> {
    let of = "/spec/service";
    let service = match text(object, &format!("{of}/name")) {
        "" => "Local".to_owned(),
        name => format!("{}/{name}", text(object, &format!("{of}/namespace"))),
    };
    let mut conditions = list(object, "/status/conditions").iter();
    let available = conditions.find(|one| text(one, "/type") == "Available");
    let available = available.map_or("Unknown", |one| text(one, "/status"));
    vec![
        name(object),
        service,
        available.to_owned(),
        age(object, now),
    ]
}
