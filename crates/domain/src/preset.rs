//! The node firewall: what LKE needs to live behind an inbound DROP, the UI list, and the user's
//! own rules.
//!
//! The locked rules are Linode's cloud-firewall-controller's ten, merged to one for each protocol
//! and source. kubectl is deliberately absent: it never reaches a node, the access list guards it.

use crate::spec::{FirewallRule, Protocol, Spec};
use crate::text::Text;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Linode's limit of rules in one firewall, inbound and outbound together.
pub const RULES_MAX: usize = 25;
/// Linode's limit of addresses in one rule.
pub const ADDRESSES_MAX: usize = 255;

/// The data centre's private network: a cluster's nodes and its control plane.
pub const NODES: IpNet = v4([192, 168, 128, 0], 17);
/// Where NodeBalancers come from.
pub const NODEBALANCERS: IpNet = v4([192, 168, 255, 0], 24);
const EVERY_V4: IpNet = v4([0, 0, 0, 0], 0);
const EVERY_V6: IpNet = IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 0));

const fn v4([a, b, c, d]: [u8; 4], length: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length))
}

crate::texts! {
    /// Why a rule is there.
    pub(crate) enum PresetText {
        "preset_icmp" Icmp,
        "preset_nodes_tcp" NodesTcp,
        "preset_nodes_udp" NodesUdp,
        "preset_ipencap" Ipencap,
        "preset_nodeports_tcp" NodePortsTcp,
        "preset_nodeports_udp" NodePortsUdp,
        "preset_web_ui" WebUi,
    }
}

/// Every code of this module with its parameters.
pub const TEXTS: &[(&str, &[&str])] = PresetText::ALL;

/// A rule with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetRule {
    /// The rule as Linode gets it.
    pub rule: FirewallRule,
    /// Why it is there; `None` for the user's own.
    pub why: Option<Text>,
    /// Whether LKE needs it, so that it cannot be taken away.
    pub locked: bool,
}

/// Every inbound rule of a Spec's firewall, in the order in which they are written: the locked ones,
/// the UI list, the user's own.
pub fn rules(spec: &Spec) -> Vec<PresetRule> {
    let own = spec.firewall_rules.iter().map(|rule| PresetRule {
        rule: rule.clone(),
        why: None,
        locked: false,
    });
    locked()
        .into_iter()
        .chain(web_ui(spec))
        .chain(own)
        .collect()
}

/// The same rules without their reasons.
pub fn firewall_rules(spec: &Spec) -> Vec<FirewallRule> {
    rules(spec).into_iter().map(|one| one.rule).collect()
}

/// The rules that LKE needs.
pub fn locked() -> Vec<PresetRule> {
    let rule = |label: &str, protocol, ports: Option<&str>, sources: &[IpNet], why: PresetText| {
        PresetRule {
            rule: FirewallRule {
                label: label.to_owned(),
                protocol,
                ports: ports.map(ToOwned::to_owned),
                sources: sources.to_vec(),
            },
            why: Some(why.into()),
            locked: true,
        }
    };
    let nodeports = Some("30000-32767");
    vec![
        rule(
            "lke-icmp",
            Protocol::Icmp,
            None,
            &[EVERY_V4, EVERY_V6],
            PresetText::Icmp,
        ),
        rule(
            "lke-nodes-tcp",
            Protocol::Tcp,
            Some("53, 179, 5473, 10250, 10256"),
            &[NODES],
            PresetText::NodesTcp,
        ),
        rule(
            "lke-nodes-udp",
            Protocol::Udp,
            Some("53, 51820"),
            &[NODES],
            PresetText::NodesUdp,
        ),
        rule(
            "lke-nodes-ipencap",
            Protocol::Ipencap,
            None,
            &[NODES],
            PresetText::Ipencap,
        ),
        rule(
            "lke-nodeports-tcp",
            Protocol::Tcp,
            nodeports,
            &[NODEBALANCERS],
            PresetText::NodePortsTcp,
        ),
        rule(
            "lke-nodeports-udp",
            Protocol::Udp,
            nodeports,
            &[NODEBALANCERS],
            PresetText::NodePortsUdp,
        ),
    ]
}

/// Ports 80 and 443 from the UI list; absent while the list is not known or empty.
fn web_ui(spec: &Spec) -> Option<PresetRule> {
    let sources = spec.ui_access.clone().filter(|list| !list.is_empty())?;
    Some(PresetRule {
        rule: FirewallRule {
            label: WEB_UI.to_owned(),
            protocol: Protocol::Tcp,
            ports: Some("80, 443".to_owned()),
            sources,
        },
        why: Some(PresetText::WebUi.into()),
        locked: false,
    })
}

/// The label of the UI list's rule.
pub const WEB_UI: &str = "web-ui";

/// A protocol as Linode writes it.
pub const fn protocol_name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
        Protocol::Icmp => "ICMP",
        Protocol::Ipencap => "IPENCAP",
    }
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use std::fmt::Write as _;

    fn check(spec: &Spec, expected: &Expect) {
        let mut said = String::new();
        for PresetRule { rule, why, locked } in rules(spec) {
            let sources: Vec<String> = rule.sources.iter().map(ToString::to_string).collect();
            let code = why.map_or_else(|| "-".to_owned(), |why| why.code);
            let ports = rule.ports.unwrap_or_default();
            let lock = if locked { "locked" } else { "free" };
            let protocol = protocol_name(rule.protocol);
            let from = sources.join(" ");
            writeln!(
                said,
                "{lock:6} {} {protocol} [{ports}] from {from} ({code})",
                rule.label
            )
            .unwrap();
        }
        expected.assert_eq(&said);
    }

    #[test]
    fn the_cluster_lives_behind_six_locked_rules_and_the_ui_list_adds_one() {
        let mut spec = Spec::for_user("ada");
        spec.ui_access = Some(vec!["203.0.113.7/32".parse().unwrap()]);
        spec.firewall_rules = vec![FirewallRule {
            label: "ssh".to_owned(),
            protocol: Protocol::Tcp,
            ports: Some("22".to_owned()),
            sources: vec!["198.51.100.0/24".parse().unwrap()],
        }];
        check(
            &spec,
            &expect![[r#"
                locked lke-icmp ICMP [] from 0.0.0.0/0 ::/0 (preset_icmp)
                locked lke-nodes-tcp TCP [53, 179, 5473, 10250, 10256] from 192.168.128.0/17 (preset_nodes_tcp)
                locked lke-nodes-udp UDP [53, 51820] from 192.168.128.0/17 (preset_nodes_udp)
                locked lke-nodes-ipencap IPENCAP [] from 192.168.128.0/17 (preset_ipencap)
                locked lke-nodeports-tcp TCP [30000-32767] from 192.168.255.0/24 (preset_nodeports_tcp)
                locked lke-nodeports-udp UDP [30000-32767] from 192.168.255.0/24 (preset_nodeports_udp)
                free   web-ui TCP [80, 443] from 203.0.113.7/32 (preset_web_ui)
                free   ssh TCP [22] from 198.51.100.0/24 (-)
            "#]],
        );
    }

    #[test]
    fn an_unknown_or_empty_ui_list_opens_no_port() {
        let mut spec = Spec::for_user("ada");
        assert_eq!(rules(&spec).len(), 6);
        spec.ui_access = Some(Vec::new());
        assert_eq!(rules(&spec).len(), 6);
    }
}
