//! The open end of a file: append, sync, and what to do when the disk is full.

use crate::disk::{Disk, Sheet};
use crate::files::{Tried, While as _};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

pub(super) struct Paper<S: ?Sized> {
    disk: Arc<dyn Disk>,
    sheet: Box<S>,
    length: u64,
    path: PathBuf,
    reserve: PathBuf,
    failed: bool,
}

impl<S: Sheet + ?Sized> Paper<S> {
    pub(super) fn new(
        disk: Arc<dyn Disk>,
        sheet: Box<S>,
        length: u64,
        path: PathBuf,
        reserve: PathBuf,
    ) -> Self {
        Self {
            disk,
            sheet,
            length,
            path,
            reserve,
            failed: false,
        }
    }

    /// Writes a line and syncs it. On a full disk the reserve is given up and the line tried once
    /// more. After any other failure nothing is known of the file's end: no more is written.
    pub(super) fn append(&mut self, line: &[u8]) -> Tried<()> {
        if self.failed {
            let cause = io::Error::other("an earlier record was not written");
            return Err(("append to", self.path.clone(), cause));
        }
        let mut written = self.sheet.write_end(line).and_then(|()| self.sheet.sync());
        if written.as_ref().is_err_and(is_full) && self.give_up_reserve() {
            written = self.sheet.shorten(self.length);
            written = written.and_then(|()| self.sheet.write_end(line));
            written = written.and_then(|()| self.sheet.sync());
        }
        if written.is_ok() {
            self.length += line.len() as u64;
        } else {
            self.failed = true;
            // Half a line would be left out when reading; without it nobody needs to wonder.
            let _ = self.sheet.shorten(self.length);
        }
        written.while_("append to", &self.path)
    }

    fn give_up_reserve(&self) -> bool {
        self.disk.remove(&self.reserve).is_ok()
    }
}

pub(super) fn is_full(cause: &io::Error) -> bool {
    matches!(
        cause.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::SystemDisk;
    use std::fs;

    /// A disk that fails as the script says: one word for each write.
    struct Disk {
        script: Vec<&'static str>,
        bytes: Vec<u8>,
    }

    impl Sheet for Disk {
        fn write_end(&mut self, bytes: &[u8]) -> io::Result<()> {
            let kind = match self.script.pop() {
                None => {
                    self.bytes.extend_from_slice(bytes);
                    return Ok(());
                }
                Some("full") => io::ErrorKind::StorageFull,
                Some(_) => io::ErrorKind::Other,
            };
            self.bytes.extend_from_slice(&bytes[..bytes.len() / 2]);
            Err(kind.into())
        }
        fn sync(&mut self) -> io::Result<()> {
            Ok(())
        }
        fn shorten(&mut self, length: u64) -> io::Result<()> {
            self.bytes.truncate(usize::try_from(length).unwrap());
            Ok(())
        }
    }

    fn paper(script: Vec<&'static str>, reserve: PathBuf) -> Paper<Disk> {
        let disk = Disk {
            script,
            bytes: Vec::new(),
        };
        let path = PathBuf::from("journal.jsonl");
        Paper::new(Arc::new(SystemDisk), Box::new(disk), 0, path, reserve)
    }

    #[test]
    fn a_full_disk_takes_the_reserve_and_loses_no_record() {
        let folder = tempfile::tempdir().unwrap();
        let reserve = folder.path().join("journal.reserve");
        fs::write(&reserve, "room").unwrap();
        let mut paper = paper(vec!["full"], reserve.clone());
        paper.append(b"one\n").unwrap();
        assert_eq!(
            paper.sheet.bytes, b"one\n",
            "no half line before the whole one"
        );
        assert!(!reserve.exists());
    }

    #[test]
    fn a_full_disk_without_a_reserve_and_a_broken_one_stop_the_journal() {
        for word in ["full", "broken"] {
            let mut paper = paper(vec![word], PathBuf::from("/nonexistent/reserve"));
            paper.append(b"one\n").unwrap_err();
            let (_, _, why) = paper.append(b"two\n").unwrap_err();
            assert_eq!(why.to_string(), "an earlier record was not written");
            assert!(paper.sheet.bytes.is_empty(), "{word}: half a line was left");
        }
    }
}
