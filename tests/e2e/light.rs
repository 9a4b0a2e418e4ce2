//! In light colours: what is wrong in a form, a cluster, another size of it, and everything that is
//! saved to a file or put into one and taken back.

use anyhow::{Context, Result, ensure};
use quaylight_tests::job::{deploy, new_cluster, shots};
use quaylight_tests::programs::BAD_TFVARS;
use quaylight_tests::window::{Album, Window};
use std::path::Path;
use std::time::Duration;

/// A file that the window writes after a click.
async fn saved(file: &Path) -> Result<String> {
    for _ in 0..150 {
        if file.exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))
}

/// All problems of a file at once, each with its place; nothing can be reviewed.
async fn wrong_form(window: &mut Window, file: &Path) -> Result<()> {
    std::fs::write(file, BAD_TFVARS)?;
    window.click("new-cluster").await?;
    window.click("open-tfvars").await?;
    let said = window.wait_text("file-card", "regoin").await?;
    for line in [1, 2, 3, 4, 5, 7, 8, 9, 10] {
        let named = said.contains(&format!(" {line}:"));
        ensure!(named, "line {line} is not named:\n{said}");
    }
    let review = window.find("review").await?;
    ensure!(!review.is_enabled().await?, "a wrong form was reviewed");
    window.say(format!("problems: {said}"));
    window.shot("form-problems").await
}

/// Other bounds of the autoscaler: their price range stands there before they are written.
async fn another_size(window: &mut Window) -> Result<()> {
    window.click("change-size").await?;
    window.wait_text("size-to", "$2.73/h").await?;
    window.write("size-most", "8").await?;
    let to = window.wait_text("size-to", "$4.29/h").await?;
    let from = window.text("size-from").await?;
    window.say(format!("at most 8: {from} to {to}"));
    window.shot("size").await?;
    window.click("size-apply").await?;
    window.wait_text("cost", "$4.29/h").await?;
    window
        .wait_attribute("deployment-state", "data-state", "running")
        .await?;
    window.shot("sized").await
}

/// The chart, the table behind it, the budget, and the file for a spreadsheet.
async fn cost(window: &mut Window, folder: &Path) -> Result<()> {
    window.click("cost-show-table").await?;
    window.wait_text("cost-table", "$0.65").await?;
    window.wait_text("budget", "$2,000").await?;
    window.shot("cost").await?;
    window.click("save-cost").await?;
    let table = saved(&folder.join("ada-lke-gpu-kubeflow-cost.csv")).await?;
    let last = table.lines().last().unwrap_or_default();
    ensure!(last.contains(",yes,0.52"), "{table}");
    window.say(format!("cost: {last}"));
    Ok(())
}

/// What was added to the file of kubectl is taken back, and nothing else of it.
async fn merge_and_undo(window: &mut Window, home: &Path) -> Result<()> {
    let own = home.join(".kube/config");
    let theirs = "# mine\napiVersion: v1\nkind: Config\nclusters: []\ncontexts:\n- name: work # office\n  \
                  context: {cluster: work, user: me}\nusers: []\ncurrent-context: work\n";
    std::fs::create_dir_all(home.join(".kube"))?;
    std::fs::write(&own, theirs)?;
    window.click("kubeconfig-more").await?;
    window.click("kubeconfig-more-merge").await?;
    window.find("merge-lines").await?;
    window.click("confirm-merge").await?;
    window.wait_text("said", "kubectl --context").await?;
    let merged = std::fs::read_to_string(&own)?;
    ensure!(merged.contains("ada-lke-gpu-kubeflow"), "{merged}");
    window.click("kubeconfig-more").await?;
    window.find("kubeconfig-more-unmerge").await?;
    window.shot("merged").await?;
    window.click("kubeconfig-more-unmerge").await?;
    for _ in 0..100 {
        if std::fs::read_to_string(&own)? == theirs {
            window.say("taken back: the file is as it was, byte for byte");
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("the file is not as it was")
}

/// Settings: a file for who is to help, and what the program is built of.
async fn about(window: &mut Window, folder: &Path) -> Result<()> {
    window.click("account-open").await?;
    window.click("save-diagnostics").await?;
    let text = saved(&folder.join("quaylight-diagnostics.json")).await?;
    let bundle: serde_json::Value = serde_json::from_str(&text)?;
    let journals = bundle["engine"]["journals"].as_object();
    ensure!(journals.is_some_and(|all| all.len() == 1), "no journal");
    ensure!(
        !text.contains("demo-token"),
        "a token is in the diagnostics"
    );
    let built = window.wait_text("about", "crates and packages").await?;
    window.say(built.replace('\n', " · "));
    window.click("show-licences").await?;
    window.write("licences-filter", "rustls").await?;
    window
        .wait_text("licences", "Apache-2.0 OR ISC OR MIT")
        .await?;
    window.shot("licences").await?;
    window.click("licence-rustls").await?;
    window.wait_text("licence-text", "Permission").await?;
    window.shot("licence").await?;
    window.click("close-dialog").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_file_another_size_and_all_that_is_saved_in_light() -> Result<()> {
    let (home, folder) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let place = folder.path().display().to_string();
    let more = [("QUAYLIGHT_DIALOG_FOLDER", place.as_str())];
    let album = Album::new(shots("light"))?;
    let mut window = Window::open_with(home.path(), album, &more).await?;
    window.click("account-open").await?;
    window.click("theme-light").await?;
    let file = folder.path().join("ada.tfvars");
    wrong_form(&mut window, &file).await?;
    std::fs::write(&file, "ql_budget_usd_month = 2000\n")?;
    window.click("open-tfvars").await?;
    window.wait_text("file-card", "without problems").await?;
    new_cluster(&mut window).await?;
    deploy(&mut window).await?;
    another_size(&mut window).await?;
    cost(&mut window, folder.path()).await?;
    merge_and_undo(&mut window, home.path()).await?;
    about(&mut window, folder.path()).await?;
    window.close().await?.save()
}
