//! What nodes and pods use, as a metrics server tells it (metrics.k8s.io). LKE brings none: whoever
//! wants one installs it, and it answers while a pod of it runs. Use follows what containers ask for
//! and is drawn by pod and minute; one that has a GPU computes hard. Nothing is told of a pod that does
//! not run, nor of a node whose kubelet is silent or out of reach.

use std::collections::BTreeMap;

use http::{Method, Request, Response, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::accept::Shape;
use super::amounts::Amounts;
use super::api::{reply, text_header, whole};
use super::kinds::{Kind, known};
use super::nodes::GPU;
use super::peek::{list, text};
use super::pods::is_running;
use super::query::Query;
use super::seeds::put;
use super::select::Selector;
use super::status::Refusal;
use super::store::{Key, scramble};
use super::write::stamp;
use super::{Cluster, Inner, proxy, reached};
use crate::ReplyBody;

/// As the API names who answers for metrics.
const SERVICE: &str = "v1beta1.metrics.k8s.io";
const NAME: &str = "metrics-server";
/// Between two readings.
const WINDOW: &str = "15s";
/// What kubelet, runtime and kernel of a node take: thousandths of a core, and MiB.
const BARE: (u64, u64) = (70, 620);

impl Cluster {
    /// Installs a metrics server, as `kubectl apply` of its components does.
    pub(crate) fn install_metrics(&self, now: Timestamp) {
        self.with(|inner| install(inner, now));
    }
}

fn install(inner: &mut Inner, now: Timestamp) {
    let labels = json!({"k8s-app": NAME});
    let metadata = json!({"name": NAME, "labels": labels});
    let service = json!({
        "metadata": metadata,
        "spec": {
            "selector": labels,
            "ports": [{"name": "https", "port": 443, "targetPort": "https"}],
        },
    });
    put(inner, "", "services", "kube-system", service, now);
    let container = json!({
        "name": NAME, "image": "registry.k8s.io/metrics-server/metrics-server:v0.8.0",
        "args": ["--kubelet-insecure-tls", "--kubelet-preferred-address-types=InternalIP"],
        "ports": [{"name": "https", "containerPort": 10250, "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "100m", "memory": "200Mi"}},
    });
    let deployment = json!({
        "metadata": metadata,
        "spec": {
            "replicas": 1, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    });
    put(inner, "apps", "deployments", "kube-system", deployment, now);
    let api = json!({
        "metadata": {"name": SERVICE, "labels": labels},
        "spec": {
            "group": "metrics.k8s.io", "groupPriorityMinimum": 100, "version": "v1beta1",
            "versionPriority": 100, "insecureSkipTLSVerify": true,
            "service": {"name": NAME, "namespace": "kube-system", "port": 443},
        },
    });
    put(inner, "apiregistration.k8s.io", "apiservices", "", api, now);
}

fn registered(inner: &Inner) -> Option<&Value> {
    let kind = known("apiregistration.k8s.io", "apiservices");
    inner
        .store
        .get(&Key::new(kind, "", SERVICE))
        .map(AsRef::as_ref)
}

/// Whether the API names somebody who answers.
pub(super) fn is_served(inner: &Inner) -> bool {
    registered(inner).is_some()
}

/// Answers for one node or pod, or for all that are selected.
pub(super) fn answer(
    inner: &Inner,
    request: &Request<bytes::Bytes>,
    (kind, namespace, name): (&'static Kind, Option<&str>, Option<&str>),
    query: &Query,
    now: Timestamp,
) -> Result<Response<ReplyBody>, Refusal> {
    if *request.method() != Method::GET {
        return Err(Refusal::method_not_allowed());
    }
    let service = registered(inner).map(|one| &one["spec"]["service"]);
    let service = service.unwrap_or(&Value::Null);
    let at = (text(service, "/namespace"), text(service, "/name"));
    if !proxy::is_answered(inner, at) {
        let why = "the server is currently unable to handle the request";
        return Err(Refusal::unavailable(why));
    }
    let (of, loads) = if kind.namespaced {
        ("pods", BTreeMap::new())
    } else {
        ("nodes", loads(inner, now))
    };
    let measure = |object: &Value| {
        if kind.namespaced {
            return pod(inner, kind, object, now);
        }
        let load = loads.get(text(object, "/metadata/name")).copied();
        node(inner, kind, object, load.unwrap_or_default(), now)
    };
    let shape = Shape::wanted(
        text_header(request, &header::ACCEPT),
        query.get("includeObject"),
    )?;
    if let Some(name) = name {
        let key = Key::core(of, namespace.unwrap_or_default(), name);
        let found = inner.store.get(&key).and_then(|object| measure(object));
        let found = found.ok_or_else(|| {
            let of = kind.name.to_lowercase();
            let place = namespace.map_or_else(String::new, |space| format!("{space}/"));
            let mut out = Refusal::not_found(kind, name);
            out.message = format!("{of}.{} \"{place}{name}\" not found", kind.group);
            out
        })?;
        return Ok(reply(StatusCode::OK, &shape.object(kind, &found, now)));
    }
    let selector = Selector::of(kind, query)?;
    let all = inner.store.list(known("", of), namespace);
    let all = all.filter(|(_, object)| selector.matches(object));
    let measured: Vec<Value> = all.filter_map(|(_, object)| measure(object)).collect();
    let text = shape.list(kind, &measured.iter().collect::<Vec<_>>(), &json!({}), now);
    Ok(whole(StatusCode::OK, "application/json", text))
}

/// An object with the metadata of what was measured.
fn told(kind: &Kind, of: &Value, now: Timestamp) -> Value {
    let metadata = &of["metadata"];
    let mut out = json!({
        "kind": kind.name, "apiVersion": kind.api_version(),
        "metadata": {"name": metadata["name"], "creationTimestamp": stamp(now)},
        "timestamp": stamp(now), "window": WINDOW,
    });
    for field in ["namespace", "labels"] {
        if let Some(value) = metadata.get(field) {
            out["metadata"][field] = value.clone();
        }
    }
    out
}

/// As a kubelet tells it: cores in their billionths, memory in KiB.
fn used((thousandths, mib): (u64, u64), draw: u64) -> Value {
    let fine = draw % 1_000_000;
    json!({
        "cpu": format!("{}n", thousandths * 1_000_000 + fine),
        "memory": format!("{}Ki", mib * 1024 + draw % 1024),
    })
}

fn pod(inner: &Inner, kind: &Kind, pod: &Value, now: Timestamp) -> Option<Value> {
    reached::through(inner, text(pod, "/spec/nodeName")).ok()?;
    if !is_running(pod) {
        return None;
    }
    let each = list(pod, "/spec/containers").iter().map(|one| {
        let draw = draw(pod, one, now);
        json!({"name": one["name"], "usage": used(use_of(one, draw), draw)})
    });
    let containers: Vec<Value> = each.collect();
    let mut out = told(kind, pod, now);
    out["containers"] = json!(containers);
    Some(out)
}

/// What the running containers of each node use.
fn loads(inner: &Inner, now: Timestamp) -> BTreeMap<&str, (u64, u64)> {
    let mut out = BTreeMap::new();
    for (_, pod) in inner.store.list(known("", "pods"), None) {
        if !is_running(pod) {
            continue;
        }
        let load = out.entry(text(pod, "/spec/nodeName")).or_insert((0, 0));
        for one in list(pod, "/spec/containers") {
            let (cores, mib) = use_of(one, draw(pod, one, now));
            *load = (load.0 + cores, load.1 + mib);
        }
    }
    out
}

fn node(
    inner: &Inner,
    kind: &Kind,
    node: &Value,
    load: (u64, u64),
    now: Timestamp,
) -> Option<Value> {
    let name = text(node, "/metadata/name");
    reached::through(inner, name).ok()?;
    // Nobody uses what is not there.
    let given = Amounts::given(node);
    let cores = (BARE.0 + load.0).min(given.get("cpu"));
    let mib = (BARE.1 + load.1).min(given.get("memory") >> 20);
    let salt = scramble(name.bytes().map(u64::from).sum::<u64>() ^ minute(now));
    let mut out = told(kind, node, now);
    out["usage"] = used((cores, mib), salt);
    Some(out)
}

fn minute(now: Timestamp) -> u64 {
    now.as_second().div_euclid(60).unsigned_abs()
}

/// The same within a minute.
fn draw(pod: &Value, container: &Value, now: Timestamp) -> u64 {
    let names = text(pod, "/metadata/uid").bytes();
    let names = names.chain(text(container, "/name").bytes());
    names.fold(minute(now), |bits, byte| scramble(bits ^ u64::from(byte)))
}

/// What a container uses: thousandths of a core, and MiB.
fn use_of(container: &Value, draw: u64) -> (u64, u64) {
    let asked = Amounts::wished(container);
    let (cores, mib) = (asked.get("cpu"), asked.get("memory") >> 20);
    let part = |of: u64, from: u64, to: u64| of * (from + draw % (to - from)) / 100;
    match asked.get(GPU) {
        0 => (
            part(cores, 20, 60).max(1 + draw % 5),
            part(mib, 40, 75).max(12 + draw % 30),
        ),
        cards => (
            part(cores.max(900 * cards), 70, 95),
            part(mib.max(2_048 * cards), 60, 90),
        ),
    }
}
