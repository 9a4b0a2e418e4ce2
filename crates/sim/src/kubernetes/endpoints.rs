//! Which running pods are behind each Service, as Endpoints and EndpointSlices tell it. They are
//! written when somebody asks for them: nothing in the twin reads them, and most clusters of a test
//! are never asked.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Inner;
use super::kinds::{Kind, known};
use super::peek::{at, is_leaving, list, map_text, text};
use super::pods::is_running;
use super::proxy::ports;
use super::store::{Key, scramble};
use super::write::{create, take_away};

const SLICES: &str = "discovery.k8s.io";
/// Who wrote it; what others wrote is theirs.
const BY: [(&str, &str); 2] = [
    ("endpoints.kubernetes.io/managed-by", "endpoint-controller"),
    (
        "endpointslice.kubernetes.io/managed-by",
        "endpointslice-controller.k8s.io",
    ),
];

/// Whether objects of a kind are written when they are asked for.
pub(super) fn is_of(kind: &Kind) -> bool {
    kind.is("", "endpoints") || kind.is(SLICES, "endpointslices")
}

/// Brings both up to date.
pub(super) fn write(inner: &mut Inner, now: Timestamp) {
    let kinds = [known("", "endpoints"), known(SLICES, "endpointslices")];
    let mut wanted = BTreeMap::new();
    for (key, service) in inner.store.list(known("", "services"), None) {
        let selector = at(service, "/spec/selector").and_then(Value::as_object);
        let Some(selector) = selector.filter(|one| !one.is_empty()) else {
            continue;
        };
        let pods = inner.store.list(known("", "pods"), Some(&key.namespace));
        let pods: Vec<&Value> = pods
            .map(|(_, pod)| pod.as_ref())
            .filter(|pod| is_running(pod) && !is_leaving(pod))
            .filter(|pod| {
                let labels = at(pod, "/metadata/labels");
                let mut all = selector.iter();
                all.all(|(name, value)| labels.and_then(|all| all.get(name)) == Some(value))
            })
            .collect();
        let bits = text(service, "/metadata/uid").bytes().map(u64::from);
        let tail = bits.fold(5, |bits, byte| scramble(bits ^ byte)) & 0xf_ffff;
        let names = [key.name.clone(), format!("{}-{tail:05x}", key.name)];
        let objects = [whole(service, &pods), slice(service, &pods)];
        for ((kind, name), mut object) in kinds.into_iter().zip(names).zip(objects) {
            object["metadata"]["name"] = json!(name);
            wanted.insert(Key::new(kind, &key.namespace, &name), object);
        }
    }
    let ours = |object: &Value| {
        let mut by = BY.iter();
        by.any(|(label, who)| map_text(object, "/metadata/labels", label) == *who)
    };
    for kind in kinds {
        let all = inner.store.list(kind, None);
        let stale = all.filter(|(key, one)| ours(one) && !wanted.contains_key(key));
        let stale: Vec<Key> = stale.map(|(key, _)| key.clone()).collect();
        for key in stale {
            take_away(inner, &key, now);
        }
    }
    for (key, object) in wanted {
        let Some(has) = inner.store.get(&key).cloned() else {
            // Refused only in a namespace that is going away.
            let _made = create(inner, key.kind(), &key.namespace, object, false, now);
            continue;
        };
        let told = ["subsets", "endpoints", "ports"];
        if ours(&has) && told.iter().any(|field| has.get(field) != object.get(field)) {
            let mut changed = object;
            changed["apiVersion"] = has["apiVersion"].clone();
            changed["kind"] = has["kind"].clone();
            changed["metadata"] = has["metadata"].clone();
            inner.store.put(key, changed);
        }
    }
}

fn reference(pod: &Value) -> Value {
    let metadata = &pod["metadata"];
    json!({
        "kind": "Pod", "namespace": metadata["namespace"], "name": metadata["name"],
        "uid": metadata["uid"],
    })
}

/// A Service's ports where its pods listen; one that a pod does not name is none.
fn targets(service: &Value, pods: &[&Value]) -> Vec<Value> {
    let row = |port: &Value| {
        let target = &port["targetPort"];
        let number = match target.as_str() {
            Some(named) => {
                let mut all = pods.iter().flat_map(|pod| ports(pod));
                all.find(|(name, _)| *name == named)
                    .map(|(_, number)| number)
            }
            None => target.as_u64(),
        };
        let mut out = json!({"port": number?, "protocol": port["protocol"]});
        if let Some(name) = port.get("name") {
            out["name"] = name.clone();
        }
        Some(out)
    };
    list(service, "/spec/ports")
        .iter()
        .filter_map(row)
        .collect()
}

fn whole(service: &Value, pods: &[&Value]) -> Value {
    let mut labels = at(service, "/metadata/labels")
        .cloned()
        .unwrap_or(json!({}));
    labels[BY[0].0] = json!(BY[0].1);
    let mut out = json!({"metadata": {"labels": labels}});
    if !pods.is_empty() {
        let address = |pod: &&Value| {
            let (ip, node) = (text(pod, "/status/podIP"), text(pod, "/spec/nodeName"));
            json!({"ip": ip, "nodeName": node, "targetRef": reference(pod)})
        };
        let addresses: Vec<Value> = pods.iter().map(address).collect();
        let ports = targets(service, pods);
        out["subsets"] = json!([{"addresses": addresses, "ports": ports}]);
    }
    out
}

fn slice(service: &Value, pods: &[&Value]) -> Value {
    let metadata = &service["metadata"];
    let mut labels = json!({"kubernetes.io/service-name": metadata["name"]});
    labels[BY[1].0] = json!(BY[1].1);
    let endpoint = |pod: &&Value| {
        json!({
            "addresses": [text(pod, "/status/podIP")],
            "conditions": {"ready": true, "serving": true, "terminating": false},
            "nodeName": text(pod, "/spec/nodeName"), "targetRef": reference(pod),
        })
    };
    let endpoints: Vec<Value> = pods.iter().map(endpoint).collect();
    let mut ports = targets(service, pods);
    // Here one without a name has an empty one, and clients rely on it.
    for port in ports.iter_mut().filter(|one| one.get("name").is_none()) {
        port["name"] = json!("");
    }
    json!({
        "metadata": {
            "labels": labels,
            "ownerReferences": [{
                "apiVersion": "v1", "kind": "Service", "name": metadata["name"],
                "uid": metadata["uid"], "controller": true, "blockOwnerDeletion": true,
            }],
        },
        "addressType": "IPv4", "endpoints": endpoints, "ports": ports,
    })
}
