//! What the shell reads and sets of its environment; the one place that does.

use std::path::PathBuf;

/// Whether a WebDriver drives this window: `tauri-driver` says so.
pub(crate) fn automated() -> bool {
    std::env::var_os("TAURI_WEBVIEW_AUTOMATION").is_some_and(|value| value == "true")
}

/// Where a driven window saves and opens files, since no WebDriver can answer a native dialog.
/// `None` in a release build and whenever nothing drives the window.
pub(crate) fn dialog_folder() -> Option<PathBuf> {
    if cfg!(debug_assertions) && automated() {
        std::env::var_os("QUAYLIGHT_DIALOG_FOLDER").map(PathBuf::from)
    } else {
        None
    }
}

/// The demo cloud on loopback that a driven window takes for Linode, so that a token can be checked
/// without one: its port. `None` in a release build and whenever nothing drives the window.
pub(crate) fn stand_in_for_linode() -> Option<u16> {
    if cfg!(debug_assertions) && automated() {
        let port = std::env::var_os("QUAYLIGHT_LINODE_PORT")?;
        port.to_str()?.parse().ok()
    } else {
        None
    }
}

/// The port from which a window that is measured takes its rows.
#[cfg(feature = "load")]
pub(crate) fn load() -> Option<u16> {
    let port = std::env::var_os("QUAYLIGHT_LOAD_PORT")?;
    port.to_str()?.parse().ok()
}

/// WebKitGTK's DMA-BUF renderer shows an empty window on some drivers. Under WebDriver it has to
/// stay: without it, screenshots hang.
#[cfg(target_os = "linux")]
pub(crate) fn prepare_webview() {
    const SWITCH: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if std::env::var_os(SWITCH).is_none() && !automated() {
        // Called first in main, before any thread could read the environment.
        drop(glib::setenv(SWITCH, "1", false));
    }
}

/// Other systems need nothing.
#[cfg(not(target_os = "linux"))]
pub(crate) fn prepare_webview() {}
