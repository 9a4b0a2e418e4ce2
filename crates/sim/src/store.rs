//! What exists in the demo cloud. Every object bears its account; accounts are separate worlds.
//! How things change as time passes is in `life.rs`, what a request does in `linode/`.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::later;
use crate::draw;
use crate::events::Events;
use crate::faults::Faults;
use crate::kubernetes;
use crate::latency::Span;
use crate::ledger::Ledger;
use crate::linode::limits::Limits;
use crate::linode::{Sent, Shown};
use crate::quotas::Quotas;
use crate::schedule::{Due, Schedule};
use crate::switches::Switches;
use crate::things::{Firewall, Linode, LkeCluster, Lock, NodeBalancer, Volume};
use crate::tokens::Tokens;

/// How the rest of the world sees a client: one address, or one of each family.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Public {
    One(IpAddr),
    Several(Vec<IpAddr>),
}

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
    /// Public addresses by the client's own address.
    pub clients: BTreeMap<IpAddr, Public>,
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
    /// The UUID of each account that was asked for.
    #[serde(skip)]
    pub euuids: BTreeMap<String, String>,
    /// Pages that stay as they are until something changes.
    #[serde(skip)]
    pub shown: Shown,
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
    /// Changed since somebody took note of it: who saves, or who keeps pages.
    #[serde(skip)]
    pub dirty: bool,
    /// Changed since the last save, as whoever keeps pages has noted.
    #[serde(skip)]
    pub unsaved: bool,
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
            clients: BTreeMap::from([(
                IpAddr::V4(Ipv4Addr::LOCALHOST),
                Public::One(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7))),
            )]),
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
            euuids: BTreeMap::new(),
            shown: Shown::default(),
            stale: BTreeMap::new(),
            price_permille: catalog_price(),
            retired: BTreeSet::new(),
            served: false,
            dirty: true,
            unsaved: false,
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
        let guards = move |one: &&Firewall| one.guards(kind, entity);
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

    /// What the rest of the world sees as the addresses of a client.
    pub(crate) fn public_addresses(&self, client: IpAddr) -> Vec<IpAddr> {
        match self.clients.get(&client) {
            None => vec![client],
            Some(Public::One(address)) => vec![*address],
            Some(Public::Several(addresses)) => addresses.clone(),
        }
    }
}
