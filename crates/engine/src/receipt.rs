//! What a teardown did, for keeping: what was deleted when, what was kept and why, what it cost, how
//! often it was verified. Made from the journal alone.

use crate::book::Book;
use crate::ports::Ports;
use crate::said::Said;
use domain::progress::Progress;
use domain::record::{Thing, ThingKind};
use domain::screen::Seen;
use domain::screen::activity::named;
use domain::screen::stop::overrun;
use domain::spend::spend;
use domain::text::Text;
use domain::view::{ReceiptLine, ReceiptView};
use domain::{AccountId, CloudId, DeploymentId, MicroUsd};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The receipt's file name beside the journal.
pub const FILE: &str = "receipt.json";

domain::texts! {
    /// A thing in a receipt that has a name of its own there.
    pub enum Line {
        /// A volume with its name in Kubernetes.
        "thing_volume_held" HeldVolume { id: String, name: String, size_gb: u32 },
    }
}

/// The receipt of a teardown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Which deployment.
    pub deployment: DeploymentId,
    /// The cluster's label.
    pub label: String,
    /// On which cloud.
    pub cloud: CloudId,
    /// On which account.
    pub account: AccountId,
    /// When the teardown was complete.
    pub torn_down: Option<Timestamp>,
    /// What was deleted, and since when it was gone, in that order.
    pub deleted: Vec<Entry>,
    /// What was kept.
    pub kept: Vec<Entry>,
    /// Clean complete searches until now, in order.
    pub sweeps: Vec<Timestamp>,
    /// What it cost altogether; `None`: a price is unknown.
    pub cost: Option<MicroUsd>,
    /// What the proof does not cover.
    pub notes: Vec<Text>,
    /// Who could reach it, and how long nodes stood open.
    #[serde(default)]
    pub reach: Vec<Text>,
}

/// A line of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What.
    pub thing: Thing,
    /// In words.
    pub what: Text,
    /// When it was gone; for what was kept: absent.
    pub at: Option<Timestamp>,
    /// Why it was kept; for what was deleted: absent.
    pub why: Option<Text>,
}

/// The receipt as the journal tells it.
pub fn receipt(progress: &Progress) -> Receipt {
    let mut deleted: Vec<Entry> = progress
        .things
        .iter()
        .filter(|(thing, _)| thing.kind() != ThingKind::Pool)
        .filter_map(|(thing, life)| {
            let at = Some(life.gone?);
            Some(Entry {
                thing: thing.clone(),
                what: named(thing),
                at,
                why: None,
            })
        })
        .collect();
    deleted.sort_by(|a, b| (a.at, &a.thing).cmp(&(b.at, &b.thing)));
    let stays = |thing: &Thing| {
        progress
            .things
            .get(thing)
            .is_none_or(|life| life.gone.is_none())
    };
    let kept = progress.kept_volumes().into_iter().filter_map(|held| {
        let thing = Thing::Volume(held.volume);
        let (id, name, size_gb) = (held.volume.to_string(), held.name.clone(), held.size_gb);
        stays(&thing).then(|| Entry {
            thing,
            what: Line::HeldVolume { id, name, size_gb }.into(),
            at: None,
            why: Some(Said::KeptNotNamed.into()),
        })
    });
    let clean = progress.sweeps.iter().rev().take_while(|sweep| sweep.clean);
    let mut sweeps: Vec<Timestamp> = clean.map(|sweep| sweep.at).collect();
    sweeps.reverse();
    // The volumes that were kept go on costing, but not this deployment.
    let until = progress.torn_down.unwrap_or(progress.last_at);
    let cost = spend(&domain::screen::billed(progress), until).so_far;
    Receipt {
        deployment: progress.header.deployment.clone(),
        label: progress.label().unwrap_or_default(),
        cloud: progress.header.cloud.clone(),
        account: progress.header.account.clone(),
        torn_down: progress.torn_down,
        deleted,
        kept: kept.collect(),
        sweeps,
        notes: notes(progress, cost),
        reach: reach(progress, until),
        cost,
    }
}

fn reach(progress: &Progress, until: Timestamp) -> Vec<Text> {
    let coverage = domain::reach::coverage(progress, &Seen::default(), until);
    let spec = progress.spec.as_ref();
    spec.map_or_else(Vec::new, |spec| domain::reach::was(spec, &coverage))
}

fn notes(progress: &Progress, cost: Option<MicroUsd>) -> Vec<Text> {
    let mut notes = Vec::new();
    let last = progress.sweeps.last();
    if last.is_some_and(|sweep| sweep.restricted) {
        notes.push(Said::Restricted.into());
    }
    if let Some(overrun) = progress.torn_down.and_then(|gone| overrun(progress, gone)) {
        notes.push(overrun);
    }
    if progress.volumes_complete == Some(false) {
        notes.push(Said::KubernetesSilent.into());
    }
    if let Some(doubtful) = last
        .map(|sweep| &sweep.doubtful)
        .filter(|some| !some.is_empty())
    {
        let things = doubtful.iter().map(ToString::to_string).collect();
        notes.push(Said::LeftDoubtful { things }.into());
    }
    if cost.is_none() {
        notes.push(Said::PriceUnknown.into());
    }
    notes
}

impl Receipt {
    /// The receipt for the screen.
    pub fn view(&self) -> ReceiptView {
        let line = |entry: &Entry| ReceiptLine {
            what: entry.what.clone(),
            at: entry.at,
        };
        ReceiptView {
            deployment: self.deployment.clone(),
            label: self.label.clone(),
            deleted: self.deleted.iter().map(line).collect(),
            kept: self.kept.iter().map(line).collect(),
            sweeps: self.sweeps.clone(),
            cost: self.cost,
            notes: self.notes.clone(),
            reach: (!self.reach.is_empty()).then(|| self.reach.clone()),
        }
    }
}

/// Writes the receipt beside the journal. It can be made again from the journal at any time, so a
/// disk that fails here is no failure of the teardown.
pub(crate) async fn keep(ports: &Ports, book: &Book) {
    let receipt = book.read(receipt).await;
    let Ok(content) = serde_json::to_string_pretty(&receipt) else {
        return;
    };
    let written = ports
        .journals
        .write_beside(book.deployment(), FILE, &content)
        .await;
    if let Err(error) = written {
        tracing::warn!(%error, "the receipt is not beside its journal");
    }
}
