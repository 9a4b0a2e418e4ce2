//! What the shell holds while it runs: where the window stands, and the clouds that are at work.

use crate::hosting::Hosted;
use crate::lifecycle;
use crate::news::Board;
use crate::said::Said;
use crate::tray;
use domain::PlanId;
use domain::view::{AccountCard, CloudKind, Notice, Op, Problem, Row, Update};
use engine::facade::Engine;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// One cloud at work. It goes on when the window stands on the other one.
pub(crate) struct Session {
    /// Its engine.
    pub(crate) engine: Arc<Engine>,
    /// The demo cloud itself, when this process hosts it: it lives as long as its session.
    pub(crate) hosted: Mutex<Option<Hosted>>,
    /// Which cloud it is.
    pub(crate) kind: CloudKind,
    /// Whether a task listens for news of it.
    pub(crate) listened: AtomicBool,
    /// What stands there, for the tray and for news.
    pub(crate) board: Mutex<Board>,
    /// What was reviewed last: its plan, prefix and region.
    pub(crate) reviewed: Mutex<Option<(PlanId, String, String)>>,
}

/// Where the window stands.
#[derive(Clone)]
pub(crate) enum Stand {
    /// Nothing is there yet.
    Starting,
    /// On a cloud.
    On(Arc<Session>),
    /// On none: this is why.
    Failed(Box<Problem>),
}

/// The clouds at work, and what the window should know beyond them.
#[derive(Default)]
pub(crate) struct Clouds {
    /// The demo cloud.
    pub(crate) demo: Option<Arc<Session>>,
    /// Linode, with its token.
    pub(crate) linode: Option<Arc<Session>>,
    /// The connected account.
    pub(crate) card: Option<AccountCard>,
    /// What is wrong with the whole app.
    pub(crate) notice: Option<Notice>,
}

/// What the app's row says besides what its engine knows.
#[derive(Clone, Default)]
struct Beside {
    card: Option<AccountCard>,
    notice: Option<Notice>,
}

/// The shell's state.
pub(crate) struct Shell {
    /// The app's own folder.
    pub(crate) home: PathBuf,
    /// Where the window stands, and every change of it.
    pub(crate) stand: watch::Sender<Stand>,
    /// Held while a cloud is started, changed or left, so that one thing happens at a time.
    pub(crate) clouds: tokio::sync::Mutex<Clouds>,
    beside: Mutex<Beside>,
    pump: Mutex<Option<AbortHandle>>,
    /// On some systems what was copied is gone with the one who copied it.
    pub(crate) clipboard: Mutex<Option<arboard::Clipboard>>,
    leaving: AtomicBool,
    /// The icon in the tray, where there is one.
    pub(crate) tray: Mutex<Option<tray::Icon>>,
}

impl Shell {
    /// A shell that stands nowhere yet.
    pub(crate) fn new(home: PathBuf) -> Self {
        Self {
            home,
            stand: watch::Sender::new(Stand::Starting),
            clouds: tokio::sync::Mutex::default(),
            beside: Mutex::default(),
            pump: Mutex::new(None),
            clipboard: Mutex::new(None),
            leaving: AtomicBool::new(false),
            tray: Mutex::new(None),
        }
    }

    /// The cloud that the window stands on; waits while it is being started.
    pub(crate) async fn session(&self) -> Result<Arc<Session>, Problem> {
        let mut stand = self.stand.subscribe();
        let there = stand
            .wait_for(|stand| !matches!(stand, Stand::Starting))
            .await;
        match there.as_deref() {
            Ok(Stand::On(session)) => Ok(Arc::clone(session)),
            Ok(Stand::Failed(problem)) => Err(Problem::clone(problem)),
            // The sender is this shell, so the wait cannot fail while it is borrowed.
            Ok(Stand::Starting) | Err(_) => {
                Err(crate::said::problem(Said::DemoNotStarted, None, None))
            }
        }
    }

    /// The window stands on a cloud from now on.
    pub(crate) fn stand_on(&self, session: Arc<Session>, clouds: &Clouds) {
        *lock(&self.beside) = Beside {
            card: clouds.card.clone(),
            notice: clouds.notice.clone(),
        };
        self.stand.send_replace(Stand::On(session));
    }

    /// The same update, its app row with the account and the notice that the engine does not know.
    pub(crate) fn dressed(&self, mut update: Update) -> Update {
        let beside = lock(&self.beside).clone();
        let dress = |row: &mut Row| {
            if let Row::App(app) = row {
                app.account = app.account.take().or_else(|| beside.card.clone());
                app.notice = app.notice.take().or_else(|| beside.notice.clone());
            }
        };
        match &mut update {
            Update::Snapshot(all) => all.view.values_mut().for_each(dress),
            Update::Delta(delta) => delta.ops.iter_mut().for_each(|op| {
                if let Op::Put { value, .. } = op {
                    dress(value);
                }
            }),
        }
        update
    }

    /// The window follows a new task from now on; the one before ends.
    pub(crate) fn follow_by(&self, task: AbortHandle) {
        if let Some(before) = lock(&self.pump).replace(task) {
            before.abort();
        }
    }

    /// What would stay undone on every cloud, unless the question is on the screen already.
    pub(crate) fn begin_leaving(&self) -> Option<Vec<Said>> {
        let undone = self.undone();
        if undone.is_empty() {
            return Some(undone);
        }
        (!self.leaving.swap(true, Ordering::AcqRel)).then_some(undone)
    }

    /// The question was answered.
    pub(crate) fn end_leaving(&self) {
        self.leaving.store(false, Ordering::Release);
    }

    /// Whether quitting now would leave something undone.
    pub(crate) fn has_undone(&self) -> bool {
        !self.undone().is_empty()
    }

    fn undone(&self) -> Vec<Said> {
        let mut sessions = Vec::new();
        if let Stand::On(session) = &*self.stand.borrow() {
            sessions.push(Arc::clone(session));
        }
        // While a cloud is being changed, the one that the window stands on speaks for itself.
        if let Ok(clouds) = self.clouds.try_lock() {
            for other in [&clouds.demo, &clouds.linode].into_iter().flatten() {
                if sessions.iter().all(|had| !Arc::ptr_eq(had, other)) {
                    sessions.push(Arc::clone(other));
                }
            }
        }
        sessions
            .iter()
            .flat_map(|one| lifecycle::undone(&one.engine))
            .collect()
    }

    /// Everything ends in order, so that the demo cloud's last state is on the disk.
    pub(crate) fn end(&self) {
        if let Some(pump) = lock(&self.pump).take() {
            pump.abort();
        }
        self.stand.send_replace(Stand::Starting);
        if let Ok(mut clouds) = self.clouds.try_lock() {
            *clouds = Clouds::default();
        }
    }
}

/// A lock whose holder never panics halfway.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
