//! What window and cli call: review, accept, tear down, go on; and what the screen holds.
//!
//! It keeps no truth: journals and the cloud do. Start reading at `Engine::start`.

mod access;
mod act;
mod around;
mod balancers;
mod controller;
mod desk;
mod diagnostics;
mod drop_node;
mod journals;
mod kept;
mod kubectl;
mod observe;
mod open;
mod others;
mod policy;
pub mod problem;
mod readers;
mod reads;
mod recycle;
mod review;
mod roam;
mod rounds;
mod show;
mod stop;
mod sweep;
mod take_over;
mod teardown;
mod watched;
mod weather;

/// Codes of the teardown's inventory.
pub const TEARDOWN_TEXTS: &[(&str, &[&str])] = teardown::Row::ALL;
/// Codes of a take-over.
pub const TAKE_OVER_TEXTS: &[(&str, &[&str])] = take_over::TakeOver::ALL;
/// What deleting a node means.
pub const DROP_TEXTS: &[(&str, &[&str])] = drop_node::Drop::ALL;
/// What recycling means.
pub const RECYCLE_TEXTS: &[(&str, &[&str])] = recycle::Recycle::ALL;
/// Codes of the account-wide search.
pub const SWEEP_TEXTS: &[(&str, &[&str])] = sweep::Found::ALL;
/// What keeps the cloud from being read, in words.
pub const WEATHER_TEXTS: &[(&str, &[&str])] = weather::Said::ALL;
/// What stands on the account beside ours, in words.
pub const OTHER_TEXTS: &[(&str, &[&str])] = others::Other::ALL;

pub use access::{AccessDone, AccessEdit};
pub use diagnostics::Diagnostics;
pub use recycle::Recycled;
pub use review::For;
pub use show::Brief;
pub use stop::MoveStop;
pub use sweep::{FoundOrphan, Search};
pub use take_over::take_over_means;

use crate::act::Looked;
use crate::book::Book;
use crate::bus::Bus;
use crate::lookout::Lookout;
use crate::ports::{Ports, Stamp};
use crate::protocol::Protocol;
use crate::run::{End, drive, why_it_rests};
use crate::signal::{Remote, signal};
use domain::DeploymentId;
use domain::catalog::Catalog;
use domain::inventory::{Account, Cluster, Firewall};
use domain::plan::Plan;
use domain::progress::{Progress, Rest};
use domain::record::Record;
use domain::screen::Seen;
use domain::view::{CloudKind, Notice, Problem, TokenKept};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::watch;

/// For how long a catalog is good.
const CATALOG_GOOD: SignedDuration = SignedDuration::from_mins(10);
/// For how long an account's reading and the labels in use are good.
const READING_GOOD: SignedDuration = SignedDuration::from_secs(20);

/// What the window's header says of cloud and account.
#[derive(Clone, Debug)]
pub struct Here {
    /// Which cloud.
    pub kind: CloudKind,
    /// The demo's speed.
    pub demo_speed: Option<u32>,
    /// Last four characters of the token, and where it is kept; `None`: no account to show.
    pub token: Option<(String, TokenKept)>,
    /// Quaylight's version.
    pub version: String,
    /// What is wrong with the whole app.
    pub notice: Option<Notice>,
}

/// The engine of one cloud and account.
pub struct Engine {
    ports: Ports,
    protocol: &'static Protocol,
    here: Here,
    bus: Bus,
    held: Mutex<BTreeMap<DeploymentId, Held>>,
    /// The stamps of journals that hold what is held.
    stamps: Mutex<BTreeMap<DeploymentId, Stamp>>,
    shown: Mutex<Vec<Plan>>,
    catalog: Mutex<Option<Arc<Catalog>>>,
    account: Mutex<Option<(Timestamp, Account)>>,
    labels: Mutex<Option<(Timestamp, Labels)>>,
    weather: Mutex<weather::Sky>,
    /// Where looks and intents of this process take turns at a journal.
    desks: Mutex<BTreeMap<DeploymentId, Arc<desk::Desk>>>,
    /// Deployments whose stop time is due and whose teardown begins.
    stopping: Mutex<BTreeSet<DeploymentId>>,
    /// Deployments that were searched for since this start.
    swept_at_start: Mutex<BTreeSet<DeploymentId>>,
    around: Mutex<around::Around>,
    own: Mutex<roam::Own>,
    /// When each deployment was looked at last.
    looked: Mutex<BTreeMap<DeploymentId, Looked>>,
    /// The Kubernetes of those that stand, while this engine keeps watch.
    lookouts: Mutex<BTreeMap<DeploymentId, Arc<Lookout>>>,
    /// What stands in the person's own kubeconfig.
    merged: Mutex<BTreeMap<DeploymentId, crate::kubectl::Merged>>,
    /// When what is kept of looks was written, and until when it reaches, by deployment and file.
    written: Mutex<BTreeMap<(DeploymentId, &'static str), kept::Written>>,
    /// Whether `keep_watch` was asked.
    watched: Mutex<bool>,
    /// Services that are open.
    open: Mutex<Vec<open::Open>>,
    me: Weak<Engine>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("cloud", &self.ports.cloud.id())
            .finish_non_exhaustive()
    }
}

/// What bears a label on the account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Labels {
    pub(crate) clusters: Vec<Cluster>,
    pub(crate) firewalls: Vec<Firewall>,
}

/// A deployment as it is held in memory: its records, their fold, and what was seen. Whoever asks
/// gets a clone, so records and fold are shared by those that nothing was written between.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) records: Arc<Vec<Record>>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) seen: Seen,
    pub(crate) run: Option<Carried>,
    /// Another process holds the journal and carries the run, or this one is about to.
    pub(crate) elsewhere: bool,
}

/// A run that this process carries.
#[derive(Clone, Debug)]
pub(crate) struct Carried {
    /// The journal, which its lock goes with.
    pub(crate) book: Book,
    pub(crate) remote: Remote,
    pub(crate) end: watch::Receiver<Option<End>>,
}

impl Engine {
    /// Reads every journal; sends nothing to the cloud yet. Journals that cannot be read are told,
    /// and the others go on.
    pub async fn start(
        ports: Ports,
        protocol: &'static Protocol,
        here: Here,
    ) -> (Arc<Self>, Vec<Problem>) {
        let own = roam::Own::new(ports.address.had());
        let engine = Arc::new_cyclic(|me: &Weak<Self>| Self {
            ports,
            protocol,
            here,
            bus: Bus::default(),
            held: Mutex::default(),
            stamps: Mutex::default(),
            shown: Mutex::default(),
            catalog: Mutex::default(),
            account: Mutex::default(),
            labels: Mutex::default(),
            weather: Mutex::default(),
            desks: Mutex::default(),
            stopping: Mutex::default(),
            swept_at_start: Mutex::default(),
            around: Mutex::default(),
            own,
            looked: Mutex::default(),
            lookouts: Mutex::default(),
            merged: Mutex::default(),
            written: Mutex::default(),
            watched: Mutex::default(),
            open: Mutex::default(),
            me: me.clone(),
        });
        engine.read_merged().await;
        let problems = engine.read_journals().await;
        engine.publish_app();
        (engine, problems)
    }

    /// What the provider offers, read again when it is older than ten minutes.
    pub async fn catalog(&self) -> Result<Arc<Catalog>, Problem> {
        let now = self.ports.clock.now();
        let fresh = |one: &Arc<Catalog>| is_fresh(one.read_at, now, CATALOG_GOOD);
        if let Some(catalog) = lock(&self.catalog).clone().filter(fresh) {
            return Ok(catalog);
        }
        let read = Arc::new(self.told(self.ports.cloud.catalog().await)?);
        *lock(&self.catalog) = Some(read.clone());
        Ok(read)
    }

    /// Who we are to the cloud.
    pub async fn account(&self) -> Result<Account, Problem> {
        let now = self.ports.clock.now();
        let held = lock(&self.account).clone();
        if let Some((_, account)) = held.filter(|(at, _)| is_fresh(*at, now, READING_GOOD)) {
            return Ok(account);
        }
        let account = self.told(self.ports.cloud.account().await)?;
        self.ports.cloud.expect_account(&account.id);
        *lock(&self.account) = Some((now, account.clone()));
        self.publish_app();
        Ok(account)
    }

    /// How many requests were sent to the cloud so far.
    pub fn calls(&self) -> crate::ports::Calls {
        self.ports.cloud.calls()
    }

    pub(crate) fn held(&self, id: &DeploymentId) -> Option<Held> {
        lock(&self.held).get(id).cloned()
    }

    /// The deployment of this cloud and account that bears a label and is not torn down.
    pub(crate) fn live_with_label(&self, label: &str) -> Option<Held> {
        let held = lock(&self.held);
        let live = |held: &&Held| {
            let gone =
                held.progress.torn_down.is_some() && held.progress.rest_state() == Rest::Done;
            !gone && self.is_here(&held.progress) && held.progress.label().as_deref() == Some(label)
        };
        held.values().find(live).cloned()
    }

    /// The Spec that the live deployment with a label was accepted with last.
    pub fn accepted(&self, label: &str) -> Option<domain::spec::Spec> {
        self.live_with_label(label)?.progress.spec.clone()
    }

    /// Whether a deployment belongs to the connected cloud and account, as far as both are known.
    pub(crate) fn is_here(&self, progress: &Progress) -> bool {
        let account = lock(&self.account);
        progress.header.cloud == self.ports.cloud.id()
            && account
                .as_ref()
                .is_none_or(|(_, one)| one.id == progress.header.account)
    }

    /// Carries the current run to its end or rest, in a task of its own.
    pub(crate) fn carry(&self, book: Book) {
        let id = book.deployment().clone();
        let (remote, hand) = signal();
        let (ended, end) = watch::channel(None);
        if let Some(held) = lock(&self.held).get_mut(&id) {
            let book = book.clone();
            held.run = Some(Carried { book, remote, end });
            held.elsewhere = false;
            held.seen.late.clear();
            held.seen.noted.clear();
        }
        self.publish(&id);
        let Some(me) = self.me.upgrade() else { return };
        tokio::spawn(async move {
            let end = drive(&me.ports, me.protocol, &book, me.observer(), hand).await;
            // The lock goes before anybody is told, so that the next intent finds it free.
            drop(book);
            if let Some(held) = lock(&me.held).get_mut(&id) {
                held.run = None;
            }
            me.publish(&id);
            me.forget_merged(&id).await;
            if matches!(&end, End::Failed(what) if what.code == "failed_taken_over") {
                me.set_lost(&id, true);
            }
            ended.send_replace(Some(end));
            // What a run did not need to read, the screen wants to show.
            me.observe_once(&id).await;
        });
    }

    /// Waits until the run that this process carries has ended or rests. When it carries none: how
    /// the last one rests; `None`: it was interrupted.
    pub async fn wait(&self, id: &DeploymentId) -> Option<End> {
        let held = self.held(id)?;
        let Some(run) = held.run else {
            return match held.progress.rest_state() {
                Rest::Done => Some(End::Done),
                Rest::Kept => Some(End::Kept),
                Rest::Failed | Rest::Stuck => Some(why_it_rests(&held.progress)),
                Rest::Idle | Rest::Running(_) | Rest::Cancelled(_) => None,
            };
        };
        let mut end = run.end;
        let ended = end.wait_for(Option::is_some).await.ok()?;
        ended.clone()
    }
}

impl Held {
    /// Whether some process carries the run right now.
    pub(crate) fn driven(&self) -> bool {
        self.run.is_some() || self.elsewhere
    }
}

/// A reading of the future is none: the wall clock was turned back since.
fn is_fresh(read: Timestamp, now: Timestamp, good: SignedDuration) -> bool {
    (SignedDuration::ZERO..good).contains(&now.duration_since(read))
}

/// What a panic left behind is still the best that is known.
pub(crate) fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
