//! What a Spec will cost, from the catalog's prices.
//!
//! Without tax, traffic, and the storage and load balancers that the work in the cluster creates. A
//! price that is not known makes the sums unknown, never free.

use crate::catalog::Catalog;
use crate::money::{MicroUsd, Price};
use crate::spec::{Spec, Stops};
use crate::spend::cost;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a Spec will cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Quote {
    /// From the start; `None`: a price is unknown.
    pub from_start: Option<Price>,
    /// With every node that the autoscaler may add; `None`: a price is unknown.
    pub at_most: Option<Price>,
    /// At most until it stops, by started hours and monthly caps; `None`: it does not stop by
    /// itself, or a price is unknown.
    pub until_stop_at_most: Option<MicroUsd>,
    /// When it stops by itself, if it is created now.
    #[ts(type = "string | null")]
    pub stops_at: Option<Timestamp>,
    /// What it is made of, free things too.
    pub rows: Vec<QuoteRow>,
    /// What has no known price.
    pub unknown: Vec<Quoted>,
    /// When the prices were read.
    #[ts(type = "string")]
    pub priced_at: Timestamp,
}

/// One thing of a quote, or several of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct QuoteRow {
    /// What.
    pub what: Quoted,
    /// The instance type of a pool's nodes.
    pub instance_type: Option<String>,
    /// How many from the start.
    pub count_min: u32,
    /// How many at most.
    pub count_max: u32,
    /// What each costs, zero for what is always free; `None`: unknown.
    pub each: Option<Price>,
}

/// A kind of thing in a quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Quoted {
    /// The control plane; free without high availability.
    ControlPlane,
    /// The GPU pool's nodes.
    GpuPool,
    /// The system pool's nodes.
    SystemPool,
    /// The node firewall: free.
    Firewall,
    /// The API access list: free.
    AccessList,
}

/// What a Spec will cost when it is created now.
pub fn quote(spec: &Spec, catalog: &Catalog, now: Timestamp) -> Quote {
    let rows = rows(spec, catalog);
    let sum = |count: fn(&QuoteRow) -> u32| -> Option<Price> {
        rows.iter()
            .map(|row| Some(row.each?.times(count(row))))
            .sum()
    };
    let stops_at = stops_at(spec.stops, now);
    let until_stop = |stop: Timestamp| -> Option<MicroUsd> {
        let of = |row: &QuoteRow| Some(cost(now, stop, row.each?).times(row.count_max));
        rows.iter().map(of).sum()
    };
    Quote {
        from_start: sum(|row| row.count_min),
        at_most: sum(|row| row.count_max),
        until_stop_at_most: stops_at.and_then(until_stop),
        stops_at,
        unknown: rows
            .iter()
            .filter(|row| row.each.is_none())
            .map(|row| row.what)
            .collect(),
        priced_at: catalog.read_at,
        rows,
    }
}

fn rows(spec: &Spec, catalog: &Catalog) -> Vec<QuoteRow> {
    let one = |what, each| QuoteRow {
        what,
        instance_type: None,
        count_min: 1,
        count_max: 1,
        each,
    };
    let free = Some(Price::default());
    let pool = |what, instance_type: &str, count_min, count_max| QuoteRow {
        what,
        instance_type: Some(instance_type.to_owned()),
        count_min,
        count_max,
        each: catalog.price(instance_type, &spec.region),
    };
    let ha = if spec.ha {
        catalog.ha_price_in(&spec.region)
    } else {
        free
    };
    let gpu_max = spec.gpu_max.max(spec.gpu_count);
    let mut rows = vec![
        one(Quoted::ControlPlane, ha),
        pool(Quoted::GpuPool, &spec.gpu_type, spec.gpu_count, gpu_max),
    ];
    if let Some(system) = &spec.system_pool {
        let count = system.count;
        rows.push(pool(
            Quoted::SystemPool,
            &system.instance_type,
            count,
            count,
        ));
    }
    rows.push(one(Quoted::Firewall, free));
    rows.push(one(Quoted::AccessList, free));
    rows
}

/// When something that is created at `created` stops by itself.
pub fn stops_at(stops: Stops, created: Timestamp) -> Option<Timestamp> {
    match stops {
        Stops::Never => None,
        Stops::AfterMinutes(minutes) => created
            .checked_add(SignedDuration::from_mins(i64::from(minutes)))
            .ok(),
        Stops::At(at) => Some(at),
    }
}

impl Quote {
    /// The row of a kind of thing.
    pub fn row(&self, what: Quoted) -> Option<&QuoteRow> {
        self.rows.iter().find(|row| row.what == what)
    }
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]
mod tests {
    use super::*;
    use crate::rules::example::{NOW, catalog};
    use expect_test::{Expect, expect};
    use std::fmt::Write as _;

    fn usd(amount: MicroUsd) -> String {
        format!(
            "${}.{:03}",
            amount.0 / 1_000_000,
            amount.0 % 1_000_000 / 1_000
        )
    }

    fn check(change: impl FnOnce(&mut Spec, &mut Catalog), expected: &Expect) {
        let (mut spec, mut catalog) = (Spec::for_user("ada"), catalog());
        change(&mut spec, &mut catalog);
        let quote = quote(&spec, &catalog, NOW.parse().unwrap());
        let price = |price: Option<Price>| {
            price.map_or_else(
                || "unknown".to_owned(),
                |price| format!("{}/h {}/mo", usd(price.hour), usd(price.month)),
            )
        };
        let mut said = format!(
            "from the start {}\nat most {}\nuntil it stops {}\n",
            price(quote.from_start),
            price(quote.at_most),
            quote.until_stop_at_most.map_or_else(|| "-".to_owned(), usd),
        );
        for row in &quote.rows {
            let QuoteRow {
                what,
                count_min,
                count_max,
                each,
                ..
            } = row;
            writeln!(said, "{what:?} {count_min}..{count_max} x {}", price(*each)).unwrap();
        }
        expected.assert_eq(&said);
    }

    #[test]
    fn the_reference_cluster_costs_what_the_price_list_says() {
        check(
            |_, _| {},
            &expect![[r#"
                from the start $0.646/h $434.000/mo
                at most $2.726/h $1834.000/mo
                until it stops -
                ControlPlane 1..1 x $0.090/h $60.000/mo
                GpuPool 1..5 x $0.520/h $350.000/mo
                SystemPool 1..1 x $0.036/h $24.000/mo
                Firewall 1..1 x $0.000/h $0.000/mo
                AccessList 1..1 x $0.000/h $0.000/mo
            "#]],
        );
    }

    #[test]
    fn until_it_stops_counts_started_hours_of_everything() {
        check(
            |spec, _| spec.stops = Stops::AfterMinutes(61),
            &expect![[r#"
                from the start $0.646/h $434.000/mo
                at most $2.726/h $1834.000/mo
                until it stops $5.452
                ControlPlane 1..1 x $0.090/h $60.000/mo
                GpuPool 1..5 x $0.520/h $350.000/mo
                SystemPool 1..1 x $0.036/h $24.000/mo
                Firewall 1..1 x $0.000/h $0.000/mo
                AccessList 1..1 x $0.000/h $0.000/mo
            "#]],
        );
    }

    #[test]
    fn without_high_availability_and_system_pool_only_the_gpu_costs() {
        check(
            |spec, _| {
                spec.ha = false;
                spec.system_pool = None;
            },
            &expect![[r#"
                from the start $0.520/h $350.000/mo
                at most $2.600/h $1750.000/mo
                until it stops -
                ControlPlane 1..1 x $0.000/h $0.000/mo
                GpuPool 1..5 x $0.520/h $350.000/mo
                Firewall 1..1 x $0.000/h $0.000/mo
                AccessList 1..1 x $0.000/h $0.000/mo
            "#]],
        );
    }

    #[test]
    fn a_region_with_its_own_price_is_quoted_at_it() {
        check(
            |spec, catalog| {
                spec.region = "id-cgk".to_owned();
                catalog.types[0].region_prices = vec![(
                    "id-cgk".to_owned(),
                    Price {
                        hour: MicroUsd(624_000),
                        month: MicroUsd(420_000_000),
                    },
                )];
            },
            &expect![[r#"
                from the start $0.750/h $504.000/mo
                at most $3.246/h $2184.000/mo
                until it stops -
                ControlPlane 1..1 x $0.090/h $60.000/mo
                GpuPool 1..5 x $0.624/h $420.000/mo
                SystemPool 1..1 x $0.036/h $24.000/mo
                Firewall 1..1 x $0.000/h $0.000/mo
                AccessList 1..1 x $0.000/h $0.000/mo
            "#]],
        );
    }

    #[test]
    fn an_unknown_price_leaves_the_sums_unknown() {
        check(
            |spec, catalog| {
                spec.stops = Stops::AfterMinutes(240);
                catalog.types[0].price = None;
            },
            &expect![[r#"
                from the start unknown
                at most unknown
                until it stops -
                ControlPlane 1..1 x $0.090/h $60.000/mo
                GpuPool 1..5 x unknown
                SystemPool 1..1 x $0.036/h $24.000/mo
                Firewall 1..1 x $0.000/h $0.000/mo
                AccessList 1..1 x $0.000/h $0.000/mo
            "#]],
        );
    }
}
