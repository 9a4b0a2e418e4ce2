//! What a person should hear of though the window is closed: a run that ended or needs them, a stop
//! time that is near, a mark of the budget. One task listens to each cloud at work.

use crate::preferences;
use crate::said::Said;
use crate::shell::Session;
use crate::tray;
use crate::words::say;
use domain::MicroUsd;
use domain::text::PerHour;
use domain::view::{DeploymentRow, DeploymentState, Op, Row, Snapshot, SpendRow, Whose};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tauri::{AppHandle, Runtime};
use tauri_plugin_notification::NotificationExt as _;
use tokio::sync::broadcast::error::RecvError;

/// The budget's marks, in percent of it.
const MARKS: [i64; 3] = [50, 80, 100];

/// What news come from, of one deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// Its label.
    pub(crate) label: String,
    /// Its state; `None` before its row came.
    pub(crate) state: Option<DeploymentState>,
    /// What it costs now an hour.
    pub(crate) rate: Option<MicroUsd>,
    /// When it is torn down by itself.
    pub(crate) stops: Option<Timestamp>,
    /// Which warning of its stop time stands.
    pub(crate) warned: Option<String>,
    /// How much of its budget is spent this month, by the last mark that was reached.
    pub(crate) mark: Option<(i64, MicroUsd)>,
    /// Whether it is looked after here.
    pub(crate) ours: bool,
}

impl Known {
    fn take_row(&mut self, row: &DeploymentRow) {
        let warns = |code: &&String| code.starts_with("stop_within");
        let code = row.notice.as_ref().map(|notice| &notice.what.code);
        self.label.clone_from(&row.label);
        self.state = Some(row.state);
        self.rate = row.rate;
        self.stops = row.stops;
        self.warned = code.filter(warns).cloned();
        self.ours = row.here && row.whose == Whose::Here;
    }

    fn take_spend(&mut self, row: &SpendRow) {
        let budget = row.budget.filter(|budget| budget.0 > 0);
        self.mark = row.month_so_far.zip(budget).and_then(|(spent, budget)| {
            let percent = spent.0.saturating_mul(100) / budget.0;
            let reached = MARKS.into_iter().rfind(|mark| percent >= *mark)?;
            Some((reached, budget))
        });
    }
}

/// What is new since before. A deployment that was just met brings no news.
fn news(before: &Known, now: &Known) -> Vec<Said> {
    let Some(was) = before.state.filter(|_| now.ours) else {
        return Vec::new();
    };
    let label = || now.label.clone();
    let mut all = Vec::new();
    if let Some(is) = now.state.filter(|is| *is != was) {
        let (label, rate) = (label(), PerHour(now.rate.unwrap_or_default()));
        all.extend(match (was, is) {
            (DeploymentState::Building, DeploymentState::Running) => {
                Some(Said::NewsReady { label })
            }
            (_, DeploymentState::Gone) => Some(Said::NewsGone { label }),
            (_, DeploymentState::Stuck) => Some(Said::NewsStuck { label, rate }),
            (_, DeploymentState::Failed) => Some(Said::NewsFailed { label, rate }),
            (
                _,
                DeploymentState::Building
                | DeploymentState::Running
                | DeploymentState::Interrupted
                | DeploymentState::Leaving,
            ) => None,
        });
    }
    if let (Some(time), true) = (
        now.stops,
        now.warned.is_some() && now.warned != before.warned,
    ) {
        let label = label();
        all.push(Said::NewsStops { label, time });
    }
    if let Some((percent, budget)) = now.mark
        && before
            .mark
            .is_none_or(|(mark, of)| percent > mark && of == budget)
    {
        let (label, percent) = (label(), percent.unsigned_abs());
        all.push(Said::NewsBudget {
            label,
            percent,
            budget,
        });
    }
    all
}

/// The deployments of one cloud, as they are known.
#[derive(Default)]
pub(crate) struct Board {
    all: BTreeMap<String, Known>,
}

impl Board {
    /// Every row of a snapshot; of what was known before, what changed meanwhile is news.
    fn begin(&mut self, snapshot: &Snapshot) -> Vec<Said> {
        let before: Vec<String> = self.all.keys().cloned().collect();
        let was_known = |key: &str| {
            let id = key.split('/').nth(1).unwrap_or_default();
            before.iter().any(|one| one == id)
        };
        let mut new = Vec::new();
        for (key, row) in &snapshot.view {
            let told = self.put(key, row);
            new.extend(told.into_iter().filter(|_| was_known(key)));
        }
        new
    }

    fn hear(&mut self, op: &Op) -> Vec<Said> {
        match op {
            Op::Put { key, value } => self.put(key, value),
            Op::Remove { key } => {
                if let Some(id) = key.strip_prefix("deployment/") {
                    self.all.remove(id);
                }
                Vec::new()
            }
        }
    }

    fn put(&mut self, key: &str, row: &Row) -> Vec<Said> {
        let Some(id) = key.split('/').nth(1) else {
            return Vec::new();
        };
        let before = self.all.get(id).cloned().unwrap_or_default();
        let mut now = before.clone();
        match row {
            Row::Deployment(row) => now.take_row(row),
            Row::Spend(row) => now.take_spend(row),
            Row::App(_) | Row::Node(_) | Row::Step(_) | Row::Activity(_) => return Vec::new(),
        }
        let new = news(&before, &now);
        self.all.insert(id.to_owned(), now);
        new
    }

    /// What runs and is looked after here.
    pub(crate) fn standing(&self) -> impl Iterator<Item = &Known> {
        let stands =
            |one: &&Known| one.ours && one.state.is_some_and(|s| s != DeploymentState::Gone);
        self.all.values().filter(stands)
    }
}

/// Listens to a cloud for as long as it is at work.
pub(crate) fn listen<R: Runtime>(app: &AppHandle<R>, session: &Arc<Session>) {
    if session.listened.swap(true, Ordering::AcqRel) {
        return;
    }
    let (app, session) = (app.clone(), Arc::downgrade(session));
    tauri::async_runtime::spawn(async move {
        loop {
            let Some(held) = session.upgrade() else {
                return;
            };
            let (snapshot, mut deltas) = held.engine.subscribe();
            tell(&app, &held, |board| board.begin(&snapshot));
            drop(held);
            loop {
                let delta = match deltas.recv().await {
                    Ok(delta) => delta,
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return,
                };
                let Some(held) = session.upgrade() else {
                    return;
                };
                let hear =
                    |board: &mut Board| delta.ops.iter().flat_map(|op| board.hear(op)).collect();
                tell(&app, &held, hear);
            }
        }
    });
}

fn tell<R: Runtime>(
    app: &AppHandle<R>,
    session: &Session,
    hear: impl FnOnce(&mut Board) -> Vec<Said>,
) {
    let new = hear(&mut crate::shell::lock(&session.board));
    for one in new {
        notify(app, one);
    }
    tray::refresh(app);
}

/// Says something outside of the window, unless the person wants none of it.
pub(crate) fn notify<R: Runtime>(app: &AppHandle<R>, what: Said) {
    if !preferences::read(app).notify {
        return;
    }
    let name = app.package_info().name.clone();
    let shown = app
        .notification()
        .builder()
        .title(name)
        .body(say(what))
        .show();
    if let Err(error) = shown {
        tracing::debug!(%error, "nobody shows notifications here");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(state: DeploymentState) -> Known {
        Known {
            label: "ada".to_owned(),
            state: Some(state),
            rate: Some(MicroUsd(520_000)),
            ours: true,
            ..Known::default()
        }
    }

    fn said(before: &Known, now: &Known) -> Vec<String> {
        news(before, now).into_iter().map(say).collect()
    }

    #[test]
    fn a_run_that_ended_or_needs_somebody_is_news_and_nothing_else_is() {
        use DeploymentState::{Building, Failed, Gone, Interrupted, Leaving, Running, Stuck};
        let states = [Building, Running, Failed, Interrupted, Leaving, Stuck, Gone];
        let mut all = Vec::new();
        for was in states {
            for is in states {
                let new = said(&known(was), &known(is));
                all.extend(
                    new.into_iter()
                        .map(|text| format!("{was:?} {is:?}: {text}")),
                );
            }
        }
        all.sort();
        assert_eq!(all.len(), 1 + 3 * 6, "{all:?}");
        expect_test::expect![[r"
            Building Failed: ada: a step failed, $0.52/h is running. It waits for you.
            Building Gone: ada is torn down. Nothing is left.
            Building Running: ada is ready.
            Building Stuck: ada: $0.52/h is still running. One thing needs you."]]
        .assert_eq(&all[..4].join("\n"));
        let met = Known::default();
        assert_eq!(said(&met, &known(Stuck)), Vec::<String>::new(), "just met");
        let theirs = Known {
            ours: false,
            ..known(Gone)
        };
        assert_eq!(said(&known(Running), &theirs), Vec::<String>::new());
    }

    #[test]
    fn each_warning_of_a_stop_time_and_each_mark_of_the_budget_is_told_once() {
        let running = known(DeploymentState::Running);
        let warned = |code: &str| Known {
            stops: Some("2026-11-23T20:00:00Z".parse().unwrap()),
            warned: Some(code.to_owned()),
            ..running.clone()
        };
        let (hour, minutes) = (warned("stop_within_hour"), warned("stop_within_minutes"));
        let count = |before: &Known, now: &Known| said(before, now).len();
        assert_eq!((count(&running, &hour), count(&hour, &hour)), (1, 0));
        assert_eq!((count(&hour, &minutes), count(&minutes, &running)), (1, 0));
        let spent = |percent: i64| Known {
            mark: (percent > 0).then_some((percent, MicroUsd(900_000_000))),
            ..running.clone()
        };
        let told: Vec<usize> = [(0, 50), (50, 50), (50, 80), (80, 100), (100, 0), (100, 50)]
            .map(|(before, now)| count(&spent(before), &spent(now)))
            .to_vec();
        assert_eq!(told, [1, 0, 1, 1, 0, 0]);
        let text = said(&spent(50), &spent(80));
        expect_test::expect!["ada has used 80 % of its budget of $900.00 this month."]
            .assert_eq(&text[0]);
    }

    #[test]
    fn a_mark_is_what_was_spent_of_the_budget_this_month() {
        let spend = |spent, budget| SpendRow {
            rate: None,
            at_least: None,
            at_most: None,
            so_far: None,
            month_so_far: spent,
            month: None,
            budget,
            parts: Vec::new(),
            since: None,
            points: Vec::new(),
        };
        let mark = |spent: Option<i64>, budget: Option<i64>| {
            let mut known = known(DeploymentState::Running);
            known.take_spend(&spend(spent.map(MicroUsd), budget.map(MicroUsd)));
            known.mark.map(|(mark, _)| mark)
        };
        let marks = [
            mark(Some(49), Some(100)),
            mark(Some(50), Some(100)),
            mark(Some(99), Some(100)),
            mark(Some(250), Some(100)),
            mark(None, Some(100)),
            mark(Some(50), None),
            mark(Some(50), Some(0)),
        ];
        assert_eq!(
            marks,
            [None, Some(50), Some(80), Some(100), None, None, None]
        );
    }
}
