//! What a deployment cost, as it is saved.

use crate::bench::Bench;
use engine::facade::For;

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
