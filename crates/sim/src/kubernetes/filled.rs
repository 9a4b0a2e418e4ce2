//! What the API server fills into an object whenever it reads one, new or changed: the values that a
//! workload has where it says nothing. Fields that only a controller sets are not here.

use serde_json::{Map, Value, json};

use super::kinds::Kind;
use super::peek::{default, map};

/// Fills an object in.
pub(super) fn fill(kind: &Kind, object: &mut Value) {
    match (kind.group, kind.resource) {
        ("", "pods") => {
            pod(object);
            default(object, "spec", "enableServiceLinks", json!(true));
        }
        ("apps", "deployments") => {
            let shares = json!({"maxUnavailable": "25%", "maxSurge": "25%"});
            default(object, "spec", "replicas", json!(1));
            default(object, "spec", "revisionHistoryLimit", json!(10));
            default(object, "spec", "progressDeadlineSeconds", json!(600));
            strategy(object, "strategy", &shares);
            template(object);
        }
        ("apps", "daemonsets") => {
            let counts = json!({"maxUnavailable": 1, "maxSurge": 0});
            default(object, "spec", "revisionHistoryLimit", json!(10));
            strategy(object, "updateStrategy", &counts);
            template(object);
        }
        ("apps", "statefulsets") => {
            default(object, "spec", "replicas", json!(1));
            default(object, "spec", "revisionHistoryLimit", json!(10));
            default(object, "spec", "podManagementPolicy", json!("OrderedReady"));
            let kept = json!({"whenDeleted": "Retain", "whenScaled": "Retain"});
            default(object, "spec", "persistentVolumeClaimRetentionPolicy", kept);
            strategy(object, "updateStrategy", &json!({"partition": 0}));
            template(object);
        }
        ("apps", "replicasets") | ("", "replicationcontrollers") => {
            default(object, "spec", "replicas", json!(1));
            template(object);
        }
        ("batch", "jobs") => {
            job(object);
            template(object);
        }
        ("batch", "cronjobs") => {
            for (field, value) in [
                ("concurrencyPolicy", json!("Allow")),
                ("suspend", json!(false)),
                ("successfulJobsHistoryLimit", json!(3)),
                ("failedJobsHistoryLimit", json!(1)),
            ] {
                default(object, "spec", field, value);
            }
            template(&mut object["spec"]["jobTemplate"]);
        }
        ("", "services") => {
            default(object, "spec", "type", json!("ClusterIP"));
            default(object, "spec", "sessionAffinity", json!("None"));
        }
        ("", "secrets") => {
            let fields = object.as_object_mut();
            if let Some(fields) = fields {
                fill_in(fields, &[("type", json!("Opaque"))]);
            }
        }
        _ => {}
    }
}

/// Each of these that is missing.
fn fill_in(fields: &mut Map<String, Value>, wanted: &[(&str, Value)]) {
    for (name, value) in wanted {
        if fields.get(*name).is_none_or(Value::is_null) {
            fields.insert((*name).to_owned(), value.clone());
        }
    }
}

fn each<'a>(object: &'a mut Value, list: &str) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    let all = object.get_mut(list).and_then(Value::as_array_mut);
    all.into_iter().flatten().filter_map(Value::as_object_mut)
}

/// How pods are replaced.
fn strategy(object: &mut Value, field: &str, rolling: &Value) {
    let strategy = map(&mut object["spec"], field);
    fill_in(strategy, &[("type", json!("RollingUpdate"))]);
    if strategy["type"] != "RollingUpdate" {
        return;
    }
    fill_in(strategy, &[("rollingUpdate", json!({}))]);
    let wanted = rolling.as_object().into_iter().flatten();
    let wanted: Vec<(&str, Value)> = wanted
        .map(|(name, one)| (name.as_str(), one.clone()))
        .collect();
    if let Some(own) = strategy["rollingUpdate"].as_object_mut() {
        fill_in(own, &wanted);
    }
}

fn job(object: &mut Value) {
    let spec = map(object, "spec");
    let counted = spec.contains_key("completions") || spec.contains_key("parallelism");
    if !counted {
        fill_in(spec, &[("completions", json!(1))]);
    }
    let wanted = [
        ("parallelism", json!(1)),
        ("backoffLimit", json!(6)),
        ("completionMode", json!("NonIndexed")),
        ("suspend", json!(false)),
        ("manualSelector", json!(false)),
        ("podReplacementPolicy", json!("TerminatingOrFailed")),
    ];
    fill_in(spec, &wanted);
}

/// The pods that a workload makes.
fn template(object: &mut Value) {
    let template = object
        .get_mut("spec")
        .and_then(|spec| spec.get_mut("template"));
    if let Some(template) = template.filter(|one| one.is_object()) {
        pod(template);
    }
}

/// A pod, or what pods are made from.
fn pod(object: &mut Value) {
    let spec = map(object, "spec");
    let wanted = [
        ("restartPolicy", json!("Always")),
        ("terminationGracePeriodSeconds", json!(30)),
        ("dnsPolicy", json!("ClusterFirst")),
        ("securityContext", json!({})),
        ("schedulerName", json!("default-scheduler")),
    ];
    fill_in(spec, &wanted);
    // An older name for the same.
    if let Some(account) = spec.get("serviceAccountName").cloned() {
        spec.insert("serviceAccount".to_owned(), account);
    }
    let spec = &mut object["spec"];
    for list in ["initContainers", "containers"] {
        each(spec, list).for_each(container);
    }
    each(spec, "volumes").for_each(volume);
}

fn container(fields: &mut Map<String, Value>) {
    let image = fields
        .get("image")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let (_, last) = image.rsplit_once('/').unwrap_or(("", image));
    let moving =
        !image.contains('@') && last.split_once(':').is_none_or(|(_, tag)| tag == "latest");
    let pull = if moving { "Always" } else { "IfNotPresent" };
    let wanted = [
        ("resources", json!({})),
        ("terminationMessagePath", json!("/dev/termination-log")),
        ("terminationMessagePolicy", json!("File")),
        ("imagePullPolicy", json!(pull)),
    ];
    fill_in(fields, &wanted);
    for port in fields
        .get_mut("ports")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if let Some(port) = port.as_object_mut() {
            fill_in(port, &[("protocol", json!("TCP"))]);
        }
    }
    for variable in fields
        .get_mut("env")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        let of_pod = variable.pointer_mut("/valueFrom/fieldRef");
        if let Some(of_pod) = of_pod.and_then(Value::as_object_mut) {
            fill_in(of_pod, &[("apiVersion", json!("v1"))]);
        }
    }
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = fields.get_mut(name).and_then(Value::as_object_mut) {
            self::probe(probe);
        }
    }
}

fn probe(fields: &mut Map<String, Value>) {
    let wanted = [
        ("timeoutSeconds", json!(1)),
        ("periodSeconds", json!(10)),
        ("successThreshold", json!(1)),
        ("failureThreshold", json!(3)),
    ];
    fill_in(fields, &wanted);
    if let Some(get) = fields.get_mut("httpGet").and_then(Value::as_object_mut) {
        fill_in(get, &[("path", json!("/")), ("scheme", json!("HTTP"))]);
    }
}

fn volume(fields: &mut Map<String, Value>) {
    for (source, field, value) in [
        ("configMap", "defaultMode", json!(420)),
        ("secret", "defaultMode", json!(420)),
        ("projected", "defaultMode", json!(420)),
        ("hostPath", "type", json!("")),
    ] {
        if let Some(source) = fields.get_mut(source).and_then(Value::as_object_mut) {
            fill_in(source, &[(field, value)]);
        }
    }
}
