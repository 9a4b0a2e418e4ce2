//! Identifiers: ULIDs, so that they sort by birth and tell when that was.

use engine::ports::Ids;
use jiff::Timestamp;
use std::time::SystemTime;
use ulid::Ulid;

/// Lowercase ULIDs with the system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ulids;

impl Ids for Ulids {
    fn ulid(&self, now: Timestamp) -> String {
        let time = SystemTime::from(now).max(SystemTime::UNIX_EPOCH);
        Ulid::from_datetime(time).to_string().to_ascii_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_its_birth_and_is_a_mark() {
        let now: Timestamp = "2026-11-23T10:00:00.123Z".parse().unwrap();
        let id = Ulids.ulid(now);
        let read: Ulid = id.to_ascii_uppercase().parse().unwrap();
        assert_eq!(
            i64::try_from(read.timestamp_ms()).unwrap(),
            now.as_millisecond()
        );
        let mark = domain::DeploymentId(id.clone()).mark();
        assert_eq!(domain::Mark::read(&mark.0).unwrap().0, id);
        assert_ne!(Ulids.ulid(now), Ulids.ulid(now));
    }
}
