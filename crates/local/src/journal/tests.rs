//! Journals on a real disk: torn, damaged, locked, newer.

use super::*;
use domain::record::{Fact, VERSION};
use domain::{AccountId, CloudId};
use engine::ports::JournalError;
use expect_test::{Expect, expect};
use jiff::Timestamp;
use std::fs::OpenOptions;
use std::io::Write as _;

const ULID: &str = "01jdcanary0000000000000000";

pub(super) fn id() -> DeploymentId {
    DeploymentId(ULID.to_owned())
}

pub(super) fn record(seq: u64) -> Record {
    let at: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
    let fact = if seq == 0 {
        Fact::Opened {
            version: VERSION,
            writer: "0.1.0".to_owned(),
            deployment: id(),
            cloud: CloudId("demo-1".to_owned()),
            account: AccountId("AAAA".to_owned()),
        }
    } else {
        Fact::KubeconfigSaved
    };
    Record { seq, at, fact }
}

/// A home with a journal of so many records, closed again.
pub(super) async fn home(records: u64) -> (tempfile::TempDir, FileJournals, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let journals = FileJournals::new(home.path().join("home"), "quaylight-test");
    let mut journal = journals.create(&id()).await.unwrap();
    for seq in 0..records {
        journal.append(&record(seq)).await.unwrap();
    }
    drop(journal);
    let path = home
        .path()
        .join("home/deployments")
        .join(ULID)
        .join(JOURNAL);
    (home, journals, path)
}

/// What reading makes of a journal of three records whose bytes were changed.
async fn check(change: impl FnOnce(&mut Vec<u8>), means: Expect) {
    let (_home, journals, path) = home(3).await;
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(&path, &bytes).unwrap();
    let read = journals.read(&id()).await;
    means.assert_eq(&match &read {
        Ok(records) => format!("{} records", records.len()),
        Err(why) => why.to_string(),
    });
    let opened = journals.open(&id()).await;
    assert_eq!(opened.is_ok(), read.is_ok(), "reading and opening agree");
}

fn line_of(record: &Record) -> Vec<u8> {
    line::encode(record).unwrap()
}

#[tokio::test]
async fn a_line_is_a_checksum_and_a_record() {
    let (_home, journals, path) = home(2).await;
    expect![[r#"
        {"crc":"ed56aa39","record":{"seq":0,"at":"2026-11-23T10:00:00Z","fact":{"opened":{"version":4,"writer":"0.1.0","deployment":"01jdcanary0000000000000000","cloud":"demo-1","account":"AAAA"}}}}
        {"crc":"901134a8","record":{"seq":1,"at":"2026-11-23T10:00:00Z","fact":"kubeconfig_saved"}}
    "#]].assert_eq(&fs::read_to_string(&path).unwrap());
    assert_eq!(journals.read(&id()).await.unwrap(), [record(0), record(1)]);
    assert_eq!(journals.list().await.unwrap(), [id()]);
}

#[tokio::test]
async fn a_torn_last_line_is_left_out_wherever_it_broke_off() {
    let (_home, journals, path) = home(3).await;
    let bytes = fs::read(&path).unwrap();
    let second = line_of(&record(0)).len() + line_of(&record(1)).len();
    for length in 0..=bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        let read = journals.read(&id()).await.unwrap();
        let whole = bytes[..length].split(|byte| *byte == b'\n').count() - 1;
        assert_eq!(read.len(), whole, "at byte {length}");
        if length > second {
            assert!(read.len() >= 2);
        }
    }
}

#[tokio::test]
async fn a_lost_write_at_the_end_is_torn_and_one_in_the_middle_is_damage() {
    let zero = |bytes: &mut Vec<u8>, range: std::ops::Range<usize>| bytes[range].fill(0);
    check(|bytes| bytes.extend([0; 4096]), expect!["3 records"]).await;
    check(
        |bytes| {
            let end = bytes.len() - 1;
            zero(bytes, end - 20..end);
        },
        expect!["read line 3 of the journal of `01jdcanary0000000000000000`: it is not a line of a journal"],
    )
    .await;
    check(
        |bytes| zero(bytes, 40..60),
        expect![
            "read line 1 of the journal of `01jdcanary0000000000000000`: its checksum does not fit"
        ],
    )
    .await;
    check(
        |bytes| {
            let end = bytes.len() - 1;
            bytes[end] = b' ';
        },
        expect!["read line 3 of the journal of `01jdcanary0000000000000000`: it does not end"],
    )
    .await;
    check(
        |bytes| {
            let text = String::from_utf8(bytes.clone()).unwrap();
            *bytes = text.replacen("AAAA", "BBBB", 1).into_bytes();
        },
        expect![
            "read line 1 of the journal of `01jdcanary0000000000000000`: its checksum does not fit"
        ],
    )
    .await;
}

#[tokio::test]
async fn a_gap_a_second_header_and_an_unknown_fact_are_damage_even_at_the_end() {
    check(|bytes| bytes.extend(line_of(&record(7))), expect!["read line 4 of the journal of `01jdcanary0000000000000000`: record 7 stands where 3 should be"]).await;
    check(
        |bytes| {
            bytes.extend(line_of(&Record {
                seq: 3,
                ..record(0)
            }));
        },
        expect!["read line 4 of the journal of `01jdcanary0000000000000000`: a second header"],
    )
    .await;
    check(
        |bytes| {
            let json = br#"{"seq":3,"at":"2026-11-23T10:00:00Z","fact":"flew_to_the_moon"}"#;
            let crc = format!("{:08x}", crc32fast::hash(json));
            bytes.extend_from_slice(format!("{{\"crc\":\"{crc}\",\"record\":").as_bytes());
            bytes.extend_from_slice(json);
            bytes.extend_from_slice(b"}\n");
        },
        expect!["read line 4 of the journal of `01jdcanary0000000000000000`: unknown variant `flew_to_the_moon`, expected one of `opened`, `continued`, `accepted`, `started`, `intent`, `sent`, `refused`, `unknown`, `made`, `duplicate`, `born`, `gone`, `covered`, `gpu_tested`, `volumes`, `finished`, `failed`, `wished`, `recycling`, `swept`, `completed`, `stuck`, `kubeconfig_saved`, `taken_over`, `stop_moved` at line 1 column 62"],
    )
    .await;
    check(
        |bytes| {
            *bytes = line_of(&Record {
                seq: 0,
                ..record(1)
            });
        },
        expect!["read line 1 of the journal of `01jdcanary0000000000000000`: it does not begin with a header"],
    )
    .await;
}

#[tokio::test]
async fn a_newer_journal_is_refused_whatever_its_facts_are() {
    check(
        |bytes| {
            let json = br#"{"seq":0,"at":1,"new":[],"fact":{"opened":{"version":9,"writer":"9.0.0","more":1}}}"#;
            let crc = format!("{:08x}", crc32fast::hash(json));
            let line = format!("{{\"crc\":\"{crc}\",\"record\":");
            *bytes = [line.as_bytes(), json, b"}\n", b"{\"other\":1}\n", b"x\n"].concat();
        },
        expect!["open a journal of version 9, written by Quaylight 9.0.0"],
    )
    .await;
    let continued = |bytes: &mut Vec<u8>, version: u32| {
        let fact = Fact::Continued {
            version,
            writer: "9.0.0".to_owned(),
        };
        bytes.extend(line_of(&Record { fact, ..record(3) }));
        bytes.extend(b"what only they can read\n");
    };
    check(
        |bytes| continued(bytes, VERSION + 1),
        expect!["open a journal of version 5, written by Quaylight 9.0.0"],
    )
    .await;
    check(|bytes| continued(bytes, VERSION), expect!["read line 5 of the journal of `01jdcanary0000000000000000`: it is not a line of a journal"]).await;
}

#[tokio::test]
async fn opening_moves_the_torn_end_aside_and_goes_on() {
    let (_home, journals, path) = home(2).await;
    for number in 1..=2 {
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"crc\":\"0a1b").unwrap();
        let mut journal = journals.open(&id()).await.unwrap();
        journal.append(&record(1 + number)).await.unwrap();
        drop(journal);
        let torn = path.with_file_name(format!("{JOURNAL}.torn-{number}"));
        assert_eq!(fs::read_to_string(torn).unwrap(), "{\"crc\":\"0a1b");
    }
    assert_eq!(journals.read(&id()).await.unwrap().len(), 4);
}

#[tokio::test]
async fn one_writes_and_others_read() {
    let (_home, journals, _) = home(1).await;
    let journal = journals.open(&id()).await.unwrap();
    let refused = journals.open(&id()).await.err().unwrap();
    let expected = format!("{} quaylight-test", std::process::id());
    assert!(
        matches!(&refused, JournalError::Locked { holder, .. } if *holder == expected),
        "{refused}"
    );
    assert_eq!(journals.read(&id()).await.unwrap().len(), 1);
    drop(journal);
    journals.open(&id()).await.unwrap();
}

#[tokio::test]
async fn a_record_out_of_order_is_refused_and_ends_the_writing() {
    let (_home, journals, _) = home(2).await;
    let mut journal = journals.open(&id()).await.unwrap();
    let refused = journal.append(&record(5)).await.unwrap_err();
    expect!["read line 3 of the journal of `01jdcanary0000000000000000`: record 5 stands where 2 should be"].assert_eq(&refused.to_string());
    let held = journals.open(&id()).await.err().unwrap();
    assert!(
        matches!(held, JournalError::Locked { .. }),
        "the lock is kept: {held}"
    );
    let after = journal.append(&record(2)).await.unwrap_err();
    expect!["append to `journal.jsonl`"].assert_eq(&after.to_string());
    assert_eq!(journals.read(&id()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_append_that_nobody_waited_for_ends_the_writing() {
    let (_home, journals, _) = home(1).await;
    let mut journal = journals.open(&id()).await.unwrap();
    let late = record(1);
    let mut append = Box::pin(journal.append(&late));
    let started = futures_poll_once(append.as_mut()).await;
    drop(append);
    if started.is_none() {
        assert!(journal.append(&record(2)).await.is_err());
    }
}

/// Polls once and gives up.
async fn futures_poll_once<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
    std::future::poll_fn(|cx| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut future).poll(cx) {
            std::task::Poll::Ready(done) => Some(done),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

#[tokio::test]
async fn nothing_is_made_of_an_id_that_is_no_ulid() {
    let (home, journals, _) = home(1).await;
    for odd in [
        "../../etc",
        "",
        "01JDCANARY0000000000000000",
        "01jdcanary000000000000000/",
    ] {
        let odd = DeploymentId(odd.to_owned());
        let missing = |why: &JournalError| matches!(why, JournalError::Missing(_));
        assert!(missing(&journals.create(&odd).await.err().unwrap()));
        assert!(missing(&journals.read(&odd).await.err().unwrap()));
    }
    let absent = DeploymentId(ULID.replace("canary", "absent"));
    assert!(journals.read(&absent).await.is_err() && journals.open(&absent).await.is_err());
    assert_eq!(
        fs::read_dir(home.path().join("home/deployments"))
            .unwrap()
            .count(),
        1
    );
    assert!(journals.create(&id()).await.is_err(), "it exists already");
}

#[tokio::test]
async fn what_lies_beside_a_journal_is_whole_private_and_never_the_journal() {
    let (_home, journals, path) = home(1).await;
    journals
        .write_beside(&id(), "receipt.json", "{}")
        .await
        .unwrap();
    journals
        .write_beside(&id(), "receipt.json", "{\"a\":1}")
        .await
        .unwrap();
    let receipt = path.with_file_name("receipt.json");
    assert_eq!(fs::read_to_string(&receipt).unwrap(), "{\"a\":1}");
    for name in [
        "journal.jsonl",
        "journal.lock",
        "../x",
        "a/b",
        ".x",
        "",
        "a b",
    ] {
        assert!(
            journals.write_beside(&id(), name, "x").await.is_err(),
            "{name}"
        );
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = path.parent().unwrap();
        for file in [JOURNAL, LOCK, RESERVE, "receipt.json"] {
            assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
        }
        for folder in folder.ancestors().take(3) {
            assert_eq!(mode(folder), 0o700, "{}", folder.display());
        }
    }
    let reserve = fs::metadata(path.with_file_name(RESERVE)).unwrap();
    assert_eq!(reserve.len(), 64 * 1024);
}

#[tokio::test]
async fn a_journal_without_a_whole_line_is_not_listed() {
    let home = tempfile::tempdir().unwrap();
    let journals = FileJournals::new(home.path().to_owned(), "quaylight-test");
    assert!(journals.list().await.unwrap().is_empty());
    journals.create(&id()).await.unwrap();
    assert!(journals.list().await.unwrap().is_empty());
    assert!(journals.read(&id()).await.unwrap().is_empty());
    let mut journal = journals.open(&id()).await.unwrap();
    journal.append(&record(0)).await.unwrap();
    assert_eq!(journals.list().await.unwrap(), [id()]);
    // A header whose end was lost later is damage, and told.
    let path = home.path().join("deployments").join(ULID).join(JOURNAL);
    let mut line = line_of(&record(0));
    line.pop();
    fs::write(&path, &line).unwrap();
    assert!(journals.list().await.unwrap().is_empty());
    line.push(b' ');
    fs::write(&path, &line).unwrap();
    assert_eq!(journals.list().await.unwrap(), [id()]);
}
