//! `cargo xtask campaign` and `cargo xtask bench`: programs of tests/ that measure and prove, built
//! fast. Their words are passed on, and what they print is the answer.

use crate::process::{Job, cargo};
use crate::report::Ended;

/// Schedules of ours that `cargo xtask test` runs, and of each protocol of the control group.
const IN_TEST: [&str; 4] = ["--schedules", "1000", "--control", "100"];
/// The same with `--full`.
const IN_FULL: [&str; 4] = ["--schedules", "20000", "--control", "2000"];

/// Builds one of the programs and runs it with these words, in this terminal. Whether it was content.
pub(crate) fn show(program: &str, words: &[String]) -> bool {
    let mut show = cargo();
    show.args([
        "bench",
        "--quiet",
        "--package",
        "quaylight-tests",
        "--bench",
    ]);
    show.args([program, "--"]).args(words);
    show.status().is_ok_and(|status| status.success())
}

/// The campaign as a step of the tests.
pub(crate) fn step(full: bool) -> Ended {
    let mut run = cargo();
    run.args([
        "bench",
        "--locked",
        "--package",
        "quaylight-tests",
        "--bench",
    ]);
    run.args(["campaign", "--"]);
    run.args(if full { IN_FULL } else { IN_TEST });
    Job::new("campaign", run, if full { 90 } else { 40 })
        .run()
        .checked()
}
