//! A second one of what is kept: found by its marks, written down, deleted.

use crate::act::{Act, Trouble};
use crate::owner::taken_over;
use crate::ports::Kind;
use crate::proof::{Belongs, Claim};
use crate::said::{Failed, Note};
use crate::see::not_proven;
use crate::teardown::refused;
use crate::want::Found;
use domain::inventory::{Cluster, Firewall, Pool};
use domain::plan::PoolRole;
use domain::progress::Progress;
use domain::record::{Fact, Thing, ThingKind};

impl Act {
    /// Searches for second ones and deletes them.
    pub(crate) async fn drop_second(&self) -> Result<Vec<Thing>, Trouble> {
        let late = self.take_in_late().await?;
        let found = self.second_ones().await?;
        self.note_second(&found).await?;
        let found = found.into_iter().map(|one| one.thing);
        let things: Vec<Thing> = late.into_iter().chain(found).collect();
        let fact = Fact::Swept {
            clean: things.is_empty(),
            found: things.clone(),
            doubtful: Vec::new(),
            restricted: self.account.restricted,
        };
        self.write(fact).await?;
        self.drop_duplicates().await?;
        Ok(things)
    }

    /// The same for pools that a look has listed just now.
    pub(crate) async fn drop_second_pools(&self, listed: &[Pool]) -> Result<(), Trouble> {
        let progress = self.book.progress().await;
        let claim = Claim::of(&progress, self.protocol.proofs, &self.ports.owner);
        let found = second_pools(&progress, &claim, listed);
        if found.is_empty() || !self.protocol.delete_duplicates {
            return Ok(());
        }
        self.note_second(&found).await?;
        self.drop_duplicates().await
    }

    /// A cluster whose POST nobody learned the outcome of, and that stands after all while the journal
    /// keeps none: it is written down, so that it is shown with its cost and can be taken away.
    async fn take_in_late(&self) -> Result<Option<Thing>, Trouble> {
        let progress = self.book.progress().await;
        if progress.cluster().is_some() || !self.protocol.find_by_mark {
            return Ok(None);
        }
        let claim = Claim::of(&progress, self.protocol.proofs, &self.ports.owner);
        let mut listed = self.got(|| self.cloud().clusters()).await?;
        // What is in the journal and gone lingers in a listing.
        listed.retain(|one| {
            let known = progress.things.contains_key(&Thing::Cluster(one.id));
            !known && claim.cluster(one) == Belongs::Ours
        });
        let Some(first) = listed.iter().min_by_key(|one| (one.created, one.id)) else {
            return Ok(None);
        };
        self.born(&Found::cluster(first)).await?;
        Ok(Some(Thing::Cluster(first.id)))
    }

    /// Writes second ones down before anything is deleted: a crash in between must not forget them.
    async fn note_second(&self, found: &[Found]) -> Result<(), Trouble> {
        for one in found {
            let thing = one.thing.clone();
            if self.read(|progress| progress.is_duplicate(&thing)).await {
                continue;
            }
            self.write(Fact::Duplicate { thing }).await?;
            self.born(one).await?;
        }
        Ok(())
    }

    /// Clusters, firewalls and GPU pools that are ours and not the ones that the journal keeps.
    async fn second_ones(&self) -> Result<Vec<Found>, Trouble> {
        let progress = self.book.progress().await;
        let claim = Claim::of(&progress, self.protocol.proofs, &self.ports.owner);
        // Without one that is kept, nobody can say which is the second.
        let kept = (progress.cluster(), progress.firewall());
        let (Some(cluster), Some(firewall), true) =
            (kept.0, kept.1, self.protocol.delete_duplicates)
        else {
            return Ok(Vec::new());
        };
        let clusters = self.got(|| self.cloud().clusters()).await?;
        let firewalls = self.got(|| self.cloud().firewalls()).await?;
        let pools = self.tried(|| self.cloud().pools(cluster)).await?;
        let second = |one: &&Cluster| one.id != cluster && claim.cluster(one) == Belongs::Ours;
        let second_wall = |one: &&Firewall| {
            one.id != firewall && !claim.is_controllers(one) && claim.firewall(one) == Belongs::Ours
        };
        let walls = firewalls.iter().filter(second_wall).map(|one| Found {
            thing: Thing::Firewall(one.id),
            born: Some(one.created),
            ha: false,
        });
        Ok(clusters
            .iter()
            .filter(second)
            .map(Found::cluster)
            .chain(walls)
            .chain(second_pools(&progress, &claim, &pools.unwrap_or_default()))
            .collect())
    }
}

impl Act {
    /// Deletes every second one that was found.
    pub(crate) async fn drop_duplicates(&self) -> Result<(), Trouble> {
        if !self.protocol.delete_duplicates {
            return Ok(());
        }
        let duplicates = self.read(|progress| {
            let alive = progress.alive().filter(|(_, life)| life.duplicate);
            alive.map(|(thing, _)| thing.clone()).collect::<Vec<_>>()
        });
        for thing in duplicates.await {
            if let Thing::Cluster(id) = thing {
                if let Some(there) = self.still_there(id).await? {
                    self.must_be_ours(&there).await?;
                    self.note_instances(&[id]).await?;
                }
                self.remove_cluster(id).await?;
            } else {
                self.remove_second(thing).await?;
            }
        }
        Ok(())
    }

    /// DELETE of a pool or a firewall, with two proofs that were read a moment before, until no
    /// listing holds it.
    async fn remove_second(&self, thing: Thing) -> Result<(), Trouble> {
        let mut patience = self.patience(self.protocol.gone);
        let mut sent = false;
        loop {
            let Some(belongs) = self.listed(&thing).await? else {
                if self.gone(vec![thing.clone()]).await? {
                    return Ok(());
                }
                continue;
            };
            if belongs == Belongs::TakenOver {
                return Err(taken_over());
            }
            if belongs != Belongs::Ours && self.protocol.proofs.ask_again {
                return Err(not_proven([thing]));
            }
            if sent {
                let things = vec![thing.to_string()];
                let left = || Trouble::Stuck(Failed::Left { things }.into());
                patience.wait(self, Note::WaitsGone { left: 1 }, left)?;
                patience.pause(self, self.protocol.poll_gone).await?;
            }
            let answer = match (&thing, self.read(Progress::cluster).await) {
                (Thing::Firewall(id), _) => {
                    self.deleted(|| self.cloud().delete_firewall(*id)).await?
                }
                (Thing::Pool(id, _), Some(cluster)) => {
                    self.deleted(|| self.cloud().delete_pool(cluster, *id))
                        .await?
                }
                (
                    Thing::Pool(..)
                    | Thing::Cluster(_)
                    | Thing::Instance(..)
                    | Thing::ControlPlane(_)
                    | Thing::NodeBalancer(_)
                    | Thing::Volume(_),
                    _,
                ) => return Ok(()),
            };
            answer.map_err(|failure| refused(&thing, &failure))?;
            sent = true;
        }
    }

    /// Whose a pool or a firewall is by a complete listing; `None`: it holds none of this id.
    async fn listed(&self, thing: &Thing) -> Result<Option<Belongs>, Trouble> {
        let claim =
            |progress: &Progress| Claim::of(progress, self.protocol.proofs, &self.ports.owner);
        if let Thing::Firewall(id) = thing {
            let listed = self.got(|| self.cloud().firewalls()).await?;
            let claim = self.read(claim).await;
            let found = listed.iter().find(|one| one.id == *id);
            return Ok(found.map(|one| claim.firewall(one)));
        }
        // A pool goes with its cluster.
        if self.read(Progress::cluster).await.is_none() {
            return Ok(None);
        }
        let cluster = self.cluster().await?;
        let listed = match self.tried(|| self.cloud().pools(cluster)).await? {
            Err(failure) if failure.kind == Kind::NotFound => return Ok(None),
            answer => answer.map_err(|failure| refused(thing, &failure))?,
        };
        let claim = self.read(claim).await;
        let found = listed.iter().find(|one| thing.as_pool() == Some(one.id));
        Ok(found.map(|one| claim.gpu_pool(one)))
    }
}

/// GPU pools of ours beside the one that the journal keeps. There can be one only when the outcome
/// of a pool's POST was unknown once; and while the kept one is not listed, nobody can say which is
/// the second.
fn second_pools(progress: &Progress, claim: &Claim, listed: &[Pool]) -> Vec<Found> {
    let Some(kept) = progress.pool(PoolRole::Gpu) else {
        return Vec::new();
    };
    let there = listed.iter().any(|one| one.id == kept);
    if !there || !progress.once_unknown.contains(&ThingKind::Pool) {
        return Vec::new();
    }
    let second = |one: &&Pool| one.id != kept && claim.gpu_pool(one) == Belongs::Ours;
    listed.iter().filter(second).map(Found::gpu_pool).collect()
}
