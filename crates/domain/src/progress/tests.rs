//! The tables as a person reads them, and what a fold refuses.

use super::table::{
    CreateEvent, CreatePhase, RunEvent, RunPhase, StepEvent, StepPhase, next_create, next_run,
    next_step,
};
use super::{Controller, Progress, Rest};
use crate::plan::build::tests::{basis, spec, start, steps};
use crate::plan::build::{Basis, plan_create, plan_roll_back};
use crate::plan::{Prices, Purpose};
use crate::record::{Fact, Record, Thing, ThingKind, VERSION, Wish};
use crate::standing::{Stands, TakenOver};
use crate::text::Text;
use crate::{ClusterId, PlanId};
use expect_test::{Expect, expect};
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write as _;

fn check(got: &str, want: &Expect) {
    want.assert_eq(got);
}

fn table<P: std::fmt::Debug, E: std::fmt::Debug>(
    phases: &[P],
    events: &[E],
    next: impl Fn(&P, &E) -> Option<String>,
) -> String {
    let mut out = String::new();
    for phase in phases {
        let moves = events
            .iter()
            .filter_map(|event| Some(format!("{event:?} {}", next(phase, event)?)));
        let moves = moves.collect::<Vec<_>>().join(", ");
        writeln!(out, "{:<12}{moves}", format!("{phase:?}")).unwrap();
    }
    out
}

#[test]
fn what_may_follow_in_a_run() {
    use RunEvent as E;
    use RunPhase as P;
    let phases = [
        P::Running,
        P::Cancelled,
        P::Failed,
        P::Stuck,
        P::Kept,
        P::Done,
    ];
    let events = [
        E::Fail,
        E::Stick,
        E::Complete,
        E::Cancel,
        E::Continue,
        E::Keep,
    ];
    let of = |purpose| {
        table(&phases, &events, |phase, event| {
            next_run(*phase, *event, purpose).map(|next| format!("{next:?}"))
        })
    };
    check(
        &of(Purpose::Create),
        &expect![[r"
        Running     Fail Failed, Stick Stuck, Complete Done, Cancel Cancelled, Continue Running, Keep Kept
        Cancelled   Fail Cancelled, Stick Cancelled, Keep Kept
        Failed      Fail Failed, Stick Stuck, Cancel Cancelled, Continue Running, Keep Kept
        Stuck       Fail Stuck, Stick Stuck, Cancel Cancelled, Continue Running, Keep Kept
        Kept        Cancel Cancelled, Continue Running
        Done        
    "]],
    );
    check(
        &of(Purpose::TearDown),
        &expect![[r"
        Running     Fail Failed, Stick Stuck, Complete Done, Continue Running, Keep Kept
        Cancelled   Fail Cancelled, Stick Cancelled, Keep Kept
        Failed      Fail Failed, Stick Stuck, Continue Running, Keep Kept
        Stuck       Fail Stuck, Stick Stuck, Continue Running, Keep Kept
        Kept        Continue Running
        Done        
    "]],
    );
}

#[test]
fn what_may_follow_in_a_step() {
    use StepEvent as E;
    use StepPhase as P;
    let phases = [P::Pending, P::Started, P::Finished, P::Failed, P::Stuck];
    let events = [E::Start, E::Finish, E::Fail, E::Stick, E::Reopen];
    let told = table(&phases, &events, |phase, event| {
        next_step(*phase, *event).map(|next| format!("{next:?}"))
    });
    check(
        &told,
        &expect![[r"
        Pending     Start Started, Reopen Pending
        Started     Finish Finished, Fail Failed, Stick Stuck, Reopen Started
        Finished    Reopen Finished
        Failed      Reopen Started
        Stuck       Reopen Started
    "]],
    );
}

#[test]
fn what_may_follow_in_a_post() {
    use CreateEvent as E;
    use CreatePhase as P;
    let phases = [
        None,
        Some(P::Intended),
        Some(P::Sent),
        Some(P::Refused),
        Some(P::Unknown),
        Some(P::Made),
    ];
    let events = [E::Intend, E::Send, E::Refuse, E::Lose, E::Make, E::Adopt];
    let told = table(&phases, &events, |phase, event| {
        next_create(*phase, *event).map(|next| format!("{next:?}"))
    });
    check(
        &told,
        &expect![[r"
        None        Intend Intended
        Some(Intended)Send Sent, Adopt Made
        Some(Sent)  Refuse Refused, Lose Unknown, Make Made
        Some(Refused)Send Sent, Adopt Made
        Some(Unknown)Send Sent, Adopt Made
        Some(Made)  
    "]],
    );
}

mod later;

/// A journal under way.
struct Tale {
    progress: Progress,
    at: Timestamp,
}

impl Tale {
    fn begin() -> Self {
        let basis = basis();
        let header = Fact::Opened {
            version: VERSION,
            writer: "test".to_owned(),
            deployment: basis.deployment,
            cloud: basis.cloud,
            account: basis.account,
        };
        let first = Record {
            seq: 0,
            at: start(),
            fact: header,
        };
        Self {
            progress: Progress::open(&first).unwrap(),
            at: start(),
        }
    }

    fn accepted() -> Self {
        let mut tale = Self::begin();
        let plan = plan_create(&spec(), Vec::new(), Prices::default(), basis());
        tale.tell(Fact::Accepted {
            plan: Box::new(plan),
        });
        tale
    }

    fn try_tell(&mut self, fact: Fact) -> String {
        self.at += SignedDuration::from_secs(1);
        let before = self.progress.clone();
        let record = Record {
            seq: self.progress.next_seq,
            at: self.at,
            fact,
        };
        match self.progress.next(&record) {
            Ok(()) => "fine".to_owned(),
            Err(impossible) => {
                assert_eq!(self.progress, before, "a refused record changed something");
                impossible.to_string()
            }
        }
    }

    fn tell(&mut self, fact: Fact) {
        assert_eq!(self.try_tell(fact), "fine");
    }

    fn start(&mut self, step: usize) {
        self.tell(Fact::Started {
            plan: PlanId("p".to_owned()),
            step,
        });
    }

    fn finish(&mut self, step: usize) {
        self.tell(Fact::Finished {
            plan: PlanId("p".to_owned()),
            step,
            detail: None,
        });
    }

    fn intend(&mut self, step: usize) {
        let (what, label, body) = (ThingKind::Firewall, "l".to_owned(), "h".to_owned());
        self.tell(Fact::Intent {
            step,
            what,
            label,
            body,
        });
    }
}

fn text() -> Text {
    Text {
        code: "x".to_owned(),
        params: std::collections::BTreeMap::new(),
    }
}

#[test]
fn what_a_journal_can_never_say() {
    let mut tale = Tale::accepted();
    let plan = PlanId("p".to_owned());
    let mut told = Vec::new();
    told.push(tale.try_tell(Fact::Started {
        plan: plan.clone(),
        step: 1,
    }));
    told.push(tale.try_tell(Fact::Sent {
        step: 1,
        attempt: 1,
        boot_ms: 0,
    }));
    tale.start(0);
    tale.finish(0);
    tale.start(1);
    told.push(tale.try_tell(Fact::Sent {
        step: 1,
        attempt: 1,
        boot_ms: 0,
    }));
    tale.intend(1);
    told.push(tale.try_tell(Fact::Sent {
        step: 1,
        attempt: 2,
        boot_ms: 0,
    }));
    tale.tell(Fact::Sent {
        step: 1,
        attempt: 1,
        boot_ms: 0,
    });
    told.push(tale.try_tell(Fact::Sent {
        step: 1,
        attempt: 2,
        boot_ms: 0,
    }));
    told.push(tale.try_tell(Fact::Gone {
        thing: Thing::Cluster(ClusterId(9)),
    }));
    told.push(tale.try_tell(Fact::Completed { plan: plan.clone() }));
    let other = plan_create(&spec(), Vec::new(), Prices::default(), basis());
    told.push(tale.try_tell(Fact::Accepted {
        plan: Box::new(other),
    }));
    tale.tell(Fact::Wished { wish: Wish::Cancel });
    tale.tell(Fact::Unknown {
        step: 1,
        why: text(),
    });
    told.push(tale.try_tell(Fact::Sent {
        step: 1,
        attempt: 2,
        boot_ms: 0,
    }));
    told.push(tale.try_tell(Fact::Started { plan, step: 1 }));
    check(
        &told.join("\n"),
        &expect![[r"
        take up record 2 (`started`): a step before it is not done
        take up record 2 (`sent`): step 1 is Pending
        take up record 5 (`sent`): there is no intent
        take up record 6 (`sent`): attempt 1 was expected
        take up record 7 (`sent`): Send after Some(Sent)
        take up record 7 (`gone`): cluster 9 is not ours
        take up record 7 (`completed`): a step is not done
        take up record 7 (`accepted`): no Create after Some((Create, Running))
        take up record 9 (`sent`): nothing is sent unless the run goes on
        take up record 9 (`started`): the run is Cancelled"]],
    );
}

#[test]
fn a_roll_back_remembers_what_nobody_knows() {
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
    tale.tell(Fact::Wished { wish: Wish::Cancel });
    let back = plan_roll_back(
        &tale.progress,
        Basis {
            plan: PlanId("b".to_owned()),
            ..basis()
        },
    );
    let back = back.unwrap();
    check(
        &steps(&back),
        &expect![[r"
            0  delete_cluster after 
            1  await_instances_gone after 0
            2  delete_nodebalancers after 0
            3  delete_firewall after 1
            4  prove_zero after 1 2 3"]],
    );
    tale.tell(Fact::Accepted {
        plan: Box::new(back),
    });
    assert_eq!(tale.progress.open_creates().len(), 1);
    assert!(tale.progress.was_posted(ThingKind::Firewall));
}

#[test]
fn what_is_taken_over_stands_and_what_the_journal_believed_before_is_over() {
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
    let thing = Thing::Cluster(ClusterId(3));
    let (since, price) = (start(), None);
    tale.tell(Fact::Born {
        thing,
        since,
        price,
    });
    let stands = |thing, second| Stands {
        thing,
        since: start(),
        price: None,
        second,
    };
    let mut plan = plan_create(&spec(), Vec::new(), Prices::default(), basis());
    let mut taken = TakenOver {
        plan: plan.clone(),
        things: vec![
            stands(Thing::Cluster(ClusterId(7)), false),
            stands(Thing::Cluster(ClusterId(8)), true),
        ],
        controller: Controller::Guards,
    };
    let refused = tale.try_tell(Fact::TakenOver(Box::new(taken.clone())));
    assert!(refused.contains("stands already"), "{refused}");
    plan.steps.clear();
    taken.plan = plan;
    tale.tell(Fact::TakenOver(Box::new(taken)));
    let progress = &tale.progress;
    assert_eq!(progress.rest_state(), Rest::Done);
    assert_eq!(progress.controller, Controller::Guards);
    assert_eq!(progress.cluster(), Some(ClusterId(7)));
    assert!(progress.is_duplicate(&Thing::Cluster(ClusterId(8))));
    assert!(
        progress.things[&Thing::Cluster(ClusterId(3))]
            .gone
            .is_some()
    );
    assert!(progress.created.is_some() && progress.open_creates().len() == 1);
}
