//! What was seen on the account, when, and what could not be read.

use crate::firewall::RuleSet;
use crate::ids::{
    AccountId, ClusterId, FirewallId, InstanceId, NodeBalancerId, NodeId, PoolId, VolumeId,
};
use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Who we are to the cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// `X-Customer-UUID`, else `/account` euuid.
    pub id: AccountId,
    /// `/profile` username.
    pub user: String,
    /// `/profile` restricted: no proof of zero can be given.
    pub restricted: bool,
    /// `X-OAuth-Scopes`, split; `*` alone means all.
    pub scopes: Vec<String>,
    /// When the token ends, when the cloud told.
    pub token_expires: Option<Timestamp>,
}

/// Scopes without which nothing may be deployed, since it could not be torn down.
pub const TEARDOWN_SCOPES: [&str; 5] = [
    "lke:read_write",
    "firewall:read_write",
    "nodebalancers:read_write",
    "volumes:read_write",
    "linodes:read_only",
];

impl Account {
    /// The scopes for a teardown that this token lacks; `read_write` includes `read_only`.
    pub fn missing_scopes(&self) -> Vec<String> {
        let has = |wanted: &str| {
            let write = wanted.replace(":read_only", ":read_write");
            self.scopes
                .iter()
                .any(|one| one == "*" || one == wanted || *one == write)
        };
        TEARDOWN_SCOPES
            .iter()
            .filter(|one| !has(one))
            .map(|one| (*one).to_owned())
            .collect()
    }
}

/// An LKE cluster (`/lke/clusters`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Its id.
    pub id: ClusterId,
    /// Its label.
    pub label: String,
    /// Its region.
    pub region: String,
    /// `major.minor`.
    pub kubernetes_version: String,
    /// High availability.
    pub ha: bool,
    /// Tags.
    pub tags: Vec<String>,
    /// Birth.
    pub created: Timestamp,
    /// `cannot_delete` and the like.
    pub locks: Vec<String>,
}

/// A node pool of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// Its id.
    pub id: PoolId,
    /// Instance type.
    pub instance_type: String,
    /// Nodes wanted, by whoever wrote last (the autoscaler too).
    pub count: u32,
    /// The autoscaler's bounds, when it is on.
    pub autoscaler: Option<Bounds>,
    /// Tags.
    pub tags: Vec<String>,
    /// Kubernetes labels of its nodes.
    pub labels: Vec<(String, String)>,
    /// Nodes.
    pub nodes: Vec<Node>,
}

/// The autoscaler's bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// At least.
    pub min: u32,
    /// At most.
    pub max: u32,
}

/// A node as LKE knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// `<pool>-<12 hex>`.
    pub id: NodeId,
    /// The machine; absent for the first seconds.
    pub instance: Option<InstanceId>,
    /// LKE's `ready`.
    pub ready: bool,
}

/// A Linode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// Its label, which is the Kubernetes node's name.
    pub label: String,
    /// `running`, `provisioning`, ….
    pub status: String,
    /// Its instance type.
    pub instance_type: String,
    /// Its region.
    pub region: String,
    /// `lke_cluster_id`.
    pub cluster: Option<ClusterId>,
    /// Birth.
    pub created: Timestamp,
}

/// A NodeBalancer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeBalancer {
    /// Its id.
    pub id: NodeBalancerId,
    /// Its label.
    pub label: String,
    /// Its region.
    pub region: String,
    /// `lke_cluster.id`.
    pub cluster: Option<ClusterId>,
    /// Its public IPv4 address, by which its Service is known.
    #[serde(default)]
    pub ipv4: Option<String>,
    /// Tags (the cloud controller manager rewrites them).
    pub tags: Vec<String>,
    /// Birth.
    pub created: Timestamp,
}

/// A Block Storage volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Its id.
    pub id: VolumeId,
    /// Its label.
    pub label: String,
    /// Its region.
    pub region: String,
    /// GiB.
    pub size_gb: u32,
    /// The Linode it hangs on.
    pub instance: Option<InstanceId>,
    /// Tags.
    pub tags: Vec<String>,
    /// Birth.
    pub created: Timestamp,
}

/// A Cloud Firewall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firewall {
    /// Its id.
    pub id: FirewallId,
    /// Its label.
    pub label: String,
    /// Tags.
    pub tags: Vec<String>,
    /// The Linodes it stands before.
    pub instances: Vec<InstanceId>,
    /// Birth.
    pub created: Timestamp,
}

/// A Cloud Firewall as it works: what it lets through and before what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirewallRead {
    /// Off means that it stands before nothing.
    pub enabled: bool,
    /// Its rules.
    pub rules: RuleSet,
}

/// A firewall that stands before NodeBalancers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalancerWall {
    /// Its id.
    pub id: FirewallId,
    /// Its label; Linode's controller takes the NodeBalancer's.
    pub label: String,
    /// Off means that it stands before nothing.
    pub enabled: bool,
    /// The NodeBalancers.
    pub balancers: Vec<NodeBalancerId>,
    /// How many other things it stands before.
    pub others: usize,
    /// Its rules; `None`: one of them has no meaning here.
    pub rules: Option<RuleSet>,
    /// Birth.
    pub created: Timestamp,
}

/// A load balancer of a deployment: a NodeBalancer, or a Service that waits for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalancerSeen {
    /// The NodeBalancer's label; `None`: it is not made yet.
    pub label: Option<String>,
    /// The Service that it is of; `None`: Kubernetes was not asked, or knows none.
    pub service: Option<ServiceName>,
    /// What stands before it; `None`: not read.
    pub guard: Option<BalancerGuard>,
}

/// What stands before a NodeBalancer, read back from its firewalls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BalancerGuard {
    /// Nothing.
    Bare,
    /// A firewall that lets the whole internet in all the same.
    LetsAllIn,
    /// A firewall that lets only these in, in CIDR form.
    Only(Vec<String>),
}

/// Where a Service is found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ServiceName {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl std::fmt::Display for ServiceName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

impl std::str::FromStr for ServiceName {
    type Err = ();

    /// `namespace/name`, both as Kubernetes takes them.
    fn from_str(text: &str) -> Result<Self, ()> {
        let fits = |part: &str| {
            let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            (1..=63).contains(&part.len())
                && part.chars().all(inside)
                && !part.starts_with('-')
                && !part.ends_with('-')
        };
        let (namespace, name) = text.split_once('/').ok_or(())?;
        let [namespace, name] = [namespace, name].map(|part| fits(part).then(|| part.to_owned()));
        Ok(Self {
            namespace: namespace.ok_or(())?,
            name: name.ok_or(())?,
        })
    }
}

/// A control plane's access list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessList {
    /// Off means open to the world.
    pub enabled: bool,
    /// Who may connect.
    pub addresses: Vec<IpNet>,
    /// Seen in a reply only when and after the list is enforced.
    pub revision: Option<String>,
}

/// A PersistentVolume, by what a teardown needs of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersistentVolume {
    /// Kubernetes name.
    pub name: String,
    /// From `spec.csi.volumeHandle` = `<volume id>-<label>`; `None`: not a Linode volume, or
    /// without a handle.
    pub volume: Option<VolumeId>,
    /// Namespace and name of its claim.
    pub claim: Option<(String, String)>,
    /// GiB.
    pub size_gb: u32,
    /// Whether the reclaim policy is Retain.
    pub retained: bool,
}

/// A Service of type LoadBalancer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadBalancer {
    /// Where it is found.
    pub service: ServiceName,
    /// The public address that it was given; `None`: none yet.
    pub address: Option<String>,
}

/// A Kubernetes node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KubeNode {
    /// Its name, which is the Linode's label.
    pub name: String,
    /// From `spec.providerID` = `linode://<id>`.
    pub instance: Option<InstanceId>,
    /// Condition Ready.
    pub ready: bool,
    /// GPUs that it can give away.
    pub gpus: u32,
}

/// A card, as the driver tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Its product name.
    pub name: String,
    /// Its memory.
    pub memory_mib: Option<u32>,
    /// The driver's version.
    pub driver: String,
}

impl std::fmt::Display for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        if let Some(memory) = self.memory_mib {
            write!(f, ", {memory} MiB")?;
        }
        write!(f, ", driver {}", self.driver)
    }
}

/// What a computation on a node's GPUs came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GpuTest {
    /// It was right.
    Passed {
        /// The cards that the driver told.
        cards: Vec<Card>,
    },
    /// It was not, or did not run.
    Failed {
        /// What it said.
        said: String,
    },
}

impl KubeNode {
    /// Whether it is this node of LKE's.
    pub fn is(&self, node: &Node) -> bool {
        match self.instance {
            Some(instance) => node.instance == Some(instance),
            None => self.name.ends_with(&node.id.0),
        }
    }
}

/// Everything of one account, as seen in complete listings at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// Clusters.
    pub clusters: Vec<Cluster>,
    /// Linodes.
    pub instances: Vec<Instance>,
    /// NodeBalancers.
    pub nodebalancers: Vec<NodeBalancer>,
    /// Volumes.
    pub volumes: Vec<Volume>,
    /// Firewalls.
    pub firewalls: Vec<Firewall>,
}
