//! What is set up inside of Kubernetes, once it answers. Everything here can be repeated.

use crate::act::{Act, Trouble};
use crate::ports::{Answer, Kind, KubeApi};
use crate::said::{Ended, Failed, Note, failed};
use domain::progress::Progress;
use domain::text::Text;
use std::sync::Arc;

impl Act {
    /// Volumes of claims that name no class go with their claims, and bear our mark.
    pub(crate) async fn set_storage_class(&self) -> Result<Text, Trouble> {
        let tags = &[self.read(Progress::mark).await.0];
        self.inside(|api| async move { api.set_storage_class(tags).await })
            .await?;
        Ok(Ended::StorageClass.into())
    }

    /// Asks Kubernetes until it has done what is asked; only a refusal of the object itself ends it.
    async fn inside<T, F, Fut>(&self, ask: F) -> Result<T, Trouble>
    where
        F: Fn(Arc<dyn KubeApi>) -> Fut,
        Fut: Future<Output = Answer<T>>,
    {
        let mut patience = self.patience(self.protocol.nodes);
        loop {
            if let Some(api) = self.kubernetes().await? {
                match ask(api).await {
                    Ok(done) => return Ok(done),
                    Err(failure) if failure.kind == Kind::Invalid => {
                        return Err(Trouble::Failed(failed(&failure)));
                    }
                    // A client may hold a certificate that was rotated: begin anew.
                    Err(_) => *self.kube.lock().await = None,
                }
            }
            let over = || Trouble::Failed(Failed::KubernetesLate.into());
            patience.wait(self, Note::WaitsApi, over)?;
            patience.pause(self, self.protocol.poll_nodes).await?;
        }
    }
}
