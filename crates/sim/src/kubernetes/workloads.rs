//! The controllers of Deployments, ReplicaSets and DaemonSets: each keeps the pods that it wants.
//! A new template replaces all pods of the old one at once.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::kinds::known;
use super::peek::{at, is_leaving, list, map, number, text};
use super::store::{Key, scramble};
use super::write::{create, settle, stamp, take_away};
use super::{Inner, cloud_firewall, fit, nodes, pods};

/// Bears the hash of a template on its pods.
const TEMPLATE_HASH: &str = "pod-template-hash";
const REVISION_HASH: &str = "controller-revision-hash";

/// Whether the object is controlled by the one with this uid.
fn is_of(object: &Value, uid: &str) -> bool {
    let mut owners = list(object, "/metadata/ownerReferences").iter();
    owners.any(|one| text(one, "/uid") == uid)
}

/// The name of the pod's controller of this kind.
fn controller<'a>(object: &'a Value, kind: &str) -> Option<&'a str> {
    let mut owners = list(object, "/metadata/ownerReferences").iter();
    let owner = owners.find(|one| text(one, "/kind") == kind)?;
    Some(text(owner, "/name"))
}

fn owner(of: &Value, api_version: &str, kind: &str) -> Value {
    json!([{
        "apiVersion": api_version, "kind": kind, "name": of["metadata"]["name"],
        "uid": of["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true,
    }])
}

/// Ten letters that stand for a template.
fn hash(template: &Value) -> String {
    let text = template.to_string();
    let bits = text
        .bytes()
        .fold(1, |bits, byte| scramble(bits ^ u64::from(byte)));
    format!("{:010x}", bits >> 24)
}

/// What an object that is gone had made goes too.
pub(super) fn gone(inner: &mut Inner, key: &Key, last: &Value, now: Timestamp) {
    let made = if key.resource == "deployments" {
        known("apps", "replicasets")
    } else {
        known("", "pods")
    };
    let uid = text(last, "/metadata/uid");
    let all = inner.store.list(made, Some(&key.namespace));
    let own: Vec<Key> = all
        .filter(|(_, one)| is_of(one, uid))
        .map(|(key, _)| key.clone())
        .collect();
    for one in own {
        take_away(inner, &one, now);
    }
}

pub(super) fn deployment_changed(inner: &mut Inner, key: &Key, object: &Value, now: Timestamp) {
    if is_leaving(object) {
        return;
    }
    let template = &object["spec"]["template"];
    let (hash, uid) = (hash(template), text(object, "/metadata/uid"));
    let kind = known("apps", "replicasets");
    let wanted = Key::new(kind, &key.namespace, &format!("{}-{hash}", key.name));
    let all = inner.store.list(kind, Some(&key.namespace));
    let old: Vec<Key> = all
        .filter(|(other, one)| **other != wanted && is_of(one, uid))
        .map(|(key, _)| key.clone())
        .collect();
    for one in old {
        take_away(inner, &one, now);
    }
    let replicas = &object["spec"]["replicas"];
    if let Some(set) = inner.store.get(&wanted).cloned() {
        if set["spec"]["replicas"] != *replicas {
            let mut set = Value::clone(&set);
            map(&mut set, "spec").insert("replicas".to_owned(), replicas.clone());
            inner.store.put(wanted.clone(), set);
            settle(inner, &wanted, now);
        }
    } else {
        let mut template = template.clone();
        map(&mut template, "metadata");
        map(&mut template["metadata"], "labels").insert(TEMPLATE_HASH.to_owned(), json!(hash));
        let mut selector = object["spec"]["selector"].clone();
        map(&mut selector, "matchLabels").insert(TEMPLATE_HASH.to_owned(), json!(hash));
        let set = json!({
            "metadata": {
                "name": wanted.name, "labels": template["metadata"]["labels"],
                "annotations": {"deployment.kubernetes.io/revision": "1"},
                "ownerReferences": owner(object, "apps/v1", "Deployment"),
            },
            "spec": {"replicas": replicas, "selector": selector, "template": template},
        });
        // Refused only in a namespace that is going away.
        let _made = create(inner, kind, &key.namespace, set, false, now);
    }
    show_deployment(inner, key, &wanted, now);
}

/// A Deployment's status is that of its set.
fn show_deployment(inner: &mut Inner, key: &Key, set: &Key, now: Timestamp) {
    let (Some(object), Some(set)) = (inner.store.get(key).cloned(), inner.store.get(set)) else {
        return;
    };
    let wanted = number(&object, "/spec/replicas");
    let (all, ready) = (
        number(set, "/status/replicas"),
        number(set, "/status/readyReplicas"),
    );
    let condition = |kind: &str, yes: bool, reason: &str, message: String| {
        json!({
            "type": kind, "status": if yes { "True" } else { "False" }, "reason": reason,
            "message": message, "lastUpdateTime": stamp(now), "lastTransitionTime": stamp(now),
        })
    };
    let available = if ready >= wanted {
        let said = "Deployment has minimum availability.".to_owned();
        condition("Available", true, "MinimumReplicasAvailable", said)
    } else {
        let said = "Deployment does not have minimum availability.".to_owned();
        condition("Available", false, "MinimumReplicasUnavailable", said)
    };
    let (reason, tail) = if ready >= wanted {
        ("NewReplicaSetAvailable", "has successfully progressed.")
    } else {
        ("ReplicaSetUpdated", "is progressing.")
    };
    let said = format!("ReplicaSet \"{}\" {tail}", text(set, "/metadata/name"));
    let mut status = json!({
        "observedGeneration": object["metadata"]["generation"], "replicas": all,
        "updatedReplicas": all,
        "conditions": [available, condition("Progressing", true, reason, said)],
    });
    // As Go leaves out what is zero.
    for (field, count) in [
        ("readyReplicas", ready),
        ("availableReplicas", ready),
        ("unavailableReplicas", (wanted - ready).max(0)),
    ] {
        if count > 0 {
            status[field] = json!(count);
        }
    }
    let before = number(&object, "/status/readyReplicas");
    let mut object = Value::clone(&object);
    object["status"] = status;
    inner.store.put(key.clone(), object);
    cloud_firewall::deployment_shown(inner, key, (before, ready), now);
}

pub(super) fn replicaset_changed(inner: &mut Inner, key: &Key, object: &Value, now: Timestamp) {
    if is_leaving(object) {
        return;
    }
    let (pods, uid) = (known("", "pods"), text(object, "/metadata/uid"));
    let all = inner.store.list(pods, Some(&key.namespace));
    let mut own: Vec<(bool, Key)> = all
        .filter(|(_, one)| is_of(one, uid) && text(one, "/status/phase") != "Failed")
        .map(|(key, one)| (pods::is_running(one), key.clone()))
        .collect();
    // Those that wait go first.
    own.sort();
    let wanted = usize::try_from(number(object, "/spec/replicas")).unwrap_or(0);
    for (_, one) in own.drain(..own.len().saturating_sub(wanted)) {
        take_away(inner, &one, now);
    }
    for _ in own.len()..wanted {
        let mut pod = object["spec"]["template"].clone();
        let metadata = map(&mut pod, "metadata");
        metadata.insert("generateName".to_owned(), json!(format!("{}-", key.name)));
        metadata.insert(
            "ownerReferences".to_owned(),
            owner(object, "apps/v1", "ReplicaSet"),
        );
        if create(inner, pods, &key.namespace, pod, false, now).is_err() {
            break;
        }
    }
    let ready = own.iter().filter(|(running, _)| *running).count();
    count(inner, key, |_| (wanted, ready), now);
}

/// Sets a set's counts of pods and of those that are ready.
fn count(
    inner: &mut Inner,
    key: &Key,
    counts: impl Fn((usize, usize)) -> (usize, usize),
    now: Timestamp,
) {
    let Some(set) = inner.store.get(key).cloned() else {
        return;
    };
    let of = |field: &str| usize::try_from(number(&set, field)).unwrap_or(0);
    let (all, ready) = counts((of("/status/replicas"), of("/status/readyReplicas")));
    let mut set = Value::clone(&set);
    set["status"] = json!({
        "observedGeneration": set["metadata"]["generation"], "replicas": all,
        "fullyLabeledReplicas": all, "readyReplicas": ready, "availableReplicas": ready,
    });
    let set = inner.store.put(key.clone(), set);
    if let Some(name) = controller(&set, "Deployment") {
        let deployment = Key::new(known("apps", "deployments"), &key.namespace, name);
        show_deployment(inner, &deployment, key, now);
    }
}

fn set_of(pod: &Value, key: &Key) -> Option<Key> {
    let name = controller(pod, "ReplicaSet")?;
    Some(Key::new(known("apps", "replicasets"), &key.namespace, name))
}

/// A pod became ready.
pub(super) fn pod_ready(inner: &mut Inner, key: &Key, pod: &Value, now: Timestamp) {
    if let Some(set) = set_of(pod, key) {
        count(inner, &set, |(all, ready)| (all, all.min(ready + 1)), now);
    }
}

/// A pod is gone: its set makes another.
pub(super) fn pod_gone(inner: &mut Inner, key: &Key, pod: &Value, now: Timestamp) {
    if let Some(set) = set_of(pod, key)
        && let Some(object) = inner.store.get(&set).cloned()
    {
        replicaset_changed(inner, &set, &object, now);
    }
}

/// Whether the set is one that comes with every node by itself.
fn is_seeded(key: &Key) -> bool {
    key.namespace == "kube-system" && nodes::DAEMONS.iter().any(|(app, ..)| *app == key.name)
}

/// A node came: each set puts its pod there.
pub(super) fn node_joined(inner: &mut Inner, now: Timestamp) {
    let sets = inner.store.list(known("apps", "daemonsets"), None);
    let sets: Vec<(Key, Arc<Value>)> = sets
        .filter(|(key, _)| !is_seeded(key))
        .map(|(key, set)| (key.clone(), Arc::clone(set)))
        .collect();
    for (key, set) in sets {
        daemonset_changed(inner, &key, &set, now);
    }
}

/// One pod on each node that it may run on. They run at once: no other pod waits for them.
pub(super) fn daemonset_changed(inner: &mut Inner, key: &Key, object: &Value, now: Timestamp) {
    if is_leaving(object) || is_seeded(key) {
        return;
    }
    let (kind, uid) = (known("", "pods"), text(object, "/metadata/uid"));
    let template = &object["spec"]["template"];
    let hash = hash(template);
    let class = text(template, "/spec/runtimeClassName");
    let class_key = Key::new(known("node.k8s.io", "runtimeclasses"), "", class);
    let classed = class.is_empty() || inner.store.get(&class_key).is_some();
    let nodes = inner.store.list(known("", "nodes"), None);
    let mut wanted: Vec<String> = nodes
        .filter(|(_, node)| classed && fit::may_run(&template["spec"], node))
        .map(|(key, _)| key.name.clone())
        .collect();
    let desired = wanted.len();
    let own: Vec<(Key, Arc<Value>)> = inner
        .store
        .list(kind, Some(&key.namespace))
        .filter(|(_, one)| is_of(one, uid))
        .map(|(key, one)| (key.clone(), Arc::clone(one)))
        .collect();
    for (one, pod) in own {
        let node = text(&pod, "/spec/nodeName");
        let place = wanted.iter().position(|name| name == node);
        let labels = at(&pod, "/metadata/labels");
        let current = labels.and_then(|all| all.get(REVISION_HASH)) == Some(&json!(hash));
        match place {
            Some(place) if current => drop(wanted.swap_remove(place)),
            _ => take_away(inner, &one, now),
        }
    }
    for node in wanted {
        let mut pod = template.clone();
        let metadata = map(&mut pod, "metadata");
        metadata.insert("generateName".to_owned(), json!(format!("{}-", key.name)));
        metadata.insert(
            "ownerReferences".to_owned(),
            owner(object, "apps/v1", "DaemonSet"),
        );
        map(&mut pod["metadata"], "labels").insert(REVISION_HASH.to_owned(), json!(hash));
        map(&mut pod, "spec").insert("nodeName".to_owned(), json!(node));
        let Ok(made) = create(inner, kind, &key.namespace, pod, false, now) else {
            break;
        };
        let pod = Key::new(kind, &key.namespace, text(&made, "/metadata/name"));
        pods::run(inner, &pod, now);
    }
    let Some(set) = inner.store.get(key).cloned() else {
        return;
    };
    let mut shown = Value::clone(&set);
    shown["status"] = json!({
        "observedGeneration": set["metadata"]["generation"], "currentNumberScheduled": desired,
        "desiredNumberScheduled": desired, "numberReady": desired, "numberAvailable": desired,
        "updatedNumberScheduled": desired, "numberMisscheduled": 0,
    });
    if shown["status"] != set["status"] {
        inner.store.put(key.clone(), shown);
    }
}
