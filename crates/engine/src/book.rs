//! The journal and its fold, held together: nothing is written that the table forbids, and nothing
//! is known that is not written.

use crate::ports::{Clock, Journal, JournalError, Ports};
use crate::signal::Observer;
use domain::DeploymentId;
use domain::plan::Purpose;
use domain::progress::{Impossible, Progress};
use domain::record::{Fact, Record, VERSION};
use std::sync::{Arc, MutexGuard, PoisonError};
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
    /// What is written, for those who only ask: they never stand in the writers' queue. One task
    /// carries all steps of a run, and a step that waited for its turn there while that task waits
    /// behind it would stop both for ever.
    written: Arc<std::sync::Mutex<Arc<Progress>>>,
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
    written: Arc<std::sync::Mutex<Arc<Progress>>>,
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
        let written = Arc::new(std::sync::Mutex::new(Arc::new(progress.clone())));
        let inner = Inner {
            journal,
            progress,
            written: written.clone(),
            clock,
            observer,
            broken: false,
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
            written,
            deployment,
        }
    }

    /// Whose journal it is.
    pub fn deployment(&self) -> &DeploymentId {
        &self.deployment
    }

    /// Asks the fold of what is written; a record that is being written is not in it yet.
    #[expect(
        clippy::unused_async,
        reason = "whoever asks must not hold it while something else is waited for"
    )]
    pub async fn read<T>(&self, ask: impl FnOnce(&Progress) -> T) -> T {
        ask(&self.written())
    }

    /// The fold, whole, as it is now.
    #[expect(clippy::unused_async, reason = "as with every question")]
    pub async fn progress(&self) -> Arc<Progress> {
        self.written().clone()
    }

    fn written(&self) -> MutexGuard<'_, Arc<Progress>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
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
    /// A journal of an older format says first that a newer one goes on with it.
    async fn write(&mut self, fact: Fact) -> Result<(), BookError> {
        if self.progress.header.version < VERSION && !self.broken {
            let continued = Fact::Continued {
                version: VERSION,
                writer: env!("CARGO_PKG_VERSION").to_owned(),
            };
            let failed = self.put(continued).await;
            if failed.is_err() && !(self.broken && self.may_go_on_from_memory(&fact)) {
                return failed;
            }
        }
        self.put(fact).await
    }

    async fn put(&mut self, fact: Fact) -> Result<(), BookError> {
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
        let appended = if self.broken {
            Ok(())
        } else {
            self.journal.append(&record).await
        };
        // The same fact on the same fold: a copy of the whole for each record would cost more than
        // all else that is done for it.
        {
            let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::make_mut(&mut written).next(&record)?;
        }
        if let Err(failed) = appended {
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
            | Fact::Continued { .. }
            | Fact::Started { .. }
            | Fact::Recycling { .. }
            | Fact::Refused { .. }
            | Fact::Unknown { .. }
            | Fact::Made { .. }
            | Fact::Duplicate { .. }
            | Fact::Born { .. }
            | Fact::Gone { .. }
            | Fact::Covered { .. }
            | Fact::GpuTested { .. }
            | Fact::Volumes { .. }
            | Fact::Finished { .. }
            | Fact::Failed { .. }
            | Fact::Swept { .. }
            | Fact::Completed { .. }
            | Fact::Stuck { .. }
            | Fact::TakenOver(_)
            | Fact::KubeconfigSaved => self.progress.purpose().is_some_and(takes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::Deaf;
    use async_trait::async_trait;
    use domain::{AccountId, CloudId};
    use std::time::Duration;
    use tokio::sync::Notify;

    struct SlowDisk(Arc<Notify>);

    #[async_trait]
    impl Journal for SlowDisk {
        async fn append(&mut self, _: &Record) -> Result<(), JournalError> {
            self.0.notified().await;
            Ok(())
        }
    }

    /// A disk that keeps what it is told, or is full.
    struct Disk(Arc<std::sync::Mutex<Vec<&'static str>>>, bool);

    #[async_trait]
    impl Journal for Disk {
        async fn append(&mut self, record: &Record) -> Result<(), JournalError> {
            self.0.lock().unwrap().push(record.fact.name());
            let cause = std::io::Error::from(std::io::ErrorKind::StorageFull);
            let (operation, path) = ("append to", String::new());
            let failed = JournalError::Disk {
                operation,
                path,
                cause,
            };
            if self.1 { Err(failed) } else { Ok(()) }
        }
    }

    fn header(version: u32) -> Record {
        Record {
            seq: 0,
            at: jiff::Timestamp::UNIX_EPOCH,
            fact: Fact::Opened {
                version,
                writer: "test".to_owned(),
                deployment: DeploymentId("01jdcanary0000000000000000".to_owned()),
                cloud: CloudId("demo-1".to_owned()),
                account: AccountId("A".to_owned()),
            },
        }
    }

    #[tokio::test]
    async fn who_goes_on_with_an_older_journal_says_so_once_and_first() {
        for (version, full, written) in [
            (
                VERSION,
                false,
                &["kubeconfig_saved", "kubeconfig_saved"][..],
            ),
            (
                1,
                false,
                &["continued", "kubeconfig_saved", "kubeconfig_saved"],
            ),
            (1, true, &["continued"]),
        ] {
            let told = Arc::default();
            let journal = Box::new(Disk(Arc::clone(&told), full));
            let clock = Arc::new(Stopped);
            let book = Book::open(journal, &[header(version)], clock, Arc::new(Deaf)).unwrap();
            for _ in 0..2 {
                let wrote = book.write(Fact::KubeconfigSaved).await;
                assert_eq!(wrote.is_err(), full);
            }
            assert_eq!(*told.lock().unwrap(), written);
            assert_eq!(book.progress().await.header.version, VERSION);
        }
    }

    struct Stopped;

    #[async_trait]
    impl Clock for Stopped {
        fn now(&self) -> jiff::Timestamp {
            jiff::Timestamp::UNIX_EPOCH
        }
        fn since_boot(&self) -> Duration {
            Duration::ZERO
        }
        async fn sleep(&self, _: Duration) {}
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_that_nobody_polls_stops_no_other() {
        let disk = Arc::new(Notify::new());
        let journal = Box::new(SlowDisk(disk.clone()));
        let book = Book::open(
            journal,
            &[header(VERSION)],
            Arc::new(Stopped),
            Arc::new(Deaf),
        )
        .unwrap();
        let writes = book.clone();
        let write = tokio::spawn(async move { writes.write(Fact::KubeconfigSaved).await });
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        // A step asks while the disk works; then the task that carries it turns to something else.
        let mut step = std::pin::pin!(book.read(|progress| progress.next_seq));
        let first = futures::poll!(step.as_mut());
        disk.notify_one();
        write.await.unwrap().unwrap();
        let other = book.read(|progress| progress.next_seq);
        let asked = tokio::time::timeout(Duration::from_secs(1), other).await;
        assert_eq!(
            asked,
            Ok(2),
            "behind a question that nobody polls: {first:?}"
        );
    }
}
