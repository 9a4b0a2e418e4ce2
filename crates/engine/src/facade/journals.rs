//! Journals as they are taken up: at the start, and again whenever another process went on with one.

use super::problem;
use super::{Engine, Held, lock};
use crate::ports::JournalError;
use domain::DeploymentId;
use domain::progress::Progress;
use domain::usage::Usage;
use domain::view::Problem;
use std::sync::Arc;

impl Engine {
    /// Takes up journals that this process does not hold yet, or that another one went on with.
    pub async fn read_journals(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let ids = match self.ports.journals.list().await {
            Ok(ids) => ids,
            Err(error) => return vec![problem::of_journal(&error)],
        };
        for id in ids {
            if lock(&self.held)
                .get(&id)
                .is_some_and(|held| held.run.is_some())
            {
                continue;
            }
            match self.read_journal(&id).await {
                Ok(()) => self.publish(&id),
                Err(problem) => problems.push(problem),
            }
        }
        problems
    }

    /// Nothing is read of a journal that is as it was when it was read last.
    async fn read_journal(&self, id: &DeploymentId) -> Result<(), Problem> {
        // Taken first: what is written while it is read is read the next time.
        let stamp = self.ports.journals.stamp(id).await;
        if stamp.is_some() && lock(&self.stamps).get(id).copied() == stamp {
            return Ok(());
        }
        let known = self.read_records(id).await?;
        if let Some(stamp) = stamp.filter(|_| known) {
            lock(&self.stamps).insert(id.clone(), stamp);
        }
        Ok(())
    }

    /// Whether what is held is what was read.
    async fn read_records(&self, id: &DeploymentId) -> Result<bool, Problem> {
        let records = self
            .ports
            .journals
            .read(id)
            .await
            .map_err(|error| problem::of_journal(&error))?;
        let known = lock(&self.held).get(id).map(|held| held.records.len());
        if records.is_empty() || known == Some(records.len()) {
            return Ok(!records.is_empty());
        }
        let progress = Progress::fold(&records).map_err(|impossible| {
            problem::of_journal(&JournalError::Damaged {
                id: id.clone(),
                line: usize::try_from(impossible.seq)
                    .unwrap_or(usize::MAX)
                    .saturating_add(1),
                why: impossible.why,
            })
        })?;
        let watched = self.watched_of(id, &records).await;
        let usage: Usage = self.kept_of(id).await;
        let mut held = lock(&self.held);
        // Meanwhile an intent may have begun a run: what it holds is newer.
        if held
            .get(id)
            .is_some_and(|one| one.run.is_some() || one.records.len() > records.len())
        {
            return Ok(false);
        }
        let mut seen = held
            .get(id)
            .map(|held| held.seen.clone())
            .unwrap_or_default();
        seen.watched.saw_all(&watched);
        Arc::make_mut(&mut seen.usage).saw_all(&usage);
        let elsewhere = held.get(id).is_some_and(|held| held.elsewhere);
        held.insert(
            id.clone(),
            Held {
                records: Arc::new(records),
                progress: Arc::new(progress),
                seen,
                run: None,
                elsewhere,
            },
        );
        Ok(true)
    }
}
