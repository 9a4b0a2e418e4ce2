//! `/networking/firewalls/settings`, the account's default firewalls, and
//! `/networking/firewalls/templates`, Linode's suggestions for rules.

use serde_json::{Value, json};

use super::wants::{self, given, must_be};
use super::{Answer, Call, Refusal, Reply};
use crate::store::World;
use crate::tokens::Access;

/// What can have a default firewall.
const SERVICES: &[&str] = &[
    "linode",
    "nodebalancer",
    "public_interface",
    "vpc_interface",
];

fn shown(world: &World, account: &str) -> Reply {
    let chosen = world.default_firewalls.get(account);
    let id = |service: &&str| {
        let id = chosen.and_then(|chosen| chosen.get(*service));
        ((*service).to_owned(), json!(id))
    };
    let ids: Value = SERVICES.iter().map(id).collect();
    Reply::One(json!({"default_firewall_ids": ids}))
}

pub(super) fn settings(world: &mut World, call: &Call) -> Answer {
    Ok(shown(world, &call.user.account))
}

/// Null takes a default away; what is not named stays.
pub(super) fn put_settings(world: &mut World, call: &Call) -> Answer {
    wants::may_account(call, Access::Write)?;
    let account = &call.user.account;
    let wanted = given(&call.body, "default_firewall_ids").and_then(Value::as_object);
    let field = Some("default_firewall_ids");
    let wanted = wanted.ok_or_else(|| Refusal::bad(field, "default_firewall_ids is required"))?;
    let mut chosen = world
        .default_firewalls
        .get(account)
        .cloned()
        .unwrap_or_default();
    for (service, id) in wanted {
        let field = format!("default_firewall_ids.{service}");
        if !SERVICES.contains(&service.as_str()) {
            return Err(Refusal::bad(Some(&field), "Unknown service"));
        }
        if id.is_null() {
            chosen.remove(service);
            continue;
        }
        let id = id.as_u64().ok_or_else(|| must_be(&field, "an integer"))?;
        let owner = world.firewalls.get(&id).map(|one| one.account.as_str());
        wants::may(call, owner, "firewall", id, Access::Write)
            .map_err(|_| Refusal::bad(Some(&field), "Must be one of the account's firewalls"))?;
        chosen.insert(service.clone(), id);
    }
    world.default_firewalls.insert(account.clone(), chosen);
    Ok(shown(world, account))
}

/// Recorded: two templates that open SSH and ping.
fn template(slug: &str) -> Value {
    let everyone = json!({"ipv4": ["0.0.0.0/0"], "ipv6": ["::/0"]});
    let ssh = json!({
        "action": "ACCEPT", "label": "accept-inbound-ssh", "description": "Accept inbound SSH",
        "protocol": "TCP", "ports": "22", "addresses": everyone,
    });
    let ping = json!({
        "action": "ACCEPT", "label": "accept-inbound-icmp", "description": "Accept inbound ICMP",
        "protocol": "ICMP", "addresses": everyone,
    });
    json!({"slug": slug, "rules": {
        "inbound": [ssh, ping], "inbound_policy": "DROP", "outbound": [],
        "outbound_policy": "ACCEPT",
    }})
}

const TEMPLATES: &[&str] = &["vpc", "public"];

pub(super) fn templates(_: &mut World, _: &Call) -> Answer {
    let rows = TEMPLATES.iter().map(|slug| template(slug)).collect();
    Ok(Reply::Page {
        rows,
        filterable: &[],
    })
}

pub(super) fn one_template(_: &mut World, call: &Call) -> Answer {
    let slug = call.word(0);
    if !TEMPLATES.contains(&slug) {
        return Err(Refusal::not_found());
    }
    Ok(Reply::One(template(slug)))
}
