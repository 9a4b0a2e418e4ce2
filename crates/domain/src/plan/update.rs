//! Plans that change what stands.

use super::build::{Basis, Steps};
use super::{Action, Plan, PoolRole, Prices, Purpose};
use crate::ids::{InstanceId, NodeId};
use crate::inventory::{Bounds, ServiceName};
use crate::spec::{FirewallRule, Spec};
use ipnet::IpNet;

/// A change of what stands, each one request that can be repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Who may reach the Kubernetes API.
    Access(Vec<IpNet>),
    /// The firewall's rules, all of them.
    Rules(Vec<FirewallRule>),
    /// Whom a load balancer lets in.
    Guard {
        /// Its Service.
        service: ServiceName,
        /// Who is let in.
        access: Vec<IpNet>,
    },
    /// The controller inside of the cluster keeps the firewall, or ours stands again; with the rules.
    Controller {
        /// Whether it does.
        on: bool,
        /// The rules, all of them.
        rules: Vec<FirewallRule>,
    },
    /// The user's tags.
    Tags(Vec<String>),
    /// A pool's nodes; only while its autoscaler is off.
    Count {
        /// Which pool.
        pool: PoolRole,
        /// Nodes.
        count: u32,
    },
    /// A pool's autoscaler; `None` switches it off.
    Bounds {
        /// Which pool.
        pool: PoolRole,
        /// Bounds.
        bounds: Option<Bounds>,
    },
    /// Nodes are replaced by fresh ones, one after the other, and fresh GPUs are tested.
    Recycle {
        /// Their pool.
        pool: PoolRole,
        /// Each with its machine.
        nodes: Vec<(NodeId, Option<InstanceId>)>,
    },
    /// A node goes, with its machine.
    Drop(NodeId, Option<InstanceId>),
    /// Each GPU is given to as many pods as the new Spec says.
    Slices,
    /// The standing wish to stop.
    Stop,
}

/// Changes of a deployment that stands. `spec` is the new one. Switching an autoscaler off comes
/// before a count, switching it on after, whatever the order of the edits.
pub fn plan_update(spec: &Spec, edits: &[Edit], prices: Prices, basis: Basis) -> Plan {
    let mut steps = Steps::default();
    let revision = basis.plan.0.clone();
    let checked = steps.add(Action::CheckAccount, []);
    let off = |edit: &&Edit| matches!(edit, Edit::Bounds { bounds: None, .. });
    let count = |edit: &&Edit| matches!(edit, Edit::Count { .. });
    let ordered = edits
        .iter()
        .filter(off)
        .chain(edits.iter().filter(count))
        .chain(edits.iter().filter(|edit| !off(edit) && !count(edit)));
    let mut last_of_pools = checked;
    let mut all = vec![checked];
    for edit in ordered {
        match edit {
            Edit::Access(access) => {
                let revision = revision.clone();
                let action = Action::SetAccessList {
                    access: access.clone(),
                    revision,
                };
                all.push(steps.add(action, [checked]));
            }
            Edit::Rules(rules) => {
                let action = Action::SetFirewallRules {
                    rules: rules.clone(),
                };
                all.push(steps.add(action, [checked]));
            }
            Edit::Guard { service, access } => {
                let action = Action::GuardBalancer {
                    service: service.clone(),
                    access: access.clone(),
                };
                all.push(steps.add(action, [checked]));
            }
            Edit::Controller { on: true, rules } => {
                let rules = rules.clone();
                let installed = steps.add(Action::InstallController { rules }, [last_of_pools]);
                last_of_pools = steps.add(Action::HandOver, [installed]);
            }
            Edit::Controller { on: false, rules } => {
                let rules = rules.clone();
                last_of_pools = steps.add(Action::RemoveController { rules }, [last_of_pools]);
            }
            Edit::Tags(tags) => {
                all.push(steps.add(Action::SetTags { tags: tags.clone() }, [checked]));
            }
            Edit::Count { pool, count } => {
                let action = Action::ScalePool {
                    pool: *pool,
                    count: *count,
                };
                last_of_pools = steps.add(action, [last_of_pools]);
                last_of_pools = steps.add(Action::AwaitNodes { pool: *pool }, [last_of_pools]);
            }
            Edit::Bounds { pool, bounds } => {
                let action = Action::SetAutoscaler {
                    pool: *pool,
                    bounds: *bounds,
                };
                last_of_pools = steps.add(action, [last_of_pools]);
            }
            Edit::Recycle { pool, nodes } => {
                for (node, instance) in nodes {
                    let (node, instance) = (node.clone(), *instance);
                    let action = Action::RecycleNode { node, instance };
                    last_of_pools = steps.add(action, [last_of_pools]);
                    last_of_pools = steps.add(Action::AwaitNodes { pool: *pool }, [last_of_pools]);
                }
                if *pool == PoolRole::Gpu {
                    last_of_pools = steps.add(Action::TestGpus, [last_of_pools]);
                }
            }
            Edit::Drop(node, instance) => {
                let (node, instance) = (node.clone(), *instance);
                last_of_pools = steps.add(Action::DeleteNode { node, instance }, [last_of_pools]);
            }
            Edit::Slices => {
                let plugged = steps.add(Action::SetGpuPlugin, [last_of_pools]);
                last_of_pools = steps.add(Action::TestGpus, [plugged]);
            }
            Edit::Stop => all.push(steps.add(Action::SetStop, [checked])),
        }
    }
    if last_of_pools != checked {
        all.push(last_of_pools);
        steps.add(Action::CoverNodes, all);
    }
    basis.plan(Purpose::Update, spec.clone(), prices, steps)
}
