//! The whole demo cloud in one handle: world, clock, listeners and state file.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response, header};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Notify;

use crate::asked::Asked;
use crate::clock::{Clock, wall_now};
use crate::faults::Broken;
use crate::inner::{Background, Inner};
use crate::linode::{self, Ask, Sent};
use crate::service::{self, ClientAddr, CloudService, KubeService};
use crate::state::StateFile;
use crate::store::World;
use crate::{BoxError, ReplyBody, demo};

/// How a demo cloud begins.
#[derive(Clone, Debug)]
pub struct Options {
    /// The same seed and start give the same cloud.
    pub seed: u64,
    /// Demo seconds per real second; it scales every latency.
    pub speed: f64,
    /// Where the cloud is kept between two starts. `None`: nowhere.
    pub state: Option<PathBuf>,
    /// Demo time at the first start. `None`: the wall clock's. A state file's own time goes on.
    pub start: Option<Timestamp>,
    /// Whether a new cloud's time stands still until it is stepped or let go.
    pub paused: bool,
    /// The folder in which requests are noted. `None`: where the environment says, else nowhere.
    pub requests: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            speed: 1.0,
            state: None,
            start: None,
            paused: false,
            requests: None,
        }
    }
}

/// Why a demo cloud does not begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The state's file is there and cannot be used; it is left as it is.
    #[error("read the demo cloud's state `{path}`")]
    ReadState {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The state cannot be kept there.
    #[error("write the demo cloud's state `{path}`")]
    WriteState {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
}

/// A demo cloud. Cloning shares it.
#[derive(Clone)]
pub struct Twin {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Twin {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Twin")
            .field("cloud", &self.id())
            .finish_non_exhaustive()
    }
}

impl Twin {
    /// A demo cloud: the one in the state's file, or a new and empty one.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "options are made for one call"
    )]
    pub fn new(options: Options) -> Result<Self, Error> {
        let file = options.state.clone().map(StateFile::new);
        let loaded = match &file {
            Some(file) => file.load(options.speed).map_err(|cause| Error::ReadState {
                path: options.state.clone().unwrap_or_default(),
                cause,
            })?,
            None => None,
        };
        let (world, clock, port) = if let Some(loaded) = loaded {
            let clock = Clock::new(loaded.now, options.speed);
            clock.set_paused(loaded.paused);
            (loaded.world, clock, loaded.port)
        } else {
            let start = options.start.unwrap_or_else(wall_now);
            let world = World::new(options.seed, start);
            let clock = Clock::new(start, options.speed);
            if options.paused {
                clock.pause_at(start);
            }
            (world, clock, None)
        };
        let inner = Inner {
            clock,
            world: Mutex::new(world),
            listeners: Mutex::default(),
            opening: tokio::sync::Mutex::default(),
            bell: Arc::new(Notify::new()),
            file: Mutex::new(file),
            port: Mutex::new(port),
            asked: match &options.requests {
                Some(folder) => Some(Asked::within(folder)),
                None => Asked::by_environment(),
            },
        };
        // A folder that is not there is found out now, not after the first cluster.
        inner.try_save().map_err(|cause| Error::WriteState {
            path: options.state.clone().unwrap_or_default(),
            cause,
        })?;
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Which demo cloud this is: `demo-<hex>`, the same after a restart with a state file.
    pub fn id(&self) -> String {
        self.inner.world().cloud.clone()
    }

    /// The demo's clock, which is the engine's clock too.
    pub fn clock(&self) -> Clock {
        self.inner.clock.clone()
    }

    /// The Linode API and `/_demo`, in memory.
    pub fn service(&self) -> CloudService {
        CloudService { twin: self.clone() }
    }

    /// The Kubernetes API of a cluster as a client at `client` reaches it, in memory.
    pub fn kube_service(&self, cluster: u64, client: IpAddr) -> KubeService {
        KubeService {
            twin: self.clone(),
            cluster: Some(cluster),
            client,
        }
    }

    /// The same by the port that `/api-endpoints` and the kubeconfig name.
    pub fn kube_service_at(&self, port: u16, client: IpAddr) -> KubeService {
        let cluster = self
            .inner
            .world()
            .ports
            .iter()
            .find(|(_, at)| **at == port)
            .map(|(id, _)| *id);
        KubeService {
            twin: self.clone(),
            cluster,
            client,
        }
    }

    /// Whether it is served on loopback, and at which port.
    pub fn listening(&self) -> Option<u16> {
        let served = self.inner.world().served;
        self.last_port().filter(|_| served)
    }

    /// Asks a `/_demo` endpoint from within: the status and the body.
    pub fn demo(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let client = ClientAddr::default().0;
        let answer = {
            let mut world = self.inner.world();
            world.advance(self.inner.clock.now());
            demo::answer(&mut world, &self.inner.clock, client, (method, path), &body)
        };
        self.inner.bell.notify_one();
        answer
    }

    /// Lets time pass while nobody asks: nodes join, watches see it, the state is saved. Without it
    /// the twin catches up at each request. [`crate::serve`] has its own. Call inside a tokio
    /// runtime.
    pub fn background(&self) -> Background {
        let twin = Arc::downgrade(&self.inner);
        Background::spawn(twin)
    }

    pub(crate) fn of(inner: Arc<Inner>) -> Self {
        Self { inner }
    }

    pub(crate) fn last_port(&self) -> Option<u16> {
        *self
            .inner
            .port
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn start_listening(&self, port: u16) {
        *self
            .inner
            .port
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(port);
        {
            let mut world = self.inner.world();
            world.served = true;
            world.dirty = true;
        }
        self.inner.open_listeners().await;
    }

    pub(crate) fn stop_listening(&self) {
        self.inner.world().served = false;
        self.inner.listeners().clear();
        self.inner.save();
    }

    /// Answers a request of the Linode API or of `/_demo`.
    pub(crate) async fn answer(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<ReplyBody>, BoxError> {
        self.inner.world().advance(self.inner.clock.now());
        self.inner.open_listeners().await;
        let outcome = self.answer_now(&request);
        // What was answered stays true after a kill: the change is on the disk first.
        if request.method() != http::Method::GET {
            self.inner.save();
        }
        self.inner.bell.notify_one();
        let (sent, wait_ms) = outcome;
        if let Ok(ms @ 1..) = u64::try_from(wait_ms) {
            self.inner.clock.sleep_ms(ms).await;
        }
        service::response(sent?, &self.inner.clock)
    }

    fn answer_now(&self, request: &Request<Bytes>) -> (Result<Sent, Broken>, i64) {
        let client = request
            .extensions()
            .get::<ClientAddr>()
            .copied()
            .unwrap_or_default();
        let body = String::from_utf8_lossy(request.body()).into_owned();
        let (method, path) = (request.method().as_str(), request.uri().path());
        let mut world = self.inner.world();
        if path.starts_with("/_demo/") {
            let clock = &self.inner.clock;
            let (status, body) = demo::answer(&mut world, clock, client.0, (method, path), &body);
            return (Ok(Sent::json(status, &body)), 0);
        }
        if let Some(asked) = &self.inner.asked {
            asked.note(request);
        }
        let header = |name: &str| {
            request
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let token = header(header::AUTHORIZATION.as_str()).and_then(|value| {
            value
                .strip_prefix("Bearer ")
                .or(value.strip_prefix("bearer "))
        });
        let ask = Ask {
            method: method.to_owned(),
            path: path.to_owned(),
            query: request.uri().query().unwrap_or("").to_owned(),
            filter: header("x-filter").map(str::to_owned),
            key: None,
            body,
            have: None,
        };
        let now = self.inner.clock.now();
        let outcome = linode::answer(&mut world, token.map(str::trim), ask, now);
        // What has no latency is done before the next request.
        world.advance(now);
        (outcome.sent, outcome.wait_ms)
    }

    /// Answers a request of a cluster's Kubernetes API.
    pub(crate) async fn answer_kube(
        &self,
        cluster: Option<u64>,
        client: IpAddr,
        request: Request<Bytes>,
    ) -> Result<Response<ReplyBody>, BoxError> {
        let now = self.inner.clock.now();
        let (kube, way) = {
            let mut world = self.inner.world();
            world.advance(now);
            let open = cluster.filter(|id| world.admits(*id, client));
            let kube = open.and_then(|id| world.kubes.get(&id).cloned());
            let kube = kube.ok_or_else(service::refused)?;
            let way = world.strike_kube(&kube, &request);
            (kube, way)
        };
        if let Some(reply) = way.reply() {
            return reply;
        }
        let changes = request.method() != http::Method::GET;
        let reply = kube.handle(request, now).await;
        if changes {
            let mut world = self.inner.world();
            world.dirty = true;
            world.advance(now);
            drop(world);
            self.inner.bell.notify_one();
        }
        way.bent(reply).await
    }
}
