//! What the screen holds, kept as rows; every change of it becomes one delta.
//!
//! It knows no meaning: rows come from `screen`.

use domain::view::{Delta, Op, Row, Snapshot};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;

/// Deltas that a slow reader may be behind before it has to ask for a snapshot.
const BEHIND_MAX: usize = 1024;

/// The rows and their listeners.
#[derive(Debug)]
pub(crate) struct Bus {
    state: Mutex<Snapshot>,
    deltas: broadcast::Sender<Delta>,
}

impl Default for Bus {
    fn default() -> Self {
        Self {
            state: Mutex::new(Snapshot {
                seq: 0,
                view: BTreeMap::new(),
            }),
            deltas: broadcast::channel(BEHIND_MAX).0,
        }
    }
}

impl Bus {
    fn state(&self) -> MutexGuard<'_, Snapshot> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All rows now, and every change after.
    pub(crate) fn subscribe(&self) -> (Snapshot, broadcast::Receiver<Delta>) {
        let state = self.state();
        (state.clone(), self.deltas.subscribe())
    }

    /// Whether anybody listens.
    pub(crate) fn is_heard(&self) -> bool {
        self.deltas.receiver_count() > 0
    }

    /// The rows that `owns` says yes to are now exactly `rows`; only what differs is sent.
    pub(crate) fn replace(&self, owns: impl Fn(&str) -> bool, rows: Vec<(String, Row)>) {
        let mut state = self.state();
        let rows: BTreeMap<String, Row> = rows.into_iter().collect();
        let gone: Vec<String> = state
            .view
            .keys()
            .filter(|key| owns(key) && !rows.contains_key(*key))
            .cloned()
            .collect();
        let mut ops = Vec::new();
        for key in gone {
            state.view.remove(&key);
            ops.push(Op::Remove { key });
        }
        for (key, value) in rows {
            if state.view.get(&key) != Some(&value) {
                state.view.insert(key.clone(), value.clone());
                ops.push(Op::Put { key, value });
            }
        }
        if ops.is_empty() {
            return;
        }
        state.seq += 1;
        // Nobody listening is no failure: the next listener starts with a snapshot.
        drop(self.deltas.send(Delta {
            seq: state.seq,
            ops,
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::text::Text;
    use domain::view::ActivityRow;

    fn row(code: &str) -> Row {
        Row::Activity(ActivityRow {
            at: jiff::Timestamp::UNIX_EPOCH,
            text: Text {
                code: code.to_owned(),
                params: BTreeMap::new(),
            },
        })
    }

    #[test]
    fn only_what_differs_is_sent() {
        let bus = Bus::default();
        let (first, mut deltas) = bus.subscribe();
        assert_eq!((first.seq, first.view.len()), (0, 0));
        let of_a = |key: &str| key.starts_with("activity/a/");
        bus.replace(
            of_a,
            vec![
                ("activity/a/1".into(), row("x")),
                ("activity/a/2".into(), row("y")),
            ],
        );
        bus.replace(
            of_a,
            vec![
                ("activity/a/1".into(), row("x")),
                ("activity/a/2".into(), row("y")),
            ],
        );
        bus.replace(of_a, vec![("activity/a/2".into(), row("z"))]);
        let sent: Vec<(u64, usize)> = std::iter::from_fn(|| deltas.try_recv().ok())
            .map(|d| (d.seq, d.ops.len()))
            .collect();
        assert_eq!(sent, [(1, 2), (2, 2)]);
        assert_eq!(
            bus.subscribe().0.view.keys().collect::<Vec<_>>(),
            ["activity/a/2"]
        );
    }

    #[test]
    fn another_deployments_rows_stay() {
        let bus = Bus::default();
        bus.replace(
            |key| key.contains("/a/"),
            vec![("activity/a/1".into(), row("x"))],
        );
        bus.replace(
            |key| key.contains("/b/"),
            vec![("activity/b/1".into(), row("x"))],
        );
        assert_eq!(bus.subscribe().0.view.len(), 2);
    }
}
