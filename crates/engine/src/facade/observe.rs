//! What the engine hears of runs and sees of what stands, and the loop that keeps looking.

use super::{Engine, lock};
use crate::observe::{Observed, Watch};
use crate::signal::Observer;
use crate::sweep;
use domain::DeploymentId;
use domain::plan::Purpose;
use domain::progress::Rest;
use domain::record::Record;
use domain::text::Text;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How often stop times are looked at and journals of other processes are read again: a stop time
/// that passed while this computer slept fires within this of waking.
const ROUND: Duration = Duration::from_secs(10);

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
            if seen.complete || seen.pools.is_some() {
                old.at = Some(seen.at);
            }
            // What was not read this time stays as it was read last.
            keep(&mut old.pools, seen.pools.as_ref());
            keep(&mut old.instances, seen.instances.as_ref());
            keep(&mut old.kube_nodes, seen.kube_nodes.as_ref());
            keep(&mut old.covered, seen.covered.as_ref());
            keep(&mut old.access, seen.access.as_ref());
            keep(&mut old.answers_ms, seen.answers_ms.as_ref());
        });
    }

    fn noted(&self, deployment: &DeploymentId, step: usize, what: &Text) {
        self.hear(deployment, |held| {
            held.seen.noted.insert(step, what.clone());
        });
    }

    fn late(&self, deployment: &DeploymentId, step: usize, what: &Text) {
        self.hear(deployment, |held| {
            held.seen.late.insert(step);
            held.seen.noted.insert(step, what.clone());
        });
    }
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
            if held.progress.next(record).is_ok() {
                held.records.push(record.clone());
            }
        } else if let Ok(progress) = Progress::open(record) {
            let new = super::Held {
                records: vec![record.clone()],
                progress,
                seen: domain::screen::Seen::default(),
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
        let cloud = &self.ports.cloud;
        let firewall = held.progress.firewall();
        let (pools, instances, access) = futures::join!(
            cloud.pools(cluster),
            cloud.instances(),
            cloud.access_list(cluster)
        );
        let covered = match firewall {
            Some(firewall) => cloud.firewall_devices(firewall).await.ok(),
            None => None,
        };
        let api = self.kubernetes(cluster).await;
        let kube_nodes = match api {
            Some(api) => api.nodes().await.ok(),
            None => None,
        };
        let seen = Observed {
            cluster: Some(cluster),
            complete: pools.is_ok() && instances.is_ok(),
            pools: pools.ok(),
            instances: instances.ok(),
            access: access.ok(),
            covered,
            kube_nodes,
            ..Observed::at(self.ports.clock.now())
        };
        self.observer().observed(id, &seen);
    }

    /// Looks once at a deployment that stands; births and deaths go to its journal.
    pub async fn observe_once(&self, id: &DeploymentId) {
        let stands = |held: &super::Held| {
            held.run.is_none() && held.progress.cluster().is_some() && self.is_here(&held.progress)
        };
        if !self.held(id).is_some_and(|held| stands(&held)) {
            return;
        }
        let _looks = self.looking.lock().await;
        // Held by another process: that one looks, and its records are read from the disk.
        let Ok(book) = self.open_now(id).await else {
            return;
        };
        let observer = self.observer();
        if let Ok(watch) = Watch::begin(&self.ports, self.protocol, &book, observer).await {
            watch.look().await;
        }
        drop(book);
        self.publish(id);
    }

    /// Keeps looking until the engine is dropped: stop times, journals that others write, what
    /// stands, and graveyards whose sweep is due.
    pub fn keep_watch(self: &Arc<Self>) {
        let me = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut looked: Option<Duration> = None;
            loop {
                let Some(engine) = me.upgrade() else { return };
                for problem in engine.read_journals().await {
                    tracing::warn!(code = problem.code, "a journal cannot be read");
                }
                engine.take_over_teardowns().await;
                engine.stop_what_is_due().await;
                let boot = engine.ports.clock.since_boot();
                let every = engine.protocol.observe_every;
                if looked.is_none_or(|at| boot.saturating_sub(at) >= every) {
                    engine.look_at_all(looked.is_none()).await;
                    looked = Some(boot);
                }
                let clock = engine.ports.clock.clone();
                drop(engine);
                clock.sleep(ROUND).await;
            }
        });
    }

    /// A stop time is the user's standing wish: it accepts a teardown that keeps every volume.
    async fn stop_what_is_due(&self) {
        let now = self.ports.clock.now();
        for brief in self.list() {
            let Some(held) = self.held(&brief.id) else {
                continue;
            };
            let over = matches!(
                held.progress.purpose(),
                Some(Purpose::TearDown | Purpose::RollBack)
            );
            let due = held.progress.stops_at().is_some_and(|stop| stop <= now);
            if !due || over || held.elsewhere || !self.is_here(&held.progress) {
                continue;
            }
            let label = held.progress.label().unwrap_or_default();
            if let Err(problem) = self.tear_down(&brief.id, &label, &[]).await {
                tracing::warn!(
                    code = problem.code,
                    "a stop time is due and its teardown waits"
                );
            }
        }
    }

    async fn look_at_all(&self, first: bool) {
        if self.account().await.is_err() {
            return;
        }
        drop(self.catalog().await);
        for brief in self.list() {
            self.observe_once(&brief.id).await;
            self.sweep_if_due(&brief.id, first).await;
        }
    }

    async fn sweep_if_due(&self, id: &DeploymentId, first: bool) {
        let now = self.ports.clock.now();
        let due = |held: &super::Held| {
            let progress = &held.progress;
            held.run.is_none()
                && self.is_here(progress)
                && matches!(progress.rest_state(), Rest::Done | Rest::Kept)
                && (progress.sweep_due().is_some_and(|due| due <= now)
                    || (first && progress.sweep_at_start(now)))
        };
        if !self.held(id).is_some_and(|held| due(&held)) {
            return;
        }
        let _looks = self.looking.lock().await;
        let Ok(book) = self.open_now(id).await else {
            return;
        };
        let swept = sweep::sweep(&self.ports, self.protocol, &book, self.observer()).await;
        tracing::info!(deployment = %id, ?swept, "searched for what is left");
        drop(book);
        self.publish(id);
    }
}
