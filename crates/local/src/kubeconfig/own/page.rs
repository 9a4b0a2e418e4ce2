//! A kubeconfig's text by its lines: where its lists and their items stand.

use super::lines::Wrong;
use serde_json::Value;
use std::ops::Range;

/// A text by its lines, without their ends.
pub(super) struct Page<'a> {
    pub(super) lines: Vec<&'a str>,
    end: &'static str,
    config: &'a Value,
}

/// How a list stands in a text.
pub(super) enum Found {
    Absent,
    Empty {
        line: usize,
        rest: String,
    },
    Filled {
        items: Vec<Range<usize>>,
        indent: usize,
    },
}

impl<'a> Page<'a> {
    pub(super) fn of(text: &'a str, config: &'a Value) -> Result<Self, Wrong> {
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let lines: Vec<&str> = text.split_terminator('\n').collect();
        // Line ends of both kinds would come out as one.
        let both = end == "\r\n" && lines.iter().any(|line| !line.ends_with('\r'));
        if both || lines.iter().any(|line| matches!(line.trim_end(), "...")) {
            return Err(Wrong::Shape);
        }
        let lines = lines
            .into_iter()
            .map(|line| line.strip_suffix('\r').unwrap_or(line));
        let lines = lines.collect();
        Ok(Self { lines, end, config })
    }

    /// The key of a line at the left edge, and where what follows its colon begins.
    fn key_at(&self, line: usize) -> Option<(&'a str, usize)> {
        let text = self.lines[line];
        let skipped = if line == 0 {
            text.len() - text.trim_start_matches('\u{feff}').len()
        } else {
            0
        };
        let body = &text[skipped..];
        if body.starts_with([' ', '\t', '#', '-', '%']) {
            return None;
        }
        let colon = body.find(':')?;
        let after = &body[colon + 1..];
        let whole = after.is_empty() || after.starts_with([' ', '\t']);
        whole.then(|| {
            (
                body[..colon].trim_matches(['"', '\'', ' ']),
                skipped + colon + 1,
            )
        })
    }

    pub(super) fn line_of(&self, key: &str) -> Option<usize> {
        (0..self.lines.len()).find(|at| self.key_at(*at).is_some_and(|(found, _)| found == key))
    }

    /// The line up to its colon.
    pub(super) fn key(&self, line: usize) -> &'a str {
        let end = self.key_at(line).map_or(0, |(_, end)| end);
        &self.lines[line][..end]
    }

    pub(super) fn list(&self, list: &str) -> Result<Found, Wrong> {
        let held = self.config.get(list);
        let Some(line) = self.line_of(list) else {
            return if held.is_none() {
                Ok(Found::Absent)
            } else {
                Err(Wrong::Shape)
            };
        };
        let rest = &self.lines[line][self.key(line).len()..];
        let count = held.and_then(Value::as_array).map_or(0, Vec::len);
        if count == 0 {
            // `[]` over several lines is too rare to be taken apart.
            let plain = rest.split('#').next().unwrap_or_default().trim();
            let known = matches!(plain, "" | "[]" | "null" | "~" | "Null" | "NULL");
            let rest = rest.to_owned();
            return if known {
                Ok(Found::Empty { line, rest })
            } else {
                Err(Wrong::Shape)
            };
        }
        if !rest.split('#').next().unwrap_or_default().trim().is_empty() {
            return Err(Wrong::Shape);
        }
        let (items, indent) = self.items(line + 1).ok_or(Wrong::Shape)?;
        // Every item of the text is one of the list, so that the n-th is the n-th.
        if items.len() == count {
            Ok(Found::Filled { items, indent })
        } else {
            Err(Wrong::Shape)
        }
    }

    /// The items of the list that begins at a line, each to the end of its own lines, and how far
    /// their dashes stand in.
    fn items(&self, from: usize) -> Option<(Vec<Range<usize>>, usize)> {
        let depth = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let empty = |line: &str| line.trim().is_empty();
        let first = (from..self.lines.len()).find(|at| {
            let line = self.lines[*at];
            !empty(line) && !line.trim_start().starts_with('#')
        })?;
        let indent = depth(self.lines[first]);
        let mut items: Vec<Range<usize>> = Vec::new();
        for at in first..self.lines.len() {
            let line = self.lines[at];
            if empty(line) {
                continue;
            }
            let body = &line[depth(line)..];
            let dashed = body == "-" || body.starts_with("- ");
            if depth(line) == indent && dashed {
                items.push(at..at + 1);
            } else if depth(line) > indent {
                // Also a comment that stands further in, or a line of a text that looks like one.
                items.last_mut()?.end = at + 1;
            } else if !body.starts_with('#') {
                break;
            }
        }
        (!items.is_empty()).then_some((items, indent))
    }
}

/// Changes of lines; none of them overlap.
#[derive(Default)]
pub(super) struct Edits {
    all: Vec<(Range<usize>, Vec<String>)>,
    end: Vec<String>,
}

impl Edits {
    pub(super) fn replace(&mut self, lines: Range<usize>, with: Vec<String>) {
        self.all.push((lines, with));
    }

    pub(super) fn insert(&mut self, at: usize, lines: Vec<String>) {
        self.all.push((at..at, lines));
    }

    pub(super) fn at_end(&mut self, lines: Vec<String>) {
        self.end.extend(lines);
    }

    pub(super) fn made(mut self, page: &Page<'_>) -> String {
        let mut lines: Vec<String> = page.lines.iter().map(|line| (*line).to_owned()).collect();
        // From the bottom up, so that the places above stay; at one place what is put in last first.
        self.all.sort_by_key(|(at, _)| (at.start, at.end));
        for (at, with) in self.all.into_iter().rev() {
            lines.splice(at, with);
        }
        lines.extend(self.end);
        lines.into_iter().map(|line| line + page.end).collect()
    }
}
