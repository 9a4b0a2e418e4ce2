//! The things that exist in the demo cloud, each with its account. What holds them is `store.rs`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// Its name, where that is not made of the cluster and the id.
    #[serde(default)]
    pub name: Option<String>,
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

impl Firewall {
    /// Whether it stands before this Linode or NodeBalancer.
    pub(crate) fn guards(&self, kind: &str, entity: u64) -> bool {
        let mut devices = self.devices.iter();
        devices.any(|device| device.kind == kind && device.entity == entity)
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
        let named = self.node(node).and_then(|(_, node)| node.name.clone());
        named.unwrap_or_else(|| format!("lke{}-{node}", self.id))
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
