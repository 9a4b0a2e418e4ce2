//! Killed in the middle, started again: what goes on by itself and what is asked.

use anyhow::Result;
use quaylight_tests::job::{new_cluster, shots};
use quaylight_tests::window::{Album, Window};

#[tokio::test(flavor = "multi_thread")]
async fn a_create_killed_just_now_goes_on_and_a_killed_teardown_finishes_by_itself() -> Result<()> {
    let home = tempfile::tempdir()?;
    let mut window = Window::open(home.path(), Album::new(shots("restart"))?).await?;
    new_cluster(&mut window).await?;
    window.click("review").await?;
    window.click("deploy").await?;
    window
        .wait_attribute("step-2", "data-state", "done")
        .await?;
    window.shot("before-the-kill").await?;
    let album = window.kill().await?;

    let mut window = Window::open(home.path(), album).await?;
    window.click("rail-ada").await?;
    window
        .wait_attribute("deployment-state", "data-state", "running")
        .await?;
    window.wait_text("firewall-badge", "2 of 2").await?;
    window.shot("made-after-the-kill").await?;
    window.click("tear-down").await?;
    window.write("confirm-name", "ada").await?;
    window.click("confirm-tear-down").await?;
    window
        .wait_attribute("deployment-state", "data-state", "leaving")
        .await?;
    let album = window.kill().await?;

    let mut window = Window::open(home.path(), album).await?;
    window.click("rail-ada").await?;
    window
        .wait_attribute("deployment-state", "data-state", "gone")
        .await?;
    window.find("sweep-2").await?;
    window.shot("gone-after-the-kill").await?;
    window.close().await?.save()
}
