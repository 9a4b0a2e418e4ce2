//! How many whole deploy-and-teardown schedules the demo cloud in memory carries a second on one
//! core, through the real client code and in virtual time. The catalog is read once, before. What
//! counts is the processor's time of the one thread: on a computer that others use too, the clock
//! on the wall tells how much they left. It stands beside.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, and measures real time"
)]

use cpu_time::ThreadTime;
use domain::plan::build::{Basis, plan_create, plan_teardown};
use domain::plan::{Plan, Prices};
use domain::record::Fact;
use domain::spec::Spec;
use domain::{DeploymentId, PlanId};
use engine::book::Book;
use engine::ports::Ports;
use engine::protocol::PROTOCOL;
use engine::run::{End, drive};
use engine::signal::{Deaf, signal};
use quaylight_tests::memory::Computer;
use serde_json::{Value, json};
use sim::{Options, Twin};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Runtime;

/// Thousands of small replies are written and read: an allocator for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What every schedule shares: the Spec, and what its parts cost by the catalog, read once.
struct Wish {
    spec: Spec,
    prices: Prices,
}

fn wish(runtime: &Runtime) -> Wish {
    let mine = Some(vec!["203.0.113.7/32".parse().expect("an address")]);
    let spec = Spec {
        kubectl_access: mine.clone(),
        ui_access: mine,
        ..Spec::for_user("ada")
    };
    let catalog = runtime.block_on(async {
        let twin = Twin::new(Options::default()).expect("a new cloud");
        Computer::default().ports(&twin).cloud.catalog().await
    });
    let prices = Prices::of(&spec, &catalog.expect("a catalog"));
    Wish { spec, prices }
}

/// Deploys the reference cluster and tears it down in a cloud whose latencies are `permille`
/// thousandths of the observed ones; the requests that this took.
async fn schedule(seed: u64, permille: u32, wish: &Wish) -> u64 {
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
    let ports = computer.ports(&twin);
    let account = ports.cloud.account().await.expect("an account").id;
    let now = ports.clock.now();
    let basis = Basis {
        plan: PlanId(ports.ids.ulid(now)),
        deployment: DeploymentId(ports.ids.ulid(now)),
        cloud: ports.cloud.id(),
        account: account.clone(),
        now,
        owner: Some(ports.owner.clone()),
        controller: false,
    };
    let deployment = basis.deployment.clone();
    let rules = domain::preset::firewall_rules(&wish.spec);
    let plan = plan_create(&wish.spec, rules, wish.prices, basis);
    let book = Book::create(&ports, Arc::new(Deaf), "bench", deployment, account).await;
    let book = book.expect("a journal");
    carry(&ports, &book, plan).await;
    let progress = book.progress().await;
    let now = ports.clock.now();
    let basis = Basis::of(&progress, PlanId(ports.ids.ulid(now)), now);
    let plan = plan_teardown(&wish.spec, &BTreeSet::new(), wish.prices, basis);
    carry(&ports, &book, plan).await;
    let (_, ledger) = twin.demo("GET", "/_demo/ledger", &Value::Null);
    assert_eq!(ledger["alive"], json!([]), "seed {seed}");
    let (_, calls) = twin.demo("GET", "/_demo/calls", &Value::Null);
    let calls = calls.as_object().into_iter().flatten();
    calls.filter_map(|(_, times)| times.as_u64()).sum()
}

/// Accepts a plan and carries it to its end.
async fn carry(ports: &Ports, book: &Book, plan: Plan) {
    let plan = Box::new(plan);
    book.write(Fact::Accepted { plan })
        .await
        .expect("an acceptance");
    let (_, signal) = signal();
    let end = drive(ports, &PROTOCOL, book, Arc::new(Deaf), signal).await;
    assert!(matches!(end, End::Done), "{end:?}");
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let number = words.iter().find_map(|word| word.parse().ok());
    let schedules: u64 = number.unwrap_or(600);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let wish = wish(&runtime);
    let mut rows = Vec::new();
    for (cloud, permille) in [
        ("observed latencies", 1000),
        ("a tenth of them", 100),
        ("none", 0),
    ] {
        let begun = Instant::now();
        let processor = ThreadTime::now();
        let runs = (0..schedules).map(|seed| runtime.block_on(schedule(seed, permille, &wish)));
        let calls: u64 = runs.sum();
        let seconds = processor.elapsed().as_secs_f64();
        let wall_seconds = begun.elapsed().as_secs_f64();
        let per_second = schedules as f64 / seconds;
        rows.push(json!({
            "cloud": cloud, "schedules": schedules, "seconds": seconds,
            "wall_seconds": wall_seconds, "per_second": per_second, "calls": calls,
        }));
        if !words.iter().any(|word| word == "--json") {
            println!(
                "{cloud}: {schedules} schedules in {seconds:.2} s of one core, {per_second:.0} a \
                 second, {} requests each ({wall_seconds:.2} s on the wall)",
                calls / schedules
            );
        }
    }
    if words.iter().any(|word| word == "--json") {
        println!("{}", json!({"twin": rows}));
    }
}
