//! Read-only kubeconfigs for colleagues: given out, listed, taken back.

use super::{Session, told};
use crate::args::Readers;
use crate::{Exit, print};
use anyhow::{Context as _, Result};
use domain::view::Reader;
use engine::facade::Brief;
use secrecy::ExposeSecret as _;
use serde_json::json;
use std::path::Path;

/// Gives one out, lists all, or takes one back.
pub(crate) async fn readers(
    session: &Session<'_>,
    name: &str,
    how: &Readers,
    to: Option<&Path>,
) -> Result<Exit> {
    if let Err(problem) = session.engine.account().await {
        return Ok(told(&problem));
    }
    let one = match session.named(name).await {
        Ok(one) => one,
        Err(exit) => return Ok(exit),
    };
    if how.read_only {
        return share(session, &one, how, to).await;
    }
    if let Some(reader) = &how.revoke {
        if let Err(problem) = session.engine.dismiss_reader(&one.id, reader).await {
            return Ok(told(&problem));
        }
        eprintln!("the kubeconfig of {reader} works no more");
    }
    list(session, &one).await
}

async fn share(
    session: &Session<'_>,
    one: &Brief,
    how: &Readers,
    to: Option<&Path>,
) -> Result<Exit> {
    let length = how.expires;
    let shared = session
        .engine
        .share_kubeconfig(&one.id, how.reader.as_deref(), length);
    let (kubeconfig, reader) = match shared.await {
        Ok(shared) => shared,
        Err(problem) => return Ok(told(&problem)),
    };
    if let Some(path) = to {
        let saved = local::kubeconfig::save(path, &kubeconfig).await;
        // What nobody has must not work.
        if saved.is_err() {
            let dismissed = session.engine.dismiss_reader(&one.id, &reader.name);
            if let Err(problem) = dismissed.await {
                print::problem(&problem);
            }
        }
        saved.with_context(|| format!("write `{}`", path.display()))?;
        eprintln!("saved {} (readable by you only)", path.display());
    } else {
        print::out(kubeconfig.expose_secret().trim_end());
    }
    eprintln!("{}", line(&reader));
    eprintln!("It reads what Kubernetes' role `view` reads, from addresses on the access list.");
    eprintln!(
        "  take it back: quaylight-cli kubeconfig {} --revoke {}",
        one.label, reader.name
    );
    if session.cli.json && to.is_some() {
        print::document(&json!({ "deployment": one.id, "file": to, "reader": reader }))?;
    }
    Ok(Exit::Done)
}

async fn list(session: &Session<'_>, one: &Brief) -> Result<Exit> {
    let readers = match session.engine.readers(&one.id).await {
        Ok(readers) => readers,
        Err(problem) => return Ok(told(&problem)),
    };
    if session.cli.json {
        print::document(&json!({ "deployment": one.id, "readers": readers }))?;
        return Ok(Exit::Done);
    }
    if readers.is_empty() {
        eprintln!("nobody has a read-only kubeconfig of {}", one.label);
    }
    for reader in &readers {
        print::out(&line(reader));
    }
    Ok(Exit::Done)
}

fn line(reader: &Reader) -> String {
    let until = reader
        .until
        .map_or_else(|| "–".to_owned(), |at| at.to_string());
    format!("{}  until {until}", reader.name)
}
