//! Linodes, firewalls, NodeBalancers and volumes.

use super::{or_default, time};
use domain::firewall::{Rule, RuleSet, Traffic, Verdict};
use domain::inventory::{BalancerWall, Firewall, FirewallRead, Instance, NodeBalancer, Volume};
use domain::{ClusterId, FirewallId, InstanceId, NodeBalancerId, VolumeId};
use jiff::Timestamp;
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct InstanceReply {
    pub(crate) id: InstanceId,
    label: String,
    status: String,
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    instance_type: String,
    #[serde(default, deserialize_with = "or_default")]
    region: String,
    #[serde(default)]
    lke_cluster_id: Option<ClusterId>,
    #[serde(deserialize_with = "time")]
    created: Timestamp,
}

impl From<InstanceReply> for Instance {
    fn from(reply: InstanceReply) -> Self {
        Self {
            id: reply.id,
            label: reply.label,
            status: reply.status,
            instance_type: reply.instance_type,
            region: reply.region,
            cluster: reply.lke_cluster_id,
            created: reply.created,
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct FirewallReply {
    pub(crate) id: FirewallId,
    label: String,
    #[serde(default, deserialize_with = "or_default")]
    tags: Vec<String>,
    /// Missing in the replies that the API's documents describe, present in real ones.
    #[serde(default)]
    entities: Option<Vec<Entity>>,
    #[serde(deserialize_with = "time")]
    created: Timestamp,
}

impl FirewallReply {
    /// The Linodes it stands before, when the reply tells.
    pub(crate) fn instances(&self) -> Option<Vec<InstanceId>> {
        let entities = self.entities.as_ref()?;
        Some(entities.iter().filter_map(Entity::instance).collect())
    }

    pub(crate) fn into_firewall(self, instances: Vec<InstanceId>) -> Firewall {
        Firewall {
            id: self.id,
            label: self.label,
            tags: self.tags,
            instances,
            created: self.created,
        }
    }
}

/// What a firewall stands before.
#[derive(Deserialize)]
pub(crate) struct Entity {
    id: u64,
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    kind: String,
    #[serde(rename = "parent_entity", default)]
    parent: Option<Box<Entity>>,
}

impl Entity {
    /// The Linode: itself, or the one whose interface it is.
    pub(crate) fn instance(&self) -> Option<InstanceId> {
        match self.kind.as_str() {
            "linode" => Some(InstanceId(self.id)),
            _ => self.parent.as_ref().and_then(|parent| parent.instance()),
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Device {
    pub(crate) id: u64,
    pub(crate) entity: Entity,
}

/// `/networking/firewalls/{id}/rules`: read only to see that Linode answered.
#[derive(Deserialize)]
pub(crate) struct RulesReply {
    #[serde(rename = "inbound_policy")]
    pub(crate) _inbound_policy: String,
}

/// The same, all of it.
#[derive(Deserialize)]
pub(crate) struct RuleSetReply {
    #[serde(default, deserialize_with = "or_default")]
    inbound: Vec<RuleReply>,
    inbound_policy: Verdict,
    /// May come back null (recorded).
    #[serde(default, deserialize_with = "or_default")]
    outbound: Vec<RuleReply>,
    outbound_policy: Verdict,
}

#[derive(Deserialize)]
struct RuleReply {
    #[serde(default, deserialize_with = "or_default")]
    label: String,
    action: Verdict,
    protocol: String,
    #[serde(default)]
    ports: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    addresses: SourcesReply,
}

#[derive(Default, Deserialize)]
struct SourcesReply {
    #[serde(default, deserialize_with = "or_default")]
    ipv4: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    ipv6: Vec<String>,
}

impl RuleSetReply {
    /// The rules; `None`: one is about a protocol that has no meaning.
    pub(crate) fn read(self) -> Option<RuleSet> {
        let rule = |rule: RuleReply| {
            let SourcesReply { ipv4, ipv6 } = rule.addresses;
            Some(Rule {
                label: rule.label,
                verdict: rule.action,
                traffic: Traffic::read(&rule.protocol)?,
                ports: rule.ports.filter(|ports| !ports.is_empty()),
                addresses: [ipv4, ipv6].concat(),
            })
        };
        let side = |rules: Vec<RuleReply>| rules.into_iter().map(rule).collect::<Option<_>>();
        Some(RuleSet {
            inbound: side(self.inbound)?,
            inbound_policy: self.inbound_policy,
            outbound: side(self.outbound)?,
            outbound_policy: self.outbound_policy,
        })
    }
}

/// A firewall as it works.
#[derive(Deserialize)]
pub(crate) struct FirewallWhole {
    status: String,
    rules: RuleSetReply,
}

impl FirewallWhole {
    /// As it works; `None` as for its rules.
    pub(crate) fn read(self) -> Option<FirewallRead> {
        Some(FirewallRead {
            enabled: self.status == "enabled",
            rules: self.rules.read()?,
        })
    }
}

/// A firewall in a listing, read for the NodeBalancers that it stands before.
#[derive(Deserialize)]
pub(crate) struct WallReply {
    pub(crate) id: FirewallId,
    label: String,
    #[serde(default, deserialize_with = "or_default")]
    status: String,
    #[serde(default)]
    entities: Option<Vec<Entity>>,
    /// Rules that cannot be read are no reason to leave the firewall out.
    #[serde(default)]
    rules: serde_json::Value,
    #[serde(deserialize_with = "time")]
    created: Timestamp,
}

impl WallReply {
    /// As it stands before NodeBalancers; `None`: the reply does not tell before what.
    pub(crate) fn wall(self) -> Option<BalancerWall> {
        let entities = self.entities?;
        let balancers = entities.iter().filter(|one| one.kind == "nodebalancer");
        let balancers: Vec<_> = balancers.map(|one| NodeBalancerId(one.id)).collect();
        let rules = serde_json::from_value::<RuleSetReply>(self.rules);
        Some(BalancerWall {
            id: self.id,
            label: self.label,
            enabled: self.status == "enabled",
            others: entities.len() - balancers.len(),
            balancers,
            rules: rules.ok().and_then(RuleSetReply::read),
            created: self.created,
        })
    }
}

#[derive(Deserialize)]
pub(crate) struct NodeBalancerReply {
    pub(crate) id: NodeBalancerId,
    #[serde(default, deserialize_with = "or_default")]
    label: String,
    #[serde(default, deserialize_with = "or_default")]
    region: String,
    #[serde(default)]
    lke_cluster: Option<ClusterRef>,
    #[serde(default)]
    ipv4: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    tags: Vec<String>,
    #[serde(deserialize_with = "time")]
    created: Timestamp,
}

#[derive(Deserialize)]
struct ClusterRef {
    id: ClusterId,
}

impl From<NodeBalancerReply> for NodeBalancer {
    fn from(reply: NodeBalancerReply) -> Self {
        Self {
            id: reply.id,
            label: reply.label,
            region: reply.region,
            cluster: reply.lke_cluster.map(|cluster| cluster.id),
            ipv4: reply.ipv4,
            tags: reply.tags,
            created: reply.created,
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct VolumeReply {
    pub(crate) id: VolumeId,
    label: String,
    #[serde(default, deserialize_with = "or_default")]
    region: String,
    size: u32,
    #[serde(default)]
    linode_id: Option<InstanceId>,
    #[serde(default, deserialize_with = "or_default")]
    tags: Vec<String>,
    #[serde(deserialize_with = "time")]
    created: Timestamp,
}

impl From<VolumeReply> for Volume {
    fn from(reply: VolumeReply) -> Self {
        Self {
            id: reply.id,
            label: reply.label,
            region: reply.region,
            size_gb: reply.size,
            instance: reply.linode_id,
            tags: reply.tags,
            created: reply.created,
        }
    }
}
