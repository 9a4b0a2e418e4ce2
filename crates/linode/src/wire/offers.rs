//! What can be bought: regions, availability, types, versions.

use super::or_default;
use crate::money::WirePrice;
use serde::Deserialize;
use serde_json::Number;

#[derive(Deserialize)]
pub(crate) struct RegionReply {
    pub(crate) id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) label: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) country: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) capabilities: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Availability {
    pub(crate) region: String,
    pub(crate) plan: String,
    pub(crate) available: bool,
}

/// A row of one region's own list, which need not name the region.
#[derive(Deserialize)]
pub(crate) struct RegionAvailability {
    pub(crate) plan: String,
    pub(crate) available: bool,
}

#[derive(Deserialize)]
pub(crate) struct VersionReply {
    pub(crate) id: String,
}

#[derive(Deserialize)]
pub(crate) struct RegionPrice {
    pub(crate) id: String,
    #[serde(default)]
    hourly: Option<Number>,
    #[serde(default)]
    monthly: Option<Number>,
}

impl RegionPrice {
    pub(crate) fn price(&self) -> WirePrice {
        WirePrice {
            hourly: self.hourly.clone(),
            monthly: self.monthly.clone(),
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct TypeReply {
    pub(crate) id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) label: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) class: String,
    pub(crate) vcpus: u32,
    /// MB.
    pub(crate) memory: u64,
    /// MB.
    pub(crate) disk: u64,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) gpus: u32,
    #[serde(default)]
    pub(crate) price: Option<WirePrice>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) region_prices: Vec<RegionPrice>,
}

/// A row of `/lke/types`, `/nodebalancers/types` or `/volumes/types`.
#[derive(Deserialize)]
pub(crate) struct ResourceType {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) price: Option<WirePrice>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) region_prices: Vec<RegionPrice>,
}
