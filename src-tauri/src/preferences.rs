//! What the window remembers of the person: theme, the last cloud, the last prefix and region.
//!
//! No secret and no truth is kept here: losing the file costs a few clicks. A file that cannot be
//! read or written is as good as none.

use domain::view::CloudKind;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tauri::{AppHandle, Runtime};
use tauri_plugin_store::{Store, StoreExt};

const FILE: &str = "preferences.json";
const KEY: &str = "preferences";

/// How the window looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Theme {
    /// As the system looks.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// What is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Preferences {
    /// Theme.
    pub(crate) theme: Theme,
    /// The cloud that the window stands on at the next start.
    pub(crate) cloud: CloudKind,
    /// The prefix that was deployed last.
    pub(crate) prefix: Option<String>,
    /// The region that was deployed to last.
    pub(crate) region: Option<String>,
    /// Whether news are told outside of the window.
    pub(crate) notify: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            theme: Theme::System,
            cloud: CloudKind::Demo,
            prefix: None,
            region: None,
            notify: true,
        }
    }
}

fn store<R: Runtime>(app: &AppHandle<R>) -> Option<Arc<Store<R>>> {
    app.store(FILE)
        .inspect_err(|error| tracing::warn!(%error, "failed to open the window's preferences"))
        .ok()
}

/// What is remembered; the defaults when nothing is.
pub(crate) fn read<R: Runtime>(app: &AppHandle<R>) -> Preferences {
    store(app)
        .and_then(|store| store.get(KEY))
        .and_then(|kept| serde_json::from_value(kept).ok())
        .unwrap_or_default()
}

/// Remembers a change.
pub(crate) fn change<R: Runtime>(app: &AppHandle<R>, change: impl FnOnce(&mut Preferences)) {
    let mut preferences = read(app);
    change(&mut preferences);
    let (Some(store), Ok(value)) = (store(app), serde_json::to_value(&preferences)) else {
        return;
    };
    store.set(KEY, value);
    if let Err(error) = store.save() {
        tracing::warn!(%error, "failed to write the window's preferences");
    }
}

/// Gives the window's frame the theme.
pub(crate) fn show<R: Runtime>(app: &AppHandle<R>, theme: Theme) {
    app.set_theme(match theme {
        Theme::System => None,
        Theme::Light => Some(tauri::Theme::Light),
        Theme::Dark => Some(tauri::Theme::Dark),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_older_or_newer_version_wrote_is_read_as_far_as_it_goes() {
        let read = |text: &str| serde_json::from_str::<Preferences>(text).ok();
        let dark = Preferences {
            theme: Theme::Dark,
            ..Preferences::default()
        };
        assert_eq!(read(r#"{"theme":"dark","new":1}"#), Some(dark));
        assert_eq!(read("{}"), Some(Preferences::default()));
        assert_eq!(read(r#"{"theme":"sepia"}"#), None);
    }
}
