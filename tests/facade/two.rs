//! Two computers, each with a home of its own, on one account of one demo cloud.

use bytes::Bytes;
use domain::spec::{Spec, Stops};
use domain::view::{Problem, Whose};
use domain::{DeploymentId, Owner};
use engine::facade::{Brief, Engine, For};
use engine::protocol::PROTOCOL;
use http_body_util::BodyExt as _;
use jiff::SignedDuration;
use quaylight_tests::memory::{Computer, MemoryJournals};
use serde_json::{Value, json};
use sim::{Options, Twin};
use std::sync::Arc;
use tower::ServiceExt as _;

/// A demo cloud with computers at it.
pub(crate) struct Pair {
    pub(crate) twin: Twin,
    pub(crate) first: Computer,
    pub(crate) second: Computer,
    pub(crate) one: Arc<Engine>,
    pub(crate) other: Arc<Engine>,
}

/// A computer of its own, with an empty home.
pub(crate) fn computer(number: u32) -> Computer {
    Computer {
        journals: Arc::new(MemoryJournals::default()),
        owner: Owner::new(number),
        ids: Some(u64::from(number) << 32),
        token: format!("token-{number}"),
        ..Computer::default()
    }
}

pub(crate) fn spec() -> Spec {
    let mine = Some(vec!["203.0.113.7/32".parse().unwrap()]);
    Spec {
        kubectl_access: mine.clone(),
        ui_access: mine,
        ..Spec::for_user("ada")
    }
}

impl Pair {
    pub(crate) async fn new() -> Self {
        let options = Options {
            seed: 5,
            start: Some("2026-11-23T10:00:00Z".parse().unwrap()),
            ..Options::default()
        };
        let twin = Twin::new(options).unwrap();
        let (first, second) = (computer(1), computer(2));
        let one = first.start(&twin, &PROTOCOL).await;
        let other = second.start(&twin, &PROTOCOL).await;
        Self {
            twin,
            first,
            second,
            one,
            other,
        }
    }

    /// With a deployment that the first computer made and that stands.
    pub(crate) async fn deployed() -> (Self, DeploymentId) {
        Self::deployed_as(spec()).await
    }

    /// The same, stopping so many minutes after its acceptance.
    pub(crate) async fn stopping(minutes: u32) -> (Self, DeploymentId) {
        let stops = Stops::AfterMinutes(minutes);
        Self::deployed_as(Spec { stops, ..spec() }).await
    }

    async fn deployed_as(spec: Spec) -> (Self, DeploymentId) {
        let pair = Self::new().await;
        let id = begin(&pair.one, spec).await;
        pair.one.wait(&id).await;
        pair.other.look_around().await.unwrap();
        (pair, id)
    }

    /// Another process on the first computer.
    pub(crate) async fn restart_first(&mut self) {
        self.one = self.first.start(&self.twin, &PROTOCOL).await;
    }

    /// Another process on the second computer.
    pub(crate) async fn restart_second(&mut self) {
        self.other = self.second.start(&self.twin, &PROTOCOL).await;
    }

    /// A request of somebody on the account.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        ask(&self.twin, method, path, body).await
    }

    /// The tags of every cluster and firewall, with what they are on.
    pub(crate) async fn tags(&self) -> Vec<(String, Vec<String>)> {
        let mut out = Vec::new();
        let clusters = self.listed("/v4/lke/clusters").await;
        for cluster in &clusters {
            out.push(("cluster".to_owned(), tags_of(cluster)));
        }
        for firewall in self.listed("/v4/networking/firewalls").await {
            out.push(("firewall".to_owned(), tags_of(&firewall)));
        }
        out
    }

    pub(crate) async fn listed(&self, path: &str) -> Vec<Value> {
        let listed = self.ask("GET", path, &Value::Null).await;
        listed["data"].as_array().cloned().unwrap_or_default()
    }

    /// The owner tags that stand anywhere on the account, each once.
    pub(crate) async fn owners(&self) -> Vec<String> {
        let all = self.tags().await.into_iter().flat_map(|(_, tags)| tags);
        let mut owners: Vec<String> = all.filter(|tag| Owner::read(tag).is_some()).collect();
        owners.sort();
        owners.dedup();
        owners
    }

    /// Somebody writes all tags of the one cluster.
    pub(crate) async fn put_tags(&self, tags: &[&str]) {
        let path = format!("/v4/lke/clusters/{}", self.cluster().await);
        self.ask("PUT", &path, &json!({ "tags": tags })).await;
    }

    /// The id of the one cluster.
    pub(crate) async fn cluster(&self) -> u64 {
        let clusters = self.listed("/v4/lke/clusters").await;
        assert_eq!(clusters.len(), 1, "{clusters:?}");
        clusters[0]["id"].as_u64().unwrap()
    }

    /// Rows of the ledger that are alive.
    pub(crate) fn alive(&self) -> usize {
        let (_, ledger) = self.twin.demo("GET", "/_demo/ledger", &Value::Null);
        ledger["alive"].as_array().map_or(0, Vec::len)
    }

    /// How often something was written.
    pub(crate) fn writes(&self) -> u64 {
        ["POST", "PUT", "DELETE"]
            .map(|one| self.calls(one))
            .iter()
            .sum()
    }

    /// How often requests with this method were sent.
    pub(crate) fn calls(&self, method: &str) -> u64 {
        let (_, calls) = self.twin.demo("GET", "/_demo/calls", &Value::Null);
        let all = calls.as_object().unwrap().iter();
        let own = all.filter(|(call, _)| call.starts_with(method) && !call.contains("_demo"));
        own.filter_map(|(_, times)| times.as_u64()).sum()
    }

    pub(crate) fn now(&self) -> jiff::Timestamp {
        let (_, clock) = self.twin.demo("GET", "/_demo/clock", &Value::Null);
        clock["now"].as_str().unwrap().parse().unwrap()
    }

    /// Sleeps until so long after the acceptance.
    pub(crate) async fn until(&self, from: jiff::Timestamp, after: SignedDuration) {
        let left = (from + after).duration_since(self.now());
        crate::bench::tokio_sleep(left.as_secs().max(0).cast_unsigned()).await;
    }
}

fn tags_of(row: &Value) -> Vec<String> {
    let tags = row["tags"].as_array().cloned().unwrap_or_default();
    let text = |tag: Value| tag.as_str().map(ToOwned::to_owned);
    tags.into_iter().filter_map(text).collect()
}

/// A request of somebody on the account.
pub(crate) async fn ask(twin: &Twin, method: &str, path: &str, body: &Value) -> Value {
    let body = if body.is_null() {
        Bytes::new()
    } else {
        Bytes::from(body.to_string())
    };
    let request = http::Request::builder()
        .method(method)
        .uri(format!("http://127.0.0.1:1{path}"))
        .header("authorization", "Bearer somebody-else")
        .header("content-type", "application/json")
        .body(body)
        .unwrap();
    let reply = twin.service().oneshot(request).await.unwrap();
    let status = reply.status();
    let body = reply.into_body().collect().await.unwrap().to_bytes();
    let body = serde_json::from_slice(&body).unwrap();
    assert!(status.is_success(), "{method} {path}: {status} {body}");
    body
}

/// Accepts a create.
pub(crate) async fn begin(engine: &Engine, spec: Spec) -> DeploymentId {
    let review = engine.review(spec, For::New).await.unwrap();
    let plan = review.plan.expect("a plan");
    engine.accept(&plan, false).await.unwrap()
}

/// The one deployment that a computer shows.
pub(crate) fn only(engine: &Engine) -> Brief {
    let mut all = engine.list();
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// Whose the one deployment is, by a look now.
pub(crate) async fn whose(engine: &Engine) -> Whose {
    engine.look_around().await.unwrap();
    only(engine).whose
}

pub(crate) fn code<T>(answer: Result<T, Problem>) -> String {
    answer.err().map_or("fine".to_owned(), |one| one.code)
}
