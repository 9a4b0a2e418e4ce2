//! Rules that never decide, because those before them decide about every packet that they are about.

use super::T;
use crate::diagnostic::{Diagnostic, Field};
use crate::firewall::Rule;

pub(super) fn check(rules: &[Rule], at: usize, out: &mut Vec<Diagnostic>) {
    let (rule, reads) = (&rules[at], rules[at].reads());
    if reads.addresses.is_empty() || reads.ports.is_empty() {
        return;
    }
    let mut earlier = Vec::new();
    for other in &rules[..at] {
        let read = other.reads();
        if read.traffic.holds(reads.traffic) {
            earlier.push((other, read));
        }
    }
    let mut ends: Vec<u16> = earlier
        .iter()
        .flat_map(|(_, read)| &read.ports)
        .flat_map(|(from, to)| [*from, to.saturating_add(1)])
        .collect();
    ends.extend(reads.ports.iter().map(|(from, _)| *from));
    ends.sort_unstable();
    ends.dedup();
    let own = |port: &u16| reads.ports.iter().any(|(a, b)| (*a..=*b).contains(port));
    let mut by: Vec<&Rule> = Vec::new();
    for port in ends.into_iter().filter(own) {
        let mut left = reads.addresses.clone();
        for (other, read) in &earlier {
            let about = read.ports.iter().any(|(a, b)| (*a..=*b).contains(&port));
            if !about || left.and(&read.addresses).is_empty() {
                continue;
            }
            left = left.without(&read.addresses);
            if !by.iter().any(|one| std::ptr::eq(*one, *other)) {
                by.push(other);
            }
        }
        if !left.is_empty() {
            return;
        }
    }
    let label = rule.label.clone();
    let agree = by.iter().all(|one| one.verdict == rule.verdict);
    let by = by.into_iter().map(|one| one.label.clone()).collect();
    let what = if agree {
        T::RuleShadowed { label, by }
    } else {
        T::RuleOverruled { label, by }
    };
    out.push(
        Diagnostic::warning(Field::FirewallRules, what)
            .why(T::RuleShadowedWhy)
            .fix(T::RuleShadowedFix),
    );
}
