//! What an object says that its kind does not know, where the client asked to be told: kubectl does,
//! so that a slip of the keyboard does not pass for a wish.

use serde_json::Value;

use super::fields::{self, Field, Message, Shape, Table, Type};
use super::kinds::Kind;
use super::status::Refusal;

/// Refuses unknown fields, and values of another type. A patch has the shape of its object; what
/// begins with `$` says how it is to be merged.
pub(super) fn check(kind: &Kind, object: &Value) -> Result<(), Refusal> {
    let table = fields::table();
    let Some(message) = table.of_kind(&kind.api_version(), kind.name) else {
        return Ok(());
    };
    let mut walk = Walk {
        table,
        unknown: Vec::new(),
        mistyped: None,
    };
    walk.message(message, object, "");
    let why = match (walk.mistyped, walk.unknown.as_slice()) {
        (None, []) => return Ok(()),
        (Some(why), _) => why,
        (None, unknown) => format!("strict decoding error: {}", unknown.join(", ")),
    };
    Err(Refusal::bad_request(format!(
        "{0} in version \"{1}\" cannot be handled as a {0}: {why}",
        kind.name, kind.version
    )))
}

struct Walk {
    table: &'static Table,
    unknown: Vec<String>,
    /// The first value of another type.
    mistyped: Option<String>,
}

impl Walk {
    fn message(&mut self, message: &Message, object: &Value, at: &str) {
        let Some(all) = object.as_object() else {
            return;
        };
        for (name, value) in all {
            let root = at.is_empty() && matches!(name.as_str(), "apiVersion" | "kind");
            if root || name.starts_with('$') || value.is_null() {
                continue;
            }
            let path = if at.is_empty() {
                name.clone()
            } else {
                format!("{at}.{name}")
            };
            match self.table.named(message, name) {
                Some(field) => self.field(message, field, value, &path),
                None => self.unknown.push(format!("unknown field \"{path}\"")),
            }
        }
    }

    fn field(&mut self, message: &Message, field: &Field, value: &Value, path: &str) {
        match (field.shape, value) {
            (Shape::One, one) => self.value(message, field.of, one, path),
            (Shape::List, Value::Array(all)) => {
                for (nth, one) in all.iter().enumerate() {
                    self.value(message, field.of, one, &format!("{path}[{nth}]"));
                }
            }
            (Shape::Map, Value::Object(all)) => {
                for (key, one) in all.iter().filter(|(_, one)| !one.is_null()) {
                    self.value(message, field.of, one, &format!("{path}.{key}"));
                }
            }
            (Shape::List, _) => self.mistype(message, value, path, "[]interface {}"),
            (Shape::Map, _) => self.mistype(message, value, path, "map[string]string"),
        }
    }

    fn value(&mut self, message: &Message, of: Type, value: &Value, path: &str) {
        let (fits, go) = match of {
            Type::Message(held) if value.is_object() => {
                return self.message(self.table.message(held), value, path);
            }
            Type::Message(held) => (false, held),
            Type::Text | Type::Bytes | Type::Time | Type::MicroTime => {
                (value.is_string(), "string")
            }
            Type::Number => (value.is_number(), "int32"),
            Type::Flag => (value.is_boolean(), "bool"),
            Type::Quantity | Type::NumberOrText => {
                (value.is_number() || value.is_string(), "string")
            }
            Type::Texts => (value.is_array(), "[]string"),
            Type::Json => (true, ""),
        };
        if !fits && !value.is_null() {
            self.mistype(message, value, path, go);
        }
    }

    fn mistype(&mut self, message: &Message, value: &Value, path: &str, go: &str) {
        let has = match value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let (_, of) = message.name.rsplit_once('.').unwrap_or(("", message.name));
        self.mistyped.get_or_insert_with(|| {
            format!("json: cannot unmarshal {has} into Go struct field {of}.{path} of type {go}")
        });
    }
}
