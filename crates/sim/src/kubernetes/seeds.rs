//! What a fresh LKE cluster holds before its first node.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Inner;
use super::controllers::PROVISIONER;
use super::defaults::DEFAULT_CLASS;
use super::kinds::known;
use super::write::create;
use super::{nodes, roles};

/// The namespaces that Kubernetes makes itself.
const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Fills a new store.
pub(super) fn plant(inner: &mut Inner, now: Timestamp) {
    for name in NAMESPACES {
        put(
            inner,
            "",
            "namespaces",
            "",
            json!({"metadata": {"name": name}}),
            now,
        );
    }
    let api = json!({
        "metadata": {
            "name": "kubernetes",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "clusterIP": "10.128.0.1",
            "ports": [{"name": "https", "port": 443, "targetPort": 6443}],
        },
    });
    put(inner, "", "services", "default", api, now);
    let dns = json!({
        "metadata": {
            "name": "kube-dns",
            "labels": {"k8s-app": "kube-dns", "kubernetes.io/name": "CoreDNS"},
        },
        "spec": {
            "clusterIP": "10.128.0.10",
            "selector": {"k8s-app": "kube-dns"},
            "ports": [
                {"name": "dns", "port": 53, "protocol": "UDP"},
                {"name": "dns-tcp", "port": 53},
                {"name": "metrics", "port": 9153},
            ],
        },
    });
    put(inner, "", "services", "kube-system", dns, now);
    for (app, image, _) in nodes::DAEMONS {
        let labels = json!({"k8s-app": app});
        let set = json!({
            "metadata": {"name": app, "labels": labels},
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"containers": [{"name": app, "image": image}]},
                },
            },
        });
        put(inner, "apps", "daemonsets", "kube-system", set, now);
    }
    // Retain is LKE's default: volumes outlive their claims, and go on costing.
    class(inner, "linode-block-storage-retain", "Retain", true, now);
    class(inner, "linode-block-storage", "Delete", false, now);
    let driver = json!({
        "metadata": {"name": PROVISIONER},
        "spec": {"attachRequired": true, "podInfoOnMount": true, "volumeLifecycleModes": ["Persistent"]},
    });
    put(inner, "storage.k8s.io", "csidrivers", "", driver, now);
    roles::plant(inner, now);
}

fn class(inner: &mut Inner, name: &str, policy: &str, default: bool, now: Timestamp) {
    let mut annotations = json!({});
    if default {
        annotations[DEFAULT_CLASS] = json!("true");
    }
    let class = json!({
        "metadata": {"name": name, "annotations": annotations},
        "provisioner": PROVISIONER,
        "reclaimPolicy": policy,
        "volumeBindingMode": "Immediate",
        "allowVolumeExpansion": true,
    });
    put(inner, "storage.k8s.io", "storageclasses", "", class, now);
}

/// Creates an object that cannot be refused: a seed that does not fit is a programmer's error.
pub(super) fn put(
    inner: &mut Inner,
    group: &str,
    resource: &str,
    namespace: &str,
    object: Value,
    now: Timestamp,
) {
    let made = create(inner, known(group, resource), namespace, object, false, now);
    debug_assert!(made.is_ok(), "a seed was refused: {made:?}");
}
