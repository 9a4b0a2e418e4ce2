//! The questions about Deployments and their sets: there and back, and what is deleted with them.

use crate::person::{Person, workload};
use serde_json::{Value, json};

pub(crate) async fn deployment(person: &mut Person<'_>) {
    person
        .put(&workload("Deployment", "roll", &json!({"replicas": 4})))
        .await;
    person.says("rollout status deployment/roll").await;
    person
        .says("set image deployment/roll app=registry.example/app:2")
        .await;
    person.says("rollout status deployment/roll").await;
    person.says("rollout history deployment/roll").await;
    person.sets("the sets after a rollout", "roll").await;
    person.says("rollout undo deployment/roll").await;
    person.says("rollout status deployment/roll").await;
    person.sets("the sets after it is undone", "roll").await;
    person.says("rollout pause deployment/roll").await;
    person
        .says("set image deployment/roll app=registry.example/app:3")
        .await;
    person.says("rollout restart deployment/roll").await;
    person
        .comes_to(
            "deployment roll",
            "/status/conditions/1/reason",
            json!("DeploymentPaused"),
        )
        .await;
    person.says("scale deployment/roll --replicas=2").await;
    person
        .comes_to("deployment roll", "/status/replicas", json!(2))
        .await;
    person.says("rollout resume deployment/roll").await;
    person.says("rollout status deployment/roll").await;
    person
        .says("rollout undo deployment/roll --to-revision=2")
        .await;
    person.says("rollout status deployment/roll").await;
    person
        .says("rollout undo deployment/roll --to-revision=9")
        .await;
    person.says("rollout history deployment/roll").await;
    person.sets("the sets at last", "roll").await;
    person.reasons("roll").await;
    person.says("delete deployment roll").await;
    person.comes_to("rs -l app=roll", "/items", json!([])).await;
}

pub(crate) async fn cascades(person: &mut Person<'_>) {
    let lone = workload("Deployment", "lone", &json!({"replicas": 2}));
    person.put(&lone).await;
    person.says("rollout status deployment/lone").await;
    person.says("delete deployment lone --cascade=orphan").await;
    person
        .comes_to(
            "rs -l app=lone",
            "/items/0/metadata/ownerReferences",
            Value::Null,
        )
        .await;
    person
        .comes_to("rs -l app=lone", "/items/0/status/readyReplicas", json!(2))
        .await;
    person.put(&lone).await;
    person
        .comes_to(
            "rs -l app=lone",
            "/items/0/metadata/ownerReferences/0/kind",
            json!("Deployment"),
        )
        .await;
    person.sets("the set that was taken in", "lone").await;
    person
        .says("delete deployment lone --cascade=foreground")
        .await;
    person
        .comes_to("pod -l app=lone", "/items", json!([]))
        .await;
}
