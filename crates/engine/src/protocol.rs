//! The rules by which nothing that costs money is lost, as one value.
//!
//! The code asks this value and nothing else, so that a test can put weaker rules beside ours and
//! count what they lose.

use std::time::Duration;

/// The rules of creating, finding, deleting and proving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protocol {
    /// Intent and `sent` are on the disk before the first byte of a POST; else everything of it is
    /// written after the reply.
    pub record_sent: bool,
    /// A complete listing comes before every POST.
    pub list_before_post: bool,
    /// After an unknown outcome it is sent again at once so many times, before any search.
    pub retry_unknown_post: u32,
    /// An unknown outcome is searched for before anything is sent again.
    pub search_unknown: bool,
    /// The least time of online listings after an unknown outcome before it is sent again.
    pub settle_min: Duration,
    /// The same as a multiple of the worst lag seen.
    pub settle_lag_factor: u32,
    /// Between two listings while settling.
    pub settle_every: Duration,
    /// POSTs of one thing whose outcome the cloud left open or called busy, at most.
    pub retry_post: u32,
    /// Second ones of what is kept are searched for, written down and deleted.
    pub delete_duplicates: bool,
    /// What makes an unknown thing ours.
    pub proofs: Proofs,
    /// Teardowns and sweeps search by mark for what the journal does not know.
    pub find_by_mark: bool,
    /// NodeBalancers and named volumes, which a cluster leaves behind, are searched for and deleted.
    pub sweep_children: bool,
    /// Complete sweeps in a row that must find nothing.
    pub clean_sweeps: usize,
    /// The least time between two of them.
    pub sweep_gap: Duration,
    /// A sweep that found something is repeated after this.
    pub sweep_again: Duration,
    /// Between two looks at pools while a machine is still to come or to be guarded.
    pub poll_nodes: Duration,
    /// Between two looks at what is there and guarded, until it is ready.
    pub poll_ready: Duration,
    /// The longest wait between two asks for URLs and kubeconfig, whatever Retry-After says.
    pub poll_kubeconfig_max: Duration,
    /// Between two looks at the access list.
    pub poll_access: Duration,
    /// At least this between two looks at what is late.
    pub poll_late: Duration,
    /// Pauses between looks grow by such a part of the time that was waited already.
    pub poll_part: u32,
    /// The same for what is late.
    pub poll_part_late: u32,
    /// How far they grow.
    pub poll_max: Duration,
    /// A DELETE of a cluster that is still there is sent again after this.
    pub delete_again: Duration,
    /// Between two looks at what is being deleted.
    pub poll_gone: Duration,
    /// The least wait before a GET, PUT or DELETE is repeated.
    pub retry_min: Duration,
    /// The longest, without a Retry-After.
    pub retry_max: Duration,
    /// The longest Retry-After that is honoured.
    pub retry_after_max: Duration,
    /// Tries of a GET, PUT or DELETE that the cloud calls busy.
    pub busy_tries: u32,
    /// Tries of a Kubernetes that does not answer, before a teardown goes on without it.
    pub kubernetes_tries: u32,
    /// More than this between a listing and the POST, or between two polls, was a sleep.
    pub slept: Duration,
    /// A cluster that is still coming up is waited for this long before it is deleted.
    pub provisioned_max: Duration,
    /// How long an address that was let through to Kubernetes may take to be enforced.
    pub allowed_within: Duration,
    /// How long NodeBalancers may take to follow their deleted Services.
    pub balancers_follow: Duration,
    /// Bounds for waiting on URLs and kubeconfig.
    pub kubeconfig: Bound,
    /// Bounds for waiting on nodes.
    pub nodes: Bound,
    /// Bounds for waiting on the access list.
    pub access: Bound,
    /// Bounds for waiting on the firewall's cover.
    pub cover: Bound,
    /// Bounds for waiting on deletes.
    pub gone: Bound,
    /// One observation of a deployment that stands.
    pub observe_every: Duration,
}

/// What makes a thing ours that is in no journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proofs {
    /// Our mark; without it nothing is ever ours.
    pub mark: bool,
    /// And the accepted label, in the accepted region, born after the deployment's own birth.
    pub place: bool,
    /// Both are read again just before something is changed or deleted, whatever the journal says.
    pub ask_again: bool,
    /// By how much the cloud's clock may be behind ours.
    pub clock_slack: Duration,
}

/// How long something may take; only online time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// After this it is called late, and goes on.
    pub late: Duration,
    /// After this it failed.
    pub failed: Duration,
}

const fn minutes(late: u64, failed: u64) -> Bound {
    Bound {
        late: Duration::from_mins(late),
        failed: Duration::from_mins(failed),
    }
}

/// Ours.
pub const PROTOCOL: Protocol = Protocol {
    record_sent: true,
    list_before_post: true,
    retry_unknown_post: 0,
    search_unknown: true,
    settle_min: Duration::from_mins(3),
    settle_lag_factor: 3,
    settle_every: Duration::from_secs(5),
    retry_post: 5,
    delete_duplicates: true,
    find_by_mark: true,
    sweep_children: true,
    proofs: Proofs {
        mark: true,
        place: true,
        ask_again: true,
        clock_slack: Duration::from_mins(10),
    },
    clean_sweeps: 2,
    sweep_gap: Duration::from_mins(1),
    sweep_again: Duration::from_secs(10),
    poll_nodes: Duration::from_secs(2),
    poll_ready: Duration::from_secs(3),
    poll_kubeconfig_max: Duration::from_secs(5),
    poll_access: Duration::from_secs(5),
    poll_late: Duration::from_secs(10),
    poll_part: 50,
    poll_part_late: 15,
    poll_max: Duration::from_mins(1),
    delete_again: Duration::from_mins(1),
    poll_gone: Duration::from_secs(3),
    retry_min: Duration::from_millis(500),
    retry_max: Duration::from_secs(30),
    retry_after_max: Duration::from_mins(15),
    busy_tries: 8,
    kubernetes_tries: 4,
    slept: Duration::from_mins(1),
    provisioned_max: Duration::from_hours(1),
    allowed_within: Duration::from_mins(2),
    balancers_follow: Duration::from_mins(1),
    kubeconfig: minutes(10, 60),
    nodes: minutes(12, 60),
    access: minutes(5, 30),
    cover: minutes(3, 30),
    gone: minutes(10, 60),
    observe_every: Duration::from_mins(1),
};
