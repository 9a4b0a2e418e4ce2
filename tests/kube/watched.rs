//! Nodes and pods that are kept by a watch: they are what a listing would tell, or they are listed.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use engine::ports::{Answer, Kind, Kube, KubeApi};
use http::{Request, Response, StatusCode, Uri};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use kubernetes::{BoxError, KubeRs};
use serde_json::json;
use sim::Twin;
use tokio::sync::watch;
use tower::ServiceExt as _;

use crate::{Bench, HERE};

/// What becomes of replies and of new watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Weather {
    #[default]
    Clear,
    /// Nothing more comes on what is open, and nobody says that it ended.
    HalfOpen,
    /// What is open breaks off; who wants to watch again waits.
    Cut,
    /// Who wants to watch may not.
    Forbidden,
    /// Watches end as they begin.
    Empty,
    /// Pods have containers of which nobody can make sense.
    Odd,
}

type Body = UnsyncBoxBody<Bytes, BoxError>;

/// A way to the demo cloud that can be disturbed, and the requests that went over it.
#[derive(Clone)]
struct Wire {
    twin: Twin,
    weather: watch::Sender<Weather>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Wire {
    fn to(twin: &Twin) -> Self {
        Self {
            twin: twin.clone(),
            weather: watch::Sender::default(),
            asked: Arc::default(),
        }
    }

    async fn connect(&self, bench: &Bench) -> Arc<dyn KubeApi> {
        let wire = self.clone();
        let factory = move |server: &Uri| {
            let (wire, port) = (wire.clone(), server.port_u16().unwrap());
            tower::service_fn(move |request| wire.clone().exchange(port, request))
        };
        let kubeconfig = bench.kubeconfig().await;
        KubeRs::over(factory).connect(&kubeconfig).await.unwrap()
    }

    async fn exchange(
        self,
        port: u16,
        request: Request<Bytes>,
    ) -> Result<Response<Body>, BoxError> {
        let target = request.uri().path_and_query().unwrap().to_string();
        let watches = target.contains("watch=true");
        self.asked.lock().unwrap().push(target);
        let mut weather = self.weather.subscribe();
        if watches {
            let begins = weather.wait_for(|now| !matches!(now, Weather::Cut));
            let now = *begins.await?;
            if now == Weather::Empty {
                return Ok(Response::new(Full::default().map_err(never).boxed_unsync()));
            }
            if now == Weather::Forbidden {
                let status = json!({
                    "kind": "Status", "status": "Failure", "code": 403, "reason": "Forbidden",
                    "message": "no watching",
                });
                let body = Full::new(status.to_string().into());
                let mut reply = Response::new(body.map_err(never).boxed_unsync());
                *reply.status_mut() = StatusCode::FORBIDDEN;
                return Ok(reply);
            }
        }
        let reply = self
            .twin
            .kube_service_at(port, HERE)
            .oneshot(request)
            .await?;
        if !watches {
            return Ok(reply);
        }
        Ok(reply.map(|body| {
            StreamBody::new(futures::stream::unfold(
                (body, weather),
                |(mut body, mut weather)| async move {
                    let broken = |now: &Weather| matches!(now, Weather::Cut | Weather::HalfOpen);
                    let frame = tokio::select! {
                        biased;
                        () = async { drop(weather.wait_for(broken).await) } => {
                            if *weather.borrow() == Weather::HalfOpen {
                                std::future::pending::<()>().await;
                            }
                            Err("the connection was reset".into())
                        }
                        frame = body.frame() => frame?,
                    };
                    let odd = *weather.borrow() == Weather::Odd;
                    Some((if odd { frame.map(bent) } else { frame }, (body, weather)))
                },
            ))
            .boxed_unsync()
        }))
    }

    /// How often nodes or pods were listed whole, and how often a watch was begun.
    fn asked(&self) -> (usize, usize) {
        let asked = self.asked.lock().unwrap();
        let count = |what: &str| asked.iter().filter(|one| one.contains(what)).count();
        (count("limit=250"), count("watch=true"))
    }
}

fn never(never: Infallible) -> BoxError {
    match never {}
}

fn bent(frame: Frame<Bytes>) -> Frame<Bytes> {
    let text = String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
    let text = text.replace(r#""containers":["#, r#""containers":7,"were":["#);
    Frame::data(text.into())
}

/// The pods of the default namespace by their names, each with what it asks for where that is known.
async fn pods(kube: &dyn KubeApi) -> Answer<String> {
    let mut all = kube.pods().await?;
    all.retain(|one| one.namespace == "default");
    let told = all.iter().map(|one| {
        let asks = format!("{}m", one.asks.cpu_milli);
        format!("{} {}", one.name, if one.readable { &asks } else { "?" })
    });
    Ok(told.collect::<Vec<_>>().join(", "))
}

const PODS: &str = "/api/v1/namespaces/default/pods";

impl Bench {
    /// Something that nobody watches changes so often; 2,000 changes are remembered.
    async fn map_changes(&self, times: usize) {
        let maps = "/api/v1/namespaces/default/configmaps";
        let token = self.token().await;
        let map = json!({"metadata": {"name": "m"}});
        self.asks(&token, "POST", maps, &map).await;
        for nth in 0..times {
            let data = json!({"data": {"nth": nth.to_string()}});
            let path = format!("{maps}/m");
            self.asks(&token, "PATCH", &path, &data).await;
        }
    }

    async fn pod(&self, name: &str) {
        let requests = json!({"requests": {"cpu": "100m"}});
        let pod = json!({
            "metadata": {"name": name},
            "spec": {"containers": [{"name": "one", "image": "nginx", "resources": requests}]},
        });
        self.kubectl(PODS, pod).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "virtual time is tokio's")]
async fn rest(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// Until somebody hears of something, at most half a minute.
async fn news(heard: &mut watch::Receiver<()>) -> bool {
    let told = tokio::time::timeout(Duration::from_secs(30), heard.changed());
    told.await.is_ok_and(|told| told.is_ok())
}

/// A cluster whose nodes and pods are watched and were asked for once.
async fn watched() -> (Bench, Wire, Arc<dyn KubeApi>, watch::Receiver<()>) {
    let bench = Bench::new().await;
    let wire = Wire::to(&bench.twin);
    let kube = wire.connect(&bench).await;
    let mut heard = kube.watch();
    assert_eq!(kube.nodes_inside().await.unwrap().len(), 1);
    assert_eq!(pods(&*kube).await.unwrap(), "");
    rest(1).await;
    heard.mark_unchanged();
    (bench, wire, kube, heard)
}

#[tokio::test(start_paused = true)]
async fn what_begins_changes_and_ends_is_told_without_another_listing() {
    let (bench, wire, kube, mut heard) = watched().await;
    bench.pod("a").await;
    assert!(news(&mut heard).await);
    assert_eq!(pods(&*kube).await.unwrap(), "a 100m");
    let node = kube.nodes_inside().await.unwrap().remove(0).node.name;
    let cordon = json!({"spec": {"unschedulable": true}});
    bench
        .kubectl_patch(&format!("/api/v1/nodes/{node}"), cordon)
        .await;
    assert!(news(&mut heard).await);
    assert!(kube.nodes_inside().await.unwrap()[0].cordoned);
    bench.kubectl_delete(&format!("{PODS}/a")).await;
    assert!(news(&mut heard).await);
    rest(35).await;
    assert_eq!(pods(&*kube).await.unwrap(), "");
    assert_eq!(wire.asked().0, 2, "{:?}", wire.asked.lock().unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_quiet_cluster_is_watched_on_and_tells_nothing() {
    let (bench, wire, kube, heard) = watched().await;
    bench.map_changes(500).await;
    rest(45).await;
    bench.map_changes(500).await;
    rest(550).await;
    let (listed, begun) = wire.asked();
    assert_eq!(listed, 2);
    assert!((58..=62).contains(&begun), "{begun}");
    assert!(!heard.has_changed().unwrap());
    bench.pod("a").await;
    rest(1).await;
    assert_eq!(pods(&*kube).await.unwrap(), "a 100m");
    drop(kube);
    rest(600).await;
    let (_, after) = wire.asked();
    assert_eq!(after, begun, "it ends with its cluster");
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_was_cut_goes_on_where_it_was() {
    let (bench, wire, kube, mut heard) = watched().await;
    bench.pod("a").await;
    assert!(news(&mut heard).await);
    wire.weather.send_replace(Weather::Cut);
    bench.pod("b").await;
    bench.kubectl_delete(&format!("{PODS}/a")).await;
    rest(1).await;
    wire.weather.send_replace(Weather::Clear);
    rest(1).await;
    assert_eq!(pods(&*kube).await.unwrap(), "b 100m");
    let (listed, begun) = wire.asked();
    assert_eq!((listed, begun), (2, 3), "only pods were heard of by then");
}

#[tokio::test(start_paused = true)]
async fn what_was_compacted_meanwhile_is_listed() {
    let (bench, wire, kube, mut heard) = watched().await;
    bench.pod("a").await;
    assert!(news(&mut heard).await);
    wire.weather.send_replace(Weather::Cut);
    rest(1).await;
    bench.kubectl_delete(&format!("{PODS}/a")).await;
    bench.map_changes(2_100).await;
    heard.mark_unchanged();
    wire.weather.send_replace(Weather::Clear);
    assert!(news(&mut heard).await, "what is not known is told");
    assert_eq!(pods(&*kube).await.unwrap(), "");
    bench.pod("b").await;
    assert!(news(&mut heard).await, "it is watched again");
    assert_eq!(pods(&*kube).await.unwrap(), "b 100m");
    assert_eq!(wire.asked(), (3, 4));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_open_on_one_side_only_is_caught() {
    let (bench, wire, kube, mut heard) = watched().await;
    bench.pod("a").await;
    assert!(news(&mut heard).await);
    wire.weather.send_replace(Weather::HalfOpen);
    bench.pod("b").await;
    rest(1).await;
    assert!(!heard.has_changed().unwrap());
    rest(24).await;
    assert!(heard.has_changed().unwrap());
    assert_eq!(pods(&*kube).await.unwrap(), "a 100m, b 100m");
}

#[tokio::test(start_paused = true)]
async fn who_may_not_watch_is_asked_as_often_as_the_engine_asks() {
    let bench = Bench::new().await;
    let wire = Wire::to(&bench.twin);
    let kube = wire.connect(&bench).await;
    let heard = kube.watch();
    for (nth, weather) in [Weather::Forbidden, Weather::Empty, Weather::Empty]
        .into_iter()
        .enumerate()
    {
        wire.weather.send_replace(weather);
        bench.pod(&format!("p{nth}")).await;
        let told = pods(&*kube).await.unwrap();
        assert!(told.ends_with(&format!("p{nth} 100m")), "{told}");
        rest(60).await;
    }
    assert_eq!(wire.asked(), (3, 3));
    assert!(!heard.has_changed().unwrap());
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_odd_costs_its_own_row_only() {
    let (bench, wire, kube, mut heard) = watched().await;
    bench.pod("a").await;
    assert!(news(&mut heard).await);
    wire.weather.send_replace(Weather::Odd);
    bench.pod("b").await;
    assert!(news(&mut heard).await);
    wire.weather.send_replace(Weather::Clear);
    bench.pod("c").await;
    assert!(news(&mut heard).await);
    assert_eq!(pods(&*kube).await.unwrap(), "a 100m, b ?, c 100m");
    assert_eq!(wire.asked().0, 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_taken_back_shows_no_rows_though_its_watch_goes_on() {
    let (bench, _, kube, _) = watched().await;
    let path = format!("/v4/lke/clusters/{}/kubeconfig", bench.cluster);
    bench.linode("DELETE", &path, serde_json::Value::Null).await;
    let failure = kube.nodes_inside().await.unwrap_err();
    assert_eq!(failure.kind, Kind::Unauthorized);
    rest(45).await;
    let failure = kube.pods().await.unwrap_err();
    assert_eq!(failure.kind, Kind::Unauthorized);
}

#[tokio::test]
async fn a_server_that_starts_again_is_unknown_and_then_right() {
    let bench = Bench::new().await;
    let served = sim::serve(bench.twin.clone(), None).await.unwrap();
    let kube = KubeRs::live()
        .connect(&bench.kubeconfig().await)
        .await
        .unwrap();
    let mut heard = kube.watch();
    assert_eq!(kube.nodes_inside().await.unwrap().len(), 1);
    bench.pod("a").await;
    assert_eq!(pods(&*kube).await.unwrap(), "a 100m");
    bench.pod("b").await;
    assert!(news(&mut heard).await);
    assert_eq!(pods(&*kube).await.unwrap(), "a 100m, b 100m");
    drop(served);
    assert!(news(&mut heard).await, "that it broke off is told");
    assert!(kube.nodes_inside().await.is_err());
    assert!(pods(&*kube).await.is_err());
    let served = sim::serve(bench.twin.clone(), None).await.unwrap();
    bench.kubectl_delete(&format!("{PODS}/a")).await;
    rest(2).await;
    assert_eq!(kube.nodes_inside().await.unwrap().len(), 1);
    let told = pods(&*kube).await.unwrap();
    assert!(told.contains("b 100m"), "{told}");
    heard.mark_unchanged();
    bench.pod("c").await;
    assert!(news(&mut heard).await, "it is watched again");
    drop(served);
}
