//! Enough OpenAPI v3 for `kubectl apply` to leave the checking of fields to the server, as it does
//! with a real one, and for `kubectl explain` to name them and their types. Nothing is described in
//! words.

use serde_json::{Map, Value, json};

use super::discovery::{Has, of_group};
use super::fields::{self, Message, Shape, Table, Type};
use super::kinds::{KINDS, Kind};

/// The second version's document without definitions, as protobuf: kubectl checks the members of a
/// `List` by it, and what it does not find there it leaves to the server.
pub(super) const V2: &[u8] = b"\x0a\x032.0\x12\x12\x0a\x0aKubernetes\x12\x04demo";
/// Its media type.
pub(super) const V2_TYPE: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// The index at `/openapi/v3`, or the document of one group version below it.
pub(super) fn find(path: &[&str], has: Has<'_>) -> Option<Value> {
    match path {
        ["openapi", "v3"] => Some(index(has)),
        ["openapi", "v3", "api", "v1"] => document("", has),
        ["openapi", "v3", "apis", group, version] if *version == of_group(group) => {
            document(group, has)
        }
        _ => None,
    }
}

fn index(has: Has<'_>) -> Value {
    let mut paths = Map::new();
    for kind in KINDS.iter().filter(|kind| has(kind)) {
        let at = prefix(kind.group);
        let link = json!({"serverRelativeURL": format!("/openapi/v3/{at}")});
        paths.insert(at, link);
    }
    json!({"paths": paths})
}

fn prefix(group: &str) -> String {
    if group.is_empty() {
        "api/v1".to_owned()
    } else {
        format!("apis/{group}/{}", of_group(group))
    }
}

fn document(group: &str, has: Has<'_>) -> Option<Value> {
    let mut paths = Map::new();
    for kind in KINDS.iter().filter(|kind| kind.group == group && has(kind)) {
        let of_namespace = if kind.namespaced {
            "namespaces/{namespace}/"
        } else {
            ""
        };
        let path = format!(
            "/{}/{of_namespace}{}/{{name}}",
            prefix(group),
            kind.resource
        );
        paths.insert(path, json!({"patch": patch(kind)}));
    }
    let info = json!({"title": "Kubernetes", "version": "demo"});
    let mut schemas = Map::new();
    for kind in KINDS.iter().filter(|kind| kind.group == group && has(kind)) {
        let table = fields::table();
        if let Some(message) = table.of_kind(&kind.api_version(), kind.name) {
            describe(table, message, &mut schemas);
            let schema = &mut schemas[message.name];
            for field in ["apiVersion", "kind"] {
                schema["properties"][field] = json!({"type": "string"});
            }
            schema["x-kubernetes-group-version-kind"] = json!([of_kind(kind)]);
        }
    }
    (!paths.is_empty()).then(|| {
        json!({
            "openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas},
        })
    })
}

fn of_kind(kind: &Kind) -> Value {
    json!({"group": kind.group, "version": kind.version, "kind": kind.name})
}

/// The schema of a message, and of all that it holds.
fn describe(table: &Table, message: &Message, schemas: &mut Map<String, Value>) {
    if schemas.contains_key(message.name) {
        return;
    }
    schemas.insert(message.name.to_owned(), Value::Null);
    let mut properties = Map::new();
    list(table, message, &mut properties, schemas);
    let schema = json!({"type": "object", "properties": properties});
    schemas.insert(message.name.to_owned(), schema);
}

/// The fields of a message, with those of what is spread in it.
fn list(
    table: &Table,
    message: &Message,
    properties: &mut Map<String, Value>,
    schemas: &mut Map<String, Value>,
) {
    for field in message.fields() {
        let one = match field.of {
            Type::Message(held) if field.is_spread() => {
                list(table, table.message(held), properties, schemas);
                continue;
            }
            Type::Message(held) => {
                describe(table, table.message(held), schemas);
                json!({"$ref": format!("#/components/schemas/{held}")})
            }
            Type::Text => json!({"type": "string"}),
            Type::Bytes => json!({"type": "string", "format": "byte"}),
            Type::Time | Type::MicroTime => json!({"type": "string", "format": "date-time"}),
            Type::Number => json!({"type": "integer"}),
            Type::Flag => json!({"type": "boolean"}),
            Type::Quantity => json!({"oneOf": [{"type": "string"}, {"type": "number"}]}),
            Type::NumberOrText => json!({"type": "string", "format": "int-or-string"}),
            Type::Texts => json!({"type": "array", "items": {"type": "string"}}),
            Type::Json => json!({"type": "object"}),
        };
        let property = match field.shape {
            Shape::One => one,
            Shape::List => json!({"type": "array", "items": one}),
            Shape::Map => json!({"type": "object", "additionalProperties": one}),
        };
        properties.insert(field.name.to_owned(), property);
    }
}

/// The parameter tells kubectl that the server checks fields. No media type is named, so that
/// kubectl makes strategic patches from the types it knows.
fn patch(kind: &Kind) -> Value {
    json!({
        "operationId": format!("patch{}", kind.name),
        "parameters": [{"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}],
        "responses": {"200": {"description": "OK"}},
        "x-kubernetes-group-version-kind": of_kind(kind),
    })
}
