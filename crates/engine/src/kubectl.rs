//! The kubeconfig that this computer's kubectl reads. It is the person's own: we put in what was
//! asked for, and take out exactly that.

use async_trait::async_trait;
use domain::DeploymentId;
use domain::text::Text;
use domain::texts;
use domain::view::{MergePreview, MergedContext, Problem};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

/// A deployment that shall stand there.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Which.
    pub deployment: DeploymentId,
    /// The name that it gets, when nothing else bears it.
    pub name: String,
    /// Rebuilt from allowed atoms.
    pub kubeconfig: SecretString,
    /// Whether it becomes the current context.
    pub current: bool,
    /// The time now, for the name of the copy that is kept.
    pub now: Timestamp,
}

/// A deployment that stands there, or stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// Where, and by which name.
    pub at: MergedContext,
    /// Whether it was taken out again.
    pub taken_out: bool,
}

/// Why a kubeconfig of the person's was left alone.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Neither a home folder nor `$KUBECONFIG`.
    #[error("find this user's kubeconfig")]
    NoPlace,
    /// It is a link.
    #[error("follow the link `{0}`")]
    Link(String),
    /// It is a folder, a pipe or the like.
    #[error("take `{0}` for a file")]
    NotAFile(String),
    /// Nobody may write it.
    #[error("write the read-only `{0}`")]
    ReadOnly(String),
    /// More than any kubeconfig has.
    #[error("read the whole of `{0}`")]
    TooLarge(String),
    /// It is no UTF-8 text, or no YAML that means a kubeconfig.
    #[error("read `{0}` as a kubeconfig")]
    Unreadable(String),
    /// It is written so that a change in place would lose or alter something else.
    #[error("change `{0}` without touching anything else")]
    Shape(String),
    /// It is another than the one that was shown.
    #[error("find `{0}` as it was shown")]
    Changed(String),
    /// Another program is writing it.
    #[error("wait for `{0}.lock`")]
    Busy(String),
    /// What shall be put in has no place in a kubeconfig.
    #[error("take the cluster's own kubeconfig apart")]
    BadEntry,
    /// The disk refused.
    #[error("{operation} `{path}`")]
    Disk {
        /// What was tried.
        operation: &'static str,
        /// Where.
        path: String,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
}

/// The person's own kubeconfig.
#[async_trait]
pub trait OwnKubeconfig: Send + Sync {
    /// What a merge would change. Writes nothing.
    async fn preview(&self, entry: &Entry) -> Result<MergePreview, Trouble>;
    /// Puts a deployment in, or its new credentials in the place of the old ones. `seen`: only into
    /// the file that was shown.
    async fn merge(&self, entry: &Entry, seen: Option<&str>) -> Result<MergedContext, Trouble>;
    /// Takes out what a merge put in; nothing to take out is success.
    async fn take_out(&self, deployment: &DeploymentId) -> Result<(), Trouble>;
    /// Every deployment that was put in from here.
    async fn merged(&self) -> Vec<(DeploymentId, Merged)>;
}

/// A computer without kubectl.
#[derive(Clone, Copy, Debug)]
pub struct NoKubectl;

#[async_trait]
impl OwnKubeconfig for NoKubectl {
    async fn preview(&self, _: &Entry) -> Result<MergePreview, Trouble> {
        Err(Trouble::NoPlace)
    }

    async fn merge(&self, _: &Entry, _: Option<&str>) -> Result<MergedContext, Trouble> {
        Err(Trouble::NoPlace)
    }

    async fn take_out(&self, _: &DeploymentId) -> Result<(), Trouble> {
        Ok(())
    }

    async fn merged(&self) -> Vec<(DeploymentId, Merged)> {
        Vec::new()
    }
}

texts! {
    /// What is said when the person's own kubeconfig is left alone.
    pub enum Said {
        /// There is no place for it.
        "kubectl_no_place" NoPlace,
        /// What to do about it.
        "kubectl_no_place_fix" NoPlaceFix,
        /// It is a link.
        "kubectl_link" Link { path: String },
        /// What to do about it.
        "kubectl_link_fix" LinkFix,
        /// It is no file.
        "kubectl_not_a_file" NotAFile { path: String },
        /// It is read-only.
        "kubectl_read_only" ReadOnly { path: String },
        /// What to do about it.
        "kubectl_read_only_fix" ReadOnlyFix,
        /// It is too large.
        "kubectl_too_large" TooLarge { path: String },
        /// It cannot be read as a kubeconfig.
        "kubectl_unreadable" Unreadable { path: String },
        /// What to do about it.
        "kubectl_unreadable_fix" UnreadableFix,
        /// A change would touch something else.
        "kubectl_shape" Shape { path: String },
        /// It changed since it was shown.
        "kubectl_changed" Changed { path: String },
        /// What to do about it.
        "kubectl_changed_fix" ChangedFix,
        /// Another program is writing it.
        "kubectl_busy" Busy { path: String },
        /// What to do about it.
        "kubectl_busy_fix" BusyFix { path: String },
        /// The cluster's kubeconfig has no place in it.
        "kubectl_bad_entry" BadEntry,
        /// It was left alone; the kubeconfig can be saved apart.
        "kubectl_save_apart_fix" SaveApartFix,
        /// A row of the teardown's inventory.
        "teardown_kubectl" WillGo { context: String, path: String },
        /// A note of the receipt.
        "receipt_kubectl_gone" Gone { context: String, path: String },
        /// The same, when it could not be taken out.
        "receipt_kubectl_left" Left { context: String, path: String },
        /// Linode lets nobody rotate it, or it came back the same.
        "kubeconfig_not_rotated" NotRotated,
        /// What to do about it.
        "kubeconfig_not_rotated_fix" NotRotatedFix,
    }
}

/// Why the file was left alone, in words.
pub fn of_trouble(trouble: &Trouble) -> Problem {
    let path = String::clone;
    let (what, fix) = match trouble {
        Trouble::NoPlace => (Said::NoPlace, Said::NoPlaceFix),
        Trouble::Link(at) => (Said::Link { path: path(at) }, Said::LinkFix),
        Trouble::NotAFile(at) => (Said::NotAFile { path: path(at) }, Said::SaveApartFix),
        Trouble::ReadOnly(at) => (Said::ReadOnly { path: path(at) }, Said::ReadOnlyFix),
        Trouble::TooLarge(at) => (Said::TooLarge { path: path(at) }, Said::SaveApartFix),
        Trouble::Unreadable(at) => (Said::Unreadable { path: path(at) }, Said::UnreadableFix),
        Trouble::Shape(at) => (Said::Shape { path: path(at) }, Said::SaveApartFix),
        Trouble::Changed(at) => (Said::Changed { path: path(at) }, Said::ChangedFix),
        Trouble::Busy(at) => (
            Said::Busy { path: path(at) },
            Said::BusyFix { path: path(at) },
        ),
        Trouble::BadEntry => (Said::BadEntry, Said::SaveApartFix),
        Trouble::Disk {
            operation,
            path,
            cause,
        } => {
            let error = crate::ports::JournalError::Disk {
                operation,
                path: path.clone(),
                cause: std::io::Error::new(cause.kind(), cause.to_string()),
            };
            return crate::facade::problem::of_journal(&error);
        }
    };
    let what = Text::from(what);
    Problem {
        code: what.code.clone(),
        what,
        why: None,
        fix: Some(fix.into()),
        detail: None,
    }
}

/// What is shown of a kubeconfig's line: its key, and its value only where that is never secret.
/// Whatever else stands there, comments too, is masked.
pub fn masked(line: &str) -> String {
    const SHOWN: [&str; 13] = [
        "apiVersion",
        "kind",
        "name",
        "server",
        "cluster",
        "user",
        "context",
        "namespace",
        "current-context",
        "clusters",
        "users",
        "contexts",
        "preferences",
    ];
    const MASK: &str = "•••";
    let line = line.trim_end();
    let body = line.trim_start_matches([' ', '-']);
    let lead = &line[..line.len() - body.len()];
    if body.is_empty() {
        return line.to_owned();
    }
    let (key, value) = match body.split_once(':') {
        Some((key, value)) if value.is_empty() || value.starts_with([' ', '\t']) => (key, value),
        Some(_) | None => return format!("{lead}{MASK}"),
    };
    let name = key.trim_matches(['"', '\'']);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || !name.chars().all(plain) {
        return format!("{lead}{MASK}");
    }
    let value = value.trim();
    let open = |c: char| !c.is_control() && !matches!(c, '{' | '#' | '&' | '|' | '>');
    if value.is_empty() {
        format!("{lead}{key}:")
    } else if name == "server" && value.contains(['@', '?']) {
        // An address can carry a password, or a token in its query.
        format!("{lead}{key}: {MASK}")
    } else if SHOWN.contains(&name) && value.chars().all(open) {
        format!("{lead}{key}: {value}")
    } else {
        format!("{lead}{key}: {MASK}")
    }
}

/// A kubeconfig of the same server for another token, to be rebuilt from atoms as every one is; `None`:
/// the clean one has no server or authority, which the rebuilding does not let happen.
pub(crate) fn with_token(
    clean: &SecretString,
    user: &str,
    token: &SecretString,
) -> Option<SecretString> {
    let text = clean.expose_secret();
    let value = |key: &str| {
        let mut lines = text.lines().map(str::trim_start);
        lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(": "))
    };
    let (server, authority) = (value("server")?, value("certificate-authority-data")?);
    let context = value("current-context")?.trim_matches('"');
    let token = token.expose_secret();
    let made = format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: {context}\n  cluster:\n    server: {server}\n    \
         certificate-authority-data: {authority}\nusers:\n- name: {user}\n  user:\n    token: {token}\n\
         contexts:\n- name: {context}\n  context:\n    cluster: {context}\n    user: {user}\n    \
         namespace: default\ncurrent-context: {context}\n"
    );
    Some(SecretString::from(made))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_never_secret_is_shown_of_a_line() {
        let lines = [
            "apiVersion: v1",
            "- name: \"ada\"",
            "    server: https://x:443",
            "    server: https://u:s3cret@x",
            "    token: s3cret",
            "    client-key-data: \"s3cret\"",
            "current-context: ada # s3cret",
            "# token: s3cret",
            "  s3cret",
            "- s3cret",
            "user: {token: s3cret}",
            "  \"password\": \"s3cret\"",
            "users:",
            "s3cret: s3cret",
            "user:s3cret",
        ];
        let shown: Vec<String> = lines.iter().map(|line| masked(line)).collect();
        expect_test::expect![[r#"
            apiVersion: v1
            - name: "ada"
                server: https://x:443
                server: •••
                token: •••
                client-key-data: •••
            current-context: •••
            •••
              •••
            - •••
            user: •••
              "password": •••
            users:
            s3cret: •••
            •••"#]]
        .assert_eq(&shown.join("\n"));
    }
}
