//! Create, update, patch and delete: what the API server does to an object's metadata.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Inner;
use super::controllers;
use super::defaults;
use super::filled;
use super::kinds::Kind;
use super::owned::{self, Policy};
use super::owners::{self, Writer};
use super::patch::{self, Style};
use super::peek::{is_leaving, list, map, number, set, text};
use super::status::Refusal;
use super::store::Key;
use super::valid;

/// Which part of an object a write is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Everything but the status.
    Main,
    /// The status alone.
    Status,
}

/// A time as Kubernetes writes it, whole seconds.
pub(super) fn stamp(now: Timestamp) -> Value {
    json!(now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// Creates an object. With `dry` it is only checked and filled in.
pub(super) fn create(
    inner: &mut Inner,
    kind: &'static Kind,
    namespace: &str,
    object: Value,
    dry: bool,
    now: Timestamp,
) -> Result<Arc<Value>, Refusal> {
    create_owned(inner, kind, namespace, object, Vec::new(), dry, now)
}

fn create_owned(
    inner: &mut Inner,
    kind: &'static Kind,
    namespace: &str,
    mut object: Value,
    owned: Vec<Value>,
    dry: bool,
    now: Timestamp,
) -> Result<Arc<Value>, Refusal> {
    check_type(kind, &object)?;
    let metadata = map(&mut object, "metadata");
    for field in [
        "deletionTimestamp",
        "managedFields",
        "resourceVersion",
        "selfLink",
    ] {
        metadata.remove(field);
    }
    let uid = inner.store.fresh_uid();
    let mut name = name_of(&object, &uid)?;
    // A drawn name that is taken is drawn again, as often as the server does.
    for _ in 0..8 {
        let drawn = text(&object, "/metadata/name").is_empty();
        let taken = drawn && inner.store.get(&Key::new(kind, namespace, &name)).is_some();
        if !taken {
            break;
        }
        name = name_of(&object, &inner.store.fresh_uid())?;
    }
    defaults::check_name(kind, &name)?;
    let meant = text(&object, "/metadata/namespace");
    if kind.namespaced && !meant.is_empty() && meant != namespace {
        return Err(Refusal::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    defaults::check_namespace(inner, kind, namespace, &name)?;
    let key = Key::new(kind, namespace, &name);
    if inner.store.get(&key).is_some() {
        return Err(Refusal::already_exists(kind, &name));
    }
    object["apiVersion"] = json!(kind.api_version());
    object["kind"] = json!(kind.name);
    if kind.status && !kind.is("", "nodes") {
        set(&mut object, "status", None);
    }
    let has_spec = object.get("spec").is_some();
    let metadata = map(&mut object, "metadata");
    metadata.insert("name".to_owned(), json!(name));
    if kind.namespaced {
        metadata.insert("namespace".to_owned(), json!(namespace));
    }
    metadata.insert("uid".to_owned(), json!(uid));
    metadata.insert("creationTimestamp".to_owned(), stamp(now));
    if has_spec && !kind.group.is_empty() {
        metadata.insert("generation".to_owned(), json!(1));
    }
    if !owned.is_empty() {
        metadata.insert("managedFields".to_owned(), Value::Array(owned));
    }
    defaults::fill(inner, kind, &name, &mut object)?;
    valid::check(kind, &name, None, &object)?;
    if dry {
        return Ok(Arc::new(object));
    }
    let stored = inner.store.put(key.clone(), object);
    settle(inner, &key, now);
    Ok(stored)
}

fn name_of(object: &Value, uid: &str) -> Result<String, Refusal> {
    let name = text(object, "/metadata/name");
    let stem = text(object, "/metadata/generateName");
    match (name.is_empty(), stem.is_empty()) {
        (false, _) => Ok(name.to_owned()),
        (true, false) => Ok(format!("{stem}{}", &uid[uid.len() - 5..])),
        (true, true) => Err(Refusal::bad_request("name or generateName is required")),
    }
}

fn check_type(kind: &Kind, object: &Value) -> Result<(), Refusal> {
    if !object.is_object() {
        return Err(Refusal::bad_request(
            "the body of the request is not an object",
        ));
    }
    let (api_version, named) = (text(object, "/apiVersion"), text(object, "/kind"));
    let fits = |has: &str, wanted: &str| has.is_empty() || has == wanted;
    if fits(api_version, &kind.api_version()) && fits(named, kind.name) {
        return Ok(());
    }
    Err(Refusal::bad_request(format!(
        "the object provided is unrecognized (must be of type {}): {api_version} {named}",
        kind.name
    )))
}

/// What becomes of the owners of an object's fields.
enum Owned<'a> {
    /// An apply set them.
    By(Vec<Value>),
    /// Whoever changes a field has it.
    Taken(&'a str),
}

/// Replaces an object, or its status.
pub(super) fn update(
    inner: &mut Inner,
    key: &Key,
    object: Value,
    writer: Writer<'_>,
    part: Part,
    dry: bool,
    now: Timestamp,
) -> Result<Arc<Value>, Refusal> {
    let owned = Owned::Taken(writer.manager);
    replace(inner, key, object, part, owned, dry, now)
}

fn replace(
    inner: &mut Inner,
    key: &Key,
    mut object: Value,
    part: Part,
    owned: Owned<'_>,
    dry: bool,
    now: Timestamp,
) -> Result<Arc<Value>, Refusal> {
    let kind = key.kind();
    let Some(current) = inner.store.get(key).cloned() else {
        return Err(Refusal::not_found(kind, &key.name));
    };
    check_type(kind, &object)?;
    let named = text(&object, "/metadata/name");
    if !named.is_empty() && named != key.name {
        let why = format!(
            "the name of the object ({named}) does not match the name on the URL ({})",
            key.name
        );
        return Err(Refusal::bad_request(why));
    }
    let same = |pointer: &str| {
        let asked = text(&object, pointer);
        asked.is_empty() || asked == text(&current, pointer)
    };
    if !same("/metadata/resourceVersion") {
        return Err(Refusal::stale(kind, &key.name));
    }
    if !same("/metadata/uid") {
        return Err(Refusal::conflict(
            kind,
            &key.name,
            "Precondition failed: UID in precondition",
        ));
    }
    if part == Part::Status {
        let status = object.get("status").cloned().unwrap_or_else(|| json!({}));
        object = Value::clone(&current);
        object["status"] = status;
    } else {
        keep(&current, &mut object, kind);
        filled::fill(kind, &mut object);
    }
    if kind.is("", "services") {
        keep_service(&current, &mut object);
    }
    defaults::check_update(&inner.version, kind, &key.name, &current, &object)?;
    if part == Part::Main {
        valid::check(kind, &key.name, Some(&current), &object)?;
    }
    match owned {
        Owned::By(owned) => {
            map(&mut object, "metadata").insert("managedFields".to_owned(), Value::Array(owned));
        }
        Owned::Taken(manager) if part == Part::Main => {
            owners::updated(kind, &current, &mut object, manager, now);
        }
        Owned::Taken(_) => {}
    }
    if object.get("spec") != current.get("spec")
        && current.pointer("/metadata/generation").is_some()
    {
        object["metadata"]["generation"] = json!(number(&current, "/metadata/generation") + 1);
    }
    if dry || object == *current {
        return Ok(Arc::new(object));
    }
    let stored = inner.store.put(key.clone(), object);
    settle(inner, key, now);
    Ok(stored)
}

/// What a client cannot change: identity, birth, a begun deletion, and the status.
fn keep(current: &Value, object: &mut Value, kind: &Kind) {
    let metadata = map(object, "metadata");
    let kept = [
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
        "resourceVersion",
    ];
    metadata.remove("managedFields");
    metadata.remove("selfLink");
    for field in kept {
        match current.pointer("/metadata").and_then(|all| all.get(field)) {
            Some(value) => metadata.insert(field.to_owned(), value.clone()),
            None => metadata.remove(field),
        };
    }
    object["apiVersion"] = current["apiVersion"].clone();
    object["kind"] = current["kind"].clone();
    if kind.status {
        set(object, "status", current.get("status"));
    }
}

fn keep_service(current: &Value, object: &mut Value) {
    for field in ["clusterIP", "clusterIPs"] {
        let value = current.pointer("/spec").and_then(|spec| spec.get(field));
        if let Some(value) = value {
            super::peek::default(object, "spec", field, value.clone());
        }
    }
    defaults::service_ports(object);
}

/// Patches an object; server-side apply creates it when it is missing. The flag says that it did.
pub(super) fn patch(
    inner: &mut Inner,
    key: &Key,
    (style, body): (Style, &Value),
    writer: Writer<'_>,
    part: Part,
    dry: bool,
    now: Timestamp,
) -> Result<(Arc<Value>, bool), Refusal> {
    let kind = key.kind();
    let current = inner.store.get(key).cloned();
    if style == Style::Apply && part == Part::Main {
        let live = current.as_deref();
        let (live, owned) = owners::apply(kind, &key.name, live, body, writer, now)?;
        let Some(live) = live else {
            let mut object = body.clone();
            map(&mut object, "metadata").insert("name".to_owned(), json!(key.name));
            let made = create_owned(inner, kind, &key.namespace, object, owned, dry, now);
            return made.map(|made| (made, true));
        };
        let patched = patch::apply(style, &live, body)?;
        return replace(inner, key, patched, part, Owned::By(owned), dry, now)
            .map(|done| (done, false));
    }
    let Some(current) = current else {
        return Err(Refusal::not_found(kind, &key.name));
    };
    let patched = patch::apply(style, &current, body)?;
    update(inner, key, patched, writer, part, dry, now).map(|done| (done, false))
}

/// What a DELETE left: the object that waits for its finalizers, or nothing.
pub(super) enum Deletion {
    /// It is gone; this was its last state.
    Gone(Arc<Value>),
    /// It waits for its finalizers.
    Leaving(Arc<Value>),
}

/// Deletes an object, or begins to.
pub(super) fn delete(
    inner: &mut Inner,
    key: &Key,
    options: &Value,
    dry: bool,
    now: Timestamp,
) -> Result<Deletion, Refusal> {
    let kind = key.kind();
    let Some(current) = inner.store.get(key).cloned() else {
        return Err(Refusal::not_found(kind, &key.name));
    };
    for field in ["uid", "resourceVersion"] {
        let wanted = options
            .pointer("/preconditions")
            .and_then(|all| all.get(field));
        let has = current.pointer("/metadata").and_then(|all| all.get(field));
        if wanted.is_some_and(|wanted| !wanted.is_null() && Some(wanted) != has) {
            let why = format!("the {field} in the precondition does not match");
            return Err(Refusal::conflict(kind, &key.name, &why));
        }
    }
    if dry {
        return Ok(Deletion::Gone(current));
    }
    if !is_leaving(&current) {
        owned::prepare(inner, key, &current, Policy::of(kind, options));
    }
    let Some(current) = inner.store.get(key).cloned() else {
        return Ok(Deletion::Gone(current));
    };
    if !is_held(&current) {
        take_away(inner, key, now);
        return Ok(Deletion::Gone(current));
    }
    if !is_leaving(&current) {
        let mut leaving = Value::clone(&current);
        let metadata = map(&mut leaving, "metadata");
        metadata.insert("deletionTimestamp".to_owned(), stamp(now));
        metadata.insert("deletionGracePeriodSeconds".to_owned(), json!(0));
        if kind.is("", "namespaces") {
            leaving["status"]["phase"] = json!("Terminating");
        }
        inner.store.put(key.clone(), leaving);
        settle(inner, key, now);
    }
    Ok(match inner.store.get(key) {
        Some(left) => Deletion::Leaving(Arc::clone(left)),
        None => Deletion::Gone(current),
    })
}

/// Whether finalizers keep the object.
pub(super) fn is_held(object: &Value) -> bool {
    !list(object, "/metadata/finalizers").is_empty()
        || (text(object, "/kind") == "Namespace" && !list(object, "/spec/finalizers").is_empty())
}

/// Lets the controllers see the object, then removes it when nothing holds it any more.
pub(super) fn settle(inner: &mut Inner, key: &Key, now: Timestamp) {
    controllers::changed(inner, key, now);
    let done = |object: &Arc<Value>| is_leaving(object) && !is_held(object);
    if inner.store.get(key).is_some_and(done) {
        take_away(inner, key, now);
    }
}

/// Removes an object that nothing holds.
pub(super) fn take_away(inner: &mut Inner, key: &Key, now: Timestamp) {
    if let Some(last) = inner.store.remove(key) {
        controllers::gone(inner, key, &last, now);
    }
}
