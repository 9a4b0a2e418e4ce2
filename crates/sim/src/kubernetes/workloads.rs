//! The controllers of what keeps pods: each looks at its object and at what belongs to it, does the
//! next step, and is woken when something of it changes.
//!
//! Deliberately absent: `minReadySeconds`, and pods are ready as soon as they run.

mod cronjobs;
mod daemonsets;
mod deployments;
mod indexes;
mod jobs;
mod progress;
mod replicasets;
mod revisions;
mod rollout;
mod statefulsets;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::store::{Key, scramble};
use super::{Inner, autoscalers, budgets};

pub(super) use daemonsets::{
    changed as daemonset_changed, count_seeded, node_joined, pod_gone as daemon_gone,
    pod_runs as daemon_runs,
};
pub(super) use jobs::{Ended, pod_ended};
pub(super) use revisions::{Noted, write_down as write_revisions};
pub(super) use rollout::{Round, part};

/// Bears the hash of a template on a set and its pods.
const TEMPLATE_HASH: &str = "pod-template-hash";
const REVISION_HASH: &str = "controller-revision-hash";

/// Ten letters that stand for a template, in whatever order its fields are and whether what is empty
/// is written or not: kubectl writes it when it takes a template back.
fn hash(template: &Value) -> String {
    format!("{:010x}", bits(template).unwrap_or_default() >> 24)
}

fn bits(value: &Value) -> Option<u64> {
    let word = |text: &str| {
        let bytes = text.bytes().map(u64::from);
        let bits = bytes.fold(1, |bits: u64, byte| {
            (bits ^ byte).wrapping_mul(0x100_0000_01b3)
        });
        scramble(bits)
    };
    match value {
        Value::Null => None,
        Value::Bool(yes) => Some(2 + u64::from(*yes)),
        Value::Number(number) => Some(word(&number.to_string())),
        Value::String(text) => Some(word(text)),
        Value::Array(all) if all.is_empty() => None,
        Value::Array(all) => {
            let all = all.iter().map(|one| bits(one).unwrap_or_default());
            Some(all.fold(5, |sum, one| scramble(sum ^ one)))
        }
        Value::Object(fields) => {
            let fields = fields.iter();
            let pair = |(name, one): (&String, &Value)| Some(scramble(word(name) ^ bits(one)?));
            fields.filter_map(pair).reduce(u64::wrapping_add)
        }
    }
}

/// So many seconds later.
fn later(now: Timestamp, seconds: i64) -> Timestamp {
    let later = now.checked_add(SignedDuration::from_secs(seconds));
    later.unwrap_or(Timestamp::MAX)
}

/// The controller of an object looks at it.
pub(super) fn sync(inner: &mut Inner, key: &Key, now: Timestamp) {
    match (key.group, key.resource) {
        ("apps", "deployments") => deployments::sync(inner, key, now),
        ("apps", "replicasets") => replicasets::sync(inner, key, now),
        ("apps", "daemonsets") => daemonsets::sync(inner, key, now),
        ("apps", "statefulsets") => statefulsets::sync(inner, key, now),
        ("autoscaling", _) => autoscalers::sync(inner, key, now),
        ("batch", "cronjobs") => cronjobs::sync(inner, key, now),
        ("batch", "jobs") => jobs::sync(inner, key, now),
        ("policy", _) => budgets::sync(inner, key, now),
        _ => {}
    }
}
