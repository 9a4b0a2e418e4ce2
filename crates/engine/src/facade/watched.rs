//! When deployments were looked at: a chart of what they cost shows the hours in which nobody looked
//! as a gap.

use super::{Engine, lock};
use domain::DeploymentId;
use domain::record::Record;
use domain::watched::Watched;

impl Engine {
    /// When a deployment was looked at before: what earlier processes kept, and whenever a record
    /// was written.
    pub(super) async fn watched_of(&self, id: &DeploymentId, records: &[Record]) -> Watched {
        let mut watched: Watched = self.kept_of(id).await;
        for record in records {
            watched.saw(record.at);
        }
        watched
    }

    /// A run of this process reads what stands as it goes on, and nobody else looks meanwhile.
    pub(super) fn note_carried(&self, id: &DeploymentId) {
        let now = self.ports.clock.now();
        if let Some(held) = lock(&self.held).get_mut(id)
            && held.run.is_some()
        {
            held.seen.watched.saw(now);
        }
    }
}
