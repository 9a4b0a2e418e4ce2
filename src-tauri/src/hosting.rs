//! This computer's demo cloud: one process hosts it, the others reach it on loopback. When the host
//! ends, this process takes over on the same port, so that what is under way goes on.

use crate::shell::{Session, lock};
use linode::Transport;
use local::{Host, Seat};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Weak;
use std::time::Duration;

/// How many times as fast as the real cloud the demo runs; the window says so.
const SPEED: u32 = 10;
/// How often a demo cloud that is being started elsewhere is asked for.
const SEAT_TRIES: u32 = 50;
/// Between two asks for the seat.
const SEAT_PAUSE: Duration = Duration::from_millis(100);

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// The demo cloud, hosted here; it ends, its state saved, when this is dropped.
pub(crate) struct Hosted {
    _served: sim::Served,
    _host: Host,
}

/// The way to the demo cloud, and its port. Hosted here it is reached in memory, and served on
/// loopback for kubectl and the others.
pub(crate) async fn reach(home: &Path) -> Result<(Transport, u16, Option<Hosted>), AnyError> {
    match seat(home).await? {
        Seat::Taken(port) => Ok((linode::loopback_transport()?, port, None)),
        Seat::Ours(host) => {
            let (twin, port, hosted) = serve(home, host).await?;
            Ok((Transport::new(twin.service()), port, Some(hosted)))
        }
    }
}

/// Waits for the process that hosts the demo cloud to end, then hosts it here, for as long as the
/// session lasts.
pub(crate) fn host_when_free(home: PathBuf, session: Weak<Session>) {
    tauri::async_runtime::spawn(async move {
        while session.strong_count() > 0 {
            pause().await;
            let Ok(Seat::Ours(host)) = local::take_seat(&home) else {
                continue;
            };
            let Some(session) = session.upgrade() else {
                return;
            };
            match serve(&home, host).await {
                Ok((_, _, hosted)) => *lock(&session.hosted) = Some(hosted),
                Err(error) => tracing::warn!(%error, "failed to take over the demo cloud"),
            }
            return;
        }
    });
}

/// Serves the twin of this home: on the port of its state, when that is free.
async fn serve(home: &Path, host: Host) -> Result<(sim::Twin, u16, Hosted), AnyError> {
    let options = sim::Options {
        speed: f64::from(SPEED),
        state: Some(home.join("demo").join("state.json")),
        ..sim::Options::default()
    };
    let twin = sim::Twin::new(options)?;
    let served = sim::serve(twin.clone(), None).await?;
    let port = served.port();
    host.announce(port)?;
    Ok((
        twin,
        port,
        Hosted {
            _served: served,
            _host: host,
        },
    ))
}

/// Asks for the seat again while its host is still starting.
async fn seat(home: &Path) -> std::io::Result<Seat> {
    for _ in 0..SEAT_TRIES {
        match local::take_seat(home) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => pause().await,
            taken => return taken,
        }
    }
    local::take_seat(home)
}

#[expect(
    clippy::disallowed_methods,
    reason = "waits for another process of this computer"
)]
async fn pause() {
    tokio::time::sleep(SEAT_PAUSE).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_home_has_one_demo_cloud_and_the_next_host_has_its_port() {
        let home = tempfile::tempdir().unwrap();
        let (_, port, first) = reach(home.path()).await.unwrap();
        let (_, same, second) = reach(home.path()).await.unwrap();
        assert_eq!(
            (port, first.is_some(), second.is_none()),
            (same, true, true)
        );
        drop(first);
        // The listener closes with its task, which has to be polled once more.
        pause().await;
        let (_, again, third) = reach(home.path()).await.unwrap();
        assert_eq!((again, third.is_some()), (port, true));
    }
}
