//! What is wrong with one rule by itself.

use super::super::access;
use super::{T, spot, wrong};
use crate::diagnostic::{Diagnostic, Field, RuleCell};
use crate::firewall::{Rule, Verdict};
use ipnet::IpNet;

/// Linode's limit of pieces in a rule's ports: a port is one, a range is two.
const PIECES_MAX: usize = 15;

/// `row`: which rule it is. `earlier`: the rules whose labels are taken.
pub(super) fn check(rule: &Rule, row: Option<u32>, earlier: &[&Rule], out: &mut Vec<Diagnostic>) {
    spot(row, RuleCell::Label, out, |out| label(rule, earlier, out));
    spot(row, RuleCell::Ports, out, |out| ports(rule, out));
    spot(row, RuleCell::Sources, out, |out| sources(rule, out));
}

fn label(rule: &Rule, earlier: &[&Rule], out: &mut Vec<Diagnostic>) {
    let label = &rule.label;
    let shape = label.starts_with(|c: char| c.is_ascii_alphabetic())
        && label
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && label.ends_with(|c: char| c.is_ascii_alphanumeric());
    if !(3..=32).contains(&label.chars().count()) || !shape {
        out.push(
            wrong(T::RuleLabel {
                label: label.clone(),
            })
            .why(T::RuleLabelWhy)
            .fix(T::RuleLabelFix),
        );
    }
    if earlier.iter().any(|other| other.label == rule.label) {
        let label = rule.label.clone();
        out.push(
            wrong(T::RuleLabelTwice { label })
                .why(T::RuleLabelTwiceWhy)
                .fix(T::RuleLabelTwiceFix),
        );
    }
}

fn ports(rule: &Rule, out: &mut Vec<Diagnostic>) {
    let label = rule.label.clone();
    let protocol = rule.traffic.name();
    let has_ports = rule.traffic.has_ports();
    match &rule.ports {
        Some(_) if !has_ports => out.push(
            wrong(T::PortsNotHere {
                label,
                protocol: protocol.clone(),
            })
            .why(T::PortsNotHereWhy { protocol })
            .fix(T::PortsNotHereFix),
        ),
        None if has_ports => out.push(
            wrong(T::PortsMissing { label, protocol })
                .why(T::PortsMissingWhy)
                .fix(T::PortsMissingFix),
        ),
        Some(ports) => match parse_ports(ports) {
            Err(piece) => out.push(
                wrong(T::PortsBad { label, piece })
                    .why(T::PortsBadWhy)
                    .fix(T::PortsBadFix),
            ),
            Ok(ranges) => {
                let pieces = ranges
                    .iter()
                    .map(|(from, to)| if from == to { 1 } else { 2 })
                    .sum();
                if pieces > PIECES_MAX {
                    out.push(
                        wrong(T::PortsTooMany {
                            label: label.clone(),
                            pieces,
                        })
                        .why(T::PortsTooManyWhy { max: PIECES_MAX })
                        .fix(T::PortsTooManyFix),
                    );
                }
                overlap(label, ranges, out);
            }
        },
        None => {}
    }
}

/// Pieces that share a port.
fn overlap(label: String, mut ranges: Vec<(u16, u16)>, out: &mut Vec<Diagnostic>) {
    ranges.sort_unstable();
    let pair = ranges.windows(2).find(|pair| pair[1].0 <= pair[0].1);
    let Some([first, second]) = pair.and_then(|pair| <[_; 2]>::try_from(pair).ok()) else {
        return;
    };
    let written = |(from, to): (u16, u16)| {
        if from == to {
            from.to_string()
        } else {
            format!("{from}-{to}")
        }
    };
    let what = T::PortsOverlap {
        label,
        first: written(first),
        second: written(second),
    };
    out.push(Diagnostic::warning(Field::FirewallRules, what).fix(T::PortsOverlapFix));
}

fn sources(rule: &Rule, out: &mut Vec<Diagnostic>) {
    if rule.addresses.is_empty() {
        let label = rule.label.clone();
        out.push(
            wrong(T::SourcesEmpty { label })
                .why(T::SourcesEmptyWhy)
                .fix(T::SourcesEmptyFix),
        );
    }
    let mut known: Vec<IpNet> = Vec::with_capacity(rule.addresses.len());
    for text in &rule.addresses {
        match access::network(Field::FirewallRules, text) {
            Ok(network) => known.push(network),
            Err(wrong) => out.push(wrong),
        }
    }
    access::addresses(Field::FirewallRules, &known, out);
}

/// A rule that lets the whole internet in, said plainly.
pub(super) fn everyone(rule: &Rule, out: &mut Vec<Diagnostic>) {
    if rule.verdict != Verdict::Accept {
        return;
    }
    let known = rule.addresses.iter();
    let known = known.filter_map(|text| access::read_network(text));
    for cidr in access::everyone(&known.collect::<Vec<IpNet>>()) {
        let protocol = rule.traffic.name();
        let what = rule
            .ports
            .as_ref()
            .map_or_else(|| protocol.clone(), |ports| format!("{protocol} {ports}"));
        let everyone = T::RuleEveryone {
            label: rule.label.clone(),
            cidr,
            what,
        };
        out.push(
            Diagnostic::warning(Field::FirewallRules, everyone)
                .why(T::RuleEveryoneWhy)
                .fix(T::EveryoneFix),
        );
    }
}

/// The ranges of a rule's ports, each with its ends; the piece that is none otherwise.
pub(crate) fn parse_ports(ports: &str) -> Result<Vec<(u16, u16)>, String> {
    ports
        .split(',')
        .map(|piece| {
            let trimmed = piece.trim_matches(' ');
            let range = match trimmed.split_once('-') {
                None => port(trimmed).map(|one| (one, one)),
                Some((from, to)) => port(from).zip(port(to)).filter(|(from, to)| from < to),
            };
            range.ok_or_else(|| trimmed.to_owned())
        })
        .collect()
}

/// 1 to 65535 without leading zeros.
fn port(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits || text.starts_with('0') {
        return None;
    }
    text.parse().ok()
}
