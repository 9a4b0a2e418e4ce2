//! One life of a deployment, each command killed at the same point of its own.

use crate::look::{Neighbour, Seen, seen};
use anyhow::{Context, Result};
use domain::plan::Purpose;
use quaylight_tests::programs::{Demo, cli};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// The commands of a life, in order.
pub(crate) const COMMANDS: [&str; 3] = ["apply", "scale", "teardown"];

/// More than any command takes.
const LIMIT: Duration = Duration::from_secs(25);

/// Something that must not be.
#[derive(Debug)]
pub(crate) struct Violation {
    pub(crate) command: &'static str,
    nth: u64,
    place: String,
    what: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            command,
            nth,
            place,
            what,
        } = self;
        write!(f, "{command} {nth} ({place}): {what}")
    }
}

/// What became of one life.
#[derive(Default)]
pub(crate) struct Life {
    pub(crate) killed: [bool; COMMANDS.len()],
    /// Whether nothing was accepted yet, so that the command was given once more.
    pub(crate) given_again: [bool; COMMANDS.len()],
    pub(crate) violations: Vec<Violation>,
}

/// A user with a home and an account of their own on one demo cloud.
struct User<'a> {
    demo: &'a Demo,
    home: PathBuf,
    account: String,
    token: String,
    label: String,
}

/// How a command ended.
struct Ended {
    well: bool,
    killed: Option<String>,
    said: String,
}

/// Who may connect: this computer, as the demo cloud sees it, and as many others as nodes.
fn spec(gpu_nodes: u32) -> String {
    let access = format!("[\"203.0.113.7/32\", \"198.51.100.{gpu_nodes}/32\"]");
    format!(
        "cluster_name_prefix = \"kill\"\nregion = \"us-ord\"\n\
         gpu_node_type = \"g2-gpu-rtx4000a1-s\"\nkubernetes_version = \"1.34\"\n\
         gpu_node_count = {gpu_nodes}\nautoscaler_min = {gpu_nodes}\nautoscaler_max = {gpu_nodes}\n\
         allowed_kubectl_ips = {access}\nallowed_kubeflow_ui_ips = {access}\n"
    )
}

impl User<'_> {
    /// Runs a command to its end or its limit.
    async fn run(&self, words: &[&str], kill_at: Option<u64>) -> Result<Ended> {
        let path = self.home.with_extension("stderr");
        let mut command = cli(&self.home);
        command
            .env("QUAYLIGHT_DEMO_TOKEN", &self.token)
            .args(["--cloud", &self.demo.url, "--yes"])
            .args(words)
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&path)?);
        if let Some(nth) = kill_at {
            command.env("QUAYLIGHT_KILL_AT", nth.to_string());
        }
        let status = tokio::time::timeout(LIMIT, command.status()).await;
        let status = status.ok().transpose()?;
        let said = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
        let killed = said
            .lines()
            .find(|line| line.starts_with("killed at point"));
        Ok(Ended {
            well: status.is_some_and(|status| status.success()),
            killed: killed.map(str::to_owned),
            said: format!("{words:?}: {status:?}\n{said}"),
        })
    }

    /// The words of a command of the life.
    fn words(&self, command: &str) -> Result<Vec<String>> {
        let word = |text: &str| text.to_owned();
        if command == "teardown" {
            return Ok(vec![word("teardown"), self.label.clone()]);
        }
        let file = self.home.with_extension("tfvars");
        std::fs::write(&file, spec(if command == "apply" { 1 } else { 2 }))?;
        let file = file.display().to_string();
        Ok(vec![word("apply"), word("--var-file"), file])
    }
}

/// What is wrong with what is there after a command has come to its end.
fn wrong(command: &str, seen: &Seen) -> Vec<String> {
    let wanted = match command {
        "apply" => [1, 1, 2, 1],
        "scale" => [1, 1, 3, 1],
        _ => [0; 4],
    };
    let kinds = ["cluster", "control_plane", "linode", "firewall"];
    let mut wrong = Vec::new();
    let there = kinds.map(|kind| seen.alive(kind));
    if there != wanted || seen.alive.len() != wanted.iter().sum::<usize>() {
        wrong.push(format!(
            "{kinds:?} are {there:?}, not {wanted:?}: {:?}",
            seen.alive
        ));
    }
    wrong.extend(seen.disagreement());
    wrong
}

/// Whether the plan of this command was ever accepted.
fn accepted(command: &str, seen: &Seen) -> bool {
    seen.purpose
        == Some(match command {
            "apply" => Purpose::Create,
            "scale" => Purpose::Update,
            _ => Purpose::TearDown,
        })
}

impl Life {
    /// Applies, scales and tears down; every command is killed at its `nth` point, then resumed.
    pub(crate) async fn live(demo: &Demo, homes: &Path, nth: u64) -> Result<Self> {
        let account = format!("account-{nth}");
        let token = demo
            .ask("POST", "/_demo/tokens", Some(json!({"account": account})))
            .await?;
        let user = User {
            demo,
            home: homes.join(format!("home-{nth}")),
            account,
            token: token["token"].as_str().context("a token")?.to_owned(),
            label: "kill-lke-gpu-kubeflow".to_owned(),
        };
        let neighbour = Neighbour::settle(demo, &user.token, nth).await?;
        let mut life = Self::default();
        for (index, command) in COMMANDS.iter().enumerate() {
            let before = life.violations.len();
            life.command(&user, &neighbour, index, nth).await?;
            if life.violations.len() > before {
                // What stands after a violation says nothing about the next command.
                eprintln!("{command} {nth}: the rest of this life is left out");
                break;
            }
        }
        std::fs::remove_dir_all(&user.home).ok();
        Ok(life)
    }

    async fn command(
        &mut self,
        user: &User<'_>,
        neighbour: &Neighbour,
        index: usize,
        nth: u64,
    ) -> Result<()> {
        let command = COMMANDS[index];
        let words = user.words(command)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let first = user.run(&words, Some(nth)).await?;
        let mut problems = Vec::new();
        if first.killed.is_some() {
            self.killed[index] = true;
            let resumed = user.run(&["resume"], None).await?;
            if !resumed.well {
                problems.push(resumed.said);
            }
        } else if !first.well {
            problems.push(first.said);
        }
        let mut there = seen(user.demo, &user.home, &user.account, neighbour).await?;
        if self.killed[index] && problems.is_empty() && !accepted(command, &there) {
            // Nothing was accepted, so nothing may have changed; the user gives the command again.
            self.given_again[index] = true;
            let unchanged = index
                .checked_sub(1)
                .map_or("teardown", |before| COMMANDS[before]);
            problems.extend(wrong(unchanged, &there));
            let again = user.run(&words, None).await?;
            if !again.well {
                problems.push(again.said);
            }
            there = seen(user.demo, &user.home, &user.account, neighbour).await?;
        }
        problems.extend(wrong(command, &there));
        let place = first.killed.unwrap_or_else(|| "not killed".to_owned());
        self.violations
            .extend(problems.into_iter().map(|what| Violation {
                command,
                nth,
                place: place.clone(),
                what,
            }));
        Ok(())
    }
}
