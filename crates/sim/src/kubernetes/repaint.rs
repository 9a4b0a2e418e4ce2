//! A pool's labels and taints reach its running nodes as soon as they are changed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::store::Key;
use super::{Inner, plugin, workloads};

/// What a pool puts on each of its nodes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Paint {
    /// The pool's labels.
    pub labels: BTreeMap<String, String>,
    /// The pool's taints, each a Kubernetes taint object.
    pub taints: Vec<Value>,
}

/// What the pool had put there goes, what it wants comes; what others put there stays.
pub(super) fn repaint(inner: &mut Inner, name: &str, old: &Paint, new: &Paint, now: Timestamp) {
    let key = Key::core("nodes", "", name);
    let Some(node) = inner.store.get(&key).cloned() else {
        return;
    };
    let mut node = Value::clone(&node);
    if let Some(labels) = node["metadata"]["labels"].as_object_mut() {
        for gone in old.labels.keys() {
            labels.shift_remove(gone);
        }
        for (label, value) in &new.labels {
            labels.insert(label.clone(), json!(value));
        }
    }
    let same =
        |one: &Value, other: &Value| one["key"] == other["key"] && one["effect"] == other["effect"];
    let before = node["spec"]["taints"].as_array().cloned();
    let mut taints = before.unwrap_or_default();
    let painted = [&old.taints[..], &new.taints].concat();
    taints.retain(|one| !painted.iter().any(|other| same(one, other)));
    taints.extend(new.taints.iter().cloned());
    if let Some(spec) = node["spec"].as_object_mut() {
        if taints.is_empty() {
            spec.shift_remove("taints");
        } else {
            spec.insert("taints".to_owned(), json!(taints));
        }
    }
    inner.store.put(key, node);
    workloads::node_joined(inner, now);
    plugin::announce_gpus(inner, now);
}
