//! What goes back: replies, refusals and their headers.

use std::borrow::Cow;
use std::sync::LazyLock;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::limits::Limit;
use super::routes::Route;
use crate::faults::Broken;
use crate::store::World;
use crate::tokens::User;

/// What an endpoint says.
pub(crate) enum Reply {
    /// One object.
    One(Value),
    /// Rows of a paginated list, and what they can be filtered on.
    Page {
        rows: Vec<Value>,
        filterable: &'static [&'static str],
    },
    /// 204.
    NoContent,
}

/// An endpoint's answer.
pub(crate) type Answer = Result<Reply, Refusal>;

impl Reply {
    /// `{}`, the answer to every DELETE and recycle.
    pub(crate) fn nothing() -> Self {
        Self::One(json!({}))
    }
}

/// An error reply.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    /// Field and reason of each.
    errors: Vec<(Option<String>, String)>,
    retry_after: Option<u64>,
}

impl Refusal {
    /// Any status, about a field or as a whole.
    pub(crate) fn new(status: u16, field: Option<&str>, reason: &str) -> Self {
        Self {
            status,
            errors: vec![(field.map(str::to_owned), reason.to_owned())],
            retry_after: None,
        }
    }

    /// 400, about a field or as a whole.
    pub(crate) fn bad(field: Option<&str>, reason: &str) -> Self {
        Self::new(400, field, reason)
    }

    /// Both in one reply. What is no 400 says all there is to say.
    pub(crate) fn and(mut self, other: Self) -> Self {
        match (self.status, other.status) {
            (400, 400) => {
                for error in other.errors {
                    if !self.errors.contains(&error) {
                        self.errors.push(error);
                    }
                }
                self
            }
            (400, _) => other,
            _ => self,
        }
    }

    /// 401 for an unknown, expired or missing token (recorded).
    pub(crate) fn invalid_token() -> Self {
        Self::new(401, None, "Invalid Token")
    }

    /// 401 for a token without the scope.
    pub(crate) fn missing_scope() -> Self {
        Self::new(
            401,
            None,
            "Your OAuth token is not authorized to use this endpoint.",
        )
    }

    /// 403 for a restricted user without the grant.
    pub(crate) fn forbidden() -> Self {
        Self::new(403, None, "Unauthorized")
    }

    /// 404, for what does not exist and for what is another account's (recorded).
    pub(crate) fn not_found() -> Self {
        Self::new(404, None, "Not found")
    }

    /// 400 for one more than the account may have.
    pub(crate) fn limit_reached() -> Self {
        let reason = "Account Limit reached. Please open a support ticket.";
        Self::bad(None, reason)
    }

    /// 429 (recorded).
    pub(crate) fn too_many(seconds: u64) -> Self {
        Self {
            retry_after: Some(seconds),
            ..Self::new(429, None, "Too many requests")
        }
    }

    /// 503 until something is there; `retry_after` in demo seconds.
    pub(crate) fn not_yet(reason: &str, retry_after: Option<u64>) -> Self {
        Self {
            retry_after,
            ..Self::new(503, None, reason)
        }
    }

    /// As it goes out.
    pub(crate) fn sent(self) -> Sent {
        let error = |(field, reason): (Option<String>, String)| match field {
            Some(field) => json!({"reason": reason, "field": field}),
            None => json!({"reason": reason}),
        };
        let errors: Vec<Value> = self.errors.into_iter().map(error).collect();
        let mut sent = Sent::json(self.status, &json!({"errors": errors}));
        if let Some(seconds) = self.retry_after {
            sent.headers
                .push(("retry-after", seconds.to_string().into()));
        }
        sent
    }
}

/// 404 about the page that was asked for.
pub(crate) fn page_error() -> Refusal {
    Refusal {
        errors: vec![(Some("page".to_owned()), "Not found".to_owned())],
        ..Refusal::not_found()
    }
}

/// A reply on its way out.
#[derive(Clone)]
pub(crate) struct Sent {
    pub status: u16,
    /// The headers that many replies share.
    pub usual: Usual,
    /// Its own headers.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    pub body: Bytes,
    /// So many bytes of the body go out before the connection ends; all of them when there are not
    /// more.
    pub whole: usize,
    /// Demo milliseconds before the second half of the body.
    pub rest_ms: u64,
}

/// A reply, or how the connection ends without one.
pub(crate) struct Outcome {
    pub sent: Result<Sent, Broken>,
    /// Demo milliseconds before the reply goes out.
    pub wait_ms: i64,
}

impl Outcome {
    /// At once.
    pub(crate) fn sent(sent: Sent) -> Self {
        Self {
            sent: Ok(sent),
            wait_ms: 0,
        }
    }
}

impl Sent {
    /// JSON.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let body = serde_json::to_vec(body).expect("all keys of a JSON value are texts");
        Self::written(status, body.into())
    }

    /// JSON that is written already.
    pub(crate) fn written(status: u16, body: Bytes) -> Self {
        let usual = Usual {
            json: true,
            api: false,
        };
        Self {
            usual,
            body,
            ..Self::empty(status)
        }
    }

    /// No body.
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            usual: Usual::default(),
            headers: Vec::new(),
            body: Bytes::new(),
            whole: usize::MAX,
            rest_ms: 0,
        }
    }

    /// What every reply of the API bears, refusals too; `route` and `limit` where the call got so
    /// far. Names as recorded.
    pub(super) fn with_headers(
        mut self,
        world: &mut World,
        user: Option<&User>,
        route: Option<&Route>,
        limit: Option<&Limit>,
        at: Timestamp,
    ) -> Self {
        self.usual.api = true;
        self.headers.reserve(6);
        let scope = route.and_then(|route| route.scope).unwrap_or("*");
        self.headers.push(("x-accepted-oauth-scopes", scope.into()));
        if let Some(limit) = limit {
            let reset = at.as_second() + i64::try_from(limit.reset_seconds).unwrap_or(0);
            self.headers.extend([
                ("x-ratelimit-limit", limit.calls_max.to_string().into()),
                ("x-ratelimit-remaining", limit.remaining.to_string().into()),
                ("x-ratelimit-reset", reset.to_string().into()),
            ]);
        }
        if let Some(user) = user {
            let uuid = world.known_euuid(&user.account);
            self.headers
                .push(("x-oauth-scopes", user.scopes.clone().into()));
            self.headers.push(("x-customer-uuid", uuid.into()));
        }
        self
    }
}

/// Which headers a reply has in common with others.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usual {
    /// Its body is JSON.
    pub json: bool,
    /// It is the API's own, a refusal or not.
    pub api: bool,
}

impl Usual {
    /// The headers, with room for a reply's own. Made once a process: looking at each name and each
    /// value again would cost as much as writing the body.
    pub(crate) fn headers(self, status: u16) -> HeaderMap {
        static ALL: LazyLock<[HeaderMap; 8]> = LazyLock::new(|| {
            std::array::from_fn(|nth| usual_headers(nth & 1 > 0, nth & 2 > 0, nth & 4 > 0))
        });
        let nth =
            usize::from(self.json) + 2 * usize::from(self.api) + 4 * usize::from(status < 400);
        ALL[nth].clone()
    }
}

fn usual_headers(json: bool, api: bool, success: bool) -> HeaderMap {
    let json = json.then_some(("content-type", "application/json"));
    let always = ALWAYS.iter().filter(|_| api);
    let success = ON_SUCCESS.iter().filter(|_| api && success);
    let mut headers = HeaderMap::with_capacity(24);
    for (name, text) in json.iter().chain(always).chain(success) {
        let name = HeaderName::from_static(name);
        headers.append(name, HeaderValue::from_static(text));
    }
    headers
}

/// Headers of every reply (recorded; the version is the newest published one).
const ALWAYS: &[(&str, &str)] = &[
    (
        "access-control-allow-headers",
        "Authorization, Origin, X-Requested-With, Content-Type, Accept, X-Filter",
    ),
    (
        "access-control-allow-methods",
        "HEAD, GET, OPTIONS, POST, PUT, DELETE",
    ),
    ("access-control-allow-origin", "*"),
    ("cache-control", "max-age=0, no-cache, no-store"),
    ("pragma", "no-cache"),
    ("strict-transport-security", "max-age=31536000"),
    ("vary", "Authorization, X-Filter"),
    ("x-frame-options", "DENY"),
    ("x-spec-version", "4.229.1"),
];

/// Headers of a reply that is no refusal (recorded).
const ON_SUCCESS: &[(&str, &str)] = &[
    ("access-control-allow-credentials", "true"),
    (
        "access-control-expose-headers",
        "X-OAuth-Scopes, X-Accepted-OAuth-Scopes, X-Status",
    ),
    ("content-security-policy", "default-src 'none'"),
    ("x-content-type-options", "nosniff"),
    ("x-xss-protection", "1; mode=block"),
];
