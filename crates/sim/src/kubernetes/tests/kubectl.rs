//! The real kubectl against the listener.

use std::io::Write as _;
use std::net::IpAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};

use super::super::{Cluster, Done, Effect, Gate, Listener, listen};
use super::{cluster, gpu_node, minute};
use crate::{BoxError, ReplyBody};

/// A listening cluster with a kubeconfig on disk.
struct Bench {
    cluster: Cluster,
    listener: Listener,
    allowed: Arc<AtomicBool>,
    kubeconfig: String,
}

/// Lets in everybody or nobody, five minutes after the start.
struct Door {
    cluster: Cluster,
    open: Arc<AtomicBool>,
}

impl Door {
    fn open(cluster: &Cluster) -> Arc<Self> {
        Arc::new(Self {
            cluster: cluster.clone(),
            open: Arc::new(AtomicBool::new(true)),
        })
    }
}

impl Gate for Door {
    fn admits(&self, _: IpAddr) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    fn answer(
        &self,
        client: IpAddr,
        request: Request<Bytes>,
    ) -> BoxFuture<'static, Result<Response<ReplyBody>, BoxError>> {
        let (cluster, open) = (self.cluster.clone(), self.admits(client));
        Box::pin(async move {
            if open {
                Ok(cluster.handle(request, minute(5)).await)
            } else {
                Err("the access list has changed".into())
            }
        })
    }
}

impl Bench {
    async fn new() -> Self {
        let cluster = cluster();
        cluster.add_node(
            gpu_node("lke584692-855491-1bc1c89c0000", 94_907_004),
            minute(0),
        );
        let allowed = Arc::new(AtomicBool::new(true));
        let gate = Arc::new(Door {
            cluster: cluster.clone(),
            open: Arc::clone(&allowed),
        });
        let listener = listen(&cluster, None, gate).await.unwrap();
        let text = cluster.kubeconfig(&format!("https://127.0.0.1:{}", listener.port()));
        let path = std::env::temp_dir().join(format!("sim-kube-{}.yaml", listener.port()));
        std::fs::write(&path, text).unwrap();
        Self {
            cluster,
            listener,
            allowed,
            kubeconfig: path.display().to_string(),
        }
    }

    /// What `kubectl` prints; its complaint, when it fails.
    async fn run(&self, arguments: &str, stdin: &str) -> String {
        let (kubeconfig, stdin) = (self.kubeconfig.clone(), stdin.to_owned());
        let arguments: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
        let run = tokio::task::spawn_blocking(move || kubectl(&kubeconfig, &arguments, &stdin));
        run.await.unwrap()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.kubeconfig);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test is about this very program"
)]
fn command() -> Command {
    Command::new("kubectl")
}

fn kubectl(kubeconfig: &str, arguments: &[String], stdin: &str) -> String {
    let mut child = command()
        .args([
            "--kubeconfig",
            kubeconfig,
            "--cache-dir",
            &format!("{kubeconfig}.cache"),
        ])
        .args(arguments)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(stdin.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let _gone = std::fs::remove_dir_all(format!("{kubeconfig}.cache"));
    let lines = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    lines
        .lines()
        .map(str::trim_end)
        .fold(String::new(), |all, line| all + line + "\n")
}

fn is_missing() -> bool {
    let missing = command().arg("version").arg("--client").output().is_err();
    if missing {
        // A skipped test must not look like a passed one.
        tracing::error!("SKIPPED: kubectl is not on PATH");
        std::io::stderr()
            .write_all(b"SKIPPED: kubectl is not on PATH\n")
            .unwrap();
    }
    missing
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_prints_what_it_prints_for_a_real_cluster() {
    if is_missing() {
        return;
    }
    let bench = Bench::new().await;
    let mut transcript = String::new();
    for arguments in [
        "get nodes",
        "get nodes -o wide",
        "get nodes -o jsonpath={.items[0].spec.providerID}",
        "get pods -A",
        "get sc",
        "get ns",
        "get svc -A",
        "get pv,pvc -A",
        "get nodes -l nvidia.com/gpu.present=true -o name",
        "get pods -A --field-selector spec.nodeName=elsewhere",
        "get pod nowhere",
        "api-resources --api-group=storage.k8s.io",
        "get ns -w --request-timeout=1s",
        "drain lke584692-855491-1bc1c89c0000 --ignore-daemonsets",
        "create ns ml",
        "get nodes",
    ] {
        let printed = bench.run(arguments, "").await;
        transcript.extend(["$ kubectl ", arguments, "\n", &printed, "\n"]);
    }
    expect_test::expect![[r#"
        $ kubectl get nodes
        NAME                            STATUS   ROLES    AGE   VERSION
        lke584692-855491-1bc1c89c0000   Ready    <none>   5m    v1.34.2

        $ kubectl get nodes -o wide
        NAME                            STATUS   ROLES    AGE   VERSION   INTERNAL-IP      EXTERNAL-IP    OS-IMAGE                         KERNEL-VERSION         CONTAINER-RUNTIME
        lke584692-855491-1bc1c89c0000   Ready    <none>   5m    v1.34.2   192.168.150.10   203.0.113.20   Debian GNU/Linux 12 (bookworm)   6.1.0-43-cloud-amd64   containerd://2.2.1

        $ kubectl get nodes -o jsonpath={.items[0].spec.providerID}
        linode://94907004

        $ kubectl get pods -A
        NAMESPACE     NAME                    READY   STATUS    RESTARTS   AGE
        kube-system   calico-node-20292       1/1     Running   0          5m
        kube-system   csi-linode-node-01eb2   1/1     Running   0          5m
        kube-system   kube-proxy-e82dc        1/1     Running   0          5m

        $ kubectl get sc
        NAME                                    PROVISIONER               RECLAIMPOLICY   VOLUMEBINDINGMODE   ALLOWVOLUMEEXPANSION   AGE
        linode-block-storage                    linodebs.csi.linode.com   Delete          Immediate           true                   5m
        linode-block-storage-retain (default)   linodebs.csi.linode.com   Retain          Immediate           true                   5m

        $ kubectl get ns
        NAME              STATUS   AGE
        default           Active   5m
        kube-node-lease   Active   5m
        kube-public       Active   5m
        kube-system       Active   5m

        $ kubectl get svc -A
        NAMESPACE     NAME         TYPE        CLUSTER-IP    EXTERNAL-IP   PORT(S)                  AGE
        default       kubernetes   ClusterIP   10.128.0.1    <none>        443/TCP                  5m
        kube-system   kube-dns     ClusterIP   10.128.0.10   <none>        53/UDP,53/TCP,9153/TCP   5m

        $ kubectl get pv,pvc -A
        No resources found

        $ kubectl get nodes -l nvidia.com/gpu.present=true -o name
        node/lke584692-855491-1bc1c89c0000

        $ kubectl get pods -A --field-selector spec.nodeName=elsewhere
        No resources found

        $ kubectl get pod nowhere
        Error from server (NotFound): pods "nowhere" not found

        $ kubectl api-resources --api-group=storage.k8s.io
        NAME                SHORTNAMES   APIVERSION          NAMESPACED   KIND
        csidrivers                       storage.k8s.io/v1   false        CSIDriver
        csinodes                         storage.k8s.io/v1   false        CSINode
        storageclasses      sc           storage.k8s.io/v1   false        StorageClass
        volumeattachments                storage.k8s.io/v1   false        VolumeAttachment

        $ kubectl get ns -w --request-timeout=1s
        NAME              STATUS   AGE
        default           Active   5m
        kube-node-lease   Active   5m
        kube-public       Active   5m
        kube-system       Active   5m

        $ kubectl drain lke584692-855491-1bc1c89c0000 --ignore-daemonsets
        node/lke584692-855491-1bc1c89c0000 cordoned
        node/lke584692-855491-1bc1c89c0000 drained
        Warning: ignoring DaemonSet-managed Pods: kube-system/calico-node-20292, kube-system/csi-linode-node-01eb2, kube-system/kube-proxy-e82dc

        $ kubectl create ns ml
        namespace/ml created

        $ kubectl get nodes
        NAME                            STATUS                     ROLES    AGE   VERSION
        lke584692-855491-1bc1c89c0000   Ready,SchedulingDisabled   <none>   5m    v1.34.2

    "#]].assert_eq(&transcript);
    assert!(bench.listener.port() > 0);
}

const CLAIM_AND_SERVICE: &str = "
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: notebooks}
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: linode-block-storage
  resources: {requests: {storage: 5Gi}}
---
apiVersion: v1
kind: Service
metadata: {name: ui}
spec:
  type: LoadBalancer
  selector: {app: ui}
  ports: [{port: 443, targetPort: 8443}]
";

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_applies_a_claim_and_a_load_balancer_and_deletes_them() {
    if is_missing() {
        return;
    }
    let bench = Bench::new().await;
    let mut transcript = bench.run("apply -f -", CLAIM_AND_SERVICE).await;
    transcript += &bench.run("get svc ui", "").await;
    for effect in bench.cluster.take_effects() {
        match effect {
            Effect::VolumeWanted {
                namespace, claim, ..
            } => {
                let label = "pvc-demo".to_owned();
                let done = Done::Volume {
                    namespace,
                    claim,
                    volume_id: 4711,
                    label,
                };
                bench.cluster.finish(done, minute(6));
            }
            Effect::LoadBalancerWanted {
                namespace, name, ..
            } => {
                let (ip, hostname) = ("203.0.113.99".to_owned(), "nb.example".to_owned());
                let done = Done::LoadBalancer {
                    namespace,
                    name,
                    ip,
                    hostname,
                };
                bench.cluster.finish(done, minute(6));
            }
            // Its NodeBalancer is on its way.
            Effect::LoadBalancerChanged { .. } => {}
            Effect::LoadBalancerGone { .. }
            | Effect::VolumeGone { .. }
            | Effect::PodRuns { .. }
            | Effect::Look { .. }
            | Effect::NodesWanted
            | Effect::DefinitionWanted { .. }
            | Effect::FirewallWished
            | Effect::NodesIdle => unreachable!(),
        }
    }
    transcript += &bench.run("get svc ui", "").await;
    transcript += &bench
        .run(
            "get pvc notebooks -o custom-columns=S:.status.phase,C:.status.capacity.storage",
            "",
        )
        .await;
    transcript += &bench.run("get pv -o custom-columns=H:.spec.csi.volumeHandle,P:.spec.persistentVolumeReclaimPolicy,S:.status.phase", "").await;
    transcript += &bench.run("apply -f -", CLAIM_AND_SERVICE).await;
    let other_port = CLAIM_AND_SERVICE.replace("port: 443,", "port: 8080,");
    transcript += &bench.run("apply -f -", &other_port).await;
    transcript += &bench
        .run("apply --server-side -f -", CLAIM_AND_SERVICE)
        .await;
    transcript += &bench.run("delete pvc notebooks", "").await;
    transcript += &bench.run("delete svc ui --wait=false", "").await;
    transcript += &bench.run("get pv", "").await;
    expect_test::expect![[r#"
        persistentvolumeclaim/notebooks created
        service/ui created
        NAME   TYPE           CLUSTER-IP       EXTERNAL-IP   PORT(S)         AGE
        ui     LoadBalancer   10.128.185.114   <pending>     443:30229/TCP   0s
        NAME   TYPE           CLUSTER-IP       EXTERNAL-IP    PORT(S)         AGE
        ui     LoadBalancer   10.128.185.114   203.0.113.99   443:30229/TCP   0s
        S       C
        Bound   10Gi
        H               P        S
        4711-pvc-demo   Delete   Bound
        persistentvolumeclaim/notebooks unchanged
        service/ui unchanged
        persistentvolumeclaim/notebooks unchanged
        service/ui configured
        persistentvolumeclaim/notebooks serverside-applied
        service/ui serverside-applied
        persistentvolumeclaim "notebooks" deleted
        service "ui" deleted
        No resources found
    "#]]
    .assert_eq(&transcript);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_on_the_access_list_is_hung_up_on() {
    if is_missing() {
        return;
    }
    let bench = Bench::new().await;
    bench.allowed.store(false, Ordering::SeqCst);
    let refused = bench.run("get --raw /version", "").await;
    assert!(
        refused.contains("EOF") || refused.contains("reset by peer"),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kubeconfig_works_again_after_a_restart_and_not_after_a_new_token() {
    if is_missing() {
        return;
    }
    let mut bench = Bench::new().await;
    let port = bench.listener.port();
    let saved = Cluster::load(bench.cluster.save()).unwrap();
    let other = cluster();
    let elsewhere = listen(&other, None, Door::open(&other)).await;
    bench.listener = elsewhere.unwrap();
    // The old listener's task lets go of the port when it is next polled.
    let mut again = Err(std::io::Error::other("not tried"));
    for _ in 0..100 {
        tokio::task::yield_now().await;
        again = listen(&saved, Some(port), Door::open(&saved)).await;
        if again.is_ok() {
            break;
        }
    }
    bench.listener = again.unwrap();
    let name = "node/lke584692-855491-1bc1c89c0000\n";
    assert_eq!(bench.run("get nodes -o name", "").await, name);
    saved.rotate_token();
    let refused = bench.run("get nodes -o name", "").await;
    assert!(refused.contains("You must be logged in"), "{refused}");
}
