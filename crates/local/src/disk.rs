//! What journals ask of a disk when they write: one seam, so that tests can have a disk that fails
//! at any of its calls.

use crate::files::{new_private, private_folder, sync_folder};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// A disk that is written to. What is given is what the system does.
pub trait Disk: std::fmt::Debug + Send + Sync {
    /// Makes a folder and those above it, for this user alone.
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        private_folder(path)
    }

    /// Makes a folder's entries durable.
    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        sync_folder(path)
    }

    /// A new file for this user alone, which must not exist.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Sheet>> {
        Ok(Box::new(new_private().open(path)?))
    }

    /// A file that exists, to be written at its end.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Sheet>> {
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Box::new(file))
    }

    /// A file to be locked, made when it is missing.
    fn open_lock(&self, path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)
    }

    /// Gives a file another name; what bore it is replaced.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}

/// A file that is written at its end.
pub trait Sheet: Send + Sync {
    /// Writes all of it, or fails with any part of it written.
    fn write_end(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Makes what was written durable.
    fn sync(&mut self) -> io::Result<()>;
    /// Cuts it to so many bytes; the next write goes there.
    fn shorten(&mut self, length: u64) -> io::Result<()>;
}

/// The disk of this computer.
#[derive(Clone, Copy, Debug)]
pub struct SystemDisk;

impl Disk for SystemDisk {}

impl Sheet for File {
    fn write_end(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn shorten(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)?;
        self.seek(SeekFrom::Start(length)).map(|_| ())
    }
}
