//! Who owns which field of an object: server-side apply conflicts over them and takes away what its
//! owner no longer says. Written in Kubernetes' own form, `managedFields`.
//!
//! Deliberately absent: what a create or an update that is no apply sets has no owner; but what such
//! an update changes is no longer its applier's.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::kinds::Kind;
use super::peek::{list, map, text};
use super::query::Query;
use super::status::Refusal;
use super::strategic::key_of;
use super::write::stamp;

/// Who writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writer<'a> {
    pub manager: &'a str,
    /// Takes fields over from whom they belong to.
    pub force: bool,
}

impl<'a> Writer<'a> {
    /// By the name that the request gives, else by that of its program.
    pub(super) fn of(query: &'a Query, agent: &'a str) -> Self {
        let manager = match query.get("fieldManager") {
            "" => agent.split('/').next().unwrap_or_default(),
            name => name,
        };
        let force = query.is_set("force");
        Self { manager, force }
    }
}

/// Fields that are owned as one, whatever is in them.
const ATOMIC: &[&str] = &[
    "matchLabels",
    "namespaceSelector",
    "nodeSelector",
    "podSelector",
    "roleRef",
    "selector",
];
/// What names an object is nobody's.
const IDENTITY: &[&str] = &["apiVersion", "kind", "name", "namespace"];

/// The words of a path, from the object's root to a field: `f:spec`, `k:{"name":"a"}`.
type Path = Vec<String>;

/// The fields that an applied object sets.
fn fields_of(object: &Value) -> Value {
    let mut out = Map::new();
    for (name, value) in object.as_object().into_iter().flatten() {
        let fields = match name.as_str() {
            "apiVersion" | "kind" | "status" => continue,
            "metadata" => {
                let mut metadata = value.clone();
                if let Some(all) = metadata.as_object_mut() {
                    all.retain(|field, _| !IDENTITY.contains(&field.as_str()));
                }
                if metadata.as_object().is_none_or(Map::is_empty) {
                    continue;
                }
                set_of(name, &metadata)
            }
            _ => set_of(name, value),
        };
        out.insert(format!("f:{name}"), Value::Object(fields));
    }
    Value::Object(out)
}

fn set_of(name: &str, value: &Value) -> Map<String, Value> {
    let mut out = Map::new();
    if let Some(fields) = value.as_object().filter(|_| !ATOMIC.contains(&name)) {
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
            out.insert(format!("f:{name}"), Value::Object(set_of(name, value)));
        }
    }
    for item in value.as_array().into_iter().flatten() {
        let Some(word) = key_of(name, value).and_then(|key| word_of(key, item)) else {
            return Map::new();
        };
        let mut fields = set_of("", item);
        fields.insert(".".to_owned(), json!({}));
        out.insert(word, Value::Object(fields));
    }
    out
}

/// Puts a path into a set.
fn own(set: &mut Map<String, Value>, path: &[String]) {
    if let Some((word, rest)) = path.split_first() {
        let below = set.entry(word).or_insert_with(|| json!({}));
        if let Some(below) = below.as_object_mut() {
            own(below, rest);
        }
    }
}

/// The word for an entry of a list that is merged by `key`.
fn word_of(key: &str, item: &Value) -> Option<String> {
    if key.is_empty() {
        return item.as_str().map(|text| format!("v:{}", json!(text)));
    }
    item.get(key)
        .map(|value| format!("k:{}", json!({ key: value })))
}

/// The paths of a set to its ends.
fn ends(set: &Value) -> Vec<Path> {
    let mut out = Vec::new();
    walk(set, &mut Vec::new(), &mut out);
    out
}

fn walk(set: &Value, at: &mut Path, out: &mut Vec<Path>) {
    let Some(fields) = set.as_object().filter(|fields| !fields.is_empty()) else {
        out.push(at.clone());
        return;
    };
    for (word, below) in fields.iter().filter(|(word, _)| *word != ".") {
        at.push(word.clone());
        walk(below, at, out);
        at.pop();
    }
}

fn is_meant(word: &str, item: &Value) -> bool {
    if let Some(value) = word.strip_prefix("v:") {
        return serde_json::from_str(value).is_ok_and(|value: Value| value == *item);
    }
    let key: Value = word
        .strip_prefix("k:")
        .and_then(|key| serde_json::from_str(key).ok())
        .unwrap_or_default();
    let mut fields = key.as_object().into_iter().flatten();
    fields.all(|(name, value)| item.get(name) == Some(value))
}

fn at<'a>(object: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter()
        .try_fold(object, |here, word| match word.strip_prefix("f:") {
            Some(name) => here.get(name),
            None => here.as_array()?.iter().find(|item| is_meant(word, item)),
        })
}

/// Takes a field away, and what held nothing else.
fn take(object: &mut Value, path: &[String]) {
    let Some((word, rest)) = path.split_first() else {
        return;
    };
    match (word.strip_prefix("f:"), object) {
        (Some(name), Value::Object(fields)) => {
            if let Some(below) = fields.get_mut(name) {
                take(below, rest);
                let is_bare = below.as_object().is_some_and(Map::is_empty)
                    || below.as_array().is_some_and(Vec::is_empty);
                if rest.is_empty() || is_bare {
                    fields.remove(name);
                }
            }
        }
        (None, Value::Array(items)) => {
            if rest.is_empty() {
                items.retain(|item| !is_meant(word, item));
            } else if let Some(nth) = items.iter().position(|item| is_meant(word, item)) {
                take(&mut items[nth], rest);
                if items[nth].as_object().is_some_and(Map::is_empty) {
                    items.remove(nth);
                }
            }
        }
        _ => {}
    }
}

/// Takes a path out of a set, with what it leaves empty.
fn disown(set: &mut Value, path: &[String]) {
    let (Some((word, rest)), Some(fields)) = (path.split_first(), set.as_object_mut()) else {
        return;
    };
    if let Some(below) = fields.get_mut(word) {
        disown(below, rest);
        let bare = below
            .as_object()
            .is_none_or(|all| all.keys().all(|one| one == "."));
        if rest.is_empty() || bare {
            fields.remove(word);
        }
    }
}

/// `.spec.containers[name="a"].image`
fn told(path: &[String]) -> String {
    let word = |word: &String| match word.split_at_checked(2) {
        Some(("f:", name)) => format!(".{name}"),
        Some(("k:", key)) => {
            let key: Value = serde_json::from_str(key).unwrap_or_default();
            let fields = key.as_object().into_iter().flatten();
            let each: Vec<String> = fields
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            format!("[{}]", each.join(","))
        }
        _ => format!("[={}]", word.trim_start_matches("v:")),
    };
    path.iter().map(word).collect()
}

fn is_by(entry: &Value, writer: Writer<'_>) -> bool {
    text(entry, "/manager") == writer.manager && text(entry, "/operation") == "Apply"
}

/// Before an apply: the live object without what its applier no longer says, and the owners that it
/// will have. `live`: `None` when the apply makes it.
pub(super) fn apply(
    kind: &Kind,
    name: &str,
    live: Option<&Value>,
    applied: &Value,
    writer: Writer<'_>,
    now: Timestamp,
) -> Result<(Option<Value>, Vec<Value>), Refusal> {
    let wanted = fields_of(applied);
    let mut owners: Vec<Value> = live
        .map_or(&[][..], |live| list(live, "/metadata/managedFields"))
        .to_vec();
    let mut live = live.cloned();
    let mut conflicts: Vec<(String, Path)> = Vec::new();
    for path in ends(&wanted) {
        for entry in &mut owners {
            if is_by(entry, writer) || at(&entry["fieldsV1"], &words(&path)).is_none() {
                continue;
            }
            let said = live.as_ref().and_then(|live| at(live, &path));
            if said == at(applied, &path) {
                continue;
            }
            if writer.force {
                disown(&mut entry["fieldsV1"], &path);
            } else {
                conflicts.push((manager(entry), path.clone()));
            }
        }
    }
    if !conflicts.is_empty() {
        return Err(refusal(kind, name, &conflicts));
    }
    let before = owners.iter().position(|entry| is_by(entry, writer));
    let before = before.map(|nth| owners.remove(nth));
    let said = |path: &[String]| {
        let has = |set: &Value| at(set, &words(path)).is_some();
        has(&wanted) || owners.iter().any(|entry| has(&entry["fieldsV1"]))
    };
    if let Some(live) = &mut live {
        for path in before.iter().flat_map(|entry| ends(&entry["fieldsV1"])) {
            // An entry of a list that nobody names any more goes whole, with what tells it apart.
            let is_entry = |nth: &usize| !path[nth - 1].starts_with("f:");
            let mut lengths = (1..=path.len()).filter(is_entry);
            let length = lengths.find(|nth| !said(&path[..*nth]));
            let length = length.unwrap_or(path.len());
            if !said(&path[..length]) {
                take(live, &path[..length]);
            }
        }
    }
    owners.retain(|entry| {
        entry["fieldsV1"]
            .as_object()
            .is_some_and(|set| !set.is_empty())
    });
    let since = before.filter(|entry| entry["fieldsV1"] == wanted);
    owners.push(json!({
        "manager": writer.manager, "operation": "Apply", "apiVersion": kind.api_version(),
        "time": since.map_or_else(|| stamp(now), |entry| entry["time"].clone()),
        "fieldsType": "FieldsV1", "fieldsV1": wanted,
    }));
    Ok((live, owners))
}

/// The words of a path as names of fields of a set.
fn words(path: &[String]) -> Path {
    path.iter().map(|word| format!("f:{word}")).collect()
}

fn manager(entry: &Value) -> String {
    let name = entry["manager"].to_string();
    if text(entry, "/operation") == "Apply" {
        return name;
    }
    format!("{name} using {}", text(entry, "/apiVersion"))
}

/// In Kubernetes' own words.
fn refusal(kind: &Kind, name: &str, conflicts: &[(String, Path)]) -> Refusal {
    let causes: Vec<Value> = conflicts
        .iter()
        .map(|(manager, path)| {
            let message = format!("conflict with {manager}");
            json!({"reason": "FieldManagerConflict", "message": message, "field": told(path)})
        })
        .collect();
    let head = match conflicts {
        [(manager, path)] => format!("1 conflict: conflict with {manager}: {}", told(path)),
        several => {
            let mut lines = Vec::new();
            let (mut head, mut last) = (format!("{} conflicts:", several.len()), "");
            for (manager, path) in several {
                if last != manager {
                    head = format!("{head} conflicts with {manager}:");
                    last = manager;
                }
                lines.push(format!("- {}", told(path)));
            }
            format!("{head}\n{}", lines.join("\n"))
        }
    };
    Refusal::apply_conflict(kind, name, &format!("Apply failed with {head}"), causes)
}

/// After an update that is no apply: what it changed is the updater's, and no applier's any more.
pub(super) fn updated(
    kind: &Kind,
    before: &Value,
    object: &mut Value,
    manager: &str,
    now: Timestamp,
) {
    let mut owners = list(before, "/metadata/managedFields").to_vec();
    if owners.is_empty() {
        return;
    }
    let mut taken = Map::new();
    for entry in owners
        .iter_mut()
        .filter(|entry| text(entry, "/operation") == "Apply")
    {
        for path in ends(&entry["fieldsV1"]) {
            if at(before, &path) == at(object, &path) {
                continue;
            }
            disown(&mut entry["fieldsV1"], &path);
            own(&mut taken, &path);
        }
    }
    owners.retain(|entry| {
        entry["fieldsV1"]
            .as_object()
            .is_some_and(|set| !set.is_empty())
    });
    if !taken.is_empty() {
        owners.push(json!({
            "manager": manager, "operation": "Update", "apiVersion": kind.api_version(),
            "time": stamp(now), "fieldsType": "FieldsV1", "fieldsV1": taken,
        }));
    }
    map(object, "metadata").insert("managedFields".to_owned(), Value::Array(owners));
}
