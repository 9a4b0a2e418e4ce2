//! A small account with one region: enough of LKE for the runner, with faults by script.

use crate::cloud::not_found;
use domain::inventory::{
    AccessList, Bounds, Cluster, Firewall, Instance, NodeBalancer, PersistentVolume, Volume,
};
use domain::plan::{NewCluster, NewFirewall, NewPool};
use domain::{ClusterId, FirewallId, InstanceId, NodeBalancerId, NodeId, PoolId, VolumeId};
use engine::ports::{Answer, Clock, Failure, Kind};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// Seconds from birth until an id, an enforced list, a kubeconfig, a CPU and a GPU node are there.
const INSTANCE: i64 = 5;
const ENFORCED: i64 = 8;
const KUBECONFIG: i64 = 60;
const CPU: i64 = 90;
const GPU: i64 = 150;
/// Seconds that a deleted cluster's machines linger.
const LINGER: i64 = 10;
pub(crate) const GPU_TYPE: &str = "g2-gpu-rtx4000a1-s";

/// What happens to the next call of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It happens, and the answer is lost; listings show it after so many seconds.
    Lost { shown_after: i64 },
    /// It never arrives, and nobody can say so.
    Swallowed,
    /// The cloud refuses.
    Refused(Kind, u16, &'static str),
}

#[derive(Debug)]
pub(crate) struct PoolState {
    pub(crate) id: PoolId,
    pub(crate) instance_type: String,
    pub(crate) tags: Vec<String>,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) shown: Timestamp,
    pub(crate) autoscaler: Option<Bounds>,
    /// Instance ids and births.
    pub(crate) nodes: Vec<(u64, Timestamp)>,
}

#[derive(Debug)]
pub(crate) struct ClusterState {
    pub(crate) cluster: Cluster,
    pub(crate) access: (Vec<ipnet::IpNet>, String),
    pub(crate) shown: Timestamp,
    pub(crate) gone: Option<Timestamp>,
    pub(crate) pools: Vec<PoolState>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    next: u64,
    pub(crate) clusters: Vec<ClusterState>,
    pub(crate) firewalls: Vec<Firewall>,
    pub(crate) nodebalancers: Vec<NodeBalancer>,
    pub(crate) volumes: Vec<Volume>,
    pub(crate) pvs: Vec<PersistentVolume>,
    pub(crate) services: Vec<(String, String)>,
    pub(crate) faults: BTreeMap<&'static str, VecDeque<Fault>>,
    /// Every call that changes something, in order.
    pub(crate) calls: Vec<String>,
    pub(crate) account: String,
    pub(crate) restricted: bool,
    pub(crate) renamed_by_hand: Option<&'static str>,
    pub(crate) kubernetes_silent: bool,
    pub(crate) gpu_test_hangs: bool,
    pub(crate) kubeconfigs_read: u32,
    /// This computer's address, when Kubernetes asks for it.
    pub(crate) kubernetes_lets_in: Option<ipnet::IpNet>,
    /// Until then this computer reaches nobody.
    pub(crate) offline: Option<Timestamp>,
    pub(crate) no_kubeconfig: bool,
    /// After so many answers of Kubernetes this computer is offline for an hour.
    pub(crate) cut_at_kubernetes: Option<u32>,
    pub(crate) weather: Option<u64>,
}

pub(crate) struct World {
    pub(crate) state: Mutex<State>,
    pub(crate) base: Mutex<Timestamp>,
    pub(crate) life: Mutex<Option<tokio::time::Instant>>,
}

impl World {
    pub(crate) fn new() -> Self {
        let state = State {
            next: 100,
            account: "acc".to_owned(),
            ..State::default()
        };
        let base = "2026-11-23T12:00:00Z".parse().unwrap();
        Self {
            state: Mutex::new(state),
            base: Mutex::new(base),
            life: Mutex::default(),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// A process begins: its paused clock goes on from where the last one stopped.
    pub(crate) fn begin(&self) {
        *self.life.lock().unwrap() = Some(tokio::time::Instant::now());
    }

    pub(crate) fn end(&self) {
        let now = self.now();
        *self.base.lock().unwrap() = now;
        *self.life.lock().unwrap() = None;
    }

    pub(crate) fn fail(&self, call: &'static str, fault: Fault) {
        self.state()
            .faults
            .entry(call)
            .or_default()
            .push_back(fault);
    }

    pub(crate) fn id(&self) -> u64 {
        let mut state = self.state();
        state.next += 1;
        state.next
    }

    /// The next number of the weather below `n`; `None`: it is fine.
    pub(crate) fn draw(&self, n: u64) -> Option<u64> {
        let mut state = self.state();
        let seed = state.weather.as_mut()?;
        *seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Some((*seed >> 33) % n)
    }

    pub(crate) fn online(&self, call: &'static str) -> Answer<()> {
        let offline = self.state().offline;
        if offline.is_some_and(|until| self.now() < until) {
            return Err(Failure::new(Kind::Unavailable, call));
        }
        Ok(())
    }

    /// A read in this weather.
    pub(crate) fn get(&self, call: &'static str) -> Answer<()> {
        self.online(call)?;
        match self.draw(15) {
            Some(0) => Err(Failure::new(Kind::Unknown, call)),
            Some(1) => Err(Failure::new(Kind::Unavailable, call)),
            Some(2) => Err(Failure {
                retry_after: Some(Duration::from_secs(7)),
                ..Failure::new(Kind::RateLimited, call)
            }),
            Some(_) | None => Ok(()),
        }
    }

    fn storm(&self, call: &'static str) -> Answer<Option<Fault>> {
        let lag = self.draw(60).unwrap_or_default();
        match self.draw(20) {
            Some(0) => Err(Failure::new(Kind::Unknown, call)),
            Some(1 | 2) => Ok(Some(Fault::Lost {
                shown_after: i64::try_from(lag).unwrap(),
            })),
            Some(3) => Err(Failure {
                status: Some(429),
                ..refusal(Kind::RateLimited, call)
            }),
            Some(4) => Err(Failure {
                status: Some(400),
                ..refusal(Kind::Conflict, call)
            }),
            Some(_) | None => Ok(None),
        }
    }

    /// The fault of this call, when there is one; a refusal is answered at once.
    pub(crate) fn fault(&self, call: &'static str, told: String) -> Answer<Option<Fault>> {
        self.online(call)?;
        let mut state = self.state();
        state.calls.push(told);
        let fault = state.faults.get_mut(call).and_then(VecDeque::pop_front);
        match fault {
            Some(Fault::Refused(kind, status, said)) => Err(Failure {
                status: Some(status),
                said: vec![(String::new(), said.to_owned())],
                ..Failure::new(kind, call)
            }),
            Some(Fault::Swallowed) => Err(Failure::new(Kind::Unknown, call)),
            None => {
                drop(state);
                self.storm(call)
            }
            lost => Ok(lost),
        }
    }

    pub(crate) fn add_cluster(&self, want: &NewCluster, fault: Option<Fault>) -> Cluster {
        let (id, pool) = (self.id(), self.new_pool(&want.pool));
        let now = self.now();
        let cluster = Cluster {
            id: ClusterId(id),
            label: self
                .state()
                .renamed_by_hand
                .unwrap_or(&want.label)
                .to_owned(),
            region: want.region.clone(),
            kubernetes_version: want.kubernetes_version.clone(),
            ha: want.ha,
            tags: want.tags.clone(),
            created: now,
            locks: Vec::new(),
        };
        let lag = if let Some(Fault::Lost { shown_after }) = fault {
            shown_after
        } else {
            0
        };
        self.state().clusters.push(ClusterState {
            cluster: cluster.clone(),
            access: (want.access.clone(), want.access_revision.clone()),
            shown: now + SignedDuration::from_secs(lag),
            gone: None,
            pools: vec![pool],
        });
        cluster
    }

    pub(crate) fn new_pool(&self, want: &NewPool) -> PoolState {
        let id = PoolId(self.id());
        let nodes = (0..want.count).map(|_| (self.id(), self.now())).collect();
        PoolState {
            id,
            instance_type: want.instance_type.clone(),
            tags: want.tags.clone(),
            labels: want.labels.clone(),
            shown: self.now(),
            autoscaler: None,
            nodes,
        }
    }

    pub(crate) fn add_firewall(&self, want: &NewFirewall) -> Firewall {
        let firewall = Firewall {
            id: FirewallId(self.id()),
            label: want.label.clone(),
            tags: want.tags.clone(),
            instances: Vec::new(),
            created: self.now(),
        };
        self.state().firewalls.push(firewall.clone());
        firewall
    }

    /// A claim's volume, bound, on the first machine of the first cluster.
    pub(crate) fn add_volume(&self, name: &str) -> VolumeId {
        let id = VolumeId(self.id());
        let now = self.now();
        let mut state = self.state();
        let machine = state.clusters[0].pools[0].nodes[0].0;
        state.volumes.push(Volume {
            id,
            label: format!("pvc-{name}"),
            region: "us-ord".to_owned(),
            size_gb: 10,
            instance: Some(InstanceId(machine)),
            tags: Vec::new(),
            created: now,
        });
        state.pvs.push(PersistentVolume {
            name: format!("pv-{name}"),
            volume: Some(id),
            claim: Some(("default".to_owned(), name.to_owned())),
            size_gb: 10,
            retained: false,
        });
        id
    }

    pub(crate) fn add_nodebalancer(&self, label: &str, cluster: Option<ClusterId>) {
        let id = NodeBalancerId(self.id());
        let created = self.now();
        self.state().nodebalancers.push(NodeBalancer {
            id,
            label: label.to_owned(),
            region: "us-ord".to_owned(),
            cluster,
            ipv4: None,
            tags: Vec::new(),
            created,
        });
    }

    pub(crate) fn shown_clusters(&self) -> Vec<Cluster> {
        let now = self.now();
        let state = self.state();
        let there = state
            .clusters
            .iter()
            .filter(|one| one.gone.is_none() && one.shown <= now);
        there.map(|one| one.cluster.clone()).collect()
    }

    pub(crate) fn shown_pools(&self, id: ClusterId) -> Answer<Vec<domain::inventory::Pool>> {
        let now = self.now();
        let state = self.state();
        let there = |one: &&ClusterState| one.cluster.id == id && one.gone.is_none();
        let Some(cluster) = state.clusters.iter().find(there) else {
            return Err(not_found("list pools"));
        };
        let shown = cluster.pools.iter().filter(|pool| pool.shown <= now);
        let pools = shown.map(|pool| domain::inventory::Pool {
            id: pool.id,
            instance_type: pool.instance_type.clone(),
            count: u32::try_from(pool.nodes.len()).unwrap(),
            autoscaler: pool.autoscaler,
            tags: pool.tags.clone(),
            labels: pool.labels.clone(),
            nodes: pool
                .nodes
                .iter()
                .map(|(id, born)| domain::inventory::Node {
                    id: NodeId(format!("{}-{id:012x}", pool.id)),
                    instance: (age(*born, now) >= INSTANCE).then_some(InstanceId(*id)),
                    ready: age(*born, now) >= ready_after(&pool.instance_type),
                })
                .collect(),
        });
        Ok(pools.collect())
    }

    pub(crate) fn shown_instances(&self) -> Vec<Instance> {
        let now = self.now();
        let state = self.state();
        let mut all = Vec::new();
        for cluster in &state.clusters {
            if cluster.gone.is_some_and(|gone| age(gone, now) >= LINGER) {
                continue;
            }
            for pool in &cluster.pools {
                for (id, born) in &pool.nodes {
                    all.push(Instance {
                        id: InstanceId(*id),
                        label: format!("lke{}-{}-{id:012x}", cluster.cluster.id, pool.id),
                        status: "running".to_owned(),
                        instance_type: pool.instance_type.clone(),
                        region: "us-ord".to_owned(),
                        cluster: Some(cluster.cluster.id),
                        created: Timestamp::from_second(born.as_second()).unwrap(),
                    });
                }
            }
        }
        all
    }

    pub(crate) fn access(&self, id: ClusterId) -> Answer<AccessList> {
        let (state, now) = (self.state(), self.now());
        let cluster = state.clusters.iter().find(|one| one.cluster.id == id);
        let cluster = cluster.ok_or_else(|| not_found("read the access list"))?;
        let enforced = age(cluster.cluster.created, now) >= ENFORCED;
        Ok(AccessList {
            enabled: true,
            addresses: cluster.access.0.clone(),
            revision: enforced.then(|| cluster.access.1.clone()),
        })
    }

    pub(crate) fn has_kubeconfig(&self, id: ClusterId) -> bool {
        let now = self.now();
        let is = |one: &Cluster| one.id == id && age(one.created, now) >= KUBECONFIG;
        !self.state().no_kubeconfig && self.shown_clusters().iter().any(is)
    }
}

fn ready_after(instance_type: &str) -> i64 {
    if instance_type == GPU_TYPE { GPU } else { CPU }
}

fn age(born: Timestamp, now: Timestamp) -> i64 {
    now.duration_since(born).as_secs()
}

fn refusal(kind: Kind, call: &str) -> Failure {
    let said = vec![(String::new(), "Linode busy.".to_owned())];
    Failure {
        said,
        ..Failure::new(kind, call)
    }
}
