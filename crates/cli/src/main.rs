//! Quaylight without a window: the same engine, the same journals, the same words.
//!
//! It parses, calls and prints; it decides nothing. Start reading at `args`, then `commands`.

mod args;
mod ask;
mod commands;
#[cfg(feature = "kill-points")]
mod kill;
mod print;
mod spec;
mod wire;
mod words;

use args::{Cli, Command, Demo};
use clap::Parser;
use std::process::ExitCode;

/// How the program ends; `--help` tells them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Done = 0,
    OwnFault = 1,
    WrongInput = 2,
    Refused = 3,
    Resumable = 4,
    NeedsPerson = 5,
}

#[tokio::main]
async fn main() -> ExitCode {
    #[cfg(feature = "kill-points")]
    let _counting = kill::arm();
    drop(rustls::crypto::ring::default_provider().install_default());
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() {
                Exit::WrongInput
            } else {
                Exit::Done
            };
            drop(error.print());
            return ExitCode::from(code as u8);
        }
    };
    let exit = match &cli.command {
        Command::Demo(Demo::Serve {
            port,
            speed,
            seed,
            state,
        }) => commands::serve(*port, *speed, *seed, state.clone()).await,
        Command::Quote(_)
        | Command::Plan(_)
        | Command::Apply(_)
        | Command::List
        | Command::Show(_)
        | Command::Reach(_)
        | Command::Access(_)
        | Command::Recycle(_)
        | Command::DeleteNode(_)
        | Command::Open(_)
        | Command::NetworkPolicy(_)
        | Command::Kubeconfig { .. }
        | Command::Teardown { .. }
        | Command::Sweep { .. }
        | Command::Stop { .. }
        | Command::TakeOver(_)
        | Command::Watch
        | Command::Resume(_) => commands::run(&cli).await,
    };
    match exit {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(error) => {
            eprintln!("quaylight-cli: {error:#}");
            ExitCode::from(Exit::OwnFault as u8)
        }
    }
}
