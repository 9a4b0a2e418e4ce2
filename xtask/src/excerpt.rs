//! The lines of a long log that tell why a step failed.

const LINES_MAX: usize = 160;
const LINES_OF_ONE_ERROR: usize = 14;
const LINES_OF_TAIL: usize = 40;

/// The failing tests and compiler errors of a log, else its last lines.
pub(crate) fn excerpt(log: &str) -> Vec<&str> {
    let lines: Vec<&str> = log.lines().collect();
    let mut chosen = Vec::new();
    let mut index = 0;
    while index < lines.len() {
        let length = block_length(&lines[index..]);
        chosen.extend_from_slice(&lines[index..index + length]);
        index += length.max(1);
    }
    if chosen.is_empty() {
        return lines[lines.len().saturating_sub(LINES_OF_TAIL)..].to_vec();
    }
    chosen.truncate(LINES_MAX);
    chosen
}

fn block_length(lines: &[&str]) -> usize {
    let first = lines[0].trim_start();
    if first.starts_with("---- ") {
        // libtest prints what each failing test said, then a plain list of their names.
        let end = lines[1..]
            .iter()
            .position(|line| line.starts_with("---- ") || *line == "failures:");
        return end
            .map_or(lines.len(), |end| end + 1)
            .min(LINES_OF_ONE_ERROR * 3);
    }
    if first.starts_with("thread '") && first.contains(" panicked at ") {
        // A test whose output is not captured says so at once, and then where it was called from.
        let end = lines.iter().position(|line| *line == "stack backtrace:");
        return end.unwrap_or(lines.len()).min(LINES_OF_ONE_ERROR);
    }
    if first.starts_with("npm error code") {
        return lines.len().min(LINES_OF_ONE_ERROR);
    }
    if first.starts_with("error") || first.starts_with("Error:") || first.starts_with("FAIL ") {
        let end = lines.iter().position(|line| line.trim().is_empty());
        return end.unwrap_or(lines.len()).min(LINES_OF_ONE_ERROR);
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_in_the_middle_is_found() {
        let mut log =
            "   Compiling a\nerror[E0308]: mismatched types\n --> src/a.rs:1:1\n\n".to_owned();
        log.push_str(&"noise\n".repeat(500));
        assert_eq!(
            excerpt(&log),
            ["error[E0308]: mismatched types", " --> src/a.rs:1:1"]
        );
    }

    #[test]
    fn what_a_failing_test_said_is_found() {
        let log = "failures:\n\n---- a stdout ----\nleft: 1\nright: 2\nfailures:\n    a\n";
        assert_eq!(excerpt(log), ["---- a stdout ----", "left: 1", "right: 2"]);
    }

    #[test]
    fn what_a_test_that_prints_at_once_said_is_found() {
        let said = "thread 'a' (7) panicked at tests/a.rs:1:2:\nleft: 1\nright: 2";
        let log =
            format!("test a ... noise\n\n{said}\nstack backtrace:\n   0: rust_begin_unwind\n");
        assert_eq!(excerpt(&log), said.lines().collect::<Vec<_>>());
    }

    #[test]
    fn npm_explains_itself_before_it_prints_its_usage() {
        let log = format!(
            "npm warn a\nnpm error code EUSAGE\n{}",
            "npm error usage\n".repeat(50)
        );
        assert_eq!(excerpt(&log)[0], "npm error code EUSAGE");
        assert_eq!(excerpt(&log).len(), LINES_OF_ONE_ERROR);
    }

    #[test]
    fn without_a_known_shape_the_end_tells() {
        let log = "line\n".repeat(90);
        assert_eq!(excerpt(&log).len(), LINES_OF_TAIL);
    }
}
