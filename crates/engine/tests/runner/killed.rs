//! A process that dies at every record, and a disk that fails at every record.

use crate::life::{Doom, Story, spec};
use crate::world::Fault;
use domain::record::Thing;
use domain::spec::Spec;
use engine::run::End;

const EMPTY: &str = "clusters 0, linodes 0, nodebalancers 0, volumes 0, firewalls 0";
const ONE: &str = "clusters 1, linodes 2, nodebalancers 0, volumes 0, firewalls 1";

fn dooms(n: usize) -> [Doom; 2] {
    [Doom::Before(n), Doom::After(n)]
}

#[test]
fn killed_at_every_record_of_a_create_there_is_one_cluster_later_none() {
    let whole = Story::standing(&spec()).disk.records.lock().unwrap().len();
    // The first two records are the header and the acceptance: before them nothing is promised.
    for doom in (0..whole - 2).flat_map(dooms) {
        let story = Story::new();
        story.process(None, async || drop(story.accept_create(&spec()).await));
        let end = story.process(Some(doom), async || {
            let book = story.book();
            story.drive(&book).await
        });
        assert!(end.is_none(), "{doom:?} did not kill: {end:?}");
        let end = story.go_on();
        assert!(matches!(end, End::Done), "{doom:?}: {end:?}");
        assert_eq!(story.left(), ONE, "{doom:?}");
        tear_down(&story);
        assert_eq!(story.left(), EMPTY, "{doom:?}");
    }
}

#[test]
fn killed_at_every_record_of_a_teardown_nothing_is_left() {
    let story = Story::standing(&spec());
    let before = story.disk.records.lock().unwrap().len();
    tear_down(&story);
    let records = story.disk.records.lock().unwrap().len() - before - 1;
    for doom in (0..records).flat_map(dooms) {
        let story = Story::standing(&spec());
        story.process(None, async || {
            let book = story.book();
            story.accept_teardown(&book, "down", &[]).await;
        });
        let end = story.process(Some(doom), async || {
            let book = story.book();
            story.drive(&book).await
        });
        assert!(end.is_none(), "{doom:?} did not kill: {end:?}");
        assert!(matches!(story.go_on(), End::Done), "{doom:?}");
        assert_eq!(story.left(), EMPTY, "{doom:?}");
    }
}

#[test]
fn killed_with_a_lost_answer_and_cancelled_there_is_none() {
    for n in 0..14 {
        let story = Story::new();
        story
            .world
            .fail("POST cluster", Fault::Lost { shown_after: 100 });
        story.process(None, async || drop(story.accept_create(&spec()).await));
        story.process(Some(Doom::Before(n)), async || {
            let book = story.book();
            story.drive(&book).await
        });
        let end = story.process(None, async || {
            let book = story.book();
            story.drive_by(&book, |remote| remote.cancel()).await
        });
        assert!(matches!(end, Some(End::Done)), "{n}: {end:?}");
        assert_eq!(story.left(), EMPTY, "{n}");
    }
}

#[test]
fn killed_with_a_lost_answer_the_control_plane_costs_since_the_cluster_was_made() {
    let spec = Spec { ha: true, ..spec() };
    for n in 0..14 {
        let story = Story::new();
        story
            .world
            .fail("POST cluster", Fault::Lost { shown_after: 100 });
        story.process(None, async || drop(story.accept_create(&spec).await));
        story.process(Some(Doom::After(n)), async || {
            let book = story.book();
            story.drive(&book).await
        });
        let end = story.go_on();
        assert!(matches!(end, End::Done), "{n}: {end:?}");
        let cluster = story.world.shown_clusters().remove(0);
        let life = &story.progress().things[&Thing::ControlPlane(cluster.id)];
        assert_eq!(life.born, cluster.created, "{n}");
        assert!(life.price.is_some(), "{n}");
    }
}

#[test]
fn after_a_disk_failed_nothing_is_posted_and_the_next_process_goes_on() {
    let whole = Story::standing(&spec()).disk.records.lock().unwrap().len();
    for n in 0..whole - 2 {
        let story = Story::new();
        story.process(None, async || drop(story.accept_create(&spec()).await));
        let end = story.process(Some(Doom::Disk(n)), async || {
            let book = story.book();
            story.drive(&book).await
        });
        assert!(matches!(end, Some(End::Journal(..))), "{n}: {end:?}");
        // Every POST of something new has its synced `sent`.
        let posts = ["POST cluster", "POST firewall ada", "POST pool"];
        let is_post = |call: &&String| posts.iter().any(|post| call.starts_with(post));
        let posted = story.world.state().calls.iter().filter(is_post).count();
        let records = story.disk.records.lock().unwrap().clone();
        let sent = records
            .iter()
            .filter(|record| record.fact.name() == "sent")
            .count();
        assert_eq!(posted, sent, "{n}");
        assert!(matches!(story.go_on(), End::Done), "{n}");
        assert_eq!(story.left(), ONE, "{n}");
    }
}

#[test]
fn with_a_failed_disk_a_teardown_still_goes_to_its_end() {
    let story = Story::standing(&spec());
    for n in [0, 3, 8] {
        let end = story.process(Some(Doom::Disk(n)), async || {
            let book = story.book();
            story.accept_teardown(&book, "down", &[]).await;
            story.drive(&book).await
        });
        let Some(End::Journal(_, Some(rested))) = end else {
            panic!("{n}: {end:?}")
        };
        assert!(matches!(*rested, End::Done), "{n}: {rested:?}");
        assert_eq!(story.left(), EMPTY);
    }
}

fn tear_down(story: &Story) {
    let end = story.process(None, async || {
        let book = story.book();
        story.accept_teardown(&book, "down", &[]).await;
        story.drive(&book).await
    });
    assert!(matches!(end, Some(End::Done)), "{end:?}");
}
