//! A journal that is open for writing: how it is made, opened, locked, and what lies beside it.

use super::paper::{Paper, is_full};
use super::{JOURNAL, LOCK, RESERVE, RESERVE_BYTES, disk, read, whole};
use crate::disk::{Disk, Sheet};
use crate::files::{Tried, While as _, write_new, write_whole_on};
use domain::DeploymentId;
use engine::ports::JournalError;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A journal that is open for writing.
pub(super) struct Desk {
    pub(super) paper: Paper<dyn Sheet>,
    pub(super) id: DeploymentId,
    pub(super) next_seq: u64,
}

/// Who makes and opens journals, and on which disk.
#[derive(Clone, Debug)]
pub(super) struct Clerk {
    pub(super) disk: Arc<dyn Disk>,
    /// The program that a lock names.
    pub(super) writer: String,
}

/// An open journal and its lock. A disk that cannot be written gives no desk but its failure: the
/// records can be read, and a teardown can go on from memory.
pub(super) struct Opened {
    pub(super) desk: Tried<Desk>,
    pub(super) lock: File,
}

impl Clerk {
    /// A new journal. One that is damaged is kept under another name, so that what the cloud holds
    /// can be taken up anew.
    pub(super) fn create(&self, folder: &Path, id: &DeploymentId) -> Result<Opened, JournalError> {
        let path = folder.join(JOURNAL);
        let made = || -> Tried<File> {
            self.disk.make_folder(folder).while_("make", folder)?;
            self.lock_file(folder)
        };
        let lock = made().map_err(disk)?;
        self.hold(&lock, folder, id)?;
        if path.exists() {
            match read::read(id, &whole(&path, id)?) {
                Ok(_) => {}
                Err(JournalError::Damaged { .. }) => {
                    let aside = beside(folder, "damaged").map_err(disk)?;
                    let moved = self.disk.rename(&path, &aside).while_("move", &path);
                    moved.map_err(disk)?;
                }
                Err(other) => return Err(other),
            }
        }
        let made = || -> Tried<Box<dyn Sheet>> {
            let mut sheet = self.disk.create(&path).while_("create", &path)?;
            sheet.sync().while_("sync", &path)?;
            // From the innermost folder to the home: each entry must survive a power cut.
            for above in folder.ancestors().take(3) {
                self.disk.sync_folder(above).while_("sync", above)?;
            }
            Ok(sheet)
        };
        let sheet = made().map_err(disk)?;
        let desk = Ok(self.desk(folder, id, sheet, 0, 0));
        Ok(Opened { desk, lock })
    }

    pub(super) fn open(&self, folder: &Path, id: &DeploymentId) -> Result<Opened, JournalError> {
        let path = folder.join(JOURNAL);
        if !path.is_file() {
            return Err(JournalError::Missing(id.clone()));
        }
        let lock = self.lock_file(folder).map_err(disk)?;
        self.hold(&lock, folder, id)?;
        let bytes = whole(&path, id)?;
        let read::Read {
            records,
            whole: good,
        } = read::read(id, &bytes)?;
        let opened = || -> Tried<Desk> {
            let mut sheet = self.disk.open(&path).while_("open", &path)?;
            if good < bytes.len() {
                self.set_aside(folder, &bytes[good..])?;
                sheet.shorten(good as u64).while_("shorten", &path)?;
                sheet.sync().while_("sync", &path)?;
            }
            Ok(self.desk(folder, id, sheet, good as u64, records.len() as u64))
        };
        let desk = opened();
        Ok(Opened { desk, lock })
    }

    fn desk(
        &self,
        folder: &Path,
        id: &DeploymentId,
        sheet: Box<dyn Sheet>,
        length: u64,
        next_seq: u64,
    ) -> Desk {
        let reserve = folder.join(RESERVE);
        self.fill(&reserve);
        let disk = Arc::clone(&self.disk);
        Desk {
            paper: Paper::new(disk, sheet, length, folder.join(JOURNAL), reserve),
            id: id.clone(),
            next_seq,
        }
    }

    /// Makes the reserve when it was given up. Without it a full disk is met earlier; that is no
    /// reason to refuse a journal. A part of one would only take room from the journal.
    fn fill(&self, reserve: &Path) {
        let length = fs::metadata(reserve).map(|file| file.len());
        if length.is_ok_and(|length| length == RESERVE_BYTES as u64) {
            return;
        }
        let _ = self.disk.remove(reserve);
        if write_new(&*self.disk, reserve, &vec![b' '; RESERVE_BYTES]).is_err() {
            let _ = self.disk.remove(reserve);
        }
    }

    /// Keeps a torn end for a person to look at; on a full disk in the reserve's room.
    fn set_aside(&self, folder: &Path, torn: &[u8]) -> Tried<()> {
        let aside = beside(folder, "torn")?;
        let kept = write_whole_on(&*self.disk, &aside, torn);
        let full = kept.as_ref().is_err_and(|(_, _, cause)| is_full(cause));
        if full && self.disk.remove(&folder.join(RESERVE)).is_ok() {
            return write_whole_on(&*self.disk, &aside, torn);
        }
        kept
    }

    /// Where nothing can be written, the lock that an earlier program left is enough to hold it.
    fn lock_file(&self, folder: &Path) -> Tried<File> {
        let path = folder.join(LOCK);
        let opened = self.disk.open_lock(&path);
        opened
            .or_else(|cause| File::open(&path).map_err(|_| cause))
            .while_("open", &path)
    }

    /// Takes the lock and writes into it who holds it, as far as the disk lets us.
    fn hold(&self, mut lock: &File, folder: &Path, id: &DeploymentId) -> Result<(), JournalError> {
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
            Err(TryLockError::Error(cause)) => {
                return Err(disk(("lock", folder.join(LOCK), cause)));
            }
        }
        let note = format!("{} {}\n", std::process::id(), self.writer);
        let _ = lock
            .set_len(0)
            .and_then(|()| lock.write_all(note.as_bytes()));
        Ok(())
    }
}

/// A free name for what is kept beside a journal.
fn beside(folder: &Path, what: &str) -> Tried<PathBuf> {
    let name = |number: u32| folder.join(format!("{JOURNAL}.{what}-{number}"));
    let free = (1..10_000).map(name).find(|path| !path.exists());
    let full = || io::Error::from(io::ErrorKind::AlreadyExists);
    free.ok_or_else(full).while_("keep", folder)
}
