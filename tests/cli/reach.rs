//! Who can reach what, and the access list, on the command line.

use anyhow::{Result, ensure};
use quaylight_tests::programs::{Demo, cli, kubectl, told};
use serde_json::{Value, json};
use std::path::Path;

/// What a command says as a document, with its exit code.
async fn said(home: &Path, demo: &Demo, args: &[&str]) -> Result<(Option<i32>, Value)> {
    let mut command = cli(home);
    command.args(["--cloud", &demo.url, "--json", "--yes"]);
    let output = command.args(args).output().await?;
    let document = serde_json::from_slice(&output.stdout);
    let document = document.unwrap_or_else(|_| json!({ "said": told(&output) }));
    Ok((output.status.code(), document))
}

/// Whether the real kubectl lists nodes, and what it says.
async fn nodes(home: &Path, kubeconfig: &Path) -> Result<(bool, String)> {
    let mut command = kubectl(home, kubeconfig);
    command.args(["get", "nodes", "--request-timeout=5s"]);
    let output = command.output().await?;
    Ok((output.status.success(), told(&output)))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_edited_a_new_address_is_let_in_and_every_path_is_said() -> Result<()> {
    let home = tempfile::tempdir()?;
    let home = home.path();
    let demo = Demo::serve(home, &["--speed", "60", "--seed", "3"]).await?;
    let (code, applied) = said(home, &demo, &["apply"]).await?;
    ensure!(code == Some(0), "{applied}");
    let label = applied["label"].as_str().unwrap_or_default().to_owned();

    let (code, reach) = said(home, &demo, &["reach", &label]).await?;
    ensure!(code == Some(0), "{reach}");
    let paths = reach["reach"]["paths"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    ensure!(
        paths
            .iter()
            .any(|one| one["what"]["code"] == "reach_api_list"),
        "{reach}"
    );
    ensure!(paths.iter().all(|one| one["state"] != "open"), "{reach}");
    let coverage = &reach["reach"]["coverage"];
    ensure!(coverage["covered"] == coverage["nodes"], "{coverage}");

    let add = ["access", &label, "--add", "198.51.100.0/24"];
    let (code, added) = said(home, &demo, &add).await?;
    ensure!(code == Some(0) && added["changed"] == true, "{added}");
    let mine = added["addresses"][0]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    ensure!(added["addresses"][1] == "198.51.100.0/24", "{added}");
    let bad = ["access", &label, "--add", "198.51.100.7"];
    let (code, refused) = said(home, &demo, &bad).await?;
    ensure!(code == Some(2), "{refused}");

    // Without a terminal and without `--yes` nobody said that everyone may come in.
    let mut open = cli(home);
    open.args(["--cloud", &demo.url, "--json", "access", &label]);
    let open = open.args(["--add", "0.0.0.0/0"]).output().await?;
    ensure!(open.status.code() == Some(2), "{}", told(&open));
    ensure!(
        told(&open).contains("opens the Kubernetes API to the whole internet"),
        "{}",
        told(&open)
    );
    let (_, listed) = said(home, &demo, &["access", &label]).await?;
    ensure!(listed["addresses"] == added["addresses"], "{listed}");

    // `--yes` is one question; that this computer is locked out is another.
    let out = ["access", &label, "--remove", &mine];
    let (code, refused) = said(home, &demo, &out).await?;
    ensure!(
        code == Some(2) && refused["error"]["code"] == "access_removes_you",
        "{refused}"
    );

    let file = home.join("kubeconfig.yaml");
    let words = [
        "kubeconfig",
        &label,
        "--out",
        file.to_str().unwrap_or_default(),
    ];
    let (code, saved) = said(home, &demo, &words).await?;
    ensure!(code == Some(0), "{saved}");
    ensure!(nodes(home, &file).await?.0, "an address on the list");

    // The world sees this computer somewhere else.
    let clients = json!({ "127.0.0.1": "192.0.2.77" });
    demo.ask("PUT", "/_demo/clients", Some(clients)).await?;
    let (well, refused) = nodes(home, &file).await?;
    ensure!(!well, "an address that is not on the list: {refused}");
    let (_, reach) = said(home, &demo, &["reach", &label]).await?;
    let roamed = &reach["reach"]["roamed"];
    ensure!(
        roamed["from"] == json!([mine]) && roamed["to"] == json!(["192.0.2.77/32"]),
        "{roamed}"
    );
    let (code, allowed) = said(home, &demo, &["access", &label, "--allow-me"]).await?;
    let list = json!(["198.51.100.0/24", "192.0.2.77/32"]);
    ensure!(code == Some(0) && allowed["addresses"] == list, "{allowed}");
    let (_, reach) = said(home, &demo, &["reach", &label]).await?;
    ensure!(reach["reach"]["roamed"].is_null(), "{reach}");
    let (well, listed) = nodes(home, &file).await?;
    ensure!(well && listed.contains("Ready"), "{listed}");
    Ok(())
}
