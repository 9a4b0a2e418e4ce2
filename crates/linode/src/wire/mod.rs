//! What Linode answers, by the fields that we use. Private and tolerant: unknown fields are
//! ignored, unknown values stay text, null stands where null happens.

mod account;
mod lke;
mod network;
mod offers;

pub(crate) use account::{AccountReply, OwnTokens, Profile};
pub(crate) use lke::{AccessListReply, ClusterReply, Endpoint, KubeconfigReply, PoolReply};
pub(crate) use network::{
    Device, FirewallReply, FirewallWhole, InstanceReply, NodeBalancerReply, RuleSetReply,
    RulesReply, VolumeReply, WallReply,
};
pub(crate) use offers::{
    Availability, RegionAvailability, RegionPrice, RegionReply, ResourceType, TypeReply,
    VersionReply,
};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer};

/// `2018-01-02T03:04:05` is UTC; a time with a zone is taken as it is.
pub(crate) fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(from)?;
    read_time(&text).ok_or_else(|| serde::de::Error::custom("not a time"))
}

/// Like [`time`], and null is no time.
pub(crate) fn maybe_time<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    Ok(text.as_deref().and_then(read_time))
}

fn read_time(text: &str) -> Option<Timestamp> {
    let zoned = || text.parse::<Timestamp>().ok();
    let plain = || {
        let civil: DateTime = text.parse().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    zoned().or_else(plain)
}

/// The type's default where null stands.
pub(crate) fn or_default<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}
