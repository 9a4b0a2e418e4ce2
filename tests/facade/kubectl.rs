//! A deployment in the kubeconfig that this computer's kubectl reads.

use crate::bench::{Bench, tokio_sleep};
use domain::view::{DeploymentRow, DeploymentState, LineChange, Row};
use domain::{DeploymentId, text::Text};
use secrecy::ExposeSecret as _;
use serde_json::Value;

const THEIRS: &str = "\
# mine
apiVersion: v1
kind: Config
clusters: []
contexts:
- name: work # the office
  context: {cluster: work, user: me}
users: []
current-context: work
";

fn row(bench: &Bench, id: &DeploymentId) -> DeploymentRow {
    let (snapshot, _) = bench.engine.subscribe();
    match snapshot.view.get(&format!("deployment/{id}")) {
        Some(Row::Deployment(row)) => (**row).clone(),
        other => panic!("no row of {id}: {other:?}"),
    }
}

fn codes(texts: &[Text]) -> Vec<&str> {
    texts.iter().map(|text| text.code.as_str()).collect()
}

async fn deployed() -> (Bench, DeploymentId) {
    let bench = Bench::new().await;
    bench.write_kubectl(THEIRS);
    let id = bench.deploy(Bench::spec()).await;
    (bench, id)
}

#[tokio::test(start_paused = true)]
async fn what_is_merged_is_shown_before_and_goes_with_the_teardown() {
    let (mut bench, id) = deployed().await;
    let shown = bench.engine.merge_preview(&id, false).await.unwrap();
    assert_eq!(bench.kubectl().unwrap(), THEIRS, "nothing is written");
    assert_eq!(shown.current.as_deref(), Some("work"));
    let added = |line: &&domain::view::DiffLine| line.change == LineChange::Added;
    assert!(shown.lines.iter().filter(added).count() >= 10);
    let clean = bench.engine.kubeconfig(&id).await.unwrap();
    let token = clean.expose_secret().split("token: \"").nth(1).unwrap();
    let token = token.split('"').next().unwrap().to_owned();
    assert!(!format!("{shown:?}").contains(&token));

    let seen = Some(shown.seen.as_str());
    let merged = bench
        .engine
        .merge_kubeconfig(&id, false, seen)
        .await
        .unwrap();
    assert_eq!(merged.context, "ada-lke-gpu-kubeflow");
    assert_eq!(row(&bench, &id).merged, Some(merged));
    let text = bench.kubectl().unwrap();
    assert!(text.contains(&token) && text.starts_with("# mine\n") && text.contains("# the office"));
    assert!(text.contains("current-context: work"));
    // It is known to the next process too.
    bench.restart().await;
    assert!(row(&bench, &id).merged.is_some());

    let review = bench.engine.review_teardown(&id, &[]).await.unwrap();
    let last = review.will_go.last().unwrap();
    assert_eq!(last.what.code, "teardown_kubectl");
    bench.engine.tear_down(&id, "ada", &[]).await.unwrap();
    bench.engine.wait(&id).await;
    assert_eq!(bench.state(), DeploymentState::Gone);
    assert_eq!(bench.kubectl().unwrap(), THEIRS);
    assert_eq!(row(&bench, &id).merged, None);
    let notes = bench.engine.receipt(&id).unwrap().notes;
    assert_eq!(codes(&notes), ["receipt_kubectl_gone"]);
    let document = bench.engine.receipt_document(&id).unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["notes"][0]["code"], "receipt_kubectl_gone");
}

#[tokio::test(start_paused = true)]
async fn a_merge_is_taken_back_and_the_current_context_with_it() {
    let (bench, id) = deployed().await;
    bench
        .engine
        .merge_kubeconfig(&id, true, None)
        .await
        .unwrap();
    let text = bench.kubectl().unwrap();
    assert!(
        text.contains("current-context: \"ada-lke-gpu-kubeflow\""),
        "{text}"
    );
    bench.engine.unmerge_kubeconfig(&id).await.unwrap();
    assert_eq!(bench.kubectl().unwrap(), THEIRS);
    assert_eq!(row(&bench, &id).merged, None);
    let review = bench.engine.review_teardown(&id, &[]).await.unwrap();
    assert!(
        review
            .will_go
            .iter()
            .all(|one| one.what.code != "teardown_kubectl")
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_taken_out_is_told_and_taken_out_once_it_can_be() {
    let (bench, id) = deployed().await;
    bench
        .engine
        .merge_kubeconfig(&id, false, None)
        .await
        .unwrap();
    let good = bench.kubectl().unwrap();
    bench.write_kubectl("users: [");
    bench.engine.keep_watch();
    bench.engine.tear_down(&id, "ada", &[]).await.unwrap();
    bench.engine.wait(&id).await;
    assert_eq!(bench.state(), DeploymentState::Gone);
    assert_eq!(bench.kubectl().unwrap(), "users: [");
    let notes = bench.engine.receipt(&id).unwrap().notes;
    assert_eq!(codes(&notes), ["receipt_kubectl_left"]);
    bench.write_kubectl(&good);
    tokio_sleep(15).await;
    // The disk is real: what it does takes no virtual time.
    for _ in 0..100 {
        if bench.kubectl().unwrap() == THEIRS {
            break;
        }
        tokio_sleep(1).await;
    }
    assert_eq!(bench.kubectl().unwrap(), THEIRS);
    let notes = bench.engine.receipt(&id).unwrap().notes;
    assert_eq!(codes(&notes), ["receipt_kubectl_gone"]);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_broken_or_changed_meanwhile_is_left_alone_in_words() {
    let (bench, id) = deployed().await;
    let shown = bench.engine.merge_preview(&id, false).await.unwrap();
    let later = format!("{THEIRS}# more\n");
    bench.write_kubectl(&later);
    let seen = Some(shown.seen.as_str());
    let refused = bench
        .engine
        .merge_kubeconfig(&id, false, seen)
        .await
        .unwrap_err();
    assert_eq!(refused.code, "kubectl_changed");
    assert_eq!(bench.kubectl().unwrap(), later);
    bench.write_kubectl("a list, perhaps");
    let refused = bench.engine.merge_preview(&id, false).await.unwrap_err();
    assert_eq!(refused.code, "kubectl_unreadable");
    assert_eq!(refused.fix.unwrap().code, "kubectl_unreadable_fix");
}

#[tokio::test(start_paused = true)]
async fn rotated_credentials_are_new_and_the_merged_ones_with_them() {
    let (bench, id) = deployed().await;
    bench
        .engine
        .merge_kubeconfig(&id, false, None)
        .await
        .unwrap();
    let token = async || {
        let clean = bench.engine.kubeconfig(&id).await.unwrap();
        let clean = clean.expose_secret();
        let token = clean.split("token: \"").nth(1).unwrap();
        token.split('"').next().unwrap().to_owned()
    };
    let before = token().await;
    assert!(bench.kubectl().unwrap().contains(&before));
    bench.engine.rotate_kubeconfig(&id).await.unwrap();
    let after = token().await;
    assert_ne!(before, after);
    let text = bench.kubectl().unwrap();
    assert!(text.contains(&after) && !text.contains(&before), "{text}");
    bench.engine.unmerge_kubeconfig(&id).await.unwrap();
    assert_eq!(bench.kubectl().unwrap(), THEIRS);
    // The engine itself goes on with the new ones.
    bench.engine.observe_once(&id).await;
    assert!(row(&bench, &id).picture.control_plane.answers_ms.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_kubeconfig_is_shown_without_its_secrets() {
    let (bench, id) = deployed().await;
    let shown = bench.engine.masked_kubeconfig(&id).await.unwrap();
    assert!(
        shown.contains("server: \"https://127.0.0.1:") && shown.contains("token: •••"),
        "{shown}"
    );
    assert!(shown.contains("certificate-authority-data: •••"), "{shown}");
}
