//! Linode's own clients, unmodified, set upon the demo cloud: none of them can tell it from Linode.
//!
//! `cargo xtask test` brings the clients. Where they are not, nothing is compared and the tests say
//! so; on a CI machine that is a failure.

mod catalog;
mod cloud;
mod clusters;
mod firewalls;
mod linode_cli;
mod sdks;
mod told;

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use linode_cli::LinodeCli;

/// At least so many commands.
const COMMANDS_LEAST: usize = 30;

/// Straight to standard error, so that it is read although the test passes.
fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("standard error is open");
}

/// A client that xtask brought; `None`, and a loud line, where it is missing.
fn client(variable: &str, name: &str) -> Option<PathBuf> {
    let place = format!("../tools/linode-clients/bin/{name}");
    let program = quaylight_tests::built(variable, &place);
    if program.exists() {
        return Some(program);
    }
    let xtask = "`cargo xtask test --only linode-clients` brings it";
    missing(&format!("there is no `{}`; {xtask}", program.display()));
    None
}

/// Says that a client is not tried; on a CI machine that is a failure.
fn missing(why: &str) {
    let why = format!("NOT RUN: {why}");
    say(&why);
    assert!(std::env::var_os("CI").is_none(), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn linode_cli_finds_linode() -> Result<()> {
    let Some(program) = client("QUAYLIGHT_LINODE_CLI", "linode-cli") else {
        return Ok(());
    };
    // A cloud each, so that one's time does not pass for the other.
    let (clusters, firewalls, others) = tokio::try_join!(
        LinodeCli::new(&program),
        LinodeCli::new(&program),
        LinodeCli::new(&program)
    )?;
    let ends = tokio::join!(
        clusters::life(&clusters),
        firewalls::firewalls(&firewalls),
        catalog::read(&others),
        firewalls::children(&others),
    );
    // All of them are told before the first fails the test.
    for end in [&ends.0, &ends.1, &ends.2, &ends.3] {
        if let Err(why) = end {
            say(&format!("{why}"));
        }
    }
    ends.0.and(ends.1).and(ends.2).and(ends.3)?;
    let commands: usize = [clusters, firewalls, others]
        .iter()
        .map(LinodeCli::commands)
        .sum();
    say(&format!("linode-cli: {commands} commands"));
    ensure!(commands >= COMMANDS_LEAST);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_for_python_finds_linode() -> Result<()> {
    let Some(program) = client("QUAYLIGHT_LINODE_PYTHON", "python") else {
        return Ok(());
    };
    let did = sdks::python(&program).await?;
    say(&format!("linode_api4: {did} things done and found"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_for_go_finds_linode() -> Result<()> {
    match sdks::build_go().await {
        // Go is no part of what xtask brings, also not to a CI machine.
        None => say("NOT RUN: linodego, because there is no `go` on this machine"),
        Some(Err(why)) => missing(&format!("linodego, because it does not build: {why:#}")),
        Some(Ok(program)) => {
            let did = sdks::go(&program).await?;
            say(&format!("linodego: {did} things done and found"));
        }
    }
    Ok(())
}
