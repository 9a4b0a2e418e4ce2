//! Strategic merge, as far as built-in kinds need it: known lists merge by their key, the rest as
//! in RFC 7386.

use serde_json::{Map, Value};

/// The list field and the field that tells its entries apart; empty for lists of plain values.
const KEYS: &[(&str, &str)] = &[
    ("addresses", "type"),
    ("conditions", "type"),
    ("containers", "name"),
    ("env", "name"),
    ("ephemeralContainers", "name"),
    ("finalizers", ""),
    ("imagePullSecrets", "name"),
    ("initContainers", "name"),
    ("ownerReferences", "uid"),
    ("volumeMounts", "mountPath"),
    ("volumes", "name"),
];

/// Merges `patch` into `target`.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    let Some(patch) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if patch.get("$patch").is_some_and(|how| how == "replace") || !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(fields) = target.as_object_mut() else {
        return;
    };
    if let Some(kept) = patch.get("$retainKeys").and_then(Value::as_array) {
        fields.retain(|name, _| kept.iter().any(|one| one == name));
    }
    for (name, value) in patch {
        if let Some(list) = name.strip_prefix("$deleteFromPrimitiveList/") {
            let gone = value.as_array().map_or(&[][..], Vec::as_slice);
            if let Some(items) = fields.get_mut(list).and_then(Value::as_array_mut) {
                items.retain(|item| !gone.contains(item));
            }
        } else if name.starts_with('$') {
            // The order of lists and the other directives have no bearing here.
        } else if value.is_null() {
            fields.remove(name);
        } else if let (Some(key), Some(entries)) = (key_of(name, value), value.as_array()) {
            let slot = fields
                .entry(name)
                .or_insert_with(|| Value::Array(Vec::new()));
            merge_list(slot, entries, key);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// By what a list merges; ports have another key on a Service than on a container.
pub(super) fn key_of(list: &str, entries: &Value) -> Option<&'static str> {
    if list == "ports" {
        let first = entries.get(0)?;
        let keys = ["containerPort", "port"];
        return keys.into_iter().find(|key| first.get(key).is_some());
    }
    KEYS.iter()
        .find(|(name, _)| *name == list)
        .map(|(_, key)| *key)
}

fn merge_list(slot: &mut Value, entries: &[Value], key: &str) {
    let Some(items) = slot.as_array_mut() else {
        *slot = Value::Array(entries.to_vec());
        return;
    };
    if entries
        .iter()
        .any(|entry| entry.get("$patch").is_some_and(|how| how == "replace"))
    {
        items.clear();
    }
    for entry in entries {
        let same = |item: &Value| {
            if key.is_empty() {
                item == entry
            } else {
                item.get(key) == entry.get(key)
            }
        };
        let found = items.iter().position(same);
        match entry.get("$patch").and_then(Value::as_str) {
            Some("delete") => {
                if let Some(at) = found {
                    items.remove(at);
                }
            }
            Some(_) => {}
            None => match found {
                Some(at) => merge(&mut items[at], entry),
                None => items.push(entry.clone()),
            },
        }
    }
}
