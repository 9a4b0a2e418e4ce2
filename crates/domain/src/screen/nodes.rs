//! A node's row: LKE's, Linode's and Kubernetes' word on it side by side.

use super::activity;
use super::deployment::{Facts, state};
use crate::ids::NodeId;
use crate::inventory::Node;
use crate::plan::PoolRole;
use crate::record::Thing;
use crate::view::{DeploymentState, NodeRow, NodeState};

/// The nodes of all pools, and machines that only the journal knows.
pub(super) fn nodes(facts: &Facts<'_>) -> Vec<NodeRow> {
    let seen = facts.seen;
    let leaving = matches!(
        state(facts.progress, facts.driven),
        DeploymentState::Leaving | DeploymentState::Gone
    );
    let mut rows = Vec::new();
    for pool in seen.pools.iter().flatten() {
        let role = facts.progress.role_of(pool);
        rows.extend(
            pool.nodes
                .iter()
                .map(|node| node_row(facts, role, node, leaving)),
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
            rows.push(node_row(facts, *role, &node, leaving));
        }
    }
    rows
}

fn node_row(facts: &Facts<'_>, role: PoolRole, node: &Node, leaving: bool) -> NodeRow {
    let seen = facts.seen;
    let machine = node
        .instance
        .and_then(|id| seen.instances.iter().flatten().find(|one| one.id == id));
    let life = node
        .instance
        .and_then(|id| facts.progress.instance(id))
        .map(|(_, life)| life);
    let kubernetes = node.instance.and_then(|id| {
        seen.kube_nodes
            .iter()
            .flatten()
            .find(|one| one.instance == Some(id))
    });
    let kubernetes_ready = kubernetes.map(|one| one.ready);
    let covered = node.instance.and_then(|id| seen.covers(id));
    let off = machine.is_some_and(|one| one.status == "offline");
    let state = if leaving {
        NodeState::Leaving
    } else if node.ready && kubernetes_ready != Some(false) {
        NodeState::Ready
    } else if off || kubernetes_ready == Some(false) {
        NodeState::NotReady
    } else {
        NodeState::Starting
    };
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
        price: life.and_then(|life| life.price),
        since: life.map_or(facts.progress.last_at, |life| life.born),
    }
}

fn short(id: &NodeId) -> String {
    activity::short_node(&id.0).to_owned()
}
