//! One line per step, the sum of all tests, and what failed.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::tally::Tally;

/// How a step ended.
pub(crate) enum Ended {
    /// It did its job. Steps that are no test runner count nothing.
    Passed(Tally),
    /// It failed; `tally` holds the tests that it could count, `details` what a person reads next.
    Failed {
        tally: Tally,
        why: String,
        details: Vec<String>,
    },
}

impl Ended {
    /// A step without tests, done.
    pub(crate) fn done() -> Self {
        Self::Passed(Tally::default())
    }

    /// A step without tests, failed.
    pub(crate) fn failed(why: impl Into<String>) -> Self {
        Self::Failed {
            tally: Tally::default(),
            why: why.into(),
            details: Vec::new(),
        }
    }
}

impl From<Result<(), String>> for Ended {
    fn from(result: Result<(), String>) -> Self {
        match result {
            Ok(()) => Self::done(),
            Err(why) => Self::failed(why),
        }
    }
}

/// The steps so far.
pub(crate) struct Report {
    sum: Tally,
    passed: BTreeMap<String, bool>,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self {
            sum: Tally::default(),
            passed: BTreeMap::new(),
        }
    }

    /// Runs one step, prints its line and remembers how it ended. True when it passed.
    pub(crate) fn step(&mut self, name: &str, act: impl FnOnce() -> Ended) -> bool {
        let started = Instant::now();
        let ended = act();
        let seconds = started.elapsed().as_secs_f64();
        let passed = match ended {
            Ended::Passed(tally) => {
                let tests = match tally.passed {
                    0 => String::new(),
                    count => format!("  {count} passed"),
                };
                println!("ok       {name:<14} {seconds:>7.1} s{tests}");
                self.sum.passed += tally.passed;
                true
            }
            Ended::Failed {
                tally,
                why,
                details,
            } => {
                println!("FAILED   {name:<14} {seconds:>7.1} s  {why}");
                for line in details {
                    println!("         | {line}");
                }
                self.sum.passed += tally.passed;
                // A step that broke without a failing test (it did not compile) counts as one.
                self.sum.failed += tally.failed.max(1);
                false
            }
        };
        self.passed.insert(name.to_owned(), passed);
        passed
    }

    /// Remembers a step that cannot run because `needed` did not pass: nobody saw it work.
    pub(crate) fn not_run(&mut self, name: &str, needed: &str) {
        println!("NOT RUN  {name:<14}            needs `{needed}`");
        self.sum.failed += 1;
        self.passed.insert(name.to_owned(), false);
    }

    /// Says why a step has no place on this machine. It counts neither way.
    pub(crate) fn not_here(&mut self, name: &str, why: &str) {
        println!("-        {name:<14}            not here: {why}");
        self.passed.insert(name.to_owned(), true);
    }

    /// True when this step ran and passed.
    pub(crate) fn has_passed(&self, name: &str) -> bool {
        self.passed.get(name).copied().unwrap_or(false)
    }

    /// True when no step failed.
    pub(crate) fn all_passed(&self) -> bool {
        self.passed.values().all(|passed| *passed)
    }

    /// Prints `N passed, N failed`.
    pub(crate) fn print_sum(&self) {
        println!("{} passed, {} failed", self.sum.passed, self.sum.failed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_broke_without_a_test_counts_as_one_failure() {
        let mut report = Report::new();
        report.step("clippy", || Ended::failed("exit status: 101"));
        report.step("tests", || {
            Ended::Passed(Tally {
                passed: 5,
                failed: 0,
            })
        });
        report.not_run("e2e", "build");
        assert_eq!(
            report.sum,
            Tally {
                passed: 5,
                failed: 2
            }
        );
        assert!(!report.all_passed() && report.has_passed("tests"));
    }
}
