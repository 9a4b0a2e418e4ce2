//! The rules of a firewall: what the API accepts, and the form in which it gives them back.

use ipnet::IpNet;
use serde_json::{Value, json};

use super::Refusal;
use super::wants::{Wrong, given, must_be};
use crate::draw;

/// At most, in and out together.
const RULES_MAX: usize = 25;
/// At most per rule, v4 and v6 together.
const ADDRESSES_MAX: usize = 255;
/// At most per rule; a range counts twice.
const PORTS_MAX: usize = 15;

fn wrong(field: &str, reason: &str) -> Refusal {
    Refusal::bad(Some(field), reason)
}

/// The rules of a body: inbound, outbound (null stays null) and both policies.
pub(crate) fn parse(body: &Value) -> Result<Value, Refusal> {
    if !body.is_object() {
        return Err(must_be("rules", "an object"));
    }
    let mut found = Wrong::default();
    let mut total = 0;
    for side in ["inbound", "outbound"] {
        let field = format!("rules.{side}");
        let policy = format!("{side}_policy");
        let set = given(body, &policy).and_then(Value::as_str);
        if !matches!(set, Some("ACCEPT" | "DROP")) {
            let field = format!("rules.{policy}");
            found.add(wrong(&field, "Must be one of: ACCEPT, DROP"));
        }
        let rules = match given(body, side) {
            None => continue,
            Some(Value::Array(rules)) => rules,
            Some(_) => {
                found.add(wrong(&field, "Must be a list"));
                continue;
            }
        };
        total += rules.len();
        for (nth, rule) in rules.iter().enumerate() {
            found.keep(check(rule, &format!("{field}[{nth}]")));
        }
    }
    if total > RULES_MAX {
        found.add(wrong("rules", "Maximum number of rules is 25"));
    }
    found.end()?;
    let side = |name: &str| body.get(name).cloned().unwrap_or(Value::Null);
    Ok(json!({
        "inbound": side("inbound"), "inbound_policy": body["inbound_policy"],
        "outbound": side("outbound"), "outbound_policy": body["outbound_policy"],
    }))
}

fn check(rule: &Value, field: &str) -> Result<(), Refusal> {
    let part = |name: &str| given(rule, name).and_then(Value::as_str);
    let at = |name: &str| format!("{field}.{name}");
    if !rule.is_object() {
        return Err(must_be(field, "an object"));
    }
    for name in ["label", "description", "ports"] {
        if given(rule, name).is_some_and(|value| !value.is_string()) {
            return Err(must_be(&at(name), "a string"));
        }
    }
    if !matches!(part("action"), Some("ACCEPT" | "DROP")) {
        return Err(wrong(&at("action"), "Must be one of: ACCEPT, DROP"));
    }
    let protocol = part("protocol").unwrap_or("");
    // Since 2026 also everything at once, and any protocol by its number (recorded).
    let known = matches!(protocol, "TCP" | "UDP" | "ICMP" | "IPENCAP" | "ALL");
    if !known && protocol.parse::<u8>().is_err() {
        return Err(wrong(
            &at("protocol"),
            "Must be one of: TCP, UDP, ICMP, IPENCAP",
        ));
    }
    if part("label").is_some_and(|label| !(3..=32).contains(&label.chars().count())) {
        return Err(wrong(&at("label"), "Length must be 3-32 characters"));
    }
    if part("description").is_some_and(|text| !(1..=100).contains(&text.chars().count())) {
        return Err(wrong(&at("description"), "Length must be 1-100 characters"));
    }
    match part("ports").filter(|ports| !ports.is_empty()) {
        Some(_) if !matches!(protocol, "TCP" | "UDP" | "6" | "17") => {
            let reason = format!("Ports are not allowed for protocol {protocol}");
            return Err(wrong(&at("ports"), &reason));
        }
        Some(ports) => check_ports(ports).map_err(|reason| wrong(&at("ports"), reason))?,
        None => {}
    }
    let addresses = rule.get("addresses").unwrap_or(&Value::Null);
    let mut total = 0;
    for family in ["ipv4", "ipv6"] {
        let Some(list) = given(addresses, family) else {
            continue;
        };
        let field = at(&format!("addresses.{family}"));
        let list = list.as_array().filter(|list| !list.is_empty());
        let list = list.ok_or_else(|| wrong(&field, "Must contain at least one address"))?;
        total += list.len();
        for one in list {
            let net = one.as_str().and_then(|text| text.parse::<IpNet>().ok());
            if net.is_none_or(|net| net.addr().is_ipv6() != (family == "ipv6")) {
                return Err(wrong(
                    &field,
                    "Must be a valid address with a prefix length",
                ));
            }
        }
    }
    if total == 0 {
        return Err(wrong(&at("addresses"), "Must contain at least one address"));
    }
    if total > ADDRESSES_MAX {
        return Err(wrong(
            &at("addresses"),
            "Maximum number of addresses is 255",
        ));
    }
    Ok(())
}

fn check_ports(ports: &str) -> Result<(), &'static str> {
    let mut pieces = 0;
    for piece in ports.split(',') {
        let (from, to) = if let Some((from, to)) = piece.trim().split_once('-') {
            pieces += 2;
            (from.trim(), to.trim())
        } else {
            pieces += 1;
            (piece.trim(), piece.trim())
        };
        match (from.parse::<u16>(), to.parse::<u16>()) {
            (Ok(from), Ok(to)) if 0 < from && from <= to => {}
            _ => return Err("Ports must be 1-65535"),
        }
    }
    if pieces > PORTS_MAX {
        return Err("Maximum number of ports is 15, a range counts twice");
    }
    Ok(())
}

/// The rules as the API gives them back, with version and fingerprint.
pub(super) fn reply(rules: &Value, version: u64) -> Value {
    let fingerprint = draw::hash(&rules.to_string()) >> 32;
    let mut reply = rules.clone();
    if let Some(fields) = reply.as_object_mut() {
        fields.insert("version".to_owned(), json!(version));
        fields.insert(
            "fingerprint".to_owned(),
            json!(format!("{fingerprint:08x}")),
        );
    }
    reply
}
