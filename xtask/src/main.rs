//! The commands of this repository: `cargo xtask run`, `test`, `bundle`, `bindings`,
//! `kube-up`, `kill-matrix`, `bench`.
//!
//! Each command first sets up what is missing on this machine, then does its job with a line per
//! step and its duration. The crate has no dependencies and never links the app: it only starts
//! programs and reads what they print. Start reading at [`suite`], the steps of `cargo xtask test`.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a task runner starts programs, reads the environment, takes times and talks to a person"
)]

mod app;
mod args;
mod bindings;
mod bundle;
mod display;
mod empty;
mod excerpt;
mod figures;
mod frames;
mod kube_programs;
mod kube_up;
mod load;
mod mark;
mod process;
mod report;
mod run;
mod setup;
mod start;
mod suite;
mod tally;
mod tools;

use std::process::ExitCode;

use args::Task;
use report::Report;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let task = match args::parse(&words) {
        Ok(task) => task,
        Err(why) => {
            eprintln!("xtask: {why}\n\n{}", args::help());
            return ExitCode::from(2);
        }
    };
    let mut report = Report::new();
    match task {
        Task::Help => println!("{}", args::help()),
        Task::Run => run::run(&mut report),
        Task::Test { full, only } => suite::test(&mut report, full, &only),
        Task::Bundle { check } => bundle::bundle(&mut report, check),
        Task::Bindings => bindings::remake(&mut report),
        Task::KubeUp => kube_up::up(&mut report),
        Task::KillMatrix { words } => return figures::kill_matrix(&words),
        Task::Bench { name, words } => return figures::bench(&name, &words),
    }
    if report.all_passed() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
