//! The proof that nothing is left: complete listings, twice in a row, a while apart.

use crate::act::{Act, Trouble, millis};
use crate::left::leftovers;
use crate::said::{Ended, Failed, Note};
use domain::inventory::Inventory;
use domain::progress::Progress;
use domain::record::{Fact, Thing, ThingKind};
use domain::text::Text;
use std::time::Duration;

impl Act {
    /// Every listing, complete or failed.
    pub(crate) async fn inventory(&self) -> Result<Inventory, Trouble> {
        let (clusters, instances, nodebalancers, volumes, firewalls) = futures::try_join!(
            self.got(|| self.cloud().clusters()),
            self.got(|| self.cloud().instances()),
            self.got(|| self.cloud().nodebalancers()),
            self.got(|| self.cloud().volumes()),
            self.got(|| self.cloud().firewalls()),
        )?;
        Ok(Inventory {
            clusters,
            instances,
            nodebalancers,
            volumes,
            firewalls,
        })
    }

    /// One complete search, written down with what it found. Things that the journal holds alive and
    /// that are in no listing are gone.
    pub(crate) async fn sweep(&self) -> Result<Vec<Thing>, Trouble> {
        let mut inventory = self.inventory().await?;
        while self.was_hidden().await? {
            inventory = self.inventory().await?;
        }
        let restricted = self.account.restricted;
        self.note_volumes(&inventory.volumes).await?;
        let progress = self.book.progress().await;
        let left = leftovers(&progress, &self.protocol, &self.ports.owner, &inventory);
        // A restricted user may be shown less than there is: what nobody deleted stays written down.
        let stays = |thing: &Thing| {
            let named = |id| progress.volumes_named.contains(id);
            restricted && matches!(thing, Thing::Volume(id) if !named(id))
        };
        for thing in left.absent.into_iter().filter(|thing| !stays(thing)) {
            self.write(Fact::Gone { thing }).await?;
        }
        let fact = Fact::Swept {
            clean: left.ours.is_empty(),
            found: left.ours.clone(),
            doubtful: left.doubtful,
            restricted,
        };
        self.write(fact).await?;
        Ok(left.ours)
    }

    /// Sweeps until enough in a row were clean, far enough apart. What is found is deleted again.
    /// After a restart the count begins anew: only this process knows how long it waited.
    pub(crate) async fn prove_zero(&self) -> Result<Text, Trouble> {
        let mut patience = self.patience(self.protocol.gone);
        let (mut clean, mut last) = (0, Duration::ZERO);
        loop {
            let found = self.sweep().await?;
            if found.is_empty() {
                let now = self.boot();
                if clean == 0 || now.saturating_sub(last) >= self.protocol.sweep_gap {
                    (clean, last) = (clean + 1, now);
                }
                if clean >= self.protocol.clean_sweeps {
                    let sweeps = clean;
                    let last = |progress: &Progress| progress.sweeps.last().cloned();
                    let restricted = self.read(last).await.is_some_and(|one| one.restricted);
                    return Ok(if restricted {
                        Ended::ZeroRestricted { sweeps }.into()
                    } else {
                        Ended::Zero { sweeps }.into()
                    });
                }
                let wait = self
                    .protocol
                    .sweep_gap
                    .saturating_sub(now.saturating_sub(last));
                self.note(Note::SweepNext { wait: millis(wait) });
                self.pause(wait).await?;
                continue;
            }
            clean = 0;
            let things: Vec<String> = found.iter().map(ToString::to_string).collect();
            let note = Note::SweepFound {
                things: things.clone(),
            };
            patience.wait(self, note, || {
                Trouble::Stuck(Failed::Left { things }.into())
            })?;
            self.take_again(&found).await?;
            patience.pause(self, self.protocol.sweep_again).await?;
        }
    }

    /// Deletes what a sweep found, by the same steps as before.
    pub(crate) async fn take_again(&self, found: &[Thing]) -> Result<(), Trouble> {
        let any = |kind: ThingKind| found.iter().any(|thing| thing.kind() == kind);
        if any(ThingKind::Cluster) {
            self.delete_clusters().await?;
        }
        if any(ThingKind::Instance) {
            self.await_instances_gone().await?;
        }
        if any(ThingKind::NodeBalancer) {
            self.delete_nodebalancers().await?;
        }
        if any(ThingKind::Volume) {
            let named = self
                .read(|progress: &Progress| progress.volumes_named.clone())
                .await;
            self.delete_volumes(&named.into_iter().collect::<Vec<_>>())
                .await?;
        }
        if any(ThingKind::Firewall) {
            self.delete_firewalls().await?;
        }
        Ok(())
    }
}
