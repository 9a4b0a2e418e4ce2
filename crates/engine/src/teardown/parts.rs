//! What a cluster leaves behind: NodeBalancers, volumes, firewalls.

use super::refused;
use crate::act::{Act, Trouble};
use crate::proof::{Belongs, Claim};
use crate::said::{Ended, Failed, Note};
use crate::see::not_proven;
use domain::inventory::{NodeBalancer, Volume};
use domain::progress::Progress;
use domain::record::{Fact, Thing, ThingKind};
use domain::text::Text;
use domain::{ClusterId, InstanceId, VolumeId};

impl Act {
    /// Writes down the machines, NodeBalancers and the controller's firewall of these clusters, while
    /// they can still be told as theirs.
    pub(crate) async fn note_children(&self, clusters: &[ClusterId]) -> Result<(), Trouble> {
        if clusters.is_empty() {
            return Ok(());
        }
        let machines = self.note_instances(clusters).await?;
        let balancers = self.note_nodebalancers(clusters).await?;
        self.note_walls_of(&balancers).await?;
        let ours: Vec<InstanceId> = machines.iter().map(|one| one.id).collect();
        for firewall in self.got(|| self.cloud().firewalls()).await? {
            let controllers = clusters
                .iter()
                .any(|id| firewall.label == format!("lke-{id}"));
            let before_ours = firewall.instances.iter().any(|id| ours.contains(id));
            let thing = Thing::Firewall(firewall.id);
            if controllers && before_ours && self.is_new(&thing).await {
                let since = firewall.created;
                self.write(Fact::Born {
                    thing,
                    since,
                    price: None,
                })
                .await?;
            }
        }
        Ok(())
    }

    /// NodeBalancers of ours; new ones are written down.
    pub(crate) async fn note_nodebalancers(
        &self,
        clusters: &[ClusterId],
    ) -> Result<Vec<NodeBalancer>, Trouble> {
        if clusters.is_empty() {
            return Ok(Vec::new());
        }
        let mut listed = self.got(|| self.cloud().nodebalancers()).await?;
        let progress = self.book.progress().await;
        let claim = Claim::of(&progress, self.protocol.proofs, &self.ports.owner);
        listed.retain(|one| claim.nodebalancer(one, &progress) == Belongs::Ours);
        let known = |one: &NodeBalancer| {
            let life = progress.things.get(&Thing::NodeBalancer(one.id));
            life.is_some()
        };
        if !listed.iter().all(known) {
            // The journal may name a cluster that stands and is not ours: neither are its children.
            let standing = self.got(|| self.cloud().clusters()).await?;
            let foreign = claim.foreign(&standing);
            listed.retain(|one| known(one) || one.cluster.is_none_or(|id| !foreign.contains(&id)));
        }
        for one in &listed {
            let thing = Thing::NodeBalancer(one.id);
            if self.is_new(&thing).await {
                let (since, price) = (one.created, progress.prices.nodebalancer);
                self.write(Fact::Born {
                    thing,
                    since,
                    price,
                })
                .await?;
            }
        }
        Ok(listed)
    }

    /// Writes down that things of a kind which the journal holds alive are in no listing any more, and
    /// tells how many. `None`: they may have been hidden.
    pub(crate) async fn note_gone(
        &self,
        kind: ThingKind,
        there: &[Thing],
    ) -> Result<Option<usize>, Trouble> {
        let alive = self.read(|progress| progress.alive_of(kind)).await;
        let gone: Vec<Thing> = alive
            .into_iter()
            .filter(|one| !there.contains(one))
            .collect();
        let many = gone.len();
        Ok(self.gone(gone).await?.then_some(many))
    }

    /// Deletes the NodeBalancers of our clusters until a complete listing holds none.
    pub(crate) async fn delete_nodebalancers(&self) -> Result<Text, Trouble> {
        if !self.protocol.sweep_children {
            return Ok(Ended::Gone { count: 0 }.into());
        }
        let mut patience = self.patience(self.protocol.gone);
        let mut count = 0;
        loop {
            let clusters = self.read(Progress::clusters_ever).await;
            let there = self.note_nodebalancers(&clusters).await?;
            let things: Vec<Thing> = there
                .iter()
                .map(|one| Thing::NodeBalancer(one.id))
                .collect();
            if !clusters.is_empty() {
                let Some(gone) = self.note_gone(ThingKind::NodeBalancer, &things).await? else {
                    continue;
                };
                count += gone;
            }
            if there.is_empty() {
                return Ok(Ended::Gone { count }.into());
            }
            // Without its NodeBalancer nothing tells any more for what a firewall was made.
            self.note_walls_of(&there).await?;
            for (one, thing) in there.iter().zip(&things) {
                let answer = self
                    .deleted(|| self.cloud().delete_nodebalancer(one.id))
                    .await?;
                answer.map_err(|failure| refused(thing, &failure))?;
            }
            self.wait_gone(&mut patience, &things).await?;
        }
    }

    async fn wait_gone(
        &self,
        patience: &mut crate::act::Patience,
        things: &[Thing],
    ) -> Result<(), Trouble> {
        let names = || things.iter().map(ToString::to_string).collect();
        let stuck = || Trouble::Stuck(Failed::Left { things: names() }.into());
        patience.wait(self, Note::WaitsGone { left: things.len() }, stuck)?;
        patience.pause(self, self.protocol.poll_gone).await
    }

    /// Deletes the volumes that the plan names, and no other, once they hang on no machine. One that
    /// Kubernetes did not show must at least look like a claim's, in our region, younger than our
    /// cluster.
    pub(crate) async fn delete_volumes(&self, delete: &[VolumeId]) -> Result<Text, Trouble> {
        if !self.protocol.sweep_children {
            return Ok(Ended::Gone { count: 0 }.into());
        }
        let mut patience = self.patience(self.protocol.gone);
        let mut count = 0;
        loop {
            let listed = self.got(|| self.cloud().volumes()).await?;
            let progress = self.book.progress().await;
            let named = |one: &&Volume| delete.contains(&one.id) && may_go(&progress, one);
            let there: Vec<&Volume> = listed.iter().filter(named).collect();
            let alive = progress.alive_of(ThingKind::Volume);
            let absent = delete
                .iter()
                .filter(|id| !listed.iter().any(|one| one.id == **id));
            let absent: Vec<Thing> = absent
                .map(|id| Thing::Volume(*id))
                .filter(|thing| alive.contains(thing))
                .collect();
            let many = absent.len();
            if !self.gone(absent).await? {
                continue;
            }
            count += many;
            if there.is_empty() {
                return Ok(Ended::Gone { count }.into());
            }
            for one in there.iter().filter(|one| one.instance.is_none()) {
                let answer = self.deleted(|| self.cloud().delete_volume(one.id)).await?;
                answer.map_err(|failure| refused(&Thing::Volume(one.id), &failure))?;
            }
            let things: Vec<Thing> = there.iter().map(|one| Thing::Volume(one.id)).collect();
            self.wait_gone(&mut patience, &things).await?;
        }
    }

    /// Deletes our firewall, and the controller's own when the journal holds it.
    pub(crate) async fn delete_firewalls(&self) -> Result<Text, Trouble> {
        let mut patience = self.patience(self.protocol.gone);
        let mut settle = self.settle().await;
        let mut count = 0;
        self.own().await?;
        loop {
            let mut listed = self.got(|| self.cloud().firewalls()).await?;
            let claim = self
                .read(|progress| Claim::of(progress, self.protocol.proofs, &self.ports.owner))
                .await;
            listed
                .retain(|one| self.protocol.find_by_mark || claim.knows(&Thing::Firewall(one.id)));
            let alive = self
                .read(|progress| progress.alive_of(ThingKind::Firewall))
                .await;
            let unproven: Vec<Thing> = listed
                .extract_if(.., |one| claim.firewall(one) != Belongs::Ours)
                .map(|one| Thing::Firewall(one.id))
                .filter(|thing| alive.contains(thing))
                .collect();
            for one in &listed {
                let (thing, since) = (Thing::Firewall(one.id), one.created);
                if self.is_new(&thing).await {
                    self.write(Fact::Born {
                        thing,
                        since,
                        price: None,
                    })
                    .await?;
                }
            }
            let things: Vec<Thing> = listed.iter().map(|one| Thing::Firewall(one.id)).collect();
            let there: Vec<Thing> = things.iter().chain(&unproven).cloned().collect();
            let Some(gone) = self.note_gone(ThingKind::Firewall, &there).await? else {
                continue;
            };
            count += gone;
            let unknown = |progress: &Progress| {
                let mut open = progress.open_creates().into_iter();
                open.any(|create| create.what == ThingKind::Firewall)
            };
            let searches = gone == 0 && count == 0 && self.read(unknown).await;
            if listed.is_empty() && !unproven.is_empty() {
                return Err(not_proven(unproven));
            }
            if listed.is_empty() && (!searches || settle.is_over(self.boot())) {
                return Ok(Ended::Gone { count }.into());
            }
            if listed.is_empty() {
                self.note(Note::Settling {
                    left: crate::act::millis(settle.left()),
                });
                self.pause(self.protocol.settle_every).await?;
                continue;
            }
            for (one, thing) in listed.iter().zip(&things) {
                let answer = self
                    .deleted(|| self.cloud().delete_firewall(one.id))
                    .await?;
                answer.map_err(|failure| refused(thing, &failure))?;
            }
            self.wait_gone(&mut patience, &things).await?;
        }
    }
}

/// Whether a named volume may be deleted: only when our Kubernetes held it, as the journal tells. A
/// label and a region alone are no proof.
pub(crate) fn may_go(progress: &Progress, one: &Volume) -> bool {
    progress.held(one.id)
}
