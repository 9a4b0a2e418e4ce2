//! `/linode/instances`: the nodes' Linodes. They cannot be made here, only through pools.

use serde_json::{Value, json};

use super::{Answer, Call, Refusal, Reply, children, firewalls, wants};
use crate::catalog;
use crate::clock::linode_time;
use crate::draw;
use crate::store::World;
use crate::things::Linode;
use crate::tokens::Access;

fn find<'world>(
    world: &'world World,
    call: &Call,
    need: Access,
) -> Result<&'world Linode, Refusal> {
    let id = call.id(0);
    let linode = world.linodes.get(&id);
    wants::may(
        call,
        linode.map(|one| one.account.as_str()),
        "linode",
        id,
        need,
    )?;
    linode.ok_or_else(Refusal::not_found)
}

pub(super) fn reply(world: &World, linode: &Linode) -> Value {
    let kind = catalog::instance_type(&linode.kind);
    let host = draw::bits(world.seed, "host", linode.id);
    json!({
        "id": linode.id, "label": linode.label, "group": "", "status": linode.status,
        "created": linode_time(linode.created), "updated": linode_time(linode.updated),
        "type": linode.kind, "ipv4": [linode.public_ip, linode.private_ip],
        "ipv6": format!("2001:db8::{:x}/128", linode.id & 0xffff), "image": null,
        "region": linode.region, "site_type": "core",
        "specs": {
            "disk": kind.map_or(0, |kind| kind.disk),
            "memory": kind.map_or(0, |kind| kind.memory),
            "vcpus": kind.map_or(0, |kind| kind.vcpus),
            "gpus": kind.map_or(0, |kind| kind.gpus),
            "transfer": kind.map_or(0, |kind| kind.transfer), "accelerated_devices": 0,
        },
        "alerts": {
            "cpu": 180, "network_in": 10, "network_out": 10, "transfer_quota": 80, "io": 10000,
        },
        "backups": {
            "enabled": false, "available": false,
            "schedule": {"day": null, "window": null}, "last_successful": null,
        },
        "hypervisor": "kvm", "watchdog_enabled": true, "tags": linode.tags,
        "host_uuid": format!("{host:016x}{host:016x}"), "has_user_data": false,
        "placement_group": null, "disk_encryption": "enabled", "lke_cluster_id": linode.cluster,
        "capabilities": ["Block Storage Encryption", "SMTP Enabled", "Maintenance Policy"],
        "interface_generation": "legacy_config", "maintenance_policy": "linode/power_off_on",
        "locks": world.locks_of("linode", linode.id),
    })
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let mine = world.linodes.values().filter(|one| {
        one.account == call.user.account
            && call.shows(one.created)
            && call.user.access("linode", one.id) >= Access::Read
    });
    let rows = mine.map(|one| reply(world, one)).collect();
    Ok(Reply::Page {
        rows,
        filterable: &[
            "group",
            "id",
            "image",
            "interface_generation",
            "ipv4",
            "label",
            "placement_group.label",
            "placement_group.placement_group_type",
            "region",
            "tags",
        ],
    })
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    find(world, call, Access::Read).map(|linode| Reply::One(reply(world, linode)))
}

/// Someone removes a node's Linode behind its pool's back; the pool keeps the node.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let id = find(world, call, Access::Write)?.id;
    world.check_unlocked("linode", id)?;
    world.end_linode(call.at, id, &call.user.name);
    Ok(Reply::nothing())
}

pub(super) fn firewalls(world: &mut World, call: &Call) -> Answer {
    let id = find(world, call, Access::Read)?.id;
    let rows = world
        .firewalls_of("linode", id)
        .map(|one| firewalls::reply(world, one))
        .collect();
    Ok(Reply::Page {
        rows,
        filterable: firewalls::FILTERABLE,
    })
}

pub(super) fn volumes(world: &mut World, call: &Call) -> Answer {
    let id = find(world, call, Access::Read)?.id;
    let attached = world.volumes.values().filter(|one| one.linode == Some(id));
    let rows = attached
        .map(|one| children::volume_reply(world, one))
        .collect();
    Ok(Reply::Page {
        rows,
        filterable: &["label", "tags"],
    })
}
