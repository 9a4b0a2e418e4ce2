//! What lies beside a journal, and disks that fail while one is opened.

use super::tests::{home, id, record};
use super::*;
use crate::disk::Sheet;

#[tokio::test]
async fn a_damaged_journal_is_kept_aside_when_its_deployment_is_taken_up_anew() {
    let (_home, journals, path) = home(3).await;
    let whole = fs::read(&path).unwrap();
    assert!(journals.create(&id()).await.is_err(), "it exists already");
    assert_eq!(fs::read(&path).unwrap(), whole);
    let mut damaged = whole.clone();
    damaged[40] ^= 1;
    fs::write(&path, &damaged).unwrap();
    let mut journal = journals.create(&id()).await.unwrap();
    journal.append(&record(0)).await.unwrap();
    assert_eq!(journals.read(&id()).await.unwrap(), [record(0)]);
    let aside = path.with_file_name(format!("{JOURNAL}.damaged-1"));
    assert_eq!(fs::read(aside).unwrap(), damaged);
}

#[tokio::test]
async fn a_newer_journal_is_never_taken_for_a_damaged_one() {
    let (_home, journals, path) = home(1).await;
    let newer = domain::record::Fact::Continued {
        version: domain::record::VERSION + 1,
        writer: "9.0.0".to_owned(),
    };
    let newer = Record {
        fact: newer,
        ..record(1)
    };
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend(line::encode(&newer).unwrap());
    fs::write(&path, &bytes).unwrap();
    let refused = journals.create(&id()).await.err().unwrap();
    assert!(matches!(refused, JournalError::Newer { .. }), "{refused}");
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[tokio::test]
async fn a_reserve_that_was_given_up_or_is_too_short_is_made_again() {
    let (_home, journals, path) = home(1).await;
    let reserve = path.with_file_name(RESERVE);
    fs::remove_file(&reserve).unwrap();
    drop(journals.open(&id()).await.unwrap());
    assert_eq!(fs::metadata(&reserve).unwrap().len(), 64 * 1024);
    fs::write(&reserve, "a part of it").unwrap();
    drop(journals.open(&id()).await.unwrap());
    assert_eq!(fs::metadata(&reserve).unwrap().len(), 64 * 1024);
}

/// A disk on which no file can be opened or made.
#[derive(Debug)]
struct ReadOnly;

impl Disk for ReadOnly {
    fn create(&self, _: &Path) -> io::Result<Box<dyn Sheet>> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }
    fn open(&self, _: &Path) -> io::Result<Box<dyn Sheet>> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }
    fn open_lock(&self, _: &Path) -> io::Result<File> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }
}

#[tokio::test]
async fn a_journal_on_a_disk_that_cannot_be_written_is_held_and_tells_why_when_it_is_written() {
    let (home, journals, _) = home(2).await;
    let sealed = FileJournals::on(Arc::new(ReadOnly), home.path().join("home"), "sealed");
    let mut journal = sealed.open(&id()).await.unwrap();
    let held = journals.open(&id()).await.err().unwrap();
    assert!(matches!(held, JournalError::Locked { .. }), "{held}");
    let why = journal.append(&record(2)).await.unwrap_err();
    let told = matches!(&why, JournalError::Disk { operation: "open", cause, .. }
        if cause.kind() == io::ErrorKind::ReadOnlyFilesystem);
    assert!(told, "{why:?}");
    assert!(journal.append(&record(2)).await.is_err());
    drop(journal);
    journals.open(&id()).await.unwrap();
}

#[tokio::test]
async fn a_stamp_stays_until_a_record_is_written() {
    let (_home, journals, _) = home(1).await;
    let before = journals.stamp(&id()).await;
    assert!(before.is_some());
    let mut journal = journals.open(&id()).await.unwrap();
    assert_eq!(journals.stamp(&id()).await, before);
    journal.append(&record(1)).await.unwrap();
    assert_ne!(journals.stamp(&id()).await, before);
}
