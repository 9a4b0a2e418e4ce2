//! GPUs: seen by Kubernetes, and seen to compute.

use crate::{Bench, HERE};
use domain::inventory::{Card, GpuTest};
use engine::ports::KubeApi;
use expect_test::expect;
use serde_json::{Value, json};

#[tokio::test(start_paused = true)]
async fn our_device_plugin_shows_the_gpus_of_tainted_nodes_and_of_those_that_come_later() {
    let bench = Bench::new().await;
    let kube = bench.connect(HERE).await;
    let pools = format!("/v4/lke/clusters/{}/pools", bench.cluster);
    let gpus = json!({
        "type": "g2-gpu-rtx4000a1-s", "count": 1,
        "labels": {"nvidia.com/gpu.present": "true"},
        "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}],
    });
    let pool = bench.linode("POST", &pools, gpus).await;
    let shown = async || {
        let nodes = kube.nodes().await.unwrap();
        let mut shown: Vec<u32> = nodes.iter().map(|one| one.gpus).collect();
        shown.sort_unstable();
        shown
    };
    assert_eq!(shown().await, [0, 0]);
    for _ in 0..2 {
        kube.set_gpu_plugin(1).await.unwrap();
        assert_eq!(shown().await, [0, 1]);
    }
    let pool = format!("{pools}/{}", pool["id"]);
    bench.linode("PUT", &pool, json!({"count": 3})).await;
    assert_eq!(shown().await, [0, 1, 1, 1]);
    for slices in [4, 8, 1] {
        kube.set_gpu_plugin(slices).await.unwrap();
        let each = u32::from(slices);
        assert_eq!(shown().await, [0, each, each, each]);
    }
}

/// Runs the test of the one GPU node until it is at its end.
async fn tested(switches: Value, some: bool) -> (GpuTest, Value) {
    let bench = Bench::new().await;
    let mut all = json!({"latency_permille": 1000});
    all.as_object_mut()
        .unwrap()
        .extend(switches.as_object().unwrap().clone());
    bench.twin.demo("PUT", "/_demo/switches", &all);
    let pools = format!("/v4/lke/clusters/{}/pools", bench.cluster);
    let gpus = json!({"type": "g2-gpu-rtx4000a1-s", "count": 1});
    bench.linode("POST", &pools, gpus).await;
    bench.twin.clock().sleep_ms(600_000).await;
    let kube = bench.connect(HERE).await;
    kube.set_gpu_plugin(1).await.unwrap();
    let nodes = kube.nodes().await.unwrap();
    let labels = bench
        .linode("GET", "/v4/linode/instances", Value::Null)
        .await;
    let of_type = |one: &&Value| one["type"] == "g2-gpu-rtx4000a1-s";
    let gpu = labels["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(of_type)
        .unwrap();
    let node = nodes.iter().find(|one| one.name == gpu["label"]).unwrap();
    let mut looks = 0;
    let test = loop {
        if let Some(test) = kube.test_gpus(&node.name, some).await.unwrap() {
            break test;
        }
        looks += 1;
        assert!(looks < 100, "it came to no end");
        bench.twin.clock().sleep_ms(5_000).await;
    };
    assert!(looks > 1);
    let jobs = "/apis/batch/v1/namespaces/kube-system/jobs";
    let pods =
        "/api/v1/namespaces/kube-system/pods?labelSelector=app.kubernetes.io%2Fname%3Dgpu-test";
    let left = [bench.get(jobs).await, bench.get(pods).await];
    for list in left {
        assert_eq!(list["items"], json!([]), "nothing of the test stays");
    }
    (test, json!(node.gpus))
}

#[tokio::test(start_paused = true)]
async fn a_computation_shows_whether_a_node_s_gpus_work_and_asks_for_one_only_if_it_must() {
    let (test, _) = tested(json!({}), true).await;
    let card = Card {
        name: "NVIDIA RTX 4000 Ada Generation".to_owned(),
        memory_mib: Some(20_475),
        driver: "570.195.03".to_owned(),
    };
    assert_eq!(test, GpuTest::Passed { cards: vec![card] });
    let (test, _) = tested(json!({"gpus_hidden_from_pods": true}), true).await;
    assert_eq!(test, GpuTest::Passed { cards: Vec::new() });
    let (test, _) = tested(json!({"gpus_hidden_from_pods": true}), false).await;
    assert!(matches!(test, GpuTest::Failed { .. }), "{test:?}");
    let (test, gpus) = tested(json!({"broken_gpus_permille": 1000}), false).await;
    let GpuTest::Failed { said } = test else {
        panic!("{test:?}")
    };
    expect!["Failed to initialize NVML: Unknown Error; [Vector addition of 50000 elements]; Failed to allocate device vector A (error code no CUDA-capable device is detected)!"].assert_eq(&said);
    assert_eq!(gpus, 0);
}

/// What is told of each GPU node: percent, memory and temperature of its card.
async fn usage(kube: &dyn KubeApi) -> Vec<String> {
    let told = kube.gpu_usage().await.unwrap();
    let mut nodes: Vec<String> = Vec::new();
    for one in told {
        assert!(one.node.starts_with("lke"), "{one:?}");
        let [card] = one.cards.as_slice() else {
            panic!("{one:?}")
        };
        let (used, all) = (card.memory_mib.unwrap(), card.memory_all_mib.unwrap());
        let celsius = card.celsius.unwrap();
        nodes.push(format!("{} % {used}/{all} MiB {celsius} °C", card.percent));
    }
    nodes.sort();
    nodes
}

#[tokio::test(start_paused = true)]
async fn our_exporter_tells_how_the_gpus_of_each_node_are_used() {
    let bench = Bench::new().await;
    let kube = bench.connect(HERE).await;
    let pools = format!("/v4/lke/clusters/{}/pools", bench.cluster);
    let gpus = json!({
        "type": "g2-gpu-rtx4000a1-s", "count": 2, "labels": {"nvidia.com/gpu.present": "true"},
        "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}],
    });
    bench.linode("POST", &pools, gpus).await;
    assert_eq!(usage(&*kube).await, Vec::<String>::new());
    for _ in 0..2 {
        kube.set_gpu_plugin(1).await.unwrap();
    }
    let idle = "0 % 3/20475 MiB 36 °C";
    assert_eq!(usage(&*kube).await, [idle, idle]);
    let pod = json!({
        "metadata": {"name": "train", "annotations": {"demo.quaylight/gpu-percent": "61"}},
        "spec": {
            "tolerations": [{"operator": "Exists"}],
            "containers": [{
                "name": "train", "image": "pytorch",
                "resources": {"limits": {"nvidia.com/gpu": 1}},
            }],
        },
    });
    bench.kubectl("/api/v1/namespaces/default/pods", pod).await;
    bench.twin.clock().sleep_ms(60_000).await;
    assert_eq!(usage(&*kube).await, [idle, "61 % 17408/20475 MiB 55 °C"]);
    // Of a node whose exporter is away nothing is told until another runs there, and the other node
    // is told of still.
    let observed = json!({"latency_permille": 1000});
    bench.twin.demo("PUT", "/_demo/switches", &observed);
    let train = bench.get("/api/v1/namespaces/default/pods/train").await;
    let home = "/api/v1/namespaces/kube-system/pods";
    let pods = bench.get(home).await;
    let mut pods = pods["items"].as_array().unwrap().iter();
    let name = |pod: &Value| pod["metadata"]["name"].as_str().unwrap().to_owned();
    let exporter = pods.find(|pod| {
        name(pod).starts_with("quaylight-dcgm-exporter")
            && pod["spec"]["nodeName"] == train["spec"]["nodeName"]
    });
    let exporter = name(exporter.unwrap());
    bench.kubectl_delete(&format!("{home}/{exporter}")).await;
    assert_eq!(usage(&*kube).await, [idle]);
    bench.twin.clock().sleep_ms(60_000).await;
    assert_eq!(usage(&*kube).await, [idle, "61 % 17408/20475 MiB 55 °C"]);
}
