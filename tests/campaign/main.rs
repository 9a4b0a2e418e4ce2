//! The campaign: seeded schedules of a whole life under faults, by our rules and, as the control group,
//! by three that are in wide use; and the planted bugs, each of which must be found.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a campaign prints its table, and how far it is"
)]

mod bent;
mod check;
mod cloud;
mod cost;
mod disk;
mod heard;
mod leave;
mod life;
mod menu;
mod pair;
mod planted;
mod plot;
mod progress;
mod protocols;
mod screen;
mod story;
mod table;
mod wire;
mod world;
mod writers;

use check::Outcome;
use cpu_time::ThreadTime;
use domain::catalog::Catalog;
use engine::protocol::{PROTOCOL, Protocol};
use progress::Progress;
use quaylight_tests::memory::Computer;
use sim::{Options, Twin};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use story::Rules;
use table::Sum;

/// Thousands of small replies are written and read: an allocator for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Every so manieth schedule is run twice.
const TWICE: u64 = 25;

/// What the words after the program's name ask for.
struct Asked {
    schedules: u64,
    control: u64,
    seed: u64,
    json: bool,
    /// Only this seed, as a transcript.
    replay: Option<u64>,
    /// By which of the other protocols, by its name; `None`: by ours.
    by: Option<String>,
    planted: bool,
    /// How many planted bugs are left out.
    from: usize,
    harsh: bool,
}

fn asked(words: &[String]) -> Asked {
    let number = |name: &str| {
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1)?.parse().ok()
    };
    let has = |name: &str| words.iter().any(|word| word == name);
    let by = words.iter().position(|word| word == "--by");
    let schedules = number("--schedules").unwrap_or(20_000);
    Asked {
        schedules,
        control: number("--control").unwrap_or(schedules / 10),
        seed: number("--seed").unwrap_or(1),
        json: has("--json"),
        replay: number("--replay"),
        by: by.and_then(|at| words.get(at + 1)).cloned(),
        planted: has("--planted"),
        from: number("--from").map_or(0, |from| usize::try_from(from).unwrap_or_default()),
        harsh: has("--harsh"),
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let asked = asked(&words);
    let catalog = catalog();
    if asked.planted {
        return planted::find_all(&catalog, asked.json, asked.from);
    }
    let static_of = |protocol: Protocol| -> &'static Protocol { Box::leak(Box::new(protocol)) };
    let rules = |protocol| Rules {
        harsh: asked.harsh,
        ..Rules::of(protocol)
    };
    if let Some(seed) = asked.replay {
        let by = |name: &str| protocols::CONTROL.into_iter().find(|(own, _)| *own == name);
        let protocol = match asked.by.as_deref().map(by) {
            Some(Some((_, protocol))) => static_of(protocol),
            Some(None) => {
                println!("`--by` knows no such protocol");
                return ExitCode::FAILURE;
            }
            None => &PROTOCOL,
        };
        return replay(seed, rules(protocol), &catalog);
    }
    let seeds = |number| asked.seed..asked.seed + number;
    let ours = campaign("ours", rules(&PROTOCOL), seeds(asked.schedules), &catalog);
    let control = protocols::CONTROL.into_iter().map(|(name, protocol)| {
        let rules = rules(static_of(protocol));
        campaign(name, rules, seeds(asked.control), &catalog)
    });
    let sums: Vec<Sum> = std::iter::once(ours).chain(control).collect();
    if asked.json {
        println!("{}", table::json(&sums));
    } else {
        print!("{}", table::text(&sums));
    }
    if sums[0].is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// A paused clock for one schedule; what it left behind goes with it. One that panics says which.
fn run(seed: u64, rules: Rules, catalog: &Arc<Catalog>, tell: bool) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let schedule = || runtime.block_on(plot::schedule(seed, rules, catalog.clone(), tell));
    catch_unwind(AssertUnwindSafe(schedule)).unwrap_or_else(|panic| {
        eprintln!("seed {seed} panicked");
        resume_unwind(panic)
    })
}

/// I15: the same seed, the same exchanges.
fn run_twice(seed: u64, rules: Rules, catalog: &Arc<Catalog>) -> Outcome {
    let mut outcome = run(seed, rules, catalog, false);
    let again = run(seed, rules, catalog, false);
    if again.trace != outcome.trace {
        let how = format!("trace {:016x}, again {:016x}", outcome.trace, again.trace);
        outcome.violations.push(("I15", how));
    }
    outcome
}

/// What the demo cloud offers, read once through the real client.
fn catalog() -> Arc<Catalog> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let twin = Twin::new(Options::default()).expect("a new cloud");
        let ports = Computer::default().ports(&twin);
        Arc::new(ports.cloud.catalog().await.expect("a catalog"))
    })
}

fn campaign(name: &'static str, rules: Rules, seeds: Range<u64>, catalog: &Arc<Catalog>) -> Sum {
    let next = AtomicU64::new(seeds.start);
    let progress = Progress::new(name, seeds.end - seeds.start);
    let work = || {
        let mut sum = Sum::new(name);
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if !seeds.contains(&seed) {
                return sum;
            }
            progress.begun(seed);
            let processor = ThreadTime::now();
            let outcome = if seed.is_multiple_of(TWICE) {
                run_twice(seed, rules, catalog)
            } else {
                run(seed, rules, catalog, false)
            };
            progress.ended(seed, outcome.violations.is_empty());
            sum.add(seed, outcome, processor.elapsed());
        }
    };
    let sums = progress.while_working(|| on_all_cores(work));
    sums.into_iter()
        .reduce(Sum::and)
        .unwrap_or_else(|| Sum::new(name))
}

/// The same work on every core, and what each brought.
fn on_all_cores<T: Send>(work: impl Fn() -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(&work)).collect();
        let done = running.into_iter();
        done.map(|one| one.join().expect("a schedule panicked"))
            .collect()
    })
}

/// One seed as a person reads it, and that it is the same twice.
fn replay(seed: u64, rules: Rules, catalog: &Arc<Catalog>) -> ExitCode {
    let outcome = run(seed, rules, catalog, true);
    for line in &outcome.lines {
        println!("{line}");
    }
    for (rule, how) in &outcome.violations {
        println!("VIOLATION {rule}: {how}");
    }
    let again = run(seed, rules, catalog, false);
    println!("trace {:016x}, again {:016x}", outcome.trace, again.trace);
    if outcome.violations.is_empty() && outcome.trace == again.trace {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
