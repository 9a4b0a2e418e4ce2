//! The inner half of Linode's cloud-firewall-controller, version 0.2.1, read in its source: when it
//! runs, what it watches, and its custom resource. What it does on the account is in
//! [`crate::cloud_firewall`]. Where it is not installed nothing of this costs more than a look for
//! its Deployment when a node comes or goes.
//!
//! Only `kube-system/primary` is acted out, which is the one that it makes by itself.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::kinds::{Kind, known};
use super::owners::Writer;
use super::peek::{list, number, text};
use super::store::Key;
use super::write::{self, Part, create, delete, stamp};
use super::{Cluster, Effect, Inner};

/// Kept on the resource while its firewall stands; comes some ten seconds after the firewall.
pub(crate) const FINALIZER: &str = "cloudfirewalls.networking.linode.com/finalizer";
/// Where it must live, by its source.
const HOME: &str = "kube-system";
/// The name that its Deployment must bear.
const NAME: &str = "cloud-firewall-controller";
const PRIMARY: &str = "primary";

/// What a reconciliation reads of the cluster.
#[derive(Clone, Debug)]
pub(crate) struct Wished {
    /// The custom resource.
    pub object: Value,
    /// The Linodes of all nodes with a `providerID`.
    pub linodes: Vec<u64>,
    /// What the resource is owned by from its second reconciliation on.
    pub owner: Value,
}

fn kind() -> &'static Kind {
    known("networking.linode.com", "cloudfirewalls")
}

fn primary() -> Key {
    Key::new(kind(), HOME, PRIMARY)
}

fn deployment() -> Key {
    Key::new(known("apps", "deployments"), HOME, NAME)
}

/// Whether a pod of it runs.
fn runs(inner: &Inner) -> bool {
    let of_it = inner.store.get(&deployment());
    of_it.is_some_and(|one| number(one, "/status/readyReplicas") > 0)
}

/// Whether objects of a kind can be asked for: its definition is there and established.
pub(super) fn is_served(inner: &Inner, kind: &Kind) -> bool {
    let definitions = known("apiextensions.k8s.io", "customresourcedefinitions");
    let key = Key::new(definitions, "", &kind.qualified());
    let found = inner.store.get(&key);
    found.is_some_and(|one| is_established(one))
}

fn is_established(definition: &Value) -> bool {
    let mut all = list(definition, "/status/conditions").iter();
    all.any(|one| text(one, "/type") == "Established" && text(one, "/status") == "True")
}

/// A definition was written: it is established a little later.
pub(super) fn definition_changed(inner: &mut Inner, key: &Key, object: &Value) {
    if !is_established(object) {
        let name = key.name.clone();
        inner.effects.push_back(Effect::DefinitionWanted { name });
    }
}

pub(super) fn established(inner: &mut Inner, name: &str, now: Timestamp) {
    let definitions = known("apiextensions.k8s.io", "customresourcedefinitions");
    let key = Key::new(definitions, "", name);
    let Some(object) = inner.store.get(&key).cloned() else {
        return;
    };
    let mut object = Value::clone(&object);
    let condition = |kind: &str, reason: &str| {
        json!({
            "type": kind, "status": "True", "reason": reason, "lastTransitionTime": stamp(now),
            "message": "the initial names have been accepted",
        })
    };
    object["status"] = json!({
        "acceptedNames": object["spec"]["names"], "storedVersions": [],
        "conditions": [condition("NamesAccepted", "NoConflicts"),
                       condition("Established", "InitialNamesAccepted")],
    });
    inner.store.put(key, object);
}

/// With its definition every object of a kind goes.
pub(super) fn definition_gone(inner: &mut Inner, key: &Key, now: Timestamp) {
    if key.name == kind().qualified() {
        let all = inner.store.list(kind(), None);
        let keys: Vec<Key> = all.map(|(key, _)| key.clone()).collect();
        for key in keys {
            let _gone = delete(inner, &key, &Value::Null, false, now);
        }
    }
}

/// The resource was written, also by the controller itself.
pub(super) fn resource_changed(inner: &mut Inner) {
    if runs(inner) {
        inner.effects.push_back(Effect::FirewallWished);
    }
}

/// A node came, went or was changed: without a resource it makes one of its own, with Linode's
/// rules.
pub(super) fn node_changed(inner: &mut Inner, now: Timestamp) {
    if !runs(inner) || !is_served(inner, kind()) {
        return;
    }
    if inner.store.list(kind(), None).next().is_some() {
        inner.effects.push_back(Effect::FirewallWished);
        return;
    }
    let own = json!({"metadata": {"name": PRIMARY}, "spec": {}});
    // What comes of it is an event of its own.
    let _made = create(inner, kind(), HOME, own, false, now);
}

/// A Deployment's status was written: one that begins to run sees every node as a new one.
pub(super) fn deployment_shown(inner: &mut Inner, key: &Key, ready: (i64, i64), now: Timestamp) {
    if ready.0 == 0 && ready.1 > 0 && *key == deployment() {
        node_changed(inner, now);
    }
}

/// As whom it writes.
const CONTROLLER: Writer<'_> = Writer {
    manager: "cloud-firewall-controller",
    force: false,
};

impl Cluster {
    /// What is to be reconciled; `None`: the controller does not run, or there is no resource.
    pub(crate) fn cloud_firewall(&self) -> Option<Wished> {
        let inner = self.lock();
        if !runs(&inner) {
            return None;
        }
        let object = Value::clone(inner.store.get(&primary())?);
        let nodes = inner.store.list(known("", "nodes"), None);
        let linode = |node: &Value| {
            let id = text(node, "/spec/providerID").strip_prefix("linode://")?;
            id.parse().ok()
        };
        let linodes = nodes.filter_map(|(_, node)| linode(node)).collect();
        let owner = inner.store.get(&deployment())?;
        let owner = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "name": NAME,
            "uid": owner["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true,
        });
        Some(Wished {
            object,
            linodes,
            owner,
        })
    }

    /// The controller writes its resource: the status alone, or all but the status.
    pub(crate) fn write_cloud_firewall(&self, object: Value, status: bool, now: Timestamp) {
        let part = if status { Part::Status } else { Part::Main };
        // Somebody took it away meanwhile: there is nothing to write any more.
        let _written = self
            .with(|inner| write::update(inner, &primary(), object, CONTROLLER, part, false, now));
    }
}
