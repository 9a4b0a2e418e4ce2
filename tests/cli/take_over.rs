//! Two homes on one demo cloud: seen, refused, taken over, and a journal that is lost.

use anyhow::{Result, ensure};
use quaylight_tests::programs::{Demo, cli, told};
use serde_json::Value;
use std::path::Path;
use std::process::Output;

async fn said(home: &Path, demo: &Demo, args: &[&str]) -> Result<Output> {
    let mut command = cli(home);
    command.args(["--cloud", &demo.url]);
    Ok(command.args(args).output().await?)
}

async fn document(home: &Path, demo: &Demo, args: &[&str]) -> Result<Value> {
    let output = said(home, demo, &[&["--json"], args].concat()).await?;
    ensure!(output.status.success(), "{args:?} {}", told(&output));
    Ok(serde_json::from_slice(&output.stdout)?)
}

async fn refused(home: &Path, demo: &Demo, args: &[&str], words: &str) -> Result<()> {
    let output = said(home, demo, args).await?;
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    let fits = output.status.code() == Some(2) && err.contains(words);
    ensure!(fits, "{args:?} wants `{words}`: {}", told(&output));
    Ok(())
}

async fn whose(home: &Path, demo: &Demo) -> Result<Value> {
    let list = document(home, demo, &["list"]).await?;
    let all = list["deployments"].as_array().cloned().unwrap_or_default();
    ensure!(all.len() == 1, "{list}");
    Ok(all[0]["whose"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_home_takes_over_and_a_lost_journal_is_built_anew() -> Result<()> {
    let (first, second) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let (first, second) = (first.path(), second.path());
    let demo = Demo::serve(first, &["--speed", "60", "--seed", "3"]).await?;
    let file = second.join("tofu.tfvars");
    std::fs::write(
        &file,
        "cluster_name_prefix = \"ada\"\nregion = \"us-ord\"\n",
    )?;
    let file = file.display().to_string();
    let apply = ["--yes", "apply", "--var-file", &file];
    let applied = said(first, &demo, &apply).await?;
    ensure!(applied.status.success(), "{}", told(&applied));
    let alive = demo.alive().await?.len();

    // Seen there, and read-only.
    let list = document(second, &demo, &["list"]).await?;
    let seen = &list["deployments"][0];
    ensure!(seen["whose"] == "elsewhere" && seen["nodes"] == 2, "{list}");
    ensure!(seen["rate"].as_u64().is_some_and(|rate| rate > 0), "{list}");
    let id = seen["id"].as_str().unwrap_or_default().to_owned();
    let label = seen["label"].as_str().unwrap_or_default().to_owned();
    let advice = format!("take-over {id}");
    refused(second, &demo, &["--yes", "teardown", &label], &advice).await?;
    refused(second, &demo, &["--yes", "sweep", "--delete", &id], &advice).await?;
    refused(second, &demo, &["stop", &label, "--never"], &advice).await?;
    refused(second, &demo, &apply, &advice).await?;
    refused(second, &demo, &["take-over", &label], "give --yes").await?;
    ensure!(demo.alive().await?.len() == alive);
    ensure!(whose(first, &demo).await? == "here");

    // Taken over by its label; the other sees it and may do nothing more.
    let taken = document(second, &demo, &["--yes", "take-over", &label]).await?;
    ensure!(taken["deployment"] == id.as_str(), "{taken}");
    ensure!(whose(second, &demo).await? == "here");
    ensure!(whose(first, &demo).await? == "elsewhere");
    refused(first, &demo, &["--yes", "teardown", &label], &advice).await?;
    let again = document(second, &demo, &apply).await?;
    ensure!(again["no_changes"] == true, "{again}");

    // Its journal is lost, but for which installation it is.
    std::fs::remove_dir_all(second.join("deployments"))?;
    ensure!(whose(second, &demo).await? == "forgotten");
    let unasked = ["apply", "--var-file", &file];
    refused(second, &demo, &unasked, "give --yes").await?;
    let output = said(second, &demo, &[&["--json"], &apply[..]].concat()).await?;
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(
        err.contains("found ada-lke-gpu-kubeflow"),
        "{}",
        told(&output)
    );
    let adopted: Value = serde_json::from_slice(&output.stdout)?;
    ensure!(adopted["no_changes"] == true, "{adopted}");
    ensure!(adopted["deployment"] == id.as_str(), "{adopted}");
    ensure!(demo.alive().await?.len() == alive);

    let gone = said(second, &demo, &["--yes", "teardown", &label]).await?;
    ensure!(gone.status.success(), "{}", told(&gone));
    ensure!(demo.alive().await?.is_empty());
    Ok(())
}
