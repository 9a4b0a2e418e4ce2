//! A transport that answers from a script and writes down what it was sent.

use crate::transport::{BoxError, ReplyBody, Transport};
use crate::{LinodeCloud, Origin};
use bytes::Bytes;
use engine::ports::{Answer, Clock, Failure};
use http_body_util::{BodyExt as _, Full};
use jiff::Timestamp;
use secrecy::SecretString;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) const TOKEN: &str = "0123456789abcdefCANARY";

pub(crate) struct Stage {
    pub(crate) cloud: LinodeCloud,
    pub(crate) sent: Arc<Mutex<Vec<http::Request<Bytes>>>>,
}

pub(crate) struct StillClock;

#[async_trait::async_trait]
impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        "2026-11-23T10:00:00Z".parse().unwrap()
    }
    fn since_boot(&self) -> Duration {
        Duration::ZERO
    }
    async fn sleep(&self, _: Duration) {}
}

pub(crate) fn body(bytes: impl Into<Bytes>) -> ReplyBody {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

fn answer(line: &str) -> Result<http::Response<ReplyBody>, BoxError> {
    if let Some(error) = line.strip_prefix('!') {
        let kind = match error.trim() {
            "refused" => std::io::ErrorKind::ConnectionRefused,
            "timeout" => std::io::ErrorKind::TimedOut,
            _ => std::io::ErrorKind::ConnectionReset,
        };
        return Err(Box::new(std::io::Error::from(kind)));
    }
    let (status, rest) = line.split_once(' ').unwrap_or((line, ""));
    let mut reply = http::Response::builder().status(status);
    let mut rest = rest;
    while let Some((header, after)) = rest.split_once(" | ") {
        let (name, value) = header.split_once(": ").unwrap();
        reply = reply.header(name, value);
        rest = after;
    }
    Ok(reply.body(body(rest.to_owned())).unwrap())
}

impl Stage {
    /// A line is `200 {..}`, `503 Retry-After: 27 | {..}`, or `!` and how the connection failed.
    pub(crate) fn new(script: &[&str]) -> Self {
        Self::at(Origin::Linode, script)
    }

    pub(crate) fn at(origin: Origin, script: &[&str]) -> Self {
        let script: VecDeque<String> = script.iter().map(|line| (*line).to_owned()).collect();
        let script = Mutex::new(script);
        Self::with(origin, move |_| {
            let line = script.lock().unwrap().pop_front();
            answer(&line.unwrap_or_else(|| "!the script is over".to_owned()))
        })
    }

    /// A stage whose answers depend on the request.
    pub(crate) fn with(
        origin: Origin,
        reply: impl Fn(&http::Request<Bytes>) -> Result<http::Response<ReplyBody>, BoxError>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let sent = Arc::new(Mutex::new(Vec::new()));
        let (seen, reply) = (Arc::clone(&sent), Arc::new(reply));
        let service = tower::service_fn(move |request: http::Request<Bytes>| {
            let answer = reply(&request);
            seen.lock().unwrap().push(request);
            async move { answer }
        });
        let token = SecretString::from(TOKEN);
        let transport = Transport::new(service);
        let cloud = LinodeCloud::new(transport, origin, token, Arc::new(StillClock));
        Self { cloud, sent }
    }

    /// What was sent, a request a line: method, address, body.
    pub(crate) fn transcript(&self) -> String {
        let mut lines = String::new();
        for one in self.sent.lock().unwrap().iter() {
            let line = format!("{} {}", one.method(), one.uri());
            let body = String::from_utf8_lossy(one.body());
            writeln!(lines, "{}", format!("{line} {body}").trim_end()).unwrap();
        }
        lines
    }
}

/// A failure in one line: everything that retry and screen decide by.
pub(crate) fn line(failure: &Failure) -> String {
    let mut line = format!("{:?} {}", failure.kind, failure.operation);
    if let Some(status) = failure.status {
        write!(line, " [{status}]").unwrap();
    }
    if !failure.said.is_empty() {
        write!(line, " said {:?}", failure.said()).unwrap();
    }
    if let Some(wait) = failure.retry_after {
        write!(line, " wait {wait:?}").unwrap();
    }
    for (is, word) in [
        (failure.maintenance, " maintenance"),
        (failure.never_sent, " never sent"),
        (failure.is_refusal(), " refusal"),
    ] {
        line.push_str(if is { word } else { "" });
    }
    if let Some(cause) = &failure.cause {
        write!(line, " ({cause})").unwrap();
    }
    line
}

pub(crate) fn told<T: std::fmt::Debug>(answer: &Answer<T>) -> String {
    match answer {
        Ok(value) => format!("{value:?}"),
        Err(failure) => line(failure),
    }
}
