//! What `--json` prints: the shape of each document, so that no script breaks unseen.

use anyhow::{Context, Result, ensure};
use expect_test::{Expect, expect};
use quaylight_tests::programs::{Demo, cli, told};
use serde_json::Value;
use std::path::Path;

/// Names and types of a value, one a line; of a list its first entry.
fn shape(name: &str, value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(all) => {
            let mut names: Vec<_> = all.iter().collect();
            names.sort_by_key(|(name, _)| *name);
            for (key, one) in names {
                shape(&format!("{name}.{key}"), one, out);
            }
        }
        Value::Array(all) => match all.first() {
            Some(first) => shape(&format!("{name}[]"), first, out),
            None => out.push(format!("{name}[]: empty")),
        },
        Value::Null => out.push(format!("{name}: null")),
        Value::Bool(_) => out.push(format!("{name}: bool")),
        Value::Number(_) => out.push(format!("{name}: number")),
        Value::String(_) => out.push(format!("{name}: text")),
    }
}

async fn check(home: &Path, demo: &Demo, command: &[&str], expect: Expect) -> Result<Value> {
    let output = cli(home)
        .args(["--cloud", &demo.url, "--json", "--yes"])
        .args(command)
        .output()
        .await?;
    ensure!(
        output.status.code() == Some(0),
        "{command:?} {}",
        told(&output)
    );
    let document: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("{command:?} {}", told(&output)))?;
    let mut lines = Vec::new();
    shape("", &document, &mut lines);
    expect.assert_eq(&(lines.join("\n") + "\n"));
    Ok(document)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_document_keeps_its_shape() -> Result<()> {
    let home = tempfile::tempdir()?;
    let home = home.path();
    let demo = Demo::serve(home, &["--speed", "60"]).await?;
    check(
        home,
        &demo,
        &["quote"],
        expect![[r#"
        .at_most.hour: number
        .at_most.month: number
        .from_start.hour: number
        .from_start.month: number
        .priced: text
        .stops: null
        .until_stop: null
    "#]],
    )
    .await?;
    check(
        home,
        &demo,
        &["plan"],
        expect![[r#"
        .changes: null
        .diagnostics[]: empty
        .items[].at_most: null
        .items[].change: text
        .items[].detail.code: text
        .items[].detail.params.version.kind: text
        .items[].detail.params.version.value: text
        .items[].price.hour: number
        .items[].price.month: number
        .items[].what.code: text
        .items[].what.params.label.kind: text
        .items[].what.params.label.value: text
        .items[].what.params.region.kind: text
        .items[].what.params.region.value: text
        .label: text
        .no_changes: bool
        .quote.at_most.hour: number
        .quote.at_most.month: number
        .quote.from_start.hour: number
        .quote.from_start.month: number
        .quote.priced: text
        .quote.stops: null
        .quote.until_stop: null
    "#]],
    )
    .await?;
    let applied = check(
        home,
        &demo,
        &["apply"],
        expect![[r#"
        .calls.catalog: number
        .calls.others: number
        .calls.polls: number
        .deployment: text
        .label: text
        .rate_micro_usd_hour: number
        .receipt: null
        .state: text
    "#]],
    )
    .await?;
    let label = applied["label"].as_str().context("label")?.to_owned();
    check(
        home,
        &demo,
        &["apply"],
        expect![[r#"
        .deployment: text
        .no_changes: bool
    "#]],
    )
    .await?;
    check(
        home,
        &demo,
        &["list"],
        expect![[r#"
            .deployments[].here: bool
            .deployments[].id: text
            .deployments[].label: text
            .deployments[].nodes: number
            .deployments[].rate: number
            .deployments[].region: text
            .deployments[].so_far: number
            .deployments[].state: text
            .deployments[].whose: text
        "#]],
    )
    .await?;
    let shown = cli(home)
        .args(["--cloud", &demo.url, "--json", "show", &label])
        .output()
        .await?;
    let shown: Value = serde_json::from_slice(&shown.stdout)?;
    let mut parts: Vec<&String> = shown.as_object().context("a document")?.keys().collect();
    parts.sort();
    expect![[r#"
        [
            "activity",
            "deployment",
            "nodes",
            "spend",
            "steps",
        ]
    "#]]
    .assert_debug_eq(&parts);
    let file = home.join("kubeconfig.yaml");
    let file = file.to_str().context("a path")?;
    check(
        home,
        &demo,
        &["kubeconfig", &label, "--out", file],
        expect![[r#"
        .deployment: text
        .file: text
    "#]],
    )
    .await?;
    check(
        home,
        &demo,
        &["sweep"],
        expect![[r#"
        .orphans[]: empty
    "#]],
    )
    .await?;
    check(
        home,
        &demo,
        &["resume"],
        expect![[r#"
        .resumed[]: empty
    "#]],
    )
    .await?;
    check(
        home,
        &demo,
        &["teardown", &label],
        expect![[r#"
            .calls.catalog: number
            .calls.others: number
            .calls.polls: number
            .deployment: text
            .label: text
            .rate_micro_usd_hour: number
            .receipt.cost: number
            .receipt.deleted[].at: text
            .receipt.deleted[].what.code: text
            .receipt.deleted[].what.params.id.kind: text
            .receipt.deleted[].what.params.id.value: text
            .receipt.deployment: text
            .receipt.kept[]: empty
            .receipt.label: text
            .receipt.notes[]: empty
            .receipt.reach[].code: text
            .receipt.reach[].params.addresses.kind: text
            .receipt.reach[].params.addresses.value[]: text
            .receipt.sweeps[]: text
            .state: text
        "#]],
    )
    .await?;
    Ok(())
}
