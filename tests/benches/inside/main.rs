//! The first full view of 1,000 nodes and 10,000 pods, how much memory this process takes for it, and
//! how far the rows are behind while pods are made: on a real Kubernetes (`cargo xtask bench inside`
//! starts it), and beside it on the demo cloud, which is this program once more.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, and measures real time"
)]

mod many;
#[expect(dead_code, reason = "the suite of the two servers uses more of it")]
#[path = "../../kube-real/server.rs"]
mod server;

use domain::inside::rooms;
use many::{Maker, NODES, PODS};
use quaylight_tests::programs::Demo;
use serde_json::{Value, json};
use server::{Server, both_with};
use sim::{Options, Twin};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What makes this program the demo cloud.
const TWIN: &str = "--twin";
const ROUNDS: usize = 3;
/// How long the first view may take, and how much memory all of this process.
const VIEW_MAX: Duration = Duration::from_secs(2);
const MEMORY_MAX_MB: u64 = 150;
/// How many pods are made a second, and for how long.
const PODS_A_SECOND: u32 = 50;
const SECONDS: u32 = 10;
/// How far behind most of them may be shown.
const BEHIND_MAX: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if words.iter().any(|word| word == TWIN) {
        runtime.block_on(serve());
    }
    let measured = runtime.block_on(async {
        let mut demo = tokio::process::Command::new(std::env::current_exe().expect("this program"));
        let demo = Demo::of(demo.arg(TWIN)).await.expect("a demo cloud");
        let [twin, real] = both_with(demo).await;
        [
            ("Kubernetes", measure(&real).await),
            ("the demo cloud", measure(&twin).await),
        ]
    });
    let within = measured[0].1.is_within();
    if words.iter().any(|word| word == "--json") {
        let each = measured.iter().map(|(name, one)| (*name, one.json()));
        let each: serde_json::Map<String, Value> =
            each.map(|(name, one)| (name.to_owned(), one)).collect();
        let document = json!({"inside": {
            "nodes": NODES, "pods": PODS, "pods_a_second": PODS_A_SECOND, "measured": each,
            "limits": {
                "view_ms": VIEW_MAX.as_millis(), "memory_mb": MEMORY_MAX_MB,
                "behind_ms": BEHIND_MAX.as_millis(),
            },
            "within": within,
        }});
        println!("{document}");
    } else {
        println!(
            "{NODES} nodes and {PODS} pods, {ROUNDS} first views; then {PODS_A_SECOND} pods a second for {SECONDS} s"
        );
        for (name, one) in &measured {
            println!("{name}: {}", one.line());
        }
        println!(
            "at most {VIEW_MAX:?}, {MEMORY_MAX_MB} MB and {BEHIND_MAX:?} on Kubernetes: {within}"
        );
    }
    ExitCode::from(u8::from(!within))
}

/// The demo cloud, until the process ends.
async fn serve() -> ! {
    let twin = Twin::new(Options::default()).expect("a demo cloud");
    let served = sim::serve(twin, None).await.expect("a port");
    println!("listening on http://127.0.0.1:{}", served.port());
    std::future::pending().await
}

struct Measured {
    /// From a new client to all rows, each.
    views: Vec<Duration>,
    /// The most that this process took in them.
    memory_mb: u64,
    /// From the request that makes a pod to its row, each in order of length.
    behind: Vec<Duration>,
}

impl Measured {
    fn view(&self) -> Duration {
        self.views.iter().copied().max().unwrap_or(Duration::MAX)
    }

    /// In thousandths of all.
    fn behind(&self, part: usize) -> Duration {
        let nth = self.behind.len() * part / 1_000;
        let last = self.behind.len().saturating_sub(1);
        self.behind
            .get(nth.min(last))
            .copied()
            .unwrap_or(Duration::MAX)
    }

    fn is_within(&self) -> bool {
        self.view() <= VIEW_MAX && self.memory_mb <= MEMORY_MAX_MB && self.behind(950) <= BEHIND_MAX
    }

    fn line(&self) -> String {
        let views: Vec<String> = self
            .views
            .iter()
            .map(|one| one.as_millis().to_string())
            .collect();
        let [p50, p95, worst] = [500, 950, 1_000].map(|part| self.behind(part).as_millis());
        format!(
            "first view {} ms, {} MB at most; a pod's row after {p50} ms at p50, {p95} at p95, {worst} at worst",
            views.join(", "),
            self.memory_mb
        )
    }

    fn json(&self) -> Value {
        let ms = |one: &Duration| one.as_secs_f64() * 1_000.0;
        json!({
            "view_ms": self.views.iter().map(ms).collect::<Vec<_>>(), "memory_mb": self.memory_mb,
            "behind_ms": {
                "p50": ms(&self.behind(500)), "p95": ms(&self.behind(950)),
                "worst": ms(&self.behind(1_000)),
            },
        })
    }
}

async fn measure(server: &Server) -> Measured {
    let maker = Maker::at(server);
    maker.fill().await;
    forget_peak();
    let mut views = Vec::new();
    for _ in 0..ROUNDS {
        views.push(view(server).await);
    }
    let memory_mb = peak_mb();
    Measured {
        views,
        memory_mb,
        behind: behind(server, &maker).await,
    }
}

/// From a new client to what each node has left, and watched from there on.
async fn view(server: &Server) -> Duration {
    let begun = Instant::now();
    let kube = server.connect().await;
    let _heard = kube.watch();
    let (nodes, pods) = tokio::join!(kube.nodes_inside(), kube.pods());
    let (nodes, pods) = (nodes.expect("nodes"), pods.expect("pods"));
    let told = rooms(&nodes, &pods);
    let took = begun.elapsed();
    let ours = told.keys().filter(|name| name.starts_with("many-")).count();
    assert_eq!(ours, NODES);
    assert!(pods.len() >= PODS, "{} pods", pods.len());
    took
}

/// How long it takes from the request that makes a pod to its row, while others are made.
async fn behind(server: &Server, maker: &Maker) -> Vec<Duration> {
    let kube = server.connect().await;
    let mut heard = kube.watch();
    kube.nodes_inside().await.expect("nodes");
    kube.pods().await.expect("pods");
    let all = (PODS_A_SECOND * SECONDS) as usize;
    let begun = Instant::now();
    let due = |nth: usize| begun + Duration::from_secs(nth as u64) / PODS_A_SECOND;
    let made = async {
        let each = (0..all).map(|nth| async move {
            tokio::time::sleep_until(due(nth).into()).await;
            let sent = Instant::now();
            maker.pod(format!("late-{nth}"), nth).await;
            (format!("late-{nth}"), sent)
        });
        let sent: BTreeMap<String, Instant> =
            futures::future::join_all(each).await.into_iter().collect();
        sent
    };
    let shown = async {
        let mut shown = BTreeMap::new();
        while shown.len() < all {
            heard.changed().await.expect("a watch");
            let pods = kube.pods().await.expect("pods");
            let now = Instant::now();
            for pod in pods.into_iter().filter(|one| one.name.starts_with("late-")) {
                shown.entry(pod.name).or_insert(now);
            }
        }
        shown
    };
    let within = Duration::from_mins(2);
    let both = tokio::time::timeout(within, async { tokio::join!(made, shown) });
    let (sent, shown) = both.await.expect("every pod is shown");
    let mut behind: Vec<Duration> = sent
        .iter()
        .map(|(name, sent)| shown[name].duration_since(*sent))
        .collect();
    behind.sort_unstable();
    behind
}

/// The most memory that this process took begins anew.
fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").expect("a process of this system");
}

fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kb.map_or(u64::MAX, |kb| kb / 1024)
}
