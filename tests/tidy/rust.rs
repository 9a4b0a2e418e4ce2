//! What Rust code outside tests must not say.

use crate::code::{Language, code_only};
use crate::files::{self, ending, is_test};

const FORBIDDEN: &[(&str, &str)] = &[
    ("todo!", "unfinished"),
    ("unimplemented!", "unfinished"),
    (
        ".unwrap()",
        "an error has a name, a programmer's error is an assert with its reason",
    ),
    ("dbg!", "left over"),
];

fn forbidden_words(path: &str, text: &str) -> Vec<String> {
    if ending(path) != "rs" || is_test(path) {
        return Vec::new();
    }
    let code = without_tests(&code_only(Language::Rust, text));
    let mut problems = Vec::new();
    for (index, line) in code.lines().enumerate() {
        for (word, why) in FORBIDDEN {
            if line.contains(word) {
                problems.push(format!("line {}: `{word}`: {why}", index + 1));
            }
        }
    }
    problems
}

/// Blanks every item that stands under `#[cfg(test)]`, up to its closing brace.
fn without_tests(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find("#[cfg(test)]") {
        let (before, item) = rest.split_at(start);
        kept.push_str(before);
        let length = item_length(item);
        kept.extend(item[..length].chars().filter(|c| *c == '\n'));
        rest = &item[length..];
    }
    kept + rest
}

fn item_length(item: &str) -> usize {
    let mut depth = 0;
    for (index, c) in item.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return index + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return index + 1,
            _ => {}
        }
    }
    item.len()
}

/// The files, without `.rs`, that this file declares as `#[cfg(test)] mod name;`.
fn test_modules(path: &str, text: &str) -> Vec<String> {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
    let children = if matches!(name, "lib" | "main" | "mod") {
        folder
    } else {
        stem
    };
    let items = text.split("#[cfg(test)]").skip(1);
    items
        .filter_map(|item| item.split_once(';')?.0.trim().rsplit_once("mod "))
        .filter(|(visibility, _)| visibility.is_empty() || visibility.starts_with("pub"))
        .map(|(_, module)| format!("{children}/{module}"))
        .collect()
}

#[test]
fn nothing_is_unfinished_and_nothing_unwraps_outside_tests() {
    let all = files::all();
    let tests: Vec<String> = all
        .iter()
        .flat_map(|f| test_modules(&f.path, &f.text))
        .collect();
    let of_tests = |path: &str| {
        tests.iter().any(|stem| {
            path.strip_prefix(stem.as_str())
                .is_some_and(|rest| rest.starts_with(['.', '/']))
        })
    };
    crate::hold(|path, text| {
        if of_tests(path) {
            Vec::new()
        } else {
            forbidden_words(path, text)
        }
    });
}

#[test]
fn a_module_for_tests_is_known_by_its_declaration() {
    let declared = |path, text| test_modules(path, text).join(" ");
    let text = "#[cfg(test)]\nmod example;\nmod other;\n#[cfg(test)]\nfn a() { b(); }";
    assert_eq!(
        declared("crates/a/src/rules/mod.rs", text),
        "crates/a/src/rules/example"
    );
    assert_eq!(
        declared("crates/a/src/rules.rs", text),
        "crates/a/src/rules/example"
    );
    assert_eq!(declared("crates/a/src/lib.rs", "mod example;"), "");
}

#[test]
fn a_forbidden_word_is_seen_but_not_in_comments_strings_and_tests() {
    let problems = |text| forbidden_words("crates/a/src/lib.rs", text).len();
    assert_eq!(problems("fn a() { b().unwrap() }"), 1);
    assert_eq!(
        problems("fn a() { todo!() }\nfn b() { unimplemented!() }"),
        2
    );
    assert_eq!(
        problems("// todo!()\nfn a() { b(\".unwrap()\").unwrap_or(0) }"),
        0
    );
    assert_eq!(
        problems("#[cfg(test)]\nmod tests { fn a() { b().unwrap() } }\n"),
        0
    );
    assert_eq!(
        problems("#[cfg(test)]\nmod tests { }\nfn a() { b().unwrap() }"),
        1
    );
    assert!(forbidden_words("tests/cli.rs", "fn a() { b().unwrap() }").is_empty());
}
