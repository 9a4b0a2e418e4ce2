//! A journal's bytes into records, or why not.

use super::line::{checked, is_torn};
use domain::DeploymentId;
use domain::record::{Fact, Record, VERSION};
use engine::ports::JournalError;
use serde::Deserialize;

/// What a journal holds.
pub(super) struct Read {
    pub(super) records: Vec<Record>,
    /// How many bytes the whole lines take; what follows is torn.
    pub(super) whole: usize,
}

/// The header, by what every version will keep.
#[derive(Deserialize)]
struct Header {
    fact: HeaderFact,
}

#[derive(Deserialize)]
struct HeaderFact {
    opened: Opened,
}

#[derive(Deserialize)]
struct Opened {
    version: u32,
    writer: String,
}

/// Reads every whole line. What follows them and was never answered is torn and left out; anything
/// else that does not fit is damage.
pub(super) fn read(id: &DeploymentId, bytes: &[u8]) -> Result<Read, JournalError> {
    let mut records: Vec<Record> = Vec::new();
    let mut whole = 0;
    loop {
        let damaged = |why: String| JournalError::Damaged {
            id: id.clone(),
            line: records.len() + 1,
            why,
        };
        let line = next_line(bytes, whole).map_err(|why| damaged(why.to_owned()))?;
        let Some((json, after)) = line else {
            return Ok(Read { records, whole });
        };
        if records.is_empty() {
            known_version(json)?;
        }
        let record: Record =
            serde_json::from_slice(json).map_err(|why| damaged(why.to_string()))?;
        fits(records.len() as u64, &record).map_err(damaged)?;
        records.push(record);
        whole = after;
    }
}

/// The record's bytes of the line that begins at `at`, and where the next line begins. `None`: there
/// is nothing more that was answered.
pub(super) fn next_line(bytes: &[u8], at: usize) -> Result<Option<(&[u8], usize)>, &'static str> {
    let rest = &bytes[at..];
    let broken = rest.iter().position(|byte| *byte == b'\n');
    let line = broken.map_or(Err("it does not end"), |length| {
        checked(&rest[..length]).map(|json| (json, at + length + 1))
    });
    match line {
        Ok(line) => Ok(Some(line)),
        Err(_) if is_torn(rest, at) => Ok(None),
        Err(why) => Err(why),
    }
}

fn known_version(json: &[u8]) -> Result<(), JournalError> {
    match serde_json::from_slice::<Header>(json) {
        Ok(Header {
            fact: HeaderFact { opened },
        }) if opened.version > VERSION => Err(JournalError::Newer {
            version: opened.version,
            writer: opened.writer,
        }),
        _ => Ok(()),
    }
}

/// Whether a record is the next one: counted without gaps, the header first and only first.
pub(super) fn fits(next: u64, record: &Record) -> Result<(), String> {
    let header = matches!(record.fact, Fact::Opened { .. });
    if record.seq != next {
        Err(format!(
            "record {} stands where {next} should be",
            record.seq
        ))
    } else if header && next > 0 {
        Err("a second header".to_owned())
    } else if !header && next == 0 {
        Err("it does not begin with a header".to_owned())
    } else {
        Ok(())
    }
}
