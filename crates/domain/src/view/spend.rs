//! What a deployment costs.

use crate::money::{MicroUsd, Price};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a deployment costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SpendRow {
    /// Now, an hour; `null`: a price is unknown.
    pub rate: Option<MicroUsd>,
    /// The least that the autoscaler can reach, an hour.
    pub at_least: Option<MicroUsd>,
    /// The most that the autoscaler can reach, an hour.
    pub at_most: Option<MicroUsd>,
    /// So far, by Linode's rule: started hours, capped at the monthly price.
    pub so_far: Option<MicroUsd>,
    /// In this calendar month (UTC, as invoices are) so far.
    pub month_so_far: Option<MicroUsd>,
    /// This month at this rate, capped.
    pub month: Option<MicroUsd>,
    /// From which sum in a month on a person wants to be warned.
    pub budget: Option<MicroUsd>,
    /// What it is made of.
    pub parts: Vec<SpendPart>,
    /// Since when it costs.
    #[ts(type = "string | null")]
    pub since: Option<Timestamp>,
    /// The rate over time: each point holds until the next. What nobody saw has no rates.
    pub points: Vec<SpendPoint>,
}

/// One row of the cost table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SpendPart {
    /// Which series.
    pub series: SpendSeries,
    /// How many.
    pub count: u32,
    /// All of them, an hour and a month; `null`: unknown.
    pub price: Option<Price>,
}

/// The series of the cost chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SpendSeries {
    /// GPU nodes.
    Gpu,
    /// The highly available control plane.
    ControlPlane,
    /// System nodes.
    System,
    /// NodeBalancers.
    NodeBalancer,
    /// Volumes.
    Volume,
}

/// A point of the cost chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SpendPoint {
    /// From when.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// Whether it was looked at: `false`: from then until the next point nobody did.
    pub seen: bool,
    /// Rate of each series that has one.
    pub rates: Vec<(SpendSeries, MicroUsd)>,
}
