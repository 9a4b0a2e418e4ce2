//! A mark in the environment of everything that a job started, so that what is left over can be found
//! and ended by its id, and nothing else.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The variable that holds it.
pub(crate) const NAME: &str = "QUAYLIGHT_XTASK_JOB";
const LOOK_EVERY: Duration = Duration::from_millis(40);
const TIME_TO_LEAVE: Duration = Duration::from_secs(5);

/// A mark that no other job of this program has.
pub(crate) fn fresh() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!(
        "{}-{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

/// Ends every process that carries this mark: asked first, forced after five seconds.
pub(crate) fn end(mark: &str) {
    let asked = Instant::now();
    let mut left = ids(mark);
    signal("-TERM", &left);
    while !left.is_empty() && asked.elapsed() < TIME_TO_LEAVE {
        sleep(LOOK_EVERY);
        left = ids(mark);
    }
    signal("-KILL", &left);
}

/// The ids of the processes that carry this mark. Elsewhere than on Linux: none can be found.
pub(crate) fn ids(mark: &str) -> Vec<u32> {
    let wanted = format!("{NAME}={mark}");
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment
                .split(|byte| *byte == 0)
                .any(|variable| variable == wanted.as_bytes())
        })
        .collect()
}

/// What a process is called.
pub(crate) fn name_of(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm"))
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn signal(signal: &str, pids: &[u32]) {
    if pids.is_empty() {
        return;
    }
    // `kill` is built into every sh, while the program of that name may not be installed.
    let _ = Command::new("sh")
        .args(["-c", "kill \"$@\" 2>/dev/null", "kill", signal])
        .args(pids.iter().map(u32::to_string))
        .status();
}
