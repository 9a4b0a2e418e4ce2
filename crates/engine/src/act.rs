//! One step under way: how it calls, waits, writes and gives up.

use crate::book::{Book, BookError};
use crate::lookout::Lookout;
use crate::observe::Observed;
use crate::ports::{Answer, Cloud, Failure, Kind, KubeApi, Ports};
use crate::protocol::{Bound, Protocol};
use crate::said::{self, Note};
use crate::see::TurnedAway;
use crate::signal::{Asked, Observer, Signal};
use domain::inventory::{Account, Pool};
use domain::progress::Progress;
use domain::record::Fact;
use domain::text::{Millis, Text};
use domain::{ClusterId, InstanceId, PoolId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex, watch};

/// Tries of a call that is part of no run.
const IMPATIENT_TRIES: u32 = 3;

/// When the pools of a deployment were read last, by the time since the start of this computer. Looks
/// that follow each other share it: a machine that the last one did not show stood open since.
pub type Looked = Arc<std::sync::Mutex<Option<Duration>>>;

/// Why a step did not end well.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The run is asked to stop; the step is as it is.
    Halt,
    /// It failed.
    Failed(Text),
    /// It needs a person.
    Stuck(Text),
    /// The journal failed.
    Book(BookError),
}

impl From<BookError> for Trouble {
    fn from(failed: BookError) -> Self {
        Self::Book(failed)
    }
}

/// What all steps of one drive share.
pub(crate) struct Run {
    pub(crate) ports: Ports,
    pub(crate) protocol: Protocol,
    pub(crate) book: Book,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) account: Account,
    /// A run waits for a cloud that is away; a look or a search is made again another time.
    pub(crate) patient: bool,
    pub(crate) halt: watch::Sender<bool>,
    pub(crate) signal: Signal,
    /// Nothing is asked before this, by the time since the start of this computer.
    pub(crate) not_before: std::sync::Mutex<Duration>,
    pub(crate) sight: Mutex<Option<(Duration, Vec<Pool>)>>,
    /// The last look at the pools that was answered.
    pub(crate) looked: Looked,
    /// Machines that the cloud refused to put behind the firewall.
    pub(crate) turned_away: std::sync::Mutex<BTreeMap<InstanceId, TurnedAway>>,
    /// Pools whose autoscaler was seen on.
    pub(crate) autoscaled: std::sync::Mutex<BTreeSet<PoolId>>,
    pub(crate) kube: Mutex<Option<Arc<dyn KubeApi>>>,
    /// Where a look takes it from and leaves it, when it is kept.
    pub(crate) lookout: Option<Arc<Lookout>>,
    /// Whether the nodes that were to be replaced before this goes on are.
    pub(crate) recycled: Mutex<bool>,
    /// Clusters that were seen to be ours while this goes on.
    pub(crate) proven: std::sync::Mutex<BTreeSet<ClusterId>>,
    /// When no other computer looked after the deployment last.
    pub(crate) owned: Mutex<Option<Duration>>,
}

/// One step of a run.
#[derive(Clone)]
pub(crate) struct Act {
    pub(crate) run: Arc<Run>,
    pub(crate) step: usize,
}

impl std::ops::Deref for Act {
    type Target = Run;
    fn deref(&self) -> &Run {
        &self.run
    }
}

impl Run {
    pub(crate) fn cloud(&self) -> &dyn Cloud {
        &*self.ports.cloud
    }

    pub(crate) fn boot(&self) -> Duration {
        self.ports.clock.since_boot()
    }

    pub(crate) fn asked(&self) -> Asked {
        self.signal.asked()
    }

    pub(crate) fn go_on(&self) -> Result<(), Trouble> {
        if *self.halt.borrow() {
            Err(Trouble::Halt)
        } else {
            Ok(())
        }
    }

    /// Waits, but no longer than the run goes on.
    pub(crate) async fn pause(&self, length: Duration) -> Result<(), Trouble> {
        let mut halt = self.halt.subscribe();
        let halted = async {
            drop(halt.wait_for(|halted| *halted).await);
        };
        tokio::select! {
            () = self.ports.clock.sleep(length) => {}
            () = halted => {}
        }
        self.go_on()
    }

    /// A part of `up_to` between the protocol's least wait and it: full jitter.
    fn jitter(&self, up_to: Duration) -> Duration {
        let seed = self.ports.ids.ulid(self.ports.clock.now());
        let part = f64::from(crc32fast::hash(seed.as_bytes())) / f64::from(u32::MAX);
        let min = self.protocol.retry_min;
        min + up_to.saturating_sub(min).mul_f64(part)
    }

    /// The wait before the given try (from 1) is repeated, without a Retry-After.
    pub(crate) fn backoff(&self, tried: u32) -> Duration {
        let doubled = self
            .protocol
            .retry_min
            .saturating_mul(2_u32.saturating_pow(tried.min(16)));
        self.jitter(doubled.min(self.protocol.retry_max))
    }

    /// No call of this run goes out for so long.
    pub(crate) fn hold(&self, length: Duration) {
        let until = self.boot() + length.min(self.protocol.retry_after_max);
        let mut not_before = hold(&self.not_before);
        *not_before = until.max(*not_before);
    }

    /// Waits until the cloud may be asked again.
    pub(crate) async fn gate(&self) -> Result<(), Trouble> {
        loop {
            self.go_on()?;
            let until = *hold(&self.not_before);
            let left = until.saturating_sub(self.boot());
            if left.is_zero() {
                return Ok(());
            }
            self.pause(left).await?;
        }
    }

    pub(crate) async fn read<T>(&self, ask: impl FnOnce(&Progress) -> T) -> T {
        self.book.read(ask).await
    }

    /// Writes a fact. While the run halts, a fact that no longer fits is no fault.
    pub(crate) async fn write(&self, fact: Fact) -> Result<(), Trouble> {
        match self.book.write(fact).await {
            Err(BookError::Impossible(_)) if *self.halt.borrow() => Err(Trouble::Halt),
            written => Ok(written?),
        }
    }
}

impl Act {
    pub(crate) fn note(&self, what: Note) {
        if !self.patient {
            return;
        }
        self.observer
            .noted(self.book.deployment(), self.step, &what.into());
    }

    pub(crate) fn late(&self, what: Note) {
        if !self.patient {
            return;
        }
        self.observer
            .late(self.book.deployment(), self.step, &what.into());
    }

    pub(crate) fn observed(&self, seen: &Observed) {
        self.observer.observed(self.book.deployment(), seen);
    }

    /// A GET, repeated until the cloud says something that repeating cannot change. Being offline is no
    /// reason to give up.
    pub(crate) async fn tried<T, F, Fut>(&self, call: F) -> Result<Answer<T>, Trouble>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Answer<T>>,
    {
        self.repeated(|| self.gate(), call).await
    }

    /// A POST that attaches, a PUT or a DELETE, repeated likewise: what was taken over since the last
    /// try is not written any more.
    pub(crate) async fn changed<T, F, Fut>(&self, call: F) -> Result<Answer<T>, Trouble>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Answer<T>>,
    {
        self.repeated(|| self.may_write(), call).await
    }

    /// Waits until the cloud may be asked again, and asks it then whose the deployment is.
    pub(crate) async fn may_write(&self) -> Result<(), Trouble> {
        loop {
            self.gate().await?;
            self.own().await?;
            if *hold(&self.not_before) <= self.boot() {
                return Ok(());
            }
        }
    }

    async fn repeated<T, R, Ready, F, Fut>(&self, ready: R, call: F) -> Result<Answer<T>, Trouble>
    where
        R: Fn() -> Ready,
        Ready: Future<Output = Result<(), Trouble>>,
        F: Fn() -> Fut,
        Fut: Future<Output = Answer<T>>,
    {
        let (mut tried, mut busy) = (0_u32, 0_u32);
        loop {
            ready().await?;
            let failure = match call().await {
                Ok(answer) => return Ok(Ok(answer)),
                Err(failure) => failure,
            };
            tried += 1;
            if !self.patient && tried >= IMPATIENT_TRIES {
                return Err(Trouble::Failed(said::failed(&failure)));
            }
            match failure.kind {
                Kind::Unauthorized => return Err(Trouble::Failed(said::failed(&failure))),
                Kind::NotFound | Kind::NoCapacity | Kind::Quota | Kind::Invalid => {
                    return Ok(Err(failure));
                }
                Kind::Conflict => {
                    busy += 1;
                    if busy >= self.protocol.busy_tries {
                        return Ok(Err(failure));
                    }
                    self.pause(self.backoff(busy)).await?;
                }
                Kind::RateLimited => {
                    let asked = failure.retry_after.unwrap_or_default();
                    let wait = asked.max(self.backoff(tried));
                    self.hold(wait);
                    self.late(Note::RateLimited { wait: millis(wait) });
                }
                Kind::Unavailable | Kind::Unknown => {
                    if failure.maintenance {
                        self.late(Note::Maintenance);
                    } else if tried >= 3 {
                        self.late(Note::Offline {
                            said: said::words(&failure),
                        });
                    }
                    let wait = self.backoff(tried);
                    let asked = failure.retry_after.unwrap_or_default();
                    self.pause(wait.max(asked.min(self.protocol.retry_after_max)))
                        .await?;
                }
            }
        }
    }

    /// The same, where nothing but an answer lets the step go on.
    pub(crate) async fn got<T, F, Fut>(&self, call: F) -> Result<T, Trouble>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Answer<T>>,
    {
        let answer = self.tried(call).await?;
        answer.map_err(|failure| Trouble::Failed(said::failed(&failure)))
    }

    /// A PUT, where nothing but an answer lets the step go on.
    pub(crate) async fn put<T, F, Fut>(&self, call: F) -> Result<T, Trouble>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Answer<T>>,
    {
        let answer = self.changed(call).await?;
        answer.map_err(|failure| Trouble::Failed(said::failed(&failure)))
    }

    /// A DELETE; 404 is done.
    pub(crate) async fn deleted<F, Fut>(&self, call: F) -> Result<Result<(), Failure>, Trouble>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Answer<()>>,
    {
        Ok(match self.changed(call).await? {
            Err(failure) if failure.kind == Kind::NotFound => Ok(()),
            answer => answer,
        })
    }

    pub(crate) fn patience(&self, bound: Bound) -> Patience {
        Patience {
            bound,
            most: self.protocol.poll_kubeconfig_max * 2,
            spent: Duration::ZERO,
            last: self.boot(),
        }
    }
}

/// How long a step has waited, by the time in which the cloud answered.
pub(crate) struct Patience {
    bound: Bound,
    /// No two polls were further apart so far while the cloud answered.
    most: Duration,
    spent: Duration,
    last: Duration,
}

/// What patience says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Fine,
    Late,
    Over,
}

impl Patience {
    /// Nobody answered since the last poll: that time is not counted.
    pub(crate) fn skip(&mut self, run: &Run) {
        self.last = run.boot();
    }

    /// To be asked after every poll that was answered. Of a longer gap, while this computer was
    /// offline or slept, only the time between two polls is counted.
    pub(crate) fn ask(&mut self, run: &Run) -> Verdict {
        let now = run.boot();
        self.spent += now.saturating_sub(self.last).min(self.most);
        self.last = now;
        if self.spent >= self.bound.failed {
            Verdict::Over
        } else if self.spent >= self.bound.late {
            Verdict::Late
        } else {
            Verdict::Fine
        }
    }

    /// Waits for the next poll. The pauses grow with what was waited, by a part that nobody feels:
    /// of what comes after a quarter of an hour it no longer matters which second.
    pub(crate) async fn pause(&mut self, run: &Run, each: Duration) -> Result<(), Trouble> {
        let protocol = &run.protocol;
        let (part, least) = if self.spent >= self.bound.late {
            (protocol.poll_part_late, protocol.poll_late)
        } else {
            (protocol.poll_part, Duration::ZERO)
        };
        let grown = (self.spent / part).min(protocol.poll_max);
        let length = each.max(least).max(grown);
        self.most = self.most.max(length * 2);
        run.pause(length).await
    }

    /// Tells how a wait goes; fails with `over` when it took too long.
    pub(crate) fn wait(
        &mut self,
        act: &Act,
        note: Note,
        over: impl FnOnce() -> Trouble,
    ) -> Result<(), Trouble> {
        match self.ask(act) {
            Verdict::Fine => act.note(note),
            Verdict::Late => act.late(note),
            Verdict::Over => return Err(over()),
        }
        Ok(())
    }
}

/// A lock; what a panicked holder left is as good as before.
pub(crate) fn hold<T>(lock: &std::sync::Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn millis(length: Duration) -> Millis {
    Millis(i64::try_from(length.as_millis()).unwrap_or(i64::MAX))
}
