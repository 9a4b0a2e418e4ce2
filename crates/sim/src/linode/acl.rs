//! `/lke/clusters/{id}/control_plane_acl`: who may reach the Kubernetes API. A change is shown with
//! its own revision-id only when it is enforced.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Value, json};

use super::wants::{Wrong, given, must_be};
use super::{Answer, Call, Refusal, Reply, clusters};
use crate::draw;
use crate::latency;
use crate::schedule::Due;
use crate::store::World;
use crate::things::Acl;
use crate::tokens::Access;

/// An access list as a client wants it.
pub(super) struct Wanted {
    enabled: bool,
    ipv4: Vec<String>,
    ipv6: Vec<String>,
    revision: Option<String>,
}

/// Reads `{enabled?, addresses?: {ipv4?, ipv6?}, revision-id?}`.
pub(super) fn parse(body: &Value) -> Result<Wanted, Refusal> {
    if !body.is_object() {
        return Err(must_be("acl", "an object"));
    }
    let enabled = match given(body, "enabled") {
        None => true,
        Some(Value::Bool(enabled)) => *enabled,
        Some(_) => return Err(must_be("acl.enabled", "a boolean")),
    };
    let addresses = body.get("addresses").unwrap_or(&Value::Null);
    if !addresses.is_null() && !addresses.is_object() {
        return Err(must_be("acl.addresses", "an object"));
    }
    let list = |family: &str| -> Result<Vec<String>, Refusal> {
        let field = format!("acl.addresses.{family}");
        let wrong = || Refusal::bad(Some(&field), "Must be a list of valid addresses or ranges");
        let Some(list) = given(addresses, family) else {
            return Ok(Vec::new());
        };
        list.as_array()
            .ok_or_else(wrong)?
            .iter()
            .map(|one| {
                one.as_str()
                    .and_then(|text| address(text, family))
                    .ok_or_else(wrong)
            })
            .collect()
    };
    let revision = match given(body, "revision-id") {
        Some(Value::String(id)) => Some(id).filter(|id| !id.is_empty()),
        Some(_) => return Err(must_be("acl.revision-id", "a string")),
        None => None,
    };
    // Addresses that come with `enabled: false` are ignored.
    let (ipv4, ipv6) = if enabled {
        let mut wrong = Wrong::default();
        let both = (wrong.keep(list("ipv4")), wrong.keep(list("ipv6")));
        let (Some(ipv4), Some(ipv6)) = both else {
            return Err(wrong.refusal());
        };
        (ipv4, ipv6)
    } else {
        (Vec::new(), Vec::new())
    };
    Ok(Wanted {
        enabled,
        ipv4,
        ipv6,
        revision: revision.cloned(),
    })
}

/// A single IPv6 address becomes a /128 (recorded).
fn address(text: &str, family: &str) -> Option<String> {
    let six = family == "ipv6";
    if let Ok(net) = text.parse::<IpNet>() {
        return (net.addr().is_ipv6() == six).then(|| text.to_owned());
    }
    match text.parse::<IpAddr>().ok()? {
        IpAddr::V6(_) if six => Some(format!("{text}/128")),
        IpAddr::V4(_) if !six => Some(text.to_owned()),
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    }
}

/// The list is wanted from now on, and enforced a little later.
pub(super) fn set(world: &mut World, call: &Call, id: u64, wanted: Wanted) {
    let nth = world.count("revision");
    let seed = world.seed;
    let fresh = |what: &str| {
        format!(
            "{:016x}{:016x}",
            draw::bits(seed, what, nth),
            draw::bits(seed, "revision", nth)
        )
    };
    let revision = wanted.revision.unwrap_or_else(|| fresh("wanted"));
    let Some(cluster) = world.clusters.get_mut(&id) else {
        return;
    };
    // Before the first list is enforced, some other revision is shown.
    let acl = cluster.acl.get_or_insert_with(|| Acl {
        enforced_revision: fresh("first"),
        ..Acl::default()
    });
    acl.enabled = wanted.enabled;
    acl.ipv4 = wanted.ipv4;
    acl.ipv6 = wanted.ipv6;
    acl.revision.clone_from(&revision);
    world.after(
        call.at,
        latency::ACL,
        nth,
        Due::AclEnforced {
            cluster: id,
            revision,
        },
    );
}

fn reply(acl: &Acl, revision: Option<&str>) -> Value {
    let addresses = json!({"ipv4": acl.ipv4, "ipv6": acl.ipv6});
    match revision {
        Some(revision) => json!({"acl": {
            "enabled": acl.enabled, "revision-id": revision, "addresses": addresses,
        }}),
        None => json!({"acl": {"enabled": acl.enabled, "addresses": addresses}}),
    }
}

/// A cluster that never had a list answers 404.
pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let acl = clusters::find(world, call, Access::Read)?.acl.as_ref();
    let acl = acl.ok_or_else(Refusal::not_found)?;
    let revision = acl.enabled.then_some(acl.enforced_revision.as_str());
    Ok(Reply::One(reply(acl, revision)))
}

pub(super) fn put(world: &mut World, call: &Call) -> Answer {
    let cluster = clusters::find(world, call, Access::Write)?;
    let (id, action) = match cluster.acl {
        Some(_) => (cluster.id, "lke_control_plane_acl_update"),
        None => (cluster.id, "lke_control_plane_acl_create"),
    };
    let wanted = given(&call.body, "acl")
        .ok_or_else(|| Refusal::bad(Some("acl"), "acl is required"))
        .and_then(parse)?;
    set(world, call, id, wanted);
    clusters::event(world, call, action, id);
    let acl = clusters::find(world, call, Access::Read)?.acl.as_ref();
    let acl = acl.ok_or_else(Refusal::not_found)?;
    // The reply echoes the wanted revision at once (recorded).
    Ok(Reply::One(reply(acl, Some(&acl.revision))))
}

/// The same as `enabled: false`: the list itself cannot be uninstalled.
pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let cluster = clusters::find(world, call, Access::Write)?;
    if cluster.acl.is_none() {
        return Err(Refusal::not_found());
    }
    let id = cluster.id;
    let off = Wanted {
        enabled: false,
        ipv4: Vec::new(),
        ipv6: Vec::new(),
        revision: None,
    };
    set(world, call, id, off);
    clusters::event(world, call, "lke_control_plane_acl_delete", id);
    Ok(Reply::nothing())
}
