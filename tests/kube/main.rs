//! The port against the demo cloud: in memory, and over TLS on loopback.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod forward;
mod gpus;
mod watched;

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use base64::Engine as _;
use bytes::Bytes;
use engine::ports::{Kind, Kube, KubeApi};
use expect_test::expect;
use http::{Request, Uri};
use http_body_util::BodyExt as _;
use kubernetes::KubeRs;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use sim::{Options, Twin};
use tower::ServiceExt as _;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A demo cloud that is done at once, with a cluster of one node.
struct Bench {
    twin: Twin,
    cluster: u64,
}

impl Bench {
    async fn new() -> Self {
        let start = Some("2026-11-23T10:00:00Z".parse().unwrap());
        let twin = Twin::new(Options {
            start,
            ..Options::default()
        })
        .unwrap();
        twin.demo("PUT", "/_demo/switches", &json!({"latency_permille": 0}));
        Self { twin, cluster: 0 }.with_cluster().await
    }

    async fn with_cluster(mut self) -> Self {
        let want = json!({
            "label": "ada", "region": "us-ord", "k8s_version": "1.34",
            "node_pools": [{"type": "g6-standard-2", "count": 1}],
            "control_plane": {
                "acl": {"enabled": true, "addresses": {"ipv4": ["203.0.113.7/32"]}},
            },
        });
        let made = self.linode("POST", "/v4/lke/clusters", want).await;
        self.cluster = made["id"].as_u64().unwrap();
        self
    }

    /// Asks the Linode API.
    async fn linode(&self, method: &str, path: &str, body: Value) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", "Bearer anyone")
            .body(Bytes::from(if body.is_null() {
                String::new()
            } else {
                body.to_string()
            }))
            .unwrap();
        let reply = self.twin.service().oneshot(request).await.unwrap();
        let status = reply.status();
        let body = reply.into_body().collect().await.unwrap().to_bytes();
        assert!(status.is_success(), "{method} {path}: {status} {body:?}");
        serde_json::from_slice(&body).unwrap()
    }

    async fn kubeconfig(&self) -> SecretString {
        let path = format!("/v4/lke/clusters/{}/kubeconfig", self.cluster);
        let reply = self.linode("GET", &path, Value::Null).await;
        let text = reply["kubeconfig"].as_str().unwrap();
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(text)
            .unwrap();
        SecretString::from(String::from_utf8(bytes).unwrap())
    }

    /// The port in memory, as a client at `from` reaches the cluster.
    async fn connect(&self, from: IpAddr) -> Arc<dyn KubeApi> {
        let twin = self.twin.clone();
        let service = move |server: &Uri| twin.kube_service_at(server.port_u16().unwrap(), from);
        KubeRs::over(service)
            .connect(&self.kubeconfig().await)
            .await
            .unwrap()
    }

    /// What a user shows to the cluster.
    async fn token(&self) -> String {
        let kubeconfig = self.kubeconfig().await;
        let (_, rest) = kubeconfig.expose_secret().split_once("token: ").unwrap();
        rest.lines().next().unwrap().to_owned()
    }

    /// What a user does with kubectl: one request.
    async fn asks(&self, token: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let kind = if method == "PATCH" {
            "application/merge-patch+json"
        } else {
            "application/json"
        };
        let request = Request::builder().method(method).uri(path);
        let request = request
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", kind);
        let body = if body.is_null() {
            Bytes::new()
        } else {
            Bytes::from(body.to_string())
        };
        let service = self.twin.kube_service(self.cluster, HERE);
        let reply = service.oneshot(request.body(body).unwrap()).await.unwrap();
        let status = reply.status().as_u16();
        let body = reply.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }

    /// One GET.
    async fn get(&self, path: &str) -> Value {
        let token = self.token().await;
        self.asks(&token, "GET", path, &Value::Null).await.1
    }

    /// One POST.
    async fn kubectl(&self, path: &str, object: Value) {
        let token = self.token().await;
        let (status, _) = self.asks(&token, "POST", path, &object).await;
        assert_eq!(status, 201, "{path}");
    }

    /// One PATCH.
    async fn kubectl_patch(&self, path: &str, change: Value) {
        let token = self.token().await;
        let (status, _) = self.asks(&token, "PATCH", path, &change).await;
        assert_eq!(status, 200, "{path}");
    }

    /// One DELETE.
    async fn kubectl_delete(&self, path: &str) {
        let token = self.token().await;
        let (status, _) = self.asks(&token, "DELETE", path, &Value::Null).await;
        assert!(matches!(status, 200 | 202), "{path}");
    }

    async fn claim(&self, name: &str) {
        self.claim_of(name, "linode-block-storage").await;
    }

    async fn claim_of(&self, name: &str, class: &str) {
        let mut claim = json!({
            "metadata": {"name": name},
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "5Gi"}},
            },
        });
        if !class.is_empty() {
            claim["spec"]["storageClassName"] = json!(class);
        }
        self.kubectl("/api/v1/namespaces/default/persistentvolumeclaims", claim)
            .await;
    }

    async fn service(&self, name: &str, kind: &str) {
        let service =
            json!({"metadata": {"name": name}, "spec": {"type": kind, "ports": [{"port": 80}]}});
        self.kubectl("/api/v1/namespaces/default/services", service)
            .await;
    }

    /// How many volumes and NodeBalancers are on the account.
    async fn billed(&self) -> (usize, usize) {
        let count = async |path| self.linode("GET", path, Value::Null).await["results"].as_u64();
        let volumes = count("/v4/volumes").await.unwrap();
        (
            volumes as usize,
            count("/v4/nodebalancers").await.unwrap() as usize,
        )
    }
}

/// Drawn ids are left out.
/// By their claims: the names of volumes are drawn.
async fn volumes(kube: &dyn KubeApi) -> String {
    let mut out = String::new();
    let mut all = kube.persistent_volumes().await.unwrap();
    all.sort_by(|one, other| one.claim.cmp(&other.claim));
    for one in all {
        let (namespace, claim) = one.claim.unwrap();
        let (linode, kept) = (one.volume.is_some(), one.retained);
        writeln!(
            out,
            "{namespace}/{claim} {} GB, linode {linode}, kept {kept}",
            one.size_gb
        )
        .unwrap();
    }
    out
}

#[tokio::test(start_paused = true)]
async fn nodes_are_told_with_their_linodes() {
    let bench = Bench::new().await;
    let nodes = bench.connect(HERE).await.nodes().await.unwrap();
    let instances = bench
        .linode("GET", "/v4/linode/instances", Value::Null)
        .await;
    assert_eq!(nodes.len(), 1);
    assert!(nodes[0].ready);
    assert_eq!(
        nodes[0].instance.unwrap().0,
        instances["data"][0]["id"].as_u64().unwrap()
    );
    assert_eq!(
        nodes[0].name,
        instances["data"][0]["label"].as_str().unwrap()
    );
}

#[tokio::test(start_paused = true)]
async fn a_kept_volume_outlives_its_claim_and_a_ticked_one_does_not() {
    let bench = Bench::new().await;
    bench.claim("kept").await;
    bench.claim("ticked").await;
    let kube = bench.connect(HERE).await;
    let mut seen = volumes(&*kube).await;
    let all = kube.persistent_volumes().await.unwrap();
    let of = |claim: &str| {
        let found = all
            .iter()
            .find(|one| one.claim.as_ref().unwrap().1 == claim);
        found.unwrap().name.clone()
    };
    kube.retain_volume(&of("kept")).await.unwrap();
    for claim in ["kept", "ticked", "ticked"] {
        kube.delete_claim("default", claim).await.unwrap();
    }
    seen += "deleted\n";
    seen += &volumes(&*kube).await;
    expect![[r#"
        default/kept 10 GB, linode true, kept false
        default/ticked 10 GB, linode true, kept false
        deleted
        default/kept 10 GB, linode true, kept true
    "#]]
    .assert_eq(&seen);
    assert_eq!(bench.billed().await, (1, 0));
    let missing = kube.retain_volume("pvc-nowhere").await.unwrap_err();
    assert_eq!((missing.kind, missing.status), (Kind::NotFound, Some(404)));
}

#[tokio::test(start_paused = true)]
async fn our_storage_class_is_the_default_and_its_marked_volumes_go_with_their_claims() {
    let bench = Bench::new().await;
    let kube = bench.connect(HERE).await;
    let tags = ["ql-x".to_owned()];
    bench.claim_of("before", "").await;
    for _ in 0..2 {
        kube.set_storage_class(&tags).await.unwrap();
    }
    bench.claim_of("after", "").await;
    let made = bench.linode("GET", "/v4/volumes", Value::Null).await;
    assert_eq!(
        (&made["data"][0]["tags"], &made["data"][1]["tags"]),
        (&json!([]), &json!(tags))
    );
    for claim in ["before", "after"] {
        kube.delete_claim("default", claim).await.unwrap();
    }
    // What the cluster's own default made stays, and goes on costing.
    assert_eq!(bench.billed().await, (1, 0));
    let other = kube.set_storage_class(&["ql-y".to_owned()]).await;
    assert_eq!(other.unwrap_err().kind, Kind::Invalid);
}

#[tokio::test(start_paused = true)]
async fn only_load_balancers_are_listed_and_deleting_one_ends_its_nodebalancer() {
    let bench = Bench::new().await;
    bench.service("ui", "LoadBalancer").await;
    bench.service("inner", "ClusterIP").await;
    assert_eq!(bench.billed().await, (0, 1));
    let kube = bench.connect(HERE).await;
    let found = kube.load_balancers().await.unwrap();
    let names: Vec<String> = found.iter().map(|one| one.service.to_string()).collect();
    assert_eq!(names, ["default/ui"]);
    for _ in 0..2 {
        kube.delete_service("default", "ui").await.unwrap();
    }
    assert_eq!(kube.load_balancers().await.unwrap().len(), 0);
    assert_eq!(bench.billed().await, (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_long_listing_is_read_page_by_page() {
    let bench = Bench::new().await;
    for nth in 0..260 {
        bench.service(&format!("s{nth:03}"), "LoadBalancer").await;
    }
    assert_eq!(
        bench
            .connect(HERE)
            .await
            .load_balancers()
            .await
            .unwrap()
            .len(),
        260
    );
}

#[tokio::test(start_paused = true)]
async fn who_is_not_on_the_access_list_never_sends() {
    let bench = Bench::new().await;
    let elsewhere = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));
    let failure = bench.connect(elsewhere).await.nodes().await.unwrap_err();
    assert_eq!(
        (failure.kind, failure.never_sent),
        (Kind::Unavailable, true)
    );
    assert_eq!(failure.to_string(), "list nodes");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_taken_back_is_unauthorized() {
    let bench = Bench::new().await;
    let kube = bench.connect(HERE).await;
    let path = format!("/v4/lke/clusters/{}/kubeconfig", bench.cluster);
    bench.linode("DELETE", &path, Value::Null).await;
    let failure = kube.nodes().await.unwrap_err();
    assert_eq!(
        (failure.kind, failure.status),
        (Kind::Unauthorized, Some(401))
    );
    assert_eq!(failure.said(), "Unauthorized");
}

#[tokio::test]
async fn the_same_over_tls_trusts_the_kubeconfig_s_authority_alone() {
    let bench = Bench::new().await;
    let served = sim::serve(bench.twin.clone(), None).await.unwrap();
    let kubeconfig = bench.kubeconfig().await;
    let kube = KubeRs::live().connect(&kubeconfig).await.unwrap();
    assert_eq!(kube.nodes().await.unwrap().len(), 1);

    let other = Bench {
        twin: bench.twin.clone(),
        cluster: 0,
    };
    let want = json!({
        "label": "other", "region": "us-ord", "k8s_version": "1.34",
        "node_pools": [{"type": "g6-standard-2", "count": 1}],
    });
    let made = other.linode("POST", "/v4/lke/clusters", want).await;
    let other = Bench {
        cluster: made["id"].as_u64().unwrap(),
        ..other
    };
    let line = |text: &SecretString| {
        let found = text
            .expose_secret()
            .lines()
            .find(|line| line.contains("authority-data"));
        found.unwrap().to_owned()
    };
    let (ours, theirs) = (line(&kubeconfig), line(&other.kubeconfig().await));
    let forged = SecretString::from(kubeconfig.expose_secret().replace(&ours, &theirs));
    let failure = KubeRs::live()
        .connect(&forged)
        .await
        .unwrap()
        .nodes()
        .await
        .unwrap_err();
    assert_eq!(
        (failure.kind, failure.never_sent),
        (Kind::Unavailable, true)
    );
    drop(served);
}
