//! The controller of Deployments: a ReplicaSet for each template that it had, and the way from one
//! to the next (`rollout`).

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::events::What;
use super::super::kinds::known;
use super::super::peek::{is_leaving, map, map_text, number, text};
use super::super::store::Key;
use super::super::write::{create, take_away};
use super::super::{Inner, owned};
use super::rollout::{self, Bounds, Counts};
use super::{TEMPLATE_HASH, hash, progress};

/// Counts up with each template, on the Deployment and on the set.
const REVISION: &str = "deployment.kubernetes.io/revision";
/// The revisions that a set had before, when it came back.
const HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// What the Deployment wanted when the set's count was last written.
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MOST: &str = "deployment.kubernetes.io/max-replicas";
const APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A ReplicaSet of the Deployment.
pub(super) struct Set {
    pub key: Key,
    pub object: Arc<Value>,
}

impl Set {
    fn counts(&self) -> Counts {
        Counts {
            wanted: number(&self.object, "/spec/replicas"),
            available: number(&self.object, "/status/availableReplicas"),
        }
    }

    fn revision(&self) -> i64 {
        let written = map_text(&self.object, "/metadata/annotations", REVISION);
        written.parse().unwrap_or(0)
    }

    /// Older ones first.
    fn age(&self) -> (String, i64) {
        let born = text(&self.object, "/metadata/creationTimestamp").to_owned();
        (born, self.revision())
    }
}

/// The set of the template as it is, and those of the templates before it, oldest first.
pub(super) struct Sets {
    pub new: Option<Set>,
    pub old: Vec<Set>,
}

impl Sets {
    fn of(inner: &mut Inner, key: &Key, deployment: &Value) -> Self {
        let hash = hash(&deployment["spec"]["template"]);
        let all = owned::claim(inner, known("apps", "replicasets"), key, deployment);
        let all = all.into_iter().map(|(key, object)| Set { key, object });
        let (new, mut old): (Vec<Set>, Vec<Set>) =
            all.partition(|set| map_text(&set.object, "/metadata/labels", TEMPLATE_HASH) == hash);
        old.sort_by_key(Set::age);
        let new = new.into_iter().next();
        Self { new, old }
    }

    fn all(&self) -> impl Iterator<Item = &Set> {
        self.old.iter().chain(&self.new)
    }

    /// A count over all sets.
    pub(super) fn sum(&self, field: &str) -> i64 {
        self.all().map(|set| number(&set.object, field)).sum()
    }
}

/// A Deployment or one of its sets changed.
pub(super) fn sync(inner: &mut Inner, key: &Key, now: Timestamp) {
    let Some(deployment) = inner.store.get(key).cloned() else {
        return;
    };
    if is_leaving(&deployment) {
        return;
    }
    let mut sets = Sets::of(inner, key, &deployment);
    let spec = &deployment["spec"];
    let bounds = Bounds::of(spec);
    let paused = spec["paused"] == true;
    if !paused {
        revise(inner, key, &mut sets, now);
    }
    let counted = bounds.wanted.to_string();
    let is_scaled = |set: &Set| {
        let before = map_text(&set.object, "/metadata/annotations", DESIRED);
        set.counts().wanted > 0 && !before.is_empty() && before != counted
    };
    if paused || sets.all().any(is_scaled) {
        rescale(inner, key, &deployment, bounds, &sets, now);
    } else if rollout::recreates(spec) {
        recreate(inner, key, &deployment, bounds, &sets, now);
    } else {
        roll(inner, key, &deployment, bounds, &sets, now);
    }
    let sets = Sets::of(inner, key, &deployment);
    prune(inner, &deployment, &sets, now);
    progress::show(inner, key, bounds, &sets, now);
}

/// The new set bears the newest revision and the Deployment's annotations, and so does the
/// Deployment the set's revision.
fn revise(inner: &mut Inner, key: &Key, sets: &mut Sets, now: Timestamp) {
    let Some(deployment) = inner.store.get(key).cloned() else {
        return;
    };
    let newest = sets.old.iter().map(Set::revision).max().unwrap_or(0);
    let mut revision = newest + 1;
    if let Some(set) = &mut sets.new {
        let mut object = Value::clone(&set.object);
        let before = set.revision();
        revision = revision.max(before);
        copy_annotations(&deployment, &mut object);
        let annotations = map(&mut object["metadata"], "annotations");
        annotations.insert(REVISION.to_owned(), json!(revision.to_string()));
        if before != 0 && before != revision {
            let earlier = annotations.get(HISTORY).and_then(Value::as_str);
            let history = earlier.map_or(String::new(), |all| format!("{all},"));
            annotations.insert(HISTORY.to_owned(), json!(format!("{history}{before}")));
        }
        if object != *set.object {
            set.object = inner.store.put(set.key.clone(), object);
        }
    }
    let has = map_text(&deployment, "/metadata/annotations", REVISION);
    if has != revision.to_string() {
        let mut deployment = Value::clone(&deployment);
        let annotations = map(&mut deployment["metadata"], "annotations");
        annotations.insert(REVISION.to_owned(), json!(revision.to_string()));
        inner.store.put(key.clone(), deployment);
        inner.wake(key.clone(), now);
    }
}

fn copy_annotations(deployment: &Value, set: &mut Value) {
    let own = [REVISION, HISTORY, DESIRED, MOST, APPLIED];
    let all = deployment["metadata"]["annotations"].as_object();
    let told = all.into_iter().flatten();
    for (name, value) in told.filter(|(name, _)| !own.contains(&name.as_str())) {
        let annotations = map(&mut set["metadata"], "annotations");
        annotations.insert(name.clone(), value.clone());
    }
}

/// Makes the set of the template as it is.
fn make(
    inner: &mut Inner,
    key: &Key,
    deployment: &Arc<Value>,
    (bounds, replicas): (Bounds, i64),
    sets: &Sets,
    now: Timestamp,
) {
    let mut template = deployment["spec"]["template"].clone();
    let hash = hash(&template);
    map(&mut template, "metadata");
    map(&mut template["metadata"], "labels").insert(TEMPLATE_HASH.to_owned(), json!(hash));
    let mut selector = deployment["spec"]["selector"].clone();
    map(&mut selector, "matchLabels").insert(TEMPLATE_HASH.to_owned(), json!(hash));
    let newest = sets.old.iter().map(Set::revision).max().unwrap_or(0);
    let mut set = json!({
        "metadata": {
            "name": format!("{}-{hash}", key.name),
            "labels": template["metadata"]["labels"],
            "annotations": {
                DESIRED: bounds.wanted.to_string(), MOST: bounds.most().to_string(),
                REVISION: (newest + 1).to_string(),
            },
            "ownerReferences": owned::owner(deployment),
        },
        "spec": {"replicas": replicas, "selector": selector, "template": template},
    });
    copy_annotations(deployment, &mut set);
    let kind = known("apps", "replicasets");
    // Refused in a namespace that is going away, and where the name is somebody else's.
    let Ok(made) = create(inner, kind, &key.namespace, set, false, now) else {
        return;
    };
    if replicas > 0 {
        let (set, counts) = (text(&made, "/metadata/name").to_owned(), (0, replicas));
        inner.tell(deployment, What::Scaled { set, counts }, now);
    }
}

/// Writes a set's count, and what it was made of.
fn scale(
    inner: &mut Inner,
    deployment: &Arc<Value>,
    bounds: Bounds,
    set: &Set,
    to: i64,
    now: Timestamp,
) {
    let from = set.counts().wanted;
    let mut object = Value::clone(&set.object);
    let annotations = map(&mut object["metadata"], "annotations");
    annotations.insert(DESIRED.to_owned(), json!(bounds.wanted.to_string()));
    annotations.insert(MOST.to_owned(), json!(bounds.most().to_string()));
    if from != to {
        let generation = number(&object, "/metadata/generation") + 1;
        object["metadata"]["generation"] = json!(generation);
        object["spec"]["replicas"] = json!(to);
    }
    if object == *set.object {
        return;
    }
    inner.store.put(set.key.clone(), object);
    inner.wake(set.key.clone(), now);
    if from != to {
        let set = set.key.name.clone();
        let counts = (from, to);
        inner.tell(deployment, What::Scaled { set, counts }, now);
    }
}

/// One step from the old sets to the new one; what comes of it wakes the Deployment again.
fn roll(
    inner: &mut Inner,
    key: &Key,
    deployment: &Arc<Value>,
    bounds: Bounds,
    sets: &Sets,
    now: Timestamp,
) {
    let old: Vec<Counts> = sets.old.iter().map(Set::counts).collect();
    let new = sets.new.as_ref().map(Set::counts).unwrap_or_default();
    let (next, left) = rollout::step(bounds, new, &old);
    match &sets.new {
        None => return make(inner, key, deployment, (bounds, next), sets, now),
        Some(set) => scale(inner, deployment, bounds, set, next, now),
    }
    for ((set, to), before) in sets.old.iter().zip(left).zip(old) {
        if to != before.wanted {
            scale(inner, deployment, bounds, set, to, now);
        }
    }
}

/// The old pods go, and then the new ones come.
fn recreate(
    inner: &mut Inner,
    key: &Key,
    deployment: &Arc<Value>,
    bounds: Bounds,
    sets: &Sets,
    now: Timestamp,
) {
    for set in &sets.old {
        if set.counts().wanted > 0 {
            scale(inner, deployment, bounds, set, 0, now);
        }
    }
    let runs = |set: &Set| set.counts().wanted + number(&set.object, "/status/replicas") > 0;
    if sets.old.iter().any(runs) {
        return;
    }
    match &sets.new {
        None => make(inner, key, deployment, (bounds, bounds.wanted), sets, now),
        Some(set) => scale(inner, deployment, bounds, set, bounds.wanted, now),
    }
}

/// The Deployment's count changed: so do those of its sets, in the middle of a rollout too.
fn rescale(
    inner: &mut Inner,
    key: &Key,
    deployment: &Arc<Value>,
    bounds: Bounds,
    sets: &Sets,
    now: Timestamp,
) {
    let active: Vec<&Set> = sets.all().filter(|set| set.counts().wanted > 0).collect();
    match active.as_slice() {
        [] | [_] => {
            let latest = sets.new.as_ref().or(sets.old.last());
            if let Some(set) = active.first().copied().or(latest) {
                scale(inner, deployment, bounds, set, bounds.wanted, now);
            }
        }
        several => {
            let counts: Vec<Counts> = several.iter().map(|set| set.counts()).collect();
            let shares = rollout::shares(bounds, &counts);
            for (set, to) in several.iter().zip(shares) {
                scale(inner, deployment, bounds, set, to, now);
            }
        }
    }
    if deployment["spec"]["paused"] != true {
        inner.wake(key.clone(), now);
    }
}

/// Sets without pods are kept to go back to, but not for ever.
fn prune(inner: &mut Inner, deployment: &Value, sets: &Sets, now: Timestamp) {
    let kept = deployment["spec"]["revisionHistoryLimit"].as_u64();
    let kept = usize::try_from(kept.unwrap_or(10)).unwrap_or(usize::MAX);
    let is_bare = |set: &&Set| set.counts().wanted + number(&set.object, "/status/replicas") == 0;
    let mut bare: Vec<&Set> = sets.old.iter().filter(is_bare).collect();
    bare.sort_by_key(|set| set.revision());
    let over = bare.len().saturating_sub(kept);
    for set in bare.into_iter().take(over) {
        take_away(inner, &set.key, now);
    }
}
