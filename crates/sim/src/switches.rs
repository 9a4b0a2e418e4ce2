//! What nobody could find out about the real API: each a switch, so that the app is tested with
//! both answers. Read and set at `/_demo/switches`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How an hour that has begun is billed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Billing {
    /// A started hour is a whole hour, per resource (Linode's staff say so).
    #[default]
    StartedHour,
    /// To the millisecond.
    Exact,
}

/// How the control plane reaches a webhook: nobody has published it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookPath {
    /// Inside the tunnel: WireGuard and IP in IP must pass.
    #[default]
    Tunnel,
    /// To the node itself: TCP from the private network to the webhook's port must pass.
    Node,
}

/// The words of a refusal that nobody recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Texts {
    /// Our own guess.
    #[default]
    Ours,
    /// Another that is as likely.
    Other,
}

impl Texts {
    /// A second cluster or firewall with the same label.
    pub(crate) const fn taken_label(self) -> &'static str {
        match self {
            Self::Ours => "Label must be unique",
            Self::Other => "An object with this label already exists",
        }
    }

    /// A Kubernetes version that is not on offer.
    pub(crate) const fn unknown_version(self) -> &'static str {
        match self {
            Self::Ours => "k8s_version is not valid",
            Self::Other => "Kubernetes version not supported",
        }
    }

    /// A region that there is not.
    pub(crate) const fn unknown_region(self) -> &'static str {
        match self {
            Self::Ours => "region is not valid",
            Self::Other => "Invalid region",
        }
    }
}

/// The switches. A field that is absent in a PUT keeps its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// A second cluster or firewall with the same label is refused. The documents say "unique";
    /// whether LKE enforces it is not known.
    pub unique_labels: bool,
    /// The words for a label that is taken, an unknown version and an unknown region.
    pub texts: Texts,
    /// DELETE of a cluster that still provisions answers 200 and leaves the cluster there.
    pub delete_while_provisioning_sticks: bool,
    /// NodeBalancers and volumes outlive their cluster (documents of 2026); if false they go with
    /// it (documents of 2025).
    pub delete_leaves_children: bool,
    /// Demo seconds during which a list does not show what was just made.
    pub list_lag_seconds: u32,
    /// How an hour that has begun is billed.
    pub billing: Billing,
    /// A pool's `count` outside of its autoscaler's `min..max` is refused.
    pub count_outside_autoscaler_refused: bool,
    /// An autoscaler with `min` 0 is accepted on a standard cluster.
    pub autoscaler_min_zero: bool,
    /// A cluster without a pool is accepted.
    pub cluster_without_pools: bool,
    /// Demo seconds of 503 after the kubeconfig was deleted.
    pub kubeconfig_rotation_seconds: u32,
    /// What `Retry-After` says beside "kubeconfig is not yet available"; absent: 5 to 60 seconds, by
    /// the seed (60 and 27 were seen).
    pub kubeconfig_retry_after_seconds: Option<u32>,
    /// The nodes of a pool with a label are named after it, `<cluster>-<label>-<hex>` (a document of
    /// 2026, which leaves the form open); if false like all others, `lke<cluster>-<pool>-<hex>`.
    pub labelled_node_names: bool,
    /// On which way the control plane calls a webhook that runs on a node.
    pub webhook_path: WebhookPath,
    /// Kubernetes answers over IPv6 too. No document says so of LKE's endpoints.
    pub kubernetes_over_ipv6: bool,
    /// Every new cluster comes with a metrics server. LKE installs none.
    pub metrics_server: bool,
    /// The account's default firewall is put before every new node of a cluster.
    pub default_firewall_on_nodes: bool,
    /// GPU types are listed at a price of 0 (a probe of 2026-09 said so): it means "unknown".
    pub gpu_prices_hidden: bool,
    /// Of a thousand GPU nodes, so many come up without a card that the driver finds: such were seen
    /// on LKE.
    pub broken_gpus_permille: u32,
    /// A pod that asks for no GPU sees none, whatever its environment says.
    pub gpus_hidden_from_pods: bool,
    /// When the tokens end that were not made at `/_demo/tokens`; absent: never.
    pub token_expires: Option<Timestamp>,
    /// 429 beyond the documented number of calls a minute.
    pub rate_limits: bool,
    /// All of the cloud's latencies in thousandths: 1000 as measured, 0 for a cloud that is done at
    /// once.
    pub latency_permille: u32,
    /// Demo milliseconds before every reply.
    pub reply_ms: u32,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            unique_labels: true,
            texts: Texts::Ours,
            delete_while_provisioning_sticks: false,
            delete_leaves_children: true,
            list_lag_seconds: 0,
            billing: Billing::StartedHour,
            count_outside_autoscaler_refused: false,
            autoscaler_min_zero: false,
            cluster_without_pools: false,
            kubeconfig_rotation_seconds: 20,
            kubeconfig_retry_after_seconds: None,
            labelled_node_names: false,
            webhook_path: WebhookPath::Tunnel,
            kubernetes_over_ipv6: false,
            metrics_server: false,
            default_firewall_on_nodes: false,
            gpu_prices_hidden: false,
            broken_gpus_permille: 0,
            gpus_hidden_from_pods: false,
            token_expires: None,
            rate_limits: true,
            latency_permille: 1000,
            reply_ms: 0,
        }
    }
}
