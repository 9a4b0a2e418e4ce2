//! What the provider offers, with the time it was read.

use crate::money::Price;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Regions, instance types, versions and prices, as read at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Catalog {
    /// When it was read.
    #[ts(type = "string")]
    pub read_at: Timestamp,
    /// Regions that have LKE.
    pub regions: Vec<Region>,
    /// Instance types.
    pub types: Vec<InstanceType>,
    /// Kubernetes versions on offer, newest first, compared as numbers.
    pub versions: Vec<String>,
    /// Price of a highly available control plane; `None`: not read, or 0 where it never is.
    pub ha_price: Option<Price>,
    /// Price of a highly available control plane where it differs: region id and price.
    pub ha_region_prices: Vec<(String, Price)>,
    /// Price of a NodeBalancer; `None`: unknown.
    pub nodebalancer_price: Option<Price>,
    /// Price of a volume per GB; `None`: unknown.
    pub volume_gb_price: Option<Price>,
}

/// A region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Region {
    /// Such as `us-ord`.
    pub id: String,
    /// Such as `Chicago, IL`.
    pub label: String,
    /// Two-letter country.
    pub country: String,
    /// Ids of the limited instance types that can be had here now (every page of availability).
    pub available: Vec<String>,
    /// Ids of the limited instance types that this region lists but cannot give now.
    pub sold_out: Vec<String>,
}

/// An instance type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct InstanceType {
    /// Such as `g2-gpu-rtx4000a1-s`.
    pub id: String,
    /// Linode's label.
    pub label: String,
    /// Such as `gpu` or `standard`.
    pub class: String,
    /// Virtual CPUs.
    pub vcpus: u32,
    /// Memory in MB.
    pub memory_mb: u64,
    /// Disk in MB.
    pub disk_mb: u64,
    /// GPUs.
    pub gpus: u32,
    /// Price where no region differs; `None`: unknown (0 and missing are never "free").
    pub price: Option<Price>,
    /// Price where a region differs: region id and price.
    pub region_prices: Vec<(String, Price)>,
}

impl Catalog {
    /// A region by its id.
    pub fn region(&self, id: &str) -> Option<&Region> {
        self.regions.iter().find(|region| region.id == id)
    }

    /// An instance type by its id.
    pub fn instance_type(&self, id: &str) -> Option<&InstanceType> {
        self.types.iter().find(|one| one.id == id)
    }

    /// What an instance type costs in a region; `None`: unknown.
    pub fn price(&self, instance_type: &str, region: &str) -> Option<Price> {
        let found = self.instance_type(instance_type)?;
        let own = found.region_prices.iter().find(|(id, _)| id == region);
        own.map_or(found.price, |(_, price)| Some(*price))
    }

    /// What a highly available control plane costs in a region; `None`: unknown.
    pub fn ha_price_in(&self, region: &str) -> Option<Price> {
        let own = self.ha_region_prices.iter().find(|(id, _)| id == region);
        own.map_or(self.ha_price, |(_, price)| Some(*price))
    }

    /// Ids of the regions where an instance type can be had now.
    pub fn regions_with(&self, instance_type: &str) -> Vec<String> {
        self.regions
            .iter()
            .filter(|region| self.offers(region, instance_type))
            .map(|region| region.id.clone())
            .collect()
    }

    /// Whether an instance type can be had in a region now. Types that no region limits can be had
    /// everywhere.
    pub fn offers(&self, region: &Region, instance_type: &str) -> bool {
        let listed = |ids: &[String]| ids.iter().any(|id| id == instance_type);
        let limited = self
            .regions
            .iter()
            .any(|one| listed(&one.available) || listed(&one.sold_out));
        listed(&region.available) || !limited
    }

    /// The version that a new Spec takes: `wanted` when it is offered, else the newest.
    pub fn version_or_newest(&self, wanted: &str) -> Option<String> {
        let offered = self.versions.iter().any(|one| one == wanted);
        if offered {
            Some(wanted.to_owned())
        } else {
            self.versions.first().cloned()
        }
    }
}

/// A version's numbers, for comparing: `1.9` is older than `1.10`.
pub fn version_numbers(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
