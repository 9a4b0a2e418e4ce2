//! The default-deny preset of a namespace, switched on or off.

use super::{Session, told};
use crate::args::PolicyArgs;
use crate::{Exit, print};
use anyhow::Result;
use serde_json::json;

/// Switches it, and says which namespaces have it now.
pub(crate) async fn policy(session: &Session<'_>, args: &PolicyArgs) -> Result<Exit> {
    if let Err(problem) = session.engine.account().await {
        return Ok(told(&problem));
    }
    let one = match session.named(&args.name.name).await {
        Ok(one) => one,
        Err(exit) => return Ok(exit),
    };
    let set = session.engine.set_policy(&one.id, &args.namespace, args.on);
    let namespaces = match set.await {
        Ok(namespaces) => namespaces,
        Err(problem) => return Ok(told(&problem)),
    };
    if session.cli.json {
        print::document(&json!({ "deployment": one.id, "namespaces": namespaces }))?;
        return Ok(Exit::Done);
    }
    if namespaces.is_empty() {
        eprintln!("no namespace of {} has the default-deny preset", one.label);
    }
    for namespace in &namespaces {
        print::out(namespace);
    }
    Ok(Exit::Done)
}
