//! One suite, two Kubernetes: the real one of `cargo xtask kube-up`, and the demo cloud's. What each
//! answers is written down line by line; where the two differ, the reason stands here.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "the table of differences is for a person, and a real server takes real time"
)]

mod arithmetic;
mod asked;
mod batch;
mod commands;
mod keepers;
mod person;
mod rollouts;
mod server;
mod things;
mod watched;

use server::both;

/// Questions whose answers differ, and why.
const REASONED: &[(&str, &str)] = &[
    ("the plugin that shares as stored", COUNTED),
    ("the plugin as stored", COUNTED),
    ("the exporter as stored", COUNTED),
];
const COUNTED: &str = "the demo cloud keeps no number of a template's revision, and its cluster has \
    had the plugin before";

#[tokio::test]
async fn both_give_the_same_answers() {
    let [twin, real] = both().await;
    let [of_twin, of_real] = [asked::all(&twin).await, asked::all(&real).await];
    let answer = |all: &[(String, String)], question: &str| {
        let found = all.iter().find(|(one, _)| one == question);
        found.map_or_else(|| "not asked".to_owned(), |(_, answer)| answer.clone())
    };
    let mut unlike = 0;
    for (question, kubernetes) in &of_real {
        let demo = answer(&of_twin, question);
        if demo == *kubernetes {
            continue;
        }
        let reason = REASONED.iter().find(|(of, _)| of == question);
        unlike += usize::from(reason.is_none());
        let reason = reason.map_or("NO REASON", |(_, why)| why);
        println!("{question} ({reason})\n  real: {kubernetes}\n  demo: {demo}");
    }
    assert_eq!(of_twin.len(), of_real.len());
    println!(
        "{} questions, {unlike} answered differently without a reason",
        of_real.len()
    );
    let same = |(of, _): &&(&str, &str)| answer(&of_twin, of) == answer(&of_real, of);
    let stale = REASONED.iter().filter(same);
    assert_eq!(stale.count(), 0, "a reason for what does not differ");
    assert_eq!(unlike, 0);
}

/// 200 nodes, each with a drawn set of pods: what we call free is what the scheduler gives away.
#[tokio::test]
async fn what_is_called_free_is_what_the_scheduler_gives() {
    let [twin, real] = both().await;
    arithmetic::check(&real, 200).await;
    arithmetic::check(&twin, 40).await;
}

/// What a watch keeps is what a listing tells, whatever becomes of the connection.
#[tokio::test]
async fn what_is_watched_is_what_is_listed() {
    for server in both().await {
        watched::check(&server).await;
    }
}

/// By which the demo cloud reads protobuf: it has not been changed by hand, nor grown old.
#[tokio::test]
async fn the_table_of_fields_is_what_kubernetes_types_say() {
    let root = quaylight_tests::root();
    let go = async |words: &[&str]| {
        let mut go = tokio::process::Command::new("go");
        let go = go.args(words);
        let done = go.current_dir(root.join("tests/kube-real/fields"));
        done.output().await.expect("go, which built the servers")
    };
    let fetched = go(&["mod", "download"]).await;
    if !fetched.status.success() {
        // The servers may have been built long ago, by a computer that reached more.
        let why = quaylight_tests::programs::told(&fetched);
        let why = format!("Kubernetes' types cannot be fetched here: {why}");
        assert!(std::env::var_os("CI").is_none(), "{why}");
        println!("NOT COMPARED: {why}");
        return;
    }
    let written = go(&["run", "."]).await;
    assert!(
        written.status.success(),
        "{}",
        quaylight_tests::programs::told(&written)
    );
    let table = root.join("crates/sim/src/kubernetes/fields.txt");
    let table = std::fs::read(table).expect("the table");
    assert!(table == written.stdout, "write it anew: see its program");
}
