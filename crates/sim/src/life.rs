//! What happens as time passes. Everything that is to come stands in one schedule and is carried
//! out, in its order and at its own time, before the next request is answered.

use jiff::Timestamp;

use crate::catalog::instance_type;
use crate::children::BY;
use crate::draw;
use crate::events::Entity;
use crate::kubernetes::{self, Effect};
use crate::latency;
use crate::ledger::{Kind, Row};
use crate::linode;
use crate::schedule::Due;
use crate::store::World;
use crate::things::{Linode, NodeBalancer};

impl World {
    /// Lets the world come to `now`.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        loop {
            while let Some((at, due)) = self.schedule.pop(now) {
                self.dirty = true;
                self.perform(at, due);
            }
            if !self.collect_effects(now) {
                return;
            }
        }
    }

    /// Plans what the clusters' controllers want; whether something may be due at once.
    fn collect_effects(&mut self, now: Timestamp) -> bool {
        let mut wanted = Vec::new();
        for (cluster, kube) in &self.kubes {
            let effects = kube.take_effects().into_iter();
            wanted.extend(effects.map(|effect| (*cluster, effect)));
        }
        self.plan_effects(now, wanted);
        self.schedule.next().is_some_and(|next| next <= now)
    }

    /// What one cluster's controllers want because of what just happened to it: in its own time, also
    /// when nobody asked for long.
    pub(crate) fn collect_effects_of(&mut self, at: Timestamp, cluster: u64) {
        if let Some(kube) = self.kubes.get(&cluster) {
            let effects = kube.take_effects().into_iter();
            let wanted = effects.map(|effect| (cluster, effect)).collect();
            self.plan_effects(at, wanted);
        }
    }

    fn plan_effects(&mut self, now: Timestamp, wanted: Vec<(u64, Effect)>) {
        for (cluster, effect) in wanted {
            self.dirty = true;
            let which = self.count("effect");
            let span = match &effect {
                Effect::LoadBalancerWanted { .. } | Effect::LoadBalancerChanged { .. } => {
                    latency::LOAD_BALANCER
                }
                Effect::VolumeWanted { .. } => latency::VOLUME,
                Effect::PodRuns { seconds: 0, .. } => latency::POD,
                Effect::PodRuns { seconds, .. } | Effect::Look { seconds, .. } => {
                    let ms = i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX);
                    let due = Due::Controller { cluster, effect };
                    self.schedule.add(crate::clock::later(now, ms), due);
                    continue;
                }
                Effect::FirewallWished => {
                    let ms = self.latency_ms(latency::RECONCILE, which);
                    self.schedule
                        .reconcile(cluster, crate::clock::later(now, ms), 0);
                    continue;
                }
                Effect::DefinitionWanted { .. } => latency::DEFINITION,
                Effect::NodesWanted => latency::AUTOSCALE_UP,
                Effect::NodesIdle => latency::AUTOSCALE_DOWN,
                Effect::LoadBalancerGone { uid, .. } => {
                    self.schedule.forget_load_balancer(uid);
                    latency::CONTROLLER_GONE
                }
                Effect::VolumeGone { .. } => latency::CONTROLLER_GONE,
            };
            self.after(now, span, which, Due::Controller { cluster, effect });
        }
    }

    fn perform(&mut self, at: Timestamp, due: Due) {
        match due {
            Due::KubeReady { cluster } => self.kube_ready(at, cluster),
            Due::LinodeBorn { cluster, node } => {
                self.linode_born(at, cluster, &node);
            }
            Due::LinodeStatus { linode, status } => self.linode_status(at, linode, &status),
            Due::NodeReady { cluster, node } => {
                self.node_ready(at, cluster, &node);
                self.collect_effects_of(at, cluster);
            }
            Due::NodeRecycled { cluster, node } => self.replace_node(at, cluster, &node),
            Due::AclEnforced { cluster, revision } => self.acl_enforced(cluster, &revision),
            Due::ClusterGone { cluster } => self.cluster_gone(at, cluster),
            Due::LinodeGone { linode } => self.linode_gone(at, linode),
            Due::VolumeActive { volume } => {
                if let Some(one) = self.volumes.get_mut(&volume) {
                    "active".clone_into(&mut one.status);
                }
                self.finish_event(at, "volume_create", volume);
            }
            Due::Controller { cluster, effect } => {
                self.control(at, cluster, effect);
                self.collect_effects_of(at, cluster);
            }
            Due::Firewall { cluster, failures } => {
                self.reconcile_firewall(at, cluster, failures);
                self.collect_effects_of(at, cluster);
            }
            Due::Autoscaled { cluster, pool } => self.autoscale(at, cluster, pool),
            Due::Unlocked { lock } => {
                self.locks.remove(&lock);
            }
            Due::Late { ask } => linode::commit(self, &ask, at),
        }
    }

    fn kube_ready(&mut self, at: Timestamp, id: u64) {
        let Some(cluster) = self.clusters.get_mut(&id) else {
            return;
        };
        cluster.kube_ready = true;
        let kube = kubernetes::Cluster::new(id, &cluster.kube_version(), at, self.seed);
        if self.switches.metrics_server {
            kube.install_metrics(at);
        }
        self.kubes.insert(id, kube);
        if !self.served {
            let port = u16::try_from(6442 + self.count("kube-port")).unwrap_or(u16::MAX);
            self.ports.insert(id, port);
        }
        let ready: Vec<String> = self.clusters.get(&id).map_or_else(Vec::new, |cluster| {
            let nodes = cluster.pools.iter().flat_map(|pool| &pool.nodes);
            nodes
                .filter(|node| node.ready)
                .map(|node| node.id.clone())
                .collect()
        });
        for node in ready {
            self.join(at, id, &node);
        }
    }

    fn linode_born(&mut self, at: Timestamp, cluster_id: u64, node_id: &str) -> Option<()> {
        let cluster = self.clusters.get(&cluster_id)?;
        let (pool, _) = cluster.node(node_id)?;
        let (kind, region) = (pool.kind.clone(), cluster.region.clone());
        let (account, label) = (cluster.account.clone(), cluster.node_name(node_id));
        let pool_id = pool.id;
        // On the standard tier no tag comes down to a Linode.
        let tags = if cluster.enterprise.is_some() {
            let own = pool.tags.iter().filter(|tag| !cluster.tags.contains(tag));
            cluster.tags.iter().chain(own).cloned().collect()
        } else {
            Vec::new()
        };
        let id = self.next_id("linode", 94_900_000);
        let place = |what: &str| draw::bits(self.seed, what, id);
        let (public, private) = (place("public-ip"), place("private-ip"));
        let linode = Linode {
            id,
            account: account.clone(),
            label: label.clone(),
            kind: kind.clone(),
            region: region.clone(),
            status: "provisioning".to_owned(),
            created: at,
            updated: at,
            public_ip: format!("198.18.{}.{}", public >> 8 & 255, 1 + public % 254),
            private_ip: format!(
                "192.168.{}.{}",
                128 + (private >> 8 & 127),
                1 + private % 254
            ),
            cluster: Some(cluster_id),
            tags,
            linger_seconds: 0,
        };
        self.linodes.insert(id, linode);
        let price = instance_type(&kind)
            .map(|kind| self.price_now(kind.price_in(&region)))
            .unwrap_or_default();
        let row = Row::new(Kind::Linode, id, &label, &account, at);
        let row = row.priced(price).placed(&region);
        self.ledger.birth(row.of(Some(cluster_id)));
        self.event(
            at,
            &account,
            "Linode",
            "linode_create",
            Entity::new("linode", id, &label),
        );
        let pool = self.clusters.get_mut(&cluster_id)?.pool_mut(pool_id)?;
        pool.nodes
            .iter_mut()
            .find(|node| node.id == node_id)?
            .linode = Some(id);
        for (times, status) in [(1, "booting"), (2, "running")] {
            let ms = self.latency_ms(latency::BOOT, id) * times;
            let due = Due::LinodeStatus {
                linode: id,
                status: status.to_owned(),
            };
            self.schedule.add(crate::clock::later(at, ms), due);
        }
        if self.switches.default_firewall_on_nodes {
            self.guard_by_default(at, &account, id);
        }
        Some(())
    }

    fn linode_status(&mut self, at: Timestamp, id: u64, status: &str) {
        let Some(linode) = self.linodes.get_mut(&id) else {
            return;
        };
        if linode.status == "deleting" {
            return;
        }
        status.clone_into(&mut linode.status);
        linode.updated = at;
        if status == "booting" {
            let (account, label) = (linode.account.clone(), linode.label.clone());
            self.finish_event(at, "linode_create", id);
            let entity = Entity::new("linode", id, &label);
            self.event(at, &account, "Linode", "linode_boot", entity);
        }
        if status == "running" {
            self.finish_event(at, "linode_boot", id);
        }
    }

    fn node_ready(&mut self, at: Timestamp, cluster: u64, node_id: &str) {
        let nodes = self
            .clusters
            .get_mut(&cluster)
            .into_iter()
            .flat_map(|one| &mut one.pools);
        let Some(node) = nodes
            .flat_map(|pool| &mut pool.nodes)
            .find(|node| node.id == node_id)
        else {
            return;
        };
        if node.doomed {
            return;
        }
        node.ready = true;
        self.join(at, cluster, node_id);
    }

    /// A ready node appears in Kubernetes, as soon as there is one.
    fn join(&mut self, at: Timestamp, id: u64, node_id: &str) {
        let (Some(kube), Some(cluster)) = (self.kubes.get(&id), self.clusters.get(&id)) else {
            return;
        };
        let Some((pool, node)) = cluster.node(node_id) else {
            return;
        };
        let Some(linode) = node.linode.and_then(|id| self.linodes.get(&id)) else {
            return;
        };
        let Some(seed) = self.node_seed(cluster, pool, cluster.node_name(node_id), Some(linode))
        else {
            return;
        };
        let may_go = pool.autoscaler.enabled && pool.count > pool.autoscaler.min;
        kube.add_node(seed, at);
        self.guard_nodes();
        if may_go {
            let effect = Effect::NodesIdle;
            let which = self.count("effect");
            let due = Due::Controller {
                cluster: id,
                effect,
            };
            self.after(at, latency::AUTOSCALE_DOWN, which, due);
        }
    }

    fn acl_enforced(&mut self, cluster: u64, revision: &str) {
        let acl = self
            .clusters
            .get_mut(&cluster)
            .and_then(|cluster| cluster.acl.as_mut());
        // A newer list overtook this one: its own time comes.
        if let Some(acl) = acl.filter(|acl| acl.revision == revision) {
            revision.clone_into(&mut acl.enforced_revision);
            acl.enforced = acl
                .enabled
                .then(|| acl.ipv4.iter().chain(&acl.ipv6).cloned().collect());
        }
    }

    fn cluster_gone(&mut self, at: Timestamp, id: u64) {
        if self.clusters.remove(&id).is_none() {
            return;
        }
        if let Some(kube) = self.kubes.remove(&id) {
            kube.close();
        }
        self.ports.remove(&id);
        self.ledger.death(Kind::Cluster, id, at);
        self.ledger.death(Kind::ControlPlane, id, at);
        for linode in self.linodes_of(id) {
            self.end_linode(at, linode, BY);
        }
        if !self.switches.delete_leaves_children {
            let of = |one: &NodeBalancer| one.cluster.as_ref().is_some_and(|(made, _)| *made == id);
            let balancers: Vec<u64> = self
                .nodebalancers
                .values()
                .filter(|one| of(one))
                .map(|one| one.id)
                .collect();
            let volumes: Vec<u64> = self
                .volumes
                .values()
                .filter(|one| one.cluster == Some(id))
                .map(|one| one.id)
                .collect();
            for one in balancers {
                self.end_nodebalancer(at, one, BY);
            }
            for one in volumes {
                self.end_volume(at, one, BY);
            }
        }
    }

    fn linodes_of(&self, cluster: u64) -> Vec<u64> {
        let mine = self
            .linodes
            .values()
            .filter(|one| one.cluster == Some(cluster));
        mine.map(|one| one.id).collect()
    }

    /// A Linode begins to go.
    pub(crate) fn end_linode(&mut self, at: Timestamp, id: u64, by: &str) {
        let Some(linode) = self.linodes.get_mut(&id) else {
            return;
        };
        if linode.status != "deleting" {
            "deleting".clone_into(&mut linode.status);
            linode.updated = at;
            let entity = Entity::new("linode", id, &linode.label);
            let account = linode.account.clone();
            let from = crate::clock::later(at, i64::from(linode.linger_seconds) * 1000);
            self.event(at, &account, by, "linode_delete", entity);
            self.after(
                from,
                latency::LINODE_GONE,
                id,
                Due::LinodeGone { linode: id },
            );
        }
    }

    fn linode_gone(&mut self, at: Timestamp, id: u64) {
        if self.linodes.remove(&id).is_none() {
            return;
        }
        self.ledger.death(Kind::Linode, id, at);
        self.drop_devices("linode", id);
        for volume in self
            .volumes
            .values_mut()
            .filter(|volume| volume.linode == Some(id) && volume.stuck_until.is_none())
        {
            volume.linode = None;
        }
        // What it had begun ends with it.
        for action in ["linode_create", "linode_boot", "linode_delete"] {
            self.finish_event(at, action, id);
        }
    }
}
