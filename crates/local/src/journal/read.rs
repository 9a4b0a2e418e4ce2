//! A journal's bytes into records, or why not.

use super::line::checked;
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

/// Reads every whole line. A last line without its break, or one that does not match its
/// checksum, is torn and left out; anything else that does not fit is damage.
pub(super) fn read(id: &DeploymentId, bytes: &[u8]) -> Result<Read, JournalError> {
    let mut records: Vec<Record> = Vec::new();
    let mut whole = 0;
    while let Some(length) = bytes[whole..].iter().position(|byte| *byte == b'\n') {
        let after = whole + length + 1;
        let damaged = |why: String| JournalError::Damaged {
            id: id.clone(),
            line: records.len() + 1,
            why,
        };
        let json = match checked(&bytes[whole..after - 1]) {
            Ok(json) => json,
            Err(_) if after == bytes.len() => break,
            Err(why) => return Err(damaged(why.to_owned())),
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
    Ok(Read { records, whole })
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
