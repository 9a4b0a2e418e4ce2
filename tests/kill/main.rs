//! The real cli, killed at every point at which it writes to its journal or speaks to the cloud,
//! and what `resume` makes of it: `cargo xtask kill-matrix`.
//!
//! One life (apply, scale, teardown) belongs to a number: each of its commands is killed at the
//! point of that number. Numbers are tried in order until no command lives long enough to be killed.
//! Words: `--every N` takes only every Nth number, `--workers N`, `--json`.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it starts real programs, waits in real time and prints a table"
)]

mod life;
mod look;

use anyhow::{Context, Result, ensure};
use life::{COMMANDS, Life, Violation};
use quaylight_tests::programs::Demo;
use serde_json::json;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Demo time is so many times as fast: a deployment takes less than a second, and the quarter of an
/// hour after which a create rests takes several.
const SPEED: &str = "150";

/// What all workers found.
#[derive(Default)]
struct Found {
    points: [u64; COMMANDS.len()],
    given_again: [u64; COMMANDS.len()],
    violations: Vec<Violation>,
}

struct Words {
    every: u64,
    workers: u64,
    json: bool,
}

fn words() -> Result<Words> {
    let mut read = Words {
        every: 1,
        workers: 4,
        json: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || -> Result<u64> {
            let number: u64 = words.next().context("a number is missing")?.parse()?;
            ensure!(number > 0, "the number must be greater than 0");
            Ok(number)
        };
        match word.as_str() {
            "--json" => read.json = true,
            "--every" => read.every = number()?,
            "--workers" => read.workers = number()?,
            other => anyhow::bail!("`{other}` is unknown"),
        }
    }
    Ok(read)
}

/// Lives one life after the other until a number came at which no command was killed.
async fn work(
    worker: u64,
    every: u64,
    next: Arc<AtomicU64>,
    last: Arc<AtomicU64>,
    found: Arc<Mutex<Found>>,
) -> Result<()> {
    let home = tempfile::tempdir()?;
    let seed = (worker + 1).to_string();
    let demo = Demo::serve(home.path(), &["--speed", SPEED, "--seed", &seed]).await?;
    loop {
        let nth = next.fetch_add(every, Ordering::SeqCst);
        if nth > last.load(Ordering::SeqCst) {
            return Ok(());
        }
        let life = Life::live(&demo, home.path(), nth).await?;
        if life.killed.iter().all(|killed| !killed) {
            last.fetch_min(nth, Ordering::SeqCst);
        }
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        for (index, _) in COMMANDS.iter().enumerate() {
            found.points[index] += u64::from(life.killed[index]);
            found.given_again[index] += u64::from(life.given_again[index]);
        }
        for violation in &life.violations {
            eprintln!("VIOLATION {violation}");
        }
        found.violations.extend(life.violations);
        let points: u64 = found.points.iter().sum();
        if (nth / every).is_multiple_of(20) {
            eprintln!(
                "number {nth}: {points} points, {} violations",
                found.violations.len()
            );
        }
    }
}

async fn matrix(words: &Words) -> Result<bool> {
    let begun = Instant::now();
    let next = Arc::new(AtomicU64::new(words.every));
    let last = Arc::new(AtomicU64::new(u64::MAX));
    let found = Arc::new(Mutex::new(Found::default()));
    let work = |worker| {
        work(
            worker,
            words.every,
            next.clone(),
            last.clone(),
            found.clone(),
        )
    };
    let workers: Vec<_> = (0..words.workers).map(|n| tokio::spawn(work(n))).collect();
    for worker in workers {
        worker.await??;
    }
    let found = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
    let points: u64 = found.points.iter().sum();
    let violations = |command: &str| {
        let of = |violation: &&Violation| violation.command == command;
        found.violations.iter().filter(of).count()
    };
    let rows = COMMANDS.iter().enumerate().map(|(index, command)| {
        json!({
            "command": command, "points": found.points[index],
            "given_again": found.given_again[index], "violations": violations(command),
        })
    });
    let rows: Vec<serde_json::Value> = rows.collect();
    let texts = found.violations.iter().map(ToString::to_string);
    let texts: Vec<String> = texts.collect();
    let seconds = begun.elapsed().as_secs();
    if words.json {
        let document = json!({
            "points": points, "every": words.every, "seconds": seconds,
            "commands": rows, "violations": texts,
        });
        println!("{document}");
    } else {
        println!("command    killed at  given again  violations");
        for (index, command) in COMMANDS.iter().enumerate() {
            let (killed, again) = (found.points[index], found.given_again[index]);
            println!(
                "{command:<9} {killed:>10} {again:>12} {:>11}",
                violations(command)
            );
        }
        for text in &texts {
            println!("{text}");
        }
        println!("{points} points in {seconds} s, {} violations", texts.len());
    }
    ensure!(
        found.points.iter().all(|points| *points > 0),
        "a command was never killed: is the program built with the feature `kill-points`?"
    );
    Ok(texts.is_empty())
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match words() {
        Ok(words) => matrix(&words).await,
        Err(wrong) => Err(wrong),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("kill-matrix: {error:#}");
            ExitCode::from(2)
        }
    }
}
