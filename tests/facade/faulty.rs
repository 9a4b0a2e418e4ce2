//! A disk that fails at its n-th call, and knows what of each file would survive a power cut.

use local::{Disk, Sheet, SystemDisk};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// How a disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fails {
    /// One call, with EIO.
    Once,
    /// That call and all after it, with EIO.
    ForEver,
    /// From then on it is full: what grows fails with ENOSPC, but for the room that is given back.
    Full,
}

#[derive(Debug, Default)]
struct State {
    fault: Option<(u64, Fails)>,
    /// What was asked, in order.
    calls: Vec<&'static str>,
    fired: u64,
    room: u64,
    /// How many bytes of each file are synced.
    synced: BTreeMap<PathBuf, u64>,
    /// New files whose folder was not synced since.
    nameless: BTreeSet<PathBuf>,
}

/// The system's disk, failing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faulty(Arc<Mutex<State>>);

impl Faulty {
    /// Fails at the n-th call, counted from 1.
    pub(crate) fn at(call: u64, fails: Fails) -> Self {
        let disk = Self::default();
        disk.0.lock().unwrap().fault = Some((call, fails));
        disk
    }

    /// It fails once it has done so many calls more.
    pub(crate) fn fail_after(&self, calls: u64) {
        let mut state = self.0.lock().unwrap();
        let next = state.calls.len() as u64 + calls;
        state.fault = Some((next, Fails::ForEver));
    }

    /// From now on it does not fail.
    pub(crate) fn mend(&self) {
        self.0.lock().unwrap().fault = None;
    }

    pub(crate) fn calls(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().calls.clone()
    }

    /// How often it failed.
    pub(crate) fn fired(&self) -> u64 {
        self.0.lock().unwrap().fired
    }

    /// Every file with what a power cut would leave of it.
    pub(crate) fn durable(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let state = self.0.lock().unwrap();
        let named = |path: &&PathBuf| !state.nameless.contains(*path);
        let kept = state.synced.keys().filter(named).filter_map(|path| {
            let mut bytes = fs::read(path).ok()?;
            bytes.truncate(usize::try_from(state.synced[path]).unwrap());
            Some((path.clone(), bytes))
        });
        kept.collect()
    }

    /// A call that needs so many bytes of room; on a full disk, how many there are.
    fn pass(&self, call: &'static str, needs: u64) -> Result<(), (u64, io::Error)> {
        let mut state = self.0.lock().unwrap();
        state.calls.push(call);
        let number = state.calls.len() as u64;
        let broken = |state: &mut State| {
            state.fired += 1;
            Err((needs / 2, io::Error::from_raw_os_error(5)))
        };
        match state.fault {
            Some((at, Fails::Once)) if number == at => broken(&mut state),
            Some((at, Fails::ForEver)) if number >= at => broken(&mut state),
            Some((at, Fails::Full)) if number >= at => {
                if needs <= state.room {
                    state.room -= needs;
                    return Ok(());
                }
                state.fired += 1;
                let left = std::mem::take(&mut state.room);
                Err((left, io::ErrorKind::StorageFull.into()))
            }
            _ => Ok(()),
        }
    }

    fn may(&self, call: &'static str, needs: u64) -> io::Result<()> {
        self.pass(call, needs).map_err(|(_, why)| why)
    }

    fn sheet(&self, path: &Path, inner: Box<dyn Sheet>) -> Box<dyn Sheet> {
        let (disk, path) = (self.clone(), path.to_owned());
        Box::new(Page { disk, path, inner })
    }
}

impl Disk for Faulty {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.may("make a folder", 1)?;
        SystemDisk.make_folder(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.may("sync a folder", 0)?;
        SystemDisk.sync_folder(path)?;
        let mut state = self.0.lock().unwrap();
        state.nameless.retain(|file| file.parent() != Some(path));
        Ok(())
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Sheet>> {
        self.may("create", 1)?;
        let inner = SystemDisk.create(path)?;
        self.0.lock().unwrap().nameless.insert(path.to_owned());
        Ok(self.sheet(path, inner))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Sheet>> {
        self.may("open", 0)?;
        Ok(self.sheet(path, SystemDisk.open(path)?))
    }

    fn open_lock(&self, path: &Path) -> io::Result<File> {
        self.may("open the lock", u64::from(!path.exists()))?;
        SystemDisk.open_lock(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.may("rename", 0)?;
        SystemDisk.rename(from, to)?;
        let mut state = self.0.lock().unwrap();
        if let Some(length) = state.synced.remove(from) {
            state.synced.insert(to.to_owned(), length);
        }
        if state.nameless.remove(from) {
            state.nameless.insert(to.to_owned());
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.may("remove", 0)?;
        let length = fs::metadata(path).map_or(0, |file| file.len());
        SystemDisk.remove(path)?;
        let mut state = self.0.lock().unwrap();
        state.room += length;
        state.synced.remove(path);
        Ok(())
    }
}

struct Page {
    disk: Faulty,
    path: PathBuf,
    inner: Box<dyn Sheet>,
}

impl Sheet for Page {
    fn write_end(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Err((part, why)) = self.disk.pass("write", bytes.len() as u64) else {
            return self.inner.write_end(bytes);
        };
        self.inner
            .write_end(&bytes[..usize::try_from(part).unwrap().min(bytes.len())])?;
        Err(why)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.may("sync", 0)?;
        self.inner.sync()?;
        let length = fs::metadata(&self.path)?.len();
        let mut state = self.disk.0.lock().unwrap();
        state.synced.insert(self.path.clone(), length);
        Ok(())
    }

    fn shorten(&mut self, length: u64) -> io::Result<()> {
        self.disk.may("shorten", 0)?;
        self.inner.shorten(length)?;
        let mut state = self.disk.0.lock().unwrap();
        if let Some(synced) = state.synced.get_mut(&self.path) {
            *synced = (*synced).min(length);
        }
        Ok(())
    }
}
