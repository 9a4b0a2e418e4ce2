//! Part by part: what differs.

use super::texts::ChangeText as T;
use super::{Change, Changes, Part, Seen, wanted_bounds};
use crate::diagnostic::{Diagnostic, Field};
use crate::ids::Mark;
use crate::inventory::{Cluster, Pool};
use crate::plan::PoolRole;
use crate::preset;
use crate::rules::parse_ports;
use crate::spec::{FirewallRule, Spec};
use ipnet::IpNet;
use std::collections::BTreeSet;

pub(super) fn of_cluster(spec: &Spec, cluster: &Cluster, accepted: &Spec, out: &mut Changes) {
    let mut replace = |field, from: &str, to: &str| {
        if from != to {
            let (from, to) = (from.to_owned(), to.to_owned());
            out.changes.push(Change::Replace { field, from, to });
        }
    };
    replace(Field::Prefix, &accepted.prefix, &spec.prefix);
    replace(Field::Region, &cluster.region, &spec.region);
    let not_yet = |field, what: T, why: T| Diagnostic::error(field, what).why(why);
    if cluster.kubernetes_version != spec.kubernetes_version {
        let from = cluster.kubernetes_version.clone();
        let what = T::VersionNotYet {
            from: from.clone(),
            to: spec.kubernetes_version.clone(),
        };
        out.diagnostics.push(
            not_yet(Field::KubernetesVersion, what, T::NotYetWhy)
                .fix(T::VersionNotYetFix { from: from.clone() })
                .correct(format!("\"{from}\"")),
        );
    }
    match (cluster.ha, spec.ha) {
        (true, false) => out.diagnostics.push(
            not_yet(Field::Ha, T::HaStays, T::HaStaysWhy)
                .fix(T::HaStaysFix)
                .correct("true"),
        ),
        (false, true) => out.diagnostics.push(
            not_yet(Field::Ha, T::HaNotYet, T::NotYetWhy)
                .fix(T::HaNotYetFix)
                .correct("false"),
        ),
        (true, true) | (false, false) => {}
    }
}

fn pool(seen: &Seen, role: PoolRole) -> Option<&Pool> {
    seen.pools
        .iter()
        .find(|(of, _)| *of == role)
        .map(|(_, pool)| pool)
}

pub(super) fn gpu_pool(spec: &Spec, seen: &Seen, out: &mut Changes) {
    let role = PoolRole::Gpu;
    let Some(pool) = pool(seen, role) else {
        out.changes.push(Change::Create(Part::Pool(role)));
        return;
    };
    if pool.instance_type != spec.gpu_type {
        let (from, to) = (pool.instance_type.clone(), spec.gpu_type.clone());
        out.changes.push(Change::Replace {
            field: Field::GpuType,
            from,
            to,
        });
        return;
    }
    let wanted = wanted_bounds(spec);
    let within = wanted.map_or(1..=1, |bounds| bounds.min..=bounds.max);
    let inside = within.contains(&pool.count);
    // Not `clamp`: a Spec with its bounds crossed may come here too.
    let to = pool.count.max(*within.start()).min(*within.end());
    match pool.autoscaler {
        // A repeated count could delete a working node that the autoscaler has added meanwhile.
        Some(_) if !inside => out.diagnostics.push(
            Diagnostic::warning(Field::GpuMin, T::CountStays { count: pool.count })
                .why(T::CountStaysWhy),
        ),
        None if !inside => out.changes.push(Change::Count {
            pool: role,
            from: pool.count,
            to,
        }),
        Some(_) | None => {}
    }
    if pool.autoscaler != wanted {
        out.changes.push(Change::Bounds {
            pool: role,
            from: pool.autoscaler,
            to: wanted,
        });
    }
}

pub(super) fn system_pool(spec: &Spec, seen: &Seen, accepted: &Spec, out: &mut Changes) {
    let role = PoolRole::System;
    let replace = |from: &str, to: &str| Change::Replace {
        field: Field::SystemPool,
        from: from.to_owned(),
        to: to.to_owned(),
    };
    match (&spec.system_pool, pool(seen, role)) {
        (None, None) => {}
        (Some(wanted), Some(pool)) if wanted.instance_type == pool.instance_type => {
            let (from, to) = (pool.count, wanted.count);
            if from != to && pool.autoscaler.is_none() {
                out.changes.push(Change::Count {
                    pool: role,
                    from,
                    to,
                });
            }
        }
        (Some(wanted), Some(pool)) => {
            out.changes
                .push(replace(&pool.instance_type, &wanted.instance_type));
        }
        // It was there once: mend it. Otherwise the GPU pool was made without its taint.
        (Some(_), None) if accepted.system_pool.is_some() => {
            out.changes.push(Change::Create(Part::Pool(role)));
        }
        (Some(wanted), None) => out.changes.push(replace("", &wanted.instance_type)),
        // The GPU pool's taint would leave what needs no GPU without a node.
        (None, Some(pool)) => out.changes.push(replace(&pool.instance_type, "")),
    }
}

/// The networks as Linode may write them back: without host bits.
fn networks(list: &[IpNet]) -> BTreeSet<IpNet> {
    list.iter().map(IpNet::trunc).collect()
}

pub(super) fn access(spec: &Spec, seen: &Seen, out: &mut Changes) {
    // No list in the Spec: the own address is still to be asked for, what is there stays.
    let (Some(to), Some(list)) = (&spec.kubectl_access, &seen.access) else {
        return;
    };
    let wanted = networks(to);
    let there = if list.enabled {
        networks(&list.addresses)
    } else {
        BTreeSet::new()
    };
    if list.enabled && wanted == there {
        return;
    }
    out.changes.push(Change::Access {
        to: to.clone(),
        added: wanted.difference(&there).copied().collect(),
        removed: there.difference(&wanted).copied().collect(),
    });
}

pub(super) fn firewall(spec: &Spec, seen: &Seen, accepted: &Spec, out: &mut Changes) {
    if !seen.firewall {
        out.changes.push(Change::Create(Part::Firewall));
        return;
    }
    let mut wanted = spec.clone();
    wanted.ui_access = spec
        .ui_access
        .clone()
        .or_else(|| accepted.ui_access.clone());
    let to = preset::firewall_rules(&wanted);
    let there = seen
        .firewall_rules
        .clone()
        .unwrap_or_else(|| preset::firewall_rules(accepted));
    let same = |one: &FirewallRule, other: &FirewallRule| normal(one) == normal(other);
    let labels = |rules: Vec<&FirewallRule>| -> Vec<String> {
        rules.into_iter().map(|rule| rule.label.clone()).collect()
    };
    let missing = |from: &[FirewallRule], rule: &FirewallRule| !from.iter().any(|x| same(x, rule));
    let put = labels(to.iter().filter(|rule| missing(&there, rule)).collect());
    let gone = |rule: &&FirewallRule| !to.iter().any(|one| one.label == rule.label);
    let removed = labels(there.iter().filter(gone).collect());
    if !put.is_empty() || !removed.is_empty() {
        out.changes.push(Change::FirewallRules { to, put, removed });
    }
}

/// Whether two rule sets let in the same, rule by rule, whatever their order.
pub fn same_rules(one: &[FirewallRule], other: &[FirewallRule]) -> bool {
    let held = |rule: &FirewallRule, by: &[FirewallRule]| {
        by.iter().any(|other| normal(other) == normal(rule))
    };
    one.len() == other.len()
        && one.iter().all(|rule| held(rule, other))
        && other.iter().all(|rule| held(rule, one))
}

/// A rule by its meaning: Linode may write ports and networks in another form.
fn normal(rule: &FirewallRule) -> impl PartialEq {
    let mut ports = rule.ports.as_deref().map(parse_ports);
    if let Some(Ok(ranges)) = &mut ports {
        ranges.sort_unstable();
    }
    (
        rule.label.clone(),
        rule.protocol,
        ports,
        networks(&rule.sources),
    )
}

pub(super) fn tags(spec: &Spec, cluster: &Cluster, accepted: &Spec, out: &mut Changes) {
    let holds = |list: &[String], tag: &str| list.iter().any(|one| one.eq_ignore_ascii_case(tag));
    let there: Vec<String> = cluster
        .tags
        .iter()
        .filter(|tag| Mark::read(tag).is_none())
        .cloned()
        .collect();
    let pick = |from: &[String], keep: &dyn Fn(&str) -> bool| -> Vec<String> {
        from.iter().filter(|tag| keep(tag)).cloned().collect()
    };
    let added = pick(&spec.tags, &|tag| !holds(&there, tag));
    let removed = pick(&accepted.tags, &|tag| {
        holds(&there, tag) && !holds(&spec.tags, tag)
    });
    if !added.is_empty() || !removed.is_empty() {
        out.changes.push(Change::Tags {
            to: spec.tags.clone(),
            added,
            removed,
        });
    }
}

pub(super) fn wishes(spec: &Spec, accepted: &Spec, out: &mut Changes) {
    if spec.stops != accepted.stops {
        out.changes.push(Change::Stop {
            from: accepted.stops,
            to: spec.stops,
        });
    }
    if spec.budget_month != accepted.budget_month {
        out.changes.push(Change::Wish {
            field: Field::Budget,
        });
    }
    if spec.gpu_slices != accepted.gpu_slices {
        out.changes.push(Change::Wish {
            field: Field::GpuSlices,
        });
    }
}
