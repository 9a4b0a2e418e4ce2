//! Where this app keeps its files, and a file for somebody who is to help.

use crate::dialogs::{self, FileKind};
use crate::files;
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
    /// The app's own files by name, with their sizes in bytes; not what is in them.
    files: Vec<(String, u64)>,
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
    let document = serde_json::to_string_pretty(&bundle).unwrap_or_default();
    let name = "quaylight-diagnostics.json";
    let Some(path) = dialogs::save(&window, FileKind::Diagnostics, name).await else {
        return Ok(false);
    };
    files::write(path, SecretString::from(document)).await?;
    Ok(true)
}

/// Every file below a folder; a folder that cannot be read has none.
async fn sizes(home: &Path) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    let mut folders = vec![home.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(mut entries) = tokio::fs::read_dir(&folder).await else {
            continue;
        };
        while let Ok(Some(entry)) = entries.next_entry().await {
            let Ok(known) = entry.metadata().await else {
                continue;
            };
            if known.is_dir() {
                folders.push(entry.path());
            } else {
                let path = entry.path();
                let name = path.strip_prefix(home).unwrap_or(&path).display();
                found.push((name.to_string(), known.len()));
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
        let wanted = [(one, 4), ("owner".to_owned(), 0)];
        assert_eq!(super::sizes(home.path()).await, wanted);
        assert_eq!(super::sizes(&home.path().join("none")).await, []);
    }
}
