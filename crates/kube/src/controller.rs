//! Linode's cloud-firewall-controller: the objects that it lives on, pinned, and its custom resource.
//!
//! Against its chart: no leader election, as there is never more than one pod, and so fewer rights;
//! and rules of ours in place of its own. That it may read every Secret of the cluster is what its
//! client asks for, which looks for Linode's token in all namespaces.

use domain::InstanceId;
use domain::preset::protocol_name;
use domain::spec::FirewallRule;
use engine::ports::Answer;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use kube::api::{Api, DeleteParams, GetParams, ListParams, Patch, PatchParams};
use kube::core::Request;
use kube::{Error, Resource as _};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::cluster::{KubeCluster, MANAGER};
use crate::failure;
use crate::reach::ours_merging;
use crate::read::{Named, Page};

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

fn labels() -> Value {
    json!({"app.kubernetes.io/name": NAME, "app.kubernetes.io/managed-by": "quaylight"})
}

fn selector() -> Value {
    json!({"app.kubernetes.io/name": NAME})
}

fn definition_name() -> String {
    format!("cloudfirewalls.{GROUP}")
}

fn definition() -> Value {
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

fn account() -> Value {
    json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": NAME, "namespace": NAMESPACE, "labels": labels()},
    })
}

fn role() -> Value {
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

fn binding() -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": NAME, "labels": labels()},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": NAME},
        "subjects": [{"kind": "ServiceAccount", "namespace": NAMESPACE, "name": NAME}],
    })
}

/// One pod, and never two: the old one ends before a new one begins.
fn deployment() -> Value {
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

#[derive(Deserialize)]
struct Defined {
    status: Option<Conditions>,
}

#[derive(Deserialize)]
struct Conditions {
    conditions: Option<Vec<Condition>>,
}

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
}

#[derive(Deserialize)]
struct Guarding {
    status: Option<Guarded>,
}

#[derive(Deserialize)]
struct Guarded {
    nodes: Option<Vec<u64>>,
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
        let conditions = defined.status.and_then(|status| status.conditions);
        let yes = |one: &Condition| one.kind == "Established" && one.status == "True";
        Ok(conditions.unwrap_or_default().iter().any(yes))
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
        if let Some(there) = there.filter(|one| image(one).as_deref() == Some(IMAGE)) {
            let ready = there.status.and_then(|status| status.ready_replicas);
            return Ok(ready.is_some_and(|ready| ready > 0));
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
        let failed = |error| failure::of("read the controller's resource", error);
        let request = Request::new(RESOURCES)
            .get(PRIMARY, &GetParams::default())
            .map_err(Error::BuildRequest)
            .map_err(failed)?;
        let found: Guarding = match self.client.request(request).await {
            Ok(found) => found,
            Err(Error::Api(status)) if status.code == 404 => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let nodes = found.status.and_then(|status| status.nodes);
        let nodes = nodes.unwrap_or_default().into_iter().map(InstanceId);
        Ok(Some(nodes.collect()))
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
