//! Who can reach what, and the access list edited.

use super::{Session, finish, told};
use crate::args::{AccessArgs, ReachArgs, Switch};
use crate::ask::confirmed;
use crate::words::{length, say};
use crate::{Exit, print};
use anyhow::Result;
use domain::diagnostic::Severity;
use domain::rules::access_list;
use domain::text::Text;
use domain::view::{Coverage, Keeper, PathState, Problem, ReachPart, ReachView, Row};
use engine::facade::{AccessDone, AccessEdit, Brief};
use ipnet::IpNet;
use serde_json::json;
use std::collections::BTreeMap;

/// A sentence for each path.
pub(crate) async fn reach(session: &Session<'_>, args: &ReachArgs) -> Result<Exit> {
    drop(session.engine.look_around().await);
    let one = match session.named(&args.name.name).await {
        Ok(one) => one,
        Err(exit) => return Ok(exit),
    };
    if let Some(service) = &args.guard {
        if let Err(problem) = session.engine.guard_balancer(&one.id, service).await {
            return Ok(told(&problem));
        }
        let end = session.follow(&one.id).await;
        if !matches!(end, Some(engine::run::End::Done)) {
            return finish(session, &one.id, end.as_ref());
        }
    }
    if let Some(switch) = args.controller {
        match session
            .engine
            .set_controller(&one.id, switch == Switch::On)
            .await
        {
            Err(problem) => return Ok(told(&problem)),
            Ok(AccessDone::Nothing | AccessDone::Enforced) => {}
            Ok(AccessDone::Run) => {
                let end = session.follow(&one.id).await;
                if !matches!(end, Some(engine::run::End::Done)) {
                    return finish(session, &one.id, end.as_ref());
                }
            }
        }
    }
    if one.here {
        session.engine.glance(&one.id).await;
    }
    let reach = session.engine.rows(&one.id).into_iter().find_map(reach_of);
    if session.cli.json {
        print::document(&json!({ "deployment": one.id, "reach": reach }))?;
        return Ok(Exit::Done);
    }
    let Some(reach) = reach else {
        eprintln!("nothing of {} stands, so nobody reaches it", one.label);
        return Ok(Exit::Done);
    };
    for path in &reach.paths {
        let mark = match path.state {
            PathState::Guarded => "guarded",
            PathState::Open => "OPEN   ",
            PathState::Cut => "CUT    ",
            PathState::Unknown => "unknown",
        };
        print::out(&format!("{mark}  {}: {}", part(path.part), say(&path.what)));
    }
    print::out(&covered(&reach.coverage));
    print::out(match reach.keeper {
        Keeper::App => "new nodes are guarded by Quaylight while it runs",
        Keeper::Controller => "new nodes are guarded by the controller in the cluster",
        Keeper::Change => {
            "new nodes are guarded by Quaylight while it runs; a controller is set up"
        }
    });
    if let Some(roamed) = &reach.roamed {
        print::out(&say(&roamed.what));
    }
    Ok(Exit::Done)
}

/// Where a path ends, in the words of the window.
fn part(part: ReachPart) -> String {
    let code = match part {
        ReachPart::Api => "ui_reach_part_api",
        ReachPart::Nodes => "ui_reach_part_nodes",
        ReachPart::Inside => "ui_reach_part_inside",
        ReachPart::Balancer => "ui_reach_part_balancer",
    };
    say(&Text {
        code: code.to_owned(),
        params: BTreeMap::new(),
    })
}

fn reach_of((_, row): (String, Row)) -> Option<ReachView> {
    match row {
        Row::Deployment(row) => row.reach,
        Row::App(_) | Row::Node(_) | Row::Step(_) | Row::Spend(_) | Row::Activity(_) => None,
    }
}

fn covered(coverage: &Coverage) -> String {
    let told = |ms: Option<u64>| {
        let ms = ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
        ms.map_or_else(|| "–".to_owned(), length)
    };
    format!(
        "firewall on {} of {} nodes; {} machines stood open for {} in the middle, {} for 95 of 100, \
         {} at worst",
        coverage.covered,
        coverage.nodes,
        coverage.machines,
        told(coverage.open_p50_ms),
        told(coverage.open_p95_ms),
        told(coverage.open_worst_ms),
    )
}

/// Shows the access list, or changes it and waits until that is enforced.
pub(crate) async fn access(session: &Session<'_>, args: &AccessArgs) -> Result<Exit> {
    if let Err(problem) = session.engine.account().await {
        return Ok(told(&problem));
    }
    let one = match session.named(&args.name.name).await {
        Ok(one) => one,
        Err(exit) => return Ok(exit),
    };
    if let Some(always) = args.always_ask {
        for service in session.engine.address_services() {
            eprintln!("{service} is told that this computer asks for its address");
        }
        session.engine.always_ask_address(always)?;
    }
    let mut edit = AccessEdit {
        add: args.add.clone(),
        remove: args.remove.clone(),
        without_me: args.without_me,
    };
    if args.allow_me {
        match allowed_me(session, &one, args.keep_old).await {
            Ok(Some((new, old))) => {
                edit.add.extend(new);
                edit.remove.extend(old);
            }
            Ok(None) => return Ok(Exit::WrongInput),
            Err(problem) => return Ok(told(&problem)),
        }
    }
    if edit.add.is_empty() && edit.remove.is_empty() {
        return list(session, &one, false).await;
    }
    match meant(session, &one, &edit).await {
        Ok(true) => {}
        Ok(false) => return Ok(Exit::WrongInput),
        Err(problem) => return Ok(told(&problem)),
    }
    let mut done = session.engine.edit_access(&one.id, &edit).await;
    if let Err(problem) = &done
        && problem.code == "access_removes_you"
        && let Some(true) = sure(problem)
    {
        edit.without_me = true;
        done = session.engine.edit_access(&one.id, &edit).await;
    }
    match done {
        Err(problem) => Ok(told(&problem)),
        Ok(AccessDone::Nothing) => list(session, &one, false).await,
        Ok(AccessDone::Enforced) => {
            eprintln!("A run is under way and keeps the journal: apply the same list afterwards,");
            eprintln!("  so that this computer remembers it too.");
            list(session, &one, true).await
        }
        Ok(AccessDone::Run) => {
            let end = session.follow(&one.id).await;
            let enforced = matches!(end, Some(engine::run::End::Done));
            if enforced {
                return list(session, &one, true).await;
            }
            finish(session, &one.id, end.as_ref())
        }
    }
}

/// What an edit brings that deserves a word; that the whole internet comes in is asked for.
async fn meant(
    session: &Session<'_>,
    one: &Brief,
    edit: &AccessEdit,
) -> std::result::Result<bool, Problem> {
    let old = session.engine.access(&one.id).await?.addresses;
    let stays = old.iter().filter(|net| !edit.remove.contains(net));
    let new: Vec<IpNet> = stays.chain(&edit.add).copied().collect();
    let (mut before, mut brought) = (Vec::new(), Vec::new());
    access_list(&old, &mut before);
    access_list(&new, &mut brought);
    brought.retain(|one| {
        let said = before.iter().any(|had| had.what == one.what);
        one.severity == Severity::Warning && !said
    });
    print::diagnostics(&brought);
    let opens = brought
        .iter()
        .any(|one| one.what.code == "kubectl_everyone");
    Ok(!opens || agreed(session, "Let everyone in? Type yes:"))
}

/// Whether a person says yes, or said so with `--yes`.
fn agreed(session: &Session<'_>, question: &str) -> bool {
    let said = confirmed(session.cli.yes, question, "yes");
    if said.is_none() {
        eprintln!("error: a confirmation is missing and there is no terminal: give --yes");
    }
    said == Some(true)
}

/// The own address goes only when it is typed: `--yes` was one question, this is another.
fn sure(problem: &Problem) -> Option<bool> {
    let addresses = problem.what.params.get("addresses")?;
    let domain::text::Param::List(addresses) = addresses else {
        return None;
    };
    let address = addresses.first()?;
    eprintln!("{}", say(&problem.what));
    problem
        .why
        .iter()
        .for_each(|why| eprintln!("  {}", say(why)));
    confirmed(
        false,
        &format!("Type {address} to lock this computer out:"),
        address,
    )
}

/// This computer's addresses, and those whose place they take; `None`: not confirmed.
async fn allowed_me(
    session: &Session<'_>,
    one: &Brief,
    keep_old: bool,
) -> std::result::Result<Option<(Vec<IpNet>, Vec<IpNet>)>, Problem> {
    for service in session.engine.address_services() {
        eprintln!("asking {service} for this computer's address");
    }
    let mine = session.engine.my_addresses().await?;
    session.engine.glance(&one.id).await;
    let roamed = session.engine.roamed(&one.id);
    let question = if let Some(roamed) = &roamed {
        format!("{} Type yes:", say(&roamed.what))
    } else {
        let all: Vec<String> = mine.iter().map(ToString::to_string).collect();
        format!("Allow {}? Type yes:", all.join(" and "))
    };
    let nets = |all: &[String]| all.iter().filter_map(|one| one.parse().ok()).collect();
    let new = roamed.as_ref().map_or(mine, |one| nets(&one.to));
    let old = roamed.filter(|_| !keep_old);
    let old = old.map(|one| nets(&one.from)).unwrap_or_default();
    Ok(agreed(session, &question).then_some((new, old)))
}

async fn list(session: &Session<'_>, one: &Brief, changed: bool) -> Result<Exit> {
    let list = match session.engine.access(&one.id).await {
        Ok(list) => list,
        Err(problem) => return Ok(told(&problem)),
    };
    if session.cli.json {
        print::document(&json!({
            "deployment": one.id,
            "changed": changed,
            "enabled": list.enabled,
            "addresses": list.addresses,
        }))?;
        return Ok(Exit::Done);
    }
    if !list.enabled {
        print::out("the access list is off: the whole internet reaches the API");
    }
    for net in &list.addresses {
        print::out(&net.to_string());
    }
    Ok(Exit::Done)
}
