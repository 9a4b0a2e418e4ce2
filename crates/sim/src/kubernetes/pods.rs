//! Pods on their nodes. Those of Jobs come to the end that their image has there (`sleep 60` keeps
//! one for a minute, `exit 1` fails); all others run on.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::events::What;
use super::peek::{is_leaving, list, map, number, text};
use super::status::Refusal;
use super::store::{Key, scramble};
use super::workloads::Ended;
use super::write::{stamp, take_away};
use super::{Effect, Inner, owned, scheduler, workloads};

/// The driver that the node image of LKE brings.
const DRIVER: &str = "570.195.03";

/// A pod was made or changed.
pub(super) fn pod_changed(inner: &mut Inner, key: &Key, pod: &Arc<Value>, now: Timestamp) {
    if !owned::is_at_work(inner, pod) {
        owned::tell_owner(inner, key, pod, now);
    }
    scheduler::pod_changed(inner, key, pod, now);
    begin(inner, key, pod, now);
}

/// A pod that names a node which is there begins to run. Whoever makes a daemon's pod runs it.
pub(super) fn begin(inner: &mut Inner, key: &Key, pod: &Arc<Value>, now: Timestamp) {
    let begun = !text(pod, "/status/startTime").is_empty();
    let node = Key::core("nodes", "", text(pod, "/spec/nodeName"));
    if begun
        || owned::is_by(pod, "DaemonSet")
        || is_leaving(pod)
        || inner.store.get(&node).is_none()
    {
        return;
    }
    fetch(inner, key, pod, now);
}

/// A pod waits for its image, and runs then.
pub(super) fn fetch(inner: &mut Inner, key: &Key, pod: &Arc<Value>, now: Timestamp) {
    inner.tell(pod, What::Pulling, now);
    let mut pod = Value::clone(pod);
    let waiting = json!({"waiting": {"reason": "ContainerCreating"}});
    let containers = statuses(&pod, |_| waiting.clone());
    let status = map(&mut pod, "status");
    status.insert("phase".to_owned(), json!("Pending"));
    status.insert("startTime".to_owned(), stamp(now));
    status.insert("containerStatuses".to_owned(), containers);
    runs_for(inner, key, pod, 0);
}

/// Writes a pod down that comes to its next state after so many seconds; 0: as long as its image
/// takes to come.
fn runs_for(inner: &mut Inner, key: &Key, pod: Value, seconds: u64) {
    inner.effects.push_back(Effect::PodRuns {
        namespace: key.namespace.clone(),
        name: key.name.clone(),
        uid: text(&pod, "/metadata/uid").to_owned(),
        seconds,
    });
    inner.store.put(key.clone(), pod);
}

/// Whether a pod has come to its end.
pub(super) fn is_over(pod: &Value) -> bool {
    matches!(text(pod, "/status/phase"), "Succeeded" | "Failed")
}

/// Whether a pod runs and is ready.
pub(super) fn is_running(pod: &Value) -> bool {
    text(pod, "/status/phase") == "Running"
}

/// The pod runs, and is ready.
pub(super) fn run(inner: &mut Inner, key: &Key, now: Timestamp) {
    let Some(pod) = inner.store.get(key).cloned() else {
        return;
    };
    let ready = running(inner, &pod, now);
    let pod = inner.store.put(key.clone(), ready);
    inner.tell(&pod, What::Started, now);
    owned::tell_owner(inner, key, &pod, now);
}

/// A controller takes one of its pods away.
pub(super) fn end(inner: &mut Inner, by: &Arc<Value>, key: &Key, now: Timestamp) {
    if let Some(pod) = inner.store.get(key).cloned() {
        inner.tell(by, What::Ended(pod), now);
        take_away(inner, key, now);
    }
}

/// The same where the controller has counted it already.
pub(super) fn dismiss(inner: &mut Inner, by: &Arc<Value>, key: &Key, now: Timestamp) {
    if let Some(pod) = inner.store.get(key).cloned() {
        let mut pod = Value::clone(&pod);
        map(&mut pod, "metadata").remove("ownerReferences");
        inner.store.put(key.clone(), pod);
        end(inner, by, key, now);
    }
}

fn running(inner: &Inner, pod: &Value, now: Timestamp) -> Value {
    let node = Key::core("nodes", "", text(pod, "/spec/nodeName"));
    let node = inner.store.get(&node).cloned().unwrap_or_default();
    let addresses = list(&node, "/status/addresses").iter();
    let inside = addresses.filter(|one| text(one, "/type") == "InternalIP");
    let host = inside
        .map(|one| text(one, "/address"))
        .next()
        .unwrap_or_default();
    let on_host = pod.pointer("/spec/hostNetwork") == Some(&json!(true));
    let bits = text(pod, "/metadata/uid").bytes().map(u64::from);
    let bits = bits.fold(3, |bits, byte| scramble(bits ^ byte));
    let own = if on_host {
        host.to_owned()
    } else {
        format!("10.2.{}.{}", bits >> 8 & 0x7f, 2 + bits % 250)
    };
    let at = stamp(now);
    let condition = |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": at});
    let kinds = ["PodScheduled", "Initialized", "ContainersReady", "Ready"];
    let mut containers = statuses(pod, |_| json!({"running": {"startedAt": at}}));
    for one in containers.as_array_mut().into_iter().flatten() {
        one["ready"] = json!(true);
        one["started"] = json!(true);
    }
    let mut out = pod.clone();
    let began = text(pod, "/status/startTime");
    let began = if began.is_empty() {
        at.clone()
    } else {
        json!(began)
    };
    out["status"] = json!({
        "phase": "Running", "qosClass": "Burstable", "hostIP": host, "podIP": own,
        "podIPs": [{"ip": own}], "startTime": began, "conditions": kinds.map(condition),
        "containerStatuses": containers,
    });
    out
}

/// For how long the containers of a Job's pod sleep; `None`: for ever.
fn sleeps(pod: &Value) -> Option<u64> {
    let mut longest = 0;
    for one in list(pod, "/spec/containers") {
        let command = list(one, "/command").iter().chain(list(one, "/args"));
        let words: Vec<&str> = command
            .filter_map(Value::as_str)
            .flat_map(str::split_whitespace)
            .collect();
        let pairs = words.windows(2).filter(|pair| pair[0].ends_with("sleep"));
        for pair in pairs {
            match pair[1] {
                "infinity" => return None,
                seconds => longest = longest.max(seconds.parse().unwrap_or(0)),
            }
        }
    }
    Some(longest)
}

fn statuses(pod: &Value, state: impl Fn(&Value) -> Value) -> Value {
    let containers = list(pod, "/spec/containers").iter();
    let row = |one: &Value| {
        json!({
            "name": one["name"], "image": one["image"], "ready": false, "restartCount": 0,
            "state": state(one),
        })
    };
    containers.map(row).collect()
}

/// A pod came to its next state: it runs, or that of a Job to its end, and its Job with it.
pub(super) fn ended(inner: &mut Inner, key: &Key, uid: &str, now: Timestamp) {
    let Some(pod) = inner.store.get(key).cloned() else {
        return;
    };
    if text(&pod, "/metadata/uid") != uid {
        return;
    }
    let begins = text(&pod, "/status/phase") == "Pending";
    let sleeps = sleeps(&pod);
    if !owned::is_by(&pod, "Job") || (begins && sleeps.is_none()) {
        run(inner, key, now);
        workloads::daemon_runs(inner, key, &pod, now);
        return;
    }
    if let Some(seconds @ 1..) = sleeps.filter(|_| begins) {
        let pod = running(inner, &pod, now);
        runs_for(inner, key, pod, seconds);
        if let Some(pod) = inner.store.get(key).cloned() {
            inner.tell(&pod, What::Started, now);
            owned::tell_owner(inner, key, &pod, now);
        }
        return;
    }
    let code = |container: &Value| ran(inner, &pod, container).1;
    let well = list(&pod, "/spec/containers")
        .iter()
        .all(|one| code(one) == 0);
    let terminated = |one: &Value| {
        let code = code(one);
        let reason = if code == 0 { "Completed" } else { "Error" };
        json!({"terminated": {"exitCode": code, "reason": reason, "finishedAt": stamp(now)}})
    };
    let statuses = statuses(&pod, terminated);
    if begins {
        inner.tell(&pod, What::Started, now);
    }
    if !well && text(&pod, "/spec/restartPolicy") == "OnFailure" {
        begin_again(inner, key, &pod, statuses, now);
        return;
    }
    let mut pod = Value::clone(&pod);
    pod["status"]["phase"] = json!(if well { "Succeeded" } else { "Failed" });
    pod["status"]["containerStatuses"] = statuses;
    let pod = inner.store.put(key.clone(), pod);
    scheduler::pod_changed(inner, key, &pod, now);
    let ended = if well { Ended::Well } else { Ended::Badly };
    workloads::pod_ended(inner, key, &pod, ended, now);
}

/// What failed in a pod begins again in it after a while.
fn begin_again(
    inner: &mut Inner,
    key: &Key,
    pod: &Arc<Value>,
    mut statuses: Value,
    now: Timestamp,
) {
    let before = number(pod, "/status/containerStatuses/0/restartCount");
    for one in statuses.as_array_mut().into_iter().flatten() {
        one["restartCount"] = json!(before + 1);
        one["lastState"] = one["state"].take();
        one["state"] = json!({"waiting": {"reason": "CrashLoopBackOff"}});
    }
    let mut again = Value::clone(pod);
    again["status"]["phase"] = json!("Running");
    again["status"]["containerStatuses"] = statuses;
    let pause = 10_u64 << u32::try_from(before).unwrap_or(0).min(5);
    runs_for(inner, key, again, pause.min(300));
    let said = format!("Back-off restarting failed container in pod {}", key.name);
    inner.tell(pod, What::Said("Warning", "BackOff", "kubelet", said), now);
    owned::tell_owner(inner, key, pod, now);
}

/// A pod is gone: who keeps it makes another, and a Job that still waited for it counts it as
/// failed.
pub(super) fn pod_gone(inner: &mut Inner, key: &Key, pod: &Arc<Value>, now: Timestamp) {
    scheduler::pod_gone(inner, key, now);
    if is_over(pod) {
        return;
    }
    if is_running(pod) {
        inner.tell(pod, What::Killing, now);
    }
    workloads::pod_ended(inner, key, pod, Ended::Badly, now);
    owned::tell_owner(inner, key, pod, now);
    workloads::daemon_gone(inner, key, pod, now);
}

/// What a container of a pod has said.
pub(super) fn log(inner: &Inner, pod: &Value, container: &Value) -> Result<String, Refusal> {
    let began = text(pod, "/status/startTime");
    if !owned::is_by(pod, "Job") {
        return Ok(format!("{began} started {}\n", text(container, "/image")));
    }
    if is_over(pod) {
        return Ok(ran(inner, pod, container).0);
    }
    Err(Refusal::bad_request(format!(
        "container \"{}\" in pod \"{}\" is waiting to start: ContainerCreating",
        text(container, "/name"),
        text(pod, "/metadata/name"),
    )))
}

/// What a container says, and the code that it ends with.
fn ran(inner: &Inner, pod: &Value, container: &Value) -> (String, i32) {
    let image = text(container, "/image");
    let begun = text(pod, "/status/startTime");
    if !image.contains("cuda-sample") {
        return (format!("{begun} started {image}\n"), code_of(container));
    }
    let asks_for_cards = text(container, "/command/0") == "nvidia-smi";
    let cards = cards(inner, pod, container);
    match (asks_for_cards, cards) {
        (true, 0) => ("Failed to initialize NVML: Unknown Error\n".to_owned(), 255),
        (true, _) => {
            let card = format!("NVIDIA RTX 4000 Ada Generation, 20475 MiB, {DRIVER}\n");
            (card.repeat(cards as usize), 0)
        }
        (false, 0) => {
            let said = "[Vector addition of 50000 elements]\nFailed to allocate device vector A \
                        (error code no CUDA-capable device is detected)!\n";
            (said.to_owned(), 1)
        }
        (false, _) => {
            let said = "[Vector addition of 50000 elements]\n\
                        Copy input data from the host memory to the CUDA device\n\
                        CUDA kernel launch with 196 blocks of 256 threads\n\
                        Copy output data from the CUDA device to the host memory\n\
                        Test PASSED\nDone\n";
            (said.to_owned(), 0)
        }
    }
}

/// The code that a container says it will end with: `exit 3` and `false` do.
fn code_of(container: &Value) -> i32 {
    let command = list(container, "/command").iter();
    let words = command.chain(list(container, "/args"));
    let words: Vec<&str> = words
        .filter_map(Value::as_str)
        .flat_map(str::split_whitespace)
        .collect();
    let mut exits = words.windows(2).filter(|pair| pair[0] == "exit");
    let code = exits.find_map(|pair| pair[1].trim_end_matches(';').parse().ok());
    let fails = words.last().is_some_and(|last| last.ends_with("false"));
    code.unwrap_or(i32::from(fails))
}

/// How many cards a container sees: those that it asks for, or all when the node image honours the
/// wish of one that asks for none.
fn cards(inner: &Inner, pod: &Value, container: &Value) -> u32 {
    let node = text(pod, "/spec/nodeName");
    if text(pod, "/spec/runtimeClassName") != "nvidia" || inner.broken.contains(node) {
        return 0;
    }
    let all = inner.gpus.get(node).copied().unwrap_or(0);
    let limits = container.pointer("/resources/limits");
    let asked = limits.and_then(|limits| limits.get("nvidia.com/gpu"));
    let asked = asked
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok());
    let mut wishes = list(container, "/env").iter();
    let wishes_all = wishes
        .any(|one| text(one, "/name") == "NVIDIA_VISIBLE_DEVICES" && text(one, "/value") == "all");
    let open = wishes_all && !inner.hidden.contains(node);
    asked.map_or(if open { all } else { 0 }, |asked: u32| asked.min(all))
}
