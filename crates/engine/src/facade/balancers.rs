//! A load balancer guarded: the addresses of the list for web UIs, and nobody else.

use super::problem::{Said, problem};
use super::{AccessDone, Engine, Held};
use crate::ports::KubeApi;
use domain::inventory::ServiceName;
use domain::plan::build::{Basis, Edit, plan_update};
use domain::progress::Rest;
use domain::rules::everyone;
use domain::view::Problem;
use domain::{DeploymentId, PlanId};
use std::sync::Arc;

impl Engine {
    /// Lets only the addresses of the Spec's list for web UIs through a load balancer. A run writes
    /// it and reads it back; wait for its end.
    pub async fn guard_balancer(
        &self,
        id: &DeploymentId,
        service: &ServiceName,
    ) -> Result<AccessDone, Problem> {
        self.account().await?;
        self.still_own(id).await?;
        let held = self.known(id)?;
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
        let access = spec.ui_access.clone().unwrap_or_default();
        if access.is_empty() {
            return Err(problem(Said::GuardNoList, None, Some(Said::GuardNoListFix)));
        }
        let entries = everyone(&access);
        if !entries.is_empty() {
            let what = Said::GuardEveryone { entries };
            return Err(problem(what, None, Some(Said::GuardNoListFix)));
        }
        let api = self.answering(&held).await?;
        let services = self.told(api.load_balancers().await)?;
        if !services.iter().any(|one| one.service == *service) {
            let service = service.to_string();
            let what = Said::GuardNoService { service };
            return Err(problem(what, None, Some(Said::GuardNoServiceFix)));
        }
        let book = self.open(id).await?;
        let now = self.ports.clock.now();
        let basis = Basis::of(&held.progress, PlanId(self.ports.ids.ulid(now)), now);
        let service = service.clone();
        let edit = Edit::Guard { service, access };
        let plan = plan_update(&spec, &[edit], held.progress.prices, basis);
        self.begin(book, plan).await?;
        Ok(AccessDone::Run)
    }

    /// The Kubernetes of a deployment that stands.
    pub(super) async fn answering(&self, held: &Held) -> Result<Arc<dyn KubeApi>, Problem> {
        let cluster = self.stands(held)?;
        let name = || held.progress.label().unwrap_or_default();
        let api = self.kubernetes(cluster).await;
        api.ok_or_else(|| {
            let what = Said::KubernetesSilent { name: name() };
            problem(what, None, Some(Said::KubernetesSilentFix))
        })
    }
}
