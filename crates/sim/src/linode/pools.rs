//! `/lke/clusters/{id}/pools`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::pool_wants::{self, PoolWant};
use super::wants::{self, Wrong, given};
use super::{Answer, Call, Refusal, Reply, clusters, enterprise, nodes};
use crate::kubernetes::Paint;
use crate::quotas::Counted;
use crate::store::World;
use crate::things::{Autoscaler, EnterprisePool, Pool};
use crate::tokens::Access;

fn reply(world: &World, pool: &Pool) -> Value {
    let nodes: Vec<Value> = pool.nodes.iter().map(nodes::reply).collect();
    let mut reply = json!({
        "id": pool.id, "type": pool.kind, "label": pool.label, "count": pool.count,
        "nodes": [], "disks": pool.disks,
        "autoscaler": {
            "enabled": pool.autoscaler.enabled, "min": pool.autoscaler.min,
            "max": pool.autoscaler.max,
        },
        "labels": pool.labels, "taints": pool.taints, "tags": pool.tags,
        "disk_encryption": pool.disk_encryption, "locks": world.locks_of("lkenodepool", pool.id),
    });
    // Moved in: the macro would copy them.
    reply["nodes"] = Value::Array(nodes);
    if let Some(own) = &pool.enterprise {
        enterprise::show_pool(&mut reply, own);
    }
    reply
}

/// Makes a pool with its nodes; `have` counts down what capacity there is, `None` is plenty.
pub(super) fn make(
    world: &mut World,
    call: &Call,
    cluster: u64,
    want: PoolWant,
    have: &mut Option<u32>,
) -> u64 {
    let id = world.next_id("pool", 855_000);
    let above = world.clusters.get(&cluster);
    let above = above.filter(|cluster| cluster.enterprise.is_some());
    let enterprise = above.zip(want.enterprise);
    let enterprise = enterprise.map(|(cluster, own)| EnterprisePool {
        version: own.version.or_else(|| Some(cluster.version.clone())),
        ..own
    });
    let pool = Pool {
        id,
        kind: want.kind.id.to_owned(),
        label: want.label,
        count: want.count,
        nodes: Vec::new(),
        autoscaler: want.autoscaler.unwrap_or(Autoscaler {
            enabled: false,
            min: want.count,
            max: want.count,
        }),
        needed: None,
        labels: want.labels,
        taints: want.taints,
        tags: want.tags,
        disks: want.disks,
        disk_encryption: want.disk_encryption,
        created: call.at,
        enterprise,
    };
    if let Some(cluster) = world.clusters.get_mut(&cluster) {
        cluster.pools.push(pool);
    }
    world.add_nodes(call.at, cluster, id, want.count, have);
    id
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let pools = clusters::find(world, call, Access::Read)?.pools.clone();
    let rows = pools.iter().filter(|pool| call.shows(pool.created));
    Ok(Reply::Page {
        rows: rows.map(|pool| reply(world, pool)).collect(),
        filterable: &["id", "tags"],
    })
}

fn find<'world>(
    world: &'world mut World,
    call: &Call,
    need: Access,
) -> Result<&'world mut Pool, Refusal> {
    clusters::find(world, call, need)?
        .pool_mut(call.id(1))
        .ok_or_else(Refusal::not_found)
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let id = find(world, call, Access::Read)?.id;
    shown(world, call, id)
}

fn shown(world: &World, call: &Call, id: u64) -> Answer {
    let cluster = world.clusters.get(&call.id(0));
    let pool = cluster.and_then(|one| one.pools.iter().find(|pool| pool.id == id));
    let pool = pool.ok_or_else(Refusal::not_found)?;
    Ok(Reply::One(reply(world, pool)))
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let cluster = clusters::find(world, call, Access::Write)?;
    if cluster.deleting {
        return Err(Refusal::bad(None, "Cluster is being deleted"));
    }
    let (id, region) = (cluster.id, cluster.region.clone());
    let is_enterprise = cluster.enterprise.is_some();
    let nodes: u32 = cluster.pools.iter().map(|pool| pool.count).sum();
    let want = pool_wants::pool(world, &call.body, Some(&region), is_enterprise)?;
    pool_wants::check_nodes("count", nodes + want.count)?;
    world.check_quota(&call.user.account, Counted::Linodes, want.count)?;
    let pool = make(world, call, id, want, &mut call.have.clone());
    clusters::event(world, call, "lke_pool_create", id);
    shown(world, call, pool)
}

/// What a pool puts on its nodes.
fn paint(pool: &Pool) -> Paint {
    Paint {
        labels: pool.labels.clone(),
        taints: pool.taints.clone(),
    }
}

impl World {
    /// Labels and taints of a pool are applied without a recycle.
    fn repaint_nodes(&self, at: Timestamp, (cluster, pool): (u64, u64), old: &Paint, new: &Paint) {
        let (Some(kube), Some(cluster)) = (self.kubes.get(&cluster), self.clusters.get(&cluster))
        else {
            return;
        };
        let pools = cluster.pools.iter().filter(|one| one.id == pool);
        for node in pools.flat_map(|one| &one.nodes) {
            kube.repaint_node(&cluster.node_name(&node.id), old, new, at);
        }
    }
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let body = &call.body;
    let pool = find(world, call, Access::Write)?.clone();
    let (id, old) = (pool.id, pool.count);
    let unpainted = paint(&pool);
    let mut wrong = Wrong::default();
    for fixed in ["type", "disks", "disk_encryption"] {
        let is = reply(world, &pool).get(fixed).cloned();
        if given(body, fixed).is_some_and(|wanted| Some(wanted) != is.as_ref()) {
            let reason = format!("{fixed} cannot be changed");
            wrong.add(Refusal::bad(Some(fixed), &reason));
        }
    }
    let count = given(body, "count").map(|_| pool_wants::count(body));
    let count = wrong.keep(count.transpose()).flatten().unwrap_or(old);
    let autoscaler = wrong.keep(pool_wants::autoscaler(world, body, count));
    let labels = wrong.keep(pool_wants::labels(body)).flatten();
    let taints = wrong.keep(pool_wants::taints(body)).flatten();
    let tags = wrong.keep(wants::tags(body)).flatten();
    let label = wrong.keep(pool_wants::pool_label(body)).flatten();
    let own = pool.enterprise.as_ref();
    let own = own.map(|own| enterprise::pool(body, Some(own)));
    let own = wrong.keep(own.transpose()).flatten();
    let pools = &clusters::find(world, call, Access::Write)?.pools;
    let others = pools.iter().filter(|pool| pool.id != id);
    let nodes = others.map(|pool| pool.count).sum::<u32>() + count;
    wrong.keep(pool_wants::check_nodes("count", nodes));
    wrong.end()?;
    let more = count.saturating_sub(old);
    world.check_quota(&call.user.account, Counted::Linodes, more)?;
    let pool = find(world, call, Access::Write)?;
    pool.count = count;
    pool.enterprise = own;
    pool.label = label.unwrap_or_else(|| pool.label.clone());
    pool.tags = tags.unwrap_or_else(|| pool.tags.clone());
    pool.labels = labels.unwrap_or_else(|| pool.labels.clone());
    pool.taints = taints.unwrap_or_else(|| pool.taints.clone());
    if let Some(wanted) = autoscaler.flatten() {
        pool.autoscaler = wanted;
    } else if !pool.autoscaler.enabled && count != old {
        pool.autoscaler = Autoscaler {
            enabled: false,
            min: count,
            max: count,
        };
    }
    let painted = paint(pool);
    let last: Vec<String> = pool
        .nodes
        .iter()
        .rev()
        .take(old.saturating_sub(count) as usize)
        .map(|node| node.id.clone())
        .collect();
    let cluster = call.id(0);
    for node in last {
        world.drop_node(call.at, cluster, &node);
        clusters::event(world, call, "lke_node_delete", cluster);
    }
    let mut have = call.have;
    world.add_nodes(call.at, cluster, id, count.saturating_sub(old), &mut have);
    world.plan_autoscale(call.at, cluster, id);
    if painted != unpainted {
        world.repaint_nodes(call.at, (cluster, id), &unpainted, &painted);
    }
    clusters::event(world, call, "lke_cluster_update", cluster);
    shown(world, call, id)
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let pool = find(world, call, Access::Write)?;
    let (id, nodes) = (pool.id, pool.nodes.clone());
    let cluster = clusters::find(world, call, Access::Write)?;
    if cluster.pools.len() == 1 && !world.switches.cluster_without_pools {
        let reason = "Cannot delete the last node pool of a cluster";
        return Err(Refusal::bad(None, reason));
    }
    world.check_pool_unlocked(call.id(0), id)?;
    for node in nodes {
        world.drop_node(call.at, call.id(0), &node.id);
    }
    clusters::find(world, call, Access::Write)?
        .pools
        .retain(|pool| pool.id != id);
    clusters::event(world, call, "lke_pool_delete", call.id(0));
    Ok(Reply::nothing())
}
