//! A deployment with its nodes, steps and activity.

use super::app::Notice;
use super::inside::{GpuProofView, NodeInsideView, NodeTotals};
use super::kubectl::MergedContext;
use super::picture::Picture;
use super::reach::ReachView;
use super::usage::UsageView;
use crate::ids::DeploymentId;
use crate::money::{MicroUsd, Price};
use crate::plan::{PoolRole, Purpose};
use crate::text::Text;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DeploymentRow {
    /// Its id.
    pub id: DeploymentId,
    /// The cluster's label.
    pub label: String,
    /// The label's own part.
    pub prefix: String,
    /// Which state it is in.
    pub state: DeploymentState,
    /// Since when.
    #[ts(type = "string")]
    pub since: Timestamp,
    /// When it was created.
    #[ts(type = "string")]
    pub created: Timestamp,
    /// When Linode was last read completely.
    #[ts(type = "string | null")]
    pub checked: Option<Timestamp>,
    /// What of it could not be read, and how old is what is shown; `null`: all was read.
    pub partial: Option<Text>,
    /// The architecture picture.
    pub picture: Picture,
    /// What needs a person.
    pub notice: Option<Notice>,
    /// What it costs now an hour; `null`: unknown.
    pub rate: Option<MicroUsd>,
    /// Steps done of the current or last run.
    pub steps_done: u32,
    /// Steps of the current or last run.
    pub steps_all: u32,
    /// What the current or last run is for.
    pub purpose: Option<Purpose>,
    /// Whether a kubeconfig can be had.
    pub kubeconfig: bool,
    /// Where it stands in the kubeconfig that this computer's kubectl reads; `null`: nowhere.
    pub merged: Option<MergedContext>,
    /// Whether a receipt can be read.
    pub receipt: bool,
    /// When it is torn down by itself.
    #[ts(type = "string | null")]
    pub stops: Option<Timestamp>,
    /// Id of the account that it belongs to.
    pub account: String,
    /// Whether this account and cloud are the connected ones; otherwise it is shown read-only.
    pub here: bool,
    /// Which computer looks after it; read-only unless it is this one.
    pub whose: Whose,
    /// Who can reach what; absent once it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub reach: Option<ReachView>,
    /// The sums over its nodes; absent without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub totals: Option<NodeTotals>,
}

/// Which computer looks after a deployment, by its owner tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// This one.
    Here,
    /// Another one.
    Elsewhere,
    /// This one, and its journal is lost.
    Forgotten,
    /// It bears no owner tag, and no journal here knows it.
    Nobody,
}

/// The state of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DeploymentState {
    /// A run is making or changing it.
    Building,
    /// It stands.
    Running,
    /// A run stopped and waits for a person.
    Failed,
    /// An unfinished create was found at start: continue, roll back or keep.
    Interrupted,
    /// A run takes it away.
    Leaving,
    /// An undo failed: something is left and costs.
    Stuck,
    /// Torn down, proven.
    Gone,
}

/// A node: LKE's, Linode's and Kubernetes' word on it side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NodeRow {
    /// LKE's id of it.
    pub id: String,
    /// The first six of its hex digits.
    pub short: String,
    /// Which pool.
    pub role: PoolRole,
    /// State in one word.
    pub state: NodeState,
    /// Linode's id.
    #[ts(type = "number | null")]
    pub instance: Option<u64>,
    /// Linode's word: `running`, `provisioning`, ….
    pub instance_status: Option<String>,
    /// Whether Kubernetes calls it ready; `null`: not seen by Kubernetes yet.
    pub kubernetes_ready: Option<bool>,
    /// Whether the firewall stands before it, read back; `null`: not read yet.
    pub covered: Option<bool>,
    /// How long it stood without the firewall, in milliseconds.
    #[ts(type = "number | null")]
    pub open_ms: Option<u64>,
    /// What it costs.
    pub price: Option<Price>,
    /// First seen.
    #[ts(type = "string")]
    pub since: Timestamp,
    /// What Kubernetes tells of it; absent until it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub inside: Option<Box<NodeInsideView>>,
    /// What the last test of its GPUs came to; absent where none ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub proof: Option<Box<GpuProofView>>,
    /// How its GPUs are used; absent where nothing told of it within a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub usage: Option<Box<UsageView>>,
    /// What does not fit together about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub note: Option<Box<Text>>,
}

/// The state of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// LKE and Kubernetes call it ready, and its GPUs, if it has any, were seen to compute.
    Ready,
    /// Ready for LKE and Kubernetes; whether its GPUs compute was not seen yet.
    Untested,
    /// Its GPUs were seen to fail.
    Broken,
    /// On its way.
    Starting,
    /// It was ready, or its machine is off.
    NotReady,
    /// Being taken away.
    Leaving,
}

/// A step of the current or last run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StepRow {
    /// Its place in the timeline, from 0.
    pub ordinal: u32,
    /// Title.
    pub title: Text,
    /// State.
    pub state: StepState,
    /// When it began.
    #[ts(type = "string | null")]
    pub started: Option<Timestamp>,
    /// When it ended.
    #[ts(type = "string | null")]
    pub ended: Option<Timestamp>,
    /// What is known of it now.
    pub detail: Option<Text>,
    /// Median of at least three own runs, in milliseconds.
    #[ts(type = "number | null")]
    pub usual_ms: Option<u64>,
}

/// The state of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not begun.
    Pending,
    /// Under way.
    Running,
    /// Under way for longer than it should: amber.
    Late,
    /// Done.
    Done,
    /// Failed.
    Failed,
}

/// A line of what happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ActivityRow {
    /// When.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// What.
    pub text: Text,
}
