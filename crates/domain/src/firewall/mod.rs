//! A Cloud Firewall's rules as Linode reads them: in order, the first rule that is about a packet
//! decides, and without one the policy does.
//!
//! The Spec holds only what lets somebody in; here stands whatever a firewall can hold, as somebody
//! else may have written it. `needs` says what LKE lives on and finds what a rule set cuts. What is
//! wrong with a rule set in words is the business of `rules`.

mod needs;
mod spans;

pub use needs::{By, Cut, Others, Path, WEBHOOK_PORT, WebhookPath, cuts, others};
pub(crate) use spans::Spans;

use crate::preset;
use crate::rules::{parse_ports, read_network};
use crate::spec::{FirewallRule, Protocol};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// It passes.
    Accept,
    /// It is dropped without an answer.
    Drop,
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Traffic {
    /// One of the protocols with a name.
    Of(Protocol),
    /// Every protocol (`ALL`).
    All,
    /// An IP protocol by its number.
    Number(u8),
}

impl Traffic {
    /// As Linode writes it, by name or number; `None`: neither.
    pub fn read(text: &str) -> Option<Self> {
        let named = match text.to_ascii_uppercase().as_str() {
            "ALL" => return Some(Self::All),
            "TCP" => Protocol::Tcp,
            "UDP" => Protocol::Udp,
            "ICMP" => Protocol::Icmp,
            "IPENCAP" => Protocol::Ipencap,
            _ => return text.parse().ok().map(Self::Number),
        };
        Some(Self::Of(named))
    }

    /// As Linode writes it.
    pub fn name(self) -> String {
        match self {
            Self::Of(protocol) => preset::protocol_name(protocol).to_owned(),
            Self::All => "ALL".to_owned(),
            Self::Number(number) => number.to_string(),
        }
    }

    /// Whether it is addressed by ports.
    pub const fn has_ports(self) -> bool {
        matches!(
            self,
            Self::Of(Protocol::Tcp | Protocol::Udp) | Self::Number(6 | 17)
        )
    }

    /// The IP protocol's number; `None`: every one.
    const fn number(self) -> Option<u8> {
        match self {
            Self::Of(Protocol::Icmp) => Some(1),
            Self::Of(Protocol::Ipencap) => Some(4),
            Self::Of(Protocol::Tcp) => Some(6),
            Self::Of(Protocol::Udp) => Some(17),
            Self::Number(number) => Some(number),
            Self::All => None,
        }
    }

    /// Whether whatever the other is about is this one's business too.
    pub(crate) fn holds(self, other: Self) -> bool {
        self.number().is_none() || self.number() == other.number()
    }
}

/// One rule. Ports and addresses are kept as they were written: what cannot be read is said, not
/// lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// 3 to 32 characters.
    pub label: String,
    /// What becomes of what it is about.
    pub verdict: Verdict,
    /// What it is about.
    pub traffic: Traffic,
    /// `22-24, 80`; `None`: every port, or a protocol without any.
    pub ports: Option<String>,
    /// The other side, in CIDR form: sources inbound, destinations outbound.
    pub addresses: Vec<String>,
}

/// All rules of a firewall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSet {
    /// What comes in.
    pub inbound: Vec<Rule>,
    /// What becomes of the rest of it.
    pub inbound_policy: Verdict,
    /// What goes out.
    pub outbound: Vec<Rule>,
    /// What becomes of the rest of it.
    pub outbound_policy: Verdict,
}

/// A rule that was read: what it is about, in numbers.
pub(crate) struct Reads {
    pub(crate) verdict: Verdict,
    pub(crate) traffic: Traffic,
    /// Sorted by nothing; a protocol without ports has the one range of all.
    pub(crate) ports: Vec<(u16, u16)>,
    pub(crate) addresses: Spans,
}

/// Every port.
pub(crate) const EVERY_PORT: (u16, u16) = (0, u16::MAX);

impl Rule {
    /// What it is about. What cannot be read is taken for the worst: it lets nobody in, and keeps
    /// everybody out.
    pub(crate) fn reads(&self) -> Reads {
        let drops = self.verdict == Verdict::Drop;
        let written = self.ports.as_deref().filter(|ports| !ports.is_empty());
        let worst = if drops { vec![EVERY_PORT] } else { Vec::new() };
        let ports = match written {
            None => vec![EVERY_PORT],
            Some(_) if !self.traffic.has_ports() => worst,
            Some(ports) => parse_ports(ports).unwrap_or(worst),
        };
        let read = |text: &String| read_network(text);
        let known: Option<Vec<IpNet>> = self.addresses.iter().map(read).collect();
        let addresses = match known {
            None if drops => Spans::every(),
            None => Spans::of(self.addresses.iter().filter_map(read)),
            Some(known) => Spans::of(known),
        };
        Reads {
            verdict: self.verdict,
            traffic: self.traffic,
            ports,
            addresses,
        }
    }
}

impl From<&FirewallRule> for Rule {
    fn from(rule: &FirewallRule) -> Self {
        Self {
            label: rule.label.clone(),
            verdict: Verdict::Accept,
            traffic: Traffic::Of(rule.protocol),
            ports: rule.ports.clone(),
            addresses: rule.sources.iter().map(ToString::to_string).collect(),
        }
    }
}

impl RuleSet {
    /// What is sent to Linode of rules that let somebody in: all else inbound is dropped, and
    /// everything may go out.
    pub fn of(inbound: &[FirewallRule]) -> Self {
        Self {
            inbound: inbound.iter().map(Rule::from).collect(),
            inbound_policy: Verdict::Drop,
            outbound: Vec::new(),
            outbound_policy: Verdict::Accept,
        }
    }

    /// The inbound rules that let somebody in, as a Spec holds them; `None`: one of them a Spec
    /// cannot hold.
    pub fn lets_in(&self) -> Option<Vec<FirewallRule>> {
        let accepts = self
            .inbound
            .iter()
            .filter(|rule| rule.verdict == Verdict::Accept);
        let rule = |rule: &Rule| {
            let Traffic::Of(protocol) = rule.traffic else {
                return None;
            };
            let host = |text: &String| text.parse::<std::net::IpAddr>().map(IpNet::from);
            let source = |text: &String| text.parse().or_else(|_| host(text)).ok();
            let sources = rule.addresses.iter().map(source);
            Some(FirewallRule {
                label: rule.label.clone(),
                protocol,
                ports: rule.ports.clone().filter(|ports| !ports.is_empty()),
                sources: sources.collect::<Option<_>>()?,
            })
        };
        accepts.map(rule).collect()
    }
}
