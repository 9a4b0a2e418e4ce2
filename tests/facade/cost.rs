//! What a deployment cost, as it is saved.

use crate::bench::{Bench, tokio_sleep};
use crate::two::Pair;
use domain::DeploymentId;
use domain::progress::Progress;
use domain::record::{Thing, ThingKind};
use engine::facade::For;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test(start_paused = true)]
async fn a_table_without_a_line_is_a_problem_and_no_empty_file() {
    let bench = Bench::new().await;
    let review = bench.engine.review(Bench::spec(), For::New).await.unwrap();
    let plan = review.plan.expect("a plan");
    let id = bench.engine.accept(&plan, false).await.unwrap();
    let nothing = bench.engine.cost_table(&id).unwrap_err();
    assert_eq!(nothing.code, "no_cost_yet");
    bench.engine.wait(&id).await;
    let table = bench.engine.cost_table(&id).unwrap();
    assert!(table.lines().count() > 1, "{table}");
}

/// The table's lines in which nothing is known: from when.
fn unseen(table: &str) -> Vec<String> {
    let unseen = table.lines().filter(|line| line.ends_with(",no,,,,,,"));
    let from = unseen.filter_map(|line| line.split(',').nth(1));
    from.map(|from| from[..16].to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn hours_without_a_process_and_without_a_whole_reading_are_gaps_and_no_others() {
    let mut bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    let gaps = |bench: &Bench| unseen(&bench.engine.cost_table(&id).unwrap());
    bench.engine.keep_watch();
    tokio_sleep(90 * 60).await;
    assert_eq!(gaps(&bench), Vec::<String>::new());

    bench.restart().await;
    let ended = bench.demo_now();
    tokio_sleep(3 * 3600).await;
    bench.engine.keep_watch();
    tokio_sleep(15 * 60).await;
    let first = gaps(&bench);
    // What was seen last may lie as long back as it is kept in memory only.
    let from: jiff::Timestamp = format!("{}:00Z", first[0]).parse().unwrap();
    let lost = ended.duration_since(from).as_mins();
    assert!(
        first.len() == 1 && (0..=6).contains(&lost),
        "{first:?} {ended}"
    );

    let rule = json!({"kind": "internal", "path": "/v4/lke/clusters/*/pools"});
    let (status, said) = bench
        .twin
        .demo("PUT", "/_demo/faults", &json!({"rules": [rule]}));
    assert_eq!(status, 200, "{said}");
    tokio_sleep(40 * 60).await;
    let fair = json!({"rules": []});
    bench.twin.demo("PUT", "/_demo/faults", &fair);
    assert_eq!(gaps(&bench).len(), 2);
    tokio_sleep(5 * 60).await;
    let both = gaps(&bench);
    assert_eq!((both.len(), &both[0]), (2, &first[0]));
    // Another process knows it by what was kept.
    bench.restart().await;
    assert_eq!(gaps(&bench), both);
}

/// Somebody gives the system pool so many machines.
async fn system(pair: &Pair, count: u32) {
    let pools = format!("/v4/lke/clusters/{}/pools", pair.cluster().await);
    let all = pair.listed(&pools).await;
    let own = |one: &&Value| one["type"].as_str().unwrap().starts_with("g6");
    let one = &all.iter().find(own).unwrap()["id"];
    let said = json!({ "count": count });
    pair.ask("PUT", &format!("{pools}/{one}"), &said).await;
}

/// The machines that cost by the first computer's journal, which are those that cost.
async fn billed(pair: &Pair, id: &DeploymentId) -> usize {
    let (_, ledger) = pair.twin.demo("GET", "/_demo/ledger", &Value::Null);
    let alive = ledger["alive"].as_array().unwrap().iter();
    let machines = alive.filter(|row| row["kind"] == "linode");
    let cost: BTreeSet<u64> = machines.filter_map(|row| row["id"].as_u64()).collect();
    let records = pair.first.journals.read(id).await.unwrap();
    let progress = Progress::fold(&records).unwrap();
    let known = progress.alive_of(ThingKind::Instance);
    let known: Vec<u64> = known
        .iter()
        .filter_map(Thing::as_instance)
        .map(|id| id.0)
        .collect();
    assert_eq!(known.iter().copied().collect::<BTreeSet<_>>(), cost);
    known.len()
}

#[tokio::test(start_paused = true)]
async fn a_machine_is_billed_from_the_first_look_at_it_also_when_the_pools_are_not_read() {
    let (pair, id) = Pair::deployed().await;
    let before = billed(&pair, &id).await;
    system(&pair, 2).await;
    let rule = json!({"kind": "internal", "path": "/v4/lke/clusters/*/pools"});
    pair.twin
        .demo("PUT", "/_demo/faults", &json!({"rules": [rule]}));
    tokio_sleep(30).await;
    pair.one.observe_once(&id).await;
    assert_eq!(billed(&pair, &id).await, before + 1);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_leaves_while_it_is_taken_over_costs_until_it_is_gone() {
    let (pair, id) = Pair::deployed().await;
    system(&pair, 2).await;
    tokio_sleep(300).await;
    pair.one.observe_once(&id).await;
    let before = billed(&pair, &id).await;
    pair.other.take_over(&id, None).await.unwrap();
    system(&pair, 1).await;
    pair.one.take_over(&id, None).await.unwrap();
    assert_eq!(billed(&pair, &id).await, before);
    tokio_sleep(120).await;
    pair.one.observe_once(&id).await;
    assert_eq!(billed(&pair, &id).await, before - 1);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_lost_its_tags_is_taken_over_by_whose_journal_proves_it() {
    let (pair, id) = Pair::deployed().await;
    let before = billed(&pair, &id).await;
    pair.put_tags(&[]).await;
    pair.other.take_over(&id, None).await.unwrap();
    pair.one.take_over(&id, None).await.unwrap();
    assert_eq!(billed(&pair, &id).await, before);
    assert_eq!(pair.owners().await, [pair.first.owner.tag()]);
    pair.one.tear_down(&id, "ada", &[]).await.unwrap();
    pair.one.wait(&id).await;
    assert_eq!(pair.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_nodebalancer_that_comes_while_its_cluster_lingers_is_billed() {
    let (pair, id) = Pair::deployed().await;
    let gone = json!({"delete_leaves_children": false});
    pair.twin.demo("PUT", "/_demo/switches", &gone);
    let strike = |kind: &str| {
        let rules = json!({"rules": [{"kind": kind, "at_call": 1}]});
        assert_eq!(pair.twin.demo("PUT", "/_demo/faults", &rules).0, 200);
    };
    strike("lingering_delete");
    pair.one.tear_down(&id, "ada", &[]).await.unwrap();
    tokio_sleep(180).await;
    strike("late_balancer");
    pair.one.wait(&id).await;
    let (_, ledger) = pair.twin.demo("GET", "/_demo/ledger", &Value::Null);
    let dead = ledger["dead"].as_array().unwrap().iter();
    let cost = dead.filter(|row| row["kind"] == "nodebalancer");
    let cost: Vec<u64> = cost.filter_map(|row| row["id"].as_u64()).collect();
    let records = pair.first.journals.read(&id).await.unwrap();
    let things = Progress::fold(&records).unwrap().things;
    let billed = things.iter().filter_map(|(thing, life)| {
        let Thing::NodeBalancer(id) = thing else {
            return None;
        };
        life.price.map(|_| id.0)
    });
    assert_eq!((billed.collect::<Vec<_>>(), pair.alive()), (cost, 0));
}
