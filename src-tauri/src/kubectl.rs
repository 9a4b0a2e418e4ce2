//! The intents around a kubeconfig that is not saved apart: copied, looked at, put into the file that
//! kubectl reads, made anew. Its secrets never come to the window.

use crate::arguments::{Deployment, Seen};
use crate::said::{Said, because, problem};
use crate::shell::{Shell, lock};
use arboard::Clipboard;
use domain::view::{MergePreview, MergedContext, Problem};
use secrecy::{ExposeSecret as _, SecretString};
use tauri::State;

type Answer<T> = Result<T, Problem>;

/// Copies a kubeconfig to the system's clipboard.
#[tauri::command]
pub(crate) async fn copy_kubeconfig(shell: State<'_, Shell>, deployment: Deployment) -> Answer<()> {
    let session = shell.session().await?;
    let kubeconfig = session.engine.kubeconfig(&deployment.0).await?;
    copy(&shell, &kubeconfig).map_err(|error| {
        let fix = Some(Said::ClipboardFailedFix);
        because(problem(Said::ClipboardFailed, None, fix), &error)
    })
}

fn copy(shell: &Shell, text: &SecretString) -> Result<(), arboard::Error> {
    let mut held = lock(&shell.clipboard);
    let mut clipboard = match held.take() {
        Some(clipboard) => clipboard,
        None => Clipboard::new()?,
    };
    let set = clipboard.set();
    // A history of the clipboard is no place for credentials.
    #[cfg(target_os = "linux")]
    let set = arboard::SetExtLinux::exclude_from_history(set);
    #[cfg(target_os = "macos")]
    let set = arboard::SetExtApple::exclude_from_history(set);
    #[cfg(windows)]
    let set = arboard::SetExtWindows::exclude_from_history(set);
    set.text(text.expose_secret())?;
    *held = Some(clipboard);
    Ok(())
}

/// A kubeconfig with its secrets masked.
#[tauri::command]
pub(crate) async fn show_kubeconfig(
    shell: State<'_, Shell>,
    deployment: Deployment,
) -> Answer<String> {
    let engine = &shell.session().await?.engine;
    engine.masked_kubeconfig(&deployment.0).await
}

/// What a merge into the file that kubectl reads would change.
#[tauri::command]
pub(crate) async fn preview_merge(
    shell: State<'_, Shell>,
    deployment: Deployment,
    current: bool,
) -> Answer<MergePreview> {
    let engine = &shell.session().await?.engine;
    engine.merge_preview(&deployment.0, current).await
}

/// Merges into the file that was shown.
#[tauri::command]
pub(crate) async fn merge_kubeconfig(
    shell: State<'_, Shell>,
    deployment: Deployment,
    current: bool,
    seen: Seen,
) -> Answer<MergedContext> {
    let engine = &shell.session().await?.engine;
    let seen = Some(seen.0.as_str());
    engine.merge_kubeconfig(&deployment.0, current, seen).await
}

/// Takes out what a merge put in.
#[tauri::command]
pub(crate) async fn unmerge_kubeconfig(
    shell: State<'_, Shell>,
    deployment: Deployment,
) -> Answer<()> {
    let engine = &shell.session().await?.engine;
    engine.unmerge_kubeconfig(&deployment.0).await
}

/// Makes new credentials; the window has asked.
#[tauri::command]
pub(crate) async fn rotate_kubeconfig(
    shell: State<'_, Shell>,
    deployment: Deployment,
) -> Answer<()> {
    let engine = &shell.session().await?.engine;
    engine.rotate_kubeconfig(&deployment.0).await
}
