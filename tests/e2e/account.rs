//! A token, checked, kept in the real Secret Service, forgotten on request.

use anyhow::{Result, ensure};
use quaylight_tests::job::shots;
use quaylight_tests::window::{Album, Window};

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
