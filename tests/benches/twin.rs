//! How many whole deploy-and-teardown schedules the demo cloud in memory carries a second on one
//! core, through the real client code and in virtual time.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, and measures real time"
)]

use domain::spec::Spec;
use engine::facade::For;
use engine::protocol::PROTOCOL;
use quaylight_tests::memory::Computer;
use serde_json::{Value, json};
use sim::{Options, Twin};
use std::time::Instant;

/// Thousands of small replies are written and read: an allocator for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Deploys the reference cluster and tears it down in a cloud whose latencies are `permille`
/// thousandths of the observed ones; the requests that this took.
async fn schedule(seed: u64, permille: u32) -> u64 {
    let options = Options {
        seed,
        start: "2026-11-23T10:00:00Z".parse().ok(),
        ..Options::default()
    };
    let twin = Twin::new(options).expect("a new cloud");
    let switches = json!({"latency_permille": permille});
    assert_eq!(twin.demo("PUT", "/_demo/switches", &switches).0, 200);
    let computer = Computer {
        ids: Some(seed),
        ..Computer::default()
    };
    let engine = computer.start(&twin, &PROTOCOL).await;
    let mine = Some(vec!["203.0.113.7/32".parse().expect("an address")]);
    let spec = Spec {
        kubectl_access: mine.clone(),
        ui_access: mine,
        ..Spec::for_user("ada")
    };
    let review = engine.review(spec, For::New).await.expect("a review");
    let plan = review.plan.expect("a plan");
    let id = engine.accept(&plan, false).await.expect("an acceptance");
    engine.wait(&id).await;
    engine.tear_down(&id, "ada", &[]).await.expect("a teardown");
    engine.wait(&id).await;
    let (_, ledger) = twin.demo("GET", "/_demo/ledger", &Value::Null);
    assert_eq!(ledger["alive"], json!([]), "seed {seed}");
    let (_, calls) = twin.demo("GET", "/_demo/calls", &Value::Null);
    let calls = calls.as_object().into_iter().flatten();
    calls.filter_map(|(_, times)| times.as_u64()).sum()
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let number = words.iter().find_map(|word| word.parse().ok());
    let schedules: u64 = number.unwrap_or(600);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let mut rows = Vec::new();
    for (cloud, permille) in [
        ("observed latencies", 1000),
        ("a tenth of them", 100),
        ("none", 0),
    ] {
        let begun = Instant::now();
        let runs = (0..schedules).map(|seed| runtime.block_on(schedule(seed, permille)));
        let calls: u64 = runs.sum();
        let seconds = begun.elapsed().as_secs_f64();
        let per_second = schedules as f64 / seconds;
        rows.push(json!({
            "cloud": cloud, "schedules": schedules, "seconds": seconds,
            "per_second": per_second, "calls": calls,
        }));
        if !words.iter().any(|word| word == "--json") {
            println!(
                "{cloud}: {schedules} schedules in {seconds:.2} s on one core, {per_second:.0} a \
                 second, {} requests each",
                calls / schedules
            );
        }
    }
    if words.iter().any(|word| word == "--json") {
        println!("{}", json!({"twin": rows}));
    }
}
