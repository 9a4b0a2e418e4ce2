//! HorizontalPodAutoscalers: they keep a count within its bounds, and say that nobody measures pods,
//! as on a cluster of LKE where nobody has installed a metrics server.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::events::What;
use super::kinds::{self, known};
use super::peek::{list, number, text};
use super::store::Key;
use super::write::{settle, stamp};
use super::{Inner, scale};

const FROM: &str = "horizontal-pod-autoscaler";
/// What there is to read without a metrics server.
const UNMEASURED: &str = "unable to fetch metrics from resource metrics API: the server could not \
                          find the requested resource (get pods.metrics.k8s.io)";

/// Who is counted changed: who counts them looks.
pub(super) fn wake(inner: &mut Inner, key: &Key, now: Timestamp) {
    let all = inner.store.list(kind(), Some(&key.namespace));
    let of_it = all.filter(|(_, scaler)| target(scaler).as_ref() == Some(key));
    let scalers: Vec<Key> = of_it.map(|(key, _)| key.clone()).collect();
    for scaler in scalers {
        inner.wake(scaler, now);
    }
}

fn kind() -> &'static kinds::Kind {
    known("autoscaling", "horizontalpodautoscalers")
}

/// What it counts.
fn target(scaler: &Value) -> Option<Key> {
    let of = &scaler["spec"]["scaleTargetRef"];
    let group = text(of, "/apiVersion").rsplit_once('/');
    let kind = kinds::named(group.map_or("", |(group, _)| group), text(of, "/kind"))?;
    let home = text(scaler, "/metadata/namespace");
    scale::has(kind).then(|| Key::new(kind, home, text(of, "/name")))
}

/// An autoscaler or what it counts changed.
pub(super) fn sync(inner: &mut Inner, key: &Key, now: Timestamp) {
    let Some(scaler) = inner.store.get(key).cloned() else {
        return;
    };
    let found = target(&scaler);
    let counted = found.and_then(|key| Some((inner.store.get(&key)?.clone(), key)));
    let Some((object, counted)) = counted else {
        let of = &scaler["spec"]["scaleTargetRef"];
        let plural = text(of, "/kind").to_lowercase() + "s";
        let why = format!("{plural}.apps \"{}\" not found", text(of, "/name"));
        let said = "the HPA controller was unable to get the target's current scale";
        let said = ["False", "FailedGetScale", &format!("{said}: {why}")];
        show(
            inner,
            key,
            &scaler,
            (0, 0),
            [Some(("AbleToScale", said)), None],
            now,
        );
        let told = What::Said("Warning", "FailedGetScale", FROM, why);
        inner.tell(&scaler, told, now);
        return;
    };
    let has = number(&object, "/spec/replicas");
    let least = scaler["spec"]["minReplicas"].as_i64().unwrap_or(1);
    let most = number(&scaler, "/spec/maxReplicas");
    let bound = match has {
        0 => None,
        _ if has > most => Some((most, "Current number of replicas above Spec.MaxReplicas")),
        _ if has < least => Some((least, "Current number of replicas below Spec.MinReplicas")),
        _ => None,
    };
    if let Some((to, why)) = bound {
        rescale(inner, (&counted, &object), to, now);
        let said = format!("New size: {to}; reason: {why}");
        inner.tell(
            &scaler,
            What::Said("Normal", "SuccessfulRescale", FROM, said),
            now,
        );
    }
    let got = "the HPA controller was able to get the target's current scale";
    let scaled = "the HPA controller was able to update the target scale to";
    let scaled = bound.map(|(to, _)| format!("{scaled} {to}"));
    let able = match &scaled {
        Some(scaled) => ["True", "SucceededRescale", scaled],
        None => ["True", "SucceededGetScale", got],
    };
    let metric = list(&scaler, "/spec/metrics").first();
    let metric = metric.map_or("cpu", |metric| text(metric, "/resource/name"));
    let why = format!(
        "failed to get {metric} utilization: unable to get metrics for resource {metric}: {UNMEASURED}"
    );
    let head = "the HPA was unable to compute the replica count";
    let unmeasured = format!("{head}: {why}");
    let idle = "scaling is disabled since the replica count of the target is zero";
    let active = match has {
        0 => ["False", "ScalingDisabled", idle],
        _ => ["False", "FailedGetResourceMetric", &unmeasured],
    };
    let desired = bound.map_or(0, |(to, _)| to);
    let said = [Some(("AbleToScale", able)), Some(("ScalingActive", active))];
    show(inner, key, &scaler, (has, desired), said, now);
    if has > 0 && bound.is_none() {
        let told = What::Said("Warning", "FailedGetResourceMetric", FROM, why);
        inner.tell(&scaler, told, now);
    }
}

fn rescale(inner: &mut Inner, (key, object): (&Key, &Arc<Value>), to: i64, now: Timestamp) {
    let mut object = Value::clone(object);
    object["spec"]["replicas"] = json!(to);
    object["metadata"]["generation"] = json!(number(&object, "/metadata/generation") + 1);
    inner.store.put(key.clone(), object);
    settle(inner, key, now);
}

/// A condition's type, and its status, reason and message.
type Said<'a> = (&'static str, [&'a str; 3]);

fn show(
    inner: &mut Inner,
    key: &Key,
    scaler: &Value,
    (has, desired): (i64, i64),
    said: [Option<Said<'_>>; 2],
    now: Timestamp,
) {
    let was = list(scaler, "/status/conditions");
    let condition = |(kind, [status, reason, message]): Said<'_>| {
        let mut was = was.iter();
        let same = was.find(|one| text(one, "/type") == kind && text(one, "/status") == status);
        let since = same.map_or_else(|| stamp(now), |one| one["lastTransitionTime"].clone());
        json!({
            "type": kind, "status": status, "reason": reason, "message": message,
            "lastTransitionTime": since,
        })
    };
    let conditions: Vec<Value> = said.into_iter().flatten().map(condition).collect();
    let mut status = json!({
        "currentMetrics": null, "desiredReplicas": desired, "conditions": conditions,
    });
    if has > 0 {
        status["currentReplicas"] = json!(has);
    }
    if status != scaler["status"] {
        let mut shown = scaler.clone();
        shown["status"] = status;
        inner.store.put(key.clone(), shown);
    }
}
