//! `kill-matrix` and `bench`: programs of tests/ whose tables and figures go straight to the
//! terminal, so that `--json` is nothing but the document.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::app;
use crate::kube_up;
use crate::load;
use crate::process::{Job, cargo, target};
use crate::report::Ended;
use crate::start;

/// What `bench` can measure, and what it says of it.
pub(crate) const BENCHES: &[(&str, &str)] = &[
    (
        "twin",
        "whole deploy-and-teardown schedules a second on the demo cloud in memory",
    ),
    (
        "recovery",
        "how long a journal of 10,000 records takes to open and fold",
    ),
    (
        "deploy",
        "what a deploy takes beyond the cloud's own time, beside linode-cli in a shell loop",
    ),
    (
        "inside",
        "1,000 nodes and 10,000 pods: the first view, its memory, and how far behind it is",
    ),
    (
        "start",
        "process to usable window and memory of the release app, beside an empty Tauri app",
    ),
    (
        "ui",
        "the real window with 1,000 nodes in 100 clusters and 50 changes a second",
    ),
];

/// The profile of what is tested, which is built soon, and of a figure, which is built for minutes.
const TESTED: &str = "bench";
pub(crate) const MEASURED: &str = "measure";

/// Where the cli with kill points is built: apart, so that nothing else is ever linked with them.
fn kill_target() -> PathBuf {
    target().join("kill")
}

fn build_killable() -> Command {
    let mut build = cargo();
    build.args(["build", "--package", "quaylight-cli", "--locked"]);
    build.args(["--features", "kill-points"]);
    build.env("CARGO_TARGET_DIR", kill_target());
    build
}

fn matrix(words: &[String]) -> Command {
    let mut matrix = cargo();
    matrix.args(["test", "--workspace", "--locked", "--features"]);
    matrix.args([app::FEATURES, "--test", "kill", "--"]);
    matrix.args(words);
    let program = format!("quaylight-cli{}", std::env::consts::EXE_SUFFIX);
    matrix.env("QUAYLIGHT_CLI", kill_target().join("debug").join(program));
    matrix
}

/// Kills the real cli at every point and looks what `resume` makes of it.
pub(crate) fn kill_matrix(words: &[String]) -> ExitCode {
    if shown(build_killable()) {
        ExitCode::from(u8::from(!shown(matrix(words))))
    } else {
        ExitCode::FAILURE
    }
}

/// The same as a step of `test`: some of the points, or all of them.
pub(crate) fn kill_step(full: bool) -> Ended {
    let built = Job::new("kill-matrix", build_killable(), 45).run();
    if built.end.is_err() {
        return built.checked();
    }
    let every = if full { "1" } else { "8" };
    let words = ["--every", every].map(str::to_owned);
    Job::new("kill-matrix", matrix(&words), 60).run().checked()
}

/// The campaign as a step of `test`: some schedules of ours and of the control group, or as many as
/// a table wants.
pub(crate) fn campaign_step(full: bool) -> Ended {
    let (ours, others) = if full {
        ("20000", "2000")
    } else {
        ("1000", "100")
    };
    let mut campaign = fast("campaign", TESTED);
    campaign.args(["--schedules", ours, "--control", others]);
    let limit_minutes = if full { 120 } else { 40 };
    Job::new("campaign", campaign, limit_minutes)
        .run()
        .checked()
}

/// Whether the campaign finds every planted bug.
pub(crate) fn planted_step() -> Ended {
    let mut planted = fast("campaign", TESTED);
    planted.arg("--planted");
    Job::new("planted", planted, 40).run().checked()
}

/// Measures.
pub(crate) fn bench(name: &str, words: &[String]) -> ExitCode {
    if name == "start" {
        return start::bench(words);
    }
    if name == "ui" {
        return load::bench(words);
    }
    if name == "inside" {
        return kube_up::bench(fast(name, MEASURED), words);
    }
    if name == "deploy" {
        let mut build = cargo();
        build.args(["build", "--package", "quaylight-cli", "--locked"]);
        if !shown(build) {
            return ExitCode::FAILURE;
        }
    }
    // What is found counts in a campaign, not how soon; and a seed is replayed without a long build.
    let profile = if name == "campaign" { TESTED } else { MEASURED };
    let mut bench = fast(name, profile);
    bench.args(words);
    ExitCode::from(u8::from(!shown(bench)))
}

/// A program of tests/ that is built for speed.
fn fast(name: &str, profile: &str) -> Command {
    let mut bench = cargo();
    bench.args(["bench", "--package", "quaylight-tests", "--locked"]);
    bench.args(["--profile", profile, "--bench", name, "--"]);
    bench
}

/// Runs with our own terminal; true when it ended well.
pub(crate) fn shown(mut command: Command) -> bool {
    match command.status() {
        Ok(status) => status.success(),
        Err(why) => {
            eprintln!("xtask: start `{}`: {why}", command.get_program().display());
            false
        }
    }
}
