//! A computer in memory: journals that a crash leaves as they were synced, the demo's clock without
//! a wire, seeded identifiers, and an engine over the real client code on a demo cloud.

use async_trait::async_trait;
use domain::progress::Progress;
use domain::record::Record;
use domain::view::CloudKind;
use domain::{DeploymentId, Owner};
use engine::facade::{Engine, Here};
use engine::kubectl::NoKubectl;
use engine::ports::{Clock, Cloud, Ids, Journal, JournalError, Journals, Kube, Ports, Stamp};
use engine::protocol::Protocol;
use jiff::Timestamp;
use kubernetes::KubeRs;
use linode::{LinodeCloud, Origin, Transport};
use local::PublicAddress;
use local::kubeconfig::{ServerRule, cleaner};
use secrecy::SecretString;
use sim::{ClientAddr, Twin};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tower::ServiceExt as _;

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The demo's clock, read without a request.
#[derive(Clone, Debug)]
pub struct TwinClock(pub sim::Clock);

#[async_trait]
impl Clock for TwinClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn since_boot(&self) -> Duration {
        let since = self.0.now().duration_since(Timestamp::UNIX_EPOCH);
        Duration::try_from(since).unwrap_or_default()
    }

    async fn sleep(&self, length: Duration) {
        // Of whole milliseconds; what is shorter passes too.
        let ms = length.as_millis().max(u128::from(!length.is_zero()));
        self.0.sleep_ms(u64::try_from(ms).unwrap_or(u64::MAX)).await;
    }
}

/// Identifiers that follow from a seed: the same calls give the same ones.
#[derive(Debug)]
pub struct SeededIds(Mutex<u64>);

impl SeededIds {
    /// Those of a seed.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

/// 64 well-mixed bits (the finalizer of splitmix64).
pub fn mix(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

impl Ids for SeededIds {
    fn ulid(&self, now: Timestamp) -> String {
        const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let mut state = lock(&self.0);
        *state = state.wrapping_add(1);
        let time = u64::try_from(now.as_millisecond()).unwrap_or_default();
        let digit = |bits: u64, nth: u32| char::from(DIGITS[(bits >> (5 * nth)) as usize & 31]);
        let born = (0..10).rev().map(|nth| digit(time, nth));
        let (high, low) = (mix(*state), mix(!*state));
        let drawn = (0..8).map(|nth| digit(high, nth));
        born.chain(drawn)
            .chain((0..8).map(|nth| digit(low, nth)))
            .collect()
    }
}

/// One deployment's journal on the disk in memory.
#[derive(Debug, Default)]
struct Page {
    records: Vec<Record>,
    /// The fold of so many of the records; `None`: they have none.
    folded: (usize, Option<Progress>),
    beside: BTreeMap<String, String>,
    /// How often it was opened, and by which of these it is locked.
    opened: u64,
    locked: Option<u64>,
}

impl Page {
    /// The fold of all records, carried on from where it was asked for last.
    fn fold(&mut self) -> Option<&Progress> {
        let (taken, fold) = &mut self.folded;
        for record in &self.records[*taken..] {
            *fold = match fold.take() {
                None if *taken == 0 => Progress::open(record).ok(),
                None => None,
                Some(mut before) => before.next(record).is_ok().then_some(before),
            };
            *taken += 1;
        }
        fold.as_ref()
    }
}

/// Journals in memory. They outlive every engine that is built on them; a lock ends with its
/// [`Journal`]. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct MemoryJournals(Arc<Mutex<BTreeMap<DeploymentId, Page>>>);

impl MemoryJournals {
    /// The records of every journal that has one.
    pub fn all(&self) -> Vec<(DeploymentId, Vec<Record>)> {
        let pages = lock(&self.0);
        let begun = pages.iter().filter(|(_, page)| !page.records.is_empty());
        let each = begun.map(|(id, page)| (id.clone(), page.records.clone()));
        each.collect()
    }

    /// Whether `is` says so of some journal, by its records and their fold, where they have one.
    pub fn any(&self, mut is: impl FnMut(&[Record], Option<&Progress>) -> bool) -> bool {
        let mut pages = lock(&self.0);
        pages.values_mut().any(|page| {
            page.fold();
            is(&page.records, page.folded.1.as_ref())
        })
    }

    /// The deployments whose journal has a record.
    pub fn ids(&self) -> BTreeSet<DeploymentId> {
        let pages = lock(&self.0);
        let begun = pages.iter().filter(|(_, page)| !page.records.is_empty());
        begun.map(|(id, _)| id.clone()).collect()
    }

    /// Where a deployment stands by its journal.
    pub fn progress(&self, id: &DeploymentId) -> Option<Progress> {
        self.ask(id, Progress::clone)
    }

    /// Asks where a deployment stands; `None`: its journal has no fold.
    pub fn ask<T>(&self, id: &DeploymentId, what: impl FnOnce(&Progress) -> T) -> Option<T> {
        lock(&self.0).get_mut(id)?.fold().map(what)
    }

    /// What the newest record says of which something can be said.
    pub fn last<T>(&self, id: &DeploymentId, says: impl FnMut(&Record) -> Option<T>) -> Option<T> {
        lock(&self.0).get(id)?.records.iter().rev().find_map(says)
    }

    /// The system took the lock of a journal back: the process that had it is dead.
    pub fn unlock(&self, id: &DeploymentId) {
        if let Some(page) = lock(&self.0).get_mut(id) {
            page.locked = None;
        }
    }
}

struct MemoryJournal {
    all: MemoryJournals,
    id: DeploymentId,
    /// Its lock, which may have been taken back meanwhile.
    lock: u64,
}

impl Drop for MemoryJournal {
    fn drop(&mut self) {
        if let Some(page) = lock(&self.all.0).get_mut(&self.id)
            && page.locked == Some(self.lock)
        {
            page.locked = None;
        }
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        if let Some(page) = lock(&self.all.0).get_mut(&self.id) {
            page.records.push(record.clone());
        }
        Ok(())
    }
}

#[async_trait]
impl Journals for MemoryJournals {
    async fn list(&self) -> Result<Vec<DeploymentId>, JournalError> {
        let pages = lock(&self.0);
        let begun = pages.iter().filter(|(_, page)| !page.records.is_empty());
        Ok(begun.map(|(id, _)| id.clone()).collect())
    }

    async fn read(&self, id: &DeploymentId) -> Result<Vec<Record>, JournalError> {
        let pages = lock(&self.0);
        let page = pages.get(id);
        page.map(|page| page.records.clone())
            .ok_or_else(|| JournalError::Missing(id.clone()))
    }

    async fn stamp(&self, id: &DeploymentId) -> Option<Stamp> {
        let pages = lock(&self.0);
        let length = pages.get(id)?.records.len() as u64;
        let written = Duration::ZERO;
        Some(Stamp { length, written })
    }

    async fn create(&self, id: &DeploymentId) -> Result<Box<dyn Journal>, JournalError> {
        lock(&self.0).entry(id.clone()).or_default();
        self.open(id).await
    }

    async fn open(&self, id: &DeploymentId) -> Result<Box<dyn Journal>, JournalError> {
        let mut pages = lock(&self.0);
        let page = pages
            .get_mut(id)
            .ok_or_else(|| JournalError::Missing(id.clone()))?;
        if page.locked.is_some() {
            return Err(JournalError::Locked {
                id: id.clone(),
                holder: "another engine".to_owned(),
            });
        }
        page.opened += 1;
        page.locked = Some(page.opened);
        Ok(Box::new(MemoryJournal {
            all: self.clone(),
            id: id.clone(),
            lock: page.opened,
        }))
    }

    async fn read_beside(
        &self,
        id: &DeploymentId,
        name: &str,
    ) -> Result<Option<String>, JournalError> {
        let pages = lock(&self.0);
        Ok(pages
            .get(id)
            .and_then(|page| page.beside.get(name))
            .cloned())
    }

    async fn write_beside(
        &self,
        id: &DeploymentId,
        name: &str,
        content: &str,
    ) -> Result<(), JournalError> {
        let mut pages = lock(&self.0);
        let page = pages
            .get_mut(id)
            .ok_or_else(|| JournalError::Missing(id.clone()))?;
        page.beside.insert(name.to_owned(), content.to_owned());
        Ok(())
    }
}

/// Who works at a computer in memory, and with what.
#[derive(Clone)]
pub struct Computer {
    /// Its disk.
    pub journals: Arc<dyn Journals>,
    /// Its own address; what the world sees is at `/_demo/clients`.
    pub address: IpAddr,
    /// The demo token that it holds.
    pub token: String,
    /// Which installation it is.
    pub owner: Owner,
    /// Where its identifiers begin; `None`: the system's randomness.
    pub ids: Option<u64>,
}

impl Default for Computer {
    fn default() -> Self {
        Self {
            journals: Arc::new(MemoryJournals::default()),
            address: ClientAddr::default().0,
            token: "demo-token".to_owned(),
            owner: Owner::new(1),
            ids: Some(1),
        }
    }
}

/// The port of the demo cloud in memory; nothing listens there.
const ORIGIN: Origin = Origin::Loopback(1);

impl Computer {
    /// The real client code on `twin`, over no wire.
    pub fn ports(&self, twin: &Twin) -> Ports {
        let client = ClientAddr(self.address);
        let service =
            twin.service()
                .map_request(move |mut request: http::Request<bytes::Bytes>| {
                    request.extensions_mut().insert(client);
                    request
                });
        let clock = Arc::new(TwinClock(twin.clock()));
        self.ports_over(twin, Transport::new(service), clock)
    }

    /// The same over a given way to the Linode API, by a given clock.
    pub fn ports_over(&self, twin: &Twin, transport: Transport, clock: Arc<dyn Clock>) -> Ports {
        let token = SecretString::from(self.token.clone());
        let cloud = LinodeCloud::new(transport.clone(), ORIGIN, token, clock.clone());
        let behind = twin.clone();
        let address = self.address;
        let kube = KubeRs::over(move |server: &http::Uri| {
            behind.kube_service_at(server.port_u16().unwrap_or_default(), address)
        });
        let ids: Arc<dyn Ids> = match self.ids {
            Some(seed) => Arc::new(SeededIds::new(seed)),
            None => Arc::new(local::Ulids),
        };
        Ports {
            cloud: Arc::new(cloud.named(domain::CloudId(twin.id()))) as Arc<dyn Cloud>,
            kube: Arc::new(kube) as Arc<dyn Kube>,
            clock,
            journals: self.journals.clone(),
            owner: self.owner.clone(),
            address: Arc::new(PublicAddress::demo(transport, &ORIGIN.to_string())),
            ids,
            clean_kubeconfig: cleaner(ServerRule::Loopback),
            own_kubeconfig: Arc::new(NoKubectl),
        }
    }

    /// An engine that has read the journals.
    pub async fn start(&self, twin: &Twin, protocol: &'static Protocol) -> Arc<Engine> {
        start(self.ports(twin), protocol).await
    }
}

/// What the header says of a demo cloud.
pub fn here() -> Here {
    Here {
        kind: CloudKind::Demo,
        demo_speed: Some(1),
        token: None,
        version: "test".to_owned(),
        notice: None,
    }
}

/// An engine over these ports that has read its journals; one that cannot be read ends the test.
pub async fn start(ports: Ports, protocol: &'static Protocol) -> Arc<Engine> {
    let (engine, problems) = Engine::start(ports, protocol, here()).await;
    assert!(problems.is_empty(), "{problems:?}");
    engine
}
