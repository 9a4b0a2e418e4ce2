//! The controllers that every cluster has: volumes and load balancers through the cloud, and the
//! few of Kubernetes' own that a teardown needs (protection of claims, leaving namespaces).
//!
//! A controller looks at the object as it is stored and acts once; what is outside of the cluster
//! becomes an [`Effect`].

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::defaults::{CLAIM_FINALIZER, VOLUME_FINALIZER};
use super::kinds::{self, known};
use super::peek::{drop_finalizer, has_finalizer, is_leaving, list, map, text};
use super::services::{self, BALANCER_FINALIZER};
use super::store::Key;
use super::write::{create, delete, settle, take_away};
use super::{
    Done, Effect, Inner, autoscalers, bind, cloud_firewall, owned, plugin, pods, quantity,
    scheduler, workloads,
};

/// Linode's CSI driver.
pub(super) const PROVISIONER: &str = "linodebs.csi.linode.com";
/// The smallest volume that Linode sells.
pub(super) const VOLUME_GIB_MIN: u64 = 10;

/// How many looks of controllers one request may cause: more are a circle.
const LOOKS_MAX: usize = 100_000;

impl Inner {
    /// The controller of an object looks at it, once, before the request is over.
    pub(super) fn wake(&mut self, key: Key, now: Timestamp) {
        if !self.awake.iter().any(|(other, _)| *other == key) {
            self.awake.push_back((key, now));
        }
    }

    /// The controller of an object looks at it again when a time has come.
    pub(super) fn look_at(&mut self, key: &Key, time: Timestamp, now: Timestamp) {
        let other = self.looks.get(key);
        if other.is_some_and(|other| now < *other && *other <= time) {
            // It looks sooner, and then asks for this again.
            return;
        }
        self.looks.insert(key.clone(), time);
        let seconds = time.as_second().saturating_sub(now.as_second());
        let seconds = u64::try_from(seconds).unwrap_or(0);
        self.effects.push_back(Effect::look(key, seconds));
    }
}

/// Every controller that is awake does its work.
pub(super) fn work(inner: &mut Inner) {
    for _ in 0..LOOKS_MAX {
        let Some((key, now)) = inner.awake.pop_front() else {
            return;
        };
        inner.at_work = Some(key.clone());
        workloads::sync(inner, &key, now);
        inner.at_work = None;
    }
    debug_assert!(
        inner.awake.is_empty(),
        "controllers wake each other for ever"
    );
    inner.awake.clear();
}

/// An object was created or changed.
pub(super) fn changed(inner: &mut Inner, key: &Key, now: Timestamp) {
    let Some(object) = inner.store.get(key).cloned() else {
        return;
    };
    owned::leaves(inner, key, &object, now);
    match (key.group, key.resource) {
        ("", "services") => services::changed(inner, key, &object),
        ("", "persistentvolumeclaims") => claim_changed(inner, key, &object),
        ("", "persistentvolumes") => volume_changed(inner, key, &object, now),
        ("", "namespaces") => namespace_changed(inner, key, &object, now),
        ("", "pods") => pods::pod_changed(inner, key, &object, now),
        ("apps", "daemonsets") => {
            workloads::daemonset_changed(inner, key, now);
            plugin::announce_gpus(inner, now);
        }
        ("apps" | "autoscaling" | "batch" | "policy", _) => {
            autoscalers::wake(inner, key, now);
            inner.wake(key.clone(), now);
        }
        ("node.k8s.io", "runtimeclasses") => {
            workloads::node_joined(inner, now);
            plugin::announce_gpus(inner, now);
        }
        ("", "nodes") => {
            scheduler::retry(inner, now);
            cloud_firewall::node_changed(inner, now);
        }
        ("networking.linode.com", "cloudfirewalls") => cloud_firewall::resource_changed(inner),
        ("apiextensions.k8s.io", _) => cloud_firewall::definition_changed(inner, key, &object),
        _ => {}
    }
}

/// An object was removed; `last` was its last state.
pub(super) fn gone(inner: &mut Inner, key: &Key, last: &Arc<Value>, now: Timestamp) {
    owned::gone(inner, key, last, now);
    match (key.group, key.resource) {
        ("", "persistentvolumeclaims") => release(inner, text(last, "/spec/volumeName"), now),
        ("", "pods") => {
            pods::pod_gone(inner, key, last, now);
            for claim in claims_of(last) {
                let claim = Key::core("persistentvolumeclaims", &key.namespace, &claim);
                if inner
                    .store
                    .get(&claim)
                    .is_some_and(|claim| is_leaving(claim))
                {
                    settle(inner, &claim, now);
                }
            }
        }
        ("", "nodes") => cloud_firewall::node_changed(inner, now),
        ("apiextensions.k8s.io", _) => cloud_firewall::definition_gone(inner, key, now),
        ("apps", "daemonsets") | ("node.k8s.io", "runtimeclasses") => {
            plugin::announce_gpus(inner, now);
        }
        _ => {}
    }
    let home = Key::core("namespaces", "", &key.namespace);
    if inner.store.get(&home).is_some_and(|home| is_leaving(home))
        && inner.store.keys_in(&key.namespace).is_empty()
    {
        settle(inner, &home, now);
    }
}

/// Removes a finalizer and stores the object; what follows is for [`settle`].
fn unhold(inner: &mut Inner, key: &Key, finalizer: &str) {
    let Some(object) = inner.store.get(key).cloned() else {
        return;
    };
    if has_finalizer(&object, finalizer) {
        let mut object = Value::clone(&object);
        drop_finalizer(&mut object, finalizer);
        inner.store.put(key.clone(), object);
    }
}

fn claim_changed(inner: &mut Inner, key: &Key, object: &Arc<Value>) {
    if is_leaving(object) {
        let pods = known("", "pods");
        let used = inner
            .store
            .list(pods, Some(&key.namespace))
            .any(|(_, pod)| {
                let done = matches!(text(pod, "/status/phase"), "Succeeded" | "Failed");
                !done && claims_of(pod).contains(&key.name)
            });
        if !used {
            unhold(inner, key, CLAIM_FINALIZER);
        }
        return;
    }
    let annotated = object.pointer("/metadata/annotations").is_some_and(|all| {
        all.get("volume.kubernetes.io/storage-provisioner")
            .is_some()
    });
    if annotated || !text(object, "/spec/volumeName").is_empty() {
        return;
    }
    let Some(class) = class_of(inner, object) else {
        return;
    };
    if text(&class, "/provisioner") != PROVISIONER {
        return;
    }
    let tags = class
        .pointer("/parameters")
        .and_then(|all| all.get("linodebs.csi.linode.com/volumeTags"));
    let tags = tags.and_then(Value::as_str).unwrap_or_default();
    let tags = tags
        .split(',')
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
        .map(str::to_owned)
        .collect();
    let asked = quantity::gib(text(object, "/spec/resources/requests/storage")).unwrap_or_default();
    let mut claim = Value::clone(object);
    let annotations = map(&mut claim["metadata"], "annotations");
    for name in [
        "volume.beta.kubernetes.io/storage-provisioner",
        "volume.kubernetes.io/storage-provisioner",
    ] {
        annotations.insert(name.to_owned(), json!(PROVISIONER));
    }
    inner.store.put(key.clone(), claim);
    inner.effects.push_back(Effect::VolumeWanted {
        namespace: key.namespace.clone(),
        claim: key.name.clone(),
        pv_name: format!("pvc-{}", text(object, "/metadata/uid")),
        size_gib: asked.max(VOLUME_GIB_MIN),
        tags,
    });
}

pub(super) fn class_of(inner: &Inner, claim: &Value) -> Option<Arc<Value>> {
    let name = text(claim, "/spec/storageClassName");
    let key = Key::new(known("storage.k8s.io", "storageclasses"), "", name);
    inner.store.get(&key).cloned()
}

fn claims_of(pod: &Value) -> Vec<String> {
    let volumes = list(pod, "/spec/volumes").iter();
    volumes
        .map(|volume| text(volume, "/persistentVolumeClaim/claimName").to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// The claim of a persistent volume is gone.
fn release(inner: &mut Inner, volume: &str, now: Timestamp) {
    let key = Key::core("persistentvolumes", "", volume);
    let Some(object) = inner.store.get(&key).cloned() else {
        return;
    };
    let mut object = Value::clone(&object);
    object["status"] = json!({"phase": "Released"});
    inner.store.put(key.clone(), object);
    settle(inner, &key, now);
}

/// A volume without a claim goes as its policy says, also when the policy is changed only then.
fn volume_changed(inner: &mut Inner, key: &Key, object: &Value, now: Timestamp) {
    let phase = text(object, "/status/phase");
    let policy = text(object, "/spec/persistentVolumeReclaimPolicy");
    let handle = text(object, "/spec/csi/volumeHandle");
    let volume_id = handle.split('-').next().and_then(|id| id.parse().ok());
    match volume_id {
        Some(volume_id) if phase == "Released" && policy == "Delete" => {
            take_away(inner, key, now);
            inner.effects.push_back(Effect::VolumeGone { volume_id });
        }
        _ if is_leaving(object) && phase != "Bound" => unhold(inner, key, VOLUME_FINALIZER),
        _ => {}
    }
}

fn namespace_changed(inner: &mut Inner, key: &Key, object: &Value, now: Timestamp) {
    if !is_leaving(object) {
        let account = known("", "serviceaccounts");
        // Refused when it is there already, which is what is wanted.
        let _there = create(
            inner,
            account,
            &key.name,
            json!({"metadata": {"name": "default"}}),
            false,
            now,
        );
        return;
    }
    scheduler::namespace_leaves(inner, &key.name);
    for content in inner.store.keys_in(&key.name) {
        // Gone meanwhile, as a controller took it away: nothing to do.
        let _gone = delete(inner, &content, &Value::Null, false, now);
    }
    if inner.store.keys_in(&key.name).is_empty()
        && let Some(home) = inner.store.get(key).cloned()
        && !list(&home, "/spec/finalizers").is_empty()
    {
        let mut home = Value::clone(&home);
        home["spec"] = json!({});
        inner.store.put(key.clone(), home);
    }
}

/// Records what the cloud's controllers have done outside.
pub(super) fn finish(inner: &mut Inner, done: Done, now: Timestamp) {
    match done {
        Done::LoadBalancer {
            namespace,
            name,
            ip,
            hostname,
        } => {
            let key = Key::core("services", &namespace, &name);
            let Some(object) = inner.store.get(&key).cloned() else {
                return;
            };
            if text(&object, "/spec/type") == "LoadBalancer" {
                let mut object = Value::clone(&object);
                let ingress = json!([{"ip": ip, "hostname": hostname, "ipMode": "VIP"}]);
                object["status"] = json!({"loadBalancer": {"ingress": ingress}});
                inner.store.put(key, object);
            }
        }
        Done::LoadBalancerGone {
            namespace,
            name,
            uid,
        } => {
            inner.releasing.remove(&uid);
            let key = Key::core("services", &namespace, &name);
            let Some(object) = inner.store.get(&key).cloned() else {
                return;
            };
            if text(&object, "/metadata/uid") == uid {
                let mut object = Value::clone(&object);
                drop_finalizer(&mut object, BALANCER_FINALIZER);
                object["status"] = json!({"loadBalancer": {}});
                inner.store.put(key.clone(), object);
                settle(inner, &key, now);
            }
        }
        Done::Defined { name } => cloud_firewall::established(inner, &name, now),
        Done::Look {
            group,
            resource,
            namespace,
            name,
        } => {
            if let Some(kind) = kinds::stored(&group, &resource) {
                inner.wake(Key::new(kind, &namespace, &name), now);
            }
        }
        Done::Pod {
            namespace,
            name,
            uid,
        } => pods::ended(inner, &Key::core("pods", &namespace, &name), &uid, now),
        Done::Volume {
            namespace,
            claim,
            volume_id,
            label,
        } => {
            let key = Key::core("persistentvolumeclaims", &namespace, &claim);
            let handle = format!("{volume_id}-{label}");
            match inner.store.get(&key).cloned() {
                Some(claim) => bind::bind(inner, &key, &claim, &handle, now),
                // The claim left while the volume was made: the provisioner deletes it again.
                None => inner.effects.push_back(Effect::VolumeGone { volume_id }),
            }
        }
    }
}
