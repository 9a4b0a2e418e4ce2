//! What the screen and lists hold of deployments and of the app as a whole.

use super::problem::{Said, problem};
use super::{Engine, Held, lock};
use domain::record::ThingKind;
use domain::screen::{self, Facts};
use domain::view::{AccountCard, AppRow, Delta, Problem, Row, Snapshot, Whose};
use domain::{DeploymentId, MicroUsd};
use std::collections::BTreeSet;
use tokio::sync::broadcast;

/// A deployment in short, for lists.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Brief {
    /// Its id.
    pub id: DeploymentId,
    /// The cluster's label.
    pub label: String,
    /// Its state.
    pub state: domain::view::DeploymentState,
    /// Its region.
    pub region: String,
    /// What it costs now an hour; `None`: unknown.
    pub rate: Option<MicroUsd>,
    /// What it has cost so far; `None`: unknown.
    pub so_far: Option<MicroUsd>,
    /// Nodes that are there.
    pub nodes: usize,
    /// Whether cloud and account are the connected ones.
    pub here: bool,
    /// Which computer looks after it; read-only unless it is this one.
    pub whose: Whose,
}

impl Engine {
    /// Rows now, and every change after.
    pub fn subscribe(&self) -> (Snapshot, broadcast::Receiver<Delta>) {
        // While nobody listened, nothing was drawn.
        let _heard = self.bus.subscribe();
        for id in &self.all_ids() {
            self.publish(id);
        }
        self.bus.subscribe()
    }

    pub(super) fn all_ids(&self) -> BTreeSet<DeploymentId> {
        let mut ids: BTreeSet<DeploymentId> = lock(&self.held).keys().cloned().collect();
        ids.extend(self.strangers());
        ids
    }

    /// Every deployment in short, oldest first: those with a journal here, and those that were
    /// seen on the account.
    pub fn list(&self) -> Vec<Brief> {
        self.all_ids()
            .iter()
            .filter_map(|id| self.brief(id))
            .collect()
    }

    fn brief(&self, id: &DeploymentId) -> Option<Brief> {
        let (whose, held) = self.shown_as(id)?;
        let spec = held.progress.spec.as_ref()?;
        let spent = domain::spend::spend(&screen::billed(&held.progress), self.ports.clock.now());
        Some(Brief {
            id: id.clone(),
            label: spec.label(),
            state: screen::state(&held.progress, held.driven()),
            region: spec.region.clone(),
            rate: spent.rate,
            so_far: spent.so_far,
            nodes: held.progress.alive_of(ThingKind::Instance).len(),
            here: self.is_here(&held.progress),
            whose,
        })
    }

    /// The rows of one deployment, as the screen has them.
    pub fn rows(&self, id: &DeploymentId) -> Vec<(String, Row)> {
        self.shown_as(id)
            .map(|(whose, held)| self.rows_of(&held, whose))
            .unwrap_or_default()
    }

    fn rows_of(&self, held: &Held, whose: Whose) -> Vec<(String, Row)> {
        let catalog = lock(&self.catalog).clone();
        screen::rows(&Facts {
            progress: &held.progress,
            records: &held.records,
            seen: &held.seen,
            catalog: catalog.as_deref(),
            now: self.ports.clock.now(),
            driven: held.driven(),
            here: self.is_here(&held.progress),
            whose,
            merged: self.merged_at(&held.progress.header.deployment).as_ref(),
        })
    }

    /// What a deployment cost and costs, as a table for a spreadsheet. A table without a line is a
    /// problem: saved, it would be taken for a deployment that was free.
    pub fn cost_table(&self, id: &DeploymentId) -> Result<String, Problem> {
        let held = self.known(id)?;
        let now = self.ports.clock.now();
        let spent = screen::spent(&held.progress, &held.seen.watched, now);
        let label = held.progress.label().unwrap_or_else(|| id.0.clone());
        if spent.points.is_empty() {
            let fix = Some(Said::NoCostYetFix);
            return Err(problem(Said::NoCostYet { name: label }, None, fix));
        }
        Ok(screen::csv(&label, &spent.points))
    }

    /// Tells the screen how a deployment stands now, when there is a screen.
    pub(crate) fn publish(&self, id: &DeploymentId) {
        if !self.bus.is_heard() {
            return;
        }
        let own = format!("/{id}");
        let owns = |key: &str| {
            key.find(&own)
                .is_some_and(|at| matches!(key.as_bytes().get(at + own.len()), None | Some(b'/')))
        };
        self.bus.replace(owns, self.rows(id));
    }

    pub(super) fn publish_app(&self) {
        let account = lock(&self.account).clone().map(|(_, account)| account);
        let card = account
            .zip(self.here.token.clone())
            .map(|(account, (last4, kept))| AccountCard {
                id: account.id.0.clone(),
                user: account.user.clone(),
                last4,
                missing_scopes: account.missing_scopes(),
                scopes: account.scopes,
                expires: account.token_expires,
                restricted: account.restricted,
                kept,
            });
        let row = Row::App(Box::new(AppRow {
            cloud: self.here.kind,
            demo_speed: self.here.demo_speed,
            account: card,
            online: self.online(),
            weather: self.weather(),
            notice: self.here.notice.clone(),
            now: self.ports.clock.now(),
            version: self.here.version.clone(),
        }));
        self.bus
            .replace(|key| key == "app", vec![("app".to_owned(), row)]);
    }
}
