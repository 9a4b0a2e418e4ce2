//! The intents around read-only kubeconfigs for colleagues. One is made only once it is known where it
//! is saved to, and is taken back when it cannot be.

use crate::arguments::{Deployment, Typed};
use crate::dialogs::{self, FileKind, slug};
use crate::files::write;
use crate::shell::Shell;
use domain::view::{Problem, Reader};
use jiff::SignedDuration;
use tauri::{Runtime, State, WebviewWindow};

type Answer<T> = Result<T, Problem>;

/// Who was given one.
#[tauri::command]
pub(crate) async fn readers(
    shell: State<'_, Shell>,
    deployment: Deployment,
) -> Answer<Vec<Reader>> {
    let engine = &shell.session().await?.engine;
    engine.readers(&deployment.0).await
}

/// Makes one and saves it; `None`: the dialog was closed, and nothing was made.
#[tauri::command]
pub(crate) async fn save_reader<R: Runtime>(
    window: WebviewWindow<R>,
    shell: State<'_, Shell>,
    deployment: Deployment,
    name: Option<Typed>,
    hours: u16,
) -> Answer<Option<Reader>> {
    let session = shell.session().await?;
    let name = name.map(|Typed(name)| name);
    let file = name.as_deref().map_or_else(|| "reader".to_owned(), slug);
    let file = format!("{file}-read-only-kubeconfig.yaml");
    let Some(path) = dialogs::save(&window, FileKind::Kubeconfig, &file).await else {
        return Ok(None);
    };
    let length = SignedDuration::from_hours(hours.into());
    let engine = &session.engine;
    let shared = engine.share_kubeconfig(&deployment.0, name.as_deref(), length);
    let (kubeconfig, reader) = shared.await?;
    if let Err(problem) = write(path, kubeconfig).await {
        // What nobody has must not work; what is said is why it was not saved.
        drop(engine.dismiss_reader(&deployment.0, &reader.name).await);
        return Err(problem);
    }
    Ok(Some(reader))
}

/// Takes one back.
#[tauri::command]
pub(crate) async fn revoke_reader(
    shell: State<'_, Shell>,
    deployment: Deployment,
    name: Typed,
) -> Answer<()> {
    let engine = &shell.session().await?.engine;
    engine.dismiss_reader(&deployment.0, &name.0).await
}
