//! Which fields the API is known to have besides those of one recording: from other recordings of
//! the same endpoint, both published descriptions, and what is known from elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::recording::{Recording, template};
use crate::shape::Shape;

/// Fields by method and path with `{id}`.
pub(crate) struct Spec {
    fields: BTreeMap<String, BTreeSet<String>>,
}

impl Spec {
    /// Reads the descriptions in `folder`, and adds what was recorded.
    pub(crate) fn read(folder: &Path, recordings: &[Recording]) -> Result<Self> {
        let mut spec = Self {
            fields: BTreeMap::new(),
        };
        let open = |name: &str| -> Result<Value> {
            let text = std::fs::read_to_string(folder.join(name))
                .with_context(|| format!("read `{name}`"))?;
            Ok(serde_json::from_str(&text)?)
        };
        spec.add_openapi(&open("openapi-4.208.1.json")?);
        spec.add_operations(&open("operations-4.229.1.json")?);
        for exchange in recordings.iter().flat_map(|one| &one.exchanges) {
            if exchange.status < 300 {
                let names = Shape::of(&exchange.reply).names();
                spec.add(&exchange.method, &template(&exchange.path), names);
            }
        }
        Ok(spec)
    }

    /// Whether the endpoint's reply is known to have the field.
    pub(crate) fn knows(&self, method: &str, path: &str, field: &str) -> bool {
        let endpoint = template(path);
        let of = |method: &str, path: &str| self.fields.get(&format!("{method} {path}"));
        let has = |names: Option<&BTreeSet<String>>, field: &str| {
            names.is_some_and(|names| names.contains(field))
        };
        // What a GET answers, a POST and a PUT of the same thing answer too, and lists in rows.
        let row = format!("data.{field}");
        has(of(method, &endpoint), field)
            || has(of("GET", &endpoint), field)
            || (method == "POST" && has(of("GET", &endpoint), &row))
    }

    fn add(&mut self, method: &str, path: &str, names: BTreeSet<String>) {
        let key = format!("{} {path}", method.to_uppercase());
        self.fields.entry(key).or_default().extend(names);
    }

    fn add_openapi(&mut self, document: &Value) {
        for (path, operations) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in operations.as_object().into_iter().flatten() {
                let schema =
                    &operation["responses"]["200"]["content"]["application/json"]["schema"];
                let mut names = BTreeSet::new();
                properties(schema, "", &mut names);
                self.add(method, &placeholders(path), names);
            }
        }
    }

    fn add_operations(&mut self, document: &Value) {
        let groups = document.as_object().into_iter().flatten();
        for (_, operation) in groups.filter_map(|(_, group)| group.as_object()).flatten() {
            let (Some(method), Some(path)) =
                (operation["method"].as_str(), operation["url_path"].as_str())
            else {
                continue;
            };
            let model = &operation["response_model"];
            let mut names = BTreeSet::new();
            for name in model["attrs"].as_array().into_iter().flatten() {
                let name = name["name"].as_str().unwrap_or("");
                let whole = if model["is_paginated"] == true {
                    format!("data.{name}")
                } else {
                    name.to_owned()
                };
                // A field inside of a field names both.
                let ends = whole.match_indices('.').map(|(end, _)| end);
                names.extend(ends.map(|end| whole[..end].to_owned()));
                names.insert(whole);
            }
            let path = path.strip_prefix("/{apiVersion}").unwrap_or(path);
            self.add(method, &placeholders(path), names);
        }
    }
}

/// A path with `{id}` in place of every named one.
pub(crate) fn placeholders(path: &str) -> String {
    let segments = path.split('/');
    let plain = segments.map(|one| if one.starts_with('{') { "{id}" } else { one });
    plain.collect::<Vec<_>>().join("/")
}

fn properties(schema: &Value, at: &str, names: &mut BTreeSet<String>) {
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        let path = if at.is_empty() {
            name.clone()
        } else {
            format!("{at}.{name}")
        };
        properties(inner, &path, names);
        names.insert(path);
    }
    if schema["items"].is_object() {
        properties(&schema["items"], at, names);
    }
    for several in ["allOf", "anyOf", "oneOf"] {
        for one in schema[several].as_array().into_iter().flatten() {
            properties(one, at, names);
        }
    }
}
