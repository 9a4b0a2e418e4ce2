//! Load balancers: which Service each is of, what stands before it, and the sentence for it.

use super::{Said, put};
use crate::firewall::Verdict;
use crate::ids::NodeBalancerId;
use crate::inventory::{BalancerGuard, BalancerSeen, BalancerWall, LoadBalancer, NodeBalancer};
use crate::rules;
use crate::view::{PathState, ReachPart, ReachPath};
use ipnet::IpNet;
use std::collections::BTreeSet;

/// A deployment's load balancers, from its NodeBalancers, the firewalls before them and the Services
/// of its Kubernetes. `None` stands for what was not read.
pub fn balancers(
    listed: &[NodeBalancer],
    walls: Option<&[BalancerWall]>,
    services: Option<&[LoadBalancer]>,
) -> Vec<BalancerSeen> {
    let services = services.unwrap_or_default();
    let of = |one: &NodeBalancer, service: &LoadBalancer| {
        one.ipv4.is_some() && one.ipv4 == service.address
    };
    let made = listed.iter().map(|one| BalancerSeen {
        label: Some(one.label.clone()),
        service: services
            .iter()
            .find(|service| of(one, service))
            .map(|found| found.service.clone()),
        guard: walls.map(|walls| guard(one.id, walls)),
    });
    let waits = |service: &&LoadBalancer| !listed.iter().any(|one| of(one, service));
    let waiting = services.iter().filter(waits).map(|one| BalancerSeen {
        label: None,
        service: Some(one.service.clone()),
        guard: None,
    });
    made.chain(waiting).collect()
}

/// What stands before a NodeBalancer. Of a firewall whose rules have no meaning here nothing is
/// claimed but that it lets somebody in.
pub fn guard(id: NodeBalancerId, walls: &[BalancerWall]) -> BalancerGuard {
    let mut on = walls.iter().filter(|one| one.enabled);
    let Some(wall) = on.find(|one| one.balancers.contains(&id)) else {
        return BalancerGuard::Bare;
    };
    let Some(set) = wall.rules.as_ref() else {
        return BalancerGuard::LetsAllIn;
    };
    let accepts = set
        .inbound
        .iter()
        .filter(|rule| rule.verdict == Verdict::Accept);
    let addresses: BTreeSet<&String> = accepts.flat_map(|rule| &rule.addresses).collect();
    let nets: Option<Vec<IpNet>> = addresses.iter().map(|one| one.parse().ok()).collect();
    match nets {
        Some(nets) if set.inbound_policy == Verdict::Drop && rules::everyone(&nets).is_empty() => {
            BalancerGuard::Only(nets.iter().map(ToString::to_string).collect())
        }
        Some(_) | None => BalancerGuard::LetsAllIn,
    }
}

/// The paths through load balancers.
pub(super) fn paths(read: Option<&[BalancerSeen]>, out: &mut Vec<ReachPath>) {
    let part = ReachPart::Balancer;
    let Some(all) = read else {
        put(out, part, PathState::Unknown, Said::BalancersUnread);
        return;
    };
    if all.is_empty() {
        put(out, part, PathState::Guarded, Said::BalancersNone);
    }
    for one in all {
        let service = one.service.as_ref().map(ToString::to_string);
        let label = service
            .clone()
            .or_else(|| one.label.clone())
            .unwrap_or_default();
        let (state, what) = match &one.guard {
            Some(BalancerGuard::Bare) => (PathState::Open, Said::BalancerOpen { label }),
            Some(BalancerGuard::LetsAllIn) => (PathState::Open, Said::BalancerLetsAllIn { label }),
            Some(BalancerGuard::Only(nobody)) if nobody.is_empty() => {
                (PathState::Guarded, Said::BalancerNobody { label })
            }
            Some(BalancerGuard::Only(some)) => {
                let addresses = some.clone();
                (
                    PathState::Guarded,
                    Said::BalancerGuarded { label, addresses },
                )
            }
            None if one.label.is_none() => (PathState::Unknown, Said::BalancerWaits { label }),
            None => (PathState::Unknown, Said::BalancerUnread { label }),
        };
        put(out, part, state, what);
        if let Some(path) = out.last_mut().filter(|_| state == PathState::Open) {
            path.service = service;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::firewall::{Rule, RuleSet, Traffic};
    use crate::ids::FirewallId;
    use crate::inventory::ServiceName;
    use crate::spec::Protocol;
    use jiff::Timestamp;

    fn wall(enabled: bool, policy: Verdict, accepts: &[&str]) -> BalancerWall {
        let rule = Rule {
            label: "ACCEPT-web".to_owned(),
            verdict: Verdict::Accept,
            traffic: Traffic::Of(Protocol::Tcp),
            ports: Some("80".to_owned()),
            addresses: accepts.iter().map(ToString::to_string).collect(),
        };
        BalancerWall {
            id: FirewallId(1),
            label: "lke7-1".to_owned(),
            enabled,
            balancers: vec![NodeBalancerId(4)],
            others: 0,
            rules: Some(RuleSet {
                inbound: if accepts.is_empty() {
                    Vec::new()
                } else {
                    vec![rule]
                },
                inbound_policy: policy,
                ..RuleSet::of(&[])
            }),
            created: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_firewall_guards_only_when_it_is_on_and_drops_whom_it_does_not_name() {
        let of = |wall: BalancerWall| guard(NodeBalancerId(4), &[wall]);
        let one = "203.0.113.7/32";
        let only = BalancerGuard::Only(vec![one.to_owned()]);
        assert_eq!(of(wall(true, Verdict::Drop, &[one])), only);
        assert_eq!(of(wall(false, Verdict::Drop, &[one])), BalancerGuard::Bare);
        let all_in = BalancerGuard::LetsAllIn;
        assert_eq!(of(wall(true, Verdict::Accept, &[one])), all_in);
        assert_eq!(of(wall(true, Verdict::Drop, &[one, "0.0.0.0/0"])), all_in);
        assert_eq!(of(wall(true, Verdict::Drop, &["::/0"])), all_in);
        let nobody = BalancerGuard::Only(Vec::new());
        assert_eq!(of(wall(true, Verdict::Drop, &[])), nobody);
        let other = guard(NodeBalancerId(5), &[wall(true, Verdict::Drop, &[one])]);
        assert_eq!(other, BalancerGuard::Bare);
        let mut strange = wall(true, Verdict::Drop, &[one]);
        strange.rules = None;
        assert_eq!(of(strange), all_in);
    }

    #[test]
    fn a_service_is_known_by_its_address_and_one_without_waits() {
        let service = |name: &str, address: Option<&str>| LoadBalancer {
            service: format!("default/{name}").parse::<ServiceName>().unwrap(),
            address: address.map(ToOwned::to_owned),
        };
        let balancer = NodeBalancer {
            id: NodeBalancerId(4),
            label: "lke7-1".to_owned(),
            region: "us-ord".to_owned(),
            cluster: None,
            ipv4: Some("198.19.0.4".to_owned()),
            tags: Vec::new(),
            created: Timestamp::UNIX_EPOCH,
        };
        let services = [service("web", Some("198.19.0.4")), service("api", None)];
        let seen = balancers(&[balancer], Some(&[]), Some(&services));
        let said: Vec<String> = seen
            .iter()
            .map(|one| {
                format!(
                    "{:?} {:?} {:?}",
                    one.label,
                    one.service.as_ref().map(ToString::to_string),
                    one.guard
                )
            })
            .collect();
        assert_eq!(
            said,
            [
                r#"Some("lke7-1") Some("default/web") Some(Bare)"#,
                r#"None Some("default/api") None"#
            ]
        );
    }

    #[test]
    fn the_name_of_a_service_is_two_names() {
        for wrong in [
            "web", "/web", "a/", "a/b/c", "A/b", "a/-b", "a/b-", "a b/c", "",
        ] {
            assert!(wrong.parse::<ServiceName>().is_err(), "{wrong}");
        }
        assert_eq!("a/b-1".parse::<ServiceName>().unwrap().to_string(), "a/b-1");
    }
}
