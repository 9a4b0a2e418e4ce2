//! A kubeconfig as the lines that a person or kubectl wrote: entries are put in and taken out in
//! place, so that comments, order and everything else stay byte for byte. What came out is read
//! again and compared with what was meant; when the two differ, nothing is written.

use super::page::{Edits, Found, Page};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The lists of a kubeconfig, in the order in which kubectl writes them.
pub(super) const LISTS: [&str; 3] = ["clusters", "contexts", "users"];
const CURRENT: &str = "current-context";

/// Why a text was left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It is no YAML that means a kubeconfig.
    Unreadable,
    /// It is written so that a change in place would touch something else.
    Shape,
}

/// What is put in: a name, and for each list what stands under it.
pub(super) struct Item {
    pub(super) name: String,
    /// In the order of [`LISTS`]: the value as lines of YAML, without the name.
    pub(super) bodies: [Value; 3],
    pub(super) current: bool,
}

/// What has to be known to take it out again as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Before {
    /// In the order of [`LISTS`]: the rest of the list's line when it was empty, or its absence.
    lists: [List; 3],
    /// The current context's.
    current: Line,
}

impl Before {
    /// Put in for the second time, what stood there before the first time counts.
    pub(super) fn after(self, first: Self) -> Self {
        Self {
            lists: first.lists,
            current: match first.current {
                Line::Untouched => self.current,
                first @ (Line::Absent | Line::Was(_)) => first,
            },
        }
    }
}

/// How a line stood before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// It was not changed.
    #[default]
    Untouched,
    /// There was none.
    Absent,
    /// So.
    Was(String),
}

/// How a list stood before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum List {
    /// With entries.
    #[default]
    Filled,
    /// Without: the rest of its line.
    Empty(String),
    /// Not at all.
    Absent,
}

/// Reads a kubeconfig; `Null` is an empty one.
pub(super) fn read(text: &str) -> Result<Value, Wrong> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_documents: 1,
            max_depth: 64,
            flow_nesting_limit: 64,
        },
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::Error,
        strict_booleans: true,
    };
    let plain = text.strip_prefix('\u{feff}').unwrap_or(text);
    if plain
        .lines()
        .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
    {
        return Ok(Value::Null);
    }
    // The library's error quotes the text, which holds secrets.
    let value: Value =
        serde_saphyr::from_str_with_options(plain, options).map_err(|_| Wrong::Unreadable)?;
    let Value::Object(config) = &value else {
        return if value.is_null() {
            Ok(value)
        } else {
            Err(Wrong::Unreadable)
        };
    };
    let says = |key: &str, wanted: &str| match config.get(key) {
        None | Some(Value::Null) => true,
        Some(Value::String(said)) => said == wanted || said.is_empty(),
        Some(_) => false,
    };
    let text_or_none = matches!(
        config.get(CURRENT),
        None | Some(Value::Null | Value::String(_))
    );
    let named = |entry: &Value| entry.get("name").is_some_and(Value::is_string);
    let listed = |list: &&str| match config.get(*list) {
        None | Some(Value::Null) => true,
        Some(Value::Array(all)) => all.iter().all(named),
        Some(_) => false,
    };
    let fits = says("kind", "Config") && says("apiVersion", "v1") && text_or_none;
    if fits && LISTS.iter().all(listed) {
        Ok(value)
    } else {
        Err(Wrong::Unreadable)
    }
}

/// The entry of a list that bears a name.
pub(super) fn entry<'a>(config: &'a Value, list: &str, name: &str) -> Option<&'a Value> {
    let all = config.get(list)?.as_array()?;
    all.iter().find(|one| one["name"] == name)
}

/// The current context; empty is none.
pub(super) fn current(config: &Value) -> Option<&str> {
    config
        .get(CURRENT)?
        .as_str()
        .filter(|name| !name.is_empty())
}

/// Puts an item in, or in the place of the one of its name.
pub(super) fn put(text: &str, item: &Item) -> Result<(String, Before), Wrong> {
    let config = read(text)?;
    let meant = meant(&config, item);
    if text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with('{')
    {
        return in_json(text, &meant);
    }
    let page = Page::of(text, &config)?;
    let mut before = Before::default();
    let mut edits = Edits::default();
    if config.is_null() {
        edits.at_end(vec!["apiVersion: v1".to_owned(), "kind: Config".to_owned()]);
    }
    for (at, list) in LISTS.iter().enumerate() {
        let lines = |indent| written(&item.name, singular(list), &item.bodies[at], indent);
        match page.list(list)? {
            Found::Absent => {
                before.lists[at] = List::Absent;
                let mut new = vec![format!("{list}:")];
                new.extend(lines(0));
                edits.at_end(new);
            }
            Found::Empty { line, rest } => {
                before.lists[at] = List::Empty(rest.clone());
                let comment = rest.find('#').map_or("", |hash| &rest[hash..]);
                let gap = if comment.is_empty() { "" } else { " " };
                edits.replace(
                    line..line + 1,
                    vec![format!("{}{gap}{comment}", page.key(line))],
                );
                edits.insert(line + 1, lines(0));
            }
            Found::Filled { items, indent } => match position(&config, list, &item.name) {
                Some(own) => edits.replace(items[own].clone(), lines(indent)),
                None => edits.insert(items[items.len() - 1].end, lines(indent)),
            },
        }
    }
    if item.current && current(&config) != Some(&item.name) {
        let line = format!("{CURRENT}: \"{}\"", item.name);
        let place = page.line_of(CURRENT);
        before.current = place.map_or(Line::Absent, |at| Line::Was(page.lines[at].to_owned()));
        match place {
            Some(at) => edits.replace(at..at + 1, vec![line]),
            None => edits.at_end(vec![line]),
        }
    }
    let new = edits.made(&page);
    let same = read(&new).is_ok_and(|read| read == meant);
    if same {
        Ok((new, before))
    } else {
        Err(Wrong::Shape)
    }
}

/// Takes out the entries of a name that `owns` says yes to; what stood there before a merge stands
/// there again.
pub(super) fn take_out(
    text: &str,
    name: &str,
    before: &Before,
    owns: impl Fn(&str, &Value) -> bool,
) -> Result<String, Wrong> {
    let config = read(text)?;
    let Value::Object(whole) = &config else {
        return Ok(text.to_owned());
    };
    let ours: Vec<Option<usize>> = LISTS
        .iter()
        .map(|list| position(&config, list, name).filter(|at| owns(list, &config[*list][*at])))
        .collect();
    let mut left = whole.clone();
    for (list, own) in LISTS.iter().zip(&ours) {
        if let (Some(at), Some(all)) = (own, left.get_mut(*list).and_then(Value::as_array_mut)) {
            all.remove(*at);
        }
    }
    let points_here = ours[1].is_some() && current(&config) == Some(name);
    if text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with('{')
    {
        if points_here {
            left.insert(CURRENT.to_owned(), Value::String(String::new()));
        }
        return in_json(text, &Value::Object(left)).map(|(text, _)| text);
    }
    let page = Page::of(text, &config)?;
    let mut edits = Edits::default();
    for (at, list) in LISTS.iter().enumerate() {
        let (Some(own), Found::Filled { items, .. }) = (ours[at], page.list(list)?) else {
            continue;
        };
        edits.replace(items[own].clone(), Vec::new());
        let line = page.line_of(list).ok_or(Wrong::Shape)?;
        if items.len() > 1 {
            continue;
        }
        match &before.lists[at] {
            List::Absent => {
                edits.replace(line..line + 1, Vec::new());
                left.remove(*list);
            }
            List::Empty(rest) => {
                edits.replace(line..line + 1, vec![format!("{}{rest}", page.key(line))]);
                let nothing = rest.split('#').next().unwrap_or_default().trim();
                if nothing != "[]" {
                    left.insert((*list).to_owned(), Value::Null);
                }
            }
            List::Filled => edits.replace(line..line + 1, vec![format!("{} []", page.key(line))]),
        }
    }
    if points_here {
        let line = page.line_of(CURRENT).ok_or(Wrong::Shape)?;
        let (new, value) = restored(&before.current);
        edits.replace(line..line + 1, new);
        match value {
            Some(value) => left.insert(CURRENT.to_owned(), value),
            None => left.shift_remove(CURRENT),
        };
    }
    let new = edits.made(&page);
    let same = read(&new).is_ok_and(|read| read == Value::Object(left) || read.is_null());
    if same { Ok(new) } else { Err(Wrong::Shape) }
}

/// Whether nothing of worth is left in it.
pub(super) fn is_bare(text: &str) -> bool {
    let Ok(config) = read(text) else { return false };
    let nothing = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    let bare = |all: &Map<String, Value>| {
        let mut rest = all
            .iter()
            .filter(|(key, _)| !matches!(key.as_str(), "apiVersion" | "kind"));
        rest.all(|(_, value)| nothing(value))
    };
    config.is_null() || config.as_object().is_some_and(bare)
}

/// The line of the current context as if we had never been there, and what it means.
fn restored(before: &Line) -> (Vec<String>, Option<Value>) {
    match before {
        Line::Absent => (Vec::new(), None),
        Line::Was(line) => {
            let one = read(line).ok();
            let value = one.and_then(|one| one.get(CURRENT).cloned());
            (vec![line.clone()], Some(value.unwrap_or(Value::Null)))
        }
        Line::Untouched => {
            let none = format!("{CURRENT}: \"\"");
            (vec![none], Some(Value::String(String::new())))
        }
    }
}

/// What the file means once the item is in it.
fn meant(config: &Value, item: &Item) -> Value {
    let mut all = config.as_object().cloned().unwrap_or_else(|| {
        let (version, kind) = (
            Value::String("v1".to_owned()),
            Value::String("Config".to_owned()),
        );
        Map::from_iter([
            ("apiVersion".to_owned(), version),
            ("kind".to_owned(), kind),
        ])
    });
    for (list, body) in LISTS.iter().zip(&item.bodies) {
        let mut one = Map::new();
        one.insert("name".to_owned(), Value::String(item.name.clone()));
        one.insert(singular(list).to_owned(), body.clone());
        let entries = all.entry(*list).or_insert(Value::Null);
        if entries.is_null() {
            *entries = Value::Array(Vec::new());
        }
        let Some(entries) = entries.as_array_mut() else {
            continue;
        };
        match entries
            .iter_mut()
            .find(|one| one["name"] == item.name.as_str())
        {
            Some(own) => *own = Value::Object(one),
            None => entries.push(Value::Object(one)),
        }
    }
    if item.current {
        all.insert(CURRENT.to_owned(), Value::String(item.name.clone()));
    }
    Value::Object(all)
}

/// A kubeconfig may be JSON, which has no comments to lose.
fn in_json(text: &str, meant: &Value) -> Result<(String, Before), Wrong> {
    let plain = text.trim_start_matches('\u{feff}');
    serde_json::from_str::<Value>(plain).map_err(|_| Wrong::Shape)?;
    let new = serde_json::to_string_pretty(meant).map_err(|_| Wrong::Shape)?;
    Ok((new + "\n", Before::default()))
}

fn position(config: &Value, list: &str, name: &str) -> Option<usize> {
    let all = config.get(list)?.as_array()?;
    all.iter().position(|one| one["name"] == name)
}

fn singular(list: &str) -> &str {
    list.strip_suffix('s').unwrap_or(list)
}

/// An entry as lines. Its atoms are of characters that need no escape within double quotes.
fn written(name: &str, key: &str, body: &Value, indent: usize) -> Vec<String> {
    let pad = " ".repeat(indent);
    let mut lines = vec![format!("{pad}- name: \"{name}\""), format!("{pad}  {key}:")];
    for (key, value) in body.as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        lines.push(format!("{pad}    {key}: \"{value}\""));
    }
    lines
}
