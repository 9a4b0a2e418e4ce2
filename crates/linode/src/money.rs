//! Prices as Linode writes them, into whole micro-dollars, digit by digit.

use domain::{MicroUsd, Price};
use serde::Deserialize;
use serde_json::Number;

/// `{"hourly": 0.52, "monthly": 350.0}`; numbers may be null.
#[derive(Deserialize, Clone)]
pub(crate) struct WirePrice {
    #[serde(default)]
    pub(crate) hourly: Option<Number>,
    #[serde(default)]
    pub(crate) monthly: Option<Number>,
}

impl WirePrice {
    /// The price; `None` when a part is missing or 0, which never means free.
    pub(crate) fn known(&self) -> Option<Price> {
        let part = |number: &Option<Number>| {
            number
                .as_ref()
                .and_then(|one| micro_usd(&one.to_string()))
                .filter(|one| one.0 > 0)
        };
        Some(Price {
            hour: part(&self.hourly)?,
            month: part(&self.monthly)?,
        })
    }
}

/// Decimal text such as `0.00015`, `350` or `1.5e-4` in millionths, rounded half up below that;
/// `None` when it is negative, no number, or beyond all reason.
pub(crate) fn micro_usd(text: &str) -> Option<MicroUsd> {
    let lower = text.to_ascii_lowercase();
    let (digits, exponent) = match lower.split_once('e') {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (lower.as_str(), 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all: String = format!("{whole}{fraction}");
    if all.is_empty() || all.len() > 30 || !all.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value: i128 = all.parse().ok()?;
    // value * 10^shift is the amount in millionths.
    let shift = exponent
        .checked_add(6)?
        .checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let power = 10_i128.checked_pow(shift.unsigned_abs());
    let micro = if shift >= 0 {
        value.checked_mul(power?)?
    } else {
        power.map_or(0, |power| (value + power / 2) / power)
    };
    i64::try_from(micro).ok().map(MicroUsd)
}
