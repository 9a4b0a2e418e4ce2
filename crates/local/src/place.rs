//! Where the app keeps its data, and who the user is. The one place of this crate that reads the
//! environment.

use crate::Error;
use std::env;
use std::path::{Path, PathBuf};

/// The name of the app's folder on every system.
pub const APP_FOLDER: &str = "dev.quaylight.desktop";

/// The app's own data folder; it may not exist yet. Linux: `$XDG_DATA_HOME` or `~/.local/share`;
/// macOS: `~/Library/Application Support`; Windows: `%APPDATA%`; in it [`APP_FOLDER`].
pub fn home() -> Result<PathBuf, Error> {
    let absolute = |name: &str| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|p| p.is_absolute())
    };
    let at_home = |rest: &str| {
        env::home_dir()
            .filter(|p| p.is_absolute())
            .map(|p| p.join(rest))
    };
    let base = if cfg!(windows) {
        absolute("APPDATA")
    } else if cfg!(target_os = "macos") {
        at_home("Library/Application Support")
    } else {
        absolute("XDG_DATA_HOME").or_else(|| at_home(".local/share"))
    };
    Ok(base.ok_or(Error::NoHome)?.join(APP_FOLDER))
}

/// Where linode-cli keeps its own configuration: `$LINODE_CLI_CONFIG`, else `linode-cli` in
/// `$XDG_CONFIG_HOME` or `~/.config`, on every system.
pub(crate) fn linode_cli_config() -> Option<PathBuf> {
    let given = |name: &str| {
        let path = env::var_os(name).map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    let folder =
        given("XDG_CONFIG_HOME").or_else(|| env::home_dir().map(|home| home.join(".config")));
    given("LINODE_CLI_CONFIG").or_else(|| folder.map(|folder| folder.join("linode-cli")))
}

/// Where kubectl looks for kubeconfigs, in its order: what `$KUBECONFIG` lists, else
/// `~/.kube/config`.
pub(crate) fn kubeconfigs() -> Vec<PathBuf> {
    let listed = env::var_os("KUBECONFIG").unwrap_or_default();
    let mut files: Vec<PathBuf> = Vec::new();
    for path in env::split_paths(&listed) {
        if path.is_absolute() && !files.contains(&path) {
            files.push(path);
        }
    }
    if files.is_empty() {
        let home = env::home_dir().filter(|home| home.is_absolute());
        files.extend(home.map(|home| home.join(".kube").join("config")));
    }
    files
}

/// The file that kubectl writes to: the first that it looks for.
pub fn kubectl_file() -> Option<PathBuf> {
    kubeconfigs().into_iter().next()
}

/// A path as a person would write it.
pub fn shown(path: &Path) -> String {
    let home = env::home_dir().filter(|home| home.is_absolute());
    match home.and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned)) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

/// The user's name as the system tells it; empty when it does not.
pub fn user_name() -> String {
    let read = |name: &str| env::var_os(name)?.into_string().ok();
    let names = if cfg!(windows) {
        ["USERNAME", "USER"]
    } else {
        ["USER", "LOGNAME"]
    };
    let found = names
        .iter()
        .filter_map(|name| read(name))
        .find(|name| !name.is_empty());
    // Without a login there is no name in the environment, but a home folder bears it.
    found
        .or_else(|| Some(env::home_dir()?.file_name()?.to_str()?.to_owned()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_is_a_folder_of_our_name() {
        let home = home().unwrap();
        assert!(
            home.is_absolute() && home.ends_with(APP_FOLDER),
            "{}",
            home.display()
        );
    }
}
