//! Making a deployment.

use crate::life::{Story, prices, spec};
use crate::told::{posts, transcript};
use crate::world::Fault;
use domain::inventory::Bounds;
use domain::plan::PoolRole;
use domain::plan::build::{Edit, plan_update};
use domain::progress::Progress;
use domain::spec::Spec;
use engine::ports::Kind;
use engine::run::End;
use expect_test::{Expect, expect};

fn check(got: &str, want: &Expect) {
    want.assert_eq(got);
}

#[test]
fn a_deploy_takes_the_clouds_critical_path() {
    let story = Story::standing(&spec());
    check(
        &transcript(&story),
        &expect![[r#"
            0    opened
            0    accepted
            0    started 0
            0    finished 0 done_account
            0    started 1
            0    intent 1
            0    sent 1 attempt 1
            0    made 1 firewall 101
            0    born firewall 101
            0    finished 1 done_made
            0    started 2
            0    intent 2
            0    sent 2 attempt 1
            0    made 2 cluster 102
            0    born control plane of 102
            0    born cluster 102
            0    finished 2 done_made
            0    started 3
            0    started 4
            0    started 5
            0    started 8
            0    intent 3
            0    sent 3 attempt 1
            0    made 3 pool 105
            0    born pool 105
            0    finished 3 done_made
            0    started 9
            6    born linode 104
            6    born linode 106
            6    covered 104 after 2004 ms
            6    covered 106 after 2008 ms
            10   finished 4 done_access
            60   finished 5 done_kubeconfig
            60   started 6
            60   started 7
            60   finished 6 done_gpu_plugin
            60   finished 7 done_storage_class
            90   finished 8 done_nodes
            150  finished 9 done_nodes
            150  started 10
            150  started 11
            150  gpu_tested 106 Passed { cards: [] }
            150  finished 11 done_autoscaler
            150  finished 10 done_gpus
            150  started 12
            150  finished 12 done_covered
            150  completed"#]],
    );
    check(
        &story.calls(),
        &expect![[r"
        POST firewall ada-lke-gpu-kubeflow
        POST cluster ada-lke-gpu-kubeflow
        POST pool g2-gpu-rtx4000a1-s
        POST firewall 101 device 104
        POST firewall 101 device 106
        PUT pool 105 autoscaler 1..5"]],
    );
    check(
        &story.left(),
        &expect!["clusters 1, linodes 2, nodebalancers 0, volumes 0, firewalls 1"],
    );
}

#[test]
fn more_nodes_are_counted_once_and_the_autoscaler_comes_last() {
    let story = Story::standing(&Spec {
        gpu_count: 3,
        gpu_min: 2,
        ..spec()
    });
    check(
        &story.calls(),
        &expect![[r"
        POST firewall ada-lke-gpu-kubeflow
        POST cluster ada-lke-gpu-kubeflow
        POST pool g2-gpu-rtx4000a1-s
        PUT pool 105 count 3
        POST firewall 101 device 104
        POST firewall 101 device 106
        POST firewall 101 device 108
        POST firewall 101 device 109
        PUT pool 105 autoscaler 2..5"]],
    );
}

#[test]
fn without_a_system_pool_the_gpu_pool_is_posted_with_the_cluster_and_has_no_taint() {
    let story = Story::standing(&Spec {
        system_pool: None,
        ..spec()
    });
    check(
        &story.calls(),
        &expect![[r"
        POST firewall ada-lke-gpu-kubeflow
        POST cluster ada-lke-gpu-kubeflow
        POST firewall 101 device 104
        PUT pool 103 autoscaler 1..5"]],
    );
    let plan = story.progress().run.unwrap().plan;
    let told = serde_json::to_string(&plan).unwrap();
    assert!(!told.contains("NoSchedule"));
}

#[test]
fn a_run_that_lost_its_answer_adopts_the_cluster() {
    let story = Story::new();
    story
        .world
        .fail("POST cluster", Fault::Lost { shown_after: 40 });
    create(&story);
    check(
        &posts(&story),
        &expect![[r"
            0    intent 2
            0    sent 2 attempt 1
            0    unknown 2 why_unknown
            40   made 2 cluster 102 adopted"]],
    );
    check(
        &story.left(),
        &expect!["clusters 1, linodes 2, nodebalancers 0, volumes 0, firewalls 1"],
    );
}

#[test]
fn a_cluster_that_was_renamed_before_it_was_found_is_adopted_all_the_same() {
    let story = Story::new();
    story.world.state().renamed_by_hand = Some("somebodys-name");
    story
        .world
        .fail("POST cluster", Fault::Lost { shown_after: 40 });
    create(&story);
    check(
        &posts(&story),
        &expect![[r"
            0    intent 2
            0    sent 2 attempt 1
            0    unknown 2 why_unknown
            40   made 2 cluster 102 adopted"]],
    );
    check(
        &story.left(),
        &expect!["clusters 1, linodes 2, nodebalancers 0, volumes 0, firewalls 1"],
    );
}

#[test]
fn a_swallowed_post_is_sent_again_only_after_the_settling_time() {
    let story = Story::new();
    story.world.fail("POST cluster", Fault::Swallowed);
    create(&story);
    check(
        &posts(&story),
        &expect![[r"
            0    intent 2
            0    sent 2 attempt 1
            0    unknown 2 why_unknown
            180  sent 2 attempt 2
            180  made 2 cluster 102"]],
    );
}

#[test]
fn of_two_that_came_late_one_is_kept_and_the_other_deleted() {
    let story = Story::new();
    story
        .world
        .fail("POST cluster", Fault::Lost { shown_after: 218 });
    story
        .world
        .fail("POST cluster", Fault::Lost { shown_after: 36 });
    create(&story);
    check(
        &posts(&story),
        &expect![[r"
            0    intent 2
            0    sent 2 attempt 1
            0    unknown 2 why_unknown
            180  sent 2 attempt 2
            180  unknown 2 why_unknown
            220  duplicate cluster 105
            220  made 2 cluster 102 adopted
            220  gone control plane of 105
            220  gone cluster 105"]],
    );
    check(
        &story.left(),
        &expect!["clusters 1, linodes 2, nodebalancers 0, volumes 0, firewalls 1"],
    );
}

#[test]
fn one_that_comes_after_all_is_found_by_the_graveyards_sweep() {
    let story = Story::new();
    story
        .world
        .fail("POST cluster", Fault::Lost { shown_after: 1000 });
    create(&story);
    check(
        &posts(&story),
        &expect![[r"
            0    intent 2
            0    sent 2 attempt 1
            0    unknown 2 why_unknown
            180  sent 2 attempt 2
            180  made 2 cluster 105"]],
    );
    assert!(story.progress().sweep_due().is_some());
    let swept = story.process(None, async || {
        tokio::time::sleep(std::time::Duration::from_secs(1000)).await;
        let book = story.book();
        let deaf = std::sync::Arc::new(engine::signal::Deaf);
        engine::sweep::sweep(&story.ports(), &story.protocol, &book, deaf).await
    });
    check(
        &format!("{swept:?}"),
        &expect!["Some(Deleted([Cluster(ClusterId(102))]))"],
    );
    check(
        &story.left(),
        &expect!["clusters 1, linodes 3, nodebalancers 0, volumes 0, firewalls 1"],
    );
}

#[test]
fn a_refusal_is_named_and_nothing_more_is_made() {
    let story = Story::new();
    story.world.fail(
        "POST cluster",
        Fault::Refused(Kind::Quota, 400, "Account Limit reached"),
    );
    let end = accepted(&story);
    check(
        &format!("{end:?}"),
        &expect![[
            r#"Failed(Text { code: "failed_quota", params: {"said": Text("Account Limit reached")} })"#
        ]],
    );
    check(
        &story.calls(),
        &expect![[r"
        POST firewall ada-lke-gpu-kubeflow
        POST cluster ada-lke-gpu-kubeflow"]],
    );
    // Continue sends again; the firewall is still there.
    assert!(matches!(story.go_on(), End::Done));
    check(
        &story.left(),
        &expect!["clusters 1, linodes 2, nodebalancers 0, volumes 0, firewalls 1"],
    );
}

#[test]
fn no_count_is_sent_once_the_autoscaler_is_on() {
    let story = Story::standing(&spec());
    story.world.state().calls.clear();
    let end = story.process(None, async || {
        let book = story.book();
        let edits = [
            Edit::Count {
                pool: PoolRole::Gpu,
                count: 4,
            },
            Edit::Bounds {
                pool: PoolRole::Gpu,
                bounds: Some(Bounds { min: 1, max: 9 }),
            },
        ];
        let plan = plan_update(&spec(), &edits, prices(), story.basis("update"));
        crate::life::accept(&book, plan).await;
        story.drive(&book).await
    });
    assert!(matches!(end, Some(End::Done)), "{end:?}");
    check(&story.calls(), &expect!["PUT pool 105 autoscaler 1..9"]);
}

#[test]
fn cancel_ends_in_none() {
    for seconds in [0, 1, 30, 70, 120] {
        let story = Story::new();
        let end = story.process(None, async || {
            let book = story.accept_create(&spec()).await;
            let hand = |remote: engine::signal::Remote| {
                tokio::spawn(async move {
                    tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
                    remote.cancel();
                });
            };
            story.drive_by(&book, hand).await
        });
        assert!(matches!(end, Some(End::Done)), "{end:?}");
        assert_eq!(
            story.left(),
            "clusters 0, linodes 0, nodebalancers 0, volumes 0, firewalls 0"
        );
        assert!(story.progress().torn_down.is_some());
    }
}

#[test]
fn a_paused_run_goes_on_where_it_was() {
    let story = Story::new();
    let end = story.process(None, async || {
        let book = story.accept_create(&spec()).await;
        story.drive_by(&book, |remote| remote.pause()).await
    });
    assert!(matches!(end, Some(End::Paused)), "{end:?}");
    assert!(matches!(story.go_on(), End::Done));
}

#[test]
fn under_another_account_nothing_is_done_or_written() {
    let story = Story::standing(&spec());
    let records = story.disk.records.lock().unwrap().len();
    story.world.state().account = "other".to_owned();
    story.world.state().calls.clear();
    let end = story.process(None, async || {
        let book = story.book();
        story.accept_teardown(&book, "t", &[]).await;
        story.drive(&book).await
    });
    check(
        &format!("{end:?}"),
        &expect![[
            r#"Some(NotHere(Text { code: "not_here_account", params: {"account": Text("acc")} }))"#
        ]],
    );
    assert_eq!(story.disk.records.lock().unwrap().len(), records + 1);
    assert_eq!(story.calls(), "");
}

#[test]
fn something_with_our_mark_in_another_place_stops_the_run() {
    let story = Story::new();
    let mark = domain::DeploymentId(crate::life::DEPLOYMENT.to_owned()).mark();
    story.world.add_firewall(&domain::plan::NewFirewall {
        label: "somebody-elses".to_owned(),
        tags: vec![mark.0],
        rules: Vec::new(),
    });
    let end = accepted(&story);
    check(
        &format!("{end:?}"),
        &expect![[
            r#"Failed(Text { code: "failed_doubtful", params: {"label": Text("ada-lke-gpu-kubeflow")} })"#
        ]],
    );
    assert_eq!(story.calls(), "");
}

fn create(story: &Story) {
    let end = accepted(story);
    assert!(matches!(end, End::Done), "{end:?}");
}

fn accepted(story: &Story) -> End {
    let end = story.process(None, async || {
        let book = story.accept_create(&spec()).await;
        story.drive(&book).await
    });
    end.unwrap()
}

#[test]
fn the_fold_of_every_prefix_is_possible() {
    let story = Story::standing(&spec());
    let records = story.disk.records.lock().unwrap().clone();
    for end in 1..=records.len() {
        Progress::fold(&records[..end]).unwrap();
    }
}
