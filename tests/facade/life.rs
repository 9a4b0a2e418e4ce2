//! The life of a deployment, and what the standing wish does.

use crate::bench::{Bench, tokio_sleep};
use domain::diagnostic::{RuleCell, RuleSpot};
use domain::spec::{FirewallRule, Protocol, Spec, Stops};
use domain::view::{DeploymentState, FoundThing, NoticeAction};
use engine::facade::For;
use expect_test::expect;
use serde_json::json;

#[tokio::test(start_paused = true)]
async fn a_deployment_runs_and_is_torn_down_to_an_empty_ledger() {
    let bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    assert_eq!(
        (bench.state(), bench.alive()),
        (DeploymentState::Running, 5)
    );
    let wrong = bench.engine.tear_down(&id, "ad", &[]).await.unwrap_err();
    assert_eq!(wrong.code, "name_mismatch");
    bench.engine.tear_down(&id, "ada", &[]).await.unwrap();
    bench.engine.wait(&id).await;
    assert_eq!((bench.state(), bench.alive()), (DeploymentState::Gone, 0));
    assert!(bench.engine.receipt(&id).unwrap().sweeps.len() >= 2);
}

#[tokio::test(start_paused = true)]
async fn applying_the_same_spec_again_writes_nothing_and_a_new_bound_is_one_put() {
    let bench = Bench::new().await;
    bench.deploy(Bench::spec()).await;
    let before = (bench.calls("POST"), bench.calls("PUT"));
    let same = bench
        .engine
        .review(Bench::spec(), For::Apply)
        .await
        .unwrap();
    assert!(same.changes.is_some() && same.items.is_empty() && same.plan.is_none());
    assert_eq!((bench.calls("POST"), bench.calls("PUT")), before);

    let id = bench.engine.list()[0].id.clone();
    let wider = bench.engine.review_size(&id, 1, 8).await.unwrap();
    let prices = |review: &domain::view::Review| {
        let quote = &review.quote;
        (
            quote.from_start.unwrap().hour.0,
            quote.at_most.unwrap().hour.0,
        )
    };
    assert_eq!(prices(&wider), (646_000, 4_286_000));
    assert!(wider.plan.is_some() && wider.items.len() == 1);
    assert_eq!((bench.calls("POST"), bench.calls("PUT")), before);
    let turned = bench.engine.review_size(&id, 3, 2).await.unwrap();
    assert!(turned.plan.is_none() && !turned.diagnostics.is_empty());

    let more = Spec {
        gpu_max: 7,
        ..Bench::spec()
    };
    let review = bench.engine.review(more, For::Apply).await.unwrap();
    assert_eq!(review.items.len(), 1, "{:?}", review.items);
    let id = bench
        .engine
        .accept(&review.plan.unwrap(), false)
        .await
        .unwrap();
    bench.engine.wait(&id).await;
    assert_eq!(bench.state(), DeploymentState::Running);
    assert_eq!(
        (bench.calls("POST"), bench.calls("PUT")),
        (before.0, before.1 + 1)
    );
}

#[tokio::test(start_paused = true)]
async fn own_rules_are_judged_written_and_read_back() {
    let bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    let stand = bench.engine.review_rules(&id, None).await.unwrap();
    assert!(stand.spec.firewall_rules.is_empty() && stand.plan.is_none());
    let rule = |label: &str, ports: &str| FirewallRule {
        label: label.to_owned(),
        protocol: Protocol::Tcp,
        ports: Some(ports.to_owned()),
        sources: vec!["198.51.100.0/24".parse().unwrap()],
    };
    let puts = bench.calls("PUT");
    let wrong = vec![rule("ssh-office", "22"), rule("metrics", "0")];
    let wrong = bench.engine.review_rules(&id, Some(wrong)).await.unwrap();
    let spots: Vec<_> = wrong
        .diagnostics
        .iter()
        .filter_map(|one| one.rule)
        .collect();
    assert!(wrong.plan.is_none());
    let cell = RuleCell::Ports;
    assert_eq!(spots, [RuleSpot { row: 1, cell }]);
    assert_eq!(bench.calls("PUT"), puts);

    let right = vec![rule("ssh-office", "22")];
    let right = bench.engine.review_rules(&id, Some(right)).await.unwrap();
    assert_eq!(right.items.len(), 1, "{:?}", right.items);
    let plan = right.plan.unwrap();
    bench.engine.accept(&plan, false).await.unwrap();
    bench.engine.wait(&id).await;
    assert_eq!(bench.state(), DeploymentState::Running);
    let walls = bench.somebody("GET", "/v4/networking/firewalls").await;
    let inbound = walls["data"][0]["rules"]["inbound"].as_array().unwrap();
    let last = inbound.last().unwrap();
    assert_eq!(
        (&last["label"], &last["ports"], &last["addresses"]["ipv4"]),
        (
            &json!("ssh-office"),
            &json!("22"),
            &json!(["198.51.100.0/24"])
        )
    );
    // None is a wish too.
    let none = bench.engine.review_rules(&id, Some(Vec::new())).await;
    assert_eq!(none.unwrap().items.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn another_region_would_replace_and_has_no_plan() {
    let bench = Bench::new().await;
    bench.deploy(Bench::spec()).await;
    let moved = Spec {
        region: "us-sea".to_owned(),
        ..Bench::spec()
    };
    let review = bench.engine.review(moved, For::Apply).await.unwrap();
    assert!(review.plan.is_none() && !review.items.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_form_does_not_take_the_label_of_a_deployment_that_stands() {
    let bench = Bench::new().await;
    bench.deploy(Bench::spec()).await;
    tokio_sleep(60).await;
    let review = bench.engine.review(Bench::spec(), For::New).await.unwrap();
    assert!(review.plan.is_none() && !review.diagnostics.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_stop_time_tears_down_by_itself_and_not_before() {
    let bench = Bench::new().await;
    let spec = Spec {
        stops: Stops::AfterMinutes(60),
        ..Bench::spec()
    };
    bench.deploy(spec).await;
    bench.engine.keep_watch();
    tokio_sleep(30 * 60).await;
    assert_eq!(
        (bench.state(), bench.alive()),
        (DeploymentState::Running, 5)
    );
    tokio_sleep(40 * 60).await;
    assert_eq!((bench.state(), bench.alive()), (DeploymentState::Gone, 0));
}

#[tokio::test(start_paused = true)]
async fn a_stop_time_that_is_wished_later_counts_from_the_wish() {
    let bench = Bench::new().await;
    bench.deploy(Bench::spec()).await;
    tokio_sleep(2 * 3600).await;
    let spec = Spec {
        stops: Stops::AfterMinutes(60),
        ..Bench::spec()
    };
    let review = bench.engine.review(spec, For::Apply).await.unwrap();
    let id = bench
        .engine
        .accept(&review.plan.unwrap(), false)
        .await
        .unwrap();
    bench.engine.wait(&id).await;
    bench.engine.keep_watch();
    tokio_sleep(50 * 60).await;
    assert_eq!(bench.state(), DeploymentState::Running);
    tokio_sleep(20 * 60).await;
    assert_eq!((bench.state(), bench.alive()), (DeploymentState::Gone, 0));
}

#[tokio::test(start_paused = true)]
async fn a_stop_time_that_passed_while_nothing_ran_fires_within_ten_seconds_of_the_start() {
    let mut bench = Bench::new().await;
    let spec = Spec {
        stops: Stops::AfterMinutes(60),
        ..Bench::spec()
    };
    bench.deploy(spec).await;
    tokio_sleep(3 * 3600).await;
    assert_eq!(bench.alive(), 5);
    bench.restart().await;
    bench.engine.keep_watch();
    tokio_sleep(10).await;
    assert_eq!(bench.state(), DeploymentState::Leaving);
    tokio_sleep(10 * 60).await;
    assert_eq!((bench.state(), bench.alive()), (DeploymentState::Gone, 0));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_create_takes_away_what_it_made() {
    let bench = Bench::new().await;
    let review = bench.engine.review(Bench::spec(), For::New).await.unwrap();
    let id = bench
        .engine
        .accept(&review.plan.unwrap(), false)
        .await
        .unwrap();
    tokio_sleep(30).await;
    assert!(bench.alive() > 0);
    bench.engine.cancel(&id).await.unwrap();
    bench.engine.wait(&id).await;
    assert_eq!(bench.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_create_that_was_interrupted_long_ago_asks_and_can_be_rolled_back() {
    let mut bench = Bench::new().await;
    let review = bench.engine.review(Bench::spec(), For::New).await.unwrap();
    let id = bench
        .engine
        .accept(&review.plan.unwrap(), false)
        .await
        .unwrap();
    tokio_sleep(20).await;
    bench.crash().await;
    tokio_sleep(16 * 60).await;
    bench.restart().await;
    assert!(bench.engine.resume_at_start().await.is_empty());
    assert_eq!(bench.state(), DeploymentState::Interrupted);
    bench.engine.act(&id, NoticeAction::RollBack).await.unwrap();
    bench.engine.wait(&id).await;
    assert_eq!((bench.state(), bench.alive()), (DeploymentState::Gone, 0));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_somebody_took_out_of_the_firewall_goes_back_behind_it() {
    let bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    let firewalls = bench.somebody("GET", "/v4/networking/firewalls").await;
    let devices = format!(
        "/v4/networking/firewalls/{}/devices",
        firewalls["data"][0]["id"]
    );
    let listed = bench.somebody("GET", &devices).await;
    bench
        .somebody("DELETE", &format!("{devices}/{}", listed["data"][0]["id"]))
        .await;
    assert_eq!(bench.somebody("GET", &devices).await["results"], 1);
    bench.engine.observe_once(&id).await;
    assert_eq!(bench.somebody("GET", &devices).await["results"], 2);
}

#[tokio::test(start_paused = true)]
async fn what_else_costs_on_the_account_is_shown_with_its_price() {
    let bench = Bench::new().await;
    bench.deploy(Bench::spec()).await;
    let nothing = bench.engine.search_account().await.unwrap();
    assert_eq!(nothing.found, []);
    let pools = json!([{ "type": "g6-standard-2", "count": 2 }]);
    let body = json!({
        "label": "staging-1",
        "region": "us-ord",
        "k8s_version": "1.34",
        "node_pools": pools,
    });
    bench.somebody_says("POST", "/v4/lke/clusters", &body).await;
    let body = json!({ "label": "left-behind", "size": 50, "region": "us-ord" });
    bench.somebody_says("POST", "/v4/volumes", &body).await;
    tokio_sleep(600).await;
    let found = bench.engine.search_account().await.unwrap().found;
    let said = |one: &FoundThing| {
        let cents = one.price.map(|price| price.month.0 / 10_000);
        format!("{} {} {cents:?}", one.what.code, one.why.code)
    };
    expect![[r#"
        other_cluster other_not_ours Some(4800)
        other_volume other_loose Some(500)"#]]
    .assert_eq(&found.iter().map(said).collect::<Vec<_>>().join("\n"));
}
