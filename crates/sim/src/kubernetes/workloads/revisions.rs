//! The templates that DaemonSets and StatefulSets had, as ControllerRevisions. They are noted as the
//! sets change, and written when somebody asks for them: hardly anybody does.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::kinds::known;
use super::super::peek::{map_text, number, text};
use super::super::store::Key;
use super::super::write::{create, take_away};
use super::super::{Inner, owned};
use super::REVISION_HASH;

/// Sets as they were, each with the hash of its template.
pub(in super::super) type Noted = Vec<(Timestamp, Arc<Value>, String)>;

/// A set has this template now.
pub(super) fn note(inner: &mut Inner, set: &Arc<Value>, hash: String, now: Timestamp) {
    let uid = text(set, "/metadata/uid");
    let mut before = inner.revisions.iter().rev();
    let last = before.find(|(_, other, _)| text(other, "/metadata/uid") == uid);
    if last.is_none_or(|(.., last)| *last != hash) {
        inner.revisions.push((now, Arc::clone(set), hash));
    }
}

/// Writes what was noted. The last of each set stays, to tell what is new.
pub(in super::super) fn write_down(inner: &mut Inner) {
    let noted = std::mem::take(&mut inner.revisions);
    let mut last = BTreeMap::new();
    for (at, set, hash) in noted {
        if write(inner, &set, &hash, at) {
            last.insert(text(&set, "/metadata/uid").to_owned(), (at, set, hash));
        }
    }
    inner.revisions = last.into_values().collect();
}

fn key_of(set: &Value) -> Key {
    let resource = match text(set, "/kind") {
        "StatefulSet" => "statefulsets",
        _ => "daemonsets",
    };
    let (home, name) = (
        text(set, "/metadata/namespace"),
        text(set, "/metadata/name"),
    );
    Key::new(known("apps", resource), home, name)
}

/// A template that was there before becomes the newest again. Whether the set is still there.
fn write(inner: &mut Inner, set: &Value, hash: &str, now: Timestamp) -> bool {
    let key = key_of(set);
    let is_it = |live: &&Arc<Value>| live["metadata"]["uid"] == set["metadata"]["uid"];
    let Some(live) = inner.store.get(&key).filter(is_it).cloned() else {
        return false;
    };
    let kind = known("apps", "controllerrevisions");
    let uid = text(set, "/metadata/uid");
    let all = inner.store.list(kind, Some(&key.namespace));
    let mut own: Vec<(i64, Key, Arc<Value>)> = all
        .filter(|(_, one)| owned::controller(one).is_some_and(|by| text(by, "/uid") == uid))
        .map(|(key, one)| (number(one, "/revision"), key.clone(), Arc::clone(one)))
        .collect();
    own.sort_by_key(|(revision, ..)| *revision);
    let newest = own.last().map_or(0, |(revision, ..)| *revision);
    let label = if key.resource == "statefulsets" {
        "controller.kubernetes.io/hash"
    } else {
        REVISION_HASH
    };
    let same = own
        .iter()
        .find(|(_, _, one)| map_text(one, "/metadata/labels", label) == hash);
    if let Some((revision, key, one)) = same {
        if *revision != newest {
            let mut again = Value::clone(one);
            again["revision"] = json!(newest + 1);
            inner.store.put(key.clone(), again);
        }
        return true;
    }
    let mut template = set["spec"]["template"].clone();
    if let Some(fields) = template.as_object_mut() {
        fields.insert("$patch".to_owned(), json!("replace"));
    }
    let mut labels = template["metadata"]["labels"].clone();
    if !labels.is_object() {
        labels = json!({});
    }
    labels[label] = json!(hash);
    let made = json!({
        "metadata": {
            "name": format!("{}-{hash}", key.name), "labels": labels,
            "annotations": set["metadata"]["annotations"],
            "ownerReferences": owned::owner(&live),
        },
        "data": {"spec": {"template": template}},
        "revision": newest + 1,
    });
    // Refused in a namespace that is going away: nobody goes back there.
    let _made = create(inner, kind, &key.namespace, made, false, now);
    let kept = live["spec"]["revisionHistoryLimit"].as_u64().unwrap_or(10);
    let over = own
        .len()
        .saturating_sub(usize::try_from(kept).unwrap_or(usize::MAX));
    for (_, key, _) in own.into_iter().take(over) {
        take_away(inner, &key, now);
    }
    true
}
