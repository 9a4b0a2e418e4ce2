//! `/lke/clusters`. POST answers "ready" at once, as the real one does: readiness is elsewhere.

use serde_json::{Value, json};

use super::wants::{self, Wrong, given};
use super::{Answer, Call, Refusal, Reply, acl, enterprise, pool_wants, pools};
use crate::catalog::{ENTERPRISE_VERSIONS, HIGH_AVAILABILITY};
use crate::clock::{later, linode_time};
use crate::events::Entity;
use crate::latency;
use crate::ledger::{Kind, Row};
use crate::quotas::Counted;
use crate::schedule::Due;
use crate::store::World;
use crate::things::LkeCluster;
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

/// The label of a body; characters of four bytes are not supported.
fn label<'call>(world: &World, call: &'call Call, but: u64) -> Result<&'call str, Refusal> {
    let label = wants::label(&call.body, 1)?;
    if label.chars().any(|c| c.len_utf8() > 3) {
        let reason = "Characters of 4 bytes are not supported";
        return Err(Refusal::bad(Some("label"), reason));
    }
    let taken = world
        .clusters
        .values()
        .any(|one| one.account == call.user.account && one.label == label && one.id != but);
    if world.switches.unique_labels && taken {
        let reason = world.switches.texts.taken_label();
        return Err(Refusal::bad(Some("label"), reason));
    }
    Ok(label)
}

/// The version of a body. Of a tier that is not known any will do, as the tier is refused.
fn version<'call>(
    world: &World,
    call: &'call Call,
    is_enterprise: Option<bool>,
) -> Result<&'call str, Refusal> {
    let version = wants::text(&call.body, "k8s_version")?;
    if is_enterprise.is_none_or(|is_enterprise| offered(world, is_enterprise).contains(&version)) {
        return Ok(version);
    }
    let reason = world.switches.texts.unknown_version();
    Err(Refusal::bad(Some("k8s_version"), reason))
}

/// Whether the App Platform comes along, and high availability. The App Platform and the enterprise
/// tier bring it along, unasked (recorded).
fn availability(body: &Value, is_enterprise: bool) -> Result<(bool, bool), Refusal> {
    const FIELD: &str = "control_plane.high_availability";
    let asked = wants::flag(body, FIELD)?;
    let app_platform = wants::flag(body, "apl_enabled")? == Some(true);
    if app_platform && asked == Some(false) {
        let reason = "The App Platform needs high availability";
        return Err(Refusal::bad(Some("apl_enabled"), reason));
    }
    let available = asked == Some(true) || app_platform || is_enterprise;
    Ok((app_platform, available))
}

fn acl_wanted(body: &Value) -> Result<Option<acl::Wanted>, Refusal> {
    let wanted = wants::at(body, "control_plane.acl")?;
    wanted.map(acl::parse).transpose()
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    wants::may_add(call, "add_lkes")?;
    let body = &call.body;
    let mut wrong = Wrong::default();
    let label = wrong.keep(label(world, call, 0));
    let region = wrong.keep(wants::region(world, body));
    let enterprise = wrong.keep(enterprise::cluster(call, region));
    let known = enterprise.as_ref().map(Option::is_some);
    let version = wrong.keep(version(world, call, known));
    let is_enterprise = known == Some(true);
    let tags = wrong.keep(wants::tags(body));
    let pools = wrong.keep(pool_wants::pools(world, body, region, is_enterprise));
    let availability = wrong.keep(availability(body, is_enterprise));
    let wanted_acl = wrong.keep(acl_wanted(body));
    let (
        Some(label),
        Some(region),
        Some(enterprise),
        Some(version),
        Some(tags),
        Some(pools),
        Some((app_platform, high_availability)),
        Some(wanted_acl),
    ) = (
        label,
        region,
        enterprise,
        version,
        tags,
        pools,
        availability,
        wanted_acl,
    )
    else {
        return Err(wrong.refusal());
    };
    let (label, region, version) = (label.to_owned(), region.to_owned(), version.to_owned());
    let tags = tags.unwrap_or_default();
    let billed = high_availability && enterprise.is_none();
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
    let mut wrong = Wrong::default();
    let label = given(body, "label").map(|_| label(world, call, id));
    let label = wrong.keep(label.transpose()).flatten();
    let tags = wrong.keep(wants::tags(body)).flatten();
    let version = given(body, "k8s_version").map(|_| wants::text(body, "k8s_version"));
    let version = wrong.keep(version.transpose()).flatten();
    if let Some(version) = version.filter(|version| *version != old)
        && (!offered.contains(&version) || minor(version) != minor(&old).map(|n| n + 1))
    {
        let reason = format!("k8s_version may only go from {old} to the next minor version");
        wrong.add(Refusal::bad(Some("k8s_version"), &reason));
    }
    let field = "control_plane.high_availability";
    let wanted = wrong.keep(wants::flag(body, field)).flatten();
    if was_available && wanted == Some(false) {
        let reason = "High availability cannot be disabled";
        wrong.add(Refusal::bad(Some(field), reason));
    }
    let wanted_acl = wrong.keep(acl_wanted(body)).flatten();
    wrong.end()?;

    let cluster = find(world, call, Access::Write)?;
    cluster.updated = call.at;
    cluster.label = label.unwrap_or(&cluster.label).to_owned();
    cluster.tags = tags.unwrap_or_else(|| cluster.tags.clone());
    cluster.version = version.map_or(old, str::to_owned);
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
