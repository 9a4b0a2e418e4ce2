//! Journals as files: `HOME/deployments/ULID/journal.jsonl`, one record a line, each with its
//! checksum, appended and synced before the answer. One writer, by a lock that the system takes
//! back when the process dies. Readers take no lock.
//!
//! What an interrupted write leaves at the end was never answered to anybody, so it is left out when
//! reading and moved aside when writing. Any other bad line was answered once: such a journal is
//! refused and never mended by guessing. Nobody can tell a write that broke off from a synced end
//! that a disk lost: the last lines cut off at any byte, or zeros that reach over a line's end into
//! the last line. What the cloud holds of a lost record is found by its mark.

mod line;
mod paper;
mod read;

use crate::files::{
    Tried, While as _, apart, new_private, private_folder, sync_folder, write_whole,
};
use async_trait::async_trait;
use domain::DeploymentId;
use domain::record::Record;
use engine::ports::{Journal, JournalError, Journals};
use paper::Paper;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const JOURNAL: &str = "journal.jsonl";
const LOCK: &str = "journal.lock";
const RESERVE: &str = "journal.reserve";
/// Room for a teardown's records on a disk that is full.
const RESERVE_BYTES: usize = 64 * 1024;

/// All journals of this user on this computer.
#[derive(Clone, Debug)]
pub struct FileJournals {
    deployments: PathBuf,
    writer: String,
}

impl FileJournals {
    /// Journals under `home/deployments`; nothing is made before the first one is created.
    /// `writer` is the program that a lock names, such as `quaylight-cli`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the home is the journals' from here on"
    )]
    pub fn new(home: PathBuf, writer: &str) -> Self {
        Self {
            deployments: home.join("deployments"),
            writer: writer.to_owned(),
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

    async fn create(&self, id: &DeploymentId) -> Result<Box<dyn Journal>, JournalError> {
        let (folder, id, writer) = (self.folder(id)?, id.clone(), self.writer.clone());
        let desk = apart(move || create(&folder, &id, &writer)).await?;
        Ok(FileJournal::at(desk))
    }

    async fn open(&self, id: &DeploymentId) -> Result<Box<dyn Journal>, JournalError> {
        let (folder, id, writer) = (self.folder(id)?, id.clone(), self.writer.clone());
        let desk = apart(move || open(&folder, &id, &writer)).await?;
        Ok(FileJournal::at(desk))
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
        let content = content.to_owned();
        apart(move || write_whole(&path, content.as_bytes()))
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

/// A journal that is open for writing, with its lock; both end together.
struct Desk {
    paper: Paper<File>,
    id: DeploymentId,
    next_seq: u64,
    lock: Arc<File>,
}

fn create(folder: &Path, id: &DeploymentId, writer: &str) -> Result<Desk, JournalError> {
    let path = folder.join(JOURNAL);
    let made = || -> Tried<(File, File)> {
        private_folder(folder).while_("make", folder)?;
        let lock = lock_file(folder)?;
        let file = new_private().open(&path).while_("create", &path)?;
        file.sync_all().while_("sync", &path)?;
        // From the innermost folder to the home: each entry must survive a power cut.
        for above in folder.ancestors().take(3) {
            sync_folder(above).while_("sync", above)?;
        }
        Ok((file, lock))
    };
    let (file, lock) = made().map_err(disk)?;
    hold(&lock, folder, id, writer)?;
    Ok(desk(folder, id, file, lock, 0, 0))
}

fn open(folder: &Path, id: &DeploymentId, writer: &str) -> Result<Desk, JournalError> {
    let path = folder.join(JOURNAL);
    if !path.is_file() {
        return Err(JournalError::Missing(id.clone()));
    }
    let lock = lock_file(folder).map_err(disk)?;
    hold(&lock, folder, id, writer)?;
    let bytes = whole(&path, id)?;
    let read::Read {
        records,
        whole: good,
    } = read::read(id, &bytes)?;
    let opened = || -> Tried<File> {
        let mut file = OpenOptions::new()
            .write(true)
            .open(&path)
            .while_("open", &path)?;
        if good < bytes.len() {
            set_aside(folder, &bytes[good..])?;
            file.set_len(good as u64).while_("shorten", &path)?;
            file.sync_all().while_("sync", &path)?;
        }
        file.seek(SeekFrom::End(0)).while_("open", &path)?;
        Ok(file)
    };
    let file = opened().map_err(disk)?;
    Ok(desk(
        folder,
        id,
        file,
        lock,
        good as u64,
        records.len() as u64,
    ))
}

fn desk(folder: &Path, id: &DeploymentId, file: File, lock: File, length: u64, next: u64) -> Desk {
    let reserve = folder.join(RESERVE);
    // Without it a full disk is met earlier; that is no reason to refuse a journal.
    if !reserve.exists() {
        let filled = vec![b' '; RESERVE_BYTES];
        let _ = new_private()
            .open(&reserve)
            .and_then(|mut file| file.write_all(&filled));
    }
    Desk {
        paper: Paper::new(file, length, folder.join(JOURNAL), reserve),
        id: id.clone(),
        next_seq: next,
        lock: Arc::new(lock),
    }
}

/// Keeps a torn last line for a person to look at.
fn set_aside(folder: &Path, torn: &[u8]) -> Tried<()> {
    let name = |number: u32| folder.join(format!("{JOURNAL}.torn-{number}"));
    let free = (1..10_000).map(name).find(|path| !path.exists());
    let full = || io::Error::from(io::ErrorKind::AlreadyExists);
    write_whole(&free.ok_or_else(full).while_("keep", folder)?, torn)
}

fn lock_file(folder: &Path) -> Tried<File> {
    let path = folder.join(LOCK);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&path).while_("open", &path)
}

/// Takes the lock and writes into it who holds it.
fn hold(
    mut lock: &File,
    folder: &Path,
    id: &DeploymentId,
    writer: &str,
) -> Result<(), JournalError> {
    let path = folder.join(LOCK);
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Where locks are mandatory the content cannot be read either.
            let _ = lock.take(200).read_to_string(&mut holder);
            let holder = holder.trim();
            return Err(JournalError::Locked {
                id: id.clone(),
                holder: if holder.is_empty() {
                    "another process"
                } else {
                    holder
                }
                .to_owned(),
            });
        }
        Err(TryLockError::Error(cause)) => return Err(disk(("lock", path, cause))),
    }
    let note = format!("{} {writer}\n", std::process::id());
    let written = lock
        .set_len(0)
        .and_then(|()| lock.write_all(note.as_bytes()));
    written.while_("write", &path).map_err(disk)
}

/// The open end of a journal. The desk is away while a record is being written; when the caller
/// stopped waiting for that, nobody knows its end, and nothing more is written. The lock is held
/// to the last, whatever failed.
struct FileJournal {
    desk: Option<Desk>,
    _lock: Arc<File>,
}

impl FileJournal {
    fn at(desk: Desk) -> Box<dyn Journal> {
        let lock = Arc::clone(&desk.lock);
        Box::new(Self {
            desk: Some(desk),
            _lock: lock,
        })
    }
}

#[async_trait]
impl Journal for FileJournal {
    async fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        let Some(mut desk) = self.desk.take() else {
            let cause = io::Error::other("an earlier record was not written");
            return Err(disk(("append to", PathBuf::from(JOURNAL), cause)));
        };
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
            self.desk = Some(Desk { next_seq, ..desk });
        }
        done
    }
}

#[cfg(test)]
mod damage;
#[cfg(test)]
mod tests;
