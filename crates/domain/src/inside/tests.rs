//! The arithmetic against another way to count: a pod's life is played start by start.

use super::{Amounts, NodeInside, Pod, Start, asked, rooms};
use crate::inventory::KubeNode;
use expect_test::expect;

/// SplitMix64.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % end
    }

    fn amounts(&mut self) -> Amounts {
        Amounts {
            cpu_milli: self.below(4) * self.below(700),
            memory: self.below(3) * self.below(1 << 33),
            gpus: self.below(3) * self.below(2),
        }
    }
}

#[derive(Debug)]
struct Drawn {
    node: Option<usize>,
    over: bool,
    containers: Vec<Amounts>,
    starts: Vec<Start>,
    overhead: Amounts,
}

fn draw(draw: &mut Draw, nodes: u64) -> Drawn {
    let some = |draw: &mut Draw, most| (0..draw.below(most)).collect::<Vec<_>>();
    Drawn {
        node: usize::try_from(draw.below(nodes + 1))
            .ok()
            .filter(|nth| *nth as u64 != nodes),
        over: draw.below(5) == 0,
        containers: some(draw, 4).iter().map(|_| draw.amounts()).collect(),
        starts: some(draw, 4)
            .iter()
            .map(|_| Start {
                asks: draw.amounts(),
                stays: draw.below(2) == 0,
            })
            .collect(),
        overhead: if draw.below(4) == 0 {
            draw.amounts()
        } else {
            Amounts::default()
        },
    }
}

/// The most that a pod ever holds of one thing: at each start those that stay and the one that
/// starts, then those that stay and all containers.
fn held(pod: &Drawn, of: fn(&Amounts) -> u64) -> u64 {
    let stay = |until: usize| -> u64 {
        let before = pod.starts[..until].iter();
        before
            .filter(|one| one.stays)
            .map(|one| of(&one.asks))
            .sum()
    };
    let all = pod.starts.len();
    let mut moments: Vec<u64> = (0..all)
        .map(|nth| stay(nth) + of(&pod.starts[nth].asks))
        .collect();
    moments.push(stay(all) + pod.containers.iter().map(of).sum::<u64>());
    moments.into_iter().max().unwrap_or(0) + of(&pod.overhead)
}

#[test]
fn two_hundred_drawn_sets_of_pods_leave_what_another_count_leaves() {
    const PARTS: [fn(&Amounts) -> u64; 3] = [|one| one.cpu_milli, |one| one.memory, |one| one.gpus];
    let (mut full, mut free) = (0, 0);
    for seed in 0..200 {
        let mut from = Draw(seed);
        let count = 1 + from.below(6);
        let nodes: Vec<NodeInside> = (0..count).map(|nth| node(nth, from.amounts())).collect();
        let drawn: Vec<Drawn> = (0..from.below(30))
            .map(|_| draw(&mut from, count))
            .collect();
        let pods: Vec<Pod> = drawn
            .iter()
            .enumerate()
            .map(|(nth, one)| Pod {
                namespace: "default".to_owned(),
                name: format!("pod-{nth}"),
                node: one.node.map(|nth| format!("node-{nth}")),
                over: one.over,
                asks: asked(&one.containers, &one.starts, one.overhead),
                job: None,
                waits: None,
                readable: true,
            })
            .collect();
        let told = rooms(&nodes, &pods);
        for (nth, node) in nodes.iter().enumerate() {
            let here = drawn
                .iter()
                .filter(|one| one.node == Some(nth) && !one.over);
            let room = &told[node.node.name.as_str()];
            assert_eq!(
                room.pods,
                here.clone().count() as u64,
                "seed {seed}, node {nth}"
            );
            for part in PARTS {
                let taken: u64 = here.clone().map(|one| held(one, part)).sum();
                let left = part(&node.gives).saturating_sub(taken);
                assert_eq!(part(&room.asked), taken, "seed {seed}, node {nth}");
                assert_eq!(part(&room.free), left, "seed {seed}, node {nth}");
            }
            let holds = here.filter(|one| held(one, PARTS[2]) > 0).count();
            assert_eq!(room.holders.len(), holds, "seed {seed}, node {nth}");
            full += usize::from(room.free.gpus == 0);
            free += usize::from(room.free.gpus > 0);
        }
    }
    expect!["633 nodes without a free GPU, 78 with"]
        .assert_eq(&format!("{full} nodes without a free GPU, {free} with"));
}

fn node(nth: u64, gives: Amounts) -> NodeInside {
    NodeInside {
        node: KubeNode {
            name: format!("node-{nth}"),
            instance: None,
            ready: true,
            gpus: 0,
        },
        version: String::new(),
        born: None,
        labels: Vec::new(),
        taints: Vec::new(),
        cordoned: false,
        gives,
        pods_max: 110,
        readable: true,
    }
}

#[test]
fn pods_on_nodes_that_nobody_lists_are_left_out() {
    let gives = Amounts {
        gpus: 2,
        ..Amounts::default()
    };
    let pod = Pod {
        namespace: "a".to_owned(),
        name: "b".to_owned(),
        node: Some("gone".to_owned()),
        over: false,
        asks: gives,
        job: None,
        waits: None,
        readable: true,
    };
    let nodes = [node(0, gives)];
    assert_eq!(rooms(&nodes, &[pod])["node-0"].free.gpus, 2);
}

#[test]
fn a_pod_that_cannot_be_read_is_counted_and_makes_the_room_unknown() {
    let gives = Amounts {
        gpus: 2,
        ..Amounts::default()
    };
    let pod = |node: &str, readable| Pod {
        namespace: "a".to_owned(),
        name: "b".to_owned(),
        node: Some(node.to_owned()),
        over: false,
        asks: Amounts::default(),
        job: None,
        waits: None,
        readable,
    };
    let nodes = [node(0, gives), node(1, gives)];
    let told = rooms(&nodes, &[pod("node-0", false), pod("node-1", true)]);
    assert_eq!((told["node-0"].odd, told["node-1"].odd), (1, 0));
}
