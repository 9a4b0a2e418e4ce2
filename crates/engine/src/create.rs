//! Making one thing so that it is never lost and never kept twice: intent, look, sent, ONE POST,
//! outcome; an unknown outcome is searched for before anything is sent again.

use crate::act::{Act, Trouble, hold, millis};
use crate::book::BookError;
use crate::ports::{Answer, Failure, Kind};
use crate::said::{Ended, Failed, Note, Said, failed, words};
use crate::want::{Found, Want};
use domain::progress::CreatePhase;
use domain::record::{Fact, Thing};
use domain::text::Text;
use std::time::Duration;

impl Act {
    /// Makes it, or finds that it is made; safe to call again after any crash.
    pub(crate) async fn make(&self, want: Want) -> Result<Text, Trouble> {
        let (thing, adopted) = self.made(&want).await?;
        let thing = thing.to_string();
        Ok(if adopted {
            Ended::Adopted { thing }.into()
        } else {
            Ended::Made { thing }.into()
        })
    }

    async fn made(&self, want: &Want) -> Result<(Thing, bool), Trouble> {
        let step = self.step;
        let (mut open, mut answered, mut blind) = (0_u32, 0_u32, 0_u32);
        let most = self
            .protocol
            .retry_post
            .max(self.protocol.retry_unknown_post);
        loop {
            let create = self
                .read(|progress| progress.create_of(step).cloned())
                .await;
            let phase = create.as_ref().map(|create| create.phase);
            let attempt = create.as_ref().map_or(0, |create| create.attempts) + 1;
            let mut looked = self.boot();
            match phase {
                None if self.protocol.record_sent => {
                    self.write(intent(step, want)).await?;
                    continue;
                }
                Some(CreatePhase::Made) => {
                    let made = create.and_then(|create| create.made);
                    return made.map(|thing| (thing, false)).ok_or(Trouble::Halt);
                }
                Some(CreatePhase::Sent) => {
                    let why = Said::ProcessEnded.into();
                    self.write(Fact::Unknown { step, why }).await?;
                    continue;
                }
                Some(CreatePhase::Unknown) if blind < self.protocol.retry_unknown_post => {
                    blind += 1;
                }
                Some(CreatePhase::Unknown) if self.protocol.search_unknown => {
                    let found = self.settled(want).await?;
                    if let Some(thing) = self.adopt(want, found).await? {
                        return Ok((thing, true));
                    }
                    looked = self.boot();
                }
                None
                | Some(CreatePhase::Intended | CreatePhase::Refused | CreatePhase::Unknown) => {
                    if self.protocol.list_before_post {
                        let found = self.find(want).await?;
                        if let Some(thing) = self.adopt(want, found).await? {
                            return Ok((thing, true));
                        }
                    }
                }
            }
            // Only what nobody answered is sent again blindly.
            if open >= most || answered >= self.protocol.retry_post {
                return Err(Trouble::Failed(
                    Failed::Unresolved {
                        attempts: attempt - 1,
                    }
                    .into(),
                ));
            }
            self.may_write().await?;
            // The computer slept between the look and now: what was seen is no longer known.
            if self.boot().saturating_sub(looked) > self.protocol.slept {
                continue;
            }
            match self.send(want, attempt).await? {
                Ok(found) => return Ok((found.thing, false)),
                Err(failure) => {
                    let counts = u32::from(self.goes_on_after(&failure, open).await?);
                    open += counts;
                    answered += counts * u32::from(failure.is_refusal());
                }
            }
        }
    }

    /// After a POST that made nothing or that nobody knows of: whether it counts as a try. Fails when
    /// sending again cannot help.
    async fn goes_on_after(&self, failure: &Failure, tries: u32) -> Result<bool, Trouble> {
        if !failure.is_refusal() {
            return Ok(true);
        }
        if failure.never_sent && failure.kind != Kind::RateLimited {
            self.late(Note::Offline {
                said: words(failure),
            });
            self.pause(self.backoff(tries + 1)).await?;
            return Ok(false);
        }
        match failure.kind {
            Kind::RateLimited => {
                let asked = failure.retry_after.unwrap_or_default();
                let wait = asked.max(self.backoff(tries + 1));
                self.hold(wait);
                self.late(Note::RateLimited { wait: millis(wait) });
                Ok(false)
            }
            Kind::Conflict | Kind::Unavailable | Kind::Unknown => {
                self.pause(self.backoff(tries + 1)).await?;
                Ok(true)
            }
            Kind::Unauthorized
            | Kind::NotFound
            | Kind::NoCapacity
            | Kind::Quota
            | Kind::Invalid => Err(Trouble::Failed(failed(failure))),
        }
    }

    /// ONE POST. It and the record of its outcome run to their end whatever becomes of the caller.
    async fn send(&self, want: &Want, attempt: u32) -> Result<Answer<Found>, Trouble> {
        let step = self.step;
        let boot_ms = u64::try_from(self.boot().as_millis()).unwrap_or(u64::MAX);
        let sent = Fact::Sent {
            step,
            attempt,
            boot_ms,
        };
        let mut late = vec![sent];
        if self.protocol.record_sent {
            for fact in late.drain(..) {
                self.write(fact).await?;
            }
        } else if self
            .read(|progress| progress.create_of(step).is_none())
            .await
        {
            late.insert(0, intent(step, want));
        }
        let (act, want) = (self.clone(), want.clone());
        let task = tokio::spawn(async move {
            let answer = want.post(act.cloud()).await;
            let fact = match &answer {
                Ok(found) => Fact::Made {
                    step,
                    thing: found.thing.clone(),
                    adopted: false,
                },
                Err(failure) if failure.is_refusal() => Fact::Refused {
                    step,
                    why: Said::Refused {
                        said: words(failure),
                    }
                    .into(),
                },
                Err(failure) => Fact::Unknown {
                    step,
                    why: Said::Unknown {
                        said: words(failure),
                    }
                    .into(),
                },
            };
            for fact in late.into_iter().chain([fact]) {
                act.book.write(fact).await?;
            }
            if let Ok(found) = &answer {
                act.born(found).await?;
            }
            Ok::<_, BookError>(answer)
        });
        match task.await {
            Ok(done) => Ok(done?),
            Err(gone) if gone.is_panic() => std::panic::resume_unwind(gone.into_panic()),
            Err(_) => Err(Trouble::Halt),
        }
    }

    /// Writes since when a thing is there and what it costs.
    pub(crate) async fn born(&self, found: &Found) -> Result<(), BookError> {
        let (thing, since) = (
            found.thing.clone(),
            found.born.unwrap_or(self.ports.clock.now()),
        );
        let price = self.read(|progress| progress.prices.control_plane).await;
        if let Thing::Cluster(id) = thing {
            hold(&self.proven).insert(id);
        }
        if matches!(thing, Thing::Cluster(_) | Thing::Firewall(_)) {
            self.owned_now().await;
        }
        if let (Thing::Cluster(id), true) = (&thing, found.ha) {
            let thing = Thing::ControlPlane(*id);
            self.book
                .write(Fact::Born {
                    thing,
                    since,
                    price,
                })
                .await?;
        }
        self.book
            .write(Fact::Born {
                thing,
                since,
                price: None,
            })
            .await
    }

    /// Complete listings until something is found or enough online time has passed.
    async fn settled(&self, want: &Want) -> Result<Vec<Found>, Trouble> {
        let mut settle = self.settle().await;
        loop {
            let found = self.find(want).await?;
            if !found.is_empty() || settle.is_over(self.boot()) {
                return Ok(found);
            }
            self.note(Note::Settling {
                left: millis(settle.left()),
            });
            self.pause(self.protocol.settle_every).await?;
        }
    }

    /// How long to search after an unknown outcome.
    pub(crate) async fn settle(&self) -> Settle {
        let lag = self.read(|progress| progress.worst_lag_ms).await;
        let lag = Duration::from_millis(u64::try_from(lag).unwrap_or_default());
        let needed = self
            .protocol
            .settle_min
            .max(lag * self.protocol.settle_lag_factor);
        Settle {
            needed,
            spent: Duration::ZERO,
            last: None,
            most: self.protocol.settle_every * 2,
        }
    }

    /// Takes the first, and deletes all others: a second one is never kept.
    async fn adopt(&self, want: &Want, found: Vec<Found>) -> Result<Option<Thing>, Trouble> {
        let mut found = found.into_iter();
        let Some(first) = found.next() else {
            return Ok(None);
        };
        if self
            .read(|progress| progress.create_of(self.step).is_none())
            .await
        {
            self.write(intent(self.step, want)).await?;
        }
        // Duplicates first: a crash in between must not forget them.
        for second in found.filter(|_| self.protocol.delete_duplicates) {
            self.write(Fact::Duplicate {
                thing: second.thing.clone(),
            })
            .await?;
            self.born(&second).await?;
        }
        let (step, thing) = (self.step, first.thing.clone());
        self.write(Fact::Made {
            step,
            thing,
            adopted: true,
        })
        .await?;
        self.born(&first).await?;
        self.drop_duplicates().await?;
        Ok(Some(first.thing))
    }
}

fn intent(step: usize, want: &Want) -> Fact {
    Fact::Intent {
        step,
        what: want.kind(),
        label: want.label().to_owned(),
        body: want.hash(),
    }
}

/// Online time spent with complete listings since an unknown outcome.
pub(crate) struct Settle {
    needed: Duration,
    spent: Duration,
    last: Option<Duration>,
    most: Duration,
}

impl Settle {
    /// To be asked after every complete listing. A gap longer than two looks counts as two.
    pub(crate) fn is_over(&mut self, now: Duration) -> bool {
        if let Some(last) = self.last.replace(now) {
            self.spent += now.saturating_sub(last).min(self.most);
        }
        self.spent >= self.needed
    }

    pub(crate) fn left(&self) -> Duration {
        self.needed.saturating_sub(self.spent)
    }
}
