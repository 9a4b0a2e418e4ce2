//! Which shape of an answer the client accepts, and giving objects that shape.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::kinds::Kind;
use super::status::Refusal;
use super::table;

/// The shape of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// The objects themselves.
    Whole,
    /// Columns for kubectl; the rows carry this much of their objects.
    Table(Rows),
    /// Metadata alone.
    Metadata,
}

/// What a table's rows carry (`includeObject`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// Nothing.
    Nothing,
    /// The object's metadata.
    Metadata,
    /// The object.
    Object,
}

impl Shape {
    /// The first shape of the header that we can give.
    pub(super) fn wanted(accept: &str, include_object: &str) -> Result<Self, Refusal> {
        if accept.trim().is_empty() {
            return Ok(Self::Whole);
        }
        let rows = match include_object {
            "None" => Rows::Nothing,
            "Object" => Rows::Object,
            _ => Rows::Metadata,
        };
        accept
            .split(',')
            .find_map(|range| one(range, rows))
            .ok_or_else(Refusal::not_acceptable)
    }

    /// One object in this shape.
    pub(super) fn object(self, kind: &Kind, object: &Value, now: Timestamp) -> Value {
        match self {
            Self::Whole => object.clone(),
            Self::Table(rows) => table::of(kind, &[object], rows, &object["metadata"], now),
            Self::Metadata => metadata(object),
        }
    }

    /// A list in this shape; `about` is the list's metadata.
    pub(super) fn list(
        self,
        kind: &Kind,
        objects: &[&Value],
        about: &Value,
        now: Timestamp,
    ) -> Value {
        let (version, named, items) = match self {
            Self::Table(rows) => return table::of(kind, objects, rows, about, now),
            Self::Whole => {
                let bare = |object: &&Value| bare(object);
                (
                    kind.api_version(),
                    format!("{}List", kind.name),
                    objects.iter().map(bare).collect(),
                )
            }
            Self::Metadata => {
                let items: Vec<Value> = objects.iter().map(|object| metadata(object)).collect();
                (
                    "meta.k8s.io/v1".to_owned(),
                    "PartialObjectMetadataList".to_owned(),
                    items,
                )
            }
        };
        let mut list = json!({
            "kind": named, "apiVersion": version, "metadata": about, "items": [],
        });
        // Moved in: the macro would copy them.
        list["items"] = Value::Array(items);
        list
    }
}

fn one(range: &str, rows: Rows) -> Option<Shape> {
    let mut parts = range.split(';').map(str::trim);
    let json = matches!(parts.next()?, "application/json" | "application/*" | "*/*");
    let parameters: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
    let of = |name: &str| {
        parameters
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| *value)
    };
    match (json, of("as"), of("v")) {
        (true, None, _) => Some(Shape::Whole),
        (true, Some("Table"), Some("v1")) => Some(Shape::Table(rows)),
        (true, Some("PartialObjectMetadata" | "PartialObjectMetadataList"), Some("v1")) => {
            Some(Shape::Metadata)
        }
        _ => None,
    }
}

/// Items of a list bear no kind of their own.
fn bare(object: &Value) -> Value {
    let mut out = object.clone();
    if let Some(fields) = out.as_object_mut() {
        fields.remove("apiVersion");
        fields.remove("kind");
    }
    out
}

/// The object's metadata as an object.
pub(super) fn metadata(object: &Value) -> Value {
    json!({
        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
        "metadata": object["metadata"],
    })
}
