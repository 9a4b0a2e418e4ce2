//! The kinds that the store knows; everything else is a 404. A row is all that a new kind needs.

/// One kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// API group; empty is core.
    pub group: &'static str,
    /// API version within the group.
    pub version: &'static str,
    /// Plural, as in the path.
    pub resource: &'static str,
    /// Kind, as in the object.
    pub name: &'static str,
    /// Short names that kubectl accepts.
    pub short: &'static [&'static str],
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// Whether there is a status subresource.
    pub status: bool,
    /// Whether `kubectl get all` shows it.
    pub all: bool,
    /// What answers for it.
    pub source: Source,
}

/// What answers for a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The store, in every cluster.
    Stored,
    /// The store, where a definition of its name was made.
    Defined,
    /// Nothing keeps it: it is a question that is answered in its status.
    Asked,
    /// Nothing keeps it: a metrics server reads it off the nodes, where there is one.
    Measured,
}

impl Source {
    /// What can be done with it.
    pub(super) const fn verbs(self) -> &'static [&'static str] {
        match self {
            Self::Stored | Self::Defined => &[
                "create",
                "delete",
                "deletecollection",
                "get",
                "list",
                "patch",
                "update",
                "watch",
            ],
            Self::Asked => &["create"],
            Self::Measured => &["get", "list"],
        }
    }
}

/// A kind with a status, in a namespace, of every cluster's store.
pub(super) const fn row(
    group: &'static str,
    resource: &'static str,
    name: &'static str,
    short: &'static [&'static str],
) -> Kind {
    Kind {
        group,
        version: "v1",
        resource,
        name,
        short,
        namespaced: true,
        status: true,
        all: false,
        source: Source::Stored,
    }
}

const fn defined(version: &'static str, row: Kind) -> Kind {
    Kind {
        version,
        source: Source::Defined,
        ..row
    }
}

const fn cluster_wide(row: Kind) -> Kind {
    Kind {
        namespaced: false,
        ..row
    }
}

const fn without_status(row: Kind) -> Kind {
    Kind {
        status: false,
        ..row
    }
}

const fn asked(row: Kind) -> Kind {
    Kind {
        status: false,
        source: Source::Asked,
        ..row
    }
}

const fn measured(row: Kind) -> Kind {
    Kind {
        version: "v1beta1",
        status: false,
        source: Source::Measured,
        ..row
    }
}

const fn in_all(row: Kind) -> Kind {
    Kind { all: true, ..row }
}

/// Every kind, by group.
pub(super) static KINDS: &[Kind] = &[
    cluster_wide(row("", "namespaces", "Namespace", &["ns"])),
    cluster_wide(row("", "nodes", "Node", &["no"])),
    in_all(row("", "pods", "Pod", &["po"])),
    in_all(row("", "services", "Service", &["svc"])),
    without_status(row("", "endpoints", "Endpoints", &["ep"])),
    cluster_wide(row("", "persistentvolumes", "PersistentVolume", &["pv"])),
    row(
        "",
        "persistentvolumeclaims",
        "PersistentVolumeClaim",
        &["pvc"],
    ),
    without_status(row("", "configmaps", "ConfigMap", &["cm"])),
    without_status(row("", "secrets", "Secret", &[])),
    without_status(row("", "events", "Event", &["ev"])),
    without_status(row("", "serviceaccounts", "ServiceAccount", &["sa"])),
    without_status(row("", "limitranges", "LimitRange", &["limits"])),
    row("", "resourcequotas", "ResourceQuota", &["quota"]),
    in_all(row(
        "",
        "replicationcontrollers",
        "ReplicationController",
        &["rc"],
    )),
    in_all(row("apps", "deployments", "Deployment", &["deploy"])),
    in_all(row("apps", "daemonsets", "DaemonSet", &["ds"])),
    in_all(row("apps", "replicasets", "ReplicaSet", &["rs"])),
    in_all(row("apps", "statefulsets", "StatefulSet", &["sts"])),
    without_status(row(
        "apps",
        "controllerrevisions",
        "ControllerRevision",
        &[],
    )),
    Kind {
        version: "v2",
        ..in_all(row(
            "autoscaling",
            "horizontalpodautoscalers",
            "HorizontalPodAutoscaler",
            &["hpa"],
        ))
    },
    in_all(row("batch", "jobs", "Job", &[])),
    in_all(row("batch", "cronjobs", "CronJob", &["cj"])),
    without_status(cluster_wide(row(
        "admissionregistration.k8s.io",
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
        &[],
    ))),
    without_status(cluster_wide(row(
        "admissionregistration.k8s.io",
        "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration",
        &[],
    ))),
    cluster_wide(row(
        "apiextensions.k8s.io",
        "customresourcedefinitions",
        "CustomResourceDefinition",
        &["crd", "crds"],
    )),
    without_status(row("coordination.k8s.io", "leases", "Lease", &[])),
    without_status(row(
        "discovery.k8s.io",
        "endpointslices",
        "EndpointSlice",
        &[],
    )),
    without_status(cluster_wide(row(
        "node.k8s.io",
        "runtimeclasses",
        "RuntimeClass",
        &[],
    ))),
    without_status(row(
        "networking.k8s.io",
        "networkpolicies",
        "NetworkPolicy",
        &["netpol"],
    )),
    row("networking.k8s.io", "ingresses", "Ingress", &["ing"]),
    without_status(cluster_wide(row(
        "networking.k8s.io",
        "ingressclasses",
        "IngressClass",
        &[],
    ))),
    defined(
        "alpha1v1",
        row(
            "networking.linode.com",
            "cloudfirewalls",
            "CloudFirewall",
            &[],
        ),
    ),
    row(
        "policy",
        "poddisruptionbudgets",
        "PodDisruptionBudget",
        &["pdb"],
    ),
    without_status(row("rbac.authorization.k8s.io", "roles", "Role", &[])),
    without_status(row(
        "rbac.authorization.k8s.io",
        "rolebindings",
        "RoleBinding",
        &[],
    )),
    without_status(cluster_wide(row(
        "rbac.authorization.k8s.io",
        "clusterroles",
        "ClusterRole",
        &[],
    ))),
    without_status(cluster_wide(row(
        "rbac.authorization.k8s.io",
        "clusterrolebindings",
        "ClusterRoleBinding",
        &[],
    ))),
    without_status(cluster_wide(row(
        "storage.k8s.io",
        "storageclasses",
        "StorageClass",
        &["sc"],
    ))),
    without_status(cluster_wide(row(
        "storage.k8s.io",
        "csidrivers",
        "CSIDriver",
        &[],
    ))),
    without_status(cluster_wide(row(
        "storage.k8s.io",
        "csinodes",
        "CSINode",
        &[],
    ))),
    cluster_wide(row(
        "storage.k8s.io",
        "volumeattachments",
        "VolumeAttachment",
        &[],
    )),
    without_status(cluster_wide(row(
        "scheduling.k8s.io",
        "priorityclasses",
        "PriorityClass",
        &["pc"],
    ))),
    cluster_wide(row(
        "apiregistration.k8s.io",
        "apiservices",
        "APIService",
        &[],
    )),
    asked(cluster_wide(row(
        "authentication.k8s.io",
        "selfsubjectreviews",
        "SelfSubjectReview",
        &[],
    ))),
    asked(cluster_wide(row(
        "authentication.k8s.io",
        "tokenreviews",
        "TokenReview",
        &[],
    ))),
    asked(row(
        "authorization.k8s.io",
        "localsubjectaccessreviews",
        "LocalSubjectAccessReview",
        &[],
    )),
    asked(cluster_wide(row(
        "authorization.k8s.io",
        "selfsubjectaccessreviews",
        "SelfSubjectAccessReview",
        &[],
    ))),
    asked(cluster_wide(row(
        "authorization.k8s.io",
        "selfsubjectrulesreviews",
        "SelfSubjectRulesReview",
        &[],
    ))),
    asked(cluster_wide(row(
        "authorization.k8s.io",
        "subjectaccessreviews",
        "SubjectAccessReview",
        &[],
    ))),
    measured(cluster_wide(row(
        "metrics.k8s.io",
        "nodes",
        "NodeMetrics",
        &[],
    ))),
    measured(row("metrics.k8s.io", "pods", "PodMetrics", &[])),
];

impl Kind {
    /// As in `apiVersion`: `v1`, `apps/v1`.
    pub(super) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// As in messages: `nodes`, `deployments.apps`.
    pub(super) fn qualified(&self) -> String {
        if self.group.is_empty() {
            self.resource.to_owned()
        } else {
            format!("{}.{}", self.resource, self.group)
        }
    }

    /// Whether this is the kind of a group and plural.
    pub(super) fn is(&self, group: &str, resource: &str) -> bool {
        self.group == group && self.resource == resource
    }
}

/// The kind of a path.
pub(super) fn find(group: &str, version: &str, resource: &str) -> Option<&'static Kind> {
    KINDS
        .iter()
        .find(|kind| kind.is(group, resource) && kind.version == version)
}

/// The kind of a group and plural, in whichever version.
pub(super) fn stored(group: &str, resource: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.is(group, resource))
}

/// The kind of a group and a name as objects bear it, in whichever version.
pub(super) fn named(group: &str, name: &str) -> Option<&'static Kind> {
    let mut all = KINDS.iter();
    all.find(|kind| kind.group == group && kind.name == name)
}

/// The kind of a group and plural that the caller knows to be in the table.
pub(super) fn known(group: &str, resource: &str) -> &'static Kind {
    let found = stored(group, resource);
    assert!(
        found.is_some(),
        "{resource} of group `{group}` is not in the table of kinds"
    );
    found.unwrap_or(&KINDS[0])
}
