//! What else costs on the account: clusters that we did not make, what bears our mark and is in no
//! journal here, volumes that hang on nothing. It is read for the screen and never touched.

use super::{Engine, lock};
use crate::sweep::{self, Orphan};
use domain::catalog::Catalog;
use domain::inventory::{Cluster, Inventory, Volume};
use domain::texts;
use domain::view::{AccountSearch, FoundKind, FoundThing, Problem};
use domain::{ClusterId, DeploymentId, Price};
use std::collections::BTreeSet;

texts! {
    /// What stands on the account beside ours.
    pub enum Other {
        /// A cluster.
        "other_cluster" Cluster { label: String, nodes: usize },
        /// Somebody else's.
        "other_not_ours" NotOurs,
        /// Ours by both proofs, in no journal here.
        "other_orphan" Orphaned,
        /// It bears a mark of ours and lacks the second proof.
        "other_doubtful" Doubtful,
        /// A volume.
        "other_volume" Volume { label: String, size_gb: u32 },
        /// It hangs on no Linode.
        "other_loose" Loose,
    }
}

impl Engine {
    /// Searches every complete listing of the account for what is not of a deployment here. Reads
    /// only; one page that fails fails all.
    pub async fn search_account(&self) -> Result<AccountSearch, Problem> {
        self.account().await?;
        let seen = self.told(sweep::inventory(&*self.ports.cloud).await)?;
        let catalog = self.catalog().await.ok();
        let (known, ours): (BTreeSet<DeploymentId>, BTreeSet<ClusterId>) = {
            let held = lock(&self.held);
            let clusters = held.values().filter_map(|one| one.progress.cluster());
            // What another computer made has a row of its own.
            let around = lock(&self.around);
            let clusters = clusters.chain(around.clusters()).collect();
            (held.keys().cloned().collect(), clusters)
        };
        let orphans = sweep::orphans(&seen, &known, self.protocol.proofs);
        Ok(AccountSearch {
            at: self.ports.clock.now(),
            found: others(&seen, &ours, &orphans, catalog.as_deref()),
        })
    }
}

fn others(
    seen: &Inventory,
    ours: &BTreeSet<ClusterId>,
    orphans: &[Orphan],
    catalog: Option<&Catalog>,
) -> Vec<FoundThing> {
    let foreign = seen.clusters.iter().filter(|one| !ours.contains(&one.id));
    let clusters = foreign.map(|one| cluster(one, seen, orphans, catalog));
    // What hangs on a Linode is somebody's work; what hangs on nothing is easily forgotten.
    let loose = seen.volumes.iter().filter(|one| one.instance.is_none());
    clusters
        .chain(loose.map(|one| volume(one, catalog)))
        .collect()
}

fn cluster(
    one: &Cluster,
    seen: &Inventory,
    orphans: &[Orphan],
    catalog: Option<&Catalog>,
) -> FoundThing {
    let nodes: Vec<_> = seen
        .instances
        .iter()
        .filter(|instance| instance.cluster == Some(one.id))
        .collect();
    let orphan = orphans
        .iter()
        .find(|orphan| orphan.clusters.iter().any(|cluster| cluster.id == one.id));
    let why = match orphan {
        None => Other::NotOurs,
        Some(orphan) if orphan.proven => Other::Orphaned,
        Some(_) => Other::Doubtful,
    };
    let price = catalog.and_then(|catalog| -> Option<Price> {
        let each = nodes
            .iter()
            .map(|node| catalog.price(&node.instance_type, &node.region));
        let plane = one.ha.then(|| catalog.ha_price_in(&one.region));
        each.chain(plane).sum()
    });
    FoundThing {
        kind: FoundKind::Cluster,
        id: one.id.0,
        what: Other::Cluster {
            label: one.label.clone(),
            nodes: nodes.len(),
        }
        .into(),
        why: why.into(),
        region: one.region.clone(),
        since: one.created,
        price,
    }
}

fn volume(one: &Volume, catalog: Option<&Catalog>) -> FoundThing {
    let each = catalog.and_then(|catalog| catalog.volume_gb_price);
    FoundThing {
        kind: FoundKind::Volume,
        id: one.id.0,
        what: Other::Volume {
            label: one.label.clone(),
            size_gb: one.size_gb,
        }
        .into(),
        why: Other::Loose.into(),
        region: one.region.clone(),
        since: one.created,
        price: each.map(|each| Price {
            hour: each.hour.times(one.size_gb),
            month: each.month.times(one.size_gb),
        }),
    }
}
