//! Names of things, each its own type, so that none is taken for another.

use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

macro_rules! number_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
        #[serde(transparent)]
        #[ts(type = "number")]
        pub struct $name(pub u64);
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

macro_rules! text_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
        #[serde(transparent)]
        #[ts(type = "string")]
        pub struct $name(pub String);
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

number_id! {
    /// An LKE cluster's id.
    ClusterId,
    /// An LKE node pool's id.
    PoolId,
    /// A Linode's id: the machine under a node.
    InstanceId,
    /// A Cloud Firewall's id.
    FirewallId,
    /// A NodeBalancer's id.
    NodeBalancerId,
    /// A Block Storage volume's id.
    VolumeId,
}

text_id! {
    /// A deployment's id: a lowercase ULID (tags are compared case-insensitively).
    DeploymentId,
    /// A plan's id, by which it is accepted: a lowercase ULID.
    PlanId,
    /// LKE's name of a node, `<pool>-<12 hex>`.
    NodeId,
    /// Which cloud: `linode`, or `demo-<id>` for a demo cloud.
    CloudId,
    /// Which account: `X-Customer-UUID`, else `/account` euuid.
    AccountId,
}

impl DeploymentId {
    /// Our owner tag on everything of this deployment that can carry one.
    pub fn mark(&self) -> Mark {
        Mark(format!("{}{}", Mark::PREFIX, self.0))
    }

    /// The time in the ULID: nothing of this deployment is older. `None`: not a ULID.
    pub fn born(&self) -> Option<jiff::Timestamp> {
        let ulid = ulid::Ulid::from_string(&self.0).ok()?;
        let ms = i64::try_from(ulid.timestamp_ms()).ok()?;
        jiff::Timestamp::from_millisecond(ms).ok()
    }
}

/// The owner tag `ql-<ulid>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mark(pub String);

impl Mark {
    /// How every mark begins.
    pub const PREFIX: &'static str = "ql-";

    /// Whether `tags` hold this mark; Linode compares tags without case.
    pub fn is_on(&self, tags: &[String]) -> bool {
        tags.iter().any(|tag| tag.eq_ignore_ascii_case(&self.0))
    }

    /// The deployment that a tag names, when the tag is a mark.
    pub fn read(tag: &str) -> Option<DeploymentId> {
        let lower = tag.to_ascii_lowercase();
        let ulid = lower.strip_prefix(Self::PREFIX)?;
        (ulid.len() == 26 && ulid.bytes().all(|b| b.is_ascii_alphanumeric()))
            .then(|| DeploymentId(ulid.to_owned()))
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
