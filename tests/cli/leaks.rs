//! Tokens and the kubeconfig's secrets are nowhere but where they belong: seen from outside (files,
//! output, arguments and environment of the real cli and its children, looked at again and again)
//! and from inside (every event at trace level, and what a panic could print).

use anyhow::{Context, Result, ensure};
use quaylight_tests::programs::{Demo, cli, told};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the demo cloud gets, and a live token that nobody may read.
const GIVEN: &str = "canarydemo7c1f9a52canarydemo7c1f9a52";
const LIVE: &str = "canarylive3be06d84canarylive3be06d84";

/// Everything that was seen: where, and each content that it had.
#[derive(Debug, Default)]
struct Sights {
    seen: BTreeMap<String, BTreeSet<Vec<u8>>>,
    looks: u64,
}

impl Sights {
    fn see(&mut self, place: String, content: Vec<u8>) {
        self.seen.entry(place).or_default().insert(content);
    }

    /// Files below a folder, but for the one where secrets belong.
    fn files(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                self.files(&path);
            } else if let Ok(content) = std::fs::read(&path) {
                self.see(format!("file {}", path.display()), content);
            }
        }
    }

    /// A process and all below it. The variables that a person set are left out of its own
    /// environment; a child gets none of them.
    fn processes(&mut self, parent: u32) {
        let read = |pid: u32, what: &str| std::fs::read(format!("/proc/{pid}/{what}"));
        let above = |pid: u32| {
            let stat = String::from_utf8(read(pid, "stat").ok()?).ok()?;
            let mut fields = stat.rsplit(')').next()?.split_whitespace();
            fields.nth(1)?.parse::<u32>().ok()
        };
        let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids: Vec<u32> = all
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect();
        let mut family = BTreeSet::from([parent]);
        while let Some(child) = pids.iter().find(|pid| {
            !family.contains(*pid) && above(**pid).is_some_and(|above| family.contains(&above))
        }) {
            family.insert(*child);
        }
        for pid in family {
            if let Ok(line) = read(pid, "cmdline") {
                self.see(format!("arguments of {pid}"), line);
            }
            if let Ok(all) = read(pid, "environ") {
                let given = [
                    format!("QUAYLIGHT_DEMO_TOKEN={GIVEN}"),
                    format!("LINODE_TOKEN={LIVE}"),
                ];
                let of_person = |one: &&[u8]| {
                    pid == parent && given.iter().any(|given| given.as_bytes() == *one)
                };
                let vars: Vec<&[u8]> = all.split(|byte| *byte == 0).collect();
                let rest: Vec<&[u8]> = vars.into_iter().filter(|one| !of_person(one)).collect();
                self.see(format!("environment of {pid}"), rest.join(&0));
            }
        }
    }

    /// Where a secret was seen.
    fn places_of(&self, secret: &str) -> Vec<&str> {
        let holds = |content: &Vec<u8>| {
            let mut parts = content.windows(secret.len());
            parts.any(|part| part == secret.as_bytes())
        };
        let places = self.seen.iter();
        let found = places.filter(|(_, contents)| contents.iter().any(holds));
        found.map(|(place, _)| place.as_str()).collect()
    }
}

/// One command of the cli with canaries in its environment, watched until it ends.
async fn watched(
    base: &Path,
    demo: &Demo,
    args: &[&str],
    sights: &Arc<Mutex<Sights>>,
) -> Result<()> {
    let child = cli(&base.join("home"))
        .env("TMPDIR", base.join("tmp"))
        .env("QUAYLIGHT_DEMO_TOKEN", GIVEN)
        .env("LINODE_TOKEN", LIVE)
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "full")
        .args(["--cloud", &demo.url, "--yes"])
        .args(args)
        .spawn()?;
    let pid = child.id().context("a process")?;
    let ended = Arc::new(AtomicBool::new(false));
    let watch = {
        let (base, ended, sights) = (base.to_owned(), ended.clone(), sights.clone());
        std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                if let Ok(mut sights) = sights.lock() {
                    sights.files(&base.join("home"));
                    sights.files(&base.join("tmp"));
                    sights.processes(pid);
                    sights.looks += 1;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        })
    };
    let output = child.wait_with_output().await?;
    ended.store(true, Ordering::Relaxed);
    watch.join().ok().context("the watch broke off")?;
    ensure!(
        output.status.code() == Some(0),
        "{args:?} {}",
        told(&output)
    );
    let mut sights = sights.lock().ok().context("the watch broke off")?;
    sights.files(&base.join("home"));
    sights.files(&base.join("tmp"));
    sights.see(format!("stdout of {args:?}"), output.stdout);
    sights.see(format!("stderr of {args:?}"), output.stderr);
    Ok(())
}

/// The secrets of a kubeconfig: the token, and a part of the whole as the API sends it.
fn secrets_of(kubeconfig: &str) -> Result<[String; 2]> {
    use base64::Engine as _;
    let token = kubeconfig.split("token: ").nth(1).context("a token")?;
    let token = token.lines().next().unwrap_or_default().trim();
    let token = token.trim_matches(['"', '\'']).to_owned();
    ensure!(token.len() >= 20, "a short token");
    let sent = base64::engine::general_purpose::STANDARD.encode(&token);
    Ok([token, sent[..sent.len() - 4].to_owned()])
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_a_file_an_argument_an_environment_or_the_output() -> Result<()> {
    let base = tempfile::tempdir()?;
    let base = base.path();
    for folder in ["home", "tmp", "own", "demo"] {
        std::fs::create_dir(base.join(folder))?;
    }
    let demo = Demo::serve(&base.join("demo"), &["--speed", "60"]).await?;
    let sights = Arc::default();
    watched(base, &demo, &["apply"], &sights).await?;
    let file = base.join("own/kubeconfig.yaml");
    let to = file.to_str().context("a path")?;
    let label = label(&base.join("home"), &demo).await?;
    watched(base, &demo, &["kubeconfig", &label, "--out", to], &sights).await?;
    let kubeconfig = std::fs::read_to_string(&file)?;
    watched(base, &demo, &["teardown", &label], &sights).await?;
    let beside: Vec<PathBuf> = std::fs::read_dir(base.join("own"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    ensure!(beside == [file], "{beside:?}");

    let sights = sights.lock().ok().context("the watch broke off")?;
    let [token, sent] = secrets_of(&kubeconfig)?;
    ensure!(kubeconfig.contains(&token));
    for secret in [GIVEN, LIVE, &token, &sent] {
        let places = sights.places_of(secret);
        ensure!(places.is_empty(), "`{}…` is in {places:?}", &secret[..12]);
    }
    // The watch does see: what is no secret is found where it belongs.
    for (word, place) in [("\"intent\"", "journal.jsonl"), ("teardown", "arguments")] {
        let places = sights.places_of(word);
        ensure!(places.iter().any(|one| one.contains(place)), "{places:?}");
    }
    let contents: usize = sights.seen.values().map(BTreeSet::len).sum();
    println!(
        "{} looks at {} places with {contents} contents: no secret",
        sights.looks,
        sights.seen.len()
    );
    Ok(())
}

async fn label(home: &Path, demo: &Demo) -> Result<String> {
    let mut list = cli(home);
    let output = list
        .args(["--cloud", &demo.url, "--json", "list"])
        .output()
        .await?;
    let list: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let label = list["deployments"][0]["label"]
        .as_str()
        .context("a label")?;
    Ok(label.to_owned())
}
