//! A deployment's rows: itself, its nodes, its steps, what it costs, what happened.

use super::picture::{self, Standing};
use super::seen::Seen;
use super::spending::{billed, spending};
use super::{activity, nodes, reach, stop};
use crate::catalog::Catalog;
use crate::plan::Purpose;
use crate::progress::{Progress, Rest, StepPhase};
use crate::record::Record;
use crate::spend::spend;
use crate::text::{PerHour, Text};
use crate::texts;
use crate::view::{
    DeploymentRow, DeploymentState, MergedContext, Notice, NoticeAction, Row, StepRow, StepState,
    Tone, Whose,
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Lines of activity that are kept on the screen.
const ACTIVITY_MAX: usize = 200;

texts! {
    /// What needs a person, in the header of a deployment.
    pub enum Needs {
        /// A step failed.
        "needs_failed" Failed,
        /// An unfinished create was found at start.
        "needs_interrupted" Interrupted { since: Timestamp },
        /// What to do about it.
        "needs_interrupted_fix" InterruptedFix,
        /// An undo failed.
        "needs_stuck" Stuck,
        /// What to do about it.
        "needs_stuck_fix" StuckFix,
        /// A search found something of what was torn down.
        "needs_found_again" FoundAgain { things: Vec<String> },
        /// What becomes of it.
        "needs_found_again_fix" FoundAgainFix,
        /// Somebody deleted its cluster.
        "needs_cluster_gone" ClusterGone,
        /// What that means.
        "needs_cluster_gone_why" ClusterGoneWhy,
        /// What to do about it.
        "needs_cluster_gone_fix" ClusterGoneFix,
        /// Another computer looks after it.
        "needs_elsewhere" Elsewhere,
        /// Its journal is lost.
        "needs_forgotten" Forgotten,
        /// It bears no owner tag.
        "needs_nobody" Nobody,
        /// What to do about it.
        "needs_take_over_fix" TakeOverFix,
        /// What runs.
        "needs_exists_rate" ExistsRate { rate: PerHour },
        /// Nothing billable is there.
        "needs_exists_nothing" ExistsNothing,
        /// What runs costs something unknown.
        "needs_exists_unknown" ExistsUnknown,
    }
}

/// Everything that the rows are made of.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Where the journal stands.
    pub progress: &'a Progress,
    /// The journal.
    pub records: &'a [Record],
    /// What was seen in the cloud.
    pub seen: &'a Seen,
    /// What the provider offers, for words and prices.
    pub catalog: Option<&'a Catalog>,
    /// The cloud's time.
    pub now: Timestamp,
    /// Whether some process carries the run right now.
    pub driven: bool,
    /// Whether cloud and account are the connected ones.
    pub here: bool,
    /// Which computer looks after it.
    pub whose: Whose,
    /// Where it stands in the person's own kubeconfig.
    pub merged: Option<&'a MergedContext>,
}

/// The state that a person sees.
pub fn state(progress: &Progress, driven: bool) -> DeploymentState {
    let purpose = progress.purpose();
    let leaving = matches!(purpose, Some(Purpose::TearDown | Purpose::RollBack));
    match progress.rest_state() {
        Rest::Running(_) | Rest::Cancelled(_) if leaving => DeploymentState::Leaving,
        Rest::Cancelled(_) => DeploymentState::Leaving,
        Rest::Running(_) | Rest::Idle if driven => DeploymentState::Building,
        Rest::Running(_) | Rest::Idle => DeploymentState::Interrupted,
        Rest::Failed => DeploymentState::Failed,
        Rest::Stuck => DeploymentState::Stuck,
        Rest::Done if progress.found_again().is_some() => DeploymentState::Leaving,
        Rest::Done if leaving => DeploymentState::Gone,
        Rest::Done | Rest::Kept => DeploymentState::Running,
    }
}

/// All rows of a deployment by their keys; empty before its first plan.
pub fn rows(facts: &Facts<'_>) -> Vec<(String, Row)> {
    let Some(row) = deployment(facts) else {
        return Vec::new();
    };
    let id = &facts.progress.header.deployment;
    let mut out = vec![(format!("deployment/{id}"), Row::Deployment(Box::new(row)))];
    out.extend(
        nodes::nodes(facts)
            .into_iter()
            .map(|row| (format!("node/{id}/{}", row.id), Row::Node(row))),
    );
    out.extend(
        steps(facts)
            .into_iter()
            .map(|row| (format!("step/{id}/{}", row.ordinal), Row::Step(row))),
    );
    out.push((format!("spend/{id}"), Row::Spend(spending(facts))));
    let lines: Vec<_> = facts
        .records
        .iter()
        .filter_map(|r| Some((r.seq, activity::line(r)?)))
        .collect();
    let first = lines.len().saturating_sub(ACTIVITY_MAX);
    out.extend(
        lines
            .into_iter()
            .skip(first)
            .map(|(seq, line)| (format!("activity/{id}/{seq:08}"), Row::Activity(line))),
    );
    out
}

fn deployment(facts: &Facts<'_>) -> Option<DeploymentRow> {
    let progress = facts.progress;
    let spec = progress.spec.as_ref()?;
    let state = state(progress, facts.driven);
    let run = progress.run.as_ref()?;
    let spent = spend(&billed(progress), facts.now);
    let standing = Standing {
        progress,
        seen: facts.seen,
        state,
    };
    let done = run
        .steps
        .iter()
        .filter(|step| step.phase == StepPhase::Finished)
        .count();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let gone = state == DeploymentState::Gone;
    let own = facts.whose == Whose::Here;
    Some(DeploymentRow {
        id: progress.header.deployment.clone(),
        label: spec.label(),
        prefix: spec.prefix.clone(),
        state,
        since: run.ended.unwrap_or(run.accepted),
        created: progress.accepted.unwrap_or(progress.header.opened),
        checked: facts.seen.at,
        partial: reach::partial(facts, state),
        picture: picture::picture(spec, facts.catalog, &standing),
        notice: notice(facts, state, spent.rate),
        rate: spent.rate,
        steps_done: count(done),
        steps_all: count(run.steps.len()),
        purpose: progress.purpose(),
        kubeconfig: own
            && progress.cluster().is_some()
            && !facts.seen.cluster_gone
            && matches!(state, DeploymentState::Running)
            && progress.created.is_some(),
        merged: facts.merged.cloned(),
        receipt: gone,
        stops: progress.stops_at().filter(|_| !gone && own),
        account: progress.header.account.0.clone(),
        here: facts.here,
        whose: facts.whose,
        reach: (!gone).then(|| reach::view(facts)),
        totals: nodes::totals(facts),
    })
}

/// What exists costs this much.
fn exists(rate: Option<crate::MicroUsd>) -> Text {
    match rate {
        Some(crate::MicroUsd(0)) => Needs::ExistsNothing.into(),
        Some(rate) => Needs::ExistsRate {
            rate: PerHour(rate),
        }
        .into(),
        None => Needs::ExistsUnknown.into(),
    }
}

fn notice(
    facts: &Facts<'_>,
    state: DeploymentState,
    rate: Option<crate::MicroUsd>,
) -> Option<Notice> {
    let run = facts.progress.run.as_ref()?;
    let of_phase = |phase: StepPhase| {
        let step = run.steps.iter().find(|step| step.phase == phase);
        step.and_then(|step| step.detail.clone())
    };
    let mut actions = vec![NoticeAction::Continue];
    if run.plan.purpose == Purpose::Create {
        actions.push(NoticeAction::RollBack);
    }
    actions.push(NoticeAction::Keep);
    // While the outcome of a POST is open, nobody can say what exists.
    let open = !facts.progress.open_creates().is_empty();
    let exists = Some(exists(rate.filter(|_| !open)));
    let whose = match facts.whose {
        Whose::Here => None,
        Whose::Elsewhere => Some(Needs::Elsewhere),
        Whose::Forgotten => Some(Needs::Forgotten),
        Whose::Nobody => Some(Needs::Nobody),
    };
    if let Some(whose) = whose {
        return Some(Notice {
            tone: Tone::Info,
            what: whose.into(),
            why: None,
            exists,
            fix: Some(Needs::TakeOverFix.into()),
            actions: Vec::new(),
        });
    }
    if let Some(found) = facts.progress.found_again() {
        let things = found.iter().map(ToString::to_string).collect();
        return Some(Notice {
            tone: Tone::Danger,
            what: Needs::FoundAgain { things }.into(),
            why: None,
            exists,
            fix: Some(Needs::FoundAgainFix.into()),
            actions: Vec::new(),
        });
    }
    match state {
        DeploymentState::Failed => {
            let what = of_phase(StepPhase::Failed).unwrap_or_else(|| Needs::Failed.into());
            let (why, fix) = (companion(&what, "why"), companion(&what, "fix"));
            Some(Notice {
                tone: Tone::Danger,
                what,
                why,
                exists,
                fix,
                actions,
            })
        }
        DeploymentState::Interrupted => {
            let what = Needs::Interrupted { since: run.acted }.into();
            let fix = Some(Needs::InterruptedFix.into());
            Some(Notice {
                tone: Tone::Busy,
                what,
                why: None,
                exists,
                fix,
                actions,
            })
        }
        DeploymentState::Stuck => {
            let what = of_phase(StepPhase::Stuck).unwrap_or_else(|| Needs::Stuck.into());
            let (why, fix) = (companion(&what, "why"), companion(&what, "fix"));
            let fix = fix.or_else(|| Some(Needs::StuckFix.into()));
            let actions = vec![NoticeAction::Continue];
            Some(Notice {
                tone: Tone::Danger,
                what,
                why,
                exists,
                fix,
                actions,
            })
        }
        DeploymentState::Running if facts.seen.cluster_gone => Some(Notice {
            tone: Tone::Danger,
            what: Needs::ClusterGone.into(),
            why: Some(Needs::ClusterGoneWhy.into()),
            exists,
            fix: Some(Needs::ClusterGoneFix.into()),
            actions: Vec::new(),
        }),
        DeploymentState::Building | DeploymentState::Running | DeploymentState::Leaving => {
            let stops = stop::notice(facts.progress, facts.now, state);
            stops.or_else(|| reach::notice(facts, state))
        }
        DeploymentState::Gone => None,
    }
}

/// The reason of a failure, or what to do about it: a code with a companion of its own.
fn companion(what: &Text, which: &str) -> Option<Text> {
    let explained = what.code.starts_with("failed_") || what.code.starts_with("stuck_");
    let code = format!("{}_{which}", what.code);
    explained.then(|| Text {
        code,
        params: what.params.clone(),
    })
}

fn steps(facts: &Facts<'_>) -> Vec<StepRow> {
    let Some(run) = &facts.progress.run else {
        return Vec::new();
    };
    let rows = run.plan.steps.iter().zip(&run.steps).enumerate();
    rows.map(|(at, (step, progress))| {
        let state = match progress.phase {
            StepPhase::Started if facts.driven && facts.seen.late.contains(&at) => StepState::Late,
            StepPhase::Started if facts.driven => StepState::Running,
            StepPhase::Pending | StepPhase::Started => StepState::Pending,
            StepPhase::Finished => StepState::Done,
            StepPhase::Failed | StepPhase::Stuck => StepState::Failed,
        };
        let title = format!("step_{}", step.action.name());
        StepRow {
            ordinal: u32::try_from(at).unwrap_or(u32::MAX),
            title: Text {
                code: title,
                params: BTreeMap::new(),
            },
            state,
            started: progress.started,
            ended: progress.ended,
            detail: progress
                .detail
                .clone()
                .or_else(|| facts.seen.noted.get(&at).cloned()),
            usual_ms: None,
        }
    })
    .collect()
}
