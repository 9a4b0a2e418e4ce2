//! The scheduler: a pod that names no node gets the emptiest one that it may run on and that has
//! room for it; one that fits nowhere waits, and says why as the real scheduler does.
//!
//! Deliberately absent: preemption, spreading and affinity between pods.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::amounts::Amounts;
use super::events::What;
use super::kinds::known;
use super::peek::{is_leaving, list, map, map_text, text};
use super::store::Key;
use super::write::stamp;
use super::{Effect, Inner, fit, pods};

/// What the scheduler remembers, so that placing a pod reads no other pod.
#[derive(Default)]
pub(super) struct Desk {
    booked: BTreeMap<Key, Booking>,
    /// What each node has given away.
    load: BTreeMap<String, Amounts>,
    /// Pods that fit nowhere.
    pub waiting: BTreeSet<Key>,
    /// How many pods keep a node from being idle.
    held: BTreeMap<String, u32>,
    /// Nodes that run nothing but daemons, and since when.
    pub idle: BTreeMap<String, Timestamp>,
    /// Whether the autoscaler was told and has not looked since.
    pub told_waiting: bool,
    pub told_idle: bool,
}

struct Booking {
    node: String,
    asked: Amounts,
    /// Whether the autoscaler takes the node away for all that.
    light: bool,
}

impl Desk {
    /// What a node has given away.
    pub(super) fn load(&self, node: &str) -> Amounts {
        self.load.get(node).cloned().unwrap_or_default()
    }

    fn book(&mut self, key: &Key, pod: &Value) {
        let (node, spec) = (text(pod, "/spec/nodeName"), &pod["spec"]);
        let asked = Amounts::asked(spec);
        self.load.entry(node.to_owned()).or_default().add(&asked);
        let light = is_light(pod);
        if !light {
            *self.held.entry(node.to_owned()).or_default() += 1;
            self.idle.remove(node);
        }
        let node = node.to_owned();
        self.booked
            .insert(key.clone(), Booking { node, asked, light });
    }

    /// The pod takes up nothing any more; its node, when it is idle now.
    fn unbook(&mut self, key: &Key) -> Option<String> {
        let was = self.booked.remove(key)?;
        if let Some(load) = self.load.get_mut(&was.node) {
            load.take(&was.asked);
        }
        let held = self.held.get_mut(&was.node).filter(|_| !was.light);
        let left = held.map(|held| {
            *held -= 1;
            *held
        });
        (left == Some(0)).then_some(was.node)
    }

    /// A node is there, empty.
    pub(super) fn joined(&mut self, node: &str, now: Timestamp) {
        self.idle.entry(node.to_owned()).or_insert(now);
    }

    /// A node is gone.
    pub(super) fn left(&mut self, node: &str) {
        self.idle.remove(node);
        self.held.remove(node);
        self.load.remove(node);
    }
}

/// Whether the pod does not keep the autoscaler from taking its node.
fn is_light(pod: &Value) -> bool {
    let owners = list(pod, "/metadata/ownerReferences").iter();
    let mut kinds = owners.map(|one| text(one, "/kind"));
    let safe = "/metadata/annotations/cluster-autoscaler.kubernetes.io~1safe-to-evict";
    kinds.any(|kind| kind == "DaemonSet") || text(pod, safe) == "true"
}

/// A pod was made or changed: what it takes up is known, and one without a node gets one.
pub(super) fn pod_changed(inner: &mut Inner, key: &Key, pod: &Arc<Value>, now: Timestamp) {
    let over = matches!(text(pod, "/status/phase"), "Succeeded" | "Failed");
    let bound = !text(pod, "/spec/nodeName").is_empty();
    if over || bound {
        inner.desk.waiting.remove(key);
    }
    match (over, inner.desk.booked.contains_key(key)) {
        (true, true) => freed(inner, key, now),
        (false, false) if bound => inner.desk.book(key, pod),
        (false, false) if !is_leaving(pod) && list(pod, "/spec/schedulingGates").is_empty() => {
            place(inner, key, pod, now);
        }
        _ => {}
    }
}

/// A pod is gone.
pub(super) fn pod_gone(inner: &mut Inner, key: &Key, now: Timestamp) {
    inner.desk.waiting.remove(key);
    if inner.desk.booked.contains_key(key) {
        freed(inner, key, now);
    }
}

/// A namespace goes with all that is in it: none of its pods gets a node any more.
pub(super) fn namespace_leaves(inner: &mut Inner, namespace: &str) {
    inner.desk.waiting.retain(|key| key.namespace != namespace);
}

/// There is room again.
fn freed(inner: &mut Inner, key: &Key, now: Timestamp) {
    if let Some(node) = inner.desk.unbook(key)
        && inner.store.get(&Key::core("nodes", "", &node)).is_some()
    {
        inner.desk.idle.insert(node, now);
        if !inner.desk.told_idle {
            inner.desk.told_idle = true;
            inner.effects.push_back(Effect::NodesIdle);
        }
    }
    retry(inner, now);
}

/// Something changed that may let in who waits, oldest first.
pub(super) fn retry(inner: &mut Inner, now: Timestamp) {
    if inner.desk.waiting.is_empty() {
        return;
    }
    let waiting = inner.desk.waiting.iter();
    let mut each: Vec<(String, Key)> = waiting
        .filter_map(|key| {
            let pod = inner.store.get(key)?;
            let since = text(pod, "/metadata/creationTimestamp").to_owned();
            Some((since, key.clone()))
        })
        .collect();
    each.sort();
    for (_, key) in each {
        if let Some(pod) = inner.store.get(&key).cloned() {
            place(inner, &key, &pod, now);
        }
    }
}

fn place(inner: &mut Inner, key: &Key, pod: &Arc<Value>, now: Timestamp) {
    match choose(inner, key, pod) {
        Ok(node) => {
            inner.desk.waiting.remove(key);
            let mut pod = Value::clone(pod);
            map(&mut pod, "spec").insert("nodeName".to_owned(), json!(node));
            tell_place(inner, &mut pod, &node);
            let conditions = json!([{
                "type": "PodScheduled", "status": "True", "lastTransitionTime": stamp(now),
            }]);
            map(&mut pod, "status").insert("conditions".to_owned(), conditions);
            let pod = inner.store.put(key.clone(), pod);
            inner.tell(&pod, What::Bound, now);
            inner.desk.book(key, &pod);
            pods::begin(inner, key, &pod, now);
        }
        Err(why) => waits(inner, key, pod, &why, now),
    }
}

/// From 1.35 on a pod bears where its node is.
pub(super) fn tell_place(inner: &Inner, pod: &mut Value, node: &str) {
    if !since(&inner.version, 35) {
        return;
    }
    let Some(node) = inner.store.get(&Key::core("nodes", "", node)) else {
        return;
    };
    for label in [
        "topology.kubernetes.io/region",
        "topology.kubernetes.io/zone",
    ] {
        let place = map_text(node, "/metadata/labels", label);
        if !place.is_empty() {
            map(&mut pod["metadata"], "labels").insert(label.to_owned(), json!(place));
        }
    }
}

/// The node for a pod, or why there is none.
fn choose(inner: &Inner, key: &Key, pod: &Value) -> Result<String, String> {
    let spec = &pod["spec"];
    let (asked, named) = (Amounts::asked(spec), names_taints(&inner.version));
    let mut best: Option<(u64, &str)> = None;
    let mut reasons: BTreeMap<String, u32> = BTreeMap::new();
    let (mut all, mut crowded) = (0_u32, 0_u32);
    let claims = unbound_claim(inner, key, spec);
    for (node_key, node) in inner.store.list(known("", "nodes"), None) {
        all += 1;
        let name = node_key.name.as_str();
        if claims.is_some() {
            continue;
        }
        if let Some(why) = fit::objection(spec, node, named) {
            *reasons.entry(why).or_default() += 1;
            continue;
        }
        let (given, mut load) = (Amounts::given(node), inner.desk.load(name));
        let lacks = given.lacks(&load, &asked);
        if lacks.is_empty() {
            load.add(&asked);
            let fullness = given.fullness(&load);
            if best.is_none_or(|(other, _)| fullness < other) {
                best = Some((fullness, name));
            }
        } else if lacks.iter().all(|(_, would)| *would) {
            crowded += 1;
        }
        for (why, _) in lacks {
            *reasons.entry(why).or_default() += 1;
        }
    }
    if let Some((_, name)) = best {
        return Ok(name.to_owned());
    }
    if all == 0 {
        return Err("no nodes available to schedule pods".to_owned());
    }
    let mut why: Vec<String> = match claims {
        Some(claims) => vec![claims],
        None => reasons
            .iter()
            .map(|(why, count)| format!("{count} {why}"))
            .collect(),
    };
    why.sort();
    let mut help = Vec::new();
    if crowded > 0 {
        help.push(format!(
            "{crowded} No preemption victims found for incoming pod"
        ));
    }
    if all > crowded {
        help.push(format!(
            "{} Preemption is not helpful for scheduling",
            all - crowded
        ));
    }
    help.sort();
    let claims = if since(&inner.version, 34) {
        "no new claims to deallocate, "
    } else {
        ""
    };
    Err(format!(
        "0/{all} nodes are available: {}. {claims}preemption: 0/{all} nodes are available: {}.",
        why.join(", "),
        help.join(", "),
    ))
}

/// Until 1.34 the scheduler names the taints that keep a pod away.
pub(super) fn names_taints(version: &str) -> bool {
    !since(version, 35)
}

/// Whether a version has what came with a minor one.
pub(super) fn since(version: &str, minor: u32) -> bool {
    let own = version.split('.').nth(1).and_then(|own| own.parse().ok());
    own.is_some_and(|own: u32| own >= minor)
}

/// A claim that has no volume yet: what its class binds at once is waited for.
fn unbound_claim(inner: &Inner, key: &Key, spec: &Value) -> Option<String> {
    let volumes = list(spec, "/volumes").iter();
    let mut names = volumes
        .map(|one| text(one, "/persistentVolumeClaim/claimName"))
        .filter(|name| !name.is_empty());
    names.find_map(|name| {
        let claim = Key::core("persistentvolumeclaims", &key.namespace, name);
        match inner.store.get(&claim) {
            None => Some(format!("persistentvolumeclaim \"{name}\" not found")),
            Some(claim) if text(claim, "/spec/volumeName").is_empty() => {
                Some("pod has unbound immediate PersistentVolumeClaims".to_owned())
            }
            Some(_) => None,
        }
    })
}

/// A pod fits nowhere: it and an event say so, and the autoscaler looks.
fn waits(inner: &mut Inner, key: &Key, pod: &Arc<Value>, why: &str, now: Timestamp) {
    let new = inner.desk.waiting.insert(key.clone());
    if new && !inner.desk.told_waiting {
        inner.desk.told_waiting = true;
        inner.effects.push_back(Effect::NodesWanted);
    }
    if text(pod, "/status/conditions/0/message") == why {
        return;
    }
    let mut changed = Value::clone(pod);
    let conditions = json!([{
        "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": why,
        "lastTransitionTime": stamp(now),
    }]);
    map(&mut changed, "status").insert("conditions".to_owned(), conditions);
    inner.store.put(key.clone(), changed);
    let (reason, from) = ("FailedScheduling", "default-scheduler");
    let said = What::Said("Warning", reason, from, why.to_owned());
    inner.tell(pod, said, now);
}

/// What the scheduler would remember of a cluster that was saved.
pub(super) fn rebuild(inner: &mut Inner, idle: BTreeMap<String, Timestamp>) {
    let pods: Vec<(Key, Arc<Value>)> = inner
        .store
        .list(known("", "pods"), None)
        .map(|(key, pod)| (key.clone(), Arc::clone(pod)))
        .collect();
    for (key, pod) in pods {
        let over = matches!(text(&pod, "/status/phase"), "Succeeded" | "Failed");
        if !over && !text(&pod, "/spec/nodeName").is_empty() {
            inner.desk.book(&key, &pod);
        } else if text(&pod, "/status/conditions/0/reason") == "Unschedulable" {
            inner.desk.waiting.insert(key);
        }
    }
    inner.desk.idle = idle;
}
