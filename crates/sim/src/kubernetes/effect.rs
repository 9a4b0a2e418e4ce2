//! What passes between a cluster and the cloud around it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::store::Key;

/// Work that the cloud's controllers (CCM and CSI) must do outside of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Effect {
    /// A Service of type LoadBalancer has no NodeBalancer yet. Answer with [`Done::LoadBalancer`].
    LoadBalancerWanted {
        /// The Service's namespace.
        namespace: String,
        /// The Service's name.
        name: String,
        /// The Service's uid.
        uid: String,
        /// The Service's annotations (`service.beta.kubernetes.io/linode-loadbalancer-…`).
        annotations: BTreeMap<String, String>,
    },
    /// A Service that has its NodeBalancer was changed: what it says of it may be another thing now.
    /// No answer is awaited.
    LoadBalancerChanged {
        /// The Service's namespace.
        namespace: String,
        /// The Service's name.
        name: String,
        /// The Service's uid.
        uid: String,
    },
    /// The Service is being deleted, or is no longer a LoadBalancer. Delete its NodeBalancer, then
    /// answer with [`Done::LoadBalancerGone`]: until then the Service is kept by its finalizer.
    LoadBalancerGone {
        /// The Service's namespace.
        namespace: String,
        /// The Service's name.
        name: String,
        /// The Service's uid.
        uid: String,
    },
    /// A claim waits for a volume. Answer with [`Done::Volume`].
    VolumeWanted {
        /// The claim's namespace.
        namespace: String,
        /// The claim's name.
        claim: String,
        /// The name that the persistent volume will bear, `pvc-<uid of the claim>`.
        pv_name: String,
        /// Whole GiB, at least 10 (Linode's smallest volume).
        size_gib: u64,
        /// From the class's parameter `linodebs.csi.linode.com/volumeTags`.
        tags: Vec<String>,
    },
    /// A pod was bound to a node. Answer with [`Done::Pod`] when its image has come, or what it runs
    /// has ended.
    PodRuns {
        /// The pod's namespace.
        namespace: String,
        /// The pod's name.
        name: String,
        /// The pod's uid.
        uid: String,
        /// After so many seconds; 0: as long as its image takes to come.
        #[serde(default)]
        seconds: u64,
    },
    /// A controller wants to look at an object again. Answer with [`Done::Look`] when it is time.
    Look {
        /// The object's API group.
        group: String,
        /// The plural of its kind.
        resource: String,
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// After so many seconds.
        seconds: u64,
    },
    /// Pods wait that fit nowhere: the autoscaler looks whether more nodes would help. No answer.
    NodesWanted,
    /// A node runs nothing but daemons: the autoscaler looks whether it may go. No answer.
    NodesIdle,
    /// A definition of a kind waits for its names to be accepted. Answer with [`Done::Defined`].
    DefinitionWanted {
        /// Its name.
        name: String,
    },
    /// The cloud-firewall-controller has something to look at. No answer.
    FirewallWished,
    /// A persistent volume with reclaim policy Delete lost its claim: delete the volume, detached
    /// first if need be. No answer is awaited, the persistent volume is already gone.
    VolumeGone {
        /// Linode's volume id.
        volume_id: u64,
    },
}

impl Effect {
    /// The controller of an object looks at it again after so many seconds.
    pub(super) fn look(key: &Key, seconds: u64) -> Self {
        Self::Look {
            group: key.group.to_owned(),
            resource: key.resource.to_owned(),
            namespace: key.namespace.clone(),
            name: key.name.clone(),
            seconds,
        }
    }
}

/// What the cloud's controllers have finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Done {
    /// A NodeBalancer stands before the Service.
    LoadBalancer {
        /// The Service's namespace.
        namespace: String,
        /// The Service's name.
        name: String,
        /// Public IPv4 of the NodeBalancer.
        ip: String,
        /// Its host name.
        hostname: String,
    },
    /// The NodeBalancer of a Service is deleted: the finalizer goes.
    LoadBalancerGone {
        /// The Service's namespace.
        namespace: String,
        /// The Service's name.
        name: String,
        /// The Service's uid, so that a Service made anew under that name is left alone.
        uid: String,
    },
    /// A volume exists for the claim.
    Volume {
        /// The claim's namespace.
        namespace: String,
        /// The claim's name.
        claim: String,
        /// Linode's volume id.
        volume_id: u64,
        /// The volume's label; the handle is `<volume id>-<label>`.
        label: String,
    },
    /// A kind can be asked for.
    Defined {
        /// The definition's name.
        name: String,
    },
    /// It is time to look at an object again.
    Look {
        /// The object's API group.
        group: String,
        /// The plural of its kind.
        resource: String,
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A pod runs, or what it ran has ended.
    Pod {
        /// The pod's namespace.
        namespace: String,
        /// The pod's name.
        name: String,
        /// The pod's uid.
        uid: String,
    },
}
