//! The controller of ReplicaSets: as many pods of one template as are wanted.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::events::What;
use super::super::kinds::known;
use super::super::peek::{is_leaving, map, number, text};
use super::super::store::Key;
use super::super::write::create;
use super::super::{Inner, owned, pods};

/// A set or one of its pods changed.
pub(super) fn sync(inner: &mut Inner, key: &Key, now: Timestamp) {
    let Some(set) = inner.store.get(key).cloned() else {
        return;
    };
    if is_leaving(&set) {
        return;
    }
    let kind = known("", "pods");
    let mut own = owned::claim(inner, kind, key, &set);
    own.retain(|(_, pod)| !pods::is_over(pod) && !is_leaving(pod));
    // Those that wait go first, then those that began last.
    own.sort_by_cached_key(|(key, pod)| {
        let born = text(pod, "/metadata/creationTimestamp").to_owned();
        (
            pods::is_running(pod),
            std::cmp::Reverse((born, key.name.clone())),
        )
    });
    let wanted = usize::try_from(number(&set, "/spec/replicas")).unwrap_or(0);
    let over = own.len().saturating_sub(wanted);
    for (pod, _) in own.drain(..over) {
        pods::end(inner, &set, &pod, now);
    }
    let mut count = own.len();
    for _ in own.len()..wanted {
        if make(inner, key, &set, now).is_none() {
            break;
        }
        count += 1;
    }
    let ready = own.iter().filter(|(_, pod)| pods::is_running(pod)).count();
    show(inner, key, (count, ready), now);
}

fn make(inner: &mut Inner, key: &Key, set: &Arc<Value>, now: Timestamp) -> Option<Arc<Value>> {
    let mut pod = set["spec"]["template"].clone();
    let metadata = map(&mut pod, "metadata");
    metadata.insert("generateName".to_owned(), json!(format!("{}-", key.name)));
    metadata.insert("ownerReferences".to_owned(), owned::owner(set));
    let made = create(inner, known("", "pods"), &key.namespace, pod, false, now).ok()?;
    inner.tell(set, What::Made(Arc::clone(&made)), now);
    Some(made)
}

fn show(inner: &mut Inner, key: &Key, (all, ready): (usize, usize), now: Timestamp) {
    let Some(before) = inner.store.get(key).cloned() else {
        return;
    };
    let mut status = json!({
        "observedGeneration": before["metadata"]["generation"], "replicas": all,
    });
    // As Go leaves out what is zero.
    for (name, count) in [
        ("fullyLabeledReplicas", all),
        ("readyReplicas", ready),
        ("availableReplicas", ready),
    ] {
        if count > 0 {
            status[name] = json!(count);
        }
    }
    if status == before["status"] {
        return;
    }
    let mut set = Value::clone(&before);
    set["status"] = status;
    let set = inner.store.put(key.clone(), set);
    if let Some(owner) = owned::controller_key(key, &set) {
        inner.wake(owner, now);
    }
}
