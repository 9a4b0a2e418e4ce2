//! Each reading with its sentences.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use super::*;
use crate::firewall::Rule;
use crate::ids::InstanceId;
use crate::inventory::{BalancerGuard, BalancerSeen};
use crate::progress::Life;
use crate::record::{Fact, Record, Thing, VERSION};
use crate::text::Param;
use crate::{AccountId, CloudId, DeploymentId, NodeId};
use expect_test::{Expect, expect};
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write as _;

fn progress() -> Progress {
    let opened = Record {
        seq: 0,
        at: Timestamp::UNIX_EPOCH,
        fact: Fact::Opened {
            version: VERSION,
            writer: String::new(),
            deployment: DeploymentId("01jdcanary0000000000000000".to_owned()),
            cloud: CloudId("demo".to_owned()),
            account: AccountId("a".to_owned()),
        },
    };
    Progress::open(&opened).unwrap()
}

/// A machine that was seen first after `born` seconds.
fn machine(progress: &mut Progress, id: u64, born: i64, open_ms: Option<u64>, gone: Option<i64>) {
    let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
    let role = crate::plan::PoolRole::Gpu;
    let thing = Thing::Instance(InstanceId(id), NodeId(format!("1-{id}")), role);
    let life = Life {
        born: at(born),
        seen: at(born),
        price: None,
        gone: gone.map(at),
        made: false,
        duplicate: false,
        open_ms,
        gpu: None,
    };
    progress.things.insert(thing, life);
}

/// Two covered machines, an enforced list, the preset, no load balancer.
fn guarded() -> (Progress, Seen) {
    let mut progress = progress();
    machine(&mut progress, 1, 0, Some(1_200), None);
    machine(&mut progress, 2, 0, Some(5_000), None);
    let locked: Vec<_> = preset::locked().into_iter().map(|one| one.rule).collect();
    let seen = Seen {
        covered: Some(vec![InstanceId(1), InstanceId(2)]),
        access: Some(AccessList {
            enabled: true,
            addresses: vec!["203.0.113.7/32".parse().unwrap()],
            revision: Some("r1".to_owned()),
        }),
        firewall: Some(FirewallRead {
            enabled: true,
            rules: RuleSet::of(&locked),
        }),
        balancers: Some(Vec::new()),
        ..Seen::default()
    };
    (progress, seen)
}

fn value(param: &Param) -> String {
    match param {
        Param::Said(text) => text.code.clone(),
        Param::List(list) => list.join("|"),
        Param::Text(text) => text.clone(),
        Param::Count(count) | Param::Duration(count) => count.to_string(),
        Param::Money(_) | Param::Rate(_) | Param::Time(_) => "–".to_owned(),
    }
}

fn check(bend: impl FnOnce(&mut Progress, &mut Seen), expected: &Expect) {
    let (mut progress, mut seen) = guarded();
    bend(&mut progress, &mut seen);
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(60);
    let coverage = coverage(&progress, &seen, now);
    let mut said = String::new();
    for path in paths(&progress, &seen, &coverage) {
        let ReachPath {
            part,
            what,
            guard,
            state,
            service,
        } = path;
        // What LKE needs is told in short while it all gets through.
        if part == ReachPart::Inside && state == PathState::Guarded {
            continue;
        }
        write!(said, "{state:?} {part:?}: {}", what.code).unwrap();
        for (name, param) in &what.params {
            write!(said, " {name}={}", value(param)).unwrap();
        }
        let guard = guard.map_or_else(|| "–".to_owned(), |guard| format!("{guard:?}"));
        let service = service.map_or_else(String::new, |one| format!(" guard {one}"));
        writeln!(said, " by {guard}{service}").unwrap();
    }
    expected.assert_eq(&said);
}

#[test]
fn what_stands_guarded_is_said_path_by_path() {
    let whole = &expect![[r#"
        Guarded Api: reach_api_list addresses=203.0.113.7/32 by AccessList
        Guarded Nodes: reach_nodes_covered count=2 by NodeFirewall
        Unknown Inside: reach_inside_unsure path=path_webhooks by –
        Guarded Balancer: reach_balancers_none by –
    "#]];
    check(|_, _| {}, whole);
}

#[test]
fn the_api_is_open_when_the_list_is_off_or_holds_the_internet_and_unknown_until_enforced() {
    let api = |bend: &dyn Fn(&mut AccessList)| {
        let (progress, mut seen) = guarded();
        bend(seen.access.as_mut().unwrap());
        let first = paths(&progress, &seen, &Coverage::default()).swap_remove(0);
        format!("{:?} {}", first.state, first.what.code)
    };
    let nets = |list: &[&str]| list.iter().map(|one| one.parse().unwrap()).collect();
    assert_eq!(api(&|_| {}), "Guarded reach_api_list");
    assert_eq!(api(&|list| list.enabled = false), "Open reach_api_off");
    assert_eq!(
        api(&|list| list.revision = None),
        "Unknown reach_api_pending"
    );
    assert_eq!(
        api(&|list| list.addresses.clear()),
        "Guarded reach_api_nobody"
    );
    let halves = |list: &mut AccessList| list.addresses = nets(&["0.0.0.0/1", "128.0.0.0/1"]);
    assert_eq!(api(&halves), "Open reach_api_everyone");
    let (progress, mut seen) = guarded();
    seen.access = None;
    let first = paths(&progress, &seen, &Coverage::default()).swap_remove(0);
    assert_eq!(first.state, PathState::Unknown);
    let mut out = Vec::new();
    let (_, seen) = guarded();
    super::api(seen.access.as_ref(), Some("r2"), &mut out);
    assert_eq!(
        out[0].state,
        PathState::Unknown,
        "another revision is enforced still"
    );
}

#[test]
fn a_bare_node_and_a_firewall_that_is_off_are_open() {
    check(
        |_, seen| seen.covered = Some(vec![InstanceId(2)]),
        &expect![[r#"
            Guarded Api: reach_api_list addresses=203.0.113.7/32 by AccessList
            Open Nodes: reach_nodes_bare count=1 nodes=2 by Nothing
            Guarded Nodes: reach_nodes_covered count=1 by NodeFirewall
            Unknown Inside: reach_inside_unsure path=path_webhooks by –
            Guarded Balancer: reach_balancers_none by –
        "#]],
    );
    check(
        |_, seen| seen.firewall.as_mut().unwrap().enabled = false,
        &expect![[r#"
            Guarded Api: reach_api_list addresses=203.0.113.7/32 by AccessList
            Open Nodes: reach_nodes_bare count=2 nodes=2 by Nothing
            Open Nodes: reach_firewall_off by Nothing
            Guarded Balancer: reach_balancers_none by –
        "#]],
    );
    check(
        |_, seen| *seen = Seen::default(),
        &expect![[r#"
            Unknown Api: reach_api_unread by –
            Unknown Nodes: reach_nodes_unread count=2 by –
            Unknown Nodes: reach_rules_unread by –
            Unknown Balancer: reach_balancers_unread by –
        "#]],
    );
}

#[test]
fn what_somebody_wrote_into_the_firewall_is_said() {
    let rule = |label: &str, verdict, ports: &str, from: &str| Rule {
        label: label.to_owned(),
        verdict,
        traffic: Traffic::Of(crate::spec::Protocol::Tcp),
        ports: Some(ports.to_owned()),
        addresses: vec![from.to_owned()],
    };
    check(
        |_, seen| {
            let rules = &mut seen.firewall.as_mut().unwrap().rules.inbound;
            let drop = rule("no-kubelet", Verdict::Drop, "10250", "192.168.130.4/32");
            rules.insert(0, drop);
            rules.push(rule("ssh", Verdict::Accept, "22", "0.0.0.0/0"));
            rules.push(rule("web-ui", Verdict::Accept, "80, 443", "203.0.113.7/32"));
            rules.push(rule("hooks", Verdict::Accept, "9443", "192.168.128.0/17"));
            rules.push(rule("typha", Verdict::Accept, "5473", "203.0.113.0/24"));
            rules.push(rule("dns", Verdict::Accept, "1-100", "::/0"));
        },
        &expect![[r#"
            Guarded Api: reach_api_list addresses=203.0.113.7/32 by AccessList
            Guarded Nodes: reach_nodes_covered count=2 by NodeFirewall
            Open Nodes: reach_rule_everyone entries=0.0.0.0/0 label=ssh what=TCP 22 by Nothing
            Guarded Nodes: reach_rule_unused from=203.0.113.7/32 label=web-ui what=TCP 80, 443 by NodeFirewall
            Guarded Nodes: reach_rule from=192.168.128.0/17 label=hooks what=TCP 9443 by NodeFirewall
            Guarded Nodes: reach_rule from=203.0.113.0/24 label=typha what=TCP 5473 by NodeFirewall
            Open Nodes: reach_rule_everyone entries=::/0 label=dns what=TCP 1-100 by Nothing
            Cut Inside: cut_in by=cut_by_rule packet=TCP 10250 path=path_kubelet peer=192.168.130.4 by NodeFirewall
            Open Inside: reach_inside_everyone path=path_dns by Nothing
            Guarded Balancer: reach_balancers_none by –
        "#]],
    );
    check(
        |_, seen| {
            let set = &mut seen.firewall.as_mut().unwrap().rules;
            set.inbound_policy = Verdict::Accept;
        },
        &expect![[r#"
            Guarded Api: reach_api_list addresses=203.0.113.7/32 by AccessList
            Open Nodes: reach_firewall_open by Nothing
            Open Inside: reach_inside_everyone path=path_kubelet by Nothing
            Open Inside: reach_inside_everyone path=path_wireguard by Nothing
            Open Inside: reach_inside_everyone path=path_dns by Nothing
            Open Inside: reach_inside_everyone path=path_bgp by Nothing
            Open Inside: reach_inside_everyone path=path_typha by Nothing
            Open Inside: reach_inside_everyone path=path_ipip by Nothing
            Open Inside: reach_inside_everyone path=path_node_ports by Nothing
            Open Inside: reach_inside_everyone path=path_webhooks by Nothing
            Guarded Balancer: reach_balancers_none by –
        "#]],
    );
}

#[test]
fn a_load_balancer_without_a_firewall_is_open_to_the_world() {
    let one = |id, guard| BalancerSeen {
        label: Some(format!("lke1-{id}")),
        service: None,
        guard,
    };
    check(
        |_, seen| {
            let only = |all: &[&str]| {
                Some(BalancerGuard::Only(
                    all.iter().map(ToString::to_string).collect(),
                ))
            };
            let mut all = vec![
                one(1, Some(BalancerGuard::Bare)),
                one(2, only(&["203.0.113.7/32"])),
                one(3, None),
                one(4, Some(BalancerGuard::LetsAllIn)),
                one(5, only(&[])),
            ];
            all[0].service = "default/web".parse().ok();
            all.push(BalancerSeen {
                label: None,
                service: "default/api".parse().ok(),
                guard: None,
            });
            seen.balancers = Some(all);
        },
        &expect![[r#"
            Guarded Api: reach_api_list addresses=203.0.113.7/32 by AccessList
            Guarded Nodes: reach_nodes_covered count=2 by NodeFirewall
            Unknown Inside: reach_inside_unsure path=path_webhooks by –
            Open Balancer: reach_balancer_open label=default/web by Nothing guard default/web
            Guarded Balancer: reach_balancer_guarded addresses=203.0.113.7/32 label=lke1-2 by BalancerFirewall
            Unknown Balancer: reach_balancer_unread label=lke1-3 by –
            Open Balancer: reach_balancer_lets_all_in label=lke1-4 by Nothing
            Guarded Balancer: reach_balancer_nobody label=lke1-5 by BalancerFirewall
            Unknown Balancer: reach_balancer_waits label=default/api by –
        "#]],
    );
}

#[test]
fn the_figures_count_machines_that_were_never_covered_for_as_long_as_they_were_there() {
    let mut progress = progress();
    for n in 1..=18 {
        machine(&mut progress, n, 0, Some(n * 100), Some(50));
    }
    machine(&mut progress, 19, 10, None, Some(40));
    machine(&mut progress, 20, 20, None, None);
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(60);
    let seen = Seen {
        covered: Some(Vec::new()),
        ..Seen::default()
    };
    let figures = coverage(&progress, &seen, now);
    assert_eq!((figures.nodes, figures.covered, figures.unread), (1, 0, 0));
    assert_eq!((figures.machines, figures.never), (20, 2));
    let open = [
        figures.open_p50_ms,
        figures.open_p95_ms,
        figures.open_worst_ms,
    ];
    assert_eq!(open, [Some(1_000), Some(30_000), Some(40_000)]);
    assert_eq!(nearest(&[], 50), None);
    assert_eq!(nearest(&[7], 95), Some(7));
}
