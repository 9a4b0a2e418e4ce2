//! What nodes and pods use, where a metrics server tells it.

use expect_test::expect;
use serde_json::{Value, json};

use super::super::Cluster;
use super::placed::{plug, run, small_node};
use super::{cluster, gpu_node, minute, ok, refusal};

const METRICS: &str = "/apis/metrics.k8s.io/v1beta1";

async fn measured() -> Cluster {
    let cluster = cluster();
    cluster.install_metrics(minute(0));
    cluster.add_node(small_node("system", 1), minute(0));
    cluster.add_node(gpu_node("card", 2), minute(0));
    plug(&cluster).await;
    cluster
}

fn pod(name: &str, resources: &Value) -> Value {
    json!({
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "tolerations": [{"operator": "Exists"}],
            "containers": [{"name": "main", "image": "x", "resources": resources}],
        },
    })
}

/// Billionths of a core.
fn cores(usage: &Value) -> u64 {
    usage["cpu"]
        .as_str()
        .unwrap()
        .trim_end_matches('n')
        .parse()
        .unwrap()
}

#[tokio::test]
async fn without_a_metrics_server_nothing_is_measured() {
    let cluster = cluster();
    let path = format!("GET {METRICS}/nodes");
    expect!["404 NotFound: the server could not find the requested resource"]
        .assert_eq(&refusal(&cluster, &path, Value::Null).await);
    let groups = ok(&cluster, "GET /apis", Value::Null).await;
    assert!(!groups.to_string().contains("metrics.k8s.io"));
}

#[tokio::test]
async fn what_runs_is_measured_and_who_has_a_gpu_is_busy() {
    let cluster = measured().await;
    expect!["503 ServiceUnavailable: the server is currently unable to handle the request"]
        .assert_eq(&refusal(&cluster, &format!("GET {METRICS}/nodes"), Value::Null).await);
    run(&cluster);
    let pods = "/api/v1/namespaces/default/pods";
    let asked = json!({"requests": {"cpu": "500m", "memory": "512Mi"}});
    let card = json!({"limits": {"nvidia.com/gpu": "1"}});
    for (name, resources) in [("calm", &asked), ("busy", &card)] {
        ok(&cluster, &format!("POST {pods}"), pod(name, resources)).await;
    }
    let path = format!("GET {METRICS}/namespaces/default/pods");
    let none = ok(&cluster, &path, Value::Null).await;
    assert_eq!(none["items"], json!([]), "they do not run yet");
    run(&cluster);
    let all = ok(&cluster, &path, Value::Null).await;
    expect![[r#"{"name":"busy","creationTimestamp":"2026-11-18T11:07:40Z","namespace":"default","labels":{"app":"busy"}}"#]]
        .assert_eq(&all["items"][0]["metadata"].to_string());
    assert_eq!(
        all,
        ok(&cluster, &path, Value::Null).await,
        "the same within a minute"
    );
    let used = [0, 1].map(|nth: usize| cores(&all["items"][nth]["containers"][0]["usage"]));
    assert!((600_000_000..1_000_000_000).contains(&used[0]), "{used:?}");
    assert!((100_000_000..301_000_000).contains(&used[1]), "{used:?}");
    let one = ok(
        &cluster,
        &format!("{path}?labelSelector=app%3Dcalm"),
        Value::Null,
    )
    .await;
    assert_eq!(super::names(&one), ["calm"]);
    let nodes = ok(&cluster, &format!("GET {METRICS}/nodes"), Value::Null).await;
    assert_eq!(super::names(&nodes), ["card", "system"]);
    assert!(cores(&nodes["items"][0]["usage"]) > used[0]);
    cluster.lose_node("card", minute(3));
    let nodes = ok(&cluster, &format!("GET {METRICS}/nodes"), Value::Null).await;
    assert_eq!(
        super::names(&nodes),
        ["system"],
        "a silent kubelet tells nothing"
    );
}
