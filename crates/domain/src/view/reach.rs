//! Who can reach what, and how long nodes stood open.

use crate::text::Text;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Who can reach what of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReachView {
    /// A sentence for each path, from the API inwards.
    pub paths: Vec<ReachPath>,
    /// Which of two puts new nodes behind the firewall now.
    pub keeper: Keeper,
    /// How the firewall stands before the nodes, read back.
    pub coverage: Coverage,
    /// Kubernetes does not answer this computer, and its address is not on the list.
    pub roamed: Option<Roamed>,
}

/// Who puts new nodes behind the firewall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Keeper {
    /// This app, while it is open.
    App,
    /// A controller inside of the cluster, also while the app is closed.
    Controller,
    /// This app, until a controller that is being set up or taken away has or had its turn.
    Change,
}

/// One path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReachPath {
    /// Where it ends.
    pub part: ReachPart,
    /// The sentence.
    pub what: Text,
    /// What stands before it; `null`: that is not known, or there is nothing to stand before.
    pub guard: Option<Guard>,
    /// Who gets through.
    pub state: PathState,
    /// `namespace/name` of the Service whose load balancer can be guarded here; `null`: none.
    pub service: Option<String>,
}

/// Where a path ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ReachPart {
    /// The Kubernetes API.
    Api,
    /// A node's own ports.
    Nodes,
    /// What LKE needs between nodes, control plane and NodeBalancers.
    Inside,
    /// A NodeBalancer.
    Balancer,
}

/// What stands before a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// The access list of the Kubernetes API, and then the log-in.
    AccessList,
    /// The log-in of the Kubernetes API alone: the token in the kubeconfig.
    Token,
    /// The firewall before the nodes.
    NodeFirewall,
    /// A firewall before the NodeBalancer.
    BalancerFirewall,
    /// A NetworkPolicy inside of Kubernetes.
    NetworkPolicy,
    /// Nothing.
    Nothing,
}

/// Who gets through on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PathState {
    /// Only who is named.
    Guarded,
    /// The whole internet.
    Open,
    /// Something that the cluster needs does not get through.
    Cut,
    /// It was not read, or is not enforced yet.
    Unknown,
}

/// How the firewall stands before the nodes. Lengths are from when a machine could be seen first to
/// its cover, at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Coverage {
    /// Nodes now.
    pub nodes: u32,
    /// Nodes that it stands before, read back.
    pub covered: u32,
    /// Nodes of which that was not read.
    pub unread: u32,
    /// Machines that there ever were.
    pub machines: u32,
    /// Machines that were never seen behind it.
    pub never: u32,
    /// Half of the machines stood open for no longer, in milliseconds.
    #[ts(type = "number | null")]
    pub open_p50_ms: Option<u64>,
    /// Of 100 machines 95.
    #[ts(type = "number | null")]
    pub open_p95_ms: Option<u64>,
    /// Every machine.
    #[ts(type = "number | null")]
    pub open_worst_ms: Option<u64>,
}

/// Kubernetes does not answer this computer, which the list leaves out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Roamed {
    /// "Your address changed from A to B: allow B?"
    pub what: Text,
    /// What the list holds and this computer had; empty: not known.
    pub from: Vec<String>,
    /// What is to be let in, IPv4 first; empty: it has to be asked for, which tells a service.
    pub to: Vec<String>,
}

/// A namespace, and whether its pods are shut off from everything but DNS, probes and webhooks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NamespaceRow {
    /// Its name.
    pub name: String,
    /// Whether it has the preset.
    pub shut: bool,
    /// Whether its pods answer the whole cluster, so that it cannot have it.
    pub system: bool,
}

/// The access list as the cloud has it, to be edited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AccessShown {
    /// Whether it is enforced at all; otherwise everyone reaches the API.
    pub enabled: bool,
    /// Who may connect, in CIDR form.
    pub addresses: Vec<String>,
}

/// What became of an edited access list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AccessEnd {
    /// It was so already.
    Nothing,
    /// The cloud shows that it is enforced.
    Enforced,
    /// The same, beside a run that is under way and keeps the journal: only the cloud knows the list.
    Beside,
    /// The run that writes it did not come to its end; the deployment's notice says why.
    Stopped,
}

/// How this computer's own address is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AddressAsking {
    /// Who is told that this computer asks, by name; none on a demo cloud.
    pub services: Vec<String>,
    /// Whether it is asked for without a click.
    pub always: bool,
}
