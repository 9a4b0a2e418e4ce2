//! When a deployment was looked at, and when nobody did: hours in which no Quaylight ran, or in
//! which the cloud was not read whole. What happened in such a gap is not known, and is not drawn as
//! if it were.

use crate::view::SpendPoint;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Readings that are not further apart are of one span: a look comes each minute, and a cloud may
/// ask to wait for some of them.
pub const APART_MAX: SignedDuration = SignedDuration::from_mins(10);

/// The spans in which a deployment was looked at, in order, with more than `APART_MAX` between two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Watched {
    spans: Vec<(Timestamp, Timestamp)>,
}

/// A time in which nobody looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// When it was seen last.
    pub from: Timestamp,
    /// When it was seen again; `None`: not yet.
    pub until: Option<Timestamp>,
}

impl Watched {
    /// Everything was read then.
    pub fn saw(&mut self, at: Timestamp) {
        self.join((at, at));
    }

    /// What another one saw was seen too.
    pub fn saw_all(&mut self, other: &Self) {
        for span in &other.spans {
            self.join(*span);
        }
    }

    /// When it was seen last.
    pub fn last(&self) -> Option<Timestamp> {
        self.spans.last().map(|(_, last)| *last)
    }

    fn join(&mut self, (mut from, mut until): (Timestamp, Timestamp)) {
        let apart = |before: Timestamp, after: Timestamp| after.duration_since(before) > APART_MAX;
        let first = self.spans.partition_point(|(_, end)| apart(*end, from));
        let mut next = first;
        while let Some((start, end)) = self.spans.get(next).filter(|one| !apart(until, one.0)) {
            (from, until) = (from.min(*start), until.max(*end));
            next += 1;
        }
        self.spans.splice(first..next, [(from, until)]);
    }

    /// The times between `from` and `until` in which nobody looked; `lasts`: what is looked at stands
    /// still, so that a gap which reaches `until` goes on.
    pub fn gaps(&self, from: Timestamp, until: Timestamp, lasts: bool) -> Vec<Gap> {
        let mut gaps = Vec::new();
        let mut seen = from;
        for (start, end) in &self.spans {
            if *start >= until {
                break;
            }
            if start.duration_since(seen) > APART_MAX {
                gaps.push(Gap {
                    from: seen,
                    until: Some(*start),
                });
            }
            seen = seen.max(*end);
        }
        if until.duration_since(seen) > APART_MAX {
            gaps.push(Gap {
                from: seen,
                until: (!lasts).then_some(until),
            });
        }
        gaps
    }
}

/// The rate over time as far as it was seen: in a gap nothing is known, and after it stands what is
/// known of then.
pub fn seen_points(points: Vec<SpendPoint>, gaps: &[Gap]) -> Vec<SpendPoint> {
    let mut out = Vec::new();
    for gap in gaps {
        out.push(SpendPoint {
            at: gap.from,
            seen: false,
            rates: Vec::new(),
        });
        let Some(until) = gap.until else { continue };
        // A birth or a death at that time is a point of its own.
        if let Some(last) = points.iter().rfind(|point| point.at <= until)
            && last.at < until
        {
            out.push(SpendPoint {
                at: until,
                ..last.clone()
            });
        }
    }
    let hidden = |at: Timestamp| {
        let within = |gap: &Gap| gap.from <= at && gap.until.is_none_or(|until| at < until);
        gaps.iter().any(within)
    };
    out.extend(points.into_iter().filter(|point| !hidden(point.at)));
    out.sort_by_key(|point| point.at);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::MicroUsd;
    use crate::view::SpendSeries;
    use expect_test::{Expect, expect};

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + minute * 60).unwrap()
    }

    /// The gaps from minute 0 to 100, in minutes.
    fn check(seen: &[i64], lasts: bool, expected: &Expect) {
        let mut watched = Watched::default();
        for minute in seen {
            watched.saw(at(*minute));
        }
        let minute = |time: Timestamp| time.duration_since(at(0)).as_mins();
        let gaps: Vec<String> = watched
            .gaps(at(0), at(100), lasts)
            .iter()
            .map(|gap| match gap.until {
                Some(until) => format!("{}-{}", minute(gap.from), minute(until)),
                None => format!("{}-", minute(gap.from)),
            })
            .collect();
        expected.assert_eq(&gaps.join(" "));
    }

    #[test]
    fn what_nobody_saw_is_a_gap() {
        let each: Vec<i64> = (0..=100).collect();
        check(&each, true, &expect![""]);
        check(&[], true, &expect!["0-"]);
        check(&[], false, &expect!["0-100"]);
        check(&[1, 5, 40, 45, 92], true, &expect!["5-40 45-92"]);
        check(&[5, 10, 20, 31, 85], true, &expect!["20-31 31-85 85-"]);
    }

    #[test]
    fn the_order_in_which_it_was_seen_does_not_matter() {
        check(&[92, 40, 1, 45, 5], true, &expect!["5-40 45-92"]);
        // What lies between two spans makes them one.
        check(&[0, 15, 8, 90, 100], false, &expect!["15-90"]);
    }

    #[test]
    fn what_two_saw_is_seen_together() {
        let seen = |minutes: &[i64]| {
            let mut one = Watched::default();
            for minute in minutes {
                one.saw(at(*minute));
            }
            one
        };
        let (mut one, other) = (seen(&[0, 9, 40, 48]), seen(&[18, 27, 36]));
        one.saw_all(&other);
        assert_eq!(one, seen(&[0, 9, 18, 27, 36, 40, 48]));
        assert_eq!(one.spans.len(), 1);
        assert_eq!(one.last(), Some(at(48)));
    }

    #[test]
    fn in_a_gap_nothing_is_known_and_after_it_what_was_found_then() {
        let point = |minute: i64, rate| SpendPoint {
            at: at(minute),
            seen: true,
            rates: vec![(SpendSeries::Gpu, MicroUsd(rate))],
        };
        let gap = |from, until: Option<i64>| Gap {
            from: at(from),
            until: until.map(at),
        };
        let points = vec![point(0, 1), point(25, 2), point(40, 1), point(60, 3)];
        let gaps = [gap(10, Some(30)), gap(45, Some(60)), gap(90, None)];
        let lines: Vec<String> = seen_points(points, &gaps)
            .iter()
            .map(|point| {
                let minute = point.at.duration_since(at(0)).as_mins();
                match point.rates.first() {
                    Some((_, rate)) => format!("{minute}: {}", rate.0),
                    None => format!("{minute}: seen {}", point.seen),
                }
            })
            .collect();
        let lines = lines.join(", ");
        expect!["0: 1, 10: seen false, 30: 2, 40: 1, 45: seen false, 60: 3, 90: seen false"]
            .assert_eq(&lines);
    }
}
