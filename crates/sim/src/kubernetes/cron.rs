//! The times of a schedule in cron's five fields: minute, hour, day of the month, month, day of the
//! week. Names of months and days, ranges, lists, steps and `@hourly` and its like are understood.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// When something is to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether the day of the month or that of the week is named: where both are, either does.
    day_is_named: bool,
    weekday_is_named: bool,
    zone: TimeZone,
}

/// How many months are looked through for the next time: a 29th of February is within eight years.
const MONTHS_MAX: u32 = 12 * 8 + 1;

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Schedule {
    /// Reads a schedule; its zone is UTC where none is named, as that of LKE's controllers is.
    pub(super) fn read(text: &str, zone: &str) -> Option<Self> {
        let text = match text.trim() {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            other => other,
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            return None;
        };
        let zone = match zone {
            "" => TimeZone::UTC,
            name => TimeZone::get(name).ok()?,
        };
        let weekdays = field(weekday, (0, 7), &WEEKDAYS, 0)?;
        Some(Self {
            minutes: field(minute, (0, 59), &[], 0)?,
            hours: field(hour, (0, 23), &[], 0)?,
            days: field(day, (1, 31), &[], 0)?,
            months: field(month, (1, 12), &MONTHS, 1)?,
            // Sunday is 7 too.
            weekdays: weekdays | weekdays >> 7,
            day_is_named: !day.starts_with(['*', '?']),
            weekday_is_named: !weekday.starts_with(['*', '?']),
            zone,
        })
    }

    /// The first time after another.
    pub(super) fn after(&self, time: Timestamp) -> Option<Timestamp> {
        let from = time.to_zoned(self.zone.clone()).datetime();
        let from = from.with().second(0).subsec_nanosecond(0).build().ok()?;
        let mut at = from.checked_add(1.minute()).ok()?;
        let mut months = 0;
        while months < MONTHS_MAX {
            if self.months & 1 << at.month() == 0 {
                at = start(at.first_of_month())?.checked_add(1.month()).ok()?;
                months += 1;
            } else if !self.has_day(at) {
                let month = at.month();
                at = start(at)?.checked_add(1.day()).ok()?;
                months += u32::from(at.month() != month);
            } else if self.hours & 1 << at.hour() == 0 {
                let hour = at.with().minute(0).build().ok()?;
                at = hour.checked_add(1.hour()).ok()?;
            } else if self.minutes & 1 << at.minute() == 0 {
                at = at.checked_add(1.minute()).ok()?;
            } else {
                let found = self.zone.to_timestamp(at).ok()?;
                if found > time {
                    return Some(found);
                }
                at = at.checked_add(1.minute()).ok()?;
            }
        }
        None
    }

    fn has_day(&self, at: DateTime) -> bool {
        let day = self.days & 1 << at.day() != 0;
        let weekday = self.weekdays & 1 << at.weekday().to_sunday_zero_offset() != 0;
        if self.day_is_named && self.weekday_is_named {
            day || weekday
        } else {
            day && weekday
        }
    }
}

fn start(at: DateTime) -> Option<DateTime> {
    at.with().hour(0).minute(0).build().ok()
}

/// A field as a set of numbers.
fn field(text: &str, (from, to): (u32, u32), names: &[&str], first: u32) -> Option<u64> {
    let number = |word: &str| {
        let word = word.to_ascii_lowercase();
        let named = names.iter().position(|name| *name == word);
        let named = named.and_then(|nth| u32::try_from(nth).ok());
        let number = named.map(|nth| nth + first).or_else(|| word.parse().ok());
        number.filter(|number| (from..=to).contains(number))
    };
    let mut out = 0;
    for part in text.split(',') {
        let (range, step) = part.split_once('/').unwrap_or((part, "1"));
        let step: usize = step.parse().ok().filter(|step| *step > 0)?;
        let (low, high) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (from, to),
            Some((low, high)) => (number(low)?, number(high)?),
            // `5/10` goes on to the end.
            None if part.contains('/') => (number(range)?, to),
            None => (number(range)?, number(range)?),
        };
        if low > high {
            return None;
        }
        for one in (low..=high).step_by(step) {
            out |= 1_u64 << one;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::Schedule;

    /// The next three times, from a Friday evening in November 2026 on.
    fn next(text: &str, zone: &str) -> String {
        let Some(schedule) = Schedule::read(text, zone) else {
            return format!("{text}: no schedule\n");
        };
        let mut at = "2026-11-27T22:55:37Z".parse().unwrap();
        let mut told = format!("{text}:");
        for _ in 0..3 {
            let Some(found) = schedule.after(at) else {
                return told + " never\n";
            };
            told.extend([format!(" {found}")]);
            at = found;
        }
        told + "\n"
    }

    #[test]
    fn a_schedule_names_its_times() {
        let told = [
            next("*/20 * * * *", ""),
            next("@hourly", ""),
            next("0 9-17/4 * * mon-fri", ""),
            next("30 2 29 2 *", ""),
            next("0 0 13 * 5", ""),
            next("0 0 31 2 *", ""),
            next("0 12 * jan,Feb 7", ""),
            next("30 2 28 3 *", "Europe/Berlin"),
            next("5/25 0 1 * *", ""),
            next("60 * * * *", ""),
            next("* * * *", ""),
            next("*/0 * * * *", ""),
            next("* * * * *", "Nowhere/Land"),
        ];
        expect![[r#"
            */20 * * * *: 2026-11-27T23:00:00Z 2026-11-27T23:20:00Z 2026-11-27T23:40:00Z
            @hourly: 2026-11-27T23:00:00Z 2026-11-28T00:00:00Z 2026-11-28T01:00:00Z
            0 9-17/4 * * mon-fri: 2026-11-30T09:00:00Z 2026-11-30T13:00:00Z 2026-11-30T17:00:00Z
            30 2 29 2 *: 2028-02-29T02:30:00Z 2032-02-29T02:30:00Z 2036-02-29T02:30:00Z
            0 0 13 * 5: 2026-12-04T00:00:00Z 2026-12-11T00:00:00Z 2026-12-13T00:00:00Z
            0 0 31 2 *: never
            0 12 * jan,Feb 7: 2027-01-03T12:00:00Z 2027-01-10T12:00:00Z 2027-01-17T12:00:00Z
            30 2 28 3 *: 2027-03-28T01:30:00Z 2028-03-28T00:30:00Z 2029-03-28T00:30:00Z
            5/25 0 1 * *: 2026-12-01T00:05:00Z 2026-12-01T00:30:00Z 2026-12-01T00:55:00Z
            60 * * * *: no schedule
            * * * *: no schedule
            */0 * * * *: no schedule
            * * * * *: no schedule
        "#]]
        .assert_eq(&told.concat());
    }
}
