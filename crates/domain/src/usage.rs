//! How much of its GPUs a node really uses: what NVIDIA's exporter tells of each, the last day of
//! it, and since when a GPU that is paid for does nothing.
//!
//! Deliberately absent: a guess for the time in which nobody looked. It is no idle time, and in the
//! line of a day it is a gap.

mod read;
#[cfg(test)]
mod tests;

pub use read::{TEXT_BYTES_MAX, read};

use crate::money::MicroUsd;
use crate::watched::APART_MAX;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A GPU below this is idle, in percent.
pub const IDLE_BELOW: u8 = 5;
/// It is called so after this long.
pub const IDLE_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// Readings of a node are at least this far apart: of looks, of which one comes each minute, those
/// that follow closer read nothing.
pub const APART_MIN: SignedDuration = SignedDuration::from_secs(45);
/// So much is kept.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// No day has more readings, whatever a file says.
const READINGS_MAX: usize = 24 * 60 * 60 / 45;
/// The line of a day has a point for each quarter of an hour.
pub const POINT: SignedDuration = SignedDuration::from_mins(15);
/// How many.
pub const POINTS: usize = 96;

/// One GPU, as the exporter tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardUse {
    /// Its number on the node.
    pub card: u8,
    /// How much of the time it computed, in percent.
    pub percent: u8,
    /// Its memory that is taken, in MiB.
    pub memory_mib: Option<u32>,
    /// All its memory that can be given, in MiB.
    pub memory_all_mib: Option<u32>,
    /// How warm it is.
    pub celsius: Option<u8>,
}

/// The GPUs of one node, by its name in Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeUse {
    /// The node.
    pub node: String,
    /// Its GPUs, by their numbers.
    pub cards: Vec<CardUse>,
}

/// How much each GPU of a node computed when it was read: number and percent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Reading(Timestamp, Vec<(u8, u8)>);

impl Reading {
    fn percent(&self, card: u8) -> Option<u8> {
        let of_it = self.1.iter().find(|(one, _)| *one == card);
        of_it.map(|(_, percent)| *percent)
    }
}

/// The last day of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// What was read last, whole.
    last: Vec<CardUse>,
    /// Oldest first.
    readings: Vec<Reading>,
}

/// A GPU that does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idle {
    /// Its number on the node.
    pub card: u8,
    /// The first of the readings in a row that found it so.
    pub since: Timestamp,
    /// The last.
    pub until: Timestamp,
}

impl Day {
    /// When it was read last.
    pub fn last_at(&self) -> Option<Timestamp> {
        self.readings.last().map(|one| one.0)
    }

    /// What was read last, unless that is too long ago to be called now.
    pub fn now(&self, now: Timestamp) -> Option<&[CardUse]> {
        let fresh = now.duration_since(self.last_at()?).abs() <= APART_MAX;
        (fresh && !self.last.is_empty()).then_some(&self.last)
    }

    fn saw(&mut self, at: Timestamp, cards: &[CardUse]) {
        // A reading of the future is none: the wall clock was turned back since.
        self.readings.retain(|one| one.0 <= at);
        let near = |last: Timestamp| at.duration_since(last) < APART_MIN;
        if cards.is_empty() || self.last_at().is_some_and(near) {
            return;
        }
        cards.clone_into(&mut self.last);
        let percents = cards.iter().map(|one| (one.card, one.percent)).collect();
        self.readings.push(Reading(at, percents));
        self.forget();
    }

    /// What another process read too.
    fn join(&mut self, other: &Self) {
        if other.last_at() > self.last_at() {
            self.last.clone_from(&other.last);
        }
        self.readings.extend_from_slice(&other.readings);
        self.readings.sort_by_key(|one| one.0);
        self.readings
            .dedup_by(|one, before| one.0.duration_since(before.0) < APART_MIN);
        self.forget();
    }

    fn forget(&mut self) {
        let Some(last) = self.last_at() else { return };
        let young = |one: &Reading| last.duration_since(one.0) < DAY;
        let first = self.readings.partition_point(|one| !young(one));
        let first = first.max(self.readings.len().saturating_sub(READINGS_MAX));
        self.readings.drain(..first);
    }

    /// The GPUs that have done nothing for [`IDLE_AFTER`] and do nothing now, as far as that was
    /// seen: a time in which nobody looked ends what was before it.
    pub fn idle(&self, now: Timestamp) -> Vec<Idle> {
        let Some(until) = self.now(now).and_then(|_| self.last_at()) else {
            return Vec::new();
        };
        let since = |card: u8| {
            let mut since = until;
            for one in self.readings.iter().rev() {
                let idle = one
                    .percent(card)
                    .is_some_and(|percent| percent < IDLE_BELOW);
                if !idle || since.duration_since(one.0) > APART_MAX {
                    break;
                }
                since = one.0;
            }
            since
        };
        let each = self.last.iter().map(|one| Idle {
            card: one.card,
            since: since(one.card),
            until,
        });
        each.filter(|one| one.until.duration_since(one.since) >= IDLE_AFTER)
            .collect()
    }

    /// The mean of all GPUs for each quarter of an hour of the day before and with `now`, oldest
    /// first; `None`: nobody looked.
    pub fn points(&self, now: Timestamp) -> Vec<Option<u8>> {
        let quarter = |at: Timestamp| at.as_second().div_euclid(POINT.as_secs());
        let mut sums = vec![(0_u64, 0_u64); POINTS];
        for one in &self.readings {
            let back = quarter(now) - quarter(one.0);
            let place = usize::try_from(back).ok();
            let place = place.and_then(|back| POINTS.checked_sub(back + 1));
            if let Some((sum, count)) = place.and_then(|place| sums.get_mut(place)) {
                *sum += one
                    .1
                    .iter()
                    .map(|(_, percent)| u64::from(*percent))
                    .sum::<u64>();
                *count += one.1.len() as u64;
            }
        }
        sums.into_iter()
            .map(|(sum, count)| mean(sum, count))
            .collect()
    }
}

/// Rounded to the next whole.
fn mean(sum: u64, count: u64) -> Option<u8> {
    let mean = (sum * 2 + count).checked_div(count * 2)?;
    u8::try_from(mean).ok()
}

/// The mean of GPUs, in percent.
pub fn mean_percent(cards: &[CardUse]) -> Option<u8> {
    let sum = cards.iter().map(|one| u64::from(one.percent)).sum();
    mean(sum, cards.len() as u64)
}

/// What a node's idle GPUs have cost: of its price an hour the part of each, for as long as it did
/// nothing.
pub fn cost(hour: MicroUsd, cards: usize, idle: &[Idle]) -> MicroUsd {
    let seconds = idle
        .iter()
        .map(|one| one.until.duration_since(one.since).as_secs());
    let seconds: i128 = seconds.map(i128::from).sum();
    let whole = i128::from(hour.0) * seconds;
    let cost = whole.checked_div(3600 * cards as i128).unwrap_or_default();
    MicroUsd(i64::try_from(cost).unwrap_or(i64::MAX))
}

/// The last day of the nodes of a deployment, by their names in Kubernetes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Usage {
    nodes: BTreeMap<String, Day>,
}

impl Usage {
    /// What was read of nodes then. One of which nothing was read for a day is gone.
    pub fn saw(&mut self, at: Timestamp, nodes: &[NodeUse]) {
        for one in nodes {
            let day = self.nodes.entry(one.node.clone()).or_default();
            day.saw(at, &one.cards);
        }
        let of_this_day = |last: Timestamp| last <= at && at.duration_since(last) < DAY;
        self.nodes
            .retain(|_, day| day.last_at().is_some_and(of_this_day));
    }

    /// What another process saw was seen too.
    pub fn saw_all(&mut self, other: &Self) {
        for (node, day) in &other.nodes {
            self.nodes.entry(node.clone()).or_default().join(day);
        }
    }

    /// When anything was read last.
    pub fn last(&self) -> Option<Timestamp> {
        self.nodes.values().filter_map(Day::last_at).max()
    }

    /// Whether it is time to read anew.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let near = |last| now.duration_since(last).abs() < APART_MIN;
        !self.last().is_some_and(near)
    }

    /// The day of one node.
    pub fn of(&self, node: &str) -> Option<&Day> {
        self.nodes.get(node)
    }
}
