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
mod nodes;
mod pools;
mod reply;
mod routes;
mod rules;
mod tags;
mod wants;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::faults::{Act, Strike};
use crate::store::World;
use crate::tokens::User;

pub(crate) use reply::{Answer, Outcome, Refusal, Reply, Sent};
use routes::Route;

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
    pub user: User,
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

/// Answers one call.
pub(crate) fn answer(
    world: &mut World,
    token: Option<&str>,
    mut ask: Ask,
    at: Timestamp,
) -> Outcome {
    let Some((beta, path)) = unversioned(&ask.path) else {
        return Outcome::sent(Refusal::not_found().sent());
    };
    let found = routes::find(&ask.method, path);
    let template = found.as_ref().map_or("(unknown)", |(route, _)| route.path);
    let version = if beta { "v4beta" } else { "v4" };
    *world
        .calls
        .entry(format!("{} /{version}{template}", ask.method))
        .or_insert(0) += 1;
    let strikes = world.faults.strikes(&ask.method, path);
    let user = match token {
        Some(token) => match world.tokens.user(token, at) {
            Some(user) => Some(user),
            None => return Outcome::sent(Refusal::invalid_token().sent()),
        },
        None => None,
    };
    ask.key = user.as_ref().map(|user| user.key.clone());
    let mut outcome = struck(world, &strikes, &mut ask, user.as_ref(), found, beta, at);
    outcome.wait_ms += i64::from(world.switches.reply_ms);
    outcome
}

/// The call, under the faults that fire on it.
fn struck(
    world: &mut World,
    strikes: &[Strike],
    ask: &mut Ask,
    user: Option<&User>,
    found: Option<(&'static Route, Vec<String>)>,
    beta: bool,
    at: Timestamp,
) -> Outcome {
    let of = |act: Act| strikes.iter().find(|strike| strike.act == act);
    let lag_seconds =
        of(Act::ListLag).map_or(world.switches.list_lag_seconds, |strike| strike.seconds);
    if of(Act::FilterIgnored).is_some() {
        ask.filter = None;
    }
    ask.have = of(Act::CapacityShort)
        .map(|strike| strike.have)
        .or(ask.have);
    let wait_ms = of(Act::Slow).map_or(0, |strike| i64::from(strike.seconds) * 1000);
    let ends = |strike: &&Strike| {
        !matches!(
            strike.act,
            Act::ListLag | Act::FilterIgnored | Act::CapacityShort | Act::Slow
        )
    };
    let terminal = strikes.iter().find(ends).copied();
    if let Some(Strike {
        act: Act::LateCommit,
        seconds,
        ..
    }) = terminal
        && ask.method != "GET"
    {
        let due = crate::life::Due::Late { ask: ask.clone() };
        world
            .schedule
            .add(crate::clock::later(at, i64::from(seconds) * 1000), due);
        return Outcome {
            sent: None,
            wait_ms,
        };
    }
    let honest = if terminal.is_none_or(|strike| strike.applied) {
        Some(commit_call(world, ask, user, found, beta, at, lag_seconds))
    } else {
        None
    };
    let sent = match terminal {
        None => honest,
        Some(strike) => reply::spoiled(strike, honest),
    };
    Outcome { sent, wait_ms }
}

/// A call whose sender no longer listens takes effect.
pub(crate) fn commit(world: &mut World, ask: &Ask, at: Timestamp) {
    let Some((beta, path)) = unversioned(&ask.path) else {
        return;
    };
    let user = ask.key.as_ref().map(|key| world.tokens.by_key(key));
    let found = routes::find(&ask.method, path);
    commit_call(world, ask, user.as_ref(), found, beta, at, 0);
}

fn commit_call(
    world: &mut World,
    ask: &Ask,
    user: Option<&User>,
    found: Option<(&'static Route, Vec<String>)>,
    beta: bool,
    at: Timestamp,
    lag_seconds: u32,
) -> Sent {
    let Some((route, ids)) = found else {
        return Refusal::not_found().sent();
    };
    let query = query(&ask.query);
    let limit = world
        .limits
        .take(ask.key.as_deref().unwrap_or(""), &ask.method, route, at);
    let over = world.switches.rate_limits && limit.over;
    let answer = match (route.scope, user) {
        (Some(_), None) => Err(Refusal::invalid_token()),
        (Some(scope), Some(user)) if !user.has(scope) => Err(Refusal::missing_scope()),
        _ if over => Err(Refusal::too_many(limit.reset_seconds)),
        (_, user) => parse(&ask.body).and_then(|body| {
            let call = Call {
                at,
                user: user
                    .cloned()
                    .unwrap_or_else(|| world.tokens.by_key("anonymous")),
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
    let sent = match answer {
        Ok(Reply::Page { rows, filterable }) => {
            filter::page(rows, filterable, ask.filter.as_deref(), &query)
                .map_or_else(Refusal::sent, |page| Sent::json(200, &page))
        }
        Ok(Reply::One(one)) => Sent::json(200, &one),
        Ok(Reply::NoContent) => Sent::empty(204),
        Err(refusal) => refusal.sent(),
    };
    sent.with_headers(world, user, route, &limit, at)
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
    serde_json::from_str(body).map_err(|_| Refusal::bad(None, "Invalid JSON"))
}
