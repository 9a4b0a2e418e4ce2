//! Counts of tests, read from what the test runners print.

/// How many tests passed and failed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

/// Sums the `test result:` lines of `cargo test`.
pub(crate) fn of_cargo(output: &str) -> Tally {
    let mut tally = Tally::default();
    for line in output
        .lines()
        .filter_map(|line| line.trim().strip_prefix("test result: "))
    {
        tally.passed += count_before(line, "passed");
        tally.failed += count_before(line, "failed");
    }
    tally
}

/// Reads the `Tests  1 failed | 9 passed (10)` line of vitest.
pub(crate) fn of_vitest(output: &str) -> Tally {
    output
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Tests "))
        .map(|line| Tally {
            passed: count_before(line, "passed"),
            failed: count_before(line, "failed"),
        })
        .next_back()
        .unwrap_or_default()
}

/// Reads the lines `  1 failed` and `  30 passed (1.2m)` at the end of Playwright.
pub(crate) fn of_playwright(output: &str) -> Tally {
    let sum = |word| {
        let lines = output.lines().map(str::trim);
        let of_word = |line: &&str| line.split(' ').nth(1) == Some(word);
        let line = lines.rev().find(of_word);
        line.map(|line| count_before(line, word))
            .unwrap_or_default()
    };
    Tally {
        passed: sum("passed"),
        failed: sum("failed"),
    }
}

fn count_before(line: &str, word: &str) -> u64 {
    let words: Vec<&str> = line
        .split([' ', ';', '|', '.'])
        .filter(|w| !w.is_empty())
        .collect();
    words
        .windows(2)
        .find(|pair| pair[1] == word)
        .and_then(|pair| pair[0].parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_binary_of_cargo_counts() {
        let output = "
running 2 tests
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: FAILED. 11 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1s
";
        assert_eq!(
            of_cargo(output),
            Tally {
                passed: 13,
                failed: 3
            }
        );
    }

    #[test]
    fn playwright_says_the_sum_last() {
        let output = "  ✓  1 walk.spec.ts › failed (4.0s)\n\n  1 failed\n    walk.spec.ts › new\n  20 passed (1.3m)\n";
        assert_eq!(
            of_playwright(output),
            Tally {
                passed: 20,
                failed: 1
            }
        );
        assert_eq!(of_playwright("Error: No tests found"), Tally::default());
    }

    #[test]
    fn vitest_says_tests_after_test_files() {
        let output =
            " Test Files  1 failed | 2 passed (3)\n      Tests  1 failed | 9 passed (10)\n";
        assert_eq!(
            of_vitest(output),
            Tally {
                passed: 9,
                failed: 1
            }
        );
        assert_eq!(
            of_vitest("      Tests  7 passed (7)\n"),
            Tally {
                passed: 7,
                failed: 0
            }
        );
        assert_eq!(of_vitest("No test files found"), Tally::default());
    }
}
