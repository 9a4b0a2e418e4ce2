//! What can be ours in the cloud, and what kinds there are.

use crate::ids::{ClusterId, FirewallId, InstanceId, NodeBalancerId, NodeId, PoolId, VolumeId};
use crate::plan::PoolRole;
use serde::{Deserialize, Serialize};

/// A kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThingKind {
    /// An LKE cluster.
    Cluster,
    /// A node pool.
    Pool,
    /// A firewall.
    Firewall,
    /// A Linode.
    Instance,
    /// A highly available control plane.
    ControlPlane,
    /// A NodeBalancer.
    NodeBalancer,
    /// A volume.
    Volume,
}

/// A thing in the cloud that is ours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thing {
    /// An LKE cluster.
    Cluster(ClusterId),
    /// A node pool.
    Pool(PoolId, PoolRole),
    /// A firewall.
    Firewall(FirewallId),
    /// A Linode with its node.
    Instance(InstanceId, NodeId, PoolRole),
    /// The highly available control plane of a cluster.
    ControlPlane(ClusterId),
    /// A NodeBalancer.
    NodeBalancer(NodeBalancerId),
    /// A volume.
    Volume(VolumeId),
}

impl Thing {
    /// Which kind it is.
    pub const fn kind(&self) -> ThingKind {
        match self {
            Self::Cluster(_) => ThingKind::Cluster,
            Self::Pool(..) => ThingKind::Pool,
            Self::Firewall(_) => ThingKind::Firewall,
            Self::Instance(..) => ThingKind::Instance,
            Self::ControlPlane(_) => ThingKind::ControlPlane,
            Self::NodeBalancer(_) => ThingKind::NodeBalancer,
            Self::Volume(_) => ThingKind::Volume,
        }
    }
}

impl Thing {
    /// A cluster's id.
    pub const fn as_cluster(&self) -> Option<ClusterId> {
        if let Self::Cluster(id) = self {
            Some(*id)
        } else {
            None
        }
    }

    /// A pool's id.
    pub const fn as_pool(&self) -> Option<PoolId> {
        if let Self::Pool(id, _) = self {
            Some(*id)
        } else {
            None
        }
    }

    /// A firewall's id.
    pub const fn as_firewall(&self) -> Option<FirewallId> {
        if let Self::Firewall(id) = self {
            Some(*id)
        } else {
            None
        }
    }

    /// A machine's id.
    pub const fn as_instance(&self) -> Option<InstanceId> {
        if let Self::Instance(id, ..) = self {
            Some(*id)
        } else {
            None
        }
    }
}

impl ThingKind {
    /// Whether the cloud bills such a thing by itself; a cluster bills through its parts.
    pub const fn bills(self) -> bool {
        match self {
            Self::Instance | Self::ControlPlane | Self::NodeBalancer | Self::Volume => true,
            Self::Cluster | Self::Pool | Self::Firewall => false,
        }
    }
}

impl std::fmt::Display for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cluster(id) => write!(f, "cluster {id}"),
            Self::Pool(id, _) => write!(f, "pool {id}"),
            Self::Firewall(id) => write!(f, "firewall {id}"),
            Self::Instance(id, ..) => write!(f, "linode {id}"),
            Self::ControlPlane(id) => write!(f, "control plane of {id}"),
            Self::NodeBalancer(id) => write!(f, "nodebalancer {id}"),
            Self::Volume(id) => write!(f, "volume {id}"),
        }
    }
}
