//! What is to come in the demo cloud, in its order. How it is carried out is in `life.rs`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::kubernetes::Effect;
use crate::linode::Ask;

/// What will happen. Things that are gone by then are passed over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Due {
    /// The control plane answers.
    KubeReady { cluster: u64 },
    /// A node gets its Linode.
    LinodeBorn { cluster: u64, node: String },
    /// A Linode changes its status.
    LinodeStatus { linode: u64, status: String },
    /// A node has joined.
    NodeReady { cluster: u64, node: String },
    /// A node is replaced by a fresh one.
    NodeRecycled { cluster: u64, node: String },
    /// An access list guards the door.
    AclEnforced { cluster: u64, revision: String },
    /// A deleted cluster is gone.
    ClusterGone { cluster: u64 },
    /// A Linode is gone.
    LinodeGone { linode: u64 },
    /// A volume can be used.
    VolumeActive { volume: u64 },
    /// A cluster's own controllers act on the account.
    Controller { cluster: u64, effect: Effect },
    /// The cloud-firewall-controller looks; so many looks before it failed in a row.
    Firewall { cluster: u64, failures: u32 },
    /// The autoscaler looks at a pool.
    Autoscaled { cluster: u64, pool: u64 },
    /// A lock is taken away again.
    Unlocked { lock: u64 },
    /// A call takes effect whose sender heard nothing.
    Late { ask: Ask },
}

/// What will happen, soonest first; at the same moment in the order in which it was planned.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Schedule {
    dues: Vec<(Timestamp, Due)>,
}

impl Schedule {
    /// Plans something.
    pub(crate) fn add(&mut self, at: Timestamp, due: Due) {
        let place = self.dues.partition_point(|(other, _)| *other <= at);
        self.dues.insert(place, (at, due));
    }

    /// When the next thing happens.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.dues.first().map(|(at, _)| *at)
    }

    pub(crate) fn pop(&mut self, now: Timestamp) -> Option<(Timestamp, Due)> {
        (self.next()? <= now).then(|| self.dues.remove(0))
    }

    /// The controller of a cluster's firewall looks at that time, or sooner when it was to do so
    /// anyway: as its queue has it, each thing stands in there once.
    pub(crate) fn reconcile(&mut self, cluster: u64, at: Timestamp, failures: u32) {
        let mut next = (at, failures);
        self.dues.retain(|(when, due)| {
            let Due::Firewall {
                cluster: of,
                failures,
            } = due
            else {
                return true;
            };
            if *of == cluster {
                next = (next.0.min(*when), next.1.max(*failures));
            }
            *of != cluster
        });
        let (at, failures) = next;
        self.add(at, Due::Firewall { cluster, failures });
    }

    /// A NodeBalancer that is no longer wanted is not made after all.
    pub(crate) fn forget_load_balancer(&mut self, service: &str) {
        self.dues.retain(|(_, due)| {
            !matches!(due, Due::Controller { effect: Effect::LoadBalancerWanted { uid, .. }, .. }
                if uid == service)
        });
    }
}
