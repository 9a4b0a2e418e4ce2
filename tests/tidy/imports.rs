//! Which folder of the UI may import which.

use crate::files::{ending, is_test};

const TAURI_DOOR: &str = "ui/src/backend/tauri.ts";

/// What a file may not import, and why. `area` is the folder under ui/src of the importing file,
/// `from` a path from the root, or a package's name.
fn refusal(path: &str, area: &str, from: &str) -> Option<&'static str> {
    let target = from
        .strip_prefix("ui/src/")
        .map(|rest| rest.split('/').next().unwrap_or(rest));
    if from.starts_with("@tauri-apps/") && path != TAURI_DOOR {
        return Some("only backend/tauri.ts knows Tauri");
    }
    // What is drawn may react; what is computed is plain TypeScript and pure.
    let layout = area == "diagram" && ending(path) == "ts" && !path.ends_with(".svelte.ts");
    let allowed = match (area, target) {
        // Packages draw icons and boxes for `parts`; a layout is computed with nothing but numbers.
        (_, None) => !layout,
        ("parts", Some(target)) => !matches!(target, "state" | "views" | "diagram" | "backend"),
        ("diagram", Some("parts")) if layout => !is_component(from),
        ("diagram", Some(target)) if layout => matches!(target, "diagram" | "bindings"),
        ("diagram", Some(target)) => !matches!(target, "state" | "views" | "backend"),
        ("bindings", Some(target)) => target == "bindings",
        ("backend", Some(target)) => matches!(target, "backend" | "bindings"),
        ("state", Some(target)) => target != "views" && !is_component(from),
        (_, Some(_)) => true,
    };
    (!allowed).then_some("not in the import table")
}

/// `Button.svelte` is a component, `clock.svelte` the class in `clock.svelte.ts`.
fn is_component(from: &str) -> bool {
    let name = from.rsplit('/').next().unwrap_or(from);
    ending(name) == "svelte" && name.starts_with(char::is_uppercase)
}

fn wrong_imports(path: &str, text: &str) -> Vec<String> {
    let Some(inside) = path.strip_prefix("ui/src/") else {
        return Vec::new();
    };
    if !matches!(ending(path), "ts" | "svelte") || is_test(path) {
        return Vec::new();
    }
    let area = inside.split_once('/').map_or("", |(area, _)| area);
    specifiers(text)
        .into_iter()
        .map(|specifier| resolve(path, specifier))
        .filter_map(|from| refusal(path, area, &from).map(|why| format!("imports `{from}`: {why}")))
        .collect()
}

/// Every module that is named after `from`, `import` or `import(`.
fn specifiers(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for word in ["from", "import"] {
        for (at, _) in text.match_indices(word) {
            let whole = !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let rest = text[at + word.len()..].trim_start();
            let rest = rest.strip_prefix('(').unwrap_or(rest).trim_start();
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                continue;
            };
            if whole && let Some(specifier) = rest[1..].split(quote).next() {
                found.push(specifier);
            }
        }
    }
    found
}

/// A relative module as a path from the root; a package stays as it is.
fn resolve(path: &str, specifier: &str) -> String {
    if let Some(inside) = specifier
        .strip_prefix("$lib/")
        .or(specifier.strip_prefix("@/"))
    {
        return format!("ui/src/{inside}");
    }
    if !specifier.starts_with('.') {
        return specifier.to_owned();
    }
    let mut folders: Vec<&str> = path.split('/').collect();
    folders.pop();
    for part in specifier.split('/') {
        match part {
            "." => {}
            ".." => drop(folders.pop()),
            name => folders.push(name),
        }
    }
    folders.join("/")
}

#[test]
fn the_ui_imports_as_its_table_says() {
    crate::hold(wrong_imports);
}

#[test]
fn a_wrong_import_is_seen() {
    let problems = |path: &str, text: &str| wrong_imports(&format!("ui/src/{path}"), text).len();
    let tauri = "import { Channel } from \"@tauri-apps/api/core\";";
    assert_eq!(problems("backend/tauri.ts", tauri), 0);
    assert_eq!(problems("views/Main.svelte", tauri), 1);
    assert_eq!(problems("main.ts", "await import('@tauri-apps/api')"), 1);
    assert_eq!(
        problems("parts/Button.svelte", "import X from '../state/run.svelte'"),
        1
    );
    assert_eq!(
        problems("parts/Button.svelte", "import X from './Icon.svelte'"),
        0
    );
    assert_eq!(
        problems(
            "diagram/layout.ts",
            "import type { Tile } from '../bindings/Tile'"
        ),
        0
    );
    assert_eq!(
        problems("diagram/layout.ts", "import { tick } from 'svelte'"),
        1
    );
    assert_eq!(
        problems(
            "diagram/layout.ts",
            "import B from '../parts/Button.svelte'"
        ),
        1
    );
    assert_eq!(
        problems(
            "diagram/Picture.svelte",
            "import { run } from '../state/run.svelte'"
        ),
        1
    );
    assert_eq!(
        problems(
            "state/run.svelte.ts",
            "import V from '../views/Main.svelte'"
        ),
        1
    );
    assert_eq!(
        problems("backend/port.ts", "export * from '../state/run.svelte'"),
        1
    );
}
