//! Ages, as kubectl prints them.

use jiff::Timestamp;
use serde_json::Value;

use super::peek::text;

/// How long the object exists.
pub(super) fn age(object: &Value, now: Timestamp) -> String {
    since(text(object, "/metadata/creationTimestamp"), now)
}

/// The time since `time`, as kubectl prints it.
pub(super) fn since(time: &str, now: Timestamp) -> String {
    let born: Result<Timestamp, _> = time.parse();
    born.map_or_else(
        |_| "<unknown>".to_owned(),
        |born| duration(now.as_second() - born.as_second()),
    )
}

/// As kubectl writes durations: two units at most, the smaller left out when it is far off.
pub(super) fn duration(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let two = |large: i64, unit: &str, small: i64, part: &str| {
        if small == 0 {
            format!("{large}{unit}")
        } else {
            format!("{large}{unit}{small}{part}")
        }
    };
    match seconds {
        ..120 => format!("{seconds}s"),
        120..600 => two(minutes, "m", seconds % 60, "s"),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => two(hours, "h", minutes % 60, "m"),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => two(days, "d", hours % 24, "h"),
        691_200..63_072_000 => format!("{days}d"),
        63_072_000..252_288_000 => two(days / 365, "y", days % 365, "d"),
        _ => format!("{}y", days / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn a_duration_has_two_units_while_the_smaller_one_matters() {
        let all = [
            -5, 0, 119, 120, 125, 600, 10_799, 10_800, 11_000, 30_000, 180_000, 1_000_000,
        ];
        let written = all.map(duration).join(" ");
        assert_eq!(written, "0s 0s 119s 2m 2m5s 10m 179m 3h 3h3m 8h 2d2h 11d");
    }
}
