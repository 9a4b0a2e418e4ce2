//! Small questions to the cloud that more than one intent asks.

use super::{Engine, Labels, READING_GOOD, is_fresh, lock};
use domain::view::Problem;

impl Engine {
    /// What bears a label on the account.
    pub(crate) async fn labels(&self) -> Result<Labels, Problem> {
        let now = self.ports.clock.now();
        let held = lock(&self.labels).clone();
        if let Some((_, labels)) = held.filter(|(at, _)| is_fresh(*at, now, READING_GOOD)) {
            return Ok(labels);
        }
        let clusters = self.told(self.ports.cloud.clusters().await)?;
        let firewalls = self.told(self.ports.cloud.firewalls().await)?;
        let labels = Labels {
            clusters,
            firewalls,
        };
        *lock(&self.labels) = Some((now, labels.clone()));
        Ok(labels)
    }
}
