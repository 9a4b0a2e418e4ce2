//! The intents about single nodes.

use crate::arguments::{Deployment, NodeName};
use crate::shell::Shell;
use domain::view::{Problem, RecycleReview};
use engine::facade::Recycled;
use tauri::State;

type Answer<T> = Result<T, Problem>;

/// What recycling a node costs and breaks.
#[tauri::command]
pub(crate) async fn review_recycle(
    shell: State<'_, Shell>,
    deployment: Deployment,
    node: NodeName,
) -> Answer<RecycleReview> {
    let engine = &shell.session().await?.engine;
    let what = Recycled::Node(node.0);
    engine.review_recycle(&deployment.0, &what).await
}

/// Replaces a node by a fresh one; answers when the run has begun.
#[tauri::command]
pub(crate) async fn recycle(
    shell: State<'_, Shell>,
    deployment: Deployment,
    node: NodeName,
) -> Answer<()> {
    let engine = &shell.session().await?.engine;
    let what = Recycled::Node(node.0);
    engine.recycle(&deployment.0, &what).await
}
