//! Taking a deployment over: from another computer, or after its journal was lost.
//!
//! The owner tag comes first, the journal after. When the power fails in between, the deployment is
//! this computer's without a journal: the same intent goes on. Of two computers at once the one
//! whose tag is read back last has it; the other sees so before its next write.

use super::act::of_book;
use super::problem::{Said, problem};
use super::{Engine, problem};
use crate::book::Book;
use crate::owner::{NotTaken, Tagged, put_owner};
use crate::ports::Kind;
use crate::proof::{Belongs, Claim};
use crate::sweep::{self, Orphan};
use domain::inventory::{Cluster, Inventory};
use domain::progress::Controller;
use domain::record::{Fact, Thing, ThingKind};
use domain::spec::{Spec, Stops};
use domain::standing::{Standing, Stands};
use domain::text::Text;
use domain::texts;
use domain::view::{Problem, Whose};
use domain::{DeploymentId, FirewallId, InstanceId};
use std::collections::BTreeSet;

texts! {
    /// What is said before a take-over is confirmed.
    pub enum TakeOver {
        /// What it means here.
        "take_over_here" Here,
        /// What the other computer will see.
        "take_over_there" There,
        /// The stop time is not known.
        "take_over_stop" Stop,
    }
}

/// What a take-over means, for asking.
pub fn take_over_means(whose: Whose) -> Vec<Text> {
    let mut means = vec![TakeOver::Here.into()];
    match whose {
        Whose::Elsewhere | Whose::Nobody | Whose::Here => means.push(TakeOver::There.into()),
        Whose::Forgotten => {}
    }
    means.push(TakeOver::Stop.into());
    means
}

impl Engine {
    /// Writes this computer's owner tag in the place of every other, and builds a journal from
    /// what stands. `wishes`: a Spec that says what no cloud tells. Safe to repeat after any crash.
    pub async fn take_over(&self, id: &DeploymentId, wishes: Option<&Spec>) -> Result<(), Problem> {
        let account = self.account().await?;
        let (orphan, _) = self.marked(id).await?;
        let name = orphan.label.clone();
        if let Some(held) = self.held(id) {
            self.must_be_here(&held)?;
            if held.run.is_some() {
                let fix = Some(Said::RunUnderWayFix);
                return Err(problem(Said::RunUnderWay { name }, None, fix));
            }
            let told = held.progress.spec.is_some();
            if told && !orphan.names_another(&self.ports.owner) {
                return Err(problem(Said::TakeOverOurs { name }, None, None));
            }
        }
        if !orphan.proven {
            let fix = Some(Said::OrphanMissingFix);
            return Err(problem(Said::TakeOverDoubtful { name }, None, fix));
        }
        self.put_owner_on(&orphan).await?;
        // From here on the other computer sends nothing: what is read now is what stands.
        let (mut orphan, seen) = self.marked(id).await?;
        // Whoever renamed it meanwhile did not change what was confirmed.
        orphan.label.clone_from(&name);
        let mut standing = self.standing(&orphan).await?;
        // A cluster and its firewall are made at once: the listing of either may be behind.
        let settled = self
            .ports
            .clock
            .now()
            .saturating_sub(self.protocol.settle_min);
        let young = |one: &Cluster| settled.is_ok_and(|settled| one.created > settled);
        let lacks_wall = standing.firewalls.is_empty() && standing.cluster().is_some_and(young);
        if lacks_wall || standing.lacks_pools() {
            let fix = Some(Said::TakeOverBehindFix);
            return Err(problem(Said::TakeOverBehind { name }, None, fix));
        }
        let cloud = &self.ports.cloud;
        if let Some(cluster) = standing.cluster().map(|one| one.id) {
            standing.access = Some(self.told(cloud.access_list(cluster).await)?);
        }
        let wall = self.controllers_of(&standing).await?;
        if wall.is_some() {
            standing.controller = Controller::Guards;
        }
        let ours = standing.firewalls.first().map(|one| one.id);
        if let Some(firewall) = wall.or(ours) {
            standing.rules = Some(self.told(cloud.firewall_rules(firewall).await)?);
        }
        self.decided(&standing).await?;
        let wishes = wishes.map(|spec| self.to_come(spec));
        let taken = self.taken_over(id, &account.id, &standing, wishes.as_ref());
        let mut taken = taken.await;
        self.add_known(id, &seen, &mut taken.things).await?;
        let has_second = taken.things.iter().any(|one| one.second);
        let book = self.book_for(id, &account.id).await?;
        let written = book.write(Fact::TakenOver(Box::new(taken))).await;
        written.map_err(|error| of_book(&error))?;
        drop(book);
        self.no_stranger(id);
        self.forget_labels();
        self.publish(id);
        self.observe_once(id).await;
        if has_second {
            self.with_open(id, true, async |book| {
                sweep::sweep(&self.ports, self.protocol, book, self.observer()).await
            })
            .await;
        }
        Ok(())
    }

    /// The firewall that a controller inside of the cluster keeps before its machines.
    async fn controllers_of(&self, standing: &Standing) -> Result<Option<FirewallId>, Problem> {
        let Some(cluster) = standing.cluster() else {
            return Ok(None);
        };
        let label = format!("lke-{}", cluster.id);
        let mine = |id| standing.instances.iter().any(|one| one.id == id);
        let listed = self.told(self.ports.cloud.firewalls().await)?;
        let mut of_it = listed.into_iter().filter(|one| one.label == label);
        let of_it = of_it.find(|one| one.instances.iter().any(|id| mine(*id)));
        Ok(of_it.map(|one| one.id))
    }

    /// A stop time that is past was no wish for now.
    fn to_come(&self, spec: &Spec) -> Spec {
        let past = matches!(spec.stops, Stops::At(at) if at <= self.ports.clock.now());
        let stops = if past { Stops::Never } else { spec.stops };
        Spec {
            stops,
            ..spec.clone()
        }
    }

    /// What bears a deployment's mark, by complete listings, and its cluster that lost it and that
    /// the journal of this computer can prove.
    async fn marked(&self, id: &DeploymentId) -> Result<(Orphan, Inventory), Problem> {
        let seen = self.told(sweep::inventory(&*self.ports.cloud).await)?;
        let all = sweep::orphans(&seen, &BTreeSet::new(), self.protocol.proofs);
        let found = all.into_iter().find(|one| one.deployment == *id);
        let mut found = found.ok_or_else(|| missing(id))?;
        if let Some(held) = self.held(id) {
            let claim = Claim::of(&held.progress, self.protocol.proofs, &self.ports.owner);
            let alive = held.progress.alive_of(ThingKind::Cluster);
            let stripped = seen.clusters.iter().filter(|one| {
                let is_known = alive.contains(&Thing::Cluster(one.id));
                is_known && !found.clusters.contains(one) && claim.cluster(one) == Belongs::Ours
            });
            let stripped: Vec<Cluster> = stripped.cloned().collect();
            // What bears our mark and has no second proof is a stranger's, and stays out of it.
            let is_strange = |belongs| matches!(belongs, Belongs::Doubtful | Belongs::Foreign);
            found.clusters.retain(|one| !is_strange(claim.cluster(one)));
            found
                .firewalls
                .retain(|one| !is_strange(claim.firewall(one)));
            found.clusters.extend(stripped);
            let machines = seen.instances.iter().filter(|machine| {
                let of_it = |one: &Cluster| machine.cluster == Some(one.id);
                found.clusters.iter().any(of_it)
            });
            found.instances = machines.cloned().collect();
            // With the mark this journal is the second proof, whatever label somebody gave it since.
            let (clusters, firewalls) = (&found.clusters, &found.firewalls);
            found.proven |= clusters
                .iter()
                .all(|one| claim.knows(&Thing::Cluster(one.id)))
                && (firewalls.iter()).all(|one| claim.knows(&Thing::Firewall(one.id)));
            found.label = held.progress.label().unwrap_or(found.label);
        }
        Ok((found, seen))
    }

    /// Machines and NodeBalancers that the journal of this computer knows cost until they are gone,
    /// also when no pool and no cluster names them any more: absent from a complete listing, and for
    /// a machine a 404 besides.
    async fn add_known(
        &self,
        id: &DeploymentId,
        seen: &Inventory,
        things: &mut Vec<Stands>,
    ) -> Result<(), Problem> {
        let Some(held) = self.held(id) else {
            return Ok(());
        };
        for (thing, life) in held.progress.alive() {
            let there = match thing {
                Thing::Instance(one, ..) => {
                    let named = things.iter().any(|it| it.thing.as_instance() == Some(*one));
                    let listed = seen.instances.iter().any(|it| it.id == *one);
                    !named && (listed || self.is_there(*one).await?)
                }
                Thing::NodeBalancer(one) => seen.nodebalancers.iter().any(|it| it.id == *one),
                Thing::Cluster(_)
                | Thing::ControlPlane(_)
                | Thing::Firewall(_)
                | Thing::Pool(..)
                | Thing::Volume(_) => false,
            };
            if there {
                things.push(Stands {
                    thing: thing.clone(),
                    since: life.born,
                    price: life.price,
                    second: life.duplicate,
                });
            }
        }
        Ok(())
    }

    async fn is_there(&self, machine: InstanceId) -> Result<bool, Problem> {
        match self.ports.cloud.instance(machine).await {
            Err(failure) if failure.kind == Kind::NotFound => Ok(false),
            answer => self.told(answer).map(|_| true),
        }
    }

    /// The thing whose tag decides comes first: from then on the other computer keeps still.
    async fn put_owner_on(&self, orphan: &Orphan) -> Result<(), Problem> {
        let standing = self.standing(orphan).await?;
        let decides = decides(&standing);
        for on in tagged(&standing) {
            match put_owner(&self.ports, on, decides).await {
                Err(NotTaken::Gone) if Some(on) != decides => {}
                done => done.map_err(|why| not_taken(why, orphan))?,
            }
        }
        Ok(())
    }

    /// The last tag that is read back wins.
    async fn decided(&self, standing: &Standing) -> Result<(), Problem> {
        let Some(on) = decides(standing) else {
            return Ok(());
        };
        let tags = self.told(on.tags(&*self.ports.cloud).await)?;
        if tags.is_some_and(|tags| self.ports.owner.alone_on(&tags)) {
            return Ok(());
        }
        let name = standing.label.clone();
        Err(problem(Said::TakeOverLost { name }, None, None))
    }

    async fn book_for(
        &self,
        id: &DeploymentId,
        account: &domain::AccountId,
    ) -> Result<Book, Problem> {
        let ids = self.ports.journals.list().await;
        if ids
            .map_err(|error| problem::of_journal(&error))?
            .contains(id)
        {
            return self.open_whosever(id).await;
        }
        let writer = format!("quaylight {}", self.here.version);
        let (id, account) = (id.clone(), account.clone());
        let book = Book::create(&self.ports, self.observer(), &writer, id, account).await;
        book.map_err(|error| of_book(&error))
    }
}

fn decides(standing: &Standing) -> Option<Tagged> {
    let cluster = standing.cluster().map(|one| Tagged::Cluster(one.id));
    let firewall = standing.firewalls.first();
    cluster.or_else(|| firewall.map(|one| Tagged::Firewall(one.id)))
}

/// Everything whose owner tag is written, the deciding thing first.
fn tagged(standing: &Standing) -> Vec<Tagged> {
    let clusters = standing.clusters.iter().map(|one| Tagged::Cluster(one.id));
    let firewalls = standing
        .firewalls
        .iter()
        .map(|one| Tagged::Firewall(one.id));
    clusters.chain(firewalls).collect()
}

fn missing(id: &DeploymentId) -> Problem {
    let name = id.0.clone();
    problem(Said::TakeOverMissing { name }, None, None)
}

fn not_taken(why: NotTaken, orphan: &Orphan) -> Problem {
    let name = orphan.label.clone();
    match why {
        NotTaken::Cloud(failure) => problem::of_failure(&failure),
        NotTaken::Gone => missing(&orphan.deployment),
        NotTaken::Lost => problem(Said::TakeOverLost { name }, None, None),
        NotTaken::Unread => {
            let fix = Some(Said::TakeOverUnreadFix);
            problem(Said::TakeOverUnread { name }, None, fix)
        }
    }
}
