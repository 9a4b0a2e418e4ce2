//! Deployments and their ReplicaSets: on the way from one template to the next, and what is deleted
//! with what.

use expect_test::expect;
use serde_json::{Value, json};

use super::life::{Life, image, workload};

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const WEB: &str = "/apis/apps/v1/namespaces/default/deployments/web";
const SETS: &str = "/apis/apps/v1/namespaces/default/replicasets";
const PODS: &str = "/api/v1/namespaces/default/pods";

async fn begun(spec: Value) -> Life {
    let mut life = Life::new();
    life.ok(&format!("POST {DEPLOYMENTS}"), workload("web", &spec))
        .await;
    life.after(30);
    life
}

/// Each set by its image: how many pods it wants and has ready, and its revision.
async fn sets(life: &Life) -> String {
    let mut lines: Vec<String> = Vec::new();
    for set in life.list(SETS).await {
        let image = &set["spec"]["template"]["spec"]["containers"][0]["image"];
        let notes = &set["metadata"]["annotations"];
        let note = |name: &str| {
            let name = format!("deployment.kubernetes.io/{name}");
            notes[name].as_str().unwrap_or("-").to_owned()
        };
        lines.push(format!(
            "{} {}/{} revision {} after {}",
            image.as_str().unwrap_or_default(),
            set["status"]["readyReplicas"].as_i64().unwrap_or(0),
            set["spec"]["replicas"],
            note("revision"),
            note("revision-history"),
        ));
    }
    lines.sort();
    lines.join(", ")
}

/// What the Deployment says of its progress.
async fn progress(life: &Life) -> String {
    let web = life.get(WEB).await;
    let said = &web["status"]["conditions"][1];
    format!(
        "{} {}: {} updated, {} available",
        said["status"].as_str().unwrap_or_default(),
        said["reason"].as_str().unwrap_or_default(),
        web["status"]["updatedReplicas"],
        web["status"]["availableReplicas"],
    )
}

async fn step(life: &mut Life, seconds: i64) -> String {
    life.after(seconds);
    format!("{} | {}\n", sets(life).await, progress(life).await)
}

#[tokio::test]
async fn a_new_template_comes_set_by_set_and_an_old_one_comes_back_with_its_set() {
    let mut life = begun(json!({"replicas": 4})).await;
    let mut told = step(&mut life, 0).await;
    life.patch(WEB, image("nginx:2")).await;
    for _ in 0..5 {
        told += &step(&mut life, 20).await;
    }
    life.patch(WEB, image("nginx:1")).await;
    told += &step(&mut life, 200).await;
    let web = life.get(WEB).await;
    let revision = &web["metadata"]["annotations"]["deployment.kubernetes.io/revision"];
    assert_eq!(revision, "3");
    let pods = life.list(PODS).await;
    for pod in &pods {
        let name = pod["metadata"]["name"].as_str().unwrap();
        let hash = pod["metadata"]["labels"]["pod-template-hash"].as_str();
        let stem = format!("web-{}-", hash.unwrap());
        assert_eq!(name.strip_prefix(&stem).map(str::len), Some(5), "{name}");
    }
    expect![[r#"
        nginx:1 4/4 revision 1 after - | True NewReplicaSetAvailable: 4 updated, 4 available
        nginx:1 1/1 revision 1 after -, nginx:2 2/4 revision 2 after - | True ReplicaSetUpdated: 4 updated, 3 available
        nginx:1 0/0 revision 1 after -, nginx:2 4/4 revision 2 after - | True NewReplicaSetAvailable: 4 updated, 4 available
        nginx:1 0/0 revision 1 after -, nginx:2 4/4 revision 2 after - | True NewReplicaSetAvailable: 4 updated, 4 available
        nginx:1 0/0 revision 1 after -, nginx:2 4/4 revision 2 after - | True NewReplicaSetAvailable: 4 updated, 4 available
        nginx:1 0/0 revision 1 after -, nginx:2 4/4 revision 2 after - | True NewReplicaSetAvailable: 4 updated, 4 available
        nginx:1 4/4 revision 3 after 1, nginx:2 0/0 revision 2 after - | True NewReplicaSetAvailable: 4 updated, 4 available
    "#]].assert_eq(&told);
}

#[tokio::test]
async fn a_count_that_changes_in_the_middle_of_a_rollout_is_shared() {
    let mut life = begun(json!({"replicas": 4})).await;
    life.patch(WEB, image("nginx:2")).await;
    life.after(5);
    life.patch(WEB, json!({"spec": {"replicas": 8}})).await;
    let mut told = step(&mut life, 0).await;
    told += &step(&mut life, 300).await;
    life.patch(WEB, json!({"spec": {"replicas": 0}})).await;
    told += &step(&mut life, 0).await;
    life.patch(WEB, json!({"spec": {"replicas": 2}})).await;
    told += &step(&mut life, 30).await;
    expect![[r#"
        nginx:1 3/6 revision 1 after -, nginx:2 0/4 revision 2 after - | True ReplicaSetUpdated: 4 updated, 3 available
        nginx:1 0/0 revision 1 after -, nginx:2 8/8 revision 2 after - | True NewReplicaSetAvailable: 8 updated, 8 available
        nginx:1 0/0 revision 1 after -, nginx:2 0/0 revision 2 after - | True NewReplicaSetAvailable: null updated, null available
        nginx:1 0/0 revision 1 after -, nginx:2 2/2 revision 2 after - | True NewReplicaSetAvailable: 2 updated, 2 available
    "#]].assert_eq(&told);
}

#[tokio::test]
async fn a_paused_deployment_waits_and_one_that_recreates_ends_the_old_pods_first() {
    let recreate = json!({"replicas": 2, "strategy": {"type": "Recreate"}});
    let mut life = begun(recreate).await;
    life.patch(WEB, json!({"spec": {"paused": true}})).await;
    life.patch(WEB, image("nginx:2")).await;
    let mut told = step(&mut life, 60).await;
    life.patch(WEB, json!({"spec": {"replicas": 3}})).await;
    told += &step(&mut life, 60).await;
    life.patch(WEB, json!({"spec": {"paused": null}})).await;
    told += &step(&mut life, 1).await;
    told += &step(&mut life, 30).await;
    expect![[r#"
        nginx:1 2/2 revision 1 after - | Unknown DeploymentPaused: null updated, 2 available
        nginx:1 3/3 revision 1 after - | Unknown DeploymentPaused: null updated, 3 available
        nginx:1 0/0 revision 1 after -, nginx:2 0/3 revision 2 after - | True ReplicaSetUpdated: 3 updated, null available
        nginx:1 0/0 revision 1 after -, nginx:2 3/3 revision 2 after - | True NewReplicaSetAvailable: 3 updated, 3 available
    "#]].assert_eq(&told);
}

#[tokio::test]
async fn old_sets_are_kept_by_number_and_a_rollout_that_stands_still_says_so() {
    let spec = json!({"replicas": 1, "revisionHistoryLimit": 1, "progressDeadlineSeconds": 60});
    let mut life = begun(spec).await;
    let mut told = String::new();
    for nth in 2..=4 {
        life.patch(WEB, image(&format!("nginx:{nth}"))).await;
        told += &step(&mut life, 60).await;
    }
    let mut stuck = image("nginx:5");
    stuck["spec"]["template"]["spec"]["nodeSelector"] = json!({"disk": "none"});
    life.patch(WEB, stuck).await;
    told += &step(&mut life, 59).await;
    told += &step(&mut life, 3).await;
    expect![[r#"
        nginx:1 0/0 revision 1 after -, nginx:2 1/1 revision 2 after - | True NewReplicaSetAvailable: 1 updated, 1 available
        nginx:2 0/0 revision 2 after -, nginx:3 1/1 revision 3 after - | True NewReplicaSetAvailable: 1 updated, 1 available
        nginx:3 0/0 revision 3 after -, nginx:4 1/1 revision 4 after - | True NewReplicaSetAvailable: 1 updated, 1 available
        nginx:3 0/0 revision 3 after -, nginx:4 1/1 revision 4 after -, nginx:5 0/1 revision 5 after - | True ReplicaSetUpdated: 1 updated, 1 available
        nginx:3 0/0 revision 3 after -, nginx:4 1/1 revision 4 after -, nginx:5 0/1 revision 5 after - | False ProgressDeadlineExceeded: 1 updated, 1 available
    "#]].assert_eq(&told);
}

#[tokio::test]
async fn what_is_deleted_takes_along_what_its_policy_says() {
    let left = async |life: &Life| {
        let (sets, pods) = (life.list(SETS).await, life.list(PODS).await);
        let owned = |all: &[Value]| {
            let owned = all.iter().map(|one| &one["metadata"]["ownerReferences"]);
            owned.filter(|owners| owners.is_array()).count()
        };
        format!(
            "{} sets, {} owned; {} pods, {} owned\n",
            sets.len(),
            owned(&sets),
            pods.len(),
            owned(&pods)
        )
    };
    let mut told = String::new();
    for policy in ["Background", "Foreground", "Orphan"] {
        let mut life = begun(json!({"replicas": 2})).await;
        let options = json!({"propagationPolicy": policy});
        life.ok(&format!("DELETE {WEB}"), options).await;
        told += &left(&life).await;
        if policy != "Orphan" {
            continue;
        }
        // Its set keeps on working, and belongs to the next of that selector.
        let pod = &life.list(PODS).await[0]["metadata"]["name"];
        let pod = pod.as_str().unwrap().to_owned();
        life.ok(&format!("DELETE {PODS}/{pod}"), Value::Null).await;
        told += &left(&life).await;
        let again = workload("web", &json!({"replicas": 2}));
        life.ok(&format!("POST {DEPLOYMENTS}"), again).await;
        life.after(30);
        told += &left(&life).await;
        told.extend([format!("{}\n", sets(&life).await)]);
    }
    expect![[r#"
        0 sets, 0 owned; 0 pods, 0 owned
        0 sets, 0 owned; 0 pods, 0 owned
        1 sets, 0 owned; 2 pods, 2 owned
        1 sets, 0 owned; 2 pods, 2 owned
        1 sets, 1 owned; 2 pods, 2 owned
        nginx:1 2/2 revision 1 after -
    "#]]
    .assert_eq(&told);
}

#[tokio::test]
async fn what_waits_for_a_finalizer_keeps_its_owner_that_is_to_go_last() {
    let life = begun(json!({"replicas": 1})).await;
    let set = &life.list(SETS).await[0]["metadata"]["name"];
    let set = format!("{SETS}/{}", set.as_str().unwrap());
    let held = json!({"metadata": {"finalizers": ["example.com/hold"]}});
    life.patch(&set, held).await;
    let options = json!({"propagationPolicy": "Foreground"});
    let leaving = life.ok(&format!("DELETE {WEB}"), options).await;
    assert_eq!(
        leaving["metadata"]["finalizers"],
        json!(["foregroundDeletion"])
    );
    assert!(life.get(WEB).await["metadata"]["deletionTimestamp"].is_string());
    life.patch(&set, json!({"metadata": {"finalizers": null}}))
        .await;
    assert_eq!(life.list(DEPLOYMENTS).await.len(), 0);
    assert_eq!(life.list(SETS).await.len(), 0);
}

#[tokio::test]
async fn a_set_of_its_own_lets_go_what_fits_no_more_and_takes_in_what_fits() {
    let mut life = Life::new();
    let lone = workload("lone", &json!({"replicas": 2}));
    life.ok(&format!("POST {SETS}"), lone).await;
    life.after(30);
    let mut pods = life.list(PODS).await;
    let pod = pods.remove(0);
    let name = pod["metadata"]["name"].as_str().unwrap();
    let apart = json!({"metadata": {"labels": {"app": "apart"}}});
    life.patch(&format!("{PODS}/{name}"), apart).await;
    let count = async |life: &Life| life.list(PODS).await.len();
    assert_eq!(count(&life).await, 3, "another takes its place");
    let freed = life.get(&format!("{PODS}/{name}")).await;
    assert!(freed["metadata"]["ownerReferences"].is_null(), "{freed}");
    let back = json!({"metadata": {"labels": {"app": "lone"}}});
    life.patch(&format!("{PODS}/{name}"), back).await;
    assert_eq!(count(&life).await, 2, "one is too many again");
    let scale = json!({"spec": {"replicas": 5}});
    life.patch(&format!("{SETS}/lone/scale"), scale).await;
    assert_eq!(count(&life).await, 5);
    life.after(30);
    let status = life.get(&format!("{SETS}/lone")).await["status"].clone();
    let status: Vec<String> = status
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    expect!["observedGeneration 2, replicas 5, fullyLabeledReplicas 5, readyReplicas 5, availableReplicas 5"].assert_eq(&status.join(", "));
}
