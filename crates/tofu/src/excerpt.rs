//! Places and short quotations of a file.

use domain::diagnostic::Place;
use std::ops::Range;

/// The longest quotation, in characters.
const QUOTED_MAX: usize = 40;
/// What some editors put before the first line.
pub(crate) const BOM: char = '\u{feff}';

/// The file that is being read.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    /// Its name as it was given.
    pub file: &'a str,
    /// Its text.
    pub text: &'a str,
}

impl Source<'_> {
    /// Line and column of a byte, both from 1, the column in characters.
    pub(crate) fn place(&self, offset: usize) -> Place {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        let column = before[start..].chars().filter(|c| *c != BOM).count() + 1;
        Place {
            file: self.file.to_owned(),
            line: line as u32,
            column: column as u32,
        }
    }

    /// What stands at a place, as it is.
    pub(crate) fn raw(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default().trim()
    }

    /// What stands at a place, on one line and shortened.
    pub(crate) fn quote(&self, range: &Range<usize>) -> String {
        let words: Vec<&str> = self.raw(range).split_whitespace().collect();
        let line = words.join(" ");
        if line.chars().count() <= QUOTED_MAX {
            return line;
        }
        let short: String = line.chars().take(QUOTED_MAX - 1).collect();
        format!("{short}…")
    }
}
