//! The firewall before a NodeBalancer, which Linode's cloud controller manager keeps after a Service's
//! annotations. Read in its source: a list that only lost addresses is not taken over, since it asks
//! whether each wished address stands in the rules and nothing more.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::children::BY;
use crate::events::Entity;
use crate::ledger::Kind;
use crate::linode::parse_rules;
use crate::quotas::Counted;
use crate::store::World;

/// The addresses that are let in or kept out, as JSON.
const ACL: &str = "service.beta.kubernetes.io/linode-loadbalancer-firewall-acl";
/// A firewall of the user's own; it comes before the list.
const ID: &str = "service.beta.kubernetes.io/linode-loadbalancer-firewall-id";
/// The longest label of a rule.
const RULE_LABEL_MAX: usize = 32;

/// What a Service says about its load balancer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub annotations: BTreeMap<String, String>,
    pub ports: Vec<u64>,
}

#[derive(Deserialize)]
struct Acl {
    #[serde(rename = "allowList")]
    allow: Option<List>,
    #[serde(rename = "denyList")]
    deny: Option<List>,
}

#[derive(Deserialize)]
struct List {
    ipv4: Option<Vec<String>>,
    ipv6: Option<Vec<String>>,
}

/// A rule set that the controller wishes.
struct Wish {
    action: &'static str,
    list: List,
}

impl Wish {
    /// `None`: not JSON, or not exactly one list; the controller reports an error and does nothing.
    fn read(text: &str) -> Option<Self> {
        match serde_json::from_str(text).ok()? {
            Acl {
                allow: Some(list),
                deny: None,
            } => Some(Self {
                action: "ACCEPT",
                list,
            }),
            Acl {
                allow: None,
                deny: Some(list),
            } => Some(Self {
                action: "DROP",
                list,
            }),
            Acl { .. } => None,
        }
    }

    const fn policy(&self) -> &'static str {
        match self.action.as_bytes() {
            b"ACCEPT" => "DROP",
            _ => "ACCEPT",
        }
    }

    fn rules(&self, label: &str, service: &str, ports: &[u64]) -> Value {
        let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
        let named = format!("{}-{service}", self.action);
        let mut addresses = json!({});
        for (family, list) in [("ipv4", &self.list.ipv4), ("ipv6", &self.list.ipv6)] {
            if let Some(list) = list {
                addresses[family] = json!(list);
            }
        }
        json!({
            "inbound": [{
                "label": named.chars().take(RULE_LABEL_MAX).collect::<String>(),
                "description": format!("Created by linode-ccm: {label}, for {service}"),
                "action": self.action, "protocol": "TCP", "ports": ports.join(","),
                "addresses": addresses,
            }],
            "inbound_policy": self.policy(), "outbound": null, "outbound_policy": "ACCEPT",
        })
    }

    /// Whether the controller sees a difference.
    fn differs(&self, rules: &Value) -> bool {
        let inbound = rules["inbound"].as_array().cloned().unwrap_or_default();
        if rules["inbound_policy"] != self.policy() || inbound.is_empty() {
            return true;
        }
        [("ipv4", &self.list.ipv4), ("ipv6", &self.list.ipv6)]
            .into_iter()
            .any(|(family, list)| {
                let lists = inbound
                    .iter()
                    .filter_map(|rule| rule["addresses"][family].as_array());
                let there: Vec<&Value> = lists.flatten().collect();
                match list {
                    None => !there.is_empty(),
                    Some(list) => list
                        .iter()
                        .any(|one| !there.iter().any(|there| *there == one)),
                }
            })
    }
}

impl World {
    /// Whether the account has no room for the firewall that a Service wishes.
    pub(crate) fn is_guard_refused(&self, account: &str, balancer: u64) -> bool {
        let bare = self.firewalls_of("nodebalancer", balancer).next().is_none();
        bare && self.check_quota(account, Counted::Firewalls, 1).is_err()
    }

    /// Makes the firewall before a NodeBalancer what its Service says.
    pub(crate) fn guard_balancer(&mut self, at: Timestamp, id: u64, service: &str, said: &Said) {
        let there: Vec<u64> = self
            .firewalls_of("nodebalancer", id)
            .map(|one| one.id)
            .collect();
        if let Some(text) = said.annotations.get(ID) {
            self.guard_by_own(at, id, text, &there);
        } else if let Some(text) = said.annotations.get(ACL) {
            self.guard_by_list(at, id, (service, said, text), &there);
        } else if let [one] = there[..] {
            self.unguard(at, one, id);
        }
    }

    /// With the user's own firewall, where there is one of that id.
    fn guard_by_own(&mut self, at: Timestamp, id: u64, text: &str, there: &[u64]) {
        let Some(balancer) = self.nodebalancers.get(&id) else {
            return;
        };
        let own = text.parse::<u64>().ok().filter(|own| !there.contains(own));
        let own = own.filter(|own| {
            let own = self.firewalls.get(own);
            own.is_some_and(|own| own.account == balancer.account)
        });
        if let (Some(own), true) = (own, there.len() <= 1) {
            for old in there {
                self.unguard(at, *old, id);
            }
            self.put_before(at, own, "nodebalancer", id);
        }
    }

    fn guard_by_list(
        &mut self,
        at: Timestamp,
        id: u64,
        (service, said, text): (&str, &Said, &str),
        there: &[u64],
    ) {
        let (Some(wish), Some(balancer)) = (Wish::read(text), self.nodebalancers.get(&id)) else {
            return;
        };
        let (account, label) = (balancer.account.clone(), balancer.label.clone());
        let tags = balancer.tags.clone();
        // What the API refuses, such as an empty list, the controller reports and leaves.
        let Ok(rules) = parse_rules(&wish.rules(&label, service, &said.ports)) else {
            return;
        };
        match *there {
            [] => {
                let made = self.new_firewall(at, &account, &label, rules, &tags);
                let entity = Entity::new("firewall", made, &label);
                self.event(at, &account, BY, "firewall_create", entity);
                self.put_before(at, made, "nodebalancer", id);
            }
            [one] => {
                let now = self.firewalls.get(&one).map(|one| one.rules.clone());
                if now.is_some_and(|now| wish.differs(&now)) {
                    self.replace_rules(at, one, rules);
                }
            }
            // The controller calls more than one an error.
            _ => {}
        }
    }

    /// The NodeBalancer of a Service goes: the firewall that was made for it goes too.
    pub(crate) fn end_guard(&mut self, at: Timestamp, balancer: u64) {
        let label = self
            .nodebalancers
            .get(&balancer)
            .map(|one| one.label.clone());
        let made = self.firewalls_of("nodebalancer", balancer);
        let made: Vec<u64> = made
            .filter(|one| Some(&one.label) == label.as_ref())
            .map(|one| one.id)
            .collect();
        for one in made {
            self.unguard(at, one, balancer);
        }
    }

    /// A firewall stands before a NodeBalancer no more; one that stands before nothing goes.
    fn unguard(&mut self, at: Timestamp, firewall: u64, balancer: u64) {
        let Some(one) = self.firewalls.get_mut(&firewall) else {
            return;
        };
        one.devices
            .retain(|device| device.kind != "nodebalancer" || device.entity != balancer);
        if one.devices.is_empty() {
            let (account, label) = (one.account.clone(), one.label.clone());
            let entity = Entity::new("firewall", firewall, &label);
            self.event(at, &account, BY, "firewall_delete", entity);
            self.firewalls.remove(&firewall);
            self.ledger.death(Kind::Firewall, firewall, at);
        }
    }
}
