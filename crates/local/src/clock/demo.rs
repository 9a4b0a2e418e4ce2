//! A demo cloud's time, read from its `/_demo/clock`. Between two readings it runs on tokio's
//! time at the demo's speed, so that a paused runtime makes it virtual.

use crate::Transport;
use async_trait::async_trait;
use bytes::Bytes;
use engine::ports::{Answer, Clock, Failure, Kind};
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tower::ServiceExt as _;

/// How long a reading is trusted while somebody waits, in real time.
const TRUSTED: Duration = Duration::from_secs(1);
/// Larger replies are none of a demo cloud's.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// What `/_demo/clock` answers.
#[derive(Deserialize)]
struct Reading {
    now: Timestamp,
    speed: f64,
    paused: bool,
}

/// The last reading and when it was taken.
struct Anchor {
    demo: Timestamp,
    at: Instant,
    speed: f64,
    paused: bool,
    /// The latest time that was told: a reading that took long to arrive never turns it back.
    told: Timestamp,
}

/// The clock of a demo cloud. Waits are in demo time; a change of its speed, a pause or a step is
/// noticed within a second of real time.
pub struct DemoClock {
    transport: Transport,
    origin: String,
    anchor: Mutex<Anchor>,
    reading: tokio::sync::Mutex<()>,
}

impl DemoClock {
    /// Reads the clock of the demo cloud at `http://127.0.0.1:PORT` (for a twin in memory any
    /// such origin will do). Fails when there is none.
    pub async fn connect(transport: Transport, origin: &str) -> Answer<Self> {
        let origin = origin.trim_end_matches('/').to_owned();
        let anchor = read(&transport, &origin, None).await?;
        Ok(Self {
            transport,
            origin,
            anchor: Mutex::new(anchor),
            reading: tokio::sync::Mutex::new(()),
        })
    }

    /// Demo seconds per real second when it was last read, in whole numbers and at least 1; a
    /// paused demo tells the speed that it will have again.
    pub fn speed(&self) -> u32 {
        self.with(|anchor| anchor.speed.round().clamp(1.0, f64::from(u32::MAX)) as u32)
    }

    fn with<T>(&self, act: impl FnOnce(&mut Anchor) -> T) -> T {
        act(&mut self.anchor.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads again when the last reading is too old; a demo that does not answer keeps its pace.
    async fn read_again(&self) {
        let _one_at_a_time = self.reading.lock().await;
        let (age, told) = self.with(|anchor| (instant() - anchor.at, anchor.now()));
        if age >= TRUSTED
            && let Ok(anchor) = read(&self.transport, &self.origin, Some(told)).await
        {
            self.with(|old| *old = anchor);
        }
    }
}

impl Anchor {
    /// Demo seconds per real second, now.
    fn pace(&self) -> f64 {
        if self.paused { 0.0 } else { self.speed }
    }

    fn now(&mut self) -> Timestamp {
        let passed = (instant() - self.at).as_secs_f64() * self.pace();
        let passed = SignedDuration::try_from_secs_f64(passed).unwrap_or(SignedDuration::ZERO);
        self.told = self
            .told
            .max(self.demo.saturating_add(passed).unwrap_or(self.demo));
        self.told
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the Clock port")]
fn instant() -> Instant {
    Instant::now()
}

async fn read(transport: &Transport, origin: &str, told: Option<Timestamp>) -> Answer<Anchor> {
    let sent = instant();
    let reading: Reading = get(
        transport,
        &format!("{origin}/_demo/clock"),
        "read the demo's clock",
    )
    .await?;
    // The demo looked at its clock somewhere between the question and the answer.
    let at = sent + (instant() - sent) / 2;
    Ok(Anchor {
        demo: reading.now,
        at,
        speed: reading.speed.max(0.0),
        paused: reading.paused,
        told: told.unwrap_or(reading.now),
    })
}

/// GET of a small JSON document, without a token: demo endpoints take none.
pub(crate) async fn get<T: DeserializeOwned>(
    transport: &Transport,
    address: &str,
    operation: &str,
) -> Answer<T> {
    let failed = |kind, cause: crate::BoxError| {
        let mut failure = Failure::new(kind, operation);
        failure.cause = Some(cause);
        failure
    };
    let request = http::Request::get(address).body(Bytes::new());
    let request = request.map_err(|why| failed(Kind::Invalid, Box::new(why)))?;
    let reply = transport.clone().oneshot(request).await;
    let reply = reply.map_err(|why| failed(Kind::Unavailable, why))?;
    let status = reply.status();
    let mut frames = reply.into_body();
    let mut body = Vec::new();
    while let Some(frame) = frames.frame().await {
        let frame = frame.map_err(|why| failed(Kind::Unknown, why))?;
        body.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        if body.len() > BODY_BYTES_MAX {
            return Err(failed(Kind::Unknown, "the reply is too large".into()));
        }
    }
    if status.is_success() {
        serde_json::from_slice(&body).map_err(|why| failed(Kind::Unknown, Box::new(why)))
    } else {
        let mut failure = Failure::new(Kind::Unavailable, operation);
        failure.status = Some(status.as_u16());
        Err(failure)
    }
}

#[async_trait]
impl Clock for DemoClock {
    fn now(&self) -> Timestamp {
        self.with(Anchor::now)
    }

    /// Demo time since 1970: it runs as the demo runs, and jumps when the demo is stepped, which
    /// is how a demo plays a night's sleep.
    fn since_boot(&self) -> Duration {
        let since = self.now().duration_since(Timestamp::UNIX_EPOCH);
        Duration::try_from(since).unwrap_or_default()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the Clock port")]
    async fn sleep(&self, length: Duration) {
        let length = SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX);
        let until = self.now().saturating_add(length).unwrap_or(Timestamp::MAX);
        loop {
            let (now, pace) = self.with(|anchor| (anchor.now(), anchor.pace()));
            let left = until.duration_since(now);
            if left <= SignedDuration::ZERO {
                return;
            }
            let real = Duration::try_from_secs_f64(left.as_secs_f64() / pace);
            // A paused demo has pace 0: the division is no duration, and the reading decides.
            let real = real
                .unwrap_or(TRUSTED)
                .clamp(Duration::from_millis(1), TRUSTED);
            tokio::time::sleep(real).await;
            if self.with(|anchor| instant() - anchor.at >= TRUSTED) {
                self.read_again().await;
            }
        }
    }
}

#[cfg(test)]
#[path = "demo_tests.rs"]
mod tests;
