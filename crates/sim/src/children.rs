//! NodeBalancers and volumes: made and ended, mostly by the controllers inside of a cluster (CCM and
//! CSI). They outlive it and go on costing.

use jiff::Timestamp;

use crate::catalog::{NODEBALANCER, VOLUME_GIB};
use crate::clock::later;
use crate::draw;
use crate::events::Entity;
use crate::kubernetes::{Done, Effect};
use crate::latency;
use crate::ledger::{Kind, Row};
use crate::quotas::Counted;
use crate::schedule::Due;
use crate::store::World;
use crate::things::{NodeBalancer, Volume};

/// Who acts when a cluster's controllers do.
pub(crate) const BY: &str = "Linode";

/// A controller's pause after the API refused it, in demo milliseconds.
const RETRY_MS: i64 = 60_000;

impl World {
    /// Whether the API refuses what a controller wants: a limit is reached, or a lock is on it.
    fn is_refused(&self, account: &str, effect: &Effect) -> bool {
        let answer = match effect {
            Effect::LoadBalancerWanted { .. } => {
                self.check_quota(account, Counted::Nodebalancers, 1)
            }
            Effect::VolumeWanted { .. } => self.check_quota(account, Counted::Volumes, 1),
            Effect::LoadBalancerGone { uid, .. } => {
                let found = self.balancer_of(uid);
                found.map_or(Ok(()), |id| self.check_unlocked("nodebalancer", id))
            }
            Effect::LoadBalancerChanged { uid, .. } => {
                let found = self.balancer_of(uid);
                return found.is_some_and(|id| self.is_guard_refused(account, id));
            }
            Effect::VolumeGone { volume_id } => self.check_unlocked("volume", *volume_id),
            Effect::PodRuns { .. }
            | Effect::Look { .. }
            | Effect::DefinitionWanted { .. }
            | Effect::FirewallWished
            | Effect::NodesWanted
            | Effect::NodesIdle => Ok(()),
        };
        answer.is_err()
    }

    /// The NodeBalancer of a Service.
    fn balancer_of(&self, uid: &str) -> Option<u64> {
        let of = |one: &&NodeBalancer| one.service.as_deref() == Some(uid);
        self.nodebalancers.values().find(of).map(|one| one.id)
    }

    /// What a Service says now, however long ago its controller was called.
    fn guard_as_said(&mut self, at: Timestamp, cluster: u64, of: (&str, &str, &str)) {
        let (namespace, name, uid) = of;
        let kube = self.kubes.get(&cluster);
        let said = kube.and_then(|kube| kube.service(namespace, name, uid));
        if let (Some(said), Some(id)) = (said, self.balancer_of(uid)) {
            self.guard_balancer(at, id, name, &said);
        }
    }

    /// A NodeBalancer is gone.
    pub(crate) fn end_nodebalancer(&mut self, at: Timestamp, id: u64, by: &str) {
        let Some(gone) = self.nodebalancers.remove(&id) else {
            return;
        };
        self.ledger.death(Kind::Nodebalancer, id, at);
        self.drop_devices("nodebalancer", id);
        let entity = Entity::new("nodebalancer", id, &gone.label);
        self.event(at, &gone.account, by, "nodebalancer_delete", entity);
    }

    /// A volume is gone.
    pub(crate) fn end_volume(&mut self, at: Timestamp, id: u64, by: &str) {
        let Some(gone) = self.volumes.remove(&id) else {
            return;
        };
        self.ledger.death(Kind::Volume, id, at);
        let entity = Entity::new("volume", id, &gone.label);
        self.event(at, &gone.account, by, "volume_delete", entity);
    }

    /// A NodeBalancer is made.
    pub(crate) fn new_nodebalancer(
        &mut self,
        at: Timestamp,
        by: &str,
        mut made: NodeBalancer,
    ) -> u64 {
        let id = self.next_id("nodebalancer", 1_774_000);
        let place = draw::bits(self.seed, "nodebalancer-ip", id);
        made.id = id;
        made.ipv4 = format!("198.19.{}.{}", place >> 8 & 255, 1 + place % 254);
        let row = Row::new(Kind::Nodebalancer, id, &made.label, &made.account, at);
        let row = row
            .priced(self.price_now(NODEBALANCER.price_in(&made.region)))
            .placed(&made.region)
            .tagged(&made.tags);
        self.ledger
            .birth(row.of(made.cluster.as_ref().map(|(id, _)| *id)));
        let entity = Entity::new("nodebalancer", id, &made.label);
        self.event(at, &made.account, by, "nodebalancer_create", entity);
        self.nodebalancers.insert(id, made);
        id
    }

    /// A volume is made; it can be used a little later.
    pub(crate) fn new_volume(&mut self, at: Timestamp, by: &str, mut made: Volume) -> u64 {
        let id = self.next_id("volume", 15_920_000);
        made.id = id;
        let gib = i64::try_from(made.size_gib).unwrap_or(i64::MAX);
        let row = Row::new(Kind::Volume, id, &made.label, &made.account, at);
        let row = row
            .priced(self.price_now(VOLUME_GIB.price_in(&made.region).times(gib)))
            .placed(&made.region)
            .tagged(&made.tags);
        self.ledger.birth(row.of(made.cluster));
        let entity = Entity::new("volume", id, &made.label);
        self.event(at, &made.account, by, "volume_create", entity);
        self.volumes.insert(id, made);
        self.after(at, latency::VOLUME, id, Due::VolumeActive { volume: id });
        id
    }

    /// What a cluster's own controllers (CCM and CSI) do on the account.
    pub(crate) fn control(&mut self, at: Timestamp, cluster_id: u64, effect: Effect) {
        let Some(cluster) = self.clusters.get(&cluster_id) else {
            return;
        };
        let (account, region) = (cluster.account.clone(), cluster.region.clone());
        let label = cluster.label.clone();
        if self.is_refused(&account, &effect) {
            // The controller tries again and again, as real ones do.
            let due = Due::Controller {
                cluster: cluster_id,
                effect,
            };
            self.schedule.add(later(at, RETRY_MS), due);
            return;
        }
        let done = match effect {
            Effect::LoadBalancerWanted {
                namespace,
                name,
                uid,
                ..
            } => {
                let hex = draw::hash(&uid) >> 16;
                let id = self.new_nodebalancer(
                    at,
                    BY,
                    NodeBalancer {
                        id: 0,
                        account,
                        label: format!("lke{cluster_id}-{hex:012x}"),
                        region,
                        ipv4: String::new(),
                        tags: vec![format!("lke{cluster_id}")],
                        created: at,
                        updated: at,
                        cluster: Some((cluster_id, label)),
                        service: Some(uid.clone()),
                    },
                );
                self.guard_as_said(at, cluster_id, (&namespace, &name, &uid));
                let ip = self.nodebalancers.get(&id).map(|one| one.ipv4.clone());
                let ip = ip.unwrap_or_default();
                let hostname = format!("{}.ip.linodeusercontent.com", ip.replace('.', "-"));
                Some(Done::LoadBalancer {
                    namespace,
                    name,
                    ip,
                    hostname,
                })
            }
            Effect::LoadBalancerChanged {
                namespace,
                name,
                uid,
            } => {
                self.guard_as_said(at, cluster_id, (&namespace, &name, &uid));
                None
            }
            Effect::LoadBalancerGone {
                namespace,
                name,
                uid,
            } => {
                if let Some(id) = self.balancer_of(&uid) {
                    self.end_guard(at, id);
                    self.end_nodebalancer(at, id, BY);
                }
                Some(Done::LoadBalancerGone {
                    namespace,
                    name,
                    uid,
                })
            }
            Effect::VolumeWanted {
                namespace,
                claim,
                pv_name,
                size_gib,
                tags,
            } => {
                let hex: String = pv_name
                    .trim_start_matches("pvc-")
                    .chars()
                    .filter(|c| *c != '-')
                    .collect();
                let label = format!("pvc-{}", hex.get(..16).unwrap_or(&hex));
                let volume_id = self.new_volume(
                    at,
                    BY,
                    Volume {
                        id: 0,
                        account,
                        label: label.clone(),
                        region,
                        size_gib,
                        status: "creating".to_owned(),
                        linode: None,
                        tags,
                        created: at,
                        updated: at,
                        cluster: Some(cluster_id),
                        stuck_until: None,
                    },
                );
                Some(Done::Volume {
                    namespace,
                    claim,
                    volume_id,
                    label,
                })
            }
            Effect::PodRuns {
                namespace,
                name,
                uid,
                seconds: _,
            } => Some(Done::Pod {
                namespace,
                name,
                uid,
            }),
            Effect::Look {
                group,
                resource,
                namespace,
                name,
                seconds: _,
            } => Some(Done::Look {
                group,
                resource,
                namespace,
                name,
            }),
            Effect::VolumeGone { volume_id } => {
                self.end_volume(at, volume_id, BY);
                None
            }
            Effect::DefinitionWanted { name } => Some(Done::Defined { name }),
            Effect::FirewallWished => {
                self.reconcile_firewall(at, cluster_id, 0);
                None
            }
            Effect::NodesWanted => {
                self.grow(at, cluster_id);
                None
            }
            Effect::NodesIdle => {
                self.shrink(at, cluster_id);
                None
            }
        };
        if let (Some(done), Some(kube)) = (done, self.kubes.get(&cluster_id)) {
            kube.finish(done, at);
        }
    }
}
