//! Linode's side of the autoscaler: a pool's count follows what its workloads need, within the
//! bounds. It never lifts a pool to `min` nor lowers it to `max`: a count outside stays until the
//! workloads call for another one. The workloads are the pods of the cluster, or what `/_demo` says
//! that they need.
//!
//! Deliberately absent: nodes that are half empty are not cleared.

use jiff::Timestamp;

use crate::catalog::instance_type;
use crate::clock::later;
use crate::draw;
use crate::kubernetes::{self, Effect, NodeSeed, Shape};
use crate::latency;
use crate::quotas::Counted;
use crate::schedule::Due;
use crate::store::World;
use crate::things::{Linode, LkeCluster, Pool};

/// For so long a node is idle before it goes, in demo milliseconds.
const IDLE_MS: i64 = 600_000;
/// After a refusal of the API, so long passes until the next try.
const RETRY_MS: i64 = 60_000;

/// Where the autoscaler takes a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    /// It leaves it alone.
    Stay,
    /// To this count.
    Up(u32),
    /// One node at a time.
    Down,
}

impl Pool {
    fn course(&self) -> Course {
        let (bounds, count) = (self.autoscaler, self.count);
        match self.needed {
            Some(needed) if bounds.enabled && needed > count && count < bounds.max => {
                Course::Up(needed.min(bounds.max))
            }
            Some(needed) if bounds.enabled && needed < count && count > bounds.min => Course::Down,
            Some(_) | None => Course::Stay,
        }
    }
}

impl World {
    /// The workloads of a pool need so many nodes from now on. `false`: there is no such pool.
    pub(crate) fn need_nodes(&mut self, at: Timestamp, pool: u64, needed: u32) -> bool {
        let Some(cluster) = self.home_of(pool) else {
            return false;
        };
        if let Some(pool) = self.pool_mut(cluster, pool) {
            pool.needed = Some(needed);
        }
        self.plan_autoscale(at, cluster, pool);
        true
    }

    fn home_of(&self, pool: u64) -> Option<u64> {
        let has = |id: &u64| {
            let cluster = self.clusters.get(id);
            cluster.is_some_and(|one| one.pools.iter().any(|one| one.id == pool))
        };
        self.clusters.keys().copied().find(has)
    }

    fn pool_mut(&mut self, cluster: u64, pool: u64) -> Option<&mut Pool> {
        self.clusters.get_mut(&cluster)?.pool_mut(pool)
    }

    /// The autoscaler looks again when its delay is over: soon for more nodes, late for fewer.
    pub(crate) fn plan_autoscale(&mut self, at: Timestamp, cluster: u64, pool: u64) {
        let on = self.pool_mut(cluster, pool);
        if on.is_some_and(|pool| pool.autoscaler.enabled && pool.needed.is_none())
            && let Some(kube) = self.kubes.get(&cluster)
        {
            kube.look_again();
        }
        let delay = match self.pool_mut(cluster, pool).map(|pool| pool.course()) {
            None | Some(Course::Stay) => return,
            Some(Course::Up(_)) => latency::AUTOSCALE_UP,
            Some(Course::Down) => latency::AUTOSCALE_DOWN,
        };
        let which = self.count("autoscale");
        self.after(at, delay, which, Due::Autoscaled { cluster, pool });
    }

    /// The autoscaler acts.
    pub(crate) fn autoscale(&mut self, at: Timestamp, cluster: u64, id: u64) {
        let Some(pool) = self.pool_mut(cluster, id) else {
            return;
        };
        match pool.course() {
            Course::Stay => return,
            Course::Up(count) => {
                let more = count - pool.count;
                let account = self.clusters.get(&cluster).map(|one| one.account.clone());
                let account = account.unwrap_or_default();
                if self.check_quota(&account, Counted::Linodes, more).is_err() {
                    self.starved_event(at, cluster);
                    return;
                }
                if let Some(pool) = self.pool_mut(cluster, id) {
                    pool.count = count;
                }
                self.add_nodes(at, cluster, id, more, &mut None);
            }
            Course::Down => {
                pool.count -= 1;
                if let Some(last) = pool.nodes.last().map(|node| node.id.clone()) {
                    self.drop_node(at, cluster, &last);
                    self.node_event(at, cluster, "lke_node_delete");
                }
            }
        }
        self.plan_autoscale(at, cluster, id);
    }

    /// Pods of a cluster wait: where more nodes of an autoscaled pool would let them in, they come.
    pub(crate) fn grow(&mut self, at: Timestamp, id: u64) {
        let (Some(cluster), Some(kube)) = (self.clusters.get(&id), self.kubes.get(&id)) else {
            return;
        };
        let account = cluster.account.clone();
        let mut shapes = Vec::new();
        for pool in &cluster.pools {
            let name = format!("lke{id}-{}-next", pool.id);
            let Some(seed) = self.node_seed(cluster, pool, name, None) else {
                return;
            };
            let coming = pool.nodes.iter().filter(|one| !one.ready && !one.doomed);
            let more = pool.autoscaler.max.saturating_sub(pool.count);
            shapes.push(Shape {
                seed,
                coming: u32::try_from(coming.count()).unwrap_or(u32::MAX),
                more: if pool.autoscaler.enabled { more } else { 0 },
            });
        }
        let wanted = kube.wanted(&shapes, at);
        for (shape, more) in shapes.iter().zip(wanted) {
            if more == 0 {
                continue;
            }
            if self.check_quota(&account, Counted::Linodes, more).is_err() {
                self.starved_event(at, id);
                let effect = Effect::NodesWanted;
                let due = Due::Controller {
                    cluster: id,
                    effect,
                };
                self.schedule.add(later(at, RETRY_MS), due);
                continue;
            }
            let pool = shape.seed.pool_id;
            if let Some(pool) = self.pool_mut(id, pool) {
                pool.count += more;
                pool.needed = None;
            }
            self.add_nodes(at, id, pool, more, &mut None);
        }
    }

    /// Nodes that ran nothing but daemons for long enough go, down to the pools' bounds.
    pub(crate) fn shrink(&mut self, at: Timestamp, id: u64) {
        let Some(cluster) = self.clusters.get(&id) else {
            return;
        };
        // Where `/_demo` says what is needed, pods do not.
        let above = |pool: &&Pool| {
            let bounds = pool.autoscaler;
            bounds.enabled && pool.needed.is_none() && pool.count > bounds.min
        };
        let idle = self.kubes.get(&id).map(kubernetes::Cluster::idle);
        let idle = idle.unwrap_or_default();
        let (mut going, mut next) = (Vec::new(), None::<Timestamp>);
        for pool in cluster.pools.iter().filter(above) {
            let mut spare = pool.count.saturating_sub(pool.autoscaler.min);
            for node in pool.nodes.iter().filter(|node| node.ready).rev() {
                let Some(since) = idle.get(&cluster.node_name(&node.id)) else {
                    continue;
                };
                let ripe = later(*since, IDLE_MS);
                if spare == 0 {
                    break;
                }
                spare -= 1;
                if ripe <= at {
                    going.push((pool.id, node.id.clone()));
                } else {
                    next = Some(next.map_or(ripe, |next| next.min(ripe)));
                }
            }
        }
        for (pool, node) in going {
            if let Some(pool) = self.pool_mut(id, pool) {
                pool.count -= 1;
            }
            self.drop_node(at, id, &node);
            self.node_event(at, id, "lke_node_delete");
        }
        if let Some(next) = next {
            let effect = Effect::NodesIdle;
            let due = Due::Controller {
                cluster: id,
                effect,
            };
            self.schedule.add(next, due);
        }
    }

    /// A node of a pool as it joins; without a Linode, as the next one will.
    pub(crate) fn node_seed(
        &self,
        cluster: &LkeCluster,
        pool: &Pool,
        name: String,
        linode: Option<&Linode>,
    ) -> Option<NodeSeed> {
        let kind = instance_type(&pool.kind)?;
        let id = linode.map_or(0, |linode| linode.id);
        let broken = draw::bits(self.seed, "broken-gpu", id) % 1000;
        Some(NodeSeed {
            name,
            pool_id: pool.id,
            instance_id: id,
            instance_type: pool.kind.clone(),
            region: cluster.region.clone(),
            labels: pool.labels.clone(),
            taints: pool.taints.clone(),
            vcpus: kind.vcpus,
            memory_mb: kind.memory,
            gpus: kind.gpus,
            broken: linode.is_some() && broken < u64::from(self.switches.broken_gpus_permille),
            hidden: self.switches.gpus_hidden_from_pods,
            private_ip: linode.map_or_else(String::new, |one| one.private_ip.clone()),
            public_ip: linode.map_or_else(String::new, |one| one.public_ip.clone()),
            version: cluster.kube_version(),
        })
    }
}
