//! What other computers made on this account, and what they took over from this one.
//!
//! A deployment that this computer does not look after is shown and never touched: it is in no
//! list that runs, stop times or searches work from.

use super::problem::{Said, problem};
use super::{Engine, Held, lock};
use crate::sweep::{self, Orphan};
use domain::inventory::{Cluster, Inventory};
use domain::plan::{Plan, Prices, Purpose};
use domain::progress::Progress;
use domain::record::{Fact, Record, VERSION};
use domain::screen::Seen;
use domain::spec::Spec;
use domain::standing::{Standing, TakenOver};
use domain::view::{Problem, Whose};
use domain::{AccountId, ClusterId, DeploymentId, PlanId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What was seen of other computers, by the last complete look.
#[derive(Debug, Default)]
pub(crate) struct Around {
    /// Deployments with a journal here that another computer looks after.
    lost: BTreeSet<DeploymentId>,
    /// Deployments without a journal here, as they would be held if they had one.
    strangers: BTreeMap<DeploymentId, (Whose, Held)>,
}

impl Around {
    /// The clusters of the deployments without a journal here.
    pub(super) fn clusters(&self) -> impl Iterator<Item = ClusterId> {
        let held = self.strangers.values().map(|(_, held)| held);
        held.filter_map(|held| held.progress.cluster())
    }
}

impl Engine {
    /// Looks once at the whole account: which deployments are whose. Reads only.
    pub async fn look_around(&self) -> Result<(), Problem> {
        let account = self.account().await?;
        let clusters = self.told(self.ports.cloud.clusters().await)?;
        // A deployment has its journal before it is on the account: it is read after the listing.
        for problem in self.read_journals().await {
            tracing::warn!(code = problem.code, "a journal cannot be read");
        }
        self.note_owners(&clusters);
        let mut seen = Inventory {
            clusters,
            ..Inventory::default()
        };
        let strange = |seen: &Inventory| {
            let mut found = sweep::orphans(seen, &self.with_journal(), self.protocol.proofs);
            found.retain(|one| one.proven && !one.clusters.is_empty());
            found
        };
        if !strange(&seen).is_empty() {
            seen.instances = self.told(self.ports.cloud.instances().await)?;
        }
        let mut strangers = BTreeMap::new();
        for orphan in strange(&seen) {
            let id = orphan.deployment.clone();
            let before = lock(&self.around).strangers.get(&id).cloned();
            // One that could not be read this time stays as it was read last.
            let now = self.stranger(&orphan, &account.id).await.or(before);
            strangers.extend(now.map(|one| (id, one)));
        }
        let ids: BTreeSet<DeploymentId> = {
            let mut around = lock(&self.around);
            let ids = around.strangers.keys().chain(strangers.keys());
            let ids = ids.cloned().collect();
            around.strangers = strangers;
            ids
        };
        for id in &ids {
            self.publish(id);
        }
        Ok(())
    }

    async fn stranger(&self, orphan: &Orphan, account: &AccountId) -> Option<(Whose, Held)> {
        let standing = Standing {
            access: None,
            rules: None,
            ..self.standing(orphan).await.ok()?
        };
        let id = &orphan.deployment;
        let taken = self.taken_over(id, account, &standing, None).await;
        let at = self.ports.clock.now();
        let opened = Fact::Opened {
            version: VERSION,
            writer: String::new(),
            deployment: id.clone(),
            cloud: self.ports.cloud.id(),
            account: account.clone(),
        };
        let facts = [opened, Fact::TakenOver(Box::new(taken))];
        let records: Vec<Record> = (0..)
            .zip(facts)
            .map(|(seq, fact)| Record { seq, at, fact })
            .collect();
        let held = Held {
            progress: Arc::new(Progress::fold(&records).ok()?),
            // It is no journal: nothing of it happened here.
            records: Arc::default(),
            seen: Seen {
                at: Some(at),
                pools: Some(standing.pools),
                instances: Some(standing.instances),
                ..Seen::default()
            },
            run: None,
            elsewhere: false,
        };
        Some((orphan.whose(&self.ports.owner), held))
    }

    /// What of an orphan stands, but for its access list and firewall rules.
    pub(super) async fn standing(&self, orphan: &Orphan) -> Result<Standing, Problem> {
        let mut standing = Standing {
            label: orphan.label.clone(),
            clusters: orphan.clusters.clone(),
            firewalls: orphan.firewalls.clone(),
            instances: orphan.instances.clone(),
            ..Standing::default()
        };
        standing.clusters.sort_by_key(|one| (one.created, one.id));
        standing.firewalls.sort_by_key(|one| (one.created, one.id));
        if let Some(cluster) = standing.cluster().map(|one| one.id) {
            standing.pools = self.told(self.ports.cloud.pools(cluster).await)?;
        }
        Ok(standing)
    }

    /// What stands as the one fact that a journal begins with.
    pub(super) async fn taken_over(
        &self,
        id: &DeploymentId,
        account: &AccountId,
        standing: &Standing,
        wishes: Option<&Spec>,
    ) -> TakenOver {
        let spec = standing.spec(wishes);
        let catalog = self.catalog().await.ok();
        let prices = catalog.map_or_else(Prices::default, |catalog| Prices::of(&spec, &catalog));
        let now = self.ports.clock.now();
        TakenOver {
            things: standing.things(&prices),
            controller: standing.controller,
            plan: Plan {
                id: PlanId(self.ports.ids.ulid(now)),
                deployment: id.clone(),
                cloud: self.ports.cloud.id(),
                account: account.clone(),
                purpose: Purpose::Create,
                made_at: now,
                spec,
                steps: Vec::new(),
                prices,
            },
        }
    }

    /// Deployments that a journal of this computer tells of; one that holds its header only tells
    /// nothing.
    pub(super) fn with_journal(&self) -> BTreeSet<DeploymentId> {
        let held = lock(&self.held);
        let told = held.iter().filter(|(_, held)| held.progress.spec.is_some());
        told.map(|(id, _)| id.clone()).collect()
    }

    /// Takes note of which deployments of ours bear another computer's owner tag in a complete
    /// listing.
    fn note_owners(&self, clusters: &[Cluster]) {
        let ours: Vec<(DeploymentId, Arc<Progress>)> = lock(&self.held)
            .iter()
            .filter(|(_, held)| self.is_here(&held.progress))
            .map(|(id, held)| (id.clone(), held.progress.clone()))
            .collect();
        for (id, progress) in ours {
            let (kept, mark) = (progress.cluster(), progress.mark());
            let of_it = |one: &&Cluster| Some(one.id) == kept || mark.is_on(&one.tags);
            let mut of_it = clusters.iter().filter(of_it);
            let another = |one: &Cluster| self.ports.owner.another(&one.tags).is_some();
            self.set_lost(&id, of_it.any(another));
        }
    }

    pub(super) fn set_lost(&self, id: &DeploymentId, is_lost: bool) {
        let changed = {
            let lost = &mut lock(&self.around).lost;
            if is_lost {
                lost.insert(id.clone())
            } else {
                lost.remove(id)
            }
        };
        if changed {
            self.publish(id);
        }
    }

    pub(super) fn is_lost(&self, id: &DeploymentId) -> bool {
        lock(&self.around).lost.contains(id)
    }

    /// Reads whose it is before an intent; a cloud that does not answer is asked again by the run.
    pub(super) async fn still_own(&self, id: &DeploymentId) -> Result<(), Problem> {
        let held = self.known(id)?;
        if let Some(cluster) = held.progress.cluster()
            && let Ok(one) = self.ports.cloud.cluster(cluster).await
        {
            self.set_lost(id, self.ports.owner.another(&one.tags).is_some());
        }
        self.must_be_own(&held)
    }

    pub(super) fn must_be_own(&self, held: &Held) -> Result<(), Problem> {
        let id = &held.progress.header.deployment;
        if !self.is_lost(id) {
            return Ok(());
        }
        let name = held.progress.label().unwrap_or_else(|| id.0.clone());
        Err(not_ours(Whose::Elsewhere, &name, id))
    }

    /// A deployment without a journal here, as a problem of who wants to work on it.
    pub(super) fn strange(&self, id: &DeploymentId) -> Option<Problem> {
        let around = lock(&self.around);
        let (whose, held) = around.strangers.get(id)?;
        let name = held.progress.label().unwrap_or_else(|| id.0.clone());
        Some(not_ours(*whose, &name, id))
    }

    /// Forgets a deployment of somebody else, which is ours from now on.
    pub(super) fn no_stranger(&self, id: &DeploymentId) {
        let mut around = lock(&self.around);
        around.strangers.remove(id);
        around.lost.remove(id);
    }

    pub(super) fn strangers(&self) -> Vec<DeploymentId> {
        lock(&self.around).strangers.keys().cloned().collect()
    }

    /// As it is shown: with a journal, or as it was seen on the account.
    pub(super) fn shown_as(&self, id: &DeploymentId) -> Option<(Whose, Held)> {
        let Some(held) = self.held(id).filter(|held| held.progress.spec.is_some()) else {
            return lock(&self.around).strangers.get(id).cloned();
        };
        let whose = if self.is_lost(id) {
            Whose::Elsewhere
        } else {
            Whose::Here
        };
        Some((whose, held))
    }

    /// The deployment that bears a label on the account and has no journal here.
    pub async fn without_journal(
        &self,
        label: &str,
    ) -> Result<Option<(DeploymentId, Whose)>, Problem> {
        if self.live_with_label(label).is_some() {
            return Ok(None);
        }
        let labels = self.labels().await?;
        let seen = Inventory {
            clusters: labels.clusters,
            firewalls: labels.firewalls,
            ..Inventory::default()
        };
        let orphans = sweep::orphans(&seen, &self.with_journal(), self.protocol.proofs);
        let mut named = orphans
            .into_iter()
            .filter(|one| one.proven && one.label == label);
        Ok(named
            .next()
            .map(|one| (one.deployment.clone(), one.whose(&self.ports.owner))))
    }
}

/// Why nothing is done to a deployment that this computer does not look after.
pub(super) fn not_ours(whose: Whose, name: &str, id: &DeploymentId) -> Problem {
    let (name, id) = (name.to_owned(), id.0.clone());
    let what = match whose {
        Whose::Here | Whose::Elsewhere => Said::MadeElsewhere { name },
        Whose::Forgotten => Said::MadeForgotten { name },
        Whose::Nobody => Said::MadeByNobody { name },
    };
    problem(what, None, Some(Said::MadeElsewhereFix { id }))
}
