//! What was measured, beside what is wanted (DESIGN 6).

use crate::record::{CLUSTERS, NODES};
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use std::time::Duration;

const RENDER_MS_MAX: f64 = 8.0;
const FRAMES_MAX: f64 = 1.2;
const BYTES_MAX: f64 = 4096.0;
const HEAP_MIB_MAX: f64 = 1.0;

/// What one page measured for some time.
pub(crate) struct Seen {
    /// Script, style and layout of each difference that arrived, sorted, in milliseconds.
    render: Vec<f64>,
    /// Between two frames, sorted.
    frames: Vec<f64>,
    /// Changes that were sent.
    changes: usize,
    /// A second.
    rate: f64,
    bytes: f64,
}

impl Seen {
    /// Reads what the page says.
    pub(crate) fn of(page: &Value, changes: usize, time: Duration) -> Result<Self> {
        let list = |name: &str| -> Result<Vec<f64>> {
            let all = page[name].as_array().context("a list")?;
            let mut all: Vec<f64> = all.iter().filter_map(Value::as_f64).collect();
            all.sort_by(f64::total_cmp);
            Ok(all)
        };
        let seen = Self {
            render: list("took")?,
            frames: list("frames")?,
            changes,
            rate: changes as f64 / time.as_secs_f64(),
            bytes: page["bytes"].as_f64().context("bytes")?,
        };
        ensure!(
            changes == 0 || !seen.render.is_empty(),
            "{changes} changes were sent, and none came"
        );
        Ok(seen)
    }

    fn bytes_each(&self) -> f64 {
        self.bytes / self.changes.max(1) as f64
    }

    fn json(&self) -> Value {
        json!({
            "changes": self.changes,
            "changes_a_second": self.rate,
            "differences": self.render.len(),
            "render_ms_p50": at(&self.render, 0.5),
            "render_ms_p95": at(&self.render, 0.95),
            "render_ms_max": at(&self.render, 1.0),
            "frame_ms_p50": at(&self.frames, 0.5),
            "frame_ms_p95": at(&self.frames, 0.95),
            "bytes_a_change": self.bytes_each(),
        })
    }
}

/// All figures.
pub(crate) struct Figures {
    pub(crate) idle: Seen,
    pub(crate) seen: Vec<(&'static str, Seen)>,
    pub(crate) soak_minutes: u64,
    /// `None`: too short to say.
    pub(crate) memory_mib_10_minutes: Option<f64>,
    /// JavaScript's heap after the last full collection, and how it moved.
    pub(crate) heap_mib: Option<f64>,
    pub(crate) heap_mib_10_minutes: Option<f64>,
    /// What Chromium said of the same page and recording.
    pub(crate) chromium: Value,
    /// How many programs wanted the processor: the kernel's averages.
    pub(crate) load: String,
}

impl Figures {
    fn frames(&self, seen: &Seen) -> f64 {
        at(&seen.frames, 0.95) / at(&self.idle.frames, 0.95)
    }

    /// The heap's slope, or the process's where too few collections told of the heap.
    fn grown(&self) -> Option<f64> {
        self.heap_mib_10_minutes.or(self.memory_mib_10_minutes)
    }

    /// Whether every figure is within its limit.
    pub(crate) fn kept(&self) -> bool {
        let fits = |(_, seen): &(&str, Seen)| {
            at(&seen.render, 0.95) <= RENDER_MS_MAX
                && self.frames(seen) <= FRAMES_MAX
                && seen.bytes_each() <= BYTES_MAX
        };
        self.seen.iter().all(fits) && self.grown().is_none_or(|mib| mib <= HEAP_MIB_MAX)
    }

    /// As one document.
    pub(crate) fn json(&self) -> Value {
        let seen = self.seen.iter().map(|(name, seen)| {
            let mut all = seen.json();
            all["view"] = json!(name);
            all["frames_to_idle"] = json!(self.frames(seen));
            all
        });
        json!({
            "bench": "ui",
            "window": "WebKitGTK",
            "nodes": NODES,
            "clusters": CLUSTERS,
            "idle": {
                "frame_ms_p50": at(&self.idle.frames, 0.5),
                "frame_ms_p95": at(&self.idle.frames, 0.95),
            },
            "views": seen.collect::<Vec<_>>(),
            "soak_minutes": self.soak_minutes,
            "heap_mib": self.heap_mib,
            "heap_mib_10_minutes": self.heap_mib_10_minutes,
            "process_mib_10_minutes": self.memory_mib_10_minutes,
            "limits": {
                "render_ms_p95": RENDER_MS_MAX,
                "frames_to_idle": FRAMES_MAX,
                "bytes_a_change": BYTES_MAX,
                "heap_mib_10_minutes": HEAP_MIB_MAX,
            },
            "kept": self.kept(),
            "load_average": self.load.trim(),
            "chromium": self.chromium,
        })
    }

    /// As a table for a person.
    pub(crate) fn print(&self) {
        println!("The real window (WebKitGTK), {NODES} nodes in {CLUSTERS} clusters");
        let idle = &self.idle.frames;
        println!(
            "idle page: frames p50 {:.0} ms, p95 {:.0} ms",
            at(idle, 0.5),
            at(idle, 0.95)
        );
        for (name, seen) in &self.seen {
            let render = &seen.render;
            println!(
                "{name}: {} changes, {:.1} a second",
                seen.changes, seen.rate
            );
            println!(
                "  script, style and layout of a difference p50 {:.0}, p95 {:.0}, most {:.0} ms (p95 at most {RENDER_MS_MAX:.0})",
                at(render, 0.5),
                at(render, 0.95),
                at(render, 1.0)
            );
            println!(
                "  frames p50 {:.0}, p95 {:.0} ms: {:.2} of an idle page's (at most {FRAMES_MAX})",
                at(&seen.frames, 0.5),
                at(&seen.frames, 0.95),
                self.frames(seen)
            );
            println!(
                "  {:.0} bytes a change (at most {BYTES_MAX:.0})",
                seen.bytes_each()
            );
        }
        let mib =
            |mib: Option<f64>| mib.map_or_else(|| "–".to_owned(), |mib| format!("{mib:+.2} MiB"));
        println!(
            "in 10 minutes, by {} minutes: JavaScript's heap {} (at most {HEAP_MIB_MAX:.0}), the web process {}",
            self.soak_minutes,
            mib(self.heap_mib_10_minutes),
            mib(self.memory_mib_10_minutes)
        );
        println!("Apart: Chromium on the replayed recording");
        for view in self.chromium["views"].as_array().into_iter().flatten() {
            let number = |name: &str| view[name].as_f64().unwrap_or(f64::NAN);
            println!(
                "{}: script, style and layout p95 {:.1} ms; frames {:.2} of an idle page's; heap {:.1} MiB, {:+.2} in 10 minutes",
                view["view"].as_str().unwrap_or_default(),
                number("render_ms_p95"),
                number("frames_to_idle"),
                number("heap_mib"),
                number("heap_mib_10_minutes"),
            );
        }
        println!("load average of this computer: {}", self.load.trim());
    }
}

/// The value below which a share of the sorted ones lies.
fn at(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let at = (last as f64 * share).round() as usize;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}
