//! The journal of a whole life (create, scale, a moved stop time, teardown), as version 1 wrote it
//! on the demo cloud: broken off at every byte, and with every bit of it turned.

use super::read::{next_line, read};
use super::{DeploymentId, JournalError};
use domain::progress::Progress;
use domain::record::Record;

const LIFE: &[u8] = include_bytes!("../../fixtures/journal-v1.jsonl");

fn id() -> DeploymentId {
    DeploymentId("01kaqz00000000000000000000".to_owned())
}

fn records(bytes: &[u8]) -> Result<Vec<Record>, JournalError> {
    read(&id(), bytes).map(|read| read.records)
}

/// The number of each byte's line, from 0; a line break belongs to its line.
fn lines() -> Vec<usize> {
    let ended = |line: &mut usize, byte: &u8| {
        let own = *line;
        *line += usize::from(*byte == b'\n');
        Some(own)
    };
    LIFE.iter().scan(0, ended).collect()
}

#[test]
fn the_journal_of_an_earlier_version_opens() {
    let records = records(LIFE).unwrap();
    assert_eq!(records.len(), 76);
    let progress = Progress::fold(&records).unwrap();
    assert!(progress.created.is_some() && progress.torn_down.is_some());
    assert!(progress.stop_moved.is_some() && progress.sweeps.len() == 2);
}

/// Whole lines are read as ever, so that every length is tried on the line that it breaks, and the
/// whole journal at both sides of each line's end and at one byte in sixteen.
#[test]
fn a_journal_that_breaks_off_at_any_byte_folds_as_one_of_its_beginnings() {
    let all = records(LIFE).unwrap();
    let mut begins = 0;
    for (length, line) in lines().into_iter().chain([all.len()]).enumerate() {
        let ended = length > 0 && LIFE[length - 1] == b'\n';
        begins = if ended { length } else { begins };
        let left = &LIFE[..length];
        assert_eq!(next_line(left, begins), Ok(None), "at byte {length}");
        let ends = LIFE.get(length) == Some(&b'\n');
        if ended || ends || length % 16 == 0 {
            let left = records(left).unwrap_or_else(|why| panic!("at byte {length}: {why}"));
            assert_eq!(left, all[..line], "at byte {length}");
            assert_eq!(line == 0, Progress::fold(&left).is_err(), "at {length}");
        }
    }
}

/// Lines before the turned bit are read as ever, so that all bits are tried on their own line, with
/// all that follows it, and one in 512 on the whole journal.
#[test]
fn a_turned_bit_anywhere_is_refused_and_its_line_named() {
    let mut bytes = LIFE.to_vec();
    let lines = lines();
    let mut begins = 0;
    for at in 0..bytes.len() {
        begins = if at > 0 && lines[at] > lines[at - 1] {
            at
        } else {
            begins
        };
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            let line = next_line(&bytes, begins);
            assert!(line.is_err(), "bit {bit} of byte {at}: {line:?}");
            if (8 * at + bit) % 512 == 0 {
                let refused = records(&bytes).map(|left| left.len()).unwrap_err();
                let named =
                    matches!(&refused, JournalError::Damaged { line, .. } if line - 1 == lines[at]);
                assert!(named, "bit {bit} of byte {at}: {refused}");
            }
            bytes[at] ^= 1 << bit;
        }
    }
}

/// What disks leave of a write that was cut off: sectors that were not written are zeros.
#[test]
fn a_last_line_with_lost_sectors_is_torn_and_one_before_it_is_damage() {
    let all = records(LIFE).unwrap();
    let sector = |number: usize| number * 512..(number + 1) * 512;
    // The plan in the second line is longer than some sectors.
    let second = LIFE.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let third = second
        + LIFE[second..]
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap()
        + 1;
    let last = third / 512;
    for lost in second / 512..=last {
        let mut bytes = LIFE[..third].to_vec();
        let end = sector(lost).end.min(third);
        bytes[sector(lost).start.max(second)..end].fill(0);
        assert_eq!(records(&bytes).unwrap(), all[..1], "sector {lost}");
        bytes.extend([0; 300]);
        assert_eq!(records(&bytes).unwrap(), all[..1], "sector {lost}, grown");
        if lost < last {
            bytes.truncate(third);
            bytes.extend_from_slice(&LIFE[third..]);
            let refused = records(&bytes).map(|left| left.len()).unwrap_err();
            let named = matches!(refused, JournalError::Damaged { line: 2, .. });
            assert!(named, "sector {lost}: {refused}");
        }
    }
}

/// A first line was answered when a second one begins: whatever became of the break between them.
#[test]
fn two_last_lines_that_run_together_are_damage() {
    let breaks = LIFE.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let before_last = breaks.map(|(at, _)| at).nth_back(1).unwrap();
    for put in [&b""[..], b" ", b"\0", b"}", b"\n\n"] {
        let bytes = [&LIFE[..before_last], put, &LIFE[before_last + 1..]].concat();
        let refused = records(&bytes).map(|left| left.len()).unwrap_err();
        assert!(matches!(refused, JournalError::Damaged { .. }), "{put:?}");
        let broken_off = &bytes[..bytes.len() - 30];
        let refused = records(broken_off).map(|left| left.len()).unwrap_err();
        assert!(matches!(refused, JournalError::Damaged { .. }), "{put:?}");
    }
}
