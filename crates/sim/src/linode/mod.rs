//! Linode's API v4: one table of endpoints, and the way of a call through faults, token, scope,
//! rate limit, endpoint, filter and page. Shapes and texts follow recorded replies; a text that no
//! recording has is our own wording.
#![expect(clippy::unnecessary_wraps, reason = "all endpoints have one signature")]

mod account;
mod acl;
mod catalog;
mod children;
mod clusters;
mod defaults;
mod devices;
mod enterprise;
mod filter;
mod firewalls;
mod instances;
mod invoices;
mod kubeconfig;
pub(crate) mod limits;
mod locks;
mod memo;
mod nodes;
mod pool_wants;
mod pools;
mod reply;
mod routes;
mod rules;
mod tags;
mod wants;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::faults::End;
use crate::store::World;
use crate::tokens::User;

pub(crate) use memo::Shown;
pub(crate) use reply::{Answer, Outcome, Refusal, Reply, Sent};
use routes::Route;
pub(crate) use rules::parse as parse_rules;

/// A call as it came in, without its token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ask {
    pub method: String,
    /// `/v4/…` or `/v4beta/…`.
    pub path: String,
    pub query: String,
    /// The header X-Filter.
    pub filter: Option<String>,
    /// Digest of the token; `None` without one.
    pub key: Option<String>,
    pub body: String,
    /// Only so many of the wanted nodes get a Linode.
    pub have: Option<u32>,
}

/// A call on its way to an endpoint.
pub(crate) struct Call {
    pub at: Timestamp,
    pub user: Arc<User>,
    /// What stood in the places of `{id}`.
    pub ids: Vec<String>,
    pub body: Value,
    pub beta: bool,
    pub have: Option<u32>,
    /// Seconds of age below which a list does not show a thing.
    pub lag_seconds: u32,
}

impl Call {
    /// The n-th id as a number; text is an id that nothing has.
    pub(crate) fn id(&self, nth: usize) -> u64 {
        self.ids
            .get(nth)
            .and_then(|text| text.parse().ok())
            .unwrap_or(0)
    }

    /// The n-th id as text.
    pub(crate) fn word(&self, nth: usize) -> &str {
        self.ids.get(nth).map_or("", String::as_str)
    }

    /// Whether a list shows a thing of this age by now.
    pub(crate) fn shows(&self, created: Timestamp) -> bool {
        let age = self.at.duration_since(created).as_secs();
        self.lag_seconds == 0 || age >= i64::from(self.lag_seconds)
    }
}

impl Ask {
    /// Everything that a reply depends on, besides the world.
    pub(crate) fn whole(&self) -> String {
        let filter = self.filter.as_deref().unwrap_or_default();
        let key = self.key.as_deref().unwrap_or_default();
        format!(
            "{key} {} {}?{} {filter}",
            self.method, self.path, self.query
        )
    }
}

/// Answers one call, under the faults that fire on it.
pub(crate) fn answer(
    world: &mut World,
    token: Option<&str>,
    mut ask: Ask,
    at: Timestamp,
) -> Outcome {
    let Some((beta, path)) = unversioned(&ask.path) else {
        return Outcome::sent(Refusal::not_found().sent());
    };
    let path = path.to_owned();
    let found = routes::find(&ask.method, &path);
    let template = found.as_ref().map_or("(unknown)", |(route, _)| route.path);
    world.count_call(&ask.method, beta, template);
    let mut user = match token {
        Some(token) => {
            let Some(user) = world.tokens.user(token, at, world.switches.token_expires) else {
                let route = found.as_ref().map(|(route, _)| *route);
                let sent = Refusal::invalid_token().sent();
                return Outcome::sent(sent.with_headers(world, None, route, None, at));
            };
            Some(user)
        }
        None => None,
    };
    ask.key = user.as_ref().map(|user| user.key.clone());
    let struck = world.strike(&mut ask, &path, &mut user, at);
    let honest = (struck.end == End::Now).then(|| {
        let lag_seconds = struck.lag_seconds;
        let lag_seconds = lag_seconds.unwrap_or(world.switches.list_lag_seconds);
        commit_call(world, &ask, user.as_ref(), found, beta, at, lag_seconds)
    });
    let mut outcome = world.spoil(&struck, &ask, honest, at);
    outcome.wait_ms += i64::from(world.switches.reply_ms);
    outcome
}

/// A call whose sender no longer listens takes effect.
pub(crate) fn commit(world: &mut World, ask: &Ask, at: Timestamp) {
    let Some((beta, path)) = unversioned(&ask.path) else {
        return;
    };
    let user = ask.key.as_ref();
    let user = user.map(|key| Arc::new(world.tokens.by_key(key)));
    let found = routes::find(&ask.method, path);
    commit_call(world, ask, user.as_ref(), found, beta, at, 0);
}

fn commit_call(
    world: &mut World,
    ask: &Ask,
    user: Option<&Arc<User>>,
    found: Option<(&'static Route, Vec<String>)>,
    beta: bool,
    at: Timestamp,
    lag_seconds: u32,
) -> Sent {
    let (asks, user) = (user, user.map(|user| &**user));
    let Some((route, ids)) = found else {
        let sent = Refusal::not_found().sent();
        return sent.with_headers(world, user, None, None, at);
    };
    let query = query(&ask.query);
    let limit = world
        .limits
        .take(ask.key.as_deref().unwrap_or(""), &ask.method, route, at);
    let over = world.switches.rate_limits && limit.over;
    let memo = memo::key(world, route, ask);
    if let Some(page) = memo.as_deref().and_then(memo::page).filter(|_| !over) {
        return Sent::written(200, page).with_headers(world, user, Some(route), Some(&limit), at);
    }
    world.keep_pages_no_longer();
    let shown = memo::shown_key(route, ask, user, lag_seconds);
    let same = shown.as_deref().and_then(|key| world.shown.page(key));
    let same = same.filter(|_| !over);
    // Where programs are tested, the page is written all the same and compared.
    if let Some(page) = same.clone().filter(|_| !cfg!(debug_assertions)) {
        return Sent::written(200, page).with_headers(world, user, Some(route), Some(&limit), at);
    }
    let answer = match (route.scope, user) {
        (Some(_), None) => Err(Refusal::invalid_token()),
        (Some(scope), Some(user)) if !user.has(scope) => Err(Refusal::missing_scope()),
        _ if over => Err(Refusal::too_many(limit.reset_seconds)),
        _ => parse(&ask.body).and_then(|body| {
            let call = Call {
                at,
                user: asks
                    .cloned()
                    .unwrap_or_else(|| Arc::new(world.tokens.by_key("anonymous"))),
                ids,
                body,
                beta,
                have: ask.have,
                lag_seconds,
            };
            if ask.method != "GET" {
                world.dirty = true;
            }
            (route.act)(world, &call)
        }),
    };
    if ask.method != "GET" && route.path.starts_with("/networking/firewalls") {
        world.guard_nodes();
    }
    let sent = match answer {
        Ok(Reply::Page { rows, filterable }) => {
            filter::page(rows, filterable, ask.filter.as_deref(), &query)
                .map_or_else(Refusal::sent, |page| Sent::json(200, &page))
        }
        Ok(Reply::One(one)) => Sent::json(200, &one),
        Ok(Reply::NoContent) => Sent::empty(204),
        Err(refusal) => refusal.sent(),
    };
    if let Some(key) = memo.filter(|_| sent.status == 200) {
        memo::keep(key, &sent.body);
    }
    if let Some(page) = same {
        assert_eq!(
            page, sent.body,
            "a page changed, and nothing was called changed"
        );
    } else if let Some(key) = shown.filter(|_| sent.status == 200) {
        world.shown.keep(key, &sent.body);
    }
    sent.with_headers(world, user, Some(route), Some(&limit), at)
}

/// The path behind `/v4` or `/v4beta`.
fn unversioned(path: &str) -> Option<(bool, &str)> {
    let (beta, rest) = path
        .strip_prefix("/v4beta")
        .map(|rest| (true, rest))
        .or_else(|| path.strip_prefix("/v4").map(|rest| (false, rest)))?;
    rest.starts_with('/')
        .then(|| (beta, rest.strip_suffix('/').unwrap_or(rest)))
}

fn query(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn parse(body: &str) -> Result<Value, Refusal> {
    if body.trim().is_empty() {
        return Ok(Value::Null);
    }
    let body: Value = serde_json::from_str(body).map_err(|_| Refusal::bad(None, "Invalid JSON"))?;
    if body.is_object() || body.is_null() {
        Ok(body)
    } else {
        Err(Refusal::bad(
            None,
            "The request's body must be a JSON object",
        ))
    }
}
