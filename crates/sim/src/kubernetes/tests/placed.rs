//! Where pods come to run, and what those say that fit nowhere.

use expect_test::expect;
use serde_json::{Value, json};

use super::super::{Cluster, Done, Effect};
use super::{cluster, gpu_node, minute, names, ok};

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const PODS: &str = "/api/v1/namespaces/default/pods";

pub(super) fn small_node(name: &str, instance_id: u64) -> super::NodeSeed {
    let mut seed = gpu_node(name, instance_id);
    (seed.vcpus, seed.memory_mb, seed.gpus) = (2, 4_096, 0);
    seed.instance_type = "g6-standard-2".to_owned();
    (seed.labels, seed.taints) = (std::collections::BTreeMap::new(), Vec::new());
    seed
}

/// The NVIDIA plugin, on whatever node has cards.
pub(super) async fn plug(cluster: &Cluster) {
    let plugin = json!({
        "metadata": {"name": "plugin"},
        "spec": {"template": {"spec": {
            "nodeSelector": {"nvidia.com/gpu.present": "true"},
            "tolerations": [{"operator": "Exists"}],
            "containers": [{"name": "plugin", "image": "nvcr.io/nvidia/k8s-device-plugin:v0.20.0"}],
        }}},
    });
    let sets = "POST /apis/apps/v1/namespaces/kube-system/daemonsets";
    ok(cluster, sets, plugin).await;
}

fn deployment(name: &str, replicas: u32, requests: &Value, more: &Value) -> Value {
    let mut spec = json!({"containers": [
        {"name": "app", "image": "nginx", "resources": {"limits": requests}},
    ]});
    let fields = more.as_object().into_iter().flatten();
    for (field, value) in fields {
        spec[field] = value.clone();
    }
    json!({
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": spec},
        },
    })
}

/// Each pod's node, phase and message.
async fn placed(cluster: &Cluster) -> String {
    let list = ok(cluster, &format!("GET {PODS}"), Value::Null).await;
    let mut lines: Vec<String> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pod| {
            let said = pod["status"]["conditions"][0]["message"].as_str();
            let node = pod["spec"]["nodeName"].as_str().unwrap_or("nowhere");
            let app = pod["metadata"]["labels"]["app"].as_str().unwrap_or("-");
            let phase = pod["status"]["phase"].as_str().unwrap();
            format!("{app} {node} {phase} {}\n", said.unwrap_or_default())
        })
        .collect();
    lines.sort();
    lines.concat()
}

/// Everything that was begun comes to its next state.
pub(super) fn run(cluster: &Cluster) -> usize {
    let mut runs = 0;
    for effect in cluster.take_effects() {
        if let Effect::PodRuns {
            namespace,
            name,
            uid,
            ..
        } = effect
        {
            runs += 1;
            let done = Done::Pod {
                namespace,
                name,
                uid,
            };
            cluster.finish(done, minute(2));
        }
    }
    runs
}

#[tokio::test]
async fn a_pod_goes_where_there_is_room_and_else_says_why_it_waits() {
    let cluster = cluster();
    let all = json!({"cpu": "100m"});
    ok(
        &cluster,
        &format!("POST {DEPLOYMENTS}"),
        deployment("early", 1, &all, &json!({})),
    )
    .await;
    expect![[r#"
        early nowhere Pending no nodes available to schedule pods
    "#]]
    .assert_eq(&placed(&cluster).await);
    cluster.add_node(small_node("one", 1), minute(1));
    cluster.add_node(small_node("two", 2), minute(1));
    cluster.add_node(gpu_node("card", 3), minute(1));
    let wanted = [
        deployment("web", 3, &json!({"cpu": "700m"}), &json!({})),
        deployment(
            "huge",
            1,
            &json!({"cpu": "3", "memory": "64Gi"}),
            &json!({}),
        ),
        deployment("train", 1, &json!({"nvidia.com/gpu": "1"}), &json!({})),
        deployment(
            "lost",
            1,
            &json!({}),
            &json!({"nodeSelector": {"disk": "ssd"}}),
        ),
    ];
    for one in wanted {
        ok(&cluster, &format!("POST {DEPLOYMENTS}"), one).await;
    }
    expect![[r#"
        early one Pending 
        huge nowhere Pending 0/3 nodes are available: 1 node(s) had untolerated taint {nvidia.com/gpu: present}, 2 Insufficient cpu, 2 Insufficient memory. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.
        lost nowhere Pending 0/3 nodes are available: 1 node(s) had untolerated taint {nvidia.com/gpu: present}, 2 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.
        train nowhere Pending 0/3 nodes are available: 1 node(s) had untolerated taint {nvidia.com/gpu: present}, 2 Insufficient nvidia.com/gpu. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.
        web one Pending 
        web two Pending 
        web two Pending 
    "#]]
    .assert_eq(&placed(&cluster).await);
    // A node without room for now could be cleared; an event tells it once for each wording.
    ok(
        &cluster,
        &format!("POST {DEPLOYMENTS}"),
        deployment("late", 1, &json!({"cpu": "1600m"}), &json!({})),
    )
    .await;
    let said = placed(&cluster).await;
    let late = said.lines().find(|line| line.starts_with("late")).unwrap();
    expect!["late nowhere Pending 0/3 nodes are available: 1 node(s) had untolerated taint {nvidia.com/gpu: present}, 2 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod."].assert_eq(late);
    let events = ok(
        &cluster,
        "GET /api/v1/namespaces/default/events",
        Value::Null,
    )
    .await;
    let failed = events["items"].as_array().unwrap().iter();
    let failed = failed.filter(|one| one["reason"] == "FailedScheduling");
    assert_eq!(failed.count(), 5);
}

#[tokio::test]
async fn cards_are_given_once_and_again_when_their_pod_is_gone() {
    let cluster = cluster();
    cluster.add_node(gpu_node("card", 3), minute(1));
    let tolerant = json!({"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}]});
    let train = deployment("train", 2, &json!({"nvidia.com/gpu": 1}), &tolerant);
    ok(&cluster, &format!("POST {DEPLOYMENTS}"), train).await;
    assert_eq!(
        placed(&cluster).await.matches("nowhere").count(),
        2,
        "nothing announces the card"
    );
    plug(&cluster).await;
    let said = placed(&cluster).await;
    assert_eq!(said.matches("train card Pending").count(), 1, "{said}");
    assert_eq!(
        said.matches("1 Insufficient nvidia.com/gpu").count(),
        1,
        "{said}"
    );
    assert_eq!(run(&cluster), 1);
    let path = format!("GET {DEPLOYMENTS}/train");
    let status = ok(&cluster, &path, Value::Null).await["status"].clone();
    let counts = ["replicas", "readyReplicas", "unavailableReplicas"].map(|one| &status[one]);
    assert_eq!(counts, [2, 1, 1]);
    let list = ok(
        &cluster,
        &format!("GET {PODS}?fieldSelector=spec.nodeName%3Dcard"),
        Value::Null,
    )
    .await;
    let name = names(&list)[0].to_owned();
    ok(&cluster, &format!("DELETE {PODS}/{name}"), Value::Null).await;
    let said = placed(&cluster).await;
    assert_eq!(said.matches("train card Pending").count(), 1, "{said}");
    assert_eq!(said.matches("nowhere").count(), 1, "{said}");
    ok(
        &cluster,
        &format!("DELETE {DEPLOYMENTS}/train"),
        Value::Null,
    )
    .await;
    assert_eq!(placed(&cluster).await, "");
}

#[tokio::test]
async fn a_set_keeps_its_pods_over_scaling_a_new_template_drains_and_lost_nodes() {
    let cluster = cluster();
    cluster.add_node(small_node("one", 1), minute(1));
    cluster.add_node(small_node("two", 2), minute(1));
    let web = deployment("web", 4, &json!({"cpu": "100m"}), &json!({}));
    ok(&cluster, &format!("POST {DEPLOYMENTS}"), web).await;
    let path = format!("PATCH {DEPLOYMENTS}/web");
    assert_eq!(run(&cluster), 4);
    let on = async |node: &str| {
        let said = placed(&cluster).await;
        said.lines().filter(|line| line.contains(node)).count()
    };
    assert_eq!((on("one").await, on("two").await), (2, 2));
    ok(&cluster, &path, json!({"spec": {"replicas": 3}})).await;
    assert_eq!(on("web").await, 3);
    let before = ok(&cluster, &format!("GET {PODS}"), Value::Null).await;
    let image = json!({"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "nginx:2"}]}}}});
    ok(&cluster, &path, image).await;
    assert_eq!(
        on("web").await,
        4,
        "one more than is wanted, while they roll"
    );
    while run(&cluster) > 0 {}
    let after = ok(&cluster, &format!("GET {PODS}"), Value::Null).await;
    assert_eq!(names(&after).len(), 3);
    assert!(
        names(&after)
            .iter()
            .all(|name| !names(&before).contains(name))
    );
    ok(
        &cluster,
        "PATCH /api/v1/nodes/one",
        json!({"spec": {"unschedulable": true}}),
    )
    .await;
    for name in names(&after) {
        ok(&cluster, &format!("POST {PODS}/{name}/eviction"), json!({})).await;
    }
    assert_eq!((on("one").await, on("two").await), (0, 3));
    cluster.remove_node("two", minute(3));
    let said = placed(&cluster).await;
    assert_eq!(
        said.matches("1 node(s) were unschedulable").count(),
        3,
        "{said}"
    );
    ok(
        &cluster,
        "PATCH /api/v1/nodes/one",
        json!({"spec": {"unschedulable": null}}),
    )
    .await;
    assert_eq!(on("one").await, 3);
    let saved = Cluster::load(cluster.save()).unwrap();
    ok(
        &saved,
        &path,
        json!({"spec": {"template": {"spec": {"containers": [
            {"name": "app", "image": "nginx", "resources": {"limits": {"cpu": "900m"}}},
        ]}}}}),
    )
    .await;
    while run(&saved) > 0 {}
    let said = placed(&saved).await;
    let waits = said.lines().filter(|line| line.contains("nowhere"));
    assert_eq!(
        waits.count(),
        1,
        "a loaded cluster knows what its nodes have given: {said}"
    );
}

#[tokio::test]
async fn daemons_come_with_nodes_and_go_where_they_may_run_no_more() {
    let cluster = cluster();
    plug(&cluster).await;
    cluster.add_node(gpu_node("card", 3), minute(1));
    cluster.add_node(small_node("one", 1), minute(1));
    let set = "/apis/apps/v1/namespaces/kube-system/daemonsets/plugin";
    let count = async || {
        let set = ok(&cluster, &format!("GET {set}"), Value::Null).await;
        set["status"]["numberReady"].as_u64().unwrap_or_default()
    };
    assert_eq!(count().await, 1);
    cluster.add_node(gpu_node("card-2", 4), minute(2));
    assert_eq!(count().await, 2);
    cluster.remove_node("card", minute(3));
    assert_eq!(count().await, 1);
    let pods = "GET /api/v1/namespaces/kube-system/pods?fieldSelector=spec.nodeName%3Dcard-2";
    assert_eq!(names(&ok(&cluster, pods, Value::Null).await).len(), 4);
    ok(&cluster, &format!("DELETE {set}"), Value::Null).await;
    assert_eq!(names(&ok(&cluster, pods, Value::Null).await).len(), 3);
}

#[tokio::test]
async fn templates_of_odd_shapes_are_refused_or_ignored_and_break_nothing() {
    let cluster = cluster();
    cluster.add_node(small_node("one", 1), minute(1));
    let odd = [
        json!(null),
        json!("x"),
        json!([]),
        json!(7),
        json!({"spec": "x"}),
        json!({"metadata": 1}),
    ];
    for (nth, template) in odd.into_iter().enumerate() {
        for (group, resource) in [
            ("apps/v1", "deployments"),
            ("apps/v1", "daemonsets"),
            ("apps/v1", "replicasets"),
            ("apps/v1", "statefulsets"),
            ("batch/v1", "jobs"),
            ("batch/v1", "cronjobs"),
            ("policy/v1", "poddisruptionbudgets"),
            ("autoscaling/v2", "horizontalpodautoscalers"),
        ] {
            let path = format!("/apis/{group}/namespaces/default/{resource}");
            let spec = json!({
                "template": template, "jobTemplate": template, "selector": template,
                "scaleTargetRef": template, "strategy": template, "replicas": 1,
                "schedule": "* * * * *", "metrics": template,
            });
            let name = format!("odd-{nth}");
            for spec in [spec, template.clone()] {
                let one = json!({"metadata": {"name": name}, "spec": spec});
                super::send(&cluster, &format!("POST {path}"), one).await;
            }
            let status = json!({"status": template});
            let patch = format!("PATCH {path}/{name}/status");
            super::send(&cluster, &patch, status).await;
            let path = format!("DELETE {path}/{name}?propagationPolicy=Foreground");
            super::send(&cluster, &path, template.clone()).await;
        }
        let pod = json!({"metadata": {"name": format!("odd-{nth}")}, "spec": template});
        super::send(&cluster, &format!("POST {PODS}"), pod).await;
    }
    assert_eq!(
        super::send(&cluster, &format!("GET {PODS}"), Value::Null)
            .await
            .0,
        200
    );
}
