//! One function per command: parse, call, print.

mod apply;
mod kubectl;
mod look;
mod open;
mod policy;
mod reach;
mod readers;
mod recycle;
mod serve;
mod stop;
mod take_over;
mod teardown;

pub(crate) use serve::serve;

use crate::args::{Cli, Command};
use crate::wire::{Wired, wire};
use crate::words::{money, say};
use crate::{Exit, print};
use anyhow::Result;
use domain::DeploymentId;
use domain::view::{DeploymentState, Problem};
use engine::facade::{Brief, Engine};
use engine::protocol::PROTOCOL;
use engine::run::End;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;

/// What a command knows.
pub(crate) struct Session<'a> {
    pub(crate) cli: &'a Cli,
    pub(crate) engine: Arc<Engine>,
    pub(crate) hosted: bool,
}

/// Carries out every command but `demo`.
pub(crate) async fn run(cli: &Cli) -> Result<Exit> {
    print::speak_json(cli.json);
    let home = cli.home.clone().map_or_else(local::home, Ok)?;
    if let Err(bad) = local::check_home(&home) {
        // The demo cloud keeps its state there, and what is made needs its journal. All else goes
        // on from what can be read.
        let must_write = cli.cloud == "demo" || matches!(cli.command, Command::Apply(_));
        if must_write || !bad.readable {
            return Ok(told(&bad.problem));
        }
        print::problem(&bad.problem);
    }
    // What must live as long as the command lives in `wired`: the demo cloud that we host.
    let wired: Wired = match wire(&cli.cloud, &home).await {
        Ok(wired) => wired,
        Err(error) => {
            eprintln!("quaylight-cli: {error:#}");
            let wrong = error.is::<linode::Error>() || error.is::<crate::wire::NoToken>();
            return Ok(if wrong {
                Exit::WrongInput
            } else {
                Exit::Resumable
            });
        }
    };
    let (ports, here, hosted) = (wired.ports.clone(), wired.here.clone(), wired.hosted);
    let (engine, problems) = Engine::start(ports, &PROTOCOL, here).await;
    problems.iter().for_each(print::problem);
    let session = Session {
        cli,
        engine,
        hosted,
    };
    let done = match &cli.command {
        Command::Demo(_) => Ok(Exit::Done),
        Command::Quote(args) => apply::quote(&session, args).await,
        Command::Plan(args) => apply::plan(&session, args).await,
        Command::Apply(args) => apply::apply(&session, args).await,
        Command::List => look::list(&session).await,
        Command::Show(name) => look::show(&session, &name.name).await,
        Command::Reach(args) => reach::reach(&session, args).await,
        Command::Recycle(args) => recycle::recycle(&session, args).await,
        Command::DeleteNode(args) => recycle::delete_node(&session, args).await,
        Command::Open(args) => open::open(&session, args).await,
        Command::NetworkPolicy(args) => policy::policy(&session, args).await,
        Command::Access(args) => reach::access(&session, args).await,
        Command::Kubeconfig { name, kubectl, .. } if kubectl.merge || kubectl.undo => {
            kubectl::kubectl(&session, &name.name, kubectl).await
        }
        Command::Kubeconfig {
            name, out, readers, ..
        } if readers.read_only || readers.list || readers.revoke.is_some() => {
            readers::readers(&session, &name.name, readers, out.as_deref()).await
        }
        Command::Kubeconfig { name, out, .. } => {
            look::kubeconfig(&session, &name.name, out.as_deref()).await
        }
        Command::Teardown {
            name,
            delete_volumes,
            allow_my_address,
        } => teardown::teardown(&session, &name.name, delete_volumes, *allow_my_address).await,
        Command::Sweep { delete } => teardown::sweep(&session, delete).await,
        Command::Stop { name, when } => stop::stop(&session, &name.name, when).await,
        Command::TakeOver(name) => take_over::take_over(&session, &name.name).await,
        Command::Watch => stop::watch(&session).await,
        Command::Resume(args) => teardown::resume(&session, args).await,
    };
    let done = match done {
        Ok(Exit::Resumable) => Ok(Exit::Resumable),
        done => session.see_off(done).await,
    };
    drop(wired);
    done
}

/// Says a problem and gives its exit code.
pub(crate) fn told(problem: &Problem) -> Exit {
    print::problem(problem);
    print::error_document(problem);
    match problem.code.as_str() {
        "cloud_unavailable" | "cloud_maintenance" | "cloud_rate_limited" | "cloud_unknown" => {
            Exit::Resumable
        }
        code if code.starts_with("cloud_") => Exit::Refused,
        "take_over_lost" | "take_over_unread" => Exit::Refused,
        "disk_failed" | "home_not_usable" | "own_fault" => Exit::OwnFault,
        "journal_damaged" | "journal_newer" | "run_rests" => Exit::NeedsPerson,
        "run_interrupted" | "run_leaves" | "run_under_way" => Exit::Resumable,
        _ => Exit::WrongInput,
    }
}

/// Says how a run ended, prints its document, and gives its exit code.
pub(crate) fn finish(session: &Session<'_>, id: &DeploymentId, end: Option<&End>) -> Result<Exit> {
    let (exit, document) = ended(session, id, end);
    if session.cli.json {
        print::document(&document)?;
    }
    Ok(exit)
}

/// Says how a run ended; gives its exit code and its document.
pub(crate) fn ended(
    session: &Session<'_>,
    id: &DeploymentId,
    end: Option<&End>,
) -> (Exit, serde_json::Value) {
    let (exit, said) = match end {
        Some(End::Done | End::Kept) => (Exit::Done, None),
        Some(End::Failed(text) | End::NotHere(text)) => (Exit::Refused, Some(text.clone())),
        Some(End::Stuck(text)) => (Exit::NeedsPerson, Some(text.clone())),
        Some(End::Paused | End::Idle) | None => (Exit::Resumable, None),
        Some(End::Journal(error, None)) => {
            eprintln!("error: {error}");
            (Exit::OwnFault, None)
        }
        Some(End::Journal(error, Some(inner))) => {
            eprintln!("error: {error}; the teardown went on from memory: {inner:?}");
            (Exit::OwnFault, None)
        }
    };
    if let Some(text) = said {
        eprintln!("error: {}", say(&text));
        if let Some((why, fix)) = engine::said::explain(&text) {
            eprintln!("  {}\n  {}", say(&why), say(&fix));
        }
    }
    let brief = session.engine.list().into_iter().find(|one| one.id == *id);
    let rate = brief.as_ref().and_then(|one| one.rate);
    if exit != Exit::Done
        && let Some(rate) = rate.filter(|rate| rate.0 > 0)
    {
        eprintln!("  {}/h is still running", money(rate));
    }
    let receipt = session.engine.receipt(id).ok();
    let calls = session.engine.calls();
    if !session.cli.json && exit == Exit::Done {
        print::ended(brief.as_ref(), receipt.as_ref(), calls);
    }
    let document = serde_json::json!({
        "deployment": id,
        "label": brief.as_ref().map(|one| one.label.clone()),
        "state": brief.as_ref().map(|one| one.state),
        "rate_micro_usd_hour": rate,
        "calls": calls,
        "receipt": receipt,
    });
    (exit, document)
}

impl Session<'_> {
    /// A deployment by its id, or by its label among the live ones, those of other computers too.
    pub(crate) async fn named(&self, name: &str) -> Result<Brief, Exit> {
        let mut all = self.engine.list();
        let is = |one: &Brief| one.label == name || one.id.0 == name.to_ascii_lowercase();
        if !all.iter().any(is) {
            // It may be another computer's.
            drop(self.engine.look_around().await);
            all = self.engine.list();
        }
        if let Some(one) = all.iter().find(|one| one.id.0 == name.to_ascii_lowercase()) {
            return Ok(one.clone());
        }
        let live: Vec<&Brief> = all
            .iter()
            .filter(|one| one.label == name && one.here && one.state != DeploymentState::Gone)
            .collect();
        match live[..] {
            [one] => Ok(one.clone()),
            [] => {
                eprintln!("error: there is no live deployment `{name}`");
                eprintln!("  `quaylight-cli list` shows the ones that this computer knows.");
                Err(Exit::WrongInput)
            }
            _ => {
                eprintln!("error: `{name}` names more than one deployment; give an id:");
                for one in &live {
                    eprintln!("  {}  {}", one.id, one.region);
                }
                Err(Exit::WrongInput)
            }
        }
    }

    /// A stop time that was due while this process worked began a teardown: it comes to its end too.
    async fn see_off(&self, done: Result<Exit>) -> Result<Exit> {
        for id in self.engine.carried() {
            eprintln!("a stop time was due meanwhile: tearing down {id}");
            if self.follow(&id).await.is_none() {
                return Ok(Exit::Resumable);
            }
        }
        done
    }

    /// Prints progress until the run that this process carries has ended.
    pub(crate) async fn follow(&self, id: &DeploymentId) -> Option<End> {
        // Stop times fire while any process runs, and this one runs now.
        self.engine.keep_watch();
        let (_, mut deltas) = self.engine.subscribe();
        let mut notices = print::Notices::default();
        let own = format!("/{id}");
        let lines = async {
            loop {
                match deltas.recv().await {
                    Ok(delta) => delta
                        .ops
                        .iter()
                        .filter(|op| matches!(op, domain::view::Op::Put { key, .. } if key.contains(&own)))
                        .for_each(|op| {
                            if let domain::view::Op::Put { value, .. } = op {
                                notices.tell(value);
                            }
                            print::progress(op);
                        }),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        tokio::select! {
            end = self.engine.wait(id) => end,
            () = lines => None,
            _ = tokio::signal::ctrl_c() => {
                eprintln!("interrupted; `quaylight-cli resume` goes on");
                None
            }
        }
    }
}
