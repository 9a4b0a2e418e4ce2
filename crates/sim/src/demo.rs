//! `/_demo`: the twin's own endpoints, without a token. Later fields may be added, none renamed.
//!
//! | endpoint | methods | |
//! |---|---|---|
//! | `/_demo/id` | GET | `{"cloud": "demo-<hex>"}` |
//! | `/_demo/me` | GET | `{"addresses"}`: the asking client's public addresses |
//! | `/_demo/ledger` | GET | alive, dead, spend |
//! | `/_demo/calls` | GET, DELETE | calls so far by method and path; set to none |
//! | `/_demo/clock` | GET, POST | `{now, speed, paused}`; `{speed?, paused?, step_ms?}` |
//! | `/_demo/faults` | GET, PUT | `{seed, rules}`; what was set until now, with `fired`; to a GET the menu too |
//! | `/_demo/limits` | GET, PUT | `{account: {linodes?, clusters?, nodebalancers?, volumes?, firewalls?}}` |
//! | `/_demo/autoscale` | POST | `{pool, nodes}`: what its workloads need; the autoscaler follows |
//! | `/_demo/reach` | GET | what gets through to each node: kubelet, webhooks, node ports, DNS, pods |
//! | `/_demo/switches` | GET, PUT | [`Switches`], absent ones at their default |
//! | `/_demo/tokens` | POST | `{scopes, restricted, grants, expires, label, user, account}`, all optional |
//! | `/_demo/clients` | GET, PUT | public address, or a list of them, by the client's own |

use std::net::IpAddr;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::draw;
use crate::faults::Faults;
use crate::store::World;
use crate::switches::Switches;
use crate::tokens::{DEFAULT_ACCOUNT, Listed, User};

/// A body, or what is wrong with the request.
type Answer = Result<Value, (u16, String)>;

/// Answers one request: the status and the body.
pub(crate) fn answer(
    world: &mut World,
    clock: &Clock,
    client: IpAddr,
    (method, path): (&str, &str),
    body: &str,
) -> (u16, Value) {
    let answer = read(body).and_then(|body| act(world, clock, client, method, path, body));
    if method != "GET" {
        world.dirty = true;
    }
    match answer {
        Ok(body) => (200, body),
        Err((status, reason)) => (status, json!({"errors": [{"reason": reason}]})),
    }
}

fn read(body: &str) -> Answer {
    if body.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(body).map_err(|error| (400, error.to_string()))
}

fn act(
    world: &mut World,
    clock: &Clock,
    client: IpAddr,
    method: &str,
    path: &str,
    body: Value,
) -> Answer {
    let now = clock.now();
    match (method, path) {
        ("GET", "/_demo/id") => Ok(json!({"cloud": world.cloud})),
        ("GET", "/_demo/me") => Ok(json!({"addresses": world.public_addresses(client)})),
        ("GET", "/_demo/ledger") => Ok(world.ledger.reply(now, world.switches.billing)),
        ("GET", "/_demo/calls") => Ok(json!(world.calls)),
        ("DELETE", "/_demo/calls") => {
            world.calls.clear();
            Ok(json!({}))
        }
        ("GET", "/_demo/clock") => Ok(clock_reply(clock)),
        ("POST", "/_demo/clock") => turn(clock, body),
        ("GET", "/_demo/faults") => Ok(world.faults.reply()),
        ("PUT", "/_demo/faults") => {
            let faults = Faults::put(body).map_err(|reason| (400, reason))?;
            Ok(std::mem::replace(&mut world.faults, faults).fired())
        }
        ("GET", "/_demo/limits") => Ok(json!(world.quotas)),
        ("PUT", "/_demo/limits") => {
            world.quotas = read_as(body)?;
            Ok(json!(world.quotas))
        }
        ("POST", "/_demo/autoscale") => {
            let wanted: Need = read_as(body)?;
            let there = world.need_nodes(now, wanted.pool, wanted.nodes);
            there
                .then(|| json!({}))
                .ok_or((404, "Not found".to_owned()))
        }
        ("GET", "/_demo/reach") => Ok(world.reach_reply()),
        ("GET", "/_demo/switches") => Ok(json!(world.switches)),
        ("PUT", "/_demo/switches") => {
            world.switches = read_as::<Switches>(body)?;
            world.guard_nodes();
            Ok(json!(world.switches))
        }
        ("POST", "/_demo/tokens") => make_token(world, now, body),
        ("GET", "/_demo/clients") => Ok(json!(world.clients)),
        ("PUT", "/_demo/clients") => {
            world.clients = read_as(body)?;
            Ok(json!(world.clients))
        }
        _ => Err((404, "Not found".to_owned())),
    }
}

fn read_as<T: serde::de::DeserializeOwned>(body: Value) -> Result<T, (u16, String)> {
    serde_json::from_value(body).map_err(|error| (400, error.to_string()))
}

fn clock_reply(clock: &Clock) -> Value {
    json!({"now": clock.now(), "speed": clock.speed(), "paused": clock.paused()})
}

/// What `POST /_demo/clock` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    speed: Option<f64>,
    paused: Option<bool>,
    step_ms: Option<i64>,
}

fn turn(clock: &Clock, body: Value) -> Answer {
    let turn: Turn = read_as(body)?;
    if turn
        .speed
        .is_some_and(|speed| !speed.is_finite() || speed <= 0.0)
    {
        return Err((400, "speed must be greater than 0".to_owned()));
    }
    if turn.step_ms.is_some_and(|ms| ms < 0) {
        return Err((400, "step_ms must not be negative".to_owned()));
    }
    if let Some(speed) = turn.speed {
        clock.set_speed(speed);
    }
    if let Some(paused) = turn.paused {
        clock.set_paused(paused);
    }
    if let Some(ms) = turn.step_ms {
        clock.step_ms(ms);
    }
    Ok(clock_reply(clock))
}

/// What `POST /_demo/autoscale` takes: how many nodes the workloads of a pool need.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Need {
    pool: u64,
    nodes: u32,
}

/// What `POST /_demo/tokens` takes.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct NewToken {
    /// A text with spaces, or a list.
    scopes: Value,
    restricted: bool,
    grants: Value,
    expires: Option<Timestamp>,
    label: Option<String>,
    user: Option<String>,
    account: Option<String>,
}

fn make_token(world: &mut World, now: Timestamp, body: Value) -> Answer {
    let wanted: NewToken = if body.is_null() {
        NewToken::default()
    } else {
        read_as(body)?
    };
    let scopes = match &wanted.scopes {
        Value::Null => "*".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" "),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            return Err((400, "scopes is a text or a list of texts".to_owned()));
        }
    };
    let grants = if wanted.grants.is_null() {
        json!({})
    } else {
        wanted.grants
    };
    let nth = world.count("token");
    let half = |what: &str| draw::bits(world.seed, what, nth);
    let token = format!(
        "{:016x}{:016x}{:016x}{:016x}",
        half("a"),
        half("b"),
        half("c"),
        half("d")
    );
    let user = User {
        key: String::new(),
        name: wanted.user.unwrap_or_else(|| format!("user{nth}")),
        account: wanted.account.unwrap_or_else(|| DEFAULT_ACCOUNT.to_owned()),
        scopes,
        restricted: wanted.restricted,
        grants,
        expires: wanted.expires,
        listed: Listed {
            id: world.next_id("own-token", 10_000_000),
            label: wanted.label.unwrap_or_else(|| format!("token{nth}")),
            shown: String::new(),
            created: Some(now),
        },
    };
    let answer = json!({
        "token": token, "scopes": user.scopes, "restricted": user.restricted, "user": user.name,
        "account": user.account, "expires": user.expires,
    });
    world.tokens.add(&token, user);
    Ok(answer)
}
