//! `/networking/firewalls`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::wants::{self, Wrong, given, must_be};
use super::{Answer, Call, Refusal, Reply, devices, rules};
use crate::clock::linode_time;
use crate::events::Entity;
use crate::ledger::{Kind, Row};
use crate::quotas::Counted;
use crate::store::World;
use crate::things::{Device, Firewall};
use crate::tokens::Access;

/// What lists of firewalls can be filtered on.
pub(super) const FILTERABLE: &[&str] = &["created", "id", "label", "tags", "updated"];

/// The firewall of a call.
pub(super) fn find<'world>(
    world: &'world mut World,
    call: &Call,
    need: Access,
) -> Result<&'world mut Firewall, Refusal> {
    let id = call.id(0);
    let firewall = world.firewalls.get_mut(&id);
    let account = firewall.as_ref().map(|firewall| firewall.account.as_str());
    wants::may(call, account, "firewall", id, need)?;
    firewall.ok_or_else(Refusal::not_found)
}

/// As the API shows it.
pub(super) fn reply(world: &World, firewall: &Firewall) -> Value {
    let entities: Vec<Value> = firewall
        .devices
        .iter()
        .map(|device| devices::entity(world, device))
        .collect();
    json!({
        "id": firewall.id, "label": firewall.label, "created": linode_time(firewall.created),
        "updated": linode_time(firewall.updated),
        "status": if firewall.enabled { "enabled" } else { "disabled" },
        "rules": rules::reply(&firewall.rules, firewall.version), "tags": firewall.tags,
        "entities": entities,
    })
}

fn shown(world: &World, id: u64) -> Answer {
    let firewall = world.firewalls.get(&id).ok_or_else(Refusal::not_found)?;
    Ok(Reply::One(reply(world, firewall)))
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let mine = world.firewalls.values().filter(|one| {
        one.account == call.user.account
            && call.shows(one.created)
            && call.user.access("firewall", one.id) >= Access::Read
    });
    let rows = mine.map(|one| reply(world, one)).collect();
    Ok(Reply::Page {
        rows,
        filterable: FILTERABLE,
    })
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let id = find(world, call, Access::Read)?.id;
    shown(world, id)
}

fn label<'call>(world: &World, call: &'call Call, but: u64) -> Result<&'call str, Refusal> {
    let label = wants::label(&call.body, 3)?;
    let inside = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let twice = ["--", "__", ".."].iter().any(|pair| label.contains(pair));
    if !label.starts_with(|c: char| c.is_ascii_alphabetic())
        || !label.ends_with(|c: char| c.is_ascii_alphanumeric())
        || !label.chars().all(inside)
        || twice
    {
        let reason = "Label must begin with a letter, end with a letter or digit and hold only \
                      letters, digits and single hyphens, underscores and periods";
        return Err(Refusal::bad(Some("label"), reason));
    }
    let taken = world
        .firewalls
        .values()
        .any(|one| one.account == call.user.account && one.label == label && one.id != but);
    if world.switches.unique_labels && taken {
        return Err(Refusal::bad(
            Some("label"),
            world.switches.texts.taken_label(),
        ));
    }
    Ok(label)
}

/// What a new firewall guards from its beginning.
fn guarded(world: &World, call: &Call) -> Result<Vec<(&'static str, u64)>, Refusal> {
    let mut guarded = Vec::new();
    for (list, kind) in [("linodes", "linode"), ("nodebalancers", "nodebalancer")] {
        let field = format!("devices.{list}");
        let ids = match wants::at(&call.body, &field)? {
            None => continue,
            Some(Value::Array(ids)) => ids,
            Some(_) => return Err(must_be(&field, "a list of integers")),
        };
        for id in ids {
            let id = id.as_u64();
            let id = id.ok_or_else(|| must_be(&field, "a list of integers"))?;
            devices::check(world, call, true, kind, id)?;
            guarded.push((kind, id));
        }
    }
    Ok(guarded)
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    wants::may_add(call, "add_firewalls")?;
    let mut wrong = Wrong::default();
    let label = wrong.keep(label(world, call, 0));
    let required = || Refusal::bad(Some("rules"), "rules is required");
    let rules = given(&call.body, "rules").ok_or_else(required);
    let rules = wrong.keep(rules.and_then(rules::parse));
    let tags = wrong.keep(wants::tags(&call.body));
    let guarded = wrong.keep(guarded(world, call));
    let (Some(label), Some(rules), Some(tags), Some(guarded)) = (label, rules, tags, guarded)
    else {
        return Err(wrong.refusal());
    };
    let tags = tags.unwrap_or_default();
    world.check_quota(&call.user.account, Counted::Firewalls, 1)?;
    let id = make(world, call.at, &call.user.account, label, rules, &tags);
    world.tokens.grant(&call.user.key, "firewall", id, label);
    event(world, call, "firewall_create", id);
    for (kind, entity) in guarded {
        if let Some(device) = devices::add(world, call.at, id, kind, entity) {
            let guarded = devices::guarded(world, &device);
            event_between(world, call, "firewall_device_add", id, Some(guarded));
        }
    }
    shown(world, id)
}

fn make(
    world: &mut World,
    at: Timestamp,
    account: &str,
    label: &str,
    rules: Value,
    tags: &[String],
) -> u64 {
    let id = world.next_id("firewall", 9_618_000);
    world.firewalls.insert(
        id,
        Firewall {
            id,
            account: account.to_owned(),
            label: label.to_owned(),
            enabled: true,
            rules,
            version: 1,
            history: Vec::new(),
            tags: tags.to_vec(),
            devices: Vec::<Device>::new(),
            created: at,
            updated: at,
        },
    );
    world
        .ledger
        .birth(Row::new(Kind::Firewall, id, label, account, at).tagged(tags));
    id
}

/// An event about a firewall, by the user of the call.
pub(super) fn event(world: &mut World, call: &Call, action: &str, id: u64) {
    event_between(world, call, action, id, None);
}

/// The same about a firewall and a thing that it guards.
pub(super) fn event_between(
    world: &mut World,
    call: &Call,
    action: &str,
    id: u64,
    guarded: Option<Entity>,
) {
    let label = world
        .firewalls
        .get(&id)
        .map(|one| one.label.clone())
        .unwrap_or_default();
    let entity = Entity::new("firewall", id, &label);
    let by = (call.user.account.as_str(), call.user.name.as_str());
    world.event_between(call.at, by, action, entity, guarded);
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let id = find(world, call, Access::Write)?.id;
    let mut wrong = Wrong::default();
    let renamed = given(&call.body, "label").map(|_| label(world, call, id));
    let renamed = wrong.keep(renamed.transpose());
    let tags = wrong.keep(wants::tags(&call.body));
    let status = wants::one_of(&call.body, "status", &["enabled", "disabled"]);
    let status = wrong.keep(status);
    let (Some(renamed), Some(tags), Some(status)) = (renamed, tags, status) else {
        return Err(wrong.refusal());
    };
    let enabled = status.map(|word| word == "enabled");
    let firewall = find(world, call, Access::Write)?;
    if enabled == Some(true) && !firewall.enabled {
        for device in firewall.devices.clone() {
            devices::check(world, call, true, &device.kind, device.entity)?;
        }
    }
    let at = call.at;
    let firewall = find(world, call, Access::Write)?;
    firewall.label = renamed.unwrap_or(&firewall.label).to_owned();
    firewall.tags = tags.unwrap_or_else(|| firewall.tags.clone());
    let was = firewall.enabled;
    firewall.enabled = enabled.unwrap_or(was);
    let switched = match (was, firewall.enabled) {
        (false, true) => Some("firewall_enable"),
        (true, false) => Some("firewall_disable"),
        (true, true) | (false, false) => None,
    };
    firewall.updated = at;
    let (label, tags) = (firewall.label.clone(), firewall.tags.clone());
    world.ledger.rename(Kind::Firewall, id, &label, &tags);
    event(world, call, "firewall_update", id);
    if let Some(action) = switched {
        event(world, call, action, id);
    }
    shown(world, id)
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let id = find(world, call, Access::Write)?.id;
    let defaults = world.default_firewalls.get(&call.user.account);
    if defaults.is_some_and(|chosen| chosen.values().any(|one| *one == id)) {
        return Err(Refusal::bad(None, "A default firewall cannot be deleted"));
    }
    event(world, call, "firewall_delete", id);
    world.firewalls.remove(&id);
    world.ledger.death(Kind::Firewall, id, call.at);
    Ok(Reply::nothing())
}

pub(super) fn rules(world: &mut World, call: &Call) -> Answer {
    let firewall = find(world, call, Access::Read)?;
    Ok(Reply::One(rules::reply(&firewall.rules, firewall.version)))
}

/// Replaces all rules.
pub(super) fn put_rules(world: &mut World, call: &Call) -> Answer {
    let id = find(world, call, Access::Write)?.id;
    let wanted = rules::parse(&call.body)?;
    world.replace_rules(call.at, id, wanted);
    let firewall = find(world, call, Access::Write)?;
    let answer = rules::reply(&firewall.rules, firewall.version);
    let guards = !firewall.devices.is_empty();
    event(world, call, "firewall_rules_update", id);
    if guards {
        event(world, call, "firewall_apply", id);
    }
    Ok(Reply::One(answer))
}

/// The firewall as it was with each version of its rules, the newest first.
fn versions(world: &mut World, call: &Call) -> Result<Vec<Value>, Refusal> {
    let id = find(world, call, Access::Read)?.id;
    let now = world.firewalls.get(&id).ok_or_else(Refusal::not_found)?;
    let mut rows = vec![reply(world, now)];
    for (version, (rules, until)) in (1_u64..).zip(&now.history) {
        let mut row = reply(world, now);
        row["rules"] = rules::reply(rules, version);
        row["updated"] = json!(linode_time(*until));
        rows.insert(1, row);
    }
    Ok(rows)
}

pub(super) fn history(world: &mut World, call: &Call) -> Answer {
    Ok(Reply::Page {
        rows: versions(world, call)?,
        filterable: FILTERABLE,
    })
}

pub(super) fn history_rules(world: &mut World, call: &Call) -> Answer {
    let wanted = call.id(1);
    let mut rows = versions(world, call)?.into_iter();
    let found = rows.find(|row| row["rules"]["version"] == wanted);
    found.map(Reply::One).ok_or_else(Refusal::not_found)
}

impl World {
    /// With the switch `default_firewall_on_nodes`: the account's default firewall guards the
    /// Linode from its birth.
    pub(crate) fn guard_by_default(&mut self, at: Timestamp, account: &str, linode: u64) {
        const LABEL: &str = "account-default";
        let same = |one: &&Firewall| one.account == account && one.label == LABEL;
        let chosen = self.default_firewalls.get(account);
        let chosen = chosen.and_then(|chosen| chosen.get("linode")).copied();
        let existing = chosen.or_else(|| self.firewalls.values().find(same).map(|one| one.id));
        let id = if let Some(id) = existing {
            id
        } else {
            let rules = json!({
                "inbound": [], "inbound_policy": "DROP", "outbound": [],
                "outbound_policy": "ACCEPT",
            });
            make(self, at, account, LABEL, rules, &[])
        };
        devices::add(self, at, id, "linode", linode);
    }

    /// A firewall that no call made.
    pub(crate) fn new_firewall(
        &mut self,
        at: Timestamp,
        account: &str,
        label: &str,
        rules: Value,
        tags: &[String],
    ) -> u64 {
        make(self, at, account, label, rules, tags)
    }

    /// A firewall stands before something from now on, by no call.
    pub(crate) fn put_before(&mut self, at: Timestamp, firewall: u64, kind: &str, entity: u64) {
        devices::add(self, at, firewall, kind, entity);
    }

    /// A firewall has other rules from now on; the ones before stay in its history.
    pub(crate) fn replace_rules(&mut self, at: Timestamp, firewall: u64, rules: Value) {
        if let Some(firewall) = self.firewalls.get_mut(&firewall) {
            let before = std::mem::replace(&mut firewall.rules, rules);
            firewall.history.push((before, at));
            firewall.version += 1;
            firewall.updated = at;
        }
    }
}
