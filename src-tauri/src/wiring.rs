//! Which parts a cloud is made of, and which cloud the window stands on.
//!
//! The demo is the default: an embedded twin, its state in the app's folder, also on loopback so
//! that kubectl reaches it. Only Linode reads the keychain; neither reads a token from the
//! environment. Both clouds stay at work once they were started, wherever the window stands.

use crate::environment;
use crate::hosting::{self, Hosted};
use crate::keeping;
use crate::lifecycle;
use crate::news;
use crate::preferences;
use crate::said::{Said, because, notice, problem};
use crate::shell::{Clouds, Session, Shell, Stand};
use domain::Owner;
use domain::view::{AccountCard, CloudKind, Problem};
use engine::facade::{Engine, Here};
use engine::ports::{Clock as _, Ids as _, Ports};
use engine::protocol::PROTOCOL;
use linode::{LinodeCloud, Origin};
use local::kubeconfig::{ServerRule, UserKubeconfig, cleaner};
use secrecy::SecretString;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use tauri::{AppHandle, Manager, Runtime};

/// Who holds the journals' locks.
const WRITER: &str = "quaylight";

/// Begins with the cloud that the window stood on last. When Linode's token cannot be had, it is
/// the demo, with a notice that says why.
pub(crate) fn start<R: Runtime>(app: &AppHandle<R>) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let kept = preferences::read(&app);
        preferences::show(&app, kept.theme);
        let shell = app.state::<Shell>();
        let mut clouds = shell.clouds.lock().await;
        clouds.card = keeping::known(&shell.home).await;
        let session = match kept.cloud {
            CloudKind::Demo => demo(&shell.home, &mut clouds).await,
            CloudKind::Linode => match linode(&shell.home, &mut clouds).await {
                Ok(session) => Ok(session),
                Err(why) => {
                    clouds.notice = Some(notice(why));
                    demo(&shell.home, &mut clouds).await
                }
            },
        };
        match session {
            Ok(session) => {
                news::listen(&app, &session);
                shell.stand_on(session, &clouds);
            }
            Err(why) => {
                shell.stand.send_replace(Stand::Failed(Box::new(why)));
            }
        }
    });
}

/// Moves the window to a cloud and remembers it for the next start.
pub(crate) async fn stand_on<R: Runtime>(
    app: &AppHandle<R>,
    cloud: CloudKind,
) -> Result<(), Problem> {
    let shell = app.state::<Shell>();
    let mut clouds = shell.clouds.lock().await;
    let session = match cloud {
        CloudKind::Demo => demo(&shell.home, &mut clouds).await?,
        CloudKind::Linode => linode(&shell.home, &mut clouds).await?,
    };
    // What is under way on Linode must be met again at the next start, wherever the window stood.
    let under_way = |session: &Arc<Session>| !lifecycle::undone(&session.engine).is_empty();
    let next = if clouds.linode.as_ref().is_some_and(under_way) {
        CloudKind::Linode
    } else {
        cloud
    };
    preferences::change(app, |kept| kept.cloud = next);
    news::listen(app, &session);
    shell.stand_on(session, &clouds);
    Ok(())
}

/// The demo cloud, started when it is not at work yet.
async fn demo(home: &Path, clouds: &mut Clouds) -> Result<Arc<Session>, Problem> {
    if let Some(session) = &clouds.demo {
        return Ok(Arc::clone(session));
    }
    // The demo cloud keeps its state there.
    local::check_home(home).map_err(|bad| bad.problem)?;
    let (transport, port, hosted) = hosting::reach(home)
        .await
        .map_err(|error| demo_failed(error.as_ref()))?;
    let elsewhere = hosted.is_none();
    let origin = Origin::Loopback(port);
    let at = origin.to_string();
    let clock = local::DemoClock::connect(transport.clone(), &at).await;
    let clock = Arc::new(clock.map_err(|error| demo_failed(&error))?);
    // The demo takes any token; this one is made for this run and for nothing else.
    let token = SecretString::from(local::Ulids.ulid(clock.now()));
    let cloud = LinodeCloud::new(transport.clone(), origin, token, clock.clone());
    let id = cloud
        .demo_id()
        .await
        .map_err(|failure| demo_failed(&failure))?;
    let ports = Ports {
        cloud: Arc::new(cloud.named(id)),
        kube: Arc::new(kubernetes::KubeRs::live()),
        clock: clock.clone(),
        journals: Arc::new(local::FileJournals::new(home.to_owned(), WRITER)),
        owner: owner(home)?,
        address: Arc::new(local::PublicAddress::demo(transport, &at).remembering(home)),
        ids: Arc::new(local::Ulids),
        clean_kubeconfig: cleaner(ServerRule::Loopback),
        own_kubeconfig: Arc::new(UserKubeconfig::of_user(home)),
    };
    let here = Here {
        kind: CloudKind::Demo,
        demo_speed: Some(clock.speed()),
        token: None,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        notice: None,
    };
    let session = begin(ports, here, hosted, clouds).await;
    if elsewhere {
        hosting::host_when_free(home.to_owned(), Arc::downgrade(&session));
    }
    clouds.demo = Some(Arc::clone(&session));
    Ok(session)
}

/// Which installation this is.
fn owner(home: &Path) -> Result<Owner, Problem> {
    local::owner(home).map_err(|error| {
        let (operation, path) = ("read".to_owned(), home.join("owner").display().to_string());
        let what = engine::facade::problem::Said::DiskFailed { operation, path };
        let fix = engine::facade::problem::Said::DiskFailedFix;
        because(
            engine::facade::problem::problem(what, None, Some(fix)),
            &error,
        )
    })
}

fn demo_failed(error: &(dyn std::error::Error + 'static)) -> Problem {
    because(
        problem(Said::DemoNotStarted, None, Some(Said::DemoNotStartedFix)),
        error,
    )
}

/// Linode with the token of this run, or the keychain's, when it is not at work yet.
async fn linode(home: &Path, clouds: &mut Clouds) -> Result<Arc<Session>, Problem> {
    if let Some(session) = &clouds.linode {
        return Ok(Arc::clone(session));
    }
    if let Err(bad) = local::check_home(home) {
        if !bad.readable {
            return Err(bad.problem);
        }
        // What stands can still be torn down; nothing new is made without its journal.
        clouds.notice = Some(notice(bad.problem));
    }
    let (card, token) = keeping::recall(home).await?;
    let cloud = linode_cloud(token).map_err(|error| not_reachable(&error))?;
    linode_session(home, cloud, &card, clouds).await
}

/// A client of Linode with a token.
pub(crate) fn linode_cloud(token: SecretString) -> Result<LinodeCloud, linode::Error> {
    let (transport, origin) = match environment::stand_in_for_linode() {
        None => (linode::live_transport()?, Origin::Linode),
        Some(port) => (linode::loopback_transport()?, Origin::Loopback(port)),
    };
    Ok(LinodeCloud::new(
        transport,
        origin,
        token,
        Arc::new(local::SystemClock),
    ))
}

/// Why there is no way to Linode from this computer.
pub(crate) fn not_reachable(error: &(dyn std::error::Error + 'static)) -> Problem {
    because(
        problem(
            Said::LinodeNotReachable,
            None,
            Some(Said::LinodeNotReachableFix),
        ),
        error,
    )
}

/// Linode at work for an account.
pub(crate) async fn linode_session(
    home: &Path,
    cloud: LinodeCloud,
    card: &AccountCard,
    clouds: &mut Clouds,
) -> Result<Arc<Session>, Problem> {
    let address = local::PublicAddress::live().map_err(|error| not_reachable(&error))?;
    let ports = Ports {
        cloud: Arc::new(cloud),
        kube: Arc::new(kubernetes::KubeRs::live()),
        clock: Arc::new(local::SystemClock),
        journals: Arc::new(local::FileJournals::new(home.to_owned(), WRITER)),
        owner: owner(home)?,
        address: Arc::new(address.remembering(home)),
        ids: Arc::new(local::Ulids),
        clean_kubeconfig: cleaner(ServerRule::Linode),
        own_kubeconfig: Arc::new(UserKubeconfig::of_user(home)),
    };
    let here = Here {
        kind: CloudKind::Linode,
        demo_speed: None,
        token: Some((card.last4.clone(), card.kept)),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        notice: None,
    };
    let session = begin(ports, here, None, clouds).await;
    clouds.linode = Some(Arc::clone(&session));
    Ok(session)
}

/// Starts an engine, and what goes on by itself after a crash or a quit.
async fn begin(
    ports: Ports,
    here: Here,
    hosted: Option<Hosted>,
    clouds: &mut Clouds,
) -> Arc<Session> {
    let kind = here.kind;
    let (engine, problems) = Engine::start(ports, &PROTOCOL, here).await;
    // A journal that cannot be read is told; the others go on.
    if let Some(first) = problems.into_iter().next() {
        clouds.notice = Some(notice(first));
    }
    let resumes = Arc::clone(&engine);
    tauri::async_runtime::spawn(async move {
        // A cloud that does not answer is told by the app's row; what is due waits for it.
        drop(resumes.account().await);
        resumes.resume_at_start().await;
        resumes.keep_watch();
    });
    Arc::new(Session {
        engine,
        hosted: Mutex::new(hosted),
        kind,
        listened: AtomicBool::new(false),
        board: Mutex::default(),
        reviewed: Mutex::new(None),
    })
}
