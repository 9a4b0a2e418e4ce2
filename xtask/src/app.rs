//! Building the screen and the programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::display::Screen;
use crate::process::{Job, cargo, root, target};
use crate::report::Ended;
use crate::setup::{self, For, npm};
use crate::tally;

/// The page comes from the binary, as in a release, and not from a development server. Every build
/// uses it, so that nothing is compiled twice.
pub(crate) const FEATURES: &str = "quaylight/custom-protocol";

/// Builds ui/dist, and with it the texts compiled from the catalogue.
pub(crate) fn build_ui() -> Ended {
    Job::new("ui-build", npm(&["run", "build"]), 10)
        .run()
        .checked()
}

/// What a window without a display needs, and the page in it: for programs that print figures, so
/// only a failure is told.
pub(crate) fn prepare_window() -> Result<(), String> {
    for (step, act) in [
        (
            "packages",
            (|| setup::packages(For::Window)) as fn() -> Ended,
        ),
        ("npm", setup::npm_packages),
        ("ui-build", build_ui),
    ] {
        if let Ended::Failed { why, .. } = act() {
            return Err(format!("{step}: {why}"));
        }
    }
    Ok(())
}

/// Runs a script of ui/package.json.
pub(crate) fn ui_script(step: &str, script: &str) -> Job {
    Job::new(step, npm(&["run", script]), 15)
}

/// Every scene in the engine of the real window.
pub(crate) fn walk_in_webkit() -> Ended {
    let screen = match Screen::open() {
        Ok(screen) => screen,
        Err(why) => return Ended::failed(why),
    };
    let words = ["node_modules/@playwright/test/cli.js", "test", "--config"];
    let words = [&words[..], &["playwright.webkit.config.ts"]].concat();
    let mut walk = screen.command(Path::new("node"), &words);
    walk.current_dir(root().join("ui"));
    Job::new("ui-webkit", walk, 15)
        .leaves_nothing()
        .run()
        .counted(tally::of_playwright)
}

/// True when ui/package.json has this script.
pub(crate) fn has_ui_script(script: &str) -> bool {
    let text = fs::read_to_string(root().join("ui/package.json")).unwrap_or_default();
    names_script(&text, script)
}

fn names_script(package: &str, script: &str) -> bool {
    let block = package
        .split("\"scripts\"")
        .nth(1)
        .and_then(|rest| rest.split('}').next());
    block.is_some_and(|block| block.contains(&format!("\"{script}\":")))
}

/// Builds the app and its headless companion.
pub(crate) fn build_programs() -> Ended {
    let mut build = cargo();
    build.args([
        "build",
        "--workspace",
        "--bins",
        "--locked",
        "--features",
        FEATURES,
    ]);
    Job::new("build", build, 45).run().checked()
}

/// The built app.
pub(crate) fn app() -> PathBuf {
    program("quaylight")
}

/// The built headless companion.
pub(crate) fn cli() -> PathBuf {
    program("quaylight-cli")
}

fn program(name: &str) -> PathBuf {
    target()
        .join("debug")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Compiles one test target of tests/ and says where it is, so that it can run where cargo cannot.
pub(crate) fn build_test(name: &str) -> Result<PathBuf, Ended> {
    let mut build = cargo();
    build.args(["test", "--workspace", "--locked", "--features", FEATURES]);
    build.args(["--test", name, "--no-run"]);
    let done = Job::new(&format!("{name}-build"), build, 45).run();
    match executable(&done.text) {
        Some(path) if done.end.is_ok() => Ok(root().join(path)),
        Some(_) | None => Err(match done.checked() {
            Ended::Passed(_) => Ended::failed(format!("cargo named no program for `{name}`")),
            failed @ Ended::Failed { .. } => failed,
        }),
    }
}

/// The path in cargo's line `Executable tests/e2e.rs (target/debug/deps/e2e-0123)`.
fn executable(output: &str) -> Option<&Path> {
    let line = output
        .lines()
        .rev()
        .find(|line| line.trim_start().starts_with("Executable "))?;
    line.rsplit_once('(')?.1.strip_suffix(')').map(Path::new)
}

/// Where the demo clouds of the tests note what they were asked.
pub(crate) fn asked() -> PathBuf {
    target().join("asked")
}

/// Tells a program where to find what was built.
pub(crate) fn tell_paths(command: &mut Command) {
    command
        .env("QUAYLIGHT_APP", app())
        .env("QUAYLIGHT_CLI", cli())
        .env("QUAYLIGHT_KUBECTL", crate::tools::kubectl())
        .env("QUAYLIGHT_LINODE_CLI", crate::tools::linode_cli())
        .env("QUAYLIGHT_LINODE_PYTHON", crate::tools::linode_python())
        .env("TAURI_DRIVER", crate::tools::DRIVER.path());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_names_the_test_program() {
        let output = "   Compiling quaylight-tests v0.1.0\n    Finished `test` profile\n  Executable tests/e2e.rs (target/debug/deps/e2e-62f0)\n";
        assert_eq!(
            executable(output),
            Some(Path::new("target/debug/deps/e2e-62f0"))
        );
        assert_eq!(executable("error: no test target named `e2e`"), None);
    }

    #[test]
    fn only_scripts_count_as_scripts() {
        let package = r#"{ "scripts": { "check": "svelte-check" }, "lint": "no" }"#;
        assert!(names_script(package, "check"));
        assert!(!names_script(package, "lint"));
    }
}
