//! What is wrong with a Spec, as a file says it: every diagnostic of the form, what causes it and
//! where it stands; and those that no form can cause, with the reason.

use std::collections::BTreeSet;

/// A tofu.tfvars, and what it causes.
pub(crate) struct Wrong {
    /// Its text.
    pub(crate) file: &'static str,
    /// The codes, and the part of the form in which each stands.
    pub(crate) says: &'static [(&'static str, &'static str)],
}

pub(crate) const PREFIX: &str = "field-prefix";
pub(crate) const REGION: &str = "field-region";
pub(crate) const GPU: &str = "field-gpu_type";
pub(crate) const ACCESS: &str = "field-kubectl_access";
pub(crate) const STOPS: &str = "field-stops";
pub(crate) const ADVANCED: &str = "field-advanced";
/// Below all fields.
pub(crate) const WHOLE: &str = "";

pub(crate) const FILES: &[Wrong] = &[
    Wrong {
        file: r#"
cluster_name_prefix = ""
region              = "mars-1"
gpu_node_type       = "g9-gpu-moon"
kubernetes_version  = "one"
gpu_node_count      = 0
autoscaler_max      = 101
allowed_kubectl_ips = []
tags                = ["ab", "ql-mine", "kubeflow", "kubeflow"]
system_pool         = { type = "g2-gpu-rtx4000a1-s", count = 1 }
ql_stops_after      = "2020-01-01T00:00:00Z"
ql_budget_usd_month = 0
ql_gpu_slices       = 9
ql_firewall_rules   = [
  { label = "1", protocol = "TCP", ports = "22", sources = ["203.0.113.7/32"] },
  { label = "same", protocol = "ICMP", ports = "22", sources = ["203.0.113.7/32"] },
  { label = "same", protocol = "TCP", sources = ["203.0.113.7/32"] },
  { label = "odd", protocol = "TCP", ports = "0-x", sources = ["203.0.113.7/32"] },
  { label = "many", protocol = "UDP", ports = "1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31", sources = ["203.0.113.7/32"] },
  { label = "over", protocol = "TCP", ports = "6000-6100,6050", sources = ["203.0.113.7/32"] },
  { label = "wide", protocol = "TCP", ports = "7000-7100", sources = ["203.0.0.0/16"] },
  { label = "dead", protocol = "TCP", ports = "7050", sources = ["203.0.113.7/32"] },
  { label = "nobody", protocol = "TCP", ports = "8000", sources = [] },
  { label = "all", protocol = "TCP", ports = "9000", sources = ["0.0.0.0/0"] },
]
"#,
        says: &[
            ("prefix_empty", PREFIX),
            ("region_unknown", REGION),
            ("type_unknown", GPU),
            ("version_format", ADVANCED),
            ("nodes_zero", GPU),
            ("nodes_too_many", GPU),
            ("kubectl_nobody", ACCESS),
            ("tag_length", ADVANCED),
            ("tag_reserved", ADVANCED),
            ("tag_twice", ADVANCED),
            ("system_type_has_gpu", ADVANCED),
            ("stop_past", STOPS),
            ("budget_zero", ADVANCED),
            ("slices", ADVANCED),
            ("rule_label", ADVANCED),
            ("rule_label_twice", ADVANCED),
            ("ports_not_here", ADVANCED),
            ("ports_missing", ADVANCED),
            ("ports_bad", ADVANCED),
            ("ports_too_many", ADVANCED),
            ("ports_overlap", ADVANCED),
            ("rule_shadowed", ADVANCED),
            ("sources_empty", ADVANCED),
            ("rule_everyone", ADVANCED),
        ],
    },
    Wrong {
        file: r#"
cluster_name_prefix = "Ada_x"
region              = "us-east"
gpu_node_type       = "g6-standard-2"
kubernetes_version  = "1.20"
autoscaler_min      = 5
autoscaler_max      = 2
allowed_kubectl_ips = ["0.0.0.0/0"]
allowed_kubeflow_ui_ips = ["0.0.0.0/0"]
ql_stops_after      = "0h"
ql_budget_usd_month = 1
"#,
        says: &[
            ("prefix_bad", PREFIX),
            ("gpu_type_without_gpu", GPU),
            ("version_retired", ADVANCED),
            ("min_over_max", ADVANCED),
            ("kubectl_everyone", ACCESS),
            ("ui_everyone", ADVANCED),
            ("stop_at_once", STOPS),
            ("budget_under_start", ADVANCED),
        ],
    },
    Wrong {
        file: r#"
cluster_name_prefix = "a-very-long-prefix"
region              = "us-east"
gpu_node_type       = "g2-gpu-rtx4000a1-s"
kubernetes_version  = "1.99"
gpu_node_count      = 5
autoscaler_min      = 1
autoscaler_max      = 2
allowed_kubectl_ips = ["10.0.0.0/8"]
"#,
        says: &[
            ("prefix_too_long", PREFIX),
            ("version_not_offered", ADVANCED),
            ("region_sold_out", REGION),
            ("count_outside", GPU),
            ("kubectl_private", ACCESS),
        ],
    },
    Wrong {
        file: r#"
gpu_node_type       = "g1-gpu-rtx6000-1"
kubernetes_version  = 1.30
allowed_kubectl_ips = ["300.1.2.3/32", "203.0.113.9"]
region              = 5
gpu_node_count      = "2"
autoscaler_min      = 1.5
ha_control_plane    = "true"
tags                = "gpu"
ql_budget_usd_month = "500"
system_pool         = true
ql_stops_after      = "tomorrow"
ql_firewall_rules   = [22]
regoin              = "us-ord"
install_kubeflow    = true
linode_token        = "abc"
ql_gpu_slices       = 1
ql_gpu_slices       = 2
"#,
        says: &[
            ("gpu_type_rtx6000", GPU),
            ("tofu_version_number", ADVANCED),
            ("cidr_bad", ACCESS),
            ("cidr_bare", ACCESS),
            ("tofu_expected_text", REGION),
            ("tofu_expected_number", GPU),
            ("tofu_expected_whole_number", ADVANCED),
            ("tofu_expected_bool", ADVANCED),
            ("tofu_expected_list", ADVANCED),
            ("tofu_expected_amount", ADVANCED),
            ("tofu_expected_system_pool", ADVANCED),
            ("tofu_stop_bad", STOPS),
            ("tofu_expected_object", ADVANCED),
            ("tofu_unknown", WHOLE),
            ("tofu_kept", WHOLE),
            ("tofu_secret", WHOLE),
            ("tofu_twice", ADVANCED),
        ],
    },
    Wrong {
        file: r#"
region                  = us-ord
gpu_node_count          = 1 + 1
cluster_name_prefix     = lower("ADA")
kubernetes_version      = "1.${minor}"
gpu_node_type           = <<EOT
x
EOT
allowed_kubectl_ips     = ["203.0.113.7/32", "203.0.113.7/32", "203.0.113.0/24", "198.51.100.7/24"]
allowed_kubeflow_ui_ips = ["203.0.113.7/32"]
allowed_monitoring_ips  = ["198.51.100.7/32"]
system_pool             = { typ = "g6-standard-2", count = 1 }
ql_firewall_rules       = [{ label = "ssh", protocol = "SSH", ports = "22" }]
"#,
        says: &[
            ("tofu_name", REGION),
            ("tofu_expression", GPU),
            ("tofu_function", PREFIX),
            ("tofu_template", ADVANCED),
            ("tofu_heredoc", GPU),
            ("host_bits", ACCESS),
            ("entry_twice", ACCESS),
            ("entry_inside", ACCESS),
            ("tofu_ui_lists_differ", ADVANCED),
            ("tofu_key_unknown", ADVANCED),
            ("tofu_key_missing", ADVANCED),
            ("tofu_protocol_bad", ADVANCED),
        ],
    },
    Wrong {
        file: "ql_gpu_slices = 4\n",
        says: &[("slices_shared", ADVANCED)],
    },
    Wrong {
        file: "ql_budget_usd_month = 600\n",
        says: &[("budget_under_most", ADVANCED)],
    },
    Wrong {
        file: "region = \"us-ord\ntags = []\n",
        says: &[("tofu_unclosed_quote", WHOLE)],
    },
    Wrong {
        file: "tags = [\"gpu\"\n",
        says: &[("tofu_unclosed_bracket", WHOLE)],
    },
    Wrong {
        file: "region = \"us-ord\" /* Chicago\n",
        says: &[("tofu_unclosed_comment", WHOLE)],
    },
    Wrong {
        file: "region = <<EOT\nus-ord\n",
        says: &[("tofu_unclosed_heredoc", WHOLE)],
    },
    Wrong {
        file: "region = 'us-ord'\n",
        says: &[("tofu_other_quote", WHOLE)],
    },
    Wrong {
        file: "provider \"linode\" {\n}\nregion = = 5\n",
        says: &[("tofu_block", WHOLE), ("tofu_syntax", WHOLE)],
    },
];

/// What no form can cause, and why.
const NOT_CAUSED: &[(&str, &str)] = &[
    (
        "rule_overruled",
        "a rule of a Spec lets in; nothing in it drops",
    ),
    ("outbound_drop", "a rule of a Spec is about what comes in"),
    (
        "outbound_closed",
        "no Spec holds the policy of what goes out",
    ),
    ("inbound_open", "no Spec holds the policy of what comes in"),
    (
        "cut_in",
        "rules that let in cut nothing, and the policies are ours",
    ),
    ("cut_out", "nothing in a Spec is about what goes out"),
    (
        "region_lacks_type",
        "a list of what can be had names every region, so that `region_sold_out` stands there",
    ),
    (
        "scopes_missing",
        "such a token is refused in the same words before a Spec is looked at",
    ),
    (
        "ha_price_unknown",
        "the demo cloud always tells it; Linode may not",
    ),
    (
        "token_ended",
        "a token that ended cannot be connected, and then nothing is reviewed",
    ),
];

/// Sentences that stand in others, besides those that end in `_why` and `_fix`: what to choose, who
/// cuts which path, and the notes of the review page.
const PARTS: &[&str] = &[
    "choose_region",
    "choose_region_for_type",
    "no_region_has_type",
    "gpu_type_choose",
    "gpu_type_instead",
    "cut_by_rule",
    "cut_by_policy",
    "tofu_only_literals",
];

fn is_part(code: &str) -> bool {
    let ends = ["_why", "_fix"].iter().any(|end| code.ends_with(end));
    let begins = ["path_", "note_"].iter().any(|one| code.starts_with(one));
    ends || begins || PARTS.contains(&code)
}

/// What is asked for beyond the files: see `diagnostics`.
const BEYOND: &[&str] = &[
    "label_taken",
    "too_many_addresses",
    "rules_too_many",
    "type_price_unknown",
    "scope_all",
    "user_restricted",
    "token_ends_before_stop",
    "token_ends_soon",
];

#[test]
fn every_diagnostic_is_caused_here_or_has_a_reason() {
    let caused = FILES.iter().flat_map(|one| one.says).map(|(code, _)| *code);
    let known: BTreeSet<&str> = caused
        .chain(BEYOND.iter().copied())
        .chain(NOT_CAUSED.iter().map(|(code, _)| *code))
        .collect();
    let all = domain::rules::TEXTS.iter().chain(tofu::TEXTS);
    let all = all.map(|(code, _)| *code).filter(|code| !is_part(code));
    let all: BTreeSet<&str> = all.collect();
    let unknown: Vec<_> = all.difference(&known).collect();
    let gone: Vec<_> = known.difference(&all).collect();
    assert!(
        unknown.is_empty() && gone.is_empty(),
        "unknown: {unknown:?}, gone: {gone:?}"
    );
}
