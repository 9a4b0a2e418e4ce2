//! Bad weather by seed: one call in five goes wrong, and processes die where they stand.

use crate::life::{Doom, Story, spec};
use crate::world::World;
use domain::progress::Rest;
use domain::record::{Fact, Wish};
use domain::spec::Spec;
use engine::protocol::{PROTOCOL, Protocol};
use engine::run::End;
use std::time::Duration;

const SEEDS: u64 = 300;

fn doom(world: &World) -> Option<Doom> {
    let at = usize::try_from(world.draw(60)?).ok()?;
    match world.draw(4)? {
        0 => Some(Doom::Before(at)),
        1 => Some(Doom::After(at)),
        2 => Some(Doom::Disk(at)),
        _ => None,
    }
}

/// Processes begin and die until the run has ended; how many died. `None`: it never ended.
fn to_the_end(story: &Story) -> Option<usize> {
    (0..30).find(|_| {
        let end = story.process(doom(&story.world), async || {
            let book = story.book();
            let rest = book.progress().await.rest_state();
            if matches!(rest, Rest::Failed | Rest::Stuck) {
                let wish = Wish::Continue;
                book.write(Fact::Wished { wish }).await.ok()?;
            }
            Some(story.drive(&book).await)
        });
        matches!(end, Some(Some(End::Done)))
    })
}

/// A create and a teardown in the weather of a seed: how many processes died, or what is wrong.
fn season(seed: u64, protocol: &Protocol) -> Result<usize, String> {
    let story = Story {
        protocol: *protocol,
        ..Story::new()
    };
    let gpus = u32::try_from(seed % 3).unwrap() + 1;
    let spec = Spec {
        gpu_count: gpus,
        gpu_min: gpus,
        ..spec()
    };
    story.process(None, async || drop(story.accept_create(&spec).await));
    story.world.state().weather = Some(seed);
    let died = to_the_end(&story).ok_or("the create never ended")?;
    let one = format!(
        "clusters 1, linodes {}, nodebalancers 0, volumes 0, firewalls 1",
        gpus + 1
    );
    same(&story.left(), &one)?;
    let kept = story.world.add_volume("kept");
    let cluster = story.world.shown_clusters()[0].id;
    story
        .world
        .add_nodebalancer(&format!("lke{cluster}-web"), Some(cluster));
    story.world.add_nodebalancer("somebody-elses", None);
    story.process(None, async || {
        story.accept_teardown(&story.book(), "down", &[]).await;
    });
    let more = to_the_end(&story).ok_or("the teardown never ended")?;
    same(
        &story.left(),
        "clusters 0, linodes 0, nodebalancers 1, volumes 1, firewalls 0",
    )?;
    let alive = story
        .progress()
        .alive()
        .map(|(thing, _)| thing.to_string())
        .collect::<Vec<_>>();
    // A volume that nobody could tell as ours before the cluster went is in no journal.
    if alive.is_empty() || alive == [format!("volume {kept}")] {
        Ok(died + more)
    } else {
        Err(format!("the journal holds {alive:?}"))
    }
}

fn same(got: &str, want: &str) -> Result<(), String> {
    if got == want {
        Ok(())
    } else {
        Err(got.to_owned())
    }
}

#[test]
fn in_any_weather_there_is_one_cluster_then_none() {
    let mut died = 0;
    for seed in 0..SEEDS {
        died += season(seed, &PROTOCOL).unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
    }
    assert!(died > 200, "the weather was too good: {died}");
}

#[test]
fn weaker_rules_leave_something_in_the_same_weather() {
    let wrong = |protocol: &Protocol| {
        (0..SEEDS)
            .filter(|seed| season(*seed, protocol).is_err())
            .count()
    };
    let blind = Protocol {
        search_unknown: false,
        list_before_post: false,
        ..PROTOCOL
    };
    let once = Protocol {
        settle_min: Duration::ZERO,
        settle_lag_factor: 0,
        ..PROTOCOL
    };
    let (blind, once) = (wrong(&blind), wrong(&once));
    assert!(
        blind > 20 && once > 5,
        "blind retry {blind}, looking once {once}"
    );
}
