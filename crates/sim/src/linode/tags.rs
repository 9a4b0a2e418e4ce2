//! `/tags`: which tags there are and what bears them. Only Linodes, NodeBalancers and volumes are
//! shown; clusters, pools and firewalls bear tags that these endpoints do not know. Tags are compared
//! without case. A restricted user may not ask.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Answer, Call, Refusal, Reply, children, instances};
use crate::kubernetes::percent_decoded;
use crate::store::World;

/// A tag as it was first written, and what bears it.
type Tagged = (String, Vec<Value>);

/// The account's objects by their tags in small letters.
fn tagged(world: &World, call: &Call) -> Result<BTreeMap<String, Tagged>, Refusal> {
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
    let mut by_tag: BTreeMap<String, Tagged> = BTreeMap::new();
    for (tags, kind, data) in all {
        for tag in tags {
            let row = json!({"type": kind, "data": data});
            let new = || (tag.clone(), Vec::new());
            let (_, rows) = by_tag.entry(tag.to_lowercase()).or_insert_with(new);
            rows.push(row);
        }
    }
    Ok(by_tag)
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let tags = tagged(world, call)?;
    Ok(Reply::Page {
        rows: tags
            .values()
            .map(|(label, _)| json!({"label": label}))
            .collect(),
        filterable: &[],
    })
}

pub(super) fn objects(world: &mut World, call: &Call) -> Answer {
    let label = percent_decoded(call.word(0), false);
    let found = tagged(world, call)?.remove(&label.to_lowercase());
    let (_, rows) = found.ok_or_else(Refusal::not_found)?;
    Ok(Reply::Page {
        rows,
        filterable: &[],
    })
}
