//! Linode's cloud-firewall-controller: the objects that it lives on, pinned, and its custom resource.
//!
//! Against its chart: no leader election, as there is never more than one pod, and so fewer rights;
//! and rules of ours in place of its own. That it may read every Secret of the cluster is what its
//! client asks for, which looks for Linode's token in all namespaces.

mod objects;

use domain::InstanceId;
use engine::ports::Answer;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use kube::api::{Api, DeleteParams, GetParams, ListParams, Patch, PatchParams};
use kube::core::Request;
use kube::{Error, Resource as _};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};

use crate::cluster::{KubeCluster, MANAGER};
use crate::condition::Conditions;
use crate::failure;
use crate::reach::ours_merging;
use crate::read::{Named, Page};
use objects::{account, binding, definition, definition_name, deployment, role};

pub(crate) use objects::resource;

/// The name by which it finds its own Deployment.
const NAME: &str = "cloud-firewall-controller";
/// Where it looks for it.
const NAMESPACE: &str = "kube-system";
/// Pinned.
const IMAGE: &str = "docker.io/linode/cloud-firewall-controller:v0.2.1";
const GROUP: &str = "networking.linode.com";
const VERSION: &str = "alpha1v1";
/// The resource that it makes by itself where there is none.
const PRIMARY: &str = "primary";
const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const RESOURCES: &str =
    "/apis/networking.linode.com/alpha1v1/namespaces/kube-system/cloudfirewalls";
/// Changed to make it look.
const TOUCHED: &str = "quaylight.dev/touched";
/// By it the resource stays until the controller has deleted its firewall.
const FINALIZER: &str = "cloudfirewalls.networking.linode.com/finalizer";

#[derive(Deserialize)]
struct Defined {
    status: Option<Conditions>,
}

#[derive(Deserialize)]
struct Guarding {
    status: Option<Guarded>,
}

#[derive(Deserialize)]
struct Held {
    metadata: Holders,
}

#[derive(Deserialize)]
struct Holders {
    finalizers: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Guarded {
    nodes: Option<Vec<u64>>,
}

fn is_ready(controller: &Deployment) -> bool {
    let status = controller.status.as_ref();
    let ready = status.and_then(|status| status.ready_replicas);
    ready.is_some_and(|ready| ready > 0)
}

impl KubeCluster {
    pub(crate) async fn define(&self) -> Answer<bool> {
        let failed = |error| failure::of("define the controller's resource", error);
        let name = definition_name();
        let ours = PatchParams::apply(MANAGER).force();
        let request = Request::new(DEFINITIONS)
            .patch(&name, &ours, &Patch::Apply(definition()))
            .map_err(Error::BuildRequest)
            .map_err(failed)?;
        let defined: Defined = self.client.request(request).await.map_err(failed)?;
        let says = |status: Conditions| status.say("Established");
        Ok(defined.status.is_some_and(says))
    }

    pub(crate) async fn wish(&self, resource: &Value) -> Answer<()> {
        let failed = |error| failure::of("set the controller's rules", error);
        let ours = PatchParams::apply(MANAGER).force();
        let request = Request::new(RESOURCES)
            .patch(PRIMARY, &ours, &Patch::Apply(resource))
            .map_err(Error::BuildRequest)
            .map_err(failed)?;
        let set = self.client.request::<IgnoredAny>(request).await;
        set.map(drop).map_err(failed)
    }

    pub(crate) async fn touch(&self, stamp: &str) -> Answer<()> {
        let failed = |error| failure::of("touch the controller's resource", error);
        let note = json!({"metadata": {"annotations": {TOUCHED: stamp}}});
        let request = Request::new(RESOURCES)
            .patch(PRIMARY, &ours_merging(), &Patch::Merge(note))
            .map_err(Error::BuildRequest)
            .map_err(failed)?;
        let touched = self.client.request::<IgnoredAny>(request).await;
        touched.map(drop).map_err(failed)
    }

    /// What the Deployment needs comes before it, so that where it is, all is.
    pub(crate) async fn run(&self) -> Answer<bool> {
        let failed = |error| failure::of("run the controller", error);
        let deployments: Api<Deployment> = Api::namespaced(self.client.clone(), NAMESPACE);
        let there = deployments.get_opt(NAME).await.map_err(failed)?;
        let image = |one: &Deployment| {
            let pod = one.spec.as_ref()?.template.spec.as_ref()?;
            pod.containers.first()?.image.clone()
        };
        let stopped = |one: &Deployment| one.spec.as_ref().is_some_and(|of| of.replicas == Some(0));
        let ours = |one: &Deployment| image(one).as_deref() == Some(IMAGE) && !stopped(one);
        if let Some(there) = there.filter(ours) {
            return Ok(is_ready(&there));
        }
        let home = Some(NAMESPACE);
        self.apply::<ServiceAccount>(home, NAME, account())
            .await
            .map_err(failed)?;
        self.apply::<ClusterRole>(None, NAME, role())
            .await
            .map_err(failed)?;
        self.apply::<ClusterRoleBinding>(None, NAME, binding())
            .await
            .map_err(failed)?;
        self.apply::<Deployment>(home, NAME, deployment())
            .await
            .map_err(failed)?;
        Ok(false)
    }

    pub(crate) async fn guards(&self) -> Answer<Option<Vec<InstanceId>>> {
        let Some(found) = self.primary::<Guarding>().await? else {
            return Ok(None);
        };
        let nodes = found.status.and_then(|status| status.nodes);
        let nodes = nodes.unwrap_or_default().into_iter().map(InstanceId);
        Ok(Some(nodes.collect()))
    }

    /// By what is read of it; `None`: there is none.
    async fn primary<T: DeserializeOwned>(&self) -> Answer<Option<T>> {
        let failed = |error| failure::of("read the controller's resource", error);
        let request = Request::new(RESOURCES)
            .get(PRIMARY, &GetParams::default())
            .map_err(Error::BuildRequest)
            .map_err(failed)?;
        match self.client.request(request).await {
            Ok(found) => Ok(Some(found)),
            Err(Error::Api(status)) if status.code == 404 => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    pub(crate) async fn drop_resource(&self) -> Answer<()> {
        let failed = |error| failure::of("delete the controller's resource", error);
        let request = Request::new(RESOURCES)
            .delete(PRIMARY, &DeleteParams::default())
            .map_err(Error::BuildRequest)
            .map_err(failed)?;
        match self.client.request::<IgnoredAny>(request).await {
            Ok(_) => Ok(()),
            Err(Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Whether a pod of it is ready.
    pub(crate) async fn runs(&self) -> Answer<bool> {
        let deployments: Api<Deployment> = Api::namespaced(self.client.clone(), NAMESPACE);
        let there = deployments.get_opt(NAME).await;
        let there = there.map_err(|error| failure::of("read the controller", error))?;
        Ok(there.is_some_and(|one| is_ready(&one)))
    }

    /// DELETE, and what holds it for a controller that runs no more is let go.
    pub(crate) async fn release(&self) -> Answer<bool> {
        self.drop_resource().await?;
        let Some(left) = self.primary::<Held>().await? else {
            return Ok(false);
        };
        let failed = |error| failure::of("let the controller's resource go", error);
        // Whatever else holds it is somebody else's.
        let mut others = left.metadata.finalizers.unwrap_or_default();
        others.retain(|one| one != FINALIZER);
        let without = json!({"metadata": {"finalizers": others}});
        let patch = Request::new(RESOURCES)
            .patch(PRIMARY, &ours_merging(), &Patch::Merge(without))
            .map_err(Error::BuildRequest)
            .map_err(failed)?;
        match self.client.request::<IgnoredAny>(patch).await {
            Ok(_) => Ok(true),
            Err(Error::Api(status)) if status.code == 404 => Ok(true),
            Err(error) => Err(failed(error)),
        }
    }

    /// The Deployment first: what is left without it does nothing. The kind stays, as somebody else
    /// may have resources of it.
    pub(crate) async fn end(&self) -> Answer<bool> {
        let deployments: Api<Deployment> = Api::namespaced(self.client.clone(), NAMESPACE);
        let with_its_pods = DeleteParams::background();
        match deployments.delete(NAME, &with_its_pods).await {
            Ok(_) => {}
            Err(Error::Api(status)) if status.code == 404 => {}
            Err(error) => return Err(failure::of("end the controller", error)),
        }
        let gone = |what: &str| format!("delete the controller's {what}");
        let bindings: Api<ClusterRoleBinding> = Api::all(self.client.clone());
        self.delete(bindings, gone("binding"), NAME).await?;
        let roles: Api<ClusterRole> = Api::all(self.client.clone());
        self.delete(roles, gone("role"), NAME).await?;
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client.clone(), NAMESPACE);
        self.delete(accounts, gone("account"), NAME).await?;
        let failed = |error| failure::of("list the controller's pods", error);
        let of_it = ListParams::default().labels(&format!("app.kubernetes.io/name={NAME}"));
        let request = Request::new(Pod::url_path(&(), Some(NAMESPACE)))
            .list(&of_it)
            .map_err(Error::BuildRequest)
            .map_err(failed)?;
        let pods: Page<Named> = self.client.request(request).await.map_err(failed)?;
        Ok(pods.items.unwrap_or_default().is_empty())
    }
}
