//! A cluster whose time passes: what its controllers wait for happens when it is due.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::{Cluster, Done, Effect};
use super::{cluster, gpu_node, minute, send_at};

/// How long an image takes to come, in seconds.
const IMAGE_SECONDS: i64 = 20;

pub(super) struct Life {
    pub(super) cluster: Cluster,
    now: Timestamp,
    dues: Vec<(Timestamp, Done)>,
}

impl Life {
    /// With one node of 4 CPUs.
    pub(super) fn new() -> Self {
        let cluster = cluster();
        let mut seed = gpu_node("one", 1);
        (seed.gpus, seed.taints) = (0, Vec::new());
        cluster.add_node(seed, minute(0));
        Self {
            cluster,
            now: minute(1),
            dues: Vec::new(),
        }
    }

    /// The answer to a request that must succeed.
    pub(super) async fn ok(&self, line: &str, body: Value) -> Value {
        let (status, answer) = send_at(&self.cluster, line, body, self.now).await;
        assert!(status < 300, "{line}: {status} {answer}");
        answer
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        self.ok(&format!("GET {path}"), Value::Null).await
    }

    /// The items of a list.
    pub(super) async fn list(&self, path: &str) -> Vec<Value> {
        let list = self.get(path).await;
        list["items"].as_array().cloned().unwrap_or_default()
    }

    /// Changes what a patch names.
    pub(super) async fn patch(&self, path: &str, patch: Value) -> Value {
        self.ok(&format!("PATCH {path}"), patch).await
    }

    /// So many seconds pass.
    pub(super) fn after(&mut self, seconds: i64) {
        let end = self.now + SignedDuration::from_secs(seconds);
        loop {
            for effect in self.cluster.take_effects() {
                self.plan(effect);
            }
            self.dues.sort_by_key(|(at, _)| *at);
            if self.dues.first().is_none_or(|(at, _)| *at > end) {
                break;
            }
            let (at, done) = self.dues.remove(0);
            self.now = at;
            self.cluster.finish(done, at);
        }
        self.now = end;
    }

    fn plan(&mut self, effect: Effect) {
        let (seconds, done) = match effect {
            Effect::PodRuns {
                namespace,
                name,
                uid,
                seconds,
            } => {
                let seconds = i64::try_from(seconds).unwrap();
                let done = Done::Pod {
                    namespace,
                    name,
                    uid,
                };
                (if seconds == 0 { IMAGE_SECONDS } else { seconds }, done)
            }
            Effect::Look {
                group,
                resource,
                namespace,
                name,
                seconds,
            } => {
                let done = Done::Look {
                    group,
                    resource,
                    namespace,
                    name,
                };
                (i64::try_from(seconds).unwrap(), done)
            }
            Effect::LoadBalancerWanted { .. }
            | Effect::LoadBalancerChanged { .. }
            | Effect::LoadBalancerGone { .. }
            | Effect::VolumeWanted { .. }
            | Effect::VolumeGone { .. }
            | Effect::DefinitionWanted { .. }
            | Effect::FirewallWished
            | Effect::NodesWanted
            | Effect::NodesIdle => return,
        };
        self.dues
            .push((self.now + SignedDuration::from_secs(seconds), done));
    }

    /// When the demo's second minute began, so many seconds ago.
    pub(super) fn clock(&self) -> i64 {
        self.now.as_second() - minute(1).as_second()
    }
}

/// A workload of one container.
pub(super) fn workload(name: &str, spec: &Value) -> Value {
    let mut out = json!({
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "app", "image": "nginx:1"}]},
            },
        },
    });
    for (field, value) in spec.as_object().into_iter().flatten() {
        out["spec"][field] = value.clone();
    }
    out
}

/// The patch that gives a workload another image.
pub(super) fn image(image: &str) -> Value {
    json!({"spec": {"template": {"spec": {"containers": [{"name": "app", "image": image}]}}}})
}
