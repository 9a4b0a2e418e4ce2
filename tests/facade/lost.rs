//! A lost journal, a take-over that is cut short, and tags that somebody else edits meanwhile.

use crate::two::{Pair, ask, begin, code, computer, only, spec, whose};
use async_trait::async_trait;
use bytes::Bytes;
use domain::record::Record;
use domain::spec::{Spec, Stops};
use domain::view::{DeploymentState, Whose};
use domain::{DeploymentId, Owner};
use engine::facade::{Engine, For};
use engine::ports::{Journal, JournalError, Journals};
use engine::protocol::PROTOCOL;
use jiff::SignedDuration;
use linode::Transport;
use quaylight_tests::memory::{Computer, MemoryJournals, TwinClock, start};
use serde_json::{Value, json};
use sim::Twin;
use std::sync::{Arc, Mutex};
use tower::ServiceExt as _;

/// The first computer's home is lost, but for who it is.
async fn forgotten() -> (Pair, DeploymentId) {
    let (mut pair, id) = Pair::deployed().await;
    pair.first.journals = Arc::new(MemoryJournals::default());
    pair.restart_first().await;
    (pair, id)
}

#[tokio::test(start_paused = true)]
async fn a_deployment_whose_journal_is_lost_is_shown_and_applied_to_and_never_made_twice() {
    let (pair, id) = forgotten().await;
    assert_eq!(whose(&pair.one).await, Whose::Forgotten);
    let apply = |spec| pair.one.review(spec, For::Apply);
    assert_eq!(code(apply(spec()).await), "made_forgotten");
    let found = pair.one.without_journal(&spec().label()).await.unwrap();
    assert_eq!(found, Some((id.clone(), Whose::Forgotten)));
    let tags = pair.tags().await;
    let puts = pair.calls("PUT");
    let soon = Spec {
        stops: Stops::AfterMinutes(90),
        ..spec()
    };
    pair.one.take_over(&id, Some(&soon)).await.unwrap();
    assert_eq!((pair.tags().await, pair.calls("PUT")), (tags, puts));
    let same = apply(soon).await.unwrap();
    assert_eq!(same.changes, Some(id.clone()));
    assert!(same.items.is_empty() && same.plan.is_none(), "{same:?}");
    assert_eq!(pair.listed("/v4/lke/clusters").await.len(), 1);
    // What only the file says holds from now on.
    pair.one.keep_watch();
    crate::bench::tokio_sleep(110 * 60).await;
    assert_eq!(
        (only(&pair.one).state, pair.alive()),
        (DeploymentState::Gone, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_stop_time_of_the_file_that_is_past_does_not_tear_down_what_is_taken_in() {
    let (pair, id) = forgotten().await;
    let past = Spec {
        stops: Stops::At(pair.now() - SignedDuration::from_hours(1)),
        ..spec()
    };
    pair.one.take_over(&id, Some(&past)).await.unwrap();
    pair.one.keep_watch();
    crate::bench::tokio_sleep(10 * 60).await;
    assert_eq!(
        (only(&pair.one).state, pair.alive()),
        (DeploymentState::Running, 5)
    );
}

#[tokio::test(start_paused = true)]
async fn an_orphan_of_this_computer_is_still_deleted_by_a_sweep() {
    let (pair, id) = forgotten().await;
    let search = pair.one.sweep().await.unwrap();
    assert_eq!(search.orphans[0].whose, Whose::Forgotten);
    let begun = pair
        .one
        .sweep_delete(&search, std::slice::from_ref(&id.0))
        .await
        .unwrap();
    pair.one.wait(&begun[0]).await;
    assert_eq!(pair.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn without_an_owner_tag_it_is_his_who_has_the_journal_and_offered_to_others() {
    let (pair, id) = Pair::deployed().await;
    let mark = id.mark().0;
    pair.put_tags(&["gpu", &mark]).await;
    assert_eq!(whose(&pair.one).await, Whose::Here);
    assert_eq!(whose(&pair.other).await, Whose::Nobody);
    let search = pair.other.sweep().await.unwrap();
    let deleted = pair
        .other
        .sweep_delete(&search, std::slice::from_ref(&id.0))
        .await;
    assert_eq!(code(deleted), "orphan_elsewhere");
    assert_eq!(
        code(pair.other.review(spec(), For::Apply).await),
        "made_by_nobody"
    );
    pair.other.take_over(&id, None).await.unwrap();
    assert_eq!(whose(&pair.other).await, Whose::Here);
    assert_eq!(whose(&pair.one).await, Whose::Elsewhere);
}

/// A disk on which no journal can be begun.
struct Full(MemoryJournals);

#[async_trait]
impl Journals for Full {
    async fn list(&self) -> Result<Vec<DeploymentId>, JournalError> {
        self.0.list().await
    }
    async fn read(&self, id: &DeploymentId) -> Result<Vec<Record>, JournalError> {
        self.0.read(id).await
    }
    async fn create(&self, _: &DeploymentId) -> Result<Box<dyn Journal>, JournalError> {
        Err(JournalError::Disk {
            operation: "create",
            path: String::new(),
            cause: std::io::Error::from(std::io::ErrorKind::StorageFull),
        })
    }
    async fn open(&self, id: &DeploymentId) -> Result<Box<dyn Journal>, JournalError> {
        self.0.open(id).await
    }
    async fn write_beside(&self, _: &DeploymentId, _: &str, _: &str) -> Result<(), JournalError> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn power_that_fails_between_the_tag_and_the_journal_loses_and_doubles_nothing() {
    let (mut pair, id) = Pair::deployed().await;
    let whole = pair.second.journals.clone();
    pair.second.journals = Arc::new(Full(MemoryJournals::default()));
    pair.restart_second().await;
    assert_eq!(code(pair.other.take_over(&id, None).await), "disk_failed");
    assert_eq!(pair.owners().await, [pair.second.owner.tag()]);
    assert_eq!(whose(&pair.one).await, Whose::Elsewhere);

    pair.second.journals = whole;
    pair.restart_second().await;
    assert_eq!(whose(&pair.other).await, Whose::Forgotten);
    pair.other.take_over(&id, None).await.unwrap();
    assert_eq!(whose(&pair.other).await, Whose::Here);
    pair.other.tear_down(&id, "ada", &[]).await.unwrap();
    pair.other.wait(&id).await;
    assert_eq!(pair.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn power_that_fails_after_the_journals_header_leaves_it_to_be_taken_over_again() {
    let (mut pair, id) = Pair::deployed().await;
    let header = Record {
        seq: 0,
        at: pair.now(),
        fact: domain::record::Fact::Opened {
            version: domain::record::VERSION,
            writer: "test".to_owned(),
            deployment: id.clone(),
            cloud: domain::CloudId(pair.twin.id()),
            account: pair.one.account().await.unwrap().id,
        },
    };
    let mut journal = pair.second.journals.create(&id).await.unwrap();
    journal.append(&header).await.unwrap();
    drop(journal);
    pair.restart_second().await;
    assert_eq!(whose(&pair.other).await, Whose::Elsewhere);
    pair.other.take_over(&id, None).await.unwrap();
    assert_eq!(whose(&pair.other).await, Whose::Here);
}

/// What somebody does to the cluster's tags, right after the n-th answer about them (from 1).
#[derive(Clone, Copy)]
struct Meddle {
    method: &'static str,
    after: usize,
    tags: fn(&[String]) -> Vec<String>,
}

/// An engine whose requests somebody slips edits between.
async fn meddled(twin: &Twin, by: &Computer, cluster: u64, meddle: Meddle) -> Arc<Engine> {
    let path = format!("/v4/lke/clusters/{cluster}");
    let behind = twin.clone();
    let count = Arc::new(Mutex::new(0));
    // What the cluster bore when the first request came: somebody may write from an old answer.
    let old: Arc<Mutex<Option<Vec<String>>>> = Arc::default();
    let service = tower::service_fn(move |request: http::Request<Bytes>| {
        let (behind, path) = (behind.clone(), path.clone());
        let (count, old) = (count.clone(), old.clone());
        async move {
            let here = request.uri().path() == path && request.method() == meddle.method;
            if request.uri().path() == path && old.lock().unwrap().is_none() {
                let tags = tags(&behind, &path).await;
                *old.lock().unwrap() = Some(tags);
            }
            let reply = behind.service().oneshot(request).await;
            let now = {
                let mut count = count.lock().unwrap();
                *count += usize::from(here);
                here && *count == meddle.after
            };
            if now {
                let before = old.lock().unwrap().clone().unwrap();
                let tags = (meddle.tags)(&before);
                ask(&behind, "PUT", &path, &json!({ "tags": tags })).await;
            }
            reply
        }
    });
    let clock = Arc::new(TwinClock(twin.clock()));
    let ports = by.ports_over(twin, Transport::new(service), clock);
    start(ports, &PROTOCOL).await
}

async fn tags(twin: &Twin, path: &str) -> Vec<String> {
    let one = ask(twin, "GET", path, &Value::Null).await;
    serde_json::from_value(one["tags"].clone()).unwrap()
}

/// With one more of somebody's in the middle, which is no valid end of ours.
fn and_theirs(before: &[String]) -> Vec<String> {
    let mut tags = before.to_vec();
    tags.insert(1, "Théirs".to_owned());
    tags
}

#[tokio::test(start_paused = true)]
async fn an_edit_of_tags_by_somebody_else_is_kept_whether_it_comes_before_or_after_our_put() {
    // After our GET, before our PUT; and after our PUT, written from an answer of before it.
    let before = Meddle {
        method: "GET",
        after: 1,
        tags: and_theirs,
    };
    let after = Meddle {
        method: "PUT",
        after: 1,
        ..before
    };
    for meddle in [before, after] {
        let (pair, id) = Pair::deployed().await;
        let cluster = pair.cluster().await;
        let was = pair.tags().await.swap_remove(0).1;
        let by = computer(4);
        let four = meddled(&pair.twin, &by, cluster, meddle).await;
        four.take_over(&id, None).await.unwrap();
        let is = pair.tags().await.swap_remove(0).1;
        assert_eq!(is, by.owner.put_on(&and_theirs(&was)), "{}", meddle.method);
        assert_eq!(whose(&four).await, Whose::Here);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_takes_over_right_after_us_has_it_and_we_say_so() {
    // After our PUT; before the firewall is asked for; and right before its PUT.
    for (method, after) in [("PUT", 1), ("GET", 3), ("GET", 4)] {
        let (pair, id) = Pair::deployed().await;
        let cluster = pair.cluster().await;
        let taken_by_a_third = Meddle {
            method,
            after,
            tags: |before| Owner::new(9).put_on(before),
        };
        let by = computer(4);
        let four = meddled(&pair.twin, &by, cluster, taken_by_a_third).await;
        let said = code(four.take_over(&id, None).await);
        assert_eq!(said, "take_over_lost", "{method} {after}");
        assert_eq!(whose(&four).await, Whose::Elsewhere);
        assert!(by.journals.list().await.unwrap().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_whose_answer_was_lost_and_that_was_taken_over_meanwhile_is_not_made_again() {
    let pair = Pair::new().await;
    let rule = json!({
        "kind": "late_commit", "method": "POST", "path": "/lke/clusters", "at_call": 1,
    });
    let (status, said) = pair
        .twin
        .demo("PUT", "/_demo/faults", &json!({ "rules": [rule] }));
    assert_eq!(status, 200, "{said}");
    // It comes after its answer was given up: the first computer searches for it.
    let id = begin(&pair.one, spec()).await;
    while pair.listed("/v4/lke/clusters").await.is_empty() {
        crate::bench::tokio_sleep(1).await;
    }
    let cluster = pair.cluster().await;
    let tags = pair.tags().await.swap_remove(0).1;
    let path = format!("/v4/lke/clusters/{cluster}");
    let theirs = json!({ "tags": pair.second.owner.put_on(&tags) });
    pair.ask("PUT", &path, &theirs).await;
    let end = pair.one.wait(&id).await;
    assert!(
        matches!(&end, Some(engine::run::End::Failed(what)) if what.code == "failed_taken_over"),
        "{end:?}"
    );
    assert_eq!(pair.listed("/v4/lke/clusters").await.len(), 1);
}
