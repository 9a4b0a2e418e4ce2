//! The stop time: moved, warned of, and fired by a clock that can be believed.

use super::act::of_book;
use super::problem::{Said, problem};
use super::{Engine, lock};
use domain::DeploymentId;
use domain::plan::Purpose;
use domain::record::Fact;
use domain::spec::Stops;
use domain::view::Problem;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// Two readings of the wall clock agree when they differ by no more than this from the time that
/// passed since the start of the computer.
const AGREES: SignedDuration = SignedDuration::from_secs(5);

/// For how long a stop time waits to be told whose the deployment is.
const OWNER_TOLD: Duration = Duration::from_secs(5);

/// The wall clock, as far as it can be believed: once two rounds agreed, it runs on with the time
/// since the start of the computer, sleep included. A jump of the wall clock is not followed, since
/// nobody can say which of the two is right and a teardown cannot be taken back.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wall {
    last: Option<(Timestamp, Duration)>,
    believed: Option<(Timestamp, Duration)>,
}

impl Wall {
    /// To be told both clocks every round. `None`: the first round after a start, when nothing else
    /// is known.
    pub(super) fn round(&mut self, wall: Timestamp, boot: Duration) -> Option<Timestamp> {
        let reading = (wall, boot);
        let last = self.last.replace(reading);
        let anchor = self.believed.or(last)?;
        let runs_on = run_on(anchor, boot);
        if wall.duration_since(runs_on).abs() <= AGREES {
            // Small corrections of the wall clock are followed.
            self.believed = Some(reading);
            return Some(wall);
        }
        self.believed?;
        self.believed = Some((runs_on, boot));
        Some(runs_on)
    }
}

fn run_on((wall, boot): (Timestamp, Duration), now: Duration) -> Timestamp {
    let passed = SignedDuration::try_from(now.saturating_sub(boot)).unwrap_or(SignedDuration::MAX);
    wall.saturating_add(passed).unwrap_or(Timestamp::MAX)
}

/// To where a stop time is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveStop {
    /// To a time.
    At(Timestamp),
    /// So long from now.
    In(SignedDuration),
    /// So much later than it is; when it is past, so long from now.
    Later(SignedDuration),
    /// It does not stop by itself.
    Never,
}

impl Engine {
    /// Moves a deployment's stop time, or takes it back. Gives the new one. Also while a run of ours
    /// is under way; not once it is being torn down.
    pub async fn move_stop(
        &self,
        id: &DeploymentId,
        to: MoveStop,
    ) -> Result<Option<Timestamp>, Problem> {
        let held = self.known(id)?;
        self.must_be_here(&held)?;
        self.must_be_own(&held)?;
        let name = held.progress.label().unwrap_or_else(|| id.0.clone());
        let now = self.ports.clock.now();
        let after = |from: Timestamp, length| from.saturating_add(length).unwrap_or(Timestamp::MAX);
        let stop = match (to, held.progress.stops_at()) {
            (MoveStop::At(at), _) => Some(at),
            (MoveStop::In(length), _) => Some(after(now, length)),
            (MoveStop::Later(length), Some(stop)) => Some(after(stop.max(now), length)),
            (MoveStop::Later(_), None) => {
                let fix = Some(Said::StopNoneFix);
                return Err(problem(Said::StopNone { name }, None, fix));
            }
            (MoveStop::Never, _) => None,
        };
        if let Some(at) = stop.filter(|at| *at <= now) {
            let fix = Some(Said::StopInPastFix);
            return Err(problem(Said::StopInPast { at }, None, fix));
        }
        let leaves = || problem(Said::StopLeaves { name: name.clone() }, None, None);
        let book = match held.run {
            Some(run) => run.book,
            None => self.open(id).await?,
        };
        if book.read(|progress| leaving(progress.purpose())).await {
            return Err(leaves());
        }
        let stops = stop.map_or(Stops::Never, Stops::At);
        let written = book.write(Fact::StopMoved { stops }).await;
        written.map_err(|error| of_book(&error))?;
        drop(book);
        self.publish(id);
        Ok(stop)
    }

    /// A stop time is the user's standing wish: it accepts a teardown that keeps every volume. Each
    /// begins in a task of its own, so that one that waits for the cloud delays no other.
    pub(super) fn stop_what_is_due(&self, now: Timestamp) {
        let due: Vec<(DeploymentId, String)> = lock(&self.held)
            .iter()
            .filter(|(_, held)| {
                let stop = held.progress.stops_at();
                stop.is_some_and(|stop| stop <= now)
                    && !leaving(held.progress.purpose())
                    && !held.elsewhere
                    && self.is_here(&held.progress)
            })
            .filter(|(id, _)| !self.is_lost(id))
            .map(|(id, held)| (id.clone(), held.progress.label().unwrap_or_default()))
            .collect();
        for (id, label) in due {
            let Some(me) = self.me.upgrade() else { return };
            if !lock(&self.stopping).insert(id.clone()) {
                continue;
            }
            tokio::spawn(async move {
                if let Err(problem) = me.stop(&id, &label).await {
                    let code = problem.code;
                    tracing::warn!(code, "a stop time is due and its teardown waits");
                }
                lock(&me.stopping).remove(&id);
            });
        }
    }

    /// Once it is known whose account this is, nothing that Linode answers delays the teardown for
    /// long: whose the deployment is, the run asks again before it takes anything away.
    async fn stop(&self, id: &DeploymentId, label: &str) -> Result<(), Problem> {
        let known = lock(&self.account).is_some();
        if !known {
            self.account().await?;
        }
        // While no account was known, every journal of this cloud was taken for its own.
        self.must_be_here(&self.known(id)?)?;
        tokio::select! {
            biased;
            own = self.still_own(id) => own?,
            () = self.ports.clock.sleep(OWNER_TOLD) => self.must_be_own(&self.known(id)?)?,
        }
        self.accept_teardown(id, label, &[], &[]).await
    }

    /// Warnings and overruns come with time, not with records: their rows are made anew.
    pub(super) fn publish_stops(&self) {
        let stops = |held: &super::Held| {
            held.progress.stops_at().is_some() && held.progress.torn_down.is_none()
        };
        let ids: Vec<DeploymentId> = lock(&self.held)
            .iter()
            .filter(|(_, held)| stops(held))
            .map(|(id, _)| id.clone())
            .collect();
        for id in ids {
            self.publish(&id);
        }
    }
}

fn leaving(purpose: Option<Purpose>) -> bool {
    matches!(purpose, Some(Purpose::TearDown | Purpose::RollBack))
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR: i64 = 365 * 24 * 3600;

    /// What is believed at each round: seconds since the start of both clocks in, seconds out.
    fn rounds(readings: &[(i64, u64)]) -> Vec<Option<i64>> {
        let start: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let mut wall = Wall::default();
        let mut round = |(now, boot): &(i64, u64)| {
            let now = start + SignedDuration::from_secs(*now);
            let believed = wall.round(now, Duration::from_secs(*boot))?;
            Some(believed.duration_since(start).as_secs())
        };
        readings.iter().map(&mut round).collect()
    }

    #[test]
    fn the_first_round_after_a_start_believes_nothing_and_the_second_the_wall() {
        assert_eq!(rounds(&[(0, 100), (1, 101)]), [None, Some(1)]);
    }

    #[test]
    fn a_jump_in_the_first_rounds_is_waited_out() {
        let jump = [(0, 0), (YEAR, 1), (YEAR + 1, 2)];
        assert_eq!(rounds(&jump), [None, None, Some(YEAR + 1)]);
    }

    #[test]
    fn no_jump_of_the_wall_is_followed_in_either_direction_and_its_end_is() {
        for year in [YEAR, -YEAR] {
            let jump = [(0, 0), (1, 1), (year, 11), (year + 10, 21), (31, 31)];
            let believed = [None, Some(1), Some(11), Some(21), Some(31)];
            assert_eq!(rounds(&jump), believed);
        }
    }

    #[test]
    fn a_nights_sleep_is_believed_at_once_and_small_corrections_are_followed() {
        let night = [(0, 0), (1, 1), (28_800, 28_800), (28_814, 28_810)];
        assert_eq!(rounds(&night), [None, Some(1), Some(28_800), Some(28_814)]);
    }
}
