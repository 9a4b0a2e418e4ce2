//! `cargo xtask bindings`: the TypeScript types of the screen, written again from Rust.
//!
//! The test target `bindings` of the domain holds the list of types. It compares what it makes with
//! ui/src/bindings; told to, it writes instead.

use crate::process::{Job, cargo};
use crate::report::Report;

/// Writes ui/src/bindings.
pub(crate) fn remake(report: &mut Report) {
    report.step("bindings", || {
        let mut make = cargo();
        make.args(["test", "--package", "quaylight-domain", "--locked"]);
        make.args(["--test", "bindings"]);
        make.env("QUAYLIGHT_BINDINGS", "write");
        Job::new("bindings", make, 30).run().checked()
    });
}
