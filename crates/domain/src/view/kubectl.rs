//! A deployment in the kubeconfig that this computer's kubectl reads, which is the person's own.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where a deployment stands in the person's own kubeconfig.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MergedContext {
    /// The file, as a person would write it.
    pub path: String,
    /// Its name there: of the context, the cluster and the user.
    pub context: String,
}

/// What a merge would change. Nothing is written yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MergePreview {
    /// The file, as a person would write it.
    pub path: String,
    /// Whether the file is made by this.
    pub new_file: bool,
    /// The name that it gets there.
    pub context: String,
    /// The current context before.
    pub current: Option<String>,
    /// The difference, with its surroundings; every secret is masked.
    pub lines: Vec<DiffLine>,
    /// Which state of the file this is the difference to.
    pub seen: String,
}

/// A line of a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DiffLine {
    /// What becomes of it.
    pub change: LineChange,
    /// The line; empty for a gap.
    pub text: String,
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LineChange {
    /// It stays.
    Same,
    /// It is new.
    Added,
    /// It goes.
    Removed,
    /// Lines that stay are left out here.
    Gap,
}

/// A colleague's read-only way into a cluster's Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Reader {
    /// For whom it is, which is the name of its service account.
    pub name: String,
    /// Since when.
    #[ts(type = "string | null")]
    pub since: Option<Timestamp>,
    /// Until when its token works; `null`: that was not written down.
    #[ts(type = "string | null")]
    pub until: Option<Timestamp>,
}
