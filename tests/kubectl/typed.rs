//! What kubectl's typed commands make is what kubectl itself says they would make: the demo cloud
//! reads their protobuf without loss.

use crate::cluster::Cluster;
use anyhow::{Result, ensure};
use serde_json::Value;

const MADE: &[&str] = &[
    "create namespace lab",
    "create configmap plain --from-literal=a=b --from-literal=empty=",
    "create configmap raw --from-file=bytes",
    "create secret generic raw --from-file=bytes --from-literal=a=b",
    "create secret docker-registry pull --docker-username=a --docker-password=b",
    "create serviceaccount eve",
    "create role see --verb=get,list --resource=pods,deployments.apps --resource-name=one",
    "create clusterrole see --verb=get --resource=nodes",
    "create clusterrole health --verb=get --non-resource-url=/healthz",
    "create clusterrole sum --aggregation-rule=a.example/b=true",
    "create rolebinding see --role=see --serviceaccount=default:eve --group=dev",
    "create clusterrolebinding see --clusterrole=see --user=ann",
    "create deployment web --image=nginx:1.27 --image=busybox --replicas=0",
    "create deployment front --image=nginx --port=8080",
    "create job once --image=busybox -- sh -c true",
    "create cronjob often --image=busybox --schedule=@hourly --restart=OnFailure",
    "create quota most --hard=cpu=1500m,memory=1Gi,pods=2 --scopes=BestEffort",
    "create poddisruptionbudget some --selector=app=web,tier=x --min-available=50%",
    "create poddisruptionbudget few --selector=app=web --max-unavailable=1",
    "create priorityclass high --value=1000 --description=first --preemption-policy=Never",
    "create ingress front --rule=a.example/path*=web:80,tls=cert --annotation=a=b",
    "create service clusterip inner --tcp=80:8080 --tcp=443",
    "create service nodeport outer --tcp=80:8080 --node-port=31234",
    "create service loadbalancer balanced --tcp=80:8080",
    "create service externalname far --external-name=far.example",
    "run solo --image=busybox --env=A=b --labels=a=b --port=80 --command -- sleep 5",
];

/// Whether everything that is wanted is there; what is empty says nothing.
fn holds(has: &Value, wanted: &Value, at: &str, wrong: &mut Vec<String>) {
    let empty = Value::Null;
    match wanted {
        Value::Object(fields) => {
            for (name, wanted) in fields.iter().filter(|(_, one)| !is_empty(one)) {
                let has = has.get(name).unwrap_or(&empty);
                holds(has, wanted, &format!("{at}.{name}"), wrong);
            }
        }
        Value::Array(items) => {
            let has = has.as_array().map_or(&[][..], Vec::as_slice);
            if has.len() != items.len() {
                wrong.push(format!("{at}: {} instead of {}", has.len(), items.len()));
            }
            for (nth, (has, wanted)) in has.iter().zip(items).enumerate() {
                holds(has, wanted, &format!("{at}[{nth}]"), wrong);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            if has != wanted {
                wrong.push(format!("{at}: {has} instead of {wanted}"));
            }
        }
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_created_is_what_kubectl_meant() -> Result<()> {
    let cluster = Cluster::new(false).await?;
    // No text in any encoding.
    let bytes: String = (0..=255_u8).map(char::from).collect();
    cluster.file("bytes", &bytes)?;
    let mut wrong = Vec::new();
    for line in MADE {
        let words: Vec<&str> = line.split(' ').collect();
        let (words, inside) = match words.iter().position(|word| *word == "--") {
            Some(at) => words.split_at(at),
            None => (&words[..], &[][..]),
        };
        let tried = [words, &["--dry-run=client", "-o", "json"], inside].concat();
        let mut meant: Value = serde_json::from_str(&cluster.ok(&tried).await?)?;
        // That is for controllers to say.
        meant["status"].take();
        let made = [words, &["-o", "json"], inside].concat();
        let told: Value = serde_json::from_str(&cluster.ok(&made).await?)?;
        let (kind, name) = (meant["kind"].as_str(), meant["metadata"]["name"].as_str());
        let found = ["get", kind.unwrap_or_default(), name.unwrap_or_default()];
        let found = cluster.json(&found).await?;
        for (what, has) in [("told", &told), ("kept", &found)] {
            holds(has, &meant, &format!("{line}: {what}"), &mut wrong);
        }
    }
    println!("{} objects made by typed commands", MADE.len());
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
