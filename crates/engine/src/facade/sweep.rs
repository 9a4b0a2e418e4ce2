//! The account-wide search for what is ours and in no journal, and the receipt.

use super::Engine;
use super::act::of_book;
use super::problem::{Said, problem};
use crate::receipt::receipt;
use crate::sweep::{self, Orphan};
use domain::plan::Prices;
use domain::record::Thing;
use domain::screen::activity::named;
use domain::spec::Spec;
use domain::text::Text;
use domain::texts;
use domain::view::{Problem, ReceiptView, Whose};
use domain::{DeploymentId, Price};

texts! {
    /// What a search found.
    pub enum Found {
        /// A deployment that no journal of this computer knows.
        "orphan_deployment" Deployment { label: String, nodes: usize },
        /// One without its second proof.
        "orphan_doubtful" Doubtful { label: String },
    }
}

/// What a search of the whole account found.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Search {
    /// Marked things that no journal of this computer knows, by deployment.
    pub orphans: Vec<FoundOrphan>,
    #[serde(skip)]
    raw: Vec<Orphan>,
}

/// A deployment that no journal of this computer knows.
#[derive(Clone, Debug, serde::Serialize)]
pub struct FoundOrphan {
    /// Its id, by which it is deleted.
    pub id: DeploymentId,
    /// What it is.
    pub what: Text,
    /// Its things.
    pub things: Vec<Text>,
    /// What its nodes and control plane cost; `None`: unknown.
    pub price: Option<Price>,
    /// Whether it has both proofs; without them it is shown and never deleted.
    pub proven: bool,
    /// Which computer looks after it; only what is this one's is deleted.
    pub whose: Whose,
}

impl Engine {
    /// Searches every complete listing of the account. Reads only; one page that fails fails all.
    pub async fn sweep(&self) -> Result<Search, Problem> {
        self.account().await?;
        let seen = self.told(sweep::inventory(&*self.ports.cloud).await)?;
        let raw = sweep::orphans(&seen, &self.with_journal(), self.protocol.proofs);
        let mut orphans = Vec::new();
        for one in &raw {
            orphans.push(self.described(one).await);
        }
        Ok(Search { orphans, raw })
    }

    async fn described(&self, orphan: &Orphan) -> FoundOrphan {
        let label = orphan.label.clone();
        let what = if orphan.proven {
            Found::Deployment {
                label,
                nodes: orphan.instances.len(),
            }
            .into()
        } else {
            Found::Doubtful { label }.into()
        };
        let clusters = orphan.clusters.iter().map(|one| Thing::Cluster(one.id));
        let firewalls = orphan.firewalls.iter().map(|one| Thing::Firewall(one.id));
        let price = match self.catalog().await {
            Err(_) => None,
            Ok(catalog) => {
                let nodes = orphan.instances.iter();
                let nodes = nodes.map(|one| catalog.price(&one.instance_type, &one.region));
                let planes = orphan.clusters.iter().filter(|one| one.ha);
                let planes = planes.map(|one| catalog.ha_price_in(&one.region));
                nodes.chain(planes).sum()
            }
        };
        FoundOrphan {
            id: orphan.deployment.clone(),
            what,
            things: clusters
                .chain(firewalls)
                .map(|thing| named(&thing))
                .collect(),
            price,
            proven: orphan.proven,
            whose: orphan.whose(&self.ports.owner),
        }
    }

    /// Deletes orphans by their ids: each is taken into a journal and torn down like any other.
    /// Gives the ids whose teardown is carried now.
    pub async fn sweep_delete(
        &self,
        search: &Search,
        ids: &[String],
    ) -> Result<Vec<DeploymentId>, Problem> {
        let account = self.account().await?;
        let mut begun = Vec::new();
        for id in ids {
            let missing = || {
                let fix = Some(Said::OrphanMissingFix);
                problem(Said::OrphanMissing { name: id.clone() }, None, fix)
            };
            let wanted = |one: &&Orphan| one.deployment.0 == id.to_ascii_lowercase();
            let orphan = search.raw.iter().find(wanted).ok_or_else(missing)?;
            if orphan.whose(&self.ports.owner) != Whose::Forgotten {
                let (name, fix) = (id.clone(), Said::OrphanElsewhereFix { name: id.clone() });
                return Err(problem(Said::OrphanElsewhere { name }, None, Some(fix)));
            }
            let prices = self.prices_of(orphan).await;
            let writer = format!("quaylight {}", self.here.version);
            let observer = self.observer();
            let account = account.id.clone();
            let book =
                sweep::adopt_orphan(&self.ports, observer, &writer, orphan, prices, account).await;
            let book = book.map_err(|error| of_book(&error))?.ok_or_else(missing)?;
            self.carry(book);
            begun.push(orphan.deployment.clone());
        }
        Ok(begun)
    }

    async fn prices_of(&self, orphan: &Orphan) -> Prices {
        let Ok(catalog) = self.catalog().await else {
            return Prices::default();
        };
        let mut spec = Spec::for_user("");
        if let Some(cluster) = orphan.clusters.first() {
            spec.region.clone_from(&cluster.region);
        }
        Prices::of(&spec, &catalog)
    }

    /// The receipt of a deployment that was torn down.
    pub fn receipt(&self, id: &DeploymentId) -> Result<ReceiptView, Problem> {
        let held = self.known(id)?;
        if held.progress.torn_down.is_none() {
            return Err(problem(Said::ReceiptMissing, None, None));
        }
        Ok(self.receipt_of(&held).view())
    }

    fn receipt_of(&self, held: &super::Held) -> crate::receipt::Receipt {
        let mut receipt = receipt(&held.progress);
        receipt.notes.extend(self.merged_note(&receipt.deployment));
        receipt
    }

    /// The same as a document for keeping.
    pub fn receipt_document(&self, id: &DeploymentId) -> Result<String, Problem> {
        self.receipt(id)?;
        let held = self.known(id)?;
        serde_json::to_string_pretty(&self.receipt_of(&held)).map_err(|error| {
            let what = Said::OwnFault {
                what: error.to_string(),
            };
            problem(what, None, Some(Said::OwnFaultFix))
        })
    }
}
