//! The intents that read or write a file of the person's: a native dialog gives the path, and what
//! is written is whole or not there, readable by its owner only.

use crate::arguments::Deployment;
use crate::dialogs::{self, FileKind, slug};
use crate::said::{Said, because, problem};
use crate::shell::Shell;
use domain::DeploymentId;
use domain::diagnostic::Diagnostic;
use domain::spec::Spec;
use domain::view::{Problem, Row};
use engine::facade::For;
use secrecy::SecretString;
use std::path::{Path, PathBuf};
use tauri::{Runtime, State, WebviewWindow};

/// More than any variables file, less than what would stall the window.
const TFVARS_BYTES_MAX: u64 = 1024 * 1024;

type Answer<T> = Result<T, Problem>;

/// A variables file that was opened.
#[derive(serde::Serialize)]
pub(crate) struct OpenedFile {
    /// The file's name, without its folder.
    file: String,
    /// What it says, defaults filled in.
    spec: Spec,
    /// Everything that is wrong or odd in it, with its place.
    diagnostics: Vec<Diagnostic>,
}

/// Saves a cluster's kubeconfig, rebuilt from allowed atoms; false: the dialog was closed.
#[tauri::command]
pub(crate) async fn save_kubeconfig<R: Runtime>(
    window: WebviewWindow<R>,
    shell: State<'_, Shell>,
    deployment: Deployment,
) -> Answer<bool> {
    let session = shell.session().await?;
    let kubeconfig = session.engine.kubeconfig(&deployment.0).await?;
    let label = label(&session.engine.subscribe().0.view, &deployment.0);
    let name = format!("{}-kubeconfig.yaml", slug(&label));
    let Some(path) = dialogs::save(&window, FileKind::Kubeconfig, &name).await else {
        return Ok(false);
    };
    write(path, kubeconfig).await?;
    session.engine.kubeconfig_saved(&deployment.0).await?;
    Ok(true)
}

/// Saves the receipt of a teardown as JSON; false: the dialog was closed.
#[tauri::command]
pub(crate) async fn save_receipt<R: Runtime>(
    window: WebviewWindow<R>,
    shell: State<'_, Shell>,
    deployment: Deployment,
) -> Answer<bool> {
    let session = shell.session().await?;
    let document = session.engine.receipt_document(&deployment.0)?;
    let label = label(&session.engine.subscribe().0.view, &deployment.0);
    let name = format!("{}-receipt.json", slug(&label));
    let Some(path) = dialogs::save(&window, FileKind::Receipt, &name).await else {
        return Ok(false);
    };
    write(path, SecretString::from(document)).await?;
    Ok(true)
}

/// Saves what a deployment cost as a table; false: the dialog was closed.
#[tauri::command]
pub(crate) async fn save_cost<R: Runtime>(
    window: WebviewWindow<R>,
    shell: State<'_, Shell>,
    deployment: Deployment,
) -> Answer<bool> {
    let session = shell.session().await?;
    let table = session.engine.cost_table(&deployment.0)?;
    let label = label(&session.engine.subscribe().0.view, &deployment.0);
    let name = format!("{}-cost.csv", slug(&label));
    let Some(path) = dialogs::save(&window, FileKind::Cost, &name).await else {
        return Ok(false);
    };
    write(path, SecretString::from(table)).await?;
    Ok(true)
}

/// Saves a Spec as a variables file; false: the dialog was closed.
#[tauri::command]
pub(crate) async fn save_tfvars<R: Runtime>(window: WebviewWindow<R>, spec: Spec) -> Answer<bool> {
    let Some(path) = dialogs::save(&window, FileKind::Tfvars, "tofu.tfvars").await else {
        return Ok(false);
    };
    write(path, SecretString::from(tofu::write(&spec))).await?;
    Ok(true)
}

/// Opens a variables file; nothing: the dialog was closed.
#[tauri::command]
pub(crate) async fn open_tfvars<R: Runtime>(
    window: WebviewWindow<R>,
    shell: State<'_, Shell>,
) -> Answer<Option<OpenedFile>> {
    let session = shell.session().await?;
    let Some(path) = dialogs::open(&window, FileKind::Tfvars).await else {
        return Ok(None);
    };
    let file = file_name(&path);
    let text = text_of(path).await?;
    let read = tofu::read(&file, &text);
    let mut diagnostics = read.diagnostics.clone();
    // The rules know the catalog and the account; without them the file's own problems stand.
    if let Ok(review) = session.engine.review(read.spec.clone(), For::New).await {
        let mut found = review.diagnostics;
        tofu::place(&mut found, &read);
        diagnostics.extend(found);
    }
    Ok(Some(OpenedFile {
        file,
        spec: read.spec,
        diagnostics,
    }))
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

async fn text_of(path: PathBuf) -> Answer<String> {
    let file = file_name(&path);
    let failed = |error: &std::io::Error| {
        let what = Said::FileNotRead { file: file.clone() };
        because(problem(what, None, Some(Said::FileNotReadFix)), error)
    };
    let known = tokio::fs::metadata(&path)
        .await
        .map_err(|error| failed(&error))?;
    if known.len() > TFVARS_BYTES_MAX {
        return Err(problem(Said::FileTooBig { file }, None, None));
    }
    let bytes = tokio::fs::read(&path)
        .await
        .map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|_| problem(Said::FileNotText { file }, None, None))
}

pub(crate) async fn write(path: PathBuf, content: SecretString) -> Answer<()> {
    local::kubeconfig::save(&path, &content)
        .await
        .map_err(|error| {
            let what = Said::FileNotWritten {
                file: file_name(&path),
            };
            because(problem(what, None, Some(Said::FileNotWrittenFix)), &error)
        })
}

/// A deployment's label as it is shown; its id when it is not.
fn label(view: &std::collections::BTreeMap<String, Row>, id: &DeploymentId) -> String {
    match view.get(&format!("deployment/{id}")) {
        Some(Row::Deployment(row)) => row.label.clone(),
        Some(Row::App(_) | Row::Node(_) | Row::Step(_) | Row::Spend(_) | Row::Activity(_))
        | None => id.0.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_no_variables_file_is_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("latin1.tfvars"), b"region = \"\xe9\"").unwrap();
        std::fs::write(path("big.tfvars"), vec![b'#'; 1024 * 1024 + 1]).unwrap();
        std::fs::write(path("good.tfvars"), "region = \"us-ord\"\n").unwrap();
        let mut codes = Vec::new();
        for name in [
            "latin1.tfvars",
            "big.tfvars",
            "missing.tfvars",
            "good.tfvars",
        ] {
            let code = match text_of(path(name)).await {
                Ok(_) => "read".to_owned(),
                Err(problem) => problem.code,
            };
            codes.push(format!("{name}: {code}"));
        }
        expect_test::expect![[r"
            latin1.tfvars: file_not_text
            big.tfvars: file_too_big
            missing.tfvars: file_not_read
            good.tfvars: read"]]
        .assert_eq(&codes.join("\n"));
    }
}
