//! What makes a thing of the account ours. Nothing is changed or deleted without two proofs.

use crate::protocol::Proofs;
use domain::inventory::{Cluster, Firewall, NodeBalancer, Pool};
use domain::plan::GPU_LABEL;
use domain::progress::Progress;
use domain::record::{Thing, ThingKind};
use domain::{ClusterId, FirewallId, Mark, Owner, PoolId};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// Whose a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belongs {
    /// Ours, by two proofs.
    Ours,
    /// This deployment's, and looked after by another computer: never touched.
    TakenOver,
    /// It looks like ours and lacks a proof: shown, never touched.
    Doubtful,
    /// Somebody else's.
    Foreign,
}

/// What a deployment can prove.
#[derive(Clone, Debug)]
pub struct Claim {
    mark: Mark,
    owner: Owner,
    label: String,
    region: String,
    born_after: Timestamp,
    proofs: Proofs,
    clusters: BTreeSet<ClusterId>,
    firewalls: BTreeSet<FirewallId>,
    pools: BTreeSet<PoolId>,
    gpu_type: String,
    sent: Vec<ThingKind>,
    /// When things may have been born of POSTs whose answers were lost.
    lost: Vec<(ThingKind, Timestamp, Timestamp)>,
}

impl Claim {
    /// What a journal can prove.
    pub fn of(progress: &Progress, proofs: Proofs, owner: &Owner) -> Self {
        let spec = progress.spec.as_ref();
        let born = progress
            .header
            .deployment
            .born()
            .unwrap_or(progress.header.opened);
        let slack = SignedDuration::try_from(proofs.clock_slack).unwrap_or(SignedDuration::ZERO);
        Self {
            mark: progress.mark(),
            owner: owner.clone(),
            label: progress.label().unwrap_or_default(),
            region: spec.map(|spec| spec.region.clone()).unwrap_or_default(),
            born_after: born - slack,
            proofs,
            clusters: progress.clusters_ever().into_iter().collect(),
            pools: progress.things.keys().filter_map(Thing::as_pool).collect(),
            gpu_type: spec.map(|spec| spec.gpu_type.clone()).unwrap_or_default(),
            sent: [ThingKind::Cluster, ThingKind::Firewall]
                .into_iter()
                .filter(|kind| progress.was_posted(*kind))
                .collect(),
            lost: [ThingKind::Cluster, ThingKind::Firewall]
                .into_iter()
                .flat_map(|kind| {
                    let lost = progress.lost_answers(kind).into_iter();
                    lost.map(move |(from, to)| (kind, from - slack, to + slack))
                })
                .collect(),
            firewalls: progress
                .things
                .keys()
                .filter_map(Thing::as_firewall)
                .collect(),
        }
    }

    /// A cluster: in the journal and (marked or in its place), or marked and in its place.
    pub fn cluster(&self, one: &Cluster) -> Belongs {
        let known = self.clusters.contains(&one.id);
        let marked = self.mark.is_on(&one.tags);
        let named = one.label == self.label || self.answers(ThingKind::Cluster, one.created);
        let placed =
            named && one.region == self.region && self.is_younger(ThingKind::Cluster, one.created);
        self.belongs(known, marked, placed, &one.tags)
    }

    /// Whether the journal names a cluster, firewall or pool.
    pub(crate) fn knows(&self, thing: &Thing) -> bool {
        thing
            .as_cluster()
            .is_some_and(|id| self.clusters.contains(&id))
            || thing
                .as_firewall()
                .is_some_and(|id| self.firewalls.contains(&id))
            || thing.as_pool().is_some_and(|id| self.pools.contains(&id))
    }

    /// The clusters of a complete listing that are not ours, whatever a journal says of them.
    pub(crate) fn foreign(&self, listed: &[Cluster]) -> BTreeSet<ClusterId> {
        let foreign = listed
            .iter()
            .filter(|one| self.cluster(one) != Belongs::Ours);
        foreign.map(|one| one.id).collect()
    }

    /// The same claim without clusters that are shown not to be ours.
    pub(crate) fn without(&self, foreign: &BTreeSet<ClusterId>) -> Self {
        let clusters = self.clusters.difference(foreign).copied().collect();
        Self {
            clusters,
            ..self.clone()
        }
    }

    /// A GPU pool of our own cluster: marked, and of our instance type with our label on its nodes.
    /// Linode tells no birth of a pool, but it is younger than the cluster that holds it; and the
    /// complete listing before our POST held none that is marked and labelled like this. Which
    /// computer looks after it is told by its cluster.
    pub fn gpu_pool(&self, one: &Pool) -> Belongs {
        let known = self.pools.contains(&one.id);
        let marked = self.mark.is_on(&one.tags);
        let bears = |(name, value): &(String, String)| (name.as_str(), value.as_str()) == GPU_LABEL;
        let placed = one.instance_type == self.gpu_type && one.labels.iter().any(bears);
        self.belongs(known, marked, placed, &[])
    }

    /// A firewall: the same, with its label for its place; or the cluster's own, which the journal
    /// knows by the machines that it stood before.
    pub fn firewall(&self, one: &Firewall) -> Belongs {
        let known = self.firewalls.contains(&one.id);
        let marked = self.mark.is_on(&one.tags);
        let named = one.label == self.label || self.answers(ThingKind::Firewall, one.created);
        let placed = (named && self.is_younger(ThingKind::Firewall, one.created))
            || (known && self.is_controllers(one));
        self.belongs(known, marked, placed, &one.tags)
    }

    /// A firewall that a controller of one of our clusters makes: before its nodes, or before one of
    /// its NodeBalancers, whose label it bears then.
    pub(crate) fn is_controllers(&self, one: &Firewall) -> bool {
        let named = |id: &ClusterId| {
            one.label == format!("lke-{id}") || one.label.starts_with(&format!("lke{id}-"))
        };
        self.clusters.iter().any(named)
    }

    /// A NodeBalancer: it names one of our clusters and was born after it; or the journal noted it
    /// while it did, whoever rewrote it since. One that is older was adopted by a Service and is
    /// somebody's; a label alone anybody can write.
    pub fn nodebalancer(&self, one: &NodeBalancer, progress: &Progress) -> Belongs {
        if let Some(life) = progress.things.get(&Thing::NodeBalancer(one.id)) {
            return if life.born == one.created {
                Belongs::Ours
            } else {
                Belongs::Doubtful
            };
        }
        let bears = |id: &ClusterId| one.label.starts_with(&format!("lke{id}-"));
        let Some(cluster) = one.cluster.filter(|id| self.clusters.contains(id)) else {
            let looks = one.cluster.is_none() && self.clusters.iter().any(bears);
            return if looks {
                Belongs::Doubtful
            } else {
                Belongs::Foreign
            };
        };
        let born = progress
            .things
            .get(&Thing::Cluster(cluster))
            .map(|life| life.born);
        // Linode tells whole seconds; our own clock, where its word was missing, tells more.
        if born.is_some_and(|born| one.created.as_second() >= born.as_second()) {
            Belongs::Ours
        } else {
            Belongs::Doubtful
        }
    }

    /// Born after this deployment: by the cloud's clock, or because the complete listing before our
    /// POST held nothing with our mark, which no wrong clock can spoil.
    fn is_younger(&self, kind: ThingKind, created: Timestamp) -> bool {
        created >= self.born_after || self.sent.contains(&kind)
    }

    /// Born just when an answer of ours was lost. With our mark, which no listing before that POST
    /// held, this is as good as the label, which anybody may change before we find it.
    fn answers(&self, kind: ThingKind, created: Timestamp) -> bool {
        let fits = |(of, from, to): &(ThingKind, Timestamp, Timestamp)| {
            *of == kind && (*from..=*to).contains(&created)
        };
        self.lost.iter().any(fits)
    }

    fn belongs(&self, known: bool, marked: bool, placed: bool, tags: &[String]) -> Belongs {
        if (known || marked) && self.owner.another(tags).is_some() {
            return Belongs::TakenOver;
        }
        match (known, marked, placed) {
            (true, true, _) | (true, _, true) | (false, true, true) => Belongs::Ours,
            (false, true, false) if !self.proofs.place => Belongs::Ours,
            (false, true, false) | (true, false, false) => Belongs::Doubtful,
            (false, false, true) if !self.proofs.mark => Belongs::Ours,
            (false, false, _) => Belongs::Foreign,
        }
    }
}
