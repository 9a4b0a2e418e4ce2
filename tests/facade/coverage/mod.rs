//! How long nodes stand without the firewall while the app is open, with the controller inside of the
//! cluster too, and with the controller alone, over a thousand virtual hours each of autoscaling,
//! recycling, roaming and edits by somebody else (`QUAYLIGHT_FULL=1`; some hours otherwise). The truth
//! is the twin's own; the app is asked what it shows, and held against it.

mod life;

use domain::reach::nearest;
use engine::protocol::{PROTOCOL, Protocol};
use life::{Keeper, Life, Told};
use std::time::Duration;

/// Rules that look far too seldom: a gap that must be found.
static SELDOM: Protocol = Protocol {
    observe_every: Duration::from_mins(10),
    ..PROTOCOL
};

fn line(what: &str, spans: &mut [u64]) -> String {
    spans.sort_unstable();
    let at = |percent| nearest(spans, percent).unwrap_or_default();
    let worst = spans.last().copied().unwrap_or_default();
    let count = spans.len();
    format!(
        "{what}: {count}, p50 {} s, p95 {} s, worst {worst} s",
        at(50),
        at(95)
    )
}

async fn lives(
    seeds: std::ops::Range<u64>,
    hours: u64,
    keeper: Keeper,
    protocol: &'static Protocol,
) -> Told {
    let mut all = Told::default();
    for seed in seeds {
        let life = Life::begin(seed, keeper, protocol).await;
        let mut told = life.live(hours).await;
        let (machines, roamed, edits) = (told.machines, told.roamed, told.edits);
        println!(
            "seed {seed}, {hours} h: {machines} machines, {edits} edits, {roamed} roamed; {}; {}; {} \
             wrong",
            line("new", &mut told.new),
            line("taken out", &mut told.taken_out),
            told.wrong.len(),
        );
        all.new.extend(told.new);
        all.taken_out.extend(told.taken_out);
        let wrong = told.wrong.into_iter();
        all.wrong
            .extend(wrong.map(|what| format!("seed {seed}, {what}")));
        all.machines += told.machines;
        all.roamed += told.roamed;
        all.edits += told.edits;
        all.figures.extend(told.figures);
        all.left += told.left;
    }
    all
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long it runs is asked of the environment"
)]
fn length() -> (u64, u64) {
    match std::env::var("QUAYLIGHT_FULL") {
        Ok(full) if full == "1" => (40, 25),
        _ => (2, 6),
    }
}

/// Lets a thousand hours pass (some otherwise), and prints what they came to.
async fn measured(keeper: Keeper) -> Told {
    let (seeds, hours) = length();
    let mut told = lives(0..seeds, hours, keeper, &PROTOCOL).await;
    told.new.sort_unstable();
    let (new, taken) = (
        line("new machines", &mut told.new),
        line("taken out by somebody and put back", &mut told.taken_out),
    );
    println!(
        "{} virtual hours, {} machines, {} edits by somebody else, {} roamed; seconds without the \
         firewall, {keeper:?}: {new}; {taken}; {} taken out and open at the end",
        seeds * hours,
        told.machines,
        told.edits,
        told.roamed,
        told.left,
    );
    for figures in &told.figures {
        let ms = |ms: Option<u64>| ms.unwrap_or_default();
        println!(
            "as shown: {} machines, p50 {} ms, p95 {} ms, worst {} ms, {} never seen covered",
            figures.machines,
            ms(figures.open_p50_ms),
            ms(figures.open_p95_ms),
            ms(figures.open_worst_ms),
            figures.never,
        );
    }
    assert!(
        told.wrong.is_empty(),
        "{}:\n{}",
        told.wrong.len(),
        told.wrong.join("\n")
    );
    assert!(told.machines > 10, "{}", told.machines);
    told
}

/// What is shown is an upper bound of the truth.
fn shown_at_least(told: &Told) {
    let worst = told.figures.iter();
    let worst = worst.filter_map(|one| one.open_worst_ms).max();
    let first = told.new.last().copied().unwrap_or_default();
    assert!(
        worst.unwrap_or_default() + 3_000 >= first * 1_000,
        "{worst:?} {first}"
    );
}

#[tokio::test(start_paused = true)]
async fn with_the_app_open_no_node_stands_open_for_longer_than_a_look_and_nobody_is_locked_out() {
    let told = measured(Keeper::App).await;
    assert!(told.roamed > 0 && !told.taken_out.is_empty());
    shown_at_least(&told);
}

#[tokio::test(start_paused = true)]
async fn with_the_controller_and_the_app_a_new_node_stands_open_until_it_has_joined() {
    let told = measured(Keeper::Both).await;
    assert!(told.roamed > 0 && !told.taken_out.is_empty());
    shown_at_least(&told);
}

#[tokio::test(start_paused = true)]
async fn with_the_app_closed_the_controller_covers_new_nodes_and_puts_none_back() {
    let told = measured(Keeper::Controller).await;
    // It trusts what it wrote down of its nodes.
    assert!(told.left > 0 && told.taken_out.is_empty(), "{}", told.left);
}

#[tokio::test(start_paused = true)]
async fn a_controller_that_somebody_stops_is_found_by_the_gap_that_it_leaves() {
    let life = Life::begin(0, Keeper::Controller, &PROTOCOL).await;
    life.stop_controller().await;
    let told = life.live(6).await;
    let open = told
        .wrong
        .iter()
        .filter(|what| what.contains("stands open"));
    let open = open.count();
    println!("a controller that is stopped leaves {open} gaps that are found");
    assert!(open > 0, "{:?}", told.wrong);
}

#[tokio::test(start_paused = true)]
async fn rules_that_look_too_seldom_are_found_by_the_gap_that_they_leave() {
    let told = lives(0..1, 6, Keeper::App, &SELDOM).await;
    let open = told
        .wrong
        .iter()
        .filter(|what| what.contains("stands open"));
    let open = open.count();
    println!("looking every 10 minutes leaves {open} gaps that are found");
    assert!(open > 0, "{:?}", told.wrong);
}
