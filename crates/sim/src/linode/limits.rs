//! Rate limits: fixed windows of a minute of demo time, per token. Paginated collections 200 each,
//! making volumes 100, everything else 1600 together (Linode's documents of 2026-09).

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::routes::Route;

/// Calls of the running minute by token and bucket.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    windows: BTreeMap<(String, &'static str), (i64, u64)>,
}

/// Where a token stands in a bucket.
pub(crate) struct Limit {
    pub calls_max: u64,
    pub remaining: u64,
    /// Demo seconds until the minute ends.
    pub reset_seconds: u64,
    pub over: bool,
}

impl Limits {
    /// Counts a call.
    pub(super) fn take(
        &mut self,
        token: &str,
        method: &str,
        route: &Route,
        at: Timestamp,
    ) -> Limit {
        let (bucket, limit) = match (method, route.path) {
            ("POST", "/volumes") => ("new volumes", 100),
            ("GET", path) if route.collection => (path, 200),
            _ => ("all else", 1600),
        };
        let minute = at.as_second().div_euclid(60);
        let window = self
            .windows
            .entry((token.to_owned(), bucket))
            .or_insert((minute, 0));
        if window.0 != minute {
            *window = (minute, 0);
        }
        window.1 += 1;
        Limit {
            calls_max: limit,
            remaining: limit.saturating_sub(window.1),
            reset_seconds: 60 - at.as_second().rem_euclid(60) as u64,
            over: window.1 > limit,
        }
    }
}
