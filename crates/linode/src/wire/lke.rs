//! `/lke/clusters` and what hangs on it.

use super::{or_default, time};
use domain::inventory::{AccessList, Bounds, Cluster, Node, Pool};
use domain::{ClusterId, InstanceId, NodeId, PoolId};
use ipnet::IpNet;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;

#[derive(Deserialize)]
pub(crate) struct ClusterReply {
    pub(crate) id: ClusterId,
    label: String,
    region: String,
    k8s_version: String,
    #[serde(default, deserialize_with = "or_default")]
    control_plane: ControlPlane,
    #[serde(default, deserialize_with = "or_default")]
    tags: Vec<String>,
    #[serde(deserialize_with = "time")]
    created: Timestamp,
    #[serde(default, deserialize_with = "or_default")]
    locks: Vec<String>,
}

#[derive(Deserialize, Default)]
struct ControlPlane {
    #[serde(default, deserialize_with = "or_default")]
    high_availability: bool,
}

impl From<ClusterReply> for Cluster {
    fn from(reply: ClusterReply) -> Self {
        Self {
            id: reply.id,
            label: reply.label,
            region: reply.region,
            kubernetes_version: reply.k8s_version,
            ha: reply.control_plane.high_availability,
            tags: reply.tags,
            created: reply.created,
            locks: reply.locks,
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct PoolReply {
    pub(crate) id: PoolId,
    #[serde(rename = "type")]
    instance_type: String,
    count: u32,
    #[serde(default, deserialize_with = "or_default")]
    autoscaler: Autoscaler,
    #[serde(default, deserialize_with = "or_default")]
    tags: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    labels: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "or_default")]
    nodes: Vec<NodeReply>,
}

#[derive(Deserialize, Default)]
struct Autoscaler {
    #[serde(default, deserialize_with = "or_default")]
    enabled: bool,
    #[serde(default, deserialize_with = "or_default")]
    min: u32,
    #[serde(default, deserialize_with = "or_default")]
    max: u32,
}

#[derive(Deserialize)]
struct NodeReply {
    id: NodeId,
    #[serde(default)]
    instance_id: Option<InstanceId>,
    #[serde(default, deserialize_with = "or_default")]
    status: String,
}

impl From<PoolReply> for Pool {
    fn from(reply: PoolReply) -> Self {
        let Autoscaler { enabled, min, max } = reply.autoscaler;
        let node = |one: NodeReply| Node {
            id: one.id,
            instance: one.instance_id,
            ready: one.status == "ready",
        };
        Self {
            id: reply.id,
            instance_type: reply.instance_type,
            count: reply.count,
            autoscaler: enabled.then_some(Bounds { min, max }),
            tags: reply.tags,
            labels: reply.labels.into_iter().collect(),
            nodes: reply.nodes.into_iter().map(node).collect(),
        }
    }
}

/// Holds a secret: deliberately without Debug.
#[derive(Deserialize)]
pub(crate) struct KubeconfigReply {
    pub(crate) kubeconfig: String,
}

#[derive(Deserialize)]
pub(crate) struct Endpoint {
    pub(crate) endpoint: String,
}

#[derive(Deserialize)]
pub(crate) struct AccessListReply {
    acl: Acl,
}

#[derive(Deserialize)]
struct Acl {
    #[serde(default, deserialize_with = "or_default")]
    enabled: bool,
    #[serde(default, deserialize_with = "or_default")]
    addresses: Addresses,
    #[serde(default, rename = "revision-id")]
    revision_id: Option<String>,
}

#[derive(Deserialize, Default)]
struct Addresses {
    #[serde(default, deserialize_with = "or_default")]
    ipv4: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    ipv6: Vec<String>,
}

impl AccessListReply {
    /// The list; `None` when an address of it is none, which nobody may read as absence.
    pub(crate) fn read(self) -> Option<AccessList> {
        let Addresses { ipv4, ipv6 } = self.acl.addresses;
        let addresses: Option<Vec<IpNet>> = ipv4.iter().chain(&ipv6).map(|one| net(one)).collect();
        Some(AccessList {
            enabled: self.acl.enabled,
            addresses: addresses?,
            revision: self.acl.revision_id.filter(|id| !id.is_empty()),
        })
    }
}

/// `10.0.0.1/32`, and the bare address that is the same.
fn net(text: &str) -> Option<IpNet> {
    let bare = || text.parse::<IpAddr>().map(IpNet::from).ok();
    text.parse().ok().or_else(bare)
}
