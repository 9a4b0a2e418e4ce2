//! What is kept of looks beside the journals, a file for each kind: when deployments were looked at,
//! and how their GPUs were used.
//!
//! The journal itself does not tell: it holds what happened and no line for a look that found
//! nothing new. Losing a file loses no resource; it only makes a gap of what was seen.

use super::{Engine, lock};
use domain::DeploymentId;
use domain::screen::Seen;
use domain::usage::Usage;
use domain::watched::{APART_MAX, Watched};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

const VERSION: u32 = 1;

/// What is kept of looks.
pub(super) trait Kept: Clone + Default + Serialize + DeserializeOwned + Send {
    /// The file.
    const FILE: &'static str;
    /// The field of the file that holds it.
    const FIELD: &'static str;
    /// Its part of what was seen.
    fn of(seen: &Seen) -> &Self;
    /// The same, to be added to.
    fn of_mut(seen: &mut Seen) -> &mut Self;
    /// When something was added to it last.
    fn last(&self) -> Option<Timestamp>;
    /// What another process kept is kept too.
    fn join(&mut self, other: &Self);
}

impl Kept for Watched {
    const FILE: &'static str = "watched.json";
    const FIELD: &'static str = "spans";
    fn of(seen: &Seen) -> &Self {
        &seen.watched
    }
    fn of_mut(seen: &mut Seen) -> &mut Self {
        &mut seen.watched
    }
    fn last(&self) -> Option<Timestamp> {
        self.last()
    }
    fn join(&mut self, other: &Self) {
        self.saw_all(other);
    }
}

impl Kept for Usage {
    const FILE: &'static str = "usage.json";
    const FIELD: &'static str = "nodes";
    fn of(seen: &Seen) -> &Self {
        &seen.usage
    }
    fn of_mut(seen: &mut Seen) -> &mut Self {
        Arc::make_mut(&mut seen.usage)
    }
    fn last(&self) -> Option<Timestamp> {
        self.last()
    }
    fn join(&mut self, other: &Self) {
        self.saw_all(other);
    }
}

/// What was written last of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    at: Timestamp,
    until: Timestamp,
}

impl Engine {
    /// What earlier processes kept.
    pub(super) async fn kept_of<T: Kept>(&self, id: &DeploymentId) -> T {
        let kept: T = self.read_kept(id).await.unwrap_or_default();
        let until = kept.last().unwrap_or(Timestamp::MIN);
        let at = Timestamp::MIN;
        let mut written = lock(&self.written);
        written
            .entry((id.clone(), T::FILE))
            .or_insert(Written { at, until });
        kept
    }

    /// `None`: there is a file that this version does not understand, and which is not written over.
    async fn read_kept<T: Kept>(&self, id: &DeploymentId) -> Option<T> {
        let read = self.ports.journals.read_beside(id, T::FILE).await.ok()?;
        let Some(text) = read else {
            return Some(T::default());
        };
        let mut page: Value = serde_json::from_str(&text).ok()?;
        let known = page["version"] == VERSION;
        let kept = page.get_mut(T::FIELD).filter(|_| known)?.take();
        serde_json::from_value(kept).ok()
    }

    /// Writes what was seen. What a crash loses of it is shorter than what counts as a gap.
    pub(super) async fn keep<T: Kept>(&self) {
        let now = self.ports.clock.now();
        let due: Vec<(DeploymentId, Timestamp)> = {
            let (held, written) = (lock(&self.held), lock(&self.written));
            let last = held.iter().filter_map(|(id, held)| {
                let last = T::of(&held.seen).last()?;
                Some((id.clone(), last))
            });
            last.filter(|(id, last)| {
                written.get(&(id.clone(), T::FILE)).is_none_or(|written| {
                    written.until < *last && now.duration_since(written.at) >= APART_MAX / 2
                })
            })
            .collect()
        };
        for (id, until) in due {
            lock(&self.written).insert((id.clone(), T::FILE), Written { at: now, until });
            // Another process may have looked too.
            let Some(mut kept) = self.read_kept::<T>(&id).await else {
                continue;
            };
            if let Some(held) = lock(&self.held).get_mut(&id) {
                let seen = T::of_mut(&mut held.seen);
                kept.join(seen);
                seen.clone_from(&kept);
            }
            let page = json!({"version": VERSION, T::FIELD: kept}).to_string();
            let wrote = self.ports.journals.write_beside(&id, T::FILE, &page);
            if let Err(error) = wrote.await {
                tracing::debug!(%error, deployment = %id, file = T::FILE, "is not kept");
            }
        }
    }
}
