//! The intents around namespaces that are shut off.

use crate::arguments::{Deployment, Typed};
use crate::shell::Shell;
use domain::view::{NamespaceRow, Problem};
use tauri::State;

type Answer<T> = Result<T, Problem>;

/// All namespaces, each with whether it is shut off.
#[tauri::command]
pub(crate) async fn namespaces(
    shell: State<'_, Shell>,
    deployment: Deployment,
) -> Answer<Vec<NamespaceRow>> {
    let engine = &shell.session().await?.engine;
    engine.namespaces(&deployment.0).await
}

/// Shuts one off, or opens it again.
#[tauri::command]
pub(crate) async fn set_policy(
    shell: State<'_, Shell>,
    deployment: Deployment,
    namespace: Typed,
    on: bool,
) -> Answer<()> {
    let engine = &shell.session().await?.engine;
    let set = engine.set_policy(&deployment.0, &namespace.0, on);
    set.await.map(|_| ())
}
