//! The intents about single nodes.

use crate::arguments::{Deployment, NodeName};
use crate::shell::Shell;
use domain::plan::PoolRole;
use domain::view::{NodesReview, Problem};
use engine::facade::Recycled;
use tauri::State;

type Answer<T> = Result<T, Problem>;

/// A node by LKE's id; a whole pool by its role.
fn meant(name: NodeName) -> Recycled {
    match name.0.as_str() {
        "gpu" => Recycled::Pool(PoolRole::Gpu),
        "system" => Recycled::Pool(PoolRole::System),
        _ => Recycled::Node(name.0),
    }
}

/// What recycling a node, or each node of a pool, costs and breaks.
#[tauri::command]
pub(crate) async fn review_recycle(
    shell: State<'_, Shell>,
    deployment: Deployment,
    node: NodeName,
) -> Answer<NodesReview> {
    let engine = &shell.session().await?.engine;
    let what = meant(node);
    engine.review_recycle(&deployment.0, &what).await
}

/// Replaces a node, or each node of a pool, by a fresh one; answers when the run has begun.
#[tauri::command]
pub(crate) async fn recycle(
    shell: State<'_, Shell>,
    deployment: Deployment,
    node: NodeName,
) -> Answer<()> {
    let engine = &shell.session().await?.engine;
    let what = meant(node);
    engine.recycle(&deployment.0, &what).await
}

/// What deleting a node spares and breaks.
#[tauri::command]
pub(crate) async fn review_delete_node(
    shell: State<'_, Shell>,
    deployment: Deployment,
    node: NodeName,
) -> Answer<NodesReview> {
    let engine = &shell.session().await?.engine;
    engine.review_delete_node(&deployment.0, &node.0).await
}

/// Deletes a node; answers when the run has begun.
#[tauri::command]
pub(crate) async fn delete_node(
    shell: State<'_, Shell>,
    deployment: Deployment,
    node: NodeName,
) -> Answer<()> {
    let engine = &shell.session().await?.engine;
    engine.delete_node(&deployment.0, &node.0).await
}
