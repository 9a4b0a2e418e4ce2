//! A second GPU pool that comes after all.

use crate::life::{DEPLOYMENT, Story, spec};
use crate::told::transcript;
use crate::world::{Fault, GPU_TYPE};
use domain::plan::{GPU_LABEL, NewPool};
use engine::observe::{Also, Looked, Watch};
use engine::ports::Clock as _;
use engine::run::End;
use engine::signal::Deaf;
use std::sync::Arc;
use std::time::Duration;

/// A deployment whose GPU pool was POSTed twice: the first one is shown so long after its POST.
fn posted_twice(shown_after: i64) -> Story {
    let story = Story::new();
    story.world.fail("POST pool", Fault::Lost { shown_after });
    let end = story.process(None, async || {
        let book = story.accept_create(&spec()).await;
        story.drive(&book).await
    });
    assert!(matches!(end, Some(End::Done)), "{end:?}");
    story
}

/// The pools that the cloud holds, by type.
fn gpu_pools(story: &Story) -> Vec<u64> {
    let state = story.world.state();
    let pools = state.clusters.iter().flat_map(|one| &one.pools);
    let gpu = pools.filter(|pool| pool.instance_type == GPU_TYPE);
    gpu.map(|pool| pool.id.0).collect()
}

fn kept(story: &Story) -> u64 {
    let pool = story.progress().pool(domain::plan::PoolRole::Gpu);
    pool.expect("a pool is kept").0
}

fn swept(story: &Story) -> String {
    let swept = story.process(None, async || {
        let book = story.book();
        engine::sweep::sweep(&story.ports(), &story.protocol, &book, Arc::new(Deaf)).await
    });
    format!("{:?}", swept.unwrap())
}

/// A pool of somebody else in our cluster.
fn foreign_pool(story: &Story, tags: Vec<String>, labels: Vec<(String, String)>) {
    let pool = story.world.new_pool(&NewPool {
        instance_type: GPU_TYPE.to_owned(),
        count: 1,
        tags,
        labels,
        taints: Vec::new(),
    });
    story.world.state().clusters[0].pools.push(pool);
}

fn mark() -> String {
    domain::DeploymentId(DEPLOYMENT.to_owned()).mark().0
}

fn gpu_label() -> (String, String) {
    (GPU_LABEL.0.to_owned(), GPU_LABEL.1.to_owned())
}

#[test]
fn a_second_pool_that_commits_while_the_nodes_come_up_is_gone_at_the_end_of_the_create() {
    let story = posted_twice(250);
    assert_eq!(gpu_pools(&story), [kept(&story)], "{}", transcript(&story));
    assert!(transcript(&story).contains("duplicate pool"));
}

#[test]
fn a_second_pool_that_commits_after_the_create_is_found_by_a_sweep() {
    let story = posted_twice(1000);
    let two = gpu_pools(&story);
    assert_eq!(two.len(), 2);
    story.process(None, async || {
        tokio::time::sleep(Duration::from_secs(1000)).await;
    });
    assert!(swept(&story).starts_with("Deleted([Pool("));
    assert_eq!(gpu_pools(&story), [kept(&story)]);
    assert_eq!(swept(&story), "Clean");
}

#[test]
fn a_second_pool_that_commits_after_the_create_is_found_by_a_look() {
    let story = posted_twice(1000);
    story.process(None, async || {
        tokio::time::sleep(Duration::from_secs(1000)).await;
        let (ports, book) = (story.ports(), story.book());
        let watch = Watch::begin(
            &ports,
            &story.protocol,
            &book,
            Arc::new(Deaf),
            &Looked::default(),
            None,
        )
        .await;
        watch.unwrap().look(Also::default()).await;
    });
    assert_eq!(gpu_pools(&story), [kept(&story)]);
    assert!(transcript(&story).contains("gone pool"));
}

#[test]
fn while_the_kept_pool_is_not_listed_the_other_one_stays() {
    let story = posted_twice(1000);
    story.process(None, async || {
        tokio::time::sleep(Duration::from_secs(1000)).await;
    });
    let kept = kept(&story);
    let later = story.world.now() + jiff::SignedDuration::from_hours(1);
    for pool in &mut story.world.state().clusters[0].pools {
        if pool.id.0 == kept {
            pool.shown = later;
        }
    }
    assert_eq!(swept(&story), "Clean");
    assert_eq!(gpu_pools(&story).len(), 2);
}

#[test]
fn a_pool_of_somebody_else_stays() {
    let story = posted_twice(1000);
    foreign_pool(&story, vec!["theirs".to_owned()], vec![gpu_label()]);
    foreign_pool(&story, vec![mark()], Vec::new());
    story.process(None, async || {
        tokio::time::sleep(Duration::from_secs(1000)).await;
    });
    assert_eq!(gpu_pools(&story).len(), 4);
    swept(&story);
    assert_eq!(gpu_pools(&story).len(), 3);
    // Where every POST was answered, no second one can come, whatever a pool bears.
    let answered = Story::standing(&spec());
    foreign_pool(&answered, vec![mark()], vec![gpu_label()]);
    assert_eq!(swept(&answered), "Clean");
    assert_eq!(gpu_pools(&answered).len(), 2);
}

#[test]
fn a_cluster_that_comes_after_its_create_was_given_up_is_written_down_and_used() {
    let story = Story::new();
    for _ in 0..story.protocol.retry_post {
        let shown_after = 5000;
        story
            .world
            .fail("POST cluster", Fault::Lost { shown_after });
    }
    let end = story.process(None, async || {
        let book = story.accept_create(&spec()).await;
        story.drive(&book).await
    });
    assert!(matches!(end, Some(End::Failed(_))), "{end:?}");
    assert_eq!(swept(&story), "Clean");
    story.process(None, async || {
        tokio::time::sleep(Duration::from_mins(100)).await;
    });
    assert!(swept(&story).starts_with("Deleted([Cluster("));
    let kept = story.progress().cluster().expect("one is shown");
    assert_eq!(story.world.shown_clusters().len(), 1);
    assert!(matches!(story.go_on(), End::Done));
    assert_eq!(story.progress().cluster(), Some(kept));
    assert_eq!(story.world.shown_clusters().len(), 1);
}
