//! What a firewall lets through to a node of a cluster, and what the node loses without it.
//!
//! Only the rules that LKE's own parts need are looked at (facts of Linode's firewall controller):
//! who may speak to the workloads is no concern of the twin's Kubernetes.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::store::World;
use crate::switches::WebhookPath;
use crate::things::Firewall;

/// Nodes and control plane of a region.
const PRIVATE: &str = "192.168.128.0/17";
/// NodeBalancers.
const BALANCERS: &str = "192.168.255.0/24";
/// A port on which webhooks commonly listen.
const WEBHOOK_PORT: u16 = 9443;

/// What still reaches a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reach {
    /// The control plane asks the kubelet: logs, exec, metrics, and the health of kube-proxy.
    pub kubelet: bool,
    /// The control plane calls webhooks that run on the node.
    pub webhooks: bool,
    /// NodeBalancers reach the Services' node ports.
    pub node_ports: bool,
    /// Other nodes reach the cluster's DNS.
    pub dns: bool,
    /// Calico: BGP, Typha and IP in IP between the nodes.
    pub pods: bool,
}

/// A node that no firewall guards.
pub(crate) const OPEN: Reach = Reach {
    kubelet: true,
    webhooks: true,
    node_ports: true,
    dns: true,
    pods: true,
};

impl Reach {
    /// What both let through.
    fn and(self, other: Self) -> Self {
        Self {
            kubelet: self.kubelet && other.kubelet,
            webhooks: self.webhooks && other.webhooks,
            node_ports: self.node_ports && other.node_ports,
            dns: self.dns && other.dns,
            pods: self.pods && other.pods,
        }
    }
}

/// A rule with its networks read: many questions are asked of each.
struct Rule<'a> {
    protocol: &'a Value,
    ports: &'a str,
    nets: Vec<IpNet>,
    action: &'a Value,
}

fn through(rules: &Value, webhooks: WebhookPath) -> Reach {
    let inbound = rules["inbound"].as_array().into_iter().flatten();
    let inbound: Vec<Rule> = inbound
        .map(|rule| Rule {
            protocol: &rule["protocol"],
            ports: rule["ports"].as_str().unwrap_or_default(),
            nets: nets(&rule["addresses"]),
            action: &rule["action"],
        })
        .collect();
    let policy = &rules["inbound_policy"];
    let from = |protocol: &str, ports: &[u16], net: &str| {
        net.parse().is_ok_and(|net| {
            let asked = |port| accepts(&inbound, policy, protocol, port, net);
            if ports.is_empty() {
                asked(None)
            } else {
                ports.iter().all(|port| asked(Some(*port)))
            }
        })
    };
    let tunnel = from("UDP", &[51_820], PRIVATE);
    let ipip = from("IPENCAP", &[], PRIVATE);
    let ends = [30_000, 31_111, 32_767];
    Reach {
        kubelet: tunnel && from("TCP", &[10_250, 10_256], PRIVATE),
        webhooks: match webhooks {
            WebhookPath::Tunnel => tunnel && ipip,
            WebhookPath::Node => from("TCP", &[WEBHOOK_PORT], PRIVATE),
        },
        node_ports: from("TCP", &ends, BALANCERS) && from("UDP", &ends, BALANCERS),
        dns: from("TCP", &[53], PRIVATE) && from("UDP", &[53], PRIVATE),
        pods: ipip && from("TCP", &[179, 5473], PRIVATE),
    }
}

/// Whether all of `net` is accepted. Rules split it: between two ends of what they name, every
/// address is treated alike, so one of each piece is asked.
fn accepts(rules: &[Rule], policy: &Value, protocol: &str, port: Option<u16>, net: IpNet) -> bool {
    let about = |rule: &&Rule| {
        is_protocol(rule.protocol, protocol)
            && (rule.ports.is_empty() || port.is_some_and(|port| holds(rule.ports, port)))
    };
    let about: Vec<&Rule> = rules.iter().filter(about).collect();
    let named = about.iter().flat_map(|rule| &rule.nets);
    let ends = named.flat_map(|one| [Some(one.network()), next(one.broadcast())]);
    let begins = ends.flatten().filter(|begin| net.contains(begin));
    std::iter::once(net.network()).chain(begins).all(|address| {
        let mut first = about.iter();
        let decides = first.find(|rule| rule.nets.iter().any(|one| one.contains(&address)));
        decides.map_or(policy, |rule| rule.action) == "ACCEPT"
    })
}

fn next(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(four) => Some(Ipv4Addr::from_bits(four.to_bits().checked_add(1)?).into()),
        IpAddr::V6(_) => None,
    }
}

/// By name, by number, or all of them.
fn is_protocol(given: &Value, wanted: &str) -> bool {
    let number = match wanted {
        "TCP" => "6",
        "UDP" => "17",
        _ => "4",
    };
    given == "ALL" || given == wanted || given == number
}

fn holds(ports: &str, port: u16) -> bool {
    ports.split(',').any(|piece| {
        let (from, to) = piece.split_once('-').unwrap_or((piece, piece));
        match (from.trim().parse::<u16>(), to.trim().parse::<u16>()) {
            (Ok(from), Ok(to)) => (from..=to).contains(&port),
            _ => false,
        }
    })
}

/// The networks of IPv4: what LKE's own parts speak.
fn nets(addresses: &Value) -> Vec<IpNet> {
    let four = addresses["ipv4"].as_array().into_iter().flatten();
    four.filter_map(|one| one.as_str()?.parse::<IpNet>().ok())
        .collect()
}

impl World {
    /// What reaches the nodes is told to their clusters: to be called when a firewall, what it
    /// guards, or a node has changed.
    pub(crate) fn guard_nodes(&self) {
        if self.kubes.is_empty() {
            return;
        }
        let guards = self.guards();
        for (id, kube) in &self.kubes {
            let Some(cluster) = self.clusters.get(id) else {
                continue;
            };
            let nodes = cluster.pools.iter().flat_map(|pool| &pool.nodes);
            let reach = nodes.filter_map(|node| {
                let linode = node.linode?;
                let own = guards
                    .iter()
                    .filter(|(one, _)| one.guards("linode", linode));
                let reach = own.fold(OPEN, |left, (_, by)| left.and(*by));
                (reach != OPEN).then(|| (cluster.node_name(&node.id), reach))
            });
            kube.set_reach(reach.collect());
        }
    }

    /// The firewalls that guard Linodes. What one lets through is read from its rules once, however
    /// many nodes it guards.
    fn guards(&self) -> Vec<(&Firewall, Reach)> {
        let guards = self.firewalls.values().filter(|one| one.enabled);
        guards
            .filter(|one| one.devices.iter().any(|device| device.kind == "linode"))
            .map(|one| (one, through(&one.rules, self.switches.webhook_path)))
            .collect()
    }

    /// The reply of `/_demo/reach`: each node with a Linode, who guards it, and what gets through.
    pub(crate) fn reach_reply(&self) -> Value {
        let all = self.guards();
        let nodes = self.clusters.values().flat_map(|cluster| {
            let nodes = cluster.pools.iter().flat_map(|pool| &pool.nodes);
            nodes.filter_map(move |node| Some((cluster, node, node.linode?)))
        });
        let row =
            |(cluster, node, linode): (&crate::things::LkeCluster, &crate::things::Node, u64)| {
                let own = all.iter().filter(|(one, _)| one.guards("linode", linode));
                let guards: Vec<u64> = own.clone().map(|(one, _)| one.id).collect();
                let reach = own.fold(OPEN, |left, (_, by)| left.and(*by));
                json!({
                    "cluster": cluster.id, "node": node.id, "linode": linode, "firewalls": guards,
                    "reach": reach,
                })
            };
        Value::Array(nodes.map(row).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(protocol: &str, ports: &str, net: &str) -> Value {
        json!({"action": "ACCEPT", "protocol": protocol, "ports": ports,
               "addresses": {"ipv4": [net]}})
    }

    fn lost(inbound: &[Value], webhooks: WebhookPath) -> Vec<&'static str> {
        let rules = json!({"inbound": inbound, "inbound_policy": "DROP"});
        let reach = through(&rules, webhooks);
        let each = [
            ("kubelet", reach.kubelet),
            ("webhooks", reach.webhooks),
            ("node_ports", reach.node_ports),
            ("dns", reach.dns),
            ("pods", reach.pods),
        ];
        let gone = each.into_iter().filter(|(_, there)| !there);
        gone.map(|(name, _)| name).collect()
    }

    /// The ten default rules of Linode's firewall controller, merged.
    fn needed() -> Vec<Value> {
        vec![
            rule("TCP", "53, 179, 5473, 10250, 10256", PRIVATE),
            rule("UDP", "53, 51820", PRIVATE),
            rule("IPENCAP", "", PRIVATE),
            rule("TCP", "30000-32767", BALANCERS),
            rule("UDP", "30000-32767", BALANCERS),
        ]
    }

    #[test]
    fn with_the_rules_that_lke_needs_nothing_is_lost() {
        assert_eq!(lost(&needed(), WebhookPath::Tunnel), [""; 0]);
        assert_eq!(lost(&needed(), WebhookPath::Node), ["webhooks"]);
        let mut more = needed();
        more.push(rule("TCP", "9443", PRIVATE));
        assert_eq!(lost(&more, WebhookPath::Node), [""; 0]);
    }

    #[test]
    fn the_rules_of_the_original_cut_a_node_off() {
        let original = [rule("TCP", "80, 443", "203.0.113.7/32")];
        let all = ["kubelet", "webhooks", "node_ports", "dns", "pods"];
        assert_eq!(lost(&original, WebhookPath::Tunnel), all);
    }

    #[test]
    fn each_missing_rule_costs_what_it_carried() {
        let without = |nth: usize| {
            let mut rules = needed();
            rules.remove(nth);
            lost(&rules, WebhookPath::Tunnel)
        };
        assert_eq!(without(0), ["kubelet", "dns", "pods"]);
        assert_eq!(without(1), ["kubelet", "webhooks", "dns"]);
        assert_eq!(without(2), ["webhooks", "pods"]);
        assert_eq!(without(3), ["node_ports"]);
    }

    #[test]
    fn the_first_rule_about_an_address_decides() {
        let drop = json!({"action": "DROP", "protocol": "TCP", "ports": "10250",
                          "addresses": {"ipv4": ["192.168.0.0/16"]}});
        let mut rules = needed();
        rules.insert(0, drop);
        assert_eq!(lost(&rules, WebhookPath::Tunnel), ["kubelet"]);
        let mut rules = needed();
        rules.insert(0, rule("TCP", "10250", "192.168.130.4/32"));
        rules[0]["action"] = json!("DROP");
        assert_eq!(lost(&rules, WebhookPath::Tunnel), ["kubelet"]);
        let halves = ["192.168.128.0/18", "192.168.192.0/18"].map(|net| rule("ALL", "", net));
        assert_eq!(lost(&halves, WebhookPath::Tunnel), [""; 0]);
        let narrow = [rule("ALL", "", "192.168.130.0/24")];
        assert_eq!(lost(&narrow, WebhookPath::Tunnel).len(), 5);
        assert_eq!(
            lost(&[rule("ALL", "", "0.0.0.0/0")], WebhookPath::Node),
            [""; 0]
        );
    }
}
