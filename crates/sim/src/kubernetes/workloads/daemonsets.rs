//! The controller of DaemonSets: one pod on each node that it may run on. They run at once, as no other
//! pod waits for them, but for one that takes the place of a pod that is gone.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::events::What;
use super::super::kinds::known;
use super::super::peek::{is_leaving, map, map_text, text};
use super::super::store::Key;
use super::super::write::create;
use super::super::{Inner, fit, nodes, owned, pods, scheduler};
use super::{REVISION_HASH, hash, revisions};

/// When a pod begins to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begins {
    AtOnce,
    WithItsImage,
}

/// Whether the set is one that comes with every node by itself.
fn is_seeded(key: &Key) -> bool {
    key.namespace == "kube-system" && nodes::DAEMONS.iter().any(|(app, ..)| *app == key.name)
}

/// A node came or went, or has other labels: each set looks where its pods belong.
pub(in super::super) fn node_joined(inner: &mut Inner, now: Timestamp) {
    let sets = inner.store.list(known("apps", "daemonsets"), None);
    let sets: Vec<Key> = sets
        .filter(|(key, _)| !is_seeded(key))
        .map(|(key, _)| key.clone())
        .collect();
    for key in sets {
        changed(inner, &key, now);
    }
}

/// Somebody asks for sets: those that come with every node count their pods only now.
pub(in super::super) fn count_seeded(inner: &mut Inner) {
    let kind = known("apps", "daemonsets");
    for (app, ..) in nodes::DAEMONS {
        let key = Key::new(kind, "kube-system", app);
        let pods = inner.store.list(known("", "pods"), Some("kube-system"));
        let own = pods.filter(|(_, pod)| {
            let by = owned::controller(pod);
            by.is_some_and(|by| text(by, "/kind") == "DaemonSet" && text(by, "/name") == app)
        });
        let ready: Vec<bool> = own.map(|(_, pod)| pods::is_running(pod)).collect();
        let count = ready.iter().filter(|ready| **ready).count();
        show(inner, &key, [ready.len(), ready.len(), count]);
    }
}

/// A pod that came with its node is gone, and the node is not: another takes its place.
fn renew(inner: &mut Inner, set: &Key, last: &Value, now: Timestamp) {
    let mut pod = last.clone();
    let metadata = map(&mut pod, "metadata");
    metadata.remove("name");
    metadata.insert("generateName".to_owned(), json!(format!("{}-", set.name)));
    let kind = known("", "pods");
    if let Ok(made) = create(inner, kind, &set.namespace, pod, false, now) {
        let key = Key::new(kind, &set.namespace, text(&made, "/metadata/name"));
        pods::fetch(inner, &key, &made, now);
    }
}

/// The set of a pod.
fn set_of(key: &Key, pod: &Value) -> Option<Key> {
    owned::controller_key(key, pod).filter(|set| set.resource == "daemonsets")
}

/// A pod is gone; while its node is there, its set makes another.
pub(in super::super) fn pod_gone(inner: &mut Inner, key: &Key, last: &Value, now: Timestamp) {
    let node = Key::core("nodes", "", text(last, "/spec/nodeName"));
    let Some(set) = set_of(key, last).filter(|_| inner.store.get(&node).is_some()) else {
        return;
    };
    if !is_seeded(&set) {
        inner.wake(set, now);
    } else if inner.store.get(&set).is_some() {
        renew(inner, &set, last, now);
    }
}

/// A pod that took the place of another runs.
pub(in super::super) fn pod_runs(inner: &mut Inner, key: &Key, pod: &Value, now: Timestamp) {
    if let Some(set) = set_of(key, pod) {
        inner.wake(set, now);
    }
}

/// The set was made or changed.
pub(in super::super) fn changed(inner: &mut Inner, key: &Key, now: Timestamp) {
    keep(inner, key, Begins::AtOnce, now);
}

/// One of the set's pods is gone, or runs.
pub(super) fn sync(inner: &mut Inner, key: &Key, now: Timestamp) {
    keep(inner, key, Begins::WithItsImage, now);
}

fn keep(inner: &mut Inner, key: &Key, begins: Begins, now: Timestamp) {
    let Some(set) = inner.store.get(key).cloned() else {
        return;
    };
    if is_leaving(&set) || is_seeded(key) {
        return;
    }
    let template = &set["spec"]["template"];
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
    let stays = text(&set, "/spec/updateStrategy/type") == "OnDelete";
    let (mut updated, mut ready) = (0, 0);
    for (one, pod) in owned::claim(inner, known("", "pods"), key, &set) {
        let node = text(&pod, "/spec/nodeName");
        let place = wanted.iter().position(|name| name == node);
        let current = map_text(&pod, "/metadata/labels", REVISION_HASH) == hash;
        match place {
            Some(place) if current || stays => {
                wanted.swap_remove(place);
                updated += usize::from(current);
                ready += usize::from(pods::is_running(&pod));
            }
            _ => pods::end(inner, &set, &one, now),
        }
    }
    for node in wanted {
        if !make(inner, key, &set, (&hash, begins), &node, now) {
            break;
        }
        updated += 1;
        ready += usize::from(begins == Begins::AtOnce);
    }
    revisions::note(inner, &set, hash, now);
    show(inner, key, [desired, updated, ready]);
}

fn make(
    inner: &mut Inner,
    key: &Key,
    set: &Arc<Value>,
    (hash, begins): (&str, Begins),
    node: &str,
    now: Timestamp,
) -> bool {
    let mut pod = set["spec"]["template"].clone();
    let metadata = map(&mut pod, "metadata");
    metadata.insert("generateName".to_owned(), json!(format!("{}-", key.name)));
    metadata.insert("ownerReferences".to_owned(), owned::owner(set));
    map(&mut pod["metadata"], "labels").insert(REVISION_HASH.to_owned(), json!(hash));
    map(&mut pod, "spec").insert("nodeName".to_owned(), json!(node));
    scheduler::tell_place(inner, &mut pod, node);
    let kind = known("", "pods");
    let Ok(made) = create(inner, kind, &key.namespace, pod, false, now) else {
        return false;
    };
    let pod = Key::new(kind, &key.namespace, text(&made, "/metadata/name"));
    inner.tell(set, What::Made(Arc::clone(&made)), now);
    match begins {
        Begins::AtOnce => pods::run(inner, &pod, now),
        Begins::WithItsImage => pods::fetch(inner, &pod, &made, now),
    }
    true
}

fn show(inner: &mut Inner, key: &Key, [desired, updated, ready]: [usize; 3]) {
    let Some(set) = inner.store.get(key).cloned() else {
        return;
    };
    let mut shown = Value::clone(&set);
    shown["status"] = json!({
        "observedGeneration": set["metadata"]["generation"], "currentNumberScheduled": desired,
        "desiredNumberScheduled": desired, "numberReady": ready, "numberAvailable": ready,
        "updatedNumberScheduled": updated, "numberMisscheduled": 0,
    });
    if desired > ready {
        shown["status"]["numberUnavailable"] = json!(desired - ready);
    }
    if shown["status"] != set["status"] {
        inner.store.put(key.clone(), shown);
    }
}
