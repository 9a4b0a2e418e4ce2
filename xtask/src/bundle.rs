//! `cargo xtask bundle`: the installers of this system, and a check that the Debian one works.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::display::Screen;
use crate::process::{Job, command, root, target};
use crate::report::{Ended, Report};
use crate::setup::{self, For};
use crate::tools::BUNDLER;

const PACKAGE: &str = "quaylight";
const INSTALLED: &str = "/usr/bin/quaylight";
const ALIVE_SECONDS: u64 = 8;
const MIB: u64 = 1 << 20;
const DEB_MIB_MAX: u64 = 8;
const PROGRAM_MIB_MAX: u64 = 15;

/// Builds the installers; with `check` only the Debian one, which is then tried.
pub(crate) fn bundle(report: &mut Report, check: bool) {
    let purpose = if check { For::Window } else { For::Build };
    let ready = report.step("packages", || setup::packages(purpose))
        && report.step("npm", setup::npm_packages)
        && report.step(BUNDLER.package, || BUNDLER.install());
    if !ready {
        return;
    }
    if !check {
        report.step("bundle", || build(&[]));
        return;
    }
    if report.step("bundle", || build(&["--bundles", "deb"])) && report.step("sizes", sizes) {
        report.step("installed", try_installed);
    }
}

fn build(words: &[&str]) -> Ended {
    // An installer of an earlier version must not be taken for this one's.
    let _ = fs::remove_dir_all(target().join("release/bundle"));
    let mut build = command(BUNDLER.path());
    build.args(["build", "--ci"]).args(words);
    Job::new("bundle", build, 60).run().checked()
}

fn deb() -> Result<PathBuf, String> {
    let folder = target().join("release/bundle/deb");
    let entries = fs::read_dir(&folder).map_err(|e| format!("read `{}`: {e}", folder.display()))?;
    let mut debs = entries.flatten().map(|entry| entry.path());
    debs.find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .ok_or_else(|| format!("`{}` holds no deb", folder.display()))
}

fn sizes() -> Ended {
    let program = target().join("release/quaylight");
    let judged = deb().and_then(|deb| {
        judge("deb", &deb, DEB_MIB_MAX).and_then(|()| judge("program", &program, PROGRAM_MIB_MAX))
    });
    judged.into()
}

fn judge(what: &str, file: &Path, mib_max: u64) -> Result<(), String> {
    let bytes = fs::metadata(file)
        .map_err(|e| format!("read `{}`: {e}", file.display()))?
        .len();
    println!(
        "         {what}: {}.{} MiB of {mib_max}",
        bytes / MIB,
        bytes % MIB * 10 / MIB
    );
    if bytes <= mib_max * MIB {
        Ok(())
    } else {
        Err(format!("the {what} is larger than {mib_max} MiB"))
    }
}

/// Installs the deb, starts the app from where it landed, and removes it again.
fn try_installed() -> Ended {
    if !setup::is_root() {
        return Ended::failed("dpkg needs root: run this command as root");
    }
    if Path::new(INSTALLED).exists() {
        return Ended::failed(format!(
            "{INSTALLED} is there already and would be replaced"
        ));
    }
    let tried = deb().and_then(|deb| {
        dpkg("-i", &deb.to_string_lossy())?;
        let lived = stays_alive(Path::new(INSTALLED));
        let removed = dpkg("-r", PACKAGE);
        lived.and(removed)
    });
    match tried {
        Ok(()) if Path::new(INSTALLED).exists() => {
            Ended::failed(format!("{INSTALLED} is still there after the removal"))
        }
        ended => ended.into(),
    }
}

fn dpkg(action: &str, what: &str) -> Result<(), String> {
    let mut dpkg = command("dpkg");
    dpkg.args([action, what]);
    Job::new("dpkg", dpkg, 5).run().end
}

/// True proof of a started app: it is still there after some seconds, and so is its web view.
fn stays_alive(program: &Path) -> Result<(), String> {
    let screen = Screen::open()?;
    let mut app = screen.command(program, &[]);
    app.current_dir(root());
    let names = Job::new("installed", app, 1).live_for(Duration::from_secs(ALIVE_SECONDS))?;
    // Linux cuts the names of processes after 15 bytes.
    if names.iter().any(|name| name.starts_with("WebKitWebProces")) {
        Ok(())
    } else {
        Err(format!(
            "after {ALIVE_SECONDS} s there is no web view among: {}",
            names.join(" ")
        ))
    }
}
