//! What the catalog says now: its prices and versions, as they have changed since it was written.

use serde_json::{Value, json};

use crate::catalog::{Price, VERSIONS};
use crate::store::World;

impl World {
    /// What something costs that is made now.
    pub(crate) fn price_now(&self, price: Price) -> Price {
        let permille = i64::try_from(self.price_permille).unwrap_or(i64::MAX);
        let now = |micro: i64| micro.saturating_mul(permille) / 1000;
        Price {
            hour: now(price.hour),
            month: now(price.month),
        }
    }

    /// The same for the rows of a catalog's reply.
    pub(crate) fn prices_now(&self, mut rows: Vec<Value>) -> Vec<Value> {
        if self.price_permille != 1000 {
            let factor = self.price_permille as f64 / 1000.0;
            for row in &mut rows {
                dearer(row, factor);
            }
        }
        rows
    }

    /// Kubernetes versions of the standard tier, newest first.
    pub(crate) fn versions_on_offer(&self) -> Vec<&'static str> {
        let offered = |one: &&&str| !self.retired.contains(**one);
        VERSIONS.iter().filter(offered).copied().collect()
    }
}

fn dearer(value: &mut Value, factor: f64) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value.as_f64()) {
                    ("hourly" | "monthly", Some(dollars)) => {
                        // To the micro-dollar, as prices are kept.
                        *value = json!((dollars * factor * 1e6).round() / 1e6);
                    }
                    _ => dearer(value, factor),
                }
            }
        }
        Value::Array(rows) => {
            for row in rows {
                dearer(row, factor);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
