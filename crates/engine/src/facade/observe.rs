//! What the engine hears of runs and sees of what stands.

use super::{Engine, Held, lock};
use crate::book::Book;
use crate::lookout::News;
use crate::observe::{Also, Observed, Watch, walls_of};
use crate::ports::{Kind, KubeApi};
use crate::signal::Observer;
use domain::inside::{NodeInside, Pod};
use domain::progress::Controller;
use domain::reach;
use domain::record::Record;
use domain::screen::Seen;
use domain::text::Text;
use domain::{ClusterId, DeploymentId};
use ipnet::IpNet;
use jiff::Timestamp;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How soon after a change inside Kubernetes the next one is looked at.
const NEWS_EVERY: Duration = Duration::from_secs(1);

/// Listens to every run of an engine.
struct Ear(Weak<Engine>);

impl Ear {
    fn hear(&self, id: &DeploymentId, what: impl FnOnce(&mut super::Held)) {
        let Some(engine) = self.0.upgrade() else {
            return;
        };
        if let Some(held) = lock(&engine.held).get_mut(id) {
            what(held);
        }
        engine.publish(id);
    }
}

impl Observer for Ear {
    fn recorded(&self, deployment: &DeploymentId, record: &Record) {
        let Some(engine) = self.0.upgrade() else {
            return;
        };
        engine.take_up(deployment, record);
        engine.publish(deployment);
    }

    fn observed(&self, deployment: &DeploymentId, seen: &Observed) {
        self.hear(deployment, |held| {
            let old = &mut held.seen;
            old.linode_silent = seen.pools.is_none();
            old.cluster_gone = seen.cluster_gone;
            match &seen.kube_nodes {
                Some(nodes) => take_in(old, seen.at, seen.asked, nodes, seen.pods_inside.as_ref()),
                None if seen.complete => old.kubernetes_silent = true,
                None => {}
            }
            // Of a reading that lacks something the screen must not say that all was read now.
            if seen.complete {
                old.at = Some(seen.at);
                old.watched.saw(seen.at);
            }
            // What was not read this time stays as it was read last.
            keep(&mut old.pools, seen.pools.as_ref());
            keep(&mut old.instances, seen.instances.as_ref());
            keep(&mut old.covered, seen.covered.as_ref());
            keep(&mut old.firewall, seen.firewall.as_ref());
            keep(&mut old.balancers, seen.balancers.as_ref());
            keep(&mut old.policies, seen.policies.as_ref());
            keep(&mut old.access, seen.access.as_ref());
            keep(&mut old.answers_ms, seen.answers_ms.as_ref());
            if let Some(read) = &seen.usage {
                Arc::make_mut(&mut old.usage).saw(seen.at, read);
            }
        });
    }

    fn noted(&self, deployment: &DeploymentId, step: usize, what: &Text) {
        self.hear(deployment, |held| {
            held.seen.noted.insert(step, what.clone());
        });
    }

    fn shut_out(&self, deployment: &DeploymentId, list: Option<(&[IpNet], &[IpNet])>) {
        let Some(engine) = self.0.upgrade() else {
            return;
        };
        match list {
            Some((list, now)) => engine.lacks(deployment, list, now),
            None => engine.answers(deployment),
        }
    }

    fn late(&self, deployment: &DeploymentId, step: usize, what: &Text) {
        self.hear(deployment, |held| {
            held.seen.late.insert(step);
            held.seen.noted.insert(step, what.clone());
        });
    }
}

/// What Kubernetes told; who asked sooner and was slower tells nothing new.
fn take_in(
    old: &mut Seen,
    at: Timestamp,
    asked: Option<Duration>,
    nodes: &[NodeInside],
    pods: Option<&Vec<Pod>>,
) {
    old.kubernetes_silent = false;
    let asked = asked.unwrap_or_default();
    if asked < old.kubernetes_asked {
        return;
    }
    old.kubernetes_asked = asked;
    old.kubernetes_at = Some(at);
    old.kube_nodes = Some(nodes.to_vec());
    keep(&mut old.pods_inside, pods);
}

fn keep<T: Clone>(old: &mut Option<T>, new: Option<&T>) {
    if let Some(new) = new {
        *old = Some(new.clone());
    }
}

impl Engine {
    pub(crate) fn observer(&self) -> Arc<dyn Observer> {
        Arc::new(Ear(self.me.clone()))
    }

    /// A record that this process wrote is in the memory too.
    fn take_up(&self, id: &DeploymentId, record: &Record) {
        use domain::progress::Progress;
        let mut held = lock(&self.held);
        if let Some(held) = held.get_mut(id) {
            held.seen.watched.saw(record.at);
            if Arc::make_mut(&mut held.progress).next(record).is_ok() {
                Arc::make_mut(&mut held.records).push(record.clone());
            }
        } else if let Ok(progress) = Progress::open(record) {
            let new = super::Held {
                records: Arc::new(vec![record.clone()]),
                progress: Arc::new(progress),
                seen: Seen::default(),
                run: None,
                elsewhere: false,
            };
            held.insert(id.clone(), new);
        }
    }

    /// Reads how a deployment stands without its journal's lock: nothing is written or covered.
    pub async fn glance(&self, id: &DeploymentId) {
        let Some(held) = self.held(id).filter(|held| self.is_here(&held.progress)) else {
            return;
        };
        let Some(cluster) = held.progress.cluster() else {
            return;
        };
        let (cloud, at) = (&self.ports.cloud, self.ports.clock.now());
        let firewall = held.progress.firewall();
        let (pools, instances, access) = futures::join!(
            cloud.pools(cluster),
            cloud.instances(),
            cloud.access_list(cluster)
        );
        let lost = matches!(&pools, Err(failure) if failure.kind == Kind::NotFound)
            && self.is_lost_to(cluster).await;
        // Of a cluster that is gone nothing is there: that is known, and not unread.
        let nothing = || lost.then(Vec::new);
        let (pools, instances) = (pools.ok().or_else(nothing), instances.ok());
        let wall = match held.progress.controller {
            Controller::Absent => None,
            Controller::Installed | Controller::Guards => {
                let label = format!("lke-{cluster}");
                let listed = cloud.firewalls().await.unwrap_or_default();
                listed.into_iter().find(|one| one.label == label)
            }
        };
        let guards = held.progress.controller == Controller::Guards;
        let (mut covered, firewall) = match firewall {
            Some(id) => {
                let decides = wall.as_ref().filter(|_| guards).map_or(id, |wall| wall.id);
                let read = futures::join!(cloud.firewall_devices(id), cloud.firewall(decides));
                (read.0.ok(), read.1.ok())
            }
            None => (None, None),
        };
        if let (Some(covered), Some(wall)) = (&mut covered, wall) {
            covered.extend(wall.instances);
        }
        let api = self.kubernetes(cluster).await;
        let asked = self.ports.clock.since_boot();
        let (kube_nodes, pods_inside, services, policies, usage) = match &api {
            Some(api) => {
                let due = held.seen.usage.is_due(at);
                let usage = async {
                    if due {
                        api.gpu_usage().await.ok()
                    } else {
                        None
                    }
                };
                let read = futures::join!(
                    api.nodes_inside(),
                    api.pods(),
                    api.load_balancers(),
                    api.policies(),
                    usage,
                );
                (read.0.ok(), read.1.ok(), read.2.ok(), read.3.ok(), read.4)
            }
            None => (None, None, None, None, None),
        };
        let balancers = match cloud.nodebalancers().await {
            Ok(mut all) => {
                all.retain(|one| one.cluster == Some(cluster));
                let walls = walls_of(&**cloud, &all).await;
                Some(reach::balancers(
                    &all,
                    walls.as_deref(),
                    services.as_deref(),
                ))
            }
            Err(_) => None,
        };
        let seen = Observed {
            cluster: Some(cluster),
            complete: pools.is_some() && instances.is_some(),
            cluster_gone: lost,
            pools,
            instances,
            access: access.ok(),
            covered,
            firewall,
            balancers,
            policies,
            kube_nodes: kube_nodes.or_else(|| lost.then(Vec::new)),
            pods_inside,
            usage,
            asked: Some(asked),
            ..Observed::at(at)
        };
        self.observer().observed(id, &seen);
        self.note_roaming(id, &seen).await;
    }

    /// Whether a cluster that answers 404 is in no listing either; from who is restricted it may only
    /// be hidden.
    async fn is_lost_to(&self, cluster: ClusterId) -> bool {
        let listed = self.ports.cloud.clusters().await;
        let absent = listed.is_ok_and(|all| all.iter().all(|one| one.id != cluster));
        absent && self.account().await.is_ok_and(|one| !one.restricted)
    }

    /// Looks once at a deployment that stands; births and deaths go to its journal.
    pub async fn observe_once(&self, id: &DeploymentId) {
        self.observe(id, true, true).await;
    }

    /// The same; `waits`: behind a look that goes on already; `nodebalancers`: they are listed too.
    pub(super) async fn observe(&self, id: &DeploymentId, waits: bool, nodebalancers: bool) {
        let Some(held) = self.held(id).filter(|held| self.is_looked_at(held)) else {
            // A run asks for itself, and what is gone is not watched.
            lock(&self.lookouts).remove(id);
            return;
        };
        let lookout = (*lock(&self.watched))
            .then(|| lock(&self.lookouts).entry(id.clone()).or_default().clone());
        let also = Also {
            nodebalancers,
            usage: held.seen.usage.is_due(self.ports.clock.now()),
        };
        let look = async |book: &Book| {
            let observer = self.observer();
            let looked = lock(&self.looked).entry(id.clone()).or_default().clone();
            let lookout = lookout.clone();
            let watch = Watch::begin(&self.ports, self.protocol, book, observer, &looked, lookout);
            if let Ok(watch) = watch.await {
                return Some(watch.look(also).await);
            }
            None
        };
        if let Some(Some(seen)) = self.with_open(id, waits, look).await {
            self.note_roaming(id, &seen).await;
        }
        if let Some(news) = lookout.and_then(|one| one.take_news()) {
            tokio::spawn(listen(self.me.clone(), id.clone(), news));
        }
    }

    fn is_looked_at(&self, held: &Held) -> bool {
        held.run.is_none() && held.progress.cluster().is_some() && self.is_here(&held.progress)
    }

    /// Kubernetes alone, which told of a change: nothing is asked of the cloud.
    async fn see_inside(&self, id: &DeploymentId, api: &dyn KubeApi) {
        let clock = &self.ports.clock;
        let (at, asked) = (clock.now(), clock.since_boot());
        let nodes = api.nodes_inside().await;
        let pods = api.pods().await.ok();
        if let Some(held) = lock(&self.held).get_mut(id)
            && self.is_looked_at(held)
        {
            match &nodes {
                Ok(nodes) => take_in(&mut held.seen, at, Some(asked), nodes, pods.as_ref()),
                Err(_) => held.seen.kubernetes_silent = true,
            }
        }
        self.publish(id);
    }
}

/// Looks inside whenever Kubernetes tells of a change, while its lookout is kept.
async fn listen(me: Weak<Engine>, id: DeploymentId, (api, mut news): News) {
    while news.changed().await.is_ok() {
        let Some((engine, api)) = me.upgrade().zip(api.upgrade()) else {
            return;
        };
        engine.see_inside(&id, &*api).await;
        let clock = engine.ports.clock.clone();
        drop((engine, api));
        clock.sleep(NEWS_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asked_sooner_and_was_slower_tells_nothing_new() {
        let mut seen = Seen::default();
        let asked = |seconds| Some(Duration::from_secs(seconds));
        let (first, later) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        take_in(&mut seen, later, asked(5), &[], Some(&Vec::new()));
        let newest = seen.clone();
        take_in(&mut seen, first, asked(3), &[], None);
        assert_eq!(seen, newest);
        take_in(&mut seen, first, asked(6), &[], None);
        assert_eq!(seen.kubernetes_at, Some(first));
    }
}
