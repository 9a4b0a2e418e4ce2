//! Jobs and CronJobs.

use expect_test::expect;
use serde_json::{Value, json};

use super::life::Life;

const JOBS: &str = "/apis/batch/v1/namespaces/default/jobs";
const CRONS: &str = "/apis/batch/v1/namespaces/default/cronjobs";
const PODS: &str = "/api/v1/namespaces/default/pods";

fn job(name: &str, command: &str, spec: &Value, policy: &str) -> Value {
    let command: Vec<&str> = command.split_whitespace().collect();
    let mut out = json!({"metadata": {"name": name}, "spec": {"template": {"spec": {
        "restartPolicy": policy,
        "containers": [{"name": "c", "image": "busybox:1", "command": command}],
    }}}});
    for (field, value) in spec.as_object().into_iter().flatten() {
        out["spec"][field] = value.clone();
    }
    out
}

/// What a Job has counted, and how it ended.
async fn told(life: &Life, name: &str) -> String {
    let job = life.get(&format!("{JOBS}/{name}")).await;
    let status = job["status"].as_object().cloned().unwrap_or_default();
    let mut words = Vec::new();
    for field in ["active", "ready", "succeeded", "failed", "completedIndexes"] {
        if let Some(count) = status.get(field).filter(|count| **count != 0) {
            words.push(format!("{field} {}", count.to_string().trim_matches('"')));
        }
    }
    let conditions = status.get("conditions").and_then(Value::as_array);
    for one in conditions.into_iter().flatten() {
        let word = |field: &str| one[field].as_str().unwrap_or_default().to_owned();
        words.push(format!(
            "{}={} {}",
            word("type"),
            word("status"),
            word("reason")
        ));
    }
    format!("{} s: {}\n", life.clock(), words.join(", "))
}

#[tokio::test]
async fn a_job_finds_its_pods_by_its_own_uid() {
    let life = Life::new();
    let one = job("one", "sleep 60", &json!({}), "Never");
    let made = life.ok(&format!("POST {JOBS}"), one).await;
    let uid = made["metadata"]["uid"].as_str().unwrap();
    let pods = life.list(PODS).await;
    let written = json!([
        made["spec"]["selector"],
        made["metadata"]["labels"],
        made["spec"]["completions"],
        made["spec"]["backoffLimit"],
        pods[0]["metadata"]["labels"],
    ]);
    let text = written.to_string().replace(uid, "UID");
    expect![[r#"[{"matchLabels":{"batch.kubernetes.io/controller-uid":"UID"}},{"batch.kubernetes.io/controller-uid":"UID","batch.kubernetes.io/job-name":"one","controller-uid":"UID","job-name":"one"},1,6,{"batch.kubernetes.io/controller-uid":"UID","batch.kubernetes.io/job-name":"one","controller-uid":"UID","job-name":"one"}]"#]].assert_eq(&text);
}

#[tokio::test]
async fn parts_are_done_beside_each_other_and_each_pod_knows_its_own() {
    let mut life = Life::new();
    let spec = json!({"completions": 5, "parallelism": 2, "completionMode": "Indexed"});
    let parts = job("parts", "sleep 10", &spec, "Never");
    life.ok(&format!("POST {JOBS}"), parts).await;
    let first = &life.list(PODS).await[0];
    let index = "batch.kubernetes.io/job-completion-index";
    assert_eq!(first["metadata"]["labels"][index], "0");
    assert_eq!(first["metadata"]["annotations"][index], "0");
    assert_eq!(first["spec"]["hostname"], "parts-0");
    assert_eq!(
        first["spec"]["containers"][0]["env"][0]["name"],
        "JOB_COMPLETION_INDEX"
    );
    let mut lines = told(&life, "parts").await;
    for seconds in [25, 6, 60, 60] {
        life.after(seconds);
        lines += &told(&life, "parts").await;
    }
    assert!(life.get(&format!("{JOBS}/parts")).await["status"]["completionTime"].is_string());
    expect![[r#"
        0 s: active 2
        25 s: active 2, ready 2
        31 s: active 2, succeeded 2, completedIndexes 0-1
        91 s: succeeded 5, completedIndexes 0-4, SuccessCriteriaMet=True CompletionsReached, Complete=True CompletionsReached
        151 s: succeeded 5, completedIndexes 0-4, SuccessCriteriaMet=True CompletionsReached, Complete=True CompletionsReached
    "#]].assert_eq(&lines);
}

#[tokio::test]
async fn what_fails_is_tried_again_with_growing_pauses_until_its_limit() {
    let mut life = Life::new();
    let spec = json!({"backoffLimit": 2});
    let bad = job("bad", "sh -c exit 3", &spec, "Never");
    life.ok(&format!("POST {JOBS}"), bad).await;
    let again = job("again", "false", &spec, "OnFailure");
    life.ok(&format!("POST {JOBS}"), again).await;
    let mut lines = String::new();
    for seconds in [21, 8, 21, 18, 30, 200] {
        life.after(seconds);
        lines.extend([format!("bad {}", told(&life, "bad").await)]);
    }
    lines.extend([format!("again {}", told(&life, "again").await)]);
    let pods = life.list(PODS).await;
    for pod in &pods {
        let state = &pod["status"]["containerStatuses"][0]["state"]["terminated"];
        lines.extend([format!(
            "{} {}\n",
            pod["status"]["phase"], state["exitCode"]
        )]);
    }
    expect![[r#"
        bad 21 s: failed 1
        bad 29 s: failed 1
        bad 50 s: failed 2
        bad 68 s: failed 2
        bad 98 s: failed 3, FailureTarget=True BackoffLimitExceeded, Failed=True BackoffLimitExceeded
        bad 298 s: failed 3, FailureTarget=True BackoffLimitExceeded, Failed=True BackoffLimitExceeded
        again 298 s: failed 1, FailureTarget=True BackoffLimitExceeded, Failed=True BackoffLimitExceeded
        "Failed" 3
        "Failed" 3
        "Failed" 3
    "#]].assert_eq(&lines);
}

#[tokio::test]
async fn a_job_ends_at_its_deadline_and_goes_when_its_time_is_over() {
    let mut life = Life::new();
    let spec = json!({"activeDeadlineSeconds": 60, "ttlSecondsAfterFinished": 30});
    let slow = job("slow", "sleep infinity", &spec, "Never");
    life.ok(&format!("POST {JOBS}"), slow).await;
    let mut lines = String::new();
    for seconds in [59, 1, 29] {
        life.after(seconds);
        lines += &told(&life, "slow").await;
    }
    life.after(1);
    assert_eq!(life.list(JOBS).await.len(), 0);
    assert_eq!(life.list(PODS).await.len(), 0);
    expect![[r#"
        59 s: active 1, ready 1
        60 s: failed 1, FailureTarget=True DeadlineExceeded, Failed=True DeadlineExceeded
        89 s: failed 1, FailureTarget=True DeadlineExceeded, Failed=True DeadlineExceeded
    "#]]
    .assert_eq(&lines);
}

#[tokio::test]
async fn a_suspended_job_has_no_pods_until_it_is_resumed() {
    let mut life = Life::new();
    let later = job("later", "true", &json!({"suspend": true}), "Never");
    life.ok(&format!("POST {JOBS}"), later).await;
    life.after(30);
    let mut lines = told(&life, "later").await;
    let suspend = async |life: &Life, yes: bool| {
        let patch = json!({"spec": {"suspend": yes}});
        life.patch(&format!("{JOBS}/later"), patch).await;
    };
    suspend(&life, false).await;
    lines += &told(&life, "later").await;
    suspend(&life, true).await;
    lines += &told(&life, "later").await;
    suspend(&life, false).await;
    life.after(60);
    lines += &told(&life, "later").await;
    expect![[r#"
        30 s: Suspended=True JobSuspended
        30 s: active 1, Suspended=False JobResumed
        30 s: Suspended=True JobSuspended
        90 s: succeeded 1, SuccessCriteriaMet=True CompletionsReached, Complete=True CompletionsReached
    "#]].assert_eq(&lines);
}

#[tokio::test]
async fn a_job_s_pods_stay_unless_they_are_to_go_too() {
    let life = Life::new();
    for (name, options, left) in [
        ("a", Value::Null, 1),
        ("b", json!({"propagationPolicy": "Background"}), 1),
    ] {
        let one = job(name, "sleep 60", &json!({}), "Never");
        life.ok(&format!("POST {JOBS}"), one).await;
        life.ok(&format!("DELETE {JOBS}/{name}"), options).await;
        assert_eq!(life.list(PODS).await.len(), left, "{name}");
    }
}

#[tokio::test]
async fn a_schedule_makes_jobs_at_its_times_and_keeps_some() {
    let mut life = Life::new();
    let template = job("x", "true", &json!({}), "Never");
    let cron = |name: &str, spec: Value| {
        let mut out = json!({"metadata": {"name": name}, "spec": spec});
        out["spec"]["jobTemplate"] = json!({"spec": template["spec"]});
        out
    };
    let tick = json!({"schedule": "*/2 * * * *", "successfulJobsHistoryLimit": 2});
    life.ok(&format!("POST {CRONS}"), cron("tick", tick)).await;
    let mut lines = String::new();
    for seconds in [60, 60, 60, 60, 600] {
        life.after(seconds);
        let mut jobs = Vec::new();
        for one in life.list(JOBS).await {
            let done = one["status"]["succeeded"] == 1;
            jobs.push(if done { "done" } else { "active" });
        }
        let status = life.get(&format!("{CRONS}/tick")).await["status"].clone();
        lines.extend([format!(
            "{} s: {} last {} active {}\n",
            life.clock(),
            jobs.join(" "),
            status["lastScheduleTime"],
            status["active"].as_array().map_or(0, Vec::len),
        )]);
    }
    let job = &life.list(JOBS).await[0]["metadata"];
    assert_eq!(job["ownerReferences"][0]["kind"], "CronJob");
    life.ok(&format!("DELETE {CRONS}/tick"), json!({})).await;
    assert_eq!(life.list(JOBS).await.len(), 0);
    expect![[r#"
        60 s: done last "2026-11-18T11:08:00Z" active 0
        120 s: done last "2026-11-18T11:08:00Z" active 0
        180 s: done done last "2026-11-18T11:10:00Z" active 0
        240 s: done done last "2026-11-18T11:10:00Z" active 0
        840 s: done done last "2026-11-18T11:20:00Z" active 0
    "#]]
    .assert_eq(&lines);
}
