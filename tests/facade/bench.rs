//! A demo cloud in memory, an engine on it, and a home that outlives the engine.

use domain::spec::Spec;
use domain::view::{CloudKind, DeploymentState};
use engine::facade::{Engine, For, Here};
use engine::ports::Ports;
use engine::protocol::PROTOCOL;
use http_body_util::BodyExt as _;
use kubernetes::KubeRs;
use linode::{LinodeCloud, Origin};
use local::kubeconfig::{ServerRule, cleaner};
use local::{DemoClock, FileJournals, PublicAddress, Ulids};
use secrecy::SecretString;
use serde_json::{Value, json};
use sim::{ClientAddr, Options, Twin};
use std::sync::Arc;
use tower::ServiceExt as _;

/// What a test stands on.
pub(crate) struct Bench {
    pub(crate) twin: Twin,
    pub(crate) engine: Arc<Engine>,
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
        let engine = engine(&twin, home.path()).await;
        Self { twin, engine, home }
    }

    /// The same home and cloud, another process.
    pub(crate) async fn restart(&mut self) {
        self.engine = engine(&self.twin, self.home.path()).await;
    }

    /// The process is gone: nothing of it runs any more and its locks are free.
    pub(crate) async fn crash(&mut self) {
        for brief in self.engine.list() {
            self.engine.pause(&brief.id).await;
        }
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
        let request = http::Request::builder()
            .method(method)
            .uri(format!("http://127.0.0.1:1{path}"))
            .header("authorization", "Bearer somebody-else")
            .body(bytes::Bytes::new())
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

    /// The state that a person sees.
    pub(crate) fn state(&self) -> DeploymentState {
        self.engine.list()[0].state
    }
}

async fn engine(twin: &Twin, home: &std::path::Path) -> Arc<Engine> {
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
    let ports = Ports {
        cloud: Arc::new(cloud.named(id)),
        kube: Arc::new(KubeRs::over(move |server: &http::Uri| {
            kube.kube_service_at(server.port_u16().unwrap_or_default(), client)
        })),
        clock,
        journals: Arc::new(FileJournals::new(home.to_owned(), "test")),
        address: Arc::new(PublicAddress::demo(transport, &origin.to_string())),
        ids: Arc::new(Ulids),
        clean_kubeconfig: cleaner(ServerRule::Loopback),
    };
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
