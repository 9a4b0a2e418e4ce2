//! What exists and what it costs: births, deaths, rates. The twin's own truth, against which the
//! app's inventory and spend are held.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::catalog::Price;
use crate::switches::Billing;

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// An LKE cluster; free.
    Cluster,
    /// The highly available control plane of a cluster, under the cluster's id.
    ControlPlane,
    /// A compute instance.
    Linode,
    /// A NodeBalancer.
    Nodebalancer,
    /// A block storage volume.
    Volume,
    /// A Cloud Firewall; free.
    Firewall,
}

/// One thing, from birth to death.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    /// What it is.
    pub kind: Kind,
    /// Linode's id of it.
    pub id: u64,
    /// Its label now.
    pub label: String,
    /// Its tags now.
    pub tags: Vec<String>,
    /// The account that pays.
    pub account: String,
    /// The cluster that it belongs to, if any.
    pub cluster: Option<u64>,
    /// Where it is; `None` for what is in no region.
    #[serde(default)]
    pub region: Option<String>,
    /// When it began to cost.
    pub born: Timestamp,
    /// When it ceased to.
    pub died: Option<Timestamp>,
    /// Micro-dollars per hour.
    pub rate_micro_usd_hour: i64,
    /// Micro-dollars per calendar month at most; 0 means no cap.
    pub cap_micro_usd_month: i64,
}

/// All rows, in the order of birth.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ledger {
    rows: Vec<Row>,
}

impl Ledger {
    /// Something begins to exist.
    pub(crate) fn birth(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// It ceases to. Unknown or dead: nothing happens.
    pub(crate) fn death(&mut self, kind: Kind, id: u64, at: Timestamp) {
        if let Some(row) = self.alive_mut(kind, id) {
            row.died = Some(at);
        }
    }

    /// It is called otherwise from now on.
    pub(crate) fn rename(&mut self, kind: Kind, id: u64, label: &str, tags: &[String]) {
        if let Some(row) = self.alive_mut(kind, id) {
            label.clone_into(&mut row.label);
            row.tags = tags.to_vec();
        }
    }

    fn alive_mut(&mut self, kind: Kind, id: u64) -> Option<&mut Row> {
        self.rows
            .iter_mut()
            .find(|row| row.kind == kind && row.id == id && row.died.is_none())
    }

    /// What all rows together cost until `now`, in micro-dollars.
    pub(crate) fn spend(&self, now: Timestamp, billing: Billing) -> i64 {
        self.rows.iter().map(|row| cost(row, now, billing)).sum()
    }

    /// What an account pays for, by the beginning of the calendar month; the last month may still
    /// run. What is free is left out.
    pub(crate) fn months(
        &self,
        account: &str,
        now: Timestamp,
        billing: Billing,
    ) -> BTreeMap<Timestamp, Vec<(&Row, Share)>> {
        let mut months: BTreeMap<Timestamp, Vec<(&Row, Share)>> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| row.account == account) {
            for share in shares(row, now, billing) {
                if share.micro_usd > 0 {
                    let month = months.entry(month_start(share.from)).or_default();
                    month.push((row, share));
                }
            }
        }
        months
    }

    /// The reply of `/_demo/ledger`.
    pub(crate) fn reply(&self, now: Timestamp, billing: Billing) -> Value {
        let (alive, dead): (Vec<&Row>, Vec<&Row>) =
            self.rows.iter().partition(|row| row.died.is_none());
        let rows = |rows: Vec<&Row>| -> Vec<Value> {
            rows.into_iter()
                .map(|row| self::reply(row, now, billing))
                .collect()
        };
        json!({
            "alive": rows(alive), "dead": rows(dead),
            "spend_micro_usd": self.spend(now, billing), "now": now,
        })
    }
}

fn reply(row: &Row, now: Timestamp, billing: Billing) -> Value {
    let mut reply = json!({
        "kind": row.kind, "id": row.id, "label": row.label, "tags": row.tags, "born": row.born,
        "rate_micro_usd_hour": row.rate_micro_usd_hour,
        "cap_micro_usd_month": row.cap_micro_usd_month,
        "spend_micro_usd": cost(row, now, billing),
        "account": row.account, "cluster": row.cluster,
    });
    if let (Some(died), Some(fields)) = (row.died, reply.as_object_mut()) {
        fields.insert("died".to_owned(), json!(died));
    }
    reply
}

impl Row {
    /// A row born now at this price.
    pub(crate) fn new(kind: Kind, id: u64, label: &str, account: &str, born: Timestamp) -> Self {
        Self {
            kind,
            id,
            label: label.to_owned(),
            tags: Vec::new(),
            account: account.to_owned(),
            cluster: None,
            region: None,
            born,
            died: None,
            rate_micro_usd_hour: 0,
            cap_micro_usd_month: 0,
        }
    }

    /// With these tags.
    pub(crate) fn tagged(mut self, tags: &[String]) -> Self {
        self.tags = tags.to_vec();
        self
    }

    /// At this price.
    pub(crate) fn priced(mut self, price: Price) -> Self {
        self.rate_micro_usd_hour = price.hour;
        self.cap_micro_usd_month = price.month;
        self
    }

    /// In this region.
    pub(crate) fn placed(mut self, region: &str) -> Self {
        self.region = Some(region.to_owned());
        self
    }

    /// As a part of this cluster.
    pub(crate) fn of(mut self, cluster: Option<u64>) -> Self {
        self.cluster = cluster;
        self
    }
}

/// What a row costs in one calendar month (UTC, as invoices are).
pub(crate) struct Share {
    /// Its birth, or the month's beginning.
    pub from: Timestamp,
    /// Its death, the month's end, or now.
    pub to: Timestamp,
    /// Started ones.
    pub hours: i64,
    /// At most the monthly price.
    pub micro_usd: i64,
}

fn cost(row: &Row, now: Timestamp, billing: Billing) -> i64 {
    shares(row, now, billing)
        .iter()
        .map(|share| share.micro_usd)
        .sum()
}

/// Month by month: the hours of that month, started ones whole, at most the monthly price.
fn shares(row: &Row, now: Timestamp, billing: Billing) -> Vec<Share> {
    const HOUR_MS: i64 = 3_600_000;
    let until = row.died.unwrap_or(now).min(now);
    let mut from = row.born;
    let mut shares = Vec::new();
    loop {
        let end = month_end(from).min(until);
        let ms = end
            .as_millisecond()
            .saturating_sub(from.as_millisecond())
            .max(0);
        // Even what dies at once was one started hour.
        let hours = (ms + HOUR_MS - 1).div_euclid(HOUR_MS).max(1);
        let month = match billing {
            Billing::StartedHour => row.rate_micro_usd_hour * hours,
            Billing::Exact => {
                let exact = i128::from(row.rate_micro_usd_hour) * i128::from(ms);
                i64::try_from(exact / i128::from(HOUR_MS)).unwrap_or(i64::MAX)
            }
        };
        let micro_usd = if row.cap_micro_usd_month > 0 {
            month.min(row.cap_micro_usd_month)
        } else {
            month
        };
        shares.push(Share {
            from,
            to: end,
            hours,
            micro_usd,
        });
        if end >= until {
            return shares;
        }
        from = end;
    }
}

fn month_start(at: Timestamp) -> Timestamp {
    let utc = at.to_zoned(TimeZone::UTC);
    let first = utc.first_of_month().and_then(|day| day.start_of_day());
    first.map_or(Timestamp::MIN, |start| start.timestamp())
}

/// Of the month that `at` is in: the beginning of the next.
pub(crate) fn month_end(at: Timestamp) -> Timestamp {
    month_start(at)
        .to_zoned(TimeZone::UTC)
        .checked_add(1.month())
        .map_or(Timestamp::MAX, |next| next.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn check(born: &str, until: &str, billing: Billing, price: (i64, i64), micro: i64) {
        let mut ledger = Ledger::default();
        let price = Price {
            hour: price.0,
            month: price.1,
        };
        ledger.birth(Row::new(Kind::Linode, 1, "one", "default", at(born)).priced(price));
        ledger.death(Kind::Linode, 1, at(until));
        assert_eq!(ledger.spend(at("2027-06-01T00:00:00Z"), billing), micro);
    }

    const GPU: (i64, i64) = (520_000, 350_000_000);

    #[test]
    fn a_started_hour_costs_a_whole_hour() {
        let from = "2026-11-23T10:30:00Z";
        check(
            from,
            "2026-11-23T10:30:00Z",
            Billing::StartedHour,
            GPU,
            520_000,
        );
        check(
            from,
            "2026-11-23T11:30:00Z",
            Billing::StartedHour,
            GPU,
            520_000,
        );
        check(
            from,
            "2026-11-23T11:30:00.001Z",
            Billing::StartedHour,
            GPU,
            1_040_000,
        );
        check(from, "2026-11-23T10:45:00Z", Billing::Exact, GPU, 130_000);
    }

    #[test]
    fn a_month_costs_at_most_its_cap() {
        let started = Billing::StartedHour;
        check(
            "2026-11-01T00:00:00Z",
            "2026-12-01T00:00:00Z",
            started,
            GPU,
            350_000_000,
        );
        check(
            "2026-11-01T00:00:00Z",
            "2026-12-01T01:00:00Z",
            started,
            GPU,
            350_520_000,
        );
        check(
            "2026-11-01T00:00:00Z",
            "2026-11-03T00:00:00Z",
            started,
            (90_000, 0),
            4_320_000,
        );
    }

    #[test]
    fn ten_minutes_of_the_reference_cluster_cost_what_the_facts_say() {
        let mut ledger = Ledger::default();
        let born = at("2026-11-23T10:00:00Z");
        for (id, hour) in [(1, 520_000), (2, 36_000), (3, 90_000)] {
            let price = Price {
                hour,
                month: 350_000_000,
            };
            ledger.birth(Row::new(Kind::Linode, id, "one", "default", born).priced(price));
        }
        assert_eq!(
            ledger.spend(at("2026-11-23T10:10:00Z"), Billing::StartedHour),
            646_000
        );
    }
}
