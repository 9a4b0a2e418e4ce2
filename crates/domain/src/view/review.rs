//! What a Spec would become, and what a teardown would take.

use super::picture::Picture;
use crate::diagnostic::Diagnostic;
use crate::ids::{DeploymentId, PlanId, VolumeId};
use crate::money::{MicroUsd, Price};
use crate::spec::Spec;
use crate::text::Text;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a Spec would become: the answer to every edit of the form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Review {
    /// The Spec as it was understood.
    pub spec: Spec,
    /// Problems and warnings, all at once.
    pub diagnostics: Vec<Diagnostic>,
    /// The plan as a picture, dashed.
    pub picture: Picture,
    /// What it will cost.
    pub quote: QuoteView,
    /// Every thing that will be made or changed, when there is no error.
    pub items: Vec<ReviewItem>,
    /// By which it is accepted; `null` with an error, or when there is nothing to do.
    pub plan: Option<PlanId>,
    /// The deployment that it changes; `null`: a new one.
    pub changes: Option<DeploymentId>,
}

/// What a Spec will cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct QuoteView {
    /// From the start; `null`: a price is unknown.
    pub from_start: Option<Price>,
    /// At most, with every node that the autoscaler may add.
    pub at_most: Option<Price>,
    /// At most until it stops, by started hours.
    pub until_stop: Option<MicroUsd>,
    /// When it stops.
    #[ts(type = "string | null")]
    pub stops: Option<Timestamp>,
    /// When the prices were read.
    #[ts(type = "string | null")]
    pub priced: Option<Timestamp>,
}

/// One thing of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReviewItem {
    /// What: "LKE cluster `ada-lke-gpu-kubeflow` in Chicago, IL".
    pub what: Text,
    /// More about it.
    pub detail: Option<Text>,
    /// What it costs from the start; zero is said as "free".
    pub price: Option<Price>,
    /// What it can cost at most, when that differs.
    pub at_most: Option<Price>,
    /// What happens to it.
    pub change: ItemChange,
}

/// What happens to a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ItemChange {
    /// `+`
    Create,
    /// `~`
    Update,
    /// `±`
    Replace,
    /// `-`
    Delete,
}

/// What a teardown would take and leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TeardownReview {
    /// Which deployment.
    pub deployment: DeploymentId,
    /// The word to type.
    pub confirm: String,
    /// Goes.
    pub will_go: Vec<TeardownItem>,
    /// Stays unless ticked.
    pub stays: Vec<KeptVolume>,
    /// Not ours: shown, never touched.
    pub not_ours: Vec<TeardownItem>,
    /// What cannot be proven or known, such as "Kubernetes does not answer".
    pub notes: Vec<Text>,
}

/// A row of the teardown's inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TeardownItem {
    /// What.
    pub what: Text,
    /// What it costs; zero is said as "free".
    pub price: Option<Price>,
}

/// A volume that stays unless ticked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KeptVolume {
    /// Its id.
    pub volume: VolumeId,
    /// What.
    pub what: Text,
    /// What it costs.
    pub price: Option<Price>,
}

/// The receipt of a teardown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReceiptView {
    /// Which deployment.
    pub deployment: DeploymentId,
    /// The cluster's label.
    pub label: String,
    /// What was deleted, and when it was gone.
    pub deleted: Vec<ReceiptLine>,
    /// What was kept, and why.
    pub kept: Vec<ReceiptLine>,
    /// The clean sweeps: when.
    #[ts(type = "Array<string>")]
    pub sweeps: Vec<Timestamp>,
    /// What it cost altogether; `null`: a price is unknown.
    pub cost: Option<MicroUsd>,
    /// What the proof does not cover ("as far as this user can see").
    pub notes: Vec<Text>,
    /// Who could reach it, and how long nodes stood open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub reach: Option<Vec<Text>>,
}

/// A line of the receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReceiptLine {
    /// What.
    pub what: Text,
    /// When.
    #[ts(type = "string | null")]
    pub at: Option<Timestamp>,
}
