//! Seeded faults: rules that are matched against every call of the Linode API, and of a cluster's
//! own API as `/kubernetes/…`. Set and read at `/_demo/faults`. `kinds` is the menu, `strike` carries
//! a fault out, `twist` changes replies and `meddle` the cloud.

mod kinds;
mod kube;
mod meddle;
mod strike;
mod twist;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::draw;
use crate::tokens::AREAS;

use kinds::{Act, KINDS};
pub(crate) use strike::{Broken, End};

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
    /// Only this matching call and all later ones, counted from 1: a state that lasts until the rule
    /// is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from_call: Option<u64>,
    /// `"before"` or `"after"`: whether the call takes effect. Or an object with `applied`,
    /// `seconds`, `have` and `scope`.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    effect: Value,
    /// Matching calls so far.
    #[serde(default)]
    seen: u64,
    /// How often it fired and changed something.
    #[serde(default)]
    fired: u64,
    #[serde(skip)]
    strike: Option<Strike>,
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
    act: Act,
    applied: bool,
    seconds: u32,
    /// For [`Act::CapacityShort`].
    have: u32,
    /// For [`Act::MissingScope`]: the part of a scope before its colon.
    area: Option<&'static str>,
    /// Whether it strikes every matching call, from some call on.
    lasts: bool,
    /// Which rule it is of.
    rule: usize,
    /// What this strike chooses by.
    draw: u64,
}

impl Faults {
    /// New rules in place of all others; their counts begin at 0.
    pub(crate) fn put(wanted: Value) -> Result<Self, String> {
        let mut faults: Self = serde_json::from_value(wanted).map_err(|err| err.to_string())?;
        for rule in &mut faults.rules {
            rule.seen = 0;
            rule.fired = 0;
            rule.strike = Some(read(rule)?);
        }
        Ok(faults)
    }

    /// The rules, each with how often it fired, the sum by kind, and the menu.
    pub(crate) fn reply(&self) -> Value {
        let menu = |kind: &kinds::Kind| json!({"kind": kind.name, "layer": kind.layer});
        let menu: Vec<Value> = KINDS.iter().map(menu).collect();
        let mut reply = self.fired();
        reply["kinds"] = json!(menu);
        reply
    }

    /// The same without the menu.
    pub(crate) fn fired(&self) -> Value {
        let mut fired = Map::new();
        for rule in &self.rules {
            let sum = fired.get(&rule.kind).and_then(Value::as_u64).unwrap_or(0) + rule.fired;
            fired.insert(rule.kind.clone(), json!(sum));
        }
        json!({"seed": self.seed, "rules": self.rules, "fired": fired})
    }

    /// The rules that fire on this call, in their order. `path` has no version.
    fn strikes(&mut self, method: &str, path: &str) -> Vec<Strike> {
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
            let draw = draw::bits(seed, "fault", (index as u64) << 40 | rule.seen);
            let fires = rule.at_call.is_none_or(|nth| nth == rule.seen)
                && rule.from_call.is_none_or(|first| first <= rule.seen)
                && (rule.rate_ppm).is_none_or(|rate| draw % 1_000_000 < u64::from(rate));
            if !fires {
                continue;
            }
            // A state file holds rules, not what they mean.
            let strike = rule.strike.or_else(|| read(rule).ok());
            rule.strike = strike;
            strikes.extend(strike.map(|strike| Strike {
                rule: index,
                draw,
                ..strike
            }));
        }
        strikes
    }

    /// A strike changed something.
    fn count(&mut self, strike: Strike) {
        if let Some(rule) = self.rules.get_mut(strike.rule) {
            rule.fired += 1;
        }
    }

    fn has(&self, act: Act) -> bool {
        let is = |rule: &Rule| rule.strike.is_some_and(|strike| strike.act == act);
        self.rules.iter().any(is)
    }
}

fn read(rule: &Rule) -> Result<Strike, String> {
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
        area: None,
        lasts: rule.at_call.is_none() && rule.rate_ppm.is_none(),
        rule: 0,
        draw: 0,
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
            if let Some(scope) = rule.effect.get("scope") {
                strike.area = Some(area(scope)?);
            }
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            return Err(
                "effect is \"before\", \"after\" or {applied?, seconds?, have?, scope?}".to_owned(),
            );
        }
    }
    Ok(strike)
}

/// The part of a scope before its colon, if there is such a scope.
fn area(scope: &Value) -> Result<&'static str, String> {
    let named = scope.as_str().unwrap_or_default();
    let named = named.split_once(':').map_or(named, |(area, _)| area);
    let known = AREAS.iter().find(|area| **area == named);
    known
        .copied()
        .ok_or_else(|| format!("unknown scope {scope}; known: {}", AREAS.join(", ")))
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
