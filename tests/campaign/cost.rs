//! I10: what the journal says that a deployment cost is what the ledger says, by the same rule: for
//! each thing on its own, started hours, capped at the monthly price.

use crate::check::{in_ledger, ours};
use crate::wire::holds;
use bytes::Bytes;
use domain::progress::{Life, Progress};
use domain::record::{Thing, ThingKind};
use domain::spend::cost;
use domain::{Mark, MicroUsd};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Between which sums the cost of a thing may be told: no less than the ledger's, and no more than
/// if it had gone only when that was seen.
struct Bounds {
    least: MicroUsd,
    most: MicroUsd,
}

/// What is billed otherwise than the ledger bills it. `looks`: what this computer was shown of
/// machines; nothing of ours may be missing then, as when one computer looked after it from its
/// beginning.
pub(crate) fn unlike(
    ledger: &Value,
    mark: &Mark,
    progress: &Progress,
    now: Timestamp,
    looks: Option<&BTreeMap<Bytes, BTreeSet<Timestamp>>>,
) -> Vec<String> {
    let mut unlike = Vec::new();
    let mut billed = BTreeSet::new();
    for (thing, life) in progress.things.iter().filter(|(one, _)| bills(one)) {
        let Some((kind, id)) = in_ledger(thing) else {
            continue;
        };
        billed.insert((kind, id));
        let Some(row) = row_of(ledger, kind, id) else {
            unlike.push(format!("{kind} {id} is billed and never was"));
            continue;
        };
        let Some(price) = life.price else {
            unlike.push(format!("{kind} {id} has no price"));
            continue;
        };
        let told = cost(life.born, life.gone.unwrap_or(now).min(now), price);
        match bounds(row, life, now) {
            Ok(Bounds { least, most }) if told < least || told > most => {
                let (least, most, told) = (least.0, most.0, told.0);
                unlike.push(format!("{kind} {id} cost {least} to {most}, told {told}"));
            }
            Ok(_) => {}
            Err(why) => unlike.push(format!("{kind} {id} {why}")),
        }
    }
    if let Some(looks) = looks {
        let rows = ours(ledger, mark, "alive").into_iter();
        for row in rows.chain(ours(ledger, mark, "dead")) {
            let kind = row["kind"].as_str().unwrap_or_default();
            let costs = ["linode", "control_plane", "nodebalancer"].contains(&kind);
            let id = row["id"].as_u64().unwrap_or_default();
            if costs && !billed.contains(&(kind, id)) && !is_unseen(row, looks) {
                let (born, died) = (&row["born"], &row["died"]);
                unlike.push(format!("{kind} {id} of {born} to {died} is not billed"));
            }
        }
    }
    unlike
}

/// Whether events alone would tell of it: it lived for less than lies between two looks, or is a
/// machine that was shown once at most, maybe to who only asked what a plan would change.
fn is_unseen(row: &Value, looks: &BTreeMap<Bytes, BTreeSet<Timestamp>>) -> bool {
    let at = |field: &str| row[field].as_str().and_then(|text| text.parse().ok());
    let lived = at("born").zip(at("died"));
    let brief = lived.is_some_and(|(born, died): (Timestamp, Timestamp)| {
        died.duration_since(born) < SignedDuration::from_mins(1)
    });
    let named = |field: &str| format!(r#""{field}":{},"#, row["id"]);
    let (own, of_node) = (named("id"), named("instance_id"));
    let shown = looks
        .iter()
        .filter(|(body, _)| holds(body, &own) || holds(body, &of_node));
    let times: BTreeSet<&Timestamp> = shown.flat_map(|(_, when)| when).collect();
    brief || (row["kind"] == "linode" && times.len() < 2)
}

fn bills(thing: &Thing) -> bool {
    matches!(
        thing.kind(),
        ThingKind::Instance | ThingKind::ControlPlane | ThingKind::NodeBalancer | ThingKind::Volume
    )
}

fn row_of<'a>(ledger: &'a Value, kind: &str, id: u64) -> Option<&'a Value> {
    let rows = |which: &str| ledger[which].as_array().into_iter().flatten();
    let mut all = rows("alive").chain(rows("dead"));
    all.find(|row| row["kind"] == kind && row["id"] == id)
}

fn bounds(row: &Value, life: &Life, now: Timestamp) -> Result<Bounds, &'static str> {
    let at = |field: &str| row[field].as_str().and_then(|text| text.parse().ok());
    let born: Timestamp = at("born").ok_or("has no birth")?;
    let died: Option<Timestamp> = at("died");
    if life
        .gone
        .is_some_and(|gone| died.is_none_or(|died| gone < died))
    {
        return Err("is called gone while it costs");
    }
    // What became dearer meanwhile is told at the price that was accepted.
    let price = life.price.ok_or("has no price")?;
    let least = if row["rate_micro_usd_hour"] == price.hour.0 && died.is_some() {
        MicroUsd(row["spend_micro_usd"].as_i64().unwrap_or_default())
    } else {
        cost(born, died.unwrap_or(now), price)
    };
    // The API tells births in whole seconds.
    let second = Timestamp::from_second(born.as_second()).unwrap_or(born);
    let most = cost(second, life.gone.unwrap_or(now).min(now), price);
    Ok(Bounds { least, most })
}
