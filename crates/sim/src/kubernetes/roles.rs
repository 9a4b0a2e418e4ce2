//! The roles that every cluster has, as Kubernetes makes them: what each user may ask about
//! themselves, and `view`, `edit`, `admin` and `cluster-admin`, each with what the one before it has.
//! Secrets, nodes, volumes and roles are not among what `view` reads.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Inner;
use super::rbac::GROUP;
use super::seeds::put;

/// A group and its resources.
type Row = (&'static str, &'static [&'static str]);

const READ: [&str; 3] = ["get", "list", "watch"];
const WRITE: [&str; 5] = ["create", "delete", "deletecollection", "patch", "update"];

const VIEWED: &[Row] = &[
    (
        "",
        &[
            "bindings",
            "configmaps",
            "endpoints",
            "events",
            "limitranges",
            "namespaces",
            "namespaces/status",
            "persistentvolumeclaims",
            "persistentvolumeclaims/status",
            "pods",
            "pods/log",
            "pods/status",
            "resourcequotas",
            "resourcequotas/status",
            "serviceaccounts",
            "services",
            "services/status",
        ],
    ),
    (
        "apps",
        &[
            "controllerrevisions",
            "daemonsets",
            "daemonsets/status",
            "deployments",
            "deployments/scale",
            "deployments/status",
            "replicasets",
            "replicasets/scale",
            "replicasets/status",
            "statefulsets",
            "statefulsets/scale",
            "statefulsets/status",
        ],
    ),
    (
        "autoscaling",
        &[
            "horizontalpodautoscalers",
            "horizontalpodautoscalers/status",
        ],
    ),
    (
        "batch",
        &["cronjobs", "cronjobs/status", "jobs", "jobs/status"],
    ),
    ("discovery.k8s.io", &["endpointslices"]),
    (
        "networking.k8s.io",
        &["ingresses", "ingresses/status", "networkpolicies"],
    ),
    (
        "policy",
        &["poddisruptionbudgets", "poddisruptionbudgets/status"],
    ),
];
/// Through which one comes to what runs in a pod.
const INSIDE: Row = (
    "",
    &[
        "pods/attach",
        "pods/exec",
        "pods/portforward",
        "pods/proxy",
        "secrets",
        "services/proxy",
    ],
);
const EDITED: &[Row] = &[
    INSIDE,
    (
        "",
        &[
            "configmaps",
            "events",
            "persistentvolumeclaims",
            "pods",
            "serviceaccounts",
            "services",
        ],
    ),
    (
        "apps",
        &[
            "daemonsets",
            "deployments",
            "deployments/scale",
            "replicasets",
            "replicasets/scale",
            "statefulsets",
            "statefulsets/scale",
        ],
    ),
    ("autoscaling", &["horizontalpodautoscalers"]),
    ("batch", &["cronjobs", "jobs"]),
    ("networking.k8s.io", &["ingresses", "networkpolicies"]),
    ("policy", &["poddisruptionbudgets"]),
];
const ADMINISTERED: &[Row] = &[(GROUP, &["rolebindings", "roles"])];
/// For everybody who has a token.
const OWN: &[Row] = &[
    ("authentication.k8s.io", &["selfsubjectreviews"]),
    (
        "authorization.k8s.io",
        &["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
    ),
];
const DISCOVERED: [&str; 11] = [
    "/api",
    "/api/*",
    "/apis",
    "/apis/*",
    "/healthz",
    "/livez",
    "/openapi",
    "/openapi/*",
    "/readyz",
    "/version",
    "/version/",
];

/// For everybody, with a token or without.
const PUBLIC: [&str; 5] = ["/healthz", "/livez", "/readyz", "/version", "/version/"];

/// Makes the roles, and binds those that everybody has.
pub(super) fn plant(inner: &mut Inner, now: Timestamp) {
    let rules = |rows: &[Row], verbs: &[&str]| -> Vec<Value> {
        let rule =
            |(group, all): &Row| json!({"apiGroups": [group], "resources": all, "verbs": verbs});
        rows.iter().map(rule).collect()
    };
    let every = [&READ[..], &WRITE].concat();
    let view = rules(VIEWED, &READ);
    let edit = [
        view.clone(),
        rules(&[INSIDE], &READ),
        rules(EDITED, &WRITE),
        rules(
            &[("", &["pods/eviction", "serviceaccounts/token"])],
            &["create"],
        ),
        rules(&[("", &["serviceaccounts"])], &["impersonate"]),
        rules(&[("coordination.k8s.io", &["leases"])], &every),
    ]
    .concat();
    let local = ("authorization.k8s.io", &["localsubjectaccessreviews"][..]);
    let admin = [
        edit.clone(),
        rules(ADMINISTERED, &every),
        rules(&[local], &["create"]),
    ]
    .concat();
    let all = vec![
        json!({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}),
        json!({"nonResourceURLs": ["*"], "verbs": ["*"]}),
    ];
    let own = rules(OWN, &["create"]);
    let paths = |all: &[&str]| vec![json!({"nonResourceURLs": all, "verbs": ["get"]})];
    let metadata = |name: &str| json!({"name": name, "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}});
    for (name, rules) in [
        ("cluster-admin", all),
        ("admin", admin),
        ("edit", edit),
        ("view", view),
        ("system:basic-user", own),
        ("system:discovery", paths(&DISCOVERED)),
        ("system:public-info-viewer", paths(&PUBLIC)),
    ] {
        let role = json!({"metadata": metadata(name), "rules": rules});
        put(inner, GROUP, "clusterroles", "", role, now);
    }
    let everybody = json!([{"apiGroup": GROUP, "kind": "Group", "name": "system:authenticated"}]);
    for name in [
        "system:basic-user",
        "system:discovery",
        "system:public-info-viewer",
    ] {
        let binding = json!({
            "metadata": metadata(name), "subjects": everybody,
            "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": name},
        });
        put(inner, GROUP, "clusterrolebindings", "", binding, now);
    }
}
