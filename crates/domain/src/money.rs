//! Money in whole micro-dollars; no floats anywhere.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// An amount of US dollars in millionths: $0.52 is `MicroUsd(520_000)`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS,
)]
#[serde(transparent)]
#[ts(type = "number")]
pub struct MicroUsd(pub i64);

impl MicroUsd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// This amount `count` times.
    #[must_use]
    pub const fn times(self, count: u32) -> Self {
        Self(self.0 * count as i64)
    }
}

impl std::ops::Add for MicroUsd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl std::iter::Sum for MicroUsd {
    fn sum<I: Iterator<Item = Self>>(each: I) -> Self {
        each.fold(Self::ZERO, |all, one| all + one)
    }
}

/// What something costs: per started hour, and at most per calendar month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Price {
    /// Micro-dollars per started hour.
    pub hour: MicroUsd,
    /// The cap: micro-dollars per calendar month.
    pub month: MicroUsd,
}

impl Price {
    /// This price `count` times.
    #[must_use]
    pub const fn times(self, count: u32) -> Self {
        Self {
            hour: self.hour.times(count),
            month: self.month.times(count),
        }
    }
}

impl std::ops::Add for Price {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            hour: self.hour + other.hour,
            month: self.month + other.month,
        }
    }
}

impl std::iter::Sum for Price {
    fn sum<I: Iterator<Item = Self>>(each: I) -> Self {
        each.fold(Self::default(), |all, one| all + one)
    }
}
