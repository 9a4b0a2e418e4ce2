//! Journals as files: `HOME/deployments/ULID/journal.jsonl`, one record a line, each with its
//! checksum, appended and synced before the answer. One writer, by a lock that the system takes
//! back when the process dies. Readers take no lock.
//!
//! What an interrupted write leaves at the end was never answered to anybody, so it is left out when
//! reading and moved aside when writing. Any other bad line was answered once: such a journal is
//! refused and never mended by guessing. Nobody can tell a write that broke off from a synced end
//! that a disk lost: the last lines cut off at any byte, or zeros that reach over a line's end into
//! the last line. What the cloud holds of a lost record is found by its mark.

mod desk;
mod line;
mod paper;
mod read;

use crate::disk::{Disk, SystemDisk};
use crate::files::{Tried, While as _, apart, write_whole_on};
use async_trait::async_trait;
use desk::{Clerk, Desk, Opened};
use domain::DeploymentId;
use domain::record::Record;
use engine::ports::{Journal, JournalError, Journals, Stamp};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

const JOURNAL: &str = "journal.jsonl";
const LOCK: &str = "journal.lock";
const RESERVE: &str = "journal.reserve";
/// Room for a teardown's records on a disk that is full.
const RESERVE_BYTES: usize = 64 * 1024;

/// All journals of this user on this computer.
#[derive(Clone, Debug)]
pub struct FileJournals {
    deployments: PathBuf,
    clerk: Clerk,
}

impl FileJournals {
    /// Journals under `home/deployments`; nothing is made before the first one is created.
    /// `writer` is the program that a lock names, such as `quaylight-cli`.
    pub fn new(home: PathBuf, writer: &str) -> Self {
        Self::on(Arc::new(SystemDisk), home, writer)
    }

    /// The same on another disk.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the home is the journals' from here on"
    )]
    pub fn on(disk: Arc<dyn Disk>, home: PathBuf, writer: &str) -> Self {
        let writer = writer.to_owned();
        Self {
            deployments: home.join("deployments"),
            clerk: Clerk { disk, writer },
        }
    }

    /// The deployment's folder; an id that is no ULID names none, so that no path is made of it.
    fn folder(&self, id: &DeploymentId) -> Result<PathBuf, JournalError> {
        if is_ulid(&id.0) {
            Ok(self.deployments.join(&id.0))
        } else {
            Err(JournalError::Missing(id.clone()))
        }
    }
}

fn is_ulid(text: &str) -> bool {
    text.len() == 26
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
}

fn disk((operation, path, cause): (&'static str, PathBuf, io::Error)) -> JournalError {
    JournalError::Disk {
        operation,
        path: path.display().to_string(),
        cause,
    }
}

#[async_trait]
impl Journals for FileJournals {
    async fn list(&self) -> Result<Vec<DeploymentId>, JournalError> {
        let deployments = self.deployments.clone();
        apart(move || list(&deployments)).await.map_err(disk)
    }

    async fn read(&self, id: &DeploymentId) -> Result<Vec<Record>, JournalError> {
        let (path, id) = (self.folder(id)?.join(JOURNAL), id.clone());
        apart(move || {
            let bytes = whole(&path, &id)?;
            Ok(read::read(&id, &bytes)?.records)
        })
        .await
    }

    async fn stamp(&self, id: &DeploymentId) -> Option<Stamp> {
        let path = self.folder(id).ok()?.join(JOURNAL);
        let found = apart(move || fs::metadata(path).ok()).await?;
        let written = found.modified().ok()?;
        Some(Stamp {
            length: found.len(),
            written: written.duration_since(UNIX_EPOCH).ok()?,
        })
    }

    async fn create(&self, id: &DeploymentId) -> Result<Box<dyn Journal>, JournalError> {
        let (folder, id, clerk) = (self.folder(id)?, id.clone(), self.clerk.clone());
        let opened = apart(move || clerk.create(&folder, &id)).await?;
        Ok(FileJournal::at(opened))
    }

    async fn open(&self, id: &DeploymentId) -> Result<Box<dyn Journal>, JournalError> {
        let (folder, id, clerk) = (self.folder(id)?, id.clone(), self.clerk.clone());
        let opened = apart(move || clerk.open(&folder, &id)).await?;
        Ok(FileJournal::at(opened))
    }

    async fn read_beside(
        &self,
        id: &DeploymentId,
        name: &str,
    ) -> Result<Option<String>, JournalError> {
        let path = self.folder(id)?.join(name);
        apart(move || match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(disk(("read", path, cause))),
        })
        .await
    }

    async fn write_beside(
        &self,
        id: &DeploymentId,
        name: &str,
        content: &str,
    ) -> Result<(), JournalError> {
        let path = self.folder(id)?.join(name);
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        let ours = name.starts_with('.') || name.starts_with("journal");
        if name.is_empty() || ours || !name.bytes().all(plain) {
            let cause = io::Error::from(io::ErrorKind::InvalidInput);
            return Err(disk(("write", path, cause)));
        }
        let (content, on) = (content.to_owned(), Arc::clone(&self.clerk.disk));
        apart(move || write_whole_on(&*on, &path, content.as_bytes()))
            .await
            .map_err(disk)
    }
}

/// Ids of the folders whose first line was whole once: before it, nothing was promised.
fn list(deployments: &Path) -> Tried<Vec<DeploymentId>> {
    let entries = match fs::read_dir(deployments) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(("list", deployments.to_owned(), cause)),
    };
    let mut ids = Vec::new();
    for entry in entries {
        let entry = entry.while_("list", deployments)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_ulid(&name) && begun(&entry.path().join(JOURNAL)) {
            ids.push(DeploymentId(name));
        }
    }
    ids.sort();
    Ok(ids)
}

fn begun(path: &Path) -> bool {
    let mut start = vec![0; RESERVE_BYTES];
    let length = File::open(path).and_then(|mut file| file.read(&mut start));
    let ends = |length: usize| start[..length].contains(&b'\n');
    length.is_ok_and(|length| ends(length) || read::next_line(&start[..length], 0).is_err())
}

fn whole(path: &Path, id: &DeploymentId) -> Result<Vec<u8>, JournalError> {
    fs::read(path).map_err(|cause| {
        if cause.kind() == io::ErrorKind::NotFound {
            JournalError::Missing(id.clone())
        } else {
            disk(("read", path.to_owned(), cause))
        }
    })
}

/// The open end of a journal. The desk is away while a record is being written; when the caller
/// stopped waiting for that, nobody knows its end, and nothing more is written. The lock is held
/// to the last, whatever failed.
struct FileJournal {
    desk: Option<Tried<Desk>>,
    _lock: File,
}

impl FileJournal {
    fn at(Opened { desk, lock }: Opened) -> Box<dyn Journal> {
        let desk = Some(desk);
        Box::new(Self { desk, _lock: lock })
    }
}

#[async_trait]
impl Journal for FileJournal {
    async fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        let Some(desk) = self.desk.take() else {
            let cause = io::Error::other("an earlier record was not written");
            return Err(disk(("append to", PathBuf::from(JOURNAL), cause)));
        };
        let mut desk = desk.map_err(disk)?;
        let line = read::fits(desk.next_seq, record).and_then(|()| line::encode(record));
        let (desk, done) = apart(move || {
            let damaged = |why| JournalError::Damaged {
                id: desk.id.clone(),
                line: usize::try_from(desk.next_seq)
                    .unwrap_or(usize::MAX)
                    .saturating_add(1),
                why,
            };
            let line = line.map_err(damaged);
            #[cfg(feature = "kill-points")]
            engine::kill::point(|| format!("before record {}", desk.next_seq));
            let done = line.and_then(|line| desk.paper.append(&line).map_err(disk));
            #[cfg(feature = "kill-points")]
            engine::kill::point(|| format!("after record {}", desk.next_seq));
            (desk, done)
        })
        .await;
        if done.is_ok() {
            let next_seq = desk.next_seq + 1;
            self.desk = Some(Ok(Desk { next_seq, ..desk }));
        }
        done
    }
}

#[cfg(test)]
mod damage;
#[cfg(test)]
mod desk_tests;
#[cfg(test)]
mod tests;
