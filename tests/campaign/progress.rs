//! How far a campaign is, said on standard error while it runs: a schedule that does not end is seen.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often it is said.
const EVERY: Duration = Duration::from_secs(15);
/// A schedule takes some milliseconds; one that runs for so long is named.
const LONG: Duration = Duration::from_secs(10);

/// Of the schedules by one protocol.
pub(crate) struct Progress {
    name: &'static str,
    total: u64,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    done: u64,
    violated: u64,
    /// Since when each seed runs.
    running: BTreeMap<u64, Instant>,
}

impl Progress {
    pub(crate) fn new(name: &'static str, total: u64) -> Self {
        let seen = Mutex::default();
        Self { name, total, seen }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a person waits for this, by the wall's clock"
    )]
    pub(crate) fn begun(&self, seed: u64) {
        let now = Instant::now();
        self.change(|seen| {
            seen.running.insert(seed, now);
        });
    }

    pub(crate) fn ended(&self, seed: u64, clean: bool) {
        self.change(|seen| {
            seen.running.remove(&seed);
            seen.done += 1;
            seen.violated += u64::from(!clean);
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut Seen) -> T) -> T {
        change(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says it from time to time while `work` goes on.
    pub(crate) fn while_working<T>(&self, work: impl FnOnce() -> T) -> T {
        let (ended, end): (Sender<()>, _) = channel();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                while end.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                    eprintln!("{}", self.line());
                }
            });
            let done = work();
            drop(ended);
            done
        })
    }

    fn line(&self) -> String {
        self.change(|seen| {
            let mut line = format!("{}: {} of {}", self.name, seen.done, self.total);
            if seen.violated > 0 {
                write!(line, ", {} broke an invariant", seen.violated).expect("writing to memory");
            }
            let long = seen.running.iter();
            let long = long.map(|(seed, since)| (seed, since.elapsed()));
            for (seed, runs) in long.filter(|(_, runs)| *runs > LONG) {
                write!(line, ", seed {seed} runs for {} s", runs.as_secs())
                    .expect("writing to memory");
            }
            line
        })
    }
}
