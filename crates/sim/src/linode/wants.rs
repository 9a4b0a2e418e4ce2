//! Reading of request bodies: what a client wants, or the refusal that names the field.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Call, Refusal, enterprise};
use crate::catalog::{self, InstanceType};
use crate::store::{Autoscaler, EnterprisePool, World};
use crate::tokens::Access;

/// A pool as a client wants it.
pub(super) struct PoolWant {
    pub kind: &'static InstanceType,
    pub count: u32,
    pub label: String,
    pub autoscaler: Option<Autoscaler>,
    pub labels: BTreeMap<String, String>,
    pub taints: Vec<Value>,
    pub tags: Vec<String>,
    pub disks: Vec<Value>,
    pub disk_encryption: String,
    /// Ignored on the standard tier.
    pub enterprise: EnterprisePool,
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

/// A text that must be there.
pub(super) fn text<'body>(body: &'body Value, field: &str) -> Result<&'body str, Refusal> {
    match given(body, field) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(Refusal::bad(
            Some(field),
            &format!("{field} must be a string"),
        )),
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

/// The region of a body, one with this capability of all core regions.
pub(super) fn region(body: &Value) -> Result<&'static str, Refusal> {
    let region = catalog::region(text(body, "region")?);
    region
        .map(|one| one.id)
        .ok_or_else(|| Refusal::bad(Some("region"), "region is not valid"))
}

/// 1 to 100 nodes.
pub(super) fn count(body: &Value) -> Result<u32, Refusal> {
    let count = given(body, "count")
        .and_then(Value::as_u64)
        .filter(|n| (1..=100).contains(n));
    // Recorded wording.
    count
        .map(|n| n as u32)
        .ok_or_else(|| Refusal::bad(Some("count"), "Must be 1-100"))
}

/// An autoscaler, if given; `count` is the pool's.
pub(super) fn autoscaler(
    world: &World,
    body: &Value,
    count: u32,
) -> Result<Option<Autoscaler>, Refusal> {
    let Some(wanted) = given(body, "autoscaler") else {
        return Ok(None);
    };
    let enabled = given(wanted, "enabled")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let least = u64::from(!world.switches.autoscaler_min_zero);
    let bound = |field: &str| match given(wanted, field) {
        None => Ok(None),
        Some(value) => {
            let field = format!("autoscaler.{field}");
            let within = value.as_u64().filter(|n| (least..=100).contains(n));
            let refusal = || Refusal::bad(Some(&field), &format!("Must be {least}-100"));
            within.map(|n| Some(n as u32)).ok_or_else(refusal)
        }
    };
    let (min, max) = match (bound("min")?, bound("max")?) {
        (Some(min), Some(max)) if min <= max => (min, max),
        (None, None) => (count, count),
        (Some(_), Some(_)) => {
            let reason = "autoscaler.min must not exceed autoscaler.max";
            return Err(Refusal::bad(Some("autoscaler.min"), reason));
        }
        (None, Some(_)) | (Some(_), None) => {
            return Err(Refusal::bad(
                Some("autoscaler"),
                "min and max need each other",
            ));
        }
    };
    if enabled && world.switches.count_outside_autoscaler_refused && !(min..=max).contains(&count) {
        return Err(Refusal::bad(
            Some("count"),
            "Must be within the autoscaler's min and max",
        ));
    }
    Ok(Some(Autoscaler { enabled, min, max }))
}

/// Kubernetes labels, if given.
pub(super) fn labels(body: &Value) -> Result<Option<BTreeMap<String, String>>, Refusal> {
    let Some(labels) = given(body, "labels") else {
        return Ok(None);
    };
    let wrong = || Refusal::bad(Some("labels"), "labels must map valid keys to valid values");
    let mut out = BTreeMap::new();
    for (key, value) in labels.as_object().ok_or_else(wrong)? {
        let value = value
            .as_str()
            .filter(|value| value.len() <= 63)
            .ok_or_else(wrong)?;
        if key.is_empty() || key.len() > 128 {
            return Err(wrong());
        }
        out.insert(key.clone(), value.to_owned());
    }
    Ok(Some(out))
}

/// Kubernetes taints, if given.
pub(super) fn taints(body: &Value) -> Result<Option<Vec<Value>>, Refusal> {
    let Some(taints) = given(body, "taints") else {
        return Ok(None);
    };
    let wrong = || Refusal::bad(Some("taints"), "a taint has a key, a value and an effect");
    let taints = taints.as_array().ok_or_else(wrong)?;
    let fine = |taint: &Value| {
        let part = |name: &str| taint.get(name).and_then(Value::as_str).unwrap_or("");
        let effect = part("effect");
        (1..=63).contains(&part("key").len())
            && part("value").len() <= 63
            && matches!(effect, "NoSchedule" | "PreferNoSchedule" | "NoExecute")
    };
    if taints.iter().all(fine) {
        Ok(Some(taints.clone()))
    } else {
        Err(wrong())
    }
}

/// A pool's label, if given.
pub(super) fn pool_label(body: &Value) -> Result<Option<String>, Refusal> {
    let Some(label) = given(body, "label").and_then(Value::as_str) else {
        return Ok(None);
    };
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let ends = !label.starts_with('-') && !label.ends_with('-');
    if label.is_empty() || (label.len() <= 32 && label.chars().all(fine) && ends) {
        Ok(Some(label.to_owned()))
    } else {
        Err(Refusal::bad(
            Some("label"),
            "label must be 1-32 lower-case letters, digits and hyphens",
        ))
    }
}

/// A new pool in `region`.
pub(super) fn pool(world: &World, body: &Value, region: &str) -> Result<PoolWant, Refusal> {
    let id = text(body, "type")?;
    let invalid = |why: &str| Refusal::bad(Some("type"), why);
    let kind = catalog::instance_type(id).ok_or_else(|| invalid("type is not valid"))?;
    if !kind.is_deployable_in_lke() {
        return Err(invalid(&format!(
            "{id} is not available for LKE node pools"
        )));
    }
    if !catalog::region(region).is_some_and(|region| region.offers(kind)) {
        return Err(invalid(&format!("{id} is not available in {region}")));
    }
    let count = count(body)?;
    Ok(PoolWant {
        kind,
        count,
        label: pool_label(body)?.unwrap_or_default(),
        autoscaler: autoscaler(world, body, count)?,
        labels: labels(body)?.unwrap_or_default(),
        taints: taints(body)?.unwrap_or_default(),
        tags: tags(body)?.unwrap_or_default(),
        disks: given(body, "disks")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default(),
        disk_encryption: given(body, "disk_encryption")
            .and_then(Value::as_str)
            .unwrap_or("enabled")
            .to_owned(),
        enterprise: enterprise::pool(body, None)?,
    })
}
