//! One line: `{"crc":"xxxxxxxx","record":{…}}`. The checksum is taken over the record's exact
//! bytes, so that nothing needs to be written the same way twice.

use domain::record::Record;

const START: &[u8] = b"{\"crc\":\"";
const MIDDLE: &[u8] = b"\",\"record\":";
const END: &[u8] = b"}";

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
        let (crc, rest) = rest.split_at_checked(8)?;
        let record = rest.strip_prefix(MIDDLE)?.strip_suffix(END)?;
        let crc = u32::from_str_radix(std::str::from_utf8(crc).ok()?, 16).ok()?;
        Some((crc, record))
    };
    let (crc, record) = parts().ok_or("it is not a line of a journal")?;
    if crc32fast::hash(record) == crc {
        Ok(record)
    } else {
        Err("its checksum does not fit")
    }
}
