//! What a process says of itself: every event down to trace level, of our crates and of those that
//! carry our requests, and what a panic prints that shows whatever it had at hand.

use anyhow::{Context, Result, ensure};
use domain::spec::Spec;
use domain::view::CloudKind;
use engine::facade::{Engine, For, Here};
use engine::ports::Ports;
use engine::protocol::PROTOCOL;
use kubernetes::KubeRs;
use linode::{LinodeCloud, Origin, loopback_transport};
use local::kubeconfig::{ServerRule, UserKubeconfig, cleaner};
use local::{DemoClock, FileJournals, PublicAddress, Ulids};
use secrecy::{ExposeSecret as _, SecretString};
use sim::{Options, Twin, serve};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

const GIVEN: &str = "canaryinside5d20e7f1canaryinside5d20e7f1";

/// Everything that is said, in one place.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl io::Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn holds(heard: &[u8], what: &str) -> bool {
    let mut parts = heard.windows(what.len());
    parts.any(|part| part == what.as_bytes())
}

/// The real client code over real sockets, with a canary for a token.
async fn wired(port: u16, home: &Path) -> Result<Ports> {
    let origin = Origin::Loopback(port);
    let transport = loopback_transport()?;
    let clock = Arc::new(DemoClock::connect(transport.clone(), &origin.to_string()).await?);
    let token = SecretString::from(GIVEN);
    let cloud = LinodeCloud::new(transport.clone(), origin, token, clock.clone());
    let id = cloud.demo_id().await?;
    Ok(Ports {
        cloud: Arc::new(cloud.named(id)),
        kube: Arc::new(KubeRs::live()),
        clock,
        journals: Arc::new(FileJournals::new(home.to_owned(), "test")),
        address: Arc::new(PublicAddress::demo(transport, &origin.to_string())),
        ids: Arc::new(Ulids),
        owner: local::owner(home)?,
        clean_kubeconfig: cleaner(ServerRule::Loopback),
        own_kubeconfig: Arc::new(UserKubeconfig::at(home, Vec::new())),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_an_event_at_trace_level_or_in_a_panic() -> Result<()> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let (events, panics) = (Heard::default(), Heard::default());
    let writer = events.clone();
    // For the whole process, so that tasks on other threads are heard too.
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let home = tempfile::tempdir()?;
    let twin = Twin::new(Options {
        speed: 60.0,
        ..Options::default()
    })?;
    let served = serve(twin, None).await?;
    let ports = wired(served.port(), home.path()).await?;
    let here = Here {
        kind: CloudKind::Demo,
        demo_speed: Some(60),
        token: None,
        version: "test".to_owned(),
        notice: None,
    };
    let (engine, problems) = Engine::start(ports.clone(), &PROTOCOL, here).await;
    ensure!(problems.is_empty(), "{problems:?}");
    let mine = Some(vec!["203.0.113.7/32".parse()?]);
    let spec = Spec {
        kubectl_access: mine.clone(),
        ui_access: mine,
        ..Spec::for_user("ada")
    };
    let told = |problem| anyhow::anyhow!("{problem:?}");
    let review = engine.review(spec, For::New).await.map_err(told)?;
    let plan = review.plan.as_ref().context("a plan")?;
    let id = engine.accept(plan, false).await.map_err(told)?;
    let created = engine.wait(&id).await;
    ensure!(
        matches!(created, Some(engine::run::End::Done)),
        "{created:?}"
    );
    let kubeconfig = engine.kubeconfig(&id).await.map_err(told)?;
    let (_, screen) = engine.subscribe();

    let before = std::panic::take_hook();
    let hook = panics.clone();
    std::panic::set_hook(Box::new(move |info| {
        let mut hook = hook.clone();
        drop(io::Write::write(&mut hook, info.to_string().as_bytes()));
        before(info);
    }));
    let at_hand = (engine.clone(), kubeconfig.clone(), screen, review.clone());
    let panicked = tokio::spawn(async move {
        let (engine, kubeconfig, screen, review) = at_hand;
        panic!("with {engine:?}, {kubeconfig:?}, {screen:?}, {review:?}");
    });
    ensure!(panicked.await.is_err(), "it did not panic");
    engine.tear_down(&id, "ada", &[]).await.map_err(told)?;
    engine.wait(&id).await;

    let token = kubeconfig.expose_secret().split("token: ").nth(1);
    let token = token.and_then(|rest| rest.lines().next());
    let token = token.context("a token")?.trim().trim_matches(['"', '\'']);
    ensure!(token.len() >= 20, "a short token");
    let (events, panics) = (events.take(), panics.take());
    for (what, heard, expected) in [("event", &events, "answered"), ("panic", &panics, "ada")] {
        ensure!(holds(heard, expected), "no {what} was heard");
        for secret in [GIVEN, token] {
            ensure!(
                !holds(heard, secret),
                "`{}…` is in an {what}",
                &secret[..12]
            );
        }
    }
    println!(
        "no secret in {} bytes of events and {} bytes of a panic",
        events.len(),
        panics.len()
    );
    Ok(())
}
