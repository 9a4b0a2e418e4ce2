//! What the user wants: the file they save.

use crate::money::MicroUsd;
use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What every label ends with; prefix (at most 15) + 17 = 32, Linode's limit.
pub const LABEL_SUFFIX: &str = "-lke-gpu-kubeflow";
/// The longest prefix.
pub const PREFIX_MAX: usize = 15;
/// LKE's limit of nodes in a pool.
pub const POOL_NODES_MAX: u32 = 100;

/// What the user wants to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Spec {
    /// What the cluster's label begins with: `[a-z]([a-z0-9]|-[a-z0-9])*`, at most 15.
    pub prefix: String,
    /// Linode's region id, such as `us-ord`.
    pub region: String,
    /// Kubernetes version, `major.minor`.
    pub kubernetes_version: String,
    /// Instance type of the GPU pool.
    pub gpu_type: String,
    /// GPU nodes from the start; within `gpu_min..=gpu_max`.
    pub gpu_count: u32,
    /// The autoscaler's lower bound.
    pub gpu_min: u32,
    /// The autoscaler's upper bound.
    pub gpu_max: u32,
    /// High availability of the control plane; cannot be switched off later.
    pub ha: bool,
    /// Who may reach the Kubernetes API; `None`: the own address is still to be asked for.
    #[ts(type = "Array<string> | null")]
    pub kubectl_access: Option<Vec<IpNet>>,
    /// Who may reach web UIs; `None`: the own address is still to be asked for.
    #[ts(type = "Array<string> | null")]
    pub ui_access: Option<Vec<IpNet>>,
    /// Tags besides our mark.
    pub tags: Vec<String>,
    /// The pool that carries what needs no GPU.
    pub system_pool: Option<SystemPool>,
    /// When it is torn down by itself.
    pub stops: Stops,
    /// What may be spent in a month before a warning, in micro-dollars.
    pub budget_month: Option<MicroUsd>,
    /// Into how many slices each GPU is shared, 1 to 8.
    pub gpu_slices: Option<u8>,
    /// Firewall rules besides the ones that LKE needs.
    pub firewall_rules: Vec<FirewallRule>,
    /// Variables of add-ons, kept as written and not used yet: name and literal text.
    pub kept: Vec<(String, String)>,
}

/// The pool that carries what needs no GPU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SystemPool {
    /// Instance type.
    pub instance_type: String,
    /// Nodes.
    pub count: u32,
}

/// When a deployment is torn down by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value")]
pub enum Stops {
    /// When the user says so.
    Never,
    /// So many minutes after its creation.
    AfterMinutes(u32),
    /// At a time.
    At(#[ts(type = "string")] Timestamp),
}

/// An inbound rule of the node firewall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FirewallRule {
    /// 3 to 32 characters.
    pub label: String,
    /// Protocol.
    pub protocol: Protocol,
    /// Ports as Linode writes them: `22-24, 80`; `None` for ICMP and IPENCAP.
    pub ports: Option<String>,
    /// Sources.
    #[ts(type = "Array<string>")]
    pub sources: Vec<IpNet>,
}

/// A firewall rule's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP.
    Icmp,
    /// IP in IP, Calico's encapsulation.
    Ipencap,
}

impl Spec {
    /// The defaults of the product, for a user of this computer.
    pub fn for_user(user_name: &str) -> Self {
        Self {
            prefix: prefix_from(user_name),
            region: "us-ord".to_owned(),
            kubernetes_version: "1.34".to_owned(),
            gpu_type: "g2-gpu-rtx4000a1-s".to_owned(),
            gpu_count: 1,
            gpu_min: 1,
            gpu_max: 5,
            ha: true,
            kubectl_access: None,
            ui_access: None,
            tags: vec!["kubeflow".to_owned(), "gpu".to_owned()],
            system_pool: Some(SystemPool {
                instance_type: "g6-standard-2".to_owned(),
                count: 1,
            }),
            stops: Stops::Never,
            budget_month: None,
            gpu_slices: None,
            firewall_rules: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// How many pods a GPU is given to.
    pub fn slices(&self) -> u8 {
        self.gpu_slices.unwrap_or(1).max(1)
    }

    /// The cluster's and the firewall's label.
    pub fn label(&self) -> String {
        format!("{}{LABEL_SUFFIX}", self.prefix)
    }
}

/// A prefix made of a user name; `user` when nothing of it is left.
pub fn prefix_from(user_name: &str) -> String {
    let mut prefix = String::new();
    for c in user_name.chars().map(|c| c.to_ascii_lowercase()) {
        let fits = if prefix.is_empty() {
            c.is_ascii_lowercase()
        } else {
            c.is_ascii_alphanumeric()
        };
        if fits {
            prefix.push(c);
        } else if !prefix.is_empty() && !prefix.ends_with('-') {
            prefix.push('-');
        }
    }
    prefix.truncate(PREFIX_MAX);
    let prefix = prefix.trim_end_matches('-');
    if prefix.is_empty() {
        "user".to_owned()
    } else {
        prefix.to_owned()
    }
}

/// Whether a text is a prefix: `[a-z]([a-z0-9]|-[a-z0-9])*`, at most 15 characters.
pub fn is_prefix(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=PREFIX_MAX).contains(&bytes.len())
        && bytes[0].is_ascii_lowercase()
        && bytes[bytes.len() - 1] != b'-'
        && !text.contains("--")
        && bytes
            .iter()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
}
