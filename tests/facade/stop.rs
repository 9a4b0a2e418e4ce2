//! The stop time: warned of, moved, and fired by a clock that can be believed.

use crate::bench::{Bench, tokio_sleep};
use domain::DeploymentId;
use domain::spec::{Spec, Stops};
use domain::view::{DeploymentState, NoticeAction, Row};
use engine::facade::MoveStop;
use jiff::SignedDuration;
use serde_json::json;

const MINUTE: u64 = 60;

/// A deployment that stops so many minutes after its acceptance, a few minutes old.
async fn stopping_after(minutes: u32) -> (Bench, DeploymentId) {
    let bench = Bench::new().await;
    let spec = Spec {
        stops: Stops::AfterMinutes(minutes),
        ..Bench::spec()
    };
    let id = bench.deploy(spec).await;
    bench.engine.keep_watch();
    (bench, id)
}

/// Sleeps until so many minutes are left.
async fn until_left(bench: &Bench, id: &DeploymentId, minutes: i64) {
    let stop = stop(bench, id).expect("a stop time");
    let left = stop.duration_since(bench.demo_now()) - SignedDuration::from_mins(minutes);
    tokio_sleep(left.as_secs().try_into().unwrap()).await;
}

fn row(bench: &Bench, id: &DeploymentId) -> domain::view::DeploymentRow {
    let (snapshot, _) = bench.engine.subscribe();
    let Some(Row::Deployment(row)) = snapshot.view.get(&format!("deployment/{id}")) else {
        panic!("no row of {id}")
    };
    (**row).clone()
}

fn stop(bench: &Bench, id: &DeploymentId) -> Option<jiff::Timestamp> {
    row(bench, id).stops
}

/// The code of the notice that the window shows.
fn notice(bench: &Bench, id: &DeploymentId) -> String {
    row(bench, id)
        .notice
        .map(|notice| notice.what.code)
        .unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_a_year_wrong_neither_tears_down_early_nor_late() {
    for years in [1, -1] {
        let (bench, id) = stopping_after(120).await;
        until_left(&bench, &id, 90).await;
        *bench.shift.lock().unwrap() = SignedDuration::from_hours(years * 365 * 24);
        tokio_sleep(80 * MINUTE).await;
        assert_eq!(bench.state(), DeploymentState::Running, "{years}");
        tokio_sleep(11 * MINUTE).await;
        assert_eq!(bench.state(), DeploymentState::Leaving, "{years}");
        tokio_sleep(10 * MINUTE).await;
        assert_eq!(bench.alive(), 0, "{years}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_window_warns_at_sixty_and_ten_minutes_and_moves_the_stop_time() {
    let (bench, id) = stopping_after(180).await;
    until_left(&bench, &id, 61).await;
    assert_eq!(notice(&bench, &id), "");
    tokio_sleep(2 * MINUTE).await;
    assert_eq!(notice(&bench, &id), "stop_within_hour");
    until_left(&bench, &id, 9).await;
    tokio_sleep(15).await;
    assert_eq!(notice(&bench, &id), "stop_within_minutes");
    let before = stop(&bench, &id).unwrap();
    bench
        .engine
        .act(&id, NoticeAction::StopHourLater)
        .await
        .unwrap();
    assert_eq!(
        stop(&bench, &id),
        Some(before + SignedDuration::from_hours(1))
    );
    assert_eq!(notice(&bench, &id), "");
    tokio_sleep(30 * MINUTE).await;
    assert_eq!(bench.state(), DeploymentState::Running);
    let never = NoticeAction::StopNever;
    bench.engine.act(&id, never).await.unwrap();
    assert_eq!(stop(&bench, &id), None);
    tokio_sleep(100 * MINUTE).await;
    assert_eq!(bench.state(), DeploymentState::Running);
}

#[tokio::test(start_paused = true)]
async fn a_moved_stop_time_is_in_the_journal_also_while_a_run_is_under_way() {
    let mut bench = Bench::new().await;
    let review = bench
        .engine
        .review(Bench::spec(), engine::facade::For::New)
        .await
        .unwrap();
    let plan = review.plan.unwrap();
    let id = bench.engine.accept(&plan, false).await.unwrap();
    let four = MoveStop::In(SignedDuration::from_hours(4));
    let stop_at = bench.engine.move_stop(&id, four).await.unwrap();
    bench.engine.wait(&id).await;
    bench.restart().await;
    assert_eq!(bench.state(), DeploymentState::Running);
    bench.engine.keep_watch();
    tokio_sleep(1).await;
    assert_eq!(stop(&bench, &id), stop_at);
    until_left(&bench, &id, 0).await;
    tokio_sleep(10 * MINUTE).await;
    assert_eq!((bench.state(), bench.alive()), (DeploymentState::Gone, 0));
    let gone = bench.engine.move_stop(&id, MoveStop::Never).await;
    assert_eq!(gone.unwrap_err().code, "stop_leaves");
}

#[tokio::test(start_paused = true)]
async fn an_overrun_is_shown_with_its_cost_and_stands_in_the_receipt() {
    let (mut bench, id) = {
        let bench = Bench::new().await;
        let spec = Spec {
            stops: Stops::AfterMinutes(60),
            ..Bench::spec()
        };
        let id = bench.deploy(spec).await;
        (bench, id)
    };
    tokio_sleep(180 * MINUTE).await;
    bench.restart().await;
    bench.engine.keep_watch();
    tokio_sleep(10).await;
    assert_eq!(bench.state(), DeploymentState::Leaving);
    assert_eq!(notice(&bench, &id), "stop_overrun");
    tokio_sleep(10 * MINUTE).await;
    assert_eq!(bench.state(), DeploymentState::Gone);
    let notes = bench.engine.receipt(&id).unwrap().notes;
    assert!(notes.iter().any(|note| note.code == "stop_overrun"));
}

#[tokio::test(start_paused = true)]
async fn a_look_that_was_asked_to_wait_a_quarter_of_an_hour_delays_no_stop_time() {
    let (bench, id) = stopping_after(60).await;
    until_left(&bench, &id, 1).await;
    let rule = json!({
        "kind": "rate_limited", "method": "GET", "path": "/lke/clusters/*", "at_call": 1,
        "effect": { "seconds": 900 },
    });
    let rules = json!({ "rules": [rule] });
    assert_eq!(bench.twin.demo("PUT", "/_demo/faults", &rules).0, 200);
    tokio_sleep(MINUTE + 15).await;
    let (_, faults) = bench.twin.demo("GET", "/_demo/faults", &json!(null));
    assert_eq!(faults["rules"][0]["fired"], 1, "{faults}");
    assert_eq!(bench.state(), DeploymentState::Leaving);
}

#[tokio::test(start_paused = true)]
async fn a_stop_time_of_another_account_does_not_fire_once_the_account_is_known() {
    let (mut pair, _) = crate::two::Pair::stopping(60).await;
    tokio_sleep(70 * MINUTE).await;
    let neighbour = json!({ "account": "neighbour" });
    let (_, made) = pair.twin.demo("POST", "/_demo/tokens", &neighbour);
    made["token"]
        .as_str()
        .unwrap()
        .clone_into(&mut pair.first.token);
    // The first ask fails, so that nobody knows whose account this is when the stop time is due.
    let rule = json!({
        "kind": "unavailable", "method": "GET", "path": "/profile", "at_call": 1,
    });
    let rules = json!({ "rules": [rule] });
    assert_eq!(pair.twin.demo("PUT", "/_demo/faults", &rules).0, 200);
    pair.restart_first().await;
    pair.twin.demo("DELETE", "/_demo/calls", &json!(null));
    pair.one.keep_watch();
    tokio_sleep(MINUTE).await;
    let (_, calls) = pair.twin.demo("GET", "/_demo/calls", &json!(null));
    let of_it = |call: &String| call.contains("/lke/clusters/");
    let calls: Vec<&String> = calls.as_object().unwrap().keys().collect();
    assert!(!calls.iter().any(|call| of_it(call)), "{calls:?}");
    let (_, faults) = pair.twin.demo("GET", "/_demo/faults", &json!(null));
    assert_eq!(faults["rules"][0]["fired"], 1, "{faults}");
    let one = crate::two::only(&pair.one);
    assert_eq!((one.here, one.state), (false, DeploymentState::Running));
}
