//! The shape of JSON: which fields, of which types. Values do not matter.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What a JSON value, or all rows of a list together, looks like.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    types: BTreeSet<&'static str>,
    /// Whether every object that was seen has the field.
    fields: BTreeMap<String, (Shape, bool)>,
    items: Option<Box<Shape>>,
}

impl Shape {
    /// Of one value.
    pub(crate) fn of(value: &Value) -> Self {
        let mut shape = Self::default();
        shape.types.insert(match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "list",
            Value::Object(_) => "object",
        });
        if let Value::Object(fields) = value {
            let field = |(name, value): (&String, &Value)| (name.clone(), (Self::of(value), true));
            shape.fields = fields.iter().map(field).collect();
        }
        if let Value::Array(rows) = value {
            shape.items = rows.iter().map(Self::of).reduce(Self::and).map(Box::new);
        }
        shape
    }

    /// Of values of both shapes together.
    fn and(mut self, other: Self) -> Self {
        let objects = |shape: &Self| shape.types.contains("object");
        let (mine, others) = (objects(&self), objects(&other));
        self.types.extend(&other.types);
        if mine && others {
            for (name, (_, always)) in &mut self.fields {
                *always = *always && other.fields.contains_key(name);
            }
        }
        for (name, (shape, always)) in other.fields {
            let known = self.fields.remove(&name);
            let merged = match known {
                Some((known, before)) => (known.and(shape), before && always),
                None => (shape, always && !mine),
            };
            self.fields.insert(name, merged);
        }
        self.items = match (self.items, other.items) {
            (Some(mine), Some(others)) => Some(Box::new(mine.and(*others))),
            (mine, others) => mine.or(others),
        };
        self
    }

    /// The names of all fields at all depths, `a.b`; lists are transparent.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        self.collect("", &mut names);
        names
    }

    fn collect(&self, at: &str, names: &mut BTreeSet<String>) {
        for (name, (shape, _)) in &self.fields {
            let path = join(at, name);
            shape.collect(&path, names);
            names.insert(path);
        }
        if let Some(items) = &self.items {
            items.collect(at, names);
        }
    }

    /// What a client of the recorded shape would trip over in `twin`. `known` says whether a field
    /// that was not recorded here is one that the API is known to have.
    pub(crate) fn differences(
        &self,
        twin: &Self,
        at: &str,
        known: &dyn Fn(&str) -> bool,
    ) -> Vec<String> {
        let mut out = Vec::new();
        let named = if at.is_empty() { "the reply" } else { at };
        for kind in twin.types.iter().filter(|kind| !self.takes(kind)) {
            out.push(format!("{named} is {kind}, recorded as {:?}", self.types));
        }
        if !self.types.contains("object") || !twin.types.contains("object") {
            return self.rows(twin, at, known, out);
        }
        for (name, (shape, always)) in &self.fields {
            let path = join(at, name);
            match twin.fields.get(name) {
                Some((_, false)) if *always => out.push(format!("{path} is missing at times")),
                Some((twin, _)) => out.extend(shape.differences(twin, &path, known)),
                None if *always => out.push(format!("{path} is missing")),
                None => {}
            }
        }
        for name in twin.fields.keys() {
            let path = join(at, name);
            if !self.fields.contains_key(name) && !known(&path) {
                out.push(format!("{path} is nowhere known"));
            }
        }
        self.rows(twin, at, known, out)
    }

    fn rows(
        &self,
        twin: &Self,
        at: &str,
        known: &dyn Fn(&str) -> bool,
        mut out: Vec<String>,
    ) -> Vec<String> {
        match (&self.items, &twin.items) {
            (Some(mine), Some(twins)) => out.extend(mine.differences(twins, at, known)),
            (Some(mine), None) if mine.types.contains("object") && twin.types.contains("list") => {
                out.push(format!("{at} is empty, so its rows cannot be compared"));
            }
            _ => {}
        }
        out
    }

    /// Null says nothing about a type, and a whole number is a number.
    fn takes(&self, kind: &str) -> bool {
        let only_null = self.types.iter().all(|own| *own == "null");
        only_null
            || kind == "null"
            || self.types.contains(kind)
            || (kind == "integer" && self.types.contains("number"))
    }
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() {
        name.to_owned()
    } else {
        format!("{at}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Shape;

    fn check(recorded: &Value, twin: &Value, expected: &[&str]) {
        let known = |path: &str| path == "newer";
        let found = Shape::of(recorded).differences(&Shape::of(twin), "", &known);
        assert_eq!(found, expected);
    }

    #[test]
    fn fields_and_types_count_and_values_do_not() {
        let recorded = json!({"id": 1, "price": 0.5, "rows": [{"a": 1}, {"a": 2, "b": "x"}]});
        check(
            &recorded,
            &json!({"id": 9, "price": 3, "rows": [{"a": 7}], "newer": 1}),
            &[],
        );
        check(
            &recorded,
            &json!({"id": "1", "rows": [{"b": 5}], "odd": 1}),
            &[
                "id is string, recorded as {\"integer\"}",
                "price is missing",
                "rows.a is missing",
                "rows.b is integer, recorded as {\"string\"}",
                "odd is nowhere known",
            ],
        );
        check(
            &recorded,
            &json!({"id": null, "price": 1, "rows": []}),
            &["rows is empty, so its rows cannot be compared"],
        );
    }
}
