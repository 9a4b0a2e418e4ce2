//! Which shape of an answer the client accepts, and giving objects that shape.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
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
    pub(super) fn object<'a>(
        self,
        kind: &Kind,
        object: &'a Value,
        now: Timestamp,
    ) -> Cow<'a, Value> {
        match self {
            Self::Whole => Cow::Borrowed(object),
            Self::Table(rows) => {
                Cow::Owned(table::of(kind, &[object], rows, &object["metadata"], now))
            }
            Self::Metadata => Cow::Owned(metadata(object)),
        }
    }

    /// A list in this shape, as JSON; `about` is the list's metadata. Whole objects are written
    /// where they stand: a list of nodes is what is asked for most.
    pub(super) fn list(
        self,
        kind: &Kind,
        objects: &[&Value],
        about: &Value,
        now: Timestamp,
    ) -> Vec<u8> {
        match self {
            Self::Table(rows) => json_text(&table::of(kind, objects, rows, about, now)),
            Self::Whole => json_text(&List {
                kind: &format!("{}List", kind.name),
                api_version: &kind.api_version(),
                metadata: about,
                items: objects.iter().map(|object| Bare(object)).collect(),
            }),
            Self::Metadata => json_text(&List {
                kind: "PartialObjectMetadataList",
                api_version: "meta.k8s.io/v1",
                metadata: about,
                items: objects.iter().map(|object| metadata(object)).collect(),
            }),
        }
    }
}

/// JSON as the API writes it.
pub(super) fn json_text(body: &impl Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec(body).expect("all keys of a JSON value are texts");
    text.push(b'\n');
    text
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a, T> {
    kind: &'a str,
    api_version: &'a str,
    metadata: &'a Value,
    items: Vec<T>,
}

/// An item of a list: it bears no kind of its own.
struct Bare<'a>(&'a Value);

impl Serialize for Bare<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let fields = self.0.as_object().into_iter().flatten();
        to.collect_map(fields.filter(|(name, _)| !matches!(name.as_str(), "apiVersion" | "kind")))
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

/// The object's metadata as an object.
pub(super) fn metadata(object: &Value) -> Value {
    json!({
        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
        "metadata": object["metadata"],
    })
}
