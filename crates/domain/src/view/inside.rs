//! What Kubernetes tells of a node, and the sums of all.

use super::usage::UsageTotals;
use crate::money::MicroUsd;
use crate::text::Text;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A node's inside: what it gives, what its pods ask for, what is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NodeInsideView {
    /// The kubelet's version.
    pub version: String,
    /// When it joined Kubernetes.
    #[ts(type = "string | null")]
    pub born: Option<Timestamp>,
    /// `name=value`, by name.
    pub labels: Vec<String>,
    /// As kubectl writes them: `key=value:NoSchedule`.
    pub taints: Vec<String>,
    /// Whether it takes no new pods.
    pub cordoned: bool,
    /// What is taken and left of it; `null`: its pods could not be read.
    pub room: Option<RoomView>,
}

/// What is taken and left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RoomView {
    /// Pods.
    pub pods: ShareView,
    /// Thousandths of cores.
    pub cpu_milli: ShareView,
    /// Memory in MiB.
    pub memory_mib: ShareView,
    /// GPUs.
    pub gpus: ShareView,
    /// Pods that hold its GPUs, `namespace/name`; a Job's pod bears the Job's name besides.
    pub holders: Vec<String>,
}

/// A part of what is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ShareView {
    /// What pods ask for.
    #[ts(type = "number")]
    pub asked: u64,
    /// What the node gives.
    #[ts(type = "number")]
    pub gives: u64,
    /// What the next pod may ask for, by the scheduler's arithmetic.
    #[ts(type = "number")]
    pub free: u64,
}

/// What the last computation on a node's GPUs came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct GpuProofView {
    /// Whether it was right.
    pub passed: bool,
    /// What it said when it was not.
    pub said: Option<String>,
    /// Each card: `NVIDIA RTX 4000 Ada Generation, 20475 MiB, driver 570.195.03`.
    pub cards: Vec<String>,
}

/// What taking nodes away costs and breaks, before it is confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NodesReview {
    /// The nodes that go, by their short names.
    pub nodes: Vec<String>,
    /// A sentence for each thing to know.
    pub lines: Vec<Text>,
}

/// The sums over all nodes of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NodeTotals {
    /// Nodes.
    pub nodes: u32,
    /// Those that are ready.
    pub ready: u32,
    /// What is taken and left of those that Kubernetes knows; `null`: it was not read.
    pub room: Option<RoomView>,
    /// What they cost an hour; `null`: not of all known.
    pub rate: Option<MicroUsd>,
    /// Pods that fit nowhere.
    pub waiting: u32,
    /// Of those, pods that wait for a GPU.
    pub waiting_gpus: u32,
    /// Why the first of them waits, as the scheduler says it.
    pub why: Option<String>,
    /// How their GPUs are used; absent where of none is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub usage: Option<UsageTotals>,
}
