//! Many seeds in memory: virtual time beyond the cloud's own, computing time on a cloud without
//! latencies and a real disk, requests, and what a deployment that stands asks for.

use super::{TOKEN, Took, at, joined, percent, tested};
use anyhow::{Context as _, Result, ensure};
use domain::plan::Prices;
use domain::plan::build::{Basis, plan_create};
use domain::record::{Fact, Record};
use domain::spec::Spec;
use domain::{DeploymentId, PlanId};
use engine::book::Book;
use engine::ports::{Calls, Ports};
use engine::protocol::PROTOCOL;
use engine::run::{End, drive};
use engine::signal::{Deaf, signal};
use local::FileJournals;
use quaylight_tests::memory::{Computer, MemoryJournals, start};
use serde_json::{Value, json};
use sim::{Options, Twin};
use std::sync::Arc;
use std::time::Instant;

/// Deploys on a cloud without latencies.
const IDLE_CLOUD: u64 = 50;
/// For so long a deployment that stands is watched.
const STEADY_MINUTES: u64 = 60;

/// What many deploys came to.
pub(crate) struct Sum {
    seeds: u64,
    over_permille: Vec<i64>,
    over_ms: Vec<i64>,
    computing_us: Vec<i64>,
    others: u32,
    polls: u32,
    catalog: u32,
    lists_a_minute: f64,
}

fn spec() -> Spec {
    let mine = Some(vec!["203.0.113.7/32".parse().expect("an address")]);
    Spec {
        kubectl_access: mine.clone(),
        ui_access: mine,
        ..Spec::for_user("ada")
    }
}

fn cloud(seed: u64, permille: u32) -> Result<Twin> {
    let options = Options {
        seed,
        start: "2026-11-23T10:00:00Z".parse().ok(),
        ..Options::default()
    };
    let twin = Twin::new(options)?;
    let switches = json!({"latency_permille": permille});
    ensure!(twin.demo("PUT", "/_demo/switches", &switches).0 == 200);
    Ok(twin)
}

/// Accepts the reference cluster and carries it to its end.
async fn deploy(ports: &Ports, prices: Prices) -> Result<(DeploymentId, Calls)> {
    let account = ports.cloud.account().await;
    let account = account
        .map_err(|failure| anyhow::anyhow!("{failure:?}"))?
        .id;
    let now = ports.clock.now();
    let basis = Basis {
        plan: PlanId(ports.ids.ulid(now)),
        deployment: DeploymentId(ports.ids.ulid(now)),
        cloud: ports.cloud.id(),
        account: account.clone(),
        owner: Some(ports.owner.clone()),
        now,
        controller: false,
    };
    let id = basis.deployment.clone();
    let spec = spec();
    let rules = domain::preset::firewall_rules(&spec);
    let plan = Box::new(plan_create(&spec, rules, prices, basis));
    let book = Book::create(ports, Arc::new(Deaf), "bench", id.clone(), account).await?;
    let before = ports.cloud.calls();
    book.write(Fact::Accepted { plan }).await?;
    let (_, signal) = signal();
    let end = drive(ports, &PROTOCOL, &book, Arc::new(Deaf), signal).await;
    ensure!(matches!(end, End::Done), "{end:?}");
    let after = ports.cloud.calls();
    let calls = Calls {
        catalog: after.catalog - before.catalog,
        polls: after.polls - before.polls,
        others: after.others - before.others,
    };
    Ok((id, calls))
}

/// What the journal and Kubernetes say of a deploy's time.
pub(crate) async fn took(twin: &Twin, records: &[Record]) -> Result<Took> {
    let when = |fits: fn(&Fact) -> bool| {
        let found = records.iter().find(|one| fits(&one.fact));
        found.map(|one| one.at).context("a record")
    };
    let accepted = when(|fact| matches!(fact, Fact::Accepted { .. }))?;
    let done = when(|fact| matches!(fact, Fact::Completed { .. }))?;
    let pool = when(|fact| matches!(fact, Fact::Made { thing, .. } if thing.as_pool().is_some()))?;
    let mut things = records.iter().filter_map(|one| {
        let Fact::Made { thing, .. } = &one.fact else {
            return None;
        };
        thing.as_cluster()
    });
    let cluster = things.next().context("a cluster")?;
    let joined = joined(twin, TOKEN, cluster.0).await?;
    Ok(Took {
        whole: done.duration_since(accepted).as_millis() as i64,
        node: joined.duration_since(pool).as_millis() as i64,
        test: tested(twin, TOKEN, cluster.0).await?,
    })
}

pub(crate) fn measure(seeds: u64) -> Result<Sum> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()?;
    let prices = runtime.block_on(async {
        let twin = cloud(1, 1000)?;
        let catalog = Computer::default().ports(&twin).cloud.catalog().await;
        let catalog = catalog.map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
        anyhow::Ok(Prices::of(&spec(), &catalog))
    })?;
    let mut sum = Sum {
        seeds,
        over_permille: Vec::new(),
        over_ms: Vec::new(),
        computing_us: Vec::new(),
        others: 0,
        polls: 0,
        catalog: 0,
        lists_a_minute: 0.0,
    };
    for seed in 1..=seeds {
        let took = runtime.block_on(async {
            let twin = cloud(seed, 1000)?;
            let disk = MemoryJournals::default();
            let computer = Computer {
                journals: Arc::new(disk.clone()),
                ids: Some(seed),
                ..Computer::default()
            };
            let (_, calls) = deploy(&computer.ports(&twin), prices).await?;
            sum.others = sum.others.max(calls.others);
            sum.polls = sum.polls.max(calls.polls);
            sum.catalog = sum.catalog.max(calls.catalog);
            let (_, records) = disk.all().pop().context("a journal")?;
            took(&twin, &records).await
        })?;
        sum.over_permille.push(took.over_permille());
        sum.over_ms.push(took.over_ms());
    }
    for seed in 1..=IDLE_CLOUD {
        sum.computing_us
            .push(runtime.block_on(computing(seed, prices))?);
    }
    sum.lists_a_minute = runtime.block_on(steady(prices))?;
    for values in [
        &mut sum.over_permille,
        &mut sum.over_ms,
        &mut sum.computing_us,
    ] {
        values.sort_unstable();
    }
    Ok(sum)
}

/// How long a deploy takes on a cloud without latencies, with its journal on a real disk.
async fn computing(seed: u64, prices: Prices) -> Result<i64> {
    let twin = cloud(seed, 0)?;
    let home = tempfile::tempdir()?;
    let computer = Computer {
        journals: Arc::new(FileJournals::new(home.path().to_owned(), "bench")),
        ids: Some(seed),
        ..Computer::default()
    };
    let ports = computer.ports(&twin);
    let begun = Instant::now();
    deploy(&ports, prices).await?;
    Ok(begun.elapsed().as_micros() as i64)
}

/// Collections that are read a minute for a deployment that stands.
async fn steady(prices: Prices) -> Result<f64> {
    let twin = cloud(1, 1000)?;
    let computer = Computer::default();
    deploy(&computer.ports(&twin), prices).await?;
    let engine = start(computer.ports(&twin), &PROTOCOL).await;
    engine.keep_watch();
    let clock = twin.clock();
    // What begins once is not what goes on.
    clock.sleep_ms(10 * 60_000).await;
    twin.demo("DELETE", "/_demo/calls", &Value::Null);
    clock.sleep_ms(STEADY_MINUTES * 60_000).await;
    let (_, calls) = twin.demo("GET", "/_demo/calls", &Value::Null);
    let lists = [
        "clusters",
        "instances",
        "pools",
        "nodebalancers",
        "volumes",
        "firewalls",
        "devices",
    ];
    let is_list = |call: &str| {
        let last = call.rsplit('/').next().unwrap_or_default();
        call.starts_with("GET ") && lists.contains(&last)
    };
    let calls = calls.as_object().cloned().unwrap_or_default();
    let lists = calls.iter().filter(|(path, _)| is_list(path));
    let lists: u64 = lists.filter_map(|(_, times)| times.as_u64()).sum();
    Ok(lists as f64 / STEADY_MINUTES as f64)
}

impl Sum {
    pub(crate) fn json(&self) -> Value {
        json!({
            "seeds": self.seeds,
            "over_percent_p50": percent(at(&self.over_permille, 0.5)),
            "over_percent_worst": percent(at(&self.over_permille, 1.0)),
            "over_ms_p50": at(&self.over_ms, 0.5),
            "computing_ms_p50": at(&self.computing_us, 0.5) as f64 / 1000.0,
            "computing_ms_worst": at(&self.computing_us, 1.0) as f64 / 1000.0,
            "calls": {"others": self.others, "polls": self.polls, "catalog": self.catalog},
            "lists_a_minute": self.lists_a_minute,
        })
    }

    pub(crate) fn print(&self) {
        println!(
            "time above the cloud's own, virtual, {} seeds: p50 {:.1} %, worst {:.1} % (p50 {} ms)",
            self.seeds,
            percent(at(&self.over_permille, 0.5)),
            percent(at(&self.over_permille, 1.0)),
            at(&self.over_ms, 0.5),
        );
        println!(
            "computing for a deploy on a cloud without latencies: p50 {:.1} ms, worst {:.1} ms of {}",
            at(&self.computing_us, 0.5) as f64 / 1000.0,
            at(&self.computing_us, 1.0) as f64 / 1000.0,
            self.computing_us.len(),
        );
        println!(
            "requests from accept to ready, at most: {}, besides {} waiting polls and {} of the catalog",
            self.others, self.polls, self.catalog
        );
        println!(
            "collections read a minute while it stands: {:.1}",
            self.lists_a_minute
        );
    }
}
