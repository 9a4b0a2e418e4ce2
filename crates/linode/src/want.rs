//! What we send. Every body is written out here, so that nothing is sent that the plan did not
//! name; the autoscaler is absent from a new pool, which means off.

use domain::inventory::Bounds;
use domain::plan::{NewCluster, NewFirewall, NewPool};
use domain::spec::{FirewallRule, Protocol};
use ipnet::IpNet;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(crate) struct ClusterWant<'a> {
    label: &'a str,
    region: &'a str,
    k8s_version: &'a str,
    tags: &'a [String],
    node_pools: [PoolWant<'a>; 1],
    control_plane: ControlPlaneWant<'a>,
}

#[derive(Serialize)]
struct ControlPlaneWant<'a> {
    high_availability: bool,
    acl: AclWant<'a>,
}

#[derive(Serialize)]
pub(crate) struct AccessWant<'a> {
    acl: AclWant<'a>,
}

#[derive(Serialize)]
struct AclWant<'a> {
    enabled: bool,
    addresses: AddressesWant,
    #[serde(rename = "revision-id")]
    revision_id: &'a str,
}

#[derive(Serialize)]
struct AddressesWant {
    ipv4: Vec<String>,
    ipv6: Vec<String>,
}

impl AddressesWant {
    fn of(nets: &[IpNet]) -> Self {
        let text = |v4: bool| {
            let own = nets.iter().filter(|net| matches!(net, IpNet::V4(_)) == v4);
            own.map(ToString::to_string).collect()
        };
        Self {
            ipv4: text(true),
            ipv6: text(false),
        }
    }
}

impl<'a> ClusterWant<'a> {
    pub(crate) fn of(want: &'a NewCluster) -> Self {
        Self {
            label: &want.label,
            region: &want.region,
            k8s_version: &want.kubernetes_version,
            tags: &want.tags,
            node_pools: [PoolWant::of(&want.pool)],
            control_plane: ControlPlaneWant {
                high_availability: want.ha,
                acl: AclWant {
                    enabled: true,
                    addresses: AddressesWant::of(&want.access),
                    revision_id: &want.access_revision,
                },
            },
        }
    }
}

impl<'a> AccessWant<'a> {
    pub(crate) fn of(to: &[IpNet], revision: &'a str) -> Self {
        Self {
            acl: AclWant {
                enabled: true,
                addresses: AddressesWant::of(to),
                revision_id: revision,
            },
        }
    }
}

#[derive(Serialize)]
pub(crate) struct PoolWant<'a> {
    #[serde(rename = "type")]
    instance_type: &'a str,
    count: u32,
    tags: &'a [String],
    labels: BTreeMap<&'a str, &'a str>,
    taints: Vec<TaintWant<'a>>,
}

#[derive(Serialize)]
struct TaintWant<'a> {
    key: &'a str,
    value: &'a str,
    effect: &'a str,
}

impl<'a> PoolWant<'a> {
    pub(crate) fn of(want: &'a NewPool) -> Self {
        let labels = want
            .labels
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()));
        let taint =
            |(key, value, effect): &'a (String, String, String)| TaintWant { key, value, effect };
        Self {
            instance_type: &want.instance_type,
            count: want.count,
            tags: &want.tags,
            labels: labels.collect(),
            taints: want.taints.iter().map(taint).collect(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct CountWant {
    pub(crate) count: u32,
}

#[derive(Serialize)]
pub(crate) struct AutoscalerWant {
    autoscaler: BoundsWant,
}

#[derive(Serialize)]
struct BoundsWant {
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<u32>,
}

impl AutoscalerWant {
    pub(crate) fn of(bounds: Option<Bounds>) -> Self {
        Self {
            autoscaler: BoundsWant {
                enabled: bounds.is_some(),
                min: bounds.map(|one| one.min),
                max: bounds.map(|one| one.max),
            },
        }
    }
}

#[derive(Serialize)]
pub(crate) struct TagsWant<'a> {
    pub(crate) tags: &'a [String],
}

#[derive(Serialize)]
pub(crate) struct DeviceWant {
    pub(crate) id: u64,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
}

#[derive(Serialize)]
pub(crate) struct FirewallWant<'a> {
    label: &'a str,
    tags: &'a [String],
    rules: RulesWant<'a>,
}

impl<'a> FirewallWant<'a> {
    pub(crate) fn of(want: &'a NewFirewall) -> Self {
        Self {
            label: &want.label,
            tags: &want.tags,
            rules: RulesWant::of(&want.rules),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct RulesWant<'a> {
    inbound: Vec<RuleWant<'a>>,
    inbound_policy: &'static str,
    outbound: [(); 0],
    outbound_policy: &'static str,
}

#[derive(Serialize)]
struct RuleWant<'a> {
    label: &'a str,
    action: &'static str,
    protocol: Protocol,
    #[serde(skip_serializing_if = "Option::is_none")]
    ports: Option<&'a str>,
    addresses: SourcesWant,
}

/// An empty list of sources is refused by Linode, so it is left out.
#[derive(Serialize)]
struct SourcesWant {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ipv4: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ipv6: Vec<String>,
}

impl<'a> RulesWant<'a> {
    pub(crate) fn of(rules: &'a [FirewallRule]) -> Self {
        let rule = |one: &'a FirewallRule| {
            let AddressesWant { ipv4, ipv6 } = AddressesWant::of(&one.sources);
            RuleWant {
                label: &one.label,
                action: "ACCEPT",
                protocol: one.protocol,
                ports: one.ports.as_deref(),
                addresses: SourcesWant { ipv4, ipv6 },
            }
        };
        Self {
            inbound: rules.iter().map(rule).collect(),
            inbound_policy: "DROP",
            outbound: [],
            outbound_policy: "ACCEPT",
        }
    }
}
