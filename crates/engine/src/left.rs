//! What of a deployment complete listings still hold: pure.

use crate::proof::{Belongs, Claim};
use crate::protocol::Protocol;
use crate::teardown::{instance_thing, may_go};
use domain::inventory::Inventory;
use domain::progress::Progress;
use domain::record::{Thing, ThingKind};
use domain::{InstanceId, Owner, VolumeId};

/// What is left, by whose it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Ours, by two proofs.
    pub ours: Vec<Thing>,
    /// Looks like ours, lacks a proof.
    pub doubtful: Vec<Thing>,
    /// Volumes that stay, since no accepted plan names them.
    pub kept: Vec<VolumeId>,
    /// Alive in the journal, and in no listing.
    pub absent: Vec<Thing>,
}

/// What complete listings hold of a deployment.
pub fn leftovers(
    progress: &Progress,
    protocol: &Protocol,
    owner: &Owner,
    seen: &Inventory,
) -> Leftovers {
    let claim = Claim::of(progress, protocol.proofs, owner);
    let foreign = claim.foreign(&seen.clusters);
    let mut left = Leftovers::default();
    let mut put = |thing: Thing, belongs: Belongs| match belongs {
        Belongs::Ours => left.ours.push(thing),
        // What another computer looks after is as little proof of zero as what is doubtful.
        Belongs::Doubtful | Belongs::TakenOver => left.doubtful.push(thing),
        Belongs::Foreign => {}
    };
    let searched = |thing: &Thing| protocol.find_by_mark || claim.knows(thing);
    for one in &seen.clusters {
        if !searched(&Thing::Cluster(one.id)) {
            continue;
        }
        put(Thing::Cluster(one.id), claim.cluster(one));
    }
    // What hangs on a cluster that stands and is not ours is not ours either.
    let claim = claim.without(&foreign);
    let mut clusters = progress.clusters_ever();
    clusters.retain(|id| !foreign.contains(id));
    let known: Vec<InstanceId> = progress
        .alive_of(ThingKind::Instance)
        .iter()
        .filter_map(Thing::as_instance)
        .collect();
    for one in &seen.instances {
        let names = one.cluster.is_some_and(|id| clusters.contains(&id));
        if names || known.contains(&one.id) {
            put(instance_thing(progress, one), Belongs::Ours);
        }
    }
    for one in seen
        .nodebalancers
        .iter()
        .filter(|_| protocol.sweep_children)
    {
        put(
            Thing::NodeBalancer(one.id),
            claim.nodebalancer(one, progress),
        );
    }
    for one in &seen.firewalls {
        if !searched(&Thing::Firewall(one.id)) {
            continue;
        }
        put(Thing::Firewall(one.id), claim.firewall(one));
    }
    for one in seen.volumes.iter().filter(|_| protocol.sweep_children) {
        if progress.volumes_named.contains(&one.id) {
            let ours = if may_go(progress, one) {
                Belongs::Ours
            } else {
                Belongs::Doubtful
            };
            put(Thing::Volume(one.id), ours);
        } else if progress.held(one.id) {
            left.kept.push(one.id);
        }
    }
    let there = |thing: &Thing| match thing {
        Thing::Cluster(id) | Thing::ControlPlane(id) => {
            seen.clusters.iter().any(|one| one.id == *id)
        }
        // Pools are in no listing of their own: they go with their cluster.
        Thing::Pool(..) => seen.clusters.iter().any(|one| clusters.contains(&one.id)),
        Thing::Instance(id, ..) => seen.instances.iter().any(|one| one.id == *id),
        Thing::NodeBalancer(id) => seen.nodebalancers.iter().any(|one| one.id == *id),
        Thing::Firewall(id) => seen.firewalls.iter().any(|one| one.id == *id),
        Thing::Volume(id) => seen.volumes.iter().any(|one| one.id == *id),
    };
    let alive = progress.alive().map(|(thing, _)| thing);
    left.absent = alive.filter(|thing| !there(thing)).cloned().collect();
    left
}
