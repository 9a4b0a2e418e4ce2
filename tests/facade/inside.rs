//! A node's row joins pool, Linode, Kubernetes node and pods; what is left is what the scheduler
//! gives.

use crate::bench::{Bench, tokio_sleep};
use domain::view::{DeploymentState, NodeRow, NodeTotals, Row};
use expect_test::expect;
use serde_json::{Value, json};

fn shown(bench: &Bench, id: &domain::DeploymentId) -> (NodeTotals, Vec<NodeRow>) {
    let (mut totals, mut nodes) = (None, Vec::new());
    for (_, row) in bench.engine.rows(id) {
        match row {
            Row::Deployment(row) => totals = row.totals,
            Row::Node(row) => nodes.push(row),
            Row::App(_) | Row::Step(_) | Row::Spend(_) | Row::Activity(_) => {}
        }
    }
    nodes.sort_by_key(|node| node.role);
    (totals.unwrap(), nodes)
}

fn line(node: &NodeRow) -> String {
    let Some(inside) = &node.inside else {
        return format!("{:?} {:?} unknown to Kubernetes\n", node.role, node.state);
    };
    let room = inside.room.as_ref().unwrap();
    let share = |one: domain::view::ShareView| format!("{}+{}={}", one.asked, one.free, one.gives);
    let proof = node
        .proof
        .as_ref()
        .map(|one| (one.passed, one.cards.join()));
    format!(
        "{:?} {:?} {} kubernetes {:?} {} taints {:?} pods {} cpu {} memory {} gpus {} held by {:?} \
         proof {proof:?} note {:?}\n",
        node.role,
        node.state,
        node.instance_status.as_deref().unwrap_or("–"),
        node.kubernetes_ready,
        inside.version,
        inside.taints,
        share(room.pods),
        share(room.cpu_milli),
        share(room.memory_mib),
        share(room.gpus),
        room.holders,
        node.note.as_ref().map(|note| &note.code),
    )
}

trait Join {
    fn join(&self) -> String;
}

impl Join for Vec<String> {
    fn join(&self) -> String {
        self.as_slice().join("; ")
    }
}

fn job(name: &str, cards: u32, seconds: u32) -> Value {
    json!({
        "metadata": {"name": name},
        "spec": {"template": {"spec": {
            "restartPolicy": "Never",
            "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
            "initContainers": [{"name": "fetch", "image": "curl", "resources": {"requests": {"cpu": "1500m"}}}],
            "containers": [{
                "name": "train", "image": "pytorch", "command": ["sleep", seconds.to_string()],
                "resources": {"limits": {"nvidia.com/gpu": cards}, "requests": {"cpu": "1", "memory": "2Gi"}},
            }],
        }}},
    })
}

#[tokio::test(start_paused = true)]
async fn a_row_joins_linode_kubernetes_and_pods_and_the_sums_are_of_all_rows() {
    let bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    assert_eq!(bench.state(), DeploymentState::Running);
    let clusters = bench.somebody("GET", "/v4/lke/clusters").await;
    let cluster = clusters["data"][0]["id"].as_u64().unwrap();
    let jobs = "/apis/batch/v1/namespaces/default/jobs";
    bench.kube(cluster, jobs, &job("train", 1, 3600)).await;
    bench.kube(cluster, jobs, &job("next", 1, 60)).await;
    tokio_sleep(120).await;
    bench.engine.observe_once(&id).await;
    let (totals, nodes) = shown(&bench, &id);
    let lines: String = nodes.iter().map(line).collect();
    expect![[r#"
        Gpu Ready running kubernetes Some(true) v1.34.2 taints ["nvidia.com/gpu=present:NoSchedule"] pods 6+104=110 cpu 1770+2230=4000 memory 2176+13436=15612 gpus 1+0=1 held by ["default/train-b18c6 (train)"] proof Some((true, "NVIDIA RTX 4000 Ada Generation, 20475 MiB, driver 570.195.03")) note None
        Gpu Starting unknown to Kubernetes
        System Ready running kubernetes Some(true) v1.34.2 taints [] pods 3+107=110 cpu 250+1750=2000 memory 0+3828=3828 gpus 0+0=0 held by [] proof None note None
    "#]].assert_eq(&lines);
    let room = totals.room.unwrap();
    let all = |of: fn(&domain::view::RoomView) -> u64| -> u64 {
        let inside = nodes.iter().filter_map(|node| node.inside.as_ref());
        inside.map(|one| of(one.room.as_ref().unwrap())).sum()
    };
    assert_eq!(room.pods.asked, all(|room| room.pods.asked));
    assert_eq!(room.cpu_milli.free, all(|room| room.cpu_milli.free));
    let gpus = (room.gpus.asked, room.gpus.free, room.gpus.gives);
    assert_eq!(gpus, (1, 0, 1));
    assert_eq!((totals.nodes, totals.ready), (3, 2), "one is on its way");
    assert_eq!((totals.waiting, totals.waiting_gpus), (1, 1));
    expect!["0/2 nodes are available: 2 Insufficient nvidia.com/gpu. no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling."].assert_eq(&totals.why.unwrap());
    let each: i64 = nodes.iter().map(|node| node.price.unwrap().hour.0).sum();
    assert_eq!(totals.rate.unwrap().0, each);
}

#[tokio::test(start_paused = true)]
async fn a_gpu_node_that_shows_no_gpu_says_so() {
    let bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    let clusters = bench.somebody("GET", "/v4/lke/clusters").await;
    let cluster = clusters["data"][0]["id"].as_u64().unwrap();
    let plugin = "/apis/apps/v1/namespaces/kube-system/daemonsets/nvidia-device-plugin";
    bench.kube_delete(cluster, plugin).await;
    tokio_sleep(600).await;
    bench.engine.observe_once(&id).await;
    let (_, nodes) = shown(&bench, &id);
    let note = nodes[0].note.as_ref().map(|note| note.code.as_str());
    assert_eq!(note, Some("node_bare"), "{:?}", nodes[0]);
    let note = nodes[1].note.as_ref();
    assert_eq!(note, None, "a system node has none to show");
}
