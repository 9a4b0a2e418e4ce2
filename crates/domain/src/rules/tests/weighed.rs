//! Drawn rule sets, held against a reader of its own that weighs packet by packet.
#![expect(clippy::print_stdout, reason = "figures, with --nocapture")]

use crate::diagnostic::{Field, any_error};
use crate::firewall::{By, Cut, Rule, RuleSet, Traffic, Verdict, WebhookPath, cuts};
use crate::preset;
use crate::rules::{access_list, network, rule_set};
use crate::spec::Protocol;
use ipnet::IpNet;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr};

/// Protocol number, port, and the other side.
type Packet = (u8, u16, Ipv4Addr);

/// What becomes of a packet, rule by rule. It shares nothing with what it judges.
fn passes(rules: &[Rule], policy: Verdict, (protocol, port, peer): Packet) -> bool {
    for rule in rules {
        let number = match rule.traffic {
            Traffic::All => protocol,
            Traffic::Number(number) => number,
            Traffic::Of(Protocol::Icmp) => 1,
            Traffic::Of(Protocol::Ipencap) => 4,
            Traffic::Of(Protocol::Tcp) => 6,
            Traffic::Of(Protocol::Udp) => 17,
        };
        let in_ports = rule.ports.as_ref().is_none_or(|ports| {
            ports.split(',').any(|piece| {
                let mut ends = piece
                    .split('-')
                    .map(|end| end.trim().parse::<u16>().unwrap());
                let from = ends.next().unwrap();
                (from..=ends.next().unwrap_or(from)).contains(&port)
            })
        });
        let from_there = rule.addresses.iter().any(|text| {
            let (base, length) = text.split_once('/').unwrap();
            let Ok(base) = base.parse::<Ipv4Addr>() else {
                return false;
            };
            let shift = 32 - length.parse::<u32>().unwrap();
            let high = |bits: u32| u64::from(bits) >> shift;
            high(base.to_bits()) == high(peer.to_bits())
        });
        if number == protocol && in_ports && from_there {
            return rule.verdict == Verdict::Accept;
        }
    }
    policy == Verdict::Accept
}

/// Every packet at an edge of something that a rule names, of those that LKE sends to a node.
fn needed(set: &RuleSet, webhooks: WebhookPath) -> Vec<Packet> {
    let rules = || set.inbound.iter().chain(&set.outbound);
    let mut peers = Vec::new();
    for text in rules().flat_map(|rule| &rule.addresses) {
        if let Ok(IpNet::V4(net)) = text.parse::<IpNet>() {
            let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
            let beside = [first.wrapping_sub(1), first, last, last.wrapping_add(1)];
            peers.extend(beside.map(Ipv4Addr::from_bits));
        }
    }
    let mut ports = Vec::new();
    for piece in rules().filter_map(|rule| rule.ports.as_ref()) {
        for end in piece.split([',', '-']) {
            let end: u16 = end.trim().parse().unwrap();
            ports.extend([end.saturating_sub(1), end, end.saturating_add(1)]);
        }
    }
    let within =
        |text: &str, peer: &Ipv4Addr| text.parse::<IpNet>().unwrap().contains(&IpAddr::V4(*peer));
    let mut nodes = vec![
        (6, 10_250),
        (6, 10_256),
        (17, 51_820),
        (6, 53),
        (17, 53),
        (6, 179),
        (6, 5473),
        (4, 0),
    ];
    nodes.extend((webhooks == WebhookPath::Node).then_some((6, 9443)));
    let mut out = Vec::new();
    peers.extend([
        Ipv4Addr::new(192, 168, 128, 0),
        Ipv4Addr::new(192, 168, 255, 255),
    ]);
    for peer in peers.iter().filter(|peer| within("192.168.128.0/17", peer)) {
        out.extend(
            nodes
                .iter()
                .map(|(protocol, port)| (*protocol, *port, *peer)),
        );
    }
    ports.extend([30_000, 32_767]);
    peers.push(Ipv4Addr::new(192, 168, 255, 0));
    for port in ports
        .iter()
        .filter(|port| (30_000..=32_767).contains(*port))
    {
        for peer in peers.iter().filter(|peer| within("192.168.255.0/24", peer)) {
            out.extend([(6, *port, *peer), (17, *port, *peer)]);
        }
    }
    out
}

const NETS: [&str; 14] = [
    "0.0.0.0/0",
    "128.0.0.0/1",
    "192.168.0.0/16",
    "192.168.128.0/17",
    "192.168.128.0/18",
    "192.168.192.0/18",
    "192.168.255.0/24",
    "192.168.255.128/25",
    "192.168.130.4/32",
    "192.168.255.255/32",
    "192.168.128.0/32",
    "10.2.0.0/16",
    "203.0.113.0/24",
    "::/0",
];
const PORTS: [&str; 15] = [
    "53",
    "53, 51820",
    "53, 179, 5473, 10250, 10256",
    "10250-10256",
    "10250",
    "179",
    "1-65535",
    "30000-32767",
    "30000-31000",
    "31001-32767",
    "31002-32767",
    "32767-32768",
    "9443",
    "22, 80-443",
    "51820",
];

fn a_rule() -> impl Strategy<Value = Rule> {
    let traffic = prop_oneof![
        4 => Just(Traffic::Of(Protocol::Tcp)),
        3 => Just(Traffic::Of(Protocol::Udp)),
        2 => Just(Traffic::Of(Protocol::Ipencap)),
        1 => Just(Traffic::Of(Protocol::Icmp)),
        1 => Just(Traffic::All),
        1 => Just(Traffic::Number(6)),
        1 => Just(Traffic::Number(4)),
    ];
    let nets = prop::collection::vec(prop::sample::select(NETS.to_vec()), 1..4);
    let ports = prop::sample::select(PORTS.to_vec());
    let drop = prop::bool::weighted(0.3);
    (traffic, ports, nets, drop).prop_map(|(traffic, ports, nets, drop)| Rule {
        label: String::new(),
        verdict: if drop { Verdict::Drop } else { Verdict::Accept },
        traffic,
        ports: traffic.has_ports().then(|| ports.to_owned()),
        addresses: nets.into_iter().map(ToOwned::to_owned).collect(),
    })
}

/// The preset, of which something may be missing, with rules in between; sometimes only rules.
fn a_set() -> impl Strategy<Value = RuleSet> {
    let put = prop::collection::vec((a_rule(), 0..12_usize), 0..5);
    let out = prop::collection::vec(a_rule(), 0..2);
    let missing = prop::collection::vec(0..6_usize, 0..3);
    let open = (prop::bool::weighted(0.1), prop::bool::weighted(0.9));
    (put, out, missing, open).prop_map(|(put, outbound, missing, (open, sends))| {
        let locked = preset::locked().into_iter().enumerate();
        let kept = locked.filter(|(at, _)| !missing.contains(at));
        let kept: Vec<_> = kept.map(|(_, one)| one.rule).collect();
        let mut set = RuleSet::of(&kept);
        for (rule, at) in put {
            set.inbound.insert(at.min(set.inbound.len()), rule);
        }
        set.outbound = outbound;
        let policy = |accepts| {
            if accepts {
                Verdict::Accept
            } else {
                Verdict::Drop
            }
        };
        (set.inbound_policy, set.outbound_policy) = (policy(open), policy(sends));
        for (at, rule) in set.inbound.iter_mut().chain(&mut set.outbound).enumerate() {
            rule.label = format!("rule-{at}");
        }
        set
    })
}

fn runner(cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    TestRunner::new_with_rng(config, rng)
}

#[test]
fn a_rule_set_that_is_accepted_cuts_nothing_and_a_cut_shows_a_packet_that_is_dropped() {
    let (accepted, refused) = (Cell::new(0), Cell::new(0));
    let ways = prop_oneof![Just(WebhookPath::Tunnel), Just(WebhookPath::Node)];
    let run = runner(1500).run(&(a_set(), ways), |(set, webhooks)| {
        let found = cuts(&set, webhooks);
        for cut in &found {
            let Cut { port, peer, .. } = cut;
            let IpAddr::V4(peer) = peer else {
                return Err(TestCaseError::fail("LKE's own traffic is IPv4"));
            };
            let number = match cut.protocol {
                Protocol::Tcp => 6,
                Protocol::Udp => 17,
                Protocol::Icmp => 1,
                Protocol::Ipencap => 4,
            };
            let (rules, policy) = if cut.outbound {
                (&set.outbound, set.outbound_policy)
            } else {
                (&set.inbound, set.inbound_policy)
            };
            let packet = (number, port.unwrap_or_default(), *peer);
            prop_assert!(!passes(rules, policy, packet), "{cut:?} passes");
            if let By::Rule(label) = &cut.by {
                let by = rules.iter().find(|rule| rule.label == *label);
                prop_assert_eq!(by.map(|rule| rule.verdict), Some(Verdict::Drop));
            }
        }
        if found.is_empty() {
            accepted.set(accepted.get() + 1);
            for packet in needed(&set, webhooks) {
                let comes_in = passes(&set.inbound, set.inbound_policy, packet);
                prop_assert!(comes_in, "{packet:?} is dropped");
            }
        } else {
            refused.set(refused.get() + 1);
            prop_assert!(any_error(&rule_set(&set, webhooks)));
        }
        Ok(())
    });
    run.unwrap();
    let (accepted, refused) = (accepted.get(), refused.get());
    println!("{accepted} drawn rule sets cut nothing, {refused} are refused");
    assert!(accepted > 200 && refused > 200, "{accepted} and {refused}");
}

/// Anything that somebody may write, and what is nearly right.
fn any_text() -> BoxedStrategy<String> {
    let alphabet = prop::collection::vec(
        prop::sample::select("0123456789./:-, a%x".chars().collect::<Vec<_>>()),
        0..24,
    );
    prop_oneof![
        any::<String>(),
        alphabet.prop_map(|chars| chars.into_iter().collect()),
        "[0-9]{1,3}(\\.[0-9]{1,3}){3}/[0-9]{1,2}",
        prop::sample::select(NETS.to_vec()).prop_map(ToOwned::to_owned),
        prop::sample::select(PORTS.to_vec()).prop_map(ToOwned::to_owned),
    ]
    .boxed()
}

#[test]
fn whatever_is_written_is_judged_without_a_panic() {
    let verdict = || prop_oneof![Just(Verdict::Accept), Just(Verdict::Drop)];
    let traffic = prop_oneof![
        any::<u8>().prop_map(Traffic::Number),
        Just(Traffic::All),
        Just(Traffic::Of(Protocol::Tcp)),
        Just(Traffic::Of(Protocol::Icmp)),
    ];
    let texts = || prop::collection::vec(any_text(), 0..5);
    let rule = (
        any_text(),
        verdict(),
        traffic,
        prop::option::of(any_text()),
        texts(),
    );
    let rule = rule
        .prop_map(|(label, verdict, traffic, ports, addresses)| Rule {
            label,
            verdict,
            traffic,
            ports,
            addresses,
        })
        .boxed();
    let rules = || prop::collection::vec(rule.clone(), 0..8);
    let set = (rules(), verdict(), rules(), verdict());
    let set = set.prop_map(
        |(inbound, inbound_policy, outbound, outbound_policy)| RuleSet {
            inbound,
            inbound_policy,
            outbound,
            outbound_policy,
        },
    );
    let run = runner(1000).run(&(set, texts()), |(set, texts)| {
        for webhooks in [WebhookPath::Tunnel, WebhookPath::Node] {
            rule_set(&set, webhooks);
        }
        let read = texts.iter().map(|text| network(Field::KubectlAccess, text));
        let known: Vec<IpNet> = read.filter_map(Result::ok).collect();
        access_list(&known, &mut Vec::new());
        Ok(())
    });
    run.unwrap();
}
