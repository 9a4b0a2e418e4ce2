//! One request: to the origin, with the token, counted; its answer checked for the account, read
//! within limits and turned into a value or a failure.

use crate::failure;
use crate::origin::Origin;
use crate::transport::{BoxError, ReplyBody, Transport, timed_out};
use bytes::{Bytes, BytesMut};
use domain::AccountId;
use engine::ports::{Answer, Calls, Clock, Failure, Kind};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tower::ServiceExt as _;

/// A larger body is no reply of Linode's.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A bucket that wants to be left alone for longer is asked again after this.
const CLOSED_MAX: Duration = Duration::from_mins(15);

/// As what a request is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    Catalog,
    Poll,
    Other,
}

#[derive(Default)]
struct Counters {
    catalog: AtomicU32,
    polls: AtomicU32,
    others: AtomicU32,
}

impl Counters {
    fn of(&self, counted: Counted) -> &AtomicU32 {
        match counted {
            Counted::Catalog => &self.catalog,
            Counted::Poll => &self.polls,
            Counted::Other => &self.others,
        }
    }
}

/// Sends requests of one account to one origin.
pub(crate) struct Caller {
    transport: Transport,
    origin: Origin,
    /// `None` when the token holds characters that no header can carry.
    authorization: Option<HeaderValue>,
    clock: Arc<dyn Clock>,
    expected: Mutex<Option<AccountId>>,
    /// Until when each bucket wants to be left alone.
    closed: Mutex<BTreeMap<String, jiff::Timestamp>>,
    counters: Counters,
}

/// A successful answer: headers and body.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Caller {
    pub(crate) fn new(
        transport: Transport,
        origin: Origin,
        token: &SecretString,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let text = format!("Bearer {}", token.expose_secret());
        let authorization = HeaderValue::from_str(&text).ok().map(|mut value| {
            value.set_sensitive(true);
            value
        });
        Self {
            transport,
            origin,
            authorization,
            clock,
            expected: Mutex::new(None),
            closed: Mutex::default(),
            counters: Counters::default(),
        }
    }

    pub(crate) fn origin(&self) -> Origin {
        self.origin
    }

    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    pub(crate) fn expect_account(&self, account: &AccountId) {
        *self.expected.lock().unwrap_or_else(PoisonError::into_inner) = Some(account.clone());
    }

    pub(crate) fn calls(&self) -> Calls {
        let read = |counter: &AtomicU32| counter.load(Ordering::Relaxed);
        Calls {
            catalog: read(&self.counters.catalog),
            polls: read(&self.counters.polls),
            others: read(&self.counters.others),
        }
    }

    /// GET and read; repeated once when the connection dropped.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        counted: Counted,
        operation: &str,
        path: &str,
    ) -> Answer<T> {
        let reply = self.read(counted, operation, path).await?;
        parse(operation, &reply)
    }

    /// GET, with the headers and the body as they came.
    pub(crate) async fn read(
        &self,
        counted: Counted,
        operation: &str,
        path: &str,
    ) -> Answer<Reply> {
        let first = self
            .send(counted, operation, Method::GET, path, Bytes::new())
            .await;
        match first {
            Err(failure) if dropped(&failure) => {
                self.send(counted, operation, Method::GET, path, Bytes::new())
                    .await
            }
            answer => answer,
        }
    }

    /// POST or PUT, once, and read what it made.
    pub(crate) async fn write<T: DeserializeOwned>(
        &self,
        operation: &str,
        method: Method,
        path: &str,
        want: &impl Serialize,
    ) -> Answer<T> {
        let body = serde_json::to_vec(want).map_err(|cause| {
            let mut failure = Failure::new(Kind::Invalid, operation);
            failure.never_sent = true;
            failure.cause = Some(Box::new(cause));
            failure
        })?;
        let body = Bytes::from(body);
        let reply = self
            .send(Counted::Other, operation, method, path, body)
            .await?;
        parse(operation, &reply)
    }

    /// DELETE, once. The answer must be Linode's: a portal's page is no proof of a delete.
    pub(crate) async fn delete(&self, operation: &str, path: &str) -> Answer<()> {
        let body = Bytes::new();
        let reply = self
            .send(Counted::Other, operation, Method::DELETE, path, body)
            .await?;
        if reply.status == StatusCode::NO_CONTENT {
            return Ok(());
        }
        parse::<serde::de::IgnoredAny>(operation, &reply).map(|_| ())
    }

    async fn send(
        &self,
        counted: Counted,
        operation: &str,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Answer<Reply> {
        let bucket = bucket(&method, path);
        self.must_be_open(operation, &bucket)?;
        let request = self.request(operation, method, path, body)?;
        self.counters.of(counted).fetch_add(1, Ordering::Relaxed);
        #[cfg(feature = "kill-points")]
        engine::kill::point(|| format!("before {operation}"));
        let sent = self.transport.clone().oneshot(request).await;
        #[cfg(feature = "kill-points")]
        engine::kill::point(|| format!("after {operation}"));
        let reply = sent.map_err(|cause| failure::of_transport(operation, cause))?;
        let (parts, body) = reply.into_parts();
        let status = parts.status;
        tracing::debug!(operation, status = status.as_u16(), "answered");
        self.check_account(operation, status, &parts.headers)?;
        let body = whole(body).await.map_err(|cause| {
            let mut failure = failure::of_transport(operation, cause);
            // An answer was under way, so the request did leave.
            failure.kind = Kind::Unknown;
            failure.never_sent = false;
            failure.status = Some(status.as_u16());
            failure
        })?;
        if status.is_success() {
            let headers = parts.headers;
            Ok(Reply {
                status,
                headers,
                body,
            })
        } else {
            let now = self.clock.now();
            let failure = failure::of_status(operation, status, &parts.headers, &body, now);
            if failure.kind == Kind::RateLimited {
                self.close(bucket, failure.retry_after, now);
            }
            Err(failure)
        }
    }

    /// Nothing of a bucket is asked before the time that its last 429 named.
    fn close(&self, bucket: String, wait: Option<Duration>, now: jiff::Timestamp) {
        let wait = wait.unwrap_or_default().min(CLOSED_MAX);
        let until = now.saturating_add(jiff::SignedDuration::try_from(wait).unwrap_or_default());
        if let Ok(until) = until {
            let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
            closed.insert(bucket, until);
        }
    }

    fn must_be_open(&self, operation: &str, bucket: &str) -> Answer<()> {
        let closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        let left = closed
            .get(bucket)
            .map(|until| until.duration_since(self.clock.now()));
        let left = left.and_then(|left| Duration::try_from(left).ok());
        // A clock that was set back must not close it for longer than it was asked to be.
        match left.filter(|left| !left.is_zero() && *left <= CLOSED_MAX) {
            None => Ok(()),
            Some(left) => {
                let mut failure = Failure::new(Kind::RateLimited, operation);
                failure.never_sent = true;
                failure.retry_after = Some(left);
                Err(failure)
            }
        }
    }

    fn request(
        &self,
        operation: &str,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Answer<http::Request<Bytes>> {
        let unsendable = |kind, why: &str| {
            let mut failure = Failure::new(kind, operation);
            failure.never_sent = true;
            failure.cause = Some(Box::new(failure::Unreadable(why.to_owned())));
            failure
        };
        let authorization = self.authorization.clone().ok_or_else(|| {
            unsendable(
                Kind::Unauthorized,
                "the token holds characters that no token has",
            )
        })?;
        let has_body = !body.is_empty();
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.origin))
            .header(AUTHORIZATION, authorization)
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, concat!("quaylight/", env!("CARGO_PKG_VERSION")))
            .body(body)
            .map_err(|_| unsendable(Kind::Invalid, "the address cannot be asked"))?;
        if has_body {
            let json = HeaderValue::from_static("application/json");
            request.headers_mut().insert(CONTENT_TYPE, json);
        }
        if self.origin.holds(request.uri()) {
            Ok(request)
        } else {
            Err(unsendable(Kind::Invalid, "the address leaves the origin"))
        }
    }

    /// Linode names the account in every answer; an answer of another one is never absence.
    fn check_account(
        &self,
        operation: &str,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Answer<()> {
        let seen = headers
            .get("x-customer-uuid")
            .and_then(|value| value.to_str().ok());
        seen.map_or(Ok(()), |seen| {
            self.must_be_expected(operation, Some(status), seen)
        })
    }

    /// Fails as `Unauthorized` when `seen` is not the expected account.
    pub(crate) fn must_be_expected(
        &self,
        operation: &str,
        status: Option<StatusCode>,
        seen: &str,
    ) -> Answer<()> {
        let expected = self
            .expected
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match expected {
            Some(AccountId(expected)) if !expected.eq_ignore_ascii_case(seen) => {
                let mut failure = Failure::new(Kind::Unauthorized, operation);
                failure.status = status.map(|status| status.as_u16());
                let seen = seen.chars().take(100).collect();
                failure.cause = Some(Box::new(failure::AnotherAccount { expected, seen }));
                Err(failure)
            }
            _ => Ok(()),
        }
    }
}

/// What Linode counts together: each paginated collection, and all else.
fn bucket(method: &Method, path: &str) -> String {
    match path.split_once("?page=") {
        Some((collection, _)) if *method == Method::GET => collection.to_owned(),
        Some(_) | None => "all else".to_owned(),
    }
}

/// The whole body, within the limit.
async fn whole(mut body: ReplyBody) -> Result<Bytes, BoxError> {
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            if all.len() + data.len() > BODY_BYTES_MAX {
                return Err(Box::new(failure::Unreadable(
                    "the body is too large".to_owned(),
                )));
            }
            all.extend_from_slice(&data);
        }
    }
    Ok(all.freeze())
}

/// Whether a read failed because the connection dropped, before or within the answer.
fn dropped(failure: &Failure) -> bool {
    let transport = failure.status.is_none_or(|status| status < 300);
    let unread = failure.cause.as_ref().is_some_and(|cause| {
        !cause.is::<failure::Unreadable>()
            && !cause.is::<failure::AnotherAccount>()
            && !timed_out(cause)
    });
    failure.kind == Kind::Unknown && transport && unread
}

/// Reads JSON; anything else behind a success is an answer that nobody can understand.
pub(crate) fn parse<T: DeserializeOwned>(operation: &str, reply: &Reply) -> Answer<T> {
    serde_json::from_slice(&reply.body)
        .map_err(|why| failure::unreadable(operation, reply.status, why.to_string()))
}
