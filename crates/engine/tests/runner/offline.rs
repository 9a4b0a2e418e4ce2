//! Time in which nobody answers counts for no deadline, and is no reason to go on without a proof.

use crate::life::{Story, spec};
use engine::ports::Clock as _;
use engine::receipt::receipt;
use engine::run::End;
use jiff::SignedDuration;
use std::time::Duration;

/// Offline after so many seconds of the work that is given, for so many hours.
async fn offline<T>(story: &Story, after: u64, hours: i64, work: impl Future<Output = T>) -> T {
    let cut = async {
        tokio::time::sleep(Duration::from_secs(after)).await;
        let until = story.world.now() + SignedDuration::from_hours(hours);
        story.world.state().offline = Some(until);
    };
    futures::join!(work, cut).0
}

#[test]
fn hours_offline_are_no_patience_of_any_wait() {
    for after in [1, 10, 30, 70, 100, 149] {
        let story = Story::new();
        let end = story.process(None, async || {
            let book = story.accept_create(&spec()).await;
            offline(&story, after, 5, story.drive(&book)).await
        });
        assert!(matches!(end, Some(End::Done)), "after {after} s: {end:?}");
    }
}

#[test]
fn a_kubeconfig_that_never_comes_is_given_up_after_an_hour_of_answers() {
    let story = Story::new();
    story.world.state().no_kubeconfig = true;
    let began = story.world.now();
    let end = story.process(None, async || {
        let book = story.accept_create(&spec()).await;
        offline(&story, 30, 5, story.drive(&book)).await
    });
    assert!(matches!(end, Some(End::Failed(_))), "{end:?}");
    let took = story.world.now().duration_since(began).as_mins();
    assert!((355..370).contains(&took), "{took} min");
}

#[test]
fn an_hour_of_a_silent_kubernetes_reads_its_kubeconfig_a_few_times() {
    let story = Story::new();
    story.world.state().kubernetes_silent = true;
    let began = story.world.now();
    let end = story.process(None, async || {
        let book = story.accept_create(&spec()).await;
        story.drive(&book).await
    });
    assert!(matches!(end, Some(End::Failed(_))), "{end:?}");
    let took = story.world.now().duration_since(began).as_mins();
    assert!((58..70).contains(&took), "{took} min");
    let read = story.world.state().kubeconfigs_read;
    assert!((10..=100).contains(&read), "{read} times");
}

#[test]
fn a_teardown_that_is_cut_off_still_makes_every_volume_safe_before_the_cluster_goes() {
    let story = Story::standing(&spec());
    story.world.add_volume("data");
    let end = story.process(None, async || {
        let book = story.book();
        story.accept_teardown(&book, "down", &[]).await;
        story.world.state().cut_at_kubernetes = Some(1);
        story.drive(&book).await
    });
    assert!(matches!(end, Some(End::Done)), "{end:?}");
    let calls = story.calls();
    let safe = calls
        .find("PATCH pv pv-data Retain")
        .expect("it is made safe");
    let gone = calls.find("DELETE cluster").expect("the cluster goes");
    assert!(safe < gone, "{calls}");
    assert!(receipt(&story.progress()).notes.is_empty());
}

#[test]
fn a_gpu_test_that_never_ends_is_named_as_that() {
    let story = Story::new();
    story.world.state().gpu_test_hangs = true;
    let end = story.process(None, async || {
        let book = story.accept_create(&spec()).await;
        story.drive(&book).await
    });
    let Some(End::Failed(said)) = end else {
        panic!("{end:?}");
    };
    assert_eq!(said.code, "failed_gpu_test_late");
    let nodes = serde_json::to_value(&said.params["nodes"]).unwrap();
    assert_eq!(nodes["value"].as_array().map(Vec::len), Some(1), "{nodes}");
}
