//! Files as people and kubectl write them: what is put in comes out again byte for byte, and what
//! cannot be changed so is left alone.

use super::*;
use crate::kubeconfig::corpus;
use crate::kubeconfig::{ServerRule, rebuild};
use expect_test::expect;
use secrecy::SecretString;
use tempfile::TempDir;

mod files;

use files::{left_alone, merged_into};

const ID: &str = "01jd0z3c4v5w6x7y8z9a0b1c2d";

struct Place {
    folder: TempDir,
    own: UserKubeconfig,
}

impl Place {
    fn with(text: &str) -> Self {
        let place = Self::empty();
        fs::create_dir_all(place.folder.path().join("kube")).unwrap();
        fs::write(place.path(), text).unwrap();
        place
    }

    fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let own = UserKubeconfig::at(
            &folder.path().join("home"),
            vec![folder.path().join("kube/config")],
        );
        Self { folder, own }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("kube/config")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    /// What else lies beside the file.
    fn beside(&self) -> Vec<String> {
        let all = fs::read_dir(self.folder.path().join("kube")).unwrap();
        let mut names: Vec<String> = all
            .map(|one| one.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    async fn merge(&self, current: bool) -> Result<MergedContext, Trouble> {
        self.own.merge(&entry(current), None).await
    }
}

fn id() -> DeploymentId {
    DeploymentId(ID.to_owned())
}

fn entry(current: bool) -> Entry {
    let raw = SecretString::from(corpus::good());
    Entry {
        deployment: id(),
        name: "ada-lke-gpu-kubeflow".to_owned(),
        kubeconfig: rebuild(&raw, &[], ServerRule::Linode).unwrap(),
        current,
        now: "2026-11-23T10:00:00Z".parse().unwrap(),
    }
}

#[tokio::test]
async fn every_file_of_the_corpus_takes_an_entry_and_gives_it_back_byte_for_byte() {
    let all = merged_into();
    assert!(all.len() + left_alone().len() >= 40);
    for (name, text) in all {
        for current in [false, true] {
            let place = Place::with(&text);
            let before = lines::read(&text).unwrap();
            place
                .merge(current)
                .await
                .unwrap_or_else(|why| panic!("{name}: {why}"));
            let after = lines::read(&place.text()).unwrap();
            let own = lines::entry(&after, "contexts", "ada-lke-gpu-kubeflow");
            assert!(own.is_some(), "{name}: {}", place.text());
            for list in LISTS {
                for foreign in before
                    .get(list)
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                {
                    let there = after[list].as_array().unwrap().contains(foreign);
                    assert!(there, "{name}: {foreign} is lost");
                }
            }
            let wanted = if current {
                Some("ada-lke-gpu-kubeflow")
            } else {
                lines::current(&before)
            };
            assert_eq!(lines::current(&after), wanted, "{name}");
            let comments = |text: &str| text.lines().filter(|line| line.contains('#')).count();
            if !(current && name.starts_with("a comment on the current")) {
                assert_eq!(comments(&text), comments(&place.text()), "{name}");
            }
            place
                .own
                .take_out(&id())
                .await
                .unwrap_or_else(|why| panic!("{name}: {why}"));
            let plain = |text: &str| text.trim_end().to_owned();
            if text.trim_start().starts_with('{') {
                assert_eq!(
                    lines::current(&lines::read(&place.text()).unwrap()),
                    lines::current(&before).filter(|_| !current)
                );
            } else {
                assert_eq!(
                    plain(&place.text()),
                    plain(&without_header(&text, &place.text())),
                    "{name}"
                );
            }
            assert_eq!(place.beside(), ["config"], "{name}: nothing else is left");
        }
    }
}

/// A file without a kubeconfig in it keeps the two lines that make it one.
fn without_header(text: &str, after: &str) -> String {
    let header = "apiVersion: v1\nkind: Config\n";
    if after.ends_with(header) && !text.contains("apiVersion") {
        format!("{text}{header}")
    } else {
        text.to_owned()
    }
}

#[tokio::test]
async fn what_cannot_be_changed_in_place_is_left_alone_for_its_own_reason() {
    let mut said = Vec::new();
    for (name, text) in left_alone() {
        let place = Place::empty();
        fs::create_dir_all(place.folder.path().join("kube")).unwrap();
        fs::write(place.path(), &text).unwrap();
        let why = match place.own.preview(&entry(false)).await {
            Ok(_) => "shown".to_owned(),
            Err(why) => reason(&why),
        };
        let merged = place.merge(true).await.map_err(|why| reason(&why));
        assert_eq!(merged, Err(why.clone()), "{name}");
        assert_eq!(fs::read(place.path()).unwrap(), text, "{name}");
        assert_eq!(place.beside(), ["config"], "{name}");
        said.push(format!("{name}: {why}"));
    }
    expect![[r#"
        not text: Unreadable
        binary: Unreadable
        no YAML: Unreadable
        a list: Unreadable
        a word: Unreadable
        another kind: Unreadable
        another version: Unreadable
        two documents: Unreadable
        doubled keys: Unreadable
        doubled lists: Unreadable
        a list that is a map: Unreadable
        an entry without a name: Unreadable
        a name that is a number: Unreadable
        a current context that is a list: Unreadable
        a list in flow: Shape
        all in flow: Shape
        an anchored list: Shape
        an empty list over lines: Shape
        mixed line ends: Shape
        an end of a document: Shape
        tabs: Unreadable
        too much: TooLarge
        a bomb: Unreadable"#]]
    .assert_eq(&said.join("\n"));
}

fn reason(why: &Trouble) -> String {
    let text = format!("{why:?}");
    text.split(['(', ' ']).next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_new_file_is_the_users_alone_and_goes_when_nothing_else_came_into_it() {
    let place = Place::empty();
    let shown = place.own.preview(&entry(false)).await.unwrap();
    assert!(shown.new_file && !place.path().exists());
    place
        .own
        .merge(&entry(false), Some(&shown.seen))
        .await
        .unwrap();
    expect![[r#"
        apiVersion: v1
        kind: Config
        clusters:
        - name: "ada-lke-gpu-kubeflow"
          cluster:
            server: "https://abc.us-ord-1-gw.linodelke.net:443"
            certificate-authority-data: "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tClRVbEpRZz09Ci0tLS0tRU5EIENFUlRJRklDQVRFLS0tLS0K"
        contexts:
        - name: "ada-lke-gpu-kubeflow"
          context:
            cluster: "ada-lke-gpu-kubeflow"
            user: "ada-lke-gpu-kubeflow"
            namespace: "default"
        users:
        - name: "ada-lke-gpu-kubeflow"
          user:
            token: "CANARYtoken"
    "#]].assert_eq(&place.text());
    assert_eq!(mode(&place.path()), 0o600);
    assert_eq!(mode(place.path().parent().unwrap()), 0o700);
    place.own.take_out(&id()).await.unwrap();
    assert_eq!(place.beside(), Vec::<String>::new());
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(not(unix))]
fn mode(path: &Path) -> u32 {
    if path.is_dir() { 0o700 } else { 0o600 }
}

#[cfg(unix)]
#[tokio::test]
async fn links_folders_and_read_only_files_are_left_alone_and_an_open_file_is_closed() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let (_, text) = merged_into().remove(0);
    let place = Place::with(&text);
    let real = place.folder.path().join("real");
    fs::rename(place.path(), &real).unwrap();
    symlink(&real, place.path()).unwrap();
    assert_eq!(reason(&place.merge(false).await.unwrap_err()), "Link");
    assert_eq!(fs::read_to_string(&real).unwrap(), text);
    fs::remove_file(place.path()).unwrap();
    symlink(place.folder.path().join("nowhere"), place.path()).unwrap();
    assert_eq!(
        reason(&place.merge(false).await.unwrap_err()),
        "Link",
        "a dangling one"
    );
    fs::remove_file(place.path()).unwrap();
    fs::create_dir(place.path()).unwrap();
    assert_eq!(reason(&place.merge(false).await.unwrap_err()), "NotAFile");

    let place = Place::with(&text);
    let set = |mode| fs::set_permissions(place.path(), fs::Permissions::from_mode(mode)).unwrap();
    set(0o444);
    assert_eq!(reason(&place.merge(false).await.unwrap_err()), "ReadOnly");
    set(0o644);
    place.merge(false).await.unwrap();
    assert_eq!(mode(&place.path()), 0o600);
    let copy = place
        .beside()
        .into_iter()
        .find(|name| name.contains("before"))
        .unwrap();
    assert_eq!(copy, "config.before-quaylight-20261123T100000Z");
    assert_eq!(mode(&place.path().with_file_name(&copy)), 0o600);
    assert_eq!(
        fs::read_to_string(place.path().with_file_name(copy)).unwrap(),
        text
    );
}

#[tokio::test]
async fn a_file_that_another_program_writes_or_wrote_meanwhile_is_not_written() {
    let (_, text) = merged_into().remove(0);
    let place = Place::with(&text);
    let shown = place.own.preview(&entry(false)).await.unwrap();
    let lock = place.path().with_file_name("config.lock");
    fs::write(&lock, "").unwrap();
    assert_eq!(reason(&place.merge(false).await.unwrap_err()), "Busy");
    assert!(lock.exists(), "somebody else's lock stays");
    fs::remove_file(lock).unwrap();
    fs::write(place.path(), format!("{text}# more\n")).unwrap();
    let late = place
        .own
        .merge(&entry(false), Some(&shown.seen))
        .await
        .unwrap_err();
    assert_eq!(reason(&late), "Changed");
    assert_eq!(place.text(), format!("{text}# more\n"));
}

#[tokio::test]
async fn a_name_that_somebody_else_bears_in_any_file_is_not_taken() {
    let place = Place::with("contexts:\n- name: other\n  context: {}\n");
    let second = place.folder.path().join("second");
    fs::write(
        &second,
        "users:\n- name: ada-lke-gpu-kubeflow\n  user: {token: theirs}\n",
    )
    .unwrap();
    let home = place.folder.path().join("home");
    let missing = place.folder.path().join("missing");
    let own = UserKubeconfig::at(&home, vec![missing.clone(), place.path(), second.clone()]);
    let merged = own.merge(&entry(false), None).await.unwrap();
    assert_eq!(merged.context, "ada-lke-gpu-kubeflow-0b1c2d");
    assert!(
        place.text().contains("ada-lke-gpu-kubeflow-0b1c2d"),
        "the first that is there"
    );
    assert!(!missing.exists() && fs::read_to_string(&second).unwrap().contains("theirs"));
    let again = own.merge(&entry(false), None).await.unwrap();
    assert_eq!(again.context, merged.context, "its own name is kept");
    assert_eq!(place.text().matches("- name: \"ada").count(), 3);
    let none = UserKubeconfig::at(&home, Vec::new());
    own.take_out(&id()).await.unwrap();
    assert_eq!(
        reason(&none.merge(&entry(false), None).await.unwrap_err()),
        "NoPlace"
    );
}

#[tokio::test]
async fn only_what_is_still_ours_is_taken_out() {
    let (_, text) = merged_into().remove(0);
    let place = Place::with(&text);
    place.merge(true).await.unwrap();
    // Meanwhile the person pointed the name at a cluster of theirs, and used it.
    let theirs = place.text().replace(
        "https://abc.us-ord-1-gw.linodelke.net:443",
        "https://theirs:6443",
    );
    let theirs = theirs.replacen("    user: \"ada-lke-gpu-kubeflow\"", "    user: \"me\"", 1);
    fs::write(place.path(), &theirs).unwrap();
    place.own.take_out(&id()).await.unwrap();
    let left = lines::read(&place.text()).unwrap();
    assert_eq!(lines::current(&left), Some("ada-lke-gpu-kubeflow"));
    assert!(lines::entry(&left, "clusters", "ada-lke-gpu-kubeflow").is_some());
    assert!(lines::entry(&left, "contexts", "ada-lke-gpu-kubeflow").is_some());
    assert!(lines::entry(&left, "users", "ada-lke-gpu-kubeflow").is_none());
}

#[tokio::test]
async fn a_file_that_kubectl_wrote_anew_since_gives_up_ours_alone() {
    let (_, text) = merged_into().remove(0);
    let place = Place::with(&text);
    place.merge(false).await.unwrap();
    // kubectl sorts, and writes no quotes.
    let rewritten = place.text().replace('"', "").replace(
        "- name: ada-lke-gpu-kubeflow\n  user:\n    token: CANARYtoken",
        "- user:\n    token: CANARYtoken\n  name: ada-lke-gpu-kubeflow",
    );
    assert_ne!(rewritten, place.text());
    fs::write(place.path(), &rewritten).unwrap();
    place.own.take_out(&id()).await.unwrap();
    assert!(!place.text().contains("ada-lke") && !place.text().contains("CANARY"));
    assert_eq!(place.own.merged().await.len(), 1);
    place.own.take_out(&id()).await.unwrap();
}

#[tokio::test]
async fn a_preview_shows_no_secret_and_the_note_holds_none() {
    let (_, text) = merged_into().remove(0);
    let place = Place::with(&text);
    let shown = place.own.preview(&entry(true)).await.unwrap();
    let all = format!("{shown:?}");
    assert!(
        !all.contains("CANARY") && !all.contains("s3cret") && !all.contains("LS0t"),
        "{all}"
    );
    assert_eq!(shown.current.as_deref(), Some("work"));
    assert_eq!(place.text(), text, "nothing is written");
    place.merge(true).await.unwrap();
    for note in fs::read_dir(place.folder.path().join("home/kubectl")).unwrap() {
        let held = fs::read_to_string(note.unwrap().path()).unwrap();
        assert!(
            !held.contains("CANARY") && !held.contains("s3cret"),
            "{held}"
        );
    }
}
