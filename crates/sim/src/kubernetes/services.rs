//! Services: which of them want a NodeBalancer, and what they say of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::peek::{add_finalizer, has_finalizer, is_leaving, list, text};
use super::store::Key;
use super::{Effect, Inner};
use crate::guards::Said;

/// Kept on a Service while its NodeBalancer stands.
pub(super) const BALANCER_FINALIZER: &str = "service.kubernetes.io/load-balancer-cleanup";

/// A Service was created or changed.
pub(super) fn changed(inner: &mut Inner, key: &Key, object: &Arc<Value>) {
    let wanted = text(object, "/spec/type") == "LoadBalancer" && !is_leaving(object);
    let held = has_finalizer(object, BALANCER_FINALIZER);
    let uid = text(object, "/metadata/uid").to_owned();
    if wanted && !held {
        let mut object = Value::clone(object);
        add_finalizer(&mut object, BALANCER_FINALIZER);
        let annotations = texts(&object, "/metadata/annotations");
        inner.store.put(key.clone(), object);
        inner.effects.push_back(Effect::LoadBalancerWanted {
            namespace: key.namespace.clone(),
            name: key.name.clone(),
            uid,
            annotations,
        });
    } else if wanted {
        inner.effects.push_back(Effect::LoadBalancerChanged {
            namespace: key.namespace.clone(),
            name: key.name.clone(),
            uid,
        });
    } else if held && inner.releasing.insert(uid.clone()) {
        inner.effects.push_back(Effect::LoadBalancerGone {
            namespace: key.namespace.clone(),
            name: key.name.clone(),
            uid,
        });
    }
}

/// What a Service says of its load balancer, when it is still the one of this uid.
pub(super) fn said(inner: &Inner, namespace: &str, name: &str, uid: &str) -> Option<Said> {
    let object = inner.store.get(&Key::core("services", namespace, name))?;
    let ports = list(object, "/spec/ports").iter();
    (text(object, "/metadata/uid") == uid).then(|| Said {
        annotations: texts(object, "/metadata/annotations"),
        ports: ports.filter_map(|port| port["port"].as_u64()).collect(),
    })
}

fn texts(object: &Value, pointer: &str) -> BTreeMap<String, String> {
    let fields = object
        .pointer(pointer)
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    fields
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect()
}
