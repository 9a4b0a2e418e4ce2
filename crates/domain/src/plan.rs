//! Ordered, complete, immutable work. A plan carries every decision: nothing is chosen while it runs.

pub mod build;
mod update;

pub use build::{
    Basis, Edit, plan_create, plan_roll_back, plan_teardown, plan_teardown_allowing, plan_update,
};

use crate::catalog::Catalog;
use crate::ids::{AccountId, CloudId, DeploymentId, InstanceId, NodeId, PlanId, VolumeId};
use crate::inventory::{Bounds, ServiceName};
use crate::money::Price;
use crate::spec::{FirewallRule, Spec};
use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Work that was shown and can be accepted by its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// By which it is accepted.
    pub id: PlanId,
    /// For which deployment.
    pub deployment: DeploymentId,
    /// On which cloud.
    pub cloud: CloudId,
    /// On which account.
    pub account: AccountId,
    /// What it is for.
    pub purpose: Purpose,
    /// When it was made.
    pub made_at: Timestamp,
    /// What the user wants; a teardown carries the Spec of what it tears down.
    pub spec: Spec,
    /// The work; a step's id is its index.
    pub steps: Vec<Step>,
    /// What things cost, as they were shown; a run never reads prices.
    #[serde(default)]
    pub prices: Prices,
}

/// What the things of a plan cost; `None`: unknown, which is never "free".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    /// One node of the GPU pool.
    pub gpu_node: Option<Price>,
    /// One node of the system pool.
    pub system_node: Option<Price>,
    /// The highly available control plane.
    pub control_plane: Option<Price>,
    /// One NodeBalancer.
    pub nodebalancer: Option<Price>,
    /// One GB of a volume.
    pub volume_gb: Option<Price>,
}

impl Prices {
    /// The prices of a Spec's things in its region.
    pub fn of(spec: &Spec, catalog: &Catalog) -> Self {
        let system = spec.system_pool.as_ref();
        Self {
            gpu_node: catalog.price(&spec.gpu_type, &spec.region),
            system_node: system.and_then(|pool| catalog.price(&pool.instance_type, &spec.region)),
            control_plane: catalog.ha_price_in(&spec.region),
            nodebalancer: catalog.nodebalancer_price,
            volume_gb: catalog.volume_gb_price,
        }
    }

    /// What a node of a pool costs.
    pub const fn node(&self, pool: PoolRole) -> Option<Price> {
        match pool {
            PoolRole::Gpu => self.gpu_node,
            PoolRole::System => self.system_node,
        }
    }
}

/// What a plan is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A new deployment.
    Create,
    /// Changes to one that exists.
    Update,
    /// Everything of it goes.
    TearDown,
    /// Everything that an unfinished create made goes.
    RollBack,
}

/// One piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What to do.
    pub action: Action,
    /// Indices of the steps that must be done before.
    pub after: Vec<usize>,
}

/// The Kubernetes label that every node of a GPU pool bears: name and value.
pub const GPU_LABEL: (&str, &str) = ("nvidia.com/gpu.present", "true");

/// Which pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PoolRole {
    /// The GPU pool.
    Gpu,
    /// The pool that carries what needs no GPU.
    System,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Account, scopes, the instance type's availability, the label still free.
    CheckAccount,
    /// POST the firewall.
    CreateFirewall(NewFirewall),
    /// POST the cluster with its first pool.
    CreateCluster(NewCluster),
    /// POST the GPU pool, count 1, autoscaler off.
    CreateGpuPool(NewPool),
    /// Wait until the access list is enforced (its revision id is shown).
    AwaitAccessList {
        /// The revision that proves it.
        revision: String,
    },
    /// Wait for the API's URLs and the kubeconfig.
    AwaitKubeconfig,
    /// Wait until LKE and Kubernetes call the pool's nodes ready; cover each as it comes.
    AwaitNodes {
        /// Which pool.
        pool: PoolRole,
    },
    /// Our StorageClass as Kubernetes' default: its volumes go with their claims and bear our mark.
    SetStorageClass,
    /// NVIDIA's device plugin, with the runtime class that it needs.
    SetGpuPlugin,
    /// A computation on the GPUs of every node of the GPU pool is right, and Kubernetes can give
    /// them away.
    TestGpus,
    /// POST the recycling of a node: its machine goes, and a fresh one takes its place in the pool.
    /// Nothing is sent once the machine that is named here is gone.
    RecycleNode {
        /// LKE's id of the node.
        node: NodeId,
        /// Its machine; `None`: it had none yet.
        instance: Option<InstanceId>,
    },
    /// DELETE a node: its machine goes, and the pool's count with it; an autoscaler's bounds stay.
    DeleteNode {
        /// LKE's id of the node.
        node: NodeId,
        /// Its machine; `None`: it had none yet. Nothing is sent once it is gone.
        instance: Option<InstanceId>,
    },
    /// PUT `count` alone and read it back; never once the autoscaler is on.
    ScalePool {
        /// Which pool.
        pool: PoolRole,
        /// Nodes.
        count: u32,
    },
    /// PUT `autoscaler` alone and read it back.
    SetAutoscaler {
        /// Which pool.
        pool: PoolRole,
        /// Bounds; `None` switches it off.
        bounds: Option<Bounds>,
    },
    /// The firewall stands before every node, read back.
    CoverNodes,
    /// PUT the access list and wait until it is enforced.
    SetAccessList {
        /// Who may connect.
        access: Vec<IpNet>,
        /// The revision that proves it.
        revision: String,
    },
    /// PUT the firewall's rules, all of them.
    SetFirewallRules {
        /// The rules.
        rules: Vec<FirewallRule>,
    },
    /// The list of whom a load balancer lets in, on its Service, until a firewall of it is read back.
    GuardBalancer {
        /// The Service.
        service: ServiceName,
        /// Who is let in.
        access: Vec<IpNet>,
    },
    /// Linode's cloud-firewall-controller inside of the cluster, and the rules that it is to keep; our
    /// firewall stays before the nodes.
    InstallController {
        /// The rules.
        rules: Vec<FirewallRule>,
    },
    /// Our firewall goes from before each node as the controller's own takes its place.
    HandOver,
    /// The controller's rules go, then the controller, then its firewall; ours stands before the
    /// nodes again.
    RemoveController {
        /// The rules of ours.
        rules: Vec<FirewallRule>,
    },
    /// Nothing inside of the cluster makes firewalls any more; the one that is there stays before the
    /// nodes until they are gone.
    EndController,
    /// PUT the cluster's tags: GET, change only ours, PUT, GET back.
    SetTags {
        /// The user's tags.
        tags: Vec<String>,
    },
    /// Change the standing wish to stop, in the journal only.
    SetStop,
    /// Let one address reach Kubernetes, when Kubernetes does not answer and the access list lacks
    /// it: without its answers a teardown has fewer proofs.
    AllowAddress {
        /// This computer's.
        address: IpNet,
        /// The revision that proves that it is enforced.
        revision: String,
    },
    /// Read PersistentVolumes and LoadBalancer Services; journal their ids.
    ReadVolumes,
    /// DELETE the LoadBalancer Services; their NodeBalancers go with them.
    DeleteLoadBalancers,
    /// Patch the PVs of the volumes that stay to Retain; delete the claims of the named ones.
    SettleVolumes {
        /// The volumes that go: the plan names each.
        delete: Vec<VolumeId>,
    },
    /// DELETE the cluster.
    DeleteCluster,
    /// Wait until its Linodes are gone.
    AwaitInstancesGone,
    /// DELETE NodeBalancers that were the cluster's.
    DeleteNodeBalancers,
    /// DELETE the volumes that the plan names.
    DeleteVolumes {
        /// The volumes that go.
        delete: Vec<VolumeId>,
    },
    /// DELETE our firewall.
    DeleteFirewall,
    /// Complete listings until two in a row, a minute apart, hold nothing of ours.
    ProveZero,
}

impl Action {
    /// Stable name: the key of the step's title in the message catalogue (`step_<name>`).
    pub const fn name(&self) -> &'static str {
        match self {
            Self::CheckAccount => "check_account",
            Self::CreateFirewall(_) => "create_firewall",
            Self::CreateCluster(_) => "create_cluster",
            Self::CreateGpuPool(_) => "create_gpu_pool",
            Self::AwaitAccessList { .. } => "await_access_list",
            Self::AwaitKubeconfig => "await_kubeconfig",
            Self::AwaitNodes {
                pool: PoolRole::Gpu,
            } => "await_gpu_nodes",
            Self::AwaitNodes {
                pool: PoolRole::System,
            } => "await_system_nodes",
            Self::SetStorageClass => "set_storage_class",
            Self::SetGpuPlugin => "set_gpu_plugin",
            Self::TestGpus => "test_gpus",
            Self::RecycleNode { .. } => "recycle_node",
            Self::DeleteNode { .. } => "delete_node",
            Self::ScalePool { .. } => "scale_pool",
            Self::SetAutoscaler { .. } => "set_autoscaler",
            Self::CoverNodes => "cover_nodes",
            Self::SetAccessList { .. } => "set_access_list",
            Self::SetFirewallRules { .. } => "set_firewall_rules",
            Self::GuardBalancer { .. } => "guard_balancer",
            Self::InstallController { .. } => "install_controller",
            Self::HandOver => "hand_over",
            Self::RemoveController { .. } => "remove_controller",
            Self::EndController => "end_controller",
            Self::SetTags { .. } => "set_tags",
            Self::SetStop => "set_stop",
            Self::AllowAddress { .. } => "allow_address",
            Self::ReadVolumes => "read_volumes",
            Self::DeleteLoadBalancers => "delete_load_balancers",
            Self::SettleVolumes { .. } => "settle_volumes",
            Self::DeleteCluster => "delete_cluster",
            Self::AwaitInstancesGone => "await_instances_gone",
            Self::DeleteNodeBalancers => "delete_nodebalancers",
            Self::DeleteVolumes { .. } => "delete_volumes",
            Self::DeleteFirewall => "delete_firewall",
            Self::ProveZero => "prove_zero",
        }
    }
}

/// A cluster to POST: the cheap one, with a single pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCluster {
    /// Label.
    pub label: String,
    /// Region.
    pub region: String,
    /// `major.minor`.
    pub kubernetes_version: String,
    /// High availability.
    pub ha: bool,
    /// Tags, our mark among them.
    pub tags: Vec<String>,
    /// The access list; enabled from the first moment.
    pub access: Vec<IpNet>,
    /// The access list's revision id, which proves that it is enforced.
    pub access_revision: String,
    /// The one pool it is born with.
    pub pool: NewPool,
}

/// A pool to POST; its autoscaler is off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPool {
    /// Instance type.
    pub instance_type: String,
    /// Nodes.
    pub count: u32,
    /// Tags, our mark among them.
    pub tags: Vec<String>,
    /// Kubernetes labels on its nodes.
    pub labels: Vec<(String, String)>,
    /// Kubernetes taints on its nodes: key, value, effect.
    pub taints: Vec<(String, String, String)>,
}

/// A firewall to POST: inbound DROP, outbound ACCEPT.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewFirewall {
    /// Label.
    pub label: String,
    /// Tags, our mark among them.
    pub tags: Vec<String>,
    /// Inbound rules that accept.
    pub rules: Vec<FirewallRule>,
}
