//! Nodes and pods by what their rows show: the whole of either is some hundred times as much.

use domain::inside::{Amounts, NodeInside, Pod, Start, asked};
use domain::inventory::KubeNode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

use crate::quantity::{milli, whole};
use crate::read::{Node, Odd, text};

/// What NVIDIA's device plugin announces.
const GPU: &str = "nvidia.com/gpu";

type Texts = BTreeMap<String, String>;

/// A node with all that its row shows.
#[derive(Deserialize)]
pub(crate) struct Whole {
    metadata: Metadata,
    spec: Option<NodeSpec>,
    status: Option<NodeStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: Option<String>,
    namespace: Option<String>,
    creation_timestamp: Option<Timestamp>,
    labels: Option<Texts>,
    owner_references: Option<Vec<Owner>>,
}

#[derive(Deserialize)]
struct Owner {
    kind: String,
    name: String,
}

#[derive(Deserialize, Default)]
struct NodeSpec {
    #[serde(rename = "providerID")]
    provider_id: Option<String>,
    unschedulable: Option<bool>,
    taints: Option<Vec<Taint>>,
}

#[derive(Deserialize)]
struct Taint {
    key: String,
    value: Option<String>,
    effect: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct NodeStatus {
    allocatable: Option<Texts>,
    conditions: Option<Vec<Condition>>,
    node_info: Option<NodeInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeInfo {
    kubelet_version: Option<String>,
}

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
    reason: Option<String>,
    message: Option<String>,
}

impl From<Whole> for NodeInside {
    fn from(object: Whole) -> Self {
        let (spec, status) = (
            object.spec.unwrap_or_default(),
            object.status.unwrap_or_default(),
        );
        let allocatable = status.allocatable.unwrap_or_default();
        let pods_max = quantity(&allocatable, "pods", whole);
        let gives = amounts(&allocatable);
        let readable = gives.is_some() && pods_max.is_some();
        let gives = gives.unwrap_or_default();
        let conditions = status.conditions.unwrap_or_default();
        let ready = |one: &Condition| one.kind == "Ready" && one.status == "True";
        let provider = spec.provider_id.as_deref();
        let info = status.node_info.and_then(|info| info.kubelet_version);
        Self {
            node: KubeNode {
                name: object.metadata.name.unwrap_or_default(),
                instance: provider.and_then(Node::instance),
                ready: conditions.iter().any(ready),
                gpus: u32::try_from(gives.gpus).unwrap_or(u32::MAX),
            },
            version: info.unwrap_or_default(),
            born: object.metadata.creation_timestamp,
            labels: object
                .metadata
                .labels
                .unwrap_or_default()
                .into_iter()
                .collect(),
            taints: spec
                .taints
                .unwrap_or_default()
                .iter()
                .map(Taint::written)
                .collect(),
            cordoned: spec.unschedulable.unwrap_or(false),
            gives,
            pods_max: pods_max.unwrap_or(0),
            readable,
        }
    }
}

impl Taint {
    fn written(&self) -> String {
        let (key, effect) = (&self.key, &self.effect);
        match self.value.as_deref() {
            None | Some("") => format!("{key}:{effect}"),
            Some(value) => format!("{key}={value}:{effect}"),
        }
    }
}

/// An amount by its name; what is not there is nothing, what is no quantity cannot be read.
fn quantity(of: &Texts, name: &str, read: fn(&str) -> Option<u64>) -> Option<u64> {
    of.get(name).map_or(Some(0), |one| read(one))
}

/// `None`: one of them is no quantity.
fn amounts(of: &Texts) -> Option<Amounts> {
    Some(Amounts {
        cpu_milli: quantity(of, "cpu", milli)?,
        memory: quantity(of, "memory", whole)?,
        gpus: quantity(of, GPU, whole)?,
    })
}

/// A pod by what is used of it.
#[derive(Deserialize)]
pub(crate) struct PodRead {
    metadata: Metadata,
    spec: Option<PodSpec>,
    status: Option<PodStatus>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct PodSpec {
    node_name: Option<String>,
    containers: Option<Vec<Container>>,
    init_containers: Option<Vec<Container>>,
    overhead: Option<Texts>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    restart_policy: Option<String>,
    resources: Option<Resources>,
}

#[derive(Deserialize)]
struct Resources {
    requests: Option<Texts>,
    limits: Option<Texts>,
}

#[derive(Deserialize, Default)]
struct PodStatus {
    phase: Option<String>,
    conditions: Option<Vec<Condition>>,
}

impl Container {
    /// Its requests; a limit alone is a request too. `None`: they cannot be read.
    fn asks(&self) -> Option<Amounts> {
        let Some(resources) = &self.resources else {
            return Some(Amounts::default());
        };
        let mut all = resources.limits.clone().unwrap_or_default();
        all.extend(resources.requests.clone().unwrap_or_default());
        amounts(&all)
    }
}

impl From<PodRead> for Pod {
    fn from(object: PodRead) -> Self {
        let (spec, status) = (
            object.spec.unwrap_or_default(),
            object.status.unwrap_or_default(),
        );
        let containers = spec.containers.unwrap_or_default();
        let containers: Option<Vec<Amounts>> = containers.iter().map(Container::asks).collect();
        let starts = spec.init_containers.unwrap_or_default();
        let start = |one: &Container| {
            let stays = one.restart_policy.as_deref() == Some("Always");
            one.asks().map(|asks| Start { asks, stays })
        };
        let starts: Option<Vec<Start>> = starts.iter().map(start).collect();
        let overhead = spec
            .overhead
            .as_ref()
            .map_or(Some(Amounts::default()), amounts);
        let asks = containers
            .zip(starts)
            .zip(overhead)
            .map(|((containers, starts), overhead)| asked(&containers, &starts, overhead));
        let waits = status
            .conditions
            .unwrap_or_default()
            .into_iter()
            .find(|one| {
                one.kind == "PodScheduled" && one.reason.as_deref() == Some("Unschedulable")
            });
        let owners = object.metadata.owner_references.unwrap_or_default();
        let job = owners.into_iter().find(|one| one.kind == "Job");
        Self {
            namespace: object.metadata.namespace.unwrap_or_default(),
            name: object.metadata.name.unwrap_or_default(),
            node: spec.node_name.filter(|name| !name.is_empty()),
            over: matches!(status.phase.as_deref(), Some("Succeeded" | "Failed")),
            readable: asks.is_some(),
            asks: asks.unwrap_or_default(),
            job: job.map(|one| one.name),
            waits: waits.and_then(|one| one.message),
        }
    }
}

impl Odd for NodeInside {
    fn odd(object: &Value) -> Self {
        let conditions = object
            .pointer("/status/conditions")
            .and_then(Value::as_array);
        let ready = |one: &Value| one["type"] == "Ready" && one["status"] == "True";
        let provider = text(object, "/spec/providerID");
        Self {
            node: KubeNode {
                name: text(object, "/metadata/name").unwrap_or_default(),
                instance: provider.as_deref().and_then(Node::instance),
                ready: conditions.into_iter().flatten().any(ready),
                gpus: text(object, "/status/allocatable/nvidia.com~1gpu")
                    .and_then(|count| count.parse().ok())
                    .unwrap_or(0),
            },
            version: text(object, "/status/nodeInfo/kubeletVersion").unwrap_or_default(),
            born: text(object, "/metadata/creationTimestamp").and_then(|at| at.parse().ok()),
            labels: Vec::new(),
            taints: Vec::new(),
            cordoned: object.pointer("/spec/unschedulable") == Some(&Value::Bool(true)),
            gives: Amounts::default(),
            pods_max: 0,
            readable: false,
        }
    }
}

impl Odd for Pod {
    fn odd(object: &Value) -> Self {
        let phase = text(object, "/status/phase");
        Self {
            namespace: text(object, "/metadata/namespace").unwrap_or_default(),
            name: text(object, "/metadata/name").unwrap_or_default(),
            node: text(object, "/spec/nodeName").filter(|name| !name.is_empty()),
            over: matches!(phase.as_deref(), Some("Succeeded" | "Failed")),
            asks: Amounts::default(),
            job: None,
            waits: None,
            readable: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NodeInside, Pod, PodRead, Whole};
    use expect_test::expect;
    use serde_json::json;

    #[test]
    fn a_node_and_a_pod_are_read_by_what_is_shown_of_them() {
        let node: Whole = serde_json::from_value(json!({
            "metadata": {
                "name": "lke1-2-aa", "creationTimestamp": "2026-11-23T10:00:00Z",
                "labels": {"b": "2", "a": "1"},
            },
            "spec": {
                "providerID": "linode://94900001", "unschedulable": true,
                "taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}, {"key": "x", "effect": "NoExecute"}],
            },
            "status": {
                "allocatable": {"cpu": "3920m", "memory": "15Gi", "pods": "110", "nvidia.com/gpu": "1"},
                "conditions": [{"type": "Ready", "status": "True"}],
                "nodeInfo": {"kubeletVersion": "v1.34.2"},
            },
        }))
        .expect("a node");
        let pod: PodRead = serde_json::from_value(json!({
            "metadata": {
                "name": "train-x", "namespace": "ml",
                "ownerReferences": [{"kind": "Job", "name": "train"}],
            },
            "spec": {"nodeName": "", "containers": [
                {"resources": {"limits": {"nvidia.com/gpu": "2", "cpu": "1"}, "requests": {"cpu": "500m"}}},
                {},
            ]},
            "status": {"phase": "Pending", "conditions": [
                {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1"},
            ]},
        }))
        .expect("a pod");
        expect![[r#"
            (
                NodeInside {
                    node: KubeNode {
                        name: "lke1-2-aa",
                        instance: Some(
                            InstanceId(
                                94900001,
                            ),
                        ),
                        ready: true,
                        gpus: 1,
                    },
                    version: "v1.34.2",
                    born: Some(
                        2026-11-23T10:00:00Z,
                    ),
                    labels: [
                        (
                            "a",
                            "1",
                        ),
                        (
                            "b",
                            "2",
                        ),
                    ],
                    taints: [
                        "k=v:NoSchedule",
                        "x:NoExecute",
                    ],
                    cordoned: true,
                    gives: Amounts {
                        cpu_milli: 3920,
                        memory: 16106127360,
                        gpus: 1,
                    },
                    pods_max: 110,
                    readable: true,
                },
                Pod {
                    namespace: "ml",
                    name: "train-x",
                    node: None,
                    over: false,
                    asks: Amounts {
                        cpu_milli: 500,
                        memory: 0,
                        gpus: 2,
                    },
                    job: Some(
                        "train",
                    ),
                    waits: Some(
                        "0/1",
                    ),
                    readable: true,
                },
            )
        "#]]
        .assert_debug_eq(&(NodeInside::from(node), Pod::from(pod)));
    }
}
