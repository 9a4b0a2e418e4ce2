//! The picture of what stands: the planned picture with each part in its own tense.

use super::planned::planned;
use super::reach::keeper;
use super::seen::Seen;
use crate::catalog::Catalog;
use crate::plan::{Action, PoolRole};
use crate::progress::{Progress, StepPhase};
use crate::record::{Thing, ThingKind};
use crate::spec::Spec;
use crate::view::{DeploymentState, Picture, Tense};

/// What the tenses come from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing<'a> {
    /// Where the journal stands.
    pub(super) progress: &'a Progress,
    /// What was seen in the cloud.
    pub(super) seen: &'a Seen,
    /// The deployment's state.
    pub(super) state: DeploymentState,
}

impl Standing<'_> {
    fn leaving(&self) -> bool {
        matches!(self.state, DeploymentState::Leaving | DeploymentState::Gone)
    }

    /// Whether a create of the journal ever came to its end.
    fn created(&self) -> bool {
        self.progress.created.is_some()
    }

    /// The phase of the first step of the current run that `is` says yes to.
    fn step(&self, is: impl Fn(&Action) -> bool) -> Option<StepPhase> {
        let run = self.progress.run.as_ref()?;
        let mut steps = run.plan.steps.iter().zip(&run.steps);
        steps
            .find(|(step, _)| is(&step.action))
            .map(|(_, progress)| progress.phase)
    }

    /// A part that is there (or not) and becomes ready with a step.
    fn tense(&self, there: bool, ready: impl Fn(&Action) -> bool) -> Tense {
        match (self.leaving(), there) {
            (true, true) => Tense::Leaving,
            (true, false) => Tense::Gone,
            (false, false) => match self.step(ready) {
                Some(StepPhase::Started) => Tense::Building,
                Some(
                    StepPhase::Pending | StepPhase::Finished | StepPhase::Failed | StepPhase::Stuck,
                )
                | None => Tense::Planned,
            },
            (false, true) => match self.step(ready) {
                phase
                    if phase == Some(StepPhase::Finished)
                        || (phase.is_none() && self.created()) =>
                {
                    Tense::Running
                }
                Some(_) | None => Tense::Building,
            },
        }
    }
}

/// The picture of a deployment.
pub(super) fn picture(spec: &Spec, catalog: Option<&Catalog>, standing: &Standing<'_>) -> Picture {
    let mut picture = planned(spec, catalog);
    let progress = standing.progress;
    let cluster = progress.cluster();
    let there = cluster.is_some();
    picture.cluster_id = cluster.map(|id| id.0);
    picture.cluster = standing.tense(there, |action| matches!(action, Action::CreateCluster(_)));
    picture.control_plane.tense =
        standing.tense(there, |action| matches!(action, Action::AwaitKubeconfig));
    let answers = standing.seen.answers_ms;
    picture.control_plane.answers_ms = answers.filter(|_| !standing.seen.kubernetes_silent);
    picture.access_list.tense = standing.tense(there, |action| {
        matches!(
            action,
            Action::AwaitAccessList { .. } | Action::SetAccessList { .. }
        )
    });
    if let Some(access) = standing.seen.access.as_ref().filter(|list| list.enabled) {
        let addresses = access.addresses.iter().map(ToString::to_string).collect();
        picture.access_list.addresses = Some(addresses);
    }
    firewall(&mut picture, standing);
    pools(&mut picture, standing, there);
    if standing.seen.cluster_gone && !standing.leaving() {
        picture.cluster = Tense::Gone;
        picture.control_plane.tense = Tense::Gone;
        picture.access_list.tense = Tense::Gone;
        for pool in &mut picture.pools {
            pool.tense = Tense::Gone;
        }
    }
    picture
}

fn firewall(picture: &mut Picture, standing: &Standing<'_>) {
    let progress = standing.progress;
    let there = progress.firewall().is_some();
    picture.firewall.keeper = (there && !standing.leaving()).then(|| keeper(progress));
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let machines = progress.alive_of(ThingKind::Instance);
    let covered = machines.iter().filter(|thing| match thing {
        Thing::Instance(id, ..) => {
            let read_back = standing.seen.covers(*id);
            let journaled = || {
                progress
                    .instance(*id)
                    .is_some_and(|(_, l)| l.open_ms.is_some())
            };
            read_back.unwrap_or_else(journaled)
        }
        Thing::Cluster(_)
        | Thing::Pool(..)
        | Thing::Firewall(_)
        | Thing::ControlPlane(_)
        | Thing::NodeBalancer(_)
        | Thing::Volume(_) => false,
    });
    picture.firewall.covered = count(covered.count());
    picture.firewall.nodes = match &standing.seen.pools {
        Some(pools) if !standing.leaving() => {
            count(pools.iter().map(|pool| pool.nodes.len()).sum())
        }
        Some(_) | None => count(machines.len()),
    };
    let cover = standing.tense(there, |action| matches!(action, Action::CoverNodes));
    let all = picture.firewall.covered == picture.firewall.nodes;
    picture.firewall.tense = match cover {
        Tense::Running if !all => Tense::Building,
        Tense::Planned if there => Tense::Building,
        Tense::Planned | Tense::Building | Tense::Running | Tense::Leaving | Tense::Gone => cover,
    };
}

fn pools(picture: &mut Picture, standing: &Standing<'_>, there: bool) {
    let progress = standing.progress;
    for part in &mut picture.pools {
        let role = part.role;
        let seen = standing
            .seen
            .pools
            .iter()
            .flatten()
            .find(|pool| progress.role_of(pool) == role);
        let journaled = progress
            .alive_of(ThingKind::Pool)
            .iter()
            .any(|thing| matches!(thing, Thing::Pool(_, one) if *one == role));
        let born_with_cluster = role == PoolRole::System || progress_has_no_system(progress);
        let exists = there && (seen.is_some() || journaled || born_with_cluster);
        part.tense = standing.tense(
            exists,
            |action| matches!(action, Action::AwaitNodes { pool } if *pool == role),
        );
        if let Some(pool) = seen.filter(|_| !standing.leaving()) {
            part.count = pool.count;
            if let Some(bounds) = pool.autoscaler {
                part.min = bounds.min;
                part.max = bounds.max;
            }
        }
    }
}

fn progress_has_no_system(progress: &Progress) -> bool {
    progress
        .spec
        .as_ref()
        .is_some_and(|spec| spec.system_pool.is_none())
}
