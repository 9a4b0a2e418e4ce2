//! A process that can die at any of its points: before and after each journal write and each
//! exchange with the cloud. What a dead process still had under way stands still for ever.

use async_trait::async_trait;
use domain::DeploymentId;
use domain::record::Record;
use engine::ports::{Clock, Journal, JournalError, Journals, Stamp};
use jiff::Timestamp;
use quaylight_tests::memory::MemoryJournals;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// One process.
#[derive(Debug)]
pub(crate) struct Life {
    points: AtomicU64,
    /// The point at which it dies.
    doom: u64,
    dead: watch::Sender<bool>,
}

impl Life {
    /// A process that dies at its n-th point, or not.
    pub(crate) fn begin(doom: Option<u64>) -> Arc<Self> {
        Arc::new(Self {
            points: AtomicU64::new(0),
            doom: doom.unwrap_or(u64::MAX),
            dead: watch::channel(false).0,
        })
    }

    /// A point: whoever comes here in a dead process comes no further.
    pub(crate) async fn point(&self) {
        if self.points.fetch_add(1, Ordering::Relaxed) == self.doom {
            self.end();
        }
        if *self.dead.borrow() {
            std::future::pending::<()>().await;
        }
    }

    /// It is killed.
    pub(crate) fn end(&self) {
        self.dead.send_replace(true);
    }

    /// Resolves when it is dead.
    pub(crate) async fn ended(&self) {
        let mut dead = self.dead.subscribe();
        drop(dead.wait_for(|dead| *dead).await);
    }
}

/// The clock of a process.
pub(crate) struct MortalClock {
    pub(crate) inner: Arc<dyn Clock>,
    pub(crate) life: Arc<Life>,
}

#[async_trait]
impl Clock for MortalClock {
    fn now(&self) -> Timestamp {
        self.inner.now()
    }

    fn since_boot(&self) -> Duration {
        self.inner.since_boot()
    }

    async fn sleep(&self, length: Duration) {
        self.inner.sleep(length).await;
        if *self.life.dead.borrow() {
            std::future::pending::<()>().await;
        }
    }
}

/// When a written record is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sync {
    /// Before the answer.
    Each,
    /// Some records later: what was answered last is lost with the process.
    Behind(usize),
}

/// The disk as a process sees it.
#[derive(Clone)]
pub(crate) struct MortalJournals {
    pub(crate) disk: MemoryJournals,
    pub(crate) life: Arc<Life>,
    pub(crate) sync: Sync,
}

struct MortalJournal {
    inner: Box<dyn Journal>,
    life: Arc<Life>,
    /// Answered and not written yet.
    behind: Vec<Record>,
    sync: Sync,
}

#[async_trait]
impl Journal for MortalJournal {
    async fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        self.life.point().await;
        self.behind.push(record.clone());
        let may_wait = match self.sync {
            Sync::Each => 0,
            Sync::Behind(records) => records,
        };
        while self.behind.len() > may_wait {
            let record = self.behind.remove(0);
            self.inner.append(&record).await?;
        }
        self.life.point().await;
        Ok(())
    }
}

#[async_trait]
impl Journals for MortalJournals {
    async fn list(&self) -> Result<Vec<DeploymentId>, JournalError> {
        self.disk.list().await
    }

    async fn read(&self, id: &DeploymentId) -> Result<Vec<Record>, JournalError> {
        self.disk.read(id).await
    }

    async fn stamp(&self, id: &DeploymentId) -> Option<Stamp> {
        self.disk.stamp(id).await
    }

    async fn create(&self, id: &DeploymentId) -> Result<Box<dyn Journal>, JournalError> {
        self.life.point().await;
        Ok(self.opened(self.disk.create(id).await?))
    }

    async fn open(&self, id: &DeploymentId) -> Result<Box<dyn Journal>, JournalError> {
        self.life.point().await;
        Ok(self.opened(self.disk.open(id).await?))
    }

    async fn write_beside(
        &self,
        id: &DeploymentId,
        name: &str,
        content: &str,
    ) -> Result<(), JournalError> {
        self.life.point().await;
        self.disk.write_beside(id, name, content).await
    }
}

impl MortalJournals {
    fn opened(&self, inner: Box<dyn Journal>) -> Box<dyn Journal> {
        Box::new(MortalJournal {
            inner,
            life: self.life.clone(),
            behind: Vec::new(),
            sync: self.sync,
        })
    }
}
