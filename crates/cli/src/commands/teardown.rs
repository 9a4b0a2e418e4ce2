//! Teardown, sweep, resume.

use super::{Session, ended, finish, told};
use crate::args::ResumeArgs;
use crate::ask::confirmed;
use crate::words::say;
use crate::{Exit, print};
use anyhow::Result;
use domain::view::NoticeAction;
use domain::{DeploymentId, VolumeId};
use serde_json::json;

/// Deletes all of a deployment and proves that nothing is left.
pub(crate) async fn teardown(
    session: &Session<'_>,
    name: &str,
    delete_volumes: &[u64],
    allow_my_address: bool,
) -> Result<Exit> {
    if let Err(problem) = session.engine.account().await {
        return Ok(told(&problem));
    }
    let one = match session.named(name).await {
        Ok(one) => one,
        Err(exit) => return Ok(exit),
    };
    let delete: Vec<VolumeId> = delete_volumes.iter().copied().map(VolumeId).collect();
    let review = match session.engine.review_teardown(&one.id, &delete).await {
        Ok(review) => review,
        Err(problem) => return Ok(told(&problem)),
    };
    for item in &review.will_go {
        eprintln!("- {}  {}", say(&item.what), print::price(item.price));
    }
    for volume in &review.stays {
        eprintln!("  stays: {} (id {})", say(&volume.what), volume.volume);
    }
    for note in &review.notes {
        eprintln!("  {}", say(note));
    }
    let silent = |note: &domain::text::Text| note.code == "teardown_no_kubernetes";
    if review.notes.iter().any(silent) && !allow_my_address {
        eprintln!("  If the access list leaves this computer out: --allow-my-address adds it.");
    }
    let mut allow = Vec::new();
    if allow_my_address {
        match session.engine.my_addresses().await {
            Ok(addresses) => allow = addresses,
            Err(problem) => return Ok(told(&problem)),
        }
    }
    let question = format!("Type {} to tear it down:", review.confirm);
    match confirmed(session.cli.yes, &question, &review.confirm) {
        Some(true) => {}
        Some(false) => {
            eprintln!("nothing was changed");
            return Ok(Exit::WrongInput);
        }
        None => {
            eprintln!("error: a confirmation is missing and there is no terminal: give --yes");
            return Ok(Exit::WrongInput);
        }
    }
    if let Err(problem) = session
        .engine
        .tear_down_allowing(&one.id, &review.confirm, &delete, &allow)
        .await
    {
        return Ok(told(&problem));
    }
    let end = session.follow(&one.id).await;
    finish(session, &one.id, end.as_ref())
}

/// Searches the account for what is ours and in no journal.
pub(crate) async fn sweep(session: &Session<'_>, delete: &[String]) -> Result<Exit> {
    let found = match session.engine.sweep().await {
        Ok(found) => found,
        Err(problem) => return Ok(told(&problem)),
    };
    if delete.is_empty() {
        if session.cli.json {
            print::document(&found)?;
        } else {
            for orphan in &found.orphans {
                let price = print::price(orphan.price);
                print::out(&format!("{}  {}  {price}", orphan.id, say(&orphan.what)));
            }
            if found.orphans.is_empty() {
                eprintln!("nothing of ours is on the account but what the journals know");
            }
        }
        return Ok(Exit::Done);
    }
    let question = format!("Delete {} things? Type yes:", delete.len());
    match confirmed(session.cli.yes, &question, "yes") {
        Some(true) => {}
        Some(false) => return Ok(Exit::WrongInput),
        None => {
            eprintln!("error: a confirmation is missing and there is no terminal: give --yes");
            return Ok(Exit::WrongInput);
        }
    }
    match session.engine.sweep_delete(&found, delete).await {
        Ok(begun) => follow_all(session, &begun).await,
        Err(problem) => Ok(told(&problem)),
    }
}

/// Goes on with everything that was interrupted, or decides about one run that rests.
pub(crate) async fn resume(session: &Session<'_>, args: &ResumeArgs) -> Result<Exit> {
    if let Err(problem) = session.engine.account().await {
        return Ok(told(&problem));
    }
    if let Some(name) = &args.name {
        let one = match session.named(name).await {
            Ok(one) => one,
            Err(exit) => return Ok(exit),
        };
        let action = match (args.roll_back, args.keep) {
            (true, _) => NoticeAction::RollBack,
            (false, true) => NoticeAction::Keep,
            (false, false) => NoticeAction::Continue,
        };
        if let Err(problem) = session.engine.act(&one.id, action).await {
            return Ok(told(&problem));
        }
        return follow_all(session, &[one.id]).await;
    }
    let begun = session.engine.resume_all().await;
    if begun.is_empty() {
        eprintln!("nothing was interrupted");
        if session.cli.json {
            print::document(&json!({ "resumed": [] }))?;
        }
        return Ok(Exit::Done);
    }
    follow_all(session, &begun).await
}

/// Follows runs to their ends; the worst gives the exit code. One document holds them all.
async fn follow_all(session: &Session<'_>, begun: &[DeploymentId]) -> Result<Exit> {
    if let [id] = begun {
        let end = session.follow(id).await;
        return finish(session, id, end.as_ref());
    }
    let mut worst = Exit::Done;
    let mut documents = Vec::new();
    for id in begun {
        let end = session.follow(id).await;
        let (exit, document) = ended(session, id, end.as_ref());
        documents.push(document);
        if exit as u8 > worst as u8 {
            worst = exit;
        }
    }
    if session.cli.json {
        print::document(&json!({ "runs": documents }))?;
    }
    Ok(worst)
}
