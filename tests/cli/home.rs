//! Homes that cannot be used, journals that cannot be read, and a second program: said in words and
//! by the exit code, before anything is made.

use anyhow::{Context, Result, ensure};
use quaylight_tests::programs::{Demo, cli, told};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;
use tokio::process::Command;

/// `apply` on a demo cloud: refused with exit code 1, these words, and nothing made.
async fn refused(demo: &Demo, mut command: Command, words: &str) -> Result<()> {
    let output = command
        .args(["--cloud", &demo.url, "--yes", "apply"])
        .output()
        .await?;
    ensure!(
        output.status.code() == Some(1),
        "{words}: {}",
        told(&output)
    );
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let first = said.lines().next().unwrap_or_default();
    ensure!(
        first.starts_with("error: Quaylight cannot use its own folder") && said.contains(words),
        "{words}: {said}"
    );
    ensure!(demo.alive().await?.is_empty(), "something was made");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_that_is_a_file_or_a_circle_of_links_is_refused_before_anything_is_made()
-> Result<()> {
    let folder = tempfile::tempdir()?;
    let demo = Demo::serve(folder.path(), &["--speed", "60"]).await?;
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("file"), "")?;
    std::os::unix::fs::symlink(at("two"), at("one"))?;
    std::os::unix::fs::symlink(at("one"), at("two"))?;
    refused(
        &demo,
        cli(&at("file")),
        "A file is where the folder should be.",
    )
    .await?;
    refused(&demo, cli(&at("file/home")), "A file is where").await?;
    refused(&demo, cli(&at("one")), "lead in a circle").await?;
    // The demo cloud of the home itself cannot be hosted there either.
    let hosted = cli(&at("file")).args(["--json", "list"]).output().await?;
    ensure!(hosted.status.code() == Some(1), "{}", told(&hosted));
    let document: serde_json::Value = serde_json::from_slice(&hosted.stdout)?;
    ensure!(document["error"]["code"] == "home_not_usable", "{document}");
    Ok(())
}

/// A disk of its own in memory; unmounted with this value.
struct Mounted(PathBuf);

impl Mounted {
    /// `None`: this user may not mount.
    async fn new(at: &Path, options: &str) -> Option<Self> {
        std::fs::create_dir(at).ok()?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "quaylight-test"]);
        let done = mount.arg(at).output().await.ok()?;
        done.status.success().then(|| Self(at.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(std::process::Command::new("umount").arg(&self.0).status());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_and_a_read_only_disk_are_refused_before_anything_is_made() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let demo = Demo::serve(folder.path(), &["--speed", "60"]).await?;
    let full = Mounted::new(&folder.path().join("full"), "size=64k").await;
    let sealed = Mounted::new(&folder.path().join("sealed"), "ro").await;
    let (Some(full), Some(sealed)) = (full, sealed) else {
        println!("this user may not mount: only the seam's own disks were tried");
        return Ok(());
    };
    std::fs::write(full.0.join("filler"), vec![b' '; 64 * 1024])?;
    refused(&demo, cli(&full.0), "The disk is full.").await?;
    refused(&demo, cli(&sealed.0), "The disk can only be read.").await?;
    // What only looks goes on, and says it.
    let list = cli(&sealed.0)
        .args(["--cloud", &demo.url, "list"])
        .output()
        .await?;
    ensure!(list.status.code() == Some(0), "{}", told(&list));
    ensure!(String::from_utf8_lossy(&list.stderr).contains("only be read"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_without_rights_is_refused_before_anything_is_made() -> Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let folder = tempfile::tempdir()?;
    let demo = Demo::serve(folder.path(), &["--speed", "60"]).await?;
    let home = folder.path().join("home");
    std::fs::create_dir(&home)?;
    let locked = std::fs::Permissions::from_mode(0o000);
    std::fs::set_permissions(&home, locked)?;
    let mut command = cli(&home);
    if home.metadata()?.uid() == 0 {
        // Root may do everything: nobody is asked instead, from a copy that it can reach.
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open.clone())?;
        let copy = folder.path().join("quaylight-cli");
        std::fs::copy(
            quaylight_tests::built("QUAYLIGHT_CLI", "quaylight-cli"),
            &copy,
        )?;
        std::fs::set_permissions(&copy, open)?;
        command = Command::new(copy);
        command.arg("--home").arg(&home).uid(65_534).gid(65_534);
    }
    refused(&demo, command, "no right to use it").await
}

/// A line of a journal, as it lies on the disk.
fn line(record: &serde_json::Value) -> String {
    let record = record.to_string();
    let crc = crc32fast::hash(record.as_bytes());
    format!("{{\"crc\":\"{crc:08x}\",\"record\":{record}}}\n")
}

async fn listed(home: &Path, demo: &Demo) -> Result<(Output, String)> {
    let mut list = cli(home);
    let output = list.args(["--cloud", &demo.url, "list"]).output().await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok((output, said))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_journal_names_who_wrote_it() -> Result<()> {
    let home = tempfile::tempdir()?;
    let demo = Demo::serve(home.path(), &[]).await?;
    let folder = home.path().join("deployments/01jdcanary0000000000000000");
    std::fs::create_dir_all(&folder)?;
    let header = serde_json::json!({"seq": 0, "at": "2026-11-23T10:00:00Z", "fact": {"opened": {
        "version": 2, "writer": "0.1.0", "deployment": "01jdcanary0000000000000000",
        "cloud": "demo-1", "account": "A"}}});
    let newer = serde_json::json!({"seq": 1, "at": "2026-11-24T10:00:00Z", "fact": {"continued": {
        "version": 9, "writer": "9.8.7"}}});
    let journal = line(&header) + &line(&newer) + "what only a newer one can read\n";
    std::fs::write(folder.join("journal.jsonl"), &journal)?;
    let (output, said) = listed(home.path(), &demo).await?;
    ensure!(
        said.contains("format 9") && said.contains("Quaylight 9.8.7"),
        "{}",
        told(&output)
    );
    let left = std::fs::read_to_string(folder.join("journal.jsonl"))?;
    ensure!(left == journal, "it was changed");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_journal_is_told_and_the_search_takes_its_deployment_down() -> Result<()> {
    let home = tempfile::tempdir()?;
    let demo = Demo::serve(home.path(), &["--speed", "60"]).await?;
    let mut apply = cli(home.path());
    let applied = apply
        .args(["--cloud", &demo.url, "--yes", "--json", "apply"])
        .output()
        .await?;
    let applied: serde_json::Value = serde_json::from_slice(&applied.stdout)?;
    let id = applied["deployment"].as_str().context("an id")?;
    let folder = home.path().join("deployments").join(id);
    let mut bytes = std::fs::read(folder.join("journal.jsonl"))?;
    // The break before the last line: the last two look like one.
    let breaks = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let at = breaks.map(|(at, _)| at).nth_back(1).context("two lines")?;
    bytes[at] ^= 1;
    std::fs::write(folder.join("journal.jsonl"), &bytes)?;
    let (output, said) = listed(home.path(), &demo).await?;
    ensure!(
        said.contains("is damaged at line") && said.contains("quaylight-cli sweep"),
        "{}",
        told(&output)
    );
    let swept = cli(home.path())
        .args(["--cloud", &demo.url, "--yes", "sweep", "--delete", id])
        .output()
        .await?;
    ensure!(swept.status.code() == Some(0), "{}", told(&swept));
    ensure!(demo.alive().await?.is_empty(), "{}", told(&swept));
    let aside = std::fs::read(folder.join("journal.jsonl.damaged-1"))?;
    ensure!(aside == bytes, "the damaged journal is not kept");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_program_says_which_one_holds_the_journal() -> Result<()> {
    let home = tempfile::tempdir()?;
    let demo = Demo::serve(home.path(), &["--speed", "1"]).await?;
    let mut first = cli(home.path())
        .args(["--cloud", &demo.url, "--yes", "apply"])
        .spawn()?;
    let deployments = home.path().join("deployments");
    let mut id = None;
    for _ in 0..300 {
        let entry = std::fs::read_dir(&deployments)
            .ok()
            .and_then(|mut all| all.next());
        let folder = entry.transpose()?.map(|entry| entry.path());
        let begun = |folder: &PathBuf| {
            let journal = std::fs::read_to_string(folder.join("journal.jsonl"));
            journal.is_ok_and(|text| text.contains("\"sent\""))
        };
        if let Some(folder) = folder.filter(begun) {
            let name = folder.file_name().context("a name")?;
            id = Some(name.to_string_lossy().into_owned());
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let id = id.context("the first program did not begin")?;
    let second = cli(home.path())
        .args(["--cloud", &demo.url, "--yes", "teardown", &id])
        .output()
        .await?;
    let holder = format!("{} quaylight-cli ", first.id().context("a process")?);
    ensure!(
        String::from_utf8_lossy(&second.stderr).contains(&holder),
        "{holder}: {}",
        told(&second)
    );
    first.kill().await?;
    Ok(())
}
