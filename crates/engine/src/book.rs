//! The journal and its fold, held together: nothing is written that the table forbids, and nothing
//! is known that is not written.

use crate::ports::{Clock, Journal, JournalError, Ports};
use crate::signal::Observer;
use domain::DeploymentId;
use domain::plan::Purpose;
use domain::progress::{Impossible, Progress};
use domain::record::{Fact, Record, VERSION};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Why a fact could not be written.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// The table forbids it; nothing was written.
    #[error(transparent)]
    Impossible(#[from] Impossible),
    /// The disk failed; from now on nothing that creates is done.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The disk failed before.
    #[error("write to a journal that failed before")]
    Broken,
}

/// A deployment's journal, open for writing. Clones share it; the lock goes with the last one.
#[derive(Clone)]
pub struct Book {
    inner: Arc<Mutex<Inner>>,
    deployment: DeploymentId,
}

impl std::fmt::Debug for Book {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Book")
            .field("deployment", &self.deployment)
            .finish_non_exhaustive()
    }
}

struct Inner {
    journal: Box<dyn Journal>,
    progress: Progress,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    broken: bool,
}

impl Book {
    /// A journal that was opened for writing, with the records that were read from it.
    pub fn open(
        journal: Box<dyn Journal>,
        records: &[Record],
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, Impossible> {
        Ok(Self::over(
            journal,
            Progress::fold(records)?,
            clock,
            observer,
        ))
    }

    /// A new journal with its header.
    pub async fn create(
        ports: &Ports,
        observer: Arc<dyn Observer>,
        writer: &str,
        deployment: DeploymentId,
        account: domain::AccountId,
    ) -> Result<Self, BookError> {
        let mut journal = ports.journals.create(&deployment).await?;
        let fact = Fact::Opened {
            version: VERSION,
            writer: writer.to_owned(),
            deployment: deployment.clone(),
            cloud: ports.cloud.id(),
            account,
        };
        let header = Record {
            seq: 0,
            at: ports.clock.now(),
            fact,
        };
        let progress = Progress::open(&header)?;
        journal.append(&header).await?;
        observer.recorded(&deployment, &header);
        Ok(Self::over(journal, progress, ports.clock.clone(), observer))
    }

    fn over(
        journal: Box<dyn Journal>,
        progress: Progress,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
    ) -> Self {
        let deployment = progress.header.deployment.clone();
        let inner = Inner {
            journal,
            progress,
            clock,
            observer,
            broken: false,
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
            deployment,
        }
    }

    /// Whose journal it is.
    pub fn deployment(&self) -> &DeploymentId {
        &self.deployment
    }

    /// Asks the fold.
    pub async fn read<T>(&self, ask: impl FnOnce(&Progress) -> T) -> T {
        ask(&self.inner.lock().await.progress)
    }

    /// The fold, whole.
    pub async fn progress(&self) -> Progress {
        self.read(Progress::clone).await
    }

    /// Whether the disk failed.
    pub async fn is_broken(&self) -> bool {
        self.inner.lock().await.broken
    }

    /// Checks, appends, syncs, then tells. It runs to its end even when the caller is dropped, so
    /// that a number is never given twice.
    ///
    /// After the disk failed once, wishes and the facts of a teardown are kept in memory only, since deleting
    /// must still be possible; everything else is refused.
    pub async fn write(&self, fact: Fact) -> Result<(), BookError> {
        let inner = self.inner.clone();
        let task = tokio::spawn(async move { inner.lock_owned().await.write(fact).await });
        match task.await {
            Ok(written) => written,
            Err(gone) if gone.is_panic() => std::panic::resume_unwind(gone.into_panic()),
            // The runtime is going down: so is this process, and recovery begins from the disk.
            Err(_) => std::future::pending().await,
        }
    }
}

impl Inner {
    async fn write(&mut self, fact: Fact) -> Result<(), BookError> {
        let seq = self.progress.next_seq;
        let record = Record {
            seq,
            at: self.clock.now(),
            fact,
        };
        if self.broken && !self.may_go_on_from_memory(&record.fact) {
            return Err(BookError::Broken);
        }
        self.progress.next(&record)?;
        if !self.broken
            && let Err(failed) = self.journal.append(&record).await
        {
            self.broken = true;
            if !self.may_go_on_from_memory(&record.fact) {
                return Err(failed.into());
            }
        }
        self.observer
            .recorded(&self.progress.header.deployment, &record);
        Ok(())
    }

    fn may_go_on_from_memory(&self, fact: &Fact) -> bool {
        let takes = |purpose: Purpose| matches!(purpose, Purpose::TearDown | Purpose::RollBack);
        match fact {
            // A stop time that is moved in memory only would fire after a restart all the same.
            Fact::Intent { .. } | Fact::Sent { .. } | Fact::StopMoved { .. } => false,
            Fact::Wished { .. } => true,
            Fact::Accepted { plan } => takes(plan.purpose),
            Fact::Opened { .. }
            | Fact::Started { .. }
            | Fact::Refused { .. }
            | Fact::Unknown { .. }
            | Fact::Made { .. }
            | Fact::Duplicate { .. }
            | Fact::Born { .. }
            | Fact::Gone { .. }
            | Fact::Covered { .. }
            | Fact::Volumes { .. }
            | Fact::Finished { .. }
            | Fact::Failed { .. }
            | Fact::Swept { .. }
            | Fact::Completed { .. }
            | Fact::Stuck { .. }
            | Fact::KubeconfigSaved => self.progress.purpose().is_some_and(takes),
        }
    }
}
