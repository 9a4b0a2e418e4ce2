//! Which error of kube-rs is which kind of failure.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use engine::ports::{Failure, Kind};
use kube::Error;

/// A page of HTML in place of a `Status` is cut off here.
const SAID_CHARS_MAX: usize = 1_000;

/// The failure of an operation (`list nodes`).
pub(crate) fn of(operation: impl Into<String>, error: Error) -> Failure {
    let mut out = Failure::new(kind(&error), operation);
    if let Error::Api(status) = &error {
        out.status = Some(status.code);
        if !status.message.is_empty() {
            let message = status.message.chars().take(SAID_CHARS_MAX).collect();
            out.said = vec![(String::new(), message)];
        }
        let wait = status
            .details
            .as_ref()
            .map_or(0, |details| details.retry_after_seconds);
        out.retry_after = (wait > 0).then(|| Duration::from_secs(wait.into()));
    } else {
        out.never_sent = never_sent(&error);
    }
    out.cause = Some(Box::new(error));
    out
}

fn kind(error: &Error) -> Kind {
    let Error::Api(status) = error else {
        return if never_sent(error) {
            Kind::Unavailable
        } else {
            Kind::Unknown
        };
    };
    match status.code {
        401 | 403 => Kind::Unauthorized,
        404 => Kind::NotFound,
        409 => Kind::Conflict,
        400 | 405 | 406 | 410 | 415 | 422 => Kind::Invalid,
        429 => Kind::RateLimited,
        503 => Kind::Unavailable,
        _ => Kind::Unknown,
    }
}

/// Whether no byte of the request can have arrived: no connection, or no TLS.
fn never_sent(error: &Error) -> bool {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(cause) = next {
        let connecting = cause
            .downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect);
        let refused = cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
        if connecting || refused {
            return true;
        }
        next = cause.source();
    }
    false
}
