//! The controller inside of the cluster switched on or off: it guards new nodes while no app is open.

use super::problem::{Said, problem};
use super::{AccessDone, Engine};
use domain::plan::build::{Basis, Edit, plan_update};
use domain::preset::firewall_rules;
use domain::progress::{Controller, Rest};
use domain::view::Problem;
use domain::{DeploymentId, PlanId};

impl Engine {
    /// Hands the firewall over to the controller, or takes it back. A run does it and reads it back;
    /// wait for its end.
    pub async fn set_controller(&self, id: &DeploymentId, on: bool) -> Result<AccessDone, Problem> {
        let held = self.mine(id).await?;
        let name = || held.progress.label().unwrap_or_default();
        match held.progress.rest_state() {
            Rest::Running(_) | Rest::Cancelled(_) | Rest::Idle => {
                let what = Said::RunUnderWay { name: name() };
                return Err(problem(what, None, Some(Said::RunUnderWayFix)));
            }
            Rest::Failed | Rest::Done | Rest::Kept | Rest::Stuck => {}
        }
        let Some(spec) = held.progress.spec.clone() else {
            return Err(problem(Said::NothingToDo { name: name() }, None, None));
        };
        match (held.progress.controller, on) {
            (Controller::Guards, true) | (Controller::Absent, false) => {
                return Ok(AccessDone::Nothing);
            }
            (Controller::Absent | Controller::Installed, true)
            | (Controller::Guards | Controller::Installed, false) => {}
        }
        // It lives inside of Kubernetes: without an answer nothing is begun.
        self.answering(&held).await?;
        let book = self.open(id).await?;
        let now = self.ports.clock.now();
        let basis = Basis::of(&held.progress, PlanId(self.ports.ids.ulid(now)), now);
        let rules = firewall_rules(&spec);
        let edit = Edit::Controller { on, rules };
        let plan = plan_update(&spec, &[edit], held.progress.prices, basis);
        self.begin(book, plan).await?;
        Ok(AccessDone::Run)
    }
}
