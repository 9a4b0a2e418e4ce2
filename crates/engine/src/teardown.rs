//! Steps that take away. They work on every partial state: what is gone already is done, what the
//! journal does not know is searched for by its marks, what lacks a proof is never touched.

mod allow;
mod kubernetes;
mod parts;
mod zero;

pub(crate) use parts::may_go;

use crate::act::{Act, Trouble, Verdict};
use crate::ports::Kind;
use crate::proof::{Belongs, Claim};
use crate::said::{Ended, Failed, Note, words};
use crate::see::not_proven;
use crate::want::Found;
use domain::inventory::{Cluster, Instance, Pool};
use domain::progress::Progress;
use domain::record::{Fact, Thing, ThingKind};
use domain::text::Text;
use domain::{ClusterId, InstanceId, NodeId};
use std::time::Duration;

impl Act {
    /// Deletes every cluster of ours, those included that nobody knows to be made.
    pub(crate) async fn delete_clusters(&self) -> Result<Text, Trouble> {
        self.own().await?;
        let (listed, foreign) = self.our_clusters().await?;
        for one in &listed {
            let known = |progress: &Progress| {
                let life = progress.things.get(&Thing::Cluster(one.id));
                life.is_some_and(|life| life.gone.is_none())
            };
            if self.read(known).await {
                self.pays_for_control_plane(one).await?;
            } else {
                self.born(&Found::cluster(one)).await?;
            }
        }
        let mut ids: Vec<ClusterId> = self.alive_clusters().await;
        let unproven: Vec<ClusterId> = ids
            .extract_if(.., |id| {
                self.protocol.proofs.ask_again && foreign.contains(id)
            })
            .collect();
        self.note_children(&ids).await?;
        self.await_provisioned(&ids).await?;
        if let Some(locked) = listed.iter().find(|one| !one.locks.is_empty()) {
            let label = locked.label.clone();
            return Err(Trouble::Stuck(Failed::Locked { label }.into()));
        }
        for id in &ids {
            self.remove_cluster(*id).await?;
        }
        // What is surely ours is gone first; the rest waits for a person.
        if !unproven.is_empty() {
            return Err(not_proven(unproven.into_iter().map(Thing::Cluster)));
        }
        Ok(Ended::Gone { count: ids.len() }.into())
    }

    async fn alive_clusters(&self) -> Vec<ClusterId> {
        let alive = self
            .read(|progress| progress.alive_of(ThingKind::Cluster))
            .await;
        alive.iter().filter_map(Thing::as_cluster).collect()
    }

    /// Clusters of ours in a complete listing, and the ids of all others. While the outcome of a POST is
    /// unknown, it is searched for as long as a create would.
    async fn our_clusters(&self) -> Result<(Vec<Cluster>, Vec<ClusterId>), Trouble> {
        let mut settle = self.settle().await;
        loop {
            let claim = self
                .read(|progress| Claim::of(progress, self.protocol.proofs, &self.ports.owner))
                .await;
            let mut listed = self.got(|| self.cloud().clusters()).await?;
            let foreign = listed
                .extract_if(.., |one| {
                    let searched =
                        self.protocol.find_by_mark || claim.knows(&Thing::Cluster(one.id));
                    claim.cluster(one) != Belongs::Ours || !searched
                })
                .map(|one| one.id)
                .collect();
            let unknown = |progress: &Progress| {
                let mut open = progress.open_creates().into_iter();
                open.any(|create| create.what == ThingKind::Cluster)
            };
            let found = !listed.is_empty();
            if found || !self.read(unknown).await || settle.is_over(self.boot()) {
                return Ok((listed, foreign));
            }
            self.note(Note::Settling {
                left: crate::act::millis(settle.left()),
            });
            self.pause(self.protocol.settle_every).await?;
        }
    }

    /// Deleting a cluster that is still coming up may get it stuck: it is waited for, unless a person
    /// says otherwise or it takes too long. What was complete once is not waited for, nor what was made
    /// so long ago that it never will be: a search in a process that lives for minutes must get there.
    async fn await_provisioned(&self, ids: &[ClusterId]) -> Result<(), Trouble> {
        let max = self.protocol.provisioned_max;
        let since = self
            .ports
            .clock
            .now()
            .saturating_sub(max)
            .unwrap_or(jiff::Timestamp::MIN);
        let comes = |progress: &Progress, id: &ClusterId| {
            let life = progress.things.get(&Thing::Cluster(*id));
            progress.created.is_none() && life.is_some_and(|life| life.born > since)
        };
        let coming = self.read(|progress| {
            let ids = ids.iter().filter(|id| comes(progress, id));
            ids.copied().collect::<Vec<_>>()
        });
        let ids = &*coming.await;
        if ids.is_empty() {
            return Ok(());
        }
        let mut bound = self.protocol.nodes;
        bound.failed = max;
        let (mut patience, mut settle) = (self.patience(bound), self.settle().await);
        loop {
            let mut coming = false;
            for id in ids {
                // 404: it is gone, or its pools are; nothing to wait for.
                let Ok(pools) = self.tried(|| self.cloud().pools(*id)).await? else {
                    continue;
                };
                self.note_nodes(&pools).await?;
                // A cluster is made with a pool: a list that shows none may be behind.
                coming |= pools.is_empty() && !settle.is_over(self.boot());
                coming |= pools.iter().any(|pool| {
                    pool.nodes.len() < pool.count as usize
                        || pool.nodes.iter().any(|node| !node.ready)
                });
            }
            if !coming || self.asked().delete_now {
                return Ok(());
            }
            self.note_children(ids).await?;
            match patience.ask(self) {
                Verdict::Fine => self.note(Note::WaitsProvisioned),
                Verdict::Late => self.late(Note::WaitsProvisioned),
                Verdict::Over => return Ok(()),
            }
            patience
                .pause(self, self.protocol.poll_kubeconfig_max)
                .await?;
        }
    }

    /// DELETE with two proofs that were read a moment before, then 404 and absence from a complete
    /// listing. The journal's id alone deletes nothing.
    pub(crate) async fn remove_cluster(&self, id: ClusterId) -> Result<(), Trouble> {
        let what = Thing::Cluster(id);
        let mut patience = self.patience(self.protocol.gone);
        let mut sent: Option<Duration> = None;
        loop {
            let Some(there) = self.still_there(id).await? else {
                if self.gone(self.with_parts(id).await).await? {
                    return Ok(());
                }
                continue;
            };
            // A 404 may have been a mistake, an accepted DELETE may be forgotten: it is repeated.
            let due = |at: Duration| self.boot().saturating_sub(at) >= self.protocol.delete_again;
            if sent.is_none_or(due) {
                self.must_be_ours(&there).await?;
                let answer = self.deleted(|| self.cloud().delete_cluster(id)).await?;
                answer.map_err(|failure| refused(&what, &failure))?;
                sent = Some(self.boot());
                continue;
            }
            // What comes into it while it lingers may go with it, and can be told as its only now.
            self.note_children(&[id]).await?;
            let left = || {
                Trouble::Stuck(
                    Failed::Left {
                        things: vec![what.to_string()],
                    }
                    .into(),
                )
            };
            patience.wait(self, Note::WaitsGone { left: 1 }, left)?;
            patience.pause(self, self.protocol.poll_gone).await?;
        }
    }

    /// A cluster and what goes with it. It comes last: a crash in between begins again here.
    async fn with_parts(&self, id: ClusterId) -> Vec<Thing> {
        let parts = self.read(|progress| {
            let own = progress.cluster() == Some(id);
            let pools = progress.alive_of(ThingKind::Pool).into_iter();
            let plane = progress.alive_of(ThingKind::ControlPlane).into_iter();
            pools
                .filter(|_| own)
                .chain(plane.filter(|one| *one == Thing::ControlPlane(id)))
                .chain([Thing::Cluster(id)])
                .collect()
        });
        parts.await
    }

    /// A cluster as it is read now; `None`: 404, and absent from a complete listing.
    pub(crate) async fn still_there(&self, id: ClusterId) -> Result<Option<Cluster>, Trouble> {
        match self.tried(|| self.cloud().cluster(id)).await? {
            Ok(one) => Ok(Some(one)),
            Err(failure) if failure.kind == Kind::NotFound => {
                let listed = self.got(|| self.cloud().clusters()).await?;
                Ok(listed.into_iter().find(|one| one.id == id))
            }
            Err(failure) => Err(refused(&Thing::Cluster(id), &failure)),
        }
    }

    /// Waits until no machine of our clusters is listed and each that we knew answers 404.
    pub(crate) async fn await_instances_gone(&self) -> Result<Text, Trouble> {
        let mut patience = self.patience(self.protocol.gone);
        let (mut count, mut searched) = (0, self.boot());
        loop {
            let clusters = self.read(Progress::clusters_ever).await;
            let listed = self.note_instances(&clusters).await?;
            let mut left: Vec<InstanceId> = listed.iter().map(|one| one.id).collect();
            let mut absent = Vec::new();
            for thing in self
                .read(|progress| progress.alive_of(ThingKind::Instance))
                .await
            {
                let Some(id) = thing.as_instance().filter(|id| !left.contains(id)) else {
                    continue;
                };
                match self.tried(|| self.cloud().instance(id)).await? {
                    Err(failure) if failure.kind == Kind::NotFound => absent.push(thing),
                    Ok(_) | Err(_) => left.push(id),
                }
            }
            let many = absent.len();
            if !self.gone(absent).await? {
                continue;
            }
            count += many;
            if left.is_empty() {
                return Ok(Ended::Gone { count }.into());
            }
            let waits = Note::WaitsGone { left: left.len() };
            let instances = left.iter().map(ToString::to_string).collect();
            let stuck = || Trouble::Stuck(Failed::Instances { instances }.into());
            patience.wait(self, waits, stuck)?;
            // They stay while their cluster stands, which was hidden when it was called gone.
            if self.boot().saturating_sub(searched) >= self.protocol.delete_again {
                self.delete_clusters().await?;
                searched = self.boot();
            }
            patience.pause(self, self.protocol.poll_gone).await?;
        }
    }

    /// Machines that name these clusters, or that the journal knows; new ones are written down.
    pub(crate) async fn note_instances(
        &self,
        clusters: &[ClusterId],
    ) -> Result<Vec<Instance>, Trouble> {
        let mut listed = self.got(|| self.cloud().instances()).await?;
        let known = self
            .read(|progress| progress.alive_of(ThingKind::Instance))
            .await;
        let known: Vec<InstanceId> = known.iter().filter_map(Thing::as_instance).collect();
        listed.retain(|one| {
            one.cluster.is_some_and(|id| clusters.contains(&id)) || known.contains(&one.id)
        });
        self.note_listed(&listed).await?;
        Ok(listed)
    }

    /// Machines of ours that a listing holds: new ones are written down.
    pub(crate) async fn note_listed(&self, listed: &[Instance]) -> Result<(), Trouble> {
        for one in listed {
            if self.runs(one.id).await {
                self.correct_birth(one).await?;
            } else {
                self.note_instance(one).await?;
            }
        }
        Ok(())
    }

    /// The same for machines that pools show: a listing may be behind, and with the cluster they go.
    async fn note_nodes(&self, pools: &[Pool]) -> Result<(), Trouble> {
        let nodes = pools.iter().flat_map(|pool| &pool.nodes);
        for id in nodes.filter_map(|node| node.instance) {
            if !self.runs(id).await
                && let Ok(one) = self.tried(|| self.cloud().instance(id)).await?
            {
                self.note_instance(&one).await?;
            }
        }
        Ok(())
    }

    /// Whether the journal knows a machine as one that is there.
    async fn runs(&self, id: InstanceId) -> bool {
        let gone = |progress: &Progress| progress.instance(id).map(|(_, life)| life.gone);
        self.read(gone).await == Some(None)
    }

    /// A machine whose own reading failed when it was first seen was written down as born then. It
    /// costs since it was made.
    pub(crate) async fn correct_birth(&self, one: &Instance) -> Result<(), Trouble> {
        let wrong = self.read(|progress| {
            let (thing, life) = progress.instance(one.id)?;
            let wrong = life.gone.is_none() && life.born != one.created;
            wrong.then(|| (thing.clone(), life.price))
        });
        let Some((thing, price)) = wrong.await else {
            return Ok(());
        };
        let since = one.created;
        self.write(Fact::Born {
            thing,
            since,
            price,
        })
        .await
    }

    async fn note_instance(&self, one: &Instance) -> Result<(), Trouble> {
        let (thing, price) = self
            .read(|progress| {
                let thing = instance_thing(progress, one);
                let Thing::Instance(_, _, role) = thing else {
                    return (thing, None);
                };
                (thing, progress.prices.node(role))
            })
            .await;
        self.write(Fact::Born {
            thing,
            since: one.created,
            price,
        })
        .await
    }

    /// Whether the journal does not know a thing, or knows it as gone.
    pub(crate) async fn is_new(&self, thing: &Thing) -> bool {
        self.read(|progress| {
            progress
                .things
                .get(thing)
                .is_none_or(|life| life.gone.is_some())
        })
        .await
    }
}

/// A machine as the journal names it: by its label `lke<cluster>-<pool>-<12 hex>`.
pub(crate) fn instance_thing(progress: &Progress, one: &Instance) -> Thing {
    if let Some((thing, _)) = progress.instance(one.id) {
        return thing.clone();
    }
    let node = one
        .label
        .split_once('-')
        .map_or(one.label.as_str(), |(_, node)| node);
    let role = progress.role_of_type(&one.instance_type);
    Thing::Instance(one.id, NodeId(node.to_owned()), role)
}

pub(crate) fn refused(what: &Thing, failure: &crate::ports::Failure) -> Trouble {
    let (what, said) = (what.to_string(), words(failure));
    let locked = said.contains("cannot_delete") || said.to_ascii_lowercase().contains("lock");
    Trouble::Stuck(if locked {
        Failed::Locked { label: what }.into()
    } else {
        Failed::DeleteRefused { what, said }.into()
    })
}
