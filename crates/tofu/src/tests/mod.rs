//! Each bad file with what is said about it.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod form;
mod mended;
mod round;
mod values;

use crate::{Read, place, read};
use domain::diagnostic::{Diagnostic, Severity};
use domain::text::{Param, Text};
use expect_test::Expect;
use std::fmt::Write as _;

/// One line for a Diagnostic: place, severity, field, code and parameters, codes of why and fix,
/// the correction.
fn said(all: &[Diagnostic]) -> String {
    let mut said = String::new();
    for one in all {
        let place = one.place.as_ref().map_or_else(
            || "-".to_owned(),
            |place| format!("{}:{}:{}", place.file, place.line, place.column),
        );
        let severity = match one.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(
            said,
            "{place} {severity} {:?} {}",
            one.field,
            words(&one.what)
        )
        .unwrap();
        for text in [&one.why, &one.fix].into_iter().flatten() {
            write!(said, "; {}", words(text)).unwrap();
        }
        if let Some(correction) = &one.correction {
            write!(said, " => {}", correction.literal).unwrap();
        }
        said.push('\n');
    }
    said
}

fn words(text: &Text) -> String {
    let mut words = text.code.clone();
    for (name, value) in &text.params {
        let value = match value {
            Param::Text(text) => text.clone(),
            Param::Count(count) => count.to_string(),
            Param::List(list) => list.join("|"),
            Param::Money(_)
            | Param::Rate(_)
            | Param::Time(_)
            | Param::Duration(_)
            | Param::Said(_) => format!("{value:?}"),
        };
        write!(words, " {name}={value}").unwrap();
    }
    words
}

/// What reading a file says.
fn check(input: &str, expected: &Expect) {
    expected.assert_eq(&said(&read("t", input).diagnostics));
}

/// What the rules say about a file, without a catalog.
fn check_rules(input: &str, expected: &Expect) {
    let read = read("t", input);
    assert_eq!(said(&read.diagnostics), "");
    expected.assert_eq(&said(&ruled(&read)));
}

fn ruled(read: &Read) -> Vec<Diagnostic> {
    let now = "2026-11-23T10:00:00Z".parse().unwrap();
    let mut found = domain::rules::check(&read.spec, None, &[], None, now);
    place(&mut found, read);
    found
}
