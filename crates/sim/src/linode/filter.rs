//! X-Filter, order and pages of a list.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::reply::{Refusal, page_error};

/// The page that was asked for of the rows that match.
pub(super) fn page(
    mut rows: Vec<Value>,
    filterable: &[&str],
    filter: Option<&str>,
    query: &BTreeMap<String, String>,
) -> Result<Value, Refusal> {
    if let Some(text) = filter.filter(|text| !text.trim().is_empty()) {
        let wanted: Value = serde_json::from_str(text)
            .map_err(|_| Refusal::bad(Some("X-Filter"), "Invalid JSON in X-Filter"))?;
        let Value::Object(wanted) = wanted else {
            return Err(Refusal::bad(Some("X-Filter"), "X-Filter must be an object"));
        };
        check(&wanted, filterable)?;
        rows.retain(|row| matches(row, &wanted));
        order(&mut rows, &wanted, filterable)?;
    }
    let number = |name: &str, default: usize| match query.get(name) {
        Some(text) => text.parse::<usize>().unwrap_or(0),
        None => default,
    };
    let size = number("page_size", 100);
    if !(25..=500).contains(&size) {
        return Err(Refusal::bad(Some("page_size"), "Must be 25-500"));
    }
    let (results, page) = (rows.len(), number("page", 1));
    let pages = results.div_ceil(size).max(1);
    if !(1..=pages).contains(&page) {
        return Err(page_error());
    }
    let data: Vec<Value> = rows
        .into_iter()
        .skip((page - 1) * size)
        .take(size)
        .collect();
    let mut reply = json!({"data": [], "page": page, "pages": pages, "results": results});
    // Moved in: the macro would copy every row.
    reply["data"] = Value::Array(data);
    Ok(reply)
}

/// Every field that is asked for can be filtered on.
fn check(wanted: &Map<String, Value>, filterable: &[&str]) -> Result<(), Refusal> {
    for (key, value) in wanted {
        match (key.as_str(), value) {
            ("+and" | "+or", Value::Array(parts)) => {
                for part in parts.iter().filter_map(Value::as_object) {
                    check(part, filterable)?;
                }
            }
            ("+order_by" | "+order", _) => {}
            (field, Value::Object(operators)) if filterable.contains(&field) => {
                let unknown = operators
                    .keys()
                    .find(|one| !OPERATORS.contains(&one.as_str()));
                if let Some(unknown) = unknown {
                    return Err(unfilterable(unknown));
                }
            }
            (field, _) if filterable.contains(&field) => {}
            (field, _) => return Err(unfilterable(field)),
        }
    }
    Ok(())
}

/// What a field's value can be asked by.
const OPERATORS: &[&str] = &["+eq", "+neq", "+contains", "+gt", "+gte", "+lt", "+lte"];

fn unfilterable(field: &str) -> Refusal {
    Refusal::bad(Some("X-Filter"), &format!("Cannot filter on {field}"))
}

fn matches(row: &Value, wanted: &Map<String, Value>) -> bool {
    let part = |part: &Value| part.as_object().is_none_or(|part| matches(row, part));
    wanted
        .iter()
        .all(|(key, value)| match (key.as_str(), value) {
            ("+and", Value::Array(parts)) => parts.iter().all(part),
            ("+or", Value::Array(parts)) => parts.is_empty() || parts.iter().any(part),
            ("+order_by" | "+order", _) => true,
            (field, value) => field_matches(field, at(row, field), value),
        })
}

fn at<'row>(row: &'row Value, field: &str) -> &'row Value {
    field
        .split('.')
        .fold(row, |value, name| value.get(name).unwrap_or(&Value::Null))
}

fn field_matches(field: &str, is: &Value, wanted: &Value) -> bool {
    let own = std::slice::from_ref(is);
    let values = is.as_array().map_or(own, Vec::as_slice);
    // One value of a list is enough, to be found and to be left out.
    let any = |holds: &dyn Fn(&Value) -> bool| values.iter().any(holds);
    let equals = |wanted: &Value| any(&|is| same(field, is, wanted));
    let compares = |wanted: &Value, fits: fn(Ordering) -> bool| {
        any(&|is| compare(is, wanted).is_some_and(fits))
    };
    let Value::Object(operators) = wanted else {
        return equals(wanted);
    };
    operators
        .iter()
        .all(|(operator, wanted)| match operator.as_str() {
            "+eq" => equals(wanted),
            "+neq" => !equals(wanted),
            "+contains" => any(&|is| match (is.as_str(), wanted.as_str()) {
                (Some(is), Some(part)) => is.to_lowercase().contains(&part.to_lowercase()),
                _ => false,
            }),
            "+gt" => compares(wanted, Ordering::is_gt),
            "+gte" => compares(wanted, Ordering::is_ge),
            "+lt" => compares(wanted, Ordering::is_lt),
            "+lte" => compares(wanted, Ordering::is_le),
            _ => false,
        })
}

/// Tags are compared without case, numbers by value.
fn same(field: &str, is: &Value, wanted: &Value) -> bool {
    match (is, wanted) {
        (Value::String(is), Value::String(wanted)) if field == "tags" => {
            is.to_lowercase() == wanted.to_lowercase()
        }
        (Value::Number(is), Value::Number(wanted)) => is.as_f64() == wanted.as_f64(),
        _ => is == wanted,
    }
}

fn compare(is: &Value, wanted: &Value) -> Option<Ordering> {
    match (is, wanted) {
        (Value::Number(is), Value::Number(wanted)) => is.as_f64()?.partial_cmp(&wanted.as_f64()?),
        (Value::String(is), Value::String(wanted)) => Some(is.cmp(wanted)),
        _ => None,
    }
}

/// A total order: numbers, texts, booleans, each among themselves, and before them what has no
/// value or several.
fn sorts(one: &Value, other: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Null | Value::Array(_) | Value::Object(_) => 0,
        Value::Number(_) => 1,
        Value::String(_) => 2,
        Value::Bool(_) => 3,
    };
    let alike = compare(one, other).unwrap_or(one.as_bool().cmp(&other.as_bool()));
    rank(one).cmp(&rank(other)).then(alike)
}

fn order(
    rows: &mut [Value],
    wanted: &Map<String, Value>,
    filterable: &[&str],
) -> Result<(), Refusal> {
    let descending = wanted.get("+order").and_then(Value::as_str) == Some("desc");
    let field = wanted.get("+order_by").and_then(Value::as_str);
    let field = field.or_else(|| wanted.contains_key("+order").then_some("id"));
    if let Some(field) = field {
        if field != "id" && !filterable.contains(&field) {
            return Err(unfilterable(field));
        }
        rows.sort_by(|one, other| sorts(at(one, field), at(other, field)));
    }
    if descending {
        rows.reverse();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[expect(
        clippy::needless_pass_by_value,
        reason = "an expectation is written in the call"
    )]
    fn check(filter: &str, query: &[(&str, &str)], expected: Expect) {
        let rows: Vec<Value> = (1..=60)
            .map(|id| {
                let tags = if id % 2 == 0 {
                    vec!["Even", "all"]
                } else {
                    vec!["all"]
                };
                json!({"id": id, "label": format!("box-{id}"), "tags": tags, "entity": {"id": id}})
            })
            .collect();
        let query = query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let filterable = &["label", "tags", "id", "entity.id"];
        let text = match page(rows, filterable, Some(filter), &query) {
            Ok(page) => {
                let labels = |row: &Value| row["label"].as_str().unwrap_or("").to_owned();
                let data: Vec<String> = page["data"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(labels)
                    .collect();
                let few = if data.len() > 4 {
                    format!("{} rows", data.len())
                } else {
                    data.join(" ")
                };
                format!(
                    "{few}, page {} of {}, {} results",
                    page["page"], page["pages"], page["results"]
                )
            }
            Err(refusal) => {
                let sent = refusal.sent();
                format!("{} {}", sent.status, String::from_utf8_lossy(&sent.body))
            }
        };
        expected.assert_eq(&text);
    }

    #[test]
    fn a_filter_knows_equality_and_the_operators() {
        check(
            r#"{"label":"box-7"}"#,
            &[],
            expect!["box-7, page 1 of 1, 1 results"],
        );
        check(
            r#"{"tags":"EVEN"}"#,
            &[],
            expect!["30 rows, page 1 of 1, 30 results"],
        );
        check(
            r#"{"label":{"+contains":"X-59"}}"#,
            &[],
            expect!["box-59, page 1 of 1, 1 results"],
        );
        check(
            r#"{"id":{"+gte":59}}"#,
            &[],
            expect!["box-59 box-60, page 1 of 1, 2 results"],
        );
        check(
            r#"{"id":{"+gt":1,"+lt":3}}"#,
            &[],
            expect!["box-2, page 1 of 1, 1 results"],
        );
        check(
            r#"{"tags":{"+neq":"even"}}"#,
            &[],
            expect!["30 rows, page 1 of 1, 30 results"],
        );
        check(
            r#"{"entity.id":5}"#,
            &[],
            expect!["box-5, page 1 of 1, 1 results"],
        );
        check(
            r#"{"+or":[{"id":1},{"+and":[{"id":{"+lte":4}},{"tags":"even"}]}],"+order_by":"id","+order":"desc"}"#,
            &[],
            expect!["box-4 box-2 box-1, page 1 of 1, 3 results"],
        );
    }

    #[test]
    fn an_empty_and_or_an_order_alone_is_fine() {
        check(
            r#"{"+and":[]}"#,
            &[],
            expect!["60 rows, page 1 of 1, 60 results"],
        );
        check(
            r#"{"id":{"+lt":3},"+order":"desc"}"#,
            &[],
            expect!["box-2 box-1, page 1 of 1, 2 results"],
        );
    }

    #[test]
    fn what_cannot_be_filtered_on_is_refused_as_recorded() {
        check(
            r#"{"foo":"bar"}"#,
            &[],
            expect![[r#"400 {"errors":[{"reason":"Cannot filter on foo","field":"X-Filter"}]}"#]],
        );
        check(
            r#"{"label":{"+like":"box"}}"#,
            &[],
            expect![[r#"400 {"errors":[{"reason":"Cannot filter on +like","field":"X-Filter"}]}"#]],
        );
    }

    #[test]
    fn pages_have_25_to_500_rows() {
        check(
            "{}",
            &[("page_size", "25"), ("page", "3")],
            expect!["10 rows, page 3 of 3, 60 results"],
        );
        check(
            "{}",
            &[("page_size", "25"), ("page", "4")],
            expect![[r#"404 {"errors":[{"reason":"Not found","field":"page"}]}"#]],
        );
        check(
            "{}",
            &[("page_size", "24")],
            expect![[r#"400 {"errors":[{"reason":"Must be 25-500","field":"page_size"}]}"#]],
        );
    }
}
