//! Nodes and pods by a watch beside the same by listings, over a connection that can be disturbed.

use crate::asked::soon;
use crate::server::{Server, connected};
use domain::inside::{NodeInside, Pod};
use engine::ports::KubeApi;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

/// A port of this computer that leads to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Road {
    Open,
    /// What is under way ends, and nobody is let in.
    Shut,
    /// Nothing more passes, and nobody says so.
    Mute,
}

async fn road(kubeconfig: &str) -> (String, watch::Sender<Road>) {
    let mut lines = kubeconfig.lines();
    let server = lines.find_map(|line| line.trim().strip_prefix("server:"));
    let server = server
        .expect("a server")
        .trim()
        .trim_matches('"')
        .to_owned();
    let there = server.trim_start_matches("https://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let here = listener.local_addr().expect("an address");
    let (road, state) = watch::channel(Road::Open);
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            tokio::spawn(carry(near, there.clone(), state.clone()));
        }
    });
    (
        kubeconfig.replace(&server, &format!("https://{here}")),
        road,
    )
}

async fn carry(mut near: TcpStream, there: String, mut state: watch::Receiver<Road>) {
    if *state.borrow() == Road::Shut {
        return;
    }
    let mut far = TcpStream::connect(there).await.expect("the server");
    let now = tokio::select! {
        biased;
        told = state.wait_for(|now| *now != Road::Open) => told.map_or(Road::Shut, |now| *now),
        _ = copy_bidirectional(&mut near, &mut far) => return,
    };
    if now == Road::Mute {
        // Both ends stay open as long as somebody might wait for them.
        tokio::time::sleep(Duration::from_mins(1)).await;
    }
}

type Rows = (Vec<NodeInside>, Vec<Pod>);

async fn rows(kube: &dyn KubeApi) -> Option<Rows> {
    let (mut nodes, mut pods) = (kube.nodes_inside().await.ok()?, kube.pods().await.ok()?);
    nodes.sort_by(|a, b| a.node.name.cmp(&b.node.name));
    pods.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    Some((nodes, pods))
}

fn pod(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
        "spec": {"containers": [{
            "name": "one", "image": "registry.example/one:1",
            "resources": {"requests": {"cpu": "50m"}},
        }]},
    })
}

/// Whether something is told within a time.
async fn news(heard: &mut watch::Receiver<()>, seconds: u64) -> bool {
    let told = timeout(Duration::from_secs(seconds), heard.changed()).await;
    told.is_ok_and(|told| told.is_ok())
}

/// Both tell the same soon, and the watch holds what is wanted of it.
async fn same(
    [watched, listed]: [&Arc<dyn KubeApi>; 2],
    wanted: impl Fn(&Rows) -> bool,
    what: &str,
) {
    let mut last = (None, None);
    let same = soon(async || {
        last = (rows(&**watched).await, rows(&**listed).await);
        last.0 == last.1 && last.0.as_ref().is_some_and(&wanted)
    });
    assert!(same.await, "{what}: {last:#?}");
}

/// A watch by which nothing happens ends in order and in its time: by that its server is known to be
/// alive.
async fn farewell(server: &Server) {
    let path = "/api/v1/namespaces?watch=true&allowWatchBookmarks=true&timeoutSeconds=3";
    let begun = Instant::now();
    let told = server.kubectl(&["get", "--raw", path]).await;
    told.expect("an end in order");
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(2), "over after {took:?}");
}

pub(crate) async fn check(server: &Server) {
    farewell(server).await;
    let (kubeconfig, road) = road(&server.kubeconfig_text()).await;
    let (watched, listed) = (connected(kubeconfig).await, server.connect().await);
    let both = [&watched, &listed];
    let mut heard = watched.watch();
    let there = |name: &'static str| move |rows: &Rows| rows.1.iter().any(|one| one.name == name);
    same(both, |rows| !rows.0.is_empty(), "at first").await;
    server.put(&["create"], &pod("w1")).await.expect("a pod");
    assert!(news(&mut heard, 5).await, "a pod that begins is told");
    same(both, there("w1"), "a pod that begins").await;
    let nodes = watched.nodes_inside().await.expect("nodes");
    let node = &nodes.first().expect("a node").node.name;
    server.kubectl(&["cordon", node]).await.expect("a cordon");
    let cordoned = |rows: &Rows| rows.0.iter().any(|one| one.cordoned);
    same(both, cordoned, "a node that is cordoned").await;
    server
        .kubectl(&["uncordon", node])
        .await
        .expect("no cordon");
    same(both, |rows| !cordoned(rows), "one that is not any more").await;
    let away = ["delete", "pod", "w1", "--force", "--grace-period=0"];
    server.kubectl(&away).await.expect("no pod");
    same(both, |rows| !there("w1")(rows), "a pod that is deleted").await;

    // Longer than a watch lasts: the rows are those of the next one.
    tokio::time::sleep(Duration::from_secs(22)).await;
    server.put(&["create"], &pod("w2")).await.expect("a pod");
    same(both, there("w2"), "a pod of the next watch").await;

    // What breaks off is not known, and is right again when it can be asked.
    road.send_replace(Road::Shut);
    let unknown = soon(async || rows(&*watched).await.is_none());
    assert!(unknown.await, "nobody answers");
    server.put(&["create"], &pod("w3")).await.expect("a pod");
    road.send_replace(Road::Open);
    same(both, there("w3"), "a pod that began meanwhile").await;

    // What is open on this side only: within a watch's length and its grace.
    tokio::time::sleep(Duration::from_secs(1)).await;
    heard.mark_unchanged();
    server.put(&["create"], &pod("w4")).await.expect("a pod");
    assert!(news(&mut heard, 5).await, "it is watched again");
    same(both, there("w4"), "one more").await;
    road.send_replace(Road::Mute);
    heard.mark_unchanged();
    server.put(&["create"], &pod("w5")).await.expect("a pod");
    assert!(news(&mut heard, 30).await, "silence is caught");
    road.send_replace(Road::Open);
    same(both, there("w5"), "a pod that began in silence").await;
    for name in ["w2", "w3", "w4", "w5"] {
        let away = ["delete", "pod", name, "--force", "--grace-period=0"];
        server.kubectl(&away).await.expect("no pod");
    }
    same(both, |rows| !there("w5")(rows), "at last").await;
}
