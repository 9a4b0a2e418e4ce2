//! Commands that go on: what comes through a forwarded port and the proxy, and what a watch tells.

use crate::cluster::Cluster;
use anyhow::{Context, Result, ensure};

/// The number between two texts of a line.
fn number<'a>(line: &'a str, before: &str, after: char) -> Result<&'a str> {
    let (_, rest) = line.split_once(before).with_context(|| line.to_owned())?;
    Ok(rest.split(after).next().unwrap_or(rest).trim())
}

async fn get(url: &str) -> Result<String> {
    // The client wants a TLS provider even for plain http on loopback.
    drop(rustls::crypto::ring::default_provider().install_default());
    Ok(reqwest::get(url).await?.error_for_status()?.text().await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_is_forwarded_the_api_proxied_and_changes_are_watched() -> Result<()> {
    let cluster = Cluster::new(false).await?;
    cluster
        .ok(&["create", "deployment", "web", "--image=nginx", "--port=80"])
        .await?;
    cluster
        .ok(&[
            "expose",
            "deployment",
            "web",
            "--port=8080",
            "--target-port=80",
        ])
        .await?;
    cluster
        .ok(&["rollout", "status", "deployment/web", "--timeout=30s"])
        .await?;
    let pod = [
        "get",
        "pod",
        "-l",
        "app=web",
        "-o",
        "jsonpath={.items[0].metadata.name}",
    ];
    let pod = cluster.ok(&pod).await?;
    for what in ["service/web", "deployment/web", &format!("pod/{pod}")] {
        let port = if what == "service/web" {
            ":8080"
        } else {
            ":80"
        };
        let mut forward = cluster.start(&["port-forward", what, port])?;
        let line = forward.line().await?;
        let port = number(&line, "127.0.0.1:", ' ')?.to_owned();
        let said = get(&format!("http://127.0.0.1:{port}/")).await?;
        ensure!(said.contains(&pod), "{what}: {said}");
    }

    let mut proxy = cluster.start(&["proxy", "--port=0"])?;
    let line = proxy.line().await?;
    let at = format!("http://127.0.0.1:{}", number(&line, "127.0.0.1:", ' ')?);
    ensure!(get(&format!("{at}/version")).await?.contains("v1.34"));
    let service = "api/v1/namespaces/default/services/web:8080/proxy/";
    ensure!(get(&format!("{at}/{service}")).await?.contains(&pod));

    cluster
        .ok(&["create", "configmap", "first", "--from-literal=a=b"])
        .await?;
    let all = [
        "get",
        "configmaps",
        "-w",
        "--output-watch-events",
        "--no-headers",
    ];
    let mut watch = cluster.start(&all)?;
    // It watches once it has told what is there.
    while !watch.line().await?.contains(" first ") {}
    let mut told = Vec::new();
    for words in [
        &["create", "configmap", "zz", "--from-literal=a=b"][..],
        &["label", "configmap", "zz", "a=b"],
        &["delete", "configmap", "zz"],
    ] {
        cluster.ok(words).await?;
    }
    while told.last() != Some(&"DELETED".to_owned()) {
        let line = watch.line().await?;
        if line.contains(" zz ") {
            told.extend(line.split_whitespace().next().map(str::to_owned));
        }
    }
    ensure!(told == ["ADDED", "MODIFIED", "DELETED"], "{told:?}");
    println!("{} commands of kubectl", cluster.ran());
    Ok(())
}
