//! What things have cost and cost now, by Linode's rule: started hours for each thing on its own,
//! capped in each calendar month (UTC, as invoices are) at the monthly price.
//!
//! A pure fold of births, deaths and prices. What has no known price makes the sums unknown; it is
//! never counted as free.

use crate::money::{MicroUsd, Price};
use crate::view::{SpendPart, SpendPoint, SpendSeries};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One thing that costs, from birth to death.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billed {
    /// To which series it belongs.
    pub series: SpendSeries,
    /// Since when it costs.
    pub born: Timestamp,
    /// Until when it did; `None`: it still does.
    pub died: Option<Timestamp>,
    /// What it costs; `None`: unknown.
    pub price: Option<Price>,
}

/// What things have cost and cost now. A sum is `None` when a price in it is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spend {
    /// Now, an hour.
    pub rate: Option<MicroUsd>,
    /// From the first birth until now.
    pub so_far: Option<MicroUsd>,
    /// In this calendar month until now.
    pub this_month: Option<MicroUsd>,
    /// In this calendar month, if everything alive stays until its end.
    pub month_at_this_rate: Option<MicroUsd>,
    /// What is alive, by series.
    pub parts: Vec<SpendPart>,
    /// The first birth.
    pub since: Option<Timestamp>,
    /// The rate over time: each point holds until the next.
    pub points: Vec<SpendPoint>,
    /// The series in which a price is unknown.
    pub unknown: Vec<SpendSeries>,
}

/// Folds things into what they have cost until `now`.
pub fn spend(things: &[Billed], now: Timestamp) -> Spend {
    let alive: Vec<&Billed> = things.iter().filter(|one| one.is_alive(now)).collect();
    let (month_start, month_end) = (month_start(now), month_end(now));
    let mut unknown: Vec<SpendSeries> = things
        .iter()
        .filter(|one| one.price.is_none())
        .map(|one| one.series)
        .collect();
    unknown.sort_unstable();
    unknown.dedup();
    Spend {
        rate: alive
            .iter()
            .map(|one| one.price.map(|price| price.hour))
            .sum(),
        so_far: things.iter().map(|one| one.cost(Timestamp::MIN, now)).sum(),
        this_month: things.iter().map(|one| one.cost(month_start, now)).sum(),
        month_at_this_rate: things
            .iter()
            .map(|one| one.cost(month_start, if one.is_alive(now) { month_end } else { now }))
            .sum(),
        parts: parts(&alive),
        since: things.iter().map(|one| one.born).min(),
        points: points(things, now),
        unknown,
    }
}

impl Billed {
    fn is_alive(&self, now: Timestamp) -> bool {
        self.born <= now && self.died.is_none_or(|died| died > now)
    }

    /// What it cost in the months from `from` on (the start of a month) until `until`.
    fn cost(&self, from: Timestamp, until: Timestamp) -> Option<MicroUsd> {
        let price = self.price?;
        let until = self.died.unwrap_or(until).min(until);
        Some(
            months(self.born, until)
                .filter(|(month, _)| *month >= from)
                .map(|(_, hours)| capped(price, hours))
                .sum(),
        )
    }
}

/// What one thing costs from its birth until `until`.
pub fn cost(born: Timestamp, until: Timestamp, price: Price) -> MicroUsd {
    months(born, until)
        .map(|(_, hours)| capped(price, hours))
        .sum()
}

/// A price without a monthly figure has no cap.
fn capped(price: Price, hours: i64) -> MicroUsd {
    let hourly = MicroUsd(price.hour.0.saturating_mul(hours));
    if price.month == MicroUsd::ZERO {
        hourly
    } else {
        hourly.min(price.month)
    }
}

/// The calendar months of a life: each month's start and its started hours. Even what dies at once
/// was one started hour.
fn months(born: Timestamp, until: Timestamp) -> impl Iterator<Item = (Timestamp, i64)> {
    const HOUR_MS: i64 = 3_600_000;
    let mut next = Some(born);
    std::iter::from_fn(move || {
        let from = next?;
        let end = month_end(from).min(until);
        let ms = end
            .as_millisecond()
            .saturating_sub(from.as_millisecond())
            .max(0);
        next = (end < until).then_some(end);
        Some((
            month_start(from),
            (ms + HOUR_MS - 1).div_euclid(HOUR_MS).max(1),
        ))
    })
}

fn month_start(at: Timestamp) -> Timestamp {
    let utc = at.to_zoned(TimeZone::UTC);
    utc.first_of_month()
        .and_then(|day| day.start_of_day())
        .map_or(Timestamp::MIN, |start| start.timestamp())
}

/// The end of the calendar month (UTC) in which a time lies.
fn month_end(at: Timestamp) -> Timestamp {
    month_start(at)
        .to_zoned(TimeZone::UTC)
        .checked_add(1.month())
        .map_or(Timestamp::MAX, |next| next.timestamp())
}

fn parts(alive: &[&Billed]) -> Vec<SpendPart> {
    let mut by_series: BTreeMap<SpendSeries, SpendPart> = BTreeMap::new();
    for one in alive {
        let part = by_series.entry(one.series).or_insert(SpendPart {
            series: one.series,
            count: 0,
            price: Some(Price::default()),
        });
        part.count += 1;
        part.price = part.price.zip(one.price).map(|(all, price)| all + price);
    }
    by_series.into_values().collect()
}

/// One point at each birth and death until now; a series with an unknown price in it has no rate.
fn points(things: &[Billed], now: Timestamp) -> Vec<SpendPoint> {
    let mut times: Vec<Timestamp> = things
        .iter()
        .flat_map(|one| [Some(one.born), one.died])
        .flatten()
        .filter(|at| *at <= now)
        .collect();
    times.sort_unstable();
    times.dedup();
    times
        .into_iter()
        .map(|at| {
            let alive: Vec<&Billed> = things.iter().filter(|one| one.is_alive(at)).collect();
            let rates = parts(&alive)
                .into_iter()
                .filter_map(|part| Some((part.series, part.price?.hour)))
                .collect();
            SpendPoint {
                at,
                seen: true,
                rates,
            }
        })
        .collect()
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use std::fmt::Write as _;

    const GPU: Price = Price {
        hour: MicroUsd(520_000),
        month: MicroUsd(350_000_000),
    };
    const HA: Price = Price {
        hour: MicroUsd(90_000),
        month: MicroUsd(60_000_000),
    };

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn gpu(born: &str, died: Option<&str>) -> Billed {
        Billed {
            series: SpendSeries::Gpu,
            born: at(born),
            died: died.map(at),
            price: Some(GPU),
        }
    }

    fn usd(amount: Option<MicroUsd>) -> String {
        amount.map_or_else(
            || "unknown".to_owned(),
            |MicroUsd(micro)| format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000),
        )
    }

    fn check(things: &[Billed], now: &str, expected: &Expect) {
        let spend = spend(things, at(now));
        let mut said = format!(
            "rate {} so far {} this month {} at this rate {}\n",
            usd(spend.rate),
            usd(spend.so_far),
            usd(spend.this_month),
            usd(spend.month_at_this_rate)
        );
        for part in &spend.parts {
            let hour = usd(part.price.map(|price| price.hour));
            writeln!(said, "{:?} x {} {hour}", part.series, part.count).unwrap();
        }
        for point in &spend.points {
            let rates: Vec<String> = point
                .rates
                .iter()
                .map(|(series, rate)| format!("{series:?} {}", usd(Some(*rate))))
                .collect();
            writeln!(said, "{} {}", point.at, rates.join(", ")).unwrap();
        }
        expected.assert_eq(&said);
    }

    #[test]
    fn a_started_hour_counts_in_full_for_each_thing_on_its_own() {
        check(
            &[
                gpu("2026-11-23T10:30:00Z", None),
                gpu("2026-11-23T10:50:00Z", Some("2026-11-23T11:00:00Z")),
            ],
            "2026-11-23T11:30:01Z",
            &expect![[r#"
                rate 0.520000 so far 1.560000 this month 1.560000 at this rate 95.160000
                Gpu x 1 0.520000
                2026-11-23T10:30:00Z Gpu 0.520000
                2026-11-23T10:50:00Z Gpu 1.040000
                2026-11-23T11:00:00Z Gpu 0.520000
            "#]],
        );
    }

    #[test]
    fn what_dies_at_once_was_one_started_hour() {
        let born = at("2026-11-23T10:30:00Z");
        assert_eq!(cost(born, born, GPU), GPU.hour);
    }

    #[test]
    fn each_calendar_month_costs_at_most_the_monthly_price() {
        let (born, next) = (at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z"));
        assert_eq!(cost(born, next, GPU), GPU.month);
        assert_eq!(
            cost(born, at("2026-12-01T01:00:00Z"), GPU),
            MicroUsd(350_520_000)
        );
        let uncapped = Price {
            month: MicroUsd::ZERO,
            ..GPU
        };
        assert_eq!(cost(born, next, uncapped), MicroUsd(720 * 520_000));
    }

    #[test]
    fn this_month_begins_at_its_first_midnight() {
        check(
            &[
                gpu("2026-10-01T00:00:00Z", None),
                gpu("2026-10-31T23:30:00Z", None),
            ],
            "2026-11-01T00:30:00Z",
            &expect![[r#"
                rate 1.040000 so far 351.560000 this month 1.040000 at this rate 700.000000
                Gpu x 2 1.040000
                2026-10-01T00:00:00Z Gpu 0.520000
                2026-10-31T23:30:00Z Gpu 1.040000
            "#]],
        );
    }

    #[test]
    fn an_unknown_price_makes_the_sums_unknown_and_never_free() {
        let ha = Billed {
            series: SpendSeries::ControlPlane,
            price: Some(HA),
            ..gpu(BORN, None)
        };
        check(
            &[
                Billed {
                    price: None,
                    ..gpu(BORN, None)
                },
                ha,
            ],
            "2026-11-23T11:00:00Z",
            &expect![[r#"
                rate unknown so far unknown this month unknown at this rate unknown
                Gpu x 1 unknown
                ControlPlane x 1 0.090000
                2026-11-23T10:00:00Z ControlPlane 0.090000
            "#]],
        );
    }
    const BORN: &str = "2026-11-23T10:00:00Z";

    #[test]
    fn nothing_costs_nothing() {
        check(
            &[],
            BORN,
            &expect![[r#"
                rate 0.000000 so far 0.000000 this month 0.000000 at this rate 0.000000
            "#]],
        );
    }
}
