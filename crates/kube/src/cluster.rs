//! One cluster's Kubernetes, one method per question.

use std::fmt::Debug;
use std::sync::OnceLock;

use async_trait::async_trait;
use domain::inside::{NodeInside, Pod};
use domain::inventory::{GpuTest, KubeNode, LoadBalancer, PersistentVolume, ServiceName};
use domain::usage::NodeUse;
use domain::view::ServiceRow;
use engine::ports::{Answer, Failure, Kind, KubeApi, Tunnel};
use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1;
use k8s_openapi::api::node::v1::RuntimeClass;
use k8s_openapi::api::storage::v1::StorageClass;
use kube::api::{Api, DeleteParams, GetParams, ListParams, LogParams, Patch, PatchParams};
use kube::core::Request;
use kube::{Client, Error, Resource};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::json;
use tokio::sync::watch;

use crate::read::{Named, Node, Page, Test};
use crate::watch::{Row, Watch, Watches};
use crate::{failure, gpu, read, storage, tunnel, usage};

/// Who owns the fields that we set.
pub(crate) const MANAGER: &str = "quaylight";
/// A test says a few lines.
const LOG_BYTES_MAX: i64 = 8 * 1024;
/// Rows per page; a node with its list of images takes some 20 KB.
const PAGE_ROWS: u32 = 250;
/// How often a listing begins anew when its pages expire (410).
const LISTING_TRIES: u32 = 3;

/// One cluster's Kubernetes.
pub(crate) struct KubeCluster {
    pub(crate) client: Client,
    /// A client whose connections may be silent for as long as they like.
    patient: Box<dyn Fn() -> kube::Result<Client> + Send + Sync>,
    /// Nothing is watched before somebody wishes it.
    watches: OnceLock<Watches>,
}

impl KubeCluster {
    pub(crate) fn new(
        client: Client,
        patient: impl Fn() -> kube::Result<Client> + Send + Sync + 'static,
    ) -> Self {
        Self {
            client,
            patient: Box::new(patient),
            watches: OnceLock::new(),
        }
    }

    /// Every page, or an error. `T`: what of a `K` is read.
    async fn all<K, T>(&self, what: &str) -> Answer<Vec<T>>
    where
        K: Resource<DynamicType = ()>,
        T: DeserializeOwned,
    {
        let read = |text: &str| serde_json::from_str(text);
        Ok(self.pages::<K, T>(what, "", read).await?.0)
    }

    /// Each by what is shown of it: one that is odd is a row that says so. They are listed, unless
    /// a watch knows them.
    async fn shown<R: Row>(&self, of: fn(&Watches) -> &Watch<R>) -> Answer<Vec<R>> {
        let watches = self.watches.get();
        if let Some(rows) = watches.and_then(|all| of(all).rows()) {
            return Ok(rows);
        }
        let read = read::shown::<R::Read, R>;
        let (rows, version) = self.pages::<R::Object, R>(R::WHAT, R::FIELDS, read).await?;
        if let Some(watches) = watches {
            let (client, bell) = (self.client.clone(), watches.bell.clone());
            of(watches).begin(client, bell, &rows, version);
        }
        Ok(rows)
    }

    /// Whether nodes can be read now, of a server that knows what the others do.
    async fn answers(&self) -> Answer<()> {
        let failed = |error| failure::of("list nodes", error);
        let one = Request::new(v1::Node::url_path(&(), None)).list(&ListParams::default().limit(1));
        let one = one.map_err(Error::BuildRequest).map_err(failed)?;
        let answer = self.client.request::<IgnoredAny>(one).await;
        answer.map(drop).map_err(failed)
    }

    /// Those that a field selector lets through, read page by page, and of which version they are.
    async fn pages<K, T>(
        &self,
        what: &str,
        fields: &str,
        read: fn(&str) -> serde_json::Result<Page<T>>,
    ) -> Answer<(Vec<T>, String)>
    where
        K: Resource<DynamicType = ()>,
    {
        let first = || match fields {
            "" => ListParams::default().limit(PAGE_ROWS),
            fields => ListParams::default().limit(PAGE_ROWS).fields(fields),
        };
        let path = Request::new(K::url_path(&(), None));
        let operation = format!("list {what}");
        let failed = |error| failure::of(operation.clone(), error);
        let mut tries = 1;
        let mut rows = Vec::new();
        let mut page = first();
        loop {
            let request = path
                .list(&page)
                .map_err(Error::BuildRequest)
                .map_err(failed)?;
            let answer = self.client.request_text(request).await;
            let list = answer.and_then(|text| read(&text).map_err(Error::SerdeError));
            match list {
                Ok(list) => {
                    rows.extend(list.items.into_iter().flatten());
                    match list.metadata.token.filter(|token| !token.is_empty()) {
                        Some(token) => page = page.continue_token(&token),
                        None => return Ok((rows, list.metadata.version.unwrap_or_default())),
                    }
                }
                Err(Error::Api(status)) if status.code == 410 && tries < LISTING_TRIES => {
                    tries += 1;
                    rows.clear();
                    page = first();
                }
                Err(error) => return Err(failed(error)),
            }
        }
    }

    /// Begins a test, or looks at it.
    async fn test(&self, node: &str, asks: bool) -> Answer<Option<GpuTest>> {
        let operation = format!("test the GPUs of `{node}`");
        let failed = |error| failure::of(operation.clone(), error);
        let name = gpu::test_name(node, asks);
        let jobs = Request::new(Job::url_path(&(), Some(gpu::NAMESPACE)));
        let begun = jobs
            .get(&name, &GetParams::default())
            .map_err(Error::BuildRequest)
            .map_err(failed)?;
        let test: Test = match self.client.request(begun).await {
            Ok(test) => test,
            Err(Error::Api(status)) if status.code == 404 => {
                let test = gpu::test(node, asks);
                self.apply::<Job>(Some(gpu::NAMESPACE), &name, test)
                    .await
                    .map_err(failed)?;
                return Ok(None);
            }
            Err(error) => return Err(failed(error)),
        };
        if !test.is_done() {
            return Ok(None);
        }
        let of_it = ListParams::default().labels(&format!("batch.kubernetes.io/job-name={name}"));
        let found = Request::new(v1::Pod::url_path(&(), Some(gpu::NAMESPACE)))
            .list(&of_it)
            .map_err(Error::BuildRequest)
            .map_err(failed)?;
        let found: Page<Named> = self.client.request(found).await.map_err(failed)?;
        let found = found.items.unwrap_or_default();
        let mut said = [String::new(), String::new()];
        if let Some(pod) = found.first().and_then(|pod| pod.metadata.name.as_deref()) {
            let pods: Api<v1::Pod> = Api::namespaced(self.client.clone(), gpu::NAMESPACE);
            let wanted = if asks { 1 } else { 2 };
            let containers = [gpu::COMPUTES, gpu::TELLS].into_iter().take(wanted);
            for (container, said) in containers.zip(&mut said) {
                let of_it = LogParams {
                    container: Some(container.to_owned()),
                    limit_bytes: Some(LOG_BYTES_MAX),
                    ..LogParams::default()
                };
                *said = pods.logs(pod, &of_it).await.map_err(failed)?;
            }
        }
        let [computed, told] = said;
        Ok(Some(gpu::verdict(test.succeeded(), &computed, &told)))
    }

    /// Server-side apply, as the owner of its fields whoever had them. What the server made of it is
    /// not read.
    pub(crate) async fn apply<K: Resource<DynamicType = ()>>(
        &self,
        namespace: Option<&str>,
        name: &str,
        object: impl Serialize + Debug,
    ) -> kube::Result<()> {
        let ours = PatchParams::apply(MANAGER).force();
        let request = Request::new(K::url_path(&(), namespace))
            .patch(name, &ours, &Patch::Apply(object))
            .map_err(Error::BuildRequest)?;
        self.client.request::<IgnoredAny>(request).await.map(drop)
    }

    async fn end_test(&self, node: &str, asks: bool) -> Answer<()> {
        let jobs: Api<Job> = Api::namespaced(self.client.clone(), gpu::NAMESPACE);
        let with_its_pod = DeleteParams::background();
        match jobs
            .delete(&gpu::test_name(node, asks), &with_its_pod)
            .await
        {
            Ok(_) => Ok(()),
            Err(Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(failure::of("end a test of GPUs", error)),
        }
    }

    /// DELETE; gone already is success.
    pub(crate) async fn delete<K>(&self, api: Api<K>, operation: String, name: &str) -> Answer<()>
    where
        K: Clone + DeserializeOwned + Debug,
    {
        match api.delete(name, &DeleteParams::default()).await {
            Ok(_) => Ok(()),
            Err(Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(failure::of(operation, error)),
        }
    }
}

#[async_trait]
impl KubeApi for KubeCluster {
    async fn nodes(&self) -> Answer<Vec<KubeNode>> {
        let all = self.all::<v1::Node, Node>("nodes").await?;
        Ok(all.into_iter().map(Into::into).collect())
    }

    async fn nodes_inside(&self) -> Answer<Vec<NodeInside>> {
        if self.watches.get().is_some_and(|all| all.nodes.is_going()) {
            self.answers().await?;
        }
        self.shown(|all| &all.nodes).await
    }

    async fn pods(&self) -> Answer<Vec<Pod>> {
        self.shown(|all| &all.pods).await
    }

    fn watch(&self) -> watch::Receiver<()> {
        self.watches.get_or_init(Watches::default).bell.subscribe()
    }

    async fn persistent_volumes(&self) -> Answer<Vec<PersistentVolume>> {
        type Whole = v1::PersistentVolume;
        let all = self.all::<Whole, Whole>("persistent volumes").await?;
        Ok(all.into_iter().map(read::persistent_volume).collect())
    }

    async fn load_balancers(&self) -> Answer<Vec<LoadBalancer>> {
        let all = self.all::<v1::Service, v1::Service>("services").await?;
        Ok(all.into_iter().filter_map(read::load_balancer).collect())
    }

    async fn set_gpu_plugin(&self, slices: u8) -> Answer<()> {
        let failed = |error| failure::of("set the GPU plugin", error);
        self.apply::<RuntimeClass>(None, gpu::RUNTIME_CLASS, gpu::runtime_class())
            .await
            .map_err(failed)?;
        let home = Some(gpu::NAMESPACE);
        self.apply::<v1::ConfigMap>(home, gpu::PLUGIN, gpu::sharing(slices))
            .await
            .map_err(failed)?;
        self.apply::<DaemonSet>(home, gpu::PLUGIN, gpu::plugin(slices))
            .await
            .map_err(failed)?;
        self.apply::<v1::ConfigMap>(home, usage::EXPORTER, usage::counters())
            .await
            .map_err(failed)?;
        self.apply::<DaemonSet>(home, usage::EXPORTER, usage::exporter())
            .await
            .map_err(failed)
    }

    async fn gpu_usage(&self) -> Answer<Vec<NodeUse>> {
        self.usage().await
    }

    async fn test_gpus(&self, node: &str, some: bool) -> Answer<Option<GpuTest>> {
        let first = self.test(node, false).await?;
        let asked = some && matches!(first, Some(GpuTest::Failed { .. }));
        let ended = if asked {
            self.test(node, true).await?
        } else {
            first
        };
        if ended.is_some() {
            self.end_test(node, false).await?;
            if asked {
                self.end_test(node, true).await?;
            }
        }
        Ok(ended)
    }

    async fn set_storage_class(&self, tags: &[String]) -> Answer<()> {
        let api: Api<StorageClass> = Api::all(self.client.clone());
        let operation = "set the storage class";
        self.apply::<StorageClass>(None, storage::NAME, storage::class(tags))
            .await
            .map_err(|error| failure::of(operation, error))?;
        for name in storage::other_defaults(self.all::<StorageClass, _>("storage classes").await?) {
            let patch = Patch::Merge(storage::no_default());
            let patched = api.patch(&name, &PatchParams::default(), &patch).await;
            patched.map_err(|error| failure::of(operation, error))?;
        }
        Ok(())
    }

    async fn delete_service(&self, namespace: &str, name: &str) -> Answer<()> {
        let api: Api<v1::Service> = Api::namespaced(self.client.clone(), namespace);
        self.delete(api, format!("delete service `{namespace}/{name}`"), name)
            .await
    }

    async fn retain_volume(&self, name: &str) -> Answer<()> {
        let api: Api<v1::PersistentVolume> = Api::all(self.client.clone());
        let operation = format!("retain persistent volume `{name}`");
        let retain = json!({"spec": {"persistentVolumeReclaimPolicy": "Retain"}});
        let patched = api
            .patch(name, &PatchParams::default(), &Patch::Merge(&retain))
            .await;
        patched.map_err(|error| failure::of(operation.clone(), error))?;
        let seen = api
            .get(name)
            .await
            .map_err(|error| failure::of(operation.clone(), error))?;
        if read::persistent_volume(seen).retained {
            return Ok(());
        }
        let mut out = Failure::new(Kind::Conflict, operation);
        out.said = vec![(
            String::new(),
            "its reclaim policy does not stay Retain".to_owned(),
        )];
        Err(out)
    }

    async fn delete_claim(&self, namespace: &str, name: &str) -> Answer<()> {
        let api: Api<v1::PersistentVolumeClaim> = Api::namespaced(self.client.clone(), namespace);
        self.delete(api, format!("delete claim `{namespace}/{name}`"), name)
            .await
    }

    async fn services(&self) -> Answer<Vec<ServiceRow>> {
        let all = self.all::<v1::Service, tunnel::Service>("services").await?;
        Ok(all.into_iter().filter_map(tunnel::row).collect())
    }

    async fn open_service(&self, service: &ServiceName, port: u16) -> Answer<Option<Tunnel>> {
        let patient = (self.patient)()
            .map_err(|error| failure::of(format!("open service `{service}`"), error))?;
        tunnel::open(self.client.clone(), patient, service, port).await
    }
}
