//! The demo's clock. It runs on tokio's time, so that a paused tokio runtime makes it virtual.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::time::Instant;

/// The demo's time: it starts at a given moment and runs `speed` times as fast as tokio's.
/// Cloning shares the clock.
#[derive(Clone, Debug)]
pub struct Clock {
    hand: Arc<Mutex<Hand>>,
    turned: watch::Sender<u64>,
}

#[derive(Debug)]
struct Hand {
    demo: Timestamp,
    since: Instant,
    /// Thousandths, so that time is exact in integers.
    speed_milli: u64,
    paused: bool,
}

impl Hand {
    fn now(&self) -> Timestamp {
        if self.paused {
            return self.demo;
        }
        let real = instant().saturating_duration_since(self.since).as_nanos();
        let demo = real.saturating_mul(u128::from(self.speed_milli)) / 1000;
        let demo = SignedDuration::from_nanos(i64::try_from(demo).unwrap_or(i64::MAX));
        self.demo.saturating_add(demo).unwrap_or(self.demo)
    }

    fn rebase(&mut self) {
        self.demo = self.now();
        self.since = instant();
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the demo's Clock")]
fn instant() -> Instant {
    Instant::now()
}

/// The real wall clock, for the start of a demo and for the time that passed between two runs.
#[expect(clippy::disallowed_methods, reason = "this is the demo's Clock")]
pub(crate) fn wall_now() -> Timestamp {
    Timestamp::now()
}

/// Waits in tokio's time, whatever the demo's speed.
#[expect(clippy::disallowed_methods, reason = "this is the demo's Clock")]
pub(crate) async fn real_wait(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

/// `at` and `ms` milliseconds more.
pub(crate) fn later(at: Timestamp, ms: i64) -> Timestamp {
    at.saturating_add(SignedDuration::from_millis(ms))
        .unwrap_or(at)
}

/// Linode's way to write a time: UTC, whole seconds, no zone.
pub(crate) fn linode_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

impl Clock {
    pub(crate) fn new(start: Timestamp, speed: f64) -> Self {
        let hand = Hand {
            demo: start,
            since: instant(),
            speed_milli: speed_milli(speed),
            paused: false,
        };
        Self {
            hand: Arc::new(Mutex::new(hand)),
            turned: watch::Sender::new(0),
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Hand) -> T) -> T {
        act(&mut self.hand.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The demo's time.
    pub fn now(&self) -> Timestamp {
        self.with(|hand| hand.now())
    }

    /// Demo seconds per real second, at least 0.001.
    pub fn speed(&self) -> f64 {
        self.with(|hand| hand.speed_milli as f64 / 1000.0)
    }

    /// Whether time stands still.
    pub fn paused(&self) -> bool {
        self.with(|hand| hand.paused)
    }

    /// Runs `speed` times as fast as real time from now on.
    pub fn set_speed(&self, speed: f64) {
        self.turn(|hand| hand.speed_milli = speed_milli(speed));
    }

    /// Stops or starts the clock.
    pub fn set_paused(&self, paused: bool) {
        self.turn(|hand| hand.paused = paused);
    }

    /// Stands still at this moment.
    pub(crate) fn pause_at(&self, at: Timestamp) {
        self.turn(|hand| (hand.demo, hand.paused) = (at, true));
    }

    /// Jumps ahead by `ms` milliseconds of demo time; a negative step is ignored.
    pub fn step_ms(&self, ms: i64) {
        self.turn(|hand| hand.demo = later(hand.demo, ms.max(0)));
    }

    fn turn(&self, change: impl FnOnce(&mut Hand)) {
        self.with(|hand| {
            hand.rebase();
            change(hand);
        });
        self.turned.send_modify(|turns| *turns += 1);
    }

    /// Waits until `ms` milliseconds of demo time have passed, through changes of speed, steps and
    /// pauses.
    pub async fn sleep_ms(&self, ms: u64) {
        self.sleep_until(later(self.now(), i64::try_from(ms).unwrap_or(i64::MAX)))
            .await;
    }

    /// Waits until the demo's time is `at` or later.
    #[expect(clippy::disallowed_methods, reason = "this is the demo's Clock")]
    pub async fn sleep_until(&self, at: Timestamp) {
        let mut turned = self.turned.subscribe();
        loop {
            let left = at.duration_since(self.now());
            if left <= SignedDuration::ZERO {
                return;
            }
            let (speed_milli, paused) = self.with(|hand| (hand.speed_milli, hand.paused));
            // Rounded up to tokio's millisecond, so that the wait never ends a little early.
            let real_ms = (left.as_nanos() * 1000 / i128::from(speed_milli)) / 1_000_000 + 1;
            let real_ms = u64::try_from(real_ms).unwrap_or(u64::MAX).min(86_400_000);
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(real_ms)), if !paused => {}
                _ = turned.changed() => {}
            }
        }
    }
}

fn speed_milli(speed: f64) -> u64 {
    if speed.is_finite() {
        ((speed * 1000.0).round() as u64).clamp(1, 1_000_000_000)
    } else {
        1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Timestamp {
        "2026-11-23T10:00:00Z".parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn demo_time_runs_at_its_speed_stops_and_jumps() {
        let clock = Clock::new(start(), 10.0);
        real_wait(1500).await;
        assert_eq!(clock.now().to_string(), "2026-11-23T10:00:15Z");
        clock.set_paused(true);
        real_wait(60_000).await;
        clock.step_ms(5_000);
        assert_eq!(clock.now().to_string(), "2026-11-23T10:00:20Z");
        clock.set_paused(false);
        clock.set_speed(0.5);
        real_wait(2_000).await;
        assert_eq!(clock.now().to_string(), "2026-11-23T10:00:21Z");
    }

    #[tokio::test(start_paused = true)]
    async fn a_sleeper_follows_a_change_of_speed_and_a_step() {
        let clock = Clock::new(start(), 1.0);
        let sleeper = {
            let clock = clock.clone();
            tokio::spawn(async move {
                clock.sleep_ms(100_000).await;
                clock.now()
            })
        };
        real_wait(10_000).await;
        clock.set_paused(true);
        real_wait(1_000_000).await;
        clock.set_paused(false);
        clock.step_ms(90_000);
        let woke = sleeper.await.unwrap();
        assert!(woke < later(start(), 100_010), "{woke}");
    }
}
