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
mod keepers;
mod person;
mod rollouts;
mod server;
mod things;
mod watched;

use server::both;

/// Questions whose answers differ, and why.
const REASONED: &[(&str, &str)] = &[
    ("the plugin that shares as stored", AS_SENT),
    ("the plugin as stored", AS_SENT),
    ("the exporter as stored", AS_SENT),
    ("its Job as stored", AS_SENT),
    ("the Deployment as stored", AS_SENT),
    ("the reader says auth can-i delete pods", PROTOBUF),
    ("the reader says auth can-i list services", PROTOBUF),
];
const AS_SENT: &str =
    "the demo cloud keeps a workload as it was sent: nobody reads what the server would fill in";
const PROTOBUF: &str = "kubectl asks this in protobuf alone, which the demo cloud does not read";

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
