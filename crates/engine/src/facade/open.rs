//! Services opened in the browser, each by a port of this computer that leads to its pods. Nothing of
//! it is in a journal: it costs nothing, changes nothing, and ends with this process.

use super::problem::{Said, problem};
use super::{Engine, lock};
use crate::ports::Tunnel;
use domain::DeploymentId;
use domain::inventory::ServiceName;
use domain::view::{OpenView, OpenedService, Problem, ServicePort};

/// One that is open.
pub(super) struct Open {
    deployment: DeploymentId,
    shown: OpenedService,
    _tunnel: Tunnel,
}

impl Engine {
    /// What can be opened of a deployment, and what is open.
    pub async fn services(&self, id: &DeploymentId) -> Result<OpenView, Problem> {
        let held = self.mine(id).await?;
        let api = self.answering(&held).await?;
        let mut services = self.told(api.services().await)?;
        services.sort_by(|one, other| one.service.cmp(&other.service));
        let opened = self.opened(id);
        Ok(OpenView { opened, services })
    }

    /// Opens a Service; one that is open already stays as it is. `port`: one of its numbers or names;
    /// a Service with one port needs none.
    pub async fn open_service(
        &self,
        id: &DeploymentId,
        service: &ServiceName,
        port: Option<&str>,
    ) -> Result<OpenedService, Problem> {
        let held = self.mine(id).await?;
        let api = self.answering(&held).await?;
        let name = service.to_string();
        let services = self.told(api.services().await)?;
        let Some(row) = services.into_iter().find(|one| one.service == name) else {
            let what = Said::ServiceMissing { name };
            return Err(problem(what, None, Some(Said::ServiceMissingFix)));
        };
        let Some(port) = chosen(&row.ports, port) else {
            let written = |one: &ServicePort| one.port.to_string();
            let ports = row.ports.iter().map(written).collect();
            let what = Said::ServicePort { name };
            return Err(problem(what, None, Some(Said::ServicePortFix { ports })));
        };
        let same = |one: &OpenedService| one.service == name && one.port == port;
        if let Some(there) = self.opened(id).into_iter().find(same) {
            return Ok(there);
        }
        let Some(tunnel) = self.told(api.open_service(service, port).await)? else {
            let what = Said::ServiceEmpty { name };
            return Err(problem(what, None, Some(Said::ServiceEmptyFix)));
        };
        let local = tunnel.local;
        let shown = OpenedService {
            service: name,
            port,
            local,
            url: format!("http://localhost:{local}"),
        };
        lock(&self.open).push(Open {
            deployment: id.clone(),
            shown: shown.clone(),
            _tunnel: tunnel,
        });
        Ok(shown)
    }

    /// What is open of a deployment; of one that does not stand any more nothing is.
    pub fn opened(&self, id: &DeploymentId) -> Vec<OpenedService> {
        let stands = self.known(id).and_then(|held| self.stands(&held)).is_ok();
        let mut open = lock(&self.open);
        open.retain(|one| stands || one.deployment != *id);
        let of_it = open.iter().filter(|one| one.deployment == *id);
        of_it.map(|one| one.shown.clone()).collect()
    }

    /// Closes what a port of this computer leads to, with all that it carries.
    pub fn close_service(&self, id: &DeploymentId, local: u16) {
        lock(&self.open).retain(|one| one.deployment != *id || one.shown.local != local);
    }
}

/// The port that is meant.
fn chosen(ports: &[ServicePort], wanted: Option<&str>) -> Option<u16> {
    let Some(wanted) = wanted else {
        return match ports {
            [only] => Some(only.port),
            _ => None,
        };
    };
    let is =
        |one: &&ServicePort| one.name.as_deref() == Some(wanted) || one.port.to_string() == wanted;
    ports.iter().find(is).map(|one| one.port)
}
