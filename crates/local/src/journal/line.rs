//! One line: `{"crc":"xxxxxxxx","record":{…}}`. The checksum is taken over the record's exact
//! bytes, so that nothing needs to be written the same way twice.

use domain::record::Record;
use serde::de::IgnoredAny;

const START: &[u8] = b"{\"crc\":\"";
const CRC_DIGITS: usize = 8;
const MIDDLE: &[u8] = b"\",\"record\":";
const END: &[u8] = b"}";
/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// A record's line with its line break.
pub(super) fn encode(record: &Record) -> Result<Vec<u8>, String> {
    let record = serde_json::to_vec(record).map_err(|why| why.to_string())?;
    let crc = format!("{:08x}", crc32fast::hash(&record));
    Ok([START, crc.as_bytes(), MIDDLE, &record, END, b"\n"].concat())
}

/// The record's bytes within a line without its break, once they match their checksum.
pub(super) fn checked(line: &[u8]) -> Result<&[u8], &'static str> {
    let parts = || {
        let rest = line.strip_prefix(START)?;
        let (crc, rest) = rest.split_at_checked(CRC_DIGITS)?;
        let record = rest.strip_prefix(MIDDLE)?.strip_suffix(END)?;
        let digits = crc.iter().map(|byte| digit(*byte));
        let crc = digits.reduce(|high, low| Some(high? << 4 | low?))??;
        Some((crc, record))
    };
    let (crc, record) = parts().ok_or("it is not a line of a journal")?;
    if crc32fast::hash(record) == crc {
        Ok(record)
    } else {
        Err("its checksum does not fit")
    }
}

/// Only as we write it: in capitals it would be another byte than the one that was written.
fn digit(byte: u8) -> Option<u32> {
    match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'a'..=b'f' => Some(u32::from(byte - b'a') + 10),
        _ => None,
    }
}

/// Whether the bytes behind the last whole line, which begin at byte `at` of the file, are what one
/// write leaves that did not come to its end. Such a record was never answered to anybody.
///
/// That is the beginning of one line, or one line of which whole sectors were not written; zeros may
/// follow, where the file grew before its content came. Everything else was whole once and is
/// damaged: a line break is the last byte of a write, and a second line was begun only after the
/// first was answered.
pub(super) fn is_torn(tail: &[u8], at: usize) -> bool {
    let length = tail.iter().rposition(|byte| *byte != 0);
    let text = &tail[..length.map_or(0, |last| last + 1)];
    match text.iter().position(|byte| *byte == b'\n') {
        Some(end) if end + 1 < text.len() => false,
        Some(_) => has_lost_sector(text, at) && !begins_twice(text),
        None if has_lost_sector(text, at) => !begins_twice(text),
        None => begins_a_line(text),
    }
}

fn begins_twice(text: &[u8]) -> bool {
    let mut starts = text.windows(START.len()).filter(|part| *part == START);
    starts.nth(1).is_some()
}

/// Whether a whole sector of the file is zeros. One changed bit makes none.
fn has_lost_sector(text: &[u8], at: usize) -> bool {
    let first = text.len().min(SECTOR - at % SECTOR);
    let (first, rest) = text.split_at(first);
    let lost = |sector: &[u8]| !sector.is_empty() && sector.iter().all(|byte| *byte == 0);
    lost(first) || rest.chunks(SECTOR).any(lost)
}

/// Whether a line can begin with these bytes.
fn begins_a_line(text: &[u8]) -> bool {
    let fixed = [START, &[b'0'; CRC_DIGITS], MIDDLE].concat();
    let crc = START.len()..START.len() + CRC_DIGITS;
    let fits = |(nth, (byte, want)): (usize, (&u8, &u8))| {
        byte == want || (crc.contains(&nth) && digit(*byte).is_some())
    };
    if !text.iter().zip(&fixed).enumerate().all(fits) {
        return false;
    }
    let record = text.get(fixed.len()..).unwrap_or_default();
    let mut values = serde_json::Deserializer::from_slice(record).into_iter::<IgnoredAny>();
    match values.next() {
        None => true,
        Some(Err(why)) => why.is_eof(),
        Some(Ok(IgnoredAny)) => END.starts_with(&record[values.byte_offset()..]),
    }
}
