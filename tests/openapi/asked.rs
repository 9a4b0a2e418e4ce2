//! The requests that demo clouds noted, and which of them are Quaylight's.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

/// How Quaylight names itself in the header User-Agent.
const OURS: &str = "quaylight/";

/// One request, as the demo cloud noted it.
#[derive(serde::Deserialize)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) filter: Option<String>,
    /// Null without one.
    pub(crate) body: Value,
    pub(crate) agent: Option<String>,
}

impl Request {
    /// The path behind the version.
    pub(crate) fn unversioned(&self) -> &str {
        let versions = ["/v4beta", "/v4"];
        let rest = versions.iter().find_map(|one| self.path.strip_prefix(one));
        rest.unwrap_or(&self.path)
    }
}

/// The distinct requests of Quaylight in all files of a folder.
pub(crate) fn ours(folder: &Path) -> Result<Vec<Request>> {
    let mut lines = BTreeSet::new();
    for entry in std::fs::read_dir(folder)? {
        let text = std::fs::read_to_string(entry?.path())?;
        // A process that was killed may leave half a line.
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        lines.extend(whole.lines().map(str::to_owned));
    }
    let mut all = Vec::new();
    for line in lines {
        let request: Request =
            serde_json::from_str(&line).with_context(|| format!("read the request {line}"))?;
        let agent = request.agent.as_deref().unwrap_or("");
        if agent.starts_with(OURS) {
            all.push(request);
        }
    }
    Ok(all)
}
