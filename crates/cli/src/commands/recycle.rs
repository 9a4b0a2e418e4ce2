//! Nodes replaced by fresh ones.

use super::{Session, finish, told};
use crate::args::RecycleArgs;
use crate::ask::confirmed;
use crate::words::say;
use crate::{Exit, print};
use anyhow::Result;
use domain::plan::PoolRole;
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
    eprintln!("recycle {} of {}", review.nodes.join(", "), one.label);
    for line in &review.lines {
        eprintln!("  {}", say(line));
    }
    match confirmed(session.cli.yes, "Recycle? Type yes:", "yes") {
        Some(true) => {}
        Some(false) => {
            print::out("nothing was changed");
            return Ok(Exit::WrongInput);
        }
        None => {
            eprintln!("error: a confirmation is missing and there is no terminal: give --yes");
            return Ok(Exit::WrongInput);
        }
    }
    if let Err(problem) = session.engine.recycle(&one.id, &what).await {
        return Ok(told(&problem));
    }
    let end = session.follow(&one.id).await;
    finish(session, &one.id, end.as_ref())
}
