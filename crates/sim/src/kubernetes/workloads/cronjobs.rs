//! The controller of CronJobs: a Job at each time of a schedule.
//!
//! Deliberately absent: `startingDeadlineSeconds`. Of times that were missed the last is made up for.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::cron::Schedule;
use super::super::events::What;
use super::super::kinds::known;
use super::super::peek::{is_leaving, list, map, text};
use super::super::store::Key;
use super::super::write::{create, delete, stamp};
use super::super::{Inner, owned};
use super::jobs;

type Jobs = Vec<(Key, Arc<Value>)>;

/// A CronJob or one of its Jobs changed, or a time has come.
pub(super) fn sync(inner: &mut Inner, key: &Key, now: Timestamp) {
    let Some(cron) = inner.store.get(key).cloned() else {
        return;
    };
    if is_leaving(&cron) {
        return;
    }
    let mut status = cron["status"].clone();
    if !status.is_object() {
        status = json!({});
    }
    let own = owned::claim(inner, known("batch", "jobs"), key, &cron);
    let (over, active): (Jobs, Jobs) = own
        .into_iter()
        .partition(|(_, job)| jobs::finished(job).is_some());
    see_finished(inner, &cron, &mut status, &over, now);
    let mut active: Vec<Value> = active.iter().map(|(_, job)| reference(job)).collect();
    if cron["spec"]["suspend"] != true {
        run(inner, key, &cron, (&mut status, &mut active), now);
    }
    prune(inner, &cron, over, now);
    if let Some(fields) = status.as_object_mut() {
        fields.remove("active");
    }
    if !active.is_empty() {
        status["active"] = json!(active);
    }
    if let Some(before) = inner.store.get(key).cloned()
        && before["status"] != status
    {
        let mut cron = Value::clone(&before);
        cron["status"] = status;
        inner.store.put(key.clone(), cron);
    }
}

fn reference(job: &Value) -> Value {
    let metadata = &job["metadata"];
    json!({
        "apiVersion": "batch/v1", "kind": "Job", "name": metadata["name"],
        "namespace": metadata["namespace"], "uid": metadata["uid"],
        "resourceVersion": metadata["resourceVersion"],
    })
}

/// Jobs that were active and are over now.
fn see_finished(
    inner: &mut Inner,
    cron: &Arc<Value>,
    status: &mut Value,
    over: &Jobs,
    now: Timestamp,
) {
    let was_active = |job: &Value| {
        let mut all = list(cron, "/status/active").iter();
        all.any(|one| one["uid"] == job["metadata"]["uid"])
    };
    for (key, job) in over.iter().filter(|(_, job)| was_active(job)) {
        let kind = jobs::finished(job).map_or("", |one| text(one, "/type"));
        let said = format!("Saw completed job: {}, condition: {kind}", key.name);
        let (reason, from) = ("SawCompletedJob", "cronjob-controller");
        inner.tell(cron, What::Said("Normal", reason, from, said), now);
        if kind == "Complete" {
            status["lastSuccessfulTime"] = job["status"]["completionTime"].clone();
        }
    }
}

/// Makes the Job of the last time that has come, and looks again at the next.
fn run(
    inner: &mut Inner,
    key: &Key,
    cron: &Arc<Value>,
    (status, active): (&mut Value, &mut Vec<Value>),
    now: Timestamp,
) {
    let spec = &cron["spec"];
    let schedule = Schedule::read(text(spec, "/schedule"), text(spec, "/timeZone"));
    let born = text(cron, "/metadata/creationTimestamp");
    let since = match text(status, "/lastScheduleTime") {
        "" => born,
        last => last,
    };
    let (Some(schedule), Ok(since)) = (schedule, since.parse()) else {
        return;
    };
    let mut due = None;
    let mut next = schedule.after(since);
    while let Some(at) = next.filter(|at| *at <= now) {
        due = Some(at);
        next = schedule.after(at);
    }
    if let Some(next) = next {
        inner.look_at(key, next, now);
    }
    let Some(due) = due else {
        return;
    };
    match text(spec, "/concurrencyPolicy") {
        "Forbid" if !active.is_empty() => {
            let said = "Not starting job because prior execution is running and concurrency policy \
                        is Forbid";
            let (reason, from) = ("JobAlreadyActive", "cronjob-controller");
            inner.tell(
                cron,
                What::Said("Normal", reason, from, said.to_owned()),
                now,
            );
            return;
        }
        "Replace" => {
            for one in active.drain(..) {
                let kind = known("batch", "jobs");
                let job = Key::new(kind, &key.namespace, text(&one, "/name"));
                let options = json!({"propagationPolicy": "Background"});
                let _gone = delete(inner, &job, &options, false, now);
            }
        }
        _ => {}
    }
    if let Some(job) = make(inner, key, cron, due, now) {
        status["lastScheduleTime"] = stamp(due);
        active.push(reference(&job));
    }
}

fn make(
    inner: &mut Inner,
    key: &Key,
    cron: &Arc<Value>,
    due: Timestamp,
    now: Timestamp,
) -> Option<Arc<Value>> {
    let mut job = cron["spec"]["jobTemplate"].clone();
    let name = format!("{}-{}", key.name, due.as_second() / 60);
    let metadata = map(&mut job, "metadata");
    metadata.insert("name".to_owned(), json!(name));
    metadata.insert("ownerReferences".to_owned(), owned::owner(cron));
    let annotations = map(&mut job["metadata"], "annotations");
    let scheduled = "batch.kubernetes.io/cronjob-scheduled-timestamp";
    annotations.insert(scheduled.to_owned(), stamp(due));
    let made = create(
        inner,
        known("batch", "jobs"),
        &key.namespace,
        job,
        false,
        now,
    )
    .ok()?;
    let (reason, from) = ("SuccessfulCreate", "cronjob-controller");
    let said = format!("Created job {name}");
    inner.tell(cron, What::Said("Normal", reason, from, said), now);
    Some(made)
}

/// Jobs that are over are kept for a while, by number.
fn prune(inner: &mut Inner, cron: &Value, mut over: Jobs, now: Timestamp) {
    over.sort_by_cached_key(|(key, job)| {
        let born = text(job, "/status/startTime").to_owned();
        (born, key.name.clone())
    });
    for (kind, limit, usual) in [
        ("Complete", "successfulJobsHistoryLimit", 3),
        ("Failed", "failedJobsHistoryLimit", 1),
    ] {
        let ended = |job: &Value| jobs::finished(job).is_some_and(|one| text(one, "/type") == kind);
        let own: Vec<&Key> = over
            .iter()
            .filter(|(_, job)| ended(job))
            .map(|(key, _)| key)
            .collect();
        let kept = cron["spec"][limit].as_u64().unwrap_or(usual);
        let gone = own
            .len()
            .saturating_sub(usize::try_from(kept).unwrap_or(usize::MAX));
        for key in own.into_iter().take(gone) {
            let options = json!({"propagationPolicy": "Background"});
            let _gone = delete(inner, key, &options, false, now);
        }
    }
}
