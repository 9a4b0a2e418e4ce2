//! A demo cloud in memory, an engine on it, and a home that outlives the engine.

use domain::spec::Spec;
use domain::view::{CloudKind, DeploymentState};
use engine::facade::{Engine, For, Here};
use engine::ports::{Clock, Ports};
use engine::protocol::PROTOCOL;
use http_body_util::BodyExt as _;
use jiff::SignedDuration;
use kubernetes::KubeRs;
use linode::{LinodeCloud, Origin};
use local::kubeconfig::{ServerRule, UserKubeconfig, cleaner};
use local::{DemoClock, FileJournals, PublicAddress, Ulids};
use secrecy::SecretString;
use serde_json::{Value, json};
use sim::{ClientAddr, Options, Twin};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::ServiceExt as _;

/// What a test stands on.
pub(crate) struct Bench {
    pub(crate) twin: Twin,
    pub(crate) engine: Arc<Engine>,
    /// By how much this computer's wall clock is wrong.
    pub(crate) shift: Shift,
    home: tempfile::TempDir,
}

impl Bench {
    /// A new cloud and an engine with an empty home.
    pub(crate) async fn new() -> Self {
        Self::noting(None).await
    }

    /// The same; the cloud notes in a folder what it is asked.
    pub(crate) async fn noting(requests: Option<std::path::PathBuf>) -> Self {
        let options = Options {
            requests,
            seed: 5,
            start: Some("2026-11-23T10:00:00Z".parse().unwrap()),
            ..Options::default()
        };
        let twin = Twin::new(options).unwrap();
        let home = tempfile::tempdir().unwrap();
        let shift = Shift::default();
        let engine = start(ports(&twin, home.path(), &shift).await).await;
        Self {
            twin,
            engine,
            shift,
            home,
        }
    }

    /// The same home and cloud, another process.
    pub(crate) async fn restart(&mut self) {
        self.restart_with(|_| {}).await;
    }

    /// The same with other ports.
    pub(crate) async fn restart_with(&mut self, change: impl FnOnce(&mut Ports)) {
        let mut ports = ports(&self.twin, self.home.path(), &self.shift).await;
        change(&mut ports);
        self.engine = start(ports).await;
    }

    /// The process is gone: nothing of it runs any more and its locks are free.
    pub(crate) async fn crash(&mut self) {
        for brief in self.engine.list() {
            self.engine.pause(&brief.id).await;
        }
    }

    /// Where the journals lie.
    pub(crate) fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    /// A Spec with an own address.
    pub(crate) fn spec() -> Spec {
        let mine = Some(vec!["203.0.113.7/32".parse().unwrap()]);
        Spec {
            kubectl_access: mine.clone(),
            ui_access: mine,
            ..Spec::for_user("ada")
        }
    }

    /// Deploys and waits for the end.
    pub(crate) async fn deploy(&self, spec: Spec) -> domain::DeploymentId {
        let review = self.engine.review(spec, For::New).await.unwrap();
        let plan = review.plan.expect("a plan");
        let id = self.engine.accept(&plan, false).await.unwrap();
        self.engine.wait(&id).await;
        id
    }

    /// The file that this computer's kubectl reads; `None`: there is none.
    pub(crate) fn kubectl(&self) -> Option<String> {
        std::fs::read_to_string(self.home.path().join("kube/config")).ok()
    }

    /// A person writes it.
    pub(crate) fn write_kubectl(&self, text: &str) {
        let folder = self.home.path().join("kube");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config"), text).unwrap();
    }

    /// Rows of the ledger that are alive.
    pub(crate) fn alive(&self) -> usize {
        let (_, ledger) = self.twin.demo("GET", "/_demo/ledger", &Value::Null);
        ledger["alive"].as_array().map_or(0, Vec::len)
    }

    /// How often requests with this method were sent.
    pub(crate) fn calls(&self, method: &str) -> u64 {
        let (_, calls) = self.twin.demo("GET", "/_demo/calls", &json!(null));
        let all = calls.as_object().unwrap();
        let own = all.iter().filter(|(call, _)| call.starts_with(method));
        own.filter_map(|(_, times)| times.as_u64()).sum()
    }

    /// A request of somebody else with another token of the same account.
    pub(crate) async fn somebody(&self, method: &str, path: &str) -> Value {
        self.somebody_says(method, path, &Value::Null).await
    }

    /// The same with a body.
    pub(crate) async fn somebody_says(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() {
            bytes::Bytes::new()
        } else {
            body.to_string().into()
        };
        let request = http::Request::builder()
            .method(method)
            .uri(format!("http://127.0.0.1:1{path}"))
            .header("authorization", "Bearer somebody-else")
            .header("content-type", "application/json")
            .body(body)
            .unwrap();
        let reply = self.twin.service().oneshot(request).await.unwrap();
        assert!(
            reply.status().is_success(),
            "{method} {path}: {}",
            reply.status()
        );
        let body = reply.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&body).unwrap()
    }

    /// POSTs an object to a cluster's own API with the token of its kubeconfig.
    pub(crate) async fn kube(&self, cluster: u64, path: &str, object: &Value) {
        self.kube_says(cluster, "POST", path, object).await;
    }

    /// PUTs one.
    pub(crate) async fn kube_put(&self, cluster: u64, path: &str, object: &Value) {
        self.kube_says(cluster, "PUT", path, object).await;
    }

    /// GETs one.
    pub(crate) async fn kube_get(&self, cluster: u64, path: &str) -> Value {
        self.kube_says(cluster, "GET", path, &Value::Null).await
    }

    /// Deletes one there.
    pub(crate) async fn kube_delete(&self, cluster: u64, path: &str) {
        self.kube_says(cluster, "DELETE", path, &json!({})).await;
    }

    async fn kube_says(&self, cluster: u64, method: &str, path: &str, object: &Value) -> Value {
        let kubeconfig = format!("/v4/lke/clusters/{cluster}/kubeconfig");
        let config = self.somebody("GET", &kubeconfig).await;
        let engine = base64::engine::general_purpose::STANDARD;
        let text = base64::Engine::decode(&engine, config["kubeconfig"].as_str().unwrap());
        let text = String::from_utf8(text.unwrap()).unwrap();
        let token = text.split("token: ").nth(1).unwrap();
        let token = token.split('\n').next().unwrap().trim();
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(object.to_string().into())
            .unwrap();
        let service = self.twin.kube_service(cluster, ClientAddr::default().0);
        let reply = service.oneshot(request).await.unwrap();
        assert!(reply.status().is_success(), "{path}: {}", reply.status());
        let body = reply.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&body).unwrap()
    }

    /// The cloud's own time, which nobody turns.
    pub(crate) fn demo_now(&self) -> jiff::Timestamp {
        let (_, clock) = self.twin.demo("GET", "/_demo/clock", &json!(null));
        clock["now"].as_str().unwrap().parse().unwrap()
    }

    /// The state that a person sees.
    pub(crate) fn state(&self) -> DeploymentState {
        self.engine.list()[0].state
    }
}

/// By how much a wall clock is wrong.
pub(crate) type Shift = Arc<Mutex<SignedDuration>>;

/// A clock whose wall time can be turned; the time since the start of the computer runs on.
struct Turned(Arc<DemoClock>, Shift);

#[async_trait::async_trait]
impl Clock for Turned {
    fn now(&self) -> jiff::Timestamp {
        self.0.now() + *self.1.lock().unwrap()
    }

    fn since_boot(&self) -> Duration {
        self.0.since_boot()
    }

    async fn sleep(&self, length: Duration) {
        self.0.sleep(length).await;
    }
}

async fn ports(twin: &Twin, home: &std::path::Path, shift: &Shift) -> Ports {
    let transport = linode::Transport::new(twin.service());
    let origin = Origin::Loopback(1);
    let clock = DemoClock::connect(transport.clone(), &origin.to_string())
        .await
        .unwrap();
    let clock = Arc::new(clock);
    let token = SecretString::from("demo-token".to_owned());
    let cloud = LinodeCloud::new(transport.clone(), origin, token, clock.clone());
    let id = cloud.demo_id().await.unwrap();
    let kube = twin.clone();
    let client = ClientAddr::default().0;
    Ports {
        cloud: Arc::new(cloud.named(id)),
        kube: Arc::new(KubeRs::over(move |server: &http::Uri| {
            kube.kube_service_at(server.port_u16().unwrap_or_default(), client)
        })),
        clock: Arc::new(Turned(clock, shift.clone())),
        journals: Arc::new(FileJournals::new(home.to_owned(), "test")),
        owner: local::owner(home).unwrap(),
        address: Arc::new(PublicAddress::demo(transport, &origin.to_string()).remembering(home)),
        ids: Arc::new(Ulids),
        clean_kubeconfig: cleaner(ServerRule::Loopback),
        own_kubeconfig: Arc::new(UserKubeconfig::at(home, vec![home.join("kube/config")])),
    }
}

async fn start(ports: Ports) -> Arc<Engine> {
    let here = Here {
        kind: CloudKind::Demo,
        demo_speed: Some(1),
        token: None,
        version: "test".to_owned(),
        notice: None,
    };
    let (engine, problems) = Engine::start(ports, &PROTOCOL, here).await;
    assert!(problems.is_empty(), "{problems:?}");
    engine
}

/// Virtual time passes.
#[expect(clippy::disallowed_methods, reason = "virtual time is tokio's")]
pub(crate) async fn tokio_sleep(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}
