//! The files that people write: no build output, no packages, nothing generated.

use std::fs;
use std::path::Path;

const NOT_OURS: &[&str] = &[".git", "node_modules", "target", "gen", "dist", "paraglide"];
const READ: &[&str] = &["rs", "ts", "svelte", "css", "toml"];

/// One file: its path from the root with `/`, and its text.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// All files of the repository that a rule may look at.
pub(crate) fn all() -> Vec<Source> {
    let root = quaylight_tests::root();
    let mut found = Vec::new();
    walk(&root, &root, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if !NOT_OURS.contains(&name.as_str()) {
                walk(root, &path, found);
            }
        } else if READ.contains(&ending(&name)) {
            let path_from_root = path.strip_prefix(root).unwrap_or(&path);
            let text = fs::read_to_string(&path).unwrap_or_default();
            let path = path_from_root.to_string_lossy().replace('\\', "/");
            found.push(Source { path, text });
        }
    }
}

/// What stands after the last dot.
pub(crate) fn ending(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// True for a file that only tests use.
pub(crate) fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.split('/').any(|folder| folder == "tests")
        || matches!(name, "tests.rs" | "test.rs")
        || name.ends_with("_test.rs")
        || name.ends_with("_tests.rs")
        || name.ends_with(".test.ts")
}

#[test]
fn files_of_tests_are_known_by_their_names() {
    assert!(is_test("tests/tidy/main.rs") && is_test("crates/sim/src/tests.rs"));
    assert!(is_test("ui/src/diagram/layout.test.ts"));
    assert!(!is_test("crates/sim/src/clock.rs") && !is_test("ui/src/latest.ts"));
}
