//! From Kubernetes' objects to the words of the inventory.

use domain::inventory::{KubeNode, LoadBalancer, PersistentVolume, ServiceName};
use domain::{InstanceId, VolumeId};
use k8s_openapi::api::core::v1;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::condition::Condition;

/// Linode's CSI driver; volumes of other drivers are not Linode's.
pub(crate) const DRIVER: &str = "linodebs.csi.linode.com";

/// A page of a list, by what is used of it.
#[derive(Deserialize)]
pub(crate) struct Page<T> {
    pub(crate) metadata: PageMetadata,
    /// Go writes null for none.
    pub(crate) items: Option<Vec<T>>,
}

/// What is known of an object that cannot be read as a whole.
pub(crate) trait Odd {
    /// By what can be read of it.
    fn odd(object: &Value) -> Self;
}

/// A page of what is shown, read so that an object that is odd costs its own row only. The whole is
/// read again, object by object, only when there is one.
pub(crate) fn shown<T, V>(text: &str) -> serde_json::Result<Page<V>>
where
    T: DeserializeOwned + Into<V>,
    V: Odd,
{
    if let Ok(page) = serde_json::from_str::<Page<T>>(text) {
        let items = page
            .items
            .map(|all| all.into_iter().map(Into::into).collect());
        return Ok(Page {
            metadata: page.metadata,
            items,
        });
    }
    let page: Page<Value> = serde_json::from_str(text)?;
    let items = page.items.map(|all| all.iter().map(row::<T, V>).collect());
    Ok(Page {
        metadata: page.metadata,
        items,
    })
}

/// What is shown of one object.
pub(crate) fn row<T, V>(object: &Value) -> V
where
    T: DeserializeOwned + Into<V>,
    V: Odd,
{
    T::deserialize(object).map_or_else(|_| V::odd(object), Into::into)
}

/// A text by its place in an object.
pub(crate) fn text(object: &Value, pointer: &str) -> Option<String> {
    object.pointer(pointer)?.as_str().map(ToOwned::to_owned)
}

#[derive(Deserialize)]
pub(crate) struct PageMetadata {
    #[serde(rename = "continue")]
    pub(crate) token: Option<String>,
    /// Of the state that all pages of a list show.
    #[serde(rename = "resourceVersion")]
    pub(crate) version: Option<String>,
}

/// A node, by the fields that are used: the whole of one is some hundred times as much, and nodes
/// are what is asked for most.
#[derive(Deserialize)]
pub(crate) struct Node {
    metadata: Metadata,
    spec: Option<NodeSpec>,
    status: Option<NodeStatus>,
}

/// Anything, by its name.
#[derive(Deserialize)]
pub(crate) struct Named {
    pub(crate) metadata: Metadata,
}

#[derive(Deserialize)]
pub(crate) struct Metadata {
    pub(crate) name: Option<String>,
}

/// A Job that tests GPUs, by how far it is.
#[derive(Deserialize)]
pub(crate) struct Test {
    status: Option<TestStatus>,
}

#[derive(Deserialize)]
struct TestStatus {
    succeeded: Option<i32>,
    failed: Option<i32>,
}

impl Test {
    /// Whether it is at its end.
    pub(crate) fn is_done(&self) -> bool {
        let failed = self.status.as_ref().and_then(|one| one.failed);
        self.succeeded() || failed.unwrap_or(0) > 0
    }

    /// Whether its pod ended well.
    pub(crate) fn succeeded(&self) -> bool {
        let succeeded = self.status.as_ref().and_then(|one| one.succeeded);
        succeeded.unwrap_or(0) > 0
    }
}

#[derive(Deserialize)]
struct NodeSpec {
    #[serde(rename = "providerID")]
    provider_id: Option<String>,
}

#[derive(Deserialize, Default)]
struct NodeStatus {
    allocatable: Option<Allocatable>,
    conditions: Option<Vec<Condition>>,
}

#[derive(Deserialize)]
struct Allocatable {
    /// What NVIDIA's device plugin announces.
    #[serde(rename = "nvidia.com/gpu")]
    gpus: Option<String>,
}

impl Node {
    /// From `spec.providerID`.
    pub(crate) fn instance(provider: &str) -> Option<InstanceId> {
        let id = provider.strip_prefix("linode://")?.parse().ok();
        id.map(InstanceId)
    }
}

impl From<Node> for KubeNode {
    fn from(object: Node) -> Self {
        let status = object.status.unwrap_or_default();
        let conditions = status.conditions.unwrap_or_default();
        let gpus = status.allocatable.and_then(|all| all.gpus);
        let provider = object.spec.and_then(|spec| spec.provider_id);
        Self {
            name: object.metadata.name.unwrap_or_default(),
            instance: provider.as_deref().and_then(Node::instance),
            ready: conditions.iter().any(|one| one.is("Ready")),
            gpus: gpus.and_then(|count| count.parse().ok()).unwrap_or(0),
        }
    }
}

pub(crate) fn persistent_volume(object: v1::PersistentVolume) -> PersistentVolume {
    let spec = object.spec.unwrap_or_default();
    let handle = spec
        .csi
        .filter(|csi| csi.driver == DRIVER)
        .map(|csi| csi.volume_handle);
    let size = spec.capacity.and_then(|mut all| all.remove("storage"));
    PersistentVolume {
        name: object.metadata.name.unwrap_or_default(),
        volume: handle.and_then(|handle| volume_of(&handle)),
        claim: spec
            .claim_ref
            .and_then(|claim| Some((claim.namespace?, claim.name?))),
        size_gb: size.and_then(|size| gib(&size.0)).unwrap_or_default(),
        retained: spec.persistent_volume_reclaim_policy.as_deref() == Some("Retain"),
    }
}

/// The id in a handle `<volume id>-<label>`.
fn volume_of(handle: &str) -> Option<VolumeId> {
    let (id, _) = handle.split_once('-').unwrap_or((handle, ""));
    id.parse().ok().map(VolumeId)
}

/// The Service, when it is one of type LoadBalancer. One that is being deleted counts: its
/// NodeBalancer stands until the Service is gone.
pub(crate) fn load_balancer(object: v1::Service) -> Option<LoadBalancer> {
    let kind = object.spec.and_then(|spec| spec.type_);
    let balancer = object.status.and_then(|status| status.load_balancer);
    let ingress = balancer.and_then(|balancer| balancer.ingress);
    (kind.as_deref() == Some("LoadBalancer")).then(|| LoadBalancer {
        service: ServiceName {
            namespace: object.metadata.namespace.unwrap_or_default(),
            name: object.metadata.name.unwrap_or_default(),
        },
        address: ingress.and_then(|all| all.into_iter().find_map(|one| one.ip)),
    })
}

/// Whole GiB of a quantity such as `10Gi` or `10500M`, rounded up.
fn gib(quantity: &str) -> Option<u32> {
    let split = quantity
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(quantity.len());
    let (number, unit) = quantity.split_at(split);
    let factor: u128 = match unit {
        "" => 1,
        "k" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "T" => 1_000_000_000_000,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        _ => return None,
    };
    let bytes = number.parse::<u128>().ok()?.checked_mul(factor)?;
    u32::try_from(bytes.div_ceil(1 << 30)).ok()
}

#[cfg(test)]
mod tests {
    use super::{gib, volume_of};
    use domain::VolumeId;

    #[test]
    fn a_size_is_whole_gib_rounded_up() {
        let sizes = ["10Gi", "10500Mi", "20G", "1", "1Ti", "1.5Gi", "x", ""];
        let read = sizes.map(gib);
        let expected = [
            Some(10),
            Some(11),
            Some(19),
            Some(1),
            Some(1024),
            None,
            None,
            None,
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn a_handle_begins_with_the_volume_s_id() {
        let ids = ["123-pvc4567", "123", "pvc-123", ""].map(volume_of);
        assert_eq!(ids, [Some(VolumeId(123)), Some(VolumeId(123)), None, None]);
    }
}
