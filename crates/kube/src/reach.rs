//! What inside of Kubernetes decides who reaches what.

use async_trait::async_trait;
use domain::InstanceId;
use domain::inventory::ServiceName;
use domain::spec::FirewallRule;
use domain::view::Reader;
use engine::ports::{Answer, Failure, Kind, KubeReach};
use ipnet::IpNet;
use jiff::SignedDuration;
use k8s_openapi::api::core::v1::{Namespace, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::rbac::v1::ClusterRoleBinding;
use kube::api::{Api, ListParams, Patch, PatchParams, PostParams};
use secrecy::SecretString;

use crate::cluster::{KubeCluster, MANAGER};
use crate::{balancer, controller, failure, policy, readers};

#[async_trait]
impl KubeReach for KubeCluster {
    async fn guard_service(&self, service: &ServiceName, list: &[IpNet]) -> Answer<()> {
        let api: Api<Service> = Api::namespaced(self.client.clone(), &service.namespace);
        // A merge makes no Service where there is none, as applying would.
        let patch = Patch::Merge(balancer::annotation(list));
        let patched = api.patch(&service.name, &ours_merging(), &patch).await;
        let operation = format!("guard service `{service}`");
        patched
            .map(drop)
            .map_err(|error| failure::of(operation, error))
    }
    async fn readers(&self) -> Answer<Vec<Reader>> {
        let api: Api<ServiceAccount> = Api::namespaced(self.client.clone(), readers::NAMESPACE);
        let listed = api.list(&ListParams::default().labels(readers::OURS)).await;
        let listed = listed.map_err(|error| failure::of("list readers", error))?;
        Ok(listed.items.into_iter().map(readers::reader).collect())
    }

    async fn admit_reader(
        &self,
        name: &str,
        length: SignedDuration,
    ) -> Answer<(SecretString, Reader)> {
        let operation = format!("admit the reader `{name}`");
        let failed = |error| failure::of(operation.clone(), error);
        let client = || self.client.clone();
        let ours = PatchParams::apply(MANAGER).force();
        let spaces: Api<Namespace> = Api::all(client());
        let space = Patch::Apply(readers::namespace());
        let applied = spaces.patch(readers::NAMESPACE, &ours, &space).await;
        applied.map_err(failed)?;
        let accounts: Api<ServiceAccount> = Api::namespaced(client(), readers::NAMESPACE);
        let account = Patch::Apply(readers::account(name));
        let applied = accounts.patch(name, &ours, &account).await;
        applied.map_err(failed)?;
        let bindings: Api<ClusterRoleBinding> = Api::all(client());
        let (binding, bound) = (readers::binding(name), readers::binding_name(name));
        let applied = bindings.patch(&bound, &ours, &Patch::Apply(binding)).await;
        applied.map_err(failed)?;
        let wanted = readers::token(length.as_secs());
        let made = accounts
            .create_token_request(name, &PostParams::default(), &wanted)
            .await
            .map_err(failed)?;
        let Some(status) = made.status else {
            return Err(Failure::new(Kind::Unknown, operation));
        };
        let until = status.expiration_timestamp.0;
        let note = Patch::Merge(readers::until(&until.to_string()));
        let noted = accounts.patch(name, &ours_merging(), &note).await;
        let noted = noted.map_err(failed)?;
        Ok((status.token.into(), readers::reader(noted)))
    }

    async fn set_policy(&self, namespace: &str, on: bool) -> Answer<()> {
        let api: Api<NetworkPolicy> = Api::namespaced(self.client.clone(), namespace);
        let operation = format!("set the network policy of `{namespace}`");
        if !on {
            return self.delete(api, operation, policy::NAME).await;
        }
        let ours = PatchParams::apply(MANAGER).force();
        let preset = Patch::Apply(policy::preset(namespace));
        let applied = api.patch(policy::NAME, &ours, &preset).await;
        applied
            .map(drop)
            .map_err(|error| failure::of(operation, error))
    }

    async fn namespaces(&self) -> Answer<Vec<String>> {
        let api: Api<Namespace> = Api::all(self.client.clone());
        let listed = api.list(&ListParams::default()).await;
        let listed = listed.map_err(|error| failure::of("list namespaces", error))?;
        let names = listed.items.into_iter();
        Ok(names.filter_map(|one| one.metadata.name).collect())
    }

    async fn policies(&self) -> Answer<Vec<String>> {
        let api: Api<NetworkPolicy> = Api::all(self.client.clone());
        let listed = api.list(&ListParams::default().labels(readers::OURS)).await;
        let listed = listed.map_err(|error| failure::of("list network policies", error))?;
        let ours = listed.items.into_iter().map(|one| one.metadata);
        let ours = ours.filter(|one| one.name.as_deref() == Some(policy::NAME));
        Ok(ours.filter_map(|one| one.namespace).collect())
    }

    async fn define_controller(&self) -> Answer<bool> {
        self.define().await
    }

    async fn set_controller_rules(&self, rules: &[FirewallRule]) -> Answer<()> {
        self.wish(&controller::resource(rules)).await
    }

    async fn run_controller(&self) -> Answer<bool> {
        self.run().await
    }

    async fn touch_controller(&self, stamp: &str) -> Answer<()> {
        self.touch(stamp).await
    }

    async fn controller_guards(&self) -> Answer<Option<Vec<InstanceId>>> {
        self.guards().await
    }

    async fn drop_controller_rules(&self) -> Answer<()> {
        self.drop_resource().await
    }

    async fn controller_runs(&self) -> Answer<bool> {
        self.runs().await
    }

    async fn release_controller_rules(&self) -> Answer<bool> {
        self.release().await
    }

    async fn end_controller(&self) -> Answer<bool> {
        self.end().await
    }

    async fn dismiss_reader(&self, name: &str) -> Answer<()> {
        let accounts: Api<ServiceAccount> =
            Api::namespaced(self.client.clone(), readers::NAMESPACE);
        // The account first: with it the token ends, whatever comes of the rest.
        self.delete(accounts, format!("dismiss the reader `{name}`"), name)
            .await?;
        let bindings: Api<ClusterRoleBinding> = Api::all(self.client.clone());
        let bound = readers::binding_name(name);
        self.delete(bindings, format!("delete `{bound}`"), &bound)
            .await
    }
}

/// A patch of some fields, under our name.
pub(crate) fn ours_merging() -> PatchParams {
    PatchParams {
        field_manager: Some(MANAGER.to_owned()),
        ..PatchParams::default()
    }
}
