//! A day with kubectl: each command with what it must print or refuse.

use crate::cluster::{Cluster, Said};
use anyhow::{Context, Result, ensure};

/// At least so many commands.
const COMMANDS_LEAST: usize = 30;

/// What a command must do.
enum Must {
    /// Print just this, but for space at the ends.
    Print(&'static str),
    /// Print this among other things.
    Say(&'static str),
    /// Fail, and say this.
    Refuse(&'static str),
}
use Must::{Print, Refuse, Say};

const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx:1.27
        ports: [{containerPort: 80, name: http}]
        resources: {requests: {cpu: 100m, memory: 64Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: web, labels: {app: web}}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
";
/// The same with one replica less.
const FEWER: &str = "replicas: 1";

/// `{pod}` is the name of one of web's pods, `{node}` that of the node without GPUs.
const COMMANDS: &[(&str, Must)] = &[
    (
        "apply -f web.yaml",
        Print("deployment.apps/web created\nservice/web created"),
    ),
    (
        "rollout status deployment/web --timeout=30s",
        Say("successfully rolled out"),
    ),
    (
        "wait --for=condition=Available deployment/web --timeout=30s",
        Say("condition met"),
    ),
    (
        "wait --for=jsonpath={.status.readyReplicas}=2 deployment/web --timeout=30s",
        Say("met"),
    ),
    (
        "apply -f web.yaml",
        Print("deployment.apps/web unchanged\nservice/web unchanged"),
    ),
    ("diff -f web.yaml", Print("")),
    (
        "diff -f fewer.yaml",
        Refuse("-  replicas: 2\n+  replicas: 1"),
    ),
    (
        "apply --server-side --force-conflicts -f web.yaml",
        Say("serverside-applied"),
    ),
    (
        "apply -f slip.yaml",
        Refuse("strict decoding error: unknown field \"spec.replica\""),
    ),
    (
        "apply -f word.yaml",
        Refuse("cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas"),
    ),
    (
        "explain pod.spec.containers.ports",
        Say("containerPort\t<integer>"),
    ),
    (
        "explain pod.spec.nothing",
        Refuse("field \"nothing\" does not exist"),
    ),
    ("get deployments", Say("web    2/2     2            2")),
    (
        "get deployment web -o jsonpath={.spec.strategy.type}",
        Print("RollingUpdate"),
    ),
    (
        "get pods -l app=web --field-selector status.phase=Running -o name",
        Say("pod/web-"),
    ),
    (
        "get pods -l app=other",
        Refuse("No resources found in default namespace."),
    ),
    (
        "get pods -A --field-selector spec.nodeName={node} -o wide",
        Say("{node}"),
    ),
    (
        "get pod {pod} -o go-template={{.metadata.name}}",
        Print("{pod}"),
    ),
    (
        "get pod nobody",
        Refuse("Error from server (NotFound): pods \"nobody\" not found"),
    ),
    (
        "get pods --field-selector spec.colour=red",
        Refuse("field label not supported: spec.colour"),
    ),
    (
        "get things",
        Refuse("the server doesn't have a resource type \"things\""),
    ),
    (
        "get nodes -l nvidia.com/gpu.present=true --no-headers",
        Say("Ready"),
    ),
    (
        "get svc web -o jsonpath={.spec.ports[0].targetPort}",
        Print("http"),
    ),
    ("get all -l app=web -o name", Say("replicaset.apps/web-")),
    ("get pods -A --chunk-size=2 -o name", Say("pod/{pod}")),
    ("get --raw /readyz", Print("ok")),
    ("describe pod {pod}", Say("Port:           80/TCP")),
    (
        "get endpoints web -o jsonpath={.subsets[0].ports}",
        Print("[{\"port\":80,\"protocol\":\"TCP\"}]"),
    ),
    ("describe service web", Say(":80,")),
    (
        "describe deployment web",
        Say("RollingUpdateStrategy:  25% max unavailable, 25% max surge"),
    ),
    ("describe node {node}", Say("Non-terminated Pods:")),
    ("logs {pod}", Say("started nginx:1.27")),
    ("logs deployment/web --tail=1", Say("started nginx:1.27")),
    (
        "logs {pod} --previous",
        Refuse("previous terminated container \"web\" in pod \"{pod}\""),
    ),
    (
        "logs {pod} -c nobody",
        Refuse("container nobody is not valid for pod {pod}"),
    ),
    (
        "exec {pod} -- ls",
        Refuse("nothing runs in the containers of a demo cloud"),
    ),
    ("top nodes", Say("{node}")),
    ("top pods -l app=web --containers", Say("{pod}")),
    ("top pods -A --sum=true", Say("Mi")),
    ("label pod {pod} tier=front", Print("pod/{pod} labeled")),
    (
        "label pod {pod} tier=back",
        Refuse("'tier' already has a value (front)"),
    ),
    (
        "label pod {pod} tier=back --overwrite",
        Print("pod/{pod} labeled"),
    ),
    ("get pods -l tier=back,app=web -o name", Print("pod/{pod}")),
    ("get pods -l tier!=back,app=web --no-headers", Say("web-")),
    ("label pod {pod} tier-", Print("pod/{pod} unlabeled")),
    ("annotate pod {pod} note=one", Print("pod/{pod} annotated")),
    (
        "patch svc web -p {\"spec\":{\"type\":\"NodePort\"}}",
        Print("service/web patched"),
    ),
    (
        "patch svc web --type=json -p [{\"op\":\"test\",\"path\":\"/kind\",\"value\":\"x\"}]",
        Refuse("the server rejected our request due to an error in our request"),
    ),
    (
        "scale deployment web --replicas=3 --current-replicas=7",
        Refuse("Expected replicas to be 7, was 2"),
    ),
    (
        "scale deployment web --replicas=3",
        Print("deployment.apps/web scaled"),
    ),
    (
        "set image deployment/web web=nginx:1.28",
        Print("deployment.apps/web image updated"),
    ),
    (
        "rollout restart deployment/web",
        Print("deployment.apps/web restarted"),
    ),
    (
        "rollout status deployment/web --timeout=30s",
        Say("successfully rolled out"),
    ),
    ("delete configmap nobody --ignore-not-found", Print("")),
    (
        "create configmap draft --from-literal=a=b --dry-run=server -o name",
        Print("configmap/draft"),
    ),
    ("get configmap draft", Refuse("NotFound")),
    ("create namespace ml", Print("namespace/ml created")),
    (
        "create namespace ml",
        Refuse("Error from server (AlreadyExists): namespaces \"ml\" already exists"),
    ),
    (
        "create namespace Ml",
        Refuse("a lowercase RFC 1123 label must consist of"),
    ),
    (
        "run solo -n ml --image=busybox --labels=a=1",
        Print("pod/solo created"),
    ),
    (
        "expose pod solo -n ml --port=80",
        Print("service/solo exposed"),
    ),
    (
        "create serviceaccount eve -n ml",
        Print("serviceaccount/eve created"),
    ),
    ("create token eve -n ml --duration=10m", Say("eyJ")),
    (
        "create role see -n ml --verb=get,list --resource=pods",
        Say("created"),
    ),
    (
        "create rolebinding see -n ml --role=see --serviceaccount=ml:eve",
        Say("created"),
    ),
    (
        "auth can-i list pods -n ml --as=system:serviceaccount:ml:eve",
        Print("yes"),
    ),
    (
        "auth can-i list pods --as=system:serviceaccount:ml:eve",
        Refuse("no"),
    ),
    (
        "auth can-i --list -n ml --as=system:serviceaccount:ml:eve",
        Say("[get list]"),
    ),
    (
        "auth whoami -o jsonpath={.status.userInfo.groups}",
        Say("system:authenticated"),
    ),
    (
        "get secrets -n ml --as=system:serviceaccount:ml:eve",
        Refuse("User \"system:serviceaccount:ml:eve\" cannot list resource \"secrets\""),
    ),
    (
        "api-resources --api-group=metrics.k8s.io -o name",
        Print("nodes.metrics.k8s.io\npods.metrics.k8s.io"),
    ),
    ("version", Say("Server Version: v1.34")),
    ("cluster-info", Say("is running at")),
    ("apply -k kustom", Say("configmap/k-settings created")),
    ("delete -k kustom", Say("deleted")),
    (
        "taint node {node} spot=yes:NoSchedule",
        Print("node/{node} tainted"),
    ),
    ("taint node {node} spot-", Print("node/{node} untainted")),
    ("cordon {node}", Print("node/{node} cordoned")),
    (
        "get node {node} --no-headers",
        Say("Ready,SchedulingDisabled"),
    ),
    ("uncordon {node}", Print("node/{node} uncordoned")),
    (
        "drain {node} --ignore-daemonsets --force --dry-run=server",
        Say("drained (server dry run)"),
    ),
    (
        "drain {node} --ignore-daemonsets --force --timeout=30s",
        Say("drained"),
    ),
    (
        "get pods -l app=web --field-selector spec.nodeName={node}",
        Refuse("No resources found"),
    ),
    ("delete namespace ml --timeout=30s", Say("deleted")),
    (
        "get pods -n ml",
        Refuse("No resources found in ml namespace."),
    ),
    (
        "apply -f none.yaml --prune -l app=web",
        Say("service/web pruned"),
    ),
    ("wait --for=delete pod -l app=web --timeout=30s", Print("")),
    (
        "delete pods --all -A --dry-run=server",
        Say("(server dry run)"),
    ),
];

/// Whether it did; what it refuses with stands in either output, as `diff` prints and then fails.
fn fits(said: &Said, must: &Must, filled: impl Fn(&str) -> String) -> bool {
    let well = said.code == Some(0);
    match must {
        Print(all) => well && said.out.trim() == filled(all),
        Say(part) => well && said.out.contains(&filled(part)),
        // An empty listing is no failure, and says so beside.
        Refuse(part) => {
            let part = filled(part);
            let empty = part.starts_with("No resources");
            (!well || empty) && (said.err.contains(&part) || said.out.contains(&part))
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_does_what_it_does_on_a_real_cluster() -> Result<()> {
    let cluster = Cluster::new(true).await?;
    cluster.file("web.yaml", WEB)?;
    for (file, replicas) in [
        ("fewer.yaml", FEWER),
        ("slip.yaml", "replica: 2"),
        ("word.yaml", "replicas: two"),
    ] {
        cluster.file(file, &WEB.replace("replicas: 2", replicas))?;
    }
    let one = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other, labels: {app: web}}\n";
    cluster.file("none.yaml", one)?;
    let settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n";
    cluster.file("kustom/settings.yaml", settings)?;
    let kustomization = "resources: [settings.yaml]\nnamePrefix: k-\n";
    cluster.file("kustom/kustomization.yaml", kustomization)?;
    let plain = ["get", "nodes", "-l", "!nvidia.com/gpu.present"];
    let names = ["-o", "jsonpath={.items[0].metadata.name}"];
    let node = cluster.ok(&[&plain[..], &names].concat()).await?;
    let mut pod = String::new();
    let mut wrong = Vec::new();
    for (line, must) in COMMANDS {
        if line.contains("{pod}") && pod.is_empty() {
            let of_it = ["get", "pods", "-l", "app=web"];
            pod = cluster.ok(&[&of_it[..], &names].concat()).await?;
        }
        let filled = |text: &str| text.replace("{pod}", &pod).replace("{node}", &node);
        let words: Vec<String> = line.split(' ').map(filled).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let said = cluster.run(&words).await.context(*line)?;
        if !fits(&said, must, filled) {
            let Said { code, out, err } = said;
            wrong.push(format!("$ kubectl {line}\n{out}{err}= {code:?}"));
        }
    }
    println!("{} commands of kubectl", cluster.ran());
    ensure!(
        wrong.is_empty(),
        "{} of them went wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    ensure!(COMMANDS.len() >= COMMANDS_LEAST);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_metrics_server_nothing_is_known_of_use_as_on_lke() -> Result<()> {
    let cluster = Cluster::new(false).await?;
    for what in ["nodes", "pods"] {
        let said = cluster.run(&["top", what]).await?;
        ensure!(said.code == Some(1) && said.err.contains("Metrics API not available"));
    }
    Ok(())
}
