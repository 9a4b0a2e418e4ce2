//! A token, checked, kept in the real Secret Service, forgotten on request.

use anyhow::{Context, Result, ensure};
use fantoccini::Locator;
use quaylight_tests::job::shots;
use quaylight_tests::programs::Demo;
use quaylight_tests::window::{Album, Window};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_linode_cannot_check_is_not_kept_and_not_shown() -> Result<()> {
    let home = tempfile::tempdir()?;
    let mut window = Window::open(home.path(), Album::new(shots("account"))?).await?;
    window.click("account-open").await?;
    window.shot("settings").await?;
    let canary = "canary0123456789abcdef0123456789abcdef0123456789abcdef0123456789";
    window.write("token-input", canary).await?;
    window.click("connect").await?;
    window.find("problem").await?;
    let page = window.client.source().await?;
    ensure!(!page.contains(canary), "the token stands in the page");
    window.shot("not-connected").await?;
    let album = window.close().await?;
    for file in walk(home.path())? {
        let held = std::fs::read(&file).unwrap_or_default();
        let found = held
            .windows(canary.len())
            .any(|part| part == canary.as_bytes());
        ensure!(!found, "the token lies in {}", file.display());
    }
    album.save()
}

/// A token of a demo cloud that stands in for Linode.
async fn token(demo: &Demo, user: &str, scopes: &[&str]) -> Result<String> {
    let wanted = json!({ "user": user, "scopes": scopes });
    let made = demo.ask("POST", "/_demo/tokens", Some(wanted)).await?;
    let token = made["token"].as_str().context("a token")?;
    Ok(token.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_checked_scope_by_scope_and_forgotten_again() -> Result<()> {
    let (home, world) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let demo = Demo::serve(world.path(), &[]).await?;
    let port = demo.url.rsplit(':').next().unwrap_or_default();
    let all = ["lke", "linodes", "firewall", "nodebalancers", "volumes"];
    let all: Vec<String> = all.iter().map(|one| format!("{one}:read_write")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let (few, whole) = (&all[..3], &all[..]);
    let (first, second) = (
        token(&demo, "grace", few).await?,
        token(&demo, "ada", whole).await?,
    );
    let more = [("QUAYLIGHT_LINODE_PORT", port)];
    let album = Album::new(shots("token"))?;
    let mut window = Window::open_with(home.path(), album, &more).await?;
    window.click("start-connect").await?;
    for (token, user, tone, picture) in [
        (&first, "grace", "danger", "scopes-missing"),
        (&second, "ada", "ok", "scopes-granted"),
    ] {
        window.write("token-input", token).await?;
        window.click("connect").await?;
        window.wait_text("account-card", user).await?;
        for scope in ["nodebalancers", "volumes"] {
            let css = format!("[data-scope^=\"{scope}\"][data-tone=\"{tone}\"]");
            let found = window.client.find_all(Locator::Css(&css)).await?;
            ensure!(found.len() == 1, "{scope} is not {tone}");
        }
        window.wait_text("cloud-badge", user).await?;
        let page = window.client.source().await?;
        ensure!(
            !page.contains(token.as_str()),
            "the token stands in the page"
        );
        window.shot(picture).await?;
        window.click("forget-account").await?;
        window.find("token-input").await?;
        window
            .wait_text("cloud-badge", "nothing is charged")
            .await?;
    }
    let calls = demo.get("/_demo/calls").await?;
    window.say(format!("asked: {calls}"));
    ensure!(demo.alive().await?.is_empty());
    window.close().await?.save()
}

fn walk(folder: &std::path::Path) -> Result<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(walk(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}
