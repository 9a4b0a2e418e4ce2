//! What is asked of a Progress: queries, each a pure function.

use super::{CreatePhase, Life, OpenCreate, Progress, RunPhase, StepPhase};
use crate::ids::{ClusterId, FirewallId, InstanceId, Mark, PoolId, VolumeId};
use crate::inventory::Pool;
use crate::plan::{Action, PoolRole, Purpose};
use crate::record::{HeldVolume, Thing, ThingKind};
use crate::spec::Stops;
use jiff::{SignedDuration, Timestamp};

/// When an emptied or once-unknown deployment is searched for again, in minutes.
pub const SWEEPS_AFTER: [i64; 5] = [2, 5, 15, 60, 24 * 60];
/// For how long it is searched for at every start, in hours.
const SWEPT_AT_START_HOURS: i64 = 30 * 24;
/// Clean searches in a row that are a proof.
pub const CLEAN_SWEEPS: usize = 2;
/// The least time from the first of them to the last.
pub const SWEEP_GAP: SignedDuration = SignedDuration::from_secs(60);
/// A create that was interrupted for less than this goes on by itself, in minutes.
const CREATE_RESUMES_MINUTES: i64 = 15;

/// No POST takes effect later than this after it was sent.
const COMMITS_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// Where a deployment rests. A fold cannot tell "running" from "interrupted": who asks knows
/// whether this process carries the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// No plan was accepted yet.
    Idle,
    /// A run is under way, or was interrupted after it did something last, at this time.
    Running(Timestamp),
    /// The same, and the user wishes it undone.
    Cancelled(Timestamp),
    /// A step failed; somebody must decide.
    Failed,
    /// The last run is done.
    Done,
    /// It stays as it is, by the user's wish.
    Kept,
    /// Something is left that needs a person.
    Stuck,
}

impl Progress {
    /// Where it rests.
    pub fn rest_state(&self) -> Rest {
        let Some(run) = &self.run else {
            return Rest::Idle;
        };
        match run.phase {
            RunPhase::Running => Rest::Running(run.acted),
            RunPhase::Cancelled => Rest::Cancelled(run.acted),
            RunPhase::Failed => Rest::Failed,
            RunPhase::Done => Rest::Done,
            RunPhase::Kept => Rest::Kept,
            RunPhase::Stuck => Rest::Stuck,
        }
    }

    /// What the current or last run is for.
    pub fn purpose(&self) -> Option<Purpose> {
        self.run.as_ref().map(|run| run.plan.purpose)
    }

    /// Whether an interrupted run goes on by itself at a start: a teardown always, anything else
    /// only when it was interrupted a short while ago. Starting an app must not start spending.
    pub fn resumes_itself(&self, now: Timestamp) -> bool {
        match (self.rest_state(), self.purpose()) {
            (Rest::Cancelled(_), _)
            | (Rest::Running(_), Some(Purpose::TearDown | Purpose::RollBack)) => true,
            (Rest::Running(since), Some(Purpose::Create | Purpose::Update)) => {
                let away = now.duration_since(since);
                away >= SignedDuration::ZERO
                    && away < SignedDuration::from_mins(CREATE_RESUMES_MINUTES)
            }
            (Rest::Running(_), None)
            | (Rest::Idle | Rest::Failed | Rest::Done | Rest::Kept | Rest::Stuck, _) => false,
        }
    }

    /// The access list's revision that the current or last run wrote, when it wrote one.
    pub fn access_revision(&self) -> Option<String> {
        let steps = self.run.iter().flat_map(|run| &run.plan.steps);
        let written = steps.rev().find_map(|step| {
            if let Action::SetAccessList { revision, .. }
            | Action::AwaitAccessList { revision }
            | Action::AllowAddress { revision, .. } = &step.action
            {
                Some(revision)
            } else {
                None
            }
        });
        written.cloned()
    }

    /// Our owner tag.
    pub fn mark(&self) -> Mark {
        self.header.deployment.mark()
    }

    /// The label of the cluster and the firewall.
    pub fn label(&self) -> Option<String> {
        self.spec.as_ref().map(crate::spec::Spec::label)
    }

    /// Things that are there, as far as the journal knows.
    pub fn alive(&self) -> impl Iterator<Item = (&Thing, &Life)> {
        self.things.iter().filter(|(_, life)| life.gone.is_none())
    }

    /// Things of a kind that are there.
    pub fn alive_of(&self, kind: ThingKind) -> Vec<Thing> {
        let of_kind = self.alive().filter(|(thing, _)| thing.kind() == kind);
        of_kind.map(|(thing, _)| thing.clone()).collect()
    }

    /// The cluster that is kept.
    pub fn cluster(&self) -> Option<ClusterId> {
        self.alive()
            .find_map(|(thing, life)| thing.as_cluster().filter(|_| !life.duplicate))
    }

    /// Every cluster that ever was ours.
    pub fn clusters_ever(&self) -> Vec<ClusterId> {
        self.things.keys().filter_map(Thing::as_cluster).collect()
    }

    /// Our firewall (not the controller's own).
    pub fn firewall(&self) -> Option<FirewallId> {
        self.alive()
            .find_map(|(thing, life)| thing.as_firewall().filter(|_| life.made && !life.duplicate))
    }

    /// The pool that a step made for a role and that is kept; `None`: it came with the cluster, or
    /// is not made.
    pub fn pool(&self, role: PoolRole) -> Option<PoolId> {
        self.alive().find_map(|(thing, life)| match thing {
            Thing::Pool(id, of) if *of == role && life.made && !life.duplicate => Some(*id),
            Thing::Pool(..)
            | Thing::Cluster(_)
            | Thing::Firewall(_)
            | Thing::Instance(..)
            | Thing::ControlPlane(_)
            | Thing::NodeBalancer(_)
            | Thing::Volume(_) => None,
        })
    }

    /// Whether a thing is in the journal as a second one that is still there.
    pub fn is_duplicate(&self, thing: &Thing) -> bool {
        let life = self.things.get(thing);
        life.is_some_and(|life| life.duplicate && life.gone.is_none())
    }

    /// A machine of ours by its id.
    pub fn instance(&self, id: InstanceId) -> Option<(&Thing, &Life)> {
        self.things
            .iter()
            .find(|(thing, _)| matches!(thing, Thing::Instance(one, ..) if *one == id))
    }

    /// The role that a step gave a pool, when a step made it.
    pub fn pool_role(&self, id: PoolId) -> Option<PoolRole> {
        self.things.keys().find_map(|thing| {
            let Thing::Pool(one, role) = thing else {
                return None;
            };
            (*one == id).then_some(*role)
        })
    }

    /// The role of a pool: by what made it, else by its instance type.
    pub fn role_of(&self, pool: &Pool) -> PoolRole {
        let by_type = || self.role_of_type(&pool.instance_type);
        self.pool_role(pool.id).unwrap_or_else(by_type)
    }

    /// The role of machines of a type. Where there is no system pool, all are for GPUs.
    pub fn role_of_type(&self, instance_type: &str) -> PoolRole {
        match &self.spec {
            Some(spec) if spec.gpu_type == instance_type || spec.system_pool.is_none() => {
                PoolRole::Gpu
            }
            Some(_) | None => PoolRole::System,
        }
    }

    /// What a step POSTs.
    pub fn create_of(&self, step: usize) -> Option<&OpenCreate> {
        self.run.as_ref()?.steps.get(step)?.create.as_ref()
    }

    /// Creates whose outcome is not known: of this run and of earlier ones.
    pub fn open_creates(&self) -> Vec<&OpenCreate> {
        let open =
            |create: &&OpenCreate| matches!(create.phase, CreatePhase::Sent | CreatePhase::Unknown);
        let steps = self.run.iter().flat_map(|run| &run.steps);
        let here = steps.filter_map(|step| step.create.as_ref()).filter(open);
        here.chain(&self.loose).collect()
    }

    /// When a thing of a kind may have been born of a POST whose outcome was never learned: from when
    /// to when, by this computer's clock.
    pub fn lost_answers(&self, kind: ThingKind) -> Vec<(Timestamp, Timestamp)> {
        let open = self.open_creates().into_iter();
        let open = open.filter(|create| create.what == kind);
        let mut spans: Vec<_> = open
            .filter_map(|create| Some((create.intended, create.sent? + COMMITS_WITHIN)))
            .collect();
        // A later try was refused, or another plan was accepted since: the first may be there still.
        let lost = self
            .unknown_at
            .filter(|_| self.once_unknown.contains(&kind));
        spans.extend(lost.map(|at| (at - COMMITS_WITHIN, at + COMMITS_WITHIN)));
        spans
    }

    /// Whether a thing of a kind was ever POSTed, whatever became of it.
    pub fn was_posted(&self, kind: ThingKind) -> bool {
        let steps = self.run.iter().flat_map(|run| &run.steps);
        let creates = steps
            .filter_map(|step| step.create.as_ref())
            .chain(&self.loose);
        let mut sent = creates.filter(|create| create.attempts > 0);
        sent.any(|create| create.what == kind)
            || self
                .things
                .iter()
                .any(|(thing, life)| life.made && thing.kind() == kind)
    }

    /// Whether a step with this action is finished in the current run.
    pub fn step_is_finished(&self, action: &Action) -> bool {
        let Some(run) = &self.run else { return false };
        let steps = run.plan.steps.iter().zip(&run.steps);
        let mut finished = steps.filter(|(_, one)| one.phase == StepPhase::Finished);
        finished.any(|(step, _)| step.action.name() == action.name())
    }

    /// Steps that can begin or go on now.
    pub fn startable(&self) -> Vec<usize> {
        let Some(run) = &self.run else {
            return Vec::new();
        };
        let done = |step: &usize| run.steps[*step].phase == StepPhase::Finished;
        let open = |step: &usize| {
            matches!(
                run.steps[*step].phase,
                StepPhase::Pending | StepPhase::Started
            ) && run.plan.steps[*step].after.iter().all(done)
        };
        (0..run.steps.len()).filter(open).collect()
    }

    /// Volumes that Kubernetes held and no accepted plan names: they stay.
    pub fn kept_volumes(&self) -> Vec<&HeldVolume> {
        let kept = |held: &&HeldVolume| !self.volumes_named.contains(&held.volume);
        self.volumes.iter().filter(kept).collect()
    }

    /// Whether Kubernetes held a volume.
    pub fn held(&self, volume: VolumeId) -> bool {
        self.volumes.iter().any(|held| held.volume == volume)
    }

    /// When it is torn down by itself: as the user moved it last, else by the accepted Spec.
    pub fn stops_at(&self) -> Option<Timestamp> {
        match self.stop_moved.unwrap_or(self.spec.as_ref()?.stops) {
            Stops::Never => None,
            Stops::At(at) => Some(at),
            Stops::AfterMinutes(minutes) => {
                let length = SignedDuration::from_mins(i64::from(minutes));
                self.stops_since?.checked_add(length).ok()
            }
        }
    }

    /// Clean sweeps in a row until now, with the time of the last: "verified empty N times".
    pub fn verified(&self) -> (usize, Option<Timestamp>) {
        let clean = self.sweeps.iter().rev().take_while(|sweep| sweep.clean);
        (
            clean.count(),
            self.sweeps
                .last()
                .filter(|last| last.clean)
                .map(|last| last.at),
        )
    }

    /// What a search found of a deployment that was torn down, until clean searches say again that
    /// nothing is left: as many and as far apart as for the teardown itself.
    pub fn found_again(&self) -> Option<&[Thing]> {
        let leaves = matches!(self.purpose(), Some(Purpose::TearDown | Purpose::RollBack));
        if !leaves || self.rest_state() != Rest::Done {
            return None;
        }
        let since = self.sweeps.get(self.swept_when_gone..)?;
        let dirty = since.iter().rposition(|sweep| !sweep.clean)?;
        let clean = &since[dirty + 1..];
        let apart = clean
            .last()
            .zip(clean.first())
            .is_some_and(|(last, first)| last.at.duration_since(first.at) >= SWEEP_GAP);
        (clean.len() < CLEAN_SWEEPS || !apart).then_some(&since[dirty].found)
    }

    /// From when on it is searched for again: the last unknown outcome or the teardown's end.
    fn haunted_since(&self) -> Option<Timestamp> {
        let sent = self
            .open_creates()
            .into_iter()
            .filter_map(|create| create.sent)
            .max();
        self.torn_down.max(self.unknown_at).max(sent)
    }

    /// When the next search of the graveyard's schedule is due; in the past: now. `None`: none is.
    pub fn sweep_due(&self) -> Option<Timestamp> {
        if let Some(last) = self.sweeps.last().filter(|_| self.found_again().is_some()) {
            let dirty = self.sweeps.iter().rev().take_while(|sweep| !sweep.clean);
            // What cannot be deleted is tried again less and less often.
            let wait = match dirty.count() {
                0 => SWEEP_GAP,
                times => SignedDuration::from_mins(SWEEPS_AFTER[times.min(SWEEPS_AFTER.len()) - 1]),
            };
            return last.at.checked_add(wait).ok();
        }
        let since = self.haunted_since()?;
        let last = self.sweeps.last().map(|sweep| sweep.at);
        let due = |minutes: i64| since + SignedDuration::from_mins(minutes);
        SWEEPS_AFTER
            .into_iter()
            .map(due)
            .find(|due| last.is_none_or(|last| last < *due))
    }

    /// Whether it is searched for at this start: for 30 days.
    pub fn sweep_at_start(&self, now: Timestamp) -> bool {
        let until = SignedDuration::from_hours(SWEPT_AT_START_HOURS);
        self.haunted_since()
            .is_some_and(|since| now.duration_since(since) < until)
    }
}
