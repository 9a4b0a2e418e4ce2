//! The computer's time.

use async_trait::async_trait;
use engine::ports::Clock;
use jiff::Timestamp;
use std::time::Duration;

/// The computer's own clock, for live clouds.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock port")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    /// Linux counts sleep in its boot clock, macOS in its monotonic one.
    #[cfg(unix)]
    fn since_boot(&self) -> Duration {
        use rustix::time::{ClockId, clock_gettime};
        #[cfg(any(target_os = "linux", target_os = "android"))]
        const SINCE_BOOT: ClockId = ClockId::Boottime;
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        const SINCE_BOOT: ClockId = ClockId::Monotonic;
        let time = clock_gettime(SINCE_BOOT);
        let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
        Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
    }

    /// The performance counter, which runs on in sleep; counted from the first question, since
    /// only differences are asked for.
    #[cfg(not(unix))]
    #[expect(clippy::disallowed_methods, reason = "this is the Clock port")]
    fn since_boot(&self) -> Duration {
        static FIRST: std::sync::LazyLock<std::time::Instant> =
            std::sync::LazyLock::new(std::time::Instant::now);
        FIRST.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the Clock port")]
    async fn sleep(&self, length: Duration) {
        tokio::time::sleep(length).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_times_run_on() {
        let (wall, boot) = (SystemClock.now(), SystemClock.since_boot());
        SystemClock.sleep(Duration::from_millis(20)).await;
        assert!(SystemClock.since_boot().saturating_sub(boot) >= Duration::from_millis(20));
        assert!(SystemClock.now() > wall);
    }
}
