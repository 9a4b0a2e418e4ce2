//! I14: one writer. Of a journal: while a process has it open nobody else opens or writes it. Of a
//! deployment: once a computer took it over, no other one writes to the cloud for it.

use crate::check::ours;
use domain::{DeploymentId, Mark, Owner};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;

/// An owner tag that was read is good for the next write for a second; a write takes a moment.
const GOOD: SignedDuration = SignedDuration::from_secs(2);

/// What a process did with a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hand {
    /// It has it open from here on.
    Opened(DeploymentId),
    /// It appended a record.
    Wrote(DeploymentId),
    /// It let it go.
    Closed(DeploymentId),
    /// It died, and all that it held is free.
    Died,
}

/// A line of what processes did: which home, which process, what.
pub(crate) type Line = (usize, u64, Hand);

/// Journals with two writers at a time.
pub(crate) fn two_writers(lines: &[Line]) -> Vec<String> {
    let mut open: BTreeMap<(usize, &DeploymentId), u64> = BTreeMap::new();
    let mut found = Vec::new();
    for (home, process, hand) in lines {
        match hand {
            Hand::Opened(id) => {
                if let Some(other) = open.insert((*home, id), *process)
                    && other != *process
                {
                    found.push(format!("{process} opened {id} while {other} wrote it"));
                }
            }
            Hand::Wrote(id) => {
                if open.get(&(*home, id)) != Some(process) {
                    found.push(format!("{process} wrote {id} without having it open"));
                }
            }
            Hand::Closed(id) => {
                if open.get(&(*home, id)) == Some(process) {
                    open.remove(&(*home, id));
                }
            }
            Hand::Died => open.retain(|_, holder| holder != process),
        }
    }
    found
}

/// A write to the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Write {
    /// The home of the computer that sent it.
    pub(crate) home: usize,
    /// When.
    pub(crate) at: Timestamp,
    /// Method and path.
    pub(crate) what: String,
}

impl Write {
    /// Whether it can be a take-over's own: a PUT of a cluster's or a firewall's tags.
    fn takes(&self) -> bool {
        let path = self.what.strip_prefix("PUT ").unwrap_or_default();
        path.split('/').count() == 5
    }
}

/// Writes of a computer though another one's owner tag had been on the deployment for a while.
/// `owners`: from when on whose tag was read there, in order.
pub(crate) fn written_elsewhere(
    writes: &[Write],
    owners: &[(Timestamp, Option<usize>)],
) -> Vec<String> {
    let elsewhere = |write: &&Write| {
        let had = owners.iter().rev().find(|(at, _)| *at <= write.at);
        let another = had.filter(|(_, home)| home.is_some_and(|home| home != write.home));
        !write.takes() && another.is_some_and(|(at, _)| *at + GOOD < write.at)
    };
    let found = writes.iter().filter(elsewhere);
    found
        .map(|one| format!("computer {} sent {} at {}", one.home, one.what, one.at))
        .collect()
}

/// Whose owner tag decides about a deployment by the ledger: its cluster's, before there is one its
/// firewall's. `None`: nobody's.
pub(crate) fn owner(ledger: &Value, mark: &Mark) -> Option<usize> {
    let rows = ours(ledger, mark, "alive");
    let tagged = |kind: &str| {
        let mut rows: Vec<&&Value> = rows.iter().filter(|row| row["kind"] == kind).collect();
        rows.sort_by_key(|row| (row["born"].as_str(), row["id"].as_u64()));
        let tags = rows.first()?["tags"].as_array()?.iter();
        Some(tags.filter_map(Value::as_str).map(str::to_owned).collect())
    };
    let tags: Vec<String> = tagged("cluster").or_else(|| tagged("firewall"))?;
    (0..HOMES).find(|home| tags.contains(&owner_of(*home).tag()))
}

/// Whether what is written to bears the mark. Of a cluster whose tags somebody took away only the
/// journal that names it can tell whose it is.
pub(crate) fn is_shown(ledger: &Value, mark: &Mark, path: &str) -> bool {
    let ours = ours(ledger, mark, "alive");
    let alive = ledger["alive"].as_array().into_iter().flatten();
    let mut bare = alive.filter(|row| row["kind"] == "cluster" && !ours.contains(row));
    !bare.any(|row| path.contains(&format!("/lke/clusters/{}", row["id"])))
}

/// The computers of a schedule.
pub(crate) const HOMES: usize = 2;

/// The owner that a home's computer is.
pub(crate) fn owner_of(home: usize) -> Owner {
    Owner::new(u32::try_from(home).unwrap_or_default() + 1)
}
