//! The architecture picture, the same in all four tenses.

use crate::money::Price;
use crate::plan::PoolRole;
use crate::text::Text;
use crate::view::Keeper;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The four tenses of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Tense {
    /// Dashed.
    Planned,
    /// Being made: marked.
    Building,
    /// Solid.
    Running,
    /// Fading.
    Leaving,
    /// Nothing is left.
    Gone,
}

/// The architecture picture: what stands in it and in which tense, part by part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Picture {
    /// Region id.
    pub region: String,
    /// Region in words.
    pub region_label: String,
    /// The cluster's outline.
    pub cluster: Tense,
    /// LKE's id of the cluster.
    #[ts(type = "number | null")]
    pub cluster_id: Option<u64>,
    /// `major.minor`.
    pub kubernetes_version: String,
    /// The control plane.
    pub control_plane: ControlPlanePart,
    /// The API access list.
    pub access_list: AccessListPart,
    /// The firewall round the pools.
    pub firewall: FirewallPart,
    /// GPU pool first, then the system pool.
    pub pools: Vec<PoolPart>,
    /// Kubeflow's place: always "not installed" for now.
    pub kubeflow: Tense,
    /// Who may reach web UIs; nothing listens yet.
    pub ui_list: Vec<String>,
}

/// The control plane in the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ControlPlanePart {
    /// Tense.
    pub tense: Tense,
    /// High availability.
    pub ha: bool,
    /// What it costs.
    pub price: Option<Price>,
    /// How fast the API answered last, in milliseconds.
    #[ts(type = "number | null")]
    pub answers_ms: Option<u64>,
}

/// The API access list in the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AccessListPart {
    /// Tense; `Running` only when its revision proves that it is enforced.
    pub tense: Tense,
    /// Who may connect; `null`: the own address is still to be asked for.
    pub addresses: Option<Vec<String>>,
}

/// The firewall in the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FirewallPart {
    /// Tense.
    pub tense: Tense,
    /// Nodes that it stands before, read back.
    pub covered: u32,
    /// Nodes.
    pub nodes: u32,
    /// Who puts new nodes behind it; `null`: it does not stand.
    pub keeper: Option<Keeper>,
    /// The rules in words: what passes. Everything else is dropped.
    pub rules: Vec<RulePart>,
}

/// One rule of the firewall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RulePart {
    /// Linode's label of the rule.
    pub label: String,
    /// Protocol and ports: `TCP 10250, 10256`.
    pub what: String,
    /// Sources.
    pub from: Vec<String>,
    /// Why it is there.
    pub why: Option<Text>,
    /// Whether LKE needs it, so that it cannot be taken away.
    pub locked: bool,
}

/// A pool in the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PoolPart {
    /// Which pool.
    pub role: PoolRole,
    /// Tense.
    pub tense: Tense,
    /// Instance type.
    pub instance_type: String,
    /// In words, such as `RTX 4000 Ada 20 GB`; Linode's label when not a GPU.
    pub title: String,
    /// vCPUs of a node.
    pub vcpus: Option<u32>,
    /// Memory of a node in MB.
    #[ts(type = "number | null")]
    pub memory_mb: Option<u64>,
    /// GPUs of a node.
    pub gpus: Option<u32>,
    /// How many pods each of them is given to.
    pub slices: u8,
    /// What one node costs.
    pub each: Option<Price>,
    /// Nodes now, or from the start while planned.
    pub count: u32,
    /// The autoscaler's lower bound; equal to `max` when there is none.
    pub min: u32,
    /// The most nodes that may be.
    pub max: u32,
}
