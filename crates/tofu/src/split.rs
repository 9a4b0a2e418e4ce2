//! Cutting a file into its statements, so that a mistake in one hides nothing of the others.
//!
//! The cut only counts brackets, quotes, comments and heredocs; what a statement means is the
//! parser's work.

use crate::variables;
use std::ops::Range;

/// One statement with the white space around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// What was never closed, and where it was opened.
    pub trouble: Option<Trouble>,
}

/// What was never closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// A quote.
    Quote(usize),
    /// A bracket or brace.
    Bracket(usize, char),
    /// A comment that begins with `/*`.
    Comment(usize),
    /// A heredoc.
    Heredoc(usize),
}

/// Every statement of a text, in order and without gaps.
pub(crate) fn statements(text: &str) -> Vec<Statement> {
    let mut all = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let one = statement(text, start);
        start = one.range.end;
        all.push(one);
    }
    all
}

/// Where we are inside of a statement.
#[derive(Clone, Copy)]
enum Open {
    Quote(usize),
    Bracket(usize, char),
}

fn statement(text: &str, start: usize) -> Statement {
    let mut open: Vec<Open> = Vec::new();
    let mut trouble = None;
    let mut at = start;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let next = at + c.len_utf8();
        at = match (open.last(), c) {
            (Some(Open::Quote(from)), '\n') => {
                trouble = trouble.or(Some(Trouble::Quote(*from)));
                open.pop();
                at
            }
            (Some(Open::Quote(_)), '\\') => next + usize::from(rest.len() > 1 && ascii(rest, 1)),
            (Some(Open::Quote(_)), '"') => {
                open.pop();
                next
            }
            (Some(Open::Quote(_)), '$' | '%') if escaped(rest) => at + 3,
            (Some(Open::Quote(_)), '$' | '%') if rest[1..].starts_with('{') => {
                open.push(Open::Bracket(at + 1, '{'));
                at + 2
            }
            (Some(Open::Quote(_)), _) => next,
            (None, '\n') => {
                return Statement {
                    range: start..next,
                    trouble,
                };
            }
            (_, '"') => {
                open.push(Open::Quote(at));
                next
            }
            (_, '[' | '{' | '(') => {
                open.push(Open::Bracket(at, c));
                next
            }
            (_, ']' | '}' | ')') => {
                open.pop();
                next
            }
            (_, '#') => line_end(text, at),
            (_, '/') if rest.starts_with("//") => line_end(text, at),
            (_, '/') if rest.starts_with("/*") => match rest.find("*/") {
                Some(end) => at + end + 2,
                None => return cut(text, start, Trouble::Comment(at)),
            },
            (_, '<') if rest.starts_with("<<") => match heredoc_end(text, at) {
                Some(end) => end,
                None => return cut(text, start, Trouble::Heredoc(at)),
            },
            _ => next,
        };
    }
    let Some(first) = open.first() else {
        return Statement {
            range: start..text.len(),
            trouble,
        };
    };
    let unclosed = match *first {
        Open::Quote(from) => Trouble::Quote(from),
        Open::Bracket(from, bracket) => Trouble::Bracket(from, bracket),
    };
    cut(text, start, trouble.unwrap_or(unclosed))
}

/// A statement that was never closed ends before the next variable of ours.
fn cut(text: &str, start: usize, trouble: Trouble) -> Statement {
    Statement {
        range: start..next_variable(text, start),
        trouble: Some(trouble),
    }
}

fn ascii(text: &str, at: usize) -> bool {
    text.as_bytes().get(at).is_some_and(u8::is_ascii)
}

/// `$${` and `%%{` are no templates.
fn escaped(text: &str) -> bool {
    text.starts_with("$${") || text.starts_with("%%{")
}

/// The line's end, before its newline.
fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |end| at + end)
}

/// The end of the heredoc's last line, before its newline.
fn heredoc_end(text: &str, at: usize) -> Option<usize> {
    let first = line_end(text, at);
    let word = text[at..first]
        .trim_start_matches('<')
        .trim_start_matches('-')
        .trim();
    let mut line = first;
    while line < text.len() {
        let end = line_end(text, line + 1);
        if text[line + 1..end].trim() == word {
            return Some(end);
        }
        line = end;
    }
    None
}

/// Where the next line begins that sets a variable of ours.
fn next_variable(text: &str, start: usize) -> usize {
    let mut line = line_end(text, start);
    while line < text.len() {
        let begin = line + 1;
        let end = line_end(text, begin);
        if let Some((name, value)) = text[begin..end].split_once('=') {
            let ours = matches!(
                variables::variable(name.trim_end()),
                variables::Variable::Sets(_) | variables::Variable::AddOn
            );
            if ours && !value.starts_with('=') {
                return begin;
            }
        }
        line = end;
    }
    text.len()
}
