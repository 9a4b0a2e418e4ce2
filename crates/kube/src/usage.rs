//! NVIDIA's exporter of how GPUs are used: our own manifest of it, and what its pods tell through the
//! API server. It takes no GPU, needs no right in the cluster, and goes with it.
//!
//! Deliberately absent: profiling counters, for which it would need `SYS_ADMIN`, and the names of
//! pods, for which it would mount a socket of the kubelet's.

use domain::plan::GPU_LABEL;
use domain::usage::{self, NodeUse, TEXT_BYTES_MAX};
use engine::ports::Answer;
use futures::{StreamExt as _, stream};
use http_body_util::{BodyExt as _, Limited};
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use kube::client::Body;
use kube::core::Request;
use kube::{Error, Resource as _};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cluster::KubeCluster;
use crate::condition::Conditions;
use crate::failure;
use crate::gpu::{NAMESPACE, RUNTIME_CLASS};
use crate::read::Page;

/// The exporter's name, its DaemonSet's and that of what it counts.
pub(crate) const EXPORTER: &str = "quaylight-dcgm-exporter";
/// Pinned.
const IMAGE: &str = "nvcr.io/nvidia/k8s/dcgm-exporter:4.6.0-4.8.3-distroless";
/// Where it listens.
const PORT: u16 = 9400;
/// What it counts, and where that stands in its container.
const COUNTERS: &str = "DCGM_FI_DEV_GPU_UTIL, gauge, GPU utilization (in %).\n\
                        DCGM_FI_DEV_FB_USED, gauge, Framebuffer memory used (in MiB).\n\
                        DCGM_FI_DEV_FB_FREE, gauge, Framebuffer memory free (in MiB).\n\
                        DCGM_FI_DEV_GPU_TEMP, gauge, GPU temperature (in C).\n";
/// See [`COUNTERS`].
const FOLDER: &str = "/etc/quaylight";
/// Nodes that are asked at the same time.
const ASKED_AT_ONCE: usize = 8;
/// No cluster of LKE has more nodes.
const NODES_MAX: u32 = 500;

fn labels() -> Value {
    json!({"app.kubernetes.io/name": EXPORTER, "app.kubernetes.io/managed-by": "quaylight"})
}

/// What the exporter counts.
pub(crate) fn counters() -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": EXPORTER, "namespace": NAMESPACE, "labels": labels()},
        "data": {"counters.csv": COUNTERS},
    })
}

/// One pod on every node of the GPU pool, whatever its taints.
pub(crate) fn exporter() -> Value {
    let (label, present) = GPU_LABEL;
    json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": EXPORTER, "namespace": NAMESPACE, "labels": labels()},
        "spec": {
            "selector": {"matchLabels": {"app.kubernetes.io/name": EXPORTER}},
            "updateStrategy": {"type": "RollingUpdate"},
            "template": {
                "metadata": {"labels": labels()},
                "spec": {
                    "runtimeClassName": RUNTIME_CLASS,
                    "automountServiceAccountToken": false,
                    "nodeSelector": {label: present},
                    "tolerations": [{"operator": "Exists"}],
                    "containers": [{
                        "name": EXPORTER,
                        "image": IMAGE,
                        "args": ["-f", format!("{FOLDER}/counters.csv")],
                        "env": [
                            {"name": "DCGM_EXPORTER_LISTEN", "value": format!(":{PORT}")},
                            {"name": "DCGM_EXPORTER_KUBERNETES", "value": "false"},
                            {"name": "NVIDIA_VISIBLE_DEVICES", "value": "all"},
                            {"name": "NVIDIA_DRIVER_CAPABILITIES", "value": "compute,utility"},
                        ],
                        "ports": [{"name": "metrics", "containerPort": PORT, "protocol": "TCP"}],
                        "resources": {"requests": {"cpu": "20m", "memory": "128Mi"}},
                        "securityContext": {
                            "allowPrivilegeEscalation": false,
                            "capabilities": {"drop": ["ALL"]},
                        },
                        "volumeMounts": [{"name": "counters", "mountPath": FOLDER}],
                    }],
                    "volumes": [{"name": "counters", "configMap": {"name": EXPORTER}}],
                },
            },
        },
    })
}

/// A pod of the exporter.
#[derive(Deserialize)]
struct Exporter {
    metadata: Name,
    spec: Option<Spec>,
    status: Option<Conditions>,
}

#[derive(Deserialize)]
struct Name {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Spec {
    #[serde(rename = "nodeName")]
    node: Option<String>,
}

/// Pod and node of one that can be asked: a node that is lost would keep the others waiting.
fn asked(pod: &Value) -> Option<(String, String)> {
    let one = Exporter::deserialize(pod).ok()?;
    let ready = one.status.is_some_and(|status| status.say("Ready"));
    let node = one.spec.and_then(|spec| spec.node);
    let all = one.metadata.name.zip(node);
    all.filter(|_| ready)
}

impl KubeCluster {
    /// What the exporter tells of each node; one that tells nothing is left out.
    pub(crate) async fn usage(&self) -> Answer<Vec<NodeUse>> {
        let failed = |error| failure::of("list the pods of the GPU exporter", error);
        let of_it = ListParams::default()
            .labels(&format!("app.kubernetes.io/name={EXPORTER}"))
            .limit(NODES_MAX);
        let request = Request::new(Pod::url_path(&(), Some(NAMESPACE)))
            .list(&of_it)
            .map_err(Error::BuildRequest)
            .map_err(failed)?;
        let pods: Page<Value> = self.client.request(request).await.map_err(failed)?;
        let pods = pods.items.unwrap_or_default();
        let ask = async |(pod, node): (String, String)| {
            let cards = usage::read(&self.metrics(&pod).await?);
            (!cards.is_empty()).then_some(NodeUse { node, cards })
        };
        let told = stream::iter(pods.iter().filter_map(asked)).map(ask);
        let told = told.buffered(ASKED_AT_ONCE);
        Ok(told.filter_map(std::future::ready).collect().await)
    }

    /// The text of one pod.
    async fn metrics(&self, pod: &str) -> Option<String> {
        let pods = Pod::url_path(&(), Some(NAMESPACE));
        let path = format!("{pods}/{pod}:{PORT}/proxy/metrics");
        let request = http::Request::get(path).body(Body::empty()).ok()?;
        let reply = self.client.send(request).await.ok()?;
        if !reply.status().is_success() {
            return None;
        }
        let body = Limited::new(reply.into_body(), TEXT_BYTES_MAX);
        let body = body.collect().await.ok()?.to_bytes();
        Some(String::from_utf8_lossy(&body).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::asked;
    use serde_json::{Value, json};

    #[test]
    fn only_a_pod_that_is_ready_and_has_a_node_is_asked() {
        let pod = |ready: Value| {
            json!({
                "metadata": {"name": "p"}, "spec": {"nodeName": "n"},
                "status": {"conditions": [{"type": "Ready", "status": ready}]},
            })
        };
        let found = Some(("p".to_owned(), "n".to_owned()));
        assert_eq!(asked(&pod(json!("True"))), found);
        let (mut unnamed, mut unbound) = (pod(json!("True")), pod(json!("True")));
        unnamed["metadata"] = json!({});
        unbound["spec"] = json!({});
        let odd = [
            pod(json!("False")),
            pod(json!("Unknown")),
            pod(json!(true)),
            unnamed,
            unbound,
            json!({"metadata": {"name": "p"}, "spec": {"nodeName": "n"}}),
            json!([]),
            Value::Null,
        ];
        for one in odd {
            assert_eq!(asked(&one), None, "{one}");
        }
    }
}
