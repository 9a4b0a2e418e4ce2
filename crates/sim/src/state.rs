//! The state's file: the whole demo cloud as JSON, replaced as a whole, so that it is either the old
//! or the new one. It holds demo secrets only (no token's text, see `tokens.rs`), yet is readable by
//! its owner alone.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::{Clock, later, wall_now};
use crate::kubernetes;
use crate::store::World;

const VERSION: u32 = 1;

/// The file's content.
#[derive(Deserialize)]
struct Saved {
    version: u32,
    /// Real time of the save.
    wall: Timestamp,
    /// Demo time of the save.
    demo: Timestamp,
    paused: bool,
    /// The port of the Linode API when it was last served.
    port: Option<u16>,
    world: World,
    kubes: BTreeMap<u64, Value>,
}

/// The same, borrowed, for writing.
#[derive(Serialize)]
struct Saving<'world> {
    version: u32,
    wall: Timestamp,
    demo: Timestamp,
    paused: bool,
    port: Option<u16>,
    world: &'world World,
    kubes: BTreeMap<u64, Value>,
}

/// A demo cloud as it was left.
pub(crate) struct Loaded {
    pub world: World,
    /// The demo's time now: it went on while nobody looked.
    pub now: Timestamp,
    pub paused: bool,
    pub port: Option<u16>,
}

/// Where a demo cloud is kept.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    /// What was last written, but for the times; nothing is written twice.
    last: u64,
}

impl StateFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, last: 0 }
    }

    /// The demo cloud in the file, `None` when there is no file yet. Time went on at `speed`.
    pub(crate) fn load(&self, speed: f64) -> io::Result<Option<Loaded>> {
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut saved: Saved = serde_json::from_slice(&text)?;
        if saved.version != VERSION {
            let what = format!("state of version {}, {VERSION} is known", saved.version);
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        for (id, kube) in saved.kubes {
            saved
                .world
                .kubes
                .insert(id, kubernetes::Cluster::load(kube)?);
        }
        let away_ms = wall_now().duration_since(saved.wall).as_millis().max(0) as f64;
        let ms = if saved.paused {
            0
        } else {
            (away_ms * speed) as i64
        };
        Ok(Some(Loaded {
            world: saved.world,
            now: later(saved.demo, ms),
            paused: saved.paused,
            port: saved.port,
        }))
    }

    /// Writes the demo cloud if it differs from what was written last.
    pub(crate) fn save(
        &mut self,
        world: &World,
        clock: &Clock,
        port: Option<u16>,
    ) -> io::Result<()> {
        let kubes = world
            .kubes
            .iter()
            .map(|(id, kube)| (*id, kube.save()))
            .collect();
        let mut saving = Saving {
            version: VERSION,
            wall: Timestamp::UNIX_EPOCH,
            demo: Timestamp::UNIX_EPOCH,
            paused: clock.paused(),
            port,
            world,
            kubes,
        };
        let digest = crate::draw::hash(&serde_json::to_string(&saving)?);
        if digest == self.last {
            return Ok(());
        }
        (saving.wall, saving.demo) = (wall_now(), clock.now());
        write(&self.path, &serde_json::to_vec(&saving)?)?;
        self.last = digest;
        Ok(())
    }
}

fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let fresh = PathBuf::from(name);
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(text)?;
    drop(file);
    fs::rename(&fresh, path)
}
