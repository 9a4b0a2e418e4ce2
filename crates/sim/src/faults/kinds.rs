//! The menu: every kind of fault there is, by the layer that fails. A further kind is one more row.

use std::io::ErrorKind;

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// The connection never stands, so nothing was sent: why.
    NeverSent(&'static str),
    /// The connection ends without a reply: how, and why.
    Lost(ErrorKind, &'static str),
    /// The head of the reply, then the connection ends before its body.
    Headless,
    /// Half of the reply's body, then the connection ends.
    Truncate,
    /// The second half of the body comes late.
    SlowBody,
    /// The reply comes late.
    Slow,
    /// This status with a page of HTML, as proxies and portals send it, and who signs it.
    Html(u16, &'static str, Option<&'static str>),
    /// The token counts as one of another account.
    OtherAccount,
    /// The token counts as one of a restricted user without grants.
    Restricted,
    /// The token counts as one without the scope that the rule's `effect` names; where it names
    /// none, the call is refused as if it lacked that of this endpoint.
    MissingScope,
    /// This status about this field with this reason.
    Refuse(u16, Option<&'static str>, &'static str),
    /// 503 with `X-Maintenance-Mode`.
    Maintenance,
    /// 429, with `Retry-After` in this form.
    RateLimited(RetryAfter),
    /// The call takes effect only later; the connection ends without a reply.
    LateCommit,
    /// A list does not show what is younger than this.
    ListLag,
    /// A GET gives the reply that the same GET got before.
    StaleRead,
    /// The request counts as another one.
    Bend(Bend),
    /// The reply says something else.
    Twist(Twist),
    /// Only `have` of the wanted nodes ever get a Linode.
    CapacityShort,
    /// Something happens in the cloud at this moment.
    Meddle(Meddle),
    /// A cluster's own API answers this status, whatever was asked.
    Kube(u16, &'static str),
    /// PersistentVolumes are listed without the handle of their volume.
    WithoutHandle,
    /// A list of a cluster's API has thousands of rows more, of nobody's.
    HugeList,
    /// A watch is told that its version is too old, and ends.
    WatchExpired,
    /// The cluster gets a new CA, certificate and token: no client with an older kubeconfig trusts
    /// it any more.
    CertificateRotated,
}

/// How a `Retry-After` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RetryAfter {
    /// In seconds.
    Seconds,
    /// As an HTTP date.
    Date,
    /// Not at all.
    Absent,
}

/// What becomes of a request before it takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bend {
    /// A list ignores X-Filter.
    FilterIgnored,
    /// What is made bears another label than was asked for.
    LabelRewritten,
    /// What is made bears no tags.
    TagsStripped,
}

/// What becomes of an honest reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Twist {
    /// A list lacks its last row, though its count includes it.
    MissingRow,
    /// The last row is that of the page before: the list moved while it was read.
    ShiftedPage,
    /// A list comes without any row, though its count includes them.
    MissingPage,
    /// A row comes twice, and is counted twice.
    DoubledRow,
    /// The second row bears the id of the first.
    DuplicateId,
    /// A status is one that nobody has heard of.
    UnknownEnum,
    /// A field is missing.
    MissingField,
    /// There is a field that nobody has heard of.
    ExtraField,
    /// A field is of another type.
    WrongType,
    /// No node names its Linode.
    NullInstance,
}

/// What happens in the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meddle {
    /// A ready node's Linode goes offline for good.
    NodeDies,
    /// A node that is coming up never becomes ready.
    NodeNeverReady,
    /// A cluster's Service gets its NodeBalancer now.
    LateBalancer,
    /// A volume hangs on its Linode and cannot be deleted.
    StuckVolume,
    /// A cluster takes this long to go.
    LingeringDelete,
    /// A Linode takes this long to go.
    LingeringLinode,
    /// Something is locked against deletion, for this long.
    Lock,
    /// Somebody else adds a tag to a cluster.
    EditTags,
    /// Somebody else renames a cluster.
    EditLabel,
    /// Somebody else adds a node to a pool.
    EditCount,
    /// Somebody else empties the rules of a firewall.
    EditRules,
    /// Somebody else takes a Linode out of its firewall.
    EditCover,
    /// Everything that is made from now on costs a fifth more.
    PriceChange,
    /// The oldest version on offer is offered no more.
    VersionRetired,
}

/// One kind of fault.
pub(crate) struct Kind {
    /// As rules name it.
    pub name: &'static str,
    /// Which layer fails.
    pub layer: &'static str,
    /// What it does.
    pub act: Act,
    /// Whether the call takes effect, when the rule's `effect` does not say.
    pub applied: bool,
    /// Demo seconds, when the rule's `effect` does not say; what for depends on the kind.
    pub seconds: u32,
}

const fn kind(
    layer: &'static str,
    name: &'static str,
    act: Act,
    applied: bool,
    seconds: u32,
) -> Kind {
    Kind {
        name,
        layer,
        act,
        applied,
        seconds,
    }
}

const fn refuse(name: &'static str, status: u16, reason: &'static str) -> Kind {
    kind("status", name, Act::Refuse(status, None, reason), false, 0)
}

const fn meddle(name: &'static str, what: Meddle, seconds: u32) -> Kind {
    kind("cloud", name, Act::Meddle(what), true, seconds)
}

const fn twist(name: &'static str, what: Twist) -> Kind {
    kind("semantics", name, Act::Twist(what), true, 0)
}

const fn bend(name: &'static str, what: Bend) -> Kind {
    kind("semantics", name, Act::Bend(what), true, 0)
}

const fn wire(name: &'static str, act: Act, applied: bool, seconds: u32) -> Kind {
    kind("transport", name, act, applied, seconds)
}

const SILENCE: Act = Act::Lost(ErrorKind::TimedOut, "the other side is silent");
const RESET: Act = Act::Lost(ErrorKind::ConnectionReset, "the connection was reset");
const GOAWAY: Act = Act::Lost(ErrorKind::ConnectionAborted, "GOAWAY");
const PORTAL: &str = "<!doctype html><title>Welcome</title><p>Please sign in to this network.";
const PROXY: &str = "<html><head><title>502 Bad Gateway</title></head><body>proxy</body></html>";
const NGINX: &str = "<html><head><title>400 Bad Request</title></head><body>nginx</body></html>";
const TICKET: &str = "Account Limit reached. Please open a support ticket.";

/// Every kind of fault there is.
#[rustfmt::skip]
pub(crate) const KINDS: &[Kind] = &[
    wire("dns", Act::NeverSent("no address for this name"), false, 0),
    wire("refused", Act::NeverSent("connection refused"), false, 0),
    wire("tls_expired", Act::NeverSent("the certificate has expired"), false, 0),
    wire("tls_self_signed", Act::NeverSent("the certificate is signed by nobody"), false, 0),
    wire("tls_wrong_host", Act::NeverSent("the certificate is of another host"), false, 0),
    wire("ipv6_blackhole", Act::NeverSent("no route, after a long wait"), false, 10),
    wire("reset", RESET, false, 0),
    wire("reset_mid", Act::Headless, true, 0),
    wire("reset_after", RESET, true, 0),
    wire("truncated", Act::Truncate, true, 0),
    wire("stall", SILENCE, false, 120),
    wire("stall_after", SILENCE, true, 120),
    wire("slow", Act::Slow, true, 30),
    wire("slow_body", Act::SlowBody, true, 30),
    wire("goaway", GOAWAY, false, 0),
    wire("goaway_after", GOAWAY, true, 0),
    wire("captive_portal", Act::Html(200, PORTAL, None), false, 0),
    wire("proxy_page", Act::Html(502, PROXY, None), false, 0),
    wire("proxy_page_after", Act::Html(502, PROXY, None), true, 0),
    wire("nginx_page", Act::Html(400, NGINX, Some("nginx")), false, 0),

    kind("account", "other_account", Act::OtherAccount, true, 0),
    kind("account", "restricted_user", Act::Restricted, true, 0),
    kind("account", "missing_scope", Act::MissingScope, false, 0),

    refuse("busy", 400, "Linode busy."),
    refuse("quota", 400, TICKET),
    kind("status", "duplicate_label", Act::Refuse(400, Some("label"), "Label must be unique"), false, 0),
    kind("status", "bad_region", Act::Refuse(400, Some("region"), "region is not valid"), false, 0),
    refuse("unauthorized", 401, "Invalid Token"),
    refuse("forbidden", 403, "Unauthorized"),
    refuse("not_found", 404, "Not found"),
    refuse("timeout", 408, "Request timed out."),
    kind("status", "timeout_after", Act::Refuse(408, None, "Request timed out."), true, 0),
    refuse("conflict", 409, "Conflict"),
    kind("status", "rate_limited", Act::RateLimited(RetryAfter::Seconds), false, 30),
    kind("status", "rate_limited_zero", Act::RateLimited(RetryAfter::Seconds), false, 0),
    kind("status", "rate_limited_long", Act::RateLimited(RetryAfter::Seconds), false, 900),
    kind("status", "rate_limited_date", Act::RateLimited(RetryAfter::Date), false, 30),
    kind("status", "rate_limited_bare", Act::RateLimited(RetryAfter::Absent), false, 0),
    refuse("internal", 500, "Internal Server Error"),
    kind("status", "internal_after", Act::Refuse(500, None, "Internal Server Error"), true, 0),
    refuse("bad_gateway", 502, "Bad Gateway"),
    refuse("unavailable", 503, "Service unavailable."),
    kind("status", "maintenance", Act::Maintenance, false, 0),

    kind("semantics", "late_commit", Act::LateCommit, false, 20),
    kind("semantics", "list_lag", Act::ListLag, true, 60),
    kind("semantics", "stale_read", Act::StaleRead, true, 0),
    twist("missing_row", Twist::MissingRow),
    twist("missing_page", Twist::MissingPage),
    twist("shifted_page", Twist::ShiftedPage),
    twist("doubled_row", Twist::DoubledRow),
    twist("duplicate_id", Twist::DuplicateId),
    twist("unknown_enum", Twist::UnknownEnum),
    twist("missing_field", Twist::MissingField),
    twist("extra_field", Twist::ExtraField),
    twist("wrong_type", Twist::WrongType),
    twist("null_instance", Twist::NullInstance),
    bend("filter_ignored", Bend::FilterIgnored),
    bend("label_rewritten", Bend::LabelRewritten),
    bend("tags_stripped", Bend::TagsStripped),

    kind("cloud", "capacity_short", Act::CapacityShort, true, 0),
    meddle("node_dies", Meddle::NodeDies, 0),
    meddle("node_never_ready", Meddle::NodeNeverReady, 0),
    meddle("late_balancer", Meddle::LateBalancer, 0),
    meddle("stuck_volume", Meddle::StuckVolume, 600),
    meddle("lingering_delete", Meddle::LingeringDelete, 1200),
    meddle("lingering_linode", Meddle::LingeringLinode, 900),
    meddle("lock", Meddle::Lock, 600),
    meddle("edit_tags", Meddle::EditTags, 0),
    meddle("edit_label", Meddle::EditLabel, 0),
    meddle("edit_count", Meddle::EditCount, 0),
    meddle("edit_rules", Meddle::EditRules, 0),
    meddle("edit_cover", Meddle::EditCover, 0),
    meddle("price_change", Meddle::PriceChange, 0),
    meddle("version_retired", Meddle::VersionRetired, 0),

    kind("kubernetes", "kube_down", Act::Kube(503, "ServiceUnavailable"), false, 0),
    kind("kubernetes", "kube_forbidden", Act::Kube(403, "Forbidden"), false, 0),
    kind("kubernetes", "kube_unauthorized", Act::Kube(401, "Unauthorized"), false, 0),
    kind("kubernetes", "kube_expired", Act::Kube(410, "Expired"), false, 0),
    kind("kubernetes", "watch_expired", Act::WatchExpired, false, 0),
    kind("kubernetes", "certificate_rotated", Act::CertificateRotated, false, 0),
    kind("kubernetes", "volume_without_handle", Act::WithoutHandle, true, 0),
    kind("kubernetes", "huge_list", Act::HugeList, true, 0),
];
