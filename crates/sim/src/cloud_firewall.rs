//! The outer half of Linode's cloud-firewall-controller, version 0.2.1, read in its source: it keeps
//! a firewall `lke-<cluster id>` of its own, without a tag, before every node of its cluster.
//!
//! What it takes a node for is what its resource's status says, not what the firewall stands before:
//! a node that somebody takes out is not put back. A firewall is made with all nodes in one request,
//! which the API refuses when a single one of them has another firewall.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::children::BY;
use crate::clock::later;
use crate::events::Entity;
use crate::kubernetes::{Cluster, FINALIZER, Wished};
use crate::ledger::Kind;
use crate::linode::parse_rules;
use crate::quotas::Counted;
use crate::store::World;

/// It looks at its firewall at most this often.
const REQUEUE_MS: i64 = 10_000;
/// After a reconciliation that went well it looks again by itself.
const RESYNC_MS: i64 = 10 * 3_600_000;
/// controller-runtime's pauses after failures: the first, and the longest.
const BACKOFF_MS: (i64, i64) = (5, 1_000_000);

/// What comes after a reconciliation.
enum Next {
    /// Nothing: what it wrote is an event that brings it back.
    Event,
    /// It looks again after so long.
    After(i64),
    /// It tries again, later and later.
    Failed,
}

impl World {
    /// One reconciliation; `failures`: so many before it failed in a row.
    pub(crate) fn reconcile_firewall(&mut self, at: Timestamp, cluster: u64, failures: u32) {
        let Some(kube) = self.kubes.get(&cluster).cloned() else {
            return;
        };
        // A pod that ended took its queue along.
        let Some(wished) = kube.cloud_firewall() else {
            return;
        };
        let next = self.reconcile(at, cluster, &kube, wished);
        self.guard_nodes();
        let (ms, failures) = match next {
            Next::Event => return,
            Next::After(ms) => (ms, 0),
            Next::Failed => {
                let (first, most) = BACKOFF_MS;
                let doubled = first.saturating_mul(1 << failures.min(30));
                (doubled.min(most), failures + 1)
            }
        };
        self.schedule.reconcile(cluster, later(at, ms), failures);
    }

    fn reconcile(&mut self, at: Timestamp, cluster: u64, kube: &Cluster, wished: Wished) -> Next {
        let Wished {
            mut object,
            linodes,
            owner,
        } = wished;
        let Some(account) = self.clusters.get(&cluster).map(|one| one.account.clone()) else {
            return Next::Event;
        };
        let rules = effective(&object["spec"]);
        let wall = object["status"]["firewall-id"].as_str();
        let wall = wall.and_then(|id| id.parse::<u64>().ok());
        let Some(wall) = wall else {
            return self.make(at, kube, (cluster, &account), object, (&linodes, &rules));
        };
        let last = object["status"]["last-update"].as_str().unwrap_or_default();
        let last: Option<Timestamp> = last.parse().ok();
        if last.is_some_and(|last| at.as_millisecond() - last.as_millisecond() < REQUEUE_MS) {
            return Next::After(REQUEUE_MS);
        }
        let metadata = &mut object["metadata"];
        let before = metadata.clone();
        if metadata["ownerReferences"].is_null() {
            metadata["ownerReferences"] = json!([owner]);
        }
        let finalizers = metadata["finalizers"].as_array().cloned();
        let mut finalizers = finalizers.unwrap_or_default();
        let held = finalizers.iter().any(|one| one == FINALIZER);
        if !metadata["deletionTimestamp"].is_null() {
            if held {
                self.end_wall(at, &account, wall);
                finalizers.retain(|one| one != FINALIZER);
                metadata["finalizers"] = json!(finalizers);
                kube.write_cloud_firewall(object, false, at);
            }
            return Next::Event;
        }
        if !held {
            finalizers.push(json!(FINALIZER));
            metadata["finalizers"] = json!(finalizers);
        }
        let changed = *metadata != before;
        let Some(rules_now) = self.firewalls.get(&wall).map(|one| one.rules.clone()) else {
            return self.make(at, kube, (cluster, &account), object, (&linodes, &rules));
        };
        if let Ok(rules) = parse_rules(&rules)
            && !same(&rules, &rules_now)
        {
            self.replace_rules(at, wall, rules);
            let entity = Entity::new("firewall", wall, &format!("lke-{cluster}"));
            self.event(at, &account, BY, "firewall_rules_update", entity);
        }
        let (known, failed) = self.follow(at, wall, &object["status"]["nodes"], &linodes);
        if changed {
            // As the API server has it, this leaves the status as it is.
            kube.write_cloud_firewall(object, false, at);
        } else if object["status"]["nodes"] != json!(known) {
            object["status"]["nodes"] = json!(known);
            object["status"]["last-update"] = json!(told(at));
            kube.write_cloud_firewall(object, true, at);
        }
        if failed {
            Next::Failed
        } else {
            Next::After(RESYNC_MS)
        }
    }

    /// Puts the nodes that its status does not know behind the firewall, and takes out those that are
    /// nodes no more. What its status knows then; the first refusal ends it.
    fn follow(
        &mut self,
        at: Timestamp,
        wall: u64,
        status: &Value,
        linodes: &[u64],
    ) -> (Vec<u64>, bool) {
        let known = status.as_array().into_iter().flatten();
        let mut known: Vec<u64> = known.filter_map(Value::as_u64).collect();
        for linode in linodes {
            if known.contains(linode) {
                continue;
            }
            if self.is_guarded(*linode) {
                return (known, true);
            }
            self.put_before(at, wall, "linode", *linode);
            known.push(*linode);
        }
        if let Some(one) = self.firewalls.get_mut(&wall) {
            let gone = |entity: u64| known.contains(&entity) && !linodes.contains(&entity);
            one.devices
                .retain(|device| device.kind != "linode" || !gone(device.entity));
        }
        known.retain(|linode| linodes.contains(linode));
        (known, false)
    }

    fn is_guarded(&self, linode: u64) -> bool {
        !self.linodes.contains_key(&linode)
            || self.firewalls_of("linode", linode).any(|one| one.enabled)
    }

    /// A firewall with all nodes at once, and its id in the status.
    fn make(
        &mut self,
        at: Timestamp,
        kube: &Cluster,
        (cluster, account): (u64, &str),
        mut object: Value,
        (linodes, rules): (&[u64], &Value),
    ) -> Next {
        let label = format!("lke-{cluster}");
        let mut all = self.firewalls.values();
        let taken = all.any(|one| one.account == account && one.label == label);
        let refused = (taken && self.switches.unique_labels)
            || self.check_quota(account, Counted::Firewalls, 1).is_err()
            || linodes.iter().any(|linode| self.is_guarded(*linode));
        let Some(rules) = parse_rules(rules).ok().filter(|_| !refused) else {
            return Next::Failed;
        };
        let id = self.new_firewall(at, account, &label, rules, &[]);
        let entity = Entity::new("firewall", id, &label);
        self.event(at, account, BY, "firewall_create", entity);
        for linode in linodes {
            self.put_before(at, id, "linode", *linode);
        }
        object["status"] = json!({
            "firewall-id": id.to_string(), "nodes": linodes, "last-update": told(at),
        });
        kube.write_cloud_firewall(object, true, at);
        Next::Event
    }

    fn end_wall(&mut self, at: Timestamp, account: &str, wall: u64) {
        if let Some(one) = self.firewalls.remove(&wall) {
            let entity = Entity::new("firewall", wall, &one.label);
            self.event(at, account, BY, "firewall_delete", entity);
            self.ledger.death(Kind::Firewall, wall, at);
        }
    }
}

fn told(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Linode's rules, unless the resource does without, then its own.
fn effective(spec: &Value) -> Value {
    let own = &spec["ruleset"];
    let rules = |side: &str| own[side].as_array().cloned().unwrap_or_default();
    let policy = |side: &str, otherwise: &str| match own[side].as_str() {
        Some(word) => word.to_owned(),
        None => otherwise.to_owned(),
    };
    let mut inbound = if spec["defaultRules"] == false {
        Vec::new()
    } else {
        defaults()
    };
    inbound.extend(rules("inbound"));
    json!({
        "inbound": inbound, "inbound_policy": policy("inbound_policy", "DROP"),
        "outbound": rules("outbound"), "outbound_policy": policy("outbound_policy", "ACCEPT"),
    })
}

/// Its ten rules, each with label, protocol, ports and sources.
fn defaults() -> Vec<Value> {
    const NODES: &str = "192.168.128.0/17";
    const BALANCERS: &str = "192.168.255.0/24";
    let rule = |label: &str, protocol: &str, ports: &str, net: &str| {
        let mut rule = json!({
            "action": "ACCEPT", "label": label, "protocol": protocol,
            "addresses": {"ipv4": [net]},
        });
        if !ports.is_empty() {
            rule["ports"] = json!(ports);
        }
        rule
    };
    let mut icmp = rule("allow-all-icmp", "ICMP", "", "0.0.0.0/0");
    icmp["addresses"]["ipv6"] = json!(["::/0"]);
    vec![
        icmp,
        rule("allow-kubelet-health-checks", "TCP", "10250,10256", NODES),
        rule("allow-lke-wireguard", "UDP", "51820", NODES),
        rule("allow-cluster-dns-tcp", "TCP", "53", NODES),
        rule("allow-cluster-dns-udp", "UDP", "53", NODES),
        rule("allow-calico-bgp", "TCP", "179", NODES),
        rule("allow-calico-typha", "TCP", "5473", NODES),
        rule(
            "allow-cluster-nodeports-tcp",
            "TCP",
            "30000-32767",
            BALANCERS,
        ),
        rule(
            "allow-cluster-nodeports-udp",
            "UDP",
            "30000-32767",
            BALANCERS,
        ),
        rule("allow-cluster-ipencap", "IPENCAP", "", NODES),
    ]
}

/// Whether two rule sets are the same to it: rules in their order, sources in any.
fn same(one: &Value, other: &Value) -> bool {
    let side = |set: &Value, side: &str| -> Vec<Value> {
        let rules = set[side].as_array().into_iter().flatten();
        let rule = |rule: &Value| {
            let sources = |family: &str| {
                let all = rule["addresses"][family].as_array().into_iter().flatten();
                let mut all: Vec<String> = all.map(ToString::to_string).collect();
                all.sort();
                all
            };
            json!([
                rule["action"],
                rule["label"],
                rule["description"],
                rule["ports"],
                rule["protocol"],
                sources("ipv4"),
                sources("ipv6")
            ])
        };
        rules.map(rule).collect()
    };
    ["inbound_policy", "outbound_policy"]
        .iter()
        .all(|policy| one[*policy] == other[*policy])
        && ["inbound", "outbound"]
            .iter()
            .all(|name| side(one, name) == side(other, name))
}
