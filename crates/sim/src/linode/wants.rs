//! Reading of request bodies: what a client wants, or the refusal that names the field.

use serde_json::Value;

use super::{Call, Refusal};
use crate::catalog;
use crate::store::World;
use crate::tokens::Access;

/// What is wrong with a body: the API lists all of it in one reply.
#[derive(Default)]
pub(super) struct Wrong(Option<Refusal>);

impl Wrong {
    /// What was read; a refusal is kept for the reply.
    pub(super) fn keep<T>(&mut self, read: Result<T, Refusal>) -> Option<T> {
        read.map_err(|refusal| self.add(refusal)).ok()
    }

    /// One more.
    pub(super) fn add(&mut self, refusal: Refusal) {
        self.0 = Some(match self.0.take() {
            Some(first) => first.and(refusal),
            None => refusal,
        });
    }

    /// Whether nothing is.
    pub(super) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The one refusal that lists everything, if anything is wrong.
    pub(super) fn end(self) -> Result<(), Refusal> {
        self.0.map_or(Ok(()), Err)
    }

    /// The same where something is known to be wrong.
    pub(super) fn refusal(self) -> Refusal {
        self.0
            .unwrap_or_else(|| Refusal::bad(None, "Invalid request"))
    }
}

/// Whether the user may do this with the thing: 404 when it is another account's or not granted,
/// 403 when only reading is.
pub(super) fn may(
    call: &Call,
    account: Option<&str>,
    kind: &str,
    id: u64,
    need: Access,
) -> Result<(), Refusal> {
    if account != Some(&call.user.account) {
        return Err(Refusal::not_found());
    }
    match call.user.access(kind, id) {
        Access::None => Err(Refusal::not_found()),
        has if has < need => Err(Refusal::forbidden()),
        Access::Read | Access::Write => Ok(()),
    }
}

/// Whether the user may do this with the account itself.
pub(super) fn may_account(call: &Call, need: Access) -> Result<(), Refusal> {
    let may = call.user.account_access() >= need;
    may.then_some(()).ok_or_else(Refusal::forbidden)
}

/// Whether the user may make such things.
pub(super) fn may_add(call: &Call, global: &str) -> Result<(), Refusal> {
    call.user
        .may_add(global)
        .then_some(())
        .ok_or_else(Refusal::forbidden)
}

/// A field that is there and not null.
pub(super) fn given<'body>(body: &'body Value, field: &str) -> Option<&'body Value> {
    body.get(field).filter(|value| !value.is_null())
}

/// What stands at a path such as `control_plane.acl`, if given. What holds it must be an object.
pub(super) fn at<'body>(body: &'body Value, path: &str) -> Result<Option<&'body Value>, Refusal> {
    let mut value = body;
    let mut end = 0;
    for name in path.split('.') {
        value = match value {
            Value::Null => return Ok(None),
            Value::Object(fields) => fields.get(name).unwrap_or(&Value::Null),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                return Err(must_be(path[..end].trim_end_matches('.'), "an object"));
            }
        };
        end += name.len() + 1;
    }
    Ok((!value.is_null()).then_some(value))
}

/// 400 for a value of another JSON type.
pub(super) fn must_be(field: &str, what: &str) -> Refusal {
    Refusal::bad(Some(field), &format!("{field} must be {what}"))
}

/// True or false at a path, if given.
pub(super) fn flag(body: &Value, path: &str) -> Result<Option<bool>, Refusal> {
    let value = at(body, path)?;
    let read = value.map(|value| value.as_bool().ok_or_else(|| must_be(path, "a boolean")));
    read.transpose()
}

/// One of a few words, if given.
pub(super) fn one_of<'body>(
    body: &'body Value,
    field: &str,
    words: &[&str],
) -> Result<Option<&'body str>, Refusal> {
    let Some(value) = given(body, field) else {
        return Ok(None);
    };
    let word = value.as_str().filter(|word| words.contains(word));
    let wrong = || {
        let reason = format!("Must be one of: {}", words.join(", "));
        Refusal::bad(Some(field), &reason)
    };
    word.map(Some).ok_or_else(wrong)
}

/// A text that must be there.
pub(super) fn text<'body>(body: &'body Value, field: &str) -> Result<&'body str, Refusal> {
    match given(body, field) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(must_be(field, "a string")),
        None => Err(Refusal::bad(Some(field), &format!("{field} is required"))),
    }
}

/// A whole number that must be there.
pub(super) fn number(body: &Value, field: &str) -> Result<u64, Refusal> {
    let wrong = |what: &str| Refusal::bad(Some(field), &format!("{field} {what}"));
    let value = given(body, field).ok_or_else(|| wrong("is required"))?;
    value.as_u64().ok_or_else(|| wrong("must be an integer"))
}

/// A label of 1 to 32 characters.
pub(super) fn label(body: &Value, least: usize) -> Result<&str, Refusal> {
    let label = text(body, "label")?;
    if !(least..=32).contains(&label.chars().count()) {
        let reason = format!("Length must be {least}-32 characters");
        return Err(Refusal::bad(Some("label"), &reason));
    }
    Ok(label)
}

/// Tags, if given.
pub(super) fn tags(body: &Value) -> Result<Option<Vec<String>>, Refusal> {
    let Some(tags) = given(body, "tags") else {
        return Ok(None);
    };
    let wrong = || {
        Refusal::bad(
            Some("tags"),
            "tags must be a list of strings of 3-50 characters",
        )
    };
    let mut out: Vec<String> = Vec::new();
    for tag in tags.as_array().ok_or_else(wrong)? {
        let tag = tag
            .as_str()
            .filter(|tag| (3..=50).contains(&tag.chars().count()));
        out.push(tag.ok_or_else(wrong)?.to_owned());
    }
    Ok(Some(out))
}

/// The region of a body, one of all core regions.
pub(super) fn region(world: &World, body: &Value) -> Result<&'static str, Refusal> {
    let region = catalog::region(text(body, "region")?);
    let unknown = || Refusal::bad(Some("region"), world.switches.texts.unknown_region());
    region.map(|one| one.id).ok_or_else(unknown)
}
