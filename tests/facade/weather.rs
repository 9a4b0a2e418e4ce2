//! Whole lives under faults that last, or that strike a cluster's own API.

use crate::bench::Bench;
use domain::view::{DeploymentState, Row, Tense};
use serde_json::{Value, json};
use sim::{Options, Twin};

/// Sets one rule.
fn strike(bench: &Bench, rule: &Value) {
    let rules = json!({"rules": [rule]});
    let (status, said) = bench.twin.demo("PUT", "/_demo/faults", &rules);
    assert_eq!(status, 200, "{said}");
}

/// Fair weather again; how often the rule fired.
fn clear(bench: &Bench, kind: &str) -> u64 {
    let (_, faults) = bench.twin.demo("GET", "/_demo/faults", &Value::Null);
    let fair = json!({"rules": []});
    bench.twin.demo("PUT", "/_demo/faults", &fair);
    faults["fired"][kind].as_u64().unwrap()
}

#[tokio::test(start_paused = true)]
async fn under_another_account_a_teardown_deletes_nothing_and_believes_nothing() {
    for kind in ["other_account", "missing_scope", "unauthorized"] {
        let bench = Bench::new().await;
        let id = bench.deploy(Bench::spec()).await;
        let alive = bench.alive();
        let effect = json!({"scope": "lke"});
        let rule = json!({"kind": kind, "from_call": 3, "effect": effect});
        strike(&bench, &rule);
        let began = bench.engine.tear_down(&id, "ada", &[]).await;
        if began.is_ok() {
            bench.engine.wait(&id).await;
        }
        assert_ne!(bench.state(), DeploymentState::Gone, "{kind}");
        assert_eq!(bench.alive(), alive, "{kind}");
        assert!(clear(&bench, kind) > 0, "{kind}");
        bench.engine.tear_down(&id, "ada", &[]).await.unwrap();
        bench.engine.wait(&id).await;
        assert_eq!(bench.alive(), 0, "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_hidden_from_a_restricted_user_goes_on_costing() {
    let bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    let rate = bench.engine.list()[0].rate;
    strike(&bench, &json!({"kind": "restricted_user", "from_call": 1}));
    for _ in 0..3 {
        bench.engine.observe_once(&id).await;
    }
    assert!(clear(&bench, "restricted_user") > 0);
    assert_eq!(bench.engine.list()[0].rate, rate);
}

#[tokio::test(start_paused = true)]
async fn a_kubernetes_that_cannot_be_read_or_trusted_is_no_empty_one() {
    let path = "/kubernetes/**";
    for rule in [
        json!({"kind": "huge_list", "path": path}),
        json!({"kind": "certificate_rotated", "path": path, "at_call": 1}),
    ] {
        let bench = Bench::new().await;
        let id = bench.deploy(Bench::spec()).await;
        strike(&bench, &rule);
        bench.engine.tear_down(&id, "ada", &[]).await.unwrap();
        bench.engine.wait(&id).await;
        assert!(clear(&bench, rule["kind"].as_str().unwrap()) > 0);
        assert_eq!((bench.state(), bench.alive()), (DeploymentState::Gone, 0));
        let receipt = serde_json::to_value(bench.engine.receipt(&id).unwrap()).unwrap();
        let codes = [&receipt["notes"][0]["code"], &receipt["notes"][1]["code"]];
        let silent = json!("receipt_kubernetes_silent");
        assert_eq!(codes, [&silent, &Value::Null], "{rule}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_journal_of_another_cloud_is_not_carried_on_in_this_one() {
    let mut bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    let alive = bench.alive();
    let other = Twin::new(Options::default()).unwrap();
    let own = std::mem::replace(&mut bench.twin, other);
    bench.restart().await;
    let refused = bench.engine.tear_down(&id, "ada", &[]).await.unwrap_err();
    assert_eq!(refused.code, "not_here");
    assert_eq!((bench.calls("POST"), bench.calls("DELETE")), (0, 0));
    bench.twin = own;
    assert_eq!(bench.alive(), alive);
    bench.restart().await;
    // What the engine before had under way holds the journal for a moment longer.
    let mut tries = 0;
    while let Err(problem) = bench.engine.tear_down(&id, "ada", &[]).await {
        assert!(
            problem.code == "journal_locked" && tries < 60,
            "{problem:?}"
        );
        tries += 1;
        bench.twin.clock().sleep_ms(1000).await;
    }
    bench.engine.wait(&id).await;
    assert_eq!((bench.state(), bench.alive()), (DeploymentState::Gone, 0));
}

#[tokio::test(start_paused = true)]
async fn who_becomes_restricted_during_a_teardown_is_told_and_nothing_is_called_gone() {
    let mut stood = 0;
    for call in (10..70).step_by(6) {
        let bench = Bench::new().await;
        let id = bench.deploy(Bench::spec()).await;
        let rule = json!({"kind": "restricted_user", "from_call": call});
        strike(&bench, &rule);
        bench.engine.tear_down(&id, "ada", &[]).await.unwrap();
        bench.engine.wait(&id).await;
        if bench.state() == DeploymentState::Gone {
            assert_eq!((clear(&bench, "restricted_user"), bench.alive()), (0, 0));
            continue;
        }
        stood += u32::from(bench.alive() > 0);
        let brief = bench.engine.list().remove(0);
        let said = serde_json::to_string(&bench.engine.rows(&id)).unwrap();
        assert!(said.contains("stuck_hidden"), "call {call}: {said}");
        let (_, ledger) = bench.twin.demo("GET", "/_demo/ledger", &Value::Null);
        let rates = ledger["alive"].as_array().unwrap().iter();
        let rates = rates.filter_map(|row| row["rate_micro_usd_hour"].as_i64());
        let told = brief.rate.map_or(0, |rate| rate.0);
        assert!(told >= rates.sum(), "from call {call}: {said}");
        assert!(clear(&bench, "restricted_user") > 0);
        bench.engine.tear_down(&id, "ada", &[]).await.unwrap();
        bench.engine.wait(&id).await;
        assert_eq!((bench.state(), bench.alive()), (DeploymentState::Gone, 0));
    }
    assert!(stood > 0);
}

#[tokio::test(start_paused = true)]
async fn who_goes_on_restricted_gets_no_proof_of_zero() {
    let bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    strike(&bench, &json!({"kind": "restricted_user", "from_call": 20}));
    for _ in 0..2 {
        bench.engine.tear_down(&id, "ada", &[]).await.unwrap();
        bench.engine.wait(&id).await;
    }
    assert!(clear(&bench, "restricted_user") > 0);
    assert_eq!(bench.state(), DeploymentState::Gone);
    assert!(bench.alive() > 0, "nothing was hidden");
    let notes = bench.engine.receipt(&id).unwrap().notes;
    assert!(notes.iter().any(|note| note.code == "receipt_restricted"));
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_was_hidden_while_it_was_to_go_goes_once_it_shows() {
    let bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    let rule = json!({"kind": "restricted_user", "path": "/lke/**"});
    bench.engine.tear_down(&id, "ada", &[]).await.unwrap();
    strike(&bench, &rule);
    crate::bench::tokio_sleep(120).await;
    assert!(clear(&bench, "restricted_user") > 0);
    let clusters = |listed: &Value| listed["data"].as_array().map(Vec::len);
    let listed = bench.somebody("GET", "/v4/lke/clusters").await;
    assert_eq!(clusters(&listed), Some(1));
    bench.engine.wait(&id).await;
    assert_eq!((bench.state(), bench.alive()), (DeploymentState::Gone, 0));
}

/// When the screen says that the cloud was read completely.
fn checked(bench: &Bench, id: &domain::DeploymentId) -> Option<jiff::Timestamp> {
    let rows = bench.engine.rows(id);
    rows.iter().find_map(|(_, row)| {
        let Row::Deployment(row) = row else {
            return None;
        };
        row.checked
    })
}

#[tokio::test(start_paused = true)]
async fn the_screen_calls_read_only_what_was_read_whole() {
    let bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    bench.engine.observe_once(&id).await;
    let before = checked(&bench, &id);
    assert!(before.is_some());
    let path = "/linode/instances";
    strike(
        &bench,
        &json!({"kind": "internal", "method": "GET", "path": path}),
    );
    crate::bench::tokio_sleep(120).await;
    bench.engine.observe_once(&id).await;
    assert_eq!(checked(&bench, &id), before);
    assert!(clear(&bench, "internal") > 0);
    bench.engine.observe_once(&id).await;
    assert!(checked(&bench, &id) > before);
}

#[tokio::test(start_paused = true)]
async fn a_machine_whose_birth_could_not_be_read_costs_since_it_was_made() {
    // The next look of the deploy asks again; a later look has them all from a listing.
    for fails in ["at_call", "from_call"] {
        let bench = Bench::new().await;
        let mut rule = json!({"kind": "internal", "method": "GET", "path": "/linode/instances/*"});
        rule[fails] = json!(1);
        strike(&bench, &rule);
        let id = bench.deploy(Bench::spec()).await;
        assert!(clear(&bench, "internal") > 0);
        if fails == "from_call" {
            crate::bench::tokio_sleep(3 * 3600).await;
            bench.engine.observe_once(&id).await;
        }
        let listed = bench.somebody("GET", "/v4/linode/instances").await;
        let mut nodes = 0;
        for (_, row) in bench.engine.rows(&id) {
            let Row::Node(node) = row else { continue };
            let all = listed["data"].as_array().unwrap().iter();
            let machine = all
                .into_iter()
                .find(|one| one["id"] == node.instance.unwrap());
            let created = format!("{}Z", machine.unwrap()["created"].as_str().unwrap());
            assert_eq!(node.since, created.parse().unwrap(), "{fails}");
            nodes += 1;
        }
        assert_eq!(nodes, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_somebody_deleted_is_told_as_gone_and_costs_no_more() {
    let bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    bench.engine.observe_once(&id).await;
    let clusters = bench.somebody("GET", "/v4/lke/clusters").await;
    let path = format!("/v4/lke/clusters/{}", clusters["data"][0]["id"]);
    bench.somebody("DELETE", &path).await;
    crate::bench::tokio_sleep(600).await;
    let told = || {
        let rows = bench.engine.rows(&id).into_iter();
        let mut rows = rows.filter_map(|(_, row)| match row {
            Row::Deployment(row) => Some(row),
            Row::App(_) | Row::Node(_) | Row::Step(_) | Row::Spend(_) | Row::Activity(_) => None,
        });
        let row = rows.next().unwrap();
        assert_eq!(row.notice.unwrap().what.code, "needs_cluster_gone");
        assert_eq!((row.partial, row.kubeconfig), (None, false));
        assert_eq!(row.picture.cluster, Tense::Gone);
        row.rate.unwrap().0
    };
    bench.engine.glance(&id).await;
    assert!(told() > 0, "who only glances writes nothing");
    bench.engine.observe_once(&id).await;
    assert_eq!(told(), 0);
    bench.engine.tear_down(&id, "ada", &[]).await.unwrap();
    bench.engine.wait(&id).await;
    assert_eq!((bench.state(), bench.alive()), (DeploymentState::Gone, 0));
}
