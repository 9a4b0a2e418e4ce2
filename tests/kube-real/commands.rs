//! What kubectl's own commands make, are refused and are told, in a namespace of its own.

use crate::asked::Notes;
use crate::server::Server;
use serde_json::{Value, json};

/// In their order: later ones are about what earlier ones made.
const COMMANDS: &[&str] = &[
    "create namespace Ml",
    "create configmap A_b",
    "create serviceaccount eve",
    "create sa eve",
    "create configmap k --from-literal=a=b -o jsonpath={.data}",
    "create secret generic g --from-literal=a=b -o jsonpath={.data}{.type}",
    "create secret docker-registry pull --docker-username=a --docker-password=b -o jsonpath={.type}",
    "create deployment d --image=nginx --replicas=0",
    "get deployment d -o jsonpath={.spec}",
    "create service clusterip s --tcp=80:8080",
    "get service s -o jsonpath={.spec.ports}{.spec.type}{.spec.internalTrafficPolicy}",
    "create service nodeport n --tcp=80 --node-port=80",
    "create job j --image=busybox --dry-run=server -o jsonpath={.spec.template.spec}",
    "create cronjob c --image=busybox --schedule=@hourly -o jsonpath={.spec}",
    "create cronjob bad --image=busybox --schedule=bad",
    "create ingress i --rule=a.example/=s:80 -o jsonpath={.spec}",
    "create poddisruptionbudget p --selector=app=d --min-available=1 -o jsonpath={.spec}",
    "create role r --verb=get --resource=pods,deployments.apps -o jsonpath={.rules}",
    "create rolebinding r --role=r --serviceaccount=compared:eve -o jsonpath={.subjects}{.roleRef}",
    "create token eve --duration=1m",
    "create token nobody",
    "run one --image=nginx --dry-run=server -o jsonpath={.spec.tolerations}{.spec.priority}",
    "run one --image=nginx --dry-run=server -o jsonpath={.spec.containers}{.spec.dnsPolicy}",
    "expose deployment d --port=80 --name=ex",
    "expose deployment/d --port=80 --name=ex",
    "patch serviceaccount eve --type=json -p [{\"op\":\"test\",\"path\":\"/kind\",\"value\":\"x\"}]",
    "patch serviceaccount eve --type=json -p [{\"op\":\"remove\",\"path\":\"/none\"}]",
    "patch serviceaccount eve --type=merge -p {\"metadata\":{\"name\":\"other\"}}",
    "patch serviceaccount eve -p {\"metadata\":{\"labels\":{\"a\":\"b!c\"}}}",
    "patch deployment d -p {\"spec\":{\"selector\":{\"matchLabels\":{\"app\":\"x\"}}}}",
    "patch deployment d -p {\"spec\":{\"replicas\":-1}}",
    "patch rolebinding r -p {\"roleRef\":{\"name\":\"z\"}}",
    "set image deployment/d nginx=nginx:2",
    "set image deployment/d nobody=nginx:2",
    "scale deployment d --replicas=-1",
    "label serviceaccount eve a=b",
    "label serviceaccount eve a=c",
    "get serviceaccount -l a=b,c!=d -o name",
    "get serviceaccount -l c -o name",
    "get pods --field-selector spec.colour=red",
    "get configmap nobody",
    "get things",
    "get --raw /api/v1/nothing",
    "get --raw /apis/apps/v2",
    "explain pod.spec.nothing",
    "logs nobody",
    "exec nobody -- ls",
    "auth can-i get pods --as=system:serviceaccount:compared:eve",
    "auth can-i list pods --as=system:serviceaccount:compared:eve",
    "auth can-i get /version --as=ann",
    "auth can-i get /metrics --as=ann",
    "auth can-i --list --as=ann",
    "auth whoami --as=ann --as-group=dev -o jsonpath={.status.userInfo.groups}",
    "get secrets --as=ann",
    "get nodes --as=ann",
    "top nodes",
    "delete serviceaccount eve --dry-run=server",
    "delete serviceaccount nobody",
    "delete deployment d",
];

/// Objects that are no good, by what is wrong with them.
fn slips() -> [(&'static str, Value); 3] {
    let web = |spec: Value| {
        let mut out = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "slip", "namespace": "compared"},
            "spec": {
                "selector": {"matchLabels": {"app": "slip"}},
                "template": {
                    "metadata": {"labels": {"app": "slip"}},
                    "spec": {"containers": [{"name": "one", "image": "nginx"}]},
                },
            },
        });
        for (field, value) in spec.as_object().into_iter().flatten() {
            out["spec"][field] = value.clone();
        }
        out
    };
    [
        ("an unknown field", web(json!({"replica": 2}))),
        ("another type", web(json!({"replicas": "two"}))),
        (
            "a selector of others",
            web(json!({"selector": {"matchLabels": {"app": "other"}}})),
        ),
    ]
}

pub(crate) async fn commands(server: &Server, notes: &mut Notes) {
    let made = server.kubectl(&["create", "namespace", "compared"]).await;
    notes.kubectl("create namespace compared", made);
    for line in COMMANDS {
        let words: Vec<&str> = line.split(' ').collect();
        let words = [&["--namespace=compared"], &words[..]].concat();
        notes.kubectl(line, server.kubectl(&words).await);
    }
    for (what, object) in slips() {
        for words in [&["create"][..], &["apply", "--server-side"]] {
            let question = format!("{} with {what}", words.join(" "));
            notes.kubectl(&question, server.put(words, &object).await);
        }
    }
    let gone = ["delete", "namespace", "compared", "--timeout=60s"];
    notes.kubectl("delete namespace compared", server.kubectl(&gone).await);
}
