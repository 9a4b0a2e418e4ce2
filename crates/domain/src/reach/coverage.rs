//! How the firewall stands before the nodes, from what was read back and from the journal.

use crate::ids::InstanceId;
use crate::progress::{Life, Progress};
use crate::record::{Thing, ThingKind};
use crate::screen::Seen;
use crate::view::Coverage;
use jiff::Timestamp;

/// The figures of a deployment.
pub fn coverage(progress: &Progress, seen: &Seen, now: Timestamp) -> Coverage {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let (mut covered, mut unread) = (0, 0);
    let nodes = instances(progress, seen);
    for instance in &nodes {
        match instance.and_then(|id| seen.covers(id)) {
            Some(true) => covered += 1,
            Some(false) => {}
            // A node without a machine has nothing that could be reached.
            None => unread += u32::from(instance.is_some()),
        }
    }
    let machine = |(thing, life)| matches!(thing, &Thing::Instance(..)).then_some(life);
    let lives: Vec<&Life> = progress.things.iter().filter_map(machine).collect();
    let mut open: Vec<u64> = lives.iter().map(|life| open_ms(life, now)).collect();
    open.sort_unstable();
    Coverage {
        nodes: count(nodes.len()),
        covered,
        unread,
        machines: count(lives.len()),
        never: count(lives.iter().filter(|life| life.open_ms.is_none()).count()),
        open_p50_ms: nearest(&open, 50),
        open_p95_ms: nearest(&open, 95),
        open_worst_ms: open.last().copied(),
    }
}

/// The machines of all nodes; `None` for a node that has none yet.
fn instances(progress: &Progress, seen: &Seen) -> Vec<Option<InstanceId>> {
    let nodes = |pools: &Vec<crate::inventory::Pool>| {
        let nodes = pools.iter().flat_map(|pool| &pool.nodes);
        nodes.map(|node| node.instance).collect()
    };
    let journaled = || {
        let machines = progress.alive_of(ThingKind::Instance);
        machines.iter().map(Thing::as_instance).collect()
    };
    seen.pools.as_ref().map_or_else(journaled, nodes)
}

/// How long a machine stood open, at most; one that was never covered for as long as it was there.
fn open_ms(life: &Life, now: Timestamp) -> u64 {
    let there = || {
        let until = life.gone.unwrap_or(now);
        u64::try_from(until.duration_since(life.seen).as_millis()).unwrap_or_default()
    };
    life.open_ms.unwrap_or_else(there)
}

/// The least value that so many of 100 are not above.
pub fn nearest(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.max(1) - 1).copied()
}
