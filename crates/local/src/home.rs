//! Whether the app's folder can be used, asked once at a start, before anything is made.

use crate::disk::{Disk, SystemDisk};
use crate::files::write_new;
use domain::view::Problem;
use engine::facade::problem::{Said, problem};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// What is written for a try: a block of most disks, so that a full one shows.
const PROBE: [u8; 4096] = [b' '; 4096];

/// A home that cannot be used as it is.
#[derive(Clone, Debug)]
pub struct BadHome {
    /// In words.
    pub problem: Problem,
    /// Whether what is in it can be read: deployments can be shown and torn down, and no new one is
    /// made.
    pub readable: bool,
}

/// Makes the home when it is missing, and tries to write in it.
pub fn check_home(home: &Path) -> Result<(), Box<BadHome>> {
    check(&SystemDisk, home)
}

fn check(disk: &dyn Disk, home: &Path) -> Result<(), Box<BadHome>> {
    let bad = |readable| move |cause| Box::new(told(home, readable, &cause));
    let made = disk.make_folder(home);
    // Of a name that is taken the system tells only that; what bears it says why.
    let made = made.map_err(|cause| match fs::metadata(home) {
        Err(why) if why.kind() != ErrorKind::NotFound => why,
        Ok(_) | Err(_) => cause,
    });
    made.and_then(|()| fs::read_dir(home).map(drop))
        .map_err(bad(false))?;
    let probe = home.join(format!(".probe-{}", std::process::id()));
    let tried = write_new(disk, &probe, &PROBE);
    let _ = disk.remove(&probe);
    tried.map_err(bad(true))
}

fn told(home: &Path, readable: bool, cause: &io::Error) -> BadHome {
    let is = |kinds: &[ErrorKind]| kinds.contains(&cause.kind());
    let (why, fix) = if is(&[ErrorKind::NotADirectory, ErrorKind::AlreadyExists]) {
        (Some(Said::HomeNoFolder), Said::HomeNoFolderFix)
    } else if is(&[ErrorKind::PermissionDenied]) {
        (Some(Said::HomeNoRights), Said::HomeNoRightsFix)
    } else if is(&[ErrorKind::ReadOnlyFilesystem]) {
        (Some(Said::HomeReadOnly), Said::HomeReadOnlyFix)
    } else if is(&[ErrorKind::StorageFull, ErrorKind::QuotaExceeded]) {
        (Some(Said::HomeFull), Said::HomeFullFix)
    } else if is_loop(cause) {
        (Some(Said::HomeLoop), Said::HomeLoopFix)
    } else {
        (None, Said::DiskFailedFix)
    };
    let path = home.display().to_string();
    let problem = Problem {
        detail: Some(cause.to_string()),
        ..problem(Said::HomeNotUsable { path }, why, Some(fix))
    };
    BadHome { problem, readable }
}

#[cfg(unix)]
fn is_loop(cause: &io::Error) -> bool {
    cause.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(not(unix))]
fn is_loop(_: &io::Error) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Sheet;

    /// A disk on which nothing can be made, for one reason.
    #[derive(Debug)]
    struct Failing(ErrorKind);

    impl Disk for Failing {
        fn create(&self, _: &Path) -> io::Result<Box<dyn Sheet>> {
            Err(self.0.into())
        }
    }

    fn why(checked: Result<(), Box<BadHome>>) -> (String, bool) {
        let bad = checked.unwrap_err();
        assert_eq!(bad.problem.code, "home_not_usable");
        assert!(bad.problem.fix.is_some());
        (
            bad.problem.why.map_or(String::new(), |why| why.code),
            bad.readable,
        )
    }

    #[test]
    fn a_home_is_made_for_this_user_alone_and_nothing_is_left_of_the_try() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("a/b");
        check_home(&home).unwrap();
        check_home(&home).unwrap();
        assert_eq!(fs::read_dir(&home).unwrap().count(), 0);
    }

    #[test]
    fn a_home_that_cannot_be_written_says_why_and_can_be_read() {
        let home = tempfile::tempdir().unwrap();
        for (kind, code) in [
            (ErrorKind::StorageFull, "home_full"),
            (ErrorKind::QuotaExceeded, "home_full"),
            (ErrorKind::ReadOnlyFilesystem, "home_read_only"),
            (ErrorKind::PermissionDenied, "home_no_rights"),
            (ErrorKind::Other, ""),
        ] {
            let told = why(check(&Failing(kind), home.path()));
            assert_eq!(told, (code.to_owned(), true));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_home_that_is_a_file_or_a_circle_of_links_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "").unwrap();
        std::os::unix::fs::symlink(at("two"), at("one")).unwrap();
        std::os::unix::fs::symlink(at("one"), at("two")).unwrap();
        for (home, code) in [
            ("file", "home_no_folder"),
            ("file/below", "home_no_folder"),
            ("one", "home_loop"),
            ("one/below", "home_loop"),
        ] {
            assert_eq!(
                why(check_home(&at(home))),
                (code.to_owned(), false),
                "{home}"
            );
        }
    }
}
