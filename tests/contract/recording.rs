//! The recorded exchanges, as they stand in their files.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::Value;

/// One recording: what a client asked of the real API in a row, and what came back.
pub(crate) struct Recording {
    /// The file's name without its ending.
    pub(crate) name: String,
    /// In order.
    pub(crate) exchanges: Vec<Exchange>,
}

/// One request and its reply.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) method: String,
    /// Without host and version: `/lke/clusters/1`. Of another host: the whole address.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) filter: Option<String>,
    /// Null without a body.
    pub(crate) sent: Value,
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<String>,
    pub(crate) reply: Value,
}

#[derive(Deserialize)]
struct File {
    interactions: Vec<Interaction>,
}

#[derive(Deserialize)]
struct Interaction {
    request: Request,
    response: Response,
}

#[derive(Deserialize)]
struct Request {
    body: String,
    headers: BTreeMap<String, Vec<String>>,
    url: String,
    method: String,
}

#[derive(Deserialize)]
struct Response {
    body: String,
    #[serde(default)]
    headers: BTreeMap<String, Vec<String>>,
    code: u16,
}

/// All recordings of a folder, by name.
pub(crate) fn all(folder: &Path) -> Result<Vec<Recording>> {
    let mut files: Vec<_> = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|end| end == "yaml"));
    files.sort();
    files.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Recording> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let text = std::fs::read_to_string(path)?;
    let file: File =
        serde_saphyr::from_str(&text).with_context(|| format!("read recording `{name}`"))?;
    let exchanges = file.interactions.into_iter().map(exchange);
    Ok(Recording {
        name: name.clone().into_owned(),
        exchanges: exchanges
            .collect::<Result<_>>()
            .with_context(|| format!("read recording `{name}`"))?,
    })
}

fn exchange(one: Interaction) -> Result<Exchange> {
    let url = one.request.url;
    let own = url.strip_prefix("https://api.linode.com/v4beta");
    let address = own.unwrap_or(&url);
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let json = |text: &str| match text.trim() {
        "" => Ok(Value::Null),
        text => serde_json::from_str(text),
    };
    let filter = one
        .request
        .headers
        .get("X-Filter")
        .and_then(|list| list.first());
    Ok(Exchange {
        method: one.request.method,
        path: path.to_owned(),
        query: query.to_owned(),
        filter: filter.cloned(),
        sent: json(&one.request.body)?,
        status: one.response.code,
        headers: one
            .response
            .headers
            .keys()
            .map(|name| name.to_lowercase())
            .collect(),
        reply: json(&one.response.body)?,
    })
}

/// A path with `{id}` in place of everything that names one thing.
pub(crate) fn template(path: &str) -> String {
    let mut previous = "";
    let mut out = Vec::new();
    for segment in path.split('/') {
        let names_one = segment.starts_with(|c: char| c.is_ascii_digit())
            || (matches!(previous, "versions" | "templates" | "tiers" | "types")
                && !segment.is_empty());
        out.push(if names_one { "{id}" } else { segment });
        previous = segment;
    }
    out.join("/")
}
