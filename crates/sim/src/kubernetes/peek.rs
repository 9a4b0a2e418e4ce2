//! Looking into JSON objects, and changing them, by pointer (RFC 6901).

use serde_json::{Map, Value, json};

/// What stands at `pointer`. Nearly all pointers are plain names, which need no copies.
pub(super) fn at<'a>(object: &'a Value, pointer: &str) -> Option<&'a Value> {
    match pointer.strip_prefix('/') {
        Some(names) if !names.contains('~') => {
            names
                .split('/')
                .try_fold(object, |value, name| match value.as_array() {
                    Some(all) => all.get(name.parse::<usize>().ok()?),
                    None => value.get(name),
                })
        }
        Some(_) | None => object.pointer(pointer),
    }
}

/// The text at `pointer`; empty when it is absent or no text.
pub(super) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    at(object, pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The text that a map at `pointer` holds by `name`; empty when there is none.
pub(super) fn map_text<'a>(object: &'a Value, pointer: &str, name: &str) -> &'a str {
    let found = at(object, pointer).and_then(|map| map.get(name));
    found.and_then(Value::as_str).unwrap_or_default()
}

/// The array at `pointer`; empty when it is absent.
pub(super) fn list<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    at(object, pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The number at `pointer`; 0 when it is absent.
pub(super) fn number(object: &Value, pointer: &str) -> i64 {
    at(object, pointer)
        .and_then(Value::as_i64)
        .unwrap_or_default()
}

/// The map at `field` of `object`, made when it is missing or of another shape.
pub(super) fn map<'a>(object: &'a mut Value, field: &str) -> &'a mut Map<String, Value> {
    if !object.is_object() {
        *object = json!({});
    }
    let slot = &mut object[field];
    if !slot.is_object() {
        *slot = json!({});
    }
    let Some(map) = slot.as_object_mut() else {
        unreachable!("an object was just put there")
    };
    map
}

/// Sets `field` of the map `of`, unless it is there already.
pub(super) fn default(object: &mut Value, of: &str, field: &str, value: Value) {
    let map = map(object, of);
    if map.get(field).is_none_or(Value::is_null) {
        map.insert(field.to_owned(), value);
    }
}

/// Sets a field of the object itself, or takes it away.
pub(super) fn set(object: &mut Value, field: &str, value: Option<&Value>) {
    let Some(fields) = object.as_object_mut() else {
        return;
    };
    match value {
        Some(value) => fields.insert(field.to_owned(), value.clone()),
        None => fields.remove(field),
    };
}

/// Whether the object bears this finalizer.
pub(super) fn has_finalizer(object: &Value, finalizer: &str) -> bool {
    list(object, "/metadata/finalizers")
        .iter()
        .any(|one| one == finalizer)
}

/// Adds a finalizer, once.
pub(super) fn add_finalizer(object: &mut Value, finalizer: &str) {
    if has_finalizer(object, finalizer) {
        return;
    }
    let metadata = map(object, "metadata");
    let slot = metadata.entry("finalizers").or_insert_with(|| json!([]));
    if let Some(all) = slot.as_array_mut() {
        all.push(json!(finalizer));
    }
}

/// Removes a finalizer; the last one takes the field with it.
pub(super) fn drop_finalizer(object: &mut Value, finalizer: &str) {
    let metadata = map(object, "metadata");
    if let Some(all) = metadata.get_mut("finalizers").and_then(Value::as_array_mut) {
        all.retain(|one| one != finalizer);
        if all.is_empty() {
            metadata.remove("finalizers");
        }
    }
}

/// Whether the object is being deleted.
pub(super) fn is_leaving(object: &Value) -> bool {
    at(object, "/metadata/deletionTimestamp").is_some()
}
