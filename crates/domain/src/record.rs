//! One fact of a journal, as it lies on the disk. Old fixtures are kept; an unknown version or fact
//! refuses to open. No secret is ever in here.

mod thing;

pub use thing::{Thing, ThingKind};

use crate::ids::{AccountId, CloudId, DeploymentId, InstanceId, NodeId, PlanId, VolumeId};
use crate::inventory::GpuTest;
use crate::money::Price;
use crate::plan::Plan;
use crate::spec::Stops;
use crate::text::Text;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The format's version; a journal of a higher one is refused. Version 2 added `StopMoved`,
/// `Continued` and `TakenOver`, version 3 what the plan of an accepted run may hold: `GuardBalancer`
/// and recycled nodes, version 4 `Recycling`, deleted nodes, and what becomes of a controller inside of
/// the cluster. A new fact, or a new meaning of one, is a new version.
pub const VERSION: u32 = 4;

/// One fact, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Counted from 0 without gaps; the order of facts, never the clock.
    pub seq: u64,
    /// Wall time when it was written.
    pub at: Timestamp,
    /// The fact.
    pub fact: Fact,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// The header: always first.
    Opened {
        /// The format's version.
        version: u32,
        /// Which Quaylight wrote it.
        writer: String,
        /// The deployment.
        deployment: DeploymentId,
        /// Which cloud.
        cloud: CloudId,
        /// Which account.
        account: AccountId,
    },
    /// A program of a newer format goes on with a journal; written before anything else of it, so
    /// that an older program says who wrote what it does not know.
    Continued {
        /// The format's version from here on.
        version: u32,
        /// Which Quaylight goes on.
        writer: String,
    },
    /// A plan was accepted by the user; it becomes the current run.
    Accepted {
        /// The whole plan.
        plan: Box<Plan>,
    },
    /// A step began.
    Started {
        /// Which plan.
        plan: PlanId,
        /// Index of the step.
        step: usize,
    },
    /// Something will be POSTed; written and synced before anything is sent.
    Intent {
        /// Index of the step.
        step: usize,
        /// What kind of thing.
        what: ThingKind,
        /// Its label.
        label: String,
        /// Hash of the request's body.
        body: String,
    },
    /// The POST is sent next; synced before the first byte.
    Sent {
        /// Index of the step.
        step: usize,
        /// Counted from 1.
        attempt: u32,
        /// Milliseconds since the computer started.
        boot_ms: u64,
    },
    /// The cloud refused: nothing was made.
    Refused {
        /// Index of the step.
        step: usize,
        /// What it said.
        why: Text,
    },
    /// Nobody can say whether it was made.
    Unknown {
        /// Index of the step.
        step: usize,
        /// What was seen.
        why: Text,
    },
    /// It was made, or found and adopted.
    Made {
        /// Index of the step.
        step: usize,
        /// What.
        thing: Thing,
        /// Found after an unknown outcome, not answered to a POST.
        adopted: bool,
    },
    /// A second one of ours was found; it will be deleted.
    Duplicate {
        /// What.
        thing: Thing,
    },
    /// A thing that costs money was seen for the first time.
    Born {
        /// What.
        thing: Thing,
        /// Since when it costs.
        since: Timestamp,
        /// What it costs; `None`: unknown.
        price: Option<Price>,
    },
    /// A thing is gone: 404 and absent from a complete listing.
    Gone {
        /// What.
        thing: Thing,
    },
    /// The firewall stands before a node.
    Covered {
        /// The machine.
        instance: InstanceId,
        /// Milliseconds from the last look that did not show the machine yet to its cover: it stood
        /// open for at most so long since its id could be read.
        open_ms: u64,
    },
    /// A computation ran on a node's GPUs.
    GpuTested {
        /// The machine.
        instance: InstanceId,
        /// What it came to.
        test: GpuTest,
    },
    /// What Kubernetes told about storage, before the cluster goes.
    Volumes {
        /// Each volume: id, PV name, claim (namespace and name), GiB.
        found: Vec<HeldVolume>,
        /// Whether Kubernetes answered at all.
        complete: bool,
    },
    /// A step ended well.
    Finished {
        /// Which plan.
        plan: PlanId,
        /// Index of the step.
        step: usize,
        /// What is said of it.
        detail: Option<Text>,
    },
    /// A step failed; the run rests until somebody decides.
    Failed {
        /// Which plan.
        plan: PlanId,
        /// Index of the step.
        step: usize,
        /// What happened.
        what: Text,
    },
    /// The user wishes something of the run.
    Wished {
        /// What.
        wish: Wish,
    },
    /// A node is replaced by a fresh one before the run that rests goes on; written before its POST.
    Recycling {
        /// LKE's id of the node.
        node: NodeId,
        /// Its machine; `None`: it had none yet. Nothing is sent once it is gone.
        instance: Option<InstanceId>,
    },
    /// A complete search was made.
    Swept {
        /// Whether nothing of ours was found.
        clean: bool,
        /// What was found.
        found: Vec<Thing>,
        /// Things that look like ours but lack a proof: shown, never deleted.
        #[serde(default)]
        doubtful: Vec<Thing>,
        /// Whether the user was a restricted one: "as far as this user can see".
        #[serde(default)]
        restricted: bool,
    },
    /// The run of a plan ended: all steps are done.
    Completed {
        /// Which plan.
        plan: PlanId,
    },
    /// A delete cannot be done without a person.
    Stuck {
        /// Index of the step.
        step: usize,
        /// What happened.
        what: Text,
    },
    /// The kubeconfig was saved by the user (the path is not kept).
    KubeconfigSaved,
    /// It was taken over: what stood then, and nothing of before, is what this journal knows.
    TakenOver(Box<crate::standing::TakenOver>),
    /// The user moved the stop time or took it back; it holds until another one is accepted.
    StopMoved {
        /// To a time, or never.
        stops: Stops,
    },
}

impl Fact {
    /// Stable name, for errors and transcripts; the same as on the disk.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Continued { .. } => "continued",
            Self::Accepted { .. } => "accepted",
            Self::Started { .. } => "started",
            Self::Intent { .. } => "intent",
            Self::Sent { .. } => "sent",
            Self::Refused { .. } => "refused",
            Self::Unknown { .. } => "unknown",
            Self::Made { .. } => "made",
            Self::Duplicate { .. } => "duplicate",
            Self::Born { .. } => "born",
            Self::Gone { .. } => "gone",
            Self::Covered { .. } => "covered",
            Self::GpuTested { .. } => "gpu_tested",
            Self::Volumes { .. } => "volumes",
            Self::Finished { .. } => "finished",
            Self::Failed { .. } => "failed",
            Self::Wished { .. } => "wished",
            Self::Recycling { .. } => "recycling",
            Self::Swept { .. } => "swept",
            Self::Completed { .. } => "completed",
            Self::Stuck { .. } => "stuck",
            Self::KubeconfigSaved => "kubeconfig_saved",
            Self::StopMoved { .. } => "stop_moved",
            Self::TakenOver(_) => "taken_over",
        }
    }
}

impl Fact {
    /// Whether only a run under way writes it, or what the user wishes of the run. Births, deaths and
    /// searches are also written by looks.
    pub const fn is_of_a_run(&self) -> bool {
        match self {
            Self::Accepted { .. }
            | Self::Started { .. }
            | Self::Intent { .. }
            | Self::Sent { .. }
            | Self::Refused { .. }
            | Self::Unknown { .. }
            | Self::Made { .. }
            | Self::Finished { .. }
            | Self::Failed { .. }
            | Self::Wished { .. }
            | Self::Recycling { .. }
            | Self::Completed { .. }
            | Self::TakenOver(_)
            | Self::Stuck { .. } => true,
            Self::Opened { .. }
            | Self::Continued { .. }
            | Self::Duplicate { .. }
            | Self::Born { .. }
            | Self::Gone { .. }
            | Self::Covered { .. }
            | Self::GpuTested { .. }
            | Self::Volumes { .. }
            | Self::Swept { .. }
            | Self::KubeconfigSaved
            | Self::StopMoved { .. } => false,
        }
    }
}

/// What the user wishes of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// Stop, and undo what was made.
    Cancel,
    /// Go on after a failure or an interruption.
    Continue,
    /// Leave it as it is.
    Keep,
}

/// A volume as Kubernetes held it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldVolume {
    /// Linode's id.
    pub volume: VolumeId,
    /// The PersistentVolume's name.
    pub name: String,
    /// Namespace and name of the claim.
    pub claim: Option<(String, String)>,
    /// GiB.
    pub size_gb: u32,
}
