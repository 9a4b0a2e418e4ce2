//! `cargo xtask bench start`: how long our app takes from its process to a whole window, and how
//! much memory it holds, beside an empty app of Tauri's in the same run.
//!
//! Both are looked at from outside, on a virtual screen whose picture is a file: nothing is built
//! into the program that is measured. A window is usable when nearly all that it shows at rest is
//! painted; a skeleton does not count. Memory is the proportional set size of all processes.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::app;
use crate::display::{Bus, Screen};
use crate::empty;
use crate::frames::Frames;
use crate::process::{Job, cargo, target};

/// At most this many times what the empty app takes (DESIGN 6).
const TIME_MAX: f64 = 1.25;
const MEMORY_MAX: f64 = 1.3;
/// Starts of each.
const STARTS: usize = 10;
/// After its picture rests, a program has this long to come to rest itself.
const SETTLE: Duration = Duration::from_secs(2);
/// Between two programs, so that the first is gone from screen and bus.
const BETWEEN: Duration = Duration::from_millis(700);

/// What is asked.
struct Asked {
    release: bool,
    json: bool,
    starts: usize,
}

/// One start.
#[derive(Clone, Copy, Debug)]
struct Start {
    first_ms: f64,
    usable_ms: f64,
    memory_mib: f64,
}

/// All starts of one program.
struct Starts {
    name: &'static str,
    all: Vec<Start>,
}

impl Starts {
    fn median(&self, of: fn(&Start) -> f64) -> f64 {
        let mut all: Vec<f64> = self.all.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        let (low, high) = ((all.len().max(1) - 1) / 2, all.len() / 2);
        match (all.get(low), all.get(high)) {
            (Some(low), Some(high)) => f64::midpoint(*low, *high),
            _ => f64::NAN,
        }
    }

    fn json(&self) -> String {
        let list = |of: fn(&Start) -> f64| {
            let all: Vec<String> = self
                .all
                .iter()
                .map(|one| format!("{:.1}", of(one)))
                .collect();
            all.join(",")
        };
        format!(
            r#"{{"name":"{}","usable_ms":{:.1},"first_ms":{:.1},"pss_mib":{:.1},"each":{{"usable_ms":[{}],"first_ms":[{}],"pss_mib":[{}]}}}}"#,
            self.name,
            self.median(|one| one.usable_ms),
            self.median(|one| one.first_ms),
            self.median(|one| one.memory_mib),
            list(|one| one.usable_ms),
            list(|one| one.first_ms),
            list(|one| one.memory_mib),
        )
    }
}

/// Builds both apps, starts them in turn, prints the medians; fails when a target is missed.
pub(crate) fn bench(words: &[String]) -> ExitCode {
    let measured = asked(words).and_then(|asked| measure(&asked).map(|both| (asked, both)));
    match measured {
        Ok((asked, [ours, empty])) => said(&asked, &ours, &empty),
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

fn asked(words: &[String]) -> Result<Asked, String> {
    let mut asked = Asked {
        release: true,
        json: false,
        starts: STARTS,
    };
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "--json" => asked.json = true,
            "--debug" => asked.release = false,
            "--starts" => {
                let count = words.next().and_then(|count| count.parse().ok());
                let count = count.filter(|count| *count > 0);
                asked.starts = count.ok_or("`--starts` needs a number")?;
            }
            other => return Err(format!("`bench start` takes no `{other}`")),
        }
    }
    Ok(asked)
}

fn measure(asked: &Asked) -> Result<[Starts; 2], String> {
    if !cfg!(target_os = "linux") {
        return Err("a start is looked at through Xvfb, on Linux only".to_owned());
    }
    app::prepare_window()?;
    let ours = build_ours(asked.release)?;
    let programs = [("quaylight", ours), ("empty", empty::build(asked.release)?)];
    let screen = Screen::open()?;
    let bus = screen.bus()?;
    let mut frames = Frames::open(&screen.picture())?;
    let mut both = programs.each_ref().map(|(name, _)| Starts {
        name,
        all: Vec::new(),
    });
    // The first start of each makes caches and state, and fills the computer's memory: not counted.
    for nth in 0..=asked.starts {
        // Who starts first changes, so that what the one leaves behind meets both.
        let turns = if nth % 2 == 0 { [0, 1] } else { [1, 0] };
        for at in turns {
            let start = once(&screen, &bus, &mut frames, &programs[at].1)?;
            if nth > 0 {
                both[at].all.push(start);
            }
        }
    }
    Ok(both)
}

fn build_ours(release: bool) -> Result<std::path::PathBuf, String> {
    let mut build = cargo();
    build.args(["build", "--locked", "--bins", "--features", app::FEATURES]);
    if release {
        // As it is shipped: nothing of the other programs has a say in its features.
        build.args(["--release", "--package", "quaylight"]);
    } else {
        build.arg("--workspace");
    }
    let built = Job::new("bench-ours", build, 45).run();
    built
        .end
        .map_err(|why| format!("build the app: {why}; see bench-ours.log"))?;
    let profile = if release { "release" } else { "debug" };
    Ok(target().join(profile).join("quaylight"))
}

fn once(screen: &Screen, bus: &Bus, frames: &mut Frames, program: &Path) -> Result<Start, String> {
    sleep(BETWEEN);
    let before = frames.shot()?;
    let mut job = Job::new("bench-start", screen.alone(program, bus), 1);
    let begun = Instant::now();
    let running = job.begin()?;
    let painted = frames
        .watch(begun, &before)
        .map_err(|why| format!("start `{}`: {why}", program.display()))?;
    sleep(SETTLE);
    let bytes: u64 = running.ids().into_iter().map(proportional_set).sum();
    Ok(Start {
        first_ms: painted.first,
        usable_ms: painted.whole,
        memory_mib: bytes as f64 / f64::from(1 << 20),
    })
}

/// Proportional set size of a process, in bytes: shared pages count by their share.
fn proportional_set(id: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}

fn said(asked: &Asked, ours: &Starts, empty: &Starts) -> ExitCode {
    let ratio = |of: fn(&Start) -> f64| ours.median(of) / empty.median(of);
    let (time, memory) = (ratio(|one| one.usable_ms), ratio(|one| one.memory_mib));
    let kept = time <= TIME_MAX && memory <= MEMORY_MAX;
    let profile = if asked.release { "release" } else { "debug" };
    if asked.json {
        println!(
            r#"{{"bench":"start","profile":"{profile}","starts":{},"apps":[{},{}],"ratio":{{"usable":{time:.3},"pss":{memory:.3}}},"limit":{{"usable":{TIME_MAX},"pss":{MEMORY_MAX}}},"kept":{kept}}}"#,
            asked.starts,
            ours.json(),
            empty.json(),
        );
    } else {
        println!(
            "{profile} builds, median of {} starts each, in turn",
            asked.starts
        );
        println!(
            "                        {:>10} {:>10}  ratio   at most",
            "quaylight", "empty app"
        );
        for (what, of, unit, limit) in [
            (
                "process to usable",
                (|one| one.usable_ms) as fn(&Start) -> f64,
                "ms",
                Some(TIME_MAX),
            ),
            ("process to a window", |one| one.first_ms, "ms", None),
            (
                "memory, PSS of all",
                |one| one.memory_mib,
                "MiB",
                Some(MEMORY_MAX),
            ),
        ] {
            let limit = limit.map_or_else(String::new, |limit| format!("{limit:.2}"));
            println!(
                "{what:<19} {unit:>4} {:>10.0} {:>10.0}  {:.2}    {limit}",
                ours.median(of),
                empty.median(of),
                ratio(of),
            );
        }
    }
    ExitCode::from(u8::from(!kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_an_even_count_lies_between_two() {
        let start = |usable_ms| Start {
            first_ms: 0.0,
            usable_ms,
            memory_mib: 1.0,
        };
        let all = [9.0, 1.0, 3.0, 5.0].map(start).to_vec();
        let mut starts = Starts { name: "x", all };
        assert!((starts.median(|one| one.usable_ms) - 4.0).abs() < 1e-9);
        starts.all.pop();
        assert!((starts.median(|one| one.usable_ms) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn this_process_has_memory_and_no_other_has() {
        if cfg!(target_os = "linux") {
            assert!(proportional_set(std::process::id()) > 100_000);
            assert_eq!(proportional_set(u32::MAX), 0);
        }
    }

    #[test]
    fn a_wrong_word_is_named() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(asked(&words("--json --debug --starts 3")).is_ok_and(|asked| asked.starts == 3));
        assert!(asked(&words("--starts 0")).is_err());
        assert_eq!(
            asked(&words("--fast")).err().as_deref(),
            Some("`bench start` takes no `--fast`")
        );
    }
}
