//! PodDisruptionBudgets: how many pods may be evicted, and the evictions that they refuse.

use std::sync::Arc;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::kinds::known;
use super::peek::{is_leaving, text};
use super::status::Refusal;
use super::store::Key;
use super::workloads::{Round, part};
use super::write::stamp;
use super::{Inner, owned, pods, select};

/// What a budget allows.
struct Room {
    expected: i64,
    healthy: i64,
    desired: i64,
}

impl Room {
    fn of(inner: &Inner, key: &Key, budget: &Value) -> Self {
        let all = inner.store.list(known("", "pods"), Some(&key.namespace));
        let selected = all.filter(|(_, pod)| select::selects(&budget["spec"]["selector"], pod));
        let meant: Vec<(&Key, &Arc<Value>)> = selected
            .filter(|(_, pod)| !pods::is_over(pod) && !is_leaving(pod))
            .collect();
        let healthy = meant
            .iter()
            .filter(|(_, pod)| pods::is_running(pod))
            .count();
        let healthy = i64::try_from(healthy).unwrap_or(i64::MAX);
        // As many as those want who keep them.
        let mut keepers: Vec<Key> = meant
            .iter()
            .filter_map(|(key, pod)| owned::controller_key(key, pod))
            .collect();
        keepers.sort();
        keepers.dedup();
        let wants = |key: &Key| inner.store.get(key)?["spec"]["replicas"].as_i64();
        let bare = meant
            .iter()
            .filter(|(_, pod)| owned::controller(pod).is_none());
        let bare = i64::try_from(bare.count()).unwrap_or(0);
        let expected = bare + keepers.iter().filter_map(wants).sum::<i64>();
        let spec = &budget["spec"];
        let desired = if spec["maxUnavailable"].is_null() {
            part(&spec["minAvailable"], expected, Round::Up)
        } else {
            (expected - part(&spec["maxUnavailable"], expected, Round::Up)).max(0)
        };
        Self {
            expected,
            healthy,
            desired,
        }
    }

    fn allowed(&self) -> i64 {
        if self.expected > 0 {
            (self.healthy - self.desired).max(0)
        } else {
            0
        }
    }
}

/// A budget or one of its pods changed.
pub(super) fn sync(inner: &mut Inner, key: &Key, now: Timestamp) {
    let Some(before) = inner.store.get(key).cloned() else {
        return;
    };
    let room = Room::of(inner, key, &before);
    let allowed = room.allowed();
    let (yes, reason) = if allowed > 0 {
        ("True", "SufficientPods")
    } else {
        ("False", "InsufficientPods")
    };
    let was = &before["status"]["conditions"][0];
    let since = if text(was, "/status") == yes {
        was["lastTransitionTime"].clone()
    } else {
        stamp(now)
    };
    let generation = &before["metadata"]["generation"];
    let status = json!({
        "conditions": [{
            "type": "DisruptionAllowed", "status": yes, "reason": reason, "message": "",
            "lastTransitionTime": since, "observedGeneration": generation,
        }],
        "currentHealthy": room.healthy, "desiredHealthy": room.desired,
        "disruptionsAllowed": allowed, "expectedPods": room.expected,
        "observedGeneration": generation,
    });
    if status != before["status"] {
        let mut budget = Value::clone(&before);
        budget["status"] = status;
        inner.store.put(key.clone(), budget);
    }
}

/// The budgets that a pod is counted in.
fn of(inner: &Inner, key: &Key, pod: &Value) -> Vec<(Key, Arc<Value>)> {
    let all = inner.store.list(
        known("policy", "poddisruptionbudgets"),
        Some(&key.namespace),
    );
    let counts =
        |(_, budget): &(&Key, &Arc<Value>)| select::selects(&budget["spec"]["selector"], pod);
    all.filter(counts)
        .map(|(key, one)| (key.clone(), Arc::clone(one)))
        .collect()
}

/// A pod came, went or changed: its budgets look.
pub(super) fn wake(inner: &mut Inner, key: &Key, pod: &Value, now: Timestamp) {
    for (budget, _) in of(inner, key, pod) {
        inner.wake(budget, now);
    }
}

/// Refuses an eviction for which there is no room. A pod that does not run is in nobody's way.
pub(super) fn check(inner: &Inner, key: &Key, pod: &Value) -> Result<(), Refusal> {
    if !pods::is_running(pod) {
        return Ok(());
    }
    for (budget_key, budget) in of(inner, key, pod) {
        let room = Room::of(inner, &budget_key, &budget);
        if room.allowed() == 0 {
            return Err(refusal(&budget_key.name, &room));
        }
    }
    Ok(())
}

/// In Kubernetes' own words.
fn refusal(budget: &str, room: &Room) -> Refusal {
    let Room {
        healthy, desired, ..
    } = room;
    let why = format!(
        "The disruption budget {budget} needs {desired} healthy pods and has {healthy} currently"
    );
    let message = "Cannot evict pod as it would violate the pod's disruption budget.";
    Refusal {
        code: StatusCode::TOO_MANY_REQUESTS,
        reason: "TooManyRequests",
        message: message.to_owned(),
        details: Some(json!({"causes": [{"reason": "DisruptionBudget", "message": why}]})),
    }
}
