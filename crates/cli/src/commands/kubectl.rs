//! A deployment in the kubeconfig that this computer's kubectl reads.

use super::{Session, told};
use crate::args::Kubectl;
use crate::ask::confirmed;
use crate::{Exit, print};
use anyhow::Result;
use domain::view::{LineChange, MergePreview};
use serde_json::json;

/// Shows the difference, asks, and puts it in; or takes it out.
pub(crate) async fn kubectl(session: &Session<'_>, name: &str, how: &Kubectl) -> Result<Exit> {
    if let Err(problem) = session.engine.account().await {
        return Ok(told(&problem));
    }
    let one = match session.named(name).await {
        Ok(one) => one,
        Err(exit) => return Ok(exit),
    };
    if how.undo {
        if let Err(problem) = session.engine.unmerge_kubeconfig(&one.id).await {
            return Ok(told(&problem));
        }
        eprintln!("{} stands in kubectl's file no more", one.label);
        if session.cli.json {
            print::document(&json!({ "deployment": one.id, "merged": null }))?;
        }
        return Ok(Exit::Done);
    }
    let preview = match session.engine.merge_preview(&one.id, how.current).await {
        Ok(preview) => preview,
        Err(problem) => return Ok(told(&problem)),
    };
    show(&preview);
    match confirmed(session.cli.yes, "Write it? Type yes:", "yes") {
        Some(true) => {}
        Some(false) => {
            eprintln!("nothing was written");
            return Ok(Exit::WrongInput);
        }
        None => {
            eprintln!("error: a confirmation is missing and there is no terminal: give --yes");
            return Ok(Exit::WrongInput);
        }
    }
    let seen = Some(preview.seen.as_str());
    let merged = session.engine.merge_kubeconfig(&one.id, how.current, seen);
    let merged = match merged.await {
        Ok(merged) => merged,
        Err(problem) => return Ok(told(&problem)),
    };
    eprintln!("written to {}: try", merged.path);
    eprintln!("  kubectl --context {} get nodes", merged.context);
    if session.cli.json {
        print::document(&json!({ "deployment": one.id, "merged": merged }))?;
    }
    Ok(Exit::Done)
}

fn show(preview: &MergePreview) {
    eprintln!("{}", preview.path);
    for line in &preview.lines {
        match line.change {
            LineChange::Same => eprintln!("  {}", line.text),
            LineChange::Added => eprintln!("+ {}", line.text),
            LineChange::Removed => eprintln!("- {}", line.text),
            LineChange::Gap => eprintln!("  …"),
        }
    }
}
