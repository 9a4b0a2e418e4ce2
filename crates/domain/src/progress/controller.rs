//! Who keeps the firewall before the nodes, by the steps that change it.

use super::Progress;
use super::StepPhase;
use super::table::StepEvent;
use crate::plan::Action;
use serde::{Deserialize, Serialize};

/// Whether a controller inside of the cluster keeps the firewall before the nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Controller {
    /// There is none: our firewall does.
    #[default]
    Absent,
    /// It may be there, and our firewall stands before what is not behind its own.
    Installed,
    /// It does: a node that we guarded it could not put behind its firewall.
    Guards,
}

impl Progress {
    /// A step began, ended well or failed.
    pub(super) fn move_controller(&mut self, step: usize, event: StepEvent) {
        let run = self.run.as_ref();
        let action = run
            .and_then(|run| run.plan.steps.get(step))
            .map(|step| &step.action);
        self.controller = match (action, event) {
            (Some(Action::InstallController { .. }), StepEvent::Start) => {
                self.controller.max(Controller::Installed)
            }
            (Some(Action::HandOver), StepEvent::Start) => Controller::Guards,
            // Our firewall stands before what is bare again.
            (Some(Action::HandOver), StepEvent::Fail)
            | (Some(Action::RemoveController { .. }), StepEvent::Start) => Controller::Installed,
            (Some(Action::RemoveController { .. }), StepEvent::Finish) => Controller::Absent,
            (_, _) => self.controller,
        };
    }

    /// A run goes on: a step that had begun is under way again.
    pub(super) fn reopen_controller(&mut self) {
        let Some(run) = &self.run else { return };
        let steps = run.plan.steps.iter().zip(&run.steps);
        let mut under_way = steps.filter(|(_, one)| one.phase == StepPhase::Started);
        if under_way.any(|(step, _)| step.action == Action::HandOver) {
            self.controller = Controller::Guards;
        }
    }
}
