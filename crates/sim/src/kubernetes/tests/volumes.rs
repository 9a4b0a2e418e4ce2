//! Claims, volumes and load balancers: what the cloud is asked for, and when.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::{cluster, minute, ok, send};
use crate::kubernetes::{Cluster, Done, Effect};

const CLAIMS: &str = "/api/v1/namespaces/default/persistentvolumeclaims";
const SERVICES: &str = "/api/v1/namespaces/default/services";

fn claim(class: Option<&str>, size: &str) -> Value {
    let mut out = json!({
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}},
    });
    if let Some(class) = class {
        out["spec"]["storageClassName"] = json!(class);
    }
    out
}

/// Uids are drawn, so they are left out.
fn effects(cluster: &Cluster) -> String {
    let line = |effect: &Effect| match effect {
        Effect::LoadBalancerWanted {
            namespace,
            name,
            annotations,
            ..
        } => {
            format!("balancer wanted {namespace}/{name} {annotations:?}\n")
        }
        Effect::LoadBalancerChanged {
            namespace, name, ..
        } => format!("balancer changed {namespace}/{name}\n"),
        Effect::LoadBalancerGone {
            namespace, name, ..
        } => format!("balancer gone {namespace}/{name}\n"),
        Effect::VolumeWanted {
            namespace,
            claim,
            size_gib,
            tags,
            ..
        } => {
            format!("volume wanted {namespace}/{claim} {size_gib} GiB {tags:?}\n")
        }
        Effect::PodRuns { name, .. } => format!("pod {name} runs\n"),
        Effect::VolumeGone { volume_id } => format!("volume gone {volume_id}\n"),
        Effect::NodesWanted => "nodes wanted\n".to_owned(),
        Effect::NodesIdle => "nodes idle\n".to_owned(),
        Effect::DefinitionWanted { name } => format!("definition {name}\n"),
        Effect::FirewallWished => "firewall wished\n".to_owned(),
        Effect::Look {
            resource,
            name,
            seconds,
            ..
        } => format!("look at {resource} {name} after {seconds} s\n"),
    };
    cluster.take_effects().iter().map(line).collect()
}

async fn volumes(cluster: &Cluster) -> String {
    let list = ok(cluster, "GET /api/v1/persistentvolumes", Value::Null).await;
    let line = |one: &Value| {
        format!(
            "{} {} {} {}\n",
            one["spec"]["csi"]["volumeHandle"].as_str().unwrap(),
            one["spec"]["persistentVolumeReclaimPolicy"]
                .as_str()
                .unwrap(),
            one["spec"]["capacity"]["storage"].as_str().unwrap(),
            one["status"]["phase"].as_str().unwrap(),
        )
    };
    list["items"].as_array().unwrap().iter().map(line).collect()
}

fn made(cluster: &Cluster) {
    let (namespace, claim) = ("default".to_owned(), "data".to_owned());
    let label = "pvc1234".to_owned();
    cluster.finish(
        Done::Volume {
            namespace,
            claim,
            volume_id: 77,
            label,
        },
        minute(2),
    );
}

/// A claim's life with a class: asked, bound, deleted.
async fn check(class: Option<&str>, size: &str, expected: Expect) {
    let cluster = cluster();
    ok(&cluster, &format!("POST {CLAIMS}"), claim(class, size)).await;
    let mut transcript = effects(&cluster);
    made(&cluster);
    transcript += &volumes(&cluster).await;
    let bound = ok(&cluster, &format!("GET {CLAIMS}/data"), Value::Null).await;
    let phase = bound["status"]["phase"].as_str().unwrap();
    transcript.extend(["claim ", phase, "\n"]);
    ok(&cluster, &format!("DELETE {CLAIMS}/data"), Value::Null).await;
    transcript += "claim deleted\n";
    transcript += &effects(&cluster);
    transcript += &volumes(&cluster).await;
    expected.assert_eq(&transcript);
}

#[tokio::test]
async fn the_default_class_keeps_the_volume() {
    check(
        None,
        "5Gi",
        expect![[r#"
        volume wanted default/data 10 GiB []
        77-pvc1234 Retain 10Gi Bound
        claim Bound
        claim deleted
        77-pvc1234 Retain 10Gi Released
    "#]],
    )
    .await;
}

#[tokio::test]
async fn the_deleting_class_gives_the_volume_back() {
    check(
        Some("linode-block-storage"),
        "10500Mi",
        expect![[r#"
        volume wanted default/data 11 GiB []
        77-pvc1234 Delete 11Gi Bound
        claim Bound
        claim deleted
        volume gone 77
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_claim_of_no_known_class_waits() {
    let cluster = cluster();
    ok(
        &cluster,
        &format!("POST {CLAIMS}"),
        claim(Some("nfs"), "1Gi"),
    )
    .await;
    assert_eq!(effects(&cluster), "");
}

#[tokio::test]
async fn our_own_default_class_gives_its_tags() {
    let cluster = cluster();
    let class = json!({
        "metadata": {
            "name": "ours",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "linodebs.csi.linode.com",
        "parameters": {"linodebs.csi.linode.com/volumeTags": "ql-01abc, kubeflow"},
    });
    ok(
        &cluster,
        "POST /apis/storage.k8s.io/v1/storageclasses",
        class,
    )
    .await;
    ok(&cluster, &format!("POST {CLAIMS}"), claim(None, "20G")).await;
    expect![[r#"
        volume wanted default/data 19 GiB ["ql-01abc", "kubeflow"]
    "#]]
    .assert_eq(&effects(&cluster));
}

#[tokio::test]
async fn a_claim_patched_to_retain_keeps_its_volume() {
    let cluster = cluster();
    ok(
        &cluster,
        &format!("POST {CLAIMS}"),
        claim(Some("linode-block-storage"), "10Gi"),
    )
    .await;
    effects(&cluster);
    made(&cluster);
    let list = ok(&cluster, "GET /api/v1/persistentvolumes", Value::Null).await;
    let name = list["items"][0]["metadata"]["name"].as_str().unwrap();
    let retain = json!({"spec": {"persistentVolumeReclaimPolicy": "Retain"}});
    ok(
        &cluster,
        &format!("PATCH /api/v1/persistentvolumes/{name}"),
        retain,
    )
    .await;
    ok(&cluster, &format!("DELETE {CLAIMS}/data"), Value::Null).await;
    assert_eq!(effects(&cluster), "");
    assert_eq!(volumes(&cluster).await, "77-pvc1234 Retain 10Gi Released\n");
    let delete = json!({"spec": {"persistentVolumeReclaimPolicy": "Delete"}});
    ok(
        &cluster,
        &format!("PATCH /api/v1/persistentvolumes/{name}"),
        delete,
    )
    .await;
    assert_eq!(
        (effects(&cluster), volumes(&cluster).await),
        ("volume gone 77\n".to_owned(), String::new())
    );
}

#[tokio::test]
async fn a_claim_in_use_is_not_deleted_before_its_pod() {
    let cluster = cluster();
    ok(&cluster, &format!("POST {CLAIMS}"), claim(None, "10Gi")).await;
    let volume = json!({"name": "d", "persistentVolumeClaim": {"claimName": "data"}});
    let pod = json!({"metadata": {"name": "user"}, "spec": {"volumes": [volume]}});
    ok(&cluster, "POST /api/v1/namespaces/default/pods", pod).await;
    ok(&cluster, &format!("DELETE {CLAIMS}/data"), Value::Null).await;
    assert_eq!(
        send(&cluster, &format!("GET {CLAIMS}/data"), Value::Null)
            .await
            .0,
        200
    );
    ok(
        &cluster,
        "DELETE /api/v1/namespaces/default/pods/user",
        Value::Null,
    )
    .await;
    assert_eq!(
        send(&cluster, &format!("GET {CLAIMS}/data"), Value::Null)
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn a_volume_made_for_a_claim_that_left_is_given_back() {
    let cluster = cluster();
    ok(&cluster, &format!("POST {CLAIMS}"), claim(None, "10Gi")).await;
    effects(&cluster);
    ok(&cluster, &format!("DELETE {CLAIMS}/data"), Value::Null).await;
    made(&cluster);
    assert_eq!(effects(&cluster), "volume gone 77\n");
}

#[tokio::test]
async fn a_load_balancer_is_wanted_once_and_kept_until_its_nodebalancer_is_gone() {
    let cluster = cluster();
    let service = json!({
        "metadata": {
            "name": "ui",
            "annotations": {"service.beta.kubernetes.io/linode-loadbalancer-firewall-id": "9"},
        },
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    });
    let uid = ok(&cluster, &format!("POST {SERVICES}"), service).await["metadata"]["uid"].clone();
    let mut transcript = effects(&cluster);
    let (namespace, name) = ("default".to_owned(), "ui".to_owned());
    let (ip, hostname) = ("203.0.113.9".to_owned(), "nb.example".to_owned());
    let done = Done::LoadBalancer {
        namespace: namespace.clone(),
        name: name.clone(),
        ip,
        hostname,
    };
    cluster.finish(done, minute(2));
    let served = ok(&cluster, &format!("GET {SERVICES}/ui"), Value::Null).await;
    transcript += &served["status"]["loadBalancer"]["ingress"].to_string();
    transcript += "\n";
    let touched = json!({"metadata": {"labels": {"touched": "yes"}}});
    for (verb, body) in [
        ("DELETE", Value::Null),
        ("PATCH", touched),
        ("DELETE", Value::Null),
    ] {
        ok(&cluster, &format!("{verb} {SERVICES}/ui"), body).await;
        transcript += &effects(&cluster);
    }
    let held = send(&cluster, &format!("GET {SERVICES}/ui"), Value::Null)
        .await
        .0;
    let uid = uid.as_str().unwrap().to_owned();
    cluster.finish(
        Done::LoadBalancerGone {
            namespace,
            name,
            uid,
        },
        minute(3),
    );
    let freed = send(&cluster, &format!("GET {SERVICES}/ui"), Value::Null)
        .await
        .0;
    assert_eq!((held, freed), (200, 404));
    expect![[r#"
        balancer wanted default/ui {"service.beta.kubernetes.io/linode-loadbalancer-firewall-id": "9"}
        [{"ip":"203.0.113.9","hostname":"nb.example","ipMode":"VIP"}]
        balancer gone default/ui
    "#]].assert_eq(&transcript);
}

#[tokio::test]
async fn effects_survive_a_restart() {
    let cluster = cluster();
    ok(&cluster, &format!("POST {CLAIMS}"), claim(None, "10Gi")).await;
    let again = Cluster::load(cluster.save()).unwrap();
    assert_eq!(effects(&again), effects(&cluster));
    assert_eq!(volumes(&again).await, volumes(&cluster).await);
}
