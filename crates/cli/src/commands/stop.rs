//! The stop time, and a process that stays for it.

use super::{Session, told};
use crate::args::When;
use crate::print::Notices;
use crate::{Exit, print};
use anyhow::Result;
use engine::facade::MoveStop;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

/// Moves a stop time, or takes it back.
pub(crate) async fn stop(session: &Session<'_>, name: &str, when: &When) -> Result<Exit> {
    if let Err(problem) = session.engine.account().await {
        return Ok(told(&problem));
    }
    let one = match session.named(name).await {
        Ok(one) => one,
        Err(exit) => return Ok(exit),
    };
    let to = match (when.within, when.at, when.more) {
        (Some(length), _, _) => MoveStop::In(length),
        (None, Some(at), _) => MoveStop::At(at),
        (None, None, Some(length)) => MoveStop::Later(length),
        (None, None, None) => MoveStop::Never,
    };
    let stops = match session.engine.move_stop(&one.id, to).await {
        Ok(stops) => stops,
        Err(problem) => return Ok(told(&problem)),
    };
    if session.cli.json {
        print::document(&json!({ "deployment": one.id, "stops": stops }))?;
    } else if let Some(at) = stops {
        let at = at.strftime("%Y-%m-%d %H:%M:%S UTC");
        let label = &one.label;
        print::out(&format!(
            "{label} is torn down by itself at {at}, while a window or"
        ));
        print::out("`quaylight-cli watch` runs on this computer");
    } else {
        print::out(&format!("{} does not stop by itself", one.label));
    }
    Ok(Exit::Done)
}

/// Looks until the program is ended.
pub(crate) async fn watch(session: &Session<'_>) -> Result<Exit> {
    let (snapshot, mut deltas) = session.engine.subscribe();
    let mut notices = Notices::default();
    for row in snapshot.view.values() {
        notices.tell(row);
    }
    session.engine.keep_watch();
    eprintln!("watching stop times and what is left; end with Ctrl-C");
    let lines = async {
        loop {
            match deltas.recv().await {
                Ok(delta) => delta.ops.iter().for_each(|op| {
                    if let domain::view::Op::Put { value, .. } = op {
                        notices.tell(value);
                    }
                    print::progress(op);
                }),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            }
        }
    };
    tokio::select! {
        () = lines => {}
        ended = tokio::signal::ctrl_c() => ended?,
    }
    Ok(Exit::Done)
}
