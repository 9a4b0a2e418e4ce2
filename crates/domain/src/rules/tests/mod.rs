//! Each bad Spec with what is said about it.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod access;
mod offer;
mod sets;
mod weighed;

use super::example::{NOW, account, catalog};
use super::*;
use crate::diagnostic::RuleSpot;
use crate::text::Param;
use expect_test::Expect;
use std::fmt::Write as _;

/// Everything that a Spec is checked against, to be bent by a test.
struct Case {
    spec: Spec,
    catalog: Catalog,
    taken: Vec<TakenLabel>,
    account: Account,
}

fn check(bend: impl FnOnce(&mut Case), expected: &Expect) {
    let mut spec = Spec::for_user("ada");
    spec.kubectl_access = Some(vec!["203.0.113.7/32".parse().unwrap()]);
    let mut case = Case {
        spec,
        catalog: catalog(),
        taken: Vec::new(),
        account: account(),
    };
    bend(&mut case);
    let Case {
        spec,
        catalog,
        taken,
        account,
    } = case;
    let now = NOW.parse().unwrap();
    let found = super::check(&spec, Some(&catalog), &taken, Some(&account), now);
    expected.assert_eq(&said(&found));
}

/// One line for a Diagnostic: severity, field, code, parameters, the codes of why and fix, the
/// correction.
fn said(all: &[Diagnostic]) -> String {
    let mut said = String::new();
    for one in all {
        let code = |text: &Option<Text>| text.as_ref().map_or("-", |text| &text.code).to_owned();
        let mut params = String::new();
        let texts = [Some(&one.what), one.why.as_ref(), one.fix.as_ref()];
        for (name, value) in texts.into_iter().flatten().flat_map(|text| &text.params) {
            let value = match value {
                Param::Text(text) => text.clone(),
                Param::Count(count) => count.to_string(),
                Param::List(list) => list.join("|"),
                Param::Money(money) | Param::Rate(money) => money.0.to_string(),
                Param::Time(at) => at.to_string(),
                Param::Duration(ms) => ms.to_string(),
                Param::Said(text) => text.code.clone(),
            };
            write!(params, " {name}={value}").unwrap();
        }
        let severity = match one.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let spot = spot(one);
        let (why, fix) = (code(&one.why), code(&one.fix));
        let correction = one
            .correction
            .as_ref()
            .map_or_else(String::new, |one| format!(" => {}", one.literal));
        writeln!(
            said,
            "{severity} {:?}{spot}: {}{params}",
            one.field, one.what.code
        )
        .unwrap();
        writeln!(said, "    {why}, {fix}{correction}").unwrap();
    }
    said
}

/// Which rule it is about, and what of it.
fn spot(one: &Diagnostic) -> String {
    let said = |spot: RuleSpot| format!(" {}.{:?}", spot.row, spot.cell);
    one.rule.map_or_else(String::new, said)
}

/// Severity, rule, code, the parameters' values, and the codes of why and fix, in a line.
fn said_in_a_line(one: &Diagnostic) -> String {
    fn value(param: &Param) -> String {
        match param {
            Param::Text(text) => text.clone(),
            Param::Count(count) => count.to_string(),
            Param::List(list) => list.join("|"),
            Param::Money(money) | Param::Rate(money) => money.0.to_string(),
            Param::Time(at) => at.to_string(),
            Param::Duration(ms) => ms.to_string(),
            Param::Said(text) => {
                let inside: Vec<String> = text.params.values().map(value).collect();
                format!("{} {}", text.code, inside.join(" "))
                    .trim_end()
                    .to_owned()
            }
        }
    }
    let severity = match one.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut params = String::new();
    for (name, param) in &one.what.params {
        write!(params, " {name}={}", value(param)).unwrap();
    }
    let code = |text: &Option<Text>| text.as_ref().map_or("-", |text| &text.code).to_owned();
    let (why, fix) = (code(&one.why), code(&one.fix));
    let spot = spot(one);
    format!("{severity}{spot} {}{params} ({why}, {fix})", one.what.code)
}
