//! Linode's own description of its API (OpenAPI 4.208.1), asked about one request at a time.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::asked::Request;
use crate::schema::violations;

/// What the description lacks and Linode takes all the same: the endpoint, the parameter or the
/// place in the body, and why.
const ALSO: &[(&str, &str, &str)] = &[
    (
        "GET /regions/availability",
        "?page",
        "recorded: it answers in pages, as all lists do",
    ),
    (
        "GET /regions/availability",
        "?page_size",
        "recorded: it answers in pages, as all lists do",
    ),
    (
        "POST /lke/clusters",
        "body.node_pools.label",
        "pools have labels since the description of 2026",
    ),
    (
        "POST /lke/clusters/{clusterId}/pools",
        "body.label",
        "pools have labels since the description of 2026",
    ),
];

/// The operators of X-Filter.
const OPERATORS: &[&str] = &["+eq", "+neq", "+gt", "+gte", "+lt", "+lte", "+contains"];

/// The whole description.
pub(crate) struct Description {
    document: Value,
}

/// What it says about a request: the endpoint as `METHOD /path/{id}`, and what is wrong.
pub(crate) struct Verdict {
    pub(crate) endpoint: String,
    pub(crate) wrong: Vec<String>,
}

impl Description {
    /// Reads it.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read(file).with_context(|| format!("read `{}`", file.display()))?;
        let document = serde_json::from_slice(&text)?;
        Ok(Self { document })
    }

    /// Judges a request.
    pub(crate) fn judge(&self, request: &Request) -> Verdict {
        let path = request.unversioned();
        let method = request.method.to_lowercase();
        let paths = self.document["paths"].as_object();
        let fitting = paths
            .into_iter()
            .flatten()
            .filter(|(template, operations)| {
                operations[&method].is_object() && fits(template, path)
            });
        // `/regions/availability` is itself and no region.
        let Some((template, operations)) =
            fitting.min_by_key(|(template, _)| template.matches('{').count())
        else {
            return Verdict {
                endpoint: format!("{} {path}", request.method),
                wrong: vec!["is no endpoint".to_owned()],
            };
        };
        let operation = &operations[&method];
        let endpoint = format!("{} {template}", request.method);
        let parameters = [operations, operation]
            .into_iter()
            .flat_map(|one| one["parameters"].as_array().into_iter().flatten())
            .collect::<Vec<_>>();
        let mut wrong = of_path(&parameters, template, path);
        wrong.extend(of_query(operation, &parameters, request.query.as_deref()));
        wrong.extend(of_body(operation, &request.body));
        wrong.extend(of_filter(operation, request.filter.as_deref()));
        wrong.retain(|what| !also(&endpoint, what));
        Verdict { endpoint, wrong }
    }
}

/// Whether an unknown field or parameter stands in [`ALSO`].
fn also(endpoint: &str, what: &str) -> bool {
    let Some((place, _)) = what.split_once(" is not a known ") else {
        return false;
    };
    // Rows of a list are alike.
    let place = place
        .split('[')
        .map(|part| part.split_once(']').map_or(part, |(_, rest)| rest));
    let place: String = place.collect();
    let named = |(one, field, _): &(&str, &str, &str)| *one == endpoint && *field == place;
    ALSO.iter().any(named)
}

fn fits(template: &str, path: &str) -> bool {
    let mut given = path.split('/');
    let all = template.split('/').all(|wanted| {
        given.next().is_some_and(|segment| {
            wanted == segment || wanted.starts_with('{') && !segment.is_empty()
        })
    });
    all && given.next().is_none()
}

fn named<'one>(parameters: &[&'one Value], place: &str, name: &str) -> Option<&'one Value> {
    let found = parameters
        .iter()
        .find(|one| one["in"] == place && one["name"] == name);
    found.map(|one| &one["schema"])
}

/// A word of an address, as JSON of the type that its schema wants.
fn typed(schema: &Value, text: &str) -> Value {
    let plain = schema["type"] != "string";
    let parsed = serde_json::from_str(text).ok().filter(|_| plain);
    parsed.unwrap_or_else(|| Value::from(text))
}

fn of_path(parameters: &[&Value], template: &str, path: &str) -> Vec<String> {
    let pairs = template.split('/').zip(path.split('/'));
    let names = pairs.filter_map(|(wanted, given)| {
        let name = wanted.strip_prefix('{')?.strip_suffix('}')?;
        Some((named(parameters, "path", name)?, name, given))
    });
    names
        .flat_map(|(schema, name, given)| violations(schema, &typed(schema, given), name))
        .collect()
}

/// The words of every list, which the description of many a list leaves to its introduction.
fn of_page(name: &str) -> Option<Value> {
    match name {
        "page" => Some(json!({"type": "integer", "minimum": 1})),
        "page_size" => Some(json!({"type": "integer", "minimum": 25, "maximum": 500})),
        _ => None,
    }
}

fn of_query(operation: &Value, parameters: &[&Value], query: Option<&str>) -> Vec<String> {
    let is_list = reply(operation)["properties"]["pages"].is_object();
    let pairs = query.into_iter().flat_map(|query| query.split('&'));
    pairs
        .flat_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let own = named(parameters, "query", name).cloned();
            match own.or_else(|| of_page(name).filter(|_| is_list)) {
                Some(schema) => violations(&schema, &typed(&schema, value), &format!("?{name}")),
                None => vec![format!("?{name} is not a known parameter")],
            }
        })
        .collect()
}

/// The schema of what comes back.
fn reply(operation: &Value) -> &Value {
    &operation["responses"]["200"]["content"]["application/json"]["schema"]
}

fn of_body(operation: &Value, body: &Value) -> Vec<String> {
    let wanted = &operation["requestBody"];
    match (wanted.is_object(), body) {
        (false, Value::Null) => Vec::new(),
        (false, Value::Object(fields)) if fields.is_empty() => Vec::new(),
        (false, _) => vec!["has a body, and none is wanted".to_owned()],
        (true, Value::Null) if wanted["required"] != true => Vec::new(),
        (true, body) => {
            let schema = &wanted["content"]["application/json"]["schema"];
            violations(schema, body, "body")
        }
    }
}

fn of_filter(operation: &Value, filter: Option<&str>) -> Vec<String> {
    let Some(text) = filter else {
        return Vec::new();
    };
    let Ok(Value::Object(filter)) = serde_json::from_str(text) else {
        return vec![format!("X-Filter is no JSON object: {text}")];
    };
    let mut fields = BTreeSet::new();
    filterable(
        &reply(operation)["properties"]["data"]["items"],
        "",
        &mut fields,
    );
    let mut wrong = Vec::new();
    of_filter_fields(&filter, &fields, &mut wrong);
    wrong
}

/// The fields of a row that are marked so, `a.b` inside of a field.
fn filterable(schema: &Value, at: &str, fields: &mut BTreeSet<String>) {
    for several in ["allOf", "oneOf", "anyOf"] {
        for one in schema[several].as_array().into_iter().flatten() {
            filterable(one, at, fields);
        }
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        let place = format!("{at}{name}");
        filterable(inner, &format!("{place}."), fields);
        if inner["x-linode-filterable"] == true {
            fields.insert(place);
        }
    }
}

fn of_filter_fields(
    filter: &serde_json::Map<String, Value>,
    fields: &BTreeSet<String>,
    wrong: &mut Vec<String>,
) {
    for (name, value) in filter {
        match (name.as_str(), value) {
            ("+and" | "+or", Value::Array(parts)) => {
                for part in parts.iter().filter_map(Value::as_object) {
                    of_filter_fields(part, fields, wrong);
                }
            }
            ("+order", _) if value == "asc" || value == "desc" => {}
            ("+order_by", Value::String(field)) if fields.contains(field) => {}
            (field, Value::Object(operators)) if fields.contains(field) => {
                let unknown = operators
                    .keys()
                    .filter(|one| !OPERATORS.contains(&one.as_str()));
                wrong.extend(unknown.map(|one| format!("X-Filter has no operator {one}")));
            }
            (field, _) if fields.contains(field) => {}
            (field, _) => wrong.push(format!("X-Filter cannot filter on {field}")),
        }
    }
}
