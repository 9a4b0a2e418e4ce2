//! What the journal says alone deletes nothing; what it noted is not forgotten.

use crate::life::{Story, spec};
use domain::plan::NewFirewall;
use domain::record::{Fact, Thing};
use domain::{ClusterId, FirewallId};
use engine::run::End;
use std::sync::Arc;

/// A neighbour's cluster with a NodeBalancer and machines, and a neighbour's firewall.
fn neighbour(story: &Story) -> (ClusterId, FirewallId) {
    let other = crate::life::spec_of("bob");
    let plan = domain::plan::build::plan_create(
        &other,
        Vec::new(),
        crate::life::prices(),
        story.basis("other"),
    );
    let want = plan.steps.iter().find_map(|step| {
        let domain::plan::Action::CreateCluster(want) = &step.action else {
            return None;
        };
        Some(want.clone())
    });
    let mut want = want.unwrap();
    want.tags = vec!["theirs".to_owned()];
    want.pool.tags = want.tags.clone();
    let cluster = story.world.add_cluster(&want, None).id;
    let balancer = format!("lke{cluster}-web");
    story.world.add_nodebalancer(&balancer, Some(cluster));
    let firewall = story.world.add_firewall(&NewFirewall {
        label: "theirs".to_owned(),
        tags: Vec::new(),
        rules: Vec::new(),
    });
    (cluster, firewall.id)
}

/// Every record of the journal with other things in their places: a file that reads well.
fn forge(story: &Story, from: &Thing, to: &Thing) {
    for record in story.disk.records.lock().unwrap().iter_mut() {
        if let Fact::Made { thing, .. } | Fact::Born { thing, .. } = &mut record.fact
            && thing == from
        {
            *thing = to.clone();
        }
    }
}

fn tear_down(story: &Story) -> Option<End> {
    story.world.state().calls.clear();
    story.process(None, async || {
        let book = story.book();
        story.accept_teardown(&book, "down", &[]).await;
        story.drive(&book).await
    })
}

fn stuck_code(end: Option<&End>) -> &str {
    let Some(End::Stuck(what)) = end else {
        panic!("{end:?}")
    };
    &what.code
}

#[test]
fn a_journal_that_names_a_neighbours_cluster_deletes_nothing_of_it() {
    let story = Story::standing(&spec());
    let (cluster, _) = neighbour(&story);
    let own = story.progress().cluster().unwrap();
    forge(&story, &Thing::Cluster(own), &Thing::Cluster(cluster));
    let end = tear_down(&story);
    assert_eq!(stuck_code(end.as_ref()), "stuck_not_proven");
    // Ours bears our mark at our place: it goes. Of the neighbour's nothing is touched.
    assert_eq!(story.calls(), format!("DELETE cluster {own}"));
    assert_eq!(story.world.state().nodebalancers.len(), 1);
}

#[test]
fn a_torn_down_journal_that_names_a_neighbours_cluster_leaves_its_children() {
    let story = Story::standing(&spec());
    let (cluster, _) = neighbour(&story);
    let own = story.progress().cluster().unwrap();
    assert!(matches!(tear_down(&story), Some(End::Done)));
    forge(&story, &Thing::Cluster(own), &Thing::Cluster(cluster));
    for record in story.disk.records.lock().unwrap().iter_mut() {
        if let Fact::Gone { thing } = &mut record.fact
            && *thing == Thing::Cluster(own)
        {
            *thing = Thing::Cluster(cluster);
        }
    }
    story.world.state().calls.clear();
    story.process(None, async || {
        let book = story.book();
        let deaf = Arc::new(engine::signal::Deaf);
        engine::sweep::sweep(&story.ports(), &story.protocol, &book, deaf).await
    });
    assert_eq!(story.calls(), "");
}

#[test]
fn a_journal_that_names_a_neighbours_cluster_changes_nothing_of_it() {
    let story = Story::new();
    let (cluster, _) = neighbour(&story);
    story.process(Some(crate::life::Doom::After(16)), async || {
        let book = story.accept_create(&spec()).await;
        story.drive(&book).await
    });
    let own = story.progress().cluster().unwrap();
    forge(&story, &Thing::Cluster(own), &Thing::Cluster(cluster));
    story.world.state().calls.clear();
    let end = Some(story.go_on());
    assert_eq!(stuck_code(end.as_ref()), "stuck_not_proven");
    assert_eq!(story.calls(), "");
}

#[test]
fn a_journal_that_names_a_neighbours_firewall_leaves_it() {
    let story = Story::standing(&spec());
    let (_, firewall) = neighbour(&story);
    let own = story.progress().firewall().unwrap();
    forge(&story, &Thing::Firewall(own), &Thing::Firewall(firewall));
    let end = tear_down(&story);
    assert_eq!(stuck_code(end.as_ref()), "stuck_not_proven");
    assert!(story.calls().contains(&format!("DELETE firewall {own}")));
    assert!(
        !story
            .calls()
            .contains(&format!("DELETE firewall {firewall}"))
    );
}

#[test]
fn a_forged_second_one_is_not_deleted() {
    let story = Story::standing(&spec());
    let (_, firewall) = neighbour(&story);
    let end = story.process(None, async || {
        let book = story.book();
        let thing = Thing::Firewall(firewall);
        book.write(Fact::Duplicate { thing }).await.unwrap();
        let deaf = Arc::new(engine::signal::Deaf);
        engine::sweep::sweep(&story.ports(), &story.protocol, &book, deaf).await
    });
    assert!(format!("{end:?}").contains("stuck_not_proven"), "{end:?}");
    assert_eq!(story.world.state().firewalls.len(), 2);
}

#[test]
fn a_noted_nodebalancer_is_ours_whoever_rewrote_it_and_a_label_alone_is_no_proof() {
    let story = Story::standing(&spec());
    let (neighbours, _) = neighbour(&story);
    let cluster = story.progress().cluster().unwrap();
    story
        .world
        .add_nodebalancer(&format!("lke{cluster}-web"), Some(cluster));
    story.process(None, async || {
        let book = story.book();
        story.accept_teardown(&book, "down", &[]).await;
    });
    // One record at a time, until it is noted; then somebody rewrites it.
    let noted = |story: &Story| {
        let records = story.disk.records.lock().unwrap();
        let last = records.last().map(|record| record.fact.clone());
        let Some(Fact::Born { thing, .. }) = last else {
            return false;
        };
        thing.kind() == domain::record::ThingKind::NodeBalancer
    };
    while !noted(&story) {
        let one_more = Some(crate::life::Doom::After(0));
        story.process(one_more, async || story.drive(&story.book()).await);
    }
    for one in &mut story.world.state().nodebalancers {
        if one.cluster == Some(cluster) {
            one.cluster = Some(neighbours);
            one.label = "web".to_owned();
        }
    }
    assert!(matches!(story.go_on(), End::Done));
    let labelled = format!("lke{cluster}-other");
    story.world.add_nodebalancer(&labelled, None);
    story.process(None, async || {
        let book = story.book();
        let deaf = Arc::new(engine::signal::Deaf);
        engine::sweep::sweep(&story.ports(), &story.protocol, &book, deaf).await
    });
    let state = story.world.state();
    let left: Vec<&str> = state
        .nodebalancers
        .iter()
        .map(|one| one.label.as_str())
        .collect();
    assert_eq!(left, [format!("lke{neighbours}-web"), labelled]);
}
