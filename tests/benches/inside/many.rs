//! A large cluster: 1,000 nodes with 10,000 pods on a server, and more pods after.

use crate::server::Server;
use base64::Engine as _;
use futures::StreamExt as _;
use reqwest::{Certificate, Client};
use serde_json::{Value, json};

pub(crate) const NODES: usize = 1_000;
pub(crate) const PODS: usize = 10_000;
const AT_ONCE: usize = 24;

/// Where objects are made.
pub(crate) struct Maker {
    client: Client,
    server: String,
    token: String,
}

impl Maker {
    /// kubectl makes fifty objects a second at most; this is faster.
    pub(crate) fn at(server: &Server) -> Self {
        let lines = server.kubeconfig_text();
        let said = |what: &str| {
            let mut lines = lines.lines();
            let line = lines.find_map(|line| line.trim().strip_prefix(what).map(str::to_owned));
            line.expect("a kubeconfig").trim().to_owned()
        };
        let authority = base64::engine::general_purpose::STANDARD
            .decode(said("certificate-authority-data:"))
            .expect("base64");
        let authority = Certificate::from_pem(&authority).expect("a certificate");
        let client = Client::builder().add_root_certificate(authority).build();
        Self {
            client: client.expect("a client"),
            server: said("server:"),
            token: said("token:"),
        }
    }

    /// All nodes and pods.
    pub(crate) async fn fill(&self) {
        let nodes = futures::stream::iter(0..NODES).map(|nth| self.make("nodes", node(nth)));
        nodes.buffer_unordered(AT_ONCE).collect::<()>().await;
        let pods = futures::stream::iter(0..PODS).map(|nth| self.pod(format!("many-{nth}"), nth));
        pods.buffer_unordered(AT_ONCE).collect::<()>().await;
    }

    /// One pod more, on one of the nodes.
    pub(crate) async fn pod(&self, name: String, nth: usize) {
        self.make("namespaces/default/pods", pod(&name, nth)).await;
    }

    async fn make(&self, path: &str, object: Value) {
        let post = self.client.post(format!("{}/api/v1/{path}", self.server));
        let post = post
            .bearer_auth(&self.token)
            .header("content-type", "application/json");
        let reply = post.body(object.to_string()).send().await;
        let reply = reply.expect("an answer");
        let status = reply.status().as_u16();
        // A reply that is not read is a stream that the server sees reset.
        let said = reply.bytes().await.expect("a whole answer");
        assert!(matches!(status, 201 | 409), "{path}: {status} {said:?}");
    }
}

fn node(nth: usize) -> Value {
    let gives = json!({"cpu": "16", "memory": "64Gi", "nvidia.com/gpu": "1", "pods": "110"});
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {
            "name": format!("many-{nth}"), "annotations": {"kwok.x-k8s.io/node": "fake"},
        },
        "status": {"capacity": gives, "allocatable": gives},
    })
}

fn pod(name: &str, nth: usize) -> Value {
    let asks = json!({"cpu": "100m", "memory": "64Mi"});
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {
            "nodeName": format!("many-{}", nth % NODES),
            "tolerations": [{"operator": "Exists"}],
            "containers": [{
                "name": "one", "image": "registry.example/one:1", "resources": {"requests": asks},
            }],
        },
    })
}
