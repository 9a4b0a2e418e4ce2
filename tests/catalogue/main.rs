//! The one message catalogue: every code has a text, every text has its parameters and no others.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

fn catalogue() -> BTreeMap<String, String> {
    let file = quaylight_tests::root().join("ui/messages/en.json");
    let text = std::fs::read_to_string(file).expect("the catalogue");
    let all: BTreeMap<String, Value> = serde_json::from_str(&text).expect("a flat object");
    let word = |(code, text): (String, Value)| Some((code, text.as_str()?.to_owned()));
    all.into_iter()
        .filter_map(word)
        .filter(|(code, _)| code != "$schema")
        .collect()
}

/// The names in a text's braces.
fn braces(text: &str) -> BTreeSet<String> {
    text.split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}'))
        .map(|(n, _)| n.into())
        .collect()
}

/// What does not fit between the codes of Rust and a catalogue.
fn misfits(codes: &[(&str, &[&str])], words: &BTreeMap<String, String>) -> Vec<String> {
    let mut out = Vec::new();
    for (code, params) in codes {
        if !words.contains_key(*code) {
            out.push(format!("{code}: no text"));
            continue;
        }
        // What a failure's text leaves out, its reason or its advice may say.
        let explained = engine::said::EXPLAINED.iter().any(|(one, _)| one == code);
        let suffixes: &[&str] = if explained {
            &["", "_why", "_fix"]
        } else {
            &[""]
        };
        let said = suffixes
            .iter()
            .filter_map(|suffix| words.get(&format!("{code}{suffix}")));
        let named: BTreeSet<String> = said.flat_map(|text| braces(text)).collect();
        let known: BTreeSet<String> = params.iter().map(|name| (*name).to_owned()).collect();
        out.extend(
            named
                .difference(&known)
                .map(|name| format!("{code}: {{{name}}} is not given")),
        );
        out.extend(
            known
                .difference(&named)
                .map(|name| format!("{code}: {{{name}}} is not said")),
        );
    }
    out
}

#[test]
fn every_code_has_its_text_and_every_parameter_is_said() {
    let codes: Vec<_> = quaylight_tests::all_texts();
    assert!(
        codes.len() > 50,
        "the lists of codes are {} long",
        codes.len()
    );
    let out = misfits(&codes, &catalogue());
    assert!(out.is_empty(), "{} misfits:\n{}", out.len(), out.join("\n"));
}

#[test]
fn no_code_stands_twice_with_other_parameters() {
    let mut seen: BTreeMap<&str, &[&str]> = BTreeMap::new();
    for (code, params) in quaylight_tests::all_texts() {
        let before = seen.insert(code, params);
        assert!(
            before.is_none_or(|same| same == params),
            "`{code}` has two sets of parameters"
        );
    }
}

#[test]
fn a_missing_text_and_a_missing_parameter_are_found() {
    let words = BTreeMap::from([("a".to_owned(), "{x} and {z}".to_owned())]);
    let out = misfits(&[("a", &["x", "y"]), ("b", &[])], &words);
    assert_eq!(
        out,
        ["a: {z} is not given", "a: {y} is not said", "b: no text"]
    );
}

#[test]
fn no_text_blames_or_shouts() {
    for (code, text) in catalogue() {
        assert!(!text.contains('!'), "{code} shouts: {text}");
        assert!(!text.to_lowercase().contains("simply"), "{code}: {text}");
    }
}

#[test]
fn every_failure_says_why_it_matters_and_what_to_do() {
    let words = catalogue();
    for (code, params) in engine::said::EXPLAINED {
        for companion in ["why", "fix"] {
            let code = format!("{code}_{companion}");
            let text = words
                .get(&code)
                .unwrap_or_else(|| panic!("{code} has no text"));
            let known: BTreeSet<String> = params.iter().map(|name| (*name).to_owned()).collect();
            assert!(braces(text).is_subset(&known), "{code}: {text}");
        }
    }
}
