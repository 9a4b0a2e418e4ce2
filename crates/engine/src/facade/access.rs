//! The access list, edited while a deployment stands: read, changed, written, and read back until
//! the cloud shows that it is enforced.
//!
//! At rest an edit is a run like every other, so that the journal keeps the list. While a run waits,
//! an edit is one PUT beside it: a computer that locked itself out during a deploy is let in at once.

use super::problem::{Said, problem};
use super::{Engine, Held};
use crate::proof::{Belongs, Claim};
use domain::diagnostic::{Diagnostic, Severity};
use domain::plan::Action;
use domain::plan::build::{Basis, Edit, plan_update};
use domain::progress::{Progress, Rest, StepPhase};
use domain::rules::access_list;
use domain::view::Problem;
use domain::{ClusterId, DeploymentId, PlanId};
use ipnet::IpNet;

/// What is to change about an access list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessEdit {
    /// Who may connect besides.
    pub add: Vec<IpNet>,
    /// Who may no longer; each stands in the list as it is written here.
    pub remove: Vec<IpNet>,
    /// This computer's own address may go: it was asked for twice.
    pub without_me: bool,
}

/// What became of an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessDone {
    /// The list is so already.
    Nothing,
    /// A run writes it; wait for its end.
    Run,
    /// It is enforced. A run that is under way holds the journal, so only the cloud knows the list.
    Enforced,
}

impl Engine {
    /// The access list as the cloud has it.
    pub async fn access(
        &self,
        id: &DeploymentId,
    ) -> Result<domain::inventory::AccessList, Problem> {
        let cluster = self.stands(&self.known(id)?)?;
        self.told(self.ports.cloud.access_list(cluster).await)
    }

    /// Changes the access list: what stands in it and is not named stays.
    pub async fn edit_access(
        &self,
        id: &DeploymentId,
        edit: &AccessEdit,
    ) -> Result<AccessDone, Problem> {
        self.account().await?;
        self.still_own(id).await?;
        let held = self.known(id)?;
        self.must_be_here(&held)?;
        let cluster = self.stands(&held)?;
        let now = self.told(self.ports.cloud.access_list(cluster).await)?;
        // A list that is off was wiped by the cloud: what it held is in the Spec.
        let kept = || held.progress.spec.as_ref()?.kubectl_access.clone();
        let old = if now.enabled {
            now.addresses
        } else {
            kept().unwrap_or_default()
        };
        let new = edited(&old, edit)?;
        if new == old && now.enabled {
            return Ok(AccessDone::Nothing);
        }
        if !edit.without_me {
            let mut own = self.own_addresses().await;
            let holds = |list: &[IpNet], one: &IpNet| list.iter().any(|net| net.contains(one));
            own.retain(|mine| holds(&old, mine) && !holds(&new, mine));
            if !own.is_empty() {
                let addresses = own.iter().map(ToString::to_string).collect();
                let what = Said::AccessRemovesYou { addresses };
                let why = Some(Said::AccessRemovesYouWhy);
                return Err(problem(what, why, Some(Said::AccessRemovesYouFix)));
            }
        }
        match held.progress.rest_state() {
            Rest::Running(_) | Rest::Cancelled(_) | Rest::Idle => {
                self.put_beside(&held.progress, cluster, &new).await
            }
            Rest::Failed | Rest::Done | Rest::Kept | Rest::Stuck => {
                self.run_access(id, &held, cluster, new).await
            }
        }
    }

    /// Lets addresses in; those that they replace go when that is wished.
    pub async fn let_in(
        &self,
        id: &DeploymentId,
        addresses: &[IpNet],
        instead_of: &[IpNet],
    ) -> Result<AccessDone, Problem> {
        let edit = AccessEdit {
            add: addresses.to_vec(),
            remove: instead_of.to_vec(),
            without_me: false,
        };
        self.edit_access(id, &edit).await
    }

    pub(super) fn stands(&self, held: &Held) -> Result<ClusterId, Problem> {
        self.must_be_here(held)?;
        let name = || held.progress.label().unwrap_or_default();
        let cluster = held.progress.cluster();
        cluster.ok_or_else(|| problem(Said::NothingToDo { name: name() }, None, None))
    }

    async fn run_access(
        &self,
        id: &DeploymentId,
        held: &Held,
        cluster: ClusterId,
        new: Vec<IpNet>,
    ) -> Result<AccessDone, Problem> {
        let progress = &held.progress;
        let Some(spec) = &progress.spec else {
            return Ok(AccessDone::Nothing);
        };
        let book = match self.open(id).await {
            Ok(book) => book,
            // Another process works on it: its look or run is not disturbed.
            Err(problem) if problem.code == "journal_locked" => {
                return self.put_beside(progress, cluster, &new).await;
            }
            Err(problem) => return Err(problem),
        };
        let mut spec = spec.clone();
        spec.kubectl_access = Some(new.clone());
        let now = self.ports.clock.now();
        let basis = Basis::of(progress, PlanId(self.ports.ids.ulid(now)), now);
        let prices = progress.prices;
        let plan = plan_update(&spec, &[Edit::Access(new)], prices, basis);
        self.begin(book, plan).await?;
        Ok(AccessDone::Run)
    }

    /// One PUT beside a run that goes on, once the run's own list is enforced: two revisions that
    /// are under way at once would prove nothing.
    async fn put_beside(
        &self,
        progress: &Progress,
        cluster: ClusterId,
        new: &[IpNet],
    ) -> Result<AccessDone, Problem> {
        let name = || progress.label().unwrap_or_default();
        if writes_access(progress) {
            let what = Said::RunUnderWay { name: name() };
            return Err(problem(what, None, Some(Said::RunUnderWayFix)));
        }
        let cloud = &self.ports.cloud;
        let one = self.told(cloud.cluster(cluster).await)?;
        let claim = Claim::of(progress, self.protocol.proofs, &self.ports.owner);
        if claim.cluster(&one) != Belongs::Ours {
            let what = Said::NotHere { name: name() };
            return Err(problem(what, None, Some(Said::NotHereFix)));
        }
        let clock = &self.ports.clock;
        let revision = self.ports.ids.ulid(clock.now());
        self.told(cloud.set_access_list(cluster, new, &revision).await)?;
        let until = clock.since_boot() + self.protocol.access.failed;
        while clock.since_boot() < until {
            clock.sleep(self.protocol.poll_access).await;
            if let Ok(list) = cloud.access_list(cluster).await
                && list.revision.as_deref() == Some(&revision)
            {
                return Ok(AccessDone::Enforced);
            }
        }
        Err(problem(Said::AccessLate, None, Some(Said::AccessLateFix)))
    }
}

/// Whether the run has yet to write an access list, or to see it enforced.
fn writes_access(progress: &Progress) -> bool {
    let Some(run) = &progress.run else {
        return false;
    };
    let mut steps = run.plan.steps.iter().zip(&run.steps);
    steps.any(|(step, one)| {
        let access = matches!(
            step.action,
            Action::AwaitAccessList { .. }
                | Action::SetAccessList { .. }
                | Action::AllowAddress { .. }
        );
        access && one.phase != StepPhase::Finished
    })
}

/// The list after an edit; a list that must not be is refused in the words of its diagnostic.
fn edited(old: &[IpNet], edit: &AccessEdit) -> Result<Vec<IpNet>, Problem> {
    let strange = edit.remove.iter().find(|net| !old.contains(net));
    if let Some(cidr) = strange {
        let cidr = cidr.to_string();
        let what = Said::AccessNotListed { cidr };
        return Err(problem(what, None, Some(Said::AccessNotListedFix)));
    }
    let stays = |net: &&IpNet| !edit.remove.contains(net) || edit.add.contains(net);
    let mut new: Vec<IpNet> = old.iter().filter(stays).copied().collect();
    for net in &edit.add {
        if !new.contains(net) {
            new.push(*net);
        }
    }
    let mut found = Vec::new();
    access_list(&new, &mut found);
    let wrong = found
        .into_iter()
        .find(|one| one.severity == Severity::Error);
    wrong.map_or(Ok(new), |one| Err(of_diagnostic(one)))
}

fn of_diagnostic(one: Diagnostic) -> Problem {
    Problem {
        code: one.what.code.clone(),
        what: one.what,
        why: one.why,
        fix: one.fix,
        detail: None,
    }
}
