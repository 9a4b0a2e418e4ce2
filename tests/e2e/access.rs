//! Who can reach what, and an access list edited in the window: enforced, refused, and mended after
//! this computer's address changed.

use anyhow::{Result, ensure};
use quaylight_tests::embedded::demo;
use quaylight_tests::job::{deploy, new_cluster, shots};
use quaylight_tests::programs::ask;
use quaylight_tests::window::{Album, Window};
use serde_json::json;

/// The dialog, from the access list of the picture.
async fn edit(window: &Window) -> Result<()> {
    window.click("as-picture").await?;
    window.click("part-access").await?;
    window.click("details-edit-access").await?;
    window.find("access-entries").await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_access_list_is_edited_and_an_address_that_changed_is_let_in_again() -> Result<()> {
    let home = tempfile::tempdir()?;
    let mut window = Window::open(home.path(), Album::new(shots("access"))?).await?;
    window.find("new-cluster").await?;
    new_cluster(&mut window).await?;
    deploy(&mut window).await?;
    let url = demo(home.path())?;

    window.click("as-reach").await?;
    window.wait_text("reach-cover", "2 of 2").await?;
    window
        .wait_text("reach-paths", "Only 203.0.113.7/32")
        .await?;
    window.shot("reach").await?;

    edit(&window).await?;
    window.write("access-typed", "198.51.100.7").await?;
    window.click("access-add").await?;
    window
        .wait_text("access-dialog", "Write 198.51.100.7/32")
        .await?;
    window.write("access-typed", "198.51.100.0/24").await?;
    window.click("access-add").await?;
    window
        .wait_text("access-entries", "198.51.100.0/24")
        .await?;
    window.shot("edit").await?;
    window.click("access-save").await?;
    let said = window.wait_text("said", "enforced").await?;
    window.say(format!("saved: {}", said.replace('\n', " ")));
    window
        .wait_attribute("deployment-state", "data-state", "running")
        .await?;
    window.click("as-reach").await?;
    let both = "Only 203.0.113.7/32 and 198.51.100.0/24";
    window.wait_text("reach-paths", both).await?;

    edit(&window).await?;
    window.click("access-remove-203.0.113.7/32").await?;
    window.click("access-save").await?;
    window.wait_text("access-question", "203.0.113.7").await?;
    window.shot("own-address").await?;
    window.click("access-not").await?;
    window.wait_gone("access-dialog").await?;

    // The world sees this computer somewhere else.
    let clients = json!({ "127.0.0.1": "192.0.2.77" });
    ask(&url, "PUT", "/_demo/clients", Some(clients)).await?;
    let notice = window.wait_text("notice", "192.0.2.77").await?;
    ensure!(window.has("partial").await?, "Kubernetes should not answer");
    window.say(format!("notice: {}", notice.replace('\n', " · ")));
    window.shot("roamed").await?;
    window.click("notice-allow_address").await?;
    window.wait_gone("notice").await?;
    window.wait_gone("partial").await?;
    window
        .wait_attribute("deployment-state", "data-state", "running")
        .await?;
    window.click("as-reach").await?;
    window.wait_text("reach-paths", "192.0.2.77/32").await?;
    window.shot("let-in-again").await?;
    window.close().await?.save()
}
