//! The strikes of one call: what happens before it, whether it takes effect, and what becomes of
//! the reply.

use std::io::ErrorKind;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Strike;
use super::kinds::{Act, Bend, RetryAfter};
use super::twist;
use crate::clock::later;
use crate::linode::{Ask, Outcome, Refusal, Sent};
use crate::schedule::Due;
use crate::store::World;
use crate::tokens::User;

/// A connection that ended without a whole reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    /// `ConnectionRefused` alone means that nothing was sent.
    pub kind: ErrorKind,
    /// For logs.
    pub why: &'static str,
}

/// How a call ends when it does not end as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It takes effect now.
    Now,
    /// It takes effect later.
    Later,
    /// It never takes effect.
    Never,
}

/// The strikes of one call.
pub(crate) struct Struck {
    strikes: Vec<Strike>,
    /// The one that ends the call otherwise than it would.
    last: Option<Strike>,
    /// Whether the call takes effect.
    pub end: End,
    /// Seconds of age below which a list does not show a thing.
    pub lag_seconds: Option<u32>,
}

impl World {
    /// Before a call: what happens in the cloud, to the one who asks and to what is asked.
    pub(crate) fn strike(
        &mut self,
        ask: &mut Ask,
        path: &str,
        user: &mut Option<Arc<User>>,
        at: Timestamp,
    ) -> Struck {
        let mut struck = Struck {
            strikes: self.faults.strikes(&ask.method, path),
            last: None,
            end: End::Now,
            lag_seconds: None,
        };
        for strike in struck.strikes.clone() {
            let fired = match strike.act {
                Act::Meddle(what) => {
                    let account = user.as_ref().map(|user| user.account.clone());
                    account.is_some_and(|account| self.meddle(what, &account, strike, at))
                }
                Act::Bend(what) => bend(what, ask),
                // Of a passing mix-up no write lands in the other account. What lasts is a state of
                // the one who asks, and then it does.
                Act::OtherAccount => (strike.lasts || ask.method == "GET") && as_other(user),
                Act::Restricted => as_restricted(user),
                Act::MissingScope if strike.area.is_some() => without_scope(user, strike),
                Act::ListLag => {
                    struck.lag_seconds = Some(strike.seconds);
                    ask.method == "GET"
                }
                Act::CapacityShort => {
                    ask.have = Some(strike.have);
                    ask.method != "GET"
                }
                Act::Slow => true,
                // These count when the reply is there.
                Act::Twist(_)
                | Act::StaleRead
                | Act::Kube(..)
                | Act::WithoutHandle
                | Act::HugeList
                | Act::WatchExpired
                | Act::CertificateRotated => false,
                Act::NeverSent(_)
                | Act::Lost(..)
                | Act::Headless
                | Act::Truncate
                | Act::SlowBody
                | Act::Html(..)
                | Act::MissingScope
                | Act::Refuse(..)
                | Act::Maintenance
                | Act::RateLimited(_) => struck.ends_with(strike),
                Act::LateCommit => ask.method != "GET" && struck.ends_with(strike),
            };
            if fired {
                self.faults.count(strike);
            }
        }
        if struck.end == End::Later {
            let seconds = struck.last.map_or(0, |strike| strike.seconds);
            let due = Due::Late { ask: ask.clone() };
            let at = later(at, i64::from(seconds) * 1000);
            self.schedule.add(at, due);
        }
        struck
    }

    /// After a call: the reply as it arrives. `honest` is `None` when it took no effect.
    pub(crate) fn spoil(
        &mut self,
        struck: &Struck,
        ask: &Ask,
        honest: Option<Sent>,
        at: Timestamp,
    ) -> Outcome {
        let slow = |strike: &&Strike| strike.act == Act::Slow;
        let slow = struck.strikes.iter().find(slow);
        let mut wait_ms = slow.map_or(0, |strike| i64::from(strike.seconds) * 1000);
        let honest = honest.map(|sent| self.twisted(struck, ask, sent));
        let sent = match struck.last {
            None => honest.ok_or(LOST),
            Some(strike) => {
                if silent(strike.act) {
                    wait_ms += i64::from(strike.seconds) * 1000;
                }
                spoiled(strike, honest, at)
            }
        };
        Outcome { sent, wait_ms }
    }

    fn twisted(&mut self, struck: &Struck, ask: &Ask, mut sent: Sent) -> Sent {
        if sent.status != 200 {
            return sent;
        }
        for strike in &struck.strikes {
            let stale = self.stale.get(&ask.whole());
            let stale = stale.filter(|before| before.body != sent.body);
            let fired = match (strike.act, stale) {
                (Act::Twist(what), _) => twist::twist(what, &mut sent, strike.draw),
                (Act::StaleRead, Some(before)) => {
                    sent = before.clone();
                    true
                }
                _ => false,
            };
            if fired {
                self.faults.count(*strike);
            }
        }
        if ask.method == "GET" && self.faults.has(Act::StaleRead) {
            self.stale.insert(ask.whole(), sent.clone());
        }
        sent
    }
}

const LOST: Broken = Broken {
    kind: ErrorKind::ConnectionReset,
    why: "the connection was reset",
};

impl Struck {
    /// The first that ends a call decides; whether this one does.
    fn ends_with(&mut self, strike: Strike) -> bool {
        if self.last.is_some() {
            return false;
        }
        self.last = Some(strike);
        self.end = match (strike.act, strike.applied) {
            (Act::LateCommit, _) => End::Later,
            (_, true) => End::Now,
            (_, false) => End::Never,
        };
        true
    }
}

/// Whether nothing at all comes for the strike's seconds.
fn silent(act: Act) -> bool {
    matches!(act, Act::NeverSent(_) | Act::Lost(ErrorKind::TimedOut, _))
}

fn as_other(user: &mut Option<Arc<User>>) -> bool {
    let Some(user) = user else { return false };
    let user = Arc::make_mut(user);
    user.account = format!("not-{}", user.account);
    true
}

fn as_restricted(user: &mut Option<Arc<User>>) -> bool {
    let Some(user) = user else { return false };
    let user = Arc::make_mut(user);
    user.restricted = true;
    user.grants = json!({});
    true
}

/// Whether the token had the scope.
fn without_scope(user: &mut Option<Arc<User>>, strike: Strike) -> bool {
    let (Some(user), Some(area)) = (user, strike.area) else {
        return false;
    };
    Arc::make_mut(user).lose_area(area)
}

/// Whether the request is another one now.
fn bend(what: Bend, ask: &mut Ask) -> bool {
    if what == Bend::FilterIgnored {
        return ask.filter.take().is_some();
    }
    if ask.method != "POST" {
        return false;
    }
    let Ok(Value::Object(mut body)) = serde_json::from_str::<Value>(&ask.body) else {
        return false;
    };
    let bent = match what {
        Bend::LabelRewritten => match body.get_mut("label") {
            Some(Value::String(label)) => {
                let kept: String = label.chars().take(30).collect();
                *label = format!("{kept}x1");
                true
            }
            Some(_) | None => false,
        },
        Bend::TagsStripped => body.shift_remove("tags").is_some(),
        Bend::FilterIgnored => false,
    };
    ask.body = Value::Object(body).to_string();
    bent
}

/// What a strike makes of the honest reply, if there is one.
fn spoiled(strike: Strike, honest: Option<Sent>, at: Timestamp) -> Result<Sent, Broken> {
    let lost = |kind, why| Err(Broken { kind, why });
    match strike.act {
        Act::NeverSent(why) => lost(ErrorKind::ConnectionRefused, why),
        Act::Lost(kind, why) => lost(kind, why),
        Act::LateCommit => Err(LOST),
        Act::Headless => honest.ok_or(LOST).map(|sent| Sent { whole: 0, ..sent }),
        Act::Truncate => honest.ok_or(LOST).map(|sent| Sent {
            whole: sent.body.len() / 2,
            ..sent
        }),
        Act::SlowBody => honest.ok_or(LOST).map(|sent| Sent {
            rest_ms: u64::from(strike.seconds) * 1000,
            ..sent
        }),
        Act::Refuse(status, field, reason) => Ok(Refusal::new(status, field, reason).sent()),
        Act::MissingScope => Ok(Refusal::missing_scope().sent()),
        Act::RateLimited(form) => Ok(limited(form, strike.seconds, at)),
        Act::Maintenance => {
            let mut sent = Refusal::new(503, None, "Currently in maintenance mode.").sent();
            sent.headers.push(("x-maintenance-mode", "active".into()));
            Ok(sent)
        }
        Act::Html(status, page, server) => {
            let mut headers = vec![("content-type", "text/html".into())];
            headers.extend(server.map(|name| ("server", name.into())));
            Ok(Sent {
                headers,
                body: page.into(),
                ..Sent::empty(status)
            })
        }
        Act::Slow
        | Act::OtherAccount
        | Act::Restricted
        | Act::ListLag
        | Act::StaleRead
        | Act::Bend(_)
        | Act::Twist(_)
        | Act::CapacityShort
        | Act::Meddle(_)
        | Act::Kube(..)
        | Act::WithoutHandle
        | Act::HugeList
        | Act::WatchExpired
        | Act::CertificateRotated => honest.ok_or(LOST),
    }
}

fn limited(form: RetryAfter, seconds: u32, at: Timestamp) -> Sent {
    let mut sent = Refusal::new(429, None, "Too many requests").sent();
    let wait = match form {
        RetryAfter::Seconds => seconds.to_string(),
        RetryAfter::Date => later(at, i64::from(seconds) * 1000)
            .strftime("%a, %d %b %Y %H:%M:%S GMT")
            .to_string(),
        RetryAfter::Absent => return sent,
    };
    sent.headers.push(("retry-after", wait.into()));
    sent
}
