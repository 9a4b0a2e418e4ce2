//! What keeps things from being read or reached, as the window's rows say it, under the fault itself.

use crate::bench::{Bench, tokio_sleep};
use domain::DeploymentId;
use domain::view::{AppRow, DeploymentRow, DeploymentState, NoticeAction, Row, WeatherKind};
use engine::ports::{Address, Answer, Ports};
use ipnet::IpNet;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::sync::Arc;

fn app(bench: &Bench) -> AppRow {
    match bench.engine.subscribe().0.view.remove("app") {
        Some(Row::App(row)) => *row,
        other => panic!("no row of the app: {other:?}"),
    }
}

fn weather(bench: &Bench) -> Option<(WeatherKind, String)> {
    let one = app(bench).weather?;
    assert!(one.fix.is_some());
    Some((one.kind, one.what.code))
}

fn row(bench: &Bench, id: &DeploymentId) -> DeploymentRow {
    let (snapshot, _) = bench.engine.subscribe();
    match snapshot.view.get(&format!("deployment/{id}")) {
        Some(Row::Deployment(row)) => (**row).clone(),
        other => panic!("no row of {id}: {other:?}"),
    }
}

fn partial(bench: &Bench, id: &DeploymentId) -> Option<String> {
    row(bench, id).partial.map(|text| text.code)
}

fn strike(bench: &Bench, rules: &[Value]) {
    let rules = json!({ "rules": rules });
    let (status, said) = bench.twin.demo("PUT", "/_demo/faults", &rules);
    assert_eq!(status, 200, "{said}");
}

/// Waits for what a round or two bring; the journal's disk is real and takes no virtual time.
async fn until(bench: &Bench, is: impl Fn(&Bench) -> bool) {
    for _ in 0..300 {
        if is(bench) {
            return;
        }
        tokio_sleep(1).await;
    }
}

/// A deployment that stands and is looked after.
async fn standing() -> (Bench, DeploymentId) {
    let bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    bench.engine.keep_watch();
    let answers = |bench: &Bench| row(bench, &id).picture.control_plane.answers_ms.is_some();
    until(&bench, answers).await;
    assert!(answers(&bench), "Kubernetes was read");
    assert_eq!((weather(&bench), partial(&bench, &id)), (None, None));
    (bench, id)
}

#[tokio::test(start_paused = true)]
async fn a_cloud_that_does_not_answer_says_since_when_and_of_when_what_is_shown_is() {
    let (bench, id) = standing().await;
    strike(&bench, &[json!({ "kind": "dns", "path": "/v4/**" })]);
    // Kubernetes, which is watched, is missed sooner.
    until(&bench, |bench| weather(bench).is_some()).await;
    let offline = Some((WeatherKind::Offline, "weather_offline".to_owned()));
    assert_eq!(weather(&bench), offline);
    assert!(!app(&bench).online);
    assert_eq!(partial(&bench, &id).as_deref(), Some("partial_linode"));
    let first = app(&bench).weather;
    tokio_sleep(60).await;
    assert_eq!(app(&bench).weather, first, "since when stays");
    strike(&bench, &[]);
    until(&bench, |bench| partial(bench, &id).is_none()).await;
    assert_eq!((weather(&bench), partial(&bench, &id)), (None, None));
    assert!(app(&bench).online);
}

#[tokio::test(start_paused = true)]
async fn maintenance_a_pause_and_a_token_that_ended_are_each_told_as_that() {
    let (bench, id) = standing().await;
    for (kind, weather_is, code) in [
        (
            "maintenance",
            WeatherKind::Maintenance,
            "weather_maintenance",
        ),
        (
            "rate_limited_long",
            WeatherKind::RateLimited,
            "weather_rate_limited",
        ),
        ("unauthorized", WeatherKind::Token, "weather_token"),
    ] {
        strike(&bench, &[json!({ "kind": kind, "path": "/v4/**" })]);
        until(&bench, |bench| weather(bench).is_some()).await;
        assert_eq!(
            weather(&bench),
            Some((weather_is, code.to_owned())),
            "{kind}"
        );
        assert!(app(&bench).online, "{kind}: it answers");
        assert_eq!(bench.state(), DeploymentState::Running);
        strike(&bench, &[]);
        // A pause is kept to: a quarter of an hour.
        tokio_sleep(20 * 60).await;
        until(&bench, |bench| partial(bench, &id).is_none()).await;
        assert_eq!(
            (weather(&bench), partial(&bench, &id)),
            (None, None),
            "{kind}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_computer_that_slept_says_so_until_everything_is_read_again() {
    let (bench, _) = standing().await;
    // After the sleep nothing can be read yet, so that it stays to be seen.
    strike(
        &bench,
        &[json!({ "kind": "internal", "path": "/v4/lke/clusters" })],
    );
    let turn = json!({ "step_ms": 3_600_000 });
    let (status, said) = bench.twin.demo("POST", "/_demo/clock", &turn);
    assert_eq!(status, 200, "{said}");
    until(&bench, |bench| weather(bench).is_some()).await;
    let slept = app(&bench).weather.expect("it slept");
    assert_eq!(
        (slept.kind, slept.what.code.as_str()),
        (WeatherKind::Slept, "weather_slept")
    );
    strike(&bench, &[]);
    until(&bench, |bench| weather(bench).is_none()).await;
    assert_eq!(weather(&bench), None);
}

#[tokio::test(start_paused = true)]
async fn a_kubernetes_that_is_silent_is_told_apart_from_a_silent_linode() {
    let (bench, id) = standing().await;
    strike(
        &bench,
        &[json!({ "kind": "kube_down", "path": "/kubernetes/**" })],
    );
    until(&bench, |bench| partial(bench, &id).is_some()).await;
    assert_eq!(partial(&bench, &id).as_deref(), Some("partial_kubernetes"));
    assert_eq!(weather(&bench), None);
    let answers = row(&bench, &id).picture.control_plane.answers_ms;
    assert_eq!(answers, None, "it does not answer now");
    strike(&bench, &[]);
    until(&bench, |bench| partial(bench, &id).is_none()).await;
    assert_eq!(partial(&bench, &id), None);
}

/// Somebody who did not say that their address may be asked for without a click.
struct Shy(Arc<dyn Address>);

#[async_trait::async_trait]
impl Address for Shy {
    async fn mine(&self) -> Answer<Vec<IpNet>> {
        self.0.mine().await
    }

    fn had(&self) -> Vec<IpNet> {
        self.0.had()
    }

    fn services(&self) -> Vec<String> {
        vec!["the demo cloud".to_owned()]
    }
}

#[tokio::test(start_paused = true)]
async fn who_roamed_is_asked_first_and_then_let_in_beside_the_others() {
    let mut bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    // The address that it had is known after the restart too.
    bench.engine.observe_once(&id).await;
    let shy = |ports: &mut Ports| ports.address = Arc::new(Shy(ports.address.clone()));
    bench.crash().await;
    bench.restart_with(shy).await;
    let own = sim::ClientAddr::default().0.to_string();
    let clients = json!({ own: "198.51.100.9" });
    assert_eq!(bench.twin.demo("PUT", "/_demo/clients", &clients).0, 200);
    let notice = |bench: &Bench| row(bench, &id).notice;
    let told = |bench: &Bench| {
        let notice = notice(bench)?;
        Some((notice.what.code, notice.actions))
    };
    // The journal's lock goes with the engine before, not at once.
    for _ in 0..60 {
        bench.engine.observe_once(&id).await;
        if told(&bench).is_some() {
            break;
        }
        tokio_sleep(1).await;
    }
    let ask = (
        "needs_roamed_ask".to_owned(),
        vec![NoticeAction::AskAddress],
    );
    assert_eq!(told(&bench), Some(ask));
    bench
        .engine
        .act(&id, NoticeAction::AskAddress)
        .await
        .unwrap();
    let allow = (
        "needs_roamed".to_owned(),
        vec![NoticeAction::AllowAddress, NoticeAction::ReplaceAddress],
    );
    assert_eq!(told(&bench), Some(allow));
    bench
        .engine
        .act(&id, NoticeAction::AllowAddress)
        .await
        .unwrap();
    bench.engine.wait(&id).await;
    bench.engine.observe_once(&id).await;
    assert_eq!((notice(&bench), partial(&bench, &id)), (None, None));
    let list = row(&bench, &id).picture.access_list.addresses;
    let both = ["203.0.113.7/32", "198.51.100.9/32"].map(str::to_owned);
    assert_eq!(list.as_deref(), Some(both.as_slice()));
}

#[tokio::test(start_paused = true)]
async fn what_is_stuck_says_what_runs_on_and_that_it_needs_a_person() {
    let bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    let rule = json!({ "kind": "forbidden", "method": "DELETE", "path": "/v4/lke/clusters/*" });
    strike(&bench, &[rule]);
    bench.engine.tear_down(&id, "ada", &[]).await.unwrap();
    bench.engine.wait(&id).await;
    let row = row(&bench, &id);
    let notice = row.notice.expect("a notice");
    assert!(matches!(
        row.state,
        DeploymentState::Stuck | DeploymentState::Failed
    ));
    assert_eq!(notice.exists.unwrap().code, "needs_exists_rate");
    assert!(notice.actions.contains(&NoticeAction::Continue));
}

#[tokio::test(start_paused = true)]
async fn diagnostics_hold_the_screen_and_the_journals_and_no_secret() {
    let (bench, id) = standing().await;
    let kubeconfig = bench.engine.kubeconfig(&id).await.unwrap();
    let secrets: Vec<&str> = kubeconfig
        .expose_secret()
        .lines()
        .filter_map(|line| line.trim().strip_prefix("token:"))
        .map(|token| token.trim().trim_matches('"'))
        .chain(["demo-token"])
        .collect();
    assert_eq!(secrets.len(), 2);
    let told = serde_json::to_value(bench.engine.diagnostics()).unwrap();
    assert!(told["screen"]["app"].is_object());
    assert!(told["journals"][&id.0][0]["fact"]["opened"].is_object());
    let text = told.to_string();
    let leaks: Vec<_> = secrets.iter().filter(|one| text.contains(**one)).collect();
    assert!(leaks.is_empty(), "{} secrets are in it", leaks.len());
}
