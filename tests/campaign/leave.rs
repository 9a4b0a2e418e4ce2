//! The way out: what a user tears down, and with which volumes.

use crate::check;
use crate::story::Story;
use crate::wire::held;
use domain::plan::Purpose;
use domain::progress::Progress;
use domain::record::Fact;
use domain::spec::Spec;
use domain::text::Param;
use domain::{DeploymentId, VolumeId};
use serde_json::Value;

impl Story {
    /// The teardown that the user wishes, with some of the volumes; again until it is accepted.
    pub(crate) async fn tear_down(
        &mut self,
        id: &DeploymentId,
        spec: &Spec,
        doom: Option<u64>,
    ) -> bool {
        for nth in 0..30 {
            let doom = doom.filter(|_| nth == 0);
            let Some(process) = self.process(doom).await else {
                continue;
            };
            let delete = self.some_volumes();
            held(&self.notes).asked = true;
            let said = tokio::select! {
                biased;
                asked = process.engine.tear_down(id, "ada", &delete) => {
                    asked.map_or_else(|problem| problem.code, |()| "accepted".to_owned())
                }
                () = process.life.ended() => "died".to_owned(),
            };
            held(&self.notes).say(&format!("teardown: {said}"));
            let asked = said == "accepted";
            if asked {
                if doom.is_some() {
                    self.perhaps_other(id, spec, 40).await;
                }
                self.wait(&process, id).await;
                self.at_screen(&process, id);
            }
            process.life.end();
            if asked || self.ask(id, leaves) == Some(true) {
                return true;
            }
            self.minutes(2).await;
        }
        false
    }

    /// What the screen says that nothing shows to be ours, a person deletes in Linode's manager: when we
    /// made it, and it bears neither our mark nor our label any more.
    pub(crate) async fn delete_by_hand(&self, id: &DeploymentId) {
        let Some(progress) = self.disk().progress(id).filter(leaves) else {
            return;
        };
        let said = self.disk().last(id, |record| {
            if let Fact::Stuck { what, .. } = &record.fact {
                return Some(what.clone());
            }
            None
        });
        let said = said.filter(|what| what.code == "stuck_not_proven");
        let things = said.and_then(|mut what| what.params.remove("things"));
        let Some(Param::List(unproven)) = things else {
            return;
        };
        let ledger = self.world.ledger();
        let marked = check::ours(&ledger, &id.mark(), "alive");
        let label = progress.label().unwrap_or_default();
        for (thing, life) in progress.alive() {
            let key = check::in_ledger(thing);
            let is =
                |row: &Value| key.is_some_and(|(kind, id)| row["kind"] == kind && row["id"] == id);
            let mut rows = ledger["alive"].as_array().into_iter().flatten();
            let row = rows.find(|row| is(row) && row["label"] != label);
            let lost = row.filter(|row| !marked.contains(row));
            if let Some(row) = lost.filter(|_| life.made && unproven.contains(&thing.to_string())) {
                self.world.delete(row).await;
            }
        }
    }

    /// Volumes of ours that the user ticks.
    pub(crate) fn some_volumes(&mut self) -> Vec<VolumeId> {
        let ledger = self.world.ledger();
        let alive = ledger["alive"].as_array().into_iter().flatten();
        let ours = alive.filter(|row| row["kind"] == "volume" && row["cluster"].is_u64());
        let ids: Vec<u64> = ours.filter_map(|row| row["id"].as_u64()).collect();
        let ticked = ids.into_iter().filter(|_| self.draw.percent(50));
        ticked.map(VolumeId).collect()
    }
}

/// Whether it is on its way out, or gone.
pub(crate) fn leaves(progress: &Progress) -> bool {
    matches!(
        progress.purpose(),
        Some(Purpose::TearDown | Purpose::RollBack)
    )
}
