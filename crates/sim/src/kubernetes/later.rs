//! What happens to a cluster's objects while nobody looks. It is written down, and carried out in
//! its order when somebody asks: most clusters of a test are never asked for most of it.
//!
//! None of it is work for the cloud's controllers: an [`Effect`](super::Effect) would come late. What
//! may become such work, as nodes do for pods that wait, is carried out at once.

use std::sync::MutexGuard;

use jiff::Timestamp;

use super::kinds::known;
use super::peek::list;
use super::{Cluster, Inner, NodeSeed, controllers, nodes, seeds};

/// Something that was to happen at a time.
pub(super) enum Later {
    /// What a fresh cluster holds appears.
    Plant,
    /// A node joins.
    Add(Box<NodeSeed>),
    /// A node goes.
    Remove(String),
}

impl Cluster {
    /// The state, with everything that was to happen.
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        let mut inner = self.unread();
        let later = std::mem::take(&mut inner.later);
        if !later.is_empty() {
            let waiting = inner.effects.len();
            for (at, one) in later {
                carry_out(&mut inner, one, at);
                controllers::work(&mut inner);
            }
            debug_assert_eq!(
                inner.effects.len(),
                waiting,
                "what may be work for the cloud's controllers is not put off"
            );
            self.tell(inner.store.version());
        }
        inner
    }

    /// It happens when somebody asks; at once where a watch waits for it, or pods may.
    pub(super) fn later(&self, at: Timestamp, one: Later) {
        if self.shared.newest.receiver_count() == 0 {
            let mut inner = self.unread();
            let keeps_pods = |group, resource| {
                let mut all = inner.store.list(known(group, resource), None);
                all.any(|(_, one)| list(one, "/status/conditions").is_empty())
            };
            let concerns_pods = !inner.desk.waiting.is_empty()
                || keeps_pods("apps", "replicasets")
                || keeps_pods("apps", "statefulsets")
                || keeps_pods("batch", "jobs");
            if !concerns_pods {
                inner.later.push((at, one));
                return;
            }
        }
        self.with(|inner| carry_out(inner, one, at));
    }
}

fn carry_out(inner: &mut Inner, one: Later, at: Timestamp) {
    match one {
        Later::Plant => seeds::plant(inner, at),
        Later::Add(seed) => nodes::add(inner, &seed, at),
        Later::Remove(name) => nodes::remove(inner, &name, at),
    }
}
