//! What runs behind a twin while nobody asks: the clusters' listeners, the passing of time and the
//! saving of the state.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::asked::Asked;
use crate::clock::{Clock, later, real_wait};
use crate::kubernetes::{self, Gate, Listener};
use crate::service;
use crate::state::StateFile;
use crate::store::World;
use crate::twin::Twin;
use crate::{BoxError, ReplyBody};

/// Real milliseconds between a change and its save: what a kill can lose.
const SAVE_DELAY_MS: u64 = 50;

/// What every clone of a twin shares.
pub(crate) struct Inner {
    pub(crate) clock: Clock,
    pub(crate) world: Mutex<World>,
    pub(crate) listeners: Mutex<BTreeMap<u64, Listener>>,
    /// Held while listeners are being opened, so that each cluster gets one.
    pub(crate) opening: tokio::sync::Mutex<()>,
    /// Rung when something may have come nearer: a request, a turned clock.
    pub(crate) bell: Arc<Notify>,
    pub(crate) file: Mutex<Option<StateFile>>,
    pub(crate) port: Mutex<Option<u16>>,
    /// Where requests are noted, if anywhere.
    pub(crate) asked: Option<Arc<Asked>>,
}

/// Lets time pass for a twin that nobody asks anything; stops when dropped.
#[derive(Debug)]
pub struct Background {
    task: JoinHandle<()>,
}

impl Background {
    pub(crate) fn spawn(twin: Weak<Inner>) -> Self {
        Self {
            task: tokio::spawn(run(twin)),
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl World {
    /// Whether a client at `client` may reach the control plane of a cluster now.
    pub(crate) fn admits(&self, cluster: u64, client: IpAddr) -> bool {
        let Some(cluster) = self.clusters.get(&cluster) else {
            return false;
        };
        let ipv6 = self.switches.kubernetes_over_ipv6;
        let mut ways = self.public_addresses(client).into_iter();
        ways.any(|address| (address.is_ipv4() || ipv6) && cluster.admits(address))
    }
}

impl Inner {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        // A poisoned lock means a panic in another request. Serving on keeps a demo usable, and the
        // ledger shows what came of it.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// While served, every cluster that answers has a listener; others have none.
    pub(crate) async fn open_listeners(self: &Arc<Self>) {
        if !self.world().served {
            return;
        }
        let _one_at_a_time = self.opening.lock().await;
        let missing: Vec<_> = {
            let mut listeners = self.listeners();
            let world = self.world();
            listeners.retain(|id, _| world.kubes.contains_key(id));
            let kubes = world
                .kubes
                .iter()
                .filter(|(id, _)| !listeners.contains_key(id));
            kubes
                .map(|(id, kube)| (*id, kube.clone(), world.ports.get(id).copied()))
                .collect()
        };
        for (id, kube, port) in missing {
            let gate: Arc<dyn Gate> = Arc::new(Door(Arc::downgrade(self), id));
            let listen = |port| kubernetes::listen(&kube, port, Arc::clone(&gate));
            let listener = match listen(port).await {
                // The port of before is taken: any other will do.
                Err(_) if port.is_some() => listen(None).await,
                other => other,
            };
            match listener {
                Ok(listener) => self.opened(id, listener),
                Err(error) => tracing::error!(%error, cluster = id, "listen for a demo cluster"),
            }
        }
    }

    fn opened(&self, cluster: u64, listener: Listener) {
        let mut listeners = self.listeners();
        let mut world = self.world();
        // Serving may have ended meanwhile: then the listener is dropped.
        if world.served {
            world.ports.insert(cluster, listener.port());
            world.dirty = true;
            listeners.insert(cluster, listener);
        }
    }

    /// The running listeners. Where the world is locked too, this one comes first.
    pub(crate) fn listeners(&self) -> MutexGuard<'_, BTreeMap<u64, Listener>> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn save(&self) {
        if let Err(error) = self.try_save() {
            tracing::error!(%error, "save the demo cloud's state");
        }
    }

    /// Writes the state, where there is a file for it.
    pub(crate) fn try_save(&self) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = file.as_mut() else {
            return Ok(());
        };
        let port = *self.port.lock().unwrap_or_else(PoisonError::into_inner);
        let mut world = self.world();
        // Also before a failure: the next change tries again.
        world.keep_pages_no_longer();
        world.unsaved = false;
        file.save(&world, &self.clock, port)
    }

    fn keeps_state(&self) -> bool {
        self.file
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.save();
    }
}

/// The door of a cluster: its listener asks here for each connection and each request.
struct Door(Weak<Inner>, u64);

impl Gate for Door {
    fn admits(&self, client: IpAddr) -> bool {
        self.0.upgrade().is_some_and(|inner| {
            let mut world = inner.world();
            world.advance(inner.clock.now());
            world.admits(self.1, client)
        })
    }

    fn answer(
        &self,
        client: IpAddr,
        request: Request<Bytes>,
    ) -> BoxFuture<'static, Result<Response<ReplyBody>, BoxError>> {
        let (inner, cluster) = (self.0.upgrade(), self.1);
        Box::pin(async move {
            let twin = Twin::of(inner.ok_or_else(service::refused)?);
            twin.answer_kube(Some(cluster), client, request).await
        })
    }
}

/// The background: advances at each moment when something is due.
async fn run(twin: Weak<Inner>) {
    loop {
        let Some(inner) = twin.upgrade() else { return };
        let (next, dirty, kubes) = {
            let mut world = inner.world();
            world.advance(inner.clock.now());
            let kubes: Vec<_> = world.kubes.values().cloned().collect();
            (world.schedule.next(), world.dirty || world.unsaved, kubes)
        };
        inner.open_listeners().await;
        let keeps = inner.keeps_state();
        if keeps && dirty {
            inner.save();
        }
        let next = next.unwrap_or_else(|| later(inner.clock.now(), 3_600_000));
        let (clock, bell) = (inner.clock.clone(), Arc::clone(&inner.bell));
        // The wait must not keep a twin alive that nobody else holds.
        drop(inner);
        let rung = async {
            bell.notified().await;
            // Requests in a burst share one save.
            if keeps {
                real_wait(SAVE_DELAY_MS).await;
            }
        };
        let effects = async {
            let waits = kubes.iter().map(|kube| Box::pin(kube.effects_waiting()));
            futures::future::select_all(waits).await
        };
        tokio::select! {
            () = clock.sleep_until(next) => {}
            () = rung => {}
            _ = effects, if !kubes.is_empty() => {}
        }
    }
}
