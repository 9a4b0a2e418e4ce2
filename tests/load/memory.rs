//! How the memory of the web view's process moves. WebKitGTK has no `performance.memory`; told by
//! `JSC_logGC`, it says after each garbage collection how much is left, and the kernel says what the
//! process holds.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

/// What is known of one process.
pub(crate) struct Memory {
    pid: u32,
    log: PathBuf,
    begun: Instant,
    /// Seconds and MiB.
    seen: Vec<(f64, f64)>,
    /// The same of each of JavaScript's heaps, by what full collections left.
    heaps: BTreeMap<String, Vec<(f64, f64)>>,
    /// How much of the log was read.
    read: usize,
    /// Whether the collection that the log tells of now is a full one.
    full: bool,
}

impl Memory {
    /// Of a process that writes to this log.
    pub(crate) fn of(pid: u32, log: PathBuf) -> Self {
        Self {
            pid,
            log,
            begun: Instant::now(),
            seen: Vec::new(),
            heaps: BTreeMap::new(),
            read: 0,
            full: false,
        }
    }

    /// From here on: what was before is warm-up.
    pub(crate) fn begin(&mut self) {
        self.look();
        self.begun = Instant::now();
        self.seen.clear();
        self.heaps.clear();
    }

    /// Another point.
    pub(crate) fn look(&mut self) {
        let at = self.begun.elapsed().as_secs_f64();
        let text = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.pid));
        let text = text.unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        self.seen.extend(kib.map(|kib| (at, kib / 1024.0)));
        let log = std::fs::read(&self.log).unwrap_or_default();
        let new = log.get(self.read..).unwrap_or_default();
        // A line that is still being written is read the next time.
        let whole = new
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let new = String::from_utf8_lossy(&new[..whole]).into_owned();
        self.read += whole;
        for line in new.lines() {
            if let Some((heap, kib)) = left(line, &mut self.full) {
                let heap = self.heaps.entry(heap.to_owned()).or_default();
                heap.push((at, kib / 1024.0));
            }
        }
    }

    /// MiB in ten minutes, of the whole process.
    pub(crate) fn slope(&self) -> Option<f64> {
        slope(&self.seen).map(|each| each * 600.0)
    }

    /// The same of JavaScript's heap; `None`: there were fewer than three full collections.
    pub(crate) fn heap_slope(&self) -> Option<f64> {
        slope(self.heap()?).map(|each| each * 600.0)
    }

    /// The page's: helpers of WebKit's have small ones of their own.
    fn heap(&self) -> Option<&[(f64, f64)]> {
        let last = |heap: &[(f64, f64)]| heap.last().map_or(0.0, |(_, mib)| *mib);
        let heaps = self.heaps.values().map(Vec::as_slice);
        heaps.max_by(|a, b| last(a).total_cmp(&last(b)))
    }

    /// JavaScript's heap after the last full collection.
    pub(crate) fn heap_mib(&self) -> Option<f64> {
        self.heap()?.last().map(|(_, mib)| *mib)
    }
}

/// Of which heap, and what a full collection left of it in KiB, when this line of WebKit's log is
/// the collection's end.
fn left<'a>(line: &'a str, full: &mut bool) -> Option<(&'a str, f64)> {
    if line.contains("FullCollection") {
        *full = true;
    } else if line.contains("EdenCollection") {
        *full = false;
    }
    let ends = *full && line.contains(" END]");
    let after = ends.then(|| line.rsplit_once("=> "))??.1;
    let heap = line.split_once("[GC<")?.1.split_once('>')?.0;
    Some((heap, after.split_once("kb")?.0.parse().ok()?))
}

/// The slope of the straight line that lies nearest to the points; `None` for fewer than three.
pub(crate) fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let over: f64 = points
        .iter()
        .map(|point| (point.0 - x) * (point.1 - y))
        .sum();
    let under: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    (points.len() >= 3 && under > 0.0).then(|| over / under)
}
