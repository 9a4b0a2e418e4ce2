//! Taking a deployment away.

use crate::life::{Story, spec};
use domain::VolumeId;
use domain::record::Thing;
use engine::receipt::receipt;
use engine::run::End;
use engine::signal::Deaf;
use engine::sweep::Swept;
use expect_test::{Expect, expect};
use std::sync::Arc;

fn check(got: &str, want: &Expect) {
    want.assert_eq(got);
}

fn tear_down(story: &Story, plan: &str, delete: &[VolumeId]) -> End {
    let end = story.process(None, async || {
        let book = story.book();
        story.accept_teardown(&book, plan, delete).await;
        story.drive(&book).await
    });
    end.unwrap()
}

fn with_children() -> (Story, VolumeId, VolumeId) {
    let story = Story::standing(&spec());
    let (kept, named) = (
        story.world.add_volume("kept"),
        story.world.add_volume("named"),
    );
    let cluster = story.world.shown_clusters()[0].id;
    story
        .world
        .add_nodebalancer(&format!("lke{cluster}-web"), Some(cluster));
    story.world.add_nodebalancer("somebody-elses", None);
    story
        .world
        .state()
        .services
        .push(("default".to_owned(), "web".to_owned()));
    story.world.state().calls.clear();
    (story, kept, named)
}

fn told(story: &Story) -> String {
    let receipt = receipt(&story.progress());
    let names = |entries: &[engine::receipt::Entry]| {
        entries
            .iter()
            .map(|one| one.thing.to_string())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let notes: Vec<&str> = receipt
        .notes
        .iter()
        .map(|note| note.code.as_str())
        .collect();
    format!(
        "deleted {}\nkept {}\nsweeps {}\ncost {:?}\nnotes {}",
        names(&receipt.deleted),
        names(&receipt.kept),
        receipt.sweeps.len(),
        receipt.cost,
        notes.join(", "),
    )
}

#[test]
fn only_the_named_volume_goes() {
    let (story, _, named) = with_children();
    assert!(matches!(tear_down(&story, "down", &[named]), End::Done));
    check(
        &story.calls(),
        &expect![[r"
        DELETE service default/web
        PATCH pv pv-kept Retain
        DELETE claim default/named
        DELETE cluster 102
        DELETE firewall 101
        DELETE volume 108"]],
    );
    check(
        &story.left(),
        &expect!["clusters 0, linodes 0, nodebalancers 1, volumes 1, firewalls 0"],
    );
    check(
        &told(&story),
        &expect![[r#"
            deleted control plane of 102, cluster 102, nodebalancer 109, linode 104, linode 106, firewall 101, volume 108
            kept volume 107
            sweeps 2
            cost Some(MicroUsd(664000))
            notes "#]],
    );
    assert!(story.disk.receipt.lock().unwrap().is_some());
}

#[test]
fn without_kubernetes_nothing_is_deleted_through_it_and_the_receipt_says_so() {
    let (story, ..) = with_children();
    story.world.state().kubernetes_silent = true;
    assert!(matches!(tear_down(&story, "down", &[]), End::Done));
    check(
        &story.calls(),
        &expect![[r"
        DELETE cluster 102
        DELETE nodebalancer 109
        DELETE firewall 101"]],
    );
    check(
        &told(&story),
        &expect![[r#"
            deleted control plane of 102, cluster 102, nodebalancer 109, linode 104, linode 106, firewall 101
            kept volume 107, volume 108
            sweeps 2
            cost Some(MicroUsd(664000))
            notes receipt_kubernetes_silent"#]],
    );
}

#[test]
fn torn_down_twice_is_fine() {
    let story = Story::standing(&spec());
    assert!(matches!(tear_down(&story, "down", &[]), End::Done));
    story.world.state().calls.clear();
    assert!(matches!(tear_down(&story, "again", &[]), End::Done));
    assert_eq!(story.calls(), "");
}

fn sweep_clean(story: &Story) {
    let swept = story.process(None, async || {
        let (book, deaf) = (story.book(), Arc::new(Deaf));
        engine::sweep::sweep(&story.ports(), &story.protocol, &book, deaf).await
    });
    assert!(matches!(swept, Some(Swept::Clean)), "{swept:?}");
}

#[test]
fn a_kept_volume_that_one_listing_lacked_costs_on() {
    let (story, kept, _) = with_children();
    assert!(matches!(tear_down(&story, "d1", &[]), End::Done));
    let life = |story: &Story| story.progress().things[&Thing::Volume(kept)].clone();
    let before = life(&story);
    let there = std::mem::take(&mut story.world.state().volumes);
    sweep_clean(&story);
    assert!(life(&story).gone.is_some());
    story.world.state().volumes = there;
    sweep_clean(&story);
    assert_eq!(life(&story), before);
}

#[test]
fn a_kept_volume_that_a_restricted_user_is_not_shown_is_not_called_gone() {
    for restricted in [true, false] {
        let (story, kept, named) = with_children();
        assert!(matches!(tear_down(&story, "d1", &[named]), End::Done));
        story.world.state().restricted = restricted;
        story.world.state().volumes.clear();
        sweep_clean(&story);
        let progress = story.progress();
        let life = progress.things.get(&Thing::Volume(kept));
        let is_gone = life.map(|life| life.gone.is_some());
        assert_eq!(is_gone, Some(!restricted), "restricted: {restricted}");
    }
}

#[test]
fn a_restricted_user_gets_no_proof() {
    let story = Story::standing(&spec());
    story.world.state().restricted = true;
    assert!(matches!(tear_down(&story, "down", &[]), End::Done));
    check(
        &told(&story),
        &expect![[r#"
            deleted control plane of 102, cluster 102, linode 104, linode 106, firewall 101
            kept 
            sweeps 2
            cost Some(MicroUsd(646000))
            notes receipt_restricted"#]],
    );
}

#[test]
fn a_lock_is_named_and_goes_on_once_it_is_taken_off() {
    let story = Story::standing(&spec());
    story.world.state().clusters[0].cluster.locks = vec!["cannot_delete".to_owned()];
    let end = tear_down(&story, "down", &[]);
    check(
        &format!("{end:?}"),
        &expect![[
            r#"Stuck(Text { code: "stuck_locked", params: {"label": Text("ada-lke-gpu-kubeflow")} })"#
        ]],
    );
    story.world.state().clusters[0].cluster.locks.clear();
    assert!(matches!(story.go_on(), End::Done));
    assert_eq!(story.world.shown_clusters().len(), 0);
}

#[test]
fn what_comes_back_after_the_first_sweep_is_deleted_again() {
    let story = Story::standing(&spec());
    let label = story.progress().label().unwrap();
    let mark = story.progress().mark();
    let end = story.process(None, async || {
        let book = story.book();
        story.accept_teardown(&book, "down", &[]).await;
        let world = story.world.clone();
        tokio::spawn(async move {
            tokio::time::sleep(std::time::Duration::from_secs(40)).await;
            let tags = vec![mark.0];
            world.add_firewall(&domain::plan::NewFirewall {
                label,
                tags,
                rules: Vec::new(),
            });
        });
        story.drive(&book).await
    });
    assert!(matches!(end, Some(End::Done)), "{end:?}");
    let sweeps: Vec<bool> = story
        .progress()
        .sweeps
        .iter()
        .map(|sweep| sweep.clean)
        .collect();
    assert_eq!(sweeps, [true, false, true, true]);
    assert_eq!(story.world.state().firewalls.len(), 0);
}

#[test]
fn a_lost_journal_is_rebuilt_from_the_marks_and_torn_down() {
    let story = Story::standing(&spec());
    story.disk.records.lock().unwrap().clear();
    let end = story.process(None, async || {
        let ports = story.ports();
        let seen = engine::sweep::inventory(&*ports.cloud).await.unwrap();
        let none = std::collections::BTreeSet::new();
        let orphans = engine::sweep::orphans(&seen, &none, story.protocol.proofs);
        assert_eq!(orphans.len(), 1);
        assert!(orphans[0].proven);
        let deaf = std::sync::Arc::new(engine::signal::Deaf);
        let account = domain::AccountId("acc".to_owned());
        let prices = crate::life::prices();
        let book =
            engine::sweep::adopt_orphan(&ports, deaf, "test", &orphans[0], prices, account).await;
        story.drive(&book.unwrap().unwrap()).await
    });
    assert!(matches!(end, Some(End::Done)), "{end:?}");
    check(
        &story.left(),
        &expect!["clusters 0, linodes 0, nodebalancers 0, volumes 0, firewalls 0"],
    );
}

/// A teardown from a computer that the access list leaves out.
fn left_out<const N: usize>(allow: [&str; N]) -> Story {
    let (story, ..) = with_children();
    story.world.state().kubernetes_lets_in = Some("198.51.100.9/32".parse().unwrap());
    let end = story.process(None, async || {
        let book = story.book();
        let progress = book.progress().await;
        let plan = domain::plan::plan_teardown_allowing(
            &progress.spec.clone().unwrap(),
            &std::collections::BTreeSet::new(),
            &allow.map(|address| address.parse().unwrap()),
            progress.prices,
            story.basis("down"),
        );
        crate::life::accept(&book, plan).await;
        story.drive(&book).await
    });
    assert!(matches!(end, Some(End::Done)), "{end:?}");
    story
}

#[test]
fn an_address_that_was_allowed_lets_a_teardown_ask_kubernetes() {
    let story = left_out(["198.51.100.9/32"]);
    assert!(story.calls().starts_with("PUT cluster 102 access down\n"));
    assert!(story.calls().contains("PATCH pv pv-kept Retain"));
    assert!(told(&story).ends_with("notes "), "{}", told(&story));
    // What was there before is still there.
    let access = story.world.state().clusters[0].access.0.clone();
    assert_eq!(access.len(), 2, "{access:?}");
}

#[test]
fn without_it_the_receipt_says_what_is_missing_and_a_list_that_is_not_enforced_delays_no_more() {
    let story = left_out([]);
    assert!(told(&story).ends_with("notes receipt_kubernetes_silent"));
    let story = left_out(["203.0.113.99/32"]);
    assert!(told(&story).ends_with("notes receipt_kubernetes_silent"));
}
