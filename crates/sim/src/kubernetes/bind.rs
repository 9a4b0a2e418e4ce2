//! A claim is bound to the volume that the cloud made for it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::controllers::{PROVISIONER, VOLUME_GIB_MIN, class_of};
use super::kinds::known;
use super::peek::{map, text};
use super::store::Key;
use super::write::{create, settle};
use super::{Inner, nodes, quantity, scheduler};

/// Makes the persistent volume and binds the claim to it; once it is bound, nothing.
pub(super) fn bind(inner: &mut Inner, key: &Key, claim: &Value, handle: &str, now: Timestamp) {
    let class = class_of(inner, claim).unwrap_or_default();
    let policy = match text(&class, "/reclaimPolicy") {
        "" => "Delete",
        policy => policy,
    };
    let uid = text(claim, "/metadata/uid");
    let name = format!("pvc-{uid}");
    let asked = quantity::gib(text(claim, "/spec/resources/requests/storage")).unwrap_or_default();
    let capacity = json!({"storage": format!("{}Gi", asked.max(VOLUME_GIB_MIN))});
    let mut volume = json!({
        "metadata": {
            "name": name,
            "annotations": {
                "pv.kubernetes.io/provisioned-by": PROVISIONER,
                "volume.kubernetes.io/provisioner-deletion-secret-name": "",
                "volume.kubernetes.io/provisioner-deletion-secret-namespace": "",
            },
        },
        "spec": {
            "capacity": capacity,
            "csi": {
                "driver": PROVISIONER, "fsType": "ext4", "volumeHandle": handle,
                "volumeAttributes": {
                    "storage.kubernetes.io/csiProvisionerIdentity": format!("{}-{PROVISIONER}", inner.id),
                },
            },
            "accessModes": claim["spec"]["accessModes"],
            "claimRef": {
                "kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": key.namespace,
                "name": key.name, "uid": uid,
            },
            "persistentVolumeReclaimPolicy": policy,
            "storageClassName": claim["spec"]["storageClassName"],
            "volumeMode": "Filesystem",
        },
    });
    if let Some(region) = nodes::region(inner) {
        volume["spec"]["nodeAffinity"] = json!({"required": {"nodeSelectorTerms": [{"matchExpressions": [
            {"key": "topology.linode.com/region", "operator": "In", "values": [region]},
        ]}]}});
    }
    if create(
        inner,
        known("", "persistentvolumes"),
        "",
        volume,
        false,
        now,
    )
    .is_err()
    {
        return; // Finished twice: the claim is bound already.
    }
    let mut bound = Value::clone(claim);
    bound["spec"]["volumeName"] = json!(name);
    bound["status"] = json!({"phase": "Bound", "accessModes": claim["spec"]["accessModes"], "capacity": capacity});
    let annotations = map(&mut bound["metadata"], "annotations");
    for note in [
        "pv.kubernetes.io/bind-completed",
        "pv.kubernetes.io/bound-by-controller",
    ] {
        annotations.insert(note.to_owned(), json!("yes"));
    }
    let volume = Key::core("persistentvolumes", "", &name);
    if let Some(object) = inner.store.get(&volume).cloned() {
        let mut object = Value::clone(&object);
        object["status"] = json!({"phase": "Bound"});
        inner.store.put(volume, object);
    }
    inner.store.put(key.clone(), bound);
    settle(inner, key, now);
    scheduler::retry(inner, now);
}
