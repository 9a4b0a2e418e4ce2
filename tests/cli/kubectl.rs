//! The kubeconfig that kubectl reads, from the command line: shown, put in, taken out.

use anyhow::{Result, ensure};
use quaylight_tests::programs::{Demo, cli, told};
use serde_json::Value;
use std::fs;

const MINE: &str = "# mine\nkind: Config\ncontexts: []\ncurrent-context: other\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_is_put_into_the_first_file_of_kubeconfig_and_goes_with_its_teardown()
-> Result<()> {
    let folder = tempfile::tempdir()?;
    let home = folder.path().join("home");
    let demo = Demo::serve(&home, &["--speed", "60", "--seed", "3"]).await?;
    let (mine, empty) = (folder.path().join("mine"), folder.path().join("none"));
    fs::write(&mine, MINE)?;
    let listed = std::env::join_paths([&empty, &mine])?;
    let said = async |args: &[&str]| -> Result<_> {
        let mut command = cli(&home);
        command
            .env("KUBECONFIG", &listed)
            .env("HOME", folder.path());
        command.args(["--cloud", &demo.url, "--json"]).args(args);
        Ok(command.output().await?)
    };
    let applied = said(&["--yes", "apply"]).await?;
    ensure!(applied.status.success(), "{}", told(&applied));
    let document: Value = serde_json::from_slice(&applied.stdout)?;
    let label = document["label"].as_str().unwrap_or_default().to_owned();

    let asked = said(&["kubeconfig", &label, "--merge"]).await?;
    ensure!(asked.status.code() == Some(2), "{}", told(&asked));
    let shown = String::from_utf8_lossy(&asked.stderr).into_owned();
    ensure!(shown.contains("+     token: •••"), "{shown}");
    ensure!(fs::read_to_string(&mine)? == MINE, "nobody confirmed");

    let merge = ["--yes", "kubeconfig", &label, "--merge", "--current"];
    let merged = said(&merge).await?;
    ensure!(merged.status.success(), "{}", told(&merged));
    let document: Value = serde_json::from_slice(&merged.stdout)?;
    ensure!(
        document["merged"]["context"] == label.as_str(),
        "{document}"
    );
    let text = fs::read_to_string(&mine)?;
    ensure!(
        text.contains(&format!("current-context: \"{label}\"")),
        "{text}"
    );
    let undone = said(&["kubeconfig", &label, "--undo"]).await?;
    ensure!(undone.status.success(), "{}", told(&undone));
    ensure!(fs::read_to_string(&mine)? == MINE);

    let merged = said(&["--yes", "kubeconfig", &label, "--merge"]).await?;
    ensure!(merged.status.success(), "{}", told(&merged));
    let gone = said(&["--yes", "teardown", &label]).await?;
    ensure!(gone.status.success(), "{}", told(&gone));
    ensure!(fs::read_to_string(&mine)? == MINE);
    let receipt: Value = serde_json::from_slice(&gone.stdout)?;
    let note = &receipt["receipt"]["notes"][0]["code"];
    ensure!(note == "receipt_kubectl_gone", "{receipt}");
    ensure!(!empty.exists(), "no other file was made");
    Ok(())
}
