//! What exists in the demo cloud. Every object bears its account; accounts are separate worlds.
//! How things change as time passes is in `life.rs`, what a request does in `linode/`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::later;
use crate::draw;
use crate::events::Events;
use crate::faults::Faults;
use crate::kubernetes;
use crate::latency::Span;
use crate::ledger::Ledger;
use crate::life::{Due, Schedule};
use crate::linode::Sent;
use crate::linode::limits::Limits;
use crate::quotas::Quotas;
use crate::switches::Switches;
use crate::tokens::Tokens;

/// The whole demo cloud but its clock.
#[derive(Serialize, Deserialize)]
pub(crate) struct World {
    pub seed: u64,
    /// `demo-<hex>`: which demo cloud this is.
    pub cloud: String,
    pub switches: Switches,
    pub ledger: Ledger,
    pub events: Events,
    pub tokens: Tokens,
    pub faults: Faults,
    /// Calls so far, by method and path with `{id}` in place of ids.
    pub calls: BTreeMap<String, u64>,
    /// Public address by the client's own address.
    pub clients: BTreeMap<String, String>,
    pub schedule: Schedule,
    pub clusters: BTreeMap<u64, LkeCluster>,
    pub linodes: BTreeMap<u64, Linode>,
    pub nodebalancers: BTreeMap<u64, NodeBalancer>,
    pub volumes: BTreeMap<u64, Volume>,
    pub firewalls: BTreeMap<u64, Firewall>,
    #[serde(default)]
    pub quotas: Quotas,
    #[serde(default)]
    pub locks: BTreeMap<u64, Lock>,
    /// The default firewalls, by account and kind of service.
    #[serde(default)]
    pub default_firewalls: BTreeMap<String, BTreeMap<String, u64>>,
    /// The port of each cluster's Kubernetes.
    pub ports: BTreeMap<u64, u16>,
    /// Last id by kind of thing.
    ids: BTreeMap<String, u64>,
    /// Kubernetes behind each cluster, once it answers.
    #[serde(skip)]
    pub kubes: BTreeMap<u64, kubernetes::Cluster>,
    #[serde(skip)]
    pub limits: Limits,
    /// What each GET was answered last, while a fault wants stale reads.
    #[serde(skip)]
    pub stale: BTreeMap<String, Sent>,
    /// What things cost that are made from now on, in thousandths of the catalog's price.
    #[serde(default = "catalog_price")]
    pub price_permille: u64,
    /// Versions that are offered no more.
    #[serde(default)]
    pub retired: BTreeSet<String>,
    /// Served on loopback: then a port is known only when its listener stands.
    #[serde(skip)]
    pub served: bool,
    /// Changed since the last save.
    #[serde(skip)]
    pub dirty: bool,
}

/// An LKE cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LkeCluster {
    pub id: u64,
    pub account: String,
    pub label: String,
    pub region: String,
    pub version: String,
    pub high_availability: bool,
    pub tags: Vec<String>,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub acl: Option<Acl>,
    pub pools: Vec<Pool>,
    /// Its Kubernetes answers.
    pub kube_ready: bool,
    /// The kubeconfig is being made anew until then.
    pub kubeconfig_from: Option<Timestamp>,
    /// DELETE was accepted; it is gone soon.
    pub deleting: bool,
    /// How much longer than usual it takes to go, in demo seconds.
    #[serde(default)]
    pub linger_seconds: u32,
    /// The App Platform came with it.
    #[serde(default)]
    pub app_platform: bool,
    /// `None` on the standard tier.
    #[serde(default)]
    pub enterprise: Option<Enterprise>,
}

/// What only a cluster of the enterprise tier has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Enterprise {
    pub vpc: Option<u64>,
    pub subnet: Option<u64>,
    /// `ipv4` or `ipv4-ipv6`.
    pub stack_type: String,
}

/// What only a pool of the enterprise tier has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct EnterprisePool {
    pub version: Option<String>,
    /// `rolling_update` or `on_recycle`.
    pub update_strategy: String,
    pub firewall: Option<u64>,
}

/// A control plane's access list: what was asked for, and what guards the door now.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Acl {
    pub enabled: bool,
    pub ipv4: Vec<String>,
    pub ipv6: Vec<String>,
    /// Of the last PUT.
    pub revision: String,
    /// Of the enforced list, and the list.
    pub enforced_revision: String,
    pub enforced: Option<Vec<String>>,
}

/// A node pool.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Pool {
    pub id: u64,
    pub kind: String,
    pub label: String,
    pub count: u32,
    pub nodes: Vec<Node>,
    pub autoscaler: Autoscaler,
    /// How many nodes the workloads need; unknown until somebody says so.
    #[serde(default)]
    pub needed: Option<u32>,
    pub labels: BTreeMap<String, String>,
    pub taints: Vec<Value>,
    pub tags: Vec<String>,
    pub disks: Vec<Value>,
    pub disk_encryption: String,
    pub created: Timestamp,
    /// `None` on the standard tier.
    #[serde(default)]
    pub enterprise: Option<EnterprisePool>,
}

/// A pool's autoscaler, as the API shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Autoscaler {
    pub enabled: bool,
    pub min: u32,
    pub max: u32,
}

/// A node of a pool.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Node {
    /// `<pool>-<hex12>`.
    pub id: String,
    /// Its Linode, once it has one.
    pub linode: Option<u64>,
    pub ready: bool,
    /// No capacity: it never gets a Linode.
    pub starved: bool,
    /// It never becomes ready, or is so no more.
    #[serde(default)]
    pub doomed: bool,
}

/// A compute instance.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Linode {
    pub id: u64,
    pub account: String,
    pub label: String,
    pub kind: String,
    pub region: String,
    pub status: String,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub public_ip: String,
    pub private_ip: String,
    pub cluster: Option<u64>,
    pub tags: Vec<String>,
    /// How much longer than usual it takes to go, in demo seconds.
    #[serde(default)]
    pub linger_seconds: u32,
}

/// A NodeBalancer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NodeBalancer {
    pub id: u64,
    pub account: String,
    pub label: String,
    pub region: String,
    pub ipv4: String,
    pub tags: Vec<String>,
    pub created: Timestamp,
    pub updated: Timestamp,
    /// The cluster that made it, with the label it had. It may be gone.
    pub cluster: Option<(u64, String)>,
    /// uid of the Kubernetes Service.
    pub service: Option<String>,
}

/// A block storage volume.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Volume {
    pub id: u64,
    pub account: String,
    pub label: String,
    pub region: String,
    pub size_gib: u64,
    pub status: String,
    pub linode: Option<u64>,
    pub tags: Vec<String>,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub cluster: Option<u64>,
    /// It can neither leave its Linode nor be deleted until then.
    #[serde(default)]
    pub stuck_until: Option<Timestamp>,
}

/// A Cloud Firewall.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Firewall {
    pub id: u64,
    pub account: String,
    pub label: String,
    pub enabled: bool,
    /// inbound, outbound (as sent, null included), inbound_policy, outbound_policy.
    pub rules: Value,
    pub version: u64,
    /// The rules of each version before, the first first, and until when they held.
    #[serde(default)]
    pub history: Vec<(Value, Timestamp)>,
    pub tags: Vec<String>,
    pub devices: Vec<Device>,
    pub created: Timestamp,
    pub updated: Timestamp,
}

/// What a firewall guards.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Device {
    pub id: u64,
    /// `linode` or `nodebalancer`.
    pub kind: String,
    pub entity: u64,
    pub created: Timestamp,
}

/// What keeps a thing from being deleted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Lock {
    pub id: u64,
    /// linode, nodebalancer, volume, lkecluster or lkenodepool.
    pub kind: String,
    pub entity: u64,
}

fn catalog_price() -> u64 {
    1000
}

impl World {
    /// An empty cloud.
    pub(crate) fn new(seed: u64, start: Timestamp) -> Self {
        let birth = draw::bits(seed, "cloud", start.as_millisecond() as u64);
        Self {
            seed,
            cloud: format!("demo-{birth:016x}"),
            switches: Switches::default(),
            ledger: Ledger::default(),
            events: Events::default(),
            tokens: Tokens::default(),
            faults: Faults::default(),
            calls: BTreeMap::new(),
            clients: BTreeMap::from([("127.0.0.1".to_owned(), "203.0.113.7".to_owned())]),
            schedule: Schedule::default(),
            clusters: BTreeMap::new(),
            linodes: BTreeMap::new(),
            nodebalancers: BTreeMap::new(),
            volumes: BTreeMap::new(),
            firewalls: BTreeMap::new(),
            quotas: Quotas::new(),
            locks: BTreeMap::new(),
            default_firewalls: BTreeMap::new(),
            ports: BTreeMap::new(),
            ids: BTreeMap::new(),
            kubes: BTreeMap::new(),
            limits: Limits::default(),
            stale: BTreeMap::new(),
            price_permille: catalog_price(),
            retired: BTreeSet::new(),
            served: false,
            dirty: true,
        }
    }

    /// Counts a call of the Linode API.
    pub(crate) fn count_call(&mut self, method: &str, beta: bool, template: &str) {
        let version = if beta { "v4beta" } else { "v4" };
        let name = format!("{method} /{version}{template}");
        *self.calls.entry(name).or_insert(0) += 1;
    }

    /// The next id for `what`: ids grow by small uneven steps, like the real ones.
    pub(crate) fn next_id(&mut self, what: &str, first: u64) -> u64 {
        let seed = self.seed;
        let last = self
            .ids
            .entry(what.to_owned())
            .or_insert_with(|| first + draw::between(seed, what, 0, 0, 9999));
        *last += 1 + draw::bits(seed, what, *last) % 5;
        *last
    }

    /// A number that counts up, for `what`.
    pub(crate) fn count(&mut self, what: &str) -> u64 {
        let count = self.ids.entry(what.to_owned()).or_insert(0);
        *count += 1;
        *count
    }

    /// This thing's own share of a latency, in demo milliseconds.
    pub(crate) fn latency_ms(&self, span: Span, which: u64) -> i64 {
        let ms = draw::between(self.seed, span.what, which, span.from_ms, span.to_ms);
        (ms * u64::from(self.switches.latency_permille) / 1000) as i64
    }

    /// Something will happen after this thing's share of a latency.
    pub(crate) fn after(&mut self, at: Timestamp, span: Span, which: u64, due: Due) {
        let at = later(at, self.latency_ms(span, which));
        self.schedule.add(at, due);
    }

    /// The firewall that guards this Linode or NodeBalancer, if any.
    pub(crate) fn firewalls_of(&self, kind: &str, entity: u64) -> impl Iterator<Item = &Firewall> {
        let guards = move |one: &&Firewall| {
            one.devices
                .iter()
                .any(|device| device.kind == kind && device.entity == entity)
        };
        self.firewalls.values().filter(guards)
    }

    /// The devices of something that no longer exists vanish with it.
    pub(crate) fn drop_devices(&mut self, kind: &str, entity: u64) {
        for firewall in self.firewalls.values_mut() {
            firewall
                .devices
                .retain(|device| device.kind != kind || device.entity != entity);
        }
    }

    /// What the rest of the world sees as the address of a client.
    pub(crate) fn public_address(&self, client: &str) -> String {
        self.clients
            .get(client)
            .cloned()
            .unwrap_or_else(|| client.to_owned())
    }
}

impl LkeCluster {
    /// The pool of this id.
    pub(crate) fn pool_mut(&mut self, id: u64) -> Option<&mut Pool> {
        self.pools.iter_mut().find(|pool| pool.id == id)
    }

    /// The pool and node of this node id.
    pub(crate) fn node(&self, id: &str) -> Option<(&Pool, &Node)> {
        self.pools.iter().find_map(|pool| {
            pool.nodes
                .iter()
                .find(|node| node.id == id)
                .map(|node| (pool, node))
        })
    }

    /// As Kubernetes knows it: `1.31`, of the enterprise tier's `v1.31.8+lke1` too.
    pub(crate) fn kube_version(&self) -> String {
        let parts: Vec<&str> = self.version.trim_start_matches('v').split('.').collect();
        parts[..parts.len().min(2)].join(".")
    }

    /// Linode label and Kubernetes name of a node: `lke<cluster>-<pool>-<hex12>`.
    pub(crate) fn node_name(&self, node: &str) -> String {
        format!("lke{}-{node}", self.id)
    }

    /// Whether a client with this public address may reach the control plane now.
    pub(crate) fn admits(&self, address: std::net::IpAddr) -> bool {
        let Some(enforced) = self.acl.as_ref().and_then(|acl| acl.enforced.as_ref()) else {
            return true;
        };
        enforced.iter().any(|text| {
            text.parse::<ipnet::IpNet>()
                .is_ok_and(|net| net.contains(&address))
                || text.parse() == Ok(address)
        })
    }
}
