//! `/networking/firewalls/{id}/devices`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Answer, Call, Refusal, Reply, firewalls, wants};
use crate::clock::linode_time;
use crate::events::Entity;
use crate::store::World;
use crate::things::Device;
use crate::tokens::Access;

/// What a device guards.
pub(super) fn guarded(world: &World, device: &Device) -> Entity {
    let label = match device.kind.as_str() {
        "linode" => world.linodes.get(&device.entity).map(|one| &one.label),
        _ => world
            .nodebalancers
            .get(&device.entity)
            .map(|one| &one.label),
    };
    let label = label.map_or("", String::as_str);
    Entity::new(&device.kind, device.entity, label)
}

/// What a device guards, as the API shows it.
pub(super) fn entity(world: &World, device: &Device) -> Value {
    let mut reply = guarded(world, device).reply();
    if let Some(fields) = reply.as_object_mut() {
        fields.insert("parent_entity".to_owned(), Value::Null);
    }
    reply
}

fn reply(world: &World, device: &Device) -> Value {
    let created = linode_time(device.created);
    json!({
        "id": device.id, "created": created, "updated": created,
        "entity": entity(world, device),
    })
}

/// Whether an enabled or disabled firewall may guard this thing.
pub(super) fn check(
    world: &World,
    call: &Call,
    enabled: bool,
    kind: &str,
    entity: u64,
) -> Result<(), Refusal> {
    let account = match kind {
        "linode" => world.linodes.get(&entity).map(|one| one.account.as_str()),
        "nodebalancer" => world
            .nodebalancers
            .get(&entity)
            .map(|one| one.account.as_str()),
        _ => {
            return Err(Refusal::bad(
                Some("type"),
                "Must be one of: linode, nodebalancer",
            ));
        }
    };
    wants::may(call, account, kind, entity, Access::Write)?;
    if let (true, Some(other)) = (
        enabled,
        world
            .firewalls_of(kind, entity)
            .find(|firewall| firewall.enabled),
    ) {
        let reason = format!(
            "{kind} {entity} already has an enabled firewall: {}. A service may have only one",
            other.label
        );
        return Err(Refusal::bad(Some("id"), &reason));
    }
    Ok(())
}

/// The firewall guards this thing from now on.
pub(super) fn add(
    world: &mut World,
    at: Timestamp,
    firewall: u64,
    kind: &str,
    entity: u64,
) -> Option<Device> {
    let id = world.next_id("device", 11_909_000);
    let device = Device {
        id,
        kind: kind.to_owned(),
        entity,
        created: at,
    };
    world
        .firewalls
        .get_mut(&firewall)?
        .devices
        .push(device.clone());
    Some(device)
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let devices = firewalls::find(world, call, Access::Read)?.devices.clone();
    let shown = devices.iter().filter(|device| call.shows(device.created));
    let rows = shown.map(|device| reply(world, device)).collect();
    Ok(Reply::Page {
        rows,
        filterable: &["created", "id", "updated"],
    })
}

fn find(world: &mut World, call: &Call, need: Access) -> Result<Device, Refusal> {
    let wanted = call.id(1);
    let devices = &firewalls::find(world, call, need)?.devices;
    let device = devices.iter().find(|device| device.id == wanted);
    device.cloned().ok_or_else(Refusal::not_found)
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let device = find(world, call, Access::Read)?;
    Ok(Reply::One(reply(world, &device)))
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let firewall = firewalls::find(world, call, Access::Write)?;
    let (id, enabled) = (firewall.id, firewall.enabled);
    let kind = wants::text(&call.body, "type")?;
    let entity = wants::number(&call.body, "id")?;
    check(world, call, enabled, kind, entity)?;
    let device = add(world, call.at, id, kind, entity).ok_or_else(Refusal::not_found)?;
    let guarded = guarded(world, &device);
    firewalls::event_between(world, call, "firewall_device_add", id, Some(guarded));
    Ok(Reply::One(reply(world, &device)))
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let device = find(world, call, Access::Write)?;
    let firewall = firewalls::find(world, call, Access::Write)?;
    firewall.devices.retain(|one| one.id != device.id);
    let id = firewall.id;
    let guarded = guarded(world, &device);
    firewalls::event_between(world, call, "firewall_device_remove", id, Some(guarded));
    Ok(Reply::nothing())
}
