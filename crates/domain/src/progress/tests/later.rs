//! What a journal says after its run: searches, what was found again, what was interrupted.

use super::{Tale, text};
use crate::ids::{ClusterId, PlanId};
use crate::plan::Prices;
use crate::plan::build::{
    plan_teardown,
    tests::{basis, spec},
};
use crate::record::{Fact, Thing, VERSION};
use crate::screen::state;
use crate::view::DeploymentState;
use jiff::SignedDuration;
use std::collections::BTreeSet;

#[test]
fn a_journal_is_continued_only_in_a_newer_format_that_is_known() {
    let mut tale = Tale::begin();
    let continued = |version| Fact::Continued {
        version,
        writer: "later".to_owned(),
    };
    for version in [VERSION - 1, VERSION, VERSION + 1] {
        let told = tale.try_tell(continued(version));
        assert!(
            told.contains(&format!("format {version} after {VERSION}")),
            "{told}"
        );
    }
    tale.progress.header.version = 1;
    tale.tell(continued(VERSION));
    assert_eq!(tale.progress.header.version, VERSION);
}

impl Tale {
    fn sweep(&mut self, found: Vec<Thing>) {
        self.tell(Fact::Swept {
            clean: found.is_empty(),
            found,
            doubtful: Vec::new(),
            restricted: false,
        });
    }

    /// Torn down, by a plan whose steps went well.
    fn gone() -> Self {
        let mut tale = Self::accepted();
        let plan = plan_teardown(&spec(), &BTreeSet::new(), Prices::default(), basis());
        let steps = plan.steps.len();
        tale.tell(Fact::Accepted {
            plan: Box::new(plan),
        });
        for step in 0..steps {
            tale.start(step);
            tale.sweep(Vec::new());
            tale.finish(step);
        }
        let plan = PlanId("p".to_owned());
        tale.tell(Fact::Completed { plan });
        tale
    }

    fn due_in_minutes(&self) -> i64 {
        let due = self.progress.sweep_due().expect("a sweep is due");
        due.duration_since(self.at).as_mins()
    }
}

#[test]
fn what_is_found_again_is_not_gone_until_two_clean_sweeps_a_minute_apart() {
    let mut tale = Tale::gone();
    let seen = |tale: &Tale| state(&tale.progress, false);
    assert_eq!(seen(&tale), DeploymentState::Gone);
    let late = Thing::Cluster(ClusterId(7));
    tale.sweep(vec![late.clone()]);
    assert_eq!(seen(&tale), DeploymentState::Leaving);
    assert_eq!(tale.progress.found_again(), Some(&[late.clone()][..]));
    assert_eq!(tale.due_in_minutes(), 2);
    tale.sweep(vec![late]);
    assert_eq!(tale.due_in_minutes(), 5);
    tale.sweep(Vec::new());
    assert_eq!(tale.due_in_minutes(), 1);
    tale.sweep(Vec::new());
    assert_eq!(seen(&tale), DeploymentState::Leaving);
    tale.at += SignedDuration::from_mins(1);
    tale.sweep(Vec::new());
    assert_eq!(seen(&tale), DeploymentState::Gone);
    assert_eq!(tale.progress.found_again(), None);
}

#[test]
fn a_lag_is_learned_and_a_night_of_sleep_is_none() {
    let mut tale = Tale::accepted();
    tale.start(0);
    tale.finish(0);
    tale.start(1);
    tale.intend(1);
    tale.tell(Fact::Sent {
        step: 1,
        attempt: 1,
        boot_ms: 0,
    });
    tale.tell(Fact::Unknown {
        step: 1,
        why: text(),
    });
    tale.at += SignedDuration::from_hours(8);
    tale.tell(Fact::Made {
        step: 1,
        thing: Thing::Firewall(crate::ids::FirewallId(1)),
        adopted: true,
    });
    assert_eq!(tale.progress.worst_lag_ms, 300_000);
}

#[test]
fn what_a_look_writes_does_not_make_an_interruption_younger() {
    let mut tale = Tale::accepted();
    let interrupted = tale.at;
    tale.at += SignedDuration::from_mins(20);
    tale.tell(Fact::Born {
        thing: Thing::Cluster(ClusterId(7)),
        since: interrupted,
        price: None,
    });
    tale.sweep(Vec::new());
    assert!(!tale.progress.resumes_itself(tale.at));
}

#[test]
fn the_graveyard_is_searched_on_its_schedule() {
    let mut tale = Tale::accepted();
    assert_eq!(tale.progress.sweep_due(), None);
    tale.start(0);
    tale.finish(0);
    tale.start(1);
    tale.intend(1);
    tale.tell(Fact::Sent {
        step: 1,
        attempt: 1,
        boot_ms: 0,
    });
    tale.tell(Fact::Unknown {
        step: 1,
        why: text(),
    });
    let unknown = tale.at;
    let mut due = Vec::new();
    while let Some(at) = tale.progress.sweep_due() {
        due.push(at.duration_since(unknown).as_mins());
        tale.at = at;
        tale.sweep(Vec::new());
    }
    assert_eq!(due, crate::progress::SWEEPS_AFTER);
    let day = SignedDuration::from_hours(24);
    assert!(tale.progress.sweep_at_start(unknown + day * 29));
    assert!(!tale.progress.sweep_at_start(unknown + day * 31));
}

#[test]
fn a_create_goes_on_by_itself_only_for_a_short_while() {
    let tale = Tale::accepted();
    let after = |minutes| tale.at + SignedDuration::from_mins(minutes);
    assert!(tale.progress.resumes_itself(after(14)));
    assert!(!tale.progress.resumes_itself(after(15)));
    assert!(
        !tale.progress.resumes_itself(after(-1)),
        "the clock was set back: ask"
    );
}
