//! Processes over one world and one journal: each can be killed at a record, or lose its disk.

use crate::cloud::Over;
use crate::world::World;
use async_trait::async_trait;
use domain::plan::build::{Basis, plan_create, plan_teardown};
use domain::plan::{Plan, Prices};
use domain::progress::Progress;
use domain::record::{Fact, Record, Wish};
use domain::spec::Spec;
use domain::{AccountId, CloudId, DeploymentId, MicroUsd, Owner, PlanId, Price, VolumeId};
use engine::book::Book;
use engine::kubectl::NoKubectl;
use engine::ports::{Clock, Ids, Journal, JournalError, Journals, Ports};
use engine::protocol::{PROTOCOL, Protocol};
use engine::run::{End, drive};
use engine::signal::{Deaf, Remote, signal};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

pub(crate) const DEPLOYMENT: &str = "01kaqd3v00000000000000000a";

/// What becomes of the n-th record from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doom {
    /// The process dies before it is on the disk.
    Before(usize),
    /// The process dies after it.
    After(usize),
    /// The disk fails, then and for ever.
    Disk(usize),
}

#[derive(Clone, Default)]
pub(crate) struct Disk {
    pub(crate) records: Arc<Mutex<Vec<Record>>>,
    pub(crate) receipt: Arc<Mutex<Option<String>>>,
    doom: Arc<Mutex<Option<Doom>>>,
    died: Arc<Notify>,
}

/// How long a disk takes to sync a line.
const SYNC: Duration = Duration::from_millis(4);

#[async_trait]
impl Journal for Disk {
    async fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        let left = |n: usize| n.checked_sub(1);
        // A sync takes its time; what else goes on meanwhile must not wait for it in a circle.
        tokio::time::sleep(SYNC).await;
        let doom = *self.doom.lock().unwrap();
        let (next, dies, written) = match doom {
            None => (None, false, true),
            Some(Doom::Before(n)) => (left(n).map(Doom::Before), n == 0, n != 0),
            Some(Doom::After(n)) => (left(n).map(Doom::After), n == 0, true),
            Some(Doom::Disk(0)) => {
                let cause = std::io::Error::other("no space");
                return Err(JournalError::Disk {
                    operation: "append",
                    path: String::new(),
                    cause,
                });
            }
            Some(Doom::Disk(n)) => (left(n).map(Doom::Disk), false, true),
        };
        *self.doom.lock().unwrap() = next;
        if written {
            // What lies on the disk is what is read back.
            let line = serde_json::to_string(record).unwrap();
            self.records
                .lock()
                .unwrap()
                .push(serde_json::from_str(&line).unwrap());
        }
        if dies {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

#[async_trait]
impl Journals for Disk {
    async fn list(&self) -> Result<Vec<DeploymentId>, JournalError> {
        Ok(vec![DeploymentId(DEPLOYMENT.to_owned())])
    }
    async fn read(&self, _: &DeploymentId) -> Result<Vec<Record>, JournalError> {
        Ok(self.records.lock().unwrap().clone())
    }
    async fn create(&self, _: &DeploymentId) -> Result<Box<dyn Journal>, JournalError> {
        Ok(Box::new(self.clone()))
    }
    async fn open(&self, _: &DeploymentId) -> Result<Box<dyn Journal>, JournalError> {
        Ok(Box::new(self.clone()))
    }
    async fn write_beside(
        &self,
        _: &DeploymentId,
        _: &str,
        text: &str,
    ) -> Result<(), JournalError> {
        *self.receipt.lock().unwrap() = Some(text.to_owned());
        Ok(())
    }
}

/// Ulids that count up.
#[derive(Default)]
pub(crate) struct Counted(AtomicU64);

impl Ids for Counted {
    fn ulid(&self, _: Timestamp) -> String {
        format!("p{}", self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// A world, a disk, and what a user does.
pub(crate) struct Story {
    pub(crate) world: Arc<World>,
    pub(crate) disk: Disk,
    pub(crate) protocol: Protocol,
    pub(crate) ids: Arc<Counted>,
}

impl Story {
    pub(crate) fn new() -> Self {
        Self {
            world: Arc::new(World::new()),
            disk: Disk::default(),
            protocol: PROTOCOL,
            ids: Arc::default(),
        }
    }

    pub(crate) fn ports(&self) -> Ports {
        let over = Arc::new(Over(self.world.clone()));
        Ports {
            cloud: over.clone(),
            kube: over.clone(),
            clock: self.world.clone(),
            journals: Arc::new(self.disk.clone()),
            owner: Owner::new(1),
            address: over,
            ids: self.ids.clone(),
            clean_kubeconfig: Arc::new(|raw, _| Ok(raw.clone())),
            own_kubeconfig: Arc::new(NoKubectl),
        }
    }

    /// One process: it dies as doomed, or comes to the end of what it does. `None`: it died.
    pub(crate) fn process<T>(
        &self,
        doom: Option<Doom>,
        work: impl AsyncFnOnce() -> T,
    ) -> Option<T> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        *self.disk.doom.lock().unwrap() = doom;
        runtime.block_on(async {
            self.world.begin();
            let ended = tokio::select! {
                biased;
                () = self.disk.died.notified() => None,
                done = work() => Some(done),
            };
            self.world.end();
            ended
        })
    }

    pub(crate) fn progress(&self) -> Progress {
        Progress::fold(&self.disk.records.lock().unwrap()).unwrap()
    }

    pub(crate) fn book(&self) -> Book {
        let records = self.disk.records.lock().unwrap().clone();
        let clock: Arc<dyn Clock> = self.world.clone();
        Book::open(Box::new(self.disk.clone()), &records, clock, Arc::new(Deaf)).unwrap()
    }

    pub(crate) async fn drive(&self, book: &Book) -> End {
        self.drive_by(book, |_| {}).await
    }

    pub(crate) async fn drive_by(&self, book: &Book, hand: impl FnOnce(Remote)) -> End {
        let (remote, signal) = signal();
        hand(remote);
        drive(&self.ports(), &self.protocol, book, Arc::new(Deaf), signal).await
    }

    /// Opens a journal and accepts a create; nothing is done yet.
    pub(crate) async fn accept_create(&self, spec: &Spec) -> Book {
        let id = DeploymentId(DEPLOYMENT.to_owned());
        let account = AccountId("acc".to_owned());
        let ports = self.ports();
        let book = Book::create(&ports, Arc::new(Deaf), "test", id, account)
            .await
            .unwrap();
        let rules = domain::preset::firewall_rules(spec);
        let plan = plan_create(spec, rules, prices(), self.basis("create"));
        accept(&book, plan).await;
        book
    }

    pub(crate) fn basis(&self, plan: &str) -> Basis {
        Basis {
            plan: PlanId(plan.to_owned()),
            deployment: DeploymentId(DEPLOYMENT.to_owned()),
            cloud: CloudId("demo-test".to_owned()),
            account: AccountId("acc".to_owned()),
            now: self.world.now(),
            owner: None,
            controller: false,
        }
    }

    pub(crate) async fn accept_teardown(&self, book: &Book, plan: &str, delete: &[VolumeId]) {
        let progress = book.progress().await;
        let spec = progress.spec.clone().unwrap();
        let delete: BTreeSet<VolumeId> = delete.iter().copied().collect();
        accept(
            book,
            plan_teardown(&spec, &delete, progress.prices, self.basis(plan)),
        )
        .await;
    }

    /// Goes on until it rests, by as many processes as it takes.
    pub(crate) fn go_on(&self) -> End {
        self.process(None, async || {
            let book = self.book();
            if matches!(
                book.progress().await.rest_state(),
                domain::progress::Rest::Failed | domain::progress::Rest::Stuck
            ) {
                book.write(Fact::Wished {
                    wish: Wish::Continue,
                })
                .await
                .unwrap();
            }
            self.drive(&book).await
        })
        .unwrap()
    }

    /// A deployment that stands.
    pub(crate) fn standing(spec: &Spec) -> Self {
        let story = Self::new();
        let end = story.process(None, async || {
            let book = story.accept_create(spec).await;
            story.drive(&book).await
        });
        assert!(matches!(end, Some(End::Done)), "{end:?}");
        story
    }

    /// What is there and costs, in one line.
    pub(crate) fn left(&self) -> String {
        let clusters = self.world.shown_clusters().len();
        let machines = self.world.shown_instances().len();
        let state = self.world.state();
        format!(
            "clusters {clusters}, linodes {machines}, nodebalancers {}, volumes {}, firewalls {}",
            state.nodebalancers.len(),
            state.volumes.len(),
            state.firewalls.len(),
        )
    }

    pub(crate) fn calls(&self) -> String {
        self.world.state().calls.join("\n")
    }
}

pub(crate) async fn accept(book: &Book, plan: Plan) {
    book.write(Fact::Accepted {
        plan: Box::new(plan),
    })
    .await
    .unwrap();
}

pub(crate) fn prices() -> Prices {
    let price = |hour, month| {
        Some(Price {
            hour: MicroUsd(hour),
            month: MicroUsd(month),
        })
    };
    Prices {
        gpu_node: price(520_000, 350_000_000),
        system_node: price(36_000, 24_000_000),
        control_plane: price(90_000, 60_000_000),
        nodebalancer: price(15_000, 10_000_000),
        volume_gb: price(150, 100_000),
    }
}

pub(crate) fn spec() -> Spec {
    spec_of("ada")
}

pub(crate) fn spec_of(user: &str) -> Spec {
    let own = vec!["203.0.113.7/32".parse().unwrap()];
    Spec {
        kubectl_access: Some(own.clone()),
        ui_access: Some(own),
        ..Spec::for_user(user)
    }
}
