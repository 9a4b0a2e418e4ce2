//! What a cluster tells of itself: its events. Each is noted as a fact beside the object that it is
//! about, and becomes an object when somebody asks for events: most clusters of a test are never
//! asked. From then on each is written at once, so that a watch sees it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Inner;
use super::kinds::{Kind, known};
use super::peek::{list, text};
use super::store::{Key, scramble};
use super::write::{create, stamp, take_away};

/// How many are kept until somebody asks.
const PENDING_MAX: usize = 4_000;
/// How long an event is kept, in seconds, as a real API server does.
const KEPT_SECONDS: i64 = 3_600;
/// How many of the same reason are told one by one, and for how long they are counted, in seconds.
const ALIKE_MAX: usize = 10;
const ALIKE_SECONDS: i64 = 600;

/// What happened to an object.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// A Deployment wrote another count of a set.
    Scaled {
        /// The set.
        set: String,
        /// Before and after.
        counts: (i64, i64),
    },
    /// A controller made a pod.
    Made(Arc<Value>),
    /// A controller took a pod away.
    Ended(Arc<Value>),
    /// A pod got its node.
    Bound,
    /// The images of a pod are fetched.
    Pulling,
    /// The containers of a pod run.
    Started,
    /// The containers of a pod are stopped.
    Killing,
    /// A node joined.
    Joined,
    /// Anything else: `Normal` or `Warning`, the reason, who tells it, and the words.
    Said(&'static str, &'static str, &'static str, String),
}

/// The events of a cluster that are not written yet.
#[derive(Default)]
pub(super) struct Told {
    pending: VecDeque<(Timestamp, Arc<Value>, What)>,
    /// Whether somebody asked for events once.
    asked: bool,
    /// How many were written.
    written: u64,
    /// The event that tells these words, by their hash.
    known: BTreeMap<u64, Key>,
    /// Different words of one reason about one object: their hashes, and when the last was told.
    alike: BTreeMap<u64, (BTreeSet<u64>, Timestamp)>,
}

impl Inner {
    /// Something happened to an object.
    pub(super) fn tell(&mut self, about: &Arc<Value>, what: What, now: Timestamp) {
        if self.told.asked {
            write(self, about, &what, now);
            return;
        }
        let pending = &mut self.told.pending;
        if pending.len() == PENDING_MAX {
            pending.pop_front();
        }
        pending.push_back((now, Arc::clone(about), what));
    }
}

/// Writes what was told so far.
pub(super) fn write_down(inner: &mut Inner) {
    for (at, about, what) in std::mem::take(&mut inner.told.pending) {
        write(inner, &about, &what, at);
    }
}

/// Somebody asks for events: those of the last hour are there.
pub(super) fn asked(inner: &mut Inner, now: Timestamp) {
    inner.told.asked = true;
    write_down(inner);
    let is_old = |event: &Value| {
        let last: Result<Timestamp, _> = text(event, "/lastTimestamp").parse();
        last.is_ok_and(|last| now.as_second() - last.as_second() > KEPT_SECONDS)
    };
    let all = inner.store.list(kind(), None);
    let old: Vec<Key> = all
        .filter(|(_, event)| is_old(event))
        .map(|(key, _)| key.clone())
        .collect();
    for key in old {
        take_away(inner, &key, now);
    }
    let Told { known, alike, .. } = &mut inner.told;
    known.retain(|_, key| inner.store.get(key).is_some());
    alike.retain(|_, (_, last)| now.as_second() - last.as_second() <= KEPT_SECONDS);
}

/// An event in words.
struct Words {
    kind: &'static str,
    reason: &'static str,
    from: &'static str,
    message: String,
    /// The part of the object.
    part: String,
}

fn words(
    kind: &'static str,
    reason: &'static str,
    from: &'static str,
    message: impl Into<String>,
) -> Words {
    Words {
        kind,
        reason,
        from,
        message: message.into(),
        part: String::new(),
    }
}

fn normal(reason: &'static str, from: &'static str, message: impl Into<String>) -> Words {
    words("Normal", reason, from, message)
}

/// The same for each container of a pod.
fn each(
    pod: &Value,
    reason: &'static str,
    message: impl Fn(&str, &str) -> String,
) -> impl Iterator<Item = Words> {
    let containers = list(pod, "/spec/containers").iter();
    containers.map(move |one| {
        let (name, image) = (text(one, "/name"), text(one, "/image"));
        let mut words = normal(reason, "kubelet", message(name, image));
        words.part = format!("spec.containers{{{name}}}");
        words
    })
}

fn spoken(about: &Value, what: &What) -> Vec<Words> {
    let name = text(about, "/metadata/name");
    let pod_of = |pod: &Value| text(pod, "/metadata/name").to_owned();
    match what {
        What::Scaled { set, counts } => {
            let (from, to) = counts;
            let way = if to > from { "up" } else { "down" };
            let message = format!("Scaled {way} replica set {set} from {from} to {to}");
            vec![normal(
                "ScalingReplicaSet",
                "deployment-controller",
                message,
            )]
        }
        What::Made(pod) => {
            let message = match text(about, "/kind") {
                "StatefulSet" => {
                    format!(
                        "Create Pod {} in StatefulSet {name} successful",
                        pod_of(pod)
                    )
                }
                _ => format!("Created pod: {}", pod_of(pod)),
            };
            vec![normal("SuccessfulCreate", controller(about), message)]
        }
        What::Ended(pod) => {
            let message = match text(about, "/kind") {
                "StatefulSet" => {
                    format!(
                        "Delete Pod {} in StatefulSet {name} successful",
                        pod_of(pod)
                    )
                }
                _ => format!("Deleted pod: {}", pod_of(pod)),
            };
            vec![normal("SuccessfulDelete", controller(about), message)]
        }
        What::Bound => {
            let (home, node) = (
                text(about, "/metadata/namespace"),
                text(about, "/spec/nodeName"),
            );
            let message = format!("Successfully assigned {home}/{name} to {node}");
            vec![normal("Scheduled", "default-scheduler", message)]
        }
        What::Pulling => {
            let message = |_: &str, image: &str| format!("Pulling image \"{image}\"");
            each(about, "Pulling", message).collect()
        }
        What::Started => {
            let pulled = |_: &str, image: &str| format!("Successfully pulled image \"{image}\"");
            let created = |name: &str, _: &str| format!("Created container: {name}");
            let started = |name: &str, _: &str| format!("Started container {name}");
            let pulled = each(about, "Pulled", pulled);
            let created = each(about, "Created", created);
            let all = pulled.chain(created);
            all.chain(each(about, "Started", started)).collect()
        }
        What::Killing => {
            let message = |name: &str, _: &str| format!("Stopping container {name}");
            each(about, "Killing", message).collect()
        }
        What::Joined => {
            let is_now = |status| format!("Node {name} status is now: {status}");
            let registered = format!("Node {name} event: Registered Node {name} in Controller");
            vec![
                normal("Starting", "kubelet", "Starting kubelet."),
                normal("RegisteredNode", "node-controller", registered),
                normal("NodeReady", "kubelet", is_now("NodeReady")),
            ]
        }
        What::Said(kind, reason, from, message) => {
            vec![words(kind, reason, from, message.as_str())]
        }
    }
}

/// By which name a controller tells its events.
fn controller(of: &Value) -> &'static str {
    match text(of, "/kind") {
        "ReplicaSet" => "replicaset-controller",
        "DaemonSet" => "daemonset-controller",
        "StatefulSet" => "statefulset-controller",
        "CronJob" => "cronjob-controller",
        _ => "job-controller",
    }
}

fn hash(words: &[&str]) -> u64 {
    let bytes = words.iter().flat_map(|one| one.bytes());
    bytes.fold(7, |hash, byte| scramble(hash ^ u64::from(byte)))
}

impl Told {
    /// The words as they are told: too many alike are told by one event.
    fn combined(&mut self, uid: &str, words: &mut Words, at: Timestamp) -> u64 {
        let reason = hash(&[uid, words.from, words.reason, &words.part]);
        let exact = hash(&[uid, words.reason, &words.message, &words.part]);
        let (seen, last) = self
            .alike
            .entry(reason)
            .or_insert_with(|| (BTreeSet::new(), at));
        if at.as_second() - last.as_second() > ALIKE_SECONDS {
            seen.clear();
        }
        *last = at;
        if seen.len() >= ALIKE_MAX && !seen.contains(&exact) {
            words.message = format!("(combined from similar events): {}", words.message);
            return reason;
        }
        seen.insert(exact);
        exact
    }
}

/// An event for each of the words; the same words again count up.
fn write(inner: &mut Inner, about: &Value, what: &What, at: Timestamp) {
    for mut words in spoken(about, what) {
        let name = text(about, "/metadata/name");
        let home = match text(about, "/metadata/namespace") {
            // As a real cluster does for what lives in no namespace.
            "" => "default",
            home => home,
        };
        // A kubelet does not know its node's uid, and says the name.
        let uid = match (text(about, "/kind"), words.from) {
            ("Node", "kubelet") => name,
            _ => text(about, "/metadata/uid"),
        };
        let hash = inner.told.combined(uid, &mut words, at);
        let known = inner.told.known.get(&hash);
        let before = known.and_then(|key| Some((key.clone(), inner.store.get(key)?.clone())));
        if let Some((key, before)) = before {
            let mut again = Value::clone(&before);
            again["count"] = json!(again["count"].as_u64().unwrap_or(1) + 1);
            again["lastTimestamp"] = stamp(at);
            again["message"] = json!(words.message);
            inner.store.put(key, again);
            continue;
        }
        // By name they come in their order.
        inner.told.written += 1;
        let nanoseconds = u64::try_from(at.as_nanosecond()).unwrap_or_default();
        let nth = nanoseconds.wrapping_add(inner.told.written);
        let key = Key::core("events", home, &format!("{name}.{nth:016x}"));
        let event = event(about, &words, (&key, uid), at);
        // Refused where the namespace is going away: nobody will read it there.
        if create(inner, kind(), home, event, false, at).is_ok() {
            inner.told.known.insert(hash, key);
        }
    }
}

fn kind() -> &'static Kind {
    known("", "events")
}

fn event(about: &Value, words: &Words, (key, uid): (&Key, &str), at: Timestamp) -> Value {
    let name = text(about, "/metadata/name");
    let mut involved = json!({
        "kind": about["kind"], "apiVersion": about["apiVersion"], "name": name, "uid": uid,
        "resourceVersion": about["metadata"]["resourceVersion"],
    });
    if !text(about, "/metadata/namespace").is_empty() {
        involved["namespace"] = json!(key.namespace);
    }
    if !words.part.is_empty() {
        involved["fieldPath"] = json!(words.part);
    }
    let mut source = json!({"component": words.from});
    if words.from == "kubelet" {
        let node = text(about, "/spec/nodeName");
        source["host"] = json!(if node.is_empty() { name } else { node });
    }
    json!({
        "metadata": {"name": key.name},
        "involvedObject": involved,
        "type": words.kind, "reason": words.reason, "message": words.message, "count": 1,
        "source": source, "reportingComponent": words.from, "reportingInstance": "",
        "eventTime": null, "firstTimestamp": stamp(at), "lastTimestamp": stamp(at),
    })
}
