//! What the demo cloud offers: a dated table (2026-11-23), with a source per block. The app reads
//! it through the API only, like any account's.

mod regions;
mod types;

use serde_json::{Value, json};

pub(crate) use regions::{REGIONS, Region, find as region};
pub(crate) use types::{InstanceType, TYPES, find as instance_type};

/// Kubernetes versions on offer, newest first. Recordings of 2026 show two at a time, 1.34 and
/// 1.35; a public project runs 1.36 since.
pub(crate) const VERSIONS: &[&str] = &["1.36", "1.35", "1.34"];

/// Enterprise versions (recorded 2025).
pub(crate) const ENTERPRISE_VERSIONS: &[&str] = &["v1.31.8+lke1"];

/// Micro-dollars per hour, and at most per month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Price {
    /// Micro-dollars per hour.
    pub hour: i64,
    /// Micro-dollars per calendar month at most; 0 means no cap.
    pub month: i64,
}

/// Nothing is charged.
pub(crate) const FREE: Price = Price { hour: 0, month: 0 };

const fn price(hour: i64, month: i64) -> Price {
    Price { hour, month }
}

/// A service that is priced alike everywhere but in Jakarta and Sao Paulo.
pub(crate) struct Service {
    id: &'static str,
    label: &'static str,
    price: Price,
    jakarta: Price,
    sao_paulo: Price,
}

/// The highly available control plane (recorded 2024).
pub(crate) const HIGH_AVAILABILITY: Service = Service {
    id: "lke-ha",
    label: "LKE High Availability",
    price: price(90_000, 60_000_000),
    jakarta: price(108_000, 72_000_000),
    sao_paulo: price(126_000, 84_000_000),
};

/// A NodeBalancer (recorded).
pub(crate) const NODEBALANCER: Service = Service {
    id: "nodebalancer",
    label: "NodeBalancer",
    price: price(15_000, 10_000_000),
    jakarta: price(18_000, 12_000_000),
    sao_paulo: price(21_000, 14_000_000),
};

/// A premium NodeBalancer, only listed (recorded).
const NODEBALANCER_PREMIUM: Service = Service {
    id: "nodebalancer-pr100",
    label: "Nodebalancer Premium",
    price: price(225_000, 150_000_000),
    jakarta: price(270_000, 180_000_000),
    sao_paulo: price(315_000, 210_000_000),
};

/// One GiB of block storage (recorded).
pub(crate) const VOLUME_GIB: Service = Service {
    id: "volume",
    label: "Storage Volume",
    price: price(150, 100_000),
    jakarta: price(180, 120_000),
    sao_paulo: price(210, 140_000),
};

impl Price {
    /// `count` times this price.
    pub(crate) const fn times(self, count: i64) -> Self {
        Self {
            hour: self.hour * count,
            month: self.month * count,
        }
    }

    const fn percent(self, share: i64) -> Self {
        Self {
            hour: self.hour * share / 100,
            month: self.month * share / 100,
        }
    }

    fn reply(self) -> Value {
        json!({"hourly": dollars(self.hour), "monthly": dollars(self.month)})
    }

    fn regional(self, region: &str) -> Value {
        json!({"id": region, "hourly": dollars(self.hour), "monthly": dollars(self.month)})
    }
}

impl Service {
    /// What one costs in `region`.
    pub(crate) fn price_in(&self, region: &str) -> Price {
        match region {
            "id-cgk" => self.jakarta,
            "br-gru" => self.sao_paulo,
            _ => self.price,
        }
    }

    fn reply(&self) -> Value {
        json!({
            "id": self.id, "label": self.label, "price": self.price.reply(),
            "region_prices": [self.jakarta.regional("id-cgk"), self.sao_paulo.regional("br-gru")],
            "transfer": 0,
        })
    }
}

/// The API speaks of dollars as JSON numbers; inside there are only micro-dollars.
pub(crate) fn dollars(micro: i64) -> f64 {
    micro as f64 / 1_000_000.0
}

/// `/lke/types`.
pub(crate) fn lke_types() -> Vec<Value> {
    let standard = json!({
        "id": "lke-sa", "label": "LKE Standard Availability", "price": FREE.reply(),
        "region_prices": [], "transfer": 0,
    });
    vec![standard, HIGH_AVAILABILITY.reply()]
}

/// `/nodebalancers/types`.
pub(crate) fn nodebalancer_types() -> Vec<Value> {
    vec![NODEBALANCER.reply(), NODEBALANCER_PREMIUM.reply()]
}

/// `/volumes/types`.
pub(crate) fn volume_types() -> Vec<Value> {
    vec![VOLUME_GIB.reply()]
}

/// `/network-transfer/prices` (recorded).
pub(crate) fn transfer_prices() -> Vec<Value> {
    let at = |id: &str, hourly: f64| json!({"id": id, "hourly": hourly, "monthly": null});
    vec![
        json!({
            "id": "distributed_network_transfer", "label": "Distributed Network Transfer",
            "price": {"hourly": 0.01, "monthly": null}, "region_prices": [], "transfer": 0,
        }),
        json!({
            "id": "network_transfer", "label": "Network Transfer",
            "price": {"hourly": 0.005, "monthly": null},
            "region_prices": [at("id-cgk", 0.015), at("br-gru", 0.007)], "transfer": 0,
        }),
    ]
}
