//! `cargo xtask test`: every check, in an order in which the quick ones speak first.

use std::fs;

use crate::app;
use crate::bundle;
use crate::display::Screen;
use crate::figures;
use crate::kube_programs;
use crate::kube_up;
use crate::process::{Job, cargo, root, target};
use crate::report::{Ended, Report};
use crate::setup::{self, For};
use crate::tally;
use crate::tools;

/// One check or preparation.
struct Step {
    name: &'static str,
    does: &'static str,
    /// Steps that must have passed before.
    needs: &'static [&'static str],
    act: fn(Mode) -> Ended,
}

/// How thorough.
#[derive(Clone, Copy)]
struct Mode {
    full: bool,
}

const STEPS: &[Step] = &[
    Step {
        name: "packages",
        does: "Debian packages for the build and a virtual display",
        needs: &[],
        act: |_| setup::packages(For::Tests),
    },
    Step {
        name: "rust",
        does: "rustfmt and clippy through rustup",
        needs: &[],
        act: |_| setup::rust_components(),
    },
    Step {
        name: "npm",
        does: "npm ci in ui/",
        needs: &[],
        act: |_| setup::npm_packages(),
    },
    Step {
        name: "cargo-deny",
        does: "the tool, into target/tools",
        needs: &[],
        act: |_| tools::DENY.install(),
    },
    Step {
        name: "tauri-driver",
        does: "the tool, into target/tools",
        needs: &[],
        act: |_| tools::DRIVER.install(),
    },
    Step {
        name: "kubectl",
        does: "of this machine, else into target/tools",
        needs: &["packages"],
        act: |_| tools::install_kubectl(),
    },
    Step {
        name: "linode-clients",
        does: "linode-cli and linode_api4, into target/tools",
        needs: &["packages"],
        act: |_| tools::install_clients(),
    },
    Step {
        name: "kube-programs",
        does: "a real Kubernetes, built once with Go into the user's cache",
        needs: &["packages"],
        act: |_| kube_programs::build(),
    },
    Step {
        name: "fmt",
        does: "cargo fmt --check",
        needs: &["rust"],
        act: |_| fmt(),
    },
    Step {
        name: "deny",
        does: "licences, bans and sources of all crates",
        needs: &["cargo-deny"],
        act: |_| deny(),
    },
    Step {
        name: "ui-build",
        does: "vite build, with the texts compiled from the catalogue",
        needs: &["npm"],
        act: |_| app::build_ui(),
    },
    Step {
        name: "ui-lint",
        does: "prettier and eslint",
        needs: &["ui-build"],
        act: |_| ui_lint(),
    },
    Step {
        name: "ui-check",
        does: "svelte-check",
        needs: &["ui-build"],
        act: |_| app::ui_script("ui-check", "check").run().checked(),
    },
    Step {
        name: "ui-test",
        does: "vitest",
        needs: &["ui-build"],
        act: |_| {
            app::ui_script("ui-test", "test")
                .run()
                .counted(tally::of_vitest)
        },
    },
    Step {
        name: "ui-walk",
        does: "every scene in Debian's Chromium: axe, layout, keyboard, forced colours, zoom",
        needs: &["packages", "ui-build"],
        act: |_| {
            app::ui_script("ui-walk", "walk")
                .run()
                .counted(tally::of_playwright)
        },
    },
    Step {
        name: "ui-webkit",
        does: "every scene in WebKitGTK, the engine of the real window, on a virtual display",
        needs: &["ui-walk"],
        act: |_| app::walk_in_webkit(),
    },
    Step {
        name: "clippy",
        does: "clippy on everything, warnings are errors",
        needs: &["packages", "rust", "ui-build"],
        act: |_| clippy(),
    },
    Step {
        name: "build",
        does: "the app and quaylight-cli, debug",
        needs: &["packages", "ui-build"],
        act: |_| app::build_programs(),
    },
    Step {
        name: "tests",
        does: "unit tests, simulation, cli, tidy",
        needs: &["build", "kubectl", "linode-clients"],
        act: tests,
    },
    Step {
        name: "kube-real",
        does: "one suite, asked of a real Kubernetes and of the demo cloud's",
        needs: &["build", "kubectl", "kube-programs"],
        act: |mode| kube_up::compare(mode.full),
    },
    Step {
        name: "campaign",
        does: "seeded schedules under faults on the demo cloud in memory",
        needs: &["packages"],
        act: |mode| figures::campaign_step(mode.full),
    },
    Step {
        name: "planted",
        does: "whether the campaign finds every bug that was planted",
        needs: &["campaign"],
        act: |_| figures::planted_step(),
    },
    Step {
        name: "kill-matrix",
        does: "the real cli killed at points of apply, scale and teardown, and what `resume` leaves",
        needs: &["build"],
        act: |mode| figures::kill_step(mode.full),
    },
    Step {
        name: "e2e",
        does: "the real window, driven on a virtual display with a real secret store",
        needs: &["build", "tauri-driver", "kubectl"],
        act: |_| end_to_end(),
    },
    Step {
        name: "openapi",
        does: "whether all that tests and e2e sent is valid by Linode's own description",
        needs: &["tests", "e2e"],
        act: |_| openapi(),
    },
];

/// The names of all steps.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    STEPS.iter().map(|step| step.name)
}

/// Every step with what it does.
pub(crate) fn described() -> impl Iterator<Item = (&'static str, &'static str)> {
    STEPS.iter().map(|step| (step.name, step.does))
}

/// Runs the steps and prints the sum.
pub(crate) fn test(report: &mut Report, full: bool, only: &[String]) {
    let chosen = chosen(only);
    for step in STEPS.iter().filter(|step| chosen.contains(&step.name)) {
        let broken = step.needs.iter().find(|need| !report.has_passed(need));
        if let Some(why) = not_here(step.name) {
            report.not_here(step.name, why);
        } else if let Some(need) = broken {
            report.not_run(step.name, need);
        } else {
            report.step(step.name, || (step.act)(Mode { full }));
        }
    }
    if full && only.is_empty() {
        bundle::bundle(report, cfg!(target_os = "linux"));
    }
    report.print_sum();
}

/// The chosen steps and everything that they need.
fn chosen(only: &[String]) -> Vec<&'static str> {
    if only.is_empty() {
        return names().collect();
    }
    let mut chosen = Vec::new();
    // Needs stand before what needs them, so one walk backwards finds all.
    for step in STEPS.iter().rev() {
        let needed = STEPS
            .iter()
            .any(|other| chosen.contains(&other.name) && other.needs.contains(&step.name));
        if needed || only.iter().any(|name| name == step.name) {
            chosen.push(step.name);
        }
    }
    chosen
}

fn not_here(step: &str) -> Option<&'static str> {
    let why = match step {
        "e2e" | "tauri-driver" | "ui-webkit" => "the window is driven on Linux only",
        "ui-walk" => "it goes through Debian's Chromium",
        "kube-programs" => "it runs on Linux only",
        "kube-real" if kube_programs::is_built() => return None,
        "kube-real" => return Some("there is no Go to build a real Kubernetes with"),
        _ => return None,
    };
    (!cfg!(target_os = "linux")).then_some(why)
}

fn fmt() -> Ended {
    let mut fmt = cargo();
    // `-l` names the files: what to change there is what `cargo fmt` does.
    fmt.args(["fmt", "--all", "--check", "--", "-l"]);
    Job::new("fmt", fmt, 5).run().checked()
}

fn deny() -> Ended {
    let mut deny = crate::process::command(tools::DENY.path());
    deny.args([
        "--locked",
        "--all-features",
        "check",
        "licenses",
        "bans",
        "sources",
    ]);
    Job::new("deny", deny, 10).run().checked()
}

fn ui_lint() -> Ended {
    if app::has_ui_script("lint") {
        app::ui_script("ui-lint", "lint").run().checked()
    } else {
        Ended::failed("ui/package.json has no script `lint`")
    }
}

fn clippy() -> Ended {
    let mut everything = cargo();
    everything.args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--keep-going",
        "--locked",
    ]);
    everything.args(["--features", app::FEATURES, "--", "-D", "warnings"]);
    let done = Job::new("clippy", everything, 45).run();
    if done.end.is_err() {
        return done.checked();
    }
    // `--all-targets` leaves out the tests that run only by name.
    let mut windowed = cargo();
    windowed.args([
        "clippy",
        "--workspace",
        "--locked",
        "--features",
        app::FEATURES,
    ]);
    windowed.args([
        "--test", "e2e", "--test", "demo", "--test", "kill", "--test", "load",
    ]);
    windowed.args(["--test", "kube-real"]);
    windowed.args(["--", "-D", "warnings"]);
    Job::new("clippy-window", windowed, 15).run().checked()
}

fn tests(mode: Mode) -> Ended {
    let mut tests = cargo();
    tests.args([
        "test",
        "--workspace",
        "--no-fail-fast",
        "--locked",
        "--features",
        app::FEATURES,
    ]);
    app::tell_paths(&mut tests);
    // What an earlier run sent proves nothing about this one.
    let _ = fs::remove_dir_all(app::asked());
    tests.env("QUAYLIGHT_DEMO_REQUESTS", app::asked());
    if mode.full {
        tests.env("QUAYLIGHT_FULL", "1");
    }
    let limit_minutes = if mode.full { 180 } else { 45 };
    Job::new("tests", tests, limit_minutes)
        .run()
        .counted(tally::of_cargo)
}

fn end_to_end() -> Ended {
    let program = match app::build_test("e2e") {
        Ok(program) => program,
        Err(failed) => return failed,
    };
    let screen = match Screen::open() {
        Ok(screen) => screen,
        Err(why) => return Ended::failed(why),
    };
    let shots = target().join("e2e");
    if let Err(why) = fs::create_dir_all(&shots) {
        return Ended::failed(format!("make `{}`: {why}", shots.display()));
    }
    // One window at a time: a second instance of the app would hand over to the first.
    let mut command = screen.command(&program, &["--test-threads", "1"]);
    command
        .current_dir(root().join("tests"))
        .env("QUAYLIGHT_SHOTS", shots)
        .env("QUAYLIGHT_DEMO_REQUESTS", app::asked());
    app::tell_paths(&mut command);
    Job::new("e2e", command, 20)
        .leaves_nothing()
        .run()
        .counted(tally::of_cargo)
}

fn openapi() -> Ended {
    let mut check = cargo();
    check.args(["test", "--workspace", "--locked", "--features"]);
    check.args([app::FEATURES, "--test", "openapi"]);
    check.env("QUAYLIGHT_ASKED", app::asked());
    Job::new("openapi", check, 15)
        .run()
        .counted(tally::of_cargo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_step_brings_what_it_needs() {
        let mut steps = chosen(&["ui-test".to_owned()]);
        steps.sort_unstable();
        assert_eq!(steps, ["npm", "ui-build", "ui-test"]);
        assert_eq!(chosen(&[]).len(), STEPS.len());
    }

    #[test]
    fn needs_stand_before_what_needs_them() {
        for (index, step) in STEPS.iter().enumerate() {
            for need in step.needs {
                assert!(
                    STEPS[..index].iter().any(|earlier| earlier.name == *need),
                    "{need}"
                );
            }
        }
    }
}
