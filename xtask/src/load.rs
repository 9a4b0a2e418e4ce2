//! `cargo xtask bench ui`: builds the window with the feature `load` and drives it on a virtual
//! screen; tests/load measures.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::app;
use crate::display::Screen;
use crate::figures::shown;
use crate::process::{Job, cargo, root};
use crate::report::Ended;
use crate::tools;

/// Measures the real window.
pub(crate) fn bench(words: &[String]) -> ExitCode {
    let ended = built().and_then(|program| {
        let screen = Screen::open()?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut measure = screen.command(&program, &words);
        measure.current_dir(root().join("tests"));
        app::tell_paths(&mut measure);
        Ok(shown(measure))
    });
    match ended {
        Ok(kept) => ExitCode::from(u8::from(!kept)),
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

fn built() -> Result<PathBuf, String> {
    app::prepare_window()?;
    if let Ended::Failed { why, .. } = tools::DRIVER.install() {
        return Err(format!("tauri-driver: {why}"));
    }
    let mut build = cargo();
    build.args(["build", "--locked", "--workspace", "--bins"]);
    build.args(["--features", app::FEATURES, "--features", "quaylight/load"]);
    let done = Job::new("bench-window", build, 45).run();
    done.end
        .map_err(|why| format!("build the window: {why}; see bench-window.log"))?;
    let program = app::build_test("load");
    program.map_err(|_| "build the measuring program: see load-build.log".to_owned())
}
