//! The words after `cargo xtask`, and the help text.

use crate::figures::BENCHES;
use crate::suite;

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Print the help text.
    Help,
    /// Build the app and show it.
    Run,
    /// Run every check; `only` names the chosen steps, empty means all of them.
    Test { full: bool, only: Vec<String> },
    /// Build the packages of this system; `check` installs and starts the Debian one.
    Bundle { check: bool },
    /// Write the TypeScript types of the screen again.
    Bindings,
    /// Start a real Kubernetes.
    KubeUp,
    /// Kill the real cli at every point; the words go to the program.
    KillMatrix { words: Vec<String> },
    /// Measure something; the words go to the program.
    Bench { name: String, words: Vec<String> },
}

/// Reads the words, or says what is wrong with them.
pub(crate) fn parse(words: &[String]) -> Result<Task, String> {
    let mut words = words.iter().map(String::as_str);
    let Some(first) = words.next() else {
        return Ok(Task::Help);
    };
    let rest: Vec<&str> = words.collect();
    if rest.iter().any(|word| matches!(*word, "-h" | "--help")) {
        return Ok(Task::Help);
    }
    match first {
        "help" | "-h" | "--help" => Ok(Task::Help),
        "run" => nothing_after(first, &rest, Task::Run),
        "bindings" => nothing_after(first, &rest, Task::Bindings),
        "kube-up" => nothing_after(first, &rest, Task::KubeUp),
        "campaign" => Ok(Task::Bench {
            name: first.to_owned(),
            words: owned(&rest),
        }),
        "bundle" => match rest[..] {
            [] => Ok(Task::Bundle { check: false }),
            ["--check"] => Ok(Task::Bundle { check: true }),
            _ => Err(format!(
                "`bundle` knows only `--check`, not `{}`",
                rest.join(" ")
            )),
        },
        "test" => parse_test(&rest),
        "kill-matrix" => Ok(Task::KillMatrix {
            words: owned(&rest),
        }),
        "bench" => match rest[..] {
            [name, ..] if BENCHES.iter().any(|(known, _)| *known == name) => Ok(Task::Bench {
                name: name.to_owned(),
                words: owned(&rest[1..]),
            }),
            [name, ..] => Err(format!("`bench` knows no `{name}`")),
            [] => Err("`bench` needs the name of what is measured".to_owned()),
        },
        other => Err(format!("there is no command `{other}`")),
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn nothing_after(command: &str, rest: &[&str], task: Task) -> Result<Task, String> {
    match rest.first() {
        None => Ok(task),
        Some(word) => Err(format!("`{command}` takes no `{word}`")),
    }
}

fn parse_test(rest: &[&str]) -> Result<Task, String> {
    let (mut full, mut only) = (false, Vec::new());
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        match *word {
            "--full" => full = true,
            "--only" => {
                let names = words.next().ok_or("`--only` needs the name of a step")?;
                for name in names.split(',') {
                    if !suite::names().any(|known| known == name) {
                        return Err(format!("there is no step `{name}`"));
                    }
                    only.push(name.to_owned());
                }
            }
            other => return Err(format!("`test` takes no `{other}`")),
        }
    }
    Ok(Task::Test { full, only })
}

/// Everything that a person can ask for.
pub(crate) fn help() -> String {
    let mut text = String::from(
        "\
cargo xtask COMMAND: build, show and check Quaylight

Every command first installs what is missing: Debian packages through apt-get (as root, or with
sudo after asking in a terminal), npm packages in ui/, and tools in target/tools. Every step prints
one line with its duration; what it said is kept in target/xtask/logs/STEP.log.

  run               build the app and open its window on the demo cloud. Without a display: drive
                    the real window on a virtual one and leave screenshots, kubeconfig and a
                    transcript in target/demo/
  test              run every check below, all of them even after a failure; the last line is
                    `N passed, N failed`
    --only NAME     only this step and what it needs; several: --only fmt,clippy
    --full          also what takes long: more seeds (QUAYLIGHT_FULL=1), every kill point, and
                    `bundle --check`
  bundle            build the installers of this system (release)
    --check         Linux: build the deb, install it, start it on a virtual display, remove it
  campaign          seeded schedules of a whole life under faults on the demo cloud in memory, ours
                    beside three protocols in wide use; prints a table
    --schedules N   of ours (20000); --control N of each other (a tenth); --seed S the first
    --json          the table as JSON
    --replay SEED   one schedule as a transcript, twice, with the hash of its exchanges;
                    --by NAME: by another protocol than ours
    --planted       each planted bug, and after how many schedules it was found
  bindings          write ui/src/bindings from the Rust types again
  kube-up           a real kube-apiserver, scheduler and controller-manager on loopback, built once
                    with Go into the user's cache, with nodes that kwok plays; prints the
                    kubeconfig and stays until Ctrl-C
  kill-matrix       kill the real cli (built with the feature `kill-points` into target/kill) before
                    and after every record and every request of apply, scale and teardown on a demo
                    cloud, and check what `resume` leaves. Exit 1 on a violation
    --every N       only every Nth point
    --json          one document on stdout
  bench NAME        measure (profile `measure`); `--json` prints one document. `start` fails
                    when a limit is passed; --starts N (10), --debug: builds that are made sooner. `ui`
                    fails likewise; --seconds N of each view (60), --soak N minutes more (10).
                    `inside` fails likewise, and needs Go, as kube-up does
  help, --help      this text

Steps of `test`:
",
    );
    text.extend(suite::described().map(|(name, does)| format!("  {name:<17} {does}\n")));
    text.push_str("\nWhat `bench` measures:\n");
    text.extend(
        BENCHES
            .iter()
            .map(|(name, does)| format!("  {name:<17} {does}\n")),
    );
    text.push_str(
        "
What the end-to-end tests are told by the environment: QUAYLIGHT_APP and QUAYLIGHT_CLI (the built
programs), TAURI_DRIVER, QUAYLIGHT_KUBECTL, QUAYLIGHT_LINODE_CLI, QUAYLIGHT_LINODE_PYTHON,
QUAYLIGHT_DEMO_OUT (folder of `run`), QUAYLIGHT_SHOTS (folder of `test`), and where demo clouds
note what they were asked: QUAYLIGHT_DEMO_REQUESTS, which `openapi` reads as QUAYLIGHT_ASKED.
LINODE_TOKEN is taken away from every step.",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task, String> {
        parse(
            &line
                .split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn words_become_tasks() {
        assert_eq!(parsed(""), Ok(Task::Help));
        assert_eq!(parsed("run --help"), Ok(Task::Help));
        assert_eq!(parsed("run"), Ok(Task::Run));
        assert_eq!(parsed("bundle --check"), Ok(Task::Bundle { check: true }));
        assert_eq!(
            parsed("test --full --only fmt,clippy"),
            Ok(Task::Test {
                full: true,
                only: vec!["fmt".to_owned(), "clippy".to_owned()]
            })
        );
    }

    #[test]
    fn words_of_a_measuring_program_are_handed_on() {
        let words = vec!["--json".to_owned()];
        assert_eq!(
            parsed("bench twin --json"),
            Ok(Task::Bench {
                name: "twin".to_owned(),
                words: words.clone()
            })
        );
        assert_eq!(parsed("kill-matrix --json"), Ok(Task::KillMatrix { words }));
        assert_eq!(
            parsed("bench"),
            Err("`bench` needs the name of what is measured".to_owned())
        );
        assert_eq!(
            parsed("bench moon"),
            Err("`bench` knows no `moon`".to_owned())
        );
    }

    #[test]
    fn a_wrong_word_is_named() {
        assert_eq!(parsed("tset"), Err("there is no command `tset`".to_owned()));
        assert_eq!(parsed("run fast"), Err("`run` takes no `fast`".to_owned()));
        assert_eq!(
            parsed("test --only lint"),
            Err("there is no step `lint`".to_owned())
        );
    }

    #[test]
    fn the_help_names_every_step() {
        let help = help();
        assert!(suite::names().all(|name| help.contains(name)));
    }
}
