//! The tests that drive the real window.

use std::fs;

use crate::app;
use crate::display::Screen;
use crate::process::{Job, root, target};
use crate::report::Ended;
use crate::tally;

/// More tests than these did not fail by chance.
const AGAIN_MAX: usize = 3;

/// Runs them one after the other; what fails, once more.
pub(crate) fn end_to_end() -> Ended {
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
    let run = |name: &str, words: &[&str]| {
        let mut command = screen.command(&program, words);
        command
            .current_dir(root().join("tests"))
            .env("QUAYLIGHT_SHOTS", &shots)
            .env("QUAYLIGHT_DEMO_REQUESTS", app::asked());
        app::tell_paths(&mut command);
        Job::new(name, command, 20).leaves_nothing().run()
    };
    // One window at a time: a second instance of the app would hand over to the first.
    let first = run("e2e", &["--test-threads", "1"]);
    let failed = tally::failed_of_cargo(&first.text);
    let first = first.counted(tally::of_cargo);
    if failed.is_empty() || failed.len() > AGAIN_MAX {
        return first;
    }
    // A machine that stands still for a minute fails a test of a real window. Such a test is told as
    // shaky, with all that it said, when it passes the second time.
    let mut words = vec!["--test-threads", "1", "--exact"];
    words.extend(failed.iter().map(String::as_str));
    let again = run("e2e-again", &words).counted(tally::of_cargo);
    first.shaky(&again)
}
