//! The columns of what makes pods.

use jiff::Timestamp;
use serde_json::Value;

use super::super::age::{age, duration, since};
use super::super::kinds::Kind;
use super::super::peek::{at, list, number, text};
use super::{Cells, Column, name, or_none, pairs};

const DEPLOYMENT: &[Column] = &[
    ("Name", false),
    ("Ready", false),
    ("Up-to-date", false),
    ("Available", false),
    ("Age", false),
    ("Containers", true),
    ("Images", true),
    ("Selector", true),
];
const REPLICAS: &[Column] = &[
    ("Name", false),
    ("Desired", false),
    ("Current", false),
    ("Ready", false),
    ("Age", false),
    ("Containers", true),
    ("Images", true),
    ("Selector", true),
];
const DAEMONS: &[Column] = &[
    ("Name", false),
    ("Desired", false),
    ("Current", false),
    ("Ready", false),
    ("Up-to-date", false),
    ("Available", false),
    ("Node Selector", false),
    ("Age", false),
    ("Containers", true),
    ("Images", true),
    ("Selector", true),
];
const STATEFUL: &[Column] = &[
    ("Name", false),
    ("Ready", false),
    ("Age", false),
    ("Containers", true),
    ("Images", true),
];
const JOB: &[Column] = &[
    ("Name", false),
    ("Status", false),
    ("Completions", false),
    ("Duration", false),
    ("Age", false),
    ("Containers", true),
    ("Images", true),
    ("Selector", true),
];
const CRON: &[Column] = &[
    ("Name", false),
    ("Schedule", false),
    ("Timezone", false),
    ("Suspend", false),
    ("Active", false),
    ("Last Schedule", false),
    ("Age", false),
    ("Containers", true),
    ("Images", true),
    ("Selector", true),
];
const SCALER: &[Column] = &[
    ("Name", false),
    ("Reference", false),
    ("Targets", false),
    ("MinPods", false),
    ("MaxPods", false),
    ("Replicas", false),
    ("Age", false),
];

/// The columns of a kind, if it is one of these.
pub(super) fn find(kind: &Kind) -> Option<(&'static [Column], Cells)> {
    Some(match (kind.group, kind.resource) {
        ("apps", "deployments") => (DEPLOYMENT, deployment),
        ("apps", "replicasets") | ("", "replicationcontrollers") => (REPLICAS, replicas),
        ("apps", "daemonsets") => (DAEMONS, daemons),
        ("apps", "statefulsets") => (STATEFUL, stateful),
        ("batch", "jobs") => (JOB, job),
        ("batch", "cronjobs") => (CRON, cron),
        ("autoscaling", "horizontalpodautoscalers") => (SCALER, scaler),
        _ => return None,
    })
}

fn count(object: &Value, pointer: &str) -> String {
    number(object, pointer).to_string()
}

/// Names and images of the containers of a template, and the selector of its owner.
fn inside(object: &Value, template: &str, selector: &str) -> [String; 3] {
    let containers = at(object, template).map_or(&[][..], |one| list(one, "/spec/containers"));
    let each = |field: &str| {
        let all: Vec<&str> = containers.iter().map(|one| text(one, field)).collect();
        all.join(",")
    };
    let selector = or_none(&pairs(object, selector).join(","));
    [each("/name"), each("/image"), selector]
}

fn of_spec(object: &Value) -> [String; 3] {
    inside(object, "/spec/template", "/spec/selector/matchLabels")
}

fn deployment(object: &Value, now: Timestamp) -> Vec<String> {
    let ready = number(object, "/status/readyReplicas");
    let mut cells = vec![
        name(object),
        format!("{ready}/{}", number(object, "/spec/replicas")),
        count(object, "/status/updatedReplicas"),
        count(object, "/status/availableReplicas"),
        age(object, now),
    ];
    cells.extend(of_spec(object));
    cells
}

fn replicas(object: &Value, now: Timestamp) -> Vec<String> {
    let mut cells = vec![
        name(object),
        count(object, "/spec/replicas"),
        count(object, "/status/replicas"),
        count(object, "/status/readyReplicas"),
        age(object, now),
    ];
    cells.extend(of_spec(object));
    cells
}

fn daemons(object: &Value, now: Timestamp) -> Vec<String> {
    let chosen = pairs(object, "/spec/template/spec/nodeSelector");
    let mut cells = vec![
        name(object),
        count(object, "/status/desiredNumberScheduled"),
        count(object, "/status/currentNumberScheduled"),
        count(object, "/status/numberReady"),
        count(object, "/status/updatedNumberScheduled"),
        count(object, "/status/numberAvailable"),
        or_none(&chosen.join(",")),
        age(object, now),
    ];
    cells.extend(of_spec(object));
    cells
}

fn stateful(object: &Value, now: Timestamp) -> Vec<String> {
    let ready = number(object, "/status/readyReplicas");
    let [names, images, _] = of_spec(object);
    vec![
        name(object),
        format!("{ready}/{}", number(object, "/spec/replicas")),
        age(object, now),
        names,
        images,
    ]
}

fn job(object: &Value, now: Timestamp) -> Vec<String> {
    let holds = |kind: &str| {
        let mut all = list(object, "/status/conditions").iter();
        all.any(|one| text(one, "/type") == kind && text(one, "/status") == "True")
    };
    let status = ["Complete", "Failed", "Suspended"];
    let status = status.into_iter().find(|kind| holds(kind));
    let succeeded = number(object, "/status/succeeded");
    let wanted = at(object, "/spec/completions").and_then(Value::as_i64);
    let completions = match (wanted, number(object, "/spec/parallelism")) {
        (Some(wanted), _) => format!("{succeeded}/{wanted}"),
        (None, several @ 2..) => format!("{succeeded}/1 of {several}"),
        (None, _) => format!("{succeeded}/1"),
    };
    let began: Option<Timestamp> = text(object, "/status/startTime").parse().ok();
    let ended: Option<Timestamp> = text(object, "/status/completionTime").parse().ok();
    let lasted = |began: Timestamp| ended.unwrap_or(now).as_second() - began.as_second();
    let mut cells = vec![
        name(object),
        status.unwrap_or("Running").to_owned(),
        completions,
        began.map_or_else(String::new, |began| duration(lasted(began))),
        age(object, now),
    ];
    cells.extend(of_spec(object));
    cells
}

fn cron(object: &Value, now: Timestamp) -> Vec<String> {
    let suspended = at(object, "/spec/suspend") == Some(&Value::Bool(true));
    let last = text(object, "/status/lastScheduleTime");
    let last = if last.is_empty() {
        or_none("")
    } else {
        since(last, now)
    };
    let mut cells = vec![
        name(object),
        text(object, "/spec/schedule").to_owned(),
        or_none(text(object, "/spec/timeZone")),
        if suspended { "True" } else { "False" }.to_owned(),
        list(object, "/status/active").len().to_string(),
        last,
        age(object, now),
    ];
    cells.extend(inside(object, "/spec/jobTemplate/spec/template", "/none"));
    cells
}

fn scaler(object: &Value, now: Timestamp) -> Vec<String> {
    let of = "/spec/scaleTargetRef";
    let current = list(object, "/status/currentMetrics");
    let target = |(nth, one): (usize, &Value)| {
        let wanted = "/resource/target/averageUtilization";
        let seen = current.get(nth);
        let seen = seen.and_then(|one| at(one, "/resource/current/averageUtilization"));
        let seen = seen.map_or_else(|| "<unknown>".to_owned(), |one| format!("{one}%"));
        let named = text(one, "/resource/name");
        format!("{named}: {seen}/{}%", number(one, wanted))
    };
    let targets: Vec<String> = list(object, "/spec/metrics")
        .iter()
        .enumerate()
        .map(target)
        .collect();
    vec![
        name(object),
        format!(
            "{}/{}",
            text(object, &format!("{of}/kind")),
            text(object, &format!("{of}/name"))
        ),
        or_none(&targets.join(", ")),
        number(object, "/spec/minReplicas").max(1).to_string(),
        count(object, "/spec/maxReplicas"),
        count(object, "/status/currentReplicas"),
        age(object, now),
    ]
}
