//! What a teardown would take and leave, and its acceptance.

use super::problem::{Said, problem};
use super::{Engine, Held};
use crate::kubectl;
use crate::ports::KubeApi;
use domain::catalog::Catalog;
use domain::inventory::{NodeBalancer, PersistentVolume, Pool};
use domain::plan::build::{Basis, plan_teardown_allowing};
use domain::plan::{PoolRole, Prices};
use domain::text::Text;
use domain::texts;
use domain::view::{KeptVolume, MergedContext, Problem, TeardownItem, TeardownReview};
use domain::{ClusterId, DeploymentId, PlanId, Price, VolumeId};
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Foreign things that are listed at most; more are counted.
const NOT_OURS_MAX: usize = 20;

texts! {
    /// Rows of a teardown's inventory.
    pub enum Row {
        /// The cluster.
        "teardown_cluster" Cluster { label: String },
        /// Its highly available control plane.
        "teardown_control_plane" ControlPlane,
        /// GPU nodes.
        "teardown_gpu_nodes" GpuNodes { count: usize },
        /// System nodes.
        "teardown_system_nodes" SystemNodes { count: usize },
        /// The firewall.
        "teardown_firewall" Firewall { label: String },
        /// A NodeBalancer.
        "teardown_nodebalancer" NodeBalancer { label: String },
        /// A volume.
        "teardown_volume" Volume { name: String, size: u32 },
        /// A foreign cluster.
        "teardown_foreign_cluster" ForeignCluster { label: String },
        /// More foreign clusters.
        "teardown_foreign_more" ForeignMore { count: usize },
        /// Kubernetes does not answer.
        "teardown_no_kubernetes" NoKubernetes,
        /// A restricted user.
        "teardown_restricted" Restricted,
        /// What is in memory is lost.
        "teardown_memory" Memory,
    }
}

impl Engine {
    /// What a teardown would take, what stays unless ticked, and what is not ours. Reads only.
    pub async fn review_teardown(
        &self,
        id: &DeploymentId,
        delete: &[VolumeId],
    ) -> Result<TeardownReview, Problem> {
        let account = self.account().await?;
        let held = self.known(id)?;
        self.must_be_here(&held)?;
        self.still_own(id).await?;
        let catalog = self.catalog().await.ok();
        let clusters = self.told(self.ports.cloud.clusters().await)?;
        let ours = held
            .progress
            .cluster()
            .filter(|id| clusters.iter().any(|one| one.id == *id));
        let mut notes = vec![Row::Memory.into()];
        if account.restricted {
            notes.push(Row::Restricted.into());
        }
        let pools = match ours {
            Some(cluster) => self.told(self.ports.cloud.pools(cluster).await)?,
            None => Vec::new(),
        };
        let balancers = self.told(self.ports.cloud.nodebalancers().await)?;
        let volumes = match ours {
            Some(cluster) => self.volumes_of(cluster).await,
            None => Some(Vec::new()),
        };
        if volumes.is_none() {
            notes.push(Row::NoKubernetes.into());
        }
        let label = held.progress.label().unwrap_or_default();
        let prefix = held
            .progress
            .spec
            .as_ref()
            .map_or(label.clone(), |spec| spec.prefix.clone());
        let price = |gb: u32| Some(catalog.as_ref()?.volume_gb_price?.times(gb));
        let mut will_go = parts(&held, ours, &pools, &balancers, catalog.as_deref());
        let mut stays = Vec::new();
        for (volume, held_as) in volumes.unwrap_or_default() {
            let what: Text = Row::Volume {
                name: name_of(&held_as),
                size: held_as.size_gb,
            }
            .into();
            if delete.contains(&volume) {
                will_go.push(TeardownItem {
                    what,
                    price: price(held_as.size_gb),
                });
            } else {
                stays.push(KeptVolume {
                    volume,
                    what,
                    price: price(held_as.size_gb),
                });
            }
        }
        if let Some(MergedContext { path, context }) = self.merged_at(id) {
            will_go.push(TeardownItem {
                what: kubectl::Said::WillGo { context, path }.into(),
                price: Some(Price::default()),
            });
        }
        let foreign: Vec<_> = clusters.iter().filter(|one| Some(one.id) != ours).collect();
        let mut not_ours: Vec<TeardownItem> = foreign
            .iter()
            .take(NOT_OURS_MAX)
            .map(|one| {
                free_or_unknown(
                    Row::ForeignCluster {
                        label: one.label.clone(),
                    },
                    None,
                )
            })
            .collect();
        if let Some(count @ 1..) = foreign.len().checked_sub(NOT_OURS_MAX) {
            not_ours.push(free_or_unknown(Row::ForeignMore { count }, None));
        }
        Ok(TeardownReview {
            deployment: id.clone(),
            confirm: prefix,
            will_go,
            stays,
            not_ours,
            notes,
        })
    }

    /// Volumes that the cluster's Kubernetes holds; `None`: it does not answer.
    async fn volumes_of(&self, cluster: ClusterId) -> Option<Vec<(VolumeId, PersistentVolume)>> {
        let held = self
            .kubernetes(cluster)
            .await?
            .persistent_volumes()
            .await
            .ok()?;
        Some(
            held.into_iter()
                .filter_map(|one| Some((one.volume?, one)))
                .collect(),
        )
    }

    /// A cluster's Kubernetes; `None`: its kubeconfig cannot be had now.
    pub(crate) async fn kubernetes(&self, cluster: ClusterId) -> Option<Arc<dyn KubeApi>> {
        let raw = self.ports.cloud.kubeconfig(cluster).await.ok()?;
        let endpoints = self.ports.cloud.api_endpoints(cluster).await.ok()?;
        let clean = (self.ports.clean_kubeconfig)(&raw, &endpoints).ok()?;
        self.ports.kube.connect(&clean).await.ok()
    }

    /// Accepts a teardown: the typed name is the deployment's prefix or label. A run that is under
    /// way is paused first.
    pub async fn tear_down(
        &self,
        id: &DeploymentId,
        typed: &str,
        delete: &[VolumeId],
    ) -> Result<(), Problem> {
        self.tear_down_allowing(id, typed, delete, &[]).await
    }

    /// The same; `allow_my_address` is added to the access list, one after the other, while Kubernetes
    /// does not answer.
    pub async fn tear_down_allowing(
        &self,
        id: &DeploymentId,
        typed: &str,
        delete: &[VolumeId],
        allow_my_address: &[IpNet],
    ) -> Result<(), Problem> {
        self.account().await?;
        self.still_own(id).await?;
        self.accept_teardown(id, typed, delete, allow_my_address)
            .await
    }

    /// Asks nothing of the cloud.
    pub(super) async fn accept_teardown(
        &self,
        id: &DeploymentId,
        typed: &str,
        delete: &[VolumeId],
        allow_my_address: &[IpNet],
    ) -> Result<(), Problem> {
        let held = self.known(id)?;
        let label = held.progress.label().unwrap_or_default();
        let prefix = held
            .progress
            .spec
            .as_ref()
            .map(|spec| spec.prefix.clone())
            .unwrap_or_default();
        if typed.trim() != prefix && typed.trim() != label {
            return Err(problem(Said::NameMismatch { expected: prefix }, None, None));
        }
        self.pause(id).await;
        let book = self.open(id).await?;
        let progress = book.progress().await;
        let Some(spec) = progress.spec.clone() else {
            return Err(problem(Said::NothingToDo { name: label }, None, None));
        };
        let now = self.ports.clock.now();
        let basis = Basis::of(&progress, PlanId(self.ports.ids.ulid(now)), now);
        let delete: BTreeSet<VolumeId> = delete.iter().copied().collect();
        let prices: Prices = progress.prices;
        let plan = plan_teardown_allowing(&spec, &delete, allow_my_address, prices, basis);
        self.begin(book, plan).await
    }
}

/// What goes besides volumes.
fn parts(
    held: &Held,
    cluster: Option<ClusterId>,
    pools: &[Pool],
    balancers: &[NodeBalancer],
    catalog: Option<&Catalog>,
) -> Vec<TeardownItem> {
    let mut rows = Vec::new();
    let label = held.progress.label().unwrap_or_default();
    let prices = held.progress.prices;
    if let Some(cluster) = cluster {
        rows.push(free_or_unknown(
            Row::Cluster {
                label: label.clone(),
            },
            Some(Price::default()),
        ));
        if held.progress.spec.as_ref().is_some_and(|spec| spec.ha) {
            rows.push(free_or_unknown(Row::ControlPlane, prices.control_plane));
        }
        for role in [PoolRole::Gpu, PoolRole::System] {
            let own = pools
                .iter()
                .filter(|pool| held.progress.role_of(pool) == role);
            let count: usize = own.map(|pool| pool.nodes.len()).sum();
            let (row, each) = match role {
                PoolRole::Gpu => (Row::GpuNodes { count }, prices.gpu_node),
                PoolRole::System => (Row::SystemNodes { count }, prices.system_node),
            };
            let times = u32::try_from(count).unwrap_or(u32::MAX);
            if count > 0 {
                rows.push(free_or_unknown(row, each.map(|each| each.times(times))));
            }
        }
        let own = balancers.iter().filter(|one| one.cluster == Some(cluster));
        rows.extend(own.map(|one| {
            let price = catalog.and_then(|catalog| catalog.nodebalancer_price);
            free_or_unknown(
                Row::NodeBalancer {
                    label: one.label.clone(),
                },
                price,
            )
        }));
    }
    if held.progress.firewall().is_some() {
        rows.push(free_or_unknown(
            Row::Firewall { label },
            Some(Price::default()),
        ));
    }
    rows
}

fn free_or_unknown(what: Row, price: Option<Price>) -> TeardownItem {
    TeardownItem {
        what: what.into(),
        price,
    }
}

/// What the user calls a volume: its claim, else its PersistentVolume.
fn name_of(volume: &PersistentVolume) -> String {
    match &volume.claim {
        Some((namespace, claim)) => format!("{namespace}/{claim}"),
        None => volume.name.clone(),
    }
}
