//! The kubeconfig that this computer's kubectl reads: what was asked for is put in, and exactly that
//! is taken out again. Everything else in it is the person's and stays as it is; a file that cannot
//! be changed so is left alone, and its reason is told.
//!
//! Writing follows kubectl: `$KUBECONFIG` lists files, and while one is written `<file>.lock` is
//! there. Beside it, a copy of the file before the merge lies until the entries are taken out.

mod diff;
mod file;
mod lines;
mod page;

use super::parse;
use crate::files::{apart, private_folder, write_whole};
use crate::place;
use async_trait::async_trait;
use domain::DeploymentId;
use domain::view::{MergePreview, MergedContext};
use engine::kubectl::{Entry, Merged, OwnKubeconfig, Trouble};
use file::{File, Lock, disk, shown, tried};
use lines::{Before, Item, LISTS};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The person's own kubeconfig; what was put in is noted in the app's folder.
#[derive(Clone, Debug)]
pub struct UserKubeconfig {
    notes: PathBuf,
    /// In kubectl's order: where an entry is looked for. Empty: there is no place for one.
    files: Vec<PathBuf>,
}

/// What was put in where, for taking it out.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    path: PathBuf,
    context: String,
    server: String,
    /// Whether the file was made by the merge.
    made: bool,
    before: Before,
    copy: Option<PathBuf>,
    taken_out: bool,
}

/// A merge that could be written.
struct Ready {
    file: File,
    note: Note,
    new: String,
    current: Option<String>,
}

impl UserKubeconfig {
    /// The one of this user. `home`: the app's own folder.
    pub fn of_user(home: &Path) -> Self {
        Self::at(home, place::kubeconfigs())
    }

    /// Files of one's own choice, in kubectl's order.
    pub fn at(home: &Path, files: Vec<PathBuf>) -> Self {
        let notes = home.join("kubectl");
        Self { notes, files }
    }

    /// Where a new entry goes, as kubectl chooses: the first file that is there, else the last.
    fn target(&self) -> Result<PathBuf, Trouble> {
        let there = self
            .files
            .iter()
            .find(|path| path.symlink_metadata().is_ok());
        let chosen = there.or(self.files.last());
        chosen.cloned().ok_or(Trouble::NoPlace)
    }

    fn ready(&self, entry: &Entry) -> Result<Ready, Trouble> {
        let noted = self.note(&entry.deployment).filter(|note| !note.taken_out);
        let path = match &noted {
            Some(note) => note.path.clone(),
            None => self.target()?,
        };
        let file = File::read(path)?;
        let config = file.config()?;
        let context = match &noted {
            Some(note) => note.context.clone(),
            None => self.free_name(entry, &file, &config)?,
        };
        let raw = entry.kubeconfig.expose_secret();
        let (server, bodies) = parse::bodies(raw, &context).ok_or(Trouble::BadEntry)?;
        let name = context.clone();
        let current = entry.current;
        let item = Item {
            name,
            bodies,
            current,
        };
        let put = lines::put(&file.text, &item);
        let (new, before) = put.map_err(|wrong| file.trouble(wrong))?;
        let note = Note {
            path: file.path.clone(),
            context,
            server,
            made: !file.there,
            before,
            copy: None,
            taken_out: false,
        };
        // Put in again, what stood there before the first time is still what stands there after.
        let note = match noted {
            Some(first) => Note {
                server: note.server,
                before: note.before.after(first.before),
                ..first
            },
            None => note,
        };
        let current = lines::current(&config).map(str::to_owned);
        Ok(Ready {
            file,
            note,
            new,
            current,
        })
    }

    /// A name that nothing bears in any of the files: kubectl takes the first that it finds.
    fn free_name(&self, entry: &Entry, file: &File, config: &Value) -> Result<String, Trouble> {
        let mut all = vec![config.clone()];
        for path in self.files.iter().filter(|path| **path != file.path) {
            // A file of the list that cannot be read is kubectl's to complain of.
            all.extend(File::read(path.clone()).and_then(|one| one.config()).ok());
        }
        let taken = |name: &str| {
            let mut lists = LISTS.iter();
            lists.any(|list| {
                all.iter()
                    .any(|one| lines::entry(one, list, name).is_some())
            })
        };
        let id = &entry.deployment.0;
        let more = format!("{}-{}", entry.name, &id[id.len().saturating_sub(6)..]);
        let names = [entry.name.clone(), more, id.clone()];
        let mut fit = names.into_iter().filter(|name| parse::is_name(name));
        fit.find(|name| !taken(name)).ok_or(Trouble::BadEntry)
    }

    fn write(
        &self,
        mut ready: Ready,
        id: &DeploymentId,
        stamp: &str,
    ) -> Result<MergedContext, Trouble> {
        let path = ready.file.path.clone();
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            private_folder(folder).map_err(|cause| disk("make", folder, cause))?;
        }
        let _lock = Lock::take(&path)?;
        // Between the reading and the lock another program may have written it.
        if File::read(path.clone())?.text != ready.file.text {
            return Err(Trouble::Changed(shown(&path)));
        }
        if ready.file.there && ready.note.copy.is_none() {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let copy = path.with_file_name(format!("{name}.before-quaylight-{stamp}"));
            write_whole(&copy, ready.file.text.as_bytes()).map_err(tried)?;
            ready.note.copy = Some(copy);
        }
        // The note first: what is noted and not there costs nothing to take out.
        self.remember(id, &ready.note)?;
        write_whole(&path, ready.new.as_bytes()).map_err(tried)?;
        Ok(ready.note.at())
    }

    fn remove(&self, id: &DeploymentId) -> Result<(), Trouble> {
        let Some(mut note) = self.note(id).filter(|note| !note.taken_out) else {
            return Ok(());
        };
        let file = File::read(note.path.clone())?;
        if file.there {
            let _lock = Lock::take(&note.path)?;
            let file = File::read(note.path.clone())?;
            let owns = |list: &str, entry: &Value| match list {
                "clusters" => entry["cluster"]["server"] == note.server.as_str(),
                "contexts" => {
                    let context = &entry["context"];
                    context["cluster"] == note.context.as_str()
                        && context["user"] == note.context.as_str()
                }
                _ => true,
            };
            let new = lines::take_out(&file.text, &note.context, &note.before, owns);
            let new = new.map_err(|wrong| file.trouble(wrong))?;
            if note.made && lines::is_bare(&new) {
                fs::remove_file(&note.path).map_err(|cause| disk("remove", &note.path, cause))?;
            } else if new != file.text {
                write_whole(&note.path, new.as_bytes()).map_err(tried)?;
            }
        }
        if let Some(copy) = note.copy.take() {
            // It holds the person's other credentials, and is of no use any more.
            drop(fs::remove_file(copy));
        }
        note.taken_out = true;
        self.remember(id, &note)
    }

    fn note_path(&self, id: &DeploymentId) -> PathBuf {
        self.notes.join(format!("{id}.json"))
    }

    fn note(&self, id: &DeploymentId) -> Option<Note> {
        serde_json::from_slice(&fs::read(self.note_path(id)).ok()?).ok()
    }

    fn remember(&self, id: &DeploymentId, note: &Note) -> Result<(), Trouble> {
        private_folder(&self.notes).map_err(|cause| disk("make", &self.notes, cause))?;
        let path = self.note_path(id);
        let text =
            serde_json::to_vec_pretty(note).map_err(|cause| disk("write", &path, cause.into()))?;
        write_whole(&path, &text).map_err(tried)
    }

    fn all(&self) -> Vec<(DeploymentId, Merged)> {
        let entries = fs::read_dir(&self.notes).into_iter().flatten().flatten();
        let ids = entries.filter_map(|one| {
            let name = one.file_name().into_string().ok()?;
            Some(DeploymentId(name.strip_suffix(".json")?.to_owned()))
        });
        let merged = |id: DeploymentId| {
            let note = self.note(&id)?;
            Some((
                id,
                Merged {
                    at: note.at(),
                    taken_out: note.taken_out,
                },
            ))
        };
        ids.filter_map(merged).collect()
    }
}

#[async_trait]
impl OwnKubeconfig for UserKubeconfig {
    async fn preview(&self, entry: &Entry) -> Result<MergePreview, Trouble> {
        let (own, entry) = (self.clone(), entry.clone());
        apart(move || {
            let Ready {
                file,
                note,
                new,
                current,
            } = own.ready(&entry)?;
            Ok(MergePreview {
                path: shown(&file.path),
                new_file: !file.there,
                context: note.context,
                current,
                lines: diff::diff(&file.text, &new),
                seen: file.seen(),
            })
        })
        .await
    }

    async fn merge(&self, entry: &Entry, seen: Option<&str>) -> Result<MergedContext, Trouble> {
        let (own, entry, seen) = (self.clone(), entry.clone(), seen.map(str::to_owned));
        apart(move || {
            let ready = own.ready(&entry)?;
            if seen.is_some_and(|seen| seen != ready.file.seen()) {
                return Err(Trouble::Changed(shown(&ready.file.path)));
            }
            let stamp = entry.now.strftime("%Y%m%dT%H%M%SZ").to_string();
            own.write(ready, &entry.deployment, &stamp)
        })
        .await
    }

    async fn take_out(&self, deployment: &DeploymentId) -> Result<(), Trouble> {
        let (own, id) = (self.clone(), deployment.clone());
        apart(move || own.remove(&id)).await
    }

    async fn merged(&self) -> Vec<(DeploymentId, Merged)> {
        let own = self.clone();
        apart(move || own.all()).await
    }
}

impl Note {
    fn at(&self) -> MergedContext {
        MergedContext {
            path: shown(&self.path),
            context: self.context.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
