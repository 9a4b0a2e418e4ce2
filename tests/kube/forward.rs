//! Services opened on a port of this computer, and port-forwards of the real kubectl.

#![expect(
    clippy::disallowed_methods,
    reason = "real sockets, a real kubectl, in real time"
)]
#![expect(
    clippy::print_stdout,
    reason = "figures are printed for who runs the test with --nocapture"
)]

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::inventory::ServiceName;
use engine::ports::{Kube as _, KubeApi, Tunnel};
use futures::future::join_all;
use kubernetes::KubeRs;
use quaylight_tests::programs::kubectl;
use secrecy::ExposeSecret as _;
use serde_json::json;
use sim::{Options, Served, Twin};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::Bench;

/// Far more than anything here takes; what is still open then hangs.
const PATIENCE: Duration = Duration::from_secs(45);

/// A cluster on loopback with a Deployment of one pod and a Service before it.
struct Stage {
    bench: Bench,
    kube: Arc<dyn KubeApi>,
    _served: Served,
}

impl Stage {
    async fn new() -> Self {
        let twin = Twin::new(Options {
            speed: 60.0,
            ..Options::default()
        })
        .unwrap();
        twin.demo("PUT", "/_demo/switches", &json!({"latency_permille": 0}));
        let bench = Bench { twin, cluster: 0 }.with_cluster().await;
        let served = sim::serve(bench.twin.clone(), None).await.unwrap();
        let labels = json!({"app": "web"});
        let web = json!({
            "metadata": {"name": "web"},
            "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{
                    "name": "web", "image": "nginx",
                    "ports": [{"name": "http", "containerPort": 8080}],
                }]},
            }},
        });
        let deployments = "/apis/apps/v1/namespaces/default/deployments";
        bench.kubectl(deployments, web).await;
        for (name, port, target) in [
            ("web", 80, json!("http")),
            ("deaf", 81, json!(9)),
            ("empty", 82, json!(82)),
        ] {
            let selector = if name == "empty" { "nobody" } else { "web" };
            let service = json!({"metadata": {"name": name}, "spec": {
                "selector": {"app": selector},
                "ports": [{"port": port, "targetPort": target}],
            }});
            let services = "/api/v1/namespaces/default/services";
            bench.kubectl(services, service).await;
        }
        let kubeconfig = bench.kubeconfig().await;
        let kube = KubeRs::live().connect(&kubeconfig).await.unwrap();
        let stage = Self {
            bench,
            kube,
            _served: served,
        };
        stage.pod_but("").await;
        stage
    }

    /// The name of the pod that is ready, once it is another than this.
    async fn pod_but(&self, other: &str) -> String {
        for _ in 0..300 {
            let pods = self.bench.get("/api/v1/namespaces/default/pods").await;
            let ready = pods["items"].as_array().unwrap().iter().find(|pod| {
                let conditions = pod["status"]["conditions"].to_string();
                conditions.contains(r#""status":"True","type":"Ready""#)
                    || conditions.contains(r#""type":"Ready","status":"True""#)
            });
            let name = ready.and_then(|pod| pod["metadata"]["name"].as_str());
            if let Some(name) = name.filter(|name| *name != other) {
                return name.to_owned();
            }
            sleep(Duration::from_millis(100)).await;
        }
        panic!("no pod became ready");
    }

    async fn open(&self, name: &str, port: u16) -> Option<Tunnel> {
        let service = ServiceName {
            namespace: "default".to_owned(),
            name: name.to_owned(),
        };
        self.kube.open_service(&service, port).await.unwrap()
    }
}

/// What a GET says; empty when the connection ends without an answer.
async fn get(port: u16) -> String {
    let asked = async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        let request = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(request).await?;
        let mut said = String::new();
        stream.read_to_string(&mut said).await?;
        Ok::<_, std::io::Error>(said)
    };
    let said = timeout(PATIENCE, asked).await.expect("a connection hangs");
    said.unwrap_or_default()
}

/// A connection that was answered once and stays open.
async fn kept(port: u16) -> TcpStream {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .await
        .unwrap();
    let request = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut first = [0; 15];
    let read = timeout(PATIENCE, stream.read_exact(&mut first)).await;
    read.expect("no answer").unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    stream
}

/// Reads to the end, which comes.
async fn ends(mut stream: TcpStream) {
    let mut rest = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
    drop(read.expect("a connection hangs after its pod went"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_connections_end_or_are_answered_while_their_pod_is_replaced() {
    let stage = Stage::new().await;
    let listed = stage.kube.services().await.unwrap();
    let names: Vec<&str> = listed.iter().map(|one| &*one.service).collect();
    for name in ["default/deaf", "default/empty", "default/web"] {
        assert!(names.contains(&name), "{names:?}");
    }
    // The API server's own Service chooses no pods.
    assert!(!names.contains(&"default/kubernetes"), "{names:?}");
    assert!(stage.open("empty", 82).await.is_none());
    assert!(stage.open("web", 8080).await.is_none());

    let tunnel = stage.open("web", 80).await.unwrap();
    let first = stage.pod_but("").await;
    let said = get(tunnel.local).await;
    let known = format!("pod default/{first} answers at port 8080");
    assert!(said.contains(&known), "{said}");

    let open = join_all((0..100).map(|_| kept(tunnel.local))).await;
    let path = format!("/api/v1/namespaces/default/pods/{first}");
    let ending = tokio::spawn(join_all(open.into_iter().map(ends)));
    stage.bench.kubectl_delete(&path).await;
    let said = join_all((0..100).map(|_| get(tunnel.local))).await;
    ending.await.unwrap();
    let second = stage.pod_but(&first).await;
    let by = |pod: &str| said.iter().filter(|one| one.contains(pod)).count();
    println!(
        "100 connections ended with their pod; of 100 more {} were answered by it, {} by the next",
        by(&first),
        by(&second)
    );
    assert_eq!(by(&first) + by(&second), 100, "{said:?}");
    assert!(get(tunnel.local).await.contains(&second));

    // Nobody listens at that port of the pod: the connection ends.
    let deaf = stage.open("deaf", 81).await.unwrap();
    assert_eq!(get(deaf.local).await, "");
    let local = tunnel.local;
    drop(tunnel);
    sleep(Duration::from_millis(200)).await;
    let refused = TcpStream::connect((Ipv4Addr::LOCALHOST, local)).await;
    assert!(refused.is_err(), "it is still open");
}

/// A GET through `kubectl port-forward`, and what kubectl said of errors meanwhile.
async fn through_kubectl(home: &Path, service: &str, websockets: &str) -> (Vec<String>, String) {
    let mut child = kubectl(home, &home.join("kubeconfig"))
        .env("KUBECTL_PORT_FORWARD_WEBSOCKETS", websockets)
        .args(["port-forward", &format!("service/{service}"), ":80"])
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = timeout(PATIENCE, lines.next_line()).await;
    let line = line.expect("kubectl says nothing").unwrap();
    let Some(line) = line else {
        let output = child.wait_with_output().await.unwrap();
        return (Vec::new(), String::from_utf8(output.stderr).unwrap());
    };
    let (_, rest) = line.split_once("127.0.0.1:").expect(&line);
    let port: u16 = rest.split(' ').next().unwrap().parse().unwrap();
    let said = join_all((0..5).map(|_| get(port))).await;
    child.start_kill().unwrap();
    let output = child.wait_with_output().await.unwrap();
    (said, String::from_utf8(output.stderr).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_kubectl_forwards_a_port_over_websocket_and_over_spdy() {
    let stage = Stage::new().await;
    let home = tempfile::tempdir().unwrap();
    let kubeconfig = stage.bench.kubeconfig().await;
    std::fs::write(home.path().join("kubeconfig"), kubeconfig.expose_secret()).unwrap();
    let pod = stage.pod_but("").await;
    for websockets in ["true", "false"] {
        let (said, errors) = through_kubectl(home.path(), "web", websockets).await;
        let known = format!("pod default/{pod} answers at port 8080");
        assert_eq!(said.len(), 5, "{errors}");
        for one in &said {
            assert!(one.contains(&known), "{websockets}: {one:?} {errors}");
        }
    }
}
