//! The controller of StatefulSets: pods with names that stay, made one after the other, each with
//! claims of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::events::What;
use super::super::kinds::known;
use super::super::peek::{is_leaving, list, map, map_text, number, text};
use super::super::store::Key;
use super::super::write::create;
use super::super::{Inner, owned, pods};
use super::{REVISION_HASH, hash, revisions};

/// Bears a pod's number.
const INDEX: &str = "apps.kubernetes.io/pod-index";

type Pods = BTreeMap<i64, (Key, Arc<Value>)>;

/// A set or one of its pods changed.
pub(super) fn sync(inner: &mut Inner, key: &Key, now: Timestamp) {
    let Some(set) = inner.store.get(key).cloned() else {
        return;
    };
    if is_leaving(&set) {
        return;
    }
    let hash = hash(&set["spec"]["template"]);
    let revision = format!("{}-{hash}", key.name);
    let mut own = Pods::new();
    for (one, pod) in owned::claim(inner, known("", "pods"), key, &set) {
        let number = one.name.rsplit_once('-').map(|(_, number)| number);
        if let Some(number) = number.and_then(|number| number.parse().ok()) {
            own.insert(number, (one, pod));
        }
    }
    step(inner, key, &set, &revision, &own, now);
    revisions::note(inner, &set, hash, now);
    show(inner, key, &revision);
}

/// Takes away or makes what is next; all at once where the set's policy is so.
fn step(
    inner: &mut Inner,
    key: &Key,
    set: &Arc<Value>,
    revision: &str,
    own: &Pods,
    now: Timestamp,
) {
    let spec = &set["spec"];
    let parallel = text(spec, "/podManagementPolicy") == "Parallel";
    let first = number(spec, "/ordinals/start");
    let wanted = first..first + number(spec, "/replicas");
    let over = own.iter().filter(|(number, (_, pod))| {
        // What has failed is made anew under its name.
        !wanted.contains(number) || pods::is_over(pod)
    });
    let mut over: Vec<Key> = over.rev().map(|(_, (key, _))| key.clone()).collect();
    if !parallel {
        over.truncate(1);
    }
    let is_going = !over.is_empty();
    for pod in over {
        pods::end(inner, set, &pod, now);
    }
    if is_going && !parallel {
        // The next step follows when it is gone, which wakes the set.
        return;
    }
    for number in wanted.clone() {
        match own.get(&number) {
            Some((_, pod)) if parallel || pods::is_running(pod) => {}
            Some(_) => return,
            None => {
                make(inner, key, set, (number, revision), now);
                if !parallel {
                    return;
                }
            }
        }
    }
    if text(spec, "/updateStrategy/type") == "OnDelete" {
        return;
    }
    let partition = first + number(spec, "/updateStrategy/rollingUpdate/partition");
    for (_, (pod_key, pod)) in own.range(partition..).rev() {
        if map_text(pod, "/metadata/labels", REVISION_HASH) != revision {
            pods::end(inner, set, pod_key, now);
            return;
        }
        if !pods::is_running(pod) {
            return;
        }
    }
}

fn make(
    inner: &mut Inner,
    key: &Key,
    set: &Arc<Value>,
    (number, revision): (i64, &str),
    now: Timestamp,
) {
    let name = format!("{}-{number}", key.name);
    let mut pod = set["spec"]["template"].clone();
    let metadata = map(&mut pod, "metadata");
    metadata.insert("name".to_owned(), json!(name));
    metadata.insert("ownerReferences".to_owned(), owned::owner(set));
    let labels = map(&mut pod["metadata"], "labels");
    for (label, value) in [
        (INDEX, number.to_string()),
        (REVISION_HASH, revision.to_owned()),
        ("statefulset.kubernetes.io/pod-name", name.clone()),
    ] {
        labels.insert(label.to_owned(), json!(value));
    }
    let spec = map(&mut pod, "spec");
    spec.insert("hostname".to_owned(), json!(name));
    if !text(set, "/spec/serviceName").is_empty() {
        spec.insert("subdomain".to_owned(), set["spec"]["serviceName"].clone());
    }
    for template in list(set, "/spec/volumeClaimTemplates") {
        let volume = text(template, "/metadata/name");
        let claim = format!("{volume}-{name}");
        let mut made = template.clone();
        map(&mut made, "metadata").insert("name".to_owned(), json!(claim));
        let kind = known("", "persistentvolumeclaims");
        // It is there already where the pod is made anew.
        let _there = create(inner, kind, &key.namespace, made, false, now);
        let mount = json!({"name": volume, "persistentVolumeClaim": {"claimName": claim}});
        let volumes = map(&mut pod, "spec")
            .entry("volumes")
            .or_insert_with(|| json!([]));
        if let Some(volumes) = volumes.as_array_mut() {
            volumes.retain(|one| text(one, "/name") != volume);
            volumes.push(mount);
        }
    }
    // Refused in a namespace that is going away, and where the name is somebody else's.
    if let Ok(made) = create(inner, known("", "pods"), &key.namespace, pod, false, now) {
        inner.tell(set, What::Made(made), now);
    }
}

fn show(inner: &mut Inner, key: &Key, revision: &str) {
    let Some(before) = inner.store.get(key).cloned() else {
        return;
    };
    let all = inner.store.list(known("", "pods"), Some(&key.namespace));
    let uid = text(&before, "/metadata/uid");
    let is_own = |pod: &Value| owned::controller(pod).is_some_and(|by| text(by, "/uid") == uid);
    let own: Vec<&Arc<Value>> = all
        .filter(|(_, pod)| is_own(pod))
        .map(|(_, pod)| pod)
        .collect();
    let ready = own.iter().filter(|pod| pods::is_running(pod)).count();
    let is_new = |pod: &&&Arc<Value>| map_text(pod, "/metadata/labels", REVISION_HASH) == revision;
    let updated = own.iter().filter(is_new).count();
    let wanted = usize::try_from(number(&before, "/spec/replicas")).unwrap_or(0);
    let complete = updated == own.len() && own.len() == wanted && ready == wanted;
    let current = match text(&before, "/status/currentRevision") {
        before if !before.is_empty() && !complete => before,
        _ => revision,
    };
    let with = |of: &str| {
        let has = |pod: &&&Arc<Value>| map_text(pod, "/metadata/labels", REVISION_HASH) == of;
        own.iter().filter(has).count()
    };
    let mut status = json!({
        "observedGeneration": before["metadata"]["generation"], "replicas": own.len(),
        "availableReplicas": ready, "collisionCount": 0, "currentRevision": current,
        "updateRevision": revision,
    });
    // As Go leaves out what is zero.
    for (name, count) in [
        ("readyReplicas", ready),
        ("currentReplicas", with(current)),
        ("updatedReplicas", updated),
    ] {
        if count > 0 {
            status[name] = json!(count);
        }
    }
    if status != before["status"] {
        let mut set = Value::clone(&before);
        set["status"] = status;
        inner.store.put(key.clone(), set);
    }
}
