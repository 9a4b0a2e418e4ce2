//! What the API tells of itself: version, groups, resources.

use serde_json::{Value, json};

use super::kinds::{KINDS, Kind};
use super::{nodes, scale};

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

/// Whether a cluster has a kind.
pub(super) type Has<'a> = &'a dyn Fn(&Kind) -> bool;

/// The answer to a path of discovery; none when the path is not one.
pub(super) fn find(path: &[&str], has: Has<'_>) -> Option<Value> {
    match path {
        ["api"] => Some(json!({
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}],
        })),
        ["apis"] => Some(json!({
            "kind": "APIGroupList", "apiVersion": "v1",
            "groups": groups(has).into_iter().map(group).collect::<Vec<_>>(),
        })),
        ["apis", name] if groups(has).contains(name) => {
            let mut out = group(name);
            out["kind"] = json!("APIGroup");
            out["apiVersion"] = json!("v1");
            Some(out)
        }
        ["api", "v1"] => Some(resources("")),
        ["apis", name, version] if *version == of_group(name) && groups(has).contains(name) => {
            Some(resources(name))
        }
        _ => None,
    }
}

/// The named groups, in the table's order.
fn groups(has: Has<'_>) -> Vec<&'static str> {
    let mut out: Vec<&str> = KINDS
        .iter()
        .filter(|kind| has(kind))
        .map(|kind| kind.group)
        .filter(|name| !name.is_empty())
        .collect();
    out.dedup();
    out
}

/// The version of a group; each has one.
pub(super) fn of_group(name: &str) -> &'static str {
    let first = KINDS.iter().find(|kind| kind.group == name);
    first.map_or("v1", |kind| kind.version)
}

fn group(name: &str) -> Value {
    let version = of_group(name);
    let version = json!({"groupVersion": format!("{name}/{version}"), "version": version});
    json!({"name": name, "versions": [version], "preferredVersion": version})
}

fn resources(group: &str) -> Value {
    let rows_of = KINDS.iter().filter(|kind| kind.group == group);
    let version = if group.is_empty() {
        "v1".to_owned()
    } else {
        format!("{group}/{}", of_group(group))
    };
    json!({
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version,
        "resources": rows_of.flat_map(rows).collect::<Vec<_>>(),
    })
}

fn rows(kind: &Kind) -> Vec<Value> {
    let mut main = json!({
        "name": kind.resource, "singularName": kind.name.to_lowercase(),
        "namespaced": kind.namespaced, "kind": kind.name, "verbs": kind.source.verbs(),
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
