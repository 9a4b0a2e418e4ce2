//! A screen without a monitor: its own X server, session bus, unlocked secret store and home.
//!
//! Linux only. Nothing of the user's session is seen inside: neither keyring nor settings, and what
//! is saved there goes when the screen closes. A changed home hides cargo, so only programs that
//! are already built run inside.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::process::command;

const SIZE: &str = "1440x900x24";

/// Starts the secret store on the session bus, unlocked, and then becomes the wanted program.
const WITH_SECRETS: &str = "printf screen | gnome-keyring-daemon --unlock --components=secrets \
                            >/dev/null && exec \"$@\"";

/// An open virtual screen. Closes when dropped.
pub(crate) struct Screen {
    server: Child,
    number: String,
    /// A short path: sockets live under it, and their names are limited to 107 bytes.
    place: PathBuf,
}

/// The session bus of a screen. Closes when dropped.
pub(crate) struct Bus {
    daemon: Child,
    address: String,
}

impl Screen {
    /// Starts the X server on a free display number.
    pub(crate) fn open() -> Result<Self, String> {
        let place = std::env::temp_dir().join(format!("quaylight-{}", std::process::id()));
        let prepared = prepare(&place);
        prepared.map_err(|e| format!("make `{}`: {e}", place.display()))?;
        let mut server = command("Xvfb");
        server.args(["-displayfd", "1", "-screen", "0", SIZE, "-nolisten", "tcp"]);
        server.arg("-fbdir").arg(&place);
        let (server, number) = announced(server)?;
        let screen = Self {
            server,
            number,
            place,
        };
        if screen.number.is_empty() {
            return Err("`Xvfb` ended without a display".to_owned());
        }
        Ok(screen)
    }

    /// A program on this screen, in a session of its own with an unlocked secret store.
    pub(crate) fn command(&self, program: &Path, words: &[&str]) -> Command {
        let mut session = command("dbus-run-session");
        session
            .args(["--", "sh", "-c", WITH_SECRETS, "sh"])
            .arg(program)
            .args(words);
        self.place_in(session)
    }

    /// A session bus that programs share.
    pub(crate) fn bus(&self) -> Result<Bus, String> {
        let mut daemon = self.place_in(command("dbus-daemon"));
        daemon.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
        let (daemon, address) = announced(daemon)?;
        Ok(Bus { daemon, address })
    }

    /// A program on this screen and nothing around it, so that its start is all that is seen.
    pub(crate) fn alone(&self, program: &Path, bus: &Bus) -> Command {
        let mut alone = self.place_in(command(program));
        alone.env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
        alone
    }

    /// What the screen shows, as a file that the X server draws into.
    pub(crate) fn picture(&self) -> PathBuf {
        self.place.join("Xvfb_screen0")
    }

    fn place_in(&self, mut session: Command) -> Command {
        let home = self.place.join("home");
        session
            .env("HOME", &home)
            .env("XDG_DATA_HOME", home.join(".local/share"))
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .env("XDG_CACHE_HOME", home.join(".cache"))
            .env("XDG_RUNTIME_DIR", self.place.join("run"))
            .env("DISPLAY", format!(":{}", self.number))
            .env("GDK_BACKEND", "x11")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("NO_AT_BRIDGE", "1");
        for outer in [
            "DBUS_SESSION_BUS_ADDRESS",
            "WAYLAND_DISPLAY",
            "XAUTHORITY",
            "KUBECONFIG",
        ] {
            session.env_remove(outer);
        }
        session
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = fs::remove_dir_all(&self.place);
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// Starts a server that says in one line where it is.
fn announced(mut server: Command) -> Result<(Child, String), String> {
    let name = server.get_program().to_string_lossy().into_owned();
    let mut server = server
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("start `{name}`: {e}"))?;
    let mut line = String::new();
    if let Some(out) = server.stdout.take() {
        let read = BufReader::new(out).read_line(&mut line);
        read.map_err(|e| format!("read the first line of `{name}`: {e}"))?;
    }
    Ok((server, line.trim().to_owned()))
}

fn prepare(place: &Path) -> std::io::Result<()> {
    // Left by an earlier run that was killed and had the same process id.
    let _ = fs::remove_dir_all(place);
    for folder in ["home/.local/share", "home/.config", "home/.cache", "run"] {
        fs::create_dir_all(place.join(folder))?;
    }
    only_for_owner(place)?;
    only_for_owner(&place.join("run"))
}

#[cfg(unix)]
fn only_for_owner(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn only_for_owner(_: &Path) -> std::io::Result<()> {
    Ok(())
}
