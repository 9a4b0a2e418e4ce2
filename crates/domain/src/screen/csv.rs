//! The cost of a deployment as a table for a spreadsheet.

use crate::money::MicroUsd;
use crate::view::{SpendPoint, SpendSeries};
use std::fmt::Write as _;

/// The columns, by the names that stand in the first line.
const SERIES: [(SpendSeries, &str); 5] = [
    (SpendSeries::Gpu, "gpu_nodes"),
    (SpendSeries::ControlPlane, "control_plane"),
    (SpendSeries::System, "system_nodes"),
    (SpendSeries::NodeBalancer, "nodebalancers"),
    (SpendSeries::Volume, "volumes"),
];

/// A line for each change: from when, whether it was seen, and what each series costs an hour from
/// then on, in dollars. What nobody saw has no figures: a zero would say that it was free.
pub fn csv(label: &str, points: &[SpendPoint]) -> String {
    let names = SERIES.map(|(_, name)| format!("{name}_usd_per_hour"));
    let mut out = format!(
        "deployment,from,seen,{},total_usd_per_hour\r\n",
        names.join(",")
    );
    for point in points {
        let of = |series| {
            let rates = point.rates.iter().filter(|(one, _)| *one == series);
            rates.map(|(_, rate)| *rate).sum::<MicroUsd>()
        };
        let total = point.rates.iter().map(|(_, rate)| *rate).sum();
        let figure = |amount| {
            if point.seen {
                dollars(amount)
            } else {
                String::new()
            }
        };
        let cells = SERIES.map(|(series, _)| figure(of(series)));
        let _ = write!(
            out,
            "{},{},{},{},{}\r\n",
            cell(label),
            point.at,
            if point.seen { "yes" } else { "no" },
            cells.join(","),
            figure(total)
        );
    }
    out
}

/// A text as a cell. A spreadsheet runs what begins like a formula, so such a text gets a quote mark
/// before it.
fn cell(text: &str) -> String {
    let runs = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if runs {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

fn dollars(amount: MicroUsd) -> String {
    let sign = if amount.0 < 0 { "-" } else { "" };
    let micro = amount.0.unsigned_abs();
    format!("{sign}{}.{:06}", micro / 1_000_000, micro % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn each_change_is_a_line() {
        let point = |at: &str, gpu| SpendPoint {
            at: at.parse().unwrap(),
            seen: true,
            rates: vec![
                (SpendSeries::Gpu, MicroUsd(gpu)),
                (SpendSeries::ControlPlane, MicroUsd(90_000)),
            ],
        };
        let unseen = SpendPoint {
            seen: false,
            rates: Vec::new(),
            ..point("2026-11-23T12:00:00Z", 0)
        };
        let points = [
            point("2026-11-23T10:00:00Z", 520_000),
            unseen,
            point("2026-11-23T15:07:00Z", 1_040_000),
        ];
        expect![[r"
            deployment,from,seen,gpu_nodes_usd_per_hour,control_plane_usd_per_hour,system_nodes_usd_per_hour,nodebalancers_usd_per_hour,volumes_usd_per_hour,total_usd_per_hour
            ada,2026-11-23T10:00:00Z,yes,0.520000,0.090000,0.000000,0.000000,0.000000,0.610000
            ada,2026-11-23T12:00:00Z,no,,,,,,
            ada,2026-11-23T15:07:00Z,yes,1.040000,0.090000,0.000000,0.000000,0.000000,1.130000
        "]]
        .assert_eq(&csv("ada", &points).replace('\r', ""));
    }

    #[test]
    fn a_cell_that_begins_like_a_formula_is_text() {
        let cells = ["=1+1", "+1", "-1", "@SUM(A1)", "a=b", "a,\"b\""].map(cell);
        expect!["'=1+1 | '+1 | '-1 | '@SUM(A1) | a=b | \"a,\"\"b\"\"\""]
            .assert_eq(&cells.join(" | "));
    }
}
