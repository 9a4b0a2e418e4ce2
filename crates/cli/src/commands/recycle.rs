//! Nodes replaced by fresh ones, or deleted.

use super::{Session, finish, told};
use crate::args::{DeleteNodeArgs, RecycleArgs};
use crate::ask::confirmed;
use crate::words::say;
use crate::{Exit, print};
use anyhow::Result;
use domain::plan::PoolRole;
use domain::view::NodesReview;
use engine::facade::Recycled;

/// Says what it costs and breaks, asks, and waits until the fresh nodes are ready and tested.
pub(crate) async fn recycle(session: &Session<'_>, args: &RecycleArgs) -> Result<Exit> {
    if let Err(problem) = session.engine.account().await {
        return Ok(told(&problem));
    }
    let one = match session.named(&args.name.name).await {
        Ok(one) => one,
        Err(exit) => return Ok(exit),
    };
    let what = match args.node.as_str() {
        "gpu" => Recycled::Pool(PoolRole::Gpu),
        "system" => Recycled::Pool(PoolRole::System),
        node => Recycled::Node(node.to_owned()),
    };
    let review = match session.engine.review_recycle(&one.id, &what).await {
        Ok(review) => review,
        Err(problem) => return Ok(told(&problem)),
    };
    let what_for = format!("recycle {} of {}", review.nodes.join(", "), one.label);
    if let Some(exit) = refused(session, &what_for, &review, "Recycle? Type yes:") {
        return Ok(exit);
    }
    if let Err(problem) = session.engine.recycle(&one.id, &what).await {
        return Ok(told(&problem));
    }
    let end = session.follow(&one.id).await;
    finish(session, &one.id, end.as_ref())
}

/// The same for one node that goes and is not replaced.
pub(crate) async fn delete_node(session: &Session<'_>, args: &DeleteNodeArgs) -> Result<Exit> {
    if let Err(problem) = session.engine.account().await {
        return Ok(told(&problem));
    }
    let one = match session.named(&args.name.name).await {
        Ok(one) => one,
        Err(exit) => return Ok(exit),
    };
    let review = match session.engine.review_delete_node(&one.id, &args.node).await {
        Ok(review) => review,
        Err(problem) => return Ok(told(&problem)),
    };
    let what_for = format!("delete {} of {}", review.nodes.join(", "), one.label);
    if let Some(exit) = refused(session, &what_for, &review, "Delete? Type yes:") {
        return Ok(exit);
    }
    if let Err(problem) = session.engine.delete_node(&one.id, &args.node).await {
        return Ok(told(&problem));
    }
    let end = session.follow(&one.id).await;
    finish(session, &one.id, end.as_ref())
}

/// Says what it means and asks; the exit when it is not confirmed.
fn refused(
    session: &Session<'_>,
    what_for: &str,
    review: &NodesReview,
    question: &str,
) -> Option<Exit> {
    eprintln!("{what_for}");
    for line in &review.lines {
        eprintln!("  {}", say(line));
    }
    match confirmed(session.cli.yes, question, "yes") {
        Some(true) => return None,
        Some(false) => print::out("nothing was changed"),
        None => {
            eprintln!("error: a confirmation is missing and there is no terminal: give --yes");
        }
    }
    Some(Exit::WrongInput)
}
