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

/// Where a version is said, by what every version will keep.
#[derive(Deserialize)]
struct Versioned {
    fact: Says,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Says {
    Opened(Version),
    Continued(Version),
}

#[derive(Deserialize)]
struct Version {
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
        let record = serde_json::from_slice::<Record>(json);
        let says =
            |record: &Record| matches!(record.fact, Fact::Opened { .. } | Fact::Continued { .. });
        if record.as_ref().map_or(true, says) {
            known_version(json)?;
        }
        let record = record.map_err(|why| damaged(why.to_string()))?;
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
    match serde_json::from_slice::<Versioned>(json) {
        Ok(Versioned {
            fact: Says::Opened(said) | Says::Continued(said),
        }) if said.version > VERSION => Err(JournalError::Newer {
            version: said.version,
            writer: said.writer,
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
