//! When deployments were looked at, kept beside their journals: a chart of what they cost shows the
//! hours in which nobody looked as a gap.
//!
//! The journal itself does not tell: it holds what happened and no line for a look that found
//! nothing new. Losing the file loses no resource; it only makes a gap of what was seen.

use super::{Engine, lock};
use domain::DeploymentId;
use domain::record::Record;
use domain::watched::{APART_MAX, Watched};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const FILE: &str = "watched.json";
const VERSION: u32 = 1;

/// The file.
#[derive(Serialize, Deserialize)]
struct Page {
    version: u32,
    spans: Watched,
}

/// What was written last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    written: Timestamp,
    until: Timestamp,
}

impl Engine {
    /// When a deployment was looked at before: what earlier processes kept, and whenever a record
    /// was written.
    pub(super) async fn watched_of(&self, id: &DeploymentId, records: &[Record]) -> Watched {
        let mut watched = self.read_watched(id).await.unwrap_or_default();
        let until = watched.last().unwrap_or(Timestamp::MIN);
        let written = Timestamp::MIN;
        let mut kept = lock(&self.kept_watched);
        kept.entry(id.clone()).or_insert(Kept { written, until });
        drop(kept);
        for record in records {
            watched.saw(record.at);
        }
        watched
    }

    /// `None`: there is a file that this version does not understand, and which is not written over.
    async fn read_watched(&self, id: &DeploymentId) -> Option<Watched> {
        let read = self.ports.journals.read_beside(id, FILE).await.ok()?;
        let Some(text) = read else {
            return Some(Watched::default());
        };
        let page: Page = serde_json::from_str(&text).ok()?;
        (page.version == VERSION).then_some(page.spans)
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

    /// Writes what was seen. What a crash loses of it is shorter than what counts as a gap.
    pub(super) async fn keep_watched(&self) {
        let now = self.ports.clock.now();
        let due: Vec<(DeploymentId, Timestamp)> = {
            let (held, kept) = (lock(&self.held), lock(&self.kept_watched));
            let last = |id: &DeploymentId| Some((id.clone(), held.get(id)?.seen.watched.last()?));
            let due = |(id, last): &(DeploymentId, Timestamp)| {
                kept.get(id).is_none_or(|kept| {
                    kept.until < *last && now.duration_since(kept.written) >= APART_MAX / 2
                })
            };
            held.keys().filter_map(last).filter(due).collect()
        };
        for (id, until) in due {
            let written = now;
            lock(&self.kept_watched).insert(id.clone(), Kept { written, until });
            // Another process may have looked too.
            let Some(mut spans) = self.read_watched(&id).await else {
                continue;
            };
            if let Some(held) = lock(&self.held).get_mut(&id) {
                spans.saw_all(&held.seen.watched);
                held.seen.watched = spans.clone();
            }
            let version = VERSION;
            let Ok(text) = serde_json::to_string(&Page { version, spans }) else {
                continue;
            };
            let kept = self.ports.journals.write_beside(&id, FILE, &text).await;
            if let Err(error) = kept {
                tracing::debug!(%error, deployment = %id, "when it was looked at is not kept");
            }
        }
    }
}
