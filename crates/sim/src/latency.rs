//! How long Linode takes for what, in demo milliseconds. Every figure is a range from which each
//! thing draws its own time by seed.

/// A range of demo milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    /// What it is for; also the name of the draw.
    pub what: &'static str,
    /// Shortest.
    pub from_ms: u64,
    /// Longest.
    pub to_ms: u64,
}

const fn span(what: &'static str, from_ms: u64, to_ms: u64) -> Span {
    Span {
        what,
        from_ms,
        to_ms,
    }
}

/// From POST to a kubeconfig: recorded clients polled 7 to 13 times before it came.
pub(crate) const KUBECONFIG: Span = span("kubeconfig", 45_000, 75_000);
/// From a node to its Linode's id: "some instance_id null for seconds" in the recordings.
pub(crate) const INSTANCE: Span = span("instance", 1_000, 8_000);
/// From a Linode's birth to its boot.
pub(crate) const BOOT: Span = span("boot", 5_000, 15_000);
/// From a node to ready, without a GPU: 90 to 150 s from boot to join.
pub(crate) const CPU_READY: Span = span("cpu-ready", 75_000, 105_000);
/// From a node to ready, with a GPU.
pub(crate) const GPU_READY: Span = span("gpu-ready", 130_000, 170_000);
/// From a changed access list to one that is enforced.
pub(crate) const ACL: Span = span("acl", 2_000, 10_000);
/// From DELETE to 404 on the cluster.
pub(crate) const CLUSTER_GONE: Span = span("cluster-gone", 1_000, 4_000);
/// From the end of its cluster or pool to the end of a Linode.
pub(crate) const LINODE_GONE: Span = span("linode-gone", 5_000, 40_000);
/// From a Service to its NodeBalancer.
pub(crate) const LOAD_BALANCER: Span = span("load-balancer", 6_000, 20_000);
/// From a claim to its volume.
pub(crate) const VOLUME: Span = span("volume", 3_000, 10_000);
/// From a pod's node to the end of what it runs: its image comes (no record of it; a guess).
pub(crate) const POD: Span = span("pod", 15_000, 45_000);
/// From the wish to delete a NodeBalancer or volume, inside the cluster, to its end.
pub(crate) const CONTROLLER_GONE: Span = span("controller-gone", 2_000, 8_000);
/// Between the nodes of a rolling recycle.
pub(crate) const RECYCLE: Span = span("recycle", 100_000, 180_000);
/// From pods that wait to more nodes: the autoscaler looks every ten seconds.
pub(crate) const AUTOSCALE_UP: Span = span("autoscale-up", 10_000, 40_000);
/// From an idle node to its end: the autoscaler's ten minutes.
pub(crate) const AUTOSCALE_DOWN: Span = span("autoscale-down", 600_000, 660_000);
/// What `Retry-After` says beside "kubeconfig is not yet available" (60 and 27 were seen).
pub(crate) const RETRY_AFTER: Span = span("retry-after", 5_000, 60_000);
/// From a definition of a kind to one that is established.
pub(crate) const DEFINITION: Span = span("definition", 500, 2_000);
/// From what the cloud-firewall-controller watches to what it does.
pub(crate) const RECONCILE: Span = span("reconcile", 300, 1_500);
