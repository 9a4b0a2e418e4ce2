//! The demo cloud on loopback.

use crate::{Exit, print};
use anyhow::{Context, Result};
use sim::{Options, Twin};
use std::path::PathBuf;

/// Serves until the program is ended.
pub(crate) async fn serve(
    port: Option<u16>,
    speed: u32,
    seed: u64,
    state: Option<PathBuf>,
) -> Result<Exit> {
    let options = Options {
        seed,
        speed: f64::from(speed),
        state,
        ..Options::default()
    };
    let twin = match Twin::new(options) {
        Ok(twin) => twin,
        Err(error) => {
            eprintln!("error: {:#}", anyhow::Error::from(error));
            return Ok(Exit::WrongInput);
        }
    };
    let host = sim::serve(twin, port)
        .await
        .context("open the port on 127.0.0.1")?;
    print::out(&format!("listening on {}", host.url()));
    tokio::signal::ctrl_c().await?;
    drop(host);
    Ok(Exit::Done)
}
