//! How a computer's own disk fails a process: from its n-th call on, as the system would say it.

use crate::life::Life;
use domain::DeploymentId;
use engine::ports::JournalError;
use std::io::{Error, ErrorKind};
use std::sync::atomic::{AtomicU64, Ordering};

/// A way of failing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fails {
    /// It does not.
    #[default]
    Never,
    /// One write brings EIO.
    Once,
    /// Every write brings EIO.
    Broken,
    /// Whatever grows brings ENOSPC, when the reserve is used up.
    Full,
    /// The home may not be entered any more; what is open already can be written.
    Denied,
    /// The home is not there any more: its disk was taken out.
    Gone,
}

/// All that fail, with their names in the table.
pub(crate) const FAILS: [Fails; 5] = [
    Fails::Once,
    Fails::Broken,
    Fails::Full,
    Fails::Denied,
    Fails::Gone,
];

/// When and how it fails.
#[derive(Debug, Default)]
pub(crate) struct Fault {
    how: Fails,
    from: u64,
    calls: AtomicU64,
}

impl Fault {
    /// From the n-th call on.
    pub(crate) fn new(how: Fails, from: u64) -> Self {
        Self {
            how,
            from,
            calls: AtomicU64::new(0),
        }
    }

    /// Whether a call fails that some of these would fail.
    fn strikes(&self, life: &Life, of: &[Fails]) -> bool {
        let nth = self.calls.fetch_add(1, Ordering::Relaxed);
        let once = self.how == Fails::Once;
        let due = nth == self.from || (nth > self.from && !once);
        let strikes = due && of.contains(&self.how);
        if strikes {
            life.failed(self.name());
        }
        strikes
    }

    fn name(&self) -> &'static str {
        match self.how {
            Fails::Never => "",
            Fails::Once => "disk_failed_once",
            Fails::Broken => "disk_broken",
            Fails::Full => "disk_full",
            Fails::Denied => "home_denied",
            Fails::Gone => "home_gone",
        }
    }

    fn said(&self, operation: &'static str) -> JournalError {
        let cause = match self.how {
            Fails::Full => Error::from(ErrorKind::StorageFull),
            Fails::Denied => Error::from(ErrorKind::PermissionDenied),
            Fails::Gone => Error::from(ErrorKind::NotFound),
            Fails::Never | Fails::Once | Fails::Broken => Error::other("EIO"),
        };
        let path = String::new();
        JournalError::Disk {
            operation,
            path,
            cause,
        }
    }

    /// A record is appended to a journal that is open.
    pub(crate) fn at_append(&self, life: &Life) -> Result<(), JournalError> {
        let of = [Fails::Once, Fails::Broken, Fails::Full, Fails::Gone];
        if self.strikes(life, &of) {
            return Err(self.said("append to"));
        }
        Ok(())
    }

    /// A file is made.
    pub(crate) fn at_create(&self, life: &Life) -> Result<(), JournalError> {
        if self.strikes(life, &FAILS) {
            return Err(self.said("create"));
        }
        Ok(())
    }

    /// A journal is opened or read.
    pub(crate) fn at_open(&self, life: &Life, id: &DeploymentId) -> Result<(), JournalError> {
        if self.strikes(life, &[Fails::Denied, Fails::Gone]) {
            return Err(if self.how == Fails::Gone {
                JournalError::Missing(id.clone())
            } else {
                self.said("open")
            });
        }
        Ok(())
    }

    /// The home is listed; whether nothing is there.
    pub(crate) fn at_list(&self, life: &Life) -> Result<bool, JournalError> {
        if !self.strikes(life, &[Fails::Denied, Fails::Gone]) {
            return Ok(false);
        }
        if self.how == Fails::Denied {
            return Err(self.said("list"));
        }
        Ok(true)
    }
}
