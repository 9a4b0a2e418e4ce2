//! Who holds a deployment's journal inside of this process: a look, or an intent.
//!
//! A look gives way at once: everything that it does can be done again. An intent never waits for a
//! search of another deployment, nor for one of its own that waits for the cloud.

use super::{Engine, lock};
use crate::book::Book;
use domain::DeploymentId;
use domain::view::Problem;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard, watch};

/// A look that gave way may still be writing its last record.
const LAST_RECORD: Duration = Duration::from_millis(50);
/// How often that is waited for.
const LAST_RECORD_TRIES: u32 = 40;

/// The place at which one deployment's journal is held.
pub(super) struct Desk {
    seat: Arc<Mutex<()>>,
    wanted: watch::Sender<u32>,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            seat: Arc::default(),
            wanted: watch::channel(0).0,
        }
    }
}

/// An intent that waits: looks give way until it is dropped.
struct Wanted(Arc<Desk>);

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.wanted.send_modify(|waiting| *waiting -= 1);
    }
}

impl Engine {
    fn desk(&self, id: &DeploymentId) -> Arc<Desk> {
        lock(&self.desks).entry(id.clone()).or_default().clone()
    }

    /// Opens a journal for writing; a look of our own gives way.
    pub(crate) async fn open(&self, id: &DeploymentId) -> Result<Book, Problem> {
        let desk = self.desk(id);
        desk.wanted.send_modify(|waiting| *waiting += 1);
        let wanted = Wanted(desk);
        let looked = wanted.0.seat.try_lock().is_err();
        let _seat = wanted.0.seat.lock().await;
        for _ in 0..LAST_RECORD_TRIES {
            match self.open_now(id).await {
                Err(problem) if looked && problem.code == "journal_locked" => {
                    self.ports.clock.sleep(LAST_RECORD).await;
                }
                opened => return opened,
            }
        }
        self.open_now(id).await
    }

    /// Looks with the journal open, until an intent wants it. `None`: it was not to be had, or the
    /// look gave way. `waits`: behind another look of the same deployment.
    pub(super) async fn with_open<T>(
        &self,
        id: &DeploymentId,
        waits: bool,
        look: impl AsyncFnOnce(&Book) -> T,
    ) -> Option<T> {
        let desk = self.desk(id);
        let _seat: OwnedMutexGuard<()> = if waits {
            desk.seat.clone().lock_owned().await
        } else {
            desk.seat.clone().try_lock_owned().ok()?
        };
        let mut wanted = desk.wanted.subscribe();
        // Held by another process: that one looks, and its records are read from the disk.
        let book = self.open_now(id).await.ok()?;
        let done = tokio::select! {
            biased;
            _ = wanted.wait_for(|waiting| *waiting > 0) => None,
            done = look(&book) => Some(done),
        };
        drop(book);
        self.publish(id);
        done
    }
}
