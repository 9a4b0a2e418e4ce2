//! The default-deny preset of a namespace: one NetworkPolicy. Its pods reach the cluster's DNS and
//! nothing else; they are reached by nodes and control plane, so that probes and webhooks work, and by
//! nobody else.

use serde_json::{Value, json};

/// Its name, in each namespace.
pub(crate) const NAME: &str = "quaylight-default-deny";
/// Nodes and control plane of a region.
const PRIVATE: &str = "192.168.128.0/17";
/// The tunnel between nodes and control plane; by which of the two a webhook is called is published
/// nowhere.
const TUNNEL: &str = "172.31.0.0/16";

pub(crate) fn preset(namespace: &str) -> Value {
    let block = |cidr: &str| json!({"ipBlock": {"cidr": cidr}});
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {
            "name": NAME, "namespace": namespace,
            "labels": {"app.kubernetes.io/managed-by": "quaylight"},
        },
        "spec": {
            "podSelector": {},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [block(PRIVATE), block(TUNNEL)]}],
            "egress": [{
                "to": [{
                    "namespaceSelector": {
                        "matchLabels": {"kubernetes.io/metadata.name": "kube-system"},
                    },
                    "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
                }],
                "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
            }],
        },
    })
}
