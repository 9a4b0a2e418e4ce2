//! Everything that Quaylight sends is valid by Linode's own description of its API.
//!
//! `cargo xtask test` lets every demo cloud of every test note what it was asked, and runs this
//! last. Alone, this test makes one deployment in memory and takes it away again, so that it never
//! passes empty. The description lies beside the checkout; without it nothing is compared, and the
//! test says so.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by a panic; the bench is shared by several"
)]

mod asked;
#[path = "../facade/bench.rs"]
#[expect(dead_code, reason = "the facade's own tests need more of it")]
mod bench;
mod description;
mod schema;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use asked::Request;
use bench::Bench;
use description::Description;
use domain::spec::Spec;
use engine::facade::For;
use serde_json::json;

/// Where the description lies.
const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../shared/data/linode-api/openapi-4.208.1.json"
);

/// Fewer endpoints than this, and something was not noted.
const ENDPOINTS_LEAST: usize = 15;

/// Straight to standard error, so that it is read although the test passes.
fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("standard error is open");
}

fn description() -> Option<Description> {
    if Path::new(FILE).is_file() {
        return Some(Description::read(Path::new(FILE)).expect("a readable description"));
    }
    say("NOT RUN: the check of requests; there is no ../shared/data/linode-api");
    None
}

/// A deployment from the first look over a change to the receipt, noted in `folder`.
async fn deploy_and_tear_down(folder: &Path) {
    let bench = Bench::noting(Some(folder.to_owned())).await;
    let id = bench.deploy(Bench::spec()).await;
    let more = Spec {
        gpu_max: 7,
        ..Bench::spec()
    };
    let review = bench.engine.review(more, For::Apply).await.unwrap();
    let change = review.plan.expect("a plan of the change");
    bench.engine.accept(&change, false).await.unwrap();
    bench.engine.wait(&id).await;
    bench.engine.sweep().await.unwrap();
    bench.engine.tear_down(&id, "ada", &[]).await.unwrap();
    bench.engine.wait(&id).await;
    assert_eq!(bench.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn everything_that_quaylight_sends_is_valid() {
    let Some(description) = description() else {
        return;
    };
    let own = tempfile::tempdir().expect("a folder");
    let given = std::env::var_os("QUAYLIGHT_ASKED").map(PathBuf::from);
    let folder = given.as_deref().unwrap_or(own.path());
    if given.is_none() {
        deploy_and_tear_down(folder).await;
    }
    let requests = asked::ours(folder).expect("noted requests");
    let mut endpoints: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for request in &requests {
        let verdict = description.judge(request);
        for what in verdict.wrong {
            wrong.push(format!("{}: {what}", verdict.endpoint));
        }
        *endpoints.entry(verdict.endpoint).or_default() += 1;
    }
    for (endpoint, times) in &endpoints {
        say(&format!("{times:>6} {endpoint}"));
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    assert!(endpoints.len() >= ENDPOINTS_LEAST, "{endpoints:?}");
    say(&format!(
        "openapi: {} distinct requests of {} endpoints, all valid",
        requests.len(),
        endpoints.len()
    ));
}

/// What is wrong with one request.
#[track_caller]
fn check(line: &str, expected: &[&str]) {
    let Some(description) = description() else {
        return;
    };
    let (method, rest) = line.split_once(' ').expect("a method");
    let (address, body) = rest.split_once(' ').unwrap_or((rest, "null"));
    let (address, filter) = match address.split_once('#') {
        Some((address, filter)) => (address, Some(filter.to_owned())),
        None => (address, None),
    };
    let (path, query) = match address.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (address, None),
    };
    let request = Request {
        method: method.to_owned(),
        path: format!("/v4{path}"),
        query,
        filter,
        body: serde_json::from_str(body).expect("a body"),
        agent: None,
    };
    assert_eq!(description.judge(&request).wrong, expected, "{line}");
}

#[test]
fn a_wrong_path_method_and_parameter_are_seen() {
    check("GET /lke/clusters?page=2&page_size=500", &[]);
    check(
        "GET /lke/clusters/1?page=2",
        &["?page is not a known parameter"],
    );
    check("GET /lke/clutsers", &["is no endpoint"]);
    check("PATCH /lke/clusters/1", &["is no endpoint"]);
    check("GET /regions/availability?page=1&page_size=500", &[]);
    check(
        "GET /lke/clusters?label=a",
        &["?label is not a known parameter"],
    );
    check(
        "GET /lke/clusters?page_size=501",
        &["?page_size is 501, maximum is 500"],
    );
    check(
        "GET /lke/clusters/one",
        &["clusterId is \"one\", not of type \"integer\""],
    );
}

#[test]
fn a_wrong_body_is_seen() {
    let cluster = |pool: serde_json::Value| {
        let body = json!({
            "label": "a", "region": "us-ord", "k8s_version": "1.34", "node_pools": [pool],
        });
        format!("POST /lke/clusters {}", body.to_string().replace(' ', ""))
    };
    check(
        &cluster(json!({"type": "g6-standard-2", "count": 1, "label": "gpu"})),
        &[],
    );
    check(
        &cluster(json!({"type": "g6-standard-2", "count": 101})),
        &["body.node_pools[0].count is 101, maximum is 100"],
    );
    check(
        &cluster(json!({"type": "g6-standard-2", "count": 1, "size": 2})),
        &["body.node_pools[0].size is not a known field"],
    );
    check(
        "DELETE /lke/clusters/1 {\"a\":1}",
        &["has a body, and none is wanted"],
    );
    check("POST /lke/clusters/1/recycle {}", &[]);
}

#[test]
fn a_wrong_filter_is_seen() {
    check(
        "GET /lke/clusters#{\"label\":\"a\",\"+order_by\":\"label\"}",
        &[],
    );
    check("GET /account/events#{\"entity.id\":{\"+gt\":1}}", &[]);
    check(
        "GET /lke/clusters#{\"foo\":1}",
        &["X-Filter cannot filter on foo"],
    );
    check(
        "GET /lke/clusters#{\"+or\":[{\"foo\":1}]}",
        &["X-Filter cannot filter on foo"],
    );
    check(
        "GET /lke/clusters#{\"label\":{\"+like\":1}}",
        &["X-Filter has no operator +like"],
    );
    check(
        "GET /lke/clusters#label",
        &["X-Filter is no JSON object: label"],
    );
}
