//! A small catalog and account for the tests of this crate.

use crate::catalog::{Catalog, InstanceType, Region};
use crate::ids::AccountId;
use crate::inventory::{Account, TEARDOWN_SCOPES};
use crate::money::{MicroUsd, Price};

/// The time of the tests.
pub(crate) const NOW: &str = "2026-11-23T10:00:00Z";

const fn price(hour: i64, month: i64) -> Price {
    Price {
        hour: MicroUsd(hour),
        month: MicroUsd(month),
    }
}

/// Two regions with the GPU, one sold out, one without; versions 1.35 and 1.34.
pub(crate) fn catalog() -> Catalog {
    let gpu = "g2-gpu-rtx4000a1-s";
    let region = |id: &str, available: &[&str], sold_out: &[&str]| Region {
        id: id.to_owned(),
        label: id.to_owned(),
        country: "us".to_owned(),
        available: available.iter().map(|id| (*id).to_owned()).collect(),
        sold_out: sold_out.iter().map(|id| (*id).to_owned()).collect(),
    };
    let kind = |id: &str, class: &str, gpus, price| InstanceType {
        id: id.to_owned(),
        label: id.to_owned(),
        class: class.to_owned(),
        vcpus: 4,
        memory_mb: 16_384,
        disk_mb: 512_000,
        gpus,
        price,
        region_prices: Vec::new(),
    };
    Catalog {
        read_at: NOW.parse().unwrap(),
        regions: vec![
            region("us-ord", &[gpu], &[]),
            region("de-fra-2", &[gpu], &[]),
            region("us-sea", &[], &[gpu]),
            region("gb-lon", &["g1-gpu-rtx6000-1"], &[]),
            region("id-cgk", &[gpu], &[]),
        ],
        types: vec![
            kind(gpu, "gpu", 1, Some(price(520_000, 350_000_000))),
            kind(
                "g1-gpu-rtx6000-1",
                "gpu",
                1,
                Some(price(1_500_000, 1_000_000_000)),
            ),
            kind("g3-gpu-rtxpro6000-blackwell-1", "gpu", 1, None),
            kind(
                "g6-standard-2",
                "standard",
                0,
                Some(price(36_000, 24_000_000)),
            ),
        ],
        versions: vec!["1.35".to_owned(), "1.34".to_owned()],
        ha_price: Some(price(90_000, 60_000_000)),
        ha_region_prices: Vec::new(),
        nodebalancer_price: Some(price(15_000, 10_000_000)),
        volume_gb_price: Some(price(150, 100_000)),
    }
}

/// An unrestricted user whose token can do what is needed and does not end.
pub(crate) fn account() -> Account {
    Account {
        id: AccountId("a".to_owned()),
        user: "ada".to_owned(),
        restricted: false,
        scopes: TEARDOWN_SCOPES
            .iter()
            .map(|scope| (*scope).to_owned())
            .collect(),
        token_expires: None,
    }
}
