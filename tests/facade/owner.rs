//! A second machine: what it sees, what it may do, and what taking over means for both.

use crate::bench::tokio_sleep;
use crate::two::{Pair, begin, code, only, spec, whose};
use domain::spec::Spec;
use domain::view::{DeploymentState, Row, Whose};
use engine::facade::{Engine, For, MoveStop};
use engine::run::End;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::Arc;

/// More GPU nodes at most: one PUT.
fn more() -> Spec {
    Spec {
        gpu_max: 7,
        ..spec()
    }
}

async fn apply(engine: &Engine, spec: Spec) -> Result<End, String> {
    let review = engine.review(spec, For::Apply).await.map_err(|p| p.code)?;
    let plan = review.plan.ok_or("no changes")?;
    let id = engine.accept(&plan, false).await.map_err(|p| p.code)?;
    engine.wait(&id).await.ok_or_else(|| "paused".to_owned())
}

#[tokio::test(start_paused = true)]
async fn clusters_and_firewalls_bear_their_computers_tag_and_edits_of_tags_keep_it() {
    let (pair, _) = Pair::deployed().await;
    let all = pair.tags().await;
    let kinds: Vec<&str> = all.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["cluster", "firewall"]);
    for (kind, tags) in &all {
        assert!(pair.first.owner.alone_on(tags), "{kind}: {tags:?}");
    }
    let other_tags = Spec {
        tags: vec!["mine".to_owned()],
        ..spec()
    };
    assert!(matches!(apply(&pair.one, other_tags).await, Ok(End::Done)));
    let (_, tags) = pair.tags().await.swap_remove(0);
    assert!(tags.contains(&"mine".to_owned()) && !tags.contains(&"gpu".to_owned()));
    assert!(pair.first.owner.alone_on(&tags), "{tags:?}");
}

#[tokio::test(start_paused = true)]
async fn another_computers_deployment_is_shown_with_its_cost_and_nothing_can_be_done_to_it() {
    let (pair, id) = Pair::deployed().await;
    let (own, seen) = (only(&pair.one), only(&pair.other));
    assert_eq!((own.whose, seen.whose), (Whose::Here, Whose::Elsewhere));
    assert_eq!(
        (&seen.id, &seen.label, &seen.region, seen.nodes, seen.rate),
        (&own.id, &own.label, &own.region, 2, own.rate)
    );
    assert!(seen.rate.is_some_and(|rate| rate.0 > 0));
    let rows = pair.other.rows(&id);
    let Some(Row::Deployment(row)) = rows.first().map(|(_, row)| row) else {
        panic!("{rows:?}")
    };
    assert_eq!(
        (row.whose, row.stops, row.kubeconfig),
        (Whose::Elsewhere, None, false)
    );
    assert_eq!(row.notice.as_ref().unwrap().what.code, "needs_elsewhere");

    let (writes, alive) = (pair.writes(), pair.alive());
    let engine = &pair.other;
    let never = MoveStop::Never;
    assert_eq!(
        code(engine.review_teardown(&id, &[]).await),
        "made_elsewhere"
    );
    assert_eq!(
        code(engine.tear_down(&id, "ada", &[]).await),
        "made_elsewhere"
    );
    assert_eq!(code(engine.move_stop(&id, never).await), "made_elsewhere");
    assert_eq!(code(engine.cancel(&id).await), "made_elsewhere");
    assert_eq!(apply(engine, more()).await.unwrap_err(), "made_elsewhere");
    let form = engine.review(spec(), For::New).await.unwrap();
    assert!(form.plan.is_none());
    let search = engine.sweep().await.unwrap();
    assert_eq!(search.orphans[0].whose, Whose::Elsewhere);
    let deleted = engine
        .sweep_delete(&search, std::slice::from_ref(&id.0))
        .await;
    let refused = deleted.unwrap_err();
    assert_eq!(refused.code, "orphan_elsewhere");
    assert_eq!(refused.fix.unwrap().code, "orphan_elsewhere_fix");
    engine.keep_watch();
    tokio_sleep(40 * 60).await;
    assert_eq!((pair.writes(), pair.alive()), (writes, alive));
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_over_works_as_if_made_here_and_is_read_only_where_it_was() {
    let (pair, id) = Pair::deployed().await;
    let before = pair.tags().await;
    pair.other.take_over(&id, None).await.unwrap();
    assert_eq!(pair.owners().await, [pair.second.owner.tag()]);
    // Only owner tags differ, each in its place.
    for ((_, was), (_, is)) in before.iter().zip(pair.tags().await) {
        let at = was.iter().position(|tag| *tag == pair.first.owner.tag());
        let mut wanted = was.clone();
        wanted[at.unwrap()] = pair.second.owner.tag();
        assert_eq!(is, wanted);
    }
    let own = only(&pair.other);
    assert_eq!(
        (own.whose, own.state, own.nodes),
        (Whose::Here, DeploymentState::Running, 2)
    );
    assert_eq!(own.rate, only(&pair.one).rate);

    assert_eq!(apply(&pair.other, spec()).await.unwrap_err(), "no changes");
    let writes = pair.writes();
    assert!(matches!(apply(&pair.other, more()).await, Ok(End::Done)));
    assert_eq!(pair.writes(), writes + 1);

    assert_eq!(whose(&pair.one).await, Whose::Elsewhere);
    let writes = pair.writes();
    assert_eq!(
        code(pair.one.tear_down(&id, "ada", &[]).await),
        "made_elsewhere"
    );
    assert_eq!(
        apply(&pair.one, more()).await.unwrap_err(),
        "made_elsewhere"
    );
    pair.one.observe_once(&id).await;
    assert_eq!(pair.writes(), writes);

    pair.other.tear_down(&id, "ada", &[]).await.unwrap();
    pair.other.wait(&id).await;
    assert_eq!(pair.alive(), 0);
    assert_eq!(only(&pair.other).state, DeploymentState::Gone);
}

#[tokio::test(start_paused = true)]
async fn a_computer_that_did_not_look_yet_is_refused_by_the_tag_itself() {
    let (pair, id) = Pair::deployed().await;
    pair.other.take_over(&id, None).await.unwrap();
    let writes = pair.writes();
    // It has seen nothing of the take-over.
    assert_eq!(only(&pair.one).whose, Whose::Here);
    assert_eq!(
        code(pair.one.tear_down(&id, "ada", &[]).await),
        "made_elsewhere"
    );
    assert_eq!(only(&pair.one).whose, Whose::Elsewhere);
    assert_eq!((pair.writes(), pair.alive()), (writes, 5));
}

#[tokio::test(start_paused = true)]
async fn the_stop_time_of_a_computer_that_lost_it_does_not_fire() {
    for restarted in [false, true] {
        let (mut pair, id) = Pair::stopping(60).await;
        let begun = pair.now();
        if !restarted {
            pair.one.keep_watch();
        }
        pair.other.take_over(&id, None).await.unwrap();
        pair.until(begun, SignedDuration::from_mins(70)).await;
        if restarted {
            // The first look fails: the stop time itself asks whose it is.
            let rule = serde_json::json!({
                "kind": "unavailable", "method": "GET", "path": "/lke/clusters", "at_call": 1,
            });
            let rules = serde_json::json!({ "rules": [rule] });
            assert_eq!(pair.twin.demo("PUT", "/_demo/faults", &rules).0, 200);
            pair.restart_first().await;
            pair.one.keep_watch();
        }
        tokio_sleep(20 * 60).await;
        let lost = only(&pair.one);
        assert_eq!(
            (lost.whose, lost.state, pair.alive()),
            (Whose::Elsewhere, DeploymentState::Running, 5),
            "restarted: {restarted}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_time_fires_within_seconds_although_nobody_says_whose_it_is() {
    let (mut pair, _) = Pair::stopping(60).await;
    tokio_sleep(70 * 60).await;
    pair.restart_first().await;
    pair.one.account().await.unwrap();
    let rule = serde_json::json!({
        "kind": "rate_limited", "method": "GET", "path": "/lke/clusters/*", "at_call": 1,
        "effect": { "seconds": 900 },
    });
    let rules = serde_json::json!({ "rules": [rule] });
    assert_eq!(pair.twin.demo("PUT", "/_demo/faults", &rules).0, 200);
    pair.one.keep_watch();
    tokio_sleep(20).await;
    assert_eq!(only(&pair.one).state, DeploymentState::Leaving);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_under_way_stops_before_its_next_write_and_says_why() {
    let pair = Pair::new().await;
    let id = begin(&pair.one, spec()).await;
    // The cluster is there; nodes are still to come and to be covered.
    while pair.listed("/v4/lke/clusters").await.is_empty() {
        tokio_sleep(1).await;
    }
    pair.other.look_around().await.unwrap();
    pair.other.take_over(&id, None).await.unwrap();
    tokio_sleep(2).await;
    let writes = pair.writes();
    let end = pair.one.wait(&id).await;
    let Some(End::Failed(what)) = end else {
        panic!("{end:?}")
    };
    assert_eq!(what.code, "failed_taken_over");
    assert_eq!(pair.writes(), writes);
    let lost = only(&pair.one);
    assert_eq!(
        (lost.whose, lost.state),
        (Whose::Elsewhere, DeploymentState::Failed)
    );
    assert_eq!(pair.listed("/v4/lke/clusters").await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_the_cloud_did_not_take_is_not_repeated_once_it_is_lost() {
    let (pair, id) = Pair::deployed().await;
    let pools = "/lke/clusters/*/pools/*";
    let busy = serde_json::json!({"rules": [
        {"kind": "unavailable", "method": "PUT", "path": pools},
    ]});
    assert_eq!(pair.twin.demo("PUT", "/_demo/faults", &busy).0, 200);
    let lost = async {
        tokio_sleep(20).await;
        pair.other.take_over(&id, None).await.unwrap();
        tokio_sleep(2).await;
        let fair = serde_json::json!({"rules": []});
        pair.twin.demo("PUT", "/_demo/faults", &fair);
        pair.writes()
    };
    let (end, writes) = tokio::join!(apply(&pair.one, more()), lost);
    let Ok(End::Failed(what)) = end else {
        panic!("{end:?}")
    };
    assert_eq!(what.code, "failed_taken_over");
    assert_eq!(pair.writes(), writes);
}

#[tokio::test(start_paused = true)]
async fn a_teardown_that_is_under_way_deletes_nothing_more_once_it_is_lost() {
    let (pair, id) = Pair::deployed().await;
    pair.one.tear_down(&id, "ada", &[]).await.unwrap();
    pair.other.take_over(&id, None).await.unwrap();
    let end = pair.one.wait(&id).await;
    let Some(End::Failed(what)) = end else {
        panic!("{end:?}")
    };
    assert_eq!((what.code.as_str(), pair.alive()), ("failed_taken_over", 5));
}

#[tokio::test(start_paused = true)]
async fn what_was_lost_can_be_taken_over_again_with_all_that_changed_meanwhile() {
    let (pair, id) = Pair::deployed().await;
    pair.other.take_over(&id, None).await.unwrap();
    assert!(matches!(apply(&pair.other, more()).await, Ok(End::Done)));
    pair.one.take_over(&id, None).await.unwrap();
    assert_eq!(whose(&pair.one).await, Whose::Here);
    assert_eq!(whose(&pair.other).await, Whose::Elsewhere);
    assert_eq!(apply(&pair.one, more()).await.unwrap_err(), "no changes");
    assert_eq!(code(pair.one.take_over(&id, None).await), "take_over_ours");
    pair.one.tear_down(&id, "ada", &[]).await.unwrap();
    pair.one.wait(&id).await;
    assert_eq!(pair.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_renamed_in_a_take_over_that_was_cut_short_is_taken_back_by_whose_journal_names_it()
 {
    let (pair, id) = Pair::deployed().await;
    pair.put_tags(&[&id.mark().0, &pair.second.owner.tag()])
        .await;
    let path = format!("/v4/lke/clusters/{}", pair.cluster().await);
    pair.ask("PUT", &path, &serde_json::json!({"label": "mine"}))
        .await;
    let said = code(pair.other.take_over(&id, None).await);
    assert_eq!(said, "take_over_doubtful");
    pair.one.look_around().await.unwrap();
    assert_eq!(whose(&pair.one).await, Whose::Elsewhere);
    pair.one.take_over(&id, None).await.unwrap();
    assert_eq!(whose(&pair.one).await, Whose::Here);
    assert_eq!(only(&pair.one).label, spec().label());
    pair.one.tear_down(&id, "ada", &[]).await.unwrap();
    pair.one.wait(&id).await;
    assert_eq!(pair.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stranger_that_bears_our_mark_keeps_nobody_from_taking_back_and_stays_as_it_is() {
    let (pair, id) = Pair::deployed().await;
    pair.put_tags(&[&id.mark().0, &pair.second.owner.tag()])
        .await;
    let theirs = json!({
        "label": "experiment", "region": "us-ord", "k8s_version": "1.36", "tags": [id.mark().0],
        "node_pools": [{"type": "g6-standard-2", "count": 1}],
    });
    pair.ask("POST", "/v4/lke/clusters", &theirs).await;
    let said = code(pair.other.take_over(&id, None).await);
    assert_eq!(said, "take_over_doubtful");
    pair.one.look_around().await.unwrap();
    assert_eq!(whose(&pair.one).await, Whose::Elsewhere);
    pair.one.take_over(&id, None).await.unwrap();
    pair.one.tear_down(&id, "ada", &[]).await.unwrap();
    pair.one.wait(&id).await;
    let left = pair.listed("/v4/lke/clusters").await;
    let labels: Vec<_> = left.iter().map(|one| &one["label"]).collect();
    assert_eq!(labels, ["experiment"]);
    assert_eq!(pair.listed("/v4/networking/firewalls").await.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn whoever_renames_it_during_a_take_over_does_not_rename_the_deployment() {
    let mut taken = 0;
    for call in 3..24 {
        let (pair, id) = Pair::deployed().await;
        let rule = json!({"kind": "edit_label", "at_call": call});
        let rules = json!({ "rules": [rule] });
        pair.twin.demo("PUT", "/_demo/faults", &rules);
        if pair.other.take_over(&id, None).await.is_err() {
            continue;
        }
        taken += 1;
        assert_eq!(only(&pair.other).label, spec().label(), "renamed at {call}");
        pair.other.tear_down(&id, "ada", &[]).await.unwrap();
        pair.other.wait(&id).await;
        assert_eq!(pair.alive(), 0, "renamed at {call}");
    }
    assert!(taken > 5, "{taken}");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_shown_with_all_its_pools_is_taken_over_once_it_is() {
    let (pair, id) = Pair::deployed().await;
    let rules = |rules: Value| {
        pair.twin
            .demo("PUT", "/_demo/faults", &json!({"rules": rules}))
    };
    let pools = "/lke/clusters/*/pools";
    let late = json!({"seconds": 3600});
    rules(json!([{"kind": "list_lag", "path": pools, "from_call": 1, "effect": late}]));
    let said = code(pair.other.take_over(&id, None).await);
    assert_eq!(said, "take_over_behind");
    rules(json!([]));
    pair.other.take_over(&id, None).await.unwrap();
    assert_eq!(apply(&pair.other, spec()).await.unwrap_err(), "no changes");
}

#[tokio::test(start_paused = true)]
async fn of_two_that_take_over_at_once_one_has_it_and_nothing_is_doubled() {
    let (pair, id) = Pair::deployed().await;
    let third = crate::two::computer(3);
    let three: Arc<Engine> = third.start(&pair.twin, &engine::protocol::PROTOCOL).await;
    three.look_around().await.unwrap();
    drop(futures::join!(
        pair.other.take_over(&id, None),
        three.take_over(&id, None)
    ));
    let owners = pair.owners().await;
    let has = (whose(&pair.other).await, whose(&three).await);
    let winner = match has {
        (Whose::Here, Whose::Elsewhere) => &pair.second,
        (Whose::Elsewhere, Whose::Here) => &third,
        _ => panic!("{has:?} {owners:?}"),
    };
    assert!(pair.alive() == 5 && owners.contains(&winner.owner.tag()));
}
