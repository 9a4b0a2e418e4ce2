//! `quaylight-cli apply` and a shell loop around `linode-cli`, at the same time on one demo cloud on
//! loopback, at its real speed.

use super::virtually::took;
use super::{Took, joined, percent, read};
use anyhow::{Context as _, Result, ensure};
use engine::ports::Journals as _;
use jiff::Timestamp;
use local::FileJournals;
use quaylight_tests::programs::{cli, told};
use serde_json::{Value, json};
use sim::{Options, Twin, serve};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;

/// The same cluster as people make it by hand, asking every five seconds. It prints when it began to
/// make the GPU pool, and the cluster's id.
const LOOP: &str = r#"
set -eu
cli() { "$LINODE_CLI" --no-defaults --text --no-headers "$@"; }
wall=$(cli firewalls create --label loop --rules.inbound_policy DROP \
    --rules.outbound_policy ACCEPT --format id)
id=$(cli lke cluster-create --label loop --region us-ord --k8s_version 1.35 \
    --control_plane.high_availability true \
    --node_pools.type g6-standard-2 --node_pools.count 1 --format id)
date +%s%3N
cli lke pool-create "$id" --type g2-gpu-rtx4000a1-s --count 1 --format id >/dev/null
until cli lke kubeconfig-view "$id" >/dev/null 2>&1; do sleep 5; done
pools() { "$LINODE_CLI" --no-defaults --json --all-columns lke pools-list "$id"; }
ready() { pools | grep -o '"status": "ready"' | wc -l; }
until [ "$(ready)" -ge 2 ]; do sleep 5; done
for one in $(cli linodes list --format id); do
    cli firewalls device-create "$wall" --id "$one" --type linode >/dev/null || true
done
echo "$id"
"#;

/// Longer than any node of the demo cloud takes.
const LOOP_MAX: Duration = Duration::from_mins(10);

/// Who deployed, and what it took.
pub(crate) struct Row {
    who: &'static str,
    took: Took,
}

impl Row {
    pub(crate) fn json(&self) -> Value {
        json!({
            "who": self.who, "whole_ms": self.took.whole, "node_ms": self.took.node,
            "test_ms": self.took.test,
            "over_ms": self.took.over_ms(), "over_percent": percent(self.took.over_permille()),
        })
    }

    pub(crate) fn print(&self) {
        println!(
            "{}: {:.1} s, of which the GPU node needed {:.1} s and its test {:.1} s: {:.1} % above",
            self.who,
            self.took.whole as f64 / 1000.0,
            self.took.node as f64 / 1000.0,
            self.took.test as f64 / 1000.0,
            percent(self.took.over_permille()),
        );
    }
}

/// Both deploys; without `linode-cli` only ours, and it says so.
pub(crate) fn measure() -> Result<Vec<Row>> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let twin = Twin::new(Options::default())?;
        let served = serve(twin.clone(), Some(0)).await?;
        let url = format!("http://127.0.0.1:{}", served.port());
        let program = "../tools/linode-clients/bin/linode-cli";
        let program = quaylight_tests::built("QUAYLIGHT_LINODE_CLI", program);
        let (own, other) = tokio::join!(ours(&twin, &url), theirs(&twin, &url, &program));
        let mut rows = vec![Row {
            who: "quaylight-cli apply",
            took: own.context("quaylight-cli")?,
        }];
        if let Some(took) = other? {
            rows.push(Row {
                who: "linode-cli in a shell loop",
                took,
            });
        }
        Ok(rows)
    })
}

async fn ours(twin: &Twin, url: &str) -> Result<Took> {
    let home = tempfile::tempdir()?;
    let words = ["--cloud", url, "--yes", "apply"];
    let applied = cli(home.path()).args(words).output().await?;
    ensure!(applied.status.success(), "{}", told(&applied));
    let journals = FileJournals::new(home.path().to_owned(), "bench");
    let id = journals.list().await?.pop().context("a deployment")?;
    took(twin, &journals.read(&id).await?).await
}

async fn theirs(twin: &Twin, url: &str, program: &Path) -> Result<Option<Took>> {
    if !program.exists() {
        let place = program.display();
        eprintln!(
            "NOT MEASURED: there is no `{place}`; `cargo xtask test --only linode-clients` brings it"
        );
        return Ok(None);
    }
    let home = tempfile::tempdir()?;
    // An account of its own: the loop takes every Linode that it sees for one of its own.
    let (_, made) = twin.demo("POST", "/_demo/tokens", &json!({"account": "loop"}));
    let token = made["token"].as_str().context("a token")?;
    let begun = Timestamp::now();
    let looped = looped(url, token, program, home.path()).output();
    let looped = tokio::time::timeout(LOOP_MAX, looped).await;
    let looped = looped.context("linode-cli's loop came to no end")??;
    let ended = Timestamp::now();
    ensure!(looped.status.success(), "{}", told(&looped));
    let said = String::from_utf8(looped.stdout)?;
    let mut lines = said.lines();
    let pool: i64 = lines.next().context("a time")?.trim().parse()?;
    let cluster: u64 = lines.next_back().context("a cluster")?.trim().parse()?;
    let made = read(twin, token, &format!("/v4/lke/clusters/{cluster}/pools")).await?;
    ensure!(made["results"] == 2, "{made}");
    let joined = joined(twin, token, cluster).await?;
    Ok(Some(Took {
        whole: (ended.as_millisecond() - begun.as_millisecond()),
        node: joined.as_millisecond() - pool,
        // The loop ends at nodes that are ready, as people do: nothing shows that a GPU works.
        test: 0,
    }))
}

fn looped(url: &str, token: &str, program: &Path, home: &Path) -> Command {
    let host: PathBuf = url.trim_start_matches("http://").into();
    let mut shell = Command::new("sh");
    shell
        .args(["-c", LOOP])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home)
        .env("LINODE_CLI", program)
        .env("LINODE_CLI_TOKEN", token)
        .env("LINODE_CLI_API_HOST", host)
        .env("LINODE_CLI_API_SCHEME", "http")
        .env("LINODE_CLI_SUPPRESS_VERSION_WARNING", "1")
        .kill_on_drop(true);
    shell
}
