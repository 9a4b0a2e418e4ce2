//! Ends this process at a chosen point, as a power cut would: for the test that kills the real
//! program everywhere and looks whether anything paid was lost. Adapters pass a point before and
//! after each append to a journal and each exchange with the cloud.
//!
//! Only the feature `kill-points` brings this module; no build that is shipped has it.

use std::sync::atomic::{AtomicU64, Ordering};

static PASSED: AtomicU64 = AtomicU64::new(0);
static LAST: AtomicU64 = AtomicU64::new(0);

/// The process ends at the `nth` point from its start; 0 means that it only counts them.
pub fn arm(nth: u64) {
    LAST.store(nth, Ordering::SeqCst);
}

/// How many points were passed so far.
pub fn passed() -> u64 {
    PASSED.load(Ordering::SeqCst)
}

/// Passes a point, or ends the process there without any farewell. `what` says which point it is.
pub fn point(what: impl FnOnce() -> String) {
    let nth = PASSED.fetch_add(1, Ordering::SeqCst) + 1;
    if nth == LAST.load(Ordering::SeqCst) {
        eprintln!("killed at point {nth}: {}", what());
        std::process::abort();
    }
}
