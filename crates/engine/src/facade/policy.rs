//! The default-deny preset of a namespace, on or off. Kubernetes keeps it; no journal does.

use super::Engine;
use super::problem::{Said, problem};
use crate::ports::Kind;
use domain::DeploymentId;
use domain::view::{NamespaceRow, Problem};

/// Without its pods that answer everybody, a cluster has no DNS and no network.
fn system(namespace: &str) -> bool {
    namespace.starts_with("kube-")
}

impl Engine {
    /// All namespaces, each with whether it has the preset.
    pub async fn namespaces(&self, id: &DeploymentId) -> Result<Vec<NamespaceRow>, Problem> {
        let held = self.mine(id).await?;
        let api = self.answering(&held).await?;
        let shut = self.told(api.policies().await)?;
        let names = self.told(api.namespaces().await)?;
        let row = |name: String| NamespaceRow {
            shut: shut.contains(&name),
            system: system(&name),
            name,
        };
        Ok(names.into_iter().map(row).collect())
    }

    /// Switches the preset of a namespace on or off; it is so already is success. What follows is
    /// the namespaces that have it now, read back.
    pub async fn set_policy(
        &self,
        id: &DeploymentId,
        namespace: &str,
        on: bool,
    ) -> Result<Vec<String>, Problem> {
        let held = self.mine(id).await?;
        if on && system(namespace) {
            let namespace = namespace.to_owned();
            let what = Said::PolicySystem { namespace };
            return Err(problem(what, None, Some(Said::PolicySystemFix)));
        }
        let api = self.answering(&held).await?;
        match api.set_policy(namespace, on).await {
            Err(failure) if failure.kind == Kind::NotFound => {
                let namespace = namespace.to_owned();
                let what = Said::PolicyNoNamespace { namespace };
                return Err(problem(what, None, Some(Said::PolicyNoNamespaceFix)));
            }
            answer => self.told(answer)?,
        }
        self.told(api.policies().await)
    }
}
