//! What is inside of Kubernetes: what nodes can give, what pods ask for, and what is left by the
//! scheduler's own arithmetic.
//!
//! Deliberately absent: what is really used. Only requests count when a pod is placed.

use crate::inventory::KubeNode;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// How much of what is given or asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Thousandths of a core.
    pub cpu_milli: u64,
    /// Bytes of memory.
    pub memory: u64,
    /// `nvidia.com/gpu`.
    pub gpus: u64,
}

impl Amounts {
    fn with(self, other: Self, each: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            cpu_milli: each(self.cpu_milli, other.cpu_milli),
            memory: each(self.memory, other.memory),
            gpus: each(self.gpus, other.gpus),
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.with(other, u64::saturating_add)
    }

    /// What is left of it; nothing where more is taken than there is.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        self.with(other, u64::saturating_sub)
    }
}

/// A container that starts before the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// What it asks for.
    pub asks: Amounts,
    /// Whether it stays beside all that follow (`restartPolicy: Always`).
    pub stays: bool,
}

/// What a whole pod asks for: its containers with those that stay beside them, or the largest of its
/// starts with what stays by then; and what its runtime takes besides.
pub fn asked(containers: &[Amounts], starts: &[Start], overhead: Amounts) -> Amounts {
    let (mut beside, mut peak) = (Amounts::default(), Amounts::default());
    for start in starts {
        let with = beside.and(start.asks);
        if start.stays {
            beside = with;
        } else {
            peak = peak.with(with, u64::max);
        }
    }
    let running = containers.iter().fold(beside, |sum, one| sum.and(*one));
    running.with(peak, u64::max).and(overhead)
}

/// A pod, by what a node's row needs of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// The node that it is bound to.
    pub node: Option<String>,
    /// Whether it has ended: it takes up nothing any more.
    pub over: bool,
    /// What it asks for.
    pub asks: Amounts,
    /// The Job that it works for.
    pub job: Option<String>,
    /// Why the scheduler finds no node for it.
    pub waits: Option<String>,
    /// Whether all of this could be read; else what it asks for is unknown.
    pub readable: bool,
}

/// A node, with what its row shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeInside {
    /// As every look knows it.
    pub node: KubeNode,
    /// The kubelet's version.
    pub version: String,
    /// When it joined.
    pub born: Option<Timestamp>,
    /// Labels, by name.
    pub labels: Vec<(String, String)>,
    /// Taints as kubectl writes them: `key=value:NoSchedule`.
    pub taints: Vec<String>,
    /// Whether it takes no new pods.
    pub cordoned: bool,
    /// What it can give.
    pub gives: Amounts,
    /// How many pods it takes.
    pub pods_max: u64,
    /// Whether all of this could be read; else what it gives is unknown.
    pub readable: bool,
}

/// What is taken of a node and what is left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Pods on it that have not ended.
    pub pods: u64,
    /// What they ask for.
    pub asked: Amounts,
    /// What the next pod may ask for.
    pub free: Amounts,
    /// Pods among them that cannot be read: what is left is unknown then.
    pub odd: u64,
    /// Pods that hold GPUs: `namespace/name`, and the Job that one works for.
    pub holders: Vec<(String, Option<String>)>,
}

/// The room of each node, by its name.
pub fn rooms<'a>(nodes: &'a [NodeInside], pods: &[Pod]) -> BTreeMap<&'a str, Room> {
    let mut out: BTreeMap<&str, Room> = nodes
        .iter()
        .map(|one| (one.node.name.as_str(), Room::default()))
        .collect();
    for pod in pods.iter().filter(|pod| !pod.over) {
        let Some(room) = pod.node.as_deref().and_then(|name| out.get_mut(name)) else {
            continue;
        };
        room.pods += 1;
        room.odd += u64::from(!pod.readable);
        room.asked = room.asked.and(pod.asks);
        if pod.asks.gpus > 0 {
            let name = format!("{}/{}", pod.namespace, pod.name);
            room.holders.push((name, pod.job.clone()));
        }
    }
    for one in nodes {
        if let Some(room) = out.get_mut(one.node.name.as_str()) {
            room.free = one.gives.without(room.asked);
        }
    }
    out
}

#[cfg(test)]
mod tests;
