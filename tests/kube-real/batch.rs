//! The questions about Jobs.

use crate::asked::soon;
use crate::person::Person;
use serde_json::{Value, json};

fn job(name: &str, spec: &Value) -> Value {
    let container = json!({"name": "app", "image": "registry.example/app:1"});
    let mut out = json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}},
    });
    for (field, value) in spec.as_object().into_iter().flatten() {
        out["spec"][field] = value.clone();
    }
    out
}

pub(crate) async fn jobs(person: &mut Person<'_>) {
    let spec = json!({"completions": 3, "parallelism": 2, "completionMode": "Indexed"});
    person.put(&job("parts", &spec)).await;
    person
        .says("wait --for=condition=Complete --timeout=60s job/parts")
        .await;
    for field in ["/status/succeeded", "/status/completedIndexes"] {
        let seen = person.server.json(&["get", "job", "parts"]).await;
        let seen = seen.pointer(field).cloned().unwrap_or_default();
        person.note(&format!("{field} of the Job"), seen.to_string());
    }
    let seen = person.server.json(&["get", "job", "parts"]).await;
    let uid = seen["metadata"]["uid"].as_str().unwrap_or_default();
    let mut own = json!([
        seen["metadata"]["labels"],
        seen["spec"]["selector"],
        seen["status"]["conditions"]
    ]);
    for one in own[2].as_array_mut().into_iter().flatten() {
        for time in ["lastProbeTime", "lastTransitionTime"] {
            one.as_object_mut().map(|one| one.remove(time));
        }
    }
    own.sort_all_objects();
    person.note(
        "how a Job finds its pods and ends",
        own.to_string().replace(uid, "UID"),
    );
    let pods = person
        .server
        .json(&["get", "pod", "-l", "job-name=parts"])
        .await;
    let mut lines = Vec::new();
    for pod in pods["items"].as_array().into_iter().flatten() {
        let mut pod = json!([
            pod["metadata"]["labels"],
            pod["metadata"]["annotations"],
            pod["spec"]["hostname"],
            pod["metadata"]["generateName"],
            pod["spec"]["containers"][0]["env"],
            pod["status"]["phase"],
        ]);
        pod.sort_all_objects();
        lines.push(pod.to_string().replace(uid, "UID"));
    }
    lines.sort();
    person.note("its pods", lines.join("\n"));
    person.reasons("parts").await;
    person.says("delete job parts").await;
    person
        .comes_to("pod -l job-name=parts", "/items", json!([]))
        .await;
    let nowhere = json!({"spec": {
        "restartPolicy": "Never", "nodeSelector": {"there": "none"},
        "containers": [{"name": "app", "image": "registry.example/app:1"}],
    }});
    person
        .put(&job(
            "late",
            &json!({"activeDeadlineSeconds": 2, "template": nowhere}),
        ))
        .await;
    person
        .comes_to(
            "job late",
            "/status/conditions/1/reason",
            json!("DeadlineExceeded"),
        )
        .await;
    person
        .comes_to("job late", "/status/failed", json!(1))
        .await;
    person
        .put(&job(
            "idle",
            &json!({"suspend": true, "ttlSecondsAfterFinished": 1}),
        ))
        .await;
    person
        .comes_to(
            "job idle",
            "/status/conditions/0/reason",
            json!("JobSuspended"),
        )
        .await;
    person
        .comes_to("pod -l job-name=idle", "/items", json!([]))
        .await;
    let resume = [
        "patch",
        "job",
        "idle",
        "--patch",
        r#"{"spec":{"suspend":false}}"#,
    ];
    let resumed = person.server.kubectl(&resume).await;
    person.note("the Job is resumed", format!("{resumed:?}"));
    let gone = soon(async || {
        let found = person.server.kubectl(&["get", "job", "idle"]).await;
        found.is_err()
    });
    let gone = gone.await.to_string();
    person.note("it goes by itself when it is over", gone);
    person.says("delete job late").await;
}
