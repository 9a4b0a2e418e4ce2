//! The real cli and the demo cloud as processes of their own.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::Path;
use std::process::{Output, Stdio};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A variables file in which ten lines are wrong; the fifth and the sixth are one problem.
pub const BAD_TFVARS: &str = r#"cluster_name_prefix = "Ada_and_a_very_long_name"
region              = "us-east"
gpu_node_type       = "g1-gpu-rtx6000-1"
kubernetes_version  = 1.30
autoscaler_min      = 5
autoscaler_max      = 2
gpu_node_count      = 101
allowed_kubectl_ips = ["300.1.2.3/32"]
tags                = [upper("x")]
regoin              = "us-ord"
"#;

/// `quaylight-cli` with a home of its own and a clean environment.
pub fn cli(home: &Path) -> Command {
    let mut command = Command::new(super::built("QUAYLIGHT_CLI", "quaylight-cli"));
    command
        .env_remove("LINODE_TOKEN")
        .env_remove("QUAYLIGHT_DEMO_TOKEN")
        .args(["--home".as_ref(), home.as_os_str()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// The real kubectl with a kubeconfig, and nothing of this computer's own.
pub fn kubectl(home: &Path, kubeconfig: &Path) -> Command {
    let program = std::env::var_os("QUAYLIGHT_KUBECTL").unwrap_or_else(|| "kubectl".into());
    let mut command = Command::new(program);
    command
        .env("HOME", home)
        .env_remove("KUBECONFIG")
        .args(["--kubeconfig".as_ref(), kubeconfig.as_os_str()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// The end of a program, in words, for a failed assertion.
pub fn told(output: &Output) -> String {
    format!(
        "exit {:?}\n--- stdout\n{}\n--- stderr\n{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A demo cloud on loopback; it ends with this value.
#[derive(Debug)]
pub struct Demo {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
}

impl Demo {
    /// Starts `quaylight-cli demo serve` and waits for its one line.
    pub async fn serve(home: &Path, more: &[&str]) -> Result<Self> {
        Self::of(cli(home).args(["demo", "serve"]).args(more)).await
    }

    /// The same of another program that says the same.
    pub async fn of(program: &mut Command) -> Result<Self> {
        let program = program.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = program.kill_on_drop(true).spawn()?;
        let stdout = child.stdout.take().context("stdout of the demo cloud")?;
        let mut lines = BufReader::new(stdout).lines();
        let line = lines
            .next_line()
            .await?
            .context("the demo cloud said nothing")?;
        let url = line
            .strip_prefix("listening on ")
            .context("an unknown first line")?
            .to_owned();
        ensure!(url.starts_with("http://127.0.0.1:"), "{line}");
        // The pipe must stay open, or the next line of the server would end it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, url })
    }

    /// GET a JSON document.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.ask("GET", path, None).await
    }

    /// Any request with a JSON body.
    pub async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value> {
        ask(&self.url, method, path, body).await
    }

    /// The ledger's rows that are alive.
    pub async fn alive(&self) -> Result<Vec<Value>> {
        let ledger = self.get("/_demo/ledger").await?;
        Ok(ledger["alive"].as_array().cloned().unwrap_or_default())
    }

    /// The process id.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }
}

/// A request to a demo cloud as anyone, with a JSON body.
pub async fn ask(url: &str, method: &str, path: &str, body: Option<Value>) -> Result<Value> {
    // The client wants a TLS provider even for plain http on loopback.
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut request = reqwest::Client::new().request(method.parse()?, format!("{url}{path}"));
    request = request.bearer_auth("anyone");
    if let Some(body) = body {
        request = request
            .header("content-type", "application/json")
            .body(body.to_string());
    }
    let reply = request.send().await?.error_for_status()?;
    Ok(serde_json::from_slice(&reply.bytes().await?)?)
}
