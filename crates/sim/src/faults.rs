//! Seeded faults: rules that are matched against every call of the Linode API. Set and read at
//! `/_demo/faults`. A further kind of fault is one more row of [`KINDS`].

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::draw;

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// The connection ends without a reply.
    Reset,
    /// Half of the reply, then the connection ends.
    Truncate,
    /// This status with this reason.
    Refuse(u16, &'static str),
    /// 503 with `X-Maintenance-Mode`.
    Maintenance,
    /// 429 with `Retry-After`.
    RateLimited,
    /// 200 with a page of HTML, as a captive portal sends it.
    Html,
    /// The call takes effect only later; the connection ends without a reply.
    LateCommit,
    /// A list does not show what is younger than this.
    ListLag,
    /// A list ignores X-Filter.
    FilterIgnored,
    /// Only `have` of the wanted nodes ever get a Linode.
    CapacityShort,
    /// The reply comes late.
    Slow,
}

/// One kind of fault.
pub(crate) struct Kind {
    /// As rules name it.
    pub name: &'static str,
    /// What it does.
    pub act: Act,
    /// Whether the call takes effect, when the rule's `effect` does not say.
    pub applied: bool,
    /// Demo seconds, when the rule's `effect` does not say; what for depends on the kind.
    pub seconds: u32,
}

const fn kind(name: &'static str, act: Act, applied: bool, seconds: u32) -> Kind {
    Kind {
        name,
        act,
        applied,
        seconds,
    }
}

/// Every kind of fault there is.
pub(crate) const KINDS: &[Kind] = &[
    kind("reset", Act::Reset, false, 0),
    kind("reset_after", Act::Reset, true, 0),
    kind("truncated", Act::Truncate, true, 0),
    kind("busy", Act::Refuse(400, "Linode busy."), false, 0),
    kind(
        "quota",
        Act::Refuse(400, "Account Limit reached. Please open a support ticket."),
        false,
        0,
    ),
    kind("unauthorized", Act::Refuse(401, "Invalid Token"), false, 0),
    kind("forbidden", Act::Refuse(403, "Unauthorized"), false, 0),
    kind("not_found", Act::Refuse(404, "Not found"), false, 0),
    kind("timeout", Act::Refuse(408, "Request timed out."), false, 0),
    kind(
        "timeout_after",
        Act::Refuse(408, "Request timed out."),
        true,
        0,
    ),
    kind("conflict", Act::Refuse(409, "Conflict"), false, 0),
    kind("rate_limited", Act::RateLimited, false, 30),
    kind(
        "internal",
        Act::Refuse(500, "Internal Server Error"),
        false,
        0,
    ),
    kind(
        "internal_after",
        Act::Refuse(500, "Internal Server Error"),
        true,
        0,
    ),
    kind("bad_gateway", Act::Refuse(502, "Bad Gateway"), false, 0),
    kind(
        "unavailable",
        Act::Refuse(503, "Service unavailable."),
        false,
        0,
    ),
    kind("maintenance", Act::Maintenance, false, 0),
    kind("captive_portal", Act::Html, false, 0),
    kind("late_commit", Act::LateCommit, false, 20),
    kind("list_lag", Act::ListLag, true, 60),
    kind("filter_ignored", Act::FilterIgnored, true, 0),
    kind("capacity_short", Act::CapacityShort, true, 0),
    kind("slow", Act::Slow, true, 30),
];

/// A rule as it was put.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// A name of [`KINDS`].
    kind: String,
    /// Absent: every method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    /// With or without the version; `*` is one segment, a last `**` any rest. Absent: every path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// Chance per matching call in millionths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate_ppm: Option<u32>,
    /// Only the n-th matching call, counted from 1. Neither: every matching call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_call: Option<u64>,
    /// `"before"` or `"after"`: whether the call takes effect. Or an object with `applied`,
    /// `seconds` and `have`.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    effect: Value,
    /// Matching calls so far.
    #[serde(default)]
    seen: u64,
    /// How often it fired.
    #[serde(default)]
    fired: u64,
}

/// What `PUT /_demo/faults` takes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Faults {
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    rules: Vec<Rule>,
}

/// A rule that fires on a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strike {
    pub act: Act,
    pub applied: bool,
    pub seconds: u32,
    /// For [`Act::CapacityShort`].
    pub have: u32,
}

impl Faults {
    /// New rules in place of all others; their counts begin at 0.
    pub(crate) fn put(wanted: Value) -> Result<Self, String> {
        let mut faults: Self = serde_json::from_value(wanted).map_err(|err| err.to_string())?;
        for rule in &mut faults.rules {
            rule.seen = 0;
            rule.fired = 0;
            strike(rule)?;
        }
        Ok(faults)
    }

    /// The rules, each with how often it fired, and the sum by kind.
    pub(crate) fn reply(&self) -> Value {
        let mut fired = serde_json::Map::new();
        for rule in &self.rules {
            let sum = fired.get(&rule.kind).and_then(Value::as_u64).unwrap_or(0) + rule.fired;
            fired.insert(rule.kind.clone(), json!(sum));
        }
        json!({"seed": self.seed, "rules": self.rules, "fired": fired})
    }

    /// The rules that fire on this call, in their order. `path` has no version.
    pub(crate) fn strikes(&mut self, method: &str, path: &str) -> Vec<Strike> {
        let seed = self.seed;
        let mut strikes = Vec::new();
        for (index, rule) in self.rules.iter_mut().enumerate() {
            let same_method = rule
                .method
                .as_ref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
            if !same_method || !rule.path.as_ref().is_none_or(|wanted| fits(wanted, path)) {
                continue;
            }
            rule.seen += 1;
            let chance = draw::bits(seed, "fault", (index as u64) << 40 | rule.seen) % 1_000_000;
            let fires = rule.at_call.is_none_or(|nth| nth == rule.seen)
                && rule.rate_ppm.is_none_or(|rate| chance < u64::from(rate));
            if let (true, Ok(strike)) = (fires, strike(rule)) {
                rule.fired += 1;
                strikes.push(strike);
            }
        }
        strikes
    }
}

fn strike(rule: &Rule) -> Result<Strike, String> {
    let Some(kind) = KINDS.iter().find(|kind| kind.name == rule.kind) else {
        let known: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        return Err(format!(
            "unknown kind `{}`; known: {}",
            rule.kind,
            known.join(", ")
        ));
    };
    let mut strike = Strike {
        act: kind.act,
        applied: kind.applied,
        seconds: kind.seconds,
        have: 0,
    };
    let number = |name: &str| {
        rule.effect
            .get(name)
            .and_then(Value::as_u64)
            .and_then(|value| u32::try_from(value).ok())
    };
    match &rule.effect {
        Value::Null => {}
        Value::String(word) if word == "before" || word == "none" => strike.applied = false,
        Value::String(word) if word == "after" || word == "applied" => strike.applied = true,
        Value::Object(_) => {
            let applied = rule.effect.get("applied").and_then(Value::as_bool);
            strike.applied = applied.unwrap_or(strike.applied);
            strike.seconds = number("seconds").unwrap_or(strike.seconds);
            strike.have = number("have").unwrap_or(0);
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            return Err(
                "effect is \"before\", \"after\" or {applied?, seconds?, have?}".to_owned(),
            );
        }
    }
    Ok(strike)
}

fn fits(wanted: &str, path: &str) -> bool {
    let wanted = wanted
        .strip_prefix("/v4beta")
        .or_else(|| wanted.strip_prefix("/v4"))
        .unwrap_or(wanted);
    let mut segments = path.split('/');
    for want in wanted.split('/') {
        match (want, segments.next()) {
            ("**", _) => return true,
            ("*", Some(_)) => {}
            (want, Some(segment)) if want == segment => {}
            _ => return false,
        }
    }
    segments.next().is_none()
}
