//! I11: the screen never claims more than was read.

use crate::heard::{Heard, SEARCHED};
use domain::record::Record;
use domain::view::{NodeState, Row};
use jiff::Timestamp;

/// What the rows of a deployment claim that its process did not hear: a reading later than the last
/// whole one of pools and Linodes, and a node's state that was not told since that reading.
pub(crate) fn overclaimed(rows: &[(String, Row)], heard: &Heard, cluster: u64) -> Vec<String> {
    let checked = rows.iter().find_map(|(_, row)| {
        let Row::Deployment(row) = row else {
            return None;
        };
        row.checked
    });
    let Some(checked) = checked else {
        return Vec::new();
    };
    let mut claims = Vec::new();
    let read = heard.read_whole(cluster);
    if read.is_none_or(|read| read < checked) {
        claims.push(format!("checked at {checked}, read whole at {read:?}"));
    }
    for (_, row) in rows {
        let Row::Node(node) = row else { continue };
        let ready =
            [NodeState::Ready, NodeState::Untested, NodeState::Broken].contains(&node.state);
        if ready && !heard.ready(cluster, &node.id, checked) {
            claims.push(format!("node {} is called ready at {checked}", node.id));
        }
        if let (Some(linode), Some(status)) = (node.instance, &node.instance_status)
            && !heard.called(linode, status, checked)
        {
            claims.push(format!("linode {linode} is called {status} at {checked}"));
        }
    }
    claims
}

/// A search of what was torn down that a journal tells of, though not every collection was listed
/// whole since the one before.
pub(crate) fn unread_search(
    record: &Record,
    heard: &Heard,
    since: Option<Timestamp>,
) -> Vec<String> {
    let unread = SEARCHED.into_iter().filter(|path| {
        let at = heard.whole(path);
        at.is_none() || at < since
    });
    unread
        .map(|path| {
            let at = heard.whole(path);
            format!("clean at {}, {path} at {at:?}, since {since:?}", record.at)
        })
        .collect()
}
