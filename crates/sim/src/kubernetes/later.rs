//! What happens to a cluster's objects while nobody looks. It is written down, and carried out in
//! its order when somebody asks: most clusters of a test are never asked for most of it.
//!
//! None of it is work for the cloud's controllers: an [`Effect`](super::Effect) would come late.

use std::sync::MutexGuard;

use jiff::Timestamp;

use super::{Cluster, Inner, NodeSeed, nodes, seeds};

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
            for (at, one) in later {
                carry_out(&mut inner, one, at);
            }
            self.tell(inner.store.version());
        }
        inner
    }

    /// It happens when somebody asks; at once where a watch waits for it.
    pub(super) fn later(&self, at: Timestamp, one: Later) {
        if self.shared.newest.receiver_count() == 0 {
            self.unread().later.push((at, one));
        } else {
            self.with(|inner| carry_out(inner, one, at));
        }
    }
}

fn carry_out(inner: &mut Inner, one: Later, at: Timestamp) {
    let waiting = inner.effects.len();
    match one {
        Later::Plant => seeds::plant(inner, at),
        Later::Add(seed) => nodes::add(inner, &seed, at),
        Later::Remove(name) => nodes::remove(inner, &name, at),
    }
    debug_assert_eq!(
        inner.effects.len(),
        waiting,
        "nodes are no work for the cloud's controllers"
    );
}
