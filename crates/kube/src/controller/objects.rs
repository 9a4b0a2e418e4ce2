//! The objects that the controller lives on.

use domain::preset::protocol_name;
use domain::spec::FirewallRule;
use serde_json::{Value, json};

use super::{GROUP, IMAGE, NAME, NAMESPACE, PRIMARY, VERSION};

fn labels() -> Value {
    json!({"app.kubernetes.io/name": NAME, "app.kubernetes.io/managed-by": "quaylight"})
}

fn selector() -> Value {
    json!({"app.kubernetes.io/name": NAME})
}

pub(super) fn definition_name() -> String {
    format!("cloudfirewalls.{GROUP}")
}

pub(super) fn definition() -> Value {
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let verdict = json!({"type": "string", "enum": ["ACCEPT", "DROP"]});
    let rules = json!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["action", "addresses", "label", "protocol"],
            "properties": {
                "action": verdict,
                "addresses": {"type": "object", "properties": {"ipv4": texts, "ipv6": texts}},
                "description": {"type": "string"},
                "label": {"type": "string"},
                "ports": {"type": "string"},
                "protocol": {"type": "string", "enum": ["TCP", "UDP", "ICMP", "IPENCAP"]},
            },
        },
    });
    let policy = |default: &str| {
        let mut policy = verdict.clone();
        policy["default"] = json!(default);
        policy
    };
    let spec = json!({
        "type": "object",
        "properties": {
            "defaultRules": {"type": "boolean", "default": true},
            "firewall-id": {"type": "string"},
            "ruleset": {
                "type": "object",
                "properties": {
                    "inbound": rules, "inbound_policy": policy("DROP"),
                    "outbound": rules, "outbound_policy": policy("ACCEPT"),
                },
            },
        },
    });
    let status = json!({
        "type": "object",
        "properties": {
            "firewall-id": {"type": "string"},
            "last-update": {"type": "string", "format": "date-time"},
            "nodes": {"type": "array", "items": {"type": "integer"}},
        },
    });
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": definition_name(), "labels": labels()},
        "spec": {
            "group": GROUP, "scope": "Namespaced",
            "names": {
                "kind": "CloudFirewall", "listKind": "CloudFirewallList",
                "plural": "cloudfirewalls", "singular": "cloudfirewall",
            },
            "versions": [{
                "name": VERSION, "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {
                    "type": "object",
                    "properties": {
                        "apiVersion": {"type": "string"}, "kind": {"type": "string"},
                        "metadata": {"type": "object"}, "spec": spec, "status": status,
                    },
                }},
            }],
        },
    })
}

/// Our rules and no others; what they do not name is dropped.
pub(crate) fn resource(rules: &[FirewallRule]) -> Value {
    let rule = |rule: &FirewallRule| {
        let nets = |v6: bool| -> Vec<String> {
            let of_it = rule.sources.iter().filter(|net| net.addr().is_ipv6() == v6);
            of_it.map(ToString::to_string).collect()
        };
        let mut addresses = json!({});
        for (family, nets) in [("ipv4", nets(false)), ("ipv6", nets(true))] {
            // Linode refuses an empty list of a family.
            if !nets.is_empty() {
                addresses[family] = json!(nets);
            }
        }
        let mut out = json!({
            "action": "ACCEPT", "label": rule.label, "protocol": protocol_name(rule.protocol),
            "addresses": addresses,
        });
        if let Some(ports) = &rule.ports {
            out["ports"] = json!(ports);
        }
        out
    };
    let inbound: Vec<Value> = rules.iter().map(rule).collect();
    json!({
        "apiVersion": format!("{GROUP}/{VERSION}"), "kind": "CloudFirewall",
        "metadata": {"name": PRIMARY, "namespace": NAMESPACE, "labels": labels()},
        "spec": {
            "defaultRules": false,
            "ruleset": {
                "inbound": inbound, "inbound_policy": "DROP",
                "outbound": [], "outbound_policy": "ACCEPT",
            },
        },
    })
}

pub(super) fn account() -> Value {
    json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": NAME, "namespace": NAMESPACE, "labels": labels()},
    })
}

pub(super) fn role() -> Value {
    let reads = json!(["get", "list", "watch"]);
    let of_firewalls = |resource: &str, verbs: &[&str]| {
        json!({
            "apiGroups": [GROUP], "resources": [resource], "verbs": verbs,
        })
    };
    let all = [
        "create", "delete", "get", "list", "patch", "update", "watch",
    ];
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": NAME, "labels": labels()},
        "rules": [
            {"apiGroups": [""], "resources": ["nodes", "secrets"], "verbs": reads},
            {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": reads},
            of_firewalls("cloudfirewalls", &all),
            of_firewalls("cloudfirewalls/finalizers", &["update"]),
            of_firewalls("cloudfirewalls/status", &["get", "patch", "update"]),
        ],
    })
}

pub(super) fn binding() -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": NAME, "labels": labels()},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": NAME},
        "subjects": [{"kind": "ServiceAccount", "namespace": NAMESPACE, "name": NAME}],
    })
}

/// One pod, and never two: the old one ends before a new one begins.
pub(super) fn deployment() -> Value {
    let probe = |path: &str, delay: u32, period: u32| {
        json!({
            "httpGet": {"path": path, "port": 8081},
            "initialDelaySeconds": delay, "periodSeconds": period,
        })
    };
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": NAME, "namespace": NAMESPACE, "labels": labels()},
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": selector()},
            "template": {
                "metadata": {"labels": labels()},
                "spec": {
                    "serviceAccountName": NAME,
                    "priorityClassName": "system-cluster-critical",
                    "securityContext": {"runAsNonRoot": true},
                    "containers": [{
                        "name": NAME, "image": IMAGE, "command": ["/manager"],
                        "args": ["--health-probe-bind-address=:8081"],
                        "securityContext": {
                            "allowPrivilegeEscalation": false,
                            "capabilities": {"drop": ["ALL"]},
                        },
                        "resources": {
                            "requests": {"cpu": "10m", "memory": "64Mi"},
                            "limits": {"cpu": "100m", "memory": "128Mi"},
                        },
                        "livenessProbe": probe("/healthz", 15, 20),
                        "readinessProbe": probe("/readyz", 5, 10),
                    }],
                },
            },
        },
    })
}
