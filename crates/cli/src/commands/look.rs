//! Reading: list, show, kubeconfig. None of it takes a lock.

use super::{Session, told};
use crate::words::{money, say};
use crate::{Exit, print};
use anyhow::{Context, Result};
use domain::plan::PoolRole;
use domain::view::{NodeRow, Row, Whose};
use secrecy::ExposeSecret;
use serde_json::json;
use std::path::Path;

/// Every deployment that this computer knows.
pub(crate) async fn list(session: &Session<'_>) -> Result<Exit> {
    // Whose account this is decides what is "here"; without an answer everything is listed still.
    drop(session.engine.look_around().await);
    let all = session.engine.list();
    if session.cli.json {
        print::document(&json!({ "deployments": all }))?;
        return Ok(Exit::Done);
    }
    for one in &all {
        let rate = one
            .rate
            .map_or("–".to_owned(), |rate| format!("{}/h", money(rate)));
        let state = serde_json::to_value(one.state)?;
        let elsewhere = match one.whose {
            _ if !one.here => "  (another cloud or account)",
            Whose::Here => "",
            Whose::Elsewhere => "  (made on another computer, read-only)",
            Whose::Forgotten => "  (made here, its journal is lost, read-only)",
            Whose::Nobody => "  (no computer's, read-only)",
        };
        print::out(&format!(
            "{}  {}  {}  {}  {rate}{elsewhere}",
            one.id,
            one.label,
            one.region,
            state.as_str().unwrap_or("–"),
        ));
    }
    if all.is_empty() {
        eprintln!("no deployments yet");
    }
    Ok(Exit::Done)
}

/// One deployment.
pub(crate) async fn show(session: &Session<'_>, name: &str) -> Result<Exit> {
    drop(session.engine.look_around().await);
    let one = match session.named(name).await {
        Ok(one) => one,
        Err(exit) => return Ok(exit),
    };
    if one.here {
        session.engine.glance(&one.id).await;
    }
    let rows = session.engine.rows(&one.id);
    let pick = |kind: &str| -> Vec<serde_json::Value> {
        rows.iter()
            .filter(|(key, _)| key.starts_with(kind))
            .filter_map(|(_, row)| serde_json::to_value(row).ok()?.get("value").cloned())
            .collect()
    };
    if session.cli.json {
        print::document(&json!({
            "deployment": pick("deployment/").first(),
            "nodes": pick("node/"),
            "steps": pick("step/"),
            "spend": pick("spend/").first(),
            "activity": pick("activity/"),
        }))?;
        return Ok(Exit::Done);
    }
    print::out(&format!("{}  {}  {}", one.id, one.label, one.region));
    for (_, row) in &rows {
        if let Row::Deployment(row) = row {
            let notice = row.notice.as_ref().map(|one| &one.what);
            for what in notice.into_iter().chain(&row.partial) {
                print::out(&say(what));
            }
        }
    }
    for (_, row) in &rows {
        match row {
            Row::Node(node) => print::out(&format!(
                "node {}  {:?}  {:?}  firewall {}{}",
                node.short,
                node.role,
                node.state,
                node.covered
                    .map_or("–", |covered| if covered { "yes" } else { "no" }),
                used(node),
            )),
            Row::Spend(spend) => {
                let told = |amount: Option<domain::MicroUsd>| amount.map_or("–".to_owned(), money);
                print::out(&format!(
                    "now {}/h, so far {}",
                    told(spend.rate),
                    told(spend.so_far)
                ));
            }
            Row::App(_) | Row::Deployment(_) | Row::Step(_) | Row::Activity(_) => {}
        }
    }
    Ok(Exit::Done)
}

/// How the GPUs of a node are used; nothing of a node that has none.
fn used(node: &NodeRow) -> String {
    if node.role != PoolRole::Gpu {
        return String::new();
    }
    let usage = node.usage.as_deref();
    let told = |value: Option<u64>, unit: &str| {
        value.map_or("–".to_owned(), |value| format!("{value}{unit}"))
    };
    let idle = usage.and_then(|one| one.idle).map_or(String::new(), |one| {
        let minutes = one.until.duration_since(one.since).as_mins();
        let cost = one.cost.map_or("–".to_owned(), money);
        format!("  idle for {minutes} min = {cost}")
    });
    format!(
        "  GPU {}  memory {} of {}  {}{idle}",
        told(usage.and_then(|one| one.percent).map(u64::from), "%"),
        told(usage.and_then(|one| one.memory_mib), ""),
        told(usage.and_then(|one| one.memory_all_mib), " MiB"),
        told(usage.and_then(|one| one.celsius).map(u64::from), " °C"),
    )
}

/// The kubeconfig, to stdout or into a file that only the user can read.
pub(crate) async fn kubeconfig(
    session: &Session<'_>,
    name: &str,
    to: Option<&Path>,
) -> Result<Exit> {
    if let Err(problem) = session.engine.account().await {
        return Ok(told(&problem));
    }
    let one = match session.named(name).await {
        Ok(one) => one,
        Err(exit) => return Ok(exit),
    };
    let content = match session.engine.kubeconfig(&one.id).await {
        Ok(content) => content,
        Err(problem) => return Ok(told(&problem)),
    };
    if let Some(path) = to {
        local::kubeconfig::save(path, &content)
            .await
            .with_context(|| format!("write `{}`", path.display()))?;
        eprintln!("saved {} (readable by you only)", path.display());
        if let Err(problem) = session.engine.kubeconfig_saved(&one.id).await {
            print::problem(&problem);
        }
        if session.cli.json {
            print::document(&json!({ "deployment": one.id, "file": path }))?;
        }
    } else {
        print::out(content.expose_secret().trim_end());
    }
    if session.hosted {
        eprintln!("The demo cloud ends with this command. To reach it with kubectl, keep it open:");
        eprintln!(
            "  open the window, or `quaylight-cli demo serve` and --cloud http://127.0.0.1:PORT"
        );
    }
    Ok(Exit::Done)
}
