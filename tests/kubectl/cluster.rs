//! A cluster of the demo cloud over TLS on loopback, and kubectl with its kubeconfig.

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use quaylight_tests::programs::{Demo, kubectl, told};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// No command takes longer.
const LONGEST: Duration = Duration::from_mins(1);

pub(crate) struct Cluster {
    home: TempDir,
    kubeconfig: PathBuf,
    ran: AtomicUsize,
    /// The demo cloud ends with this value.
    _demo: Demo,
}

/// How a command ended.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }
}

impl Cluster {
    /// One node without and one with a GPU, on a cloud that is done at once.
    pub(crate) async fn new(metrics_server: bool) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let demo = Demo::serve(home.path(), &["--seed", "7"]).await?;
        let switches = json!({"latency_permille": 0, "metrics_server": metrics_server});
        demo.ask("PUT", "/_demo/switches", Some(switches)).await?;
        let want = json!({
            "label": "ada", "region": "us-ord", "k8s_version": "1.34",
            "node_pools": [
                {"type": "g6-standard-2", "count": 1},
                {
                    "type": "g2-gpu-rtx4000a1-s", "count": 1,
                    "labels": {"nvidia.com/gpu.present": "true"},
                    "taints": [
                        {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"},
                    ],
                },
            ],
        });
        let made = demo.ask("POST", "/v4/lke/clusters", Some(want)).await?;
        let path = format!("/v4/lke/clusters/{}/kubeconfig", made["id"]);
        let reply = demo.get(&path).await?;
        let text = reply["kubeconfig"].as_str().context("a kubeconfig")?;
        let kubeconfig = home.path().join("kubeconfig");
        std::fs::write(
            &kubeconfig,
            base64::engine::general_purpose::STANDARD.decode(text)?,
        )?;
        Ok(Self {
            home,
            kubeconfig,
            ran: AtomicUsize::new(0),
            _demo: demo,
        })
    }

    /// How many commands were run.
    pub(crate) fn ran(&self) -> usize {
        self.ran.load(Ordering::Relaxed)
    }

    pub(crate) fn kubectl(&self) -> Command {
        self.ran.fetch_add(1, Ordering::Relaxed);
        let mut kubectl = kubectl(self.home.path(), &self.kubeconfig);
        kubectl.current_dir(self.home.path());
        kubectl
    }

    /// A file beside the kubeconfig, where commands are run.
    pub(crate) fn file(&self, name: &str, text: &str) -> Result<()> {
        let path = self.home.path().join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Ok(std::fs::write(path, text)?)
    }

    /// Runs a command with something on its standard input.
    pub(crate) async fn put(&self, words: &[&str], input: &str) -> Result<Said> {
        let mut kubectl = self.kubectl();
        let mut child = kubectl
            .args(words)
            .stdin(Stdio::piped())
            .spawn()
            .context("kubectl: `cargo xtask test --only kubectl` brings it")?;
        let mut stdin = child.stdin.take().context("its input")?;
        let write = async move {
            // It may end before it has read everything, and says why.
            let _ended = stdin.write_all(input.as_bytes()).await;
        };
        let both = async { tokio::join!(write, child.wait_with_output()) };
        let ((), output) = timeout(LONGEST, both)
            .await
            .with_context(|| format!("{words:?}"))?;
        Ok(Said::of(&output?))
    }

    pub(crate) async fn run(&self, words: &[&str]) -> Result<Said> {
        self.put(words, "").await
    }

    /// What a command prints that must succeed.
    pub(crate) async fn ok(&self, words: &[&str]) -> Result<String> {
        let mut kubectl = self.kubectl();
        let output = timeout(LONGEST, kubectl.args(words).output()).await??;
        ensure!(output.status.success(), "{words:?}: {}", told(&output));
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    pub(crate) async fn json(&self, words: &[&str]) -> Result<Value> {
        let text = self.ok(&[words, &["-o", "json"]].concat()).await?;
        Ok(serde_json::from_str(&text)?)
    }

    /// Starts a command that goes on; gives its lines.
    pub(crate) fn start(&self, words: &[&str]) -> Result<Running> {
        let mut child = self.kubectl().args(words).spawn()?;
        let lines = child.stdout.take().context("its output")?;
        Ok(Running {
            lines: BufReader::new(lines).lines(),
            _child: child,
        })
    }
}

/// A command that goes on until it is dropped.
pub(crate) struct Running {
    lines: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
    _child: Child,
}

impl Running {
    pub(crate) async fn line(&mut self) -> Result<String> {
        let line = timeout(LONGEST, self.lines.next_line()).await??;
        line.context("it ended")
    }
}
