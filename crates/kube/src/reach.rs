//! What inside of Kubernetes decides who reaches what.

use async_trait::async_trait;
use domain::inventory::ServiceName;
use engine::ports::{Answer, KubeReach};
use ipnet::IpNet;
use k8s_openapi::api::core::v1;
use kube::api::{Api, Patch, PatchParams};

use crate::cluster::{KubeCluster, MANAGER};
use crate::{balancer, failure};

#[async_trait]
impl KubeReach for KubeCluster {
    async fn guard_service(&self, service: &ServiceName, list: &[IpNet]) -> Answer<()> {
        let api: Api<v1::Service> = Api::namespaced(self.client.clone(), &service.namespace);
        // A merge makes no Service where there is none, as applying would.
        let patch = Patch::Merge(balancer::annotation(list));
        let ours = PatchParams {
            field_manager: Some(MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let patched = api.patch(&service.name, &ours, &patch).await;
        let operation = format!("guard service `{service}`");
        patched
            .map(drop)
            .map_err(|error| failure::of(operation, error))
    }
}
