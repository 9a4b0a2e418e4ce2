//! Builds plans: pure, and the same input gives the same plan.
//!
//! A create is a small graph: what spends comes one after the other, the free firewall first; what
//! only waits runs side by side, so that a deploy takes the cloud's critical path and no more.

#[cfg(test)]
#[path = "tests.rs"]
pub(crate) mod tests;

pub use super::update::{Edit, plan_update};
use super::{
    Action, GPU_LABEL, NewCluster, NewFirewall, NewPool, Plan, PoolRole, Prices, Purpose, Step,
};
use crate::firewall::RuleSet;
use crate::ids::{AccountId, CloudId, DeploymentId, Owner, PlanId, VolumeId};
use crate::inventory::Bounds;
use crate::progress::{Controller, Progress};
use crate::spec::{FirewallRule, Spec};
use ipnet::IpNet;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// For whom and when a plan is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    /// By which it is accepted.
    pub plan: PlanId,
    /// For which deployment.
    pub deployment: DeploymentId,
    /// On which cloud.
    pub cloud: CloudId,
    /// On which account.
    pub account: AccountId,
    /// When.
    pub now: Timestamp,
    /// Which installation makes it; `None`: what is created bears no owner tag.
    pub owner: Option<Owner>,
    /// Whether a controller inside of the cluster keeps a firewall.
    pub controller: bool,
}

impl Basis {
    /// For a deployment that has a journal. Nothing is created that would bear an owner tag.
    pub fn of(progress: &Progress, plan: PlanId, now: Timestamp) -> Self {
        let header = &progress.header;
        Self {
            plan,
            deployment: header.deployment.clone(),
            cloud: header.cloud.clone(),
            account: header.account.clone(),
            now,
            owner: None,
            controller: progress.controller != Controller::Absent,
        }
    }

    pub(super) fn plan(self, purpose: Purpose, spec: Spec, prices: Prices, steps: Steps) -> Plan {
        Plan {
            id: self.plan,
            deployment: self.deployment,
            cloud: self.cloud,
            account: self.account,
            purpose,
            made_at: self.now,
            spec,
            steps: steps.0,
            prices,
        }
    }
}

#[derive(Default)]
pub(super) struct Steps(Vec<Step>);

impl Steps {
    pub(super) fn add(&mut self, action: Action, after: impl IntoIterator<Item = usize>) -> usize {
        self.0.push(Step {
            action,
            after: after.into_iter().collect(),
        });
        self.0.len() - 1
    }
}

fn tags(spec: &Spec, basis: &Basis) -> Vec<String> {
    let mark = basis.deployment.mark().0;
    spec.tags.iter().cloned().chain([mark]).collect()
}

/// The same with the owner tag. A pool has none: the API does not let its tags be changed later,
/// and its cluster's owner is its own.
fn owned(tags: &[String], basis: &Basis) -> Vec<String> {
    let owner = basis.owner.as_ref().map(Owner::tag);
    tags.iter().cloned().chain(owner).collect()
}

/// A new deployment of a Spec that has passed its rules.
///
/// `rules` are all inbound rules of the node firewall, the preset among them. An access list that
/// is still to be asked for becomes an empty one, which lets nobody in: ask before.
pub fn plan_create(spec: &Spec, rules: Vec<FirewallRule>, prices: Prices, basis: Basis) -> Plan {
    let tags = tags(spec, &basis);
    let revision = basis.plan.0.clone();
    let label = spec.label();
    let gpu_pool = NewPool {
        instance_type: spec.gpu_type.clone(),
        count: 1,
        tags: tags.clone(),
        labels: vec![(GPU_LABEL.0.to_owned(), GPU_LABEL.1.to_owned())],
        taints: spec.system_pool.iter().map(|_| gpu_taint()).collect(),
    };
    let system_pool = spec.system_pool.as_ref().map(|pool| NewPool {
        instance_type: pool.instance_type.clone(),
        count: pool.count,
        tags: tags.clone(),
        labels: Vec::new(),
        taints: Vec::new(),
    });
    let has_system = system_pool.is_some();
    let mut steps = Steps::default();
    let checked = steps.add(Action::CheckAccount, []);
    let firewall = NewFirewall {
        label: label.clone(),
        tags: owned(&tags, &basis),
        rules,
    };
    let walled = steps.add(Action::CreateFirewall(firewall), [checked]);
    let cluster = NewCluster {
        label,
        region: spec.region.clone(),
        kubernetes_version: spec.kubernetes_version.clone(),
        ha: spec.ha,
        tags: owned(&tags, &basis),
        access: spec.kubectl_access.clone().unwrap_or_default(),
        access_revision: revision.clone(),
        pool: system_pool.unwrap_or_else(|| gpu_pool.clone()),
    };
    let clustered = steps.add(Action::CreateCluster(cluster), [walled]);
    let mut gpu = clustered;
    if has_system {
        gpu = steps.add(Action::CreateGpuPool(gpu_pool), [clustered]);
    }
    let reached = [
        steps.add(Action::AwaitAccessList { revision }, [clustered]),
        steps.add(Action::AwaitKubeconfig, [clustered]),
    ];
    let plugged = steps.add(Action::SetGpuPlugin, reached);
    let mut waits = vec![steps.add(Action::SetStorageClass, reached)];
    if has_system {
        waits.push(steps.add(
            Action::AwaitNodes {
                pool: PoolRole::System,
            },
            [clustered],
        ));
    }
    if spec.gpu_count > 1 {
        let action = Action::ScalePool {
            pool: PoolRole::Gpu,
            count: spec.gpu_count,
        };
        gpu = steps.add(action, [gpu]);
    }
    gpu = steps.add(
        Action::AwaitNodes {
            pool: PoolRole::Gpu,
        },
        [gpu],
    );
    waits.push(steps.add(Action::TestGpus, [gpu, plugged]));
    if let Some(bounds) = autoscaler(spec) {
        let action = Action::SetAutoscaler {
            pool: PoolRole::Gpu,
            bounds: Some(bounds),
        };
        waits.push(steps.add(action, [gpu]));
    }
    steps.add(Action::CoverNodes, waits);
    basis.plan(Purpose::Create, spec.clone(), prices, steps)
}

fn gpu_taint() -> (String, String, String) {
    (
        "nvidia.com/gpu".to_owned(),
        "present".to_owned(),
        "NoSchedule".to_owned(),
    )
}

/// The autoscaler's bounds that a Spec wants; `None`: no autoscaler.
pub(super) fn autoscaler(spec: &Spec) -> Option<Bounds> {
    (spec.gpu_min != spec.gpu_max || spec.gpu_max > 1).then_some(Bounds {
        min: spec.gpu_min,
        max: spec.gpu_max,
    })
}

/// Everything of a deployment goes, but for the volumes that `delete` does not name.
///
/// `spec` is the deployment's own (for an orphan: what its cluster's label and region tell).
pub fn plan_teardown(
    spec: &Spec,
    delete: &BTreeSet<VolumeId>,
    prices: Prices,
    basis: Basis,
) -> Plan {
    plan_teardown_allowing(spec, delete, &[], prices, basis)
}

/// The same, and `allow_my_address` may be let through to Kubernetes before it is asked, one after
/// the other until it answers.
pub fn plan_teardown_allowing(
    spec: &Spec,
    delete: &BTreeSet<VolumeId>,
    allow_my_address: &[IpNet],
    prices: Prices,
    basis: Basis,
) -> Plan {
    let mut steps = Steps::default();
    let delete: Vec<VolumeId> = delete.iter().copied().collect();
    let mut allowed = None;
    for (nth, &address) in allow_my_address.iter().enumerate() {
        let revision = match nth {
            0 => basis.plan.0.clone(),
            _ => format!("{}-{nth}", basis.plan.0),
        };
        allowed = Some(steps.add(Action::AllowAddress { address, revision }, allowed));
    }
    let ended = basis
        .controller
        .then(|| steps.add(Action::EndController, allowed));
    let read = steps.add(Action::ReadVolumes, ended.or(allowed));
    let balancers = steps.add(Action::DeleteLoadBalancers, [read]);
    let settled = steps.add(
        Action::SettleVolumes {
            delete: delete.clone(),
        },
        [read],
    );
    let cluster = steps.add(Action::DeleteCluster, [balancers, settled]);
    take_the_rest(&mut steps, cluster, delete);
    basis.plan(Purpose::TearDown, spec.clone(), prices, steps)
}

/// Everything that an unfinished create made goes. Volumes that somebody made in the meantime stay.
pub fn plan_roll_back(progress: &Progress, basis: Basis) -> Option<Plan> {
    let run = progress.run.as_ref()?;
    let mut steps = Steps::default();
    let mut before = Vec::new();
    if progress.step_is_finished(&Action::AwaitKubeconfig) {
        let read = steps.add(Action::ReadVolumes, []);
        before.push(steps.add(Action::DeleteLoadBalancers, [read]));
        before.push(steps.add(Action::SettleVolumes { delete: Vec::new() }, [read]));
    }
    let cluster = steps.add(Action::DeleteCluster, before);
    take_the_rest(&mut steps, cluster, Vec::new());
    Some(basis.plan(
        Purpose::RollBack,
        run.plan.spec.clone(),
        run.plan.prices,
        steps,
    ))
}

fn take_the_rest(steps: &mut Steps, cluster: usize, delete: Vec<VolumeId>) {
    let gone = steps.add(Action::AwaitInstancesGone, [cluster]);
    let mut last = vec![
        gone,
        steps.add(Action::DeleteNodeBalancers, [cluster]),
        steps.add(Action::DeleteFirewall, [gone]),
    ];
    if !delete.is_empty() {
        last.push(steps.add(Action::DeleteVolumes { delete }, [gone]));
    }
    steps.add(Action::ProveZero, last);
}

/// The rules of a firewall with fewer sources; `None`: one of them a Spec cannot hold.
pub fn narrowed(set: &RuleSet, sources: &[IpNet]) -> Option<Vec<FirewallRule>> {
    let mut rules = set.lets_in()?;
    for rule in &mut rules {
        rule.sources = sources.to_vec();
    }
    Some(rules)
}
