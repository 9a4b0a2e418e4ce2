//! What this machine needs: system packages, Rust components, npm packages.

use std::fs;
use std::io::{IsTerminal, Write};
use std::process::{Command, Stdio};

use crate::process::{Job, answer, cargo, command, root};
use crate::report::Ended;

/// Debian packages to build the app.
const TO_BUILD: &[&str] = &[
    "build-essential",
    "pkg-config",
    "libwebkit2gtk-4.1-dev",
    "librsvg2-dev",
];

/// Debian packages for a window without a display: a screen, a session bus, a secret store, the
/// driver of the web view, a font for the screenshots, and `kill` for the tests that cut the power.
const TO_SHOW: &[&str] = &[
    "xvfb",
    "xauth",
    "xdotool",
    "dbus",
    "webkit2gtk-driver",
    "gnome-keyring",
    "fonts-dejavu-core",
];

/// Debian package for a private Python folder, which brings Linode's own clients, and kubectl where
/// it is missing.
const TO_FETCH: &[&str] = &["python3-venv"];

/// Debian package for the walk through every scene of the screen.
const TO_WALK: &[&str] = &["chromium"];

const NODE_MAJOR_MIN: u32 = 20;

/// What the packages are for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// Compiling the app.
    Build,
    /// Also a virtual display, and a window that is driven on it.
    Window,
    /// Also Linode's own clients, and a browser for the walk through the screen.
    Tests,
}

/// Installs the missing Debian packages, or says exactly what to install.
pub(crate) fn packages(purpose: For) -> Ended {
    if !cfg!(target_os = "linux") {
        return Ended::done();
    }
    let mut wanted = TO_BUILD.to_vec();
    if purpose != For::Build {
        wanted.extend(TO_SHOW);
    }
    let lacks_kubectl = || answer("kubectl", &["version", "--client"]).is_none();
    if purpose == For::Tests || (purpose == For::Window && lacks_kubectl()) {
        wanted.extend(TO_FETCH);
    }
    if purpose == For::Tests {
        wanted.extend(TO_WALK);
    }
    if answer("dpkg-query", &["--version"]).is_none() {
        return on_other_systems(&wanted);
    }
    wanted.retain(|package| !is_installed(package));
    if wanted.is_empty() {
        return Ended::done();
    }
    match rights(&wanted) {
        Ok(rights) => install(rights, &wanted),
        Err(why) => Ended::failed(why),
    }
}

fn on_other_systems(wanted: &[&str]) -> Ended {
    match answer("pkg-config", &["--modversion", "webkit2gtk-4.1"]) {
        Some(_) => Ended::done(),
        None => Ended::failed(format!(
            "this Linux has no apt-get: install what Debian calls {}",
            wanted.join(" ")
        )),
    }
}

fn is_installed(package: &str) -> bool {
    answer("dpkg-query", &["-W", "-f", "${Status}", package])
        .is_some_and(|status| status == "install ok installed")
}

/// How apt-get may be started here.
#[derive(Clone, Copy)]
enum Rights {
    Root,
    Sudo,
}

fn rights(wanted: &[&str]) -> Result<Rights, String> {
    if is_root() {
        return Ok(Rights::Root);
    }
    let by_hand = format!(
        "install by hand: sudo apt-get install --no-install-recommends {}",
        wanted.join(" ")
    );
    // A CI machine with sudo that asks nothing has nobody to ask either.
    let ci = std::env::var_os("CI").is_some();
    if ci && answer("sudo", &["-n", "true"]).is_some() {
        return Ok(Rights::Sudo);
    }
    if !std::io::stdin().is_terminal() || answer("sudo", &["--version"]).is_none() {
        return Err(by_hand);
    }
    print!("Install with sudo apt-get: {}? [Y/n] ", wanted.join(" "));
    let _ = std::io::stdout().flush();
    let mut reply = String::new();
    let read = std::io::stdin().read_line(&mut reply);
    match (read, reply.trim().to_ascii_lowercase().as_str()) {
        (Ok(1..), "" | "y" | "yes") => Ok(Rights::Sudo),
        _ => Err(by_hand),
    }
}

/// True when this user may install packages.
pub(crate) fn is_root() -> bool {
    answer("id", &["-u"]).is_some_and(|id| id == "0")
}

fn install(rights: Rights, wanted: &[&str]) -> Ended {
    let apt = |words: &[&str]| {
        let mut apt = as_root(rights, "apt-get");
        apt.args(["-o", "DPkg::Lock::Timeout=300"]).args(words);
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        apt
    };
    if let Rights::Sudo = rights
        && !Command::new("sudo")
            .arg("-v")
            .status()
            .is_ok_and(|status| status.success())
    {
        return Ended::failed("sudo refused");
    }
    let lists = Job::new("apt-update", apt(&["update"]), 10).run();
    if lists.end.is_err() {
        return lists.checked();
    }
    let mut words = vec!["install", "-y", "--no-install-recommends"];
    words.extend(wanted);
    Job::new("apt-install", apt(&words), 20).run().checked()
}

fn as_root(rights: Rights, program: &str) -> Command {
    match rights {
        Rights::Root => command(program),
        Rights::Sudo => {
            let mut sudo = command("sudo");
            sudo.arg("-n").arg(program);
            sudo
        }
    }
}

/// The formatter and the linter of Rust.
pub(crate) fn rust_components() -> Ended {
    let has = |tool: &str| {
        let status = cargo()
            .args([tool, "--version"])
            .stdout(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    };
    if has("fmt") && has("clippy") {
        return Ended::done();
    }
    let mut rustup = command("rustup");
    rustup.args(["component", "add", "rustfmt", "clippy"]);
    Job::new("rust", rustup, 10).run().checked()
}

/// npm with its name on this system, in the folder of the UI.
pub(crate) fn npm(words: &[&str]) -> Command {
    let mut npm = command(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.current_dir(root().join("ui"))
        .args(words)
        .env("CI", "true");
    npm
}

/// Exactly the npm packages of the lock file.
pub(crate) fn npm_packages() -> Ended {
    match node_major() {
        Some(major) if major >= NODE_MAJOR_MIN => {}
        Some(major) => {
            return Ended::failed(format!(
                "Node {major} is too old: install Node {NODE_MAJOR_MIN} or newer"
            ));
        }
        None => return Ended::failed(format!("install Node {NODE_MAJOR_MIN} or newer, with npm")),
    }
    let lock = fs::read(root().join("ui/package-lock.json"));
    let Ok(lock) = lock else {
        return Ended::failed("ui/package-lock.json is not there");
    };
    let stamp = root().join("ui/node_modules/.installed-from");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ended::done();
    }
    let done = Job::new("npm", npm(&["ci", "--no-audit", "--no-fund"]), 15).run();
    if done.end.is_ok() {
        // Without the stamp the next run only installs again.
        let _ = fs::write(stamp, lock);
    }
    done.checked()
}

fn node_major() -> Option<u32> {
    major(&answer("node", &["--version"])?)
}

fn major(version: &str) -> Option<u32> {
    version
        .trim_start_matches('v')
        .split('.')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_of_node_is_read() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("none"), None);
    }
}
