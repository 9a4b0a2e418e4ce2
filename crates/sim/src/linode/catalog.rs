//! Regions, instance types, versions and prices: what needs no account.

use serde_json::{Value, json};

use super::{Answer, Call, Refusal, Reply};
use crate::catalog::{self, ENTERPRISE_VERSIONS, REGIONS, Region, TYPES};
use crate::store::World;

const PRICES: &[&str] = &["label", "price.hourly", "price.monthly", "transfer"];

fn page(rows: Vec<Value>, filterable: &'static [&'static str]) -> Answer {
    Ok(Reply::Page { rows, filterable })
}

pub(super) fn regions(_: &mut World, _: &Call) -> Answer {
    page(
        REGIONS.iter().map(Region::reply).collect(),
        &["country", "site_type"],
    )
}

pub(super) fn region(_: &mut World, call: &Call) -> Answer {
    let region = catalog::region(call.word(0)).ok_or_else(Refusal::not_found)?;
    Ok(Reply::One(region.reply()))
}

pub(super) fn availability(_: &mut World, _: &Call) -> Answer {
    let rows = REGIONS.iter().flat_map(Region::availability).collect();
    page(rows, &["available", "plan", "region"])
}

/// A bare array, without pages.
pub(super) fn region_availability(_: &mut World, call: &Call) -> Answer {
    let region = catalog::region(call.word(0)).ok_or_else(Refusal::not_found)?;
    Ok(Reply::One(region.availability().collect()))
}

pub(super) fn types(world: &mut World, _: &Call) -> Answer {
    let hidden = world.switches.gpu_prices_hidden;
    let rows = TYPES.iter().map(|one| one.reply(hidden)).collect();
    let rows = world.prices_now(rows);
    page(
        rows,
        &[
            "accelerated_devices",
            "class",
            "disk",
            "gpus",
            "label",
            "memory",
            "network_out",
            "transfer",
            "vcpus",
        ],
    )
}

pub(super) fn instance_type(world: &mut World, call: &Call) -> Answer {
    let one = catalog::instance_type(call.word(0)).ok_or_else(Refusal::not_found)?;
    let row = one.reply(world.switches.gpu_prices_hidden);
    Ok(Reply::One(world.prices_now(vec![row]).remove(0)))
}

fn known(versions: &[&str], wanted: &str) -> Result<(), Refusal> {
    versions
        .contains(&wanted)
        .then_some(())
        .ok_or_else(Refusal::not_found)
}

pub(super) fn versions(world: &mut World, _: &Call) -> Answer {
    let offered = world.versions_on_offer();
    page(offered.iter().map(|id| json!({"id": id})).collect(), &[])
}

pub(super) fn version(world: &mut World, call: &Call) -> Answer {
    known(&world.versions_on_offer(), call.word(0))?;
    Ok(Reply::One(json!({"id": call.word(0)})))
}

/// Tiers are known to v4beta only.
fn tier(world: &World, call: &Call) -> Result<Vec<&'static str>, Refusal> {
    match (call.beta, call.word(0)) {
        (true, "standard") => Ok(world.versions_on_offer()),
        (true, "enterprise") => Ok(ENTERPRISE_VERSIONS.to_vec()),
        _ => Err(Refusal::not_found()),
    }
}

pub(super) fn tier_versions(world: &mut World, call: &Call) -> Answer {
    let row = |id: &&str| json!({"id": id, "tier": call.word(0)});
    page(tier(world, call)?.iter().map(row).collect(), &[])
}

pub(super) fn tier_version(world: &mut World, call: &Call) -> Answer {
    known(&tier(world, call)?, call.word(1))?;
    Ok(Reply::One(
        json!({"id": call.word(1), "tier": call.word(0)}),
    ))
}

pub(super) fn lke_types(world: &mut World, _: &Call) -> Answer {
    page(world.prices_now(catalog::lke_types()), PRICES)
}

pub(super) fn nodebalancer_types(world: &mut World, _: &Call) -> Answer {
    page(world.prices_now(catalog::nodebalancer_types()), PRICES)
}

pub(super) fn volume_types(world: &mut World, _: &Call) -> Answer {
    page(world.prices_now(catalog::volume_types()), PRICES)
}

pub(super) fn transfer_prices(_: &mut World, _: &Call) -> Answer {
    page(catalog::transfer_prices(), PRICES)
}
