//! The four kinds of patch.

use serde_json::{Map, Value};

use super::status::Refusal;
use super::strategic;

/// How a PATCH body is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// RFC 7386.
    Merge,
    /// Kubernetes' own, lists merged by key.
    Strategic,
    /// RFC 6902.
    Json,
    /// Server-side apply.
    Apply,
}

impl Style {
    /// From the content type.
    pub(super) fn of(content_type: &str) -> Result<Self, Refusal> {
        match content_type.split(';').next().unwrap_or_default().trim() {
            "application/merge-patch+json" => Ok(Self::Merge),
            "application/strategic-merge-patch+json" => Ok(Self::Strategic),
            "application/json-patch+json" => Ok(Self::Json),
            "application/apply-patch+yaml" => Ok(Self::Apply),
            _ => Err(Refusal::unsupported_media(
                "application/json-patch+json, application/merge-patch+json, \
                 application/strategic-merge-patch+json, application/apply-patch+yaml",
            )),
        }
    }
}

/// `object` with `patch` applied.
pub(super) fn apply(style: Style, object: &Value, patch: &Value) -> Result<Value, Refusal> {
    let mut out = object.clone();
    match style {
        Style::Merge => merge(&mut out, patch),
        Style::Strategic | Style::Apply => strategic::merge(&mut out, patch),
        Style::Json => {
            let steps = patch
                .as_array()
                .ok_or_else(|| Refusal::bad_request("a JSON patch is a list"))?;
            for step in steps {
                json_step(&mut out, step)?;
            }
        }
    }
    Ok(out)
}

/// RFC 7386: null removes, objects merge, everything else replaces.
fn merge(target: &mut Value, patch: &Value) {
    let Some(patch) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(fields) = target.as_object_mut() else {
        return;
    };
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), value);
        }
    }
}

fn json_step(target: &mut Value, step: &Value) -> Result<(), Refusal> {
    let word = |field: &str| step.get(field).and_then(Value::as_str).unwrap_or_default();
    let (op, path) = (word("op"), word("path"));
    let refused = Refusal::misfit;
    let value = step.get("value").cloned();
    match op {
        "add" => put(target, path, value.ok_or_else(refused)?).ok_or_else(refused),
        "replace" => {
            *target.pointer_mut(path).ok_or_else(refused)? = value.ok_or_else(refused)?;
            Ok(())
        }
        "remove" => take(target, path).map(drop).ok_or_else(refused),
        "test" if target.pointer(path) == value.as_ref() => Ok(()),
        "move" => {
            let moved = take(target, word("from")).ok_or_else(refused)?;
            put(target, path, moved).ok_or_else(refused)
        }
        "copy" => {
            let copied = target.pointer(word("from")).cloned().ok_or_else(refused)?;
            put(target, path, copied).ok_or_else(refused)
        }
        _ => Err(refused()),
    }
}

/// The parent of a path and its last word, unescaped.
fn parent<'a>(target: &'a mut Value, path: &str) -> Option<(&'a mut Value, String)> {
    let (above, last) = path.rsplit_once('/')?;
    Some((
        target.pointer_mut(above)?,
        last.replace("~1", "/").replace("~0", "~"),
    ))
}

fn put(target: &mut Value, path: &str, value: Value) -> Option<()> {
    let (parent, last) = parent(target, path)?;
    match parent {
        Value::Object(fields) => {
            fields.insert(last, value);
        }
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => {
            let at = last.parse().ok().filter(|at| *at <= items.len())?;
            items.insert(at, value);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return None;
        }
    }
    Some(())
}

fn take(target: &mut Value, path: &str) -> Option<Value> {
    let (parent, last) = parent(target, path)?;
    match parent {
        Value::Object(fields) => fields.remove(&last),
        Value::Array(items) => {
            let at = last.parse().ok().filter(|at| *at < items.len())?;
            Some(items.remove(at))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}
