//! Puts the ports together: which cloud, with which token, on whose clock.
//!
//! Only `--cloud linode` reads LINODE_TOKEN or the keychain. A demo cloud is always a port on
//! loopback: another process's, or one that this process hosts while it runs.

use anyhow::{Context, Result, bail};
use domain::view::{CloudKind, TokenKept};
use engine::facade::Here;
use engine::ports::{Clock, Ports};
use kubernetes::KubeRs;
use linode::{LinodeCloud, Origin, live_transport, loopback_transport};
use local::kubeconfig::{ServerRule, UserKubeconfig, cleaner};
use local::{
    ConnectedAccount, DemoClock, FileJournals, Host, Keychain, PublicAddress, Seat, SystemClock,
    Token, Ulids, take_seat,
};
use secrecy::SecretString;
use sim::{Options, Served, Twin, serve};
use std::path::Path;
use std::sync::Arc;

/// How fast the embedded demo cloud is.
pub(crate) const DEMO_SPEED: u32 = 10;

/// Everything of one cloud, and what must live as long.
pub(crate) struct Wired {
    pub(crate) ports: Ports,
    pub(crate) here: Here,
    /// Whether the demo cloud ends with this process.
    pub(crate) hosted: bool,
    /// Dropping it ends the demo cloud.
    demo: Option<(Host, Served)>,
}

/// The ports for `--cloud` and `--home`.
pub(crate) async fn wire(cloud: &str, home: &Path) -> Result<Wired> {
    match cloud {
        "demo" => {
            let (demo, port) = demo(home).await?;
            let mut wired = loopback(Origin::Loopback(port), home).await?;
            wired.hosted = demo.is_some();
            wired.demo = demo;
            Ok(wired)
        }
        _ => match Origin::parse(cloud)? {
            Origin::Linode => live(home).await,
            origin @ Origin::Loopback(_) => loopback(origin, home).await,
        },
    }
}

/// The demo cloud of this home: another process's, or one of our own until we end.
async fn demo(home: &Path) -> Result<(Option<(Host, Served)>, u16)> {
    for _ in 0..50 {
        match take_seat(home) {
            Ok(Seat::Taken(port)) => return Ok((None, port)),
            Ok(Seat::Ours(host)) => {
                let options = Options {
                    speed: f64::from(DEMO_SPEED),
                    state: Some(home.join("demo/state.json")),
                    ..Options::default()
                };
                let served = serve(Twin::new(options)?, None)
                    .await
                    .context("start the demo cloud")?;
                host.announce(served.port())?;
                let port = served.port();
                return Ok((Some((host, served)), port));
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                SystemClock
                    .sleep(std::time::Duration::from_millis(100))
                    .await;
            }
            Err(error) => return Err(error).context("open the demo cloud's folder"),
        }
    }
    bail!("find the demo cloud that another program is starting")
}

async fn loopback(origin: Origin, home: &Path) -> Result<Wired> {
    let token = demo_token();
    let transport = loopback_transport()?;
    let clock = Arc::new(DemoClock::connect(transport.clone(), &origin.to_string()).await?);
    let cloud = LinodeCloud::new(transport.clone(), origin, token, clock.clone());
    let id = cloud
        .demo_id()
        .await
        .with_context(|| format!("reach the demo cloud at {origin}"))?;
    let ports = ports(
        cloud.named(id),
        clock.clone(),
        home,
        PublicAddress::demo(transport, &origin.to_string()).remembering(home),
        ServerRule::Loopback,
    )?;
    let here = Here {
        kind: CloudKind::Demo,
        demo_speed: Some(clock.speed()),
        token: None,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        notice: None,
    };
    Ok(Wired {
        ports,
        here,
        hosted: false,
        demo: None,
    })
}

async fn live(home: &Path) -> Result<Wired> {
    let (token, kept) = live_token(home).await?;
    let last4 = Token::last4(&token);
    let clock: Arc<SystemClock> = Arc::new(SystemClock);
    let cloud = LinodeCloud::new(live_transport()?, Origin::Linode, token, clock.clone());
    let ports = ports(
        cloud,
        clock,
        home,
        PublicAddress::live()?.remembering(home),
        ServerRule::Linode,
    )?;
    let here = Here {
        kind: CloudKind::Linode,
        demo_speed: None,
        token: Some((last4, kept)),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        notice: None,
    };
    Ok(Wired {
        ports,
        here,
        hosted: false,
        demo: None,
    })
}

fn ports(
    cloud: LinodeCloud,
    clock: Arc<dyn Clock>,
    home: &Path,
    address: PublicAddress,
    rule: ServerRule,
) -> Result<Ports> {
    let writer = concat!("quaylight-cli ", env!("CARGO_PKG_VERSION"));
    Ok(Ports {
        cloud: Arc::new(cloud),
        kube: Arc::new(KubeRs::live()),
        clock,
        journals: Arc::new(FileJournals::new(home.to_owned(), writer)),
        owner: local::owner(home).context("read which installation this is")?,
        address: Arc::new(address),
        ids: Arc::new(Ulids),
        clean_kubeconfig: cleaner(rule),
        own_kubeconfig: Arc::new(UserKubeconfig::of_user(home)),
    })
}

/// A demo cloud takes any token; it never gets a live one.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place of the cli that reads the demo's token"
)]
fn demo_token() -> SecretString {
    use engine::ports::Ids as _;
    let given = std::env::var("QUAYLIGHT_DEMO_TOKEN")
        .ok()
        .filter(|token| !token.is_empty());
    let random = || format!("demo-{}", Ulids.ulid(SystemClock.now()));
    SecretString::from(given.unwrap_or_else(random))
}

/// The token of the real account: from the environment, else from the keychain.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place of the cli that reads a live token"
)]
async fn live_token(home: &Path) -> Result<(SecretString, TokenKept)> {
    if let Ok(token) = std::env::var("LINODE_TOKEN")
        && !token.is_empty()
    {
        return Ok((SecretString::from(token), TokenKept::Memory));
    }
    let known = ConnectedAccount::new(home.to_owned()).recall().await?;
    let Some(known) = known else {
        return Err(NoToken::NoAccount.into());
    };
    match Keychain::system().read(&known.id).await? {
        Some(token) => Ok((token, TokenKept::Keychain)),
        None => Err(NoToken::NotKept(known.user).into()),
    }
}

/// Why there is no token for Linode.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoToken {
    #[error("no Linode account is connected: set LINODE_TOKEN, or connect one in the window")]
    NoAccount,
    #[error("the keychain holds no token for {0}: connect the account again")]
    NotKept(String),
}
