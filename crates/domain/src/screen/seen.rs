//! What was seen of a deployment in the cloud just now, beside what its journal knows.

use crate::ids::InstanceId;
use crate::inside::{NodeInside, Pod};
use crate::inventory::{AccessList, BalancerSeen, FirewallRead, Instance, Pool};
use crate::text::Text;
use crate::usage::Usage;
use crate::view::Roamed;
use crate::watched::Watched;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// The last readings; each is absent until it was read once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// When the cloud was last read completely.
    pub at: Option<Timestamp>,
    /// Pools with their nodes.
    pub pools: Option<Vec<Pool>>,
    /// Linodes of the cluster.
    pub instances: Option<Vec<Instance>>,
    /// Nodes as Kubernetes tells them.
    pub kube_nodes: Option<Vec<NodeInside>>,
    /// Its pods that have not ended.
    pub pods_inside: Option<Vec<Pod>>,
    /// Linodes that the firewall stands before, read back.
    pub covered: Option<Vec<InstanceId>>,
    /// The firewall itself: whether it is on, and its rules.
    pub firewall: Option<FirewallRead>,
    /// Its NodeBalancers.
    pub balancers: Option<Vec<BalancerSeen>>,
    /// Namespaces with the default-deny preset.
    pub policies: Option<Vec<String>>,
    /// Kubernetes does not answer this computer, whose address the list leaves out.
    pub roamed: Option<Roamed>,
    /// The access list.
    pub access: Option<AccessList>,
    /// How fast the Kubernetes API answered, in milliseconds.
    pub answers_ms: Option<u64>,
    /// What is known now of steps that are under way.
    pub noted: BTreeMap<usize, Text>,
    /// When Kubernetes answered last.
    pub kubernetes_at: Option<Timestamp>,
    /// When Kubernetes was asked for what stands here, by the time since this computer started.
    pub kubernetes_asked: Duration,
    /// Whether the cluster is not there any more.
    pub cluster_gone: bool,
    /// Whether the last look had no answer from Linode.
    pub linode_silent: bool,
    /// Whether the last look that asked Kubernetes had no answer from it.
    pub kubernetes_silent: bool,
    /// Steps that take longer than they should.
    pub late: BTreeSet<usize>,
    /// How its GPUs were used in the last day. Shared, as all of this is copied for who reads it.
    pub usage: Arc<Usage>,
    /// When it was looked at, by this process and by those before it.
    pub watched: Watched,
}

impl Seen {
    /// Whether the firewall stands before a machine, as it was read back; one that is switched off
    /// stands before none.
    pub fn covers(&self, instance: InstanceId) -> Option<bool> {
        let on = self.firewall.as_ref().is_none_or(|read| read.enabled);
        Some(on && self.covered.as_ref()?.contains(&instance))
    }
}
