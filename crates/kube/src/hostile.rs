//! What no cluster of ours says, and a server that is odd or hostile may: each costs its own row, and
//! each kubeconfig is refused for what is wrong with it. Drawn damage panics nowhere.

mod kubeconfigs;

use domain::inside::{NodeInside, Pod};
use expect_test::expect;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::fmt::Write as _;

use crate::inside::{PodRead, Whole};
use crate::read::shown;
use crate::{kubeconfig, quantity};

fn good_node() -> Value {
    json!({
        "metadata": {"name": "n", "creationTimestamp": "2026-11-23T10:00:00Z", "labels": {"a": "1"}},
        "spec": {"providerID": "linode://7", "taints": [{"key": "k", "effect": "NoSchedule"}]},
        "status": {
            "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110", "nvidia.com/gpu": "1"},
            "conditions": [{"type": "Ready", "status": "True"}],
            "nodeInfo": {"kubeletVersion": "v1.34.2"},
        },
    })
}

fn good_pod() -> Value {
    json!({
        "metadata": {"name": "p", "namespace": "ml", "ownerReferences": [{"kind": "Job", "name": "j"}]},
        "spec": {
            "nodeName": "n",
            "containers": [{"resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"nvidia.com/gpu": "1"}}}],
            "initContainers": [{"restartPolicy": "Always", "resources": {"requests": {"cpu": "100m"}}}],
            "overhead": {"memory": "10Mi"},
        },
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    })
}

/// The same object with something else at a place.
fn with(mut object: Value, at: &str, to: Value) -> Value {
    let (parent, name) = at.rsplit_once('/').expect("a place");
    let parent = object.pointer_mut(parent).expect("its parent");
    if let Value::Array(all) = parent {
        let nth: usize = name.parse().expect("an index");
        all[nth] = to;
    } else {
        parent[name.replace("~1", "/")] = to;
    }
    object
}

fn page(objects: &[Value]) -> String {
    json!({"metadata": {}, "items": objects}).to_string()
}

fn odd_values() -> Vec<Value> {
    [
        "7",
        "-1",
        "1.5",
        "true",
        "[]",
        "[1]",
        "{}",
        "{\"a\":1}",
        "\"\"",
        "\"1Zi\"",
        "\"-5\"",
        "\"9e999\"",
        "\"\\u0000\"",
        "\"1\\n2\"",
        "18446744073709551616",
    ]
    .map(|text| serde_json::from_str(text).expect("JSON"))
    .into()
}

#[test]
fn an_odd_node_costs_its_own_row_only() {
    let places = [
        "/metadata/name",
        "/metadata/creationTimestamp",
        "/metadata/labels",
        "/metadata/labels/a",
        "/spec",
        "/spec/providerID",
        "/spec/unschedulable",
        "/spec/taints",
        "/spec/taints/0",
        "/status",
        "/status/allocatable",
        "/status/allocatable/cpu",
        "/status/allocatable/memory",
        "/status/allocatable/nvidia.com~1gpu",
        "/status/conditions",
        "/status/nodeInfo",
    ];
    let mut told = String::new();
    let mut manifests = 0;
    for place in places {
        let mut unreadable = 0;
        for odd in odd_values() {
            let text = page(&[good_node(), with(good_node(), place, odd), good_node()]);
            let rows = shown::<Whole, NodeInside>(&text).expect("a page").items;
            let rows = rows.expect("rows");
            assert_eq!(rows.len(), 3, "{text}");
            assert!(rows[0].readable && rows[2].readable, "{text}");
            unreadable += usize::from(!rows[1].readable);
            manifests += 1;
        }
        writeln!(told, "{place}: {unreadable} of 15 cannot be read").expect("a text");
    }
    expect![[r#"
        /metadata/name: 9 of 15 cannot be read
        /metadata/creationTimestamp: 15 of 15 cannot be read
        /metadata/labels: 14 of 15 cannot be read
        /metadata/labels/a: 9 of 15 cannot be read
        /spec: 13 of 15 cannot be read
        /spec/providerID: 9 of 15 cannot be read
        /spec/unschedulable: 14 of 15 cannot be read
        /spec/taints: 14 of 15 cannot be read
        /spec/taints/0: 15 of 15 cannot be read
        /status: 13 of 15 cannot be read
        /status/allocatable: 14 of 15 cannot be read
        /status/allocatable/cpu: 15 of 15 cannot be read
        /status/allocatable/memory: 15 of 15 cannot be read
        /status/allocatable/nvidia.com~1gpu: 15 of 15 cannot be read
        /status/conditions: 14 of 15 cannot be read
        /status/nodeInfo: 13 of 15 cannot be read
    "#]]
    .assert_eq(&told);
    assert_eq!(manifests, 240);
}

#[test]
fn an_odd_pod_costs_its_own_row_only() {
    let places = [
        "/metadata/name",
        "/metadata/namespace",
        "/metadata/ownerReferences",
        "/metadata/ownerReferences/0",
        "/spec",
        "/spec/nodeName",
        "/spec/containers",
        "/spec/containers/0",
        "/spec/containers/0/resources",
        "/spec/containers/0/resources/requests",
        "/spec/containers/0/resources/requests/cpu",
        "/spec/containers/0/resources/limits/nvidia.com~1gpu",
        "/spec/initContainers",
        "/spec/initContainers/0/restartPolicy",
        "/spec/overhead",
        "/spec/overhead/memory",
        "/status",
        "/status/phase",
        "/status/conditions",
        "/status/conditions/0",
    ];
    let mut told = String::new();
    for place in places {
        let mut unreadable = 0;
        for odd in odd_values() {
            let text = page(&[good_pod(), with(good_pod(), place, odd), good_pod()]);
            let rows = shown::<PodRead, Pod>(&text).expect("a page").items;
            let rows = rows.expect("rows");
            assert_eq!(rows.len(), 3, "{text}");
            assert!(rows[0].readable && rows[2].readable, "{text}");
            unreadable += usize::from(!rows[1].readable);
        }
        writeln!(told, "{place}: {unreadable} of 15 cannot be read").expect("a text");
    }
    expect![[r#"
        /metadata/name: 9 of 15 cannot be read
        /metadata/namespace: 9 of 15 cannot be read
        /metadata/ownerReferences: 14 of 15 cannot be read
        /metadata/ownerReferences/0: 15 of 15 cannot be read
        /spec: 13 of 15 cannot be read
        /spec/nodeName: 9 of 15 cannot be read
        /spec/containers: 14 of 15 cannot be read
        /spec/containers/0: 13 of 15 cannot be read
        /spec/containers/0/resources: 13 of 15 cannot be read
        /spec/containers/0/resources/requests: 14 of 15 cannot be read
        /spec/containers/0/resources/requests/cpu: 15 of 15 cannot be read
        /spec/containers/0/resources/limits/nvidia.com~1gpu: 15 of 15 cannot be read
        /spec/initContainers: 14 of 15 cannot be read
        /spec/initContainers/0/restartPolicy: 9 of 15 cannot be read
        /spec/overhead: 14 of 15 cannot be read
        /spec/overhead/memory: 15 of 15 cannot be read
        /status: 13 of 15 cannot be read
        /status/phase: 9 of 15 cannot be read
        /status/conditions: 14 of 15 cannot be read
        /status/conditions/0: 15 of 15 cannot be read
    "#]]
    .assert_eq(&told);
}

#[test]
fn what_can_be_read_of_an_odd_object_is_shown() {
    let node = with(good_node(), "/status/allocatable/cpu", json!(4));
    let pod = with(
        good_pod(),
        "/spec/containers/0/resources/requests/cpu",
        json!(1),
    );
    let nodes = shown::<Whole, NodeInside>(&page(&[node])).expect("a page");
    let pods = shown::<PodRead, Pod>(&page(&[pod])).expect("a page");
    let (node, pod) = (
        &nodes.items.expect("rows")[0],
        &pods.items.expect("rows")[0],
    );
    assert_eq!(
        (
            &*node.node.name,
            node.node.instance.map(|id| id.0),
            node.node.ready,
            node.node.gpus
        ),
        ("n", Some(7), true, 1)
    );
    assert_eq!(
        (&*pod.namespace, &*pod.name, pod.node.as_deref(), pod.over),
        ("ml", "p", Some("n"), false)
    );
}

/// A stream of numbers by a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        // Knuth's constants; the high bits are the good ones.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound
    }
}

/// The text with some of its characters lost, doubled, swapped or replaced.
fn damaged(text: &str, dice: &mut Dice) -> String {
    const ODD: &[char] = &[
        '{', '}', '[', ']', '"', '\'', ':', ',', '-', '&', '*', '!', '|', '\n', '\t', '0', '9',
        'e', '.', '\u{0}', 'ü', '\u{fffd}', '%',
    ];
    let mut all: Vec<char> = text.chars().collect();
    for _ in 0..=dice.below(6) {
        let at = dice.below(all.len());
        match dice.below(5) {
            0 => drop(all.remove(at)),
            1 => all.insert(at, ODD[dice.below(ODD.len())]),
            2 => all[at] = ODD[dice.below(ODD.len())],
            3 => {
                let other = dice.below(all.len());
                all.swap(at, other);
            }
            _ => {
                let end = (at + 1 + dice.below(40)).min(all.len());
                let part = all[at..end].to_vec();
                all.splice(at..at, part);
            }
        }
        if all.is_empty() {
            break;
        }
    }
    all.into_iter().collect()
}

#[test]
fn drawn_damage_panics_nowhere_and_no_refusal_quotes_the_token() {
    let (nodes, pods) = (
        page(&[good_node(), good_node()]),
        page(&[good_pod(), good_pod()]),
    );
    let authority = crate::kubeconfig::tests::CA;
    let good = kubeconfigs::KUBECONFIG.replace("data: CA", &format!("data: {authority}"));
    assert!(kubeconfig::read(&SecretString::from(good.clone())).is_ok());
    let mut dice = Dice(7);
    let (mut read, mut refused_files) = (0, 0);
    for _ in 0..4_000 {
        read += usize::from(shown::<Whole, NodeInside>(&damaged(&nodes, &mut dice)).is_ok());
        read += usize::from(shown::<PodRead, Pod>(&damaged(&pods, &mut dice)).is_ok());
        let text = damaged(&good, &mut dice);
        if let Err(failure) = kubeconfig::read(&SecretString::from(text)) {
            assert!(!format!("{failure:?}").contains("SECRET"));
            refused_files += 1;
        }
        let drawn = damaged("128974848Ki", &mut dice);
        let _ = (quantity::milli(&drawn), quantity::whole(&drawn));
    }
    // Much of the damage leaves JSON that can be read; the test would prove nothing else.
    assert!((200..7_800).contains(&read), "{read}");
    assert!((1..4_000).contains(&refused_files), "{refused_files}");
}
