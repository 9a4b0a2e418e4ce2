//! What stands of a deployment whose journal is not here, read back into a Spec: for taking it over.
//!
//! Everything that the cloud tells is taken from there. What only a journal knows (stop time,
//! budget, slices) is absent, unless a Spec that the user applies says it.

use crate::inventory::{AccessList, Cluster, Firewall, Instance, Pool};
use crate::plan::{GPU_LABEL, Plan, PoolRole, Prices};
use crate::preset::{self, WEB_UI};
use crate::progress::Controller;
use crate::record::Thing;
use crate::spec::{FirewallRule, LABEL_SUFFIX, Spec, Stops, SystemPool};
use crate::{Mark, Owner, Price};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A deployment that was taken over: the whole of it in one fact, so that no crash leaves a half.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenOver {
    /// What it is like, as a create without steps: nothing of it is still to be done.
    pub plan: Plan,
    /// Everything of it that stood, but for volumes, which Kubernetes tells.
    pub things: Vec<Stands>,
    /// Whether a controller inside of the cluster kept the firewall before its nodes.
    #[serde(default)]
    pub controller: Controller,
}

/// A thing that stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stands {
    /// What.
    pub thing: Thing,
    /// Since when it costs.
    pub since: Timestamp,
    /// What it costs; `None`: unknown, or not billed by itself.
    pub price: Option<Price>,
    /// Whether it is a second one, to be deleted.
    pub second: bool,
}

/// What was read of a deployment: its clusters and firewalls oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The label that its things bear.
    pub label: String,
    /// Its clusters; the first is the one that is kept.
    pub clusters: Vec<Cluster>,
    /// Its firewalls; the first is the one that is kept.
    pub firewalls: Vec<Firewall>,
    /// The pools of the kept cluster.
    pub pools: Vec<Pool>,
    /// The machines of its clusters.
    pub instances: Vec<Instance>,
    /// The kept cluster's access list, when it was read.
    pub access: Option<AccessList>,
    /// The kept firewall's inbound rules, when they were read.
    pub rules: Option<Vec<FirewallRule>>,
    /// Whether a controller inside of the cluster keeps the firewall before the nodes.
    pub controller: Controller,
}

impl Standing {
    /// The cluster that is kept.
    pub fn cluster(&self) -> Option<&Cluster> {
        self.clusters.first()
    }

    /// By which pool's label it is told, whoever made the pool.
    pub fn role(pool: &Pool) -> PoolRole {
        let bears = |(name, value): &(String, String)| (name.as_str(), value.as_str()) == GPU_LABEL;
        if pool.labels.iter().any(bears) {
            PoolRole::Gpu
        } else {
            PoolRole::System
        }
    }

    fn pool(&self, role: PoolRole) -> Option<&Pool> {
        self.pools.iter().find(|pool| Self::role(pool) == role)
    }

    /// Whether the pools that were read cannot be all: a cluster has one, and so has each of its
    /// machines, whose label names it.
    pub fn lacks_pools(&self) -> bool {
        let Some(kept) = self.cluster() else {
            return false;
        };
        let mut of_it = self
            .instances
            .iter()
            .filter(|one| one.cluster == Some(kept.id));
        self.pools.is_empty()
            || of_it.any(|one| {
                let pool = one
                    .label
                    .split('-')
                    .nth(1)
                    .and_then(|id| id.parse::<u64>().ok());
                pool.is_some_and(|id| self.pools.iter().all(|pool| pool.id.0 != id))
            })
    }

    /// The Spec that would have made it. `wishes`: a Spec of the user's for what no cloud tells.
    pub fn spec(&self, wishes: Option<&Spec>) -> Spec {
        let prefix = self.label.strip_suffix(LABEL_SUFFIX).unwrap_or(&self.label);
        let mut spec = Spec::for_user(prefix);
        prefix.clone_into(&mut spec.prefix);
        spec.stops = wishes.map_or(Stops::Never, |one| one.stops);
        spec.budget_month = wishes.and_then(|one| one.budget_month);
        spec.gpu_slices = wishes.and_then(|one| one.gpu_slices);
        spec.kept = wishes.map(|one| one.kept.clone()).unwrap_or_default();
        if let Some(cluster) = self.cluster() {
            spec.region.clone_from(&cluster.region);
            let version = &cluster.kubernetes_version;
            spec.kubernetes_version.clone_from(version);
            spec.ha = cluster.ha;
            let own = |tag: &&String| Mark::read(tag).is_none() && Owner::read(tag).is_none();
            spec.tags = cluster.tags.iter().filter(own).cloned().collect();
        }
        if let Some(pool) = self.pool(PoolRole::Gpu) {
            spec.gpu_type.clone_from(&pool.instance_type);
            let bounds = pool.autoscaler;
            spec.gpu_min = bounds.map_or(pool.count, |bounds| bounds.min);
            spec.gpu_max = bounds.map_or(pool.count, |bounds| bounds.max);
            spec.gpu_count = pool.count.clamp(spec.gpu_min, spec.gpu_max);
        }
        spec.system_pool = self.pool(PoolRole::System).map(|pool| SystemPool {
            instance_type: pool.instance_type.clone(),
            count: pool.count,
        });
        let access = self.access.as_ref().filter(|list| list.enabled);
        spec.kubectl_access = access.map(|list| list.addresses.clone());
        if let Some(rules) = &self.rules {
            let ui = rules.iter().find(|rule| rule.label == WEB_UI);
            spec.ui_access = Some(ui.map(|rule| rule.sources.clone()).unwrap_or_default());
            let locked = preset::locked();
            let own = |rule: &&FirewallRule| {
                rule.label != WEB_UI && !locked.iter().any(|one| one.rule.label == rule.label)
            };
            spec.firewall_rules = rules.iter().filter(own).cloned().collect();
        }
        spec
    }

    /// Everything that stands, with what it costs; the oldest of a kind is kept.
    pub fn things(&self, prices: &Prices) -> Vec<Stands> {
        let kept = self.cluster().map(|one| one.id);
        let mut out = Vec::new();
        let mut put = |thing, since, price, second| {
            out.push(Stands {
                thing,
                since,
                price,
                second,
            });
        };
        for (at, one) in self.firewalls.iter().enumerate() {
            put(Thing::Firewall(one.id), one.created, None, at > 0);
        }
        for one in &self.clusters {
            let second = Some(one.id) != kept;
            put(Thing::Cluster(one.id), one.created, None, second);
            if one.ha {
                let price = prices.control_plane;
                put(Thing::ControlPlane(one.id), one.created, price, second);
            }
        }
        let born = self.cluster().map(|one| one.created).unwrap_or_default();
        for pool in &self.pools {
            let role = Self::role(pool);
            // A system pool came with its cluster and is known by its instance type.
            if role == PoolRole::Gpu {
                put(Thing::Pool(pool.id, role), born, None, false);
            }
            for node in &pool.nodes {
                let Some(instance) = node.instance else {
                    continue;
                };
                let found = self.instances.iter().find(|one| one.id == instance);
                let since = found.map_or(born, |one| one.created);
                let thing = Thing::Instance(instance, node.id.clone(), role);
                put(thing, since, prices.node(role), false);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::{Bounds, Node};
    use crate::{ClusterId, FirewallId, InstanceId, NodeId, PoolId};

    fn pool(id: u64, kind: &str, gpu: bool) -> Pool {
        let label = (GPU_LABEL.0.to_owned(), GPU_LABEL.1.to_owned());
        Pool {
            id: PoolId(id),
            instance_type: kind.to_owned(),
            count: 2,
            autoscaler: gpu.then_some(Bounds { min: 1, max: 4 }),
            tags: Vec::new(),
            labels: gpu.then_some(label).into_iter().collect(),
            nodes: vec![Node {
                id: NodeId(format!("{id}-00")),
                instance: Some(InstanceId(id)),
                ready: true,
            }],
        }
    }

    /// What a Spec looks like in the cloud once it is made.
    fn made(spec: &Spec) -> Standing {
        let born = Timestamp::UNIX_EPOCH;
        let marks = ["ql-01jdcanary0000000000000000", "qo-00000001"].map(ToOwned::to_owned);
        Standing {
            label: spec.label(),
            clusters: vec![Cluster {
                id: ClusterId(1),
                label: spec.label(),
                region: spec.region.clone(),
                kubernetes_version: spec.kubernetes_version.clone(),
                ha: spec.ha,
                tags: spec.tags.iter().cloned().chain(marks).collect(),
                created: born,
                locks: Vec::new(),
            }],
            firewalls: vec![Firewall {
                id: FirewallId(1),
                label: spec.label(),
                tags: Vec::new(),
                instances: Vec::new(),
                created: born,
            }],
            pools: vec![
                pool(1, "g6-standard-2", false),
                pool(2, "g2-gpu-rtx4000a1-s", true),
            ],
            instances: Vec::new(),
            access: Some(AccessList {
                enabled: true,
                addresses: spec.kubectl_access.clone().unwrap_or_default(),
                revision: None,
            }),
            rules: Some(preset::firewall_rules(spec)),
            controller: Controller::Absent,
        }
    }

    fn spec() -> Spec {
        let list = |net: &str| Some(vec![net.parse().unwrap()]);
        let mut spec = Spec {
            kubectl_access: list("203.0.113.7/32"),
            ui_access: list("203.0.113.0/24"),
            gpu_count: 2,
            gpu_max: 4,
            ..Spec::for_user("ada")
        };
        spec.system_pool.as_mut().unwrap().count = 2;
        spec.firewall_rules = vec![FirewallRule {
            label: "ssh".to_owned(),
            ..preset::firewall_rules(&spec).swap_remove(1)
        }];
        spec
    }

    #[test]
    fn what_was_made_of_a_spec_reads_back_as_that_spec() {
        let wishes = Spec {
            stops: Stops::AfterMinutes(60),
            gpu_slices: Some(4),
            ..spec()
        };
        assert_eq!(made(&wishes).spec(Some(&wishes)), wishes);
        assert_eq!(made(&wishes).spec(None), spec());
    }

    #[test]
    fn every_machine_that_runs_is_in_it_with_its_price_and_a_second_cluster_is_told() {
        let mut standing = made(&spec());
        let second = Cluster {
            id: ClusterId(9),
            ..standing.clusters[0].clone()
        };
        standing.clusters.push(second);
        let things = standing.things(&Prices::default());
        let told: Vec<String> = things
            .iter()
            .map(|one| {
                let second = if one.second { " (second)" } else { "" };
                format!("{}{second}", one.thing)
            })
            .collect();
        assert_eq!(
            told.join(", "),
            "firewall 1, cluster 1, control plane of 1, cluster 9 (second), \
             control plane of 9 (second), linode 1, pool 2, linode 2"
        );
    }
}
