//! Taking over a deployment that this computer does not look after.

use super::{Session, told};
use crate::ask::confirmed;
use crate::spec::given;
use crate::words::{money, say};
use crate::{Exit, print};
use anyhow::Result;
use domain::diagnostic::any_error;
use domain::spec::Spec;
use domain::view::Whose;
use engine::facade::{Brief, take_over_means};
use serde_json::json;

/// Asks, then takes it over.
pub(crate) async fn take_over(session: &Session<'_>, name: &str) -> Result<Exit> {
    if let Err(problem) = session.engine.look_around().await {
        return Ok(told(&problem));
    }
    let one = match session.named(name).await {
        Ok(one) => one,
        Err(exit) => return Ok(exit),
    };
    if let Some(exit) = taken(session, &one, None).await {
        return Ok(exit);
    }
    if session.cli.json {
        print::document(&json!({ "deployment": one.id, "label": one.label }))?;
    } else {
        print::out(&format!("{} is looked after by this computer", one.label));
    }
    Ok(Exit::Done)
}

/// Before an `apply`: a deployment of this label that was made here and whose journal is lost is
/// taken in again, so that the Spec is applied to it and never makes a second one.
pub(crate) async fn take_in(
    session: &Session<'_>,
    args: &crate::args::SpecArgs,
) -> Result<Option<Exit>> {
    let Ok(mut given) = given(args) else {
        return Ok(None);
    };
    if given
        .complete(&session.engine, args.my_address)
        .await
        .is_err()
    {
        return Ok(None);
    }
    let label = given.spec.label();
    // What is another computer's is refused by the review.
    let Ok(Some((id, Whose::Forgotten))) = session.engine.without_journal(&label).await else {
        return Ok(None);
    };
    let wrong = given.diagnostics(Vec::new());
    if any_error(&wrong) {
        print::diagnostics(&wrong);
        return Ok(Some(Exit::WrongInput));
    }
    if let Err(problem) = session.engine.look_around().await {
        return Ok(Some(told(&problem)));
    }
    let one = match session.named(&id.0).await {
        Ok(one) => one,
        Err(exit) => return Ok(Some(exit)),
    };
    eprintln!("found {} on the account, made on this computer", one.label);
    eprintln!("  Its journal is lost. It is built anew from what stands.");
    Ok(taken(session, &one, Some(&given.spec)).await)
}

/// An exit when it was not taken over.
async fn taken(session: &Session<'_>, one: &Brief, wishes: Option<&Spec>) -> Option<Exit> {
    let rate = one.rate.map_or("–".to_owned(), money);
    let Brief {
        label,
        region,
        nodes,
        ..
    } = one;
    eprintln!("{label}  {region}  nodes: {nodes}  {rate}/h");
    for line in take_over_means(one.whose) {
        eprintln!("  {}", say(&line));
    }
    match confirmed(session.cli.yes, "Take it over? Type yes:", "yes") {
        Some(true) => {}
        Some(false) => {
            eprintln!("nothing was changed");
            return Some(Exit::WrongInput);
        }
        None => {
            eprintln!("error: a confirmation is missing and there is no terminal: give --yes");
            return Some(Exit::WrongInput);
        }
    }
    let taken = session.engine.take_over(&one.id, wishes).await;
    taken.err().map(|problem| told(&problem))
}
