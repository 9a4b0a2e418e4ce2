//! The user's own rules of the node firewall.

use super::{RuleText as T, Scene, access};
use crate::diagnostic::{Diagnostic, Field};
use crate::preset::{self, RULES_MAX};
use crate::spec::{FirewallRule, Protocol};

/// Linode's limit of pieces in a rule's ports: a port is one, a range is two.
const PIECES_MAX: usize = 15;

pub(super) fn rules(scene: &Scene<'_>, out: &mut Vec<Diagnostic>) {
    let own = &scene.spec.firewall_rules;
    let all = preset::rules(scene.spec);
    let before = all.len() - own.len();
    for (index, rule) in own.iter().enumerate() {
        label(rule, out);
        let earlier = &all[..before + index];
        if earlier.iter().any(|other| other.rule.label == rule.label) {
            out.push(
                wrong(T::RuleLabelTwice {
                    label: rule.label.clone(),
                })
                .why(T::RuleLabelTwiceWhy)
                .fix(T::RuleLabelTwiceFix),
            );
        }
        ports(rule, out);
        sources(rule, out);
    }
    if all.len() > RULES_MAX {
        out.push(
            wrong(T::RulesTooMany {
                own: own.len(),
                count: all.len(),
            })
            .why(T::RulesTooManyWhy {
                max: RULES_MAX,
                preset: before,
            })
            .fix(T::RulesTooManyFix),
        );
    }
}

fn wrong(what: T) -> Diagnostic {
    Diagnostic::error(Field::FirewallRules, what)
}

fn label(rule: &FirewallRule, out: &mut Vec<Diagnostic>) {
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
}

fn ports(rule: &FirewallRule, out: &mut Vec<Diagnostic>) {
    let label = rule.label.clone();
    let protocol = preset::protocol_name(rule.protocol).to_owned();
    let has_ports = matches!(rule.protocol, Protocol::Tcp | Protocol::Udp);
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
                        wrong(T::PortsTooMany { label, pieces })
                            .why(T::PortsTooManyWhy { max: PIECES_MAX })
                            .fix(T::PortsTooManyFix),
                    );
                }
            }
        },
        None => {}
    }
}

fn sources(rule: &FirewallRule, out: &mut Vec<Diagnostic>) {
    let label = rule.label.clone();
    if rule.sources.is_empty() {
        out.push(
            wrong(T::SourcesEmpty {
                label: label.clone(),
            })
            .why(T::SourcesEmptyWhy)
            .fix(T::SourcesEmptyFix),
        );
    }
    access::addresses(Field::FirewallRules, &rule.sources, out);
    for cidr in rule.sources.iter().filter(|one| access::is_everyone(one)) {
        let protocol = preset::protocol_name(rule.protocol);
        let what = rule.ports.as_ref().map_or_else(
            || protocol.to_owned(),
            |ports| format!("{protocol} {ports}"),
        );
        let everyone = T::RuleEveryone {
            label: label.clone(),
            cidr: cidr.to_string(),
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
