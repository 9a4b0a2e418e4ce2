//! Data shaped for the screen. Written once here; the UI's TypeScript comes from it.
//!
//! Rows travel as `Snapshot`, then `Delta`s: a key names a row, a value is a whole row. What is not
//! known is absent (`null`) and drawn as "–", never invented. Later work adds fields and renames
//! none. Times are RFC 3339 text; lengths are milliseconds; money is micro-dollars.

mod app;
mod deployment;
mod inside;
mod kubectl;
mod licences;
mod open;
mod picture;
mod reach;
mod review;
mod search;
mod spend;
mod usage;

pub use app::*;
pub use deployment::*;
pub use inside::*;
pub use kubectl::*;
pub use licences::*;
pub use open::*;
pub use picture::*;
pub use reach::*;
pub use review::*;
pub use search::*;
pub use spend::*;
pub use usage::*;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ts_rs::TS;

/// Everything, at one point of the sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Snapshot {
    /// The sequence number that the next delta follows.
    #[ts(type = "number")]
    pub seq: u64,
    /// Every row by its key.
    pub view: BTreeMap<String, Row>,
}

/// What changed since the sequence number before. A gap asks for a new snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Delta {
    /// One more than the last.
    #[ts(type = "number")]
    pub seq: u64,
    /// In order.
    pub ops: Vec<Op>,
}

/// What travels over the channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value")]
pub enum Update {
    /// First, and after a gap.
    Snapshot(Snapshot),
    /// Then these.
    Delta(Delta),
}

/// One change of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "op")]
pub enum Op {
    /// The row is now this.
    Put {
        /// `app`, `deployment/<ulid>`, `node/<ulid>/<id>`, `step/<ulid>/<n>`, `spend/<ulid>`,
        /// `activity/<ulid>/<n>`.
        key: String,
        /// The whole row.
        value: Row,
    },
    /// The row is gone.
    Remove {
        /// As in `Put`.
        key: String,
    },
}

/// A row of the view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "row", content = "value")]
pub enum Row {
    /// Key `app`.
    App(Box<AppRow>),
    /// Key `deployment/<ulid>`.
    Deployment(Box<DeploymentRow>),
    /// Key `node/<ulid>/<id>`.
    Node(NodeRow),
    /// Key `step/<ulid>/<n>`, of the current or last run.
    Step(StepRow),
    /// Key `spend/<ulid>`.
    Spend(SpendRow),
    /// Key `activity/<ulid>/<n>`.
    Activity(ActivityRow),
}
