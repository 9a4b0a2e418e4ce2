//! Device plugins: which cards of nodes they show, and to how many pods each card is given.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::kinds::known;
use super::nodes::GPU;
use super::peek::{at, list, map, text};
use super::store::Key;
use super::{Inner, fit, scheduler};

/// How many GPUs a plugin shows on a node that has so many cards; `None`: none of them is seen.
pub(super) fn shown(inner: &Inner, node: &Value, cards: u32) -> Option<u32> {
    let sets = inner.store.list(known("apps", "daemonsets"), None);
    let pods = sets.filter_map(|(_, set)| at(set, "/spec/template/spec"));
    let mut plugins = pods.filter(|pod| {
        let mut images = list(pod, "/containers")
            .iter()
            .map(|one| text(one, "/image"));
        images.any(|image| image.contains("k8s-device-plugin"))
    });
    let starts = |pod: &Value| {
        let class = text(pod, "/runtimeClassName");
        let key = Key::new(known("node.k8s.io", "runtimeclasses"), "", class);
        class.is_empty() || inner.store.get(&key).is_some()
    };
    let pod = plugins.find(|pod| starts(pod) && fit::may_run(pod, node))?;
    (cards > 0).then(|| cards.saturating_mul(slices(inner, pod)))
}

/// To how many pods a plugin gives each card: what it reads when it starts, of a ConfigMap that is
/// mounted where `CONFIG_FILE` says.
fn slices(inner: &Inner, pod: &Value) -> u32 {
    let mut env = list(pod, "/containers")
        .iter()
        .flat_map(|one| list(one, "/env"));
    if !env.any(|one| text(one, "/name") == "CONFIG_FILE") {
        return 1;
    }
    let volumes = list(pod, "/volumes").iter();
    let names = volumes.map(|one| text(one, "/configMap/name"));
    let maps = names.filter(|name| !name.is_empty()).filter_map(|name| {
        let key = Key::core("configmaps", "kube-system", name);
        inner.store.get(&key)?.get("data")?.as_object()
    });
    let mut texts = maps.flat_map(|data| data.values().filter_map(Value::as_str));
    texts.find_map(replicas).unwrap_or(1)
}

/// The number after `replicas`, in YAML or JSON.
fn replicas(config: &str) -> Option<u32> {
    let (_, after) = config.split_once("replicas")?;
    let digits = after.trim_start_matches(['"', ':', ' ']);
    let end = digits.find(|one: char| !one.is_ascii_digit());
    digits[..end.unwrap_or(digits.len())].parse().ok()
}

/// A device plugin's DaemonSet makes the cards of the nodes visible that its pods may run on.
pub(super) fn announce_gpus(inner: &mut Inner, now: Timestamp) {
    for (name, cards) in inner.gpus.clone() {
        let key = Key::core("nodes", "", &name);
        let Some(node) = inner.store.get(&key).cloned() else {
            continue;
        };
        let found = !inner.broken.contains(&name);
        let now_shown = found.then(|| shown(inner, &node, cards)).flatten();
        let now_shown = now_shown.map(|count| count.to_string());
        let capacity = at(&node, "/status/capacity");
        let was_shown = capacity
            .and_then(|all| all.get(GPU))
            .and_then(Value::as_str);
        if was_shown == now_shown.as_deref() {
            continue;
        }
        let mut node = Value::clone(&node);
        for part in ["capacity", "allocatable"] {
            let resources = map(&mut node["status"], part);
            match &now_shown {
                Some(count) => resources.insert(GPU.to_owned(), json!(count)),
                None => resources.remove(GPU),
            };
        }
        inner.store.put(key, node);
    }
    scheduler::retry(inner, now);
}
