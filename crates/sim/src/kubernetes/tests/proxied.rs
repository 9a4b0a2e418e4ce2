//! What pods say through the API server's proxy.

use expect_test::expect;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::super::{Cluster, Done};
use super::{cluster, gpu_node, minute, names, ok, refusal, request};

const SYSTEM: &str = "/api/v1/namespaces/kube-system";
const PODS: &str = "/api/v1/namespaces/default/pods";

/// An exporter on each GPU node, behind a Service, and the name of the only pod.
async fn exporter(cluster: &Cluster) -> String {
    let labels = json!({"app": "exporter"});
    let set = json!({
        "metadata": {"name": "exporter"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {
                "nodeSelector": {"nvidia.com/gpu.present": "true"},
                "tolerations": [{"operator": "Exists"}],
                "containers": [{
                    "name": "exporter", "image": "nvcr.io/nvidia/k8s/dcgm-exporter:4.6.0",
                    "ports": [{"name": "metrics", "containerPort": 9400}],
                }],
            }},
        },
    });
    ok(
        cluster,
        "POST /apis/apps/v1/namespaces/kube-system/daemonsets",
        set,
    )
    .await;
    let ports = json!([
        {"name": "metrics", "port": 80, "targetPort": "metrics"},
        {"name": "none", "port": 81, "targetPort": 9401},
    ]);
    let service =
        json!({"metadata": {"name": "exporter"}, "spec": {"selector": labels, "ports": ports}});
    ok(cluster, &format!("POST {SYSTEM}/services"), service).await;
    let away = json!({"metadata": {"name": "away"}, "spec": {"selector": {"app": "no"}, "ports": [{"port": 80}]}});
    ok(cluster, &format!("POST {SYSTEM}/services"), away).await;
    let pods = ok(
        cluster,
        &format!("GET {SYSTEM}/pods?labelSelector=app%3Dexporter"),
        Value::Null,
    )
    .await;
    names(&pods)[0].to_owned()
}

async fn told(cluster: &Cluster, path: &str) -> String {
    let line = format!("GET {SYSTEM}/{path}");
    let reply = cluster
        .handle(request(cluster, &line, &Value::Null), minute(1))
        .await;
    let status = reply.status();
    let body = reply.into_body().collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert!(status.is_success(), "{path}: {status} {body}");
    body
}

/// The percent of each GPU, and the memory that is taken of it.
async fn used(cluster: &Cluster, pod: &str) -> Vec<(u32, u32)> {
    let text = told(cluster, &format!("pods/{pod}:9400/proxy/metrics")).await;
    let values = |name: &str| -> Vec<u32> {
        let lines = text.lines().filter(|line| line.starts_with(name));
        lines
            .map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap())
            .collect()
    };
    let percents = values("DCGM_FI_DEV_GPU_UTIL{");
    percents
        .into_iter()
        .zip(values("DCGM_FI_DEV_FB_USED{"))
        .collect()
}

/// A pod that takes cards, and runs.
async fn takes(cluster: &Cluster, name: &str, cards: u32, annotations: Value) {
    let pod = json!({
        "metadata": {"name": name, "annotations": annotations},
        "spec": {"nodeName": "card", "containers": [{
            "name": "c", "image": "pytorch", "resources": {"limits": {"nvidia.com/gpu": cards}},
        }]},
    });
    let pod = ok(cluster, &format!("POST {PODS}"), pod).await;
    let done = Done::Pod {
        namespace: "default".to_owned(),
        name: name.to_owned(),
        uid: pod["metadata"]["uid"].as_str().unwrap().to_owned(),
    };
    cluster.finish(done, minute(1));
}

fn cards(count: u32) -> Cluster {
    let cluster = cluster();
    let mut node = gpu_node("card", 3);
    node.gpus = count;
    cluster.add_node(node, minute(0));
    cluster
}

#[tokio::test]
async fn the_exporter_tells_in_prometheus_text_what_the_cards_of_its_node_do() {
    let cluster = cards(1);
    let pod = exporter(&cluster).await;
    let text = told(&cluster, &format!("pods/{pod}:9400/proxy/metrics")).await;
    expect![[r##"
        # HELP DCGM_FI_DEV_GPU_UTIL GPU utilization (in %).
        # TYPE DCGM_FI_DEV_GPU_UTIL gauge
        DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-3aff7858659a2f43",pci_bus_id="00000000:00:02.0",device="nvidia0",modelName="NVIDIA RTX 4000 Ada Generation",Hostname="card"} 0
        # HELP DCGM_FI_DEV_FB_USED Framebuffer memory used (in MiB).
        # TYPE DCGM_FI_DEV_FB_USED gauge
        DCGM_FI_DEV_FB_USED{gpu="0",UUID="GPU-3aff7858659a2f43",pci_bus_id="00000000:00:02.0",device="nvidia0",modelName="NVIDIA RTX 4000 Ada Generation",Hostname="card"} 3
        # HELP DCGM_FI_DEV_FB_FREE Framebuffer memory free (in MiB).
        # TYPE DCGM_FI_DEV_FB_FREE gauge
        DCGM_FI_DEV_FB_FREE{gpu="0",UUID="GPU-3aff7858659a2f43",pci_bus_id="00000000:00:02.0",device="nvidia0",modelName="NVIDIA RTX 4000 Ada Generation",Hostname="card"} 20472
        # HELP DCGM_FI_DEV_GPU_TEMP GPU temperature (in C).
        # TYPE DCGM_FI_DEV_GPU_TEMP gauge
        DCGM_FI_DEV_GPU_TEMP{gpu="0",UUID="GPU-3aff7858659a2f43",pci_bus_id="00000000:00:02.0",device="nvidia0",modelName="NVIDIA RTX 4000 Ada Generation",Hostname="card"} 36
    "##]]
    .assert_eq(&text);
    // The same by every name of it.
    for path in [
        format!("pods/http:{pod}:9400/proxy/metrics"),
        format!("pods/{pod}/proxy/metrics"),
        "services/exporter:metrics/proxy/metrics".to_owned(),
        "services/exporter:80/proxy/metrics".to_owned(),
        "services/http:exporter:/proxy/metrics".to_owned(),
    ] {
        assert_eq!(told(&cluster, &path).await, text, "{path}");
    }
    let other = told(&cluster, &format!("pods/{pod}:9400/proxy/health")).await;
    assert_eq!(
        other,
        format!("pod kube-system/{pod} answers at port 9400\n")
    );
}

#[tokio::test]
async fn a_card_that_a_pod_asked_for_is_busy_and_annotations_say_otherwise() {
    let cluster = cards(4);
    let pod = exporter(&cluster).await;
    let idle = (0, 3);
    assert_eq!(used(&cluster, &pod).await, [idle; 4]);
    takes(&cluster, "a", 1, json!({})).await;
    takes(&cluster, "b", 2, json!({"demo.quaylight/gpu-percent": "3"})).await;
    let now = used(&cluster, &pod).await;
    assert!((95..100).contains(&now[0].0), "{now:?}");
    assert_eq!(now[1..], [(3, 17_408), (3, 17_408), idle]);
    let all = json!({"metadata": {"annotations": {"demo.quaylight/gpu-percent": "250"}}});
    ok(&cluster, "PATCH /api/v1/nodes/card", all).await;
    let now = used(&cluster, &pod).await;
    assert_eq!(now, [(100, 17_408), (3, 17_408), (3, 17_408), (100, 3)]);
    let none = json!({"metadata": {"annotations": {"demo.quaylight/gpu-percent": "much"}}});
    ok(&cluster, "PATCH /api/v1/nodes/card", none).await;
    ok(&cluster, &format!("DELETE {PODS}/a"), Value::Null).await;
    let now = used(&cluster, &pod).await;
    assert_eq!(now, [(3, 17_408), (3, 17_408), idle, idle]);
}

#[tokio::test]
async fn who_is_not_there_or_does_not_listen_is_refused_in_kubernetes_words() {
    let cluster = cards(1);
    let pod = exporter(&cluster).await;
    let mut said = String::new();
    let paths = [
        "pods/nobody:9400/proxy/metrics".to_owned(),
        format!("pods/{pod}:80/proxy/metrics"),
        "services/nobody/proxy/".to_owned(),
        "services/away/proxy/".to_owned(),
        "services/exporter:82/proxy/".to_owned(),
        "services/exporter:none/proxy/".to_owned(),
        format!("pods/ftp:{pod}:9400/proxy/metrics"),
    ];
    for path in paths {
        let refused = refusal(&cluster, &format!("GET {SYSTEM}/{path}"), Value::Null).await;
        said += &refused.replace(&pod, "POD");
        said += "\n";
    }
    cluster.lose_node("card", minute(1));
    let lost = format!("GET {SYSTEM}/pods/{pod}:9400/proxy/metrics");
    said += &refusal(&cluster, &lost, Value::Null).await;
    expect![[r#"
        404 NotFound: pods "nobody" not found
        503 ServiceUnavailable: error trying to reach service: dial tcp 10.2.114.83:80: connect: connection refused
        404 NotFound: services "nobody" not found
        503 ServiceUnavailable: no endpoints available for service "away"
        503 ServiceUnavailable: no service port "82" found for service "exporter"
        503 ServiceUnavailable: error trying to reach service: dial tcp 10.2.114.83:9401: connect: connection refused
        400 BadRequest: invalid proxy request "ftp:POD:9400"
        503 ServiceUnavailable: error trying to reach service: dial tcp 10.2.114.83:9400: i/o timeout"#]]
    .assert_eq(&said);
}

#[tokio::test]
async fn a_service_account_needs_the_right_to_the_proxy_itself() {
    let cluster = cards(1);
    let pod = exporter(&cluster).await;
    let accounts = "/api/v1/namespaces/default/serviceaccounts";
    ok(
        &cluster,
        &format!("POST {accounts}"),
        json!({"metadata": {"name": "eve"}}),
    )
    .await;
    let wanted = json!({"spec": {"expirationSeconds": 3600}});
    let token = ok(&cluster, &format!("POST {accounts}/eve/token"), wanted).await;
    let bearer = format!("Bearer {}", token["status"]["token"].as_str().unwrap());
    let subjects = json!([{"kind": "ServiceAccount", "namespace": "default", "name": "eve"}]);
    let groups = "/apis/rbac.authorization.k8s.io/v1";
    let bind = async |role: &str| {
        let binding = json!({
            "metadata": {"name": role}, "subjects": subjects,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        });
        ok(
            &cluster,
            &format!("POST {groups}/clusterrolebindings"),
            binding,
        )
        .await;
    };
    let ask = async || {
        let line = format!("GET {SYSTEM}/pods/{pod}:9400/proxy/metrics");
        let mut asked = request(&cluster, &line, &Value::Null);
        asked
            .headers_mut()
            .insert("authorization", bearer.parse().unwrap());
        cluster.handle(asked, minute(1)).await.status().as_u16()
    };
    bind("view").await;
    assert_eq!(ask().await, 403);
    let rules = json!([{"apiGroups": [""], "resources": ["pods/proxy"], "verbs": ["get"]}]);
    let role = json!({"metadata": {"name": "proxy"}, "rules": rules});
    ok(&cluster, &format!("POST {groups}/clusterroles"), role).await;
    bind("proxy").await;
    assert_eq!(ask().await, 200);
}
