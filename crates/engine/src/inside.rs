//! What is set up inside of Kubernetes, once it answers. Everything here can be repeated.

use crate::act::{Act, Trouble};
use crate::ports::{Answer, Kind, KubeApi};
use crate::said::{Ended, Failed, Note, failed};
use domain::inventory::Node;
use domain::plan::PoolRole;
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

    /// The device plugin comes onto every GPU node, those of the autoscaler as well.
    pub(crate) async fn set_gpu_plugin(&self) -> Result<Text, Trouble> {
        self.inside(|api| async move { api.set_gpu_plugin().await })
            .await?;
        Ok(Ended::GpuPlugin.into())
    }

    /// Kubernetes can give away a GPU of every node of the GPU pool.
    pub(crate) async fn await_gpus(&self) -> Result<Text, Trouble> {
        let mut patience = self.patience(self.protocol.nodes);
        loop {
            let sight = self.look().await?;
            let pools = self.pools_of(&sight, PoolRole::Gpu).await;
            let nodes: Vec<&Node> = pools.iter().flat_map(|pool| &pool.nodes).collect();
            let seen = self.inside(|api| async move { api.nodes().await }).await?;
            let of = |node: &Node| {
                seen.iter()
                    .find(|one| one.is(node))
                    .map_or(0, |one| one.gpus)
            };
            let bare: Vec<String> = nodes
                .iter()
                .filter(|node| of(node) == 0)
                .map(|node| node.id.to_string())
                .collect();
            if bare.is_empty() && !nodes.is_empty() {
                let gpus = nodes.iter().map(|node| of(node)).sum();
                let nodes = nodes.len();
                return Ok(Ended::Gpus { gpus, nodes }.into());
            }
            let note = Note::WaitsGpus { nodes: bare.len() };
            let over = || Trouble::Failed(Failed::NoGpus { nodes: bare }.into());
            patience.wait(self, note, over)?;
            patience.pause(self, self.protocol.poll_nodes).await?;
        }
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
