//! Who hosts this computer's demo cloud: one process at a time, and the others find it by its port.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The answer to asking for the seat.
#[derive(Debug)]
pub enum Seat {
    /// This process hosts the demo cloud until the value is dropped.
    Ours(Host),
    /// Another process hosts it on this port of 127.0.0.1.
    Taken(u16),
}

/// The seat, held.
#[derive(Debug)]
pub struct Host {
    // Dropping the file gives the lock back.
    _lock: File,
    port: PathBuf,
}

/// Asks for the seat of the demo cloud below `home`. Makes the folder when it is missing.
///
/// # Errors
/// The folder cannot be made or read; or another process holds the seat and has not said its port
/// yet (`WouldBlock`: ask again in a moment).
pub fn take_seat(home: &Path) -> io::Result<Seat> {
    let folder = home.join("demo");
    fs::create_dir_all(&folder)?;
    let port = folder.join("seat.port");
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join("seat.lock"))?;
    match lock.try_lock() {
        Ok(()) => {
            // What an earlier host said is not true any more.
            drop(fs::remove_file(&port));
            Ok(Seat::Ours(Host { _lock: lock, port }))
        }
        Err(TryLockError::WouldBlock) => {
            let said = fs::read_to_string(&port).unwrap_or_default();
            said.trim().parse().map(Seat::Taken).map_err(|_| {
                io::Error::new(io::ErrorKind::WouldBlock, "the demo cloud is being started")
            })
        }
        Err(TryLockError::Error(cause)) => Err(cause),
    }
}

impl Host {
    /// Tells the others where the demo cloud answers.
    pub fn announce(&self, port: u16) -> io::Result<()> {
        fs::write(&self.port, port.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_process_finds_the_first_ones_port() {
        let home = tempfile::tempdir().unwrap();
        let Seat::Ours(host) = take_seat(home.path()).unwrap() else {
            panic!("a free seat")
        };
        let early = take_seat(home.path()).unwrap_err();
        assert_eq!(early.kind(), io::ErrorKind::WouldBlock);
        host.announce(4711).unwrap();
        assert!(matches!(take_seat(home.path()).unwrap(), Seat::Taken(4711)));
        drop(host);
        assert!(matches!(take_seat(home.path()).unwrap(), Seat::Ours(_)));
    }
}
