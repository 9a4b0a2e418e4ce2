//! `/lke/clusters/{id}/nodes` and the making, dropping and recycling of nodes.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Answer, Call, Refusal, Reply, clusters};
use crate::catalog::instance_type;
use crate::children::BY;
use crate::draw;
use crate::latency;
use crate::schedule::Due;
use crate::store::World;
use crate::things::Node;
use crate::tokens::Access;

pub(super) fn reply(node: &Node) -> Value {
    let status = if node.ready { "ready" } else { "not_ready" };
    json!({"id": node.id, "instance_id": node.linode, "status": status})
}

/// The cluster's id and the node's, when both are there.
fn find(world: &mut World, call: &Call) -> Result<(u64, Node), Refusal> {
    let cluster = clusters::find(world, call, Access::Write)?;
    let (_, node) = cluster.node(call.word(1)).ok_or_else(Refusal::not_found)?;
    Ok((cluster.id, node.clone()))
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    find(world, call).map(|(_, node)| Reply::One(reply(&node)))
}

/// Lowers the pool's count, never its autoscaler's bounds (recorded).
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let (cluster, node) = find(world, call)?;
    if let Some(linode) = node.linode {
        world.check_unlocked("linode", linode)?;
    }
    for pool in &mut clusters::find(world, call, Access::Write)?.pools {
        if pool.nodes.iter().any(|one| one.id == node.id) {
            pool.count = pool.count.saturating_sub(1);
        }
    }
    world.drop_node(call.at, cluster, &node.id);
    clusters::event(world, call, "lke_node_delete", cluster);
    Ok(Reply::nothing())
}

pub(super) fn recycle(world: &mut World, call: &Call) -> Answer {
    let (cluster, node) = find(world, call)?;
    world.replace_node(call.at, cluster, &node.id);
    clusters::event(world, call, "lke_node_recycle", cluster);
    Ok(Reply::nothing())
}

pub(super) fn recycle_pool(world: &mut World, call: &Call) -> Answer {
    let cluster = clusters::find(world, call, Access::Write)?;
    let pool = cluster
        .pool_mut(call.id(1))
        .ok_or_else(Refusal::not_found)?;
    let nodes: Vec<String> = pool.nodes.iter().map(|node| node.id.clone()).collect();
    roll(world, call, &nodes);
    clusters::event(world, call, "lke_pool_recycle", call.id(0));
    Ok(Reply::nothing())
}

pub(super) fn recycle_cluster(world: &mut World, call: &Call) -> Answer {
    let cluster = clusters::find(world, call, Access::Write)?;
    let nodes = cluster.pools.iter().flat_map(|pool| &pool.nodes);
    let nodes: Vec<String> = nodes.map(|node| node.id.clone()).collect();
    roll(world, call, &nodes);
    clusters::event(world, call, "lke_cluster_recycle", call.id(0));
    Ok(Reply::nothing())
}

/// One node after the other, each when its predecessor's successor should have joined.
fn roll(world: &mut World, call: &Call, nodes: &[String]) {
    let (cluster, mut at) = (call.id(0), call.at);
    for node in nodes {
        let due = Due::NodeRecycled {
            cluster,
            node: node.clone(),
        };
        world.schedule.add(at, due);
        let which = world.count("recycle");
        at = crate::clock::later(at, world.latency_ms(latency::RECYCLE, which));
    }
    world.advance(call.at);
}

impl World {
    /// A pool gets `count` more nodes; `have` counts down what capacity there is.
    pub(crate) fn add_nodes(
        &mut self,
        at: Timestamp,
        cluster: u64,
        pool: u64,
        count: u32,
        have: &mut Option<u32>,
    ) {
        let labelled = self.switches.labelled_node_names;
        for _ in 0..count {
            let nth = self.count("node");
            let hex = draw::bits(self.seed, "node", nth) >> 32;
            let node = format!("{pool}-{hex:08x}0000");
            let starved = *have == Some(0);
            if let Some(left) = have {
                *left = left.saturating_sub(1);
            }
            let pools = self
                .clusters
                .get_mut(&cluster)
                .and_then(|one| one.pool_mut(pool));
            let Some(pool) = pools else { return };
            let named = labelled && !pool.label.is_empty();
            let name = named.then(|| format!("{cluster}-{}-{hex:08x}", pool.label));
            pool.nodes.push(Node {
                name,
                id: node.clone(),
                linode: None,
                ready: false,
                starved,
                doomed: false,
            });
            let gpus = instance_type(&pool.kind).map_or(0, |kind| kind.gpus);
            if starved {
                // A notification of this action means that making the node has failed.
                self.starved_event(at, cluster);
                continue;
            }
            let due = Due::LinodeBorn {
                cluster,
                node: node.clone(),
            };
            self.after(at, latency::INSTANCE, nth, due);
            let span = if gpus > 0 {
                latency::GPU_READY
            } else {
                latency::CPU_READY
            };
            self.after(at, span, nth, Due::NodeReady { cluster, node });
        }
    }

    /// A node could not be made.
    pub(crate) fn starved_event(&mut self, at: Timestamp, id: u64) {
        self.node_event(at, id, "lke_node_create");
    }

    /// Something happens to a node of a cluster, by itself.
    pub(crate) fn node_event(&mut self, at: Timestamp, id: u64, action: &str) {
        let Some(cluster) = self.clusters.get(&id) else {
            return;
        };
        let entity = crate::events::Entity::new("lkecluster", id, &cluster.label);
        let account = cluster.account.clone();
        self.event(at, &account, BY, action, entity);
    }

    /// A node leaves its pool and Kubernetes; its Linode begins to go.
    pub(crate) fn drop_node(&mut self, at: Timestamp, id: u64, node: &str) {
        let Some(cluster) = self.clusters.get_mut(&id) else {
            return;
        };
        let linode = cluster.node(node).and_then(|(_, node)| node.linode);
        let name = cluster.node_name(node);
        for pool in &mut cluster.pools {
            pool.nodes.retain(|one| one.id != node);
        }
        if let Some(kube) = self.kubes.get(&id) {
            kube.remove_node(&name, at);
        }
        if let Some(linode) = linode {
            self.end_linode(at, linode, BY);
        }
    }

    /// A fresh node takes the place of one, in the same pool.
    pub(crate) fn replace_node(&mut self, at: Timestamp, cluster: u64, node: &str) {
        let place = self.clusters.get(&cluster).and_then(|one| one.node(node));
        let Some(pool) = place.map(|(pool, _)| pool.id) else {
            return;
        };
        self.drop_node(at, cluster, node);
        self.add_nodes(at, cluster, pool, 1, &mut None);
    }
}
