//! What the UI's files must not say: colours, raw HTML, styles in attributes, `any`.

use crate::code::{Language, code_only};
use crate::files::{ending, is_test};

const TOKENS: &str = "ui/src/styles/tokens.css";
const FUNCTIONS: &[&str] = &[
    "rgb(", "rgba(", "hsl(", "hsla(", "hwb(", "lab(", "lch(", "oklab(", "oklch(",
];
const NAMES: &[&str] = &[
    "black", "blue", "cyan", "gold", "gray", "green", "grey", "magenta", "navy", "orange", "pink",
    "purple", "red", "silver", "teal", "white", "yellow",
];

fn applies(path: &str) -> bool {
    path.starts_with("ui/src/") && !path.starts_with("ui/src/bindings/") && !is_test(path)
}

fn per_line(text: &str, problem: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(n, line)| Some(format!("line {}: {}", n + 1, problem(line)?)))
        .collect()
}

fn colours(path: &str, text: &str) -> Vec<String> {
    if !applies(path) || path == TOKENS || !matches!(ending(path), "css" | "svelte" | "ts") {
        return Vec::new();
    }
    let script = ending(path) == "ts";
    per_line(text, |line| {
        let found = hex_colour(line, script)
            .or_else(|| colour_function(line))
            .or_else(|| if script { None } else { named_colour(line) });
        found.map(|colour| format!("colour `{colour}`: it belongs in tokens.css"))
    })
}

/// `#rgb`, `#rgba`, `#rrggbb` or `#rrggbbaa`. In a script only at the start of a string, because a
/// private field may look the same.
fn hex_colour(line: &str, script: bool) -> Option<&str> {
    line.match_indices('#').find_map(|(at, _)| {
        let rest = &line[at + 1..];
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-');
        let word = &rest[..word.unwrap_or(rest.len())];
        let hex =
            matches!(word.len(), 3 | 4 | 6 | 8) && word.chars().all(|c| c.is_ascii_hexdigit());
        let before = line[..at].chars().next_back().unwrap_or(' ');
        let place = if script {
            matches!(before, '"' | '\'' | '`')
        } else {
            // `&#123;` is a character, `{#add}` a block.
            !matches!(before, '&' | '{' | '.') && !before.is_alphanumeric()
        };
        (hex && place).then(|| &line[at..=at + word.len()])
    })
}

fn colour_function(line: &str) -> Option<&'static str> {
    FUNCTIONS.iter().copied().find(|function| {
        line.match_indices(function).any(|(at, _)| {
            let before = line[..at].chars().next_back().unwrap_or(' ');
            !before.is_alphanumeric() && !matches!(before, '-' | '_' | '.')
        })
    })
}

/// A colour's name as a value of a CSS property.
fn named_colour(line: &str) -> Option<&'static str> {
    let (property, value) = line.trim().split_once(':')?;
    let declares = !property.is_empty()
        && property.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        && value.trim_end().ends_with(';');
    let mut words = value.split(|c: char| !c.is_alphanumeric() && c != '-');
    let name = words.find_map(|word| NAMES.iter().copied().find(|name| *name == word));
    name.filter(|_| declares)
}

fn raw_html(path: &str, text: &str) -> Vec<String> {
    if !applies(path) || !matches!(ending(path), "svelte" | "ts") {
        return Vec::new();
    }
    per_line(text, |line| {
        let doors = ["{@html", ".innerHTML", ".outerHTML", "insertAdjacentHTML("];
        let door = doors.iter().find(|door| line.contains(*door));
        door.map(|door| format!("`{door}`: nothing that came from outside becomes markup"))
    })
}

fn style_attributes(path: &str, text: &str) -> Vec<String> {
    if !applies(path) || ending(path) != "svelte" {
        return Vec::new();
    }
    per_line(text, |line| {
        let opens = ["style=\"", "style='", "style={"].iter().any(|attribute| {
            line.match_indices(attribute).any(|(at, _)| {
                let before = line[..at].chars().next_back().unwrap_or(' ');
                before.is_whitespace()
            })
        });
        opens
            .then(|| "a `style` attribute: the policy refuses it, use a class or style:name".into())
    })
}

fn any_type(path: &str, text: &str) -> Vec<String> {
    if !applies(path) || !matches!(ending(path), "svelte" | "ts") {
        return Vec::new();
    }
    let script = if ending(path) == "ts" {
        text.to_owned()
    } else {
        only_scripts(text)
    };
    per_line(&code_only(Language::TypeScript, &script), |line| {
        line.match_indices("any").find_map(|(at, word)| {
            let (before, after) = (line[..at].trim_end(), &line[at + word.len()..]);
            let spaced = before.len() < at;
            let ends = !after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '('));
            let operator =
                before.ends_with([':', '<', '|', '&', ',', '(']) || before.ends_with("=>");
            let keyword = spaced && ["as", "extends", "="].iter().any(|k| before.ends_with(k));
            let value = before.ends_with([',', '(']) && !after.trim_start().starts_with(['>', '[']);
            let typed = ends && (operator || keyword) && !value;
            typed.then(|| "the type `any`: say what it is, or `unknown`".to_owned())
        })
    })
}

/// The script blocks of a component, with every line where it was.
fn only_scripts(text: &str) -> String {
    let mut inside = false;
    let mut scripts = String::with_capacity(text.len());
    for line in text.lines() {
        if line.trim_start().starts_with("</script") {
            inside = false;
        }
        if inside {
            scripts.push_str(line);
        }
        scripts.push('\n');
        if line.trim_start().starts_with("<script") {
            inside = !line.contains("</script");
        }
    }
    scripts
}

#[test]
fn colours_stand_in_the_tokens_only() {
    crate::hold(colours);
}

#[test]
fn a_colour_elsewhere_is_seen() {
    let problems = |path: &str, text: &str| colours(&format!("ui/src/{path}"), text).len();
    assert_eq!(
        problems("views/Main.svelte", "  color: #1d7f74;\n  fill: #fff;"),
        2
    );
    assert_eq!(
        problems("styles/base.css", "a { background: rgba(0, 0, 0, 0.5); }"),
        1
    );
    assert_eq!(
        problems(
            "styles/base.css",
            "  color: white;\n  border: 1px solid red;"
        ),
        2
    );
    assert_eq!(problems("state/run.svelte.ts", "const c = \"#35b5a3\";"), 1);
    assert_eq!(
        problems("state/run.svelte.ts", "this.#dead = 1; this.#feed();"),
        0
    );
    assert_eq!(
        problems(
            "views/Main.svelte",
            "{#each a as b}<a href=\"#main\">&#123;</a>"
        ),
        0
    );
    assert_eq!(
        problems(
            "styles/base.css",
            "  color: var(--text);\n  --white-space: 1;"
        ),
        0
    );
    assert_eq!(problems("styles/tokens.css", "  --bg: #0e1216;"), 0);
}

#[test]
fn no_text_becomes_markup() {
    crate::hold(raw_html);
}

#[test]
fn raw_html_is_seen() {
    assert_eq!(
        raw_html("ui/src/parts/Text.svelte", "<p>{@html text}</p>").len(),
        1
    );
    assert_eq!(
        raw_html("ui/src/parts/text.ts", "node.innerHTML = text;").len(),
        1
    );
    assert!(raw_html("ui/src/parts/Text.svelte", "<p>{text}</p>").is_empty());
}

#[test]
fn no_style_stands_in_an_attribute() {
    crate::hold(style_attributes);
}

#[test]
fn a_style_attribute_is_seen() {
    let problems = |text| style_attributes("ui/src/parts/Bar.svelte", text).len();
    assert_eq!(problems("<div style=\"width: 3px\">"), 1);
    assert_eq!(problems("<div style={wide}>"), 1);
    assert_eq!(
        problems("<div style:width={wide} class=\"style\" data-style=\"x\">"),
        0
    );
}

#[test]
fn every_type_is_named() {
    crate::hold(any_type);
}

#[test]
fn the_type_any_is_seen() {
    let problems = |text| any_type("ui/src/state/run.ts", text).len();
    assert_eq!(problems("let a: any = 1;"), 1);
    assert_eq!(problems("b as any"), 1);
    assert_eq!(problems("const c: Record<string, any> = d;"), 1);
    assert_eq!(problems("function e(f: any[]): Promise<any> {}"), 1);
    assert_eq!(problems("type G = (h: number) => any;"), 1);
    assert_eq!(
        problems("// any\nconst any_way = 'any'; list.any(); many(a, any);"),
        0
    );
    let component = "<script lang=\"ts\">\n  let a: any;\n</script>\n<p>Choose: any region</p>\n";
    assert_eq!(any_type("ui/src/parts/A.svelte", component).len(), 1);
}
