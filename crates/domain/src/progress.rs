//! Where a deployment stands: the fold of its records, and the only way to know it.
//!
//! `Progress::next` is the one door: it checks a fact before it is written and takes it up after a
//! crash. What may follow what is the table in `progress::table`. There is no clock in here, and
//! nothing is ever guessed: a run that is "running" may have been interrupted.

mod ask;
mod controller;
mod fold;
mod run;
pub mod table;
#[cfg(test)]
mod tests;

pub use ask::{CLEAN_SWEEPS, Rest, SWEEP_GAP, SWEEPS_AFTER};
pub use controller::Controller;
pub use table::{CreatePhase, RunPhase, StepPhase};

use crate::ids::{AccountId, CloudId, DeploymentId, InstanceId, NodeId, VolumeId};
use crate::inventory::GpuTest;
use crate::money::Price;
use crate::plan::{Plan, Prices};
use crate::record::{HeldVolume, Thing, ThingKind, Wish};
use crate::spec::{Spec, Stops};
use crate::text::Text;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Where a deployment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Whose journal it is.
    pub header: Header,
    /// The number that the next record must bear.
    pub next_seq: u64,
    /// When the last record was written, by the wall clock.
    pub last_at: Timestamp,
    /// The run of the plan that was accepted last.
    pub run: Option<RunProgress>,
    /// The Spec that was accepted last, by a create or an update.
    pub spec: Option<Spec>,
    /// The one accepted before it.
    pub spec_before: Option<Spec>,
    /// What its things cost, as accepted last.
    pub prices: Prices,
    /// When the first plan was accepted.
    pub accepted: Option<Timestamp>,
    /// When the stop time was wished that holds now.
    pub stops_since: Option<Timestamp>,
    /// To where the user moved it since.
    pub stop_moved: Option<Stops>,
    /// When a create was completed.
    pub created: Option<Timestamp>,
    /// When a teardown or a roll back was completed.
    pub torn_down: Option<Timestamp>,
    /// Everything that was ever ours.
    pub things: BTreeMap<Thing, Life>,
    /// Creates of earlier runs whose outcome nobody ever learned.
    pub loose: Vec<OpenCreate>,
    /// When the outcome of a POST was unknown last.
    pub unknown_at: Option<Timestamp>,
    /// Kinds of which a POST's outcome was unknown once: a second one may come late.
    pub once_unknown: BTreeSet<ThingKind>,
    /// The longest time from a POST to the sight of what it made, in milliseconds.
    pub worst_lag_ms: i64,
    /// What Kubernetes held, by the last reading.
    pub volumes: Vec<HeldVolume>,
    /// Whether Kubernetes answered that reading; `None`: never read.
    pub volumes_complete: Option<bool>,
    /// Volumes that an accepted teardown names: they go, all others stay.
    pub volumes_named: BTreeSet<VolumeId>,
    /// What the user wished, in order.
    pub wishes: Vec<(Timestamp, Wish)>,
    /// Nodes that the current run replaces before it goes on, each with its machine.
    pub recycling: Vec<(NodeId, Option<InstanceId>)>,
    /// Complete searches, in order.
    pub sweeps: Vec<Sweep>,
    /// How many of them were made when the last teardown or roll back was complete.
    pub swept_when_gone: usize,
    /// Whether the controller inside of the cluster keeps the firewall before the nodes.
    pub controller: Controller,
    /// When the kubeconfig was saved last.
    pub kubeconfig_saved: Option<Timestamp>,
}

/// The first record of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The format's version, also when a newer one went on with it.
    pub version: u32,
    /// Which Quaylight began it.
    pub writer: String,
    /// The deployment.
    pub deployment: DeploymentId,
    /// Which cloud.
    pub cloud: CloudId,
    /// Which account.
    pub account: AccountId,
    /// When it was opened.
    pub opened: Timestamp,
}

/// One execution of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunProgress {
    /// The plan.
    pub plan: Plan,
    /// How far it is.
    pub phase: RunPhase,
    /// When it was accepted.
    pub accepted: Timestamp,
    /// When it did something last by itself; looks, searches and wishes of other kinds are not its own.
    pub acted: Timestamp,
    /// When it came to rest; absent while it goes on.
    pub ended: Option<Timestamp>,
    /// One for every step of the plan.
    pub steps: Vec<StepProgress>,
}

/// How far a step is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepProgress {
    /// How far.
    pub phase: StepPhase,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended, well or not.
    pub ended: Option<Timestamp>,
    /// What is said of its end.
    pub detail: Option<Text>,
    /// The one thing that it POSTs.
    pub create: Option<OpenCreate>,
}

/// A POST and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCreate {
    /// What kind of thing.
    pub what: ThingKind,
    /// Its label.
    pub label: String,
    /// Hash of the request's body.
    pub body: String,
    /// When the intent was written: nothing of it is older.
    pub intended: Timestamp,
    /// POSTs sent so far.
    pub attempts: u32,
    /// When the last one was sent.
    pub sent: Option<Timestamp>,
    /// How far it is.
    pub phase: CreatePhase,
    /// What was made.
    pub made: Option<Thing>,
}

/// The life of a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// Since when it is there, and costs if it costs.
    pub born: Timestamp,
    /// When it was first written down.
    pub seen: Timestamp,
    /// What it costs; `None`: unknown, or not billed by itself.
    pub price: Option<Price>,
    /// When it was gone.
    pub gone: Option<Timestamp>,
    /// Whether a step of ours made it (a pool's node is made by the cloud).
    pub made: bool,
    /// Whether it is a second one, to be deleted.
    pub duplicate: bool,
    /// Milliseconds that a node stood without the firewall; `None`: not covered yet.
    pub open_ms: Option<u64>,
    /// What the last computation on a node's GPUs came to.
    pub gpu: Option<GpuTest>,
}

impl Life {
    /// The birth of what is there and whose own birth could not be read: now, and never a whole
    /// second, as the cloud tells births.
    pub fn born_untold(now: Timestamp) -> Timestamp {
        match now.subsec_nanosecond() {
            0 => now + SignedDuration::from_nanos(1),
            _ => now,
        }
    }

    /// Whether it is there and only this computer's own clock told its birth.
    pub fn lacks_birth(&self) -> bool {
        self.gone.is_none() && self.born.subsec_nanosecond() != 0
    }
}

/// A complete search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// When.
    pub at: Timestamp,
    /// Whether nothing of ours was found.
    pub clean: bool,
    /// What was found.
    pub found: Vec<Thing>,
    /// What looks like ours and lacks a proof.
    pub doubtful: Vec<Thing>,
    /// Whether it saw only what a restricted user may see.
    pub restricted: bool,
}

/// A record that cannot follow the ones before it: the journal is not what was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("take up record {seq} (`{fact}`): {why}")]
pub struct Impossible {
    /// Its number.
    pub seq: u64,
    /// Its fact's name.
    pub fact: &'static str,
    /// What does not fit.
    pub why: String,
}
