//! What an object says that its kind does not know, where the client asked to be told: kubectl does,
//! so that a slip of the keyboard does not pass for a wish.

use serde_json::Value;

use super::fields::{self, Field, Message, Shape, Table, Type};
use super::kinds::Kind;
use super::peek::text;
use super::query::Query;
use super::status::Refusal;

/// Whether the client asks for it.
pub(super) fn is_asked(query: &Query) -> bool {
    query.get("fieldValidation") == "Strict"
}

/// Refuses unknown fields, and values of another type. A patch has the shape of its object; what
/// begins with `$` says how it is to be merged.
pub(super) fn check(kind: &Kind, object: &Value) -> Result<(), Refusal> {
    let why = match found(kind, object) {
        (None, unknown) if unknown.is_empty() => return Ok(()),
        (Some(wrong), _) => format!(
            "json: cannot unmarshal {} into Go struct field {}.{} of type {}",
            wrong.has, wrong.of, wrong.path, wrong.go
        ),
        (None, unknown) => {
            let each = unknown
                .iter()
                .map(|path| format!("unknown field \"{path}\""));
            format!(
                "strict decoding error: {}",
                each.collect::<Vec<_>>().join(", ")
            )
        }
    };
    Err(Refusal::bad_request(format!(
        "{0} in version \"{1}\" cannot be handled as a {0}: {why}",
        kind.name, kind.version
    )))
}

/// The same of what is applied, in the words of those who merge it.
pub(super) fn check_applied(kind: &Kind, object: &Value) -> Result<(), Refusal> {
    let (mistyped, unknown) = found(kind, object);
    let why = match (mistyped, unknown.first()) {
        (None, None) => return Ok(()),
        (_, Some(path)) => format!("{path}: field not declared in schema"),
        (Some(wrong), None) => {
            let expected = match wrong.go {
                "int32" => "numeric (int or float)",
                "bool" => "boolean",
                "[]interface {}" => "list",
                "string" => "string",
                _ => "map",
            };
            format!("{}: expected {expected}, got {}", wrong.path, wrong.has)
        }
    };
    let (space, name) = (
        text(object, "/metadata/namespace"),
        text(object, "/metadata/name"),
    );
    Err(Refusal::unmergeable(kind, &format!("{space}/{name}"), &why))
}

/// A value of another type than its field has.
struct Mistyped {
    /// Of which message.
    of: &'static str,
    path: String,
    has: &'static str,
    go: &'static str,
}

/// The first value of another type, and all fields that are not known.
fn found(kind: &Kind, object: &Value) -> (Option<Mistyped>, Vec<String>) {
    let table = fields::table();
    let mut walk = Walk {
        table,
        unknown: Vec::new(),
        mistyped: None,
    };
    if let Some(message) = table.of_kind(&kind.api_version(), kind.name) {
        walk.message(message, object, "");
    }
    (walk.mistyped, walk.unknown)
}

struct Walk {
    table: &'static Table,
    unknown: Vec<String>,
    /// The first value of another type.
    mistyped: Option<Mistyped>,
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
                None => self.unknown.push(path),
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

    fn mistype(&mut self, message: &Message, value: &Value, path: &str, go: &'static str) {
        let has = match value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let (_, of) = message.name.rsplit_once('.').unwrap_or(("", message.name));
        self.mistyped.get_or_insert_with(|| Mistyped {
            of,
            path: path.to_owned(),
            has,
            go,
        });
    }
}
