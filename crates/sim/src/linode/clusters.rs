//! `/lke/clusters`. POST answers "ready" at once, as the real one does: readiness is elsewhere.

use serde_json::{Value, json};

use super::wants::{self, given};
use super::{Answer, Call, Refusal, Reply, acl, enterprise, pools};
use crate::catalog::{ENTERPRISE_VERSIONS, HIGH_AVAILABILITY};
use crate::clock::{later, linode_time};
use crate::events::Entity;
use crate::latency;
use crate::ledger::{Kind, Row};
use crate::life::Due;
use crate::quotas::Counted;
use crate::store::{LkeCluster, World};
use crate::tokens::Access;

/// The cluster of a call.
pub(super) fn find<'world>(
    world: &'world mut World,
    call: &Call,
    need: Access,
) -> Result<&'world mut LkeCluster, Refusal> {
    let id = call.id(0);
    let cluster = world.clusters.get_mut(&id);
    let account = cluster.as_ref().map(|cluster| cluster.account.as_str());
    wants::may(call, account, "lkecluster", id, need)?;
    cluster.ok_or_else(Refusal::not_found)
}

fn reply(world: &World, cluster: &LkeCluster) -> Value {
    let tier = if cluster.enterprise.is_some() {
        "enterprise"
    } else {
        "standard"
    };
    let mut reply = json!({
        "id": cluster.id, "status": "ready", "created": linode_time(cluster.created),
        "updated": linode_time(cluster.updated), "label": cluster.label,
        "region": cluster.region, "k8s_version": cluster.version, "tier": tier,
        "control_plane": {"high_availability": cluster.high_availability},
        "apl_enabled": cluster.app_platform, "tags": cluster.tags,
        "locks": world.locks_of("lkecluster", cluster.id),
    });
    if let Some(own) = &cluster.enterprise {
        enterprise::show_cluster(&mut reply, own);
    }
    reply
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let mine = world.clusters.values().filter(|one| {
        one.account == call.user.account
            && call.shows(one.created)
            && call.user.access("lkecluster", one.id) >= Access::Read
    });
    let rows = mine.map(|one| reply(world, one)).collect();
    Ok(Reply::Page {
        rows,
        filterable: &["k8s_version", "label", "region", "tags", "tier"],
    })
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let id = find(world, call, Access::Read)?.id;
    shown(world, id)
}

fn shown(world: &World, id: u64) -> Answer {
    let cluster = world.clusters.get(&id).ok_or_else(Refusal::not_found)?;
    Ok(Reply::One(reply(world, cluster)))
}

fn unique(world: &World, call: &Call, label: &str, but: u64) -> Result<(), Refusal> {
    let taken = world
        .clusters
        .values()
        .any(|one| one.account == call.user.account && one.label == label && one.id != but);
    if world.switches.unique_labels && taken {
        return Err(Refusal::bad(Some("label"), "Label must be unique"));
    }
    Ok(())
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    wants::may_add(call, "add_lkes")?;
    let body = &call.body;
    let label = wants::label(body, 1)?.to_owned();
    unique(world, call, &label, 0)?;
    let region = wants::region(body)?.to_owned();
    let version = wants::text(body, "k8s_version")?.to_owned();
    let enterprise = enterprise::cluster(call, &region)?;
    if !offered(world, enterprise.is_some()).contains(&version.as_str()) {
        return Err(Refusal::bad(
            Some("k8s_version"),
            "k8s_version is not valid",
        ));
    }
    let tags = wants::tags(body)?.unwrap_or_default();
    let none = Vec::new();
    let wanted = given(body, "node_pools")
        .and_then(Value::as_array)
        .unwrap_or(&none);
    if wanted.is_empty() && !world.switches.cluster_without_pools {
        return Err(Refusal::bad(Some("node_pools"), "node_pools is required"));
    }
    let pools: Vec<_> = wanted
        .iter()
        .map(|pool| wants::pool(world, pool, &region))
        .collect::<Result<_, _>>()?;
    let control_plane = body.get("control_plane").unwrap_or(&Value::Null);
    let yes = |from: &Value, field: &str| given(from, field).and_then(Value::as_bool) == Some(true);
    let app_platform = yes(body, "apl_enabled");
    let asked = yes(control_plane, "high_availability");
    // The App Platform and the enterprise tier bring it along, unasked (recorded).
    let high_availability = asked || app_platform || enterprise.is_some();
    let billed = high_availability && enterprise.is_none();
    let wanted_acl = given(control_plane, "acl").map(acl::parse).transpose()?;

    let nodes = pools.iter().map(|pool| pool.count).sum();
    world.check_quota(&call.user.account, Counted::Clusters, 1)?;
    world.check_quota(&call.user.account, Counted::Linodes, nodes)?;

    let (id, at) = (world.next_id("cluster", 600_000), call.at);
    let cluster = LkeCluster {
        id,
        account: call.user.account.clone(),
        label: label.clone(),
        region,
        version,
        high_availability,
        tags: tags.clone(),
        created: at,
        updated: at,
        acl: None,
        pools: Vec::new(),
        kube_ready: false,
        kubeconfig_from: None,
        deleting: false,
        linger_seconds: 0,
        app_platform,
        enterprise,
    };
    let answer = reply(world, &cluster);
    world.clusters.insert(id, cluster);
    world.tokens.grant(&call.user.key, "lkecluster", id, &label);
    let row = Row::new(Kind::Cluster, id, &label, &call.user.account, at);
    world.ledger.birth(row.tagged(&tags).of(Some(id)));
    if billed {
        bill_high_availability(world, call, id);
    }
    event(world, call, "lke_cluster_create", id);
    if let Some(wanted) = wanted_acl {
        acl::set(world, call, id, wanted);
    }
    world.after(at, latency::KUBECONFIG, id, Due::KubeReady { cluster: id });
    let mut have = call.have;
    for pool in pools {
        pools::make(world, call, id, pool, &mut have);
    }
    Ok(Reply::One(answer))
}

fn bill_high_availability(world: &mut World, call: &Call, id: u64) {
    let Some(cluster) = world.clusters.get(&id) else {
        return;
    };
    let row = Row::new(
        Kind::ControlPlane,
        id,
        &cluster.label,
        &cluster.account,
        call.at,
    );
    let price = world.price_now(HIGH_AVAILABILITY.price_in(&cluster.region));
    let row = row.tagged(&cluster.tags).of(Some(id));
    let row = row.priced(price).placed(&cluster.region);
    world.ledger.birth(row);
}

/// An event about a cluster, by the user of the call.
pub(super) fn event(world: &mut World, call: &Call, action: &str, id: u64) {
    let label = world
        .clusters
        .get(&id)
        .map(|cluster| cluster.label.clone())
        .unwrap_or_default();
    let entity = Entity::new("lkecluster", id, &label);
    world.event(call.at, &call.user.account, &call.user.name, action, entity);
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let body = &call.body;
    let cluster = find(world, call, Access::Write)?;
    let (id, old) = (cluster.id, cluster.version.clone());
    let was_available = cluster.high_availability;
    let above = cluster.enterprise.is_some();
    let offered = offered(world, above);
    let label = match given(body, "label") {
        Some(_) => Some(wants::label(body, 1)?.to_owned()),
        None => None,
    };
    if let Some(label) = &label {
        unique(world, call, label, id)?;
    }
    let tags = wants::tags(body)?;
    let version = given(body, "k8s_version")
        .and_then(Value::as_str)
        .map(str::to_owned);
    if let Some(version) = version.as_ref().filter(|version| **version != old)
        && (!offered.contains(&version.as_str()) || minor(version) != minor(&old).map(|n| n + 1))
    {
        let reason = format!("k8s_version may only go from {old} to the next minor version");
        return Err(Refusal::bad(Some("k8s_version"), &reason));
    }
    let control_plane = body.get("control_plane").unwrap_or(&Value::Null);
    let wanted = given(control_plane, "high_availability").and_then(Value::as_bool);
    if was_available && wanted == Some(false) {
        let field = Some("control_plane.high_availability");
        return Err(Refusal::bad(field, "High availability cannot be disabled"));
    }
    let wanted_acl = given(control_plane, "acl").map(acl::parse).transpose()?;

    let cluster = find(world, call, Access::Write)?;
    cluster.updated = call.at;
    cluster.label = label.unwrap_or_else(|| cluster.label.clone());
    cluster.tags = tags.unwrap_or_else(|| cluster.tags.clone());
    cluster.version = version.unwrap_or(old);
    cluster.high_availability = was_available || wanted == Some(true);
    let version = cluster.kube_version();
    let (label, tags) = (cluster.label.clone(), cluster.tags.clone());
    for kind in [Kind::Cluster, Kind::ControlPlane] {
        world.ledger.rename(kind, id, &label, &tags);
    }
    if let Some(kube) = world.kubes.get(&id) {
        kube.set_version(&version);
    }
    if !was_available && wanted == Some(true) {
        bill_high_availability(world, call, id);
    }
    if let Some(wanted) = wanted_acl {
        acl::set(world, call, id, wanted);
    }
    event(world, call, "lke_cluster_update", id);
    shown(world, id)
}

fn minor(version: &str) -> Option<u32> {
    version.split('.').nth(1)?.parse().ok()
}

/// The versions of a tier.
fn offered(world: &World, enterprise: bool) -> Vec<&'static str> {
    if enterprise {
        ENTERPRISE_VERSIONS.to_vec()
    } else {
        world.versions_on_offer()
    }
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let sticks = world.switches.delete_while_provisioning_sticks;
    let cluster = find(world, call, Access::Write)?;
    if cluster.deleting || (sticks && !cluster.kube_ready) {
        return Ok(Reply::nothing());
    }
    let id = cluster.id;
    world.check_cluster_unlocked(id)?;
    let cluster = find(world, call, Access::Write)?;
    cluster.deleting = true;
    let from = later(call.at, i64::from(cluster.linger_seconds) * 1000);
    event(world, call, "lke_cluster_delete", id);
    world.after(
        from,
        latency::CLUSTER_GONE,
        id,
        Due::ClusterGone { cluster: id },
    );
    Ok(Reply::nothing())
}
