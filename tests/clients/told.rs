//! A program that works a demo cloud and says in JSON lines what it found.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use quaylight_tests::programs::told;
use serde_json::Value;
use tokio::process::Command;

use crate::cloud::{Cloud, TOKEN};

/// What a program said, in order.
pub(crate) struct Told {
    lines: Vec<Value>,
}

impl Told {
    /// Runs it to its end, with the cloud's address and a token as its last words.
    pub(crate) async fn of(program: &Path, script: Option<&Path>, cloud: &Cloud) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let output = Command::new(program)
            .args(script)
            .args([cloud.url(), TOKEN])
            .env_remove("LINODE_TOKEN")
            .env("HOME", home.path())
            .env("USERPROFILE", home.path())
            .kill_on_drop(true)
            .output()
            .await
            .with_context(|| format!("start `{}`", program.display()))?;
        ensure!(output.status.success(), "{}", told(&output));
        let text = String::from_utf8(output.stdout)?;
        let lines = text.lines().map(serde_json::from_str);
        Ok(Self {
            lines: lines.collect::<Result<_, _>>()?,
        })
    }

    /// How many things it did.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// All that it said about one thing.
    pub(crate) fn all(&self, what: &str) -> impl Iterator<Item = &Value> {
        self.lines.iter().filter(move |line| line["did"] == what)
    }

    /// What it said about the one thing, which must be there.
    pub(crate) fn one(&self, what: &str) -> Result<&Value> {
        let mut found = self.all(what);
        found
            .next()
            .with_context(|| format!("nothing about `{what}` was said"))
    }

    /// Fields of the one thing, which must be these.
    pub(crate) fn says(&self, what: &str, wanted: &Value) -> Result<()> {
        let said = self.one(what)?;
        for (name, value) in wanted.as_object().context("fields")? {
            ensure!(said[name] == *value, "{name} of {said}, wanted {value}");
        }
        Ok(())
    }
}
