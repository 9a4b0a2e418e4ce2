//! `kill -9` in the middle of apply and of teardown, then `resume`: one cluster, later none.

use anyhow::{Result, ensure};
use quaylight_tests::programs::{Demo, cli, told};
use quaylight_tests::window::end;
use std::path::Path;
use std::time::Duration;

/// Kills the command once the demo cloud has seen `calls` requests of this method and path.
async fn killed_after(
    home: &Path,
    demo: &Demo,
    args: &[&str],
    (call, times): (&str, u64),
) -> Result<()> {
    let before = count(demo, call).await?;
    let mut child = cli(home)
        .args(["--cloud", &demo.url, "--yes"])
        .args(args)
        .spawn()?;
    for _ in 0..1200 {
        if count(demo, call).await? >= before + times {
            break;
        }
        ensure!(
            child.try_wait()?.is_none(),
            "{args:?} ended before it was killed"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    if let Some(pid) = child.id() {
        end(pid, "KILL").await?;
    }
    child.wait().await?;
    Ok(())
}

async fn count(demo: &Demo, call: &str) -> Result<u64> {
    Ok(demo.get("/_demo/calls").await?[call].as_u64().unwrap_or(0))
}

async fn resumed(home: &Path, demo: &Demo) -> Result<()> {
    let output = cli(home)
        .args(["--cloud", &demo.url, "--yes", "resume"])
        .output()
        .await?;
    ensure!(output.status.code() == Some(0), "{}", told(&output));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_cluster_after_a_killed_apply_and_none_after_a_killed_teardown() -> Result<()> {
    let home = tempfile::tempdir()?;
    let demo = Demo::serve(home.path(), &["--speed", "40", "--seed", "3"]).await?;
    killed_after(home.path(), &demo, &["apply"], ("POST /v4/lke/clusters", 1)).await?;
    resumed(home.path(), &demo).await?;
    let alive = demo.alive().await?;
    let clusters = alive.iter().filter(|row| row["kind"] == "cluster").count();
    let linodes = alive.iter().filter(|row| row["kind"] == "linode").count();
    ensure!((clusters, linodes) == (1, 2), "{alive:?}");
    ensure!(
        count(&demo, "POST /v4/lke/clusters").await? == 1,
        "the cluster was POSTed again"
    );

    let list = cli(home.path())
        .args(["--cloud", &demo.url, "--json", "list"])
        .output()
        .await?;
    let list: serde_json::Value = serde_json::from_slice(&list.stdout)?;
    let label = list["deployments"][0]["label"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let delete = "DELETE /v4/lke/clusters/{id}";
    killed_after(home.path(), &demo, &["teardown", &label], (delete, 1)).await?;
    resumed(home.path(), &demo).await?;
    ensure!(demo.alive().await?.is_empty(), "{:?}", demo.alive().await?);
    Ok(())
}

#[test]
fn the_program_that_people_get_cannot_be_told_to_die() {
    let program = std::fs::read(quaylight_tests::built("QUAYLIGHT_CLI", "quaylight-cli"));
    let program = program.expect("the cli is built by `cargo xtask test`");
    let has = |word: &[u8]| program.windows(word.len()).any(|part| part == word);
    assert!(has(b"QUAYLIGHT_DEMO_REQUESTS"));
    assert!(!has(b"QUAYLIGHT_KILL_AT"));
}
