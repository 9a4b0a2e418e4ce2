//! What the tests share: the real window under WebDriver, the real cli, the demo cloud as a process.
//!
//! Everything here lives on loopback, on free ports, in temporary homes, and ends with the test;
//! processes are ended by their id.

#![expect(
    clippy::disallowed_methods,
    reason = "tests start real programs, wait in real time and read where xtask put things"
)]

pub mod draw;
pub mod embedded;
pub mod job;
pub mod memory;
pub mod programs;
pub mod window;

use std::path::PathBuf;

/// The project's root.
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent()
        .map_or(here.clone(), std::path::Path::to_path_buf)
}

/// A file that xtask or cargo built: `$VARIABLE`, else `target/debug/<name>`.
pub fn built(variable: &str, name: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| root().join("target/debug").join(name), PathBuf::from)
}

/// Every list of codes that Rust can send to a person, with the parameters of each.
pub fn all_texts() -> Vec<(&'static str, &'static [&'static str])> {
    let lists: &[&[(&str, &[&str])]] = &[
        domain::change::TEXTS,
        domain::preset::TEXTS,
        domain::reach::TEXTS,
        domain::rules::TEXTS,
        domain::screen::activity::Happened::ALL,
        domain::screen::activity::Named::ALL,
        domain::screen::Item::ALL,
        domain::screen::Needs::ALL,
        domain::screen::Odd::ALL,
        domain::screen::Partial::ALL,
        domain::screen::Roaming::ALL,
        domain::screen::stop::Stop::ALL,
        tofu::TEXTS,
    ];
    let titles = engine::said::STEP_TITLES
        .iter()
        .map(|title| (*title, [].as_slice()));
    lists
        .iter()
        .chain(engine::TEXTS)
        .flat_map(|list| list.iter().copied())
        .chain(titles)
        .collect()
}
