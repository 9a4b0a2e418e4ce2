//! `/nodebalancers` and `/volumes`.

use serde_json::{Value, json};

use super::wants::{self, Wrong, given};
use super::{Answer, Call, Refusal, Reply, firewalls};
use crate::clock::linode_time;
use crate::events::Entity;
use crate::quotas::Counted;
use crate::store::World;
use crate::things::{NodeBalancer, Volume};
use crate::tokens::Access;

fn find_nodebalancer<'world>(
    world: &'world World,
    call: &Call,
    need: Access,
) -> Result<&'world NodeBalancer, Refusal> {
    let id = call.id(0);
    let one = world.nodebalancers.get(&id);
    wants::may(
        call,
        one.map(|one| one.account.as_str()),
        "nodebalancer",
        id,
        need,
    )?;
    one.ok_or_else(Refusal::not_found)
}

/// A NodeBalancer as the API shows it.
pub(super) fn nodebalancer_reply(world: &World, one: &NodeBalancer) -> Value {
    let cluster = one.cluster.as_ref().map(|(id, label)| {
        json!({
            "id": id, "type": "lkecluster", "label": label,
            "url": format!("/v4/lke/clusters/{id}"),
        })
    });
    json!({
        "id": one.id, "label": one.label, "region": one.region, "type": "common",
        "hostname": format!("{}.ip.linodeusercontent.com", one.ipv4.replace('.', "-")),
        "ipv4": one.ipv4, "ipv6": format!("2001:db8:1::{:x}", one.id & 0xffff),
        "created": linode_time(one.created), "updated": linode_time(one.updated),
        "client_conn_throttle": 0, "client_udp_sess_throttle": 0, "lke_cluster": cluster,
        "tags": one.tags, "transfer": {"in": null, "out": null, "total": null},
        "locks": world.locks_of("nodebalancer", one.id),
    })
}

pub(super) fn nodebalancers(world: &mut World, call: &Call) -> Answer {
    let mine = world.nodebalancers.values().filter(|one| {
        one.account == call.user.account
            && call.shows(one.created)
            && call.user.access("nodebalancer", one.id) >= Access::Read
    });
    let rows = mine.map(|one| nodebalancer_reply(world, one)).collect();
    Ok(Reply::Page {
        rows,
        filterable: &["ipv4", "label", "locks", "region", "tags"],
    })
}

pub(super) fn nodebalancer(world: &mut World, call: &Call) -> Answer {
    let one = find_nodebalancer(world, call, Access::Read)?;
    Ok(Reply::One(nodebalancer_reply(world, one)))
}

/// 3 to 32 letters, digits, hyphens and underscores, if given.
fn nodebalancer_label(body: &Value) -> Result<Option<String>, Refusal> {
    if given(body, "label").is_none() {
        return Ok(None);
    }
    let label = wants::label(body, 3)?;
    let inside = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if !label.chars().all(inside) {
        let reason = "Label may hold only letters, digits, hyphens and underscores";
        return Err(Refusal::bad(Some("label"), reason));
    }
    Ok(Some(label.to_owned()))
}

/// A letter, then letters, digits, single hyphens and single underscores.
fn volume_label(body: &Value) -> Result<String, Refusal> {
    let label = wants::label(body, 1)?;
    let inside = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let twice = label.contains("--") || label.contains("__");
    if twice || !label.starts_with(|c: char| c.is_ascii_alphabetic()) || !label.chars().all(inside)
    {
        let reason = "Label must begin with a letter and hold only letters, digits and single \
                      hyphens and underscores";
        return Err(Refusal::bad(Some("label"), reason));
    }
    Ok(label.to_owned())
}

/// GiB of a new volume.
fn size_gib(body: &Value) -> Result<u64, Refusal> {
    match given(body, "size").map(Value::as_u64) {
        None => Ok(20),
        Some(Some(size @ 10..=16_384)) => Ok(size),
        Some(_) => Err(Refusal::bad(Some("size"), "Must be 10-16384")),
    }
}

pub(super) fn create_nodebalancer(world: &mut World, call: &Call) -> Answer {
    wants::may_add(call, "add_nodebalancers")?;
    let mut wrong = Wrong::default();
    let region = wrong.keep(wants::region(world, &call.body));
    let label = wrong.keep(nodebalancer_label(&call.body));
    let tags = wrong.keep(wants::tags(&call.body));
    let (Some(region), Some(label), Some(tags)) = (region, label, tags) else {
        return Err(wrong.refusal());
    };
    let (region, tags) = (region.to_owned(), tags.unwrap_or_default());
    let label = label.unwrap_or_else(|| format!("nodebalancer{}", world.count("unnamed")));
    world.check_quota(&call.user.account, Counted::Nodebalancers, 1)?;
    let id = world.new_nodebalancer(
        call.at,
        &call.user.name,
        NodeBalancer {
            id: 0,
            account: call.user.account.clone(),
            label: label.clone(),
            region,
            ipv4: String::new(),
            tags,
            created: call.at,
            updated: call.at,
            cluster: None,
            service: None,
        },
    );
    world
        .tokens
        .grant(&call.user.key, "nodebalancer", id, &label);
    let one = world
        .nodebalancers
        .get(&id)
        .ok_or_else(Refusal::not_found)?;
    Ok(Reply::One(nodebalancer_reply(world, one)))
}

pub(super) fn delete_nodebalancer(world: &mut World, call: &Call) -> Answer {
    let id = find_nodebalancer(world, call, Access::Write)?.id;
    world.check_unlocked("nodebalancer", id)?;
    world.end_nodebalancer(call.at, id, &call.user.name);
    Ok(Reply::nothing())
}

pub(super) fn nodebalancer_firewalls(world: &mut World, call: &Call) -> Answer {
    let id = find_nodebalancer(world, call, Access::Read)?.id;
    let guards = world.firewalls_of("nodebalancer", id);
    let rows = guards.map(|one| firewalls::reply(world, one)).collect();
    Ok(Reply::Page {
        rows,
        filterable: firewalls::FILTERABLE,
    })
}

fn find_volume<'world>(
    world: &'world mut World,
    call: &Call,
    need: Access,
) -> Result<&'world mut Volume, Refusal> {
    let id = call.id(0);
    let one = world.volumes.get_mut(&id);
    let account = one.as_ref().map(|one| one.account.as_str());
    wants::may(call, account, "volume", id, need)?;
    one.ok_or_else(Refusal::not_found)
}

/// A volume as the API shows it.
pub(super) fn volume_reply(world: &World, one: &Volume) -> Value {
    let linode = one
        .linode
        .and_then(|id| world.linodes.get(&id))
        .map(|linode| &linode.label);
    json!({
        "id": one.id, "status": one.status, "label": one.label,
        "created": linode_time(one.created), "updated": linode_time(one.updated),
        "filesystem_path": format!("/dev/disk/by-id/scsi-0Linode_Volume_{}", one.label),
        "size": one.size_gib, "linode_id": one.linode, "linode_label": linode,
        "io_ready": false, "region": one.region, "tags": one.tags, "hardware_type": "nvme",
        "encryption": "disabled", "locks": world.locks_of("volume", one.id),
    })
}

fn shown(world: &World, id: u64) -> Answer {
    let one = world.volumes.get(&id).ok_or_else(Refusal::not_found)?;
    Ok(Reply::One(volume_reply(world, one)))
}

pub(super) fn volumes(world: &mut World, call: &Call) -> Answer {
    let mine = world.volumes.values().filter(|one| {
        one.account == call.user.account
            && call.shows(one.created)
            && call.user.access("volume", one.id) >= Access::Read
    });
    let rows = mine.map(|one| volume_reply(world, one)).collect();
    Ok(Reply::Page {
        rows,
        filterable: &["label", "tags"],
    })
}

pub(super) fn volume(world: &mut World, call: &Call) -> Answer {
    let id = find_volume(world, call, Access::Read)?.id;
    shown(world, id)
}

pub(super) fn create_volume(world: &mut World, call: &Call) -> Answer {
    wants::may_add(call, "add_volumes")?;
    let mut wrong = Wrong::default();
    let region = wrong.keep(wants::region(world, &call.body));
    let label = wrong.keep(volume_label(&call.body));
    let size_gib = wrong.keep(size_gib(&call.body));
    let tags = wrong.keep(wants::tags(&call.body));
    let encryption = ["enabled", "disabled"];
    wrong.keep(wants::one_of(&call.body, "encryption", &encryption));
    let (Some(region), Some(label), Some(size_gib), Some(tags), true) =
        (region, label, size_gib, tags, wrong.is_none())
    else {
        return Err(wrong.refusal());
    };
    let (region, tags) = (region.to_owned(), tags.unwrap_or_default());
    world.check_quota(&call.user.account, Counted::Volumes, 1)?;
    let id = world.new_volume(
        call.at,
        &call.user.name,
        Volume {
            id: 0,
            account: call.user.account.clone(),
            label: label.clone(),
            region,
            size_gib,
            status: "creating".to_owned(),
            linode: None,
            tags,
            created: call.at,
            updated: call.at,
            cluster: None,
            stuck_until: None,
        },
    );
    world.tokens.grant(&call.user.key, "volume", id, &label);
    shown(world, id)
}

pub(super) fn delete_volume(world: &mut World, call: &Call) -> Answer {
    let volume = find_volume(world, call, Access::Write)?;
    let stuck = volume.stuck_until.is_some_and(|until| until > call.at);
    if !stuck && volume.stuck_until.take().is_some() {
        // What held it there has let go.
        volume.linode = None;
    }
    if stuck || volume.linode.is_some() {
        return Err(Refusal::bad(
            None,
            "Unable to delete a volume that is attached. Detach it first",
        ));
    }
    let id = volume.id;
    world.check_unlocked("volume", id)?;
    world.end_volume(call.at, id, &call.user.name);
    Ok(Reply::nothing())
}

pub(super) fn attach_volume(world: &mut World, call: &Call) -> Answer {
    find_volume(world, call, Access::Write)?;
    let wanted = wants::number(&call.body, "linode_id")?;
    let mine = |account: &str| wants::may(call, Some(account), "linode", wanted, Access::Write);
    let linode = world.linodes.get(&wanted);
    let linode = linode.filter(|one| mine(&one.account).is_ok());
    let invalid = || Refusal::bad(Some("linode_id"), "linode_id is not valid");
    let (linode, region) = linode
        .map(|one| (one.id, one.region.clone()))
        .ok_or_else(invalid)?;
    let volume = find_volume(world, call, Access::Write)?;
    if volume.linode.is_some() || volume.region != region {
        return Err(Refusal::bad(
            None,
            "Volume is attached already or in another region",
        ));
    }
    volume.linode = Some(linode);
    let id = volume.id;
    volume_event(world, call, "volume_attach", id, Some(linode));
    shown(world, id)
}

pub(super) fn detach_volume(world: &mut World, call: &Call) -> Answer {
    let volume = find_volume(world, call, Access::Write)?;
    let (id, linode) = (volume.id, volume.linode.take());
    volume_event(world, call, "volume_detach", id, linode);
    Ok(Reply::nothing())
}

/// An event about a volume and a Linode, by the user of the call.
fn volume_event(world: &mut World, call: &Call, action: &str, id: u64, linode: Option<u64>) {
    let label = world.volumes.get(&id).map(|one| one.label.clone());
    let entity = Entity::new("volume", id, &label.unwrap_or_default());
    let linode = linode.and_then(|id| world.linodes.get(&id));
    let linode = linode.map(|one| Entity::new("linode", one.id, &one.label));
    let by = (call.user.account.as_str(), call.user.name.as_str());
    world.event_between(call.at, by, action, entity, linode);
}
