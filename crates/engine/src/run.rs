//! Carries the current run of a deployment to its end, or to where it rests.
//!
//! Steps that do not wait for one another run side by side. Nothing is decided here that the plan
//! or the table does not say. Start reading at `drive`.

use crate::act::{Act, Looked, Run, Trouble};
use crate::book::{Book, BookError};
use crate::lookout::Lookout;
use crate::ports::{Kind, Ports};
use crate::protocol::Protocol;
use crate::receipt;
use crate::said::{Said, failed};
use crate::signal::{Observer, Signal};
use domain::PlanId;
use domain::inventory::Account;
use domain::plan::Purpose;
use domain::plan::build::{Basis, plan_roll_back};
use domain::progress::{Progress, Rest, StepPhase};
use domain::record::{Fact, Wish};
use domain::text::Text;
use std::sync::Arc;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;

/// How a drive ended.
#[derive(Clone, Debug)]
pub enum End {
    /// Nothing was accepted yet.
    Idle,
    /// All steps are done.
    Done,
    /// A step failed; somebody must decide. It is in the journal.
    Failed(Text),
    /// Something is left that needs a person. It is in the journal.
    Stuck(Text),
    /// It stays as it is.
    Kept,
    /// It was asked to stop for now, and goes on at the next drive.
    Paused,
    /// Another cloud or account, or the token was refused: nothing was done or written.
    NotHere(Text),
    /// The journal failed. A teardown went on from memory and this is what became of it
    /// (`None`: nothing more was done).
    Journal(Arc<BookError>, Option<Box<End>>),
}

/// Carries the current run to its end or rest.
///
/// Dropping the future stops the waiting, but a POST that is under way is still answered and
/// written down. A failed run must be wished to `Continue` before it can be driven again.
pub async fn drive(
    ports: &Ports,
    protocol: &Protocol,
    book: &Book,
    observer: Arc<dyn Observer>,
    signal: Signal,
) -> End {
    let end = driven(ports, protocol, book, observer, signal).await;
    if book.is_broken().await && !matches!(end, End::Journal(..)) {
        return End::Journal(Arc::new(BookError::Broken), Some(Box::new(end)));
    }
    end
}

async fn driven(
    ports: &Ports,
    protocol: &Protocol,
    book: &Book,
    observer: Arc<dyn Observer>,
    signal: Signal,
) -> End {
    let account = match checked_account(ports, protocol, book, Some(&signal)).await {
        Ok(account) => account,
        Err(end) => return end,
    };
    loop {
        let resting = match book.read(Progress::rest_state).await {
            Rest::Idle => Some(End::Idle),
            Rest::Done => Some(End::Done),
            Rest::Kept => Some(End::Kept),
            Rest::Failed | Rest::Stuck => Some(book.read(why_it_rests).await),
            Rest::Running(_) | Rest::Cancelled(_) => None,
        };
        if let Some(end) = resting {
            return end;
        }
        let run = Run::new(
            ports,
            protocol,
            book,
            observer.clone(),
            account.clone(),
            signal.clone(),
        );
        let run = Arc::new(run);
        let ended = if matches!(book.read(Progress::rest_state).await, Rest::Cancelled(_)) {
            run.undo().await
        } else {
            run.all_steps().await
        };
        match ended {
            Ok(Next::Look) => {}
            Ok(Next::Pause) => return End::Paused,
            Err(broken) => {
                // What was to be made stops there: only a teardown goes on from memory.
                let rested = Some(book.read(end_of).await);
                let rested = rested.filter(|end| !matches!(end, End::Paused));
                return End::Journal(Arc::new(broken), rested.map(Box::new));
            }
        }
    }
}

enum Next {
    /// The journal says how it goes on.
    Look,
    Pause,
}

/// How the run stands, without knowing whether somebody carries it.
fn end_of(progress: &Progress) -> End {
    match progress.rest_state() {
        Rest::Idle => End::Idle,
        Rest::Running(_) | Rest::Cancelled(_) => End::Paused,
        Rest::Done => End::Done,
        Rest::Kept => End::Kept,
        Rest::Failed | Rest::Stuck => why_it_rests(progress),
    }
}

pub(crate) fn why_it_rests(progress: &Progress) -> End {
    let steps = progress.run.iter().flat_map(|run| &run.steps);
    let why = |phase: StepPhase| {
        let mut of_phase = steps.clone().filter(|step| step.phase == phase);
        of_phase.find_map(|step| step.detail.clone())
    };
    match (why(StepPhase::Stuck), why(StepPhase::Failed)) {
        (Some(what), _) => End::Stuck(what),
        (None, Some(what)) => End::Failed(what),
        (None, None) => End::Kept,
    }
}

/// The account behind the token must be the journal's, on the journal's cloud: under another one an
/// empty listing would look like "nothing is left".
async fn checked_account(
    ports: &Ports,
    protocol: &Protocol,
    book: &Book,
    signal: Option<&Signal>,
) -> Result<Account, End> {
    let (cloud, wanted) = book
        .read(|progress| {
            (
                progress.header.cloud.clone(),
                progress.header.account.clone(),
            )
        })
        .await;
    if ports.cloud.id() != cloud {
        return Err(End::NotHere(Said::OtherCloud { cloud: cloud.0 }.into()));
    }
    ports.cloud.expect_account(&wanted);
    let mut wait = protocol.retry_min;
    loop {
        if signal.is_some_and(|signal| signal.asked().pause) {
            return Err(End::Paused);
        }
        match ports.cloud.account().await {
            Ok(account) if account.id == wanted => return Ok(account),
            Ok(_) => {
                return Err(End::NotHere(
                    Said::OtherAccount { account: wanted.0 }.into(),
                ));
            }
            Err(failure) => match failure.kind {
                Kind::Unavailable | Kind::Unknown | Kind::RateLimited | Kind::Conflict
                    if signal.is_some() =>
                {
                    let asked = failure.retry_after.unwrap_or_default();
                    ports
                        .clock
                        .sleep(wait.max(asked.min(protocol.retry_after_max)))
                        .await;
                    wait = (wait * 2).min(protocol.retry_max);
                }
                Kind::Unauthorized
                | Kind::NotFound
                | Kind::NoCapacity
                | Kind::Quota
                | Kind::Invalid
                | Kind::Unavailable
                | Kind::Unknown
                | Kind::RateLimited
                | Kind::Conflict => return Err(End::NotHere(failed(&failure))),
            },
        }
    }
}

impl Run {
    /// A cancelled create becomes a roll back; a cancelled update stays as far as it came.
    async fn undo(self: &Arc<Self>) -> Result<Next, BookError> {
        let now = self.ports.clock.now();
        let progress = self.book.progress().await;
        let basis = Basis::of(&progress, PlanId(self.ports.ids.ulid(now)), now);
        let created = progress.purpose() == Some(Purpose::Create);
        let next = match plan_roll_back(&progress, basis).filter(|_| created) {
            Some(plan) => Fact::Accepted {
                plan: Box::new(plan),
            },
            None => Fact::Wished { wish: Wish::Keep },
        };
        self.book.write(next).await?;
        Ok(Next::Look)
    }

    /// Runs what can run until everything is done, or something makes the run rest.
    async fn all_steps(self: &Arc<Self>) -> Result<Next, BookError> {
        let mut signal = self.signal.clone();
        // A task each: a step that holds the book, or is next in its line, must be driven on while
        // this loop waits for the book itself.
        let mut under_way = JoinSet::new();
        let mut begun = std::collections::BTreeSet::new();
        let mut cancelled = false;
        let mut broken = None;
        loop {
            let asked = self.asked();
            if asked.pause {
                self.halt.send_replace(true);
            }
            if asked.cancel && !cancelled && self.book.read(can_cancel).await {
                cancelled = true;
                self.halt.send_replace(true);
                let wish = self.book.write(Fact::Wished { wish: Wish::Cancel }).await;
                broken = broken.or(wish.err());
            }
            if !*self.halt.borrow() {
                for step in self.book.read(Progress::startable).await {
                    if begun.insert(step) {
                        let act = Act {
                            run: self.clone(),
                            step,
                        };
                        under_way.spawn(async move { (step, act.whole().await) });
                    }
                }
            }
            let (step, ended) = tokio::select! {
                biased;
                next = under_way.join_next() => match next {
                    Some(Ok(next)) => next,
                    Some(Err(gone)) => match gone.try_into_panic() {
                        Ok(panic) => std::panic::resume_unwind(panic),
                        // Nobody aborts a step but the end of the runtime.
                        Err(_) => return Ok(Next::Pause),
                    },
                    None => break,
                },
                () = signal.changed() => continue,
            };
            if let Err(failed) = self.take(step, ended).await {
                // Everything that is under way comes to rest first: a POST is still answered.
                self.halt.send_replace(true);
                broken.get_or_insert(failed);
            }
        }
        if let Some(broken) = broken {
            return Err(broken);
        }
        if self.book.read(is_finished).await {
            let plan = self
                .book
                .read(|p| p.run.as_ref().map(|run| run.plan.id.clone()))
                .await;
            if let Some(plan) = plan {
                self.book.write(Fact::Completed { plan }).await?;
            }
            if self
                .book
                .read(|progress| progress.torn_down.is_some())
                .await
            {
                receipt::keep(&self.ports, &self.book).await;
            }
        } else if !cancelled && self.asked().pause {
            return Ok(Next::Pause);
        }
        Ok(Next::Look)
    }

    /// Writes how a step ended. What did not end well makes the others come to rest.
    async fn take(&self, step: usize, ended: Result<Text, Trouble>) -> Result<(), BookError> {
        let plan = self
            .book
            .read(|p| p.run.as_ref().map(|run| run.plan.id.clone()))
            .await;
        let Some(plan) = plan else { return Ok(()) };
        let fact = match ended {
            Ok(detail) => Fact::Finished {
                plan,
                step,
                detail: Some(detail),
            },
            Err(Trouble::Halt) => return Ok(()),
            Err(Trouble::Failed(what)) => Fact::Failed { plan, step, what },
            Err(Trouble::Stuck(what)) => Fact::Stuck { step, what },
            Err(Trouble::Book(failed)) => return Err(failed),
        };
        if !matches!(fact, Fact::Finished { .. }) {
            self.halt.send_replace(true);
        }
        self.book.write(fact).await
    }
}

fn can_cancel(progress: &Progress) -> bool {
    matches!(progress.purpose(), Some(Purpose::Create | Purpose::Update))
}

fn is_finished(progress: &Progress) -> bool {
    let mut steps = progress.run.iter().flat_map(|run| &run.steps);
    matches!(progress.rest_state(), Rest::Running(_))
        && steps.all(|step| step.phase == StepPhase::Finished)
}

impl Run {
    fn new(
        ports: &Ports,
        protocol: &Protocol,
        book: &Book,
        observer: Arc<dyn Observer>,
        account: Account,
        signal: Signal,
    ) -> Self {
        Self {
            ports: ports.clone(),
            protocol: *protocol,
            book: book.clone(),
            observer,
            account,
            patient: true,
            halt: watch::channel(false).0,
            signal,
            not_before: std::sync::Mutex::default(),
            sight: Mutex::default(),
            looked: Looked::default(),
            turned_away: std::sync::Mutex::default(),
            autoscaled: std::sync::Mutex::default(),
            kube: Mutex::default(),
            lookout: None,
            recycled: Mutex::default(),
            proven: std::sync::Mutex::default(),
            owned: Mutex::default(),
        }
    }

    /// A context for a search or a look outside of any step.
    pub(crate) fn aside(
        ports: &Ports,
        protocol: &Protocol,
        book: &Book,
        observer: Arc<dyn Observer>,
        account: Account,
        looked: &Looked,
        lookout: Option<Arc<Lookout>>,
    ) -> Act {
        let (_, signal) = crate::signal::signal();
        let run = Self {
            patient: false,
            looked: looked.clone(),
            lookout,
            ..Self::new(ports, protocol, book, observer, account, signal)
        };
        Act {
            run: Arc::new(run),
            step: usize::MAX,
        }
    }
}

/// The account for a search or a look outside of a run.
pub(crate) async fn account_for(
    ports: &Ports,
    protocol: &Protocol,
    book: &Book,
) -> Result<Account, End> {
    checked_account(ports, protocol, book, None).await
}
