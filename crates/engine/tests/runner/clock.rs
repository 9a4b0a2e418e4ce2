//! A world's time: the paused tokio clock of its process.

use crate::world::World;
use engine::ports::Clock;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

#[async_trait::async_trait]
impl Clock for World {
    fn now(&self) -> Timestamp {
        *self.base.lock().unwrap() + SignedDuration::try_from(self.since_boot()).unwrap()
    }

    fn since_boot(&self) -> Duration {
        self.life
            .lock()
            .unwrap()
            .map_or(Duration::ZERO, |life| life.elapsed())
    }

    async fn sleep(&self, length: Duration) {
        tokio::time::sleep(length).await;
    }
}
