//! What weaker rules lose in the same world, each beside ours.

use crate::life::{Doom, Story, spec};
use crate::protocols::{BLIND_RETRY, CONTROL, LIST_THEN_POST, RECORD_AFTER_REPLY};
use crate::world::Fault;
use engine::protocol::{PROTOCOL, Protocol};
use engine::run::End;
use std::time::Duration;

const EMPTY: &str = "clusters 0, linodes 0, nodebalancers 0, volumes 0, firewalls 0";

fn story(protocol: &Protocol) -> Story {
    Story {
        protocol: *protocol,
        ..Story::new()
    }
}

/// A create, killed as doomed and gone on with until it is done; an hour; a teardown. How many
/// clusters stood, and what is left.
fn life(story: &Story, doom: Option<Doom>) -> (usize, String) {
    story.process(None, async || drop(story.accept_create(&spec()).await));
    let end = story.process(doom, async || story.drive(&story.book()).await);
    if !matches!(end, Some(End::Done)) {
        let end = story.go_on();
        assert!(matches!(end, End::Done), "{doom:?} {end:?}");
    }
    story.process(None, async || {
        tokio::time::sleep(Duration::from_hours(1)).await;
    });
    let stood = story.world.shown_clusters().len();
    let end = story.process(None, async || {
        let book = story.book();
        story.accept_teardown(&book, "down", &[]).await;
        story.drive(&book).await
    });
    assert!(matches!(end, Some(End::Done)), "{end:?}");
    (stood, story.left())
}

fn with_a_lost_answer(protocol: &Protocol, shown_after: i64) -> (usize, String) {
    let story = story(protocol);
    story
        .world
        .fail("POST cluster", Fault::Lost { shown_after });
    life(&story, None)
}

#[test]
fn blind_retry_makes_two_and_leaves_one() {
    let (stood, left) = with_a_lost_answer(&BLIND_RETRY, 0);
    assert_eq!(stood, 2);
    assert_ne!(left, EMPTY);
    assert_eq!(with_a_lost_answer(&PROTOCOL, 0), (1, EMPTY.to_owned()));
}

#[test]
fn a_record_after_the_reply_forgets_what_was_made_when_the_process_dies_between() {
    let worst = |protocol: &Protocol| {
        let lives = (5..12).map(|at| life(&story(protocol), Some(Doom::Before(at))));
        lives.max().unwrap()
    };
    let (stood, left) = worst(&RECORD_AFTER_REPLY);
    assert_eq!(stood, 2);
    assert_ne!(left, EMPTY);
    assert_eq!(worst(&PROTOCOL), (1, EMPTY.to_owned()));
}

#[test]
fn a_listing_before_the_post_does_not_see_what_commits_late() {
    let (stood, left) = with_a_lost_answer(&LIST_THEN_POST, 40);
    assert_eq!(stood, 2);
    assert_ne!(left, EMPTY);
    assert_eq!(with_a_lost_answer(&PROTOCOL, 40), (1, EMPTY.to_owned()));
}

#[test]
fn none_of_the_three_takes_away_what_a_cluster_leaves_behind() {
    let left = |protocol: &Protocol| {
        let story = story(protocol);
        story.process(None, async || {
            let book = story.accept_create(&spec()).await;
            story.drive(&book).await
        });
        let cluster = story.world.shown_clusters()[0].id;
        let label = format!("lke{cluster}-web");
        story.world.add_nodebalancer(&label, Some(cluster));
        story.process(None, async || {
            let book = story.book();
            story.accept_teardown(&book, "down", &[]).await;
            story.drive(&book).await
        });
        story.left()
    };
    for (name, protocol) in CONTROL {
        assert!(left(&protocol).contains("nodebalancers 1"), "{name}");
    }
    assert_eq!(left(&PROTOCOL), EMPTY);
}
