//! The same page and recording in Debian's Chromium, where the app is replayed by a script in the
//! page: `ui/walk/load.bench.ts`. Its figures stand apart and are named so.

use crate::record::Recording;
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use std::process::Command;

/// Measures; what it was told goes to a log beside the figures.
pub(crate) fn measure(recording: &Recording, seconds: u64) -> Result<Value> {
    let folder = quaylight_tests::root().join("target/bench");
    std::fs::create_dir_all(&folder)?;
    let (recorded, figures) = (folder.join("recording.json"), folder.join("chromium.json"));
    let all = json!({ "snapshot": recording.snapshot, "changes": recording.changes });
    std::fs::write(&recorded, all.to_string())?;
    // Figures of an earlier run must not pass for this one's.
    drop(std::fs::remove_file(&figures));
    let ui = quaylight_tests::root().join("ui");
    let log = std::fs::File::create(folder.join("chromium.log"))?;
    let ended = Command::new("node")
        .arg(ui.join("node_modules/@playwright/test/cli.js"))
        .args(["test", "--config", "playwright.load.config.ts"])
        .current_dir(&ui)
        .env("QUAYLIGHT_RECORDING", &recorded)
        .env("QUAYLIGHT_FIGURES", &figures)
        .env("QUAYLIGHT_SECONDS", seconds.to_string())
        .env(
            "QUAYLIGHT_MEASURE",
            quaylight_tests::root().join("tests/load/measure.js"),
        )
        .stdout(log.try_clone()?)
        .stderr(log)
        .status()
        .context("start node")?;
    ensure!(ended.success(), "Chromium: see target/bench/chromium.log");
    let text = std::fs::read_to_string(&figures).context("the figures of Chromium")?;
    Ok(serde_json::from_str(&text)?)
}
