//! The questions about StatefulSets, DaemonSets, budgets and autoscalers.

use crate::person::{Person, workload};
use serde_json::json;

pub(crate) async fn sets(person: &mut Person<'_>) {
    let set = json!({"replicas": 2, "serviceName": "db"});
    person.put(&workload("StatefulSet", "db", &set)).await;
    person
        .put(&workload("DaemonSet", "agent", &json!({})))
        .await;
    for set in ["daemonset/agent", "statefulset/db"] {
        person.says(&format!("rollout status {set}")).await;
        person
            .says(&format!("set image {set} app=registry.example/app:2"))
            .await;
        person.says(&format!("rollout status {set}")).await;
        person.says(&format!("rollout history {set}")).await;
        person.says(&format!("rollout undo {set}")).await;
        person.says(&format!("rollout status {set}")).await;
        person.says(&format!("rollout history {set}")).await;
    }
    person
        .comes_to(
            "pod db-0",
            "/spec/containers/0/image",
            json!("registry.example/app:1"),
        )
        .await;
    person
        .comes_to(
            "pod db-0",
            "/metadata/labels/apps.kubernetes.io~1pod-index",
            json!("0"),
        )
        .await;
    person.reasons("db").await;
    person.says("scale statefulset/db --replicas=1").await;
    person
        .comes_to("statefulset db", "/status/replicas", json!(1))
        .await;
    person.says("delete statefulset db").await;
    person.says("delete daemonset agent").await;
}

pub(crate) async fn budget(person: &mut Person<'_>) {
    person
        .put(&workload("Deployment", "kept", &json!({"replicas": 2})))
        .await;
    let budget = json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": "kept", "namespace": "default"},
        "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "kept"}}},
    });
    person.put(&budget).await;
    person
        .comes_to("pdb kept", "/status/currentHealthy", json!(2))
        .await;
    let seen = person.server.json(&["get", "pdb", "kept"]).await;
    let mut status = seen["status"].clone();
    if let Some(one) = status["conditions"][0].as_object_mut() {
        one.remove("lastTransitionTime");
    }
    status.sort_all_objects();
    person.note("what a budget says", status.to_string());
    let pods = person.server.json(&["get", "pod", "-l", "app=kept"]).await;
    let name = pods["items"][0]["metadata"]["name"]
        .as_str()
        .unwrap_or_default();
    let path = format!("/api/v1/namespaces/default/pods/{name}/eviction");
    let eviction = json!({
        "apiVersion": "policy/v1", "kind": "Eviction",
        "metadata": {"name": name, "namespace": "default"},
    });
    let evicted = person
        .server
        .put(&["create", "--raw", &path], &eviction)
        .await;
    person.note("an eviction that it cannot spare", format!("{evicted:?}"));
    person.says("delete pdb kept").await;
    let evicted = person
        .server
        .put(&["create", "--raw", &path], &eviction)
        .await;
    let evicted = evicted.is_ok().to_string();
    person.note("one without a budget", evicted);
    person.says("rollout status deployment/kept").await;
    person.says("delete deployment kept").await;
}

pub(crate) async fn autoscaler(person: &mut Person<'_>) {
    person
        .put(&workload("Deployment", "few", &json!({"replicas": 1})))
        .await;
    let cpu = json!({"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}});
    let scaler = json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "few", "namespace": "default"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "few"},
            "minReplicas": 2, "maxReplicas": 3,
            "metrics": [{"type": "Resource", "resource": cpu}],
        },
    });
    person.put(&scaler).await;
    person
        .comes_to("deployment few", "/spec/replicas", json!(2))
        .await;
    person
        .comes_to(
            "hpa few",
            "/status/conditions/1/reason",
            json!("FailedGetResourceMetric"),
        )
        .await;
    let seen = person.server.json(&["get", "hpa", "few"]).await;
    person.note(
        "why it does not scale",
        seen["status"]["conditions"][1]["message"].to_string(),
    );
    person.says("delete hpa few").await;
    person.says("delete deployment few").await;
}
