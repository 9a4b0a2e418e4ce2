//! Quote, plan, apply.

use super::{Session, ended, finish, take_over, told};
use crate::args::{ApplyArgs, MyAddress, SpecArgs};
use crate::ask::confirmed;
use crate::spec::{Given, given};
use crate::words::money;
use crate::{Exit, print};
use anyhow::{Context, Result};
use domain::diagnostic::any_error;
use domain::view::{ItemChange, Review};
use engine::facade::For;
use serde_json::json;

/// What a Spec will cost.
pub(crate) async fn quote(session: &Session<'_>, args: &SpecArgs) -> Result<Exit> {
    let (review, _) = match reviewed(session, args).await? {
        Ok(reviewed) => reviewed,
        Err(exit) => return Ok(exit),
    };
    print::diagnostics(&review.diagnostics);
    if session.cli.json {
        print::document(&review.quote)?;
    } else {
        print::quote(&review.quote);
    }
    Ok(verdict(&review))
}

/// What would be made or changed.
pub(crate) async fn plan(session: &Session<'_>, args: &SpecArgs) -> Result<Exit> {
    let (review, _) = match reviewed(session, args).await? {
        Ok(reviewed) => reviewed,
        Err(exit) => return Ok(exit),
    };
    print::diagnostics(&review.diagnostics);
    if session.cli.json {
        print::document(&json!({
            "label": review.spec.label(),
            "no_changes": no_changes(&review),
            "changes": review.changes,
            "items": review.items,
            "quote": review.quote,
            "diagnostics": review.diagnostics,
        }))?;
    } else if no_changes(&review) {
        eprintln!("no changes");
    } else {
        print::review(&review);
        print::quote(&review.quote);
    }
    Ok(verdict(&review))
}

/// Makes it so.
pub(crate) async fn apply(session: &Session<'_>, args: &ApplyArgs) -> Result<Exit> {
    if let Some(exit) = take_over::take_in(session, &args.spec).await? {
        return Ok(exit);
    }
    let (mut review, given) = match reviewed(session, &args.spec).await? {
        Ok(reviewed) => reviewed,
        Err(exit) => return Ok(exit),
    };
    if args.fix
        && let Some(exit) = fix(&review, &given)?
    {
        return Ok(exit);
    } else if args.fix {
        review = match reviewed(session, &args.spec).await? {
            Ok((review, _)) => review,
            Err(exit) => return Ok(exit),
        };
    }
    print::diagnostics(&review.diagnostics);
    warn_if_left_out(session, &review, args.spec.my_address).await;
    if any_error(&review.diagnostics) {
        if session.cli.json {
            print::document(&json!({ "diagnostics": review.diagnostics }))?;
        }
        return Ok(Exit::WrongInput);
    }
    if no_changes(&review) {
        eprintln!("no changes");
        if session.cli.json {
            print::document(&json!({ "no_changes": true, "deployment": review.changes }))?;
        }
        return Ok(Exit::Done);
    }
    print::review(&review);
    if review
        .items
        .iter()
        .any(|item| item.change == ItemChange::Replace)
    {
        if !args.replace {
            eprintln!("error: this would tear the cluster down and make a new one");
            eprintln!("  What runs in it and what its node disks hold would be lost.");
            eprintln!("  Give --replace to allow it.");
            return Ok(Exit::WrongInput);
        }
        return replace(session, &review, args).await;
    }
    begin(session, &review, args).await
}

/// Who applies wants to reach what is made. An address that cannot be told is no reason to stop.
async fn warn_if_left_out(session: &Session<'_>, review: &Review, mine: MyAddress) {
    let Some(access) = &review.spec.kubectl_access else {
        return;
    };
    let mine = match mine {
        MyAddress::Is(address) => vec![address],
        MyAddress::Ask => session.engine.my_addresses().await.unwrap_or_default(),
    };
    for address in domain::reach::left_out(access, &mine) {
        eprintln!("warning: the access list leaves out this computer's address {address}");
        eprintln!("  kubectl will not reach the cluster from here. Add it to allowed_kubectl_ips.");
    }
}

/// Asks, accepts and follows.
async fn begin(session: &Session<'_>, review: &Review, args: &ApplyArgs) -> Result<Exit> {
    let plan = review
        .plan
        .as_ref()
        .context("a review without errors has a plan")?;
    let rate = review
        .quote
        .from_start
        .map_or("an unknown price".to_owned(), |price| {
            format!("{}/h", money(price.hour))
        });
    let question = match review.changes {
        None => format!("Deploy? {rate} starts. Type yes:"),
        Some(_) => "Apply these changes? Type yes:".to_owned(),
    };
    match confirmed(session.cli.yes, &question, "yes") {
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
    let id = match session.engine.accept(plan, args.unknown_price).await {
        Ok(id) => id,
        Err(problem) => return Ok(told(&problem)),
    };
    let end = session.follow(&id).await;
    finish(session, &id, end.as_ref())
}

/// Tears the old one down to its proof, then makes the new one.
async fn replace(session: &Session<'_>, review: &Review, args: &ApplyArgs) -> Result<Exit> {
    let Some(old) = review.changes.clone() else {
        return Ok(Exit::OwnFault);
    };
    let label = session
        .engine
        .list()
        .into_iter()
        .find(|one| one.id == old)
        .map(|one| one.label);
    let label = label.unwrap_or_default();
    let question = format!("Type {label} to tear it down and make it anew:");
    match confirmed(session.cli.yes, &question, &label) {
        Some(true) => {}
        Some(false) => return Ok(Exit::WrongInput),
        None => {
            eprintln!("error: a confirmation is missing and there is no terminal: give --yes");
            return Ok(Exit::WrongInput);
        }
    }
    if let Err(problem) = session.engine.tear_down(&old, &label, &[]).await {
        return Ok(told(&problem));
    }
    let end = session.follow(&old).await;
    let (exit, document) = ended(session, &old, end.as_ref());
    if exit != Exit::Done {
        if session.cli.json {
            print::document(&document)?;
        }
        return Ok(exit);
    }
    let again = session.engine.review(review.spec.clone(), For::Apply).await;
    match again {
        Ok(review) if any_error(&review.diagnostics) => {
            print::diagnostics(&review.diagnostics);
            Ok(Exit::WrongInput)
        }
        Ok(review) => begin(session, &review, args).await,
        Err(problem) => Ok(told(&problem)),
    }
}

/// Writes the corrections into the file; an exit when there is nothing to write.
fn fix(review: &Review, given: &Given) -> Result<Option<Exit>> {
    let Some((name, text)) = &given.file else {
        eprintln!("error: --fix needs --var-file");
        return Ok(Some(Exit::WrongInput));
    };
    let fixed = tofu::fix(text, &review.diagnostics);
    if fixed != *text {
        local::save_whole(std::path::Path::new(name), fixed.as_bytes())
            .with_context(|| format!("write `{name}`"))?;
        eprintln!("corrected {name}");
    }
    Ok(None)
}

/// The Spec, its review with every diagnostic at its place, or how the command ends.
async fn reviewed(
    session: &Session<'_>,
    args: &SpecArgs,
) -> Result<std::result::Result<(Review, Given), Exit>> {
    let mut given = match given(args) {
        Ok(given) => given,
        Err(error) => {
            eprintln!("error: {error:#}");
            return Ok(Err(Exit::WrongInput));
        }
    };
    if let Err(problem) = given.complete(&session.engine, args.my_address).await {
        return Ok(Err(told(&problem)));
    }
    match session.engine.review(given.spec.clone(), For::Apply).await {
        Ok(mut review) => {
            review.diagnostics = given.diagnostics(review.diagnostics);
            if any_error(&review.diagnostics) {
                review.plan = None;
            }
            Ok(Ok((review, given)))
        }
        Err(problem) => Ok(Err(told(&problem))),
    }
}

fn no_changes(review: &Review) -> bool {
    review.changes.is_some() && review.items.is_empty() && !any_error(&review.diagnostics)
}

fn verdict(review: &Review) -> Exit {
    if any_error(&review.diagnostics) {
        Exit::WrongInput
    } else {
        Exit::Done
    }
}
