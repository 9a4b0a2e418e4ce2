//! Somebody with kubectl, who waits for what comes and writes the answers down.

use crate::asked::{Notes, soon};
use crate::server::Server;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A workload of one container.
pub(crate) fn workload(kind: &str, name: &str, spec: &Value) -> Value {
    let container = json!({"name": "app", "image": "registry.example/app:1"});
    let mut out = json!({
        "apiVersion": "apps/v1", "kind": kind,
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}}, "spec": {"containers": [container]},
            },
        },
    });
    for (field, value) in spec.as_object().into_iter().flatten() {
        out["spec"][field] = value.clone();
    }
    out
}

/// Who asks as a person does, and writes the answers down.
pub(crate) struct Person<'a> {
    pub(crate) server: &'a Server,
    notes: &'a mut Notes,
    /// How often each question was asked.
    times: BTreeMap<String, u32>,
}

impl<'a> Person<'a> {
    pub(crate) fn new(server: &'a Server, notes: &'a mut Notes) -> Self {
        let times = BTreeMap::new();
        Self {
            server,
            notes,
            times,
        }
    }

    /// A question that may be asked more than once.
    pub(crate) fn note(&mut self, question: &str, answer: String) {
        let times = self.times.entry(question.to_owned()).or_default();
        *times += 1;
        let nth = match times {
            1 => String::new(),
            times => format!(", time {times}"),
        };
        self.notes.note(&format!("{question}{nth}"), answer);
    }

    pub(crate) async fn put(&mut self, object: &Value) {
        let made = self.server.put(&["create"], object).await;
        let (kind, name) = (&object["kind"], &object["metadata"]["name"]);
        self.note(&format!("{kind} {name}"), format!("{made:?}"));
    }

    /// What kubectl says at last.
    pub(crate) async fn says(&mut self, words: &str) {
        let all: Vec<&str> = words.split(' ').collect();
        let said = self.server.kubectl(&all).await;
        let said = said.unwrap_or_else(|complaint| format!("error: {complaint}"));
        // On the way a slower server says more.
        let last = said
            .lines()
            .filter(|line| !line.starts_with("Waiting for "));
        let said: Vec<&str> = last.collect();
        let said = said.join("\n").trim().to_owned();
        self.note(words, said);
    }

    /// A field of an object, when it is what is wanted or half a minute has gone.
    pub(crate) async fn comes_to(&mut self, words: &str, pointer: &str, wanted: Value) {
        let all: Vec<&str> = ["get"].into_iter().chain(words.split(' ')).collect();
        let mut seen = Value::Null;
        soon(async || {
            let object = self.server.json(&all).await;
            seen = object.pointer(pointer).cloned().unwrap_or_default();
            seen == wanted
        })
        .await;
        self.note(
            &format!("{pointer} of {words} comes to {wanted}"),
            seen.to_string(),
        );
    }

    /// Each set's image, count, revision and those before it.
    pub(crate) async fn sets(&mut self, question: &str, app: &str) {
        let label = format!("app={app}");
        let all = self.server.json(&["get", "rs", "-l", &label]).await;
        let mut lines = Vec::new();
        for set in all["items"].as_array().into_iter().flatten() {
            let notes = &set["metadata"]["annotations"];
            let note = |name: &str| notes[format!("deployment.kubernetes.io/{name}")].clone();
            lines.push(format!(
                "{} {} {} {} {} {}",
                set["spec"]["template"]["spec"]["containers"][0]["image"],
                set["spec"]["replicas"],
                note("revision"),
                note("revision-history"),
                note("desired-replicas"),
                note("max-replicas"),
            ));
        }
        lines.sort();
        self.note(question, lines.join(", "));
    }

    /// Who tells what reasons about what kinds of objects.
    pub(crate) async fn reasons(&mut self, name: &str) {
        let all = self.server.json(&["get", "events"]).await;
        let mut told = BTreeSet::new();
        for event in all["items"].as_array().into_iter().flatten() {
            let of = &event["involvedObject"];
            let from = [&event["source"]["component"], &event["reportingComponent"]];
            let from = from
                .into_iter()
                .find_map(|one| one.as_str().filter(|one| !one.is_empty()));
            // kwok's kubelets tell nothing, and a real scheduler may meet a pod that is going already.
            let is_own = of["name"].as_str().is_some_and(|of| of.starts_with(name));
            let by_chance = from == Some("kubelet") || event["reason"] == "FailedScheduling";
            if is_own && !by_chance {
                told.insert(format!(
                    "{} {} {}",
                    of["kind"],
                    event["reason"],
                    from.unwrap_or_default()
                ));
            }
        }
        let told: Vec<String> = told.into_iter().collect();
        self.notes
            .note(&format!("what is told of {name}"), told.join(", "));
    }
}
