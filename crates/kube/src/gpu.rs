//! NVIDIA's device plugin. Driver and container toolkit are in LKE's node image.

use domain::plan::GPU_LABEL;
use serde_json::{Value, json};

/// The plugin's name, and its DaemonSet's.
pub(crate) const PLUGIN: &str = "nvidia-device-plugin";
/// Where it lives.
pub(crate) const NAMESPACE: &str = "kube-system";
/// The runtime class of what sees GPUs, and containerd's handler of it in the image.
pub(crate) const RUNTIME_CLASS: &str = "nvidia";
/// Pinned.
const IMAGE: &str = "nvcr.io/nvidia/k8s-device-plugin:v0.20.0";
/// Where the kubelet listens for plugins.
const SOCKETS: &str = "/var/lib/kubelet/device-plugins";

pub(crate) fn runtime_class() -> Value {
    json!({
        "apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass",
        "metadata": {"name": RUNTIME_CLASS},
        "handler": RUNTIME_CLASS,
    })
}

/// One pod on every node of the GPU pool, whatever its taints: without it no GPU can be asked for.
pub(crate) fn plugin() -> Value {
    let labels =
        json!({"app.kubernetes.io/name": PLUGIN, "app.kubernetes.io/managed-by": "quaylight"});
    let (label, present) = GPU_LABEL;
    json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": PLUGIN, "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "selector": {"matchLabels": {"app.kubernetes.io/name": PLUGIN}},
            "updateStrategy": {"type": "RollingUpdate"},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "priorityClassName": "system-node-critical",
                    "runtimeClassName": RUNTIME_CLASS,
                    "nodeSelector": {label: present},
                    "tolerations": [{"operator": "Exists"}],
                    "containers": [{
                        "name": PLUGIN,
                        "image": IMAGE,
                        // A broken card must not keep the others of the node from being seen.
                        "env": [{"name": "FAIL_ON_INIT_ERROR", "value": "false"}],
                        "securityContext": {
                            "allowPrivilegeEscalation": false,
                            "capabilities": {"drop": ["ALL"]},
                        },
                        "volumeMounts": [{"name": "sockets", "mountPath": SOCKETS}],
                    }],
                    "volumes": [{"name": "sockets", "hostPath": {"path": SOCKETS}}],
                },
            },
        },
    })
}
