//! The intents around Services in the browser. The page names a Service; where it leads is our own
//! loopback address, which only we hand to the system's browser.

use crate::arguments::{Deployment, Service};
use crate::shell::Shell;
use domain::view::{OpenView, OpenedService, Problem};
use tauri::{AppHandle, Runtime, State};
use tauri_plugin_opener::OpenerExt as _;

type Answer<T> = Result<T, Problem>;

/// What can be opened, and what is open.
#[tauri::command]
pub(crate) async fn services(shell: State<'_, Shell>, deployment: Deployment) -> Answer<OpenView> {
    let engine = &shell.session().await?.engine;
    engine.services(&deployment.0).await
}

/// Opens a port of a Service in the system's browser.
#[tauri::command]
pub(crate) async fn open_service<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    deployment: Deployment,
    service: Service,
    port: u16,
) -> Answer<OpenedService> {
    let engine = &shell.session().await?.engine;
    let port = port.to_string();
    let opened = engine.open_service(&deployment.0, &service.0, Some(&port));
    let opened = opened.await?;
    // Without a browser the address is shown all the same.
    if let Err(error) = app.opener().open_url(&opened.url, None::<&str>) {
        tracing::warn!(%error, "failed to open a service in the system's browser");
    }
    Ok(opened)
}

/// Closes what a port of this computer leads to.
#[tauri::command]
pub(crate) async fn close_service(
    shell: State<'_, Shell>,
    deployment: Deployment,
    local: u16,
) -> Answer<()> {
    let engine = &shell.session().await?.engine;
    engine.close_service(&deployment.0, local);
    Ok(())
}
