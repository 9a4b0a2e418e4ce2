//! The two servers, as a person has them: a kubeconfig, kubectl, and our own client.

use base64::Engine as _;
use engine::ports::{Kube as _, KubeApi};
use kubernetes::KubeRs;
use quaylight_tests::programs::{Demo, kubectl, told};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;

/// One of the two.
pub(crate) struct Server {
    pub(crate) kube: Arc<dyn KubeApi>,
    kubeconfig: PathBuf,
    home: TempDir,
    /// The demo cloud ends with this value.
    _demo: Option<Demo>,
}

/// The demo cloud's with a system node and two GPU nodes, and the real one with the same nodes and
/// storage classes.
pub(crate) async fn both() -> [Server; 2] {
    let home = tempfile::tempdir().expect("a folder");
    let demo = Demo::serve(home.path(), &[]).await.expect("a demo cloud");
    both_with(demo).await
}

/// The same with a demo cloud that runs.
pub(crate) async fn both_with(demo: Demo) -> [Server; 2] {
    let twin = twin(demo).await;
    let path = std::env::var_os("QUAYLIGHT_REAL_KUBECONFIG");
    let path = PathBuf::from(
        path.expect("QUAYLIGHT_REAL_KUBECONFIG: run `cargo xtask test --only kube-real`"),
    );
    let real = Server::new(path, tempfile::tempdir().expect("a folder"), None).await;
    for kind in ["storageclass", "node"] {
        let text = twin
            .kubectl(&["get", kind, "-o", "json"])
            .await
            .expect("what LKE brings");
        let listed: Value = serde_json::from_str(&text).expect("JSON");
        for object in listed["items"].as_array().into_iter().flatten() {
            let mut object = object.clone();
            let metadata = object["metadata"].as_object_mut().expect("metadata");
            for own in [
                "uid",
                "resourceVersion",
                "creationTimestamp",
                "managedFields",
            ] {
                metadata.remove(own);
            }
            if kind == "node" {
                object["metadata"]["annotations"]["kwok.x-k8s.io/node"] = json!("fake");
            }
            let _there_already = real.put(&["create"], &object).await;
        }
    }
    // Each new node has it until a controller that does not run here takes it away.
    let not_ready = ["taint", "node", "--all", "node.kubernetes.io/not-ready-"];
    let _gone_already = real.kubectl(&not_ready).await;
    [twin, real]
}

async fn twin(demo: Demo) -> Server {
    let home = tempfile::tempdir().expect("a folder");
    let switches = json!({"latency_permille": 0});
    demo.ask("PUT", "/_demo/switches", Some(switches))
        .await
        .expect("no latencies");
    let want = json!({
        "label": "ada", "region": "us-ord", "k8s_version": "1.36",
        "node_pools": [
            {"type": "g6-standard-2", "count": 1},
            {
                "type": "g2-gpu-rtx4000a1-s", "count": 2,
                "labels": {"nvidia.com/gpu.present": "true"},
                "taints": [
                    {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"},
                ],
            },
        ],
    });
    let made = demo
        .ask("POST", "/v4/lke/clusters", Some(want))
        .await
        .expect("a cluster");
    let path = format!("/v4/lke/clusters/{}/kubeconfig", made["id"]);
    let reply = demo.get(&path).await.expect("a kubeconfig");
    let text = reply["kubeconfig"].as_str().expect("a text");
    let text = base64::engine::general_purpose::STANDARD
        .decode(text)
        .expect("base64");
    let kubeconfig = home.path().join("kubeconfig");
    std::fs::write(&kubeconfig, text).expect("a file");
    let twin = Server::new(kubeconfig, home, Some(demo)).await;
    twin.kube.set_gpu_plugin(1).await.expect("the plugin");
    twin
}

impl Server {
    async fn new(kubeconfig: PathBuf, home: TempDir, demo: Option<Demo>) -> Self {
        let text = std::fs::read_to_string(&kubeconfig).expect("a kubeconfig");
        Self {
            kube: connected(text).await,
            kubeconfig,
            home,
            _demo: demo,
        }
    }

    /// A client of its own.
    pub(crate) async fn connect(&self) -> Arc<dyn KubeApi> {
        connected(self.kubeconfig_text()).await
    }

    /// As a person has it.
    pub(crate) fn kubeconfig_text(&self) -> String {
        std::fs::read_to_string(&self.kubeconfig).expect("a kubeconfig")
    }

    /// What kubectl prints, or what it complains of.
    pub(crate) async fn kubectl(&self, words: &[&str]) -> Result<String, String> {
        let mut kubectl = kubectl(self.home.path(), &self.kubeconfig);
        ended(&kubectl.args(words).output().await.expect("kubectl"))
    }

    /// The same with an object on its standard input.
    pub(crate) async fn put(&self, words: &[&str], object: &Value) -> Result<String, String> {
        let mut kubectl = kubectl(self.home.path(), &self.kubeconfig);
        kubectl.args(words).args(["-f", "-"]).stdin(Stdio::piped());
        let mut child = kubectl.spawn().expect("kubectl");
        let mut input = child.stdin.take().expect("its input");
        let text = object.to_string();
        // It may end before it has read everything, and says why.
        let (_, output) = tokio::join!(
            async move { input.write_all(text.as_bytes()).await },
            child.wait_with_output()
        );
        ended(&output.expect("kubectl"))
    }

    pub(crate) async fn json(&self, words: &[&str]) -> Value {
        let words = [words, &["-o", "json"]].concat();
        let text = self.kubectl(&words).await;
        text.map_or_else(Value::String, |text| {
            serde_json::from_str(&text).expect("JSON")
        })
    }
}

/// A client of a kubeconfig.
pub(crate) async fn connected(kubeconfig: String) -> Arc<dyn KubeApi> {
    let kube = KubeRs::live()
        .connect(&SecretString::from(kubeconfig))
        .await;
    kube.expect("a client")
}

fn ended(output: &std::process::Output) -> Result<String, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else if output.stderr.is_empty() {
        Err(told(output))
    } else {
        Err(text(&output.stderr))
    }
}
