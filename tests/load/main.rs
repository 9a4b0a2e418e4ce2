//! What the real window does with 1,000 nodes in 100 clusters and 50 changes a second:
//! `cargo xtask bench ui`, on a window that was built with the feature `load`.
//!
//! A change is one of one row; those that a look of a real engine found together (`record`) come
//! together. The shell's own pump and Tauri's channel carry them (`src-tauri/src/load.rs`). The page is the shipped one; `measure.js` is
//! put into it by the driver. WebKit's clock has steps of 1 ms there, so a time is right to 1 ms.
//! What Chromium does with the same page and recording (`chromium`) is printed apart.
//! Words: `--seconds N` of each view (60), `--soak N` minutes more for the memory (10), `--json`.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it starts a real program, waits in real time and prints figures"
)]

mod chromium;
mod feed;
mod figures;
mod memory;
mod record;

use anyhow::{Context as _, Result, ensure};
use feed::Feed;
use figures::{Figures, Seen};
use memory::Memory;
use quaylight_tests::job::shots;
use quaylight_tests::window::{Album, Window};
use std::process::ExitCode;
use std::time::Duration;

/// Differences that are recorded; after the last comes the first again.
const RECORDED: usize = 3_000;
/// So long nothing is measured after a page came, or changes began.
const WARM: Duration = Duration::from_secs(10);
/// So long the idle page is looked at.
const IDLE: Duration = Duration::from_secs(20);

struct Words {
    seconds: u64,
    soak_minutes: u64,
    json: bool,
}

fn words() -> Result<Words> {
    let mut read = Words {
        seconds: 60,
        soak_minutes: 10,
        json: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || -> Result<u64> { Ok(words.next().context("a number")?.parse()?) };
        match word.as_str() {
            "--json" => read.json = true,
            "--seconds" => read.seconds = number()?,
            "--soak" => read.soak_minutes = number()?,
            other => anyhow::bail!("`bench ui` takes no `{other}`"),
        }
    }
    ensure!(read.seconds > 0, "`--seconds` must be greater than 0");
    Ok(read)
}

fn main() -> Result<ExitCode> {
    let words = words()?;
    // Virtual time for the recording, real time for the window.
    let recording = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()?
        .block_on(record::record(RECORDED))?;
    let mut figures = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(measure(&words, &recording))?;
    figures.chromium = chromium::measure(&recording, words.seconds)?;
    figures.load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    if words.json {
        println!("{}", figures.json());
    } else {
        figures.print();
    }
    Ok(ExitCode::from(u8::from(!figures.kept())))
}

async fn measure(words: &Words, recording: &record::Recording) -> Result<Figures> {
    let home = tempfile::tempdir()?;
    let feed = Feed::serve(recording).await?;
    let port = feed.port().to_string();
    let more = [
        ("QUAYLIGHT_LOAD_PORT", port.as_str()),
        // JavaScriptCore says after each collection what is left, each is a full one, and it comes
        // when the heap has grown by a third: of itself it makes one or two in ten minutes, which
        // is no line.
        ("JSC_logGC", "1"),
        ("JSC_useGenerationalGC", "0"),
        ("JSC_smallHeapGrowthFactor", "1.33"),
    ];
    let album = Album::new(shots("load"))?;
    let log = album.folder.join("driver.log");
    let mut window = Window::open_with(home.path(), album, &more).await?;
    window.find("all-clusters").await?;
    window
        .client
        .execute(include_str!("measure.js"), vec![])
        .await?;
    let mut memory = Memory::of(window.web_pid()?, log);
    tokio::time::sleep(WARM).await;

    let mut seen = Vec::new();
    let idle = look(&window, &feed, &mut memory, IDLE).await?;
    feed.flow(true);
    let while_all = measured(&mut window, words, &feed, &mut memory, "all-clusters").await?;
    seen.push(("all clusters", while_all));
    window.click("rail-team-50").await?;
    window.find("picture").await?;
    let before = feed.sent();
    let while_one = measured(&mut window, words, &feed, &mut memory, "one-cluster").await?;
    seen.push(("one cluster", while_one));
    again(&window, false).await?;
    // Warm is a page that was shown every change once: with a row's first one comes what is kept of it.
    let all: usize = recording.changes.iter().map(|delta| delta.ops.len()).sum();
    while feed.sent() - before < all {
        soak(&mut memory, Duration::from_secs(2)).await;
    }
    memory.begin();
    soak(&mut memory, Duration::from_mins(words.soak_minutes)).await;
    feed.flow(false);
    window.close().await?;
    Ok(Figures {
        idle,
        seen,
        soak_minutes: words.soak_minutes,
        memory_mib_10_minutes: memory.slope(),
        heap_mib: memory.heap_mib(),
        heap_mib_10_minutes: memory.heap_slope(),
        chromium: serde_json::Value::Null,
        load: String::new(),
    })
}

async fn measured(
    window: &mut Window,
    words: &Words,
    feed: &Feed,
    memory: &mut Memory,
    name: &str,
) -> Result<Seen> {
    tokio::time::sleep(WARM).await;
    let seen = look(window, feed, memory, Duration::from_secs(words.seconds)).await?;
    window.shot(name).await?;
    Ok(seen)
}

/// The page measures anew from here on, or keeps nothing.
async fn again(window: &Window, keeps: bool) -> Result<()> {
    let script = format!("again({keeps})");
    window.client.execute(&script, vec![]).await?;
    Ok(())
}

/// Looks at the memory for this time.
async fn soak(memory: &mut Memory, time: Duration) {
    let until = tokio::time::Instant::now() + time;
    while tokio::time::Instant::now() < until {
        let rest = until - tokio::time::Instant::now();
        tokio::time::sleep(rest.min(Duration::from_secs(2))).await;
        memory.look();
    }
}

/// What the page measured in this time.
async fn look(window: &Window, feed: &Feed, memory: &mut Memory, time: Duration) -> Result<Seen> {
    again(window, true).await?;
    let before = feed.sent();
    soak(memory, time).await;
    let page = window.client.execute("return measured", vec![]).await?;
    Seen::of(&page, feed.sent() - before, time)
}
