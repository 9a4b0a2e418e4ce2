//! A start while the instance before is still ending: on Linux it owns its name on the session bus
//! for a moment longer, answers nobody any more, and whoever starts now would only fail.

use anyhow::Error;

/// Begins this start anew, in the same process, when that was the reason for its failure; returns
/// when it was not, or when it was tried often enough.
#[cfg(target_os = "linux")]
#[expect(
    clippy::disallowed_methods,
    reason = "the program replaces itself, and counts how often"
)]
pub(crate) fn begin_anew(error: &Error) {
    use std::os::unix::process::CommandExt as _;
    use std::time::Duration;

    const COUNT: &str = "QUAYLIGHT_STARTS";
    const TRIES: u32 = 10;
    const PAUSE: Duration = Duration::from_millis(500);

    let Some(tauri::Error::PluginInitialization(name, _)) = error.downcast_ref() else {
        return;
    };
    let tried = std::env::var(COUNT).ok().and_then(|text| text.parse().ok());
    let tried: u32 = tried.unwrap_or_default();
    if name != "single-instance" || tried >= TRIES {
        return;
    }
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    std::thread::sleep(PAUSE);
    let mut again = std::process::Command::new(program);
    again.args(std::env::args_os().skip(1));
    // Only returns when it failed; then the first failure is what is told.
    drop(again.env(COUNT, (tried + 1).to_string()).exec());
}

/// Elsewhere an ending instance is in nobody's way.
#[cfg(not(target_os = "linux"))]
pub(crate) fn begin_anew(_: &Error) {}
