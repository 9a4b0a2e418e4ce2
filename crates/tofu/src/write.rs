//! From a Spec to a file's text that reads back to the same Spec.

use domain::spec::{FirewallRule, Spec, Stops};
use domain::{MicroUsd, preset};
use ipnet::IpNet;
use std::fmt::Write as _;

/// The file of a Spec. Lists that are still to be asked for, and wishes that there are none of, are
/// left out.
pub fn write(spec: &Spec) -> String {
    let mut lines: Vec<(&str, String)> = vec![
        ("cluster_name_prefix", text(&spec.prefix)),
        ("region", text(&spec.region)),
        ("kubernetes_version", text(&spec.kubernetes_version)),
        ("gpu_node_type", text(&spec.gpu_type)),
        ("gpu_node_count", spec.gpu_count.to_string()),
        ("autoscaler_min", spec.gpu_min.to_string()),
        ("autoscaler_max", spec.gpu_max.to_string()),
        ("ha_control_plane", spec.ha.to_string()),
        ("system_pool", system_pool(spec)),
    ];
    if let Some(list) = &spec.kubectl_access {
        lines.push(("allowed_kubectl_ips", networks(list)));
    }
    if let Some(list) = &spec.ui_access {
        lines.push(("allowed_kubeflow_ui_ips", networks(list)));
    }
    lines.push(("tags", list(spec.tags.iter().map(|tag| text(tag)))));
    if let Some(stops) = stops(spec.stops) {
        lines.push(("ql_stops_after", stops));
    }
    if let Some(budget) = spec.budget_month {
        lines.push(("ql_budget_usd_month", amount(budget)));
    }
    if let Some(slices) = spec.gpu_slices {
        lines.push(("ql_gpu_slices", slices.to_string()));
    }
    if !spec.firewall_rules.is_empty() {
        lines.push(("ql_firewall_rules", rules(&spec.firewall_rules)));
    }
    lines.extend(
        spec.kept
            .iter()
            .map(|(name, literal)| (name.as_str(), literal.clone())),
    );
    let width = lines
        .iter()
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or_default();
    lines.iter().fold(String::new(), |mut file, (name, value)| {
        // Writing into a String cannot fail.
        let _ = writeln!(file, "{name:width$} = {value}");
        file
    })
}

fn system_pool(spec: &Spec) -> String {
    spec.system_pool.as_ref().map_or_else(
        || "false".to_owned(),
        |pool| {
            format!(
                "{{ type = {}, count = {} }}",
                text(&pool.instance_type),
                pool.count
            )
        },
    )
}

fn rules(rules: &[FirewallRule]) -> String {
    let mut out = "[\n".to_owned();
    for FirewallRule {
        label,
        protocol,
        ports,
        sources,
    } in rules
    {
        let protocol = text(preset::protocol_name(*protocol));
        let ports = ports
            .as_ref()
            .map_or_else(String::new, |ports| format!("ports = {}, ", text(ports)));
        let (label, sources) = (text(label), networks(sources));
        // Writing into a String cannot fail.
        let _ = write!(out, "  {{ label = {label}, protocol = {protocol}, ");
        let _ = writeln!(out, "{ports}sources = {sources} }},");
    }
    out.push(']');
    out
}

fn stops(stops: Stops) -> Option<String> {
    match stops {
        Stops::Never => None,
        Stops::AfterMinutes(minutes) => Some(match (minutes / 60, minutes % 60) {
            (0, minutes) => format!("\"{minutes}m\""),
            (hours, 0) => format!("\"{hours}h\""),
            (hours, minutes) => format!("\"{hours}h{minutes}m\""),
        }),
        Stops::At(at) => Some(format!("\"{at}\"")),
    }
}

fn amount(MicroUsd(micro): MicroUsd) -> String {
    let sign = if micro < 0 { "-" } else { "" };
    let (whole, rest) = (
        micro.unsigned_abs() / 1_000_000,
        micro.unsigned_abs() % 1_000_000,
    );
    let decimals = format!("{rest:06}");
    match decimals.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        decimals => format!("{sign}{whole}.{decimals}"),
    }
}

fn networks(nets: &[IpNet]) -> String {
    list(nets.iter().map(|one| format!("\"{one}\"")))
}

fn list(entries: impl Iterator<Item = String>) -> String {
    format!("[{}]", entries.collect::<Vec<_>>().join(", "))
}

/// A text in quotes. Templates are escaped: nothing in it is ever computed.
fn text(value: &str) -> String {
    let mut out = "\"".to_owned();
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if chars.peek() == Some(&'{') => {
                out.push(c);
                out.push(c);
            }
            c if c.is_control() => {
                // Writing into a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
