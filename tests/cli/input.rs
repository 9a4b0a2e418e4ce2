//! Bad input: everything is said at once, with its place, and nothing is made.

use anyhow::{Result, ensure};
use quaylight_tests::programs::{BAD_TFVARS, Demo, cli, told};

#[tokio::test(flavor = "multi_thread")]
async fn all_problems_come_at_once_with_their_places_and_nothing_is_made() -> Result<()> {
    let home = tempfile::tempdir()?;
    let demo = Demo::serve(home.path(), &[]).await?;
    let file = home.path().join("tofu.tfvars");
    std::fs::write(&file, BAD_TFVARS)?;
    let output = cli(home.path())
        .args(["--cloud", &demo.url, "--yes", "apply", "--var-file"])
        .arg(&file)
        .output()
        .await?;
    ensure!(output.status.code() == Some(2), "{}", told(&output));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // Lines 5 and 6 are one problem: the lower bound is above the upper one.
    for line in [1, 2, 3, 4, 5, 7, 8, 9, 10] {
        ensure!(
            said.contains(&format!("tofu.tfvars:{line}:")),
            "line {line} is not named:\n{said}"
        );
    }
    ensure!(
        said.contains("g2-gpu-rtx4000a1-s"),
        "the right card is not named:\n{said}"
    );
    ensure!(demo.alive().await?.is_empty());
    let calls = demo.get("/_demo/calls").await?;
    let posts = calls
        .as_object()
        .map(|all| all.keys().filter(|k| k.starts_with("POST")).count());
    ensure!(posts == Some(0), "{calls}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_that_cannot_be_asked_for_is_wrong_input() -> Result<()> {
    let home = tempfile::tempdir()?;
    let demo = Demo::serve(home.path(), &[]).await?;
    let output = cli(home.path())
        .args(["--cloud", &demo.url, "apply"])
        .output()
        .await?;
    ensure!(output.status.code() == Some(2), "{}", told(&output));
    ensure!(demo.alive().await?.is_empty());
    let refused = cli(home.path())
        .args(["--cloud", &demo.url, "--json", "resume", "nobody"])
        .output()
        .await?;
    ensure!(refused.status.code() == Some(2), "{}", told(&refused));
    let unknown = cli(home.path())
        .args(["--cloud", &demo.url, "show", "nobody"])
        .output()
        .await?;
    ensure!(unknown.status.code() == Some(2), "{}", told(&unknown));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_help_tells_every_exit_code() -> Result<()> {
    let home = tempfile::tempdir()?;
    let output = cli(home.path()).arg("--help").output().await?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    for code in 0..=5 {
        ensure!(
            said.contains(&format!("\n  {code}  ")),
            "exit code {code}:\n{said}"
        );
    }
    Ok(())
}
