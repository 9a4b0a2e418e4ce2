//! What LKE lives on behind a node firewall, and what of it a rule set cuts.
//!
//! The paths are those of Linode's own firewall controller. How the control plane reaches a webhook
//! is published nowhere, so that path is asked for both ways.

use super::{Reads, Rule, RuleSet, Spans, Traffic, Verdict};
use crate::preset::{NODEBALANCERS, NODES};
use crate::spec::Protocol;
use ipnet::IpNet;
use std::net::IpAddr;

/// The port on which webhooks commonly listen.
pub const WEBHOOK_PORT: u16 = 9443;

/// On which way the control plane calls a webhook that runs on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookPath {
    /// Inside the tunnel: WireGuard and IP in IP.
    Tunnel,
    /// To the node itself, on [`WEBHOOK_PORT`].
    Node,
}

/// A path that LKE needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Path {
    /// The control plane to the kubelet and to kube-proxy's health.
    Kubelet,
    /// The tunnel that `kubectl logs`, `exec` and `proxy` go through.
    WireGuard,
    /// The cluster's DNS between nodes.
    Dns,
    /// Calico's routes.
    Bgp,
    /// Calico's distribution of policies.
    Typha,
    /// The pods' traffic between nodes.
    Ipip,
    /// NodeBalancers to Services.
    NodePorts,
    /// The control plane to admission webhooks.
    Webhooks,
}

/// Who decided that a packet is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// The rule with this label.
    Rule(String),
    /// No rule is about it, and the policy drops.
    Policy,
}

/// A path that a rule set cuts, with one packet that does not get through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Which path.
    pub path: Path,
    /// Whether the packet leaves the node; it comes in otherwise.
    pub outbound: bool,
    /// The packet's protocol.
    pub protocol: Protocol,
    /// The port that it goes to.
    pub port: Option<u16>,
    /// The other side: where it comes from, or goes to.
    pub peer: IpAddr,
    /// Who decided.
    pub by: By,
}

struct Need {
    path: Path,
    protocol: Protocol,
    /// First and last port; `None`: the protocol has none.
    ports: Option<(u16, u16)>,
    peers: IpNet,
    /// Nodes speak to each other here, so that it must get out of them as well.
    both_ways: bool,
}

fn needs(webhooks: WebhookPath) -> Vec<Need> {
    use Path::{Bgp, Dns, Ipip, Kubelet, NodePorts, Typha, Webhooks, WireGuard};
    use Protocol::{Ipencap, Tcp, Udp};
    let nodes = |path, protocol, port: Option<u16>| Need {
        path,
        protocol,
        ports: port.map(|port| (port, port)),
        peers: NODES,
        both_ways: true,
    };
    let balancers = |protocol| Need {
        path: NodePorts,
        protocol,
        ports: Some((30_000, 32_767)),
        peers: NODEBALANCERS,
        both_ways: false,
    };
    let mut all = vec![
        nodes(Kubelet, Tcp, Some(10_250)),
        nodes(Kubelet, Tcp, Some(10_256)),
        nodes(WireGuard, Udp, Some(51_820)),
        nodes(Dns, Tcp, Some(53)),
        nodes(Dns, Udp, Some(53)),
        nodes(Bgp, Tcp, Some(179)),
        nodes(Typha, Tcp, Some(5473)),
        nodes(Ipip, Ipencap, None),
        balancers(Tcp),
        balancers(Udp),
    ];
    match webhooks {
        WebhookPath::Tunnel => {
            all.push(nodes(Webhooks, Udp, Some(51_820)));
            all.push(nodes(Webhooks, Ipencap, None));
        }
        WebhookPath::Node => all.push(Need {
            both_ways: false,
            ..nodes(Webhooks, Tcp, Some(WEBHOOK_PORT))
        }),
    }
    all
}

/// Every path that these rules cut, wholly or for one address or port of it; each is told once.
pub fn cuts(set: &RuleSet, webhooks: WebhookPath) -> Vec<Cut> {
    let (inbound, outbound) = (Side::inbound(set), Side::outbound(set));
    let mut out: Vec<Cut> = Vec::new();
    for need in needs(webhooks) {
        if out.iter().any(|cut| cut.path == need.path) {
            continue;
        }
        let outward = || need.both_ways.then(|| outbound.cut(&need)).flatten();
        out.extend(inbound.cut(&need).or_else(outward));
    }
    out
}

/// Who else than the cluster's own parts gets through on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Others {
    /// Nobody.
    Nobody,
    /// Some addresses.
    Some,
    /// The whole internet of a family.
    World,
}

/// Who else gets in on a path, by any of its ports.
pub fn others(set: &RuleSet, path: Path) -> Others {
    let inbound = Side::inbound(set);
    let needs = needs(WebhookPath::Tunnel);
    let of_it = needs.iter().filter(|need| need.path == path);
    let each = of_it.map(|need| {
        let ports = inbound.stretches(need);
        let each = ports.into_iter().map(|port| {
            let accepted = inbound.accepted(Traffic::Of(need.protocol), port);
            if accepted.is_every_v4() || accepted.is_every_v6() {
                Others::World
            } else if accepted.without(&Spans::of([need.peers])).is_empty() {
                Others::Nobody
            } else {
                Others::Some
            }
        });
        each.max().unwrap_or(Others::Nobody)
    });
    each.max().unwrap_or(Others::Nobody)
}

/// The rules of one direction.
struct Side<'a> {
    rules: &'a [Rule],
    reads: Vec<Reads>,
    policy: Verdict,
    outbound: bool,
}

impl<'a> Side<'a> {
    fn inbound(set: &'a RuleSet) -> Self {
        Self {
            rules: &set.inbound,
            reads: set.inbound.iter().map(Rule::reads).collect(),
            policy: set.inbound_policy,
            outbound: false,
        }
    }

    fn outbound(set: &'a RuleSet) -> Self {
        Self {
            rules: &set.outbound,
            reads: set.outbound.iter().map(Rule::reads).collect(),
            policy: set.outbound_policy,
            outbound: true,
        }
    }

    /// Between two ends of ranges every port is treated alike: one of each stretch of the need.
    fn stretches(&self, need: &Need) -> Vec<Option<u16>> {
        let Some((first, last)) = need.ports else {
            return vec![None];
        };
        let ranges = self.reads.iter().flat_map(|rule| &rule.ports);
        let ends = ranges.flat_map(|(from, to)| [*from, to.saturating_add(1)]);
        let mut ports: Vec<u16> = ends.filter(|port| (first..=last).contains(port)).collect();
        ports.push(first);
        ports.sort_unstable();
        ports.dedup();
        ports.into_iter().map(Some).collect()
    }

    /// A packet of the need that does not get through.
    fn cut(&self, need: &Need) -> Option<Cut> {
        let ports = self.stretches(need);
        ports.into_iter().find_map(|port| self.dropped(need, port))
    }

    /// The rules that are about a packet, in their order.
    fn about(&self, traffic: Traffic, port: Option<u16>) -> impl Iterator<Item = (&Rule, &Reads)> {
        let rules = self.rules.iter().zip(&self.reads);
        rules.filter(move |(_, reads)| {
            let about = |port: u16| {
                let holds = |(from, to): &(u16, u16)| (*from..=*to).contains(&port);
                reads.ports.iter().any(holds)
            };
            // A protocol without ports is about its packets unless its ports could not be read.
            port.map_or(!reads.ports.is_empty(), about) && reads.traffic.holds(traffic)
        })
    }

    fn dropped(&self, need: &Need, port: Option<u16>) -> Option<Cut> {
        let cut = |peer, by| Cut {
            path: need.path,
            outbound: self.outbound,
            protocol: need.protocol,
            port,
            peer,
            by,
        };
        let mut open = Spans::of([need.peers]);
        for (rule, reads) in self.about(Traffic::Of(need.protocol), port) {
            if reads.verdict == Verdict::Drop
                && let Some(peer) = open.and(&reads.addresses).first()
            {
                return Some(cut(peer, By::Rule(rule.label.clone())));
            }
            open = open.without(&reads.addresses);
        }
        let left = open.first().filter(|_| self.policy == Verdict::Drop);
        left.map(|peer| cut(peer, By::Policy))
    }

    /// Who gets through with such a packet.
    fn accepted(&self, traffic: Traffic, port: Option<u16>) -> Spans {
        let (mut open, mut accepted) = (Spans::every(), Spans::default());
        for (_, reads) in self.about(traffic, port) {
            if reads.verdict == Verdict::Accept {
                accepted = accepted.or(&open.and(&reads.addresses));
            }
            open = open.without(&reads.addresses);
        }
        match self.policy {
            Verdict::Accept => accepted.or(&open),
            Verdict::Drop => accepted,
        }
    }
}
