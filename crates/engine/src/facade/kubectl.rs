//! A deployment in the kubeconfig that this computer's kubectl reads: put in and taken out by the
//! person's wish, taken out when it is gone; and its credentials, shown masked or made anew.

use super::{Engine, lock};
use crate::kubectl::{Entry, Merged, Said, masked, of_trouble};
use crate::ports::{Failure, Kind};
use domain::text::Text;
use domain::view::{DeploymentState, MergePreview, MergedContext, Problem};
use domain::{ClusterId, DeploymentId, screen};
use secrecy::{ExposeSecret as _, SecretString};
use std::time::Duration;

/// Between two asks for a kubeconfig that is being made anew, at most.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// How often it is asked for: a quarter of an hour.
const ASKS_MAX: u32 = 180;

impl Engine {
    /// What a merge into the person's own kubeconfig would change. Writes nothing there.
    pub async fn merge_preview(
        &self,
        id: &DeploymentId,
        current: bool,
    ) -> Result<MergePreview, Problem> {
        let entry = self.entry(id, current).await?;
        let preview = self.ports.own_kubeconfig.preview(&entry).await;
        preview.map_err(|trouble| of_trouble(&trouble))
    }

    /// Merges into the file that was shown, or into the one that is there.
    pub async fn merge_kubeconfig(
        &self,
        id: &DeploymentId,
        current: bool,
        seen: Option<&str>,
    ) -> Result<MergedContext, Problem> {
        let entry = self.entry(id, current).await?;
        let merged = self.ports.own_kubeconfig.merge(&entry, seen).await;
        self.read_merged().await;
        self.publish(id);
        let merged = merged.map_err(|trouble| of_trouble(&trouble))?;
        self.kubeconfig_saved(id).await?;
        Ok(merged)
    }

    /// Takes out what a merge put in, also of a deployment that does not answer any more.
    pub async fn unmerge_kubeconfig(&self, id: &DeploymentId) -> Result<(), Problem> {
        let taken = self.ports.own_kubeconfig.take_out(id).await;
        self.read_merged().await;
        self.publish(id);
        taken.map_err(|trouble| of_trouble(&trouble))
    }

    async fn entry(&self, id: &DeploymentId, current: bool) -> Result<Entry, Problem> {
        let kubeconfig = self.kubeconfig(id).await?;
        let name = self.known(id)?.progress.label();
        Ok(Entry {
            deployment: id.clone(),
            name: name.unwrap_or_else(|| id.0.clone()),
            kubeconfig,
            current,
            now: self.ports.clock.now(),
        })
    }

    /// The kubeconfig with its secrets masked, for looking at.
    pub async fn masked_kubeconfig(&self, id: &DeploymentId) -> Result<String, Problem> {
        let clean = self.kubeconfig(id).await?;
        let lines = clean.expose_secret().lines().map(masked);
        Ok(lines.collect::<Vec<_>>().join("\n"))
    }

    /// Makes the credentials anew: every kubeconfig that was given out ceases to work. The one that
    /// was merged here is renewed with them.
    pub async fn rotate_kubeconfig(&self, id: &DeploymentId) -> Result<(), Problem> {
        self.account().await?;
        let held = self.known(id)?;
        self.must_be_here(&held)?;
        self.still_own(id).await?;
        let not_yet = || problem_of(Said::NotRotated, Said::NotRotatedFix);
        let cluster = held.progress.cluster().ok_or_else(not_yet)?;
        let before = self.told(self.ports.cloud.kubeconfig(cluster).await)?;
        self.told(self.ports.cloud.rotate_kubeconfig(cluster).await)?;
        self.await_another(cluster, &before).await?;
        if lock(&self.merged).get(id).is_some_and(|one| !one.taken_out) {
            self.merge_kubeconfig(id, false, None).await?;
        }
        Ok(())
    }

    /// Until the cloud gives another kubeconfig than before.
    async fn await_another(&self, id: ClusterId, before: &SecretString) -> Result<(), Problem> {
        for _ in 0..ASKS_MAX {
            let wait = match self.ports.cloud.kubeconfig(id).await {
                Ok(now) if now.expose_secret() != before.expose_secret() => return Ok(()),
                Ok(_) => ASK_AGAIN,
                Err(Failure {
                    kind: Kind::Unavailable | Kind::RateLimited | Kind::Unknown,
                    retry_after,
                    ..
                }) => retry_after.unwrap_or(ASK_AGAIN).min(ASK_AGAIN),
                Err(failure) => return self.told(Err(failure)),
            };
            self.ports.clock.sleep(wait).await;
        }
        Err(problem_of(Said::NotRotated, Said::NotRotatedFix))
    }

    /// Takes up what was put in by any process of this computer.
    pub(super) async fn read_merged(&self) {
        let all = self.ports.own_kubeconfig.merged().await;
        *lock(&self.merged) = all.into_iter().collect();
    }

    /// What is gone needs no place in kubectl's file. What cannot be taken out now is tried again at
    /// the next round, and the receipt says so.
    pub(super) async fn forget_merged(&self, id: &DeploymentId) {
        let there = lock(&self.merged).get(id).is_some_and(|one| !one.taken_out);
        let gone = |held: &super::Held| {
            screen::state(&held.progress, held.driven()) == DeploymentState::Gone
        };
        if !there || !self.held(id).is_some_and(|held| gone(&held)) {
            return;
        }
        if let Err(trouble) = self.ports.own_kubeconfig.take_out(id).await {
            tracing::debug!(%trouble, "a kubeconfig keeps what is gone");
        }
        self.read_merged().await;
        self.publish(id);
    }

    /// The same for all, as other processes may have left it.
    pub(super) async fn forget_all_merged(&self) {
        self.read_merged().await;
        let ids: Vec<DeploymentId> = lock(&self.merged).keys().cloned().collect();
        for id in ids {
            self.forget_merged(&id).await;
        }
    }

    /// Where a deployment stands in the person's own kubeconfig.
    pub(super) fn merged_at(&self, id: &DeploymentId) -> Option<MergedContext> {
        let merged = lock(&self.merged).get(id).cloned();
        merged.filter(|one| !one.taken_out).map(|one| one.at)
    }

    /// What a receipt says of it.
    pub(super) fn merged_note(&self, id: &DeploymentId) -> Option<Text> {
        let Merged { at, taken_out } = lock(&self.merged).get(id).cloned()?;
        let MergedContext { path, context } = at;
        Some(if taken_out {
            Said::Gone { context, path }.into()
        } else {
            Said::Left { context, path }.into()
        })
    }
}

fn problem_of(what: Said, fix: Said) -> Problem {
    let (what, fix) = (Text::from(what), Text::from(fix));
    Problem {
        code: what.code.clone(),
        what,
        why: None,
        fix: Some(fix),
        detail: None,
    }
}
