//! What the API server fills in and checks when an object is created.

use serde_json::{Value, json};

use super::Inner;
use super::filled;
use super::kinds::Kind;
use super::peek::{add_finalizer, at, default, list, map, text};
use super::quantity;
use super::scheduler::since;
use super::status::Refusal;
use super::store::{Key, scramble};

/// Kept on a claim while a pod uses it.
pub(super) const CLAIM_FINALIZER: &str = "kubernetes.io/pvc-protection";
/// Kept on a persistent volume while it is bound.
pub(super) const VOLUME_FINALIZER: &str = "kubernetes.io/pv-protection";
/// Marks the class that claims without a class get.
pub(super) const DEFAULT_CLASS: &str = "storageclass.kubernetes.io/is-default-class";

/// Fills in and checks a new object. `name` is for messages.
pub(super) fn fill(
    inner: &Inner,
    kind: &Kind,
    name: &str,
    object: &mut Value,
) -> Result<(), Refusal> {
    filled::fill(kind, object);
    match (kind.group, kind.resource) {
        ("", "services") => service(inner, kind, name, object),
        ("", "persistentvolumeclaims") => claim(inner, kind, name, object),
        ("", "persistentvolumes") => {
            default(
                object,
                "spec",
                "persistentVolumeReclaimPolicy",
                json!("Retain"),
            );
            default(object, "spec", "volumeMode", json!("Filesystem"));
            add_finalizer(object, VOLUME_FINALIZER);
            object["status"] = json!({"phase": "Available"});
            Ok(())
        }
        ("", "namespaces") => {
            object["spec"] = json!({"finalizers": ["kubernetes"]});
            object["status"] = json!({"phase": "Active"});
            map(&mut object["metadata"], "labels")
                .insert("kubernetes.io/metadata.name".to_owned(), json!(name));
            Ok(())
        }
        ("", "pods") => {
            default(object, "spec", "serviceAccountName", json!("default"));
            default(object, "spec", "serviceAccount", json!("default"));
            default(
                object,
                "spec",
                "preemptionPolicy",
                json!("PreemptLowerPriority"),
            );
            default(object, "spec", "priority", json!(priority(inner, object)));
            leaves(object);
            object["status"] = json!({"phase": "Pending", "qosClass": "BestEffort"});
            written_quantities(object);
            Ok(())
        }
        ("storage.k8s.io", "storageclasses") => {
            for (field, value) in [
                ("reclaimPolicy", "Delete"),
                ("volumeBindingMode", "Immediate"),
            ] {
                if object.get(field).is_none_or(Value::is_null) {
                    object[field] = json!(value);
                }
            }
            Ok(())
        }
        ("batch", "jobs") => {
            job(name, object);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// By the class that a pod names.
fn priority(inner: &Inner, pod: &Value) -> i64 {
    let classes = super::kinds::known("scheduling.k8s.io", "priorityclasses");
    match text(pod, "/spec/priorityClassName") {
        // Every cluster has these two, and their classes are not objects here.
        "system-node-critical" => 2_000_001_000,
        "system-cluster-critical" => 2_000_000_000,
        class => {
            let class = inner.store.get(&Key::new(classes, "", class));
            class.map_or(0, |class| super::peek::number(class, "/value"))
        }
    }
}

/// A pod leaves a node that is gone for five minutes, unless it says otherwise.
fn leaves(pod: &mut Value) {
    for key in [
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    ] {
        let stays = |one: &Value| {
            matches!(text(one, "/key"), "") && text(one, "/operator") == "Exists"
                || text(one, "/key") == key
        };
        let stays = |one: &Value| stays(one) && matches!(text(one, "/effect"), "" | "NoExecute");
        if list(pod, "/spec/tolerations").iter().any(stays) {
            continue;
        }
        let spec = map(pod, "spec");
        let all = spec.entry("tolerations").or_insert_with(|| json!([]));
        if let Some(all) = all.as_array_mut() {
            all.push(json!({
                "effect": "NoExecute", "key": key, "operator": "Exists", "tolerationSeconds": 300,
            }));
        }
    }
}

/// A Job finds its pods by its own uid, unless it says how it finds them.
fn job(name: &str, object: &mut Value) {
    let uid = object["metadata"]["uid"].clone();
    if object["spec"]["manualSelector"] == true {
        return;
    }
    let by_uid = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
    default(object, "spec", "selector", by_uid);
    let template = map(object, "spec")
        .entry("template")
        .or_insert_with(|| json!({}));
    map(template, "metadata");
    let labels = map(&mut template["metadata"], "labels");
    for (label, value) in [
        ("batch.kubernetes.io/controller-uid", &uid),
        ("batch.kubernetes.io/job-name", &json!(name)),
        ("controller-uid", &uid),
        ("job-name", &json!(name)),
    ] {
        labels.insert(label.to_owned(), value.clone());
    }
    let all = Value::Object(labels.clone());
    if map(&mut object["metadata"], "labels").is_empty() {
        object["metadata"]["labels"] = all;
    }
}

/// A quantity may come as a number; the API answers with texts alone.
fn written_quantities(pod: &mut Value) {
    for list in ["/spec/containers", "/spec/initContainers"] {
        let containers = pod.pointer_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            for part in ["/resources/limits", "/resources/requests"] {
                let all = container.pointer_mut(part).and_then(Value::as_object_mut);
                for amount in all.into_iter().flat_map(|all| all.values_mut()) {
                    if amount.is_number() {
                        *amount = json!(amount.to_string());
                    }
                }
            }
        }
    }
}

fn service(inner: &Inner, kind: &Kind, name: &str, object: &mut Value) -> Result<(), Refusal> {
    let service_type = text(object, "/spec/type").to_owned();
    let cluster_ip = text(object, "/spec/clusterIP").to_owned();
    if list(object, "/spec/ports").is_empty()
        && service_type != "ExternalName"
        && cluster_ip != "None"
    {
        return Err(Refusal::invalid(kind, name, "spec.ports", "Required value"));
    }
    if service_type != "ExternalName" {
        let ip = if cluster_ip.is_empty() {
            free_service_ip(inner, name)
        } else {
            cluster_ip
        };
        default(object, "spec", "clusterIP", json!(ip));
        default(object, "spec", "clusterIPs", json!([ip]));
        default(object, "spec", "ipFamilies", json!(["IPv4"]));
        default(object, "spec", "ipFamilyPolicy", json!("SingleStack"));
        default(object, "spec", "internalTrafficPolicy", json!("Cluster"));
    }
    service_ports(object);
    if object.get("status").is_none() {
        object["status"] = json!({"loadBalancer": {}});
    }
    Ok(())
}

/// Fills in a Service's ports; again after each change, as a type or a port may be new.
pub(super) fn service_ports(object: &mut Value) {
    let with_node_ports = matches!(text(object, "/spec/type"), "NodePort" | "LoadBalancer");
    if with_node_ports {
        default(object, "spec", "externalTrafficPolicy", json!("Cluster"));
    }
    if text(object, "/spec/type") == "LoadBalancer" {
        default(object, "spec", "allocateLoadBalancerNodePorts", json!(true));
    }
    let salt = scramble(text(object, "/metadata/uid").bytes().map(u64::from).sum());
    let ports = object
        .pointer_mut("/spec/ports")
        .and_then(Value::as_array_mut);
    for (nth, port) in ports.into_iter().flatten().enumerate() {
        let number = port.get("port").cloned().unwrap_or(Value::Null);
        let fields = [("protocol", json!("TCP")), ("targetPort", number)];
        for (field, value) in fields {
            // A target of 0 is none.
            if port.get(field).is_none_or(|one| one.is_null() || *one == 0) {
                port[field] = value;
            }
        }
        if with_node_ports && port.get("nodePort").is_none_or(Value::is_null) {
            port["nodePort"] = json!(30_000 + (salt + nth as u64 * 7) % 2_768);
        }
    }
}

/// An address of 10.128.0.0/16 that no Service has.
fn free_service_ip(inner: &Inner, name: &str) -> String {
    let services = super::kinds::known("", "services");
    let taken = |ip: &str| {
        inner
            .store
            .list(services, None)
            .any(|(_, one)| text(one, "/spec/clusterIP") == ip)
    };
    let mut draw = scramble(
        name.bytes()
            .fold(inner.id, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte)),
    );
    loop {
        let ip = format!("10.128.{}.{}", (draw >> 8) & 0xff, 11 + (draw & 0xff) % 240);
        if !taken(&ip) {
            return ip;
        }
        draw = scramble(draw);
    }
}

fn claim(inner: &Inner, kind: &Kind, name: &str, object: &mut Value) -> Result<(), Refusal> {
    if list(object, "/spec/accessModes").is_empty() {
        let why = "Required value: at least 1 access mode is required";
        return Err(Refusal::invalid(kind, name, "spec.accessModes", why));
    }
    if quantity::gib(text(object, "/spec/resources/requests/storage")).is_none_or(|size| size == 0)
    {
        let field = "spec.resources[storage]";
        return Err(Refusal::invalid(kind, name, field, "Required value"));
    }
    if at(object, "/spec/storageClassName").is_none_or(Value::is_null)
        && let Some(class) = default_class(inner)
    {
        default(object, "spec", "storageClassName", json!(class));
    }
    default(object, "spec", "volumeMode", json!("Filesystem"));
    add_finalizer(object, CLAIM_FINALIZER);
    object["status"] = json!({"phase": "Pending"});
    Ok(())
}

/// The newest of the classes marked as default, as Kubernetes chooses.
fn default_class(inner: &Inner) -> Option<String> {
    let classes = super::kinds::known("storage.k8s.io", "storageclasses");
    let marked = |object: &Value| {
        at(object, "/metadata/annotations")
            .and_then(|all| all.get(DEFAULT_CLASS))
            .is_some_and(|yes| yes == "true")
    };
    let mut found: Vec<(&str, &str)> = inner
        .store
        .list(classes, None)
        .filter(|(_, class)| marked(class))
        .map(|(key, class)| {
            (
                text(class, "/metadata/creationTimestamp"),
                key.name.as_str(),
            )
        })
        .collect();
    found.sort_by(|(one_born, one), (other_born, other)| {
        other_born.cmp(one_born).then(one.cmp(other))
    });
    found.first().map(|(_, name)| (*name).to_owned())
}

/// Refuses a change of what a StorageClass keeps for its life.
pub(super) fn check_update(
    version: &str,
    kind: &Kind,
    name: &str,
    current: &Value,
    object: &Value,
) -> Result<(), Refusal> {
    if !kind.is("storage.k8s.io", "storageclasses") {
        return Ok(());
    }
    let fields = [
        "parameters",
        "provisioner",
        "reclaimPolicy",
        "volumeBindingMode",
    ];
    match fields
        .iter()
        .find(|field| object.get(field) != current.get(field))
    {
        Some(field) => {
            let wanted = object.get(field).cloned().unwrap_or_default();
            let why = if since(version, 36) {
                format!("Invalid value: {wanted}: field is immutable")
            } else {
                format!("Forbidden: updates to {field} are forbidden.")
            };
            Err(Refusal::invalid(kind, name, field, &why))
        }
        None => Ok(()),
    }
}

/// What a name is, in the words of the refusal of another.
const SUBDOMAIN: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";

/// The same of a namespace.
const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";

/// Refuses a name that is no DNS subdomain, or no DNS label of a namespace; roles may have any.
pub(super) fn check_name(kind: &Kind, name: &str) -> Result<(), Refusal> {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let label = kind.is("", "namespaces");
    let fits = name.len() <= if label { 63 } else { 253 }
        && name.starts_with(letter)
        && name.ends_with(letter)
        && name
            .chars()
            .all(|c| letter(c) || c == '-' || (c == '.' && !label));
    if fits || kind.group == "rbac.authorization.k8s.io" {
        return Ok(());
    }
    let why = if label {
        format!(
            "Invalid value: \"{name}\": a lowercase RFC 1123 label must consist of lower case \
             alphanumeric characters or '-', and must start and end with an alphanumeric character \
             (e.g. 'my-name',  or '123-abc', regex used for validation is '{LABEL}')"
        )
    } else {
        format!(
            "Invalid value: \"{name}\": a lowercase RFC 1123 subdomain must consist of lower case \
             alphanumeric characters, '-' or '.', and must start and end with an alphanumeric \
             character (e.g. 'example.com', regex used for validation is '{SUBDOMAIN}')"
        )
    };
    Err(Refusal::invalid(kind, name, "metadata.name", &why))
}

/// Refuses a namespace that is missing or leaving.
pub(super) fn check_namespace(
    inner: &Inner,
    kind: &Kind,
    namespace: &str,
    name: &str,
) -> Result<(), Refusal> {
    if !kind.namespaced {
        return Ok(());
    }
    let Some(found) = inner.store.get(&Key::core("namespaces", "", namespace)) else {
        return Err(Refusal::not_found(
            super::kinds::known("", "namespaces"),
            namespace,
        ));
    };
    if super::peek::is_leaving(found) {
        let why = format!(
            "unable to create new content in namespace {namespace} because it is being terminated"
        );
        return Err(Refusal::forbidden(kind, name, &why));
    }
    Ok(())
}
