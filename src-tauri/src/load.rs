//! Only with the feature `load`, which no release has: the rows of a recording, from a port of this
//! computer, go to the window through the same pump and channel as those of an engine.

use crate::pump;
use crate::shell::Shell;
use anyhow::Context as _;
use domain::view::{Delta, Snapshot, Update};
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, Runtime};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::broadcast;

/// As many as an engine lets a slow reader be behind.
const BEHIND_MAX: usize = 1024;

/// The window shows what comes from this port: a snapshot, then a delta a line.
pub(crate) fn show<R: Runtime>(app: &AppHandle<R>, port: u16, channel: Channel<Update>) {
    let handle = app.clone();
    let task = tauri::async_runtime::spawn(async move {
        if let Err(error) = follow(&handle, port, channel).await {
            eprintln!("failed to show what comes from port {port}: {error:#}");
        }
    });
    app.state::<Shell>().follow_by(task.inner().abort_handle());
}

async fn follow<R: Runtime>(
    app: &AppHandle<R>,
    port: u16,
    channel: Channel<Update>,
) -> anyhow::Result<()> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next_line().await?.context("no snapshot")?;
    let snapshot: Snapshot = serde_json::from_str(&first)?;
    let (sender, deltas) = broadcast::channel(BEHIND_MAX);
    let shell = app.state::<Shell>();
    let send = |update| channel.send(shell.dressed(update)).is_ok();
    let read = async {
        while let Some(line) = lines.next_line().await? {
            let delta: Delta = serde_json::from_str(&line)?;
            // Nobody listening is the window's end, which the other branch meets.
            drop(sender.send(delta));
        }
        anyhow::Ok(())
    };
    tokio::select! {
        read = read => read,
        ended = pump::follow(snapshot, deltas, send) => anyhow::bail!("{ended:?}"),
    }
}
