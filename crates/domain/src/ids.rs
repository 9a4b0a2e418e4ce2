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

/// Which installation (home) looks after a deployment: eight hex digits, `qo-<8 hex>` as a tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Owner(String);

impl Owner {
    /// How every owner tag begins.
    pub const PREFIX: &'static str = "qo-";

    /// The installation that drew these bits.
    pub fn new(bits: u32) -> Self {
        Self(format!("{bits:08x}"))
    }

    /// As a tag.
    pub fn tag(&self) -> String {
        format!("{}{}", Self::PREFIX, self.0)
    }

    /// The installation that a tag names, when it is an owner tag; Linode compares without case.
    pub fn read(tag: &str) -> Option<Self> {
        let lower = tag.to_ascii_lowercase();
        let hex = lower.strip_prefix(Self::PREFIX)?;
        (hex.len() == 8 && hex.bytes().all(|b| b.is_ascii_hexdigit())).then(|| Self(hex.to_owned()))
    }

    /// Another installation that `tags` name. One is enough: with two owners nobody can say whose
    /// it is, and nothing is touched until somebody takes it over.
    pub fn another(&self, tags: &[String]) -> Option<Self> {
        let mut owners = tags.iter().filter_map(|tag| Self::read(tag));
        owners.find(|one| one != self)
    }

    /// Whether `tags` name this installation and no other.
    pub fn alone_on(&self, tags: &[String]) -> bool {
        let mut owners = tags.iter().filter_map(|tag| Self::read(tag)).peekable();
        owners.peek().is_some() && owners.all(|one| one == *self)
    }

    /// The same tags with this installation in the place of every other. All that are not owner
    /// tags stay byte for byte and in their order.
    pub fn put_on(&self, tags: &[String]) -> Vec<String> {
        let mut own = Some(self.tag());
        let in_place = |tag: &String| match Self::read(tag) {
            None => Some(tag.clone()),
            Some(_) => own.take(),
        };
        let mut put: Vec<String> = tags.iter().filter_map(in_place).collect();
        put.extend(own);
        put
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_takes_the_place_of_every_other_and_touches_no_foreign_tag() {
        let me = Owner::new(0x0a1b_2c3d);
        let put = |tags: &[&str]| {
            let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
            let put = me.put_on(&tags);
            assert!(me.alone_on(&put) && me.another(&put).is_none());
            put.join(" ")
        };
        assert_eq!(
            put(&["Größe", "QO-FFFFFFFF", "b", "qo-00000001", "qo-team", "a"]),
            "Größe qo-0a1b2c3d b qo-team a"
        );
        assert_eq!(put(&["b", "a"]), "b a qo-0a1b2c3d");
        assert_eq!(put(&["qo-0A1B2C3D", "a"]), "qo-0a1b2c3d a");
    }

    #[test]
    fn with_two_owners_a_thing_is_nobodys_alone() {
        let me = Owner::new(7);
        let both = [me.tag(), Owner::new(8).tag()];
        assert_eq!(me.another(&both), Some(Owner::new(8)));
        assert!(!me.alone_on(&both) && !me.alone_on(&[]));
        assert_eq!(me.another(&["ql-x".to_owned()]), None);
    }
}
