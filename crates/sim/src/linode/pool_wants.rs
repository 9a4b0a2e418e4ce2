//! Reading of a pool as a client wants it: its size, autoscaler, labels, taints and disks.

use std::collections::BTreeMap;

use serde_json::Value;

use super::wants::{self, Wrong, at, given, must_be, one_of};
use super::{Refusal, enterprise};
use crate::catalog::{self, InstanceType};
use crate::store::World;
use crate::things::{Autoscaler, EnterprisePool};

/// Nodes of a cluster at most, all pools together.
pub(super) const NODES_MAX: u32 = 250;
/// Disks beside the boot disk at most.
const DISKS_MAX: usize = 7;
/// What a label's or taint's key, its name behind a prefix, and a value may be long at most.
const KEY_MAX: usize = 63;
const PREFIXED_NAME_MAX: usize = 62;
const PREFIXED_KEY_MAX: usize = 128;
const VALUE_MAX: usize = 63;

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
    /// `None` on the standard tier, which ignores what is the enterprise tier's.
    pub enterprise: Option<EnterprisePool>,
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

/// Whether a cluster may have so many nodes.
pub(super) fn check_nodes(field: &str, nodes: u32) -> Result<(), Refusal> {
    if nodes <= NODES_MAX {
        return Ok(());
    }
    let reason = format!("A cluster may have at most {NODES_MAX} nodes");
    Err(Refusal::bad(Some(field), &reason))
}

/// An autoscaler, if given; `count` is the pool's.
pub(super) fn autoscaler(
    world: &World,
    body: &Value,
    count: u32,
) -> Result<Option<Autoscaler>, Refusal> {
    let enabled = wants::flag(body, "autoscaler.enabled")?.unwrap_or(false);
    let Some(wanted) = given(body, "autoscaler") else {
        return Ok(None);
    };
    let least = u64::from(!world.switches.autoscaler_min_zero);
    let bound = |field: &str, least: u64| match given(wanted, field) {
        None => Ok(None),
        Some(value) => {
            let field = format!("autoscaler.{field}");
            let within = value.as_u64().filter(|n| (least..=100).contains(n));
            let refusal = || Refusal::bad(Some(&field), &format!("Must be {least}-100"));
            within.map(|n| Some(n as u32)).ok_or_else(refusal)
        }
    };
    let (min, max) = match (bound("min", least)?, bound("max", 1)?) {
        (Some(min), Some(max)) if min <= max => (min, max),
        (None, None) => (count, count),
        (Some(_), Some(_)) => {
            let reason = "autoscaler.min must not exceed autoscaler.max";
            return Err(Refusal::bad(Some("autoscaler.min"), reason));
        }
        (None, Some(_)) | (Some(_), None) => {
            let reason = "min and max need each other";
            return Err(Refusal::bad(Some("autoscaler"), reason));
        }
    };
    if enabled && world.switches.count_outside_autoscaler_refused && !(min..=max).contains(&count) {
        let reason = "Must be within the autoscaler's min and max";
        return Err(Refusal::bad(Some("count"), reason));
    }
    Ok(Some(Autoscaler { enabled, min, max }))
}

/// Letters, digits and `-_.`, with a letter or digit at both ends.
fn is_name(text: &str, most: usize) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let end = |c: char| c.is_ascii_alphanumeric();
    (1..=most).contains(&text.len())
        && text.chars().all(inside)
        && text.starts_with(end)
        && text.ends_with(end)
}

/// A DNS subdomain (RFC 1123).
fn is_domain(text: &str) -> bool {
    let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let part = |part: &str| {
        (1..=63).contains(&part.len())
            && part.chars().all(inside)
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    text.split('.').all(part)
}

fn is_key(key: &str) -> bool {
    match key.split_once('/') {
        None => is_name(key, KEY_MAX),
        Some((prefix, name)) => {
            key.len() <= PREFIXED_KEY_MAX && is_domain(prefix) && is_name(name, PREFIXED_NAME_MAX)
        }
    }
}

fn is_value(value: &str) -> bool {
    value.is_empty() || is_name(value, VALUE_MAX)
}

/// Kubernetes labels, if given.
pub(super) fn labels(body: &Value) -> Result<Option<BTreeMap<String, String>>, Refusal> {
    let Some(labels) = given(body, "labels") else {
        return Ok(None);
    };
    let labels = labels.as_object();
    let labels = labels.ok_or_else(|| must_be("labels", "an object"))?;
    let (mut wrong, mut out) = (Wrong::default(), BTreeMap::new());
    for (key, value) in labels {
        let field = format!("labels.{key}");
        match value.as_str() {
            Some(value) if is_key(key) && is_value(value) => {
                out.insert(key.clone(), value.to_owned());
            }
            Some(_) if !is_key(key) => wrong.add(Refusal::bad(Some(&field), "Invalid label key")),
            Some(_) => wrong.add(Refusal::bad(Some(&field), "Invalid label value")),
            None => wrong.add(must_be(&field, "a string")),
        }
    }
    wrong.end().map(|()| Some(out))
}

/// Kubernetes taints, if given.
pub(super) fn taints(body: &Value) -> Result<Option<Vec<Value>>, Refusal> {
    let Some(taints) = given(body, "taints") else {
        return Ok(None);
    };
    let taints = taints.as_array();
    let taints = taints.ok_or_else(|| must_be("taints", "a list"))?;
    let mut wrong = Wrong::default();
    for (nth, taint) in taints.iter().enumerate() {
        let part = |name: &str| taint.get(name).and_then(Value::as_str).unwrap_or("");
        let key = part("key");
        let fine_value = given(taint, "value").is_none_or(Value::is_string);
        let fine_effect = matches!(
            part("effect"),
            "NoSchedule" | "PreferNoSchedule" | "NoExecute"
        );
        for (name, fine, reason) in [
            (
                "key",
                key.len() <= KEY_MAX && is_key(key),
                "Invalid taint key",
            ),
            (
                "value",
                fine_value && is_value(part("value")),
                "Invalid taint value",
            ),
            (
                "effect",
                fine_effect,
                "Must be one of: NoSchedule, PreferNoSchedule, NoExecute",
            ),
        ] {
            if !fine {
                let field = format!("taints[{nth}].{name}");
                wrong.add(Refusal::bad(Some(&field), reason));
            }
        }
    }
    wrong.end().map(|()| Some(taints.clone()))
}

/// A pool's label, if given.
pub(super) fn pool_label(body: &Value) -> Result<Option<String>, Refusal> {
    let label = match given(body, "label") {
        None => return Ok(None),
        Some(Value::String(label)) => label,
        Some(_) => return Err(must_be("label", "a string")),
    };
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let ends = !label.starts_with('-') && !label.ends_with('-');
    if label.is_empty() || (label.len() <= 32 && label.chars().all(fine) && ends) {
        Ok(Some(label.clone()))
    } else {
        let reason = "label must be 1-32 lower-case letters, digits and hyphens";
        Err(Refusal::bad(Some("label"), reason))
    }
}

/// Disks beside the boot disk: MB each, together at most what the type has.
fn disks(body: &Value, kind: Option<&InstanceType>) -> Result<Vec<Value>, Refusal> {
    let Some(disks) = given(body, "disks") else {
        return Ok(Vec::new());
    };
    let disks = disks.as_array();
    let disks = disks.ok_or_else(|| must_be("disks", "a list"))?;
    let mut wrong = Wrong::default();
    if disks.len() > DISKS_MAX {
        let reason = format!("At most {DISKS_MAX} disks");
        wrong.add(Refusal::bad(Some("disks"), &reason));
    }
    let mut total: u64 = 0;
    for (nth, disk) in disks.iter().enumerate() {
        let at = |name: &str| format!("disks[{nth}].{name}");
        match given(disk, "size").and_then(Value::as_u64) {
            Some(size @ 1..) => total = total.saturating_add(size),
            Some(0) | None => wrong.add(must_be(&at("size"), "a positive integer of MB")),
        }
        let format = given(disk, "type").and_then(Value::as_str);
        if !matches!(format, Some("raw" | "ext4")) {
            wrong.add(Refusal::bad(Some(&at("type")), "Must be one of: raw, ext4"));
        }
    }
    if let Some(kind) = kind.filter(|kind| total > kind.disk) {
        let reason = format!("The disks need {total} MB, {} has {}", kind.id, kind.disk);
        wrong.add(Refusal::bad(Some("disks"), &reason));
    }
    wrong.end().map(|()| disks.clone())
}

/// An instance type that pools in `region` can be made of. Without a region: anywhere.
fn kind(body: &Value, region: Option<&str>) -> Result<&'static InstanceType, Refusal> {
    let id = wants::text(body, "type")?;
    let invalid = |why: &str| Refusal::bad(Some("type"), why);
    let kind = catalog::instance_type(id).ok_or_else(|| invalid("type is not valid"))?;
    if !kind.is_deployable_in_lke() {
        let reason = format!("{id} is not available for LKE node pools");
        return Err(invalid(&reason));
    }
    match region.and_then(catalog::region) {
        Some(region) if !region.offers(kind) => {
            let reason = format!("{id} is not available in {}", region.id);
            Err(invalid(&reason))
        }
        Some(_) | None => Ok(kind),
    }
}

/// A new pool in `region`; the enterprise tier reads more of the body than the standard one.
pub(super) fn pool(
    world: &World,
    body: &Value,
    region: Option<&str>,
    is_enterprise: bool,
) -> Result<PoolWant, Refusal> {
    if !body.is_object() {
        return Err(must_be("node_pools", "a list of objects"));
    }
    let mut wrong = Wrong::default();
    let kind = wrong.keep(kind(body, region));
    let count = wrong.keep(count(body));
    let label = wrong.keep(pool_label(body));
    let autoscaler = wrong.keep(autoscaler(world, body, count.unwrap_or(1)));
    let (labels, taints) = (wrong.keep(labels(body)), wrong.keep(taints(body)));
    let tags = wrong.keep(wants::tags(body));
    let disks = wrong.keep(disks(body, kind));
    let encryption = wrong.keep(one_of(body, "disk_encryption", &["enabled", "disabled"]));
    let enterprise = is_enterprise.then(|| enterprise::pool(body, None));
    let enterprise = wrong.keep(enterprise.transpose());
    match (kind, count, label, autoscaler, labels, taints, tags, disks) {
        (
            Some(kind),
            Some(count),
            Some(label),
            Some(autoscaler),
            Some(labels),
            Some(taints),
            Some(tags),
            Some(disks),
        ) if wrong.is_none() => Ok(PoolWant {
            kind,
            count,
            label: label.unwrap_or_default(),
            autoscaler,
            labels: labels.unwrap_or_default(),
            taints: taints.unwrap_or_default(),
            tags: tags.unwrap_or_default(),
            disks,
            disk_encryption: encryption.flatten().unwrap_or("enabled").to_owned(),
            enterprise: enterprise.flatten(),
        }),
        _ => Err(wrong.refusal()),
    }
}

/// The pools of a new cluster, as many nodes together as one may have.
pub(super) fn pools(
    world: &World,
    body: &Value,
    region: Option<&str>,
    is_enterprise: bool,
) -> Result<Vec<PoolWant>, Refusal> {
    let wanted = match at(body, "node_pools")? {
        None => &Vec::new(),
        Some(Value::Array(pools)) => pools,
        Some(_) => return Err(must_be("node_pools", "a list of objects")),
    };
    if wanted.is_empty() && !world.switches.cluster_without_pools {
        return Err(Refusal::bad(Some("node_pools"), "node_pools is required"));
    }
    let mut wrong = Wrong::default();
    let mut pools = Vec::new();
    for one in wanted {
        pools.extend(wrong.keep(pool(world, one, region, is_enterprise)));
    }
    wrong.end()?;
    check_nodes("node_pools", pools.iter().map(|pool| pool.count).sum())?;
    Ok(pools)
}
