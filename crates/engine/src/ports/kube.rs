//! What the engine asks of a cluster's Kubernetes.

use super::{Answer, Failure, Kind, KubeReach, Tunnel};
use async_trait::async_trait;
use domain::inside::{NodeInside, Pod};
use domain::inventory::{GpuTest, KubeNode, LoadBalancer, PersistentVolume, ServiceName};
use domain::usage::NodeUse;
use domain::view::ServiceRow;
use secrecy::SecretString;
use std::sync::Arc;
use tokio::sync::watch;

/// How to speak to a cluster's Kubernetes.
#[async_trait]
pub trait Kube: Send + Sync {
    /// A client from a kubeconfig that was rebuilt from allowed atoms; connects lazily.
    async fn connect(&self, kubeconfig: &SecretString) -> Answer<Arc<dyn KubeApi>>;
}

/// One cluster's Kubernetes.
#[async_trait]
pub trait KubeApi: KubeReach + Send + Sync {
    /// Nodes.
    async fn nodes(&self) -> Answer<Vec<KubeNode>>;
    /// Nodes with all that their rows show. Asked by looks only, as the next is. It asks whether
    /// Kubernetes answers also where it watches.
    async fn nodes_inside(&self) -> Answer<Vec<NodeInside>>;
    /// Pods that have not ended.
    async fn pods(&self) -> Answer<Vec<Pod>>;
    /// From here on nodes and pods are watched for as long as this value lives, and listed only when
    /// the watch does not know them. Told is that they are others than before, or are not known any
    /// more. One that cannot watch tells nothing.
    fn watch(&self) -> watch::Receiver<()> {
        watch::channel(()).1
    }
    /// PersistentVolumes.
    async fn persistent_volumes(&self) -> Answer<Vec<PersistentVolume>>;
    /// Services of type LoadBalancer.
    async fn load_balancers(&self) -> Answer<Vec<LoadBalancer>>;
    /// NVIDIA's device plugin and its runtime class, and the exporter that tells how GPUs are used.
    async fn set_gpu_plugin(&self, slices: u8) -> Answer<()>;
    /// What a computation on the GPUs of a node came to; `None`: it begins, or goes on. It asks for no
    /// GPU, so that the pod gets it for which it was bought; only when it finds none like that, and
    /// Kubernetes has `some` to give away, it asks for one.
    async fn test_gpus(&self, node: &str, some: bool) -> Answer<Option<GpuTest>>;
    /// Our StorageClass (its volumes go with their claims, and bear `tags`) as the only default.
    async fn set_storage_class(&self, tags: &[String]) -> Answer<()>;
    /// DELETE a Service; gone already is success.
    async fn delete_service(&self, namespace: &str, name: &str) -> Answer<()>;
    /// Patch a PersistentVolume to `Retain` and read it back; fails unless it reads `Retain`.
    async fn retain_volume(&self, name: &str) -> Answer<()>;
    /// DELETE a PersistentVolumeClaim; gone already is success.
    async fn delete_claim(&self, namespace: &str, name: &str) -> Answer<()>;
    /// How the GPUs of nodes are used; a node whose exporter says nothing is left out.
    async fn gpu_usage(&self) -> Answer<Vec<NodeUse>> {
        Err(Failure::new(Kind::Invalid, "read the use of GPUs"))
    }
    /// Services that can be opened. A Kubernetes that is no real one refuses, here and in the next.
    async fn services(&self) -> Answer<Vec<ServiceRow>> {
        Err(Failure::new(Kind::Invalid, "list services"))
    }
    /// A port of this computer that leads to a port of a Service; `None`: no pod of it is ready.
    async fn open_service(&self, _: &ServiceName, _: u16) -> Answer<Option<Tunnel>> {
        Err(Failure::new(Kind::Invalid, "open a service"))
    }
}
