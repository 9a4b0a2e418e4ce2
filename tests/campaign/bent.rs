//! Ports with a planted bug in front of them. Everything that a bug does not touch passes through.

use async_trait::async_trait;
use domain::inside::{NodeInside, Pod};
use domain::inventory::{GpuTest, KubeNode, LoadBalancer, PersistentVolume, ServiceName};
use domain::usage::NodeUse;
use domain::view::Reader;
use engine::ports::{Answer, Kube, KubeApi, KubeReach};
use ipnet::IpNet;
use secrecy::SecretString;
use std::sync::Arc;

/// A planted bug in what is asked of a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum KubeBug {
    /// None.
    #[default]
    None,
    /// A volume that stays loses its claim.
    DeletesKept,
}

/// A Kube port with a bug.
pub(crate) struct BentKube {
    pub(crate) inner: Arc<dyn Kube>,
    pub(crate) bug: KubeBug,
}

struct BentApi {
    inner: Arc<dyn KubeApi>,
    bug: KubeBug,
}

#[async_trait]
impl Kube for BentKube {
    async fn connect(&self, kubeconfig: &SecretString) -> Answer<Arc<dyn KubeApi>> {
        let inner = self.inner.connect(kubeconfig).await?;
        Ok(Arc::new(BentApi {
            inner,
            bug: self.bug,
        }))
    }
}

#[async_trait]
impl KubeApi for BentApi {
    async fn nodes(&self) -> Answer<Vec<KubeNode>> {
        self.inner.nodes().await
    }

    async fn nodes_inside(&self) -> Answer<Vec<NodeInside>> {
        self.inner.nodes_inside().await
    }

    async fn pods(&self) -> Answer<Vec<Pod>> {
        self.inner.pods().await
    }

    async fn persistent_volumes(&self) -> Answer<Vec<PersistentVolume>> {
        self.inner.persistent_volumes().await
    }

    async fn load_balancers(&self) -> Answer<Vec<LoadBalancer>> {
        self.inner.load_balancers().await
    }

    async fn set_gpu_plugin(&self, slices: u8) -> Answer<()> {
        self.inner.set_gpu_plugin(slices).await
    }

    async fn gpu_usage(&self) -> Answer<Vec<NodeUse>> {
        self.inner.gpu_usage().await
    }

    async fn test_gpus(&self, node: &str, asks: bool) -> Answer<Option<GpuTest>> {
        self.inner.test_gpus(node, asks).await
    }

    async fn set_storage_class(&self, tags: &[String]) -> Answer<()> {
        self.inner.set_storage_class(tags).await
    }

    async fn delete_service(&self, namespace: &str, name: &str) -> Answer<()> {
        self.inner.delete_service(namespace, name).await
    }

    async fn retain_volume(&self, name: &str) -> Answer<()> {
        match self.bug {
            KubeBug::DeletesKept => {
                let all = self.inner.persistent_volumes().await?;
                let claim = all.into_iter().find(|one| one.name == name);
                let claim = claim.and_then(|one| one.claim);
                match claim {
                    Some((namespace, claim)) => self.inner.delete_claim(&namespace, &claim).await,
                    None => Ok(()),
                }
            }
            KubeBug::None => self.inner.retain_volume(name).await,
        }
    }

    async fn delete_claim(&self, namespace: &str, name: &str) -> Answer<()> {
        self.inner.delete_claim(namespace, name).await
    }
}

#[async_trait]
impl KubeReach for BentApi {
    async fn guard_service(&self, service: &ServiceName, list: &[IpNet]) -> Answer<()> {
        self.inner.guard_service(service, list).await
    }

    async fn end_controller(&self) -> Answer<bool> {
        self.inner.end_controller().await
    }

    async fn readers(&self) -> Answer<Vec<Reader>> {
        self.inner.readers().await
    }

    async fn admit_reader(
        &self,
        name: &str,
        length: jiff::SignedDuration,
    ) -> Answer<(SecretString, Reader)> {
        self.inner.admit_reader(name, length).await
    }

    async fn set_policy(&self, namespace: &str, on: bool) -> Answer<()> {
        self.inner.set_policy(namespace, on).await
    }

    async fn namespaces(&self) -> Answer<Vec<String>> {
        self.inner.namespaces().await
    }

    async fn policies(&self) -> Answer<Vec<String>> {
        self.inner.policies().await
    }

    async fn dismiss_reader(&self, name: &str) -> Answer<()> {
        self.inner.dismiss_reader(name).await
    }
}
