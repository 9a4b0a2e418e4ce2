//! Whether a JSON value is what a schema of the description allows. The words are those that
//! requests of this API need; what a schema says beside them (formats, examples) is not looked at.

use serde_json::{Map, Value};

/// What is wrong with `value`, each with its place; empty when nothing is.
pub(crate) fn violations(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let parts = parts(schema);
    let mut out: Vec<String> = parts
        .iter()
        .flat_map(|part| of_one(part, value, at))
        .collect();
    for several in ["oneOf", "anyOf"] {
        let tried = parts.iter().flat_map(|part| list(part, several));
        let tried = tried.map(|one| violations(one, value, at));
        out.extend(tried.min_by_key(Vec::len).unwrap_or_default());
    }
    if let Value::Object(fields) = value {
        out.extend(of_fields(&parts, fields, at));
    }
    if let Value::Array(rows) = value {
        let row_schema = together(parts.iter().filter_map(|part| part.get("items")));
        for (index, row) in rows.iter().enumerate() {
            out.extend(violations(&row_schema, row, &format!("{at}[{index}]")));
        }
    }
    out
}

fn list<'schema>(schema: &'schema Value, word: &str) -> &'schema [Value] {
    schema[word].as_array().map_or(&[], Vec::as_slice)
}

/// A schema and all that hold beside it: which fields there may be, only all together know.
fn parts(schema: &Value) -> Vec<&Value> {
    let more = list(schema, "allOf").iter().flat_map(parts);
    std::iter::once(schema).chain(more).collect()
}

/// The schema of what all of these describe.
fn together<'schema>(all: impl Iterator<Item = &'schema Value>) -> Value {
    serde_json::json!({"allOf": all.collect::<Vec<_>>()})
}

/// What a schema says about the value as a whole.
fn of_one(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if value.is_null() && schema["nullable"] == true {
        return Vec::new();
    }
    let mut out = Vec::new();
    let mut wrong = |what: String| out.push(format!("{at} {what}"));
    let fits = match schema["type"].as_str() {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        Some(_) | None => true,
    };
    if !fits {
        wrong(format!("is {value}, not of type {}", schema["type"]));
        return out;
    }
    let choices = list(schema, "enum");
    if !choices.is_empty() && !choices.contains(value) {
        wrong(format!("is {value}, not one of {}", schema["enum"]));
    }
    let size = match value {
        Value::Number(number) => number.as_f64().map(|is| (is, "minimum", "maximum")),
        Value::String(text) => Some((text.chars().count() as f64, "minLength", "maxLength")),
        Value::Array(rows) => Some((rows.len() as f64, "minItems", "maxItems")),
        Value::Null | Value::Bool(_) | Value::Object(_) => None,
    };
    if let Some((is, least, most)) = size {
        if schema[least].as_f64().is_some_and(|least| is < least) {
            wrong(format!("is {value}, {least} is {}", schema[least]));
        }
        if schema[most].as_f64().is_some_and(|most| is > most) {
            wrong(format!("is {value}, {most} is {}", schema[most]));
        }
    }
    if let (Some(text), Some(pattern)) = (value.as_str(), schema["pattern"].as_str()) {
        let pattern = fancy_regex::Regex::new(pattern).expect("a pattern of the description");
        if !pattern.is_match(text).expect("a pattern that ends") {
            wrong(format!("is {value}, pattern is {}", schema["pattern"]));
        }
    }
    out
}

/// The fields of an object: known, not read-only, valid, and all that are required.
fn of_fields(parts: &[&Value], fields: &Map<String, Value>, at: &str) -> Vec<String> {
    let several = |word: &'static str| parts.iter().flat_map(move |part| list(part, word));
    let alternatives: Vec<&Value> = several("oneOf").chain(several("anyOf")).collect();
    let known = |name: &str| -> Vec<&Value> {
        let places = parts.iter().chain(&alternatives);
        places
            .filter_map(|part| part["properties"].get(name))
            .collect()
    };
    let read_only = |field: &Vec<&Value>| field.iter().any(|part| part["readOnly"] == true);
    let closed = parts
        .iter()
        .any(|part| part["additionalProperties"] == false);
    let more = together(
        parts
            .iter()
            .filter_map(|part| part.get("additionalProperties"))
            .filter(|more| more.is_object()),
    );
    let mut out = Vec::new();
    for (name, value) in fields {
        let place = format!("{at}.{name}");
        let field = known(name);
        if read_only(&field) {
            out.push(format!("{place} is read-only"));
        } else if !field.is_empty() {
            out.extend(violations(&together(field.into_iter()), value, &place));
        } else if closed {
            out.push(format!("{place} is not a known field"));
        } else {
            out.extend(violations(&more, value, &place));
        }
    }
    let required = parts.iter().flat_map(|part| list(part, "required"));
    for name in required.filter_map(Value::as_str) {
        if !read_only(&known(name)) && !fields.contains_key(name) {
            out.push(format!("{at}.{name} is required"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[expect(
        clippy::needless_pass_by_value,
        reason = "a value is written in the call"
    )]
    fn check(value: Value, expected: &[&str]) {
        let schema = json!({
            "type": "object", "additionalProperties": false, "required": ["label", "id"],
            "properties": {
                "id": {"type": "integer", "readOnly": true},
                "label": {
                    "type": "string", "minLength": 3, "maxLength": 5,
                    "pattern": "^[a-z]((?!--)[a-z-])+$",
                },
                "count": {"type": "integer", "minimum": 1, "maximum": 100},
                "effect": {"type": "string", "enum": ["NoSchedule", "NoExecute"]},
                "rules": {
                    "type": "array", "maxItems": 1, "items": {
                        "type": "object", "additionalProperties": false, "required": ["ports"],
                        "properties": {"ports": {"type": "string", "nullable": true}},
                    },
                },
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "both": {"allOf": [
                    {"additionalProperties": false, "properties": {
                        "a": {"additionalProperties": false, "properties": {"x": {}}},
                    }},
                    {"additionalProperties": false, "required": ["b"], "properties": {
                        "a": {"additionalProperties": false, "properties": {"y": {}}},
                        "b": {"type": "integer"},
                    }},
                ]},
                "either": {"oneOf": [{"type": "integer"}, {"type": "boolean"}]},
            },
        });
        assert_eq!(violations(&schema, &value, "body"), expected);
    }

    #[test]
    fn what_the_schema_allows_is_no_violation() {
        check(
            json!({
                "label": "abc", "count": 100, "effect": "NoExecute", "rules": [{"ports": null}],
                "labels": {"any": "name"}, "both": {"a": {"x": 1, "y": 2}, "b": 2}, "either": true,
            }),
            &[],
        );
    }

    #[test]
    fn a_missing_an_unknown_and_a_read_only_field_are_seen() {
        check(json!({}), &["body.label is required"]);
        check(
            json!({"label": "abc", "x": 1}),
            &["body.x is not a known field"],
        );
        check(json!({"label": "abc", "id": 1}), &["body.id is read-only"]);
        check(
            json!({"label": "abc", "both": {"c": 1, "a": {"z": 1}}}),
            &[
                "body.both.c is not a known field",
                "body.both.a.z is not a known field",
                "body.both.b is required",
            ],
        );
    }

    #[test]
    fn wrong_types_are_seen_at_every_depth() {
        check(json!([]), &["body is [], not of type \"object\""]);
        check(
            json!({"label": 1}),
            &["body.label is 1, not of type \"string\""],
        );
        check(
            json!({"label": null}),
            &["body.label is null, not of type \"string\""],
        );
        check(
            json!({"label": "abc", "count": 1.5}),
            &["body.count is 1.5, not of type \"integer\""],
        );
        check(
            json!({"label": "abc", "rules": [{"ports": 1}]}),
            &["body.rules[0].ports is 1, not of type \"string\""],
        );
        check(
            json!({"label": "abc", "rules": [{}]}),
            &["body.rules[0].ports is required"],
        );
        check(
            json!({"label": "abc", "labels": {"a": 1}}),
            &["body.labels.a is 1, not of type \"string\""],
        );
        check(
            json!({"label": "abc", "either": "x"}),
            &["body.either is \"x\", not of type \"integer\""],
        );
    }

    #[test]
    fn values_out_of_bounds_are_seen() {
        check(
            json!({"label": "ab"}),
            &["body.label is \"ab\", minLength is 3"],
        );
        check(
            json!({"label": "abcdef"}),
            &["body.label is \"abcdef\", maxLength is 5"],
        );
        check(
            json!({"label": "a--b"}),
            &["body.label is \"a--b\", pattern is \"^[a-z]((?!--)[a-z-])+$\""],
        );
        check(
            json!({"label": "abc", "count": 0}),
            &["body.count is 0, minimum is 1"],
        );
        check(
            json!({"label": "abc", "count": 101}),
            &["body.count is 101, maximum is 100"],
        );
        check(
            json!({"label": "abc", "effect": "No"}),
            &["body.effect is \"No\", not one of [\"NoSchedule\",\"NoExecute\"]"],
        );
        check(
            json!({"label": "abc", "rules": [{"ports": "1"}, {"ports": "2"}]}),
            &["body.rules is [{\"ports\":\"1\"},{\"ports\":\"2\"}], maxItems is 1"],
        );
    }
}
