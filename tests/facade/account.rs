//! What the engine is told of the token that it asks with, and that it asks for nothing which the
//! demo cloud does not know.

use crate::bench::Bench;
use engine::facade::For;
use serde_json::{Value, json};

/// The codes of a review's diagnostics that speak of the token's end, when it ends at `end`.
async fn warned(end: Value) -> Vec<String> {
    let mut bench = Bench::new().await;
    let switches = json!({"token_expires": end});
    let (status, said) = bench.twin.demo("PUT", "/_demo/switches", &switches);
    assert_eq!(status, 200, "{said}");
    // It is asked for once a process.
    bench.restart().await;
    let review = bench.engine.review(Bench::spec(), For::New).await.unwrap();
    let said = serde_json::to_value(&review.diagnostics).unwrap();
    let codes = said.as_array().unwrap().iter();
    let codes = codes.filter_map(|one| one["what"]["code"].as_str());
    codes
        .filter(|code| code.starts_with("token_end"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_demo_token_that_ends_soon_is_warned_of() {
    assert_eq!(
        warned(json!("2026-11-29T10:00:00Z")).await,
        ["token_ends_soon"]
    );
    assert_eq!(warned(json!("2027-11-23T10:00:00Z")).await, [""; 0]);
    assert_eq!(warned(Value::Null).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_life_asks_for_nothing_that_the_demo_does_not_know() {
    let bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    bench.engine.sweep().await.unwrap();
    bench.engine.tear_down(&id, "ada", &[]).await.unwrap();
    bench.engine.wait(&id).await;
    let (_, calls) = bench.twin.demo("GET", "/_demo/calls", &Value::Null);
    let calls: Vec<&String> = calls.as_object().unwrap().keys().collect();
    assert!(calls.len() > 15, "{calls:?}");
    let unknown: Vec<_> = calls
        .iter()
        .filter(|one| one.contains("(unknown)"))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
