//! Files that are whole or not there, readable by this user alone.

use crate::disk::{Disk, SystemDisk};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// What was tried and how it failed; becomes a crate's own error at the caller.
pub(crate) type Tried<T> = Result<T, (&'static str, PathBuf, io::Error)>;

/// Names what was tried, where.
pub(crate) trait While<T> {
    fn while_(self, operation: &'static str, path: &Path) -> Tried<T>;
}

impl<T> While<T> for io::Result<T> {
    fn while_(self, operation: &'static str, path: &Path) -> Tried<T> {
        self.map_err(|cause| (operation, path.to_owned(), cause))
    }
}

/// Makes a folder and those above it, for this user alone. On Windows the user's own profile
/// folder, in which it lies, is closed to others.
pub(crate) fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Options for a new file that must not exist (O_EXCL follows no link), 0600.
pub(crate) fn new_private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a folder's entries durable. Windows has no such call and journals its folders itself.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(path)?.sync_all()
    } else {
        Ok(())
    }
}

/// Writes a file whole or not at all: a new file beside it, synced, takes its name. What stood
/// there before stays until then; a link of that name is replaced, never followed.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> Tried<()> {
    write_whole_on(&SystemDisk, path, content)
}

/// The same on any disk.
pub(crate) fn write_whole_on(disk: &dyn Disk, path: &Path, content: &[u8]) -> Tried<()> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let missing = || io::Error::from(io::ErrorKind::InvalidInput);
    let folder = path.parent().ok_or_else(missing).while_("write", path)?;
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let name = path.file_name().ok_or_else(missing).while_("write", path)?;
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let beside = format!(
        ".{}.{}-{number}.tmp",
        name.to_string_lossy(),
        std::process::id()
    );
    let beside = folder.join(beside);
    let written = write_new(disk, &beside, content).and_then(|()| disk.rename(&beside, path));
    if written.is_err() {
        let _ = disk.remove(&beside);
    }
    written.while_("write", path)?;
    disk.sync_folder(folder).while_("sync", folder)
}

/// A new file with this content, on the disk when it answers.
pub(crate) fn write_new(disk: &dyn Disk, path: &Path, content: &[u8]) -> io::Result<()> {
    let mut sheet = disk.create(path)?;
    sheet.write_end(content)?;
    sheet.sync()
}

impl From<(&'static str, PathBuf, io::Error)> for crate::Error {
    fn from((operation, path, cause): (&'static str, PathBuf, io::Error)) -> Self {
        Self::Disk {
            operation,
            path: path.display().to_string(),
            cause,
        }
    }
}

/// Runs what blocks apart from the tasks that must not wait.
pub(crate) async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(stopped) => match stopped.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Cancelled: the runtime ends, and nothing here may be told as done.
            Err(_) => std::future::pending().await,
        },
    }
}
