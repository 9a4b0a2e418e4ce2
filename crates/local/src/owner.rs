//! Which installation this is: drawn once for a home, and kept in it.

use crate::Error;
use crate::files::{Tried, While as _, new_private, private_folder, sync_folder};
use domain::Owner;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use ulid::Ulid;

const FILE: &str = "owner";

/// The owner tag of a home. The first ask draws it; of two processes that ask at once both get the
/// same. A copy of a home on another computer is the same installation: take over there.
pub fn owner(home: &Path) -> Result<Owner, Error> {
    Ok(read_or_draw(home)?)
}

fn read_or_draw(home: &Path) -> Tried<Owner> {
    let path = home.join(FILE);
    if let Some(owner) = read(&path)? {
        return Ok(owner);
    }
    private_folder(home).while_("make", home)?;
    // Whole before it has its name: another process never reads half of it.
    let draft = home.join(format!(".{FILE}.{}.tmp", Ulid::generate()));
    let drawn = Owner::new(bits());
    let written = write(&draft, &drawn).and_then(|()| match fs::hard_link(&draft, &path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // Some file systems know no links.
        Err(_) => write(&path, &drawn),
        Ok(()) => Ok(()),
    });
    drop(fs::remove_file(&draft));
    match written {
        // In a home that nobody may write nothing is made; who only looks needs no tag that stays.
        Err(error) if is_sealed(&error) => return Ok(drawn),
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => sync_folder(home),
    }
    .while_("write", &path)?;
    let unreadable = || io::Error::from(io::ErrorKind::InvalidData);
    read(&path)?.ok_or_else(unreadable).while_("read", &path)
}

fn is_sealed(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied
    )
}

/// `None`: there is no such file. One that holds something else is not replaced: what was created
/// under it would not be known as ours any more.
fn read(path: &Path) -> Tried<Option<Owner>> {
    match fs::read_to_string(path) {
        Ok(text) => {
            let unreadable = || io::Error::from(io::ErrorKind::InvalidData);
            let owner = Owner::read(text.trim()).ok_or_else(unreadable);
            owner.map(Some).while_("read", path)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).while_("read", path),
    }
}

fn write(path: &Path, owner: &Owner) -> io::Result<()> {
    let mut file = new_private().open(path)?;
    writeln!(file, "{}", owner.tag())?;
    file.sync_all()
}

fn bits() -> u32 {
    let drawn = Ulid::generate().random().to_le_bytes();
    u32::from_le_bytes([drawn[0], drawn[1], drawn[2], drawn[3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_keeps_its_owner_and_another_home_has_another() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let home = one.path().join("not/there/yet");
        let first = owner(&home).unwrap();
        assert_eq!(owner(&home).unwrap(), first);
        assert_ne!(owner(two.path()).unwrap(), first);
        let files = fs::read_dir(&home).unwrap().count();
        assert_eq!(files, 1, "a draft is left");
    }

    #[test]
    fn processes_that_ask_at_once_agree() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().join("home");
        let ask = || {
            std::thread::spawn({
                let home = home.clone();
                move || owner(&home).unwrap()
            })
        };
        let asked: Vec<_> = (0..8).map(|_| ask()).collect();
        let owners: Vec<Owner> = asked.into_iter().map(|one| one.join().unwrap()).collect();
        assert!(owners.iter().all(|one| *one == owners[0]), "{owners:?}");
    }

    #[test]
    fn a_file_that_holds_something_else_is_not_replaced() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(FILE), "something else").unwrap();
        assert!(owner(home.path()).is_err());
    }
}
