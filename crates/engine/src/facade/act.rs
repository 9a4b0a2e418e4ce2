//! Intents that change something: accept, cancel, go on, roll back, keep.

use super::problem::{self, Said, problem};
use super::{Engine, Held, MoveStop, lock};
use crate::book::{Book, BookError};
use domain::plan::build::{Basis, plan_roll_back};
use domain::plan::{Plan, Purpose};
use domain::progress::Rest;
use domain::record::{Fact, Wish};
use domain::view::{NoticeAction, Problem};
use domain::{DeploymentId, PlanId};
use secrecy::SecretString;
use std::sync::Arc;

impl Engine {
    /// Accepts a plan that was shown, and begins its run. An unknown price needs consent.
    pub async fn accept(
        &self,
        plan: &PlanId,
        unknown_price: bool,
    ) -> Result<DeploymentId, Problem> {
        let shown = lock(&self.shown)
            .iter()
            .find(|one| one.id == *plan)
            .cloned();
        let Some(plan) = shown else {
            return Err(problem(Said::PlanUnknown, None, Some(Said::PlanUnknownFix)));
        };
        if !unknown_price && plan.purpose == Purpose::Create && has_unknown_price(&plan) {
            return Err(problem(
                Said::PriceUnknown,
                None,
                Some(Said::PriceUnknownFix),
            ));
        }
        let id = plan.deployment.clone();
        let book = if plan.purpose == Purpose::Create {
            let writer = format!("quaylight {}", self.here.version);
            let account = plan.account.clone();
            let book = Book::create(&self.ports, self.observer(), &writer, id.clone(), account);
            book.await.map_err(|error| of_book(&error))?
        } else {
            self.still_own(&id).await?;
            self.open(&id).await?
        };
        lock(&self.shown).retain(|one| one.id != plan.id);
        self.begin(book, plan).await?;
        Ok(id)
    }

    /// Writes the acceptance and carries the run. The screen sees it under way from the first
    /// record on.
    pub(crate) async fn begin(&self, book: Book, plan: Plan) -> Result<(), Problem> {
        let id = book.deployment().clone();
        self.set_elsewhere(&id, true);
        if let Err(error) = book
            .write(Fact::Accepted {
                plan: Box::new(plan),
            })
            .await
        {
            self.set_elsewhere(&id, false);
            self.publish(&id);
            return Err(of_book(&error));
        }
        self.forget_labels();
        self.carry(book);
        Ok(())
    }

    pub(super) fn forget_labels(&self) {
        *lock(&self.labels) = None;
    }

    fn set_elsewhere(&self, id: &DeploymentId, elsewhere: bool) {
        if let Some(held) = lock(&self.held).get_mut(id) {
            held.elsewhere = elsewhere && held.run.is_none();
        }
    }

    /// Opens a journal for writing, with everything that another process wrote meanwhile.
    pub(crate) async fn open_now(&self, id: &DeploymentId) -> Result<Book, Problem> {
        self.held(id)
            .map_or(Ok(()), |held| self.must_be_own(&held))?;
        self.open_whosever(id).await
    }

    /// The same, also when another computer looks after it.
    pub(super) async fn open_whosever(&self, id: &DeploymentId) -> Result<Book, Problem> {
        let failed = |error| problem::of_journal(&error);
        if let Some(held) = self.held(id) {
            self.must_be_here(&held)?;
            if held.run.is_some() {
                let name = held.progress.label().unwrap_or_else(|| id.0.clone());
                let what = Said::RunUnderWay { name };
                return Err(problem(what, None, Some(Said::RunUnderWayFix)));
            }
        }
        let journal = self.ports.journals.open(id).await.map_err(failed)?;
        let records = self.ports.journals.read(id).await.map_err(failed)?;
        let clock = self.ports.clock.clone();
        let book = Book::open(journal, &records, clock, self.observer())
            .map_err(|error| of_book(&BookError::Impossible(error)))?;
        let progress = book.progress().await;
        let mut held = lock(&self.held);
        let seen = held
            .get(id)
            .map(|held| held.seen.clone())
            .unwrap_or_default();
        held.insert(
            id.clone(),
            Held {
                records: Arc::new(records),
                progress,
                seen,
                run: None,
                elsewhere: false,
            },
        );
        Ok(book)
    }

    pub(crate) fn must_be_here(&self, held: &Held) -> Result<(), Problem> {
        if self.is_here(&held.progress) {
            return Ok(());
        }
        let id = &held.progress.header.deployment;
        let name = held.progress.label().unwrap_or_else(|| id.0.clone());
        Err(problem(
            Said::NotHere { name },
            None,
            Some(Said::NotHereFix),
        ))
    }

    /// A button of a notice.
    pub async fn act(&self, id: &DeploymentId, action: NoticeAction) -> Result<(), Problem> {
        let hours = jiff::SignedDuration::from_hours;
        let stop = match action {
            NoticeAction::StopHourLater => Some(MoveStop::Later(hours(1))),
            NoticeAction::StopFourHoursLater => Some(MoveStop::Later(hours(4))),
            NoticeAction::StopNever => Some(MoveStop::Never),
            NoticeAction::AskAddress => {
                self.my_addresses().await?;
                return Ok(());
            }
            NoticeAction::AllowAddress => return self.allow_my_address(id, false).await,
            NoticeAction::ReplaceAddress => return self.allow_my_address(id, true).await,
            NoticeAction::Continue | NoticeAction::Keep | NoticeAction::RollBack => None,
        };
        if let Some(to) = stop {
            return self.move_stop(id, to).await.map(|_| ());
        }
        self.account().await?;
        self.still_own(id).await?;
        let book = self.open(id).await?;
        match action {
            NoticeAction::StopHourLater
            | NoticeAction::StopFourHoursLater
            | NoticeAction::StopNever
            | NoticeAction::AskAddress
            | NoticeAction::AllowAddress
            | NoticeAction::ReplaceAddress => {}
            NoticeAction::Continue => {
                if !matches!(
                    book.progress().await.rest_state(),
                    Rest::Running(_) | Rest::Cancelled(_)
                ) {
                    wish(&book, Wish::Continue).await?;
                }
                self.carry(book);
            }
            NoticeAction::Keep => {
                wish(&book, Wish::Keep).await?;
                drop(book);
                self.publish(id);
            }
            NoticeAction::RollBack => self.roll_back(book).await?,
        }
        Ok(())
    }

    async fn roll_back(&self, book: Book) -> Result<(), Problem> {
        let now = self.ports.clock.now();
        let progress = book.progress().await;
        let basis = Basis::of(&progress, PlanId(self.ports.ids.ulid(now)), now);
        let Some(plan) = plan_roll_back(&progress, basis) else {
            let name = progress.label().unwrap_or_default();
            return Err(problem(Said::NothingToDo { name }, None, None));
        };
        self.begin(book, plan).await
    }

    /// Stops a create or an update that is under way, and undoes what a create made.
    pub async fn cancel(&self, id: &DeploymentId) -> Result<(), Problem> {
        let carried = self.held(id).and_then(|held| held.run);
        match carried {
            Some(run) => {
                run.remote.cancel();
                Ok(())
            }
            None => self.act(id, NoticeAction::RollBack).await,
        }
    }

    /// Sends nothing more for a run that is under way, and waits until it rests; it goes on like one
    /// that was interrupted.
    pub async fn pause(&self, id: &DeploymentId) {
        if let Some(run) = self.held(id).and_then(|held| held.run) {
            run.remote.pause();
            self.wait(id).await;
        }
    }

    /// What goes on by itself at a start: teardowns, and creates that were interrupted a short
    /// while ago. Everything else is shown and waits for a word.
    pub async fn resume_at_start(&self) -> Vec<DeploymentId> {
        self.go_on(|held, now| held.progress.resumes_itself(now))
            .await
    }

    /// Everything that was interrupted goes on, by the user's word.
    pub async fn resume_all(&self) -> Vec<DeploymentId> {
        self.go_on(|held, _| {
            matches!(
                held.progress.rest_state(),
                Rest::Running(_) | Rest::Cancelled(_)
            )
        })
        .await
    }

    /// A teardown that nobody carries any more goes on here.
    pub(crate) async fn take_over_teardowns(&self) {
        self.go_on(|held, _| {
            matches!(
                held.progress.rest_state(),
                Rest::Running(_) | Rest::Cancelled(_)
            ) && matches!(
                held.progress.purpose(),
                Some(Purpose::TearDown | Purpose::RollBack)
            )
        })
        .await;
    }

    async fn go_on(&self, which: impl Fn(&Held, jiff::Timestamp) -> bool) -> Vec<DeploymentId> {
        let now = self.ports.clock.now();
        let due: Vec<DeploymentId> = lock(&self.held)
            .iter()
            .filter(|(_, held)| held.run.is_none() && self.is_here(&held.progress))
            .filter(|(id, held)| which(held, now) && !self.is_lost(id))
            .map(|(id, _)| id.clone())
            .collect();
        let mut begun = Vec::new();
        for id in due {
            // Without the account nobody knows whose journal this is: it stays where it is.
            if self.account().await.is_err() {
                break;
            }
            match self.open(&id).await {
                Ok(book) => {
                    self.carry(book);
                    begun.push(id);
                }
                Err(problem) if problem.code == "journal_locked" => {
                    self.set_elsewhere(&id, true);
                    self.publish(&id);
                }
                Err(problem) => tracing::warn!(code = problem.code, "a run does not go on"),
            }
        }
        begun
    }

    /// Deployments whose run this process carries.
    pub fn carried(&self) -> Vec<DeploymentId> {
        let held = lock(&self.held);
        let carried = held.iter().filter(|(_, held)| held.run.is_some());
        carried.map(|(id, _)| id.clone()).collect()
    }

    /// Deployments that Quit would leave undone: runs under way, and stop times to come.
    pub fn undone(&self) -> Vec<super::Brief> {
        self.list()
            .into_iter()
            .filter(|one| {
                self.held(&one.id).is_some_and(|held| {
                    let live = held.progress.cluster().is_some();
                    held.run.is_some() || (live && held.progress.stops_at().is_some())
                })
            })
            .collect()
    }

    /// The kubeconfig, rebuilt from allowed atoms.
    pub async fn kubeconfig(&self, id: &DeploymentId) -> Result<SecretString, Problem> {
        self.account().await?;
        let held = self.known(id)?;
        self.must_be_here(&held)?;
        let Some(cluster) = held.progress.cluster() else {
            return Err(problem(Said::KubeconfigNotReady, None, None));
        };
        let raw = self.told(self.ports.cloud.kubeconfig(cluster).await)?;
        let endpoints = self.told(self.ports.cloud.api_endpoints(cluster).await)?;
        (self.ports.clean_kubeconfig)(&raw, &endpoints)
            .map_err(|failure| problem::of_failure(&failure))
    }

    /// The kubeconfig lies on the disk now; the journal remembers when.
    pub async fn kubeconfig_saved(&self, id: &DeploymentId) -> Result<(), Problem> {
        let book = match self.open(id).await {
            Ok(book) => book,
            // A run that is under way holds the journal; the file is there all the same.
            Err(problem) if matches!(problem.code.as_str(), "run_under_way" | "journal_locked") => {
                return Ok(());
            }
            Err(problem) => return Err(problem),
        };
        book.write(Fact::KubeconfigSaved)
            .await
            .map_err(|error| of_book(&error))
    }

    pub(crate) fn known(&self, id: &DeploymentId) -> Result<Held, Problem> {
        self.held(id).ok_or_else(|| {
            if let Some(problem) = self.strange(id) {
                return problem;
            }
            let what = Said::JournalMissing { name: id.0.clone() };
            problem(what, None, Some(Said::JournalMissingFix))
        })
    }
}

async fn wish(book: &Book, wish: Wish) -> Result<(), Problem> {
    book.write(Fact::Wished { wish })
        .await
        .map_err(|error| of_book(&error))
}

fn has_unknown_price(plan: &Plan) -> bool {
    let prices = &plan.prices;
    prices.gpu_node.is_none()
        || (plan.spec.system_pool.is_some() && prices.system_node.is_none())
        || (plan.spec.ha && prices.control_plane.is_none())
}

/// A fact that could not be written, in words.
pub(crate) fn of_book(error: &BookError) -> Problem {
    match error {
        BookError::Journal(error) => problem::of_journal(error),
        BookError::Impossible(impossible) => {
            let what = Said::OwnFault {
                what: impossible.to_string(),
            };
            problem(what, None, Some(Said::OwnFaultFix))
        }
        BookError::Broken => {
            let what = Said::DiskFailed {
                operation: "write".to_owned(),
                path: String::new(),
            };
            problem(what, None, Some(Said::DiskFailedFix))
        }
    }
}
