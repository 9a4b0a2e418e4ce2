//! The contract of the demo cloud: recorded traffic of the real API, asked of the twin again.
//!
//! A reply must be the recorded one but for its values: accepted or refused alike, the same status,
//! the same error texts, the same fields of the same types. The recordings and descriptions lie
//! beside the checkout; without them nothing is compared, and the test says so.

mod filterable;
mod recording;
mod replay;
mod shape;
mod spec;

use std::io::Write as _;
use std::path::Path;

use replay::{Outcome, Replay};
use spec::Spec;

/// Where the recordings and descriptions lie.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/linode-api");

/// At least so many of a hundred exchanges are as recorded.
const PERCENT_LEAST: usize = 90;

/// Straight to standard error, so that it is read although the test passes.
fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("standard error is open");
}

#[tokio::test(start_paused = true)]
async fn the_twin_answers_as_was_recorded() {
    let folder = Path::new(FOLDER);
    if !folder.join("recorded").is_dir() {
        say("NOT RUN: the contract with recorded traffic; there is no ../shared/data/linode-api");
        return;
    }
    let recordings = recording::all(&folder.join("recorded")).expect("readable recordings");
    let spec = Spec::read(folder, &recordings).expect("readable descriptions");
    let (mut same, mut all) = (0, 0);
    let mut absent: Vec<String> = Vec::new();
    for recording in &recordings {
        let mut replay = Replay::begin(recording).await;
        let (mut fine, mut counted) = (0, 0);
        let mut notes = Vec::new();
        for exchange in &recording.exchanges {
            let what = format!("{} {}", exchange.method, exchange.path);
            match replay.next(&spec, exchange).await {
                Outcome::Same => {
                    fine += 1;
                    counted += 1;
                }
                Outcome::Different(why) => {
                    counted += 1;
                    notes.push(format!("    {what}: {}", why.join("; ")));
                }
                Outcome::Absent(why) => absent.push(format!("    {what}: {why}")),
            }
        }
        say(&format!("{}: {fine} of {counted}", recording.name));
        for note in notes {
            say(&note);
        }
        same += fine;
        all += counted;
    }
    say("left out, because the app never asks there:");
    for line in absent {
        say(&line);
    }
    say(&format!("contract: {same} of {all} exchanges"));
    assert!(all > 0, "no exchange was compared");
    assert!(
        same * 100 >= all * PERCENT_LEAST,
        "only {same} of {all} exchanges are as recorded"
    );
}
