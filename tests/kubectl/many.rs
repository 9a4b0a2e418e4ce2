//! 10,000 pods, listed and watched by the real kubectl.

use crate::cluster::Cluster;
use anyhow::{Result, ensure};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const PODS: usize = 10_000;
/// So many more at a time, so many times.
const MORE: usize = 50;
const TIMES: usize = 20;
/// How far behind a watch may be with all that is new.
const BEHIND: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_pods_are_listed_and_watched_without_falling_behind() -> Result<()> {
    let cluster = Cluster::new(false).await?;
    let node = ["get", "nodes", "-o", "jsonpath={.items[0].metadata.name}"];
    let labels = json!({"app": "many"});
    let set = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "many"},
        "spec": {
            "replicas": PODS, "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "nodeName": cluster.ok(&node).await?,
                    "containers": [{"name": "one", "image": "busybox"}],
                },
            },
        },
    });
    let made = cluster
        .put(&["create", "-f", "-"], &set.to_string())
        .await?;
    ensure!(made.code == Some(0), "{}", made.err);
    let ready = format!("--for=jsonpath={{.status.readyReplicas}}={PODS}");
    cluster
        .ok(&["wait", &ready, "replicaset/many", "--timeout=50s"])
        .await?;

    let begun = Instant::now();
    let listed = cluster.ok(&["get", "pods", "-A", "--no-headers"]).await?;
    let listing = begun.elapsed();
    let running = listed
        .lines()
        .filter(|line| line.contains("many-") && line.contains("Running"));
    ensure!(running.count() == PODS);

    let mut watch = cluster.start(&["get", "pods", "-w", "--no-headers"])?;
    let mut seen = BTreeSet::new();
    while seen.len() < PODS {
        seen.extend(
            watch
                .line()
                .await?
                .split_whitespace()
                .next()
                .map(str::to_owned),
        );
    }
    let mut worst = Duration::ZERO;
    for nth in 1..=TIMES {
        let wanted = PODS + nth * MORE;
        cluster
            .ok(&["scale", "replicaset/many", &format!("--replicas={wanted}")])
            .await?;
        let begun = Instant::now();
        while seen.len() < wanted {
            let line = watch.line().await?;
            if line.contains("Running") {
                seen.extend(line.split_whitespace().next().map(str::to_owned));
            }
        }
        worst = worst.max(begun.elapsed());
    }
    println!(
        "{PODS} pods listed in {} ms; {} more watched, at most {} ms behind",
        listing.as_millis(),
        MORE * TIMES,
        worst.as_millis()
    );
    ensure!(worst < BEHIND, "{worst:?} behind");
    Ok(())
}
