//! The variables of the file and the fields of the Spec that they set.

use domain::diagnostic::Field;
use domain::rules::nearest;

/// Every variable that sets a field, in the order in which they are written.
pub(crate) const VARIABLES: [(&str, Field); 17] = [
    ("cluster_name_prefix", Field::Prefix),
    ("region", Field::Region),
    ("kubernetes_version", Field::KubernetesVersion),
    ("gpu_node_type", Field::GpuType),
    ("gpu_node_count", Field::GpuCount),
    ("autoscaler_min", Field::GpuMin),
    ("autoscaler_max", Field::GpuMax),
    ("ha_control_plane", Field::Ha),
    ("system_pool", Field::SystemPool),
    ("allowed_kubectl_ips", Field::KubectlAccess),
    ("allowed_kubeflow_ui_ips", Field::UiAccess),
    ("allowed_monitoring_ips", Field::UiAccess),
    ("tags", Field::Tags),
    ("ql_stops_after", Field::Stops),
    ("ql_budget_usd_month", Field::Budget),
    ("ql_gpu_slices", Field::GpuSlices),
    ("ql_firewall_rules", Field::FirewallRules),
];

/// How the variables of add-ons begin.
const ADD_ONS: [&str; 5] = [
    "install_",
    "enable_",
    "grafana_",
    "prometheus_",
    "kubeflow_",
];

/// What a variable is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variable {
    /// It sets a field.
    Sets(Field),
    /// An add-on's: kept, not used yet.
    AddOn,
    /// It may hold a secret: neither kept nor shown.
    Secret,
    /// Nothing; the nearest known name.
    Unknown(Option<&'static str>),
}

/// What a variable is to us, by its name.
pub(crate) fn variable(name: &str) -> Variable {
    if let Some(field) = field(name) {
        return Variable::Sets(field);
    }
    let lower = name.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(['_', '-']).collect();
    let hidden = [
        "password",
        "passwd",
        "pass",
        "pw",
        "token",
        "secret",
        "key",
        "auth",
        "credentials",
        "kubeconfig",
    ];
    if words.iter().any(|word| hidden.contains(word)) {
        return Variable::Secret;
    }
    if ADD_ONS.iter().any(|start| name.starts_with(start)) || name == "gpu_operator_version" {
        return Variable::AddOn;
    }
    Variable::Unknown(nearest(&lower, VARIABLES.iter().map(|(known, _)| *known)))
}

/// The field that a variable sets.
pub(crate) fn field(name: &str) -> Option<Field> {
    VARIABLES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, field)| *field)
}

/// The variable under which a field is written.
pub(crate) fn name_of(field: Field) -> Option<&'static str> {
    VARIABLES
        .iter()
        .find(|(_, sets)| *sets == field)
        .map(|(name, _)| *name)
}
