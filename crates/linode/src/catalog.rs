//! The catalog: seven complete listings, read side by side, at one time.

use crate::call::{Caller, Counted};
use crate::money::WirePrice;
use crate::wire::{
    Availability, RegionAvailability, RegionPrice, RegionReply, ResourceType, TypeReply,
    VersionReply,
};
use domain::Price;
use domain::catalog::{Catalog, InstanceType, Region, version_numbers};
use engine::ports::{Answer, Kind};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Reads everything that a Spec can choose from, and what it costs.
pub(crate) async fn read(caller: &Caller) -> Answer<Catalog> {
    const C: Counted = Counted::Catalog;
    let (regions, availability, types, versions, lke, balancers, volumes) = futures::try_join!(
        caller.list(C, "list regions", "/v4/regions", |one: &RegionReply| one
            .id
            .clone()),
        caller.list_by(
            C,
            "list availability",
            "/v4/regions/availability",
            |one: &Availability, other| (&one.region, &one.plan).cmp(&(&other.region, &other.plan))
        ),
        caller.list(
            C,
            "list instance types",
            "/v4/linode/types",
            |one: &TypeReply| one.id.clone()
        ),
        caller.list(
            C,
            "list Kubernetes versions",
            "/v4/lke/versions",
            |one: &VersionReply| one.id.clone()
        ),
        caller.list(C, "list LKE prices", "/v4/lke/types", resource_id),
        caller.list(
            C,
            "list NodeBalancer prices",
            "/v4/nodebalancers/types",
            resource_id
        ),
        caller.list(C, "list volume prices", "/v4/volumes/types", resource_id),
    )?;
    let mut plans = by_region(availability);
    let regions: Vec<Region> = regions
        .into_iter()
        .filter(|region| region.capabilities.iter().any(|one| one == "Kubernetes"))
        .map(|region| with_availability(region, &mut plans))
        .collect();
    let ids: Vec<&str> = regions.iter().map(|region| region.id.as_str()).collect();
    let types = types
        .into_iter()
        .map(|one| instance_type(one, &ids))
        .collect();
    let (ha_price, ha_region_prices) = priced(&lke, "lke-ha", &ids);
    let (nodebalancer_price, _) = priced(&balancers, "nodebalancer", &ids);
    let (volume_gb_price, _) = priced(&volumes, "volume", &ids);
    Ok(Catalog {
        read_at: caller.now(),
        types,
        versions: newest_first(versions),
        ha_price,
        ha_region_prices,
        nodebalancer_price,
        volume_gb_price,
        regions,
    })
}

/// What a region's own list says of an instance type: a bare array of the limited ones. `None`: not
/// listed there.
pub(crate) async fn offers(
    caller: &Caller,
    region: &str,
    instance_type: &str,
) -> Answer<Option<bool>> {
    let path = format!("/v4/regions/{region}/availability");
    let operation = "list the region's availability";
    let listed: Answer<Vec<RegionAvailability>> =
        caller.get(Counted::Catalog, operation, &path).await;
    let rows = match listed {
        Err(failure) if failure.kind == Kind::NotFound => return Ok(None),
        listed => listed?,
    };
    let row = rows.into_iter().find(|row| row.plan == instance_type);
    Ok(row.map(|row| row.available))
}

fn resource_id(one: &ResourceType) -> String {
    one.id.clone()
}

/// The instance types that a region lists.
#[derive(Default)]
struct Plans {
    available: Vec<String>,
    sold_out: Vec<String>,
}

/// Rows come by the thousand, one for each region and each of its types.
fn by_region(rows: Vec<Availability>) -> BTreeMap<String, Plans> {
    let mut regions: BTreeMap<String, Plans> = BTreeMap::new();
    for row in rows {
        let plans = match regions.get_mut(&row.region) {
            Some(plans) => plans,
            None => regions.entry(row.region).or_default(),
        };
        let list = if row.available {
            &mut plans.available
        } else {
            &mut plans.sold_out
        };
        list.push(row.plan);
    }
    regions
}

fn with_availability(region: RegionReply, plans: &mut BTreeMap<String, Plans>) -> Region {
    let Plans {
        available,
        sold_out,
    } = plans.remove(&region.id).unwrap_or_default();
    Region {
        available,
        sold_out,
        id: region.id,
        label: region.label,
        country: region.country,
    }
}

/// Only `major.minor`: other ids belong to another tier of LKE.
fn newest_first(versions: Vec<VersionReply>) -> Vec<String> {
    let numbered = |one: VersionReply| version_numbers(&one.id).map(|numbers| (numbers, one.id));
    let mut versions: Vec<_> = versions.into_iter().filter_map(numbered).collect();
    versions.sort_by_key(|(numbers, _)| Reverse(*numbers));
    versions.into_iter().map(|(_, id)| id).collect()
}

fn instance_type(reply: TypeReply, regions: &[&str]) -> InstanceType {
    let (price, region_prices) = prices(reply.price.as_ref(), &reply.region_prices, regions);
    InstanceType {
        id: reply.id,
        label: reply.label,
        class: reply.class,
        vcpus: reply.vcpus,
        memory_mb: reply.memory,
        disk_mb: reply.disk,
        gpus: reply.gpus,
        price,
        region_prices,
    }
}

fn priced(
    rows: &[ResourceType],
    id: &str,
    regions: &[&str],
) -> (Option<Price>, Vec<(String, Price)>) {
    let Some(row) = rows.iter().find(|row| row.id == id) else {
        return (None, Vec::new());
    };
    prices(row.price.as_ref(), &row.region_prices, regions)
}

/// The price where no region differs, and the regions that differ. A region whose own price is
/// unknown must not fall back to the common one: then the common one is given to each of the
/// others by name, and there is none in common.
pub(crate) fn prices(
    common: Option<&WirePrice>,
    own: &[RegionPrice],
    regions: &[&str],
) -> (Option<Price>, Vec<(String, Price)>) {
    let common = common.and_then(WirePrice::known);
    let known = |one: &RegionPrice| Some((one.id.clone(), one.price().known()?));
    let mut differing: Vec<(String, Price)> = own.iter().filter_map(known).collect();
    if differing.len() == own.len() {
        return (common, differing);
    }
    let named = |id: &str| own.iter().any(|one| one.id == id);
    if let Some(price) = common {
        let others = regions.iter().filter(|id| !named(id));
        differing.extend(others.map(|id| ((*id).to_owned(), price)));
    }
    (None, differing)
}
