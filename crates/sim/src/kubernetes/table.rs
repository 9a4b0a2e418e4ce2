//! Tables: the columns that kubectl prints, as the real server fills them.

mod others;
mod workloads;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::accept::{self, Rows};
use super::age::{age, since};
use super::defaults::DEFAULT_CLASS;
use super::kinds::Kind;
use super::peek::{is_leaving, list, number, text};

/// A column's name, and whether only `-o wide` shows it.
type Column = (&'static str, bool);
/// The cells of an object's row.
type Cells = fn(&Value, Timestamp) -> Vec<String>;

const NODE: &[Column] = &[
    ("Name", false),
    ("Status", false),
    ("Roles", false),
    ("Age", false),
    ("Version", false),
    ("Internal-IP", true),
    ("External-IP", true),
    ("OS-Image", true),
    ("Kernel-Version", true),
    ("Container-Runtime", true),
];
const POD: &[Column] = &[
    ("Name", false),
    ("Ready", false),
    ("Status", false),
    ("Restarts", false),
    ("Age", false),
    ("IP", true),
    ("Node", true),
    ("Nominated Node", true),
    ("Readiness Gates", true),
];
const SERVICE: &[Column] = &[
    ("Name", false),
    ("Type", false),
    ("Cluster-IP", false),
    ("External-IP", false),
    ("Port(s)", false),
    ("Age", false),
    ("Selector", true),
];
const VOLUME: &[Column] = &[
    ("Name", false),
    ("Capacity", false),
    ("Access Modes", false),
    ("Reclaim Policy", false),
    ("Status", false),
    ("Claim", false),
    ("StorageClass", false),
    ("VolumeAttributesClass", false),
    ("Reason", false),
    ("Age", false),
    ("VolumeMode", true),
];
const CLAIM: &[Column] = &[
    ("Name", false),
    ("Status", false),
    ("Volume", false),
    ("Capacity", false),
    ("Access Modes", false),
    ("StorageClass", false),
    ("VolumeAttributesClass", false),
    ("Age", false),
    ("VolumeMode", true),
];
const NAMESPACE: &[Column] = &[("Name", false), ("Status", false), ("Age", false)];
const CLASS: &[Column] = &[
    ("Name", false),
    ("Provisioner", false),
    ("ReclaimPolicy", false),
    ("VolumeBindingMode", false),
    ("AllowVolumeExpansion", false),
    ("Age", false),
];
const EVENT: &[Column] = &[
    ("Last Seen", false),
    ("Type", false),
    ("Reason", false),
    ("Object", false),
    ("Message", false),
    ("Name", true),
];
const OTHER: &[Column] = &[("Name", false), ("Age", false)];

/// The table of some objects of one kind.
pub(super) fn of(
    kind: &Kind,
    objects: &[&Value],
    rows: Rows,
    about: &Value,
    now: Timestamp,
) -> Value {
    let (columns, cells): (&[Column], Cells) = match (kind.group, kind.resource) {
        ("", "nodes") => (NODE, node),
        ("", "pods") => (POD, pod),
        ("", "services") => (SERVICE, service),
        ("", "persistentvolumes") => (VOLUME, volume),
        ("", "persistentvolumeclaims") => (CLAIM, claim),
        ("", "namespaces") => (NAMESPACE, namespace),
        ("storage.k8s.io", "storageclasses") => (CLASS, class),
        ("", "events") => (EVENT, event),
        _ => workloads::find(kind)
            .or_else(|| others::find(kind))
            .unwrap_or((OTHER, |object, now| vec![name(object), age(object, now)])),
    };
    let column = |(name, wide): &Column| {
        json!({
            "name": name, "type": "string", "format": if *name == "Name" { "name" } else { "" },
            "description": "", "priority": i32::from(*wide),
        })
    };
    let row = |object: &&Value| {
        let mut row = json!({"cells": cells(object, now)});
        match rows {
            Rows::Nothing => {}
            Rows::Metadata => row["object"] = accept::metadata(object),
            Rows::Object => row["object"] = Value::clone(object),
        }
        row
    };
    let resource_version = &about["resourceVersion"];
    let mut metadata = json!({"resourceVersion": resource_version});
    for field in ["continue", "remainingItemCount"] {
        if let Some(value) = about.get(field) {
            metadata[field] = value.clone();
        }
    }
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
        "columnDefinitions": columns.iter().map(column).collect::<Vec<_>>(),
        "rows": objects.iter().map(row).collect::<Vec<_>>(),
    })
}

fn name(object: &Value) -> String {
    text(object, "/metadata/name").to_owned()
}

fn or_none(text: &str) -> String {
    if text.is_empty() {
        "<none>".to_owned()
    } else {
        text.to_owned()
    }
}

/// A map of texts as `a=b`.
fn pairs(object: &Value, pointer: &str) -> Vec<String> {
    let all = object.pointer(pointer).and_then(Value::as_object);
    let pair =
        |(key, value): (&String, &Value)| format!("{key}={}", value.as_str().unwrap_or_default());
    all.into_iter().flatten().map(pair).collect()
}

fn address(node: &Value, kind: &str) -> String {
    let all = list(node, "/status/addresses").iter();
    or_none(
        all.filter(|one| text(one, "/type") == kind)
            .map(|one| text(one, "/address"))
            .next()
            .unwrap_or_default(),
    )
}

fn node(object: &Value, now: Timestamp) -> Vec<String> {
    let ready = list(object, "/status/conditions")
        .iter()
        .find(|one| text(one, "/type") == "Ready");
    let mut status = match ready.map(|one| text(one, "/status")) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }
    .to_owned();
    if object.pointer("/spec/unschedulable") == Some(&Value::Bool(true)) {
        status.push_str(",SchedulingDisabled");
    }
    let role = |label: &str| {
        label
            .strip_prefix("node-role.kubernetes.io/")
            .map(str::to_owned)
    };
    let labels = object
        .pointer("/metadata/labels")
        .and_then(Value::as_object);
    let roles: Vec<String> = labels
        .into_iter()
        .flatten()
        .filter_map(|(label, _)| role(label))
        .collect();
    let info = |field: &str| or_none(text(object, &format!("/status/nodeInfo/{field}")));
    vec![
        name(object),
        status,
        or_none(&roles.join(",")),
        age(object, now),
        info("kubeletVersion"),
        address(object, "InternalIP"),
        address(object, "ExternalIP"),
        info("osImage"),
        info("kernelVersion"),
        info("containerRuntimeVersion"),
    ]
}

fn pod(object: &Value, now: Timestamp) -> Vec<String> {
    let containers = list(object, "/spec/containers").len();
    let statuses = list(object, "/status/containerStatuses");
    let ready = statuses
        .iter()
        .filter(|one| one["ready"] == Value::Bool(true))
        .count();
    let restarts: i64 = statuses
        .iter()
        .map(|one| number(one, "/restartCount"))
        .sum();
    let waiting = statuses
        .iter()
        .map(|one| text(one, "/state/waiting/reason"))
        .find(|why| !why.is_empty());
    // A container that came to its end says how, while no other runs.
    let runs = statuses
        .iter()
        .any(|one| one.pointer("/state/running").is_some());
    let ended = statuses
        .iter()
        .map(|one| text(one, "/state/terminated/reason"))
        .rfind(|why| !why.is_empty() && !runs);
    let status = if is_leaving(object) {
        Some("Terminating")
    } else {
        waiting.or(ended)
    };
    vec![
        name(object),
        format!("{ready}/{containers}"),
        status
            .unwrap_or_else(|| text(object, "/status/phase"))
            .to_owned(),
        restarts.to_string(),
        age(object, now),
        or_none(text(object, "/status/podIP")),
        or_none(text(object, "/spec/nodeName")),
        or_none(text(object, "/status/nominatedNodeName")),
        or_none(""),
    ]
}

fn service(object: &Value, now: Timestamp) -> Vec<String> {
    let ingress = list(object, "/status/loadBalancer/ingress").iter();
    let outside: Vec<&str> = ingress
        .map(|one| match text(one, "/ip") {
            "" => text(one, "/hostname"),
            ip => ip,
        })
        .collect();
    let external = match text(object, "/spec/type") {
        "LoadBalancer" if outside.is_empty() => "<pending>".to_owned(),
        "ExternalName" => text(object, "/spec/externalName").to_owned(),
        _ => or_none(&outside.join(",")),
    };
    let port = |one: &Value| {
        let (port, protocol) = (number(one, "/port"), text(one, "/protocol"));
        match number(one, "/nodePort") {
            0 => format!("{port}/{protocol}"),
            node_port => format!("{port}:{node_port}/{protocol}"),
        }
    };
    let ports: Vec<String> = list(object, "/spec/ports").iter().map(port).collect();
    vec![
        name(object),
        text(object, "/spec/type").to_owned(),
        or_none(text(object, "/spec/clusterIP")),
        external,
        or_none(&ports.join(",")),
        age(object, now),
        or_none(&pairs(object, "/spec/selector").join(",")),
    ]
}

fn modes(object: &Value, pointer: &str) -> String {
    let short = |mode: &Value| match mode.as_str().unwrap_or_default() {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        _ => "",
    };
    list(object, pointer)
        .iter()
        .map(short)
        .collect::<Vec<_>>()
        .join(",")
}

fn phase(object: &Value) -> String {
    if is_leaving(object) {
        "Terminating".to_owned()
    } else {
        text(object, "/status/phase").to_owned()
    }
}

fn volume(object: &Value, now: Timestamp) -> Vec<String> {
    let claim = match text(object, "/spec/claimRef/name") {
        "" => String::new(),
        name => format!("{}/{name}", text(object, "/spec/claimRef/namespace")),
    };
    vec![
        name(object),
        text(object, "/spec/capacity/storage").to_owned(),
        modes(object, "/spec/accessModes"),
        text(object, "/spec/persistentVolumeReclaimPolicy").to_owned(),
        phase(object),
        claim,
        text(object, "/spec/storageClassName").to_owned(),
        "<unset>".to_owned(),
        text(object, "/status/reason").to_owned(),
        age(object, now),
        text(object, "/spec/volumeMode").to_owned(),
    ]
}

fn claim(object: &Value, now: Timestamp) -> Vec<String> {
    vec![
        name(object),
        phase(object),
        text(object, "/spec/volumeName").to_owned(),
        text(object, "/status/capacity/storage").to_owned(),
        modes(object, "/status/accessModes"),
        text(object, "/spec/storageClassName").to_owned(),
        "<unset>".to_owned(),
        age(object, now),
        text(object, "/spec/volumeMode").to_owned(),
    ]
}

fn namespace(object: &Value, now: Timestamp) -> Vec<String> {
    vec![
        name(object),
        text(object, "/status/phase").to_owned(),
        age(object, now),
    ]
}

fn class(object: &Value, now: Timestamp) -> Vec<String> {
    let annotations = object.pointer("/metadata/annotations");
    let default = annotations
        .and_then(|all| all.get(DEFAULT_CLASS))
        .is_some_and(|yes| yes == "true");
    let expands = object.get("allowVolumeExpansion") == Some(&Value::Bool(true));
    vec![
        if default {
            format!("{} (default)", name(object))
        } else {
            name(object)
        },
        text(object, "/provisioner").to_owned(),
        text(object, "/reclaimPolicy").to_owned(),
        text(object, "/volumeBindingMode").to_owned(),
        expands.to_string(),
        age(object, now),
    ]
}

fn event(object: &Value, now: Timestamp) -> Vec<String> {
    let about = "/involvedObject";
    let of = text(object, &format!("{about}/kind")).to_lowercase();
    vec![
        since(text(object, "/lastTimestamp"), now),
        text(object, "/type").to_owned(),
        text(object, "/reason").to_owned(),
        format!("{of}/{}", text(object, &format!("{about}/name"))),
        text(object, "/message").to_owned(),
        name(object),
    ]
}
