//! What an answer other than the wanted one means, by status and by Linode's words.
//!
//! A reply that is not Linode's own JSON says nothing about Linode: a captive portal's 404 is not
//! "gone". So only a readable error document makes NotFound, Unauthorized or Invalid.

use crate::transport::BoxError;
use engine::ports::{Failure, Kind};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use std::time::Duration;

/// Of what the other side says, so many reasons and so many characters each are kept.
const REASONS_MAX: usize = 20;
const REASON_CHARS_MAX: usize = 1000;

/// A reply of another account than the expected one. Account ids are no secrets.
#[derive(Debug, thiserror::Error)]
#[error("the reply is of the account `{seen}`, not of `{expected}`")]
pub(crate) struct AnotherAccount {
    pub(crate) expected: String,
    pub(crate) seen: String,
}

/// A reply that cannot be read as what it should be.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unreadable(pub(crate) String);

#[derive(Deserialize)]
struct ErrorDocument {
    errors: Vec<ErrorEntry>,
}

#[derive(Deserialize)]
struct ErrorEntry {
    #[serde(default)]
    field: Option<String>,
    #[serde(default)]
    reason: Option<String>,
}

/// A transport that failed: never sent, or nobody can say.
pub(crate) fn of_transport(operation: &str, cause: BoxError) -> Failure {
    let never_sent = crate::transport::never_sent(&cause);
    let kind = if never_sent {
        Kind::Unavailable
    } else {
        Kind::Unknown
    };
    let mut failure = Failure::new(kind, operation);
    failure.never_sent = never_sent;
    failure.cause = Some(cause);
    failure
}

/// A 2xx whose body is not what it should be.
pub(crate) fn unreadable(operation: &str, status: StatusCode, why: String) -> Failure {
    let mut failure = Failure::new(Kind::Unknown, operation);
    failure.status = Some(status.as_u16());
    failure.cause = Some(Box::new(Unreadable(why)));
    failure
}

/// A status that is no success.
pub(crate) fn of_status(
    operation: &str,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Failure {
    let said = serde_json::from_slice::<ErrorDocument>(body).ok().map(said);
    let mut failure = Failure::new(kind(status, said.as_deref()), operation);
    failure.status = Some(status.as_u16());
    failure.said = said.unwrap_or_default();
    failure.retry_after = retry_after(status, headers, now);
    failure.maintenance =
        status == StatusCode::SERVICE_UNAVAILABLE && headers.contains_key("x-maintenance-mode");
    failure
}

fn said(document: ErrorDocument) -> Vec<(String, String)> {
    let short = |text: Option<String>| -> String {
        text.unwrap_or_default()
            .chars()
            .take(REASON_CHARS_MAX)
            .collect()
    };
    let entries = document.errors.into_iter().take(REASONS_MAX);
    entries
        .map(|one| (short(one.field), short(one.reason)))
        .collect()
}

fn kind(status: StatusCode, said: Option<&[(String, String)]>) -> Kind {
    match (status.as_u16(), said) {
        (429, _) => Kind::RateLimited,
        (503, _) => Kind::Unavailable,
        (401, Some(_)) => Kind::Unauthorized,
        (404, Some(_)) => Kind::NotFound,
        (code @ (400 | 403 | 409 | 422 | 423), Some(said)) => said
            .iter()
            .find_map(|(_, reason)| by_words(reason))
            .unwrap_or(match code {
                403 => Kind::Unauthorized,
                409 | 423 => Kind::Conflict,
                _ => Kind::Invalid,
            }),
        // 408 and 5xx: it may have happened. The rest is not Linode's.
        _ => Kind::Unknown,
    }
}

/// Linode has no error codes: within a 400 only its words tell what happened.
fn by_words(reason: &str) -> Option<Kind> {
    let text = reason.to_ascii_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|one| text.contains(one));
    // "block storage" holds "lock": a lock is a whole word.
    let locked = text
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .any(|word| matches!(word, "lock" | "locks" | "locked" | "cannot_delete"));
    if says(&["account limit", "limit reached", "quota"]) {
        Some(Kind::Quota)
    } else if says(&[
        "capacity",
        "no availability",
        "not available in",
        "unavailable in",
        "currently unavailable",
        "sold out",
        "no open slots",
    ]) {
        Some(Kind::NoCapacity)
    } else if locked
        || says(&[
            "linode busy",
            "is busy",
            "must be unique",
            "already exists",
            "already in use",
            "already assigned",
            "already attached",
            "must be detached",
            "currently attached",
        ])
    {
        Some(Kind::Conflict)
    } else {
        None
    }
}

/// `Retry-After` in seconds or as a date; without it, after a 429, until the bucket is full again.
fn retry_after(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let until = |at: Timestamp| Duration::try_from(at.duration_since(now)).ok();
    let asked = text("retry-after").map(str::trim).and_then(|text| {
        let seconds = || text.parse().map(Duration::from_secs).ok();
        let date = || {
            jiff::fmt::rfc2822::parse(text)
                .ok()
                .and_then(|at| until(at.timestamp()))
        };
        seconds().or_else(date)
    });
    let bucket = || {
        let reset = text("x-ratelimit-reset")?.trim().parse().ok()?;
        until(Timestamp::from_second(reset).ok()?)
    };
    match status {
        StatusCode::TOO_MANY_REQUESTS => asked.or_else(bucket),
        _ => asked,
    }
}
