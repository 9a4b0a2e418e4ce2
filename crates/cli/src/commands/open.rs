//! A Service of the cluster on a port of this computer.

use super::{Session, told};
use crate::args::OpenArgs;
use crate::{Exit, print};
use anyhow::Result;
use domain::view::{Problem, ServiceRow};
use serde_json::json;

/// Opens it until this program is interrupted; without one, lists what can be opened.
pub(crate) async fn open(session: &Session<'_>, args: &OpenArgs) -> Result<Exit> {
    if let Err(problem) = session.engine.account().await {
        return Ok(told(&problem));
    }
    let one = match session.named(&args.name.name).await {
        Ok(one) => one,
        Err(exit) => return Ok(exit),
    };
    let Some((service, port)) = &args.service else {
        return list(
            session,
            session
                .engine
                .services(&one.id)
                .await
                .map(|all| all.services),
        );
    };
    let opened = session
        .engine
        .open_service(&one.id, service, port.as_deref());
    let opened = match opened.await {
        Ok(opened) => opened,
        Err(problem) => return Ok(told(&problem)),
    };
    if session.cli.json {
        print::document(&json!({ "deployment": one.id, "opened": opened }))?;
    } else {
        print::out(&opened.url);
        eprintln!("{}:{} is there until Ctrl-C", opened.service, opened.port);
    }
    tokio::signal::ctrl_c().await?;
    session.engine.close_service(&one.id, opened.local);
    Ok(Exit::Done)
}

fn list(session: &Session<'_>, services: Result<Vec<ServiceRow>, Problem>) -> Result<Exit> {
    let services = match services {
        Ok(services) => services,
        Err(problem) => return Ok(told(&problem)),
    };
    if session.cli.json {
        print::document(&json!({ "services": services }))?;
        return Ok(Exit::Done);
    }
    if services.is_empty() {
        eprintln!("no Service there can be opened");
    }
    for one in &services {
        for port in &one.ports {
            print::out(&format!("{}:{}", one.service, port.port));
        }
    }
    Ok(Exit::Done)
}
