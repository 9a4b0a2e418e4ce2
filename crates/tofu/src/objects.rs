//! Values with parts: networks, the system pool, firewall rules, the stop time.

use crate::literal::Reader;
use crate::texts::TofuText as T;
use domain::diagnostic::Diagnostic;
use domain::rules::{self, nearest};
use domain::spec::{FirewallRule, Protocol, Stops, SystemPool};
use hcl_edit::Span;
use hcl_edit::expr::{Expression, ObjectKey};
use ipnet::IpNet;
use jiff::Timestamp;
use std::net::IpAddr;

impl Reader<'_> {
    fn error(&mut self, at: &Expression, what: T, why: T, fix: T) {
        let wrong = Diagnostic::error(self.field, what).why(why).fix(fix);
        self.say(at, wrong);
    }

    /// A list of networks. A lone address gets a correction when all others are good.
    pub(crate) fn networks(&mut self, expr: &Expression, whole: bool) -> Option<Vec<IpNet>> {
        let entries = self.list(expr)?;
        let mut networks = Vec::new();
        let mut bare: Vec<(&Expression, Diagnostic)> = Vec::new();
        let mut good = true;
        for entry in entries {
            let Some(text) = self.entry(entry) else {
                good = false;
                continue;
            };
            match rules::network(self.field, &text) {
                Ok(network) => networks.push(network),
                Err(wrong) => {
                    if let Ok(address) = text.parse::<IpAddr>() {
                        networks.push(IpNet::from(address));
                        bare.push((entry, wrong));
                    } else {
                        good = false;
                        self.say(entry, wrong);
                    }
                }
            }
        }
        let quoted: Vec<String> = networks.iter().map(|one| format!("\"{one}\"")).collect();
        let correction = format!("[{}]", quoted.join(", "));
        let lone = !bare.is_empty();
        for (at, wrong) in bare {
            let correctable = good && whole;
            self.say(
                at,
                if correctable {
                    wrong.correct(correction.clone())
                } else {
                    wrong
                },
            );
        }
        (good && !lone).then_some(networks)
    }

    /// The values of an object by its known keys; a key that is not known is said.
    fn object<'e>(
        &mut self,
        expr: &'e Expression,
        keys: &[&str],
    ) -> Option<Vec<(String, &'e Expression)>> {
        let Some(object) = expr.as_object() else {
            let what = T::ExpectedObject {
                name: self.name.to_owned(),
                found: self.quoted(expr),
            };
            self.error(expr, what, T::TypeWhy, object_fix());
            return None;
        };
        let all = || -> Vec<String> { keys.iter().map(|key| (*key).to_owned()).collect() };
        let mut found = Vec::new();
        for (key, value) in object {
            let (key, span) = match key {
                ObjectKey::Ident(ident) => (ident.as_str().to_owned(), ident.span()),
                ObjectKey::Expression(key) => {
                    let text = key
                        .as_str()
                        .map_or_else(|| self.quoted(key), ToOwned::to_owned);
                    (text, key.span())
                }
            };
            if !keys.contains(&key.as_str()) {
                let what = T::KeyUnknown {
                    name: self.name.to_owned(),
                    key: key.clone(),
                };
                let unknown =
                    Diagnostic::error(self.field, what).why(T::KeyUnknownWhy { keys: all() });
                let near = nearest(&key, keys.iter().copied()).map(ToOwned::to_owned);
                let unknown = match near {
                    Some(near) => unknown.fix(T::KeyUnknownFix { near }),
                    None => unknown,
                };
                self.say_at(self.base + span.unwrap_or(0..0).start, unknown);
            }
            found.push((key, value.expr()));
        }
        Some(found)
    }

    /// A key's value; when it is missing, that is said.
    fn key<'e>(
        &mut self,
        object: &[(String, &'e Expression)],
        key: &str,
        at: &Expression,
        keys: &[&str],
    ) -> Option<&'e Expression> {
        let found = object
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| *value);
        // A slip of the finger was said already.
        let meant =
            |word: &str| !keys.contains(&word) && nearest(word, keys.iter().copied()) == Some(key);
        if found.is_none() && !object.iter().any(|(word, _)| meant(word)) {
            let what = T::KeyMissing {
                name: self.name.to_owned(),
                key: key.to_owned(),
            };
            let keys = keys.iter().map(|key| (*key).to_owned()).collect();
            self.error(at, what, T::TypeWhy, T::KeyMissingFix { keys });
        }
        found
    }

    /// `{ type, count }`; `false` is the caller's.
    pub(crate) fn system_pool(&mut self, expr: &Expression) -> Option<SystemPool> {
        const KEYS: [&str; 2] = ["type", "count"];
        if expr.as_object().is_none() {
            let what = T::ExpectedSystemPool {
                found: self.quoted(expr),
            };
            self.error(expr, what, T::TypeWhy, system_pool_fix());
            return None;
        }
        let object = self.object(expr, &KEYS)?;
        let instance_type = self.key(&object, "type", expr, &KEYS);
        let count = self.key(&object, "count", expr, &KEYS);
        // A correction would replace the whole object, so parts get none.
        let instance_type = instance_type.and_then(|value| self.entry(value));
        let count = count.and_then(|value| self.whole_part(value));
        Some(SystemPool {
            instance_type: instance_type?,
            count: count?,
        })
    }

    /// A whole number inside of an object.
    fn whole_part(&mut self, expr: &Expression) -> Option<u32> {
        let before = self.out.len();
        let whole = self.whole(expr);
        for said in &mut self.out[before..] {
            said.correction = None;
        }
        whole
    }

    /// A list of `{ label, protocol, ports, sources }`.
    pub(crate) fn firewall_rules(&mut self, expr: &Expression) -> Option<Vec<FirewallRule>> {
        let entries = self.list(expr)?;
        let rules: Vec<Option<FirewallRule>> = entries
            .into_iter()
            .map(|one| self.firewall_rule(one))
            .collect();
        rules.into_iter().collect()
    }

    fn firewall_rule(&mut self, expr: &Expression) -> Option<FirewallRule> {
        const KEYS: [&str; 4] = ["label", "protocol", "ports", "sources"];
        let object = self.object(expr, &KEYS)?;
        let label = self.key(&object, "label", expr, &KEYS);
        let protocol = self.key(&object, "protocol", expr, &KEYS);
        let sources = self.key(&object, "sources", expr, &KEYS);
        let ports = object
            .iter()
            .find(|(key, _)| key == "ports")
            .map(|(_, value)| *value);
        let ports = ports.filter(|value| !value.is_null());
        let label = label.and_then(|value| self.entry(value));
        let protocol = protocol.and_then(|value| self.protocol(value));
        let ports = ports.map(|value| self.entry(value));
        let sources = sources.and_then(|value| self.networks(value, false));
        let ports = match ports {
            None => None,
            Some(ports) => Some(ports?),
        };
        Some(FirewallRule {
            label: label?,
            protocol: protocol?,
            ports,
            sources: sources?,
        })
    }

    fn protocol(&mut self, expr: &Expression) -> Option<Protocol> {
        let text = self.entry(expr)?;
        let protocol = match text.to_ascii_uppercase().as_str() {
            "TCP" => Protocol::Tcp,
            "UDP" => Protocol::Udp,
            "ICMP" => Protocol::Icmp,
            "IPENCAP" => Protocol::Ipencap,
            _ => {
                self.error(
                    expr,
                    T::ProtocolBad { found: text },
                    T::TypeWhy,
                    T::ProtocolBadFix,
                );
                return None;
            }
        };
        Some(protocol)
    }

    /// `"8h"`, `"1d12h30m"`, `"never"` or a UTC time.
    pub(crate) fn stops(&mut self, expr: &Expression) -> Option<Stops> {
        let text = expr.as_str().map(str::trim);
        let stops = text.and_then(|text| match text {
            "never" => Some(Stops::Never),
            _ => minutes(text)
                .map(Stops::AfterMinutes)
                .or_else(|| text.parse::<Timestamp>().ok().map(Stops::At)),
        });
        if stops.is_none() {
            let what = T::StopBad {
                found: self.quoted(expr),
            };
            self.error(expr, what, T::StopBadWhy, T::StopBadFix);
        }
        stops
    }
}

/// Braces are placeholders in the message catalogue, so an example with braces is a parameter.
fn object_fix() -> T {
    let example =
        r#"{ label = "ssh", protocol = "TCP", ports = "22", sources = ["203.0.113.7/32"] }"#;
    T::ObjectFix {
        example: example.to_owned(),
    }
}

fn system_pool_fix() -> T {
    T::SystemPoolFix {
        example: r#"{ type = "g6-standard-2", count = 1 }"#.to_owned(),
    }
}

/// Days, hours, minutes, in this order, each at most once.
fn minutes(text: &str) -> Option<u32> {
    let (mut rest, mut total, mut any) = (text, 0_u32, false);
    for (unit, minutes) in [('d', 24 * 60), ('h', 60), ('m', 1)] {
        if let Some((number, after)) = rest.split_once(unit) {
            let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
            let number: u32 = Some(number).filter(|_| digits)?.parse().ok()?;
            total = total.checked_add(number.checked_mul(minutes)?)?;
            rest = after;
            any = true;
        }
    }
    (any && rest.is_empty()).then_some(total)
}
