//! Programs that are started, written to a log, watched, and always ended.
//!
//! Output goes to a file, never through a pipe: a grandchild that survives would hold the pipe open
//! and hang its reader. Everything that a job started carries a mark in its environment, so that
//! what is left over can be found and ended by its id, and nothing else.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::excerpt::excerpt;
use crate::mark;
use crate::report::Ended;
use crate::tally::Tally;

const LOOK_EVERY: Duration = Duration::from_millis(40);
const SIGN_OF_LIFE_EVERY: Duration = Duration::from_mins(1);

/// The folder of the repository.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask
        .parent()
        .map_or_else(|| xtask.to_path_buf(), Path::to_path_buf)
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A program that runs in the root of the repository, without what must not reach it.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).env_remove("LINODE_TOKEN");
    // The cargo that started this program describes the package `xtask` to it. Build scripts look
    // at some of these variables and would run again for nothing.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// The same cargo that started this program.
pub(crate) fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// What a short program printed, or nothing when it failed or does not exist.
pub(crate) fn answer(program: &str, words: &[&str]) -> Option<String> {
    let output = command(program)
        .args(words)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A program with a name, a log and a limit.
pub(crate) struct Job {
    name: String,
    command: Command,
    limit: Duration,
    shown: bool,
    leaves_nothing: bool,
}

/// A job that ended: its whole output, and why it failed if it did.
pub(crate) struct Done {
    pub(crate) text: String,
    pub(crate) end: Result<(), String>,
}

impl Job {
    pub(crate) fn new(name: &str, command: Command, limit_minutes: u64) -> Self {
        let limit = Duration::from_mins(limit_minutes);
        Self {
            name: name.to_owned(),
            command,
            limit,
            shown: false,
            leaves_nothing: false,
        }
    }

    /// Also prints the output while it comes.
    pub(crate) fn shown(mut self) -> Self {
        self.shown = true;
        self
    }

    /// Ends whatever the program left running.
    pub(crate) fn leaves_nothing(mut self) -> Self {
        self.leaves_nothing = true;
        self
    }

    /// Runs to the end or to the limit.
    pub(crate) fn run(mut self) -> Done {
        let path = log_path(&self.name);
        let end = self.watch(&path);
        let text = fs::read(&path).unwrap_or_default();
        Done {
            text: String::from_utf8_lossy(&text).into_owned(),
            end,
        }
    }

    /// Runs for some time, then ends everything and returns the names of the processes that were
    /// there. To have ended earlier is an error.
    pub(crate) fn live_for(mut self, time: Duration) -> Result<Vec<String>, String> {
        let path = log_path(&self.name);
        let mut running = self.begin()?;
        let (started, mut status) = (Instant::now(), None);
        while status.is_none() && started.elapsed() < time {
            sleep(LOOK_EVERY);
            let ended = running.child.try_wait();
            status = ended.map_err(|e| format!("wait for `{}`: {e}", self.name))?;
        }
        let names = running.ids().into_iter().map(mark::name_of).collect();
        drop(running);
        match status {
            None => Ok(names),
            Some(status) => Err(format!("it ended with {status}: {}", last_line(&path))),
        }
    }

    /// Starts and looks no further.
    pub(crate) fn begin(&mut self) -> Result<Running, String> {
        let (child, mark) = self.start(&log_path(&self.name))?;
        Ok(Running { child, mark })
    }

    fn start(&mut self, log: &Path) -> Result<(Child, String), String> {
        let program = self.command.get_program().to_string_lossy().into_owned();
        let cannot_write = |e| format!("write `{}`: {e}", log.display());
        let output = File::create(log).map_err(cannot_write)?;
        let errors = output.try_clone().map_err(cannot_write)?;
        let mark = mark::fresh();
        self.command
            .env(mark::NAME, &mark)
            .env("NO_COLOR", "1")
            // A test's error says where it comes from; its frames would hide what it says.
            .env("RUST_LIB_BACKTRACE", "0")
            .env("CARGO_TERM_COLOR", "never")
            .env("CARGO_TERM_PROGRESS_WHEN", "never")
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors);
        let child = self
            .command
            .spawn()
            .map_err(|e| format!("start `{program}`: {e}"))?;
        Ok((child, mark))
    }

    fn watch(&mut self, log: &Path) -> Result<(), String> {
        let (mut child, mark) = self.start(log)?;
        let ended = self.wait(&mut child, log, Instant::now());
        if ended.is_err() || self.leaves_nothing {
            mark::end(&mark);
        }
        match ended {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(status.to_string()),
            Err(why) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(why)
            }
        }
    }

    fn wait(&self, child: &mut Child, log: &Path, started: Instant) -> Result<ExitStatus, String> {
        let mut printed = 0;
        let mut next_sign = SIGN_OF_LIFE_EVERY;
        loop {
            let status = child
                .try_wait()
                .map_err(|e| format!("wait for `{}`: {e}", self.name))?;
            if self.shown {
                printed = print_from(log, printed);
            }
            if let Some(status) = status {
                return Ok(status);
            }
            let elapsed = started.elapsed();
            if elapsed > self.limit {
                return Err(format!(
                    "not done after {} minutes: ended",
                    self.limit.as_secs() / 60
                ));
            }
            if elapsed > next_sign && !self.shown {
                // Not to stdout: with `--json` that holds nothing but the document.
                eprintln!(
                    "…        {:<14} {:>7} s  {}",
                    self.name,
                    elapsed.as_secs(),
                    last_line(log)
                );
                next_sign += SIGN_OF_LIFE_EVERY;
            }
            sleep(LOOK_EVERY);
        }
    }
}

/// A program that is watched from outside. It ends, with all that it started, when dropped.
pub(crate) struct Running {
    child: Child,
    mark: String,
}

impl Running {
    /// Of the program and of all that it started.
    pub(crate) fn ids(&self) -> Vec<u32> {
        mark::ids(&self.mark)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        mark::end(&self.mark);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Done {
    /// The end of a step that runs no tests.
    pub(crate) fn checked(self) -> Ended {
        match self.end {
            Ok(()) => Ended::done(),
            Err(why) => Ended::Failed {
                tally: Tally::default(),
                why,
                details: lines(&self.text),
            },
        }
    }

    /// The end of a step that runs tests: to have run none is a failure.
    pub(crate) fn counted(self, count: fn(&str) -> Tally) -> Ended {
        let tally = count(&self.text);
        match self.end {
            Ok(()) if tally.passed == 0 => Ended::failed("ran no test"),
            Ok(()) => Ended::Passed(tally),
            Err(why) => Ended::Failed {
                tally,
                why,
                details: lines(&self.text),
            },
        }
    }
}

fn lines(log: &str) -> Vec<String> {
    excerpt(log).into_iter().map(str::to_owned).collect()
}

fn log_path(name: &str) -> PathBuf {
    let folder = root().join("target/xtask/logs");
    // A folder that cannot be made shows itself when the log is created in it.
    let _ = fs::create_dir_all(&folder);
    folder.join(format!("{name}.log"))
}

fn last_line(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let tail = String::from_utf8_lossy(&text[text.len().saturating_sub(400)..]).into_owned();
    tail.trim_end()
        .lines()
        .next_back()
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn print_from(log: &Path, from: u64) -> u64 {
    let mut new = Vec::new();
    let read = File::open(log).and_then(|mut file| {
        file.seek(SeekFrom::Start(from))?;
        file.read_to_end(&mut new)
    });
    let mut out = std::io::stdout();
    // Showing is a courtesy: the log keeps everything.
    let _ = out.write_all(&new).and_then(|()| out.flush());
    from + read.unwrap_or_default() as u64
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn shell(name: &str, script: &str) -> Job {
        let mut shell = command("sh");
        shell.args(["-c", script]);
        Job::new(name, shell, 1)
    }

    #[test]
    fn a_failure_keeps_what_was_said() {
        let done = shell("self-fails", "echo out; echo err >&2; exit 3").run();
        assert_eq!(done.text, "out\nerr\n");
        assert_eq!(done.end, Err("exit status: 3".to_owned()));
    }

    #[test]
    fn a_program_that_takes_too_long_is_ended() {
        let mut job = shell("self-slow", "sleep 50");
        job.limit = Duration::from_millis(100);
        assert_eq!(
            job.run().end,
            Err("not done after 0 minutes: ended".to_owned())
        );
    }

    #[test]
    fn what_a_job_left_in_a_session_of_its_own_is_ended() {
        let script = "setsid sleep 50 & echo $!; sleep 0.2";
        let done = shell("self-leaves", script).leaves_nothing().run();
        let state = fs::read_to_string(format!("/proc/{}/status", done.text.trim()));
        assert!(state.is_err() || state.is_ok_and(|state| state.contains("State:\tZ")));
    }

    #[test]
    fn a_program_that_ends_early_did_not_live() {
        let moment = Duration::from_millis(200);
        assert!(shell("self-dies", "exit 0").live_for(moment).is_err());
        let names = shell("self-lives", "sleep 50; true").live_for(moment);
        assert!(names.is_ok_and(|names| names.contains(&"sleep".to_owned())));
    }
}
