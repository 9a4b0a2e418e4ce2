//! The questions: all that `crates/kube` asks and writes, and what kubectl sees of it.

use crate::commands::commands;
use crate::person::Person;
use crate::server::Server;
use crate::things::{balancers, owners, scheduling, volumes, workloads};
use crate::{batch, keepers, rollouts};
use engine::ports::{Answer, Failure};
use jiff::SignedDuration;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use std::fmt::Debug;
use std::time::Duration;

/// A question and its answer.
pub(crate) type Line = (String, String);

#[derive(Default)]
pub(crate) struct Notes(Vec<Line>);

impl Notes {
    pub(crate) fn note(&mut self, question: &str, answer: impl Into<String>) {
        self.0.push((question.to_owned(), answer.into()));
    }

    pub(crate) fn answer<T: Debug>(&mut self, question: &str, answer: &Answer<T>) {
        let text = match answer {
            Ok(done) => format!("{done:?}"),
            Err(failure) => failed(failure),
        };
        self.note(question, text);
    }

    /// What kubectl prints or complains of.
    pub(crate) fn kubectl(&mut self, question: &str, answer: Result<String, String>) {
        self.note(
            question,
            answer.unwrap_or_else(|complaint| format!("error: {complaint}")),
        );
    }
}

fn failed(failure: &Failure) -> String {
    format!(
        "{:?} {:?}: {failure}: {}",
        failure.kind,
        failure.status,
        failure.said()
    )
}

/// Everything, in an order.
pub(crate) async fn all(server: &Server) -> Vec<Line> {
    let mut notes = Notes::default();
    storage(server, &mut notes).await;
    plugin(server, &mut notes).await;
    test(server, &mut notes).await;
    policies(server, &mut notes).await;
    readers(server, &mut notes).await;
    balancers(server, &mut notes).await;
    volumes(server, &mut notes).await;
    workloads(server, &mut notes).await;
    let mut person = Person::new(server, &mut notes);
    rollouts::deployment(&mut person).await;
    rollouts::cascades(&mut person).await;
    batch::jobs(&mut person).await;
    keepers::sets(&mut person).await;
    keepers::budget(&mut person).await;
    keepers::autoscaler(&mut person).await;
    scheduling(server, &mut notes).await;
    owners(server, &mut notes).await;
    commands(server, &mut notes).await;
    notes.0
}

/// An object without what each server draws for itself, and without what its controllers report.
pub(crate) fn stored(mut object: Value) -> String {
    if let Some(all) = object.as_object_mut() {
        all.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for own in ["uid", "resourceVersion", "creationTimestamp"] {
            metadata.remove(own);
        }
        if let Some(fields) = metadata
            .get_mut("managedFields")
            .and_then(Value::as_array_mut)
        {
            fields.retain(|one| one.get("subresource").is_none());
            for one in fields {
                one.as_object_mut().map(|one| one.remove("time"));
            }
        }
    }
    object.sort_all_objects();
    object.to_string()
}

pub(crate) async fn object(server: &Server, words: &[&str]) -> String {
    let words = [&["get", "--show-managed-fields"], words].concat();
    stored(server.json(&words).await)
}

async fn version(server: &Server, words: &[&str]) -> Value {
    let words = [&["get"], words].concat();
    server.json(&words).await["metadata"]["resourceVersion"].clone()
}

/// Looks until it is so, for half a minute.
pub(crate) async fn soon(mut is_so: impl AsyncFnMut() -> bool) -> bool {
    for _ in 0..150 {
        if is_so().await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    false
}

async fn storage(server: &Server, notes: &mut Notes) {
    let (kube, tags) = (&server.kube, ["ql-x".to_owned()]);
    notes.answer("our storage class", &kube.set_storage_class(&tags).await);
    let before = version(server, &["storageclass", "quaylight"]).await;
    notes.answer(
        "our storage class again",
        &kube.set_storage_class(&tags).await,
    );
    let after = version(server, &["storageclass", "quaylight"]).await;
    notes.note(
        "it changes nothing the second time",
        (before == after).to_string(),
    );
    notes.note(
        "the storage class as stored",
        object(server, &["storageclass", "quaylight"]).await,
    );
    let defaults = server
        .kubectl(&["get", "storageclass", "--no-headers"])
        .await;
    let defaults = defaults.unwrap_or_default();
    let names = defaults.lines().filter(|line| line.contains("(default)"));
    let names: Vec<&str> = names.filter_map(|line| line.split(' ').next()).collect();
    notes.note("the default", format!("{names:?}"));
    let other = kube.set_storage_class(&["ql-y".to_owned()]).await;
    notes.answer("other tags for it", &other);
}

/// What comes onto each GPU node: NVIDIA's plugin, and the exporter that tells how GPUs are used.
async fn plugin(server: &Server, notes: &mut Notes) {
    let kube = &server.kube;
    let sets = [
        ("plugin", "nvidia-device-plugin"),
        ("exporter", "quaylight-dcgm-exporter"),
    ];
    let get = async |name: &str| {
        let words = ["get", "daemonset", name, "-n", "kube-system"];
        server.json(&words).await
    };
    let generations = async || {
        let [(_, plugin), (_, exporter)] = sets;
        [get(plugin).await, get(exporter).await].map(|one| one["metadata"]["generation"].clone())
    };
    notes.answer("the GPU plugin that shares", &kube.set_gpu_plugin(4).await);
    let plugin = ["daemonset", "nvidia-device-plugin", "-n", "kube-system"];
    let sharing = ["configmap", "nvidia-device-plugin", "-n", "kube-system"];
    notes.note(
        "the plugin that shares as stored",
        object(server, &plugin).await,
    );
    notes.note(
        "how the plugin shares as stored",
        object(server, &sharing).await,
    );
    notes.answer("the GPU plugin", &kube.set_gpu_plugin(1).await);
    let before = generations().await;
    notes.answer("the GPU plugin again", &kube.set_gpu_plugin(1).await);
    let same = before == generations().await;
    notes.note(
        "it changes nothing the second time either",
        same.to_string(),
    );
    notes.note(
        "the runtime class as stored",
        object(server, &["runtimeclass", "nvidia"]).await,
    );
    let counters = ["configmap", "quaylight-dcgm-exporter", "-n", "kube-system"];
    notes.note(
        "what the exporter counts as stored",
        object(server, &counters).await,
    );
    for (what, name) in sets {
        let words = ["daemonset", name, "-n", "kube-system"];
        let stored = object(server, &words).await;
        notes.note(&format!("the {what} as stored"), stored);
        let all_there = soon(async || {
            let seen = get(name).await;
            seen["status"]["numberReady"] == 2 && seen["status"]["desiredNumberScheduled"] == 2
        });
        let all_there = all_there.await.to_string();
        notes.note(&format!("one {what} on each GPU node"), all_there);
    }
}

/// What a test says is for the kubelet to tell, and kwok's tell nothing: its Job is compared.
async fn test(server: &Server, notes: &mut Notes) {
    let nodes = server
        .json(&["get", "node", "-l", "nvidia.com/gpu.present=true"])
        .await;
    let fallback = server.json(&["get", "node"]).await;
    let with_gpu = |all: &Value| {
        let items = all["items"].as_array().cloned().unwrap_or_default();
        let found = items
            .iter()
            .find(|one| !one["status"]["allocatable"]["nvidia.com/gpu"].is_null());
        found.and_then(|one| one["metadata"]["name"].as_str().map(str::to_owned))
    };
    let node = with_gpu(&nodes)
        .or_else(|| with_gpu(&fallback))
        .expect("a GPU node");
    notes.answer(
        "a GPU test begins",
        &server.kube.test_gpus(&node, false).await,
    );
    let job = format!("gpu-test-{node}");
    let words = ["job", job.as_str(), "-n", "kube-system"];
    let mut seen = object(server, &words).await;
    let uid = server.json(&[&["get"], &words[..]].concat()).await["metadata"]["uid"].clone();
    if let Some(uid) = uid.as_str() {
        seen = seen.replace(uid, "UID");
    }
    notes.note("its Job as stored", seen.replace(&node, "NODE"));
    let succeeded = soon(async || {
        server.json(&[&["get"], &words[..]].concat()).await["status"]["succeeded"] == 1
    });
    notes.note("its Job succeeds", succeeded.await.to_string());
    let deleted = server.kubectl(&[&["delete"], &words[..]].concat()).await;
    notes.note("it is deleted", deleted.is_ok().to_string());
    let pods = soon(async || {
        let label = format!("batch.kubernetes.io/job-name={job}");
        let left = server
            .json(&["get", "pod", "-n", "kube-system", "-l", &label])
            .await;
        left["items"].as_array().is_some_and(Vec::is_empty)
    });
    notes.note("and its pod with it", pods.await.to_string());
}

async fn policies(server: &Server, notes: &mut Notes) {
    let kube = &server.kube;
    for nth in ["once", "twice"] {
        notes.answer(
            &format!("the policy on, {nth}"),
            &kube.set_policy("default", true).await,
        );
    }
    notes.answer("who has it", &kube.policies().await);
    let words = ["networkpolicy", "quaylight-default-deny"];
    notes.note("the policy as stored", object(server, &words).await);
    for nth in ["once", "twice"] {
        notes.answer(
            &format!("the policy off, {nth}"),
            &kube.set_policy("default", false).await,
        );
    }
    notes.answer("who has it then", &kube.policies().await);
    notes.answer(
        "the policy of no namespace",
        &kube.set_policy("nowhere", true).await,
    );
}

async fn readers(server: &Server, notes: &mut Notes) {
    let kube = &server.kube;
    let admitted = kube
        .admit_reader("eve", SignedDuration::from_hours(1))
        .await;
    let token = match &admitted {
        Ok((token, _)) => token.expose_secret().to_owned(),
        Err(failure) => return notes.note("a reader is admitted", failed(failure)),
    };
    notes.note("a reader is admitted", "yes");
    let again = kube
        .admit_reader("eve", SignedDuration::from_hours(1))
        .await;
    notes.note("and again", again.is_ok().to_string());
    let names = kube.readers().await;
    let names = names.map(|all| {
        all.into_iter()
            .map(|one| (one.name, one.until.is_some()))
            .collect::<Vec<_>>()
    });
    notes.answer("the readers", &names);
    notes.note(
        "their namespace as stored",
        object(server, &["namespace", "quaylight-readers"]).await,
    );
    let binding = ["clusterrolebinding", "quaylight-reader-eve"];
    notes.note("the binding as stored", object(server, &binding).await);
    let held = format!("--token={token}");
    let as_reader = async |words: &[&str]| {
        let words = [&[held.as_str()], words].concat();
        server.kubectl(&words).await
    };
    let listed = as_reader(&["get", "pod", "-n", "default"]).await;
    notes.note("the reader lists pods", listed.is_ok().to_string());
    for words in [
        &["get", "secret", "-n", "kube-system"][..],
        &["get", "node"],
        &["delete", "pod", "some", "-n", "kube-system"],
        &["create", "namespace", "mine"],
        &["auth", "can-i", "delete", "pods"],
        &["auth", "can-i", "list", "services"],
    ] {
        notes.kubectl(
            &format!("the reader says {}", words.join(" ")),
            as_reader(words).await,
        );
    }
    for nth in ["once", "twice"] {
        notes.answer(
            &format!("the reader is dismissed, {nth}"),
            &kube.dismiss_reader("eve").await,
        );
    }
    // The real server keeps what it proved for some seconds.
    let refused = soon(async || {
        let said = as_reader(&["get", "pod"]).await;
        said.is_err_and(|said| said.contains("Unauthorized"))
    })
    .await;
    notes.note("its token ends", refused.to_string());
    notes.kubectl("in these words", as_reader(&["get", "pod"]).await);
}
