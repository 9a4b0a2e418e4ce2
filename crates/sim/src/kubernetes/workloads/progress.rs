//! What a Deployment says of itself: the counts of its sets, and how far it is on its way.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::peek::{number, text};
use super::super::store::Key;
use super::super::write::stamp;
use super::super::{Inner, cloud_firewall};
use super::deployments::{Set, Sets};
use super::later;
use super::rollout::Bounds;

/// A Deployment's status is that of its sets.
pub(super) fn show(inner: &mut Inner, key: &Key, bounds: Bounds, sets: &Sets, now: Timestamp) {
    let Some(before) = inner.store.get(key).cloned() else {
        return;
    };
    let field = |set: &Option<Set>, field: &str| {
        let set = set.as_ref();
        set.map_or(0, |set| number(&set.object, field))
    };
    let (all, ready) = (
        sets.sum("/status/replicas"),
        sets.sum("/status/readyReplicas"),
    );
    let available = sets.sum("/status/availableReplicas");
    let updated = field(&sets.new, "/status/replicas");
    let mut status = json!({"observedGeneration": before["metadata"]["generation"]});
    // As Go leaves out what is zero.
    for (name, count) in [
        ("replicas", all),
        ("updatedReplicas", updated),
        ("readyReplicas", ready),
        ("availableReplicas", available),
        (
            "unavailableReplicas",
            (sets.sum("/spec/replicas") - available).max(0),
        ),
    ] {
        if count > 0 {
            status[name] = json!(count);
        }
    }
    let complete = [all, updated, available] == [bounds.wanted; 3];
    let was = |kind: &str| {
        let all = before["status"]["conditions"].as_array();
        let mut all = all.into_iter().flatten();
        all.find(|one| text(one, "/type") == kind)
    };
    let moves = available > number(&before, "/status/availableReplicas")
        || updated > number(&before, "/status/updatedReplicas");
    let progress = progress(&before, sets, (complete, moves), was("Progressing"), now);
    let conditions = [
        condition(availability(available >= bounds.least()), was, now),
        condition(progress, was, now),
    ];
    status["conditions"] = json!(conditions);
    if moves {
        status["conditions"][1]["lastUpdateTime"] = stamp(now);
    }
    let said = &status["conditions"][1];
    if text(said, "/reason") == "ReplicaSetUpdated"
        && let Some(seconds) = before["spec"]["progressDeadlineSeconds"].as_i64()
        && let Ok(since) = text(said, "/lastUpdateTime").parse()
    {
        inner.look_at(key, later(since, seconds + 1), now);
    }
    if status == before["status"] {
        return;
    }
    let ready_before = number(&before, "/status/readyReplicas");
    let mut object = Value::clone(&before);
    object["status"] = status;
    inner.store.put(key.clone(), object);
    cloud_firewall::deployment_shown(inner, key, (ready_before, ready), now);
}

/// Type, status, reason and message of a condition.
type Said = (&'static str, &'static str, &'static str, String);

fn availability(enough: bool) -> Said {
    if enough {
        let said = "Deployment has minimum availability.".to_owned();
        ("Available", "True", "MinimumReplicasAvailable", said)
    } else {
        let said = "Deployment does not have minimum availability.".to_owned();
        ("Available", "False", "MinimumReplicasUnavailable", said)
    }
}

fn progress(
    deployment: &Value,
    sets: &Sets,
    (complete, moves): (bool, bool),
    was: Option<&Value>,
    now: Timestamp,
) -> Said {
    const KIND: &str = "Progressing";
    if deployment["spec"]["paused"] == true {
        return (
            KIND,
            "Unknown",
            "DeploymentPaused",
            "Deployment is paused".to_owned(),
        );
    }
    let set = sets.new.as_ref().map_or("", |set| set.key.name.as_str());
    let said = |tail: &str| format!("ReplicaSet \"{set}\" {tail}");
    if complete {
        let said = said("has successfully progressed.");
        return (KIND, "True", "NewReplicaSetAvailable", said);
    }
    let seconds = deployment["spec"]["progressDeadlineSeconds"].as_i64();
    let since: Option<Timestamp> = was.and_then(|was| text(was, "/lastUpdateTime").parse().ok());
    let waits = was.is_some_and(|was| {
        matches!(
            text(was, "/reason"),
            "ReplicaSetUpdated" | "ProgressDeadlineExceeded"
        )
    });
    let overdue = seconds
        .zip(since)
        .is_some_and(|(seconds, since)| now.as_second() - since.as_second() > seconds);
    if waits && overdue && !moves {
        let said = said("has timed out progressing.");
        return (KIND, "False", "ProgressDeadlineExceeded", said);
    }
    (KIND, "True", "ReplicaSetUpdated", said("is progressing."))
}

/// A condition with its times: one that says the same keeps them.
fn condition<'a>(
    (kind, status, reason, message): Said,
    was: impl Fn(&str) -> Option<&'a Value>,
    now: Timestamp,
) -> Value {
    let was = was(kind);
    let turned = was.filter(|was| text(was, "/status") == status);
    let turned = turned.map_or_else(|| stamp(now), |was| was["lastTransitionTime"].clone());
    let told = was.filter(|was| text(was, "/status") == status && text(was, "/reason") == reason);
    let told = told.map_or_else(|| stamp(now), |was| was["lastUpdateTime"].clone());
    json!({
        "type": kind, "status": status, "reason": reason, "message": message,
        "lastUpdateTime": told, "lastTransitionTime": turned,
    })
}
