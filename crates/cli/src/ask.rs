//! Confirmations on a terminal. Without one, and without `--yes`, nothing is confirmed.

use std::io::{IsTerminal, Write, stdin};

/// Whether the user confirms: `--yes`, or the expected word typed at a terminal. `None`: there is
/// no terminal to ask at.
pub(crate) fn confirmed(yes: bool, question: &str, expected: &str) -> Option<bool> {
    if yes {
        return Some(true);
    }
    if !stdin().is_terminal() {
        return None;
    }
    eprint!("{question} ");
    drop(std::io::stderr().flush());
    let mut line = String::new();
    let read = stdin().read_line(&mut line);
    Some(read.is_ok() && line.trim() == expected)
}
