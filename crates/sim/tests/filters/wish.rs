//! What a client can wish of a list, as Linode's grammar of X-Filter has it: its JSON, and which
//! rows it admits. The rows are judged from the wish itself and never from its JSON, so nothing here
//! is shared with the demo cloud's own reading of a filter.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

/// A filter without its order.
#[derive(Clone, Debug)]
pub(crate) enum Wish {
    /// Several fields of one object: all of them must hold.
    Fields(Vec<(String, Vec<Test>)>),
    /// `+and`.
    All(Vec<Wish>),
    /// `+or`; an empty one asks for nothing.
    Any(Vec<Wish>),
}

/// What a field's value must be.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    /// The bare value.
    Is(Value),
    /// `+eq`.
    Equals(Value),
    /// `+neq`.
    Differs(Value),
    /// `+contains`.
    Contains(String),
    /// `+gt`, `+gte`, `+lt`, `+lte`.
    Compares(&'static str, Value),
}

impl Wish {
    /// As a client writes it.
    pub(crate) fn json(&self) -> Map<String, Value> {
        let list = |all: &[Self]| all.iter().map(Self::json).collect::<Vec<_>>();
        match self {
            Self::Fields(fields) => fields
                .iter()
                .map(|(name, tests)| (name.clone(), written(tests)))
                .collect(),
            Self::All(all) => Map::from_iter([("+and".to_owned(), json!(list(all)))]),
            Self::Any(any) => Map::from_iter([("+or".to_owned(), json!(list(any)))]),
        }
    }

    /// Whether the row is one of those that are wished.
    pub(crate) fn admits(&self, row: &Value) -> bool {
        match self {
            Self::Fields(fields) => fields
                .iter()
                .all(|(name, tests)| tests.iter().all(|test| test.holds(name, found(row, name)))),
            Self::All(all) => all.iter().all(|one| one.admits(row)),
            Self::Any(any) => any.is_empty() || any.iter().any(|one| one.admits(row)),
        }
    }
}

fn written(tests: &[Test]) -> Value {
    if let [Test::Is(value)] = tests {
        return value.clone();
    }
    let operator = |test: &Test| match test {
        Test::Is(value) | Test::Equals(value) => ("+eq".to_owned(), value.clone()),
        Test::Differs(value) => ("+neq".to_owned(), value.clone()),
        Test::Contains(text) => ("+contains".to_owned(), json!(text)),
        Test::Compares(operator, value) => ((*operator).to_owned(), value.clone()),
    };
    Value::Object(tests.iter().map(operator).collect())
}

/// The value at `a.b` of a row.
pub(crate) fn found<'row>(row: &'row Value, name: &str) -> &'row Value {
    let pointer = format!("/{}", name.replace('.', "/"));
    row.pointer(&pointer).unwrap_or(&Value::Null)
}

impl Test {
    /// A list holds what one of its values holds, and differs where none is the same.
    fn holds(&self, name: &str, is: &Value) -> bool {
        let own = [is.clone()];
        let values = is.as_array().map_or(&own[..], Vec::as_slice);
        let same = |wanted: &Value| values.iter().any(|value| alike(name, value, wanted));
        match self {
            Self::Is(wanted) | Self::Equals(wanted) => same(wanted),
            Self::Differs(wanted) => !same(wanted),
            Self::Contains(text) => {
                let text = text.to_lowercase();
                let texts = values.iter().filter_map(Value::as_str);
                texts
                    .into_iter()
                    .any(|one| one.to_lowercase().contains(&text))
            }
            Self::Compares(operator, wanted) => values.iter().any(|value| {
                let order = match (value, wanted) {
                    (Value::Number(one), Value::Number(other)) => {
                        one.as_f64().partial_cmp(&other.as_f64())
                    }
                    (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
                    _ => None,
                };
                order.is_some_and(|order| match *operator {
                    "+gt" => order == Ordering::Greater,
                    "+gte" => order != Ordering::Less,
                    "+lt" => order == Ordering::Less,
                    _ => order != Ordering::Greater,
                })
            }),
        }
    }
}

/// Tags are one whatever their case.
fn alike(name: &str, is: &Value, wanted: &Value) -> bool {
    match (is.as_str(), wanted.as_str()) {
        (Some(is), Some(wanted)) if name == "tags" => is.to_lowercase() == wanted.to_lowercase(),
        _ => is == wanted,
    }
}

/// Whether rows stand in the order of this field; what has no value comes first.
pub(crate) fn ordered(rows: &[Value], name: &str, descending: bool) -> bool {
    let rank = |row: &Value| match found(row, name) {
        Value::Number(number) => (1, number.as_f64().unwrap_or(0.0), String::new()),
        Value::String(text) => (2, 0.0, text.clone()),
        Value::Bool(yes) => (3, f64::from(u8::from(*yes)), String::new()),
        Value::Null | Value::Array(_) | Value::Object(_) => (0, 0.0, String::new()),
    };
    rows.windows(2).all(|pair| {
        let (one, other) = (rank(&pair[0]), rank(&pair[1]));
        if descending {
            one >= other
        } else {
            one <= other
        }
    })
}
