//! The default-deny preset of a namespace, on or off. Kubernetes keeps it; no journal does.

use super::Engine;
use super::problem::{Said, problem};
use crate::ports::Kind;
use domain::DeploymentId;
use domain::view::Problem;

impl Engine {
    /// Switches the preset of a namespace on or off; it is so already is success. What follows is
    /// the namespaces that have it now, read back.
    pub async fn set_policy(
        &self,
        id: &DeploymentId,
        namespace: &str,
        on: bool,
    ) -> Result<Vec<String>, Problem> {
        let held = self.mine(id).await?;
        // Without its pods that answer everybody, a cluster has no DNS and no network.
        if on && namespace.starts_with("kube-") {
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
