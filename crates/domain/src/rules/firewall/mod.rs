//! The rules of the node firewall: what Linode refuses, what says nothing new, and what would cut
//! the cluster off. One judge for a Spec's rules and for whatever stands in a firewall.

mod cut;
mod rule;
mod shadow;

pub(crate) use cut::{name as path, said as cut};
pub(crate) use rule::parse_ports;

use super::{RuleText as T, Scene};
use crate::diagnostic::{Diagnostic, Field, RuleCell, RuleSpot};
use crate::firewall::{Rule, RuleSet, Verdict, WebhookPath};
use crate::preset::{self, RULES_MAX};

/// A Spec's rules, with those that LKE needs before them.
pub(super) fn rules(scene: &Scene<'_>, out: &mut Vec<Diagnostic>) {
    let all = preset::firewall_rules(scene.spec);
    let preset = all.len() - scene.spec.firewall_rules.len();
    let known: Vec<bool> = (0..all.len()).map(|at| at < preset).collect();
    judge(&RuleSet::of(&all), &known, WebhookPath::Tunnel, out);
}

/// What is wrong with the rules of a firewall that is to stand before a cluster's nodes, whoever
/// wrote them: everything at once. An error means that the set must not be applied.
pub fn rule_set(set: &RuleSet, webhooks: WebhookPath) -> Vec<Diagnostic> {
    let locked = preset::locked();
    let locked: Vec<Rule> = locked.iter().map(|one| Rule::from(&one.rule)).collect();
    let known: Vec<bool> = set.inbound.iter().map(|one| locked.contains(one)).collect();
    let mut out = Vec::new();
    judge(set, &known, webhooks, &mut out);
    out
}

/// `known`: inbound rules of the preset, which are good.
fn judge(set: &RuleSet, known: &[bool], webhooks: WebhookPath, out: &mut Vec<Diagnostic>) {
    let inbound = set.inbound.iter().zip(known);
    let before: Vec<&Rule> = inbound.clone().map(|(rule, _)| rule).collect();
    let own = inbound.enumerate().filter(|(_, (_, known))| !**known);
    for (row, (at, (rule, _))) in (0_u32..).zip(own) {
        let row = Some(row);
        rule::check(rule, row, &before[..at], out);
        spot(row, RuleCell::Sources, out, |out| rule::everyone(rule, out));
        spot(row, RuleCell::Rule, out, |out| {
            shadow::check(&set.inbound, at, out);
        });
    }
    for (at, rule) in set.outbound.iter().enumerate() {
        let mut earlier = before.clone();
        earlier.extend(&set.outbound[..at]);
        rule::check(rule, None, &earlier, out);
        if rule.verdict == Verdict::Drop {
            let label = rule.label.clone();
            out.push(
                Diagnostic::warning(Field::FirewallRules, T::OutboundDrop { label })
                    .why(T::OutboundWhy)
                    .fix(T::OutboundFix),
            );
        }
        shadow::check(&set.outbound, at, out);
    }
    let (count, preset) = (
        set.inbound.len() + set.outbound.len(),
        known.iter().filter(|known| **known).count(),
    );
    if count > RULES_MAX {
        let own = count - preset;
        out.push(
            wrong(T::RulesTooMany { own, count })
                .why(T::RulesTooManyWhy {
                    max: RULES_MAX,
                    preset,
                })
                .fix(T::RulesTooManyFix),
        );
    }
    if set.inbound_policy == Verdict::Accept {
        out.push(
            wrong(T::InboundOpen)
                .why(T::InboundOpenWhy)
                .fix(T::InboundOpenFix),
        );
    }
    if set.outbound_policy == Verdict::Drop {
        out.push(
            wrong(T::OutboundClosed)
                .why(T::OutboundWhy)
                .fix(T::OutboundFix),
        );
    }
    cut::check(set, webhooks, out);
}

/// Whatever is said is about this part of that rule.
fn spot(
    row: Option<u32>,
    cell: RuleCell,
    out: &mut Vec<Diagnostic>,
    say: impl FnOnce(&mut Vec<Diagnostic>),
) {
    let begin = out.len();
    say(out);
    for one in &mut out[begin..] {
        one.rule = row.map(|row| RuleSpot { row, cell });
    }
}

fn wrong(what: T) -> Diagnostic {
    Diagnostic::error(Field::FirewallRules, what)
}
