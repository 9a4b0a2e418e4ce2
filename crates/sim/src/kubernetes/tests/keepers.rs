//! StatefulSets, DaemonSets with their revisions, budgets and autoscalers.

use expect_test::expect;
use serde_json::{Value, json};

use super::life::{Life, image, workload};
use super::send;

const APPS: &str = "/apis/apps/v1/namespaces/default";
const PODS: &str = "/api/v1/namespaces/default/pods";

async fn make(life: &Life, resource: &str, name: &str, spec: Value) {
    life.ok(&format!("POST {APPS}/{resource}"), workload(name, &spec))
        .await;
}

/// Each pod's name, image and phase.
async fn pods(life: &Life) -> String {
    let mut lines = Vec::new();
    for pod in life.list(PODS).await {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let image = word(&pod["spec"]["containers"][0]["image"]);
        let (name, phase) = (
            word(&pod["metadata"]["name"]),
            word(&pod["status"]["phase"]),
        );
        lines.push(format!("{name} {image} {phase}"));
    }
    lines.join(", ") + "\n"
}

/// The numbers of the revisions and their images.
async fn revisions(life: &Life) -> String {
    let mut lines = Vec::new();
    for one in life.list(&format!("{APPS}/controllerrevisions")).await {
        let image = &one["data"]["spec"]["template"]["spec"]["containers"][0]["image"];
        lines.push(format!(
            "{} {}",
            one["revision"],
            image.as_str().unwrap_or_default()
        ));
    }
    lines.sort();
    lines.join(", ") + "\n"
}

#[tokio::test]
async fn a_stateful_set_goes_step_by_step_and_keeps_names_and_claims() {
    let mut life = Life::new();
    let claim = json!({
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}},
    });
    let spec = json!({"replicas": 2, "serviceName": "db", "volumeClaimTemplates": [claim]});
    make(&life, "statefulsets", "claims", spec).await;
    let claims = life
        .list("/api/v1/namespaces/default/persistentvolumeclaims")
        .await;
    assert_eq!(claims[0]["metadata"]["name"], "data-claims-0");
    life.ok(&format!("DELETE {APPS}/statefulsets/claims"), json!({}))
        .await;
    make(&life, "statefulsets", "db", json!({"replicas": 3})).await;
    let mut told = pods(&life).await;
    for _ in 0..3 {
        life.after(20);
        told += &pods(&life).await;
    }
    let set = format!("{APPS}/statefulsets/db");
    life.patch(&set, image("nginx:2")).await;
    told += &pods(&life).await;
    life.after(20);
    told += &pods(&life).await;
    life.after(60);
    told += &pods(&life).await;
    life.patch(&format!("{set}/scale"), json!({"spec": {"replicas": 1}}))
        .await;
    told += &pods(&life).await;
    told += &revisions(&life).await;
    let status = life.get(&set).await["status"].clone();
    assert_eq!(status["currentRevision"], status["updateRevision"]);
    expect![[r#"
        db-0 nginx:1 Pending
        db-0 nginx:1 Running, db-1 nginx:1 Pending
        db-0 nginx:1 Running, db-1 nginx:1 Running, db-2 nginx:1 Pending
        db-0 nginx:1 Running, db-1 nginx:1 Running, db-2 nginx:1 Running
        db-0 nginx:1 Running, db-1 nginx:1 Running, db-2 nginx:2 Pending
        db-0 nginx:1 Running, db-1 nginx:2 Pending, db-2 nginx:2 Running
        db-0 nginx:2 Running, db-1 nginx:2 Running, db-2 nginx:2 Running
        db-0 nginx:2 Running
        1 nginx:1, 2 nginx:2
    "#]]
    .assert_eq(&told);
}

#[tokio::test]
async fn a_daemon_set_remembers_its_templates_and_goes_back() {
    let mut life = Life::new();
    make(&life, "daemonsets", "agent", json!({})).await;
    let set = format!("{APPS}/daemonsets/agent");
    life.patch(&set, image("nginx:2")).await;
    let mut told = revisions(&life).await;
    life.patch(&set, image("nginx:1")).await;
    told += &revisions(&life).await;
    let before = life.list(PODS).await;
    let name = before[0]["metadata"]["name"].as_str().unwrap();
    life.ok(&format!("DELETE {PODS}/{name}"), Value::Null).await;
    let after = life.list(PODS).await;
    assert_eq!(after.len(), 1, "another comes in its place");
    assert_ne!(after[0]["metadata"]["name"], before[0]["metadata"]["name"]);
    let ready = async |life: &Life| life.get(&set).await["status"]["numberReady"].clone();
    assert_eq!(ready(&life).await, 0);
    life.after(30);
    assert_eq!(ready(&life).await, 1);
    life.ok(&format!("DELETE {set}"), json!({})).await;
    told += &revisions(&life).await;
    expect![[r#"
        1 nginx:1, 2 nginx:2
        2 nginx:2, 3 nginx:1

    "#]]
    .assert_eq(&told);
}

#[tokio::test]
async fn what_comes_with_every_node_is_counted_and_comes_again() {
    let mut life = Life::new();
    let home = "/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dkube-proxy";
    let name = async |life: &Life| {
        let pods = life.list(home).await;
        assert_eq!(pods.len(), 1);
        pods[0]["metadata"]["name"].as_str().unwrap().to_owned()
    };
    let before = name(&life).await;
    let path = format!("DELETE /api/v1/namespaces/kube-system/pods/{before}");
    life.ok(&path, Value::Null).await;
    assert_ne!(name(&life).await, before);
    let set = "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy";
    assert_eq!(life.get(set).await["status"]["numberReady"], 0);
    life.after(30);
    assert_eq!(life.get(set).await["status"]["numberReady"], 1);
}

#[tokio::test]
async fn a_budget_refuses_evictions_that_it_cannot_spare() {
    let mut life = Life::new();
    make(&life, "deployments", "web", json!({"replicas": 2})).await;
    let budget = json!({
        "metadata": {"name": "web"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
    });
    let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    life.ok(&format!("POST {budgets}"), budget).await;
    let allowed = async |life: &Life| {
        let budget = life.get(&format!("{budgets}/web")).await;
        let status = &budget["status"];
        format!(
            "{} of {} healthy, {} wanted, {} may go\n",
            status["currentHealthy"],
            status["expectedPods"],
            status["desiredHealthy"],
            status["disruptionsAllowed"]
        )
    };
    let mut told = allowed(&life).await;
    life.after(30);
    told += &allowed(&life).await;
    let mut names = Vec::new();
    for pod in life.list(PODS).await {
        names.push(pod["metadata"]["name"].as_str().unwrap().to_owned());
    }
    for name in &names {
        let line = format!("POST {PODS}/{name}/eviction");
        let (status, answer) = send(&life.cluster, &line, json!({})).await;
        let why = &answer["details"]["causes"][0]["message"];
        told.extend([format!("{status} {} {why}\n", answer["message"])]);
        told += &allowed(&life).await;
    }
    expect![[r#"
        0 of 2 healthy, 1 wanted, 0 may go
        2 of 2 healthy, 1 wanted, 1 may go
        201 null null
        1 of 2 healthy, 1 wanted, 0 may go
        429 "Cannot evict pod as it would violate the pod's disruption budget." "The disruption budget web needs 1 healthy pods and has 1 currently"
        1 of 2 healthy, 1 wanted, 0 may go
    "#]].assert_eq(&told);
}

#[tokio::test]
async fn an_autoscaler_keeps_a_count_within_its_bounds_and_says_that_nobody_measures() {
    let life = Life::new();
    let scalers = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers";
    let cpu = json!({"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}});
    let scaler = json!({
        "metadata": {"name": "web"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 2, "maxReplicas": 3,
            "metrics": [{"type": "Resource", "resource": cpu}],
        },
    });
    life.ok(&format!("POST {scalers}"), scaler).await;
    let told = async |life: &Life| {
        let status = life.get(&format!("{scalers}/web")).await["status"].clone();
        let mut lines = format!("{} pods\n", status["currentReplicas"]);
        for one in status["conditions"].as_array().unwrap() {
            lines.extend([format!(
                "{} {} {}: {}\n",
                one["type"], one["status"], one["reason"], one["message"]
            )]);
        }
        lines
    };
    let mut lines = told(&life).await;
    make(&life, "deployments", "web", json!({"replicas": 1})).await;
    let web = format!("{APPS}/deployments/web");
    let count = async |life: &Life| life.get(&web).await["spec"]["replicas"].clone();
    assert_eq!(count(&life).await, 2);
    lines += &told(&life).await;
    life.patch(&format!("{web}/scale"), json!({"spec": {"replicas": 9}}))
        .await;
    assert_eq!(count(&life).await, 3);
    expect![[r#"
        null pods
        "AbleToScale" "False" "FailedGetScale": "the HPA controller was unable to get the target's current scale: deployments.apps \"web\" not found"
        2 pods
        "AbleToScale" "True" "SucceededGetScale": "the HPA controller was able to get the target's current scale"
        "ScalingActive" "False" "FailedGetResourceMetric": "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)"
    "#]].assert_eq(&lines);
}
