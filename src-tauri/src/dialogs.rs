//! Native dialogs. A path comes from here and goes to the one who reads or writes the file; no path
//! ever comes from the window.

use crate::environment;
use crate::said::Said;
use crate::words::say;
use std::path::{Path, PathBuf};
use tauri::{Runtime, WebviewWindow};
use tauri_plugin_dialog::{DialogExt, FileDialogBuilder};
use tokio::sync::oneshot;

/// A kind of file that is saved or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// A cluster's kubeconfig.
    Kubeconfig,
    /// A table of costs.
    Cost,
    /// How everything stands.
    Diagnostics,
    /// A teardown's receipt.
    Receipt,
    /// A variables file.
    Tfvars,
}

impl FileKind {
    fn name(self) -> Said {
        match self {
            Self::Kubeconfig => Said::DialogKindKubeconfig,
            Self::Cost => Said::DialogKindCost,
            Self::Diagnostics => Said::DialogKindDiagnostics,
            Self::Receipt => Said::DialogKindReceipt,
            Self::Tfvars => Said::DialogKindTfvars,
        }
    }

    fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Kubeconfig => &["yaml", "yml"],
            Self::Cost => &["csv"],
            Self::Diagnostics | Self::Receipt => &["json"],
            Self::Tfvars => &["tfvars"],
        }
    }

    fn save_title(self) -> Said {
        match self {
            Self::Kubeconfig => Said::DialogSaveKubeconfig,
            Self::Cost => Said::DialogSaveCost,
            Self::Diagnostics => Said::DialogSaveDiagnostics,
            Self::Receipt => Said::DialogSaveReceipt,
            Self::Tfvars => Said::DialogSaveTfvars,
        }
    }
}

/// Asks where to save; `None`: the dialog was closed.
pub(crate) async fn save<R: Runtime>(
    window: &WebviewWindow<R>,
    kind: FileKind,
    name: &str,
) -> Option<PathBuf> {
    if let Some(folder) = environment::dialog_folder() {
        return Some(folder.join(name));
    }
    let (answer, answered) = oneshot::channel();
    dialog(window, kind)
        .set_title(say(kind.save_title()))
        .set_file_name(name)
        .save_file(move |path| {
            // The window may be gone by now; then nobody waits for the answer.
            drop(answer.send(path));
        });
    answered.await.ok().flatten()?.into_path().ok()
}

/// Asks which file to open; `None`: the dialog was closed.
pub(crate) async fn open<R: Runtime>(window: &WebviewWindow<R>, kind: FileKind) -> Option<PathBuf> {
    if let Some(folder) = environment::dialog_folder() {
        return first_of(&folder, kind);
    }
    let (answer, answered) = oneshot::channel();
    dialog(window, kind)
        .set_title(say(Said::DialogOpenTfvars))
        .pick_file(move |path| {
            // As above.
            drop(answer.send(path));
        });
    answered.await.ok().flatten()?.into_path().ok()
}

fn dialog<R: Runtime>(window: &WebviewWindow<R>, kind: FileKind) -> FileDialogBuilder<R> {
    window
        .dialog()
        .file()
        .set_parent(window)
        .add_filter(say(kind.name()), kind.extensions())
}

/// The first file of a kind by name: what a driven window opens.
fn first_of(folder: &Path, kind: FileKind) -> Option<PathBuf> {
    let fits = |path: &PathBuf| {
        path.extension()
            .and_then(|end| end.to_str())
            .is_some_and(|end| kind.extensions().contains(&end))
    };
    let files = std::fs::read_dir(folder).ok()?;
    files
        .filter_map(|file| Some(file.ok()?.path()))
        .filter(fits)
        .min()
}

/// A label as a file's name: nothing but letters, digits, dots, dashes and underscores.
pub(crate) fn slug(label: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name: String = label
        .chars()
        .take(64)
        .map(|c| if fits(c) { c } else { '-' })
        .collect();
    let name = name.trim_start_matches(['.', '-']);
    if name.is_empty() {
        "quaylight".to_owned()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_label_becomes_a_plain_file_name() {
        let labels = [
            "ada-lke-gpu-kubeflow",
            "../../etc/passwd",
            ".bashrc",
            "a b\u{202e}c",
            "",
            "<img>",
        ];
        let names: Vec<String> = labels.iter().map(|label| slug(label)).collect();
        assert_eq!(
            names,
            [
                "ada-lke-gpu-kubeflow",
                "etc-passwd",
                "bashrc",
                "a-b-c",
                "quaylight",
                "img-"
            ]
        );
    }
}
