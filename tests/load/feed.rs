//! The recording on a port of this computer, 50 changes a second while it flows.

use crate::record::Recording;
use anyhow::Result;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{MissedTickBehavior, interval};

/// Between two changes.
const PAUSE: Duration = Duration::from_millis(20);

/// What is sent, and how much of it was.
pub(crate) struct Feed {
    port: u16,
    flows: Arc<AtomicBool>,
    sent: Arc<AtomicUsize>,
}

impl Feed {
    /// Waits for whoever connects and sends the snapshot at once.
    pub(crate) async fn serve(recording: &Recording) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let feed = Self {
            port: listener.local_addr()?.port(),
            flows: Arc::default(),
            sent: Arc::default(),
        };
        let snapshot = serde_json::to_string(&recording.snapshot)? + "\n";
        let lines: Result<Vec<(usize, String)>, serde_json::Error> = recording
            .changes
            .iter()
            .map(|delta| Ok((delta.ops.len(), serde_json::to_string(delta)? + "\n")))
            .collect();
        let (lines, flows, sent) = (lines?, Arc::clone(&feed.flows), Arc::clone(&feed.sent));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A window that closed ends this; another one may come.
                drop(send(stream, &snapshot, &lines, &flows, &sent).await);
            }
        });
        Ok(feed)
    }

    /// Where.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Whether changes are sent from now on.
    pub(crate) fn flow(&self, flows: bool) {
        self.flows.store(flows, Ordering::Relaxed);
    }

    /// Changes sent so far.
    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }
}

async fn send(
    mut stream: TcpStream,
    snapshot: &str,
    lines: &[(usize, String)],
    flows: &AtomicBool,
    sent: &AtomicUsize,
) -> Result<()> {
    stream.set_nodelay(true)?;
    stream.write_all(snapshot.as_bytes()).await?;
    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut lines = lines.iter().cycle();
    loop {
        ticks.tick().await;
        if flows.load(Ordering::Relaxed)
            && let Some((changes, line)) = lines.next()
        {
            stream.write_all(line.as_bytes()).await?;
            sent.fetch_add(*changes, Ordering::Relaxed);
            // What changed together comes together, and the next as much later.
            for _ in 1..*changes {
                ticks.tick().await;
            }
        }
    }
}
