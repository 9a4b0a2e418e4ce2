//! The unmodified `linode-cli` in a home of its own, with nothing but a demo cloud to talk to.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, ensure};
use quaylight_tests::programs::told;
use serde_json::Value;
use tokio::process::Command;

use crate::cloud::{Cloud, TOKEN};

/// `linode-cli` and the cloud that it believes to be Linode.
pub(crate) struct LinodeCli {
    program: PathBuf,
    home: tempfile::TempDir,
    pub(crate) cloud: Cloud,
    commands: AtomicUsize,
}

impl LinodeCli {
    /// A new cloud, whose clock stands still until it is told to go on.
    pub(crate) async fn new(program: &Path) -> Result<Self> {
        Ok(Self {
            program: program.to_owned(),
            home: tempfile::tempdir()?,
            cloud: Cloud::new().await?,
            commands: AtomicUsize::new(0),
        })
    }

    /// How many commands were run.
    pub(crate) fn commands(&self) -> usize {
        self.commands.load(Ordering::Relaxed)
    }

    async fn run(&self, words: &str) -> Result<std::process::Output> {
        self.commands.fetch_add(1, Ordering::Relaxed);
        let home = self.home.path();
        let output = Command::new(&self.program)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home)
            .env("USERPROFILE", home)
            .env("XDG_CONFIG_HOME", home)
            .env("LINODE_CLI_TOKEN", TOKEN)
            .env("LINODE_CLI_API_HOST", self.cloud.host())
            .env("LINODE_CLI_API_SCHEME", "http")
            .env("LINODE_CLI_SUPPRESS_VERSION_WARNING", "1")
            .args(["--no-defaults", "--json", "--all-columns"])
            .args(words.split_whitespace())
            .kill_on_drop(true)
            .output()
            .await
            .context("start linode-cli")?;
        Ok(output)
    }

    /// What a command prints: rows, also of a single thing.
    pub(crate) async fn rows(&self, words: &str) -> Result<Vec<Value>> {
        let output = self.run(words).await?;
        ensure!(output.status.success(), "{words}: {}", told(&output));
        // An answer without fields, such as that of a DELETE, is printed as nothing.
        if output.stdout.trim_ascii().is_empty() {
            return Ok(Vec::new());
        }
        let rows: Value = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("{words}: {}", told(&output)))?;
        let rows = rows.as_array().context("linode-cli prints a list")?;
        Ok(rows.clone())
    }

    /// The one row that a command prints.
    pub(crate) async fn row(&self, words: &str) -> Result<Value> {
        let mut rows = self.rows(words).await?;
        ensure!(rows.len() == 1, "{words} prints {} rows", rows.len());
        rows.pop().context("one row")
    }

    /// A command without an answer to print.
    pub(crate) async fn does(&self, words: &str) -> Result<()> {
        let rows = self.rows(words).await?;
        let silent = rows.iter().all(|row| row == &serde_json::json!({}));
        ensure!(silent, "{words} prints {rows:?}");
        Ok(())
    }

    /// The rows of a command, which must be what the cloud holds at `path`, in the same order.
    pub(crate) async fn same(&self, words: &str, path: &str) -> Result<Vec<Value>> {
        let rows = self.rows(words).await?;
        self.holds(words, &rows, path, None).await?;
        Ok(rows)
    }

    /// The same for a command with flags that become the header X-Filter.
    pub(crate) async fn filtered(
        &self,
        words: &str,
        path: &str,
        filter: &Value,
    ) -> Result<Vec<Value>> {
        let rows = self.rows(words).await?;
        let filter = Some(filter.to_string());
        self.holds(words, &rows, path, filter.as_deref()).await?;
        Ok(rows)
    }

    /// A command that changes something: what it prints is what the cloud holds afterwards at the
    /// path that `place` makes of the row.
    pub(crate) async fn changes(
        &self,
        words: &str,
        place: impl Fn(&Value) -> String,
    ) -> Result<Value> {
        let row = self.row(words).await?;
        let rows = std::slice::from_ref(&row);
        self.holds(words, rows, &place(&row), None).await?;
        Ok(row)
    }

    async fn holds(
        &self,
        words: &str,
        rows: &[Value],
        path: &str,
        filter: Option<&str>,
    ) -> Result<()> {
        let held = self.cloud.all(path, filter).await?;
        let alike = rows.len() == held.len()
            && rows
                .iter()
                .zip(&held)
                .all(|(row, whole)| part_of(row, whole));
        ensure!(
            alike,
            "{words} prints\n{}\nbut {path} holds\n{}",
            Value::from(rows.to_vec()),
            Value::from(held)
        );
        Ok(())
    }

    /// What Linode says to a wrong command: the status, the field and the reason.
    pub(crate) async fn refused(&self, words: &str) -> Result<String> {
        let output = self.run(words).await?;
        ensure!(!output.status.success(), "{words} was accepted");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let (head, rest) = text.split_once('\n').with_context(|| told(&output))?;
        let status = head
            .strip_prefix("Request failed: ")
            .with_context(|| format!("{words}: {}", told(&output)))?;
        let errors: Value = serde_json::from_str(rest).with_context(|| told(&output))?;
        let first = |name: &str| errors[0][name].as_str().unwrap_or("").to_owned();
        Ok(format!("{status} [{}] {}", first("field"), first("reason")))
    }
}

/// Whether everything in `part` stands in `whole`. linode-cli leaves out fields that it does not
/// know, and changes none. What is to be paid so far has grown since it printed it.
fn part_of(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => part
            .iter()
            .filter(|(name, _)| *name != "balance_uninvoiced")
            .all(|(name, value)| whole.get(name).is_some_and(|inner| part_of(value, inner))),
        (Value::Array(part), Value::Array(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(a, b)| part_of(a, b))
        }
        _ => part == whole,
    }
}

#[test]
fn a_part_has_no_other_value_and_no_other_row() {
    use serde_json::json;
    let whole = json!({"id": 1, "nodes": [{"id": "a", "status": "ready"}], "tags": []});
    assert!(part_of(&json!({"nodes": [{"id": "a"}]}), &whole));
    assert!(!part_of(&json!({"id": 2}), &whole));
    assert!(!part_of(&json!({"nodes": []}), &whole));
    assert!(!part_of(&json!({"label": null}), &whole));
}
