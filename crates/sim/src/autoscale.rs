//! Linode's side of the autoscaler: a pool's count follows what its workloads need, within the
//! bounds. It never lifts a pool to `min` nor lowers it to `max`: a count outside stays until the
//! workloads call for another one.

use jiff::Timestamp;

use crate::latency;
use crate::quotas::Counted;
use crate::schedule::Due;
use crate::store::World;
use crate::things::Pool;

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
}
