//! The controller of Jobs: pods until enough of them have ended well, too many have failed, or the
//! time is up.
//!
//! Deliberately absent: policies for failures and success, and limits for each index.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::events::What;
use super::super::kinds::known;
use super::super::peek::{is_leaving, list, map, number, text};
use super::super::store::Key;
use super::super::write::{self, create, stamp};
use super::super::{Inner, owned, pods};
use super::indexes::{index_of, indexes, mark, written};
use super::later;

/// The pause after the first failure, twice as long after each further one, and the longest.
const PAUSE_SECONDS: i64 = 10;
const PAUSE_SECONDS_MAX: i64 = 600;

/// What a pod of a Job came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Ended {
    Well,
    Badly,
}

type Pods = Vec<(Key, Arc<Value>)>;

/// A pod came to its end, or is gone before it.
pub(in super::super) fn pod_ended(
    inner: &mut Inner,
    key: &Key,
    pod: &Value,
    ended: Ended,
    now: Timestamp,
) {
    if let Some(job) = owned::controller_key(key, pod).filter(|one| one.resource == "jobs") {
        look(inner, &job, Some((pod, ended)), now);
    }
}

/// A Job was made or changed, or its time has come.
pub(super) fn sync(inner: &mut Inner, key: &Key, now: Timestamp) {
    look(inner, key, None, now);
}

fn look(inner: &mut Inner, key: &Key, news: Option<(&Value, Ended)>, now: Timestamp) {
    let Some(job) = inner.store.get(key).cloned() else {
        return;
    };
    if is_leaving(&job) {
        return;
    }
    if finished(&job).is_some() {
        return expire(inner, key, &job, now);
    }
    let mut status = job["status"].clone();
    if !status.is_object() {
        status = json!({});
    }
    if let Some((pod, ended)) = news {
        count(&mut status, pod, ended);
    }
    let mut own = owned::claim(inner, known("", "pods"), key, &job);
    own.retain(|(_, pod)| !is_leaving(pod));
    let (over, active): (Pods, Pods) = own.into_iter().partition(|(_, pod)| pods::is_over(pod));
    if job["spec"]["suspend"] == true {
        return suspend(inner, key, &job, status, active, now);
    }
    if text(&status, "/startTime").is_empty() {
        begin(inner, &job, &mut status, now);
    }
    if let Some((since, seconds)) = deadline(&job, &status) {
        inner.look_at(key, later(since, seconds), now);
    }
    let succeeded = number(&status, "/succeeded");
    let enough = match job["spec"]["completions"].as_i64() {
        Some(completions) => succeeded >= completions,
        None => succeeded > 0 && active.is_empty(),
    };
    if let Some(why) = failure(&job, &status, &active, now) {
        finish(inner, key, &job, status, active, Some(why), now);
    } else if enough {
        finish(inner, key, &job, status, active, None, now);
    } else {
        work(inner, key, &job, status, (&over, active), now);
    }
}

/// Adds a pod that has ended to what the Job has counted.
fn count(status: &mut Value, pod: &Value, ended: Ended) {
    let field = match ended {
        Ended::Well => "succeeded",
        Ended::Badly => "failed",
    };
    let counted = number(status, &format!("/{field}")) + 1;
    status[field] = json!(counted);
    if let Some(index) = index_of(pod).filter(|_| ended == Ended::Well) {
        let mut done = indexes(text(status, "/completedIndexes"));
        done.insert(index);
        status["completedIndexes"] = json!(written(&done));
    }
}

/// When a Job came to its end.
pub(super) fn finished(job: &Value) -> Option<&Value> {
    let mut all = list(job, "/status/conditions").iter();
    all.find(|one| {
        matches!(text(one, "/type"), "Complete" | "Failed") && text(one, "/status") == "True"
    })
}

/// A Job that is over goes by itself when it says so.
fn expire(inner: &mut Inner, key: &Key, job: &Value, now: Timestamp) {
    let after = job["spec"]["ttlSecondsAfterFinished"].as_i64();
    let since: Option<Timestamp> = finished(job)
        .map(|one| text(one, "/lastTransitionTime"))
        .and_then(|since| since.parse().ok());
    let (Some(after), Some(since)) = (after, since) else {
        return;
    };
    if now.as_second() - since.as_second() < after {
        return inner.look_at(key, later(since, after), now);
    }
    let options = json!({"propagationPolicy": "Foreground"});
    let _gone = write::delete(inner, key, &options, false, now);
}

fn begin(inner: &mut Inner, job: &Arc<Value>, status: &mut Value, now: Timestamp) {
    status["startTime"] = stamp(now);
    if let Some(condition) = status
        .pointer_mut("/conditions/0")
        .filter(|one| text(one, "/status") == "True")
    {
        *condition = said("Suspended", "JobResumed", "Job resumed", now);
        condition["status"] = json!("False");
        let told = What::Said(
            "Normal",
            "Resumed",
            "job-controller",
            "Job resumed".to_owned(),
        );
        inner.tell(job, told, now);
    }
}

fn said(kind: &str, reason: &str, message: &str, now: Timestamp) -> Value {
    json!({
        "type": kind, "status": "True", "reason": reason, "message": message,
        "lastProbeTime": stamp(now), "lastTransitionTime": stamp(now),
    })
}

/// Its pods go until it is resumed.
fn suspend(
    inner: &mut Inner,
    key: &Key,
    job: &Arc<Value>,
    mut status: Value,
    active: Pods,
    now: Timestamp,
) {
    for (pod, _) in active {
        pods::dismiss(inner, job, &pod, now);
    }
    let was = text(&status, "/conditions/0/status") == "True";
    if let Some(fields) = status.as_object_mut() {
        fields.remove("startTime");
    }
    if !was {
        status["conditions"] = json!([said("Suspended", "JobSuspended", "Job suspended", now)]);
        let told = What::Said(
            "Normal",
            "Suspended",
            "job-controller",
            "Job suspended".to_owned(),
        );
        inner.tell(job, told, now);
    }
    show(inner, key, status, (0, 0));
}

/// Since when the time of a Job runs, and how long it has.
fn deadline(job: &Value, status: &Value) -> Option<(Timestamp, i64)> {
    let seconds = job["spec"]["activeDeadlineSeconds"].as_i64()?;
    Some((text(status, "/startTime").parse().ok()?, seconds))
}

/// Why a Job is given up.
fn failure(
    job: &Value,
    status: &Value,
    active: &[(Key, Arc<Value>)],
    now: Timestamp,
) -> Option<(&'static str, &'static str)> {
    let limit = job["spec"]["backoffLimit"].as_i64().unwrap_or(6);
    let restarts = |pod: &Value| -> i64 {
        let all = list(pod, "/status/containerStatuses").iter();
        all.map(|one| number(one, "/restartCount")).sum()
    };
    let restarted: i64 = active.iter().map(|(_, pod)| restarts(pod)).sum();
    if number(status, "/failed") > limit || (restarted > 0 && restarted >= limit) {
        let said = "Job has reached the specified backoff limit";
        return Some(("BackoffLimitExceeded", said));
    }
    let (since, seconds) = deadline(job, status)?;
    let over = now.as_second() - since.as_second() >= seconds;
    let said = "Job was active longer than specified deadline";
    over.then_some(("DeadlineExceeded", said))
}

/// The Job is over; `why` when it has failed.
fn finish(
    inner: &mut Inner,
    key: &Key,
    job: &Arc<Value>,
    mut status: Value,
    active: Pods,
    why: Option<(&'static str, &'static str)>,
    now: Timestamp,
) {
    let (kinds, reason, message) = match why {
        None => {
            status["completionTime"] = stamp(now);
            let said = "Reached expected number of succeeded pods";
            (
                ["SuccessCriteriaMet", "Complete"],
                "CompletionsReached",
                said,
            )
        }
        Some((reason, message)) => {
            let failed = number(&status, "/failed") + i64::try_from(active.len()).unwrap_or(0);
            status["failed"] = json!(failed);
            (["FailureTarget", "Failed"], reason, message)
        }
    };
    status["conditions"] = json!(kinds.map(|kind| said(kind, reason, message, now)));
    show(inner, key, status, (0, 0));
    for (pod, _) in active {
        pods::dismiss(inner, job, &pod, now);
    }
    let told = match why {
        None => What::Said(
            "Normal",
            "Completed",
            "job-controller",
            "Job completed".to_owned(),
        ),
        Some((reason, message)) => {
            What::Said("Warning", reason, "job-controller", message.to_owned())
        }
    };
    inner.tell(job, told, now);
    if let Some(seconds) = job["spec"]["ttlSecondsAfterFinished"].as_i64() {
        inner.look_at(key, later(now, seconds), now);
    }
    if let Some(owner) = owned::controller_key(key, job) {
        inner.wake(owner, now);
    }
}

/// As many pods as may run beside each other, until enough have ended well.
fn work(
    inner: &mut Inner,
    key: &Key,
    job: &Arc<Value>,
    status: Value,
    (over, mut active): (&Pods, Pods),
    now: Timestamp,
) {
    let parallelism = job["spec"]["parallelism"].as_i64().unwrap_or(1);
    let succeeded = number(&status, "/succeeded");
    let running = i64::try_from(active.len()).unwrap_or(0);
    let wanted = match job["spec"]["completions"].as_i64() {
        Some(completions) => parallelism.min(completions - succeeded),
        None if succeeded > 0 => running,
        None => parallelism,
    };
    let wanted = usize::try_from(wanted).unwrap_or(0);
    active.sort_by_cached_key(|(_, pod)| !pods::is_running(pod));
    while active.len() > wanted {
        if let Some((pod, _)) = active.pop() {
            pods::dismiss(inner, job, &pod, now);
        }
    }
    let ready = active.iter().filter(|(_, pod)| pods::is_running(pod));
    let ready = ready.count();
    let mut count = active.len();
    let missing = wanted.saturating_sub(count);
    if missing > 0 {
        let pause = pause_seconds(&status, over, now);
        if pause > 0 {
            inner.look_at(key, later(now, pause), now);
        } else {
            let mut taken = indexes(text(&status, "/completedIndexes"));
            taken.extend(active.iter().filter_map(|(_, pod)| index_of(pod)));
            let mut free = (0..).filter(|index| !taken.contains(index));
            for _ in 0..missing {
                let index = free.next().unwrap_or_default();
                if !make(inner, key, job, index, now) {
                    break;
                }
                count += 1;
            }
        }
    }
    show(inner, key, status, (count, ready));
}

/// How long until the next pod may come after those that failed.
fn pause_seconds(status: &Value, over: &Pods, now: Timestamp) -> i64 {
    let failed = u32::try_from(number(status, "/failed")).unwrap_or(0);
    let ends = |pod: &Value| {
        let all = list(pod, "/status/containerStatuses").iter();
        let ends = all.map(|one| text(one, "/state/terminated/finishedAt").to_owned());
        ends.max()
            .filter(|_| text(pod, "/status/phase") == "Failed")
    };
    let last = over.iter().filter_map(|(_, pod)| ends(pod)).max();
    let Some(last) = last.and_then(|last| last.parse::<Timestamp>().ok()) else {
        return 0;
    };
    let pause = PAUSE_SECONDS << failed.saturating_sub(1).min(16);
    let since = now.as_second() - last.as_second();
    pause.min(PAUSE_SECONDS_MAX) - since
}

fn make(inner: &mut Inner, key: &Key, job: &Arc<Value>, index: u64, now: Timestamp) -> bool {
    let mut pod = job["spec"]["template"].clone();
    let mut stem = format!("{}-", key.name);
    if text(job, "/spec/completionMode") == "Indexed" {
        stem = format!("{}-{index}-", key.name);
        mark(&mut pod, &key.name, index);
    }
    let metadata = map(&mut pod, "metadata");
    metadata.insert("generateName".to_owned(), json!(stem));
    metadata.insert("ownerReferences".to_owned(), owned::owner(job));
    let Ok(made) = create(inner, known("", "pods"), &key.namespace, pod, false, now) else {
        return false;
    };
    inner.tell(job, What::Made(made), now);
    true
}

/// Writes what is known of a Job, when it is something else than before.
fn show(inner: &mut Inner, key: &Key, mut status: Value, (active, ready): (usize, usize)) {
    let Some(before) = inner.store.get(key).cloned() else {
        return;
    };
    if let Some(fields) = status.as_object_mut() {
        fields.remove("active");
    }
    if active > 0 {
        status["active"] = json!(active);
    }
    status["ready"] = json!(ready);
    status["terminating"] = json!(0);
    status["uncountedTerminatedPods"] = json!({});
    if status != before["status"] {
        let mut job = Value::clone(&before);
        job["status"] = status;
        inner.store.put(key.clone(), job);
    }
}
