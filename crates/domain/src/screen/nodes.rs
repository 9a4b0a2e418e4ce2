//! A node's row: LKE's, Linode's and Kubernetes' word on it side by side, what its pods leave of it,
//! and the sums over all rows.

use super::deployment::{Facts, state};
use super::{activity, usage};
use crate::ids::NodeId;
use crate::inside::{Amounts, NodeInside, Room, rooms};
use crate::inventory::{GpuTest, Node};
use crate::money::MicroUsd;
use crate::plan::PoolRole;
use crate::record::Thing;
use crate::text::Text;
use crate::texts;
use crate::view::{
    DeploymentState, GpuProofView, NodeInsideView, NodeRow, NodeState, NodeTotals, RoomView,
    ShareView,
};
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// A node that is ready shows its GPUs within this.
const GPUS_EXPECTED: SignedDuration = SignedDuration::from_mins(5);
const MIB: u64 = 1 << 20;

texts! {
    /// What does not fit together about a node.
    pub enum Odd {
        /// Its machine does not run.
        "node_off" Off { status: String },
        /// Kubernetes calls it ready and sees no GPU there.
        "node_bare" Bare,
        /// The test of its GPUs failed.
        "node_broken" Broken { said: String },
        /// What Kubernetes says of it cannot be read.
        "node_unreadable" Unreadable,
        /// Pods on it cannot be read.
        "node_pods_unreadable" PodsUnreadable { count: u64 },
    }
}

/// What is taken of each node, once pods were read.
type Rooms<'a> = Option<BTreeMap<&'a str, Room>>;

/// The nodes of all pools, and machines that only the journal knows.
pub(super) fn nodes(facts: &Facts<'_>) -> Vec<NodeRow> {
    let seen = facts.seen;
    let leaving = matches!(
        state(facts.progress, facts.driven),
        DeploymentState::Leaving | DeploymentState::Gone
    );
    let read = seen.kube_nodes.as_deref().zip(seen.pods_inside.as_deref());
    let taken: Rooms<'_> = read.map(|(nodes, pods)| rooms(nodes, pods));
    let mut rows = Vec::new();
    for pool in seen.pools.iter().flatten() {
        let role = facts.progress.role_of(pool);
        rows.extend(
            pool.nodes
                .iter()
                .map(|node| node_row(facts, &taken, role, node, leaving)),
        );
    }
    // Machines that the journal knows and the last reading did not hold, such as after a start.
    for (thing, _) in facts.progress.alive() {
        let Thing::Instance(instance, id, role) = thing else {
            continue;
        };
        if rows.iter().all(|row| row.id != id.0) && (leaving || seen.pools.is_none()) {
            let node = Node {
                id: id.clone(),
                instance: Some(*instance),
                ready: false,
            };
            rows.push(node_row(facts, &taken, *role, &node, leaving));
        }
    }
    rows
}

fn node_row(
    facts: &Facts<'_>,
    taken: &Rooms<'_>,
    role: PoolRole,
    node: &Node,
    leaving: bool,
) -> NodeRow {
    let seen = facts.seen;
    let machine = node
        .instance
        .and_then(|id| seen.instances.iter().flatten().find(|one| one.id == id));
    let life = node
        .instance
        .and_then(|id| facts.progress.instance(id))
        .map(|(_, life)| life);
    let kubernetes = seen.kube_nodes.iter().flatten();
    let kubernetes = kubernetes.into_iter().find(|one| one.node.is(node));
    let kubernetes_ready = kubernetes.map(|one| one.node.ready);
    let covered = node.instance.and_then(|id| seen.covers(id));
    let off = machine.is_some_and(|one| one.status == "offline");
    let state = if leaving {
        NodeState::Leaving
    } else if node.ready && kubernetes_ready != Some(false) {
        computes(role, life.and_then(|life| life.gpu.as_ref()))
    } else if off || kubernetes_ready == Some(false) {
        NodeState::NotReady
    } else {
        NodeState::Starting
    };
    let price = life.and_then(|life| life.price);
    NodeRow {
        id: node.id.0.clone(),
        short: short(&node.id),
        role,
        state,
        instance: node.instance.map(|id| id.0),
        instance_status: machine.map(|one| one.status.clone()),
        kubernetes_ready,
        covered: covered.or_else(|| life.map(|life| life.open_ms.is_some())),
        open_ms: life.and_then(|life| life.open_ms),
        price,
        since: life.map_or(facts.progress.last_at, |life| life.born),
        inside: kubernetes.map(|one| Box::new(inside(one, taken))),
        proof: life
            .and_then(|life| life.gpu.as_ref())
            .map(|test| Box::new(proof(test))),
        usage: kubernetes
            .and_then(|one| seen.usage.of(&one.node.name))
            .and_then(|day| usage::usage(day, price, facts.now))
            .map(Box::new),
        note: if leaving {
            None
        } else if let Some(machine) = machine.filter(|_| off) {
            let status = machine.status.clone();
            Some(Box::new(Odd::Off { status }.into()))
        } else {
            odd(
                facts,
                role,
                life.and_then(|life| life.gpu.as_ref()),
                kubernetes,
            )
            .or_else(|| kubernetes.and_then(|one| unreadable(one, taken)))
            .map(Box::new)
        },
    }
}

/// What a node that LKE and Kubernetes call ready is, by what its GPUs were seen to do.
fn computes(role: PoolRole, proof: Option<&GpuTest>) -> NodeState {
    match (role, proof) {
        (PoolRole::System, _) | (_, Some(GpuTest::Passed { .. })) => NodeState::Ready,
        (PoolRole::Gpu, Some(GpuTest::Failed { .. })) => NodeState::Broken,
        (PoolRole::Gpu, None) => NodeState::Untested,
    }
}

/// What is wrong with the GPUs of a node that runs.
fn odd(
    facts: &Facts<'_>,
    role: PoolRole,
    proof: Option<&GpuTest>,
    kubernetes: Option<&NodeInside>,
) -> Option<Text> {
    if let Some(GpuTest::Failed { said }) = proof {
        let said = said.clone();
        return Some(Odd::Broken { said }.into());
    }
    let one = kubernetes.filter(|one| role == PoolRole::Gpu && one.node.ready)?;
    let age = facts.now.duration_since(one.born?);
    (one.node.gpus == 0 && age > GPUS_EXPECTED).then(|| Odd::Bare.into())
}

/// What of it cannot be read, so that its room is unknown.
fn unreadable(one: &NodeInside, taken: &Rooms<'_>) -> Option<Text> {
    if !one.readable {
        return Some(Odd::Unreadable.into());
    }
    let room = taken.as_ref()?.get(one.node.name.as_str())?;
    (room.odd > 0).then(|| Odd::PodsUnreadable { count: room.odd }.into())
}

fn proof(test: &GpuTest) -> GpuProofView {
    match test {
        GpuTest::Passed { cards } => GpuProofView {
            passed: true,
            said: None,
            cards: cards.iter().map(ToString::to_string).collect(),
        },
        GpuTest::Failed { said } => GpuProofView {
            passed: false,
            said: Some(said.clone()),
            cards: Vec::new(),
        },
    }
}

fn inside(one: &NodeInside, taken: &Rooms<'_>) -> NodeInsideView {
    let room = taken
        .as_ref()
        .and_then(|all| all.get(one.node.name.as_str()));
    NodeInsideView {
        version: one.version.clone(),
        born: one.born,
        labels: one
            .labels
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect(),
        taints: one.taints.clone(),
        cordoned: one.cordoned,
        room: room
            .filter(|room| one.readable && room.odd == 0)
            .map(|room| room_view(one, room)),
    }
}

fn room_view(one: &NodeInside, room: &Room) -> RoomView {
    let share = |of: fn(&Amounts) -> u64| ShareView {
        asked: of(&room.asked),
        gives: of(&one.gives),
        free: of(&room.free),
    };
    let holder = |(pod, job): &(String, Option<String>)| match job {
        Some(job) => format!("{pod} ({job})"),
        None => pod.clone(),
    };
    RoomView {
        pods: ShareView {
            asked: room.pods,
            gives: one.pods_max,
            free: one.pods_max.saturating_sub(room.pods),
        },
        cpu_milli: share(|one| one.cpu_milli),
        memory_mib: share(|one| one.memory / MIB),
        gpus: share(|one| one.gpus),
        holders: room.holders.iter().map(holder).collect(),
    }
}

/// The sums over the rows; `None` without any.
pub(super) fn totals(facts: &Facts<'_>) -> Option<NodeTotals> {
    let rows = nodes(facts);
    if rows.is_empty() {
        return None;
    }
    let rates = rows.iter().map(|row| row.price.map(|price| price.hour.0));
    let rate: Option<i64> = rates.sum();
    // A node that Kubernetes does not know yet gives nothing.
    let rooms = rows.iter().filter_map(|row| row.inside.as_ref());
    let rooms: Option<Vec<&RoomView>> = rooms.map(|inside| inside.room.as_ref()).collect();
    let rooms = rooms.filter(|all| !all.is_empty());
    let pods = facts.seen.pods_inside.iter().flatten();
    let waiting: Vec<_> = pods
        .filter(|pod| pod.waits.is_some() && pod.node.is_none())
        .collect();
    let ready = rows.iter().filter(|row| row.state == NodeState::Ready);
    let count = |all: usize| u32::try_from(all).unwrap_or(u32::MAX);
    Some(NodeTotals {
        nodes: count(rows.len()),
        ready: count(ready.count()),
        room: rooms.map(|all| sum(&all)),
        rate: rate.map(MicroUsd),
        waiting: count(waiting.len()),
        waiting_gpus: count(waiting.iter().filter(|pod| pod.asks.gpus > 0).count()),
        why: waiting.first().and_then(|pod| pod.waits.clone()),
        usage: usage::totals(&rows),
    })
}

fn sum(all: &[&RoomView]) -> RoomView {
    let add = |of: fn(&RoomView) -> ShareView| {
        all.iter()
            .map(|one| of(one))
            .fold(ShareView::default(), |sum, one| ShareView {
                asked: sum.asked.saturating_add(one.asked),
                gives: sum.gives.saturating_add(one.gives),
                free: sum.free.saturating_add(one.free),
            })
    };
    RoomView {
        pods: add(|one| one.pods),
        cpu_milli: add(|one| one.cpu_milli),
        memory_mib: add(|one| one.memory_mib),
        gpus: add(|one| one.gpus),
        holders: all.iter().flat_map(|one| one.holders.clone()).collect(),
    }
}

fn short(id: &NodeId) -> String {
    activity::short_node(&id.0).to_owned()
}
