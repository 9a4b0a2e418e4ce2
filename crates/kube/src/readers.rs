//! Service accounts that may read, in a namespace of ours: each bound to Kubernetes' own role `view`.

use domain::view::Reader;
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use serde_json::{Value, json};

/// Where they live.
pub(crate) const NAMESPACE: &str = "quaylight-readers";
/// Marks what is ours.
pub(crate) const OURS: &str = "app.kubernetes.io/managed-by=quaylight";
/// Until when the token works that was given out last.
const UNTIL: &str = "quaylight.dev/until";

fn labels() -> Value {
    json!({"app.kubernetes.io/managed-by": "quaylight"})
}

pub(crate) fn namespace() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": NAMESPACE, "labels": labels()},
    })
}

/// No pod of its own uses it.
pub(crate) fn account(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels()},
        "automountServiceAccountToken": false,
    })
}

/// The name of the binding, which belongs to no namespace.
pub(crate) fn binding_name(name: &str) -> String {
    format!("quaylight-reader-{name}")
}

pub(crate) fn binding(name: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": binding_name(name), "labels": labels()},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view",
        },
        "subjects": [{"kind": "ServiceAccount", "namespace": NAMESPACE, "name": name}],
    })
}

pub(crate) fn token(seconds: i64) -> TokenRequest {
    TokenRequest {
        spec: TokenRequestSpec {
            audiences: Vec::new(),
            expiration_seconds: Some(seconds),
            ..TokenRequestSpec::default()
        },
        ..TokenRequest::default()
    }
}

pub(crate) fn until(at: &str) -> Value {
    json!({"metadata": {"annotations": {UNTIL: at}}})
}

pub(crate) fn reader(object: ServiceAccount) -> Reader {
    let metadata = object.metadata;
    let until = metadata.annotations.unwrap_or_default().remove(UNTIL);
    Reader {
        name: metadata.name.unwrap_or_default(),
        since: metadata.creation_timestamp.map(|time| time.0),
        until: until.and_then(|text| text.parse().ok()),
    }
}
