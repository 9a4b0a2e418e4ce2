//! The house rules that a compiler does not know, as tests over the files of the repository.
//!
//! Every rule is a pure function from a path and a text to the problems found, with a test that
//! shows it red on a bad example, and one test that holds the whole repository to it.

mod code;
mod crates;
mod files;
mod imports;
mod length;
mod rust;
mod screen;
mod settings;

use files::Source;

/// Fails with one line per problem, over all files that the rule looks at.
fn hold(rule: impl Fn(&str, &str) -> Vec<String>) {
    let mut looked_at = 0;
    let mut problems = Vec::new();
    for Source { path, text } in files::all() {
        looked_at += 1;
        problems.extend(
            rule(&path, &text)
                .into_iter()
                .map(|problem| format!("{path}: {problem}")),
        );
    }
    assert!(
        looked_at > 20,
        "the repository was not found: {looked_at} files"
    );
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}
