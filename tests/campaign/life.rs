//! A process that can die at any of its points: before and after each journal write and each
//! exchange with the cloud. What a dead process still had under way stands still for ever.

use crate::disk::Fault;
use crate::heard::Heard;
use crate::screen::unread_search;
use crate::wire::{Notes, held};
use crate::writers::Hand;
use async_trait::async_trait;
use domain::plan::{Action, Purpose};
use domain::record::{Fact, Record};
use domain::{DeploymentId, VolumeId};
use engine::ports::{Clock, Journal, JournalError, Journals, Stamp};
use jiff::Timestamp;
use quaylight_tests::memory::MemoryJournals;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// One process.
#[derive(Debug)]
pub(crate) struct Life {
    points: AtomicU64,
    /// The point at which it dies.
    doom: u64,
    dead: watch::Sender<bool>,
    /// The home that it works in.
    pub(crate) home: usize,
    /// Which process of the schedule it is.
    pub(crate) number: u64,
    notes: Arc<Mutex<Notes>>,
    /// What it was told.
    pub(crate) heard: Mutex<Heard>,
    /// The journals that it has open, and on which disk.
    open: Mutex<Vec<(MemoryJournals, DeploymentId)>>,
    /// The volumes that the plans which it knows to be accepted name.
    names: Mutex<BTreeMap<DeploymentId, BTreeSet<VolumeId>>>,
}

impl Life {
    /// A process that dies at its n-th point, or not.
    pub(crate) fn begin(
        doom: Option<u64>,
        (home, number): (usize, u64),
        notes: Arc<Mutex<Notes>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            points: AtomicU64::new(0),
            doom: doom.unwrap_or(u64::MAX),
            dead: watch::channel(false).0,
            home,
            number,
            notes,
            heard: Mutex::default(),
            open: Mutex::default(),
            names: Mutex::default(),
        })
    }

    /// This computer failed it.
    pub(crate) fn failed(&self, kind: &'static str) {
        held(&self.notes).count(kind);
    }

    /// A line of the transcript.
    pub(crate) fn wrote(&self, record: &Record) {
        if let Some(lines) = &mut held(&self.notes).lines {
            let (home, at) = (self.home, record.at.strftime("%d %H:%M:%S"));
            let (seq, name) = (record.seq, record.fact.name());
            let what = serde_json::to_string(&record.fact).unwrap_or_default();
            let what: String = what.chars().take(160).collect();
            lines.push(format!("{at}   journal of {home}, {seq} {name}: {what}"));
        }
    }

    /// Whether an accepted plan that it knows names a volume.
    pub(crate) fn names(&self, volume: VolumeId) -> bool {
        let names = held(&self.names);
        names.values().any(|named| named.contains(&volume))
    }

    fn knows(&self, id: &DeploymentId, named: BTreeSet<VolumeId>) {
        held(&self.names).insert(id.clone(), named);
    }

    fn did(&self, hand: Hand) {
        held(&self.notes).hands.push((self.home, self.number, hand));
    }

    /// A point: whoever comes here in a dead process comes no further.
    pub(crate) async fn point(&self) {
        if self.points.fetch_add(1, Ordering::Relaxed) == self.doom {
            held(&self.notes).count("killed");
            self.end();
        }
        if *self.dead.borrow() {
            std::future::pending::<()>().await;
        }
    }

    /// It is killed, and the system takes its locks back.
    pub(crate) fn end(&self) {
        if !self.dead.send_replace(true) {
            self.did(Hand::Died);
            for (disk, id) in held(&self.open).drain(..) {
                disk.unlock(&id);
            }
        }
    }

    /// Resolves when it is dead.
    pub(crate) async fn ended(&self) {
        let mut dead = self.dead.subscribe();
        drop(dead.wait_for(|dead| *dead).await);
    }
}

/// The clock of a process.
pub(crate) struct MortalClock {
    pub(crate) inner: Arc<dyn Clock>,
    pub(crate) life: Arc<Life>,
}

#[async_trait]
impl Clock for MortalClock {
    fn now(&self) -> Timestamp {
        self.inner.now()
    }

    fn since_boot(&self) -> Duration {
        self.inner.since_boot()
    }

    async fn sleep(&self, length: Duration) {
        self.inner.sleep(length).await;
        if *self.life.dead.borrow() {
            std::future::pending::<()>().await;
        }
    }
}

/// When a written record is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sync {
    /// Before the answer.
    Each,
    /// Some records later: what was answered last is lost with the process.
    Behind(usize),
    /// Before the answer; but nobody asks whether another process has the journal open.
    Unlocked,
    /// Before the answer, and now and then twice.
    Twice,
}

/// The disk as a process sees it.
#[derive(Clone)]
pub(crate) struct MortalJournals {
    pub(crate) disk: MemoryJournals,
    pub(crate) life: Arc<Life>,
    pub(crate) sync: Sync,
    /// How the disk fails this process.
    pub(crate) fault: Arc<Fault>,
}

struct MortalJournal {
    id: DeploymentId,
    inner: Box<dyn Journal>,
    life: Arc<Life>,
    fault: Arc<Fault>,
    /// When it wrote a search last.
    searched: Option<Timestamp>,
    /// Whether it is of a deployment that leaves or left: its searches are for everything.
    leaves: bool,
    /// Answered and not written yet.
    behind: Vec<Record>,
    sync: Sync,
}

#[async_trait]
impl Journal for MortalJournal {
    async fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        self.life.point().await;
        // What was accepted counts where the disk does not keep it, too.
        if let Some(named) = names(record) {
            let mut notes = held(&self.life.notes);
            let ever = notes.named.entry(self.id.clone()).or_default();
            ever.extend(&named);
            self.life.knows(&self.id, named);
        }
        self.fault.at_append(&self.life)?;
        self.leaves = leaves(record).unwrap_or(self.leaves);
        if self.leaves && matches!(record.fact, Fact::Swept { clean: true, .. }) {
            let unread = unread_search(record, &held(&self.life.heard), self.searched);
            let broken = unread.into_iter().map(|how| ("I11", how));
            held(&self.life.notes).broken.extend(broken);
        }
        if matches!(record.fact, Fact::Swept { .. }) {
            self.searched = Some(record.at);
        }
        self.life.wrote(record);
        self.behind.push(record.clone());
        let may_wait = match self.sync {
            Sync::Each | Sync::Unlocked | Sync::Twice => 0,
            Sync::Behind(records) => records,
        };
        while self.behind.len() > may_wait {
            let record = self.behind.remove(0);
            self.life.did(Hand::Wrote(self.id.clone()));
            self.inner.append(&record).await?;
            if self.sync == Sync::Twice && record.seq % 64 == 63 {
                self.inner.append(&record).await?;
            }
        }
        self.life.point().await;
        Ok(())
    }
}

impl Drop for MortalJournal {
    fn drop(&mut self) {
        // What a dead process held is free already.
        if !*self.life.dead.borrow() {
            self.life.did(Hand::Closed(self.id.clone()));
            held(&self.life.open).retain(|(_, id)| *id != self.id);
        }
    }
}

#[async_trait]
impl Journals for MortalJournals {
    async fn list(&self) -> Result<Vec<DeploymentId>, JournalError> {
        if self.fault.at_list(&self.life)? {
            return Ok(Vec::new());
        }
        self.disk.list().await
    }

    async fn read(&self, id: &DeploymentId) -> Result<Vec<Record>, JournalError> {
        self.fault.at_open(&self.life, id)?;
        self.disk.read(id).await
    }

    async fn stamp(&self, id: &DeploymentId) -> Option<Stamp> {
        self.disk.stamp(id).await
    }

    async fn create(&self, id: &DeploymentId) -> Result<Box<dyn Journal>, JournalError> {
        self.life.point().await;
        self.fault.at_create(&self.life)?;
        Ok(self.opened(id, self.disk.create(id).await?, false))
    }

    async fn open(&self, id: &DeploymentId) -> Result<Box<dyn Journal>, JournalError> {
        self.life.point().await;
        self.fault.at_open(&self.life, id)?;
        if self.sync == Sync::Unlocked {
            self.disk.unlock(id);
        }
        let inner = self.disk.open(id).await?;
        let leaves = self.disk.last(id, leaves) == Some(true);
        let named = self.disk.last(id, names).unwrap_or_default();
        self.life.knows(id, named);
        Ok(self.opened(id, inner, leaves))
    }

    async fn read_beside(
        &self,
        id: &DeploymentId,
        name: &str,
    ) -> Result<Option<String>, JournalError> {
        self.disk.read_beside(id, name).await
    }
    async fn write_beside(
        &self,
        id: &DeploymentId,
        name: &str,
        content: &str,
    ) -> Result<(), JournalError> {
        self.life.point().await;
        self.fault.at_create(&self.life)?;
        self.disk.write_beside(id, name, content).await
    }
}

impl MortalJournals {
    fn opened(&self, id: &DeploymentId, inner: Box<dyn Journal>, leaves: bool) -> Box<dyn Journal> {
        self.life.did(Hand::Opened(id.clone()));
        held(&self.life.open).push((self.disk.clone(), id.clone()));
        Box::new(MortalJournal {
            id: id.clone(),
            inner,
            life: self.life.clone(),
            fault: self.fault.clone(),
            searched: None,
            leaves,
            behind: Vec::new(),
            sync: self.sync,
        })
    }
}

/// Whether a record makes its deployment one that leaves, or one that does not.
fn leaves(record: &Record) -> Option<bool> {
    if let Fact::Accepted { plan } = &record.fact {
        let leaves = matches!(plan.purpose, Purpose::TearDown | Purpose::RollBack);
        return Some(leaves);
    }
    matches!(record.fact, Fact::TakenOver(_)).then_some(false)
}

/// Which volumes the plan in force names, when a record changes it.
fn names(record: &Record) -> Option<BTreeSet<VolumeId>> {
    let Fact::Accepted { plan } = &record.fact else {
        return matches!(record.fact, Fact::TakenOver(_)).then(BTreeSet::new);
    };
    let mut named = BTreeSet::new();
    for step in &plan.steps {
        if let Action::DeleteVolumes { delete } = &step.action {
            named.extend(delete);
        }
    }
    Some(named)
}
