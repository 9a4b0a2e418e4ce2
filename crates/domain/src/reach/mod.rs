//! Who can reach what: a sentence for each path, from what was read. What was not read is unknown,
//! never guarded.

mod balancers;
mod coverage;
mod own;
#[cfg(test)]
mod tests;

pub use balancers::{balancers, guard};
pub use coverage::{coverage, nearest};
pub use own::{left_out, took_the_place_of};

use crate::firewall::{Others, Path, RuleSet, Traffic, Verdict, WebhookPath, cuts, others};
use crate::inventory::{AccessList, FirewallRead};
use crate::preset;
use crate::progress::{Controller, Progress};
use crate::rules;
use crate::screen::Seen;
use crate::spec::Spec;
use crate::text::{Millis, Text};
use crate::view::{Coverage, Guard, PathState, ReachPart, ReachPath};
use ipnet::IpNet;

crate::texts! {
    /// The sentences.
    pub(crate) enum Said {
        "reach_api_unread" ApiUnread,
        "reach_api_off" ApiOff,
        "reach_api_everyone" ApiEveryone { entries: Vec<String> },
        "reach_api_nobody" ApiNobody,
        "reach_api_pending" ApiPending { addresses: Vec<String> },
        "reach_api_list" ApiList { addresses: Vec<String> },
        "reach_nodes_none" NodesNone,
        "reach_nodes_unread" NodesUnread { count: u32 },
        "reach_nodes_bare" NodesBare { count: u32, nodes: u32 },
        "reach_nodes_covered" NodesCovered { count: u32 },
        "reach_nodes_covered_inside" NodesCoveredInside { count: u32 },
        "reach_rules_unread" RulesUnread,
        "reach_firewall_off" FirewallOff,
        "reach_firewall_open" FirewallOpen,
        "reach_rule" Rule { label: String, what: String, from: Vec<String> },
        "reach_rule_unused" RuleUnused { label: String, what: String, from: Vec<String> },
        "reach_rule_everyone" RuleEveryone { label: String, what: String, entries: Vec<String> },
        "reach_inside" Inside { path: Text },
        "reach_inside_everyone" InsideEveryone { path: Text },
        "reach_inside_more" InsideMore { path: Text },
        "reach_inside_unsure" InsideUnsure { path: Text },
        "reach_inside_balancers" InsideBalancers { path: Text },
        "reach_policies" Policies { namespaces: Vec<String> },
        "reach_balancers_unread" BalancersUnread,
        "reach_balancers_none" BalancersNone,
        "reach_balancer_open" BalancerOpen { label: String },
        "reach_balancer_lets_all_in" BalancerLetsAllIn { label: String },
        "reach_balancer_guarded" BalancerGuarded { label: String, addresses: Vec<String> },
        "reach_balancer_nobody" BalancerNobody { label: String },
        "reach_balancer_waits" BalancerWaits { label: String },
        "reach_balancer_unread" BalancerUnread { label: String },
        "reach_was_api" WasApi { addresses: Vec<String> },
        "reach_was_rules" WasRules { rules: Vec<String> },
        "reach_was_covered" WasCovered { machines: u32, median: Millis, most: Millis, worst: Millis },
        "reach_was_never" WasNever { never: u32, machines: u32 },
    }
}

impl Said {
    /// What stands before the path of a sentence.
    fn guard(&self) -> Option<Guard> {
        match self {
            Self::ApiNobody | Self::ApiList { .. } => Some(Guard::AccessList),
            Self::ApiOff | Self::ApiEveryone { .. } => Some(Guard::Token),
            Self::NodesCovered { .. }
            | Self::NodesCoveredInside { .. }
            | Self::Rule { .. }
            | Self::RuleUnused { .. }
            | Self::Inside { .. }
            | Self::InsideMore { .. }
            | Self::InsideBalancers { .. } => Some(Guard::NodeFirewall),
            Self::Policies { .. } => Some(Guard::NetworkPolicy),
            Self::BalancerGuarded { .. } | Self::BalancerNobody { .. } => {
                Some(Guard::BalancerFirewall)
            }
            Self::NodesBare { .. }
            | Self::FirewallOff
            | Self::FirewallOpen
            | Self::RuleEveryone { .. }
            | Self::InsideEveryone { .. }
            | Self::BalancerLetsAllIn { .. }
            | Self::BalancerOpen { .. } => Some(Guard::Nothing),
            Self::ApiUnread
            | Self::ApiPending { .. }
            | Self::NodesNone
            | Self::NodesUnread { .. }
            | Self::RulesUnread
            | Self::InsideUnsure { .. }
            | Self::BalancersUnread
            | Self::BalancersNone
            | Self::BalancerUnread { .. }
            | Self::BalancerWaits { .. }
            | Self::WasApi { .. }
            | Self::WasRules { .. }
            | Self::WasCovered { .. }
            | Self::WasNever { .. } => None,
        }
    }
}

/// Every code of this module with its parameters.
pub const TEXTS: &[(&str, &[&str])] = Said::ALL;

/// Every path of a deployment that stands, from the API inwards.
pub fn paths(progress: &Progress, seen: &Seen, coverage: &Coverage) -> Vec<ReachPath> {
    let mut out = Vec::new();
    let wanted = progress.access_revision();
    api(seen.access.as_ref(), wanted.as_deref(), &mut out);
    let read = seen.firewall.as_ref();
    let drops = read.is_none_or(|read| read.rules.inbound_policy == Verdict::Drop);
    let inside = progress.controller == Controller::Guards;
    nodes(coverage, drops, inside, &mut out);
    firewall(seen.firewall.as_ref(), &mut out);
    policies(seen.policies.as_deref().unwrap_or_default(), &mut out);
    balancers::paths(seen.balancers.as_deref(), &mut out);
    out
}

fn put(out: &mut Vec<ReachPath>, part: ReachPart, state: PathState, what: Said) {
    let guard = what.guard();
    let what = what.into();
    out.push(ReachPath {
        part,
        what,
        guard,
        state,
        service: None,
    });
}

fn texts(nets: &[IpNet]) -> Vec<String> {
    nets.iter().map(ToString::to_string).collect()
}

/// `wanted`: the revision that was written last, when it is known.
fn api(access: Option<&AccessList>, wanted: Option<&str>, out: &mut Vec<ReachPath>) {
    let (state, what) = match access {
        None => (PathState::Unknown, Said::ApiUnread),
        Some(list) if !list.enabled => (PathState::Open, Said::ApiOff),
        Some(list) => {
            let (addresses, entries) = (texts(&list.addresses), rules::everyone(&list.addresses));
            let shown = list.revision.as_deref();
            if !entries.is_empty() {
                (PathState::Open, Said::ApiEveryone { entries })
            } else if shown.is_none() || wanted.is_some_and(|wanted| shown != Some(wanted)) {
                (PathState::Unknown, Said::ApiPending { addresses })
            } else if addresses.is_empty() {
                (PathState::Guarded, Said::ApiNobody)
            } else {
                (PathState::Guarded, Said::ApiList { addresses })
            }
        }
    };
    put(out, ReachPart::Api, state, what);
}

/// `drops`: the firewall drops what no rule lets in. `inside`: a controller in the cluster keeps it.
fn nodes(coverage: &Coverage, drops: bool, inside: bool, out: &mut Vec<ReachPath>) {
    let Coverage {
        nodes,
        covered,
        unread,
        ..
    } = *coverage;
    let part = ReachPart::Nodes;
    let bare = nodes.saturating_sub(covered + unread);
    if nodes == 0 {
        put(out, part, PathState::Unknown, Said::NodesNone);
    }
    if bare > 0 {
        let said = Said::NodesBare { count: bare, nodes };
        put(out, part, PathState::Open, said);
    }
    if unread > 0 {
        put(
            out,
            part,
            PathState::Unknown,
            Said::NodesUnread { count: unread },
        );
    }
    if covered > 0 && drops {
        let count = covered;
        let said = if inside {
            Said::NodesCoveredInside { count }
        } else {
            Said::NodesCovered { count }
        };
        put(out, part, PathState::Guarded, said);
    }
}

fn firewall(read: Option<&FirewallRead>, out: &mut Vec<ReachPath>) {
    let part = ReachPart::Nodes;
    let Some(FirewallRead { enabled, rules, .. }) = read else {
        put(out, part, PathState::Unknown, Said::RulesUnread);
        return;
    };
    if !enabled {
        put(out, part, PathState::Open, Said::FirewallOff);
        return;
    }
    if rules.inbound_policy == Verdict::Accept {
        put(out, part, PathState::Open, Said::FirewallOpen);
    }
    let locked: Vec<String> = preset::locked()
        .into_iter()
        .map(|one| one.rule.label)
        .collect();
    let own = rules
        .inbound
        .iter()
        .filter(|rule| !locked.contains(&rule.label));
    for rule in own.filter(|rule| rule.verdict == Verdict::Accept) {
        let label = rule.label.clone();
        let what = words(rule.traffic, rule.ports.as_deref());
        let nets = rule
            .addresses
            .iter()
            .filter_map(|text| text.parse::<IpNet>().ok());
        let entries = rules::everyone(&nets.collect::<Vec<_>>());
        let from = rule.addresses.clone();
        if !entries.is_empty() {
            let said = Said::RuleEveryone {
                label,
                what,
                entries,
            };
            put(out, part, PathState::Open, said);
        } else if label == preset::WEB_UI {
            let said = Said::RuleUnused { label, what, from };
            put(out, part, PathState::Guarded, said);
        } else {
            put(
                out,
                part,
                PathState::Guarded,
                Said::Rule { label, what, from },
            );
        }
    }
    inside(rules, out);
}

/// `TCP 22, 80`.
fn words(traffic: Traffic, ports: Option<&str>) -> String {
    let protocol = traffic.name();
    ports.map_or_else(|| protocol.clone(), |ports| format!("{protocol} {ports}"))
}

/// What LKE needs, path by path.
fn inside(set: &RuleSet, out: &mut Vec<ReachPath>) {
    const ALL: [Path; 8] = [
        Path::Kubelet,
        Path::WireGuard,
        Path::Dns,
        Path::Bgp,
        Path::Typha,
        Path::Ipip,
        Path::NodePorts,
        Path::Webhooks,
    ];
    let cut = cuts(set, WebhookPath::Tunnel);
    // By the other way a webhook may be reached a rule more is needed: nobody knows which it is.
    let by_node = cuts(set, WebhookPath::Node);
    let unsure = by_node.iter().any(|one| one.path == Path::Webhooks);
    for path in ALL {
        let part = ReachPart::Inside;
        if let Some(one) = cut.iter().find(|one| one.path == path) {
            let what = rules::cut(one).into();
            out.push(ReachPath {
                part,
                what,
                guard: Some(Guard::NodeFirewall),
                state: PathState::Cut,
                service: None,
            });
            continue;
        }
        let name = Text::from(rules::path(path));
        let (state, said) = match (others(set, path), path) {
            (Others::World, _) => (PathState::Open, Said::InsideEveryone { path: name }),
            (Others::Some, _) => (PathState::Guarded, Said::InsideMore { path: name }),
            (Others::Nobody, Path::Webhooks) if unsure => {
                (PathState::Unknown, Said::InsideUnsure { path: name })
            }
            (Others::Nobody, Path::NodePorts) => {
                (PathState::Guarded, Said::InsideBalancers { path: name })
            }
            (Others::Nobody, _) => (PathState::Guarded, Said::Inside { path: name }),
        };
        put(out, part, state, said);
    }
}

/// Namespaces whose pods are shut off from each other; of all others nothing is said.
fn policies(namespaces: &[String], out: &mut Vec<ReachPath>) {
    if !namespaces.is_empty() {
        let namespaces = namespaces.to_vec();
        let said = Said::Policies { namespaces };
        put(out, ReachPart::Inside, PathState::Guarded, said);
    }
}

/// What a receipt says of who could reach what was torn down: what was accepted last, and how long
/// nodes stood open.
pub fn was(spec: &Spec, coverage: &Coverage) -> Vec<Text> {
    let mut out: Vec<Text> = Vec::new();
    if let Some(access) = &spec.kubectl_access {
        let addresses = texts(access);
        out.push(Said::WasApi { addresses }.into());
    }
    let rules = preset::firewall_rules(spec);
    let rules = rules.iter().map(|rule| {
        let from = texts(&rule.sources).join(" ");
        let what = words(Traffic::Of(rule.protocol), rule.ports.as_deref());
        format!("{} ({what}: {from})", rule.label)
    });
    let rules = rules.collect();
    out.push(Said::WasRules { rules }.into());
    let millis =
        |ms: Option<u64>| Millis(i64::try_from(ms.unwrap_or_default()).unwrap_or(i64::MAX));
    let (machines, never) = (coverage.machines, coverage.never);
    if machines > 0 {
        let said = Said::WasCovered {
            machines,
            median: millis(coverage.open_p50_ms),
            most: millis(coverage.open_p95_ms),
            worst: millis(coverage.open_worst_ms),
        };
        out.push(said.into());
    }
    if never > 0 {
        out.push(Said::WasNever { never, machines }.into());
    }
    out
}
