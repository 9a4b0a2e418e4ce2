//! `/tags`: which tags there are and what bears them. Only Linodes, NodeBalancers and volumes are
//! shown; clusters, pools and firewalls bear tags that these endpoints do not know. A restricted
//! user may not ask.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Answer, Call, Refusal, Reply, children, instances};
use crate::kubernetes::percent_decoded;
use crate::store::World;

/// The account's objects by their tags.
fn tagged(world: &World, call: &Call) -> Result<BTreeMap<String, Vec<Value>>, Refusal> {
    if call.user.restricted {
        return Err(Refusal::forbidden());
    }
    let account = &call.user.account;
    let linodes = world.linodes.values().filter(|one| one.account == *account);
    let balancers = world.nodebalancers.values();
    let balancers = balancers.filter(|one| one.account == *account);
    let volumes = world.volumes.values().filter(|one| one.account == *account);
    let all = linodes
        .map(|one| (&one.tags, "linode", instances::reply(world, one)))
        .chain(balancers.map(|one| {
            let reply = children::nodebalancer_reply(world, one);
            (&one.tags, "nodebalancer", reply)
        }))
        .chain(volumes.map(|one| (&one.tags, "volume", children::volume_reply(world, one))));
    let mut by_tag: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (tags, kind, data) in all {
        for tag in tags {
            let row = json!({"type": kind, "data": data});
            by_tag.entry(tag.clone()).or_default().push(row);
        }
    }
    Ok(by_tag)
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let tags = tagged(world, call)?;
    Ok(Reply::Page {
        rows: tags.keys().map(|label| json!({"label": label})).collect(),
        filterable: &[],
    })
}

pub(super) fn objects(world: &mut World, call: &Call) -> Answer {
    let label = percent_decoded(call.word(0), false);
    let rows = tagged(world, call)?.remove(&label);
    Ok(Reply::Page {
        rows: rows.ok_or_else(Refusal::not_found)?,
        filterable: &[],
    })
}
