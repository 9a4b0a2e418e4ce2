//! Corrections applied to a file's text.

use crate::read::{Spot, read};
use crate::variables::name_of;
use domain::diagnostic::{Diagnostic, Field};

/// The text with every correction applied; all else stays byte for byte: comments, order, spaces.
/// The first correction of a value wins; a field that the file does not give is added at the end.
pub fn fix(text: &str, diagnostics: &[Diagnostic]) -> String {
    let spots = read("", text).spots;
    let mut edits: Vec<(&Spot, &str)> = Vec::new();
    let mut added: Vec<(Field, &str)> = Vec::new();
    for one in diagnostics {
        let Some(correction) = &one.correction else {
            continue;
        };
        let literal = correction.literal.as_str();
        match spot(&spots, one) {
            Some(spot) if edits.iter().any(|(other, _)| other.value == spot.value) => {}
            Some(spot) => edits.push((spot, literal)),
            None if added.iter().any(|(field, _)| *field == one.field) => {}
            None => added.push((one.field, literal)),
        }
    }
    // From the end, so that earlier places stay where they are.
    edits.sort_by_key(|(spot, _)| std::cmp::Reverse(spot.value.start));
    let mut fixed = text.to_owned();
    for (spot, literal) in edits {
        fixed.replace_range(spot.value.clone(), literal);
    }
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    for (field, literal) in added {
        let Some(name) = name_of(field) else { continue };
        if !fixed.is_empty() && !fixed.ends_with('\n') {
            fixed.push_str(newline);
        }
        fixed.extend([name, " = ", literal, newline]);
    }
    fixed
}

/// The value that a Diagnostic is about: of two variables of one field, the one on its line.
fn spot<'s>(spots: &'s [Spot], diagnostic: &Diagnostic) -> Option<&'s Spot> {
    let of_field = || spots.iter().filter(|spot| spot.field == diagnostic.field);
    let line = diagnostic.place.as_ref().map(|place| place.line);
    of_field()
        .rfind(|spot| line.is_some_and(|line| spot.place.line <= line))
        .or_else(|| of_field().next())
}
