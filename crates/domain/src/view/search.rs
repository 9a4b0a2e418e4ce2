//! What a search of the whole account found beside the deployments of this computer.

use crate::money::Price;
use crate::text::Text;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Everything on the account that costs and is in no journal of this computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AccountSearch {
    /// When it was read.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// What was found: shown, never touched.
    pub found: Vec<FoundThing>,
}

/// One thing that is not ours, or not surely ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FoundThing {
    /// Which kind.
    pub kind: FoundKind,
    /// Linode's id of it.
    #[ts(type = "number")]
    pub id: u64,
    /// What it is, by name.
    pub what: Text,
    /// Why it is here.
    pub why: Text,
    /// Its region.
    pub region: String,
    /// Since when it is there.
    #[ts(type = "string")]
    pub since: Timestamp,
    /// What it costs; `null`: unknown.
    pub price: Option<Price>,
}

/// The kinds of things that cost on their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FoundKind {
    /// An LKE cluster with its nodes.
    Cluster,
    /// A volume that hangs on no Linode.
    Volume,
}
