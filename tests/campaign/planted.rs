//! The planted bugs: rules that are too weak, and ports that are wrong. A campaign that misses one of
//! them proves nothing.

use crate::bent::KubeBug;
use crate::cloud::CloudBug;
use crate::life::Sync;
use crate::protocols;
use crate::story::Rules;
use crate::wire::Bent;
use crate::{on_all_cores, run, run_twice};
use domain::catalog::Catalog;
use engine::protocol::{PROTOCOL, Protocol};
use serde_json::json;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// After so many schedules a bug counts as missed.
const SCHEDULES_MAX: u64 = 4000;
/// So many schedules without a bug must find nothing.
const SOUND: u64 = 300;

/// A planted bug.
struct Bug {
    name: &'static str,
    rules: Rules,
    /// The invariant that it must break alone in some schedule; `None`: any.
    only: Option<&'static str>,
}

/// Ours in a harsh cloud, to be bent at one place.
const OURS: Rules = Rules {
    harsh: true,
    ..Rules::of(&PROTOCOL)
};
/// Ours in a cloud in which every POST takes effect while it is still searched for: two clusters at
/// once are nobody's fault but ours.
const PROMPT: Rules = Rules::of(&PROTOCOL);

impl Bug {
    fn by_rule(name: &'static str, protocol: &Protocol) -> Self {
        let protocol = Box::leak(Box::new(*protocol));
        Self::new(name, Rules { protocol, ..OURS })
    }

    const fn new(name: &'static str, rules: Rules) -> Self {
        Self {
            name,
            rules,
            only: None,
        }
    }

    /// It counts as found where it breaks this and nothing else.
    fn only(self, rule: &'static str) -> Self {
        Self {
            only: Some(rule),
            ..self
        }
    }

    /// What a schedule shows of it.
    fn seen(&self, seed: u64, catalog: &Arc<Catalog>) -> Option<(&'static str, String)> {
        // The same seed twice shows what follows from something else.
        let outcome = if self.rules.seeded {
            run(seed, self.rules, catalog, false)
        } else {
            run_twice(seed, self.rules, catalog)
        };
        let mut violations = outcome.violations.into_iter();
        let first = violations.next()?;
        let alone = |rule| first.0 == rule && violations.all(|(other, _)| other == rule);
        self.only.is_none_or(alone).then_some(first)
    }

    /// The same rules without the bug.
    fn sound(&self) -> Rules {
        if self.rules.harsh { OURS } else { PROMPT }
    }

    /// It shows where POSTs take effect in time.
    fn in_time(self) -> Self {
        let rules = Rules {
            harsh: false,
            ..self.rules
        };
        Self { rules, ..self }
    }
}

fn wire(name: &'static str, wire: Bent) -> Bug {
    Bug::new(name, Rules { wire, ..OURS })
}

fn cloud(name: &'static str, cloud: CloudBug) -> Bug {
    Bug::new(name, Rules { cloud, ..OURS })
}

fn kube(name: &'static str, kube: KubeBug) -> Bug {
    Bug::new(name, Rules { kube, ..OURS })
}

fn disk(name: &'static str, sync: Sync) -> Bug {
    Bug::new(name, Rules { sync, ..OURS })
}

fn weaker_rules() -> Vec<Bug> {
    let with = |change: fn(&mut Protocol)| {
        let mut protocol = PROTOCOL;
        change(&mut protocol);
        protocol
    };
    vec![
        Bug::by_rule("blind retry of a POST", &protocols::BLIND_RETRY),
        Bug::by_rule(
            "a record after the reply only",
            &protocols::RECORD_AFTER_REPLY,
        ),
        Bug::by_rule("list, then POST", &protocols::LIST_THEN_POST),
        Bug::by_rule(
            "`sent` is not written",
            &with(|one| one.record_sent = false),
        )
        .only("I6"),
        Bug::by_rule(
            "an unknown outcome is not searched",
            &with(|one| one.search_unknown = false),
        )
        .in_time(),
        Bug::by_rule(
            "no time to settle",
            &with(|one| (one.settle_min, one.settle_lag_factor) = (Duration::ZERO, 0)),
        )
        .only("I3")
        .in_time(),
        Bug::by_rule(
            "a POST is sent again at once",
            &with(|one| one.retry_unknown_post = 3),
        )
        .in_time(),
        Bug::by_rule(
            "a duplicate is forgotten",
            &with(|one| one.delete_duplicates = false),
        )
        .only("I1"),
        Bug::by_rule(
            "nothing is found by mark",
            &with(|one| one.find_by_mark = false),
        ),
        Bug::by_rule(
            "children are not swept",
            &with(|one| one.sweep_children = false),
        ),
        Bug::by_rule(
            "one sweep is proof enough",
            &with(|one| (one.clean_sweeps, one.sweep_gap) = (1, Duration::ZERO)),
        )
        .only("I2"),
        Bug::by_rule(
            "the tag alone is proof",
            &with(|one| one.proofs.place = false),
        )
        .only("I5"),
    ]
}

fn wrong_ports() -> Vec<Bug> {
    vec![
        disk("a record is answered before it is synced", Sync::Behind(1)),
        disk(
            "three records are answered before they are synced",
            Sync::Behind(3),
        ),
        wire("the account of an answer is not checked", Bent::AnyAccount),
        wire("Retry-After is ignored", Bent::NoRetryAfter).only("I9"),
        wire("the count is written under an autoscaler", Bent::CountToo),
        wire("a server error counts as a refusal", Bent::ErrorIsRefusal),
        wire("only the first row of a list is read", Bent::FirstRows(1)),
        cloud("the server's filter is trusted", CloudBug::TrustsFilter),
        cloud("a list that failed counts as empty", CloudBug::ErrorIsEmpty),
        cloud("a NodeBalancer's label is proof", CloudBug::LabelIsProof),
        kube("a kept volume's claim is deleted", KubeBug::DeletesKept).only("I16"),
        wire("a refusal quotes the token", Bent::QuotesToken).only("I4"),
        disk("a record is written twice", Sync::Twice).only("I7"),
        disk("the journal's lock is not asked for", Sync::Unlocked).only("I14"),
        cloud("a machine is born when it is seen", CloudBug::BornNow).only("I10"),
        cloud(
            "a listing that failed is answered from memory",
            CloudBug::Remembers,
        )
        .only("I11"),
        cloud("a POST that failed is cleaned up after", CloudBug::CleansUp).only("I13"),
        cloud("any owner tag counts as ours", CloudBug::AnyOwner).only("I14"),
        Bug::new(
            "identifiers come by chance",
            Rules {
                seeded: false,
                ..OURS
            },
        )
        .only("I15"),
    ]
}

/// The first seed that brings something, and what.
fn first<T: Send>(
    most: u64,
    brings: impl Fn(u64) -> Option<T> + std::marker::Sync,
) -> Option<(u64, T)> {
    let (next, found) = (AtomicU64::new(1), AtomicU64::new(most + 1));
    let of_cores = on_all_cores(|| {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= found.load(Ordering::Relaxed) {
                return None;
            }
            if let Some(what) = brings(seed) {
                found.fetch_min(seed, Ordering::Relaxed);
                return Some((seed, what));
            }
        }
    });
    let found = of_cores.into_iter().flatten();
    found.min_by_key(|(seed, _)| *seed)
}

/// Runs schedules with each bug from the n-th on until one of them finds it, and prints the table.
pub(crate) fn find_all(catalog: &Arc<Catalog>, json: bool, from: usize) -> ExitCode {
    let mut rows = Vec::new();
    let mut missed = 0;
    if !json {
        println!("| planted bug | schedules until found | seen as |\n|---|---|---|");
    }
    let false_alarm = first(SOUND, |seed| {
        let finds = |rules| !run(seed, rules, catalog, false).violations.is_empty();
        (finds(OURS) || finds(PROMPT)).then_some(())
    });
    if let Some((seed, ())) = false_alarm {
        println!("without a bug, seed {seed} finds one all the same");
        return ExitCode::FAILURE;
    }
    for bug in weaker_rules().into_iter().chain(wrong_ports()).skip(from) {
        let found = first(SCHEDULES_MAX, |seed| {
            let violation = bug.seen(seed, catalog)?;
            // What is found without the bug as well does not find the bug.
            let sound = run(seed, bug.sound(), catalog, false).violations.is_empty();
            sound.then_some(violation)
        });
        missed += u32::from(found.is_none());
        let (seed, rule, how) = found
            .map_or((None, "MISSED", String::new()), |(seed, (rule, how))| {
                (Some(seed), rule, how)
            });
        if json {
            rows.push(json!({"bug": bug.name, "schedules": seed, "invariant": rule, "how": how}));
        } else {
            let seed = seed.map_or("–".to_owned(), |seed| seed.to_string());
            println!("| {} | {seed} | {rule}: {how} |", bug.name);
        }
    }
    if json {
        println!("{}", json!({"planted": rows, "missed": missed}));
    }
    if missed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
