//! Objects as kubectl's typed commands send them: Kubernetes' protobuf, read into the JSON that the
//! store keeps. What the table does not know is refused, never dropped.
//!
//! A library would bring the wire format, a page of code, but not what JSON leaves out when it is
//! empty: that is no part of a description of messages, and so the table is our own.

mod wire;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::fields::{self, Field, Message, Shape, Table, Type};
use super::status::Refusal;
use wire::{Item, items};

/// What stands before every object.
const MAGIC: &[u8] = b"k8s\0";

/// Reads the body of a request.
pub(super) fn object(body: &[u8]) -> Result<Value, Refusal> {
    let read = || -> Result<Value, String> {
        let envelope = body
            .strip_prefix(MAGIC)
            .ok_or("it does not begin with k8s")?;
        let (mut about, mut raw) = (&[][..], &[][..]);
        for item in items(envelope) {
            match item? {
                (1, Item::Bytes(bytes)) => about = bytes,
                (2, Item::Bytes(bytes)) => raw = bytes,
                (3 | 4, Item::Bytes(b"")) => {}
                (number, _) => return Err(format!("its envelope has a field {number}")),
            }
        }
        let (mut api_version, mut kind) = ("", "");
        for item in items(about) {
            match item? {
                (1, Item::Bytes(bytes)) => api_version = text(bytes)?,
                (2, Item::Bytes(bytes)) => kind = text(bytes)?,
                (number, _) => return Err(format!("its type has a field {number}")),
            }
        }
        let table = fields::table();
        let message = table.of_kind(api_version, kind);
        let message = message.ok_or_else(|| format!("{api_version} {kind} is not known"))?;
        let mut out = Map::new();
        out.insert("kind".to_owned(), json!(kind));
        out.insert("apiVersion".to_owned(), json!(api_version));
        read_message(table, message, raw, &mut out)?;
        Ok(Value::Object(out))
    };
    read().map_err(|why| Refusal::bad_request(format!("the protobuf is not understood: {why}")))
}

/// Reads the fields of a message beside those that are there already.
fn read_message(
    table: &Table,
    message: &Message,
    bytes: &[u8],
    out: &mut Map<String, Value>,
) -> Result<(), String> {
    for item in items(bytes) {
        let (number, item) = item?;
        let field = message.field(number);
        let field = field.ok_or_else(|| format!("{} has no field {number}", message.name))?;
        if let (true, Type::Message(held), Item::Bytes(bytes)) = (field.is_spread(), field.of, item)
        {
            read_message(table, table.message(held), bytes, out)?;
            continue;
        }
        let wrong = |why| format!("{} of {}: {why}", field.name, message.name);
        add(table, field, item, out).map_err(wrong)?;
    }
    Ok(())
}

fn add(
    table: &Table,
    field: &Field,
    item: Item<'_>,
    out: &mut Map<String, Value>,
) -> Result<(), String> {
    let name = field.name;
    match field.shape {
        Shape::One => {
            let value = value(table, field.of, item)?;
            let left_out = value.is_null() || (field.leaves_empty && is_empty(&value));
            if !left_out {
                out.insert(name.to_owned(), value);
            }
        }
        Shape::List => {
            let value = value(table, field.of, item)?;
            let list = out.entry(name).or_insert_with(|| json!([]));
            list.as_array_mut().ok_or("it is no list")?.push(value);
        }
        Shape::Map => {
            let (mut key, mut held) = ("", None);
            for item in items(item.bytes()?) {
                match item? {
                    (1, item) => key = text(item.bytes()?)?,
                    (2, item) => held = Some(value(table, field.of, item)?),
                    (number, _) => return Err(format!("its entry has a field {number}")),
                }
            }
            let held = held.ok_or("its entry has no value")?;
            let map = out.entry(name).or_insert_with(|| json!({}));
            let map = map.as_object_mut().ok_or("it is no map")?;
            map.insert(key.to_owned(), held);
        }
    }
    Ok(())
}

fn value(table: &Table, of: Type, item: Item<'_>) -> Result<Value, String> {
    Ok(match of {
        Type::Text => json!(text(item.bytes()?)?),
        Type::Number => json!(item.number()?),
        Type::Flag => json!(item.number()? != 0),
        Type::Bytes => json!(STANDARD.encode(item.bytes()?)),
        Type::Json => {
            let held = only(item, 1)?.map_or(Ok(&b"{}"[..]), Item::bytes)?;
            serde_json::from_slice(held).map_err(|error| error.to_string())?
        }
        Type::Texts => {
            let each = items(item.bytes()?).map(|item| match item? {
                (1, item) => Ok(json!(text(item.bytes()?)?)),
                (number, _) => Err(format!("its list has a field {number}")),
            });
            Value::Array(each.collect::<Result<_, String>>()?)
        }
        Type::Quantity => json!(text(only(item, 1)?.map_or(Ok(&b"0"[..]), Item::bytes)?)?),
        Type::Time | Type::MicroTime => time(of, item)?,
        Type::NumberOrText => {
            let (mut is_text, mut number, mut told) = (false, 0, "");
            for item in items(item.bytes()?) {
                match item? {
                    (1, item) => is_text = item.number()? != 0,
                    (2, item) => number = item.number()?,
                    (3, item) => told = text(item.bytes()?)?,
                    (number, _) => return Err(format!("it has a field {number}")),
                }
            }
            if is_text { json!(told) } else { json!(number) }
        }
        Type::Message(held) => {
            let mut out = Map::new();
            read_message(table, table.message(held), item.bytes()?, &mut out)?;
            Value::Object(out)
        }
    })
}

/// The one field that a message may have.
fn only(item: Item<'_>, wanted: u64) -> Result<Option<Item<'_>>, String> {
    let mut found = None;
    for item in items(item.bytes()?) {
        match item? {
            (number, item) if number == wanted => found = Some(item),
            (number, _) => return Err(format!("it has a field {number}")),
        }
    }
    Ok(found)
}

/// An empty time is none.
fn time(of: Type, item: Item<'_>) -> Result<Value, String> {
    let (mut seconds, mut nanos) = (None, 0);
    for item in items(item.bytes()?) {
        match item? {
            (1, item) => seconds = Some(item.number()?),
            (2, item) => nanos = item.number()?,
            (number, _) => return Err(format!("it has a field {number}")),
        }
    }
    let Some(seconds) = seconds else {
        return Ok(Value::Null);
    };
    let nanos = i32::try_from(nanos).map_err(|error| error.to_string())?;
    let at = Timestamp::new(seconds, nanos).map_err(|error| error.to_string())?;
    let form = if of == Type::MicroTime {
        "%Y-%m-%dT%H:%M:%S%.6fZ"
    } else {
        "%Y-%m-%dT%H:%M:%SZ"
    };
    Ok(json!(at.strftime(form).to_string()))
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| error.to_string())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

#[cfg(test)]
mod tests;
