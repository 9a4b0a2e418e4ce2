//! How GPUs are used, over virtual hours: seen in the node's row, summed, and called idle with what
//! that has cost.

use crate::bench::{Bench, tokio_sleep};
use domain::DeploymentId;
use domain::plan::PoolRole;
use domain::usage::POINTS;
use domain::view::{DeploymentState, Row, UsageTotals, UsageView};
use expect_test::expect;
use serde_json::{Value, json};

/// The usage of the GPU node and of all.
fn usage(bench: &Bench, id: &DeploymentId) -> (Option<UsageView>, Option<UsageTotals>) {
    let (mut node, mut totals) = (None, None);
    for (_, row) in bench.engine.rows(id) {
        match row {
            Row::Node(row) if row.role == PoolRole::Gpu => node = row.usage.map(|one| *one),
            Row::Node(row) => assert_eq!(row.usage, None, "it has no GPU"),
            Row::Deployment(row) => totals = row.totals.and_then(|all| all.usage),
            Row::App(_) | Row::Step(_) | Row::Spend(_) | Row::Activity(_) => {}
        }
    }
    (node, totals)
}

/// In a line: use, memory, temperature, and for how long it is idle, in tens of minutes as the steps of
/// a real disk are no virtual time.
fn told(bench: &Bench, id: &DeploymentId) -> String {
    let (node, totals) = usage(bench, id);
    let Some(node) = node else {
        return "–".to_owned();
    };
    let idle = |one: domain::view::IdleView| {
        let seconds = one.until.duration_since(one.since).as_secs();
        // A node with one GPU is $0.52 an hour.
        assert_eq!(one.cost.unwrap().0, 520_000 * seconds / 3600);
        format!("{} idle for {}0 min", one.gpus, seconds / 600)
    };
    let all = totals.map(|all| format!("{} of {} GPUs: {} %", all.gpus, node.gpus, all.percent));
    let shown = |value: Option<u64>| value.map_or("–".to_owned(), |value| value.to_string());
    assert_eq!(totals.and_then(|all| all.idle), node.idle);
    format!(
        "{} % {} of {} MiB {} °C; {}; {}",
        shown(node.percent.map(u64::from)),
        shown(node.memory_mib),
        shown(node.memory_all_mib),
        shown(node.celsius.map(u64::from)),
        all.unwrap_or_default(),
        node.idle.map(idle).unwrap_or_default(),
    )
}

/// The day in words, each once in a row: what nobody saw, idle, busy. A quarter of both is neither.
fn line(bench: &Bench, id: &DeploymentId) -> String {
    let day = usage(bench, id).0.unwrap().day;
    assert_eq!(day.len(), POINTS);
    let word = |one: &Option<u8>| match one {
        None => Some("–"),
        Some(0) => Some("idle"),
        Some(61) => Some("busy"),
        Some(_) => None,
    };
    let mut words: Vec<&str> = day.iter().filter_map(word).collect();
    words.dedup();
    words.join(" ")
}

async fn cluster(bench: &Bench) -> u64 {
    let clusters = bench.somebody("GET", "/v4/lke/clusters").await;
    clusters["data"][0]["id"].as_u64().unwrap()
}

/// A job that takes the card for so long, and how much of it.
fn job(seconds: u32, percent: &str) -> Value {
    let toleration = json!({"key": "nvidia.com/gpu", "operator": "Exists"});
    json!({
        "metadata": {"name": "train"},
        "spec": {"template": {
            "metadata": {"annotations": {"demo.quaylight/gpu-percent": percent}},
            "spec": {
                "restartPolicy": "Never", "tolerations": [toleration],
                "containers": [{
                    "name": "train", "image": "pytorch", "command": ["sleep", seconds.to_string()],
                    "resources": {"limits": {"nvidia.com/gpu": 1}},
                }],
            },
        }},
    })
}

const JOBS: &str = "/apis/batch/v1/namespaces/default/jobs";

#[tokio::test(start_paused = true)]
async fn a_gpu_that_nobody_uses_is_idle_after_a_while_and_says_what_that_has_cost() {
    let mut bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    let cluster = cluster(&bench).await;
    bench.engine.keep_watch();
    let mut all: Vec<String> = Vec::new();
    let mut note = |bench: &Bench, what: &str| all.push(format!("{what}: {}\n", told(bench, &id)));
    tokio_sleep(10 * 60).await;
    note(&bench, "after 10 min");
    tokio_sleep(35 * 60).await;
    note(&bench, "after 45 min");
    bench.kube(cluster, JOBS, &job(3600, "61")).await;
    tokio_sleep(5 * 60).await;
    note(&bench, "while a job runs");
    tokio_sleep(80 * 60).await;
    note(&bench, "after it");
    // Another process goes on where this one was: what it kept, and what it sees itself.
    tokio_sleep(6 * 60).await;
    bench.restart().await;
    bench.engine.keep_watch();
    tokio_sleep(5 * 60).await;
    note(&bench, "in another process");
    expect!["– idle busy idle"].assert_eq(&line(&bench, &id));
    // A time in which nobody looked is neither idle nor drawn.
    bench.restart().await;
    tokio_sleep(2 * 3600).await;
    note(&bench, "two hours later");
    bench.engine.keep_watch();
    tokio_sleep(5 * 60).await;
    note(&bench, "looked at again");
    expect!["– idle busy idle – idle"].assert_eq(&line(&bench, &id));
    tokio_sleep(20 * 60).await;
    note(&bench, "for longer");
    expect![[r#"
        after 10 min: 0 % 3 of 20475 MiB 36 °C; 1 of 1 GPUs: 0 %; 
        after 45 min: 0 % 3 of 20475 MiB 36 °C; 1 of 1 GPUs: 0 %; 1 idle for 40 min
        while a job runs: 61 % 17408 of 20475 MiB 55 °C; 1 of 1 GPUs: 61 %; 
        after it: 0 % 3 of 20475 MiB 36 °C; 1 of 1 GPUs: 0 %; 1 idle for 20 min
        in another process: 0 % 3 of 20475 MiB 36 °C; 1 of 1 GPUs: 0 %; 1 idle for 30 min
        two hours later: –
        looked at again: 0 % 3 of 20475 MiB 36 °C; 1 of 1 GPUs: 0 %; 
        for longer: 0 % 3 of 20475 MiB 36 °C; 1 of 1 GPUs: 0 %; 1 idle for 20 min
    "#]]
    .assert_eq(&all.concat());
}

#[tokio::test(start_paused = true)]
async fn an_exporter_is_asked_once_a_minute_and_one_that_is_silent_leaves_the_use_unknown() {
    let bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    let metrics = "/kubernetes/api/v1/namespaces/kube-system/pods/*/proxy/metrics";
    let asked = |kind: &str| {
        let rules = json!({"rules": [{"kind": kind, "path": metrics}]});
        let (status, before) = bench.twin.demo("PUT", "/_demo/faults", &rules);
        assert_eq!(status, 200, "{before}");
        before["rules"][0]["seen"].as_u64()
    };
    // A kind that strikes nothing here, and counts.
    asked("slow");
    // Whoever looks again and again reads no more than that.
    for _ in 0..20 {
        bench.engine.observe_once(&id).await;
        bench.engine.glance(&id).await;
        tokio_sleep(3).await;
    }
    let before = told(&bench, &id);
    bench.engine.keep_watch();
    tokio_sleep(25 * 60).await;
    let asked_for = asked("kube_forbidden").unwrap();
    assert!((25..=27).contains(&asked_for), "{asked_for} in 26 minutes");
    tokio_sleep(8 * 60).await;
    let soon = told(&bench, &id);
    tokio_sleep(4 * 60).await;
    let late = told(&bench, &id);
    assert_eq!(bench.state(), DeploymentState::Running);
    asked("slow");
    tokio_sleep(2 * 60).await;
    let then = told(&bench, &id);
    expect![[r#"
        0 % 3 of 20475 MiB 36 °C; 1 of 1 GPUs: 0 %; 
        0 % 3 of 20475 MiB 36 °C; 1 of 1 GPUs: 0 %; 1 idle for 20 min
        – % – of – MiB – °C; ; 
        0 % 3 of 20475 MiB 36 °C; 1 of 1 GPUs: 0 %; "#]]
    .assert_eq(&format!("{before}\n{soon}\n{late}\n{then}"));
}
