//! The tasks that keep looking until the engine is dropped. None of them waits for another: a long
//! deletion or a cloud that asks to wait delays no stop time.

use super::stop::Wall;
use super::{Engine, Held, lock};
use crate::observe::Observed;
use crate::sweep::{self, Swept};
use domain::DeploymentId;
use domain::plan::Purpose;
use domain::progress::Rest;
use domain::usage::Usage;
use domain::watched::Watched;
use jiff::Timestamp;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How often stop times are looked at and journals of other processes are read again: a stop time
/// that passed while this computer slept fires within this of waking.
const ROUND: Duration = Duration::from_secs(10);
/// The second round after a start comes sooner: only then the wall clock is believed.
const SECOND_ROUND: Duration = Duration::from_secs(1);

impl Engine {
    /// Keeps looking until the engine is dropped: stop times, journals that others write, what
    /// stands, and graveyards whose sweep is due. Asked again it does nothing.
    pub fn keep_watch(self: &Arc<Self>) {
        if std::mem::replace(&mut *lock(&self.watched), true) {
            return;
        }
        tokio::spawn(stops(Arc::downgrade(self)));
        tokio::spawn(teardowns(Arc::downgrade(self)));
        tokio::spawn(looks(Arc::downgrade(self)));
    }

    /// What other computers do and the NodeBalancers of ours are listed in turns, but for the first
    /// round, so that what stands costs four collections a minute.
    async fn look_at_all(&self, round: u32) {
        // After a sleep everything is read, since what others did meanwhile is not known.
        let around = round.is_multiple_of(2) || self.has_slept();
        let nodebalancers = round == 0 || !round.is_multiple_of(2);
        if self.account().await.is_err() {
            self.nothing_was_read();
            return;
        }
        drop(self.catalog().await);
        if around {
            match self.look_around().await {
                Ok(()) => self.read_again(),
                Err(problem) => {
                    tracing::debug!(code = problem.code, "whose things are was not read");
                }
            }
        }
        self.keep::<Watched>().await;
        self.keep::<Usage>().await;
        for id in self.all_ids() {
            self.note_carried(&id);
            let Some(me) = self.me.upgrade() else { return };
            if self.is_lost(&id) {
                // Another computer's: looked at, without a hand on it or a line in the journal.
                tokio::spawn(async move { me.glance(&id).await });
                continue;
            }
            // A deployment whose look goes on still is left out this time.
            tokio::spawn(async move {
                me.observe(&id, false, nodebalancers).await;
                me.sweep_if_due(&id).await;
            });
        }
    }

    /// A round without an answer: what is shown is as old as it was.
    fn nothing_was_read(&self) {
        let nothing = Observed::at(self.ports.clock.now());
        let observer = self.observer();
        for brief in self.list().iter().filter(|one| one.here) {
            observer.observed(&brief.id, &nothing);
        }
    }

    async fn sweep_if_due(&self, id: &DeploymentId) {
        let now = self.ports.clock.now();
        let first = !lock(&self.swept_at_start).contains(id);
        if !self
            .held(id)
            .is_some_and(|held| self.is_due(&held, now, first))
        {
            return;
        }
        let swept = self.with_open(id, false, async |book| {
            sweep::sweep(&self.ports, self.protocol, book, self.observer()).await
        });
        let swept = swept.await;
        tracing::info!(deployment = %id, ?swept, "searched for what is left");
        // What could not be searched is still to be searched at this start.
        if matches!(
            swept,
            Some(Swept::Clean | Swept::Deleted(_) | Swept::Left(..))
        ) {
            lock(&self.swept_at_start).insert(id.clone());
        }
    }

    fn is_due(&self, held: &Held, now: Timestamp, first: bool) -> bool {
        let progress = &held.progress;
        let rests = match progress.rest_state() {
            Rest::Done | Rest::Kept => true,
            // What waits for a person may have made something that came late.
            Rest::Running(_) | Rest::Failed | Rest::Stuck => {
                matches!(progress.purpose(), Some(Purpose::Create | Purpose::Update))
            }
            Rest::Idle | Rest::Cancelled(_) => false,
        };
        rests
            && !held.driven()
            && self.is_here(progress)
            && (progress.sweep_due().is_some_and(|due| due <= now)
                || (first && progress.sweep_at_start(now)))
    }
}

/// Stop times, and the journals that tell them. Nothing in here waits for the cloud.
async fn stops(me: Weak<Engine>) {
    let mut wall = Wall::default();
    loop {
        let Some(engine) = me.upgrade() else { return };
        for problem in engine.read_journals().await {
            tracing::warn!(code = problem.code, "a journal cannot be read");
        }
        let clock = engine.ports.clock.clone();
        let now = wall.round(clock.now(), clock.since_boot());
        if let Some(now) = now {
            engine.stop_what_is_due(now);
        }
        engine.publish_stops();
        drop(engine);
        clock.sleep(now.map_or(SECOND_ROUND, |_| ROUND)).await;
    }
}

/// Teardowns that nobody carries any more go on here.
async fn teardowns(me: Weak<Engine>) {
    loop {
        let Some(engine) = me.upgrade() else { return };
        engine.take_over_teardowns().await;
        engine.forget_all_merged().await;
        let clock = engine.ports.clock.clone();
        drop(engine);
        clock.sleep(ROUND).await;
    }
}

/// What stands, and graveyards.
async fn looks(me: Weak<Engine>) {
    for round in 0_u32.. {
        let Some(engine) = me.upgrade() else { return };
        engine.look_at_all(round).await;
        let (clock, every) = (engine.ports.clock.clone(), engine.protocol.observe_every);
        drop(engine);
        let asleep = clock.since_boot();
        clock.sleep(every).await;
        let Some(engine) = me.upgrade() else { return };
        engine.woke(clock.since_boot().saturating_sub(asleep), every);
    }
}
