//! `cargo xtask run`: the window, or without a display the demonstration on a virtual one.

use std::fs;

use crate::app;
use crate::display::Screen;
use crate::process::{Job, command, root, target};
use crate::report::{Ended, Report};
use crate::setup::{self, For};
use crate::tools;

/// Builds the app and shows it.
pub(crate) fn run(report: &mut Report) {
    let display = has_display();
    let purpose = if display { For::Build } else { For::Window };
    let ready = report.step("packages", || setup::packages(purpose))
        && report.step("npm", setup::npm_packages)
        && report.step("ui-build", app::build_ui)
        && report.step("build", app::build_programs);
    if !ready {
        return;
    }
    if display {
        report.step("window", window);
    } else if report.step("tauri-driver", || tools::DRIVER.install())
        && report.step("kubectl", tools::install_kubectl)
    {
        println!("There is no display: the window runs on a virtual one, driven by a script.");
        report.step("demo", demo);
    }
}

fn has_display() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// The app in the user's own session, until its window is closed and it quits.
fn window() -> Ended {
    println!("Opening the window; this command ends when the app quits.");
    match command(app::app()).status() {
        Ok(status) if status.success() => Ended::done(),
        Ok(status) => Ended::failed(format!("the app ended with {status}")),
        Err(why) => Ended::failed(format!("start `{}`: {why}", app::app().display())),
    }
}

fn demo() -> Ended {
    let program = match app::build_test("demo") {
        Ok(program) => program,
        Err(failed) => return failed,
    };
    let screen = match Screen::open() {
        Ok(screen) => screen,
        Err(why) => return Ended::failed(why),
    };
    let out = target().join("demo");
    // What an earlier run left would pass for this one's.
    let _ = fs::remove_dir_all(&out);
    if let Err(why) = fs::create_dir_all(&out) {
        return Ended::failed(format!("make `{}`: {why}", out.display()));
    }
    let mut command = screen.command(&program, &["--test-threads", "1", "--nocapture"]);
    command
        .current_dir(root().join("tests"))
        .env("QUAYLIGHT_DEMO_OUT", &out);
    app::tell_paths(&mut command);
    let done = Job::new("demo", command, 20).shown().leaves_nothing().run();
    println!("In {}:", out.display());
    let mut names: Vec<String> = fs::read_dir(&out)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    for name in names {
        println!("  {name}");
    }
    done.checked()
}
