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
    let read = |rules: &[Rule]| -> Vec<Reads> { rules.iter().map(Rule::reads).collect() };
    let inbound = Side {
        rules: &set.inbound,
        reads: read(&set.inbound),
        policy: set.inbound_policy,
        outbound: false,
    };
    let outbound = Side {
        rules: &set.outbound,
        reads: read(&set.outbound),
        policy: set.outbound_policy,
        outbound: true,
    };
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

/// The rules of one direction.
struct Side<'a> {
    rules: &'a [Rule],
    reads: Vec<Reads>,
    policy: Verdict,
    outbound: bool,
}

impl Side<'_> {
    /// A packet of the need that does not get through.
    fn cut(&self, need: &Need) -> Option<Cut> {
        let traffic = Traffic::Of(need.protocol);
        let Some((first, last)) = need.ports else {
            return self.dropped(need, traffic, None);
        };
        // Between two ends of ranges every port is treated alike: one of each stretch is asked.
        let ranges = self.reads.iter().flat_map(|rule| &rule.ports);
        let ends = ranges.flat_map(|(from, to)| [*from, to.saturating_add(1)]);
        let mut ports: Vec<u16> = ends.filter(|port| (first..=last).contains(port)).collect();
        ports.push(first);
        ports.sort_unstable();
        ports.dedup();
        ports
            .into_iter()
            .find_map(|port| self.dropped(need, traffic, Some(port)))
    }

    fn dropped(&self, need: &Need, traffic: Traffic, port: Option<u16>) -> Option<Cut> {
        let cut = |peer, by| Cut {
            path: need.path,
            outbound: self.outbound,
            protocol: need.protocol,
            port,
            peer,
            by,
        };
        let mut open = Spans::of([need.peers]);
        for (rule, reads) in self.rules.iter().zip(&self.reads) {
            let about = |port: u16| {
                let holds = |(from, to): &(u16, u16)| (*from..=*to).contains(&port);
                reads.ports.iter().any(holds)
            };
            // A protocol without ports is about its packets unless its ports could not be read.
            let about = port.map_or(!reads.ports.is_empty(), about);
            if !about || !reads.traffic.holds(traffic) {
                continue;
            }
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
}
