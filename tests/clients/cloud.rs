//! A demo cloud on loopback, and what it holds, read past the client under test.

use anyhow::{Context as _, Result, ensure};
use quaylight_tests::programs::Demo;
use serde_json::{Value, json};

/// Any text is a token of the demo's own account.
pub(crate) const TOKEN: &str = "a-token-of-the-demo-cloud";

/// A demo cloud whose clock stands still until it is told to go on.
pub(crate) struct Cloud {
    demo: Demo,
    _home: tempfile::TempDir,
}

impl Cloud {
    /// A new and empty one.
    pub(crate) async fn new() -> Result<Self> {
        let home = tempfile::tempdir()?;
        let demo = Demo::serve(home.path(), &[]).await?;
        let cloud = Self { demo, _home: home };
        cloud.demo("POST", "clock", json!({"paused": true})).await?;
        Ok(cloud)
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> &str {
        &self.demo.url
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn host(&self) -> &str {
        self.url().trim_start_matches("http://")
    }

    /// Asks one of the demo's own endpoints.
    pub(crate) async fn demo(&self, method: &str, name: &str, body: Value) -> Result<Value> {
        let path = format!("/_demo/{name}");
        self.demo.ask(method, &path, Some(body)).await
    }

    /// Time passes.
    pub(crate) async fn step(&self, seconds: u32) -> Result<()> {
        let step = json!({"step_ms": seconds * 1000});
        self.demo("POST", "clock", step).await.map(drop)
    }

    /// What is at `path`: the rows of all its pages, those of an array, or the one thing.
    pub(crate) async fn all(&self, path: &str, filter: Option<&str>) -> Result<Vec<Value>> {
        let mut rows = Vec::new();
        for number in 1.. {
            let page = self.page(path, filter, number).await?;
            if let Value::Array(all) = page {
                return Ok(all);
            }
            if !page["pages"].is_u64() {
                return Ok(vec![page]);
            }
            rows.extend(page["data"].as_array().context("rows")?.clone());
            if page["pages"] == number {
                break;
            }
        }
        Ok(rows)
    }

    async fn page(&self, path: &str, filter: Option<&str>, number: u32) -> Result<Value> {
        let url = format!("{}{path}?page={number}&page_size=500", self.demo.url);
        let mut request = reqwest::Client::new().get(&url).bearer_auth(TOKEN);
        if let Some(filter) = filter {
            request = request.header("x-filter", filter);
        }
        let reply = request.send().await?;
        let status = reply.status();
        let body: Value = serde_json::from_slice(&reply.bytes().await?)?;
        ensure!(status.is_success(), "{path} answers {status}: {body}");
        Ok(body)
    }

    /// The one thing at `path`.
    pub(crate) async fn one(&self, path: &str) -> Result<Value> {
        let mut all = self.all(path, None).await?;
        ensure!(all.len() == 1, "{path} holds {} things", all.len());
        all.pop().context("one thing")
    }
}
