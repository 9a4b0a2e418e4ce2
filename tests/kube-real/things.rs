//! The questions about load balancers, volumes, workloads, the scheduler's words and the owners of
//! fields.

use crate::asked::{Notes, object, soon, stored};
use crate::server::Server;
use domain::inventory::ServiceName;
use serde_json::{Value, json};

pub(crate) async fn balancers(server: &Server, notes: &mut Notes) {
    let kube = &server.kube;
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "ui", "namespace": "default"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}], "selector": {"app": "ui"}},
    });
    notes.kubectl(
        "a load balancer",
        server.put(&["apply", "--server-side"], &service).await,
    );
    let names = kube.load_balancers().await;
    let names = names.map(|all| {
        all.iter()
            .map(|one| one.service.to_string())
            .collect::<Vec<_>>()
    });
    notes.answer("the load balancers", &names);
    let list = ["203.0.113.7/32".parse().expect("an address")];
    let named = |name: &str| ServiceName {
        namespace: "default".to_owned(),
        name: name.to_owned(),
    };
    notes.answer(
        "it is guarded",
        &kube.guard_service(&named("ui"), &list).await,
    );
    let seen = server.json(&["get", "service", "ui"]).await;
    notes.note(
        "by its annotation",
        seen["metadata"]["annotations"].to_string(),
    );
    notes.answer(
        "none is guarded",
        &kube.guard_service(&named("none"), &list).await,
    );
    for nth in ["once", "twice"] {
        notes.answer(
            &format!("it is deleted, {nth}"),
            &kube.delete_service("default", "ui").await,
        );
    }
}

pub(crate) async fn volumes(server: &Server, notes: &mut Notes) {
    let kube = &server.kube;
    let volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "by-hand"},
        "spec": {
            "capacity": {"storage": "10Gi"}, "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Delete", "storageClassName": "by-hand",
            "csi": {"driver": "linodebs.csi.linode.com", "volumeHandle": "4711-by-hand"},
            "claimRef": {"namespace": "default", "name": "data"},
        },
    });
    notes.kubectl("a volume by hand", server.put(&["create"], &volume).await);
    let seen = kube.persistent_volumes().await;
    let seen = seen.map(|all| {
        all.into_iter()
            .filter(|one| one.name == "by-hand")
            .collect::<Vec<_>>()
    });
    notes.answer("it is listed", &seen);
    for nth in ["once", "twice"] {
        notes.answer(
            &format!("it is retained, {nth}"),
            &kube.retain_volume("by-hand").await,
        );
    }
    notes.answer("none is retained", &kube.retain_volume("nowhere").await);
    notes.answer(
        "no claim is deleted",
        &kube.delete_claim("default", "nowhere").await,
    );
    let deleted = server
        .kubectl(&["delete", "pv", "by-hand", "--wait=false"])
        .await;
    notes.kubectl("the volume is deleted", deleted);
}

pub(crate) async fn workloads(server: &Server, notes: &mut Notes) {
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "registry.example/web:1"}]},
            },
        },
    });
    notes.kubectl(
        "a Deployment",
        server.put(&["apply", "--server-side"], &deployment).await,
    );
    let wait = [
        "wait",
        "--for=condition=Available",
        "--timeout=60s",
        "deployment/web",
    ];
    notes.kubectl("is available", server.kubectl(&wait).await);
    let mut seen = server.json(&["get", "deployment", "web"]).await;
    if let Some(annotations) = seen
        .pointer_mut("/metadata/annotations")
        .and_then(Value::as_object_mut)
    {
        annotations.sort_keys();
    }
    notes.note("the Deployment as stored", stored(seen));
    let scaled = server
        .kubectl(&["scale", "deployment/web", "--replicas=1"])
        .await;
    notes.kubectl("is scaled", scaled);
    let count = async || {
        let all = server.json(&["get", "pod", "-l", "app=web"]).await;
        all["items"].as_array().map_or(0, Vec::len)
    };
    notes.note(
        "to one pod",
        soon(async || count().await == 1).await.to_string(),
    );
    let gone = ["delete", "deployment", "web", "--cascade=foreground"];
    notes.kubectl("is deleted", server.kubectl(&gone).await);
    notes.note(
        "with its pod",
        soon(async || count().await == 0).await.to_string(),
    );
}

/// Why a pod waits, in the scheduler's words.
pub(crate) async fn scheduling(server: &Server, notes: &mut Notes) {
    for (name, limits) in [
        ("hungry", json!({"nvidia.com/gpu": "2"})),
        ("greedy", json!({"cpu": "900"})),
        ("vast", json!({"memory": "9000Gi", "nvidia.com/gpu": "1"})),
    ] {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
            "spec": {"containers": [{
                "name": "one", "image": "registry.example/one:1", "resources": {"limits": limits},
            }]},
        });
        notes.kubectl(
            &format!("the pod `{name}`"),
            server.put(&["create"], &pod).await,
        );
        let mut why = Value::Null;
        soon(async || {
            let seen = server.json(&["get", "pod", name]).await;
            let all = seen["status"]["conditions"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let waits = all.into_iter().find(|one| one["type"] == "PodScheduled");
            why = waits.map_or(Value::Null, |one| json!([one["reason"], one["message"]]));
            !why.is_null()
        })
        .await;
        notes.note(&format!("`{name}` waits because"), why.to_string());
        let deleted = server
            .kubectl(&["delete", "pod", name, "--force", "--grace-period=0"])
            .await;
        notes.note(&format!("`{name}` is deleted"), deleted.is_ok().to_string());
    }
}

/// Two owners of one field.
pub(crate) async fn owners(server: &Server, notes: &mut Notes) {
    let map = |value: &str| {
        json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "ours", "namespace": "default"}, "data": {"who": value},
        })
    };
    let apply = async |manager: &str, value: &str, more: &[&str]| {
        let manager = format!("--field-manager={manager}");
        let words = [&["apply", "--server-side", manager.as_str()], more].concat();
        server.put(&words, &map(value)).await
    };
    notes.kubectl("one applies", apply("one", "a", &[]).await);
    notes.kubectl("the same again", apply("one", "a", &[]).await);
    notes.kubectl("another differs", apply("two", "b", &[]).await);
    notes.kubectl("another says the same", apply("two", "a", &[]).await);
    notes.kubectl(
        "another by force",
        apply("two", "b", &["--force-conflicts"]).await,
    );
    notes.note(
        "the map as stored",
        object(server, &["configmap", "ours"]).await,
    );
    let wrong = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "Not_A_Name", "namespace": "default"},
    });
    notes.kubectl("a wrong name", server.put(&["create"], &wrong).await);
    notes.kubectl(
        "nothing there",
        server.kubectl(&["get", "configmap", "none"]).await,
    );
    notes.kubectl("no such kind", server.kubectl(&["get", "unicorn"]).await);
    notes.kubectl(
        "deleted",
        server.kubectl(&["delete", "configmap", "ours"]).await,
    );
}
