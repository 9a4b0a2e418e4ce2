//! A kubeconfig file of the person's: whether it may be changed, and its lock.

use super::lines::{self, Wrong};
use crate::files::new_private;
use crate::place;
use engine::kubectl::Trouble;
use serde_json::Value;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// More than any person's kubeconfig.
const BYTES_MAX: u64 = 1024 * 1024;

/// A file as it is now.
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) there: bool,
    pub(super) text: String,
}

impl File {
    /// A file that may be changed, or that is not there yet.
    pub(super) fn read(path: PathBuf) -> Result<Self, Trouble> {
        let known = match fs::symlink_metadata(&path) {
            Ok(known) => known,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let text = String::new();
                return Ok(Self {
                    path,
                    there: false,
                    text,
                });
            }
            Err(cause) => return Err(disk("read", &path, cause)),
        };
        if known.file_type().is_symlink() {
            return Err(Trouble::Link(shown(&path)));
        }
        if !known.is_file() {
            return Err(Trouble::NotAFile(shown(&path)));
        }
        // Who made it read-only wants it to stay, though a new file could take its place.
        if known.permissions().readonly() {
            return Err(Trouble::ReadOnly(shown(&path)));
        }
        if known.len() > BYTES_MAX {
            return Err(Trouble::TooLarge(shown(&path)));
        }
        let bytes = fs::read(&path).map_err(|cause| disk("read", &path, cause))?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self {
                path,
                there: true,
                text,
            }),
            Err(_) => Err(Trouble::Unreadable(shown(&path))),
        }
    }

    pub(super) fn config(&self) -> Result<Value, Trouble> {
        lines::read(&self.text).map_err(|wrong| self.trouble(wrong))
    }

    pub(super) fn trouble(&self, wrong: Wrong) -> Trouble {
        match wrong {
            Wrong::Unreadable => Trouble::Unreadable(shown(&self.path)),
            Wrong::Shape => Trouble::Shape(shown(&self.path)),
        }
    }

    /// Tells this state of the file from others.
    pub(super) fn seen(&self) -> String {
        let sum = crc32fast::hash(self.text.as_bytes());
        format!("{sum:08x}-{}-{}", self.text.len(), self.there)
    }
}

/// As kubectl locks it: while a file is written, another is there that must not exist.
pub(super) struct Lock(PathBuf);

impl Lock {
    pub(super) fn take(path: &Path) -> Result<Self, Trouble> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let lock = PathBuf::from(name);
        match new_private().open(&lock) {
            Ok(_) => Ok(Self(lock)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Err(Trouble::Busy(shown(path)))
            }
            Err(cause) => Err(disk("write", &lock, cause)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

/// A path as a person would write it.
pub(super) fn shown(path: &Path) -> String {
    place::shown(path)
}

pub(super) fn disk(operation: &'static str, path: &Path, cause: io::Error) -> Trouble {
    let path = shown(path);
    Trouble::Disk {
        operation,
        path,
        cause,
    }
}

pub(super) fn tried((operation, path, cause): (&'static str, PathBuf, io::Error)) -> Trouble {
    disk(operation, &path, cause)
}
