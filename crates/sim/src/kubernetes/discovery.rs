//! What the API tells of itself: version, groups, resources.

use serde_json::{Value, json};

use super::kinds::{KINDS, Kind};
use super::{nodes, scale};

const VERBS: [&str; 8] = [
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];

/// `/version`.
pub(super) fn version(version: &str) -> Value {
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    json!({
        "major": major, "minor": minor, "gitVersion": nodes::release(version),
        "gitCommit": "0000000000000000000000000000000000000000", "gitTreeState": "clean",
        "buildDate": "2025-11-11T00:00:00Z", "goVersion": "go1.24.9", "compiler": "gc",
        "platform": "linux/amd64",
    })
}

/// The answer to a path of discovery; none when the path is not one.
pub(super) fn find(path: &[&str]) -> Option<Value> {
    match path {
        ["api"] => Some(json!({
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}],
        })),
        ["apis"] => Some(json!({
            "kind": "APIGroupList", "apiVersion": "v1",
            "groups": groups().into_iter().map(group).collect::<Vec<_>>(),
        })),
        ["apis", name] if groups().contains(name) => {
            let mut out = group(name);
            out["kind"] = json!("APIGroup");
            out["apiVersion"] = json!("v1");
            Some(out)
        }
        ["api", "v1"] => Some(resources("")),
        ["apis", name, "v1"] if groups().contains(name) => Some(resources(name)),
        _ => None,
    }
}

/// The named groups, in the table's order.
fn groups() -> Vec<&'static str> {
    let mut out: Vec<&str> = KINDS
        .iter()
        .map(|kind| kind.group)
        .filter(|name| !name.is_empty())
        .collect();
    out.dedup();
    out
}

fn group(name: &str) -> Value {
    let version = json!({"groupVersion": format!("{name}/v1"), "version": "v1"});
    json!({"name": name, "versions": [version], "preferredVersion": version})
}

fn resources(group: &str) -> Value {
    let of_group = KINDS.iter().filter(|kind| kind.group == group);
    let version = if group.is_empty() {
        "v1".to_owned()
    } else {
        format!("{group}/v1")
    };
    json!({
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version,
        "resources": of_group.flat_map(rows).collect::<Vec<_>>(),
    })
}

fn rows(kind: &Kind) -> Vec<Value> {
    let mut main = json!({
        "name": kind.resource, "singularName": kind.name.to_lowercase(),
        "namespaced": kind.namespaced, "kind": kind.name, "verbs": VERBS,
    });
    if !kind.short.is_empty() {
        main["shortNames"] = json!(kind.short);
    }
    if kind.all {
        main["categories"] = json!(["all"]);
    }
    let mut out = vec![main];
    if kind.status {
        out.push(json!({
            "name": format!("{}/status", kind.resource), "singularName": "",
            "namespaced": kind.namespaced, "kind": kind.name, "verbs": ["get", "patch", "update"],
        }));
    }
    if scale::has(kind) {
        out.push(json!({
            "name": format!("{}/scale", kind.resource), "singularName": "", "namespaced": true,
            "group": "autoscaling", "version": "v1", "kind": "Scale",
            "verbs": ["get", "patch", "update"],
        }));
    }
    if kind.is("", "pods") {
        out.push(json!({
            "name": "pods/eviction", "singularName": "", "namespaced": true, "group": "policy",
            "version": "v1", "kind": "Eviction", "verbs": ["create"],
        }));
    }
    out
}
