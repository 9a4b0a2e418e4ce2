//! Text without its comments and strings, with every line where it was.

/// Whose rules for comments and quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// `'` opens a character or a lifetime, block comments nest.
    Rust,
    /// `'`, `"` and the back tick all quote.
    TypeScript,
}

/// The code of a text: comments and what stands in quotes become blanks.
pub(crate) fn code_only(language: Language, text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = match (chars[at], chars.get(at + 1)) {
            ('/', Some('/')) => end_of_line(&chars, at),
            ('/', Some('*')) => end_of_block(language, &chars, at),
            ('r', Some('"' | '#')) if language == Language::Rust && !in_word(&chars, at) => {
                end_of_raw(&chars, at)
            }
            ('\'', _) if language == Language::Rust => end_of_character(&chars, at),
            ('"', _) => end_of_quote(&chars, at),
            ('\'' | '`', _) if language == Language::TypeScript => end_of_quote(&chars, at),
            _ => at,
        };
        if end == at {
            code.push(chars[at]);
            at += 1;
        } else {
            code.extend(
                chars[at..end]
                    .iter()
                    .map(|c| if *c == '\n' { '\n' } else { ' ' }),
            );
            at = end;
        }
    }
    code
}

fn in_word(chars: &[char], at: usize) -> bool {
    at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_')
}

fn end_of_line(chars: &[char], at: usize) -> usize {
    chars[at..]
        .iter()
        .position(|c| *c == '\n')
        .map_or(chars.len(), |length| at + length)
}

fn end_of_block(language: Language, chars: &[char], start: usize) -> usize {
    let (mut depth, mut at) = (0, start);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) if depth == 0 || language == Language::Rust => {
                depth += 1;
                at += 2;
            }
            ('*', Some('/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    chars.len()
}

fn end_of_quote(chars: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            c if c == chars[start] => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

fn end_of_raw(chars: &[char], start: usize) -> usize {
    let hashes = chars[start + 1..].iter().take_while(|c| **c == '#').count();
    let open = start + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return start;
    }
    let closes =
        |at: usize| chars[at] == '"' && (1..=hashes).all(|next| chars.get(at + next) == Some(&'#'));
    (open + 1..chars.len())
        .find(|at| closes(*at))
        .map_or(chars.len(), |at| at + 1 + hashes)
}

fn end_of_character(chars: &[char], start: usize) -> usize {
    match (chars.get(start + 1), chars.get(start + 2)) {
        (Some('\\'), _) => end_of_quote(chars, start),
        (Some(_), Some('\'')) => start + 3,
        // A lifetime or a label.
        _ => start,
    }
}

#[test]
fn comments_and_strings_of_rust_go() {
    let code = |text| {
        code_only(Language::Rust, text)
            .split_whitespace()
            .collect::<String>()
    };
    assert_eq!(code("a // b\nc /* d /* e */ f */ g"), "acg");
    assert_eq!(code(r#"a("b \" c", 'd', '\'', 'e')"#), "a(,,,)");
    assert_eq!(
        code("fn a<'x>(b: &'x str) { r#\"c \" d\"# }"),
        "fna<'x>(b:&'xstr){}"
    );
}

#[test]
fn comments_and_strings_of_typescript_go() {
    let code = |text| {
        code_only(Language::TypeScript, text)
            .split_whitespace()
            .collect::<String>()
    };
    assert_eq!(code("let a = 'b' + \"c\" + `d`; // e"), "leta=++;");
}
