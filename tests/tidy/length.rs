//! A file over 400 lines is two things.

use crate::files::ending;

const LINES_MAX: usize = 400;

fn too_long(path: &str, text: &str) -> Vec<String> {
    let generated = path.starts_with("ui/src/bindings/");
    let lines = text.lines().count();
    if generated || ending(path) == "toml" || lines <= LINES_MAX {
        return Vec::new();
    }
    vec![format!(
        "{lines} lines, {LINES_MAX} at most: is it two things?"
    )]
}

#[test]
fn no_file_is_over_400_lines() {
    crate::hold(too_long);
}

#[test]
fn line_401_is_seen() {
    assert!(too_long("crates/a/src/lib.rs", &"x\n".repeat(400)).is_empty());
    assert_eq!(too_long("crates/a/src/lib.rs", &"x\n".repeat(401)).len(), 1);
    assert!(too_long("ui/src/bindings/View.ts", &"x\n".repeat(401)).is_empty());
}
