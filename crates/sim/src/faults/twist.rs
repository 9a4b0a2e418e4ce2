//! Replies that say something else than they should.

use serde_json::{Map, Value, json};

use super::kinds::Twist;
use crate::linode::Sent;

/// Twists a reply; whether it says something else now.
pub(super) fn twist(what: Twist, sent: &mut Sent, draw: u64) -> bool {
    let Ok(mut body) = serde_json::from_slice::<Value>(&sent.body) else {
        return false;
    };
    let twisted = match what {
        Twist::MissingRow => rows(&mut body).is_some_and(|rows| rows.pop().is_some()),
        Twist::MissingPage => rows(&mut body).is_some_and(|rows| {
            let had = !rows.is_empty();
            rows.clear();
            had
        }),
        Twist::ShiftedPage => shift(&mut body),
        Twist::DoubledRow => double(&mut body),
        Twist::DuplicateId => rows(&mut body).is_some_and(|rows| match rows.as_mut_slice() {
            [first, second, ..] if first["id"].is_u64() && second["id"] != first["id"] => {
                second["id"] = first["id"].clone();
                true
            }
            _ => false,
        }),
        Twist::UnknownEnum => replace(&mut body, "status", &json!("unheard_of"), |old| {
            old.is_string()
        }),
        Twist::NullInstance => {
            replace(&mut body, "instance_id", &Value::Null, |old| !old.is_null())
        }
        Twist::MissingField => fields(&mut body).is_some_and(|fields| {
            let name = chosen(fields, draw);
            name.is_some_and(|name| fields.shift_remove(&name).is_some())
        }),
        Twist::ExtraField => fields(&mut body).is_some_and(|fields| {
            let strange = json!({"since": "2027", "of": [1, null]});
            fields.insert("unheard_of".to_owned(), strange).is_none()
        }),
        Twist::WrongType => fields(&mut body).is_some_and(|fields| {
            let name = chosen(fields, draw);
            let field = name.and_then(|name| fields.get_mut(&name));
            field.is_some_and(|field| {
                *field = match field.take() {
                    Value::String(text) => json!([text]),
                    Value::Number(number) => json!({"value": number}),
                    Value::Array(_) | Value::Object(_) | Value::Null => json!("a text"),
                    Value::Bool(is) => json!(i32::from(is)),
                };
                true
            })
        }),
    };
    if twisted {
        sent.body = body.to_string().into();
    }
    twisted
}

fn rows(body: &mut Value) -> Option<&mut Vec<Value>> {
    body.get_mut("data").and_then(Value::as_array_mut)
}

/// The fields of the object, or of the first row of a list.
fn fields(body: &mut Value) -> Option<&mut Map<String, Value>> {
    if body.get("data").is_some_and(Value::is_array) {
        return rows(body)?.first_mut()?.as_object_mut();
    }
    body.as_object_mut()
}

fn chosen(fields: &Map<String, Value>, draw: u64) -> Option<String> {
    let nth = usize::try_from(draw >> 20).unwrap_or_default();
    fields.keys().nth(nth % fields.len().max(1)).cloned()
}

/// The last row gives way to one that was on the page before, or to the first.
fn shift(body: &mut Value) -> bool {
    let Some(rows) = rows(body).filter(|rows| rows.len() > 1) else {
        return false;
    };
    let first = rows[0].clone();
    rows.pop();
    rows.push(first);
    true
}

fn double(body: &mut Value) -> bool {
    let Some(rows) = rows(body) else { return false };
    let Some(first) = rows.first().cloned() else {
        return false;
    };
    rows.push(first);
    let results = body["results"].as_u64().unwrap_or_default();
    body["results"] = json!(results + 1);
    true
}

/// Every field of this name that `fits`, at any depth.
fn replace(body: &mut Value, name: &str, with: &Value, fits: fn(&Value) -> bool) -> bool {
    match body {
        Value::Object(fields) => {
            let mut replaced = false;
            for (field, value) in fields {
                if field == name && fits(value) {
                    value.clone_from(with);
                    replaced = true;
                } else {
                    replaced |= replace(value, name, with, fits);
                }
            }
            replaced
        }
        Value::Array(rows) => {
            let mut replaced = false;
            for row in rows {
                replaced |= replace(row, name, with, fits);
            }
            replaced
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(what: Twist, body: &Value, draw: u64, expected: Option<&Value>) {
        let mut sent = Sent::json(200, body);
        let twisted = twist(what, &mut sent, draw);
        let found: Value = serde_json::from_slice(&sent.body).unwrap();
        assert_eq!(twisted.then_some(&found), expected, "{what:?}");
    }

    #[test]
    fn a_list_loses_moves_or_doubles_a_row() {
        let list = json!({"data": [{"id": 1}, {"id": 2}], "results": 2});
        let lost = json!({"data": [{"id": 1}], "results": 2});
        let moved = json!({"data": [{"id": 1}, {"id": 1}], "results": 2});
        let doubled = json!({"data": [{"id": 1}, {"id": 2}, {"id": 1}], "results": 3});
        let alike = json!({"data": [{"id": 1}, {"id": 1}], "results": 2});
        let none = json!({"data": [], "results": 2});
        check(Twist::DuplicateId, &list, 0, Some(&alike));
        check(Twist::MissingPage, &list, 0, Some(&none));
        check(Twist::MissingRow, &list, 0, Some(&lost));
        check(Twist::ShiftedPage, &list, 0, Some(&moved));
        check(Twist::DoubledRow, &list, 0, Some(&doubled));
        let empty = json!({"data": [], "results": 0});
        for what in [
            Twist::MissingRow,
            Twist::MissingPage,
            Twist::ShiftedPage,
            Twist::DoubledRow,
            Twist::DuplicateId,
        ] {
            check(what, &empty, 0, None);
            check(what, &json!({"id": 1}), 0, None);
        }
    }

    #[test]
    fn a_field_is_missing_strange_or_of_another_type() {
        let one = json!({"id": 7, "label": "a", "tags": ["t"], "on": true});
        let second = 1 << 20;
        check(
            Twist::MissingField,
            &one,
            0,
            Some(&json!({"label": "a", "tags": ["t"], "on": true})),
        );
        let odd = json!({"id": 7, "label": ["a"], "tags": ["t"], "on": true});
        check(Twist::WrongType, &one, second, Some(&odd));
        let odd = json!({"id": 7, "label": "a", "tags": "a text", "on": true});
        check(Twist::WrongType, &one, 2 * second, Some(&odd));
        let more = json!({
            "id": 7, "label": "a", "tags": ["t"], "on": true,
            "unheard_of": {"since": "2027", "of": [1, null]},
        });
        check(Twist::ExtraField, &one, 0, Some(&more));
        check(Twist::MissingField, &json!({}), 0, None);
    }

    #[test]
    fn a_status_and_a_linode_change_at_any_depth() {
        let list = json!({"data": [{"nodes": [{"status": "ready", "instance_id": 5}]}]});
        let strange = json!({"data": [{"nodes": [{"status": "unheard_of", "instance_id": 5}]}]});
        let nameless = json!({"data": [{"nodes": [{"status": "ready", "instance_id": null}]}]});
        check(Twist::UnknownEnum, &list, 0, Some(&strange));
        check(Twist::NullInstance, &list, 0, Some(&nameless));
        check(Twist::NullInstance, &nameless, 0, None);
    }
}
