//! Kubeconfig, API endpoints and dashboard of a cluster: 503 until its Kubernetes answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Answer, Call, Refusal, Reply, clusters, wants};
use crate::clock::later;
use crate::draw;
use crate::latency::{RETRY_AFTER, Span};
use crate::store::World;
use crate::tokens::Access;

/// Where the cluster's Kubernetes listens, once it does.
fn server(world: &mut World, call: &Call, need: Access) -> Result<Option<String>, Refusal> {
    let cluster = clusters::find(world, call, need)?;
    let (id, ready) = (cluster.id, cluster.kube_ready);
    let port = world.ports.get(&id).filter(|_| ready);
    Ok(port.map(|port| format!("https://127.0.0.1:{port}")))
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    let server = server(world, call, Access::Write)?;
    let cluster = clusters::find(world, call, Access::Write)?;
    let (id, again) = (cluster.id, cluster.kubeconfig_from);
    let there = again.is_none_or(|from| from <= call.at);
    let config = server.filter(|_| there).and_then(|server| {
        world
            .kubes
            .get(&id)
            .map(|kube| STANDARD.encode(kube.kubeconfig(&server)))
    });
    if let Some(config) = config {
        return Ok(Reply::One(json!({"kubeconfig": config})));
    }
    let which = call.at.as_second() as u64 ^ id.rotate_left(32);
    let Span {
        what,
        from_ms,
        to_ms,
    } = RETRY_AFTER;
    let drawn = || draw::between(world.seed, what, which, from_ms / 1000, to_ms / 1000);
    let set = world.switches.kubeconfig_retry_after_seconds;
    let seconds = set.map_or_else(drawn, u64::from);
    let reason = "Cluster kubeconfig is not yet available. Please try again later.";
    Err(Refusal::not_yet(reason, Some(seconds)))
}

/// A page with one endpoint.
pub(super) fn endpoints(world: &mut World, call: &Call) -> Answer {
    let server = server(world, call, Access::Read)?.ok_or_else(|| {
        let reason = "Cluster API Endpoints are not yet available. Please try again later.";
        Refusal::not_yet(reason, None)
    })?;
    Ok(Reply::Page {
        rows: vec![json!({"endpoint": server})],
        filterable: &[],
    })
}

pub(super) fn dashboard(world: &mut World, call: &Call) -> Answer {
    let id = clusters::find(world, call, Access::Read)?.id;
    let name = draw::bits(world.seed, "dashboard", id);
    Ok(Reply::One(
        json!({"url": format!("https://{name:016x}.dashboard.linodelke.net")}),
    ))
}

/// Every kubeconfig so far ceases to work; a fresh one is there a little later.
fn rotate(world: &mut World, call: &Call) -> Result<(), Refusal> {
    let seconds = world.switches.kubeconfig_rotation_seconds;
    let cluster = clusters::find(world, call, Access::Write)?;
    cluster.kubeconfig_from = Some(later(call.at, i64::from(seconds) * 1000));
    let id = cluster.id;
    if let Some(kube) = world.kubes.get(&id) {
        kube.rotate_token();
    }
    Ok(())
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    rotate(world, call)?;
    clusters::event(world, call, "lke_kubeconfig_regenerate", call.id(0));
    Ok(Reply::nothing())
}

pub(super) fn delete_service_token(world: &mut World, call: &Call) -> Answer {
    let id = clusters::find(world, call, Access::Write)?.id;
    clusters::event(world, call, "lke_token_rotate", id);
    Ok(Reply::nothing())
}

pub(super) fn regenerate(world: &mut World, call: &Call) -> Answer {
    let config = wants::flag(&call.body, "kubeconfig")? == Some(true);
    let token = wants::flag(&call.body, "servicetoken")? == Some(true);
    if !config && !token {
        return Err(Refusal::bad(
            None,
            "kubeconfig or servicetoken must be true",
        ));
    }
    if config {
        rotate(world, call)?;
    }
    let id = clusters::find(world, call, Access::Write)?.id;
    clusters::event(world, call, "lke_cluster_regenerate", id);
    Ok(Reply::nothing())
}
