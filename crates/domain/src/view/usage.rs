//! How the GPUs of a node are used, and of all nodes.

use crate::money::MicroUsd;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How the GPUs of a node are used. What was read too long ago to be called now is `null`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UsageView {
    /// When it was read last.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// How many GPUs it is about.
    pub gpus: u32,
    /// For how much of the time they computed, in percent: the mean of all.
    pub percent: Option<u8>,
    /// Their memory that is taken, in MiB.
    #[ts(type = "number | null")]
    pub memory_mib: Option<u64>,
    /// All their memory, in MiB.
    #[ts(type = "number | null")]
    pub memory_all_mib: Option<u64>,
    /// How warm the warmest is.
    pub celsius: Option<u8>,
    /// The mean of each quarter of an hour of the last day, oldest first; `null`: nobody looked.
    pub day: Vec<Option<u8>>,
    /// Those that do nothing; `null`: none does.
    pub idle: Option<IdleView>,
}

/// GPUs that are paid for and do nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct IdleView {
    /// How many.
    pub gpus: u32,
    /// Since when the first of them.
    #[ts(type = "string")]
    pub since: Timestamp,
    /// Until when that was seen.
    #[ts(type = "string")]
    pub until: Timestamp,
    /// What they have cost meanwhile, by the prices of their nodes; `null`: one is unknown.
    pub cost: Option<MicroUsd>,
}

/// How all GPUs are used of which that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UsageTotals {
    /// How many.
    pub gpus: u32,
    /// For how much of the time they computed, in percent: the mean of all.
    pub percent: u8,
    /// Those that do nothing; `null`: none does.
    pub idle: Option<IdleView>,
}
