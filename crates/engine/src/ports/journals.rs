//! Where journals live: append-only facts, and what is kept beside them.

use async_trait::async_trait;
use domain::DeploymentId;

/// Why a journal could not be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process writes it.
    #[error("lock the journal of `{id}`, which {holder} holds")]
    Locked {
        /// Which deployment.
        id: DeploymentId,
        /// Process id and program, as the lock file tells.
        holder: String,
    },
    /// No such deployment.
    #[error("find the journal of `{0}`")]
    Missing(DeploymentId),
    /// A line in the middle is not what was written.
    #[error("read line {line} of the journal of `{id}`: {why}")]
    Damaged {
        /// Which deployment.
        id: DeploymentId,
        /// Counted from 1.
        line: usize,
        /// What does not fit.
        why: String,
    },
    /// Written by a newer Quaylight.
    #[error("open a journal of version {version}, written by Quaylight {writer}")]
    Newer {
        /// The format's version.
        version: u32,
        /// Who wrote it.
        writer: String,
    },
    /// The disk failed; after this no new POST is sent.
    #[error("{operation} `{path}`")]
    Disk {
        /// What was tried.
        operation: &'static str,
        /// Where.
        path: String,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
}

/// What changes whenever a journal does: its length, and when it was written last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// How long it is, in whatever it is counted.
    pub length: u64,
    /// When it was written last; zero where its length says all.
    pub written: std::time::Duration,
}

/// Where journals live. Reading never takes the lock.
#[async_trait]
pub trait Journals: Send + Sync {
    /// The ids of all deployments that this computer knows, oldest first.
    async fn list(&self) -> Result<Vec<DeploymentId>, JournalError>;
    /// All records of one; a torn last line is left out.
    async fn read(&self, id: &DeploymentId) -> Result<Vec<domain::record::Record>, JournalError>;
    /// Whether one has changed, for those who read it before; `None`: only a reading tells.
    async fn stamp(&self, _id: &DeploymentId) -> Option<Stamp> {
        None
    }
    /// A new, empty, locked journal.
    async fn create(&self, id: &DeploymentId) -> Result<Box<dyn Journal>, JournalError>;
    /// Opens for writing: takes the lock, moves a torn last line to `*.torn`.
    async fn open(&self, id: &DeploymentId) -> Result<Box<dyn Journal>, JournalError>;
    /// What a file beside the journal holds; `None`: there is none.
    async fn read_beside(
        &self,
        _id: &DeploymentId,
        _name: &str,
    ) -> Result<Option<String>, JournalError> {
        Ok(None)
    }
    /// Writes a file beside the journal (the receipt), whole or not at all, 0600.
    async fn write_beside(
        &self,
        id: &DeploymentId,
        name: &str,
        content: &str,
    ) -> Result<(), JournalError>;
}

/// One deployment's journal, locked until dropped.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Appends and syncs to the disk before it answers.
    async fn append(&mut self, record: &domain::record::Record) -> Result<(), JournalError>;
}
