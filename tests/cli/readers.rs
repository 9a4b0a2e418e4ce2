//! A read-only kubeconfig with the real kubectl: it lists, it changes nothing, it ends, and it can be
//! taken back; and a load balancer is guarded.

use anyhow::{Context, Result, ensure};
use quaylight_tests::programs::{Demo, cli, kubectl, told};
use serde_json::{Value, json};
use std::path::Path;

async fn said(home: &Path, demo: &Demo, args: &[&str]) -> Result<(Option<i32>, Value)> {
    let mut command = cli(home);
    command.args(["--cloud", &demo.url, "--json", "--yes"]);
    let output = command.args(args).output().await?;
    let document = serde_json::from_slice(&output.stdout);
    let document = document.unwrap_or_else(|_| json!({ "said": told(&output) }));
    Ok((output.status.code(), document))
}

/// What the real kubectl answers with a kubeconfig: whether it succeeded, and what it said.
async fn asked(home: &Path, kubeconfig: &Path, args: &[&str]) -> Result<(bool, String)> {
    let mut command = kubectl(home, kubeconfig);
    let output = command.args(args).output().await.context("kubectl")?;
    let text = [output.stdout, output.stderr].concat();
    Ok((
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    ))
}

async fn deployed(home: &Path, demo: &Demo) -> Result<String> {
    let (code, applied) = said(home, demo, &["apply"]).await?;
    ensure!(code == Some(0), "{applied}");
    Ok(applied["label"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_kubeconfig_lists_deletes_nothing_and_ends() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let home = &folder.path().join("home");
    let demo = Demo::serve(home, &["--speed", "60", "--seed", "3"]).await?;
    let label = deployed(home, &demo).await?;
    let own = folder.path().join("own.yaml");
    let (code, saved) = said(home, &demo, &["kubeconfig", &label, "--out", path(&own)]).await?;
    ensure!(code == Some(0), "{saved}");

    let file = folder.path().join("grace.yaml");
    let share = [
        "kubeconfig",
        &label,
        "--read-only",
        "--for",
        "grace",
        "--expires",
        "8h",
        "--out",
    ];
    let (code, shared) = said(home, &demo, &[&share[..], &[path(&file)]].concat()).await?;
    ensure!(
        code == Some(0) && shared["reader"]["name"] == "grace",
        "{shared}"
    );
    ensure!(shared["reader"]["until"].is_string(), "{shared}");
    let text = std::fs::read_to_string(&file)?;
    ensure!(!text.contains("admin"), "{text}");

    let (well, listed) = asked(home, &file, &["get", "pods", "--all-namespaces"]).await?;
    ensure!(well && listed.contains("kube-system"), "{listed}");
    let (well, pods) = asked(
        home,
        &own,
        &["get", "pods", "-n", "kube-system", "-o", "name"],
    )
    .await?;
    ensure!(well, "{pods}");
    let pod = pods.lines().next().context("a pod")?;
    let user = "User \"system:serviceaccount:quaylight-readers:grace\"";
    let (well, refused) = asked(home, &file, &["delete", "-n", "kube-system", pod]).await?;
    let words = format!(
        "{user} cannot delete resource \"pods\" in API group \"\" in the namespace \"kube-system\""
    );
    ensure!(
        !well && refused.contains("Forbidden") && refused.contains(&words),
        "{refused}"
    );
    for args in [
        &["get", "secrets", "--all-namespaces"][..],
        &["get", "nodes"],
        &["label", "namespace", "default", "a=b"],
        &["delete", "service", "-n", "kube-system", "kube-dns"],
    ] {
        let (well, refused) = asked(home, &file, args).await?;
        ensure!(
            !well && refused.contains("Forbidden"),
            "{args:?}: {refused}"
        );
    }
    let (well, still) = asked(home, &own, &["get", "-n", "kube-system", pod]).await?;
    ensure!(well, "{still}");

    // A second one of that name would hide the first.
    let (code, twice) = said(home, &demo, &[&share[..], &[path(&file)]].concat()).await?;
    ensure!(
        code == Some(2) && twice["error"]["code"] == "reader_there",
        "{twice}"
    );
    let (_, all) = said(home, &demo, &["kubeconfig", &label, "--readers"]).await?;
    ensure!(all["readers"][0]["name"] == "grace", "{all}");
    let (code, left) = said(home, &demo, &["kubeconfig", &label, "--revoke", "grace"]).await?;
    ensure!(code == Some(0) && left["readers"] == json!([]), "{left}");
    let (well, refused) = asked(home, &file, &["get", "pods"]).await?;
    ensure!(!well && refused.contains("Unauthorized"), "{refused}");

    // One that ends by itself: ten minutes of the demo's time.
    let short = folder.path().join("short.yaml");
    let share = [
        "kubeconfig",
        &label,
        "--read-only",
        "--expires",
        "10m",
        "--out",
        path(&short),
    ];
    let (code, shared) = said(home, &demo, &share).await?;
    ensure!(code == Some(0), "{shared}");
    let (well, listed) = asked(home, &short, &["get", "pods"]).await?;
    ensure!(well, "{listed}");
    demo.ask("POST", "/_demo/clock", Some(json!({ "step_ms": 700_000 })))
        .await?;
    let (well, refused) = asked(home, &short, &["get", "pods"]).await?;
    ensure!(!well && refused.contains("Unauthorized"), "{refused}");
    let bad = ["kubeconfig", &label, "--read-only", "--expires", "5m"];
    let (code, refused) = said(home, &demo, &bad).await?;
    ensure!(
        code == Some(2) && refused["error"]["code"] == "reader_length",
        "{refused}"
    );
    Ok(())
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}

const SERVICE: &str = "apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {type: LoadBalancer, ports: [{port: 80}]}
";

#[tokio::test(flavor = "multi_thread")]
async fn a_load_balancer_is_said_to_be_open_then_guarded() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let home = &folder.path().join("home");
    let demo = Demo::serve(home, &["--speed", "60", "--seed", "3"]).await?;
    let label = deployed(home, &demo).await?;
    let own = folder.path().join("own.yaml");
    said(home, &demo, &["kubeconfig", &label, "--out", path(&own)]).await?;
    let file = folder.path().join("service.yaml");
    std::fs::write(&file, SERVICE)?;
    let (well, applied) = asked(home, &own, &["apply", "-f", path(&file)]).await?;
    ensure!(well, "{applied}");
    demo.ask("POST", "/_demo/clock", Some(json!({ "step_ms": 60_000 })))
        .await?;
    let (_, reach) = said(home, &demo, &["reach", &label]).await?;
    let balancer = |reach: &Value| {
        let paths = reach["reach"]["paths"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        paths
            .into_iter()
            .find(|one| one["part"] == "balancer")
            .unwrap_or_default()
    };
    let open = balancer(&reach);
    ensure!(
        open["state"] == "open" && open["service"] == "default/web",
        "{open}"
    );
    let (code, reach) = said(home, &demo, &["reach", &label, "--guard", "default/web"]).await?;
    let guarded = balancer(&reach);
    ensure!(
        code == Some(0) && guarded["what"]["code"] == "reach_balancer_guarded",
        "{reach}"
    );
    let (code, refused) = said(home, &demo, &["reach", &label, "--guard", "default/none"]).await?;
    ensure!(
        code == Some(2) && refused["error"]["code"] == "guard_no_service",
        "{refused}"
    );
    let (code, gone) = said(home, &demo, &["teardown", &label]).await?;
    ensure!(code == Some(0), "{gone}");
    let ledger = demo.ask("GET", "/_demo/ledger", None).await?;
    ensure!(ledger["alive"] == json!([]), "{}", ledger["alive"]);
    Ok(())
}
