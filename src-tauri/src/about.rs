//! Where this app keeps its files, and a file for somebody who is to help.

use crate::dialogs::{self, FileKind};
use crate::files;
use crate::said::{Said, because, problem};
use crate::shell::Shell;
use domain::view::{Places, Problem};
use engine::facade::Diagnostics;
use secrecy::SecretString;
use serde::Serialize;
use std::path::Path;
use tauri::{Runtime, State, WebviewWindow};

type Answer<T> = Result<T, Problem>;

/// What is saved for somebody who is to help.
#[derive(Serialize)]
struct Bundle {
    version: &'static str,
    system: &'static str,
    processor: &'static str,
    /// The app's own files by name, with their sizes in bytes; not what is in them. A folder or a
    /// file that cannot be read has no size.
    files: Vec<(String, Option<u64>)>,
    /// How the engine stands.
    engine: Option<Diagnostics>,
    /// Why there is no engine.
    problem: Option<Problem>,
}

/// Where this computer keeps what the app writes.
#[tauri::command]
pub(crate) async fn places(shell: State<'_, Shell>) -> Answer<Places> {
    Ok(Places {
        data: local::shown(&shell.home),
        kubectl: local::kubectl_file().map(|path| local::shown(&path)),
    })
}

/// Saves how everything stands as JSON; false: the dialog was closed.
#[tauri::command]
pub(crate) async fn save_diagnostics<R: Runtime>(
    window: WebviewWindow<R>,
    shell: State<'_, Shell>,
) -> Answer<bool> {
    let (engine, problem) = match shell.session().await {
        Ok(session) => (Some(session.engine.diagnostics()), None),
        Err(problem) => (None, Some(problem)),
    };
    let bundle = Bundle {
        version: env!("CARGO_PKG_VERSION"),
        system: std::env::consts::OS,
        processor: std::env::consts::ARCH,
        files: sizes(&shell.home).await,
        engine,
        problem,
    };
    let document = document(&bundle)?;
    let name = "quaylight-diagnostics.json";
    let Some(path) = dialogs::save(&window, FileKind::Diagnostics, name).await else {
        return Ok(false);
    };
    files::write(path, SecretString::from(document)).await?;
    Ok(true)
}

/// What goes into the file. What cannot be put together is an error: an empty file would be taken for
/// a computer on which there is nothing to tell.
fn document(bundle: &impl Serialize) -> Answer<String> {
    serde_json::to_string_pretty(bundle).map_err(|error| {
        let what = Said::DiagnosticsNotMade;
        because(
            problem(what, None, Some(Said::DiagnosticsNotMadeFix)),
            &error,
        )
    })
}

/// Every file below a folder.
async fn sizes(home: &Path) -> Vec<(String, Option<u64>)> {
    let mut found = Vec::new();
    let mut folders = vec![home.to_owned()];
    let name = |path: &Path| {
        let below = path.strip_prefix(home).unwrap_or(path);
        below.display().to_string()
    };
    while let Some(folder) = folders.pop() {
        let Ok(mut entries) = tokio::fs::read_dir(&folder).await else {
            found.push((name(&folder), None));
            continue;
        };
        loop {
            let entry = match entries.next_entry().await {
                Ok(Some(entry)) => entry,
                Ok(None) => break,
                Err(_) => {
                    found.push((name(&folder), None));
                    break;
                }
            };
            match entry.metadata().await {
                Ok(known) if known.is_dir() => folders.push(entry.path()),
                Ok(known) => found.push((name(&entry.path()), Some(known.len()))),
                Err(_) => found.push((name(&entry.path()), None)),
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn the_files_of_a_home_are_named_with_their_sizes() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("journals")).unwrap();
        std::fs::write(home.path().join("journals").join("one"), "four").unwrap();
        std::fs::write(home.path().join("owner"), "").unwrap();
        let one = std::path::Path::new("journals")
            .join("one")
            .display()
            .to_string();
        let wanted = [(one, Some(4)), ("owner".to_owned(), Some(0))];
        assert_eq!(super::sizes(home.path()).await, wanted);
        let none = super::sizes(&home.path().join("none")).await;
        assert_eq!(none, [(String::new(), None)]);
    }

    #[test]
    fn diagnostics_that_cannot_be_put_together_are_an_error_and_no_empty_file() {
        // JSON has no map with a list as its key.
        let odd = std::collections::BTreeMap::from([(vec![1], "x")]);
        let problem = super::document(&odd).unwrap_err();
        assert_eq!(problem.code, "diagnostics_not_made");
        assert!(problem.detail.is_some_and(|said| said.contains("key")));
        assert_eq!(super::document(&"x").unwrap(), "\"x\"");
    }
}
