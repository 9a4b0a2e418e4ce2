//! Label and field selectors.

use serde_json::Value;

use super::kinds::Kind;
use super::peek::{at, list, text};
use super::query::Query;
use super::status::Refusal;

/// Both selectors of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Selector {
    labels: Vec<Label>,
    fields: Vec<Field>,
}

#[derive(Clone, Debug)]
enum Label {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Has(String),
    HasNot(String),
}

#[derive(Clone, Debug)]
struct Field {
    path: String,
    pointer: String,
    value: String,
    equal: bool,
}

/// By which fields objects of a kind are selected, besides their name and namespace.
fn selectable(kind: &Kind) -> &'static [&'static str] {
    match (kind.group, kind.resource) {
        ("", "pods") => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        ("", "nodes") => &["spec.unschedulable"],
        ("", "namespaces") => &["status.phase"],
        ("", "secrets") => &["type"],
        ("", "services") => &["spec.clusterIP", "spec.type"],
        ("", "events") => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        ("apps", "replicasets") | ("", "replicationcontrollers") => &["status.replicas"],
        ("batch", "jobs") => &["status.successful"],
        _ => &[],
    }
}

impl Selector {
    /// Both selectors of a query; a field by which nothing is selected is refused.
    pub(super) fn of(kind: &Kind, query: &Query) -> Result<Self, Refusal> {
        let (labels, fields) = (query.get("labelSelector"), query.get("fieldSelector"));
        let out = Self::parse(labels, fields)?;
        let by = selectable(kind);
        let strange = out.fields.iter().map(|one| one.path.as_str());
        let mut strange = strange.filter(|path| {
            !matches!(*path, "metadata.name" | "metadata.namespace") && !by.contains(path)
        });
        match strange.next() {
            None => Ok(out),
            Some(path) => Err(Refusal::bad_request(format!(
                "field label not supported: {path}"
            ))),
        }
    }

    /// Reads both; empty texts select everything.
    fn parse(labels: &str, fields: &str) -> Result<Self, Refusal> {
        Ok(Self {
            labels: split(labels)
                .iter()
                .map(|one| label(one))
                .collect::<Result<_, _>>()?,
            fields: split(fields)
                .iter()
                .map(|one| field(one))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Whether the object is selected.
    pub(super) fn matches(&self, object: &Value) -> bool {
        let none = Value::Null;
        let labels = at(object, "/metadata/labels").unwrap_or(&none);
        let of = |key: &str| labels.get(key).and_then(Value::as_str);
        self.labels.iter().all(|one| match one {
            Label::In(key, values) => of(key).is_some_and(|has| values.iter().any(|v| v == has)),
            Label::NotIn(key, values) => of(key).is_none_or(|has| values.iter().all(|v| v != has)),
            Label::Has(key) => of(key).is_some(),
            Label::HasNot(key) => of(key).is_none(),
        }) && self
            .fields
            .iter()
            .all(|one| (read(object, &one.pointer) == one.value) == one.equal)
    }
}

fn read(object: &Value, pointer: &str) -> String {
    match at(object, pointer) {
        None | Some(Value::Null) => {
            // The server reads an absent flag as false.
            let flag = pointer == "/spec/unschedulable";
            if flag {
                "false".to_owned()
            } else {
                String::new()
            }
        }
        Some(Value::String(_)) => text(object, pointer).to_owned(),
        Some(other) => other.to_string(),
    }
}

/// Whether a selector that stands in an object (`matchLabels`, `matchExpressions`) selects another
/// by its labels. An empty one selects everything, and none selects nothing.
pub(super) fn selects(selector: &Value, object: &Value) -> bool {
    let none = Value::Null;
    let labels = at(object, "/metadata/labels").unwrap_or(&none);
    let mut wanted = selector["matchLabels"].as_object().into_iter().flatten();
    let mut asked = list(selector, "/matchExpressions").iter();
    selector.is_object()
        && wanted.all(|(name, value)| labels.get(name) == Some(value))
        && asked.all(|one| {
            let has = labels.get(text(one, "/key"));
            let among = has.is_some_and(|has| list(one, "/values").contains(has));
            match text(one, "/operator") {
                "In" => among,
                "NotIn" => !among,
                "Exists" => has.is_some(),
                "DoesNotExist" => has.is_none(),
                _ => false,
            }
        })
}

/// Splits at commas outside of parentheses.
fn split(selector: &str) -> Vec<String> {
    let mut depth = 0;
    let mut out = vec![String::new()];
    for letter in selector.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if letter == ',' && depth == 0 {
            out.push(String::new());
        } else if let Some(last) = out.last_mut() {
            last.push(letter);
        }
    }
    out.retain(|one| !one.trim().is_empty());
    out
}

fn label(one: &str) -> Result<Label, Refusal> {
    let one = one.trim();
    let wrong = || Refusal::bad_request(format!("unable to parse requirement: {one}"));
    if let Some((key, value)) = one.split_once("!=") {
        return Ok(Label::NotIn(
            key.trim().to_owned(),
            vec![value.trim().to_owned()],
        ));
    }
    if let Some((key, value)) = one.split_once("==").or_else(|| one.split_once('=')) {
        return Ok(Label::In(
            key.trim().to_owned(),
            vec![value.trim().to_owned()],
        ));
    }
    if let Some((head, values)) = one.split_once('(') {
        let values = values.strip_suffix(')').ok_or_else(wrong)?;
        let values = values
            .split(',')
            .map(|value| value.trim().to_owned())
            .collect();
        let mut words = head.split_whitespace();
        return match (words.next(), words.next(), words.next()) {
            (Some(key), Some("in"), None) => Ok(Label::In(key.to_owned(), values)),
            (Some(key), Some("notin"), None) => Ok(Label::NotIn(key.to_owned(), values)),
            _ => Err(wrong()),
        };
    }
    let bare = one.trim_start_matches('!').trim();
    if bare.is_empty() || bare.contains(char::is_whitespace) {
        return Err(wrong());
    }
    let bare = bare.to_owned();
    Ok(if one.starts_with('!') {
        Label::HasNot(bare)
    } else {
        Label::Has(bare)
    })
}

fn field(one: &str) -> Result<Field, Refusal> {
    let (path, value, equal) = if let Some((path, value)) = one.split_once("!=") {
        (path, value, false)
    } else if let Some((path, value)) = one.split_once("==").or_else(|| one.split_once('=')) {
        (path, value, true)
    } else {
        return Err(Refusal::bad_request(format!(
            "invalid selector: '{one}'; can't understand it"
        )));
    };
    let path = path.trim().to_owned();
    let pointer = format!("/{}", path.replace('.', "/"));
    Ok(Field {
        path,
        pointer,
        value: value.trim().to_owned(),
        equal,
    })
}
