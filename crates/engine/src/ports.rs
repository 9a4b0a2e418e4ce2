//! What the engine needs of the world. Adapters implement these; tests put the twin behind them.

mod address;
mod journals;
mod kube;
mod reach;
mod tunnel;

pub use address::Address;
use async_trait::async_trait;
use domain::catalog::Catalog;
use domain::inventory::{
    AccessList, Account, BalancerWall, Cluster, Firewall, FirewallRead, Instance, NodeBalancer,
    Pool, Volume,
};
pub use domain::plan::{NewCluster, NewFirewall, NewPool};
use domain::spec::FirewallRule;
use domain::{
    CloudId, ClusterId, FirewallId, InstanceId, NodeBalancerId, NodeId, Owner, PoolId, VolumeId,
};
use ipnet::IpNet;
use jiff::Timestamp;
pub use journals::{Journal, JournalError, Journals, Stamp};
pub use kube::{Kube, KubeApi};
pub use reach::KubeReach;
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;
pub use tunnel::Tunnel;

/// How a port failed. Retry and screen decide by this, never by text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The token is wrong, ended, or of another account.
    Unauthorized,
    /// It is not there (404).
    NotFound,
    /// It exists already, is busy, or is locked.
    Conflict,
    /// The region cannot give the instance type now.
    NoCapacity,
    /// An account limit.
    Quota,
    /// 429.
    RateLimited,
    /// Not there yet, down, in maintenance, or not reachable.
    Unavailable,
    /// The request is wrong (400, 422).
    Invalid,
    /// Nobody can say whether it happened: timeout, reset, 408, 5xx, an unreadable reply.
    Unknown,
}

/// A failed call. The text is for logs; people read the message catalogue by `kind`.
#[derive(Debug, thiserror::Error)]
#[error("{operation}")]
pub struct Failure {
    /// How it failed.
    pub kind: Kind,
    /// What was tried, as a lower-case fragment: `list clusters`.
    pub operation: String,
    /// HTTP status, when there was one.
    pub status: Option<u16>,
    /// What the other side answered, word for word: field (may be empty) and reason.
    pub said: Vec<(String, String)>,
    /// How long it asked us to wait.
    pub retry_after: Option<Duration>,
    /// 503 with `X-Maintenance-Mode`.
    pub maintenance: bool,
    /// Whether the request certainly never left this computer (DNS, refused, TLS).
    pub never_sent: bool,
    /// What went wrong underneath. Holds no secret.
    #[source]
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Failure {
    /// A failure of a kind, with nothing more known.
    pub fn new(kind: Kind, operation: impl Into<String>) -> Self {
        Self {
            kind,
            operation: operation.into(),
            status: None,
            said: Vec::new(),
            retry_after: None,
            maintenance: false,
            never_sent: false,
            cause: None,
        }
    }

    /// Everything that the other side said, joined; empty when it said nothing.
    pub fn said(&self) -> String {
        let line = |(field, reason): &(String, String)| {
            if field.is_empty() {
                reason.clone()
            } else {
                format!("{field}: {reason}")
            }
        };
        self.said.iter().map(line).collect::<Vec<_>>().join("; ")
    }

    /// Whether the other side surely did nothing: after a POST, everything else is unknown.
    /// 400, 401, 403, 404, 422, or 429 with Linode's JSON error, or never sent at all.
    pub fn is_refusal(&self) -> bool {
        // A proxy's page is no word of Linode's: only its JSON error says that nothing was made.
        let by_status = matches!(self.status, Some(400 | 401 | 403 | 404 | 422 | 429));
        (by_status && !self.said.is_empty()) || self.never_sent
    }
}

/// What a port answers.
pub type Answer<T> = Result<T, Failure>;

/// The cloud that is paid. One method is one request (listings: one request per page).
///
/// Listings are complete or fail: every page read, `results` equal to the rows. POSTs are sent once
/// with every transport retry off; reads, PUTs and DELETEs may be repeated by the caller. Every
/// answer is checked against the expected account first (`X-Customer-UUID`): another account is
/// `Unauthorized`, never absence.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// Which cloud this is.
    fn id(&self) -> CloudId;
    /// From now on, answers of any other account are `Unauthorized`.
    fn expect_account(&self, account: &domain::AccountId);
    /// How many requests were sent so far: catalog reads, waiting polls, all others.
    fn calls(&self) -> Calls;

    /// `/profile`, `/account` and the headers.
    async fn account(&self) -> Answer<Account>;
    /// Regions, availability (all pages), types, versions, prices.
    async fn catalog(&self) -> Answer<Catalog>;
    /// Whether an instance type can be had in a region now, from `/regions/{id}/availability`. `None`:
    /// it is not told there, and only the catalog knows.
    async fn offers(&self, region: &str, instance_type: &str) -> Answer<Option<bool>>;

    /// Every cluster of the account.
    async fn clusters(&self) -> Answer<Vec<Cluster>>;
    /// One cluster; `NotFound` when it is gone.
    async fn cluster(&self, id: ClusterId) -> Answer<Cluster>;
    /// POST, once.
    async fn create_cluster(&self, want: &NewCluster) -> Answer<Cluster>;
    /// DELETE.
    async fn delete_cluster(&self, id: ClusterId) -> Answer<()>;
    /// PUT the tags, all of them.
    async fn set_cluster_tags(&self, id: ClusterId, tags: &[String]) -> Answer<()>;
    /// The kubeconfig as Linode sends it, decoded; `Unavailable` (503) until it is there.
    async fn kubeconfig(&self, id: ClusterId) -> Answer<SecretString>;
    /// DELETE it: all that were given out cease to work, and a new one is there a little later. A
    /// cloud without it refuses.
    async fn rotate_kubeconfig(&self, _: ClusterId) -> Answer<()> {
        Err(Failure::new(Kind::Invalid, "rotate the kubeconfig"))
    }
    /// The API server's URLs; `Unavailable` (503) until they are there.
    async fn api_endpoints(&self, id: ClusterId) -> Answer<Vec<String>>;
    /// The access list; one that was never made is `enabled: false`.
    async fn access_list(&self, id: ClusterId) -> Answer<AccessList>;
    /// PUT the access list, enabled, with a revision id.
    async fn set_access_list(&self, id: ClusterId, to: &[IpNet], revision: &str) -> Answer<()>;

    /// Every pool of a cluster, with its nodes.
    async fn pools(&self, cluster: ClusterId) -> Answer<Vec<Pool>>;
    /// POST, once.
    async fn create_pool(&self, cluster: ClusterId, want: &NewPool) -> Answer<Pool>;
    /// PUT `count` alone.
    async fn set_pool_count(&self, cluster: ClusterId, pool: PoolId, count: u32) -> Answer<Pool>;
    /// PUT `autoscaler` alone; `None` switches it off.
    async fn set_autoscaler(
        &self,
        cluster: ClusterId,
        pool: PoolId,
        bounds: Option<domain::inventory::Bounds>,
    ) -> Answer<Pool>;
    /// POST: a node's machine goes and a fresh one comes under another id; `NotFound` once it is gone,
    /// so that a repeat makes nothing. A cloud without it refuses.
    async fn recycle_node(&self, _: ClusterId, _: &NodeId) -> Answer<()> {
        Err(Failure::new(Kind::Invalid, "recycle the node"))
    }
    /// DELETE: a node's machine goes, and the pool's count with it; `NotFound` once it is gone. A cloud
    /// without it refuses.
    async fn delete_node(&self, _: ClusterId, _: &NodeId) -> Answer<()> {
        Err(Failure::new(Kind::Invalid, "delete the node"))
    }
    /// PUT a firewall's tags, all of them. Asked only by a take-over, as the next is.
    async fn set_firewall_tags(&self, id: FirewallId, tags: &[String]) -> Answer<()>;
    /// A firewall's inbound rules that let somebody in.
    async fn firewall_rules(&self, id: FirewallId) -> Answer<Vec<FirewallRule>>;
    /// Whether a firewall is on, and all of its rules. Asked by looks only, as the next is.
    async fn firewall(&self, id: FirewallId) -> Answer<FirewallRead>;
    /// The firewalls of the account that stand before NodeBalancers.
    async fn balancer_walls(&self) -> Answer<Vec<BalancerWall>>;
    /// DELETE a pool.
    async fn delete_pool(&self, cluster: ClusterId, pool: PoolId) -> Answer<()>;

    /// Every Linode of the account.
    async fn instances(&self) -> Answer<Vec<Instance>>;
    /// One Linode; `NotFound` when it is gone.
    async fn instance(&self, id: InstanceId) -> Answer<Instance>;

    /// Every firewall of the account, with its Linodes.
    async fn firewalls(&self) -> Answer<Vec<Firewall>>;
    /// POST, once.
    async fn create_firewall(&self, want: &NewFirewall) -> Answer<Firewall>;
    /// The Linodes that a firewall stands before.
    async fn firewall_devices(&self, id: FirewallId) -> Answer<Vec<InstanceId>>;
    /// POST a device; a Linode that is already behind this firewall is success.
    async fn attach_firewall(&self, id: FirewallId, instance: InstanceId) -> Answer<()>;
    /// DELETE a device: a Linode stands behind this firewall no more; one that did not is success. A
    /// cloud without it refuses.
    async fn detach_firewall(&self, _: FirewallId, _: InstanceId) -> Answer<()> {
        Err(Failure::new(
            Kind::Invalid,
            "take the Linode from behind the firewall",
        ))
    }
    /// PUT the rules, all of them.
    async fn set_firewall_rules(&self, id: FirewallId, rules: &[FirewallRule]) -> Answer<()>;
    /// DELETE.
    async fn delete_firewall(&self, id: FirewallId) -> Answer<()>;

    /// Every NodeBalancer of the account.
    async fn nodebalancers(&self) -> Answer<Vec<NodeBalancer>>;
    /// DELETE.
    async fn delete_nodebalancer(&self, id: NodeBalancerId) -> Answer<()>;
    /// Every volume of the account.
    async fn volumes(&self) -> Answer<Vec<Volume>>;
    /// DELETE; it must hang on no Linode.
    async fn delete_volume(&self, id: VolumeId) -> Answer<()>;
}

/// Requests sent so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Calls {
    /// Reads of the catalog.
    pub catalog: u32,
    /// Polls while waiting for the cloud.
    pub polls: u32,
    /// Everything else.
    pub others: u32,
}

/// Time. Against a demo cloud it is the demo's time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Wall time.
    fn now(&self) -> Timestamp;
    /// Time since this computer started, sleep included; for telling a jump of the wall clock.
    fn since_boot(&self) -> Duration;
    /// Waits.
    async fn sleep(&self, length: Duration);
}

/// Makes identifiers; seeded in tests.
pub trait Ids: Send + Sync {
    /// A new lowercase ULID for this time.
    fn ulid(&self, now: Timestamp) -> String;
}

/// All ports of one cloud with one account.
#[derive(Clone)]
pub struct Ports {
    /// The cloud.
    pub cloud: Arc<dyn Cloud>,
    /// Its clusters' Kubernetes.
    pub kube: Arc<dyn Kube>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Journals.
    pub journals: Arc<dyn Journals>,
    /// Which installation this is: the owner tag on all that it creates.
    pub owner: Owner,
    /// The own address.
    pub address: Arc<dyn Address>,
    /// Identifiers.
    pub ids: Arc<dyn Ids>,
    /// Rebuilds a kubeconfig from allowed atoms: raw text and the API's URLs in, clean text out.
    pub clean_kubeconfig: CleanKubeconfig,
    /// The kubeconfig that this computer's kubectl reads.
    pub own_kubeconfig: Arc<dyn crate::kubectl::OwnKubeconfig>,
}

/// See [`Ports::clean_kubeconfig`].
pub type CleanKubeconfig =
    Arc<dyn Fn(&SecretString, &[String]) -> Result<SecretString, Failure> + Send + Sync>;
