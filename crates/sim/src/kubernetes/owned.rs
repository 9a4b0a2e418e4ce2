//! What belongs to whom, by owner references: a controller finds what it made, takes in what fits
//! its selector and belongs to nobody, and lets go what fits no more; what has lost its last owner
//! goes too.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::kinds::{self, Kind, known};
use super::peek::{add_finalizer, drop_finalizer, has_finalizer, is_leaving, map, text};
use super::select;
use super::store::Key;
use super::write::{self, settle};
use super::{Inner, budgets};

/// Of more pods than these no news is looked at for itself, but all of a second together.
const COUNTED_EACH_MAX: i64 = 100;
const A_SECOND: SignedDuration = SignedDuration::from_secs(1);

/// Keeps an object until what belongs to it is gone.
const FOREGROUND: &str = "foregroundDeletion";

/// What becomes of an object's belongings when it is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// They go after it.
    Background,
    /// They go before it.
    Foreground,
    /// They stay, and belong to nobody.
    Orphan,
}

impl Policy {
    /// As a deletion's options say. A Job leaves its pods unless it is told otherwise, as it did
    /// before there were owners.
    pub(super) fn of(kind: &Kind, options: &Value) -> Self {
        match text(options, "/propagationPolicy") {
            "Foreground" => Self::Foreground,
            "Orphan" => Self::Orphan,
            "" if options["orphanDependents"] == true => Self::Orphan,
            "" if kind.is("batch", "jobs") && options["orphanDependents"].is_null() => Self::Orphan,
            _ => Self::Background,
        }
    }
}

/// The reference by which an object owns what it makes.
pub(super) fn owner(of: &Value) -> Value {
    json!([{
        "apiVersion": of["apiVersion"], "kind": of["kind"], "name": of["metadata"]["name"],
        "uid": of["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true,
    }])
}

/// Every object is asked for them when one goes.
fn owners(object: &Value) -> &[Value] {
    let owners = object
        .get("metadata")
        .and_then(|all| all.get("ownerReferences"));
    owners.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The reference to an object's controller.
pub(super) fn controller(object: &Value) -> Option<&Value> {
    let mut owners = owners(object).iter();
    owners.find(|one| one["controller"] == true)
}

/// Whether an object is controlled by one of this kind.
pub(super) fn is_by(object: &Value, kind: &str) -> bool {
    controller(object).is_some_and(|one| text(one, "/kind") == kind)
}

/// The key of an object's controller, when it is of a kind that is known.
pub(super) fn controller_key(key: &Key, object: &Value) -> Option<Key> {
    let owner = controller(object)?;
    let group = text(owner, "/apiVersion").rsplit_once('/');
    let kind = kinds::named(group.map_or("", |(group, _)| group), text(owner, "/kind"))?;
    Some(Key::new(kind, &key.namespace, text(owner, "/name")))
}

fn is_of(object: &Value, uid: &str) -> bool {
    let mut owners = owners(object).iter();
    owners.any(|one| one["uid"] == uid)
}

/// What a controller has of a kind, by its selector.
pub(super) fn claim(
    inner: &mut Inner,
    kind: &'static Kind,
    key: &Key,
    of: &Value,
) -> Vec<(Key, Arc<Value>)> {
    let (uid, selector) = (text(of, "/metadata/uid"), &of["spec"]["selector"]);
    let fits = |one: &Value| selector.is_null() || select::selects(selector, one);
    let (mut own, mut strays, mut strangers) = (Vec::new(), Vec::new(), Vec::new());
    for (one_key, one) in inner.store.list(kind, Some(&key.namespace)) {
        let pair = || (one_key.clone(), Arc::clone(one));
        match controller(one) {
            Some(owner) if owner["uid"] == uid && fits(one) => own.push(pair()),
            Some(owner) if owner["uid"] == uid => strangers.push(pair()),
            None if !selector.is_null() && !is_leaving(one) && fits(one) => strays.push(pair()),
            Some(_) | None => {}
        }
    }
    for (one, object) in strangers {
        let mut object = Value::clone(&object);
        disown(&mut object, uid);
        inner.store.put(one, object);
    }
    for (one, object) in strays {
        let mut object = Value::clone(&object);
        let metadata = map(&mut object, "metadata");
        let owners = metadata
            .entry("ownerReferences")
            .or_insert_with(|| json!([]));
        if let (Some(owners), Value::Array(us)) = (owners.as_array_mut(), owner(of)) {
            owners.extend(us);
        }
        let object = inner.store.put(one.clone(), object);
        own.push((one, object));
    }
    own
}

fn disown(object: &mut Value, uid: &str) {
    let metadata = map(object, "metadata");
    let owners = metadata.get_mut("ownerReferences");
    if let Some(owners) = owners.and_then(Value::as_array_mut) {
        owners.retain(|one| text(one, "/uid") != uid);
        if owners.is_empty() {
            metadata.remove("ownerReferences");
        }
    }
}

/// What refers to an owner. Only what lives in a namespace has owners here.
fn belongings(inner: &Inner, key: &Key, uid: &str) -> Vec<Key> {
    if key.namespace.is_empty() || key.resource == "pods" {
        return Vec::new();
    }
    let all = inner.store.in_namespace(&key.namespace);
    all.filter(|(_, one)| is_of(one, uid))
        .map(|(key, _)| key.clone())
        .collect()
}

/// Before an object is deleted: what the policy asks for; the object as it is to be deleted.
pub(super) fn prepare(inner: &mut Inner, key: &Key, object: &Arc<Value>, policy: Policy) {
    let uid = text(object, "/metadata/uid");
    match policy {
        Policy::Background => {}
        Policy::Foreground => {
            let mut object = Value::clone(object);
            add_finalizer(&mut object, FOREGROUND);
            inner.store.put(key.clone(), object);
        }
        Policy::Orphan => {
            for one in belongings(inner, key, uid) {
                if let Some(object) = inner.store.get(&one).cloned() {
                    let mut object = Value::clone(&object);
                    disown(&mut object, uid);
                    inner.store.put(one, object);
                }
            }
        }
    }
}

/// An object that is to go after its belongings: they are asked to go, and it with the last.
pub(super) fn leaves(inner: &mut Inner, key: &Key, object: &Value, now: Timestamp) {
    if !is_leaving(object) || !has_finalizer(object, FOREGROUND) {
        return;
    }
    let uid = text(object, "/metadata/uid");
    let before_it = json!({"propagationPolicy": "Foreground"});
    for one in belongings(inner, key, uid) {
        let leaving = inner.store.get(&one).is_some_and(|one| is_leaving(one));
        if !leaving {
            // Gone meanwhile, with its own owner: nothing to do.
            let _gone = write::delete(inner, &one, &before_it, false, now);
        }
    }
    release(inner, key);
}

/// Nothing keeps an object that had only to wait for its belongings.
fn release(inner: &mut Inner, key: &Key) {
    let Some(object) = inner.store.get(key).cloned() else {
        return;
    };
    let waits = is_leaving(&object) && has_finalizer(&object, FOREGROUND);
    if waits && belongings(inner, key, text(&object, "/metadata/uid")).is_empty() {
        let mut object = Value::clone(&object);
        drop_finalizer(&mut object, FOREGROUND);
        inner.store.put(key.clone(), object);
    }
}

/// An object is gone: what belonged to it alone goes too, and an owner may have waited for it.
pub(super) fn gone(inner: &mut Inner, key: &Key, last: &Value, now: Timestamp) {
    let uid = text(last, "/metadata/uid");
    for one in belongings(inner, key, uid) {
        let Some(object) = inner.store.get(&one).cloned() else {
            continue;
        };
        if owners(&object).len() > 1 {
            let mut object = Value::clone(&object);
            disown(&mut object, uid);
            inner.store.put(one, object);
        } else {
            // Gone meanwhile, as a controller took it away: nothing to do.
            let after_it = json!({"propagationPolicy": "Background"});
            let _gone = write::delete(inner, &one, &after_it, false, now);
        }
    }
    let owner = controller_key(key, last);
    if let Some(owner) = owner
        && inner.store.get(&owner).is_some_and(|one| is_leaving(one))
    {
        settle(inner, &owner, now);
    }
}

/// Whether the controller of an object is just looking, and so has made or changed it itself.
pub(super) fn is_at_work(inner: &Inner, object: &Value) -> bool {
    let by = controller(object).map(|one| text(one, "/name"));
    let at_work = inner.at_work.as_ref();
    at_work.is_some_and(|key| by == Some(key.name.as_str()))
}

/// How many pods a controller is to keep.
fn wanted(inner: &Inner, key: &Key) -> i64 {
    let count = |of: &Value| {
        let [replicas, parallelism] = ["replicas", "parallelism"].map(|one| &of["spec"][one]);
        replicas.as_i64().or_else(|| parallelism.as_i64())
    };
    let owner = inner.store.get(key);
    owner.and_then(|of| count(of)).unwrap_or(0)
}

/// A pod was made, changed or went: who keeps pods of its kind looks.
pub(super) fn tell_owner(inner: &mut Inner, key: &Key, pod: &Value, now: Timestamp) {
    budgets::wake(inner, key, pod, now);
    match controller_key(key, pod) {
        // They run at once, and are counted as they are made.
        Some(owner) if owner.resource == "daemonsets" => {}
        // To look at thousands for each that begins would take thousands times thousands of looks.
        Some(owner) if wanted(inner, &owner) > COUNTED_EACH_MAX => {
            inner.look_at(&owner, now + A_SECOND, now);
        }
        Some(owner) => inner.wake(owner, now),
        None if is_leaving(pod) => {}
        None => {
            for resource in ["replicasets", "statefulsets"] {
                let kind = known("apps", resource);
                let sets = inner.store.list(kind, Some(&key.namespace));
                let meant = sets.filter(|(_, set)| select::selects(&set["spec"]["selector"], pod));
                let meant: Vec<Key> = meant.map(|(key, _)| key.clone()).collect();
                for set in meant {
                    inner.wake(set, now);
                }
            }
        }
    }
}
