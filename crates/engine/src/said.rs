//! Every sentence that a run says, as codes. Their words are in the message catalogue.

use crate::ports::{Failure, Kind};
use domain::text::{Millis, Text};

domain::texts! {
    /// Why a step failed. Each has two companions with the same parameters: `<code>_why` and
    /// `<code>_fix`.
    pub enum Failed {
        /// 401, 403, or another account.
        "failed_unauthorized" Unauthorized { said: String },
        /// The token could not tear down what it deploys.
        "failed_scopes" Scopes { scopes: Vec<String> },
        /// A cluster or firewall of this label is not ours.
        "failed_label_taken" LabelTaken { label: String },
        /// The region cannot give the instance type.
        "failed_type_unavailable" TypeUnavailable { instance_type: String, region: String },
        /// The cloud refused a request.
        "failed_refused" Refused { said: String },
        /// No capacity.
        "failed_no_capacity" NoCapacity { said: String },
        /// An account limit.
        "failed_quota" Quota { said: String },
        /// Our mark is on something that lacks the second proof.
        "failed_doubtful" Doubtful { label: String },
        /// So many POSTs, and nobody can say.
        "failed_unresolved" Unresolved { attempts: u32 },
        /// Another computer looks after the deployment now.
        "failed_taken_over" TakenOver,
        /// The cluster was deleted by somebody else.
        "failed_cluster_gone" ClusterGone { cluster: String },
        /// Fewer nodes than wanted.
        "failed_partial_capacity" PartialCapacity { have: usize, want: u32 },
        /// Nodes are there and never became ready.
        "failed_nodes_late" NodesLate { ready: usize, want: u32 },
        /// The firewall does not stand before these nodes.
        "failed_not_covered" NotCovered { nodes: Vec<String>, said: String },
        /// The access list is not enforced.
        "failed_access_late" AccessLate,
        /// No kubeconfig.
        "failed_kubeconfig_late" KubeconfigLate,
        /// The kubeconfig holds what it must not.
        "failed_kubeconfig_refused" KubeconfigRefused { said: String },
        /// Nodes are ready, and Kubernetes sees no GPU on them.
        "failed_no_gpus" NoGpus { nodes: Vec<String> },
        /// The computation on a node's GPUs was not right.
        "failed_gpu_test" GpuTest { nodes: Vec<String>, said: String },
        /// Their GPUs are shown, and the computation on them does not end.
        "failed_gpu_test_late" GpuTestLate { nodes: Vec<String> },
        /// Kubernetes does not answer.
        "failed_kubernetes_late" KubernetesLate,
        /// The rules would cut the cluster off, or are none that the cloud takes.
        "failed_rules" Rules { said: Text },
        /// The Service that was to be guarded is not there.
        "failed_service_gone" ServiceGone { service: String },
        /// Its list is written, and no firewall of it stands before the load balancer.
        "failed_balancer_late" BalancerLate { service: String },
        /// The controller in the cluster does not come up.
        "failed_controller_late" ControllerLate,
        /// It did not take the nodes: our firewall stands before them again.
        "failed_not_handed_over" NotHandedOver { nodes: Vec<String> },
        /// Its rules do not go.
        "failed_controller_stays" ControllerStays,
        /// What was written reads back differently.
        "failed_not_taken" NotTaken { what: String },
        /// The journal names it and the cloud shows no proof that it is ours.
        "stuck_not_proven" NotProven { things: Vec<String> },
        /// A lock forbids the delete.
        "stuck_locked" Locked { label: String },
        /// Machines stay although their cluster is gone.
        "stuck_instances" Instances { instances: Vec<String> },
        /// The user became restricted: what is not shown may be there.
        "stuck_hidden" Hidden,
        /// Something of ours is left.
        "stuck_left" Left { things: Vec<String> },
        /// The cloud refused a delete.
        "stuck_refused" DeleteRefused { what: String, said: String },
        /// A volume that stays could not be set to Retain.
        "stuck_volume" VolumeNotRetained { volume: String, said: String },
    }
}

domain::texts! {
    /// What is known of a step that is under way.
    pub enum Note {
        /// No answer; it is tried again.
        "note_offline" Offline { said: String },
        /// The cloud is in maintenance.
        "note_maintenance" Maintenance,
        /// Asked to wait.
        "note_rate_limited" RateLimited { wait: Millis },
        /// The outcome of a POST is unknown: searching before sending again.
        "note_settling" Settling { left: Millis },
        /// URLs and kubeconfig are not there yet.
        "note_waits_kubeconfig" WaitsKubeconfig,
        /// The access list is not enforced yet.
        "note_waits_access" WaitsAccess,
        /// Kubernetes does not answer yet.
        "note_waits_api" WaitsApi,
        /// Nodes whose GPUs are still tested.
        "note_waits_gpu_test" WaitsGpuTest { passed: usize, want: usize },
        /// GPUs that Kubernetes does not see yet.
        "note_waits_gpus" WaitsGpus { nodes: usize },
        /// Nodes come up.
        "note_waits_nodes" WaitsNodes { ready: usize, want: u32 },
        /// LKE calls the nodes ready; Kubernetes does not yet, or does not answer.
        "note_waits_kubernetes" WaitsKubernetes { want: u32 },
        /// Kubernetes refuses this computer, whose address the list leaves out.
        "note_locked_out" LockedOut { name: String, own: Vec<String>, addresses: Vec<String> },
        /// Kubernetes does not answer, and what the own address is has to be asked.
        "note_kubernetes_silent" KubernetesSilent { name: String, addresses: Vec<String> },
        /// The firewall before a load balancer is not there yet, or not as wished.
        "note_waits_balancer" WaitsBalancer,
        /// The controller in the cluster comes up, or goes.
        "note_waits_controller" WaitsController,
        /// Nodes that it has not taken yet.
        "note_waits_hand_over" WaitsHandOver { nodes: usize },
        /// Nodes still without the firewall.
        "note_waits_cover" WaitsCover { nodes: usize },
        /// A cluster that is still coming up is not deleted yet.
        "note_waits_provisioned" WaitsProvisioned,
        /// What is deleted is still there.
        "note_waits_gone" WaitsGone { left: usize },
        /// The user became restricted: what is not shown may be there.
        "note_hidden" Hidden,
        /// A sweep was clean; the next one comes.
        "note_sweep_next" SweepNext { wait: Millis },
        /// A sweep found something; it is deleted again.
        "note_sweep_found" SweepFound { things: Vec<String> },
    }
}

domain::texts! {
    /// How a step ended well.
    pub enum Ended {
        /// The account was checked.
        "done_account" Account { user: String },
        /// Made.
        "done_made" Made { thing: String },
        /// Found after an unknown outcome.
        "done_adopted" Adopted { thing: String },
        /// The access list is enforced.
        "done_access" Access,
        /// Nothing was to be allowed: Kubernetes answers, or the list holds the address.
        "done_allow_not_needed" AllowNotNeeded,
        /// The address was allowed.
        "done_allowed" Allowed { address: String },
        /// It was written and is not enforced yet; the teardown goes on without it.
        "done_allow_late" AllowLate { address: String },
        /// A kubeconfig is there.
        "done_kubeconfig" Kubeconfig,
        /// The device plugin is set.
        "done_gpu_plugin" GpuPlugin,
        /// Kubernetes can give GPUs away.
        "done_gpus" Gpus { gpus: u32, nodes: usize },
        /// Our StorageClass is the default.
        "done_storage_class" StorageClass,
        /// Nodes are ready.
        "done_nodes" Nodes { count: u32 },
        /// A node was replaced.
        "done_recycled" Recycled { node: String },
        /// A node is gone.
        "done_dropped" Dropped { node: String },
        /// A pool has its nodes.
        "done_scaled" Scaled { count: u32 },
        /// The autoscaler is on: the count is its own.
        "done_scaled_by_autoscaler" ScaledByAutoscaler { count: u32 },
        /// The autoscaler is set.
        "done_autoscaler" Autoscaler { min: u32, max: u32 },
        /// The autoscaler is off.
        "done_autoscaler_off" AutoscalerOff,
        /// The firewall stands before every node.
        "done_covered" Covered { count: usize, open: Millis },
        /// The rules are set.
        "done_rules" Rules { count: usize },
        /// A load balancer lets in these and nobody else.
        "done_balancer_guarded" BalancerGuarded { service: String, addresses: Vec<String> },
        /// The controller in the cluster runs with our rules.
        "done_controller_runs" ControllerRuns,
        /// Its firewall stands before every node.
        "done_handed_over" HandedOver { count: usize, open: Millis },
        /// It is gone, and ours stands before every node.
        "done_controller_removed" ControllerRemoved { count: usize, open: Millis },
        /// It makes no firewalls any more.
        "done_controller_ended" ControllerEnded,
        /// The tags are set.
        "done_tags" Tags,
        /// The stop time is written down.
        "done_stop" Stop,
        /// Volumes were read.
        "done_volumes" Volumes { count: usize },
        /// Kubernetes does not answer: nothing was deleted through it.
        "done_kubernetes_silent" KubernetesSilent,
        /// Services were deleted.
        "done_load_balancers" LoadBalancers { count: usize },
        /// Volumes stay, volumes go.
        "done_settled" Settled { kept: usize, deleted: usize },
        /// It is not there.
        "done_gone" Gone { count: usize },
        /// Nothing is left.
        "done_zero" Zero { sweeps: usize },
        /// Nothing is left, as far as this user can see.
        "done_zero_restricted" ZeroRestricted { sweeps: usize },
    }
}

domain::texts! {
    /// What is written of a POST, a receipt or a run that cannot begin.
    pub enum Said {
        /// The cloud refused it.
        "why_refused" Refused { said: String },
        /// No answer that can be read.
        "why_unknown" Unknown { said: String },
        /// The process ended before an answer.
        "why_process_ended" ProcessEnded,
        /// Kept: no accepted plan names it.
        "kept_not_named" KeptNotNamed,
        /// Not deleted: it lacks a proof.
        "left_doubtful" LeftDoubtful { things: Vec<String> },
        /// A restricted user gets no proof.
        "receipt_restricted" Restricted,
        /// Kubernetes did not answer before the cluster went.
        "receipt_kubernetes_silent" KubernetesSilent,
        /// A price was unknown.
        "receipt_price_unknown" PriceUnknown,
        /// The run belongs to another cloud.
        "not_here_cloud" OtherCloud { cloud: String },
        /// The run belongs to another account.
        "not_here_account" OtherAccount { account: String },
    }
}

/// Every code of the engine's runs with its parameters, but for step titles and companions.
pub const TEXTS: &[&[(&str, &[&str])]] = &[Failed::ALL, Note::ALL, Ended::ALL, Said::ALL];

/// Every code that has the companions `_why` and `_fix`.
pub const EXPLAINED: &[(&str, &[&str])] = Failed::ALL;

/// Every step's title, without parameters.
pub const STEP_TITLES: &[&str] = &[
    "step_check_account",
    "step_create_firewall",
    "step_create_cluster",
    "step_create_gpu_pool",
    "step_await_access_list",
    "step_await_kubeconfig",
    "step_await_gpu_nodes",
    "step_await_system_nodes",
    "step_recycle_node",
    "step_delete_node",
    "step_scale_pool",
    "step_set_autoscaler",
    "step_cover_nodes",
    "step_set_access_list",
    "step_set_firewall_rules",
    "step_guard_balancer",
    "step_install_controller",
    "step_hand_over",
    "step_remove_controller",
    "step_end_controller",
    "step_set_tags",
    "step_set_stop",
    "step_allow_address",
    "step_read_volumes",
    "step_delete_load_balancers",
    "step_settle_volumes",
    "step_delete_cluster",
    "step_await_instances_gone",
    "step_delete_nodebalancers",
    "step_delete_volumes",
    "step_delete_firewall",
    "step_prove_zero",
];

/// Why a failure matters and what to do about it: the companions of a [`Failed`] code.
pub fn explain(what: &Text) -> Option<(Text, Text)> {
    EXPLAINED.iter().find(|(code, _)| *code == what.code)?;
    let companion = |suffix: &str| Text {
        code: format!("{}_{suffix}", what.code),
        params: what.params.clone(),
    };
    Some((companion("why"), companion("fix")))
}

/// What a failed call says to a person: the other side's words, else what was tried.
pub(crate) fn words(failure: &Failure) -> String {
    let said = failure.said();
    match (said.is_empty(), failure.status) {
        (false, _) => said,
        (true, Some(status)) => format!("{} ({status})", failure.operation),
        (true, None) => failure.operation.clone(),
    }
}

/// A failed call as a failed step.
pub(crate) fn failed(failure: &Failure) -> Text {
    let said = words(failure);
    match failure.kind {
        Kind::Unauthorized => Failed::Unauthorized { said }.into(),
        Kind::NoCapacity => Failed::NoCapacity { said }.into(),
        Kind::Quota => Failed::Quota { said }.into(),
        Kind::NotFound
        | Kind::Conflict
        | Kind::RateLimited
        | Kind::Unavailable
        | Kind::Invalid
        | Kind::Unknown => Failed::Refused { said }.into(),
    }
}
