//! A problem or warning about a Spec. They are collected, never first-fail.

use crate::text::Text;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One problem or warning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Diagnostic {
    /// Whether it stops everything.
    pub severity: Severity,
    /// Where in the Spec.
    pub field: Field,
    /// What is wrong.
    pub what: Text,
    /// Why it matters.
    pub why: Option<Text>,
    /// What to do.
    pub fix: Option<Text>,
    /// A correction that can be applied as it is.
    pub correction: Option<Correction>,
    /// Where in the file, when the Spec came from one.
    pub place: Option<Place>,
    /// Which firewall rule it is about; absent: none, or all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub rule: Option<RuleSpot>,
}

/// A part of one of the firewall rules that are not the preset's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RuleSpot {
    /// Which rule, from 0: in a Spec its place in `firewall_rules`.
    pub row: u32,
    /// What of it.
    pub cell: RuleCell,
}

/// What of a firewall rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RuleCell {
    /// Its label.
    Label,
    /// Its ports.
    Ports,
    /// Its sources.
    Sources,
    /// All of it.
    Rule,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// With one of these nothing is made.
    Error,
    /// Said, and gone on.
    Warning,
}

/// A part of the Spec; the form and the picture mark it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// `cluster_name_prefix`.
    Prefix,
    /// `region`.
    Region,
    /// `kubernetes_version`.
    KubernetesVersion,
    /// `gpu_node_type`.
    GpuType,
    /// `gpu_node_count`.
    GpuCount,
    /// `autoscaler_min`.
    GpuMin,
    /// `autoscaler_max`.
    GpuMax,
    /// `ha_control_plane`.
    Ha,
    /// `allowed_kubectl_ips`.
    KubectlAccess,
    /// `allowed_kubeflow_ui_ips`, `allowed_monitoring_ips`.
    UiAccess,
    /// `tags`.
    Tags,
    /// `system_pool`.
    SystemPool,
    /// `ql_stops_after`.
    Stops,
    /// `ql_budget_usd_month`.
    Budget,
    /// `ql_gpu_slices`.
    GpuSlices,
    /// `ql_firewall_rules`.
    FirewallRules,
    /// The account, or the Spec as a whole.
    Whole,
}

/// A correction that `--fix` or one click applies: replace the field's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Correction {
    /// The value to put, as it stands in a tfvars file (`"g2-gpu-rtx4000a1-s"` with its quotes).
    pub literal: String,
}

/// A place in a file; lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Place {
    /// The file's name as it was given.
    pub file: String,
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

impl Diagnostic {
    /// An error about a field.
    pub fn error(field: Field, what: impl Into<Text>) -> Self {
        Self {
            severity: Severity::Error,
            field,
            what: what.into(),
            why: None,
            fix: None,
            correction: None,
            place: None,
            rule: None,
        }
    }

    /// A warning about a field.
    pub fn warning(field: Field, what: impl Into<Text>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(field, what)
        }
    }

    /// With the reason why it matters.
    #[must_use]
    pub fn why(mut self, why: impl Into<Text>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// With what to do.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<Text>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// With a correction that can be applied as it is.
    #[must_use]
    pub fn correct(mut self, literal: impl Into<String>) -> Self {
        self.correction = Some(Correction {
            literal: literal.into(),
        });
        self
    }
}

/// Whether any of them stops everything.
pub fn any_error(all: &[Diagnostic]) -> bool {
    all.iter().any(|one| one.severity == Severity::Error)
}
