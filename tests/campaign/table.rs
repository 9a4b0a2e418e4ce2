//! The sums of a campaign, as a table and as JSON.

use crate::check::Outcome;
use quaylight_tests::memory::mix;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// Violations that are named one by one; more are only counted.
const NAMED_MAX: usize = 200;
/// Schedules that are named for the processor's time that they took.
const SLOWEST: usize = 10;

/// What the schedules by one protocol came to.
pub(crate) struct Sum {
    name: &'static str,
    schedules: u64,
    two_at_once: u64,
    clusters_left: u64,
    children_left: u64,
    neighbour_touched: u64,
    violations: Vec<(u64, &'static str, String)>,
    violated: u64,
    fired: BTreeMap<String, u64>,
    /// A hash over the exchanges of all schedules, in whichever order they ran.
    traces: u64,
    /// The processor's time of all schedules.
    processor: Duration,
    /// Those that took most of it, by seed; the slowest first.
    slowest: Vec<(Duration, u64)>,
}

impl Sum {
    /// Of no schedule.
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            schedules: 0,
            two_at_once: 0,
            clusters_left: 0,
            children_left: 0,
            neighbour_touched: 0,
            violations: Vec::new(),
            violated: 0,
            fired: BTreeMap::new(),
            traces: 0,
            processor: Duration::ZERO,
            slowest: Vec::new(),
        }
    }

    /// And of this one, which took so much of the processor's time.
    pub(crate) fn add(&mut self, seed: u64, outcome: Outcome, took: Duration) {
        self.schedules += 1;
        self.traces = self.traces.wrapping_add(mix(seed ^ outcome.trace));
        self.processor += took;
        self.slowest.push((took, seed));
        self.keep_slowest();
        self.two_at_once += u64::from(outcome.two_at_once);
        self.clusters_left += u64::from(outcome.cluster_left);
        self.children_left += u64::from(outcome.children_left);
        self.neighbour_touched += u64::from(outcome.neighbour_touched);
        self.violated += u64::from(!outcome.violations.is_empty());
        for (rule, how) in outcome.violations {
            if self.violations.len() < NAMED_MAX {
                self.violations.push((seed, rule, how));
            }
        }
        for (kind, times) in outcome.fired {
            *self.fired.entry(kind).or_default() += times;
        }
    }

    /// Of both.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.schedules += other.schedules;
        self.traces = self.traces.wrapping_add(other.traces);
        self.processor += other.processor;
        self.slowest.extend(other.slowest);
        self.keep_slowest();
        self.two_at_once += other.two_at_once;
        self.clusters_left += other.clusters_left;
        self.children_left += other.children_left;
        self.neighbour_touched += other.neighbour_touched;
        self.violated += other.violated;
        self.violations.extend(other.violations);
        self.violations.sort_by_key(|(seed, ..)| *seed);
        self.violations.truncate(NAMED_MAX);
        for (kind, times) in other.fired {
            *self.fired.entry(kind).or_default() += times;
        }
        self
    }

    fn keep_slowest(&mut self) {
        self.slowest.sort_unstable_by(|one, other| other.cmp(one));
        self.slowest.truncate(SLOWEST);
    }

    /// Whether no truth was broken.
    pub(crate) fn is_clean(&self) -> bool {
        self.violated == 0
    }

    fn row(&self) -> Value {
        let slowest = self.slowest.iter();
        let slowest: Vec<Value> = slowest
            .map(|(took, seed)| json!({"seed": seed, "processor_ms": took.as_millis()}))
            .collect();
        json!({
            "name": self.name, "schedules": self.schedules, "two_at_once": self.two_at_once,
            "clusters_left": self.clusters_left, "children_left": self.children_left,
            "neighbour_touched": self.neighbour_touched,
            "traces": format!("{:016x}", self.traces),
            "processor_seconds": self.processor.as_secs_f64(), "slowest": slowest,
        })
    }
}

/// Ours first.
pub(crate) fn json(sums: &[Sum]) -> Value {
    let ours = &sums[0];
    let violations = ours.violations.iter();
    let violations: Vec<Value> = violations
        .map(|(seed, invariant, how)| json!({"invariant": invariant, "seed": seed, "how": how}))
        .collect();
    json!({
        "protocols": sums.iter().map(Sum::row).collect::<Vec<_>>(),
        "faults": ours.fired,
        "violations": violations,
    })
}

/// One table, the faults under it, and what was violated.
pub(crate) fn text(sums: &[Sum]) -> String {
    let mut out = String::from(
        "| protocol | schedules | two at once | clusters left | NodeBalancers or volumes left | \
         neighbour's things touched |\n|---|---|---|---|---|---|\n",
    );
    for sum in sums {
        let row = [
            sum.schedules,
            sum.two_at_once,
            sum.clusters_left,
            sum.children_left,
            sum.neighbour_touched,
        ];
        let row = row.map(|number| number.to_string()).join(" | ");
        writeln!(out, "| {} | {row} |", sum.name).expect("writing to memory");
    }
    out.push('\n');
    for sum in sums {
        let (seconds, schedules) = (sum.processor.as_secs_f64(), sum.schedules as f64);
        let per_second = if seconds > 0.0 {
            schedules / seconds
        } else {
            0.0
        };
        let slowest = sum.slowest.iter();
        let slowest: Vec<String> = slowest
            .map(|(took, seed)| format!("{seed} ({} ms)", took.as_millis()))
            .collect();
        writeln!(
            out,
            "{}: {seconds:.1} s of the processor's time, {per_second:.0} schedules a second, \
             exchanges {:016x}, slowest seeds: {}",
            sum.name,
            sum.traces,
            slowest.join(", ")
        )
        .expect("writing to memory");
    }
    let ours = &sums[0];
    let fired = ours.fired.iter().filter(|(_, times)| **times > 0);
    let fired: Vec<String> = fired
        .map(|(kind, times)| format!("{kind} {times}"))
        .collect();
    writeln!(
        out,
        "\n{} kinds of fault fired: {}",
        fired.len(),
        fired.join(", ")
    )
    .expect("memory");
    writeln!(out, "{} schedules with a violation", ours.violated).expect("memory");
    for (seed, rule, how) in &ours.violations {
        writeln!(out, "seed {seed}: {rule}: {how}").expect("memory");
    }
    out
}
